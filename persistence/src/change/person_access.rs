//! When the record of a protected person was opened, as the person is told of it: in which role, for which units and what
//! for, and not by whom.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use skolhus_domain::{
    access::{Permission, Role, Scope},
    id::{PersonId, SchoolUnitId},
    instant::school_day,
};
use uuid::Uuid;

use super::person_trail::{self, PersonChangeFilter, PersonChangeSort};
use crate::{
    core::{
        connection::DatabaseConnection,
        error::Error,
        page::{Page, PageRequest},
        tx::Action,
        types::Uid,
    },
    schema::role_assignments,
};

/// The word under which the log notes that a person's record was opened.
const PERSON: &str = "person";

/// An opening.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PersonAccess {
    /// When.
    pub at: DateTime<Utc>,
    /// In which roles, by their codes; for the program's own work what it was.
    pub roles: Vec<String>,
    /// The school units that those roles were limited to then; none where one of them covered the whole organiser, or it was
    /// nobody's role.
    pub school_units: Vec<SchoolUnitId>,
    /// The permission that was used.
    pub permission: String,
    /// What for; none once the details have been purged.
    pub purpose: Option<String>,
}

/// A role that an account was given: of whom, which, for which unit and when.
type Given = (Uid, String, Option<Uid>, NaiveDate, Option<NaiveDate>);

/// Whether only staff hold the permission. What relatives have opened is told to none of them: one would learn of another.
fn by_staff(permission: Permission) -> bool {
    let others = [Role::Participant, Role::Guardian];
    !permission.roles().is_empty() && !permission.roles().iter().any(|role| others.contains(role))
}

/// One page of the openings of a person's record, the newest first. Two statements. Whose it may be is for the use-case to
/// say: it is their own, or that of somebody whom the caller has the right to see. What they, or others who are related, have read themselves is not among
/// it.
///
/// # Errors
/// A failure of the database.
pub fn list(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    person: PersonId,
    request: &PageRequest<PersonChangeSort>,
) -> Result<Page<PersonAccess>, Error> {
    let filter = PersonChangeFilter {
        entities: vec![PERSON.to_owned()],
        actions: vec![Action::Access.code().to_owned()],
        permissions: Permission::ALL.iter().copied().filter(|permission| by_staff(*permission)).collect(),
        ..PersonChangeFilter::default()
    };
    let page = person_trail::list(connection, scope, person, &filter, request)?;
    let actors: Vec<Uid> = page.items.iter().filter_map(|opened| opened.fact.actor).map(Uid).collect();
    let given: Vec<Given> = role_assignments::table
        .filter(role_assignments::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(role_assignments::account_id.eq_any(actors))
        .select((
            role_assignments::account_id,
            role_assignments::role,
            role_assignments::school_unit_id,
            role_assignments::valid_from,
            role_assignments::valid_to,
        ))
        .load(connection)?;
    let mut of: BTreeMap<Uuid, Vec<&Given>> = BTreeMap::new();
    for one in &given {
        of.entry(one.0.0).or_default().push(one);
    }
    page.try_map(|opened| {
        let (at, day) = (opened.fact.recorded_at, school_day(opened.fact.recorded_at));
        let roles: Vec<String> = opened.fact.actor_name.split(' ').map(str::to_owned).collect();
        let held = opened.fact.actor.and_then(|actor| of.get(&actor)).into_iter().flatten();
        let units: Vec<Option<Uid>> = held
            .filter(|(_, role, _, from, to)| {
                roles.contains(role) && *from <= day && to.is_none_or(|to| day <= to)
            })
            .map(|(_, _, unit, ..)| *unit)
            .collect();
        let whole = units.contains(&None);
        let mut school_units: Vec<SchoolUnitId> = units.into_iter().flatten().map(Uid::to).collect();
        school_units.sort_unstable();
        school_units.dedup();
        if whole {
            school_units.clear();
        }
        let purpose = opened.details.and_then(|details| details.reason);
        Ok(PersonAccess { at, roles, school_units, permission: opened.fact.permission, purpose })
    })
}
