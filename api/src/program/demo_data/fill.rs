//! Writing the demonstration's register.

use skolhus_domain::{
    access::{Caller, Role},
    id::{AccountId, Id, OfferingId, PersonId, RoleAssignmentId},
    identity::{LoginSettings, Password},
    person::EmailAddress,
};
use skolhus_persistence::{
    course::{course, offering, teacher},
    duty, enrolment,
    group::{
        assignment, group, membership,
        offering_group::{self, Driver},
    },
    identity::{account, credential, login_setting},
    organisation::{controller, day_off, organiser as organisers, school_unit, site, term},
    participation,
    person::{self, clearing, contact_ban, relation},
    schedule::{lesson, room, series},
};
use uuid::Uuid;

use super::{plan, primary_school};
use crate::{
    http::{problem::Problem, state::State},
    participation::keep_in_step,
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
        Role::Guardian => Some(primary_school::guardian_id()),
        Role::Administrator | Role::ProtectionOfficer | Role::DataProtectionOfficer | Role::Integrator => {
            None
        }
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
                units,
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
                groups,
                mentors,
                memberships,
                drivers,
                schedule,
                relations,
                bans,
                clearings,
            } = plan::register()?;
            organisers::insert(tx, organiser.0, &organiser.1)?;
            controller::insert(tx, scope, controller.0, &controller.1)?;
            for (id, unit) in units {
                school_unit::insert(tx, scope, id, unit)?;
            }
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
            group::insert_many(tx, scope, &groups)?;
            for (id, mentor) in mentors {
                assignment::save_set(tx, scope, id, &[mentor])?;
            }
            membership::insert_many(tx, scope, &memberships)?;
            for (offering, group, days) in &drivers {
                let driver = Driver { group: *group, from: days.from(), to: days.to() };
                offering_group::save_set(tx, scope, *offering, &[driver])?;
            }
            let driven: Vec<OfferingId> = drivers.iter().map(|(offering, ..)| *offering).collect();
            // The program's own work meets no refusals: what does not fit stays away, and a test counts.
            keep_in_step(tx, scope, &driven, None)?;
            for (id, room) in &schedule.rooms {
                room::insert(tx, scope, *id, room)?;
            }
            for (id, pattern) in &schedule.series {
                series::insert(tx, scope, *id, pattern)?;
            }
            lesson::insert_many(tx, scope, &schedule.lessons)?;
            for (id, relation) in &relations {
                relation::insert(tx, scope, *id, relation)?;
            }
            for (id, ban) in &bans {
                contact_ban::insert(tx, scope, *id, ban)?;
            }
            for (id, cleared) in &clearings {
                clearing::insert(tx, scope, *id, cleared)?;
            }
            for (number, (role, email)) in (0..).zip(accounts()) {
                let account: AccountId = id(0xa00 + number);
                let assignment: RoleAssignmentId = id(0xb00 + number);
                account::insert(tx, scope, account, person_of(role), &EmailAddress::new(&email)?)?;
                account::assign_role(tx, scope, assignment, account, role, None)?;
                credential::set_password(tx, scope, id::<AccountId>(0xc00 + number).uuid(), account, &hash)?;
            }
            let opened = LoginSettings { sms_codes: true, sms_codes_for_protected: false };
            login_setting::save(tx, scope, None, &opened)?;
            Ok::<_, Problem>(())
        })
        .await
}
