//! What participations that follow groups are made from, for many persons and offerings at once.
//!
//! Nothing here asks what the caller reaches: a group's members take part whoever changes the group,
//! protected persons among them. What is told about it is decided by the use-case.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use diesel::{
    QueryableByName,
    prelude::*,
    sql_types::{Date, Nullable},
};
use skolhus_domain::{
    access::Scope,
    id::{GroupId, Id, OfferingId, ParticipationId, PersonId},
    participation::Participation,
    period::Period,
};

use super::{
    row::ParticipationRow,
    write::{before_row, insert_many},
};
use crate::{
    Saved,
    core::{
        connection::{DatabaseConnection, MultiBackend},
        error::Error,
        rows::{Cell, load},
        tx::Tx,
        types::{Guid, Uid},
    },
    schema::{offering_groups, participations, persons},
};

/// The offerings that the groups drive, at some time.
///
/// # Errors
/// A failure of the database.
pub fn offerings_driven_by(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    groups: &[GroupId],
) -> Result<Vec<OfferingId>, Error> {
    let groups: Vec<Uid> = groups.iter().copied().map(Uid::of).collect();
    let ids: Vec<Uid> = offering_groups::table
        .filter(offering_groups::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(offering_groups::withdrawn_at.is_null())
        .filter(offering_groups::group_id.eq_any(groups))
        .select(offering_groups::offering_id)
        .distinct()
        .load(connection)?;
    Ok(ids.into_iter().map(Uid::to).collect())
}

#[derive(QueryableByName)]
struct InnerRow {
    #[diesel(sql_type = Guid)]
    id: Uid,
    #[diesel(sql_type = Guid)]
    top: Uid,
}

/// Those of the offerings and of their parts, at any depth, in which participations follow groups or
/// exceptions. One statement.
///
/// # Errors
/// A failure of the database.
pub fn driven_within(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    offerings: &[OfferingId],
) -> Result<Vec<OfferingId>, Error> {
    within(connection, scope, offerings, "")
}

/// As [`driven_within`], and those that are parts of other offerings. One statement.
///
/// # Errors
/// A failure of the database.
pub fn affected_within(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    offerings: &[OfferingId],
) -> Result<Vec<OfferingId>, Error> {
    within(connection, scope, offerings, "below.outer_id IS NOT NULL OR ")
}

fn within(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    offerings: &[OfferingId],
    also: &str,
) -> Result<Vec<OfferingId>, Error> {
    if offerings.is_empty() {
        return Ok(Vec::new());
    }
    let text = format!(
        "WITH RECURSIVE below (id, outer_id) AS (\
         SELECT o.id, o.part_of_id FROM course_offerings o WHERE o.organiser_id = $1 AND o.id IN ({}) \
         UNION SELECT o.id, o.part_of_id FROM course_offerings o JOIN below b ON o.part_of_id = b.id \
         WHERE o.organiser_id = $1 AND o.withdrawn_at IS NULL) \
         SELECT id, id AS top FROM below WHERE {also}\
         EXISTS (SELECT 1 FROM offering_groups d WHERE d.organiser_id = $1 AND d.offering_id = below.id \
         AND d.withdrawn_at IS NULL) OR \
         EXISTS (SELECT 1 FROM participation_exceptions e WHERE e.organiser_id = $1 \
         AND e.offering_id = below.id AND e.withdrawn_at IS NULL) ORDER BY id",
        places(2, offerings.len())
    );
    let rows: Vec<InnerRow> = load(connection, text, cells(scope, offerings))?;
    Ok(rows.into_iter().map(|row| row.id.to()).collect())
}

/// The parts of the offerings, at any depth, each with the offering it was found under. One statement.
///
/// # Errors
/// A failure of the database.
pub fn parts_within(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    offerings: &[OfferingId],
) -> Result<Vec<(OfferingId, OfferingId)>, Error> {
    if offerings.is_empty() {
        return Ok(Vec::new());
    }
    let text = format!(
        "WITH RECURSIVE below (id, top) AS (\
         SELECT o.id, o.part_of_id FROM course_offerings o \
         WHERE o.organiser_id = $1 AND o.withdrawn_at IS NULL AND o.part_of_id IN ({}) \
         UNION SELECT o.id, b.top FROM course_offerings o JOIN below b ON o.part_of_id = b.id \
         WHERE o.organiser_id = $1 AND o.withdrawn_at IS NULL) SELECT id, top FROM below ORDER BY id",
        places(2, offerings.len())
    );
    let rows: Vec<InnerRow> = load(connection, text, cells(scope, offerings))?;
    Ok(rows.into_iter().map(|row| (row.id.to(), row.top.to())).collect())
}

/// For each of the offerings that is part of another, the outermost one it lies in. One statement.
///
/// # Errors
/// A failure of the database.
pub fn outermost_of(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    offerings: &[OfferingId],
) -> Result<BTreeMap<OfferingId, OfferingId>, Error> {
    if offerings.is_empty() {
        return Ok(BTreeMap::new());
    }
    let text = format!(
        "WITH RECURSIVE above (id, top, outer_id) AS (\
         SELECT o.id, o.id, o.part_of_id FROM course_offerings o WHERE o.organiser_id = $1 AND o.id IN ({}) \
         UNION SELECT a.id, o.id, o.part_of_id FROM course_offerings o JOIN above a ON o.id = a.outer_id \
         WHERE o.organiser_id = $1) \
         SELECT id, top FROM above WHERE outer_id IS NULL AND id <> top",
        places(2, offerings.len())
    );
    let rows: Vec<InnerRow> = load(connection, text, cells(scope, offerings))?;
    Ok(rows.into_iter().map(|row| (row.id.to(), row.top.to())).collect())
}

#[derive(QueryableByName)]
struct DaysRow {
    #[diesel(sql_type = Guid)]
    offering_id: Uid,
    #[diesel(sql_type = Guid)]
    person_id: Uid,
    #[diesel(sql_type = Date)]
    member_from: NaiveDate,
    #[diesel(sql_type = Nullable<Date>)]
    member_to: Option<NaiveDate>,
    #[diesel(sql_type = Date)]
    group_from: NaiveDate,
    #[diesel(sql_type = Nullable<Date>)]
    group_to: Option<NaiveDate>,
    #[diesel(sql_type = Date)]
    drives_from: NaiveDate,
    #[diesel(sql_type = Nullable<Date>)]
    drives_to: Option<NaiveDate>,
}

impl DaysRow {
    /// The days on which the membership, the group and its driving of the offering hold together.
    fn days(&self) -> Result<Option<Period>, Error> {
        let period = |from, to| {
            Period::new(from, to).map_err(|refusal| Error::Inconsistent {
                table: "group_memberships",
                id: self.person_id.0.to_string(),
                detail: format!("{:?}", refusal.rule),
            })
        };
        let member = period(self.member_from, self.member_to)?;
        let group = period(self.group_from, self.group_to)?;
        let drives = period(self.drives_from, self.drives_to)?;
        Ok(member.intersection(&group).and_then(|days| days.intersection(&drives)))
    }
}

/// The days on which persons belong to groups that drive the offerings: these persons, or everybody.
/// One statement.
///
/// # Errors
/// A failure of the database.
pub fn days_by_groups(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    offerings: &[OfferingId],
    people: Option<&[PersonId]>,
) -> Result<Vec<(OfferingId, PersonId, Period)>, Error> {
    if offerings.is_empty() {
        return Ok(Vec::new());
    }
    let mut text = format!(
        "SELECT d.offering_id, m.person_id, m.valid_from AS member_from, m.valid_to AS member_to, \
         g.valid_from AS group_from, g.valid_to AS group_to, \
         d.valid_from AS drives_from, d.valid_to AS drives_to \
         FROM offering_groups d \
         JOIN groups g ON g.organiser_id = d.organiser_id AND g.id = d.group_id AND g.withdrawn_at IS NULL \
         JOIN group_memberships m ON m.organiser_id = d.organiser_id AND m.group_id = d.group_id \
         AND m.withdrawn_at IS NULL \
         WHERE d.organiser_id = $1 AND d.withdrawn_at IS NULL AND d.offering_id IN ({})",
        places(2, offerings.len())
    );
    let mut values = cells(scope, offerings);
    if let Some(people) = people {
        text.push_str(&format!(" AND m.person_id IN ({})", places(2 + offerings.len(), people.len())));
        values.extend(people.iter().map(|person| Cell::from(Uid::of(*person))));
    }
    let rows: Vec<DaysRow> = load(connection, text, values)?;
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        found.extend(row.days()?.map(|days| (row.offering_id.to(), row.person_id.to(), days)));
    }
    Ok(found)
}

/// Every participation in the offerings, of these persons or of everybody, in no order.
///
/// # Errors
/// A failure of the database.
pub fn all_in(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    offerings: &[OfferingId],
    people: Option<&[PersonId]>,
) -> Result<Vec<Saved<ParticipationId, Participation>>, Error> {
    let offerings: Vec<Uid> = offerings.iter().copied().map(Uid::of).collect();
    let mut query = participations::table
        .filter(participations::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(participations::withdrawn_at.is_null())
        .filter(participations::offering_id.eq_any(offerings))
        .into_boxed::<MultiBackend>();
    if let Some(people) = people {
        let people: Vec<Uid> = people.iter().copied().map(Uid::of).collect();
        query = query.filter(participations::person_id.eq_any(people));
    }
    let rows: Vec<ParticipationRow> = query.select(ParticipationRow::as_select()).load(connection)?;
    rows.into_iter().map(ParticipationRow::into_saved).collect()
}

/// Which of the persons may be told of: protected ones may not, not even by a refusal.
///
/// # Errors
/// A failure of the database.
pub fn open_among(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    people: &[PersonId],
) -> Result<BTreeSet<PersonId>, Error> {
    let people: Vec<Uid> = people.iter().copied().map(Uid::of).collect();
    let found: Vec<Uid> = persons::table
        .filter(persons::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(persons::is_protected.eq(false))
        .filter(persons::id.eq_any(people))
        .select(persons::id)
        .load(connection)?;
    Ok(found.into_iter().map(Uid::to).collect())
}

/// Those of the persons whose record stands, each with whether they may be told of.
///
/// # Errors
/// A failure of the database.
pub fn standing_among(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    people: &[PersonId],
) -> Result<Vec<(PersonId, bool)>, Error> {
    let people: Vec<Uid> = people.iter().copied().map(Uid::of).collect();
    let found: Vec<(Uid, bool)> = persons::table
        .filter(persons::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(persons::withdrawn_at.is_null())
        .filter(persons::id.eq_any(people))
        .select((persons::id, persons::is_protected))
        .load(connection)?;
    Ok(found.into_iter().map(|(person, protected)| (person.to(), !protected)).collect())
}

/// Writes what brings participations into step: dates that change, withdrawals (no new state), and new
/// ones. Two statements, however many.
///
/// # Errors
/// [`Error::Stale`] when one of them has changed meanwhile; a failure of the database.
pub fn write_step(
    tx: &mut Tx<'_>,
    scope: &Scope,
    changes: &[(Saved<ParticipationId, Participation>, Option<Participation>)],
    new: Vec<Participation>,
) -> Result<(), Error> {
    let now = tx.now();
    let pairs = changes.iter().map(|(before, after)| {
        let old = before_row(scope, before);
        let new = match after {
            Some(after) => ParticipationRow::of(old.organiser_id, old.id, old.created_at, after),
            None => ParticipationRow { withdrawn_at: Some(now), ..old.clone() },
        };
        (old, new)
    });
    tx.update_many(pairs.collect())?;
    let new: Vec<(ParticipationId, Participation)> = new
        .into_iter()
        .map(|participation| (ParticipationId::from_uuid(tx.fresh().0), participation))
        .collect();
    insert_many(tx, scope, &new)?;
    Ok(())
}

fn places(from: usize, count: usize) -> String {
    if count == 0 {
        return "NULL".to_owned();
    }
    (from..from + count).map(|number| format!("${number}")).collect::<Vec<_>>().join(", ")
}

fn cells(scope: &Scope, offerings: &[OfferingId]) -> Vec<Cell> {
    let ids = offerings.iter().copied().map(Uid::of);
    std::iter::once(Uid::of(scope.organiser())).chain(ids).map(Cell::from).collect()
}
