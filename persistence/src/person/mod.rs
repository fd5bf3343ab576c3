//! Persons (person): who they are, how they are reached, where they live and how they are found, and entries that wait for review.

pub mod address;
mod carried;
pub mod clearing;
mod contact;
pub mod contact_ban;
pub mod duplicate;
pub mod emergency_opening;
pub mod external_identifier;
pub mod handling_plan;
pub mod handling_plan_setting;
mod identity_number;
#[expect(clippy::module_inception, reason = "the aggregate has the capability's name")]
mod person;

pub mod merge;
pub mod named_relation;
pub mod reached;
pub mod relation;
pub mod relation_setting;
pub mod review;
pub mod ward;

use skolhus_domain::text::Text;

use crate::core::tx::Tx;

pub use identity_number::{NumberHolder, holders_of_numbers};
pub use person::{
    Details, PersonFilter, PersonSort, exists, find, find_by_number, find_many, find_with_relatives,
    id_holder, insert_many, list, list_protected, look_alikes, open, open_many, open_own, state_unprotected,
    update, update_details, withdraw,
};

/// Lets the change log say why the changes that follow are made.
pub fn because(tx: &mut Tx<'_>, reason: &Text) {
    tx.because(reason.as_str());
}
