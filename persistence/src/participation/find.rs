//! Finding participations within reach.

use diesel::prelude::*;
use skolhus_domain::{
    access::Scope,
    id::{OfferingId, ParticipationId, PersonId},
    participation::{Participation, StateCode},
};

use super::{roster::Named, row::ParticipationRow};
use crate::{
    Saved,
    core::{
        connection::{DatabaseConnection, MultiBackend},
        error::Error,
        reach,
        types::Uid,
    },
    schema::{course_offerings, participations, persons},
};

/// Participations with their persons and offerings.
#[diesel::dsl::auto_type]
pub(super) fn joined() -> _ {
    let with_person =
        participations::organiser_id.eq(persons::organiser_id).and(participations::person_id.eq(persons::id));
    let with_offering = participations::organiser_id
        .eq(course_offerings::organiser_id)
        .and(participations::offering_id.eq(course_offerings::id));
    participations::table
        .inner_join(persons::table.on(with_person))
        .inner_join(course_offerings::table.on(with_offering))
}

/// A query over [`joined`] that grows with what is asked for.
pub(super) type Joined<'a> = diesel::dsl::IntoBoxed<'a, joined, MultiBackend>;

/// The participations that a scope reaches, and those of protected persons whom the caller teaches: only to be
/// shown with the names of [`crate::core::shown_name::met`].
pub(super) fn reachable_under_shown_names<'a>(scope: &Scope) -> Joined<'a> {
    joined().into_boxed().filter(reach::participations_under_shown_names(scope))
}

/// The same, in a statement that comes in a few forms.
pub(super) fn kept_under_shown_names<'a>(scope: &Scope) -> Joined<'a> {
    joined().into_boxed().filter(reach::participations_under_shown_names(scope).kept())
}

/// The participations that a scope reaches.
pub(super) fn reachable<'a>(scope: &Scope) -> Joined<'a> {
    joined().into_boxed().filter(reach::participations(scope))
}

/// One participation.
///
/// # Errors
/// A failure of the database.
pub fn find(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: ParticipationId,
) -> Result<Option<Saved<ParticipationId, Participation>>, Error> {
    Ok(find_many(connection, scope, &[id])?.pop())
}

/// Those of the participations that there are, in no certain order.
///
/// # Errors
/// A failure of the database.
pub fn find_many(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    ids: &[ParticipationId],
) -> Result<Vec<Saved<ParticipationId, Participation>>, Error> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let ids = ids.iter().copied().map(Uid::of);
    load(connection, reachable(scope).filter(participations::id.eq_any(ids.collect::<Vec<_>>())))
}

/// Those of the participations that there are, with the names under which the caller meets their persons.
///
/// # Errors
/// A failure of the database.
pub fn find_named(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    ids: &[ParticipationId],
) -> Result<Vec<Named>, Error> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let ids = ids.iter().copied().map(Uid::of);
    let query = reachable_under_shown_names(scope).filter(participations::id.eq_any(ids.collect::<Vec<_>>()));
    Named::load(connection, scope, query)
}

/// Every participation in the offerings, whatever its state.
///
/// # Errors
/// A failure of the database.
pub fn of_offerings(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    offerings: &[OfferingId],
) -> Result<Vec<Saved<ParticipationId, Participation>>, Error> {
    if offerings.is_empty() {
        return Ok(Vec::new());
    }
    let offerings = offerings.iter().copied().map(Uid::of);
    load(
        connection,
        reachable(scope).filter(participations::offering_id.eq_any(offerings.collect::<Vec<_>>())),
    )
}

fn load(
    connection: &mut DatabaseConnection,
    query: Joined<'_>,
) -> Result<Vec<Saved<ParticipationId, Participation>>, Error> {
    let rows: Vec<ParticipationRow> = query.select(ParticipationRow::as_select()).load(connection)?;
    rows.into_iter().map(ParticipationRow::into_saved).collect()
}

/// What new participations are checked against: those that the persons have in the offerings,
/// and which of the ids are in use, also by one out of reach or withdrawn. One statement. Whether
/// the caller reaches the persons and the offerings is decided before.
///
/// # Errors
/// A failure of the database.
pub fn beside(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    persons: &[PersonId],
    offerings: &[OfferingId],
    ids: &[ParticipationId],
) -> Result<Beside, Error> {
    let persons: Vec<Uid> = persons.iter().copied().map(Uid::of).collect();
    let offerings: Vec<Uid> = offerings.iter().copied().map(Uid::of).collect();
    let wanted: Vec<Uid> = ids.iter().copied().map(Uid::of).collect();
    let theirs = participations::withdrawn_at
        .is_null()
        .and(participations::person_id.eq_any(&persons))
        .and(participations::offering_id.eq_any(&offerings));
    let rows: Vec<ParticipationRow> = participations::table
        .filter(participations::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(theirs.or(participations::id.eq_any(&wanted)))
        .select(ParticipationRow::as_select())
        .load(connection)?;
    let mut found = Beside { others: Vec::new(), taken: Vec::new() };
    for row in rows {
        if wanted.contains(&row.id) {
            found.taken.push(row.id.to());
        }
        let theirs = persons.contains(&row.person_id) && offerings.contains(&row.offering_id);
        if theirs && row.withdrawn_at.is_none() {
            found.others.push(row.into_saved()?);
        }
    }
    Ok(found)
}

/// See [`beside`].
#[derive(Clone, Debug)]
pub struct Beside {
    /// Participations of the persons in the offerings, in no order.
    pub others: Vec<Saved<ParticipationId, Participation>>,
    /// Ids that are in use.
    pub taken: Vec<ParticipationId>,
}

/// How many places are taken in each of the offerings; one without any is not named. Everybody
/// counts, protected persons too: a number says nothing about who they are.
///
/// # Errors
/// A failure of the database.
pub fn occupied(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    offerings: &[OfferingId],
) -> Result<Vec<(OfferingId, u32)>, Error> {
    if offerings.is_empty() {
        return Ok(Vec::new());
    }
    let offerings = offerings.iter().copied().map(Uid::of);
    let states: Vec<&str> = StateCode::OCCUPYING.iter().map(|state| state.code()).collect();
    let counted: Vec<(Uid, i64)> = participations::table
        .filter(participations::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(participations::withdrawn_at.is_null())
        .filter(participations::offering_id.eq_any(offerings.collect::<Vec<_>>()))
        .filter(participations::state.eq_any(states))
        .group_by(participations::offering_id)
        .select((participations::offering_id, diesel::dsl::count_star()))
        .load(connection)?;
    Ok(counted.into_iter().map(|(id, count)| (id.to(), u32::try_from(count).unwrap_or(u32::MAX))).collect())
}
