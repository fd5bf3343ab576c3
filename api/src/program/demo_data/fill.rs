//! Entering the demonstration into an empty register.

use skolhus_domain::{
    access::{Caller, Role},
    id::{AccountId, Id, RoleAssignmentId},
    identity::Password,
    person::EmailAddress,
};
use skolhus_persistence::{
    identity::{account, credential},
    organisation::{controller, organiser, school_unit},
};
use uuid::Uuid;

use super::plan;
use crate::http::{problem::Problem, state::State};

/// The password of every demo account. Public, as everything in the demonstration is.
pub const PASSWORD: &str = "vaggarp-demo-2026";

/// An account of each role that people have, with the address it logs in with.
#[must_use]
pub fn accounts() -> Vec<(Role, String)> {
    Role::ALL
        .into_iter()
        .filter(|role| *role != Role::Integrator)
        .map(|role| (role, format!("{}@vaggarp.example", role.code())))
        .collect()
}

/// Ids of accounts and their roles: the same in every demonstration.
fn id<T: Id>(kind: u128, number: u128) -> T {
    T::from_uuid(Uuid::from_u128(0x0199_a3f0_7c00_7000_8000_0000_0000_0000 | (kind << 32) | number))
}

/// Fills an empty register with the demonstration, in one transaction: it is there whole or not at all.
///
/// # Errors
/// When the register refuses something: a mistake in the demonstration.
pub async fn fill(state: &State) -> Result<(), Problem> {
    let demo = plan::register()?;
    let hash = state.logins.passwords.hash(Password::new(PASSWORD)?).await?;
    let caller = Caller::system("demo", plan::organiser_id(), state.fresh_uuid(), state.clock.now());
    state
        .database
        .write(&caller, move |tx, scope| {
            let (organiser, controller, unit) = (&demo.organiser, &demo.controller, &demo.unit);
            organiser::insert(tx, organiser.0, &organiser.1)?;
            controller::insert(tx, scope, controller.0, &controller.1)?;
            school_unit::insert(tx, scope, unit.0, unit.1.clone())?;
            for (number, (role, email)) in (0..).zip(accounts()) {
                let (account, assignment): (AccountId, RoleAssignmentId) =
                    (id(0xa1, number), id(0xa2, number));
                account::insert(tx, scope, account, None, &EmailAddress::new(&email)?)?;
                account::assign_role(tx, scope, assignment, account, role, None)?;
                credential::set_password(tx, scope, id::<AccountId>(0xa3, number).uuid(), account, &hash)?;
            }
            Ok::<_, Problem>(())
        })
        .await
}
