//! Persons (person): entering, finding, changing; protection and what waits for review;
//! where they live; relations, what overrides them, and what families see.

mod address;
mod change_identity_number;
mod clearing;
mod codes;
mod contact_ban;
mod create_person;
mod create_person_merge;
mod decide_person_review;
mod disclose_person;
mod dismiss_duplicate_candidate;
mod document;
mod duplicate;
mod emergency_opening;
mod family;
mod fields;
mod get_own_person;
mod get_person;
mod get_person_merge;
mod handling_plan;
mod list_duplicate_candidates;
mod list_person_merges;
mod list_person_reviews;
mod list_persons;
mod meeting;
mod merge;
mod own_contact;
mod preview_person_merge;
mod protected_contact_ban;
mod protected_relation;
mod relation;
mod reverse_person_merge;
mod search_duplicates;
mod search_persons;
mod search_protected_persons;
mod set_protection;
mod state_unprotected;
mod update_person;
mod withdraw_person;

use crate::http::operations::Operations;

pub(crate) use disclose_person::DisclosePerson;
pub(crate) use duplicate::likely;

pub use create_person::{CreatePerson, Entered, create_person};
pub(crate) use get_person::read_as_cleared;
pub use update_person::{UpdatePerson, Updated, update_person};

/// Mounts the operations.
pub fn mount(operations: &mut Operations<'_>) {
    operations
        .service(list_persons::handle)
        .service(create_person::handle)
        .service(search_persons::handle)
        .service(get_person::handle)
        .service(update_person::handle)
        .service(withdraw_person::handle)
        .service(get_own_person::handle)
        .service(disclose_person::handle)
        .service(set_protection::handle)
        .service(search_protected_persons::handle)
        .service(state_unprotected::handle)
        .service(list_person_reviews::handle)
        .service(decide_person_review::handle)
        .service(preview_person_merge::handle)
        .service(create_person_merge::handle)
        .service(list_person_merges::handle)
        .service(get_person_merge::handle)
        .service(reverse_person_merge::handle)
        .service(search_duplicates::handle)
        .service(list_duplicate_candidates::handle)
        .service(dismiss_duplicate_candidate::handle)
        .service(change_identity_number::handle)
        .configure(address::mount)
        .configure(handling_plan::mount)
        .configure(clearing::mount)
        .configure(emergency_opening::mount)
        .configure(protected_relation::mount)
        .configure(protected_contact_ban::mount)
        .configure(relation::mount)
        .configure(contact_ban::mount)
        .configure(family::mount)
        .configure(own_contact::mount);
}
