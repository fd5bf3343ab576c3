//! Somebody must be left who can give roles.

use skolhus_domain::{
    access::Scope,
    id::{AccountId, RoleAssignmentId},
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{Tx, identity::role_assignment};

use crate::http::problem::Problem;

/// Refuses a change by which the last lasting administrator goes: one in force today,
/// without a last day, of an account in use. `goes` says whose assignment the change ends.
/// Call [`role_assignment::lock_administrators`] first.
///
/// # Errors
/// [`crate::http::catalogue::Code::Conflict`]; a failure of the database.
pub(crate) fn keep_one(
    tx: &mut Tx<'_>,
    scope: &Scope,
    goes: impl Fn(RoleAssignmentId, AccountId) -> bool,
) -> Result<(), Problem> {
    let lasting = role_assignment::lasting_administrators(tx.connection(), scope)?;
    if !lasting.is_empty() && lasting.iter().all(|(assignment, account)| goes(*assignment, *account)) {
        let detail = "this is the organiser's last administrator; give somebody else the role first";
        return Err(Refusal::new(Rule::State, detail).into());
    }
    Ok(())
}
