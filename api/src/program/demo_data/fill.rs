//! Writing the demonstration's register.

use skolhus_domain::{
    access::{Caller, Role},
    id::{AccountId, Id, PersonId, RoleAssignmentId},
    person::EmailAddress,
};
use skolhus_persistence::{
    course::{course, offering, teacher},
    duty, enrolment,
    identity::{account, credential},
    organisation::{controller, day_off, organiser as organisers, school_unit, site, term},
    participation, person,
};
use uuid::Uuid;

use super::plan;
use crate::{
    http::{problem::Problem, state::State},
    identity::password::Password,
};

/// The password of every demo account.
pub const PASSWORD: &str = "vaggarp-demo-2026";

/// An id of the demo's accounts, by number: always the same, and in the shape of a UUIDv7.
fn id<T: Id>(number: u64) -> T {
    T::from_uuid(Uuid::from_u128(0x0199_a3f0_7c00_7000_8000_00d0_0000_0000 | u128::from(number)))
}

/// An account of each role that people have, with the address it logs in with.
#[must_use]
pub fn accounts() -> Vec<(Role, String)> {
    Role::ALL
        .into_iter()
        .filter(|role| *role != Role::Integrator)
        .map(|role| (role, format!("{}@vaggarp.example", role.code())))
        .collect()
}

/// Who stands behind the account of a role: those who need a person to see anything have one.
fn person_of(role: Role) -> Option<PersonId> {
    match role {
        Role::Principal => Some(plan::staff_id(0)),
        Role::Registrar => Some(plan::staff_id(1)),
        Role::Teacher => Some(plan::staff_id(4)),
        Role::Participant => Some(plan::participant_id(0)),
        Role::Administrator | Role::ProtectionOfficer | Role::Guardian | Role::Integrator => None,
    }
}

/// Fills an empty register with the demo, in one transaction.
///
/// # Errors
/// When the register refuses something: a mistake in the demo.
pub async fn fill(state: &State) -> Result<(), Problem> {
    let hash = state.logins.passwords.hash(Password::new(PASSWORD)?).await?;
    let caller = Caller::system("demo", plan::organiser_id(), state.fresh_uuid(), state.clock.now());
    state
        .database
        .write(&caller, move |tx, scope| {
            let plan::DemoRegister {
                organiser,
                controller,
                unit,
                sites,
                terms,
                days_off,
                persons,
                duties,
                courses,
                offerings,
                teachers,
                enrolments,
                participations,
            } = plan::register()?;
            organisers::insert(tx, organiser.0, &organiser.1)?;
            controller::insert(tx, scope, controller.0, &controller.1)?;
            school_unit::insert(tx, scope, unit.0, unit.1)?;
            for (id, site) in &sites {
                site::insert(tx, scope, *id, site)?;
            }
            term::insert_many(tx, scope, &terms)?;
            day_off::insert_many(tx, scope, &days_off)?;
            person::insert_many(tx, scope, persons)?;
            duty::insert_many(tx, scope, &duties)?;
            course::insert_many(tx, scope, &courses)?;
            offering::insert_many(tx, scope, &offerings)?;
            teacher::insert_many(tx, scope, &teachers)?;
            enrolment::insert_many(tx, scope, &enrolments)?;
            participation::insert_many(tx, scope, &participations)?;
            for (number, (role, email)) in (0..).zip(accounts()) {
                let account: AccountId = id(0xa00 + number);
                let assignment: RoleAssignmentId = id(0xb00 + number);
                account::insert(tx, scope, account, person_of(role), &EmailAddress::new(&email)?)?;
                account::assign_role(tx, scope, assignment, account, role, None)?;
                credential::set_password(tx, scope, id::<AccountId>(0xc00 + number).uuid(), account, &hash)?;
            }
            Ok::<_, Problem>(())
        })
        .await
}
