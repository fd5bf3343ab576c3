//! Activity in offerings without lessons: the day of an offering with everybody who takes part, and what figures count.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use skolhus_domain::{
    access::Scope,
    attendance::{ActivityDay, Seen},
    id::{AccountId, Id, OfferingId, PersonId, SchoolUnitId},
    period::Period,
    person::PersonName,
};

use super::named::{NameColumns, met, name_columns};
use crate::{
    core::{
        connection::DatabaseConnection,
        error::Error,
        reach,
        record::record,
        shown_name,
        study_breaks::study_breaks,
        tx::Tx,
        types::{Json, Uid},
    },
    schema::{activities, activity_days, course_offerings, participations, persons},
};

record! {
    /// A day of an offering on which somebody looked; its id follows from both.
    pub(crate) struct ActivityDayRow in activity_days as "activity day" {
        offering_id: Uid,
        day: NaiveDate,
        registered_by_id: Option<Uid>,
    }
}

record! {
    /// Whether somebody was seen active on it.
    pub(crate) struct ActivityRow in activities as "activity" {
        activity_day_id: Uid,
        person_id: Uid,
        is_active: bool,
    }
}

/// The day of an offering that the caller teaches, with everybody who takes part.
#[derive(Clone, Debug)]
pub struct ActivitySheet {
    /// Of what.
    pub offering: OfferingId,
    /// Which day.
    pub day: NaiveDate,
    /// What the offering is called.
    pub offering_title: String,
    /// Where.
    pub school_unit: SchoolUnitId,
    /// The days of the offering.
    pub period: Period,
    /// Whether it has a lesson on the day that is held.
    pub has_lessons: bool,
    /// The version of the day; 0 where nobody has looked.
    pub version: i64,
    /// When it was saved last, and by whom.
    pub registered: Option<(DateTime<Utc>, Option<AccountId>)>,
    /// What was seen.
    pub activity: ActivityDay,
    /// Everybody whom the caller meets in it, by name: those who take part on the day, and those who have an entry.
    pub persons: Vec<InActivity>,
    row: Option<ActivityDayRow>,
    rows: BTreeMap<PersonId, ActivityRow>,
}

/// Somebody in the activity of a day.
#[derive(Clone, Debug)]
pub struct InActivity {
    /// Who.
    pub person: PersonId,
    /// The person's name, or the one under which the caller meets them.
    pub name: PersonName,
    /// Whether they take part in the offering on the day.
    pub is_expected: bool,
}

impl ActivitySheet {
    /// Who takes part on the day.
    #[must_use]
    pub fn expected(&self) -> BTreeSet<PersonId> {
        self.persons.iter().filter(|of| of.is_expected).map(|of| of.person).collect()
    }

    /// Whom the caller meets.
    #[must_use]
    pub fn met(&self) -> BTreeSet<PersonId> {
        self.persons.iter().map(|of| of.person).collect()
    }

    /// The sheet as it is once the activity is saved: what [`save`] has written, without reading it again.
    pub fn saved(&mut self, after: ActivityDay, scope: &Scope) {
        self.version += 1;
        self.registered = Some((scope.now(), scope.account()));
        self.activity = after;
    }
}

fn day_id(offering: OfferingId, day: NaiveDate) -> Uid {
    Uid::derived("activity_days", Uid::of(offering), &[day.to_string().as_bytes()])
}

type DayFacts = (String, Uid, NaiveDate, NaiveDate, bool, Option<ActivityDayRow>);
type PersonFacts = (Uid, (NameColumns, Option<Json>), Option<Uid>, Option<ActivityRow>);

/// The day of an offering, in two statements. None where the caller does not teach it, nor answers for its unit.
///
/// # Errors
/// A failure of the database.
pub fn find(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    offering: OfferingId,
    day: NaiveDate,
) -> Result<Option<ActivitySheet>, Error> {
    let of_day = day_id(offering, day);
    let facts: Option<DayFacts> = course_offerings::table
        .left_join(activity_days::table.on(
            activity_days::organiser_id.eq(course_offerings::organiser_id).and(activity_days::id.eq(of_day)),
        ))
        .filter(reach::offerings_taught(scope))
        .filter(course_offerings::id.eq(Uid::of(offering)))
        .select((
            course_offerings::title,
            course_offerings::school_unit_id,
            course_offerings::first_day,
            course_offerings::last_day,
            reach::has_lessons_on(day),
            Option::<ActivityDayRow>::as_select(),
        ))
        .first(connection)
        .optional()?;
    let Some((offering_title, school_unit, first, last, has_lessons, row)) = facts else { return Ok(None) };
    let unreadable = |detail: String| Error::Inconsistent {
        table: "course_offerings",
        id: offering.uuid().to_string(),
        detail,
    };
    let mut sheet = ActivitySheet {
        offering,
        day,
        offering_title,
        school_unit: school_unit.to(),
        period: Period::new(first, Some(last))
            .map_err(|refusal| unreadable(format!("{:?}", refusal.rule)))?,
        has_lessons,
        version: row.as_ref().map_or(0, |row| row.version),
        registered: row
            .as_ref()
            .map(|row| (row.modified_at.0, row.registered_by_id.map(|id| AccountId::from_uuid(id.0)))),
        activity: ActivityDay::default(),
        persons: Vec::new(),
        row,
        rows: BTreeMap::new(),
    };
    for (person, name, participation, row) in persons(connection, scope, offering, day)? {
        let is_seen = row.as_ref().filter(|row| row.withdrawn_at.is_none()).map(|row| row.is_active);
        if let Some(row) = row {
            sheet.rows.insert(person.to(), row);
        }
        if participation.is_none() && is_seen.is_none() {
            continue;
        }
        if let Some(is_active) = is_seen {
            sheet.activity.seen.insert(person.to(), is_active);
        }
        let is_expected = participation.is_some();
        sheet.persons.push(InActivity { person: person.to(), name: met(scope, person, name)?, is_expected });
    }
    Ok(Some(sheet))
}

fn persons(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    offering: OfferingId,
    day: NaiveDate,
) -> Result<Vec<PersonFacts>, Error> {
    let (postgres, of_day) = (connection.is_postgres(), day_id(offering, day));
    let expected = participations::organiser_id
        .eq(course_offerings::organiser_id)
        .and(participations::offering_id.eq(course_offerings::id))
        .and(participations::person_id.eq(persons::id))
        .and(participations::withdrawn_at.is_null())
        .and(participations::held_from.le(day))
        .and(participations::held_to.ge(day))
        .and(reach::is_not_on_break_on(postgres, day));
    let seen = activities::organiser_id
        .eq(course_offerings::organiser_id)
        .and(activities::activity_day_id.eq(of_day))
        .and(activities::person_id.eq(persons::id));
    Ok(course_offerings::table
        .inner_join(persons::table.on(persons::organiser_id.eq(course_offerings::organiser_id)))
        .left_join(participations::table.on(expected))
        .left_join(activities::table.on(seen))
        .filter(course_offerings::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(course_offerings::id.eq(Uid::of(offering)))
        .filter(reach::persons_in_activity(scope, offering, day, of_day))
        .order((shown_name::sort_key(scope), persons::id))
        .select((
            persons::id,
            name_columns!(connection),
            participations::id.nullable(),
            Option::<ActivityRow>::as_select(),
        ))
        .load(connection)?)
}

/// Holds an offering until the end of the transaction: the activity of its days is saved by one at a time.
///
/// # Errors
/// A failure of the database.
pub fn lock(tx: &mut Tx<'_>, offering: OfferingId) -> Result<(), Error> {
    tx.lock_in("course_offerings", &[Uid::of(offering)])
}

/// Saves a new state of the day, as the next version after the one it was made from, in two statements.
///
/// # Errors
/// [`Error::Stale`] when it has changed meanwhile; a failure of the database.
pub fn save(
    tx: &mut Tx<'_>,
    scope: &Scope,
    before: &ActivitySheet,
    after: &ActivityDay,
) -> Result<(), Error> {
    let (organiser, now) = (Uid::of(scope.organiser()), tx.now());
    let id = day_id(before.offering, before.day);
    let day = ActivityDayRow {
        organiser_id: organiser,
        id,
        version: 1,
        created_at: before.row.as_ref().map_or(now, |row| row.created_at),
        modified_at: now,
        withdrawn_at: None,
        offering_id: Uid::of(before.offering),
        day: before.day,
        registered_by_id: scope.account().map(Uid::of),
    };
    match &before.row {
        None => tx.insert(&[day])?,
        Some(row) => drop(tx.write_states(vec![(row.clone(), day, true)])?),
    }
    let (mut new, mut changed) = (Vec::new(), Vec::new());
    for (person, is_active) in &after.seen {
        match before.rows.get(person) {
            Some(row) => {
                let next = ActivityRow { is_active: *is_active, withdrawn_at: None, ..row.clone() };
                changed.push((row.clone(), next));
            }
            None => new.push(ActivityRow {
                organiser_id: organiser,
                id: Uid::derived("activities", id, &[person.uuid().as_bytes()]),
                version: 1,
                created_at: now,
                modified_at: now,
                withdrawn_at: None,
                activity_day_id: id,
                person_id: Uid::of(*person),
                is_active: *is_active,
            }),
        }
    }
    let gone = before
        .rows
        .iter()
        .filter(|(person, row)| row.withdrawn_at.is_none() && !after.seen.contains_key(person));
    changed
        .extend(gone.map(|(_, row)| (row.clone(), ActivityRow { withdrawn_at: Some(now), ..row.clone() })));
    tx.save(&new, changed)
}

/// Somebody whose activity is counted.
#[derive(Clone, Debug)]
pub struct Counted {
    /// Who.
    pub person: PersonId,
    /// The person's name, or the one under which the caller meets them.
    pub name: PersonName,
    /// The days on which they take part, without study breaks.
    pub days: Vec<Period>,
}

/// The days of a participation.
#[derive(Queryable, Selectable)]
#[diesel(table_name = participations)]
struct DaysRow {
    held_from: Option<NaiveDate>,
    held_to: Option<NaiveDate>,
    state: String,
    state_from: Option<NaiveDate>,
    state_to: Option<NaiveDate>,
    breaks: Json,
}

type CountedFacts = (Uid, (NameColumns, Option<Json>), DaysRow);

/// Those who take part in an offering within a period, whom the caller meets, by name. One statement.
///
/// # Errors
/// A failure of the database.
pub fn counted(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    offering: OfferingId,
    (from, to): (NaiveDate, NaiveDate),
) -> Result<Vec<Counted>, Error> {
    let rows: Vec<CountedFacts> = participations::table
        .inner_join(
            persons::table.on(persons::organiser_id
                .eq(participations::organiser_id)
                .and(persons::id.eq(participations::person_id))),
        )
        .inner_join(
            course_offerings::table.on(course_offerings::organiser_id
                .eq(participations::organiser_id)
                .and(course_offerings::id.eq(participations::offering_id))),
        )
        .filter(reach::participations_under_shown_names(scope))
        .filter(participations::offering_id.eq(Uid::of(offering)))
        .filter(participations::held_from.le(to))
        .filter(participations::held_to.ge(from))
        .order((shown_name::sort_key(scope), persons::id, participations::held_from))
        .select((persons::id, name_columns!(connection), DaysRow::as_select()))
        .load(connection)?;
    let mut found: Vec<Counted> = Vec::new();
    for (person, name, of) in rows {
        let DaysRow { held_from, held_to, state, state_from, state_to, breaks } = of;
        let unreadable = || Error::Inconsistent {
            table: "participations",
            id: person.0.to_string(),
            detail: "its days cannot be read".to_owned(),
        };
        let (Some(held_from), Some(held_to)) = (held_from, held_to) else { continue };
        let away = study_breaks(breaks, &state, (state_from, state_to)).ok_or_else(unreadable)?;
        let days = without(held_from, held_to, away);
        match found.last_mut() {
            Some(last) if last.person == person.to() => last.days.extend(days),
            _ => found.push(Counted { person: person.to(), name: met(scope, person, name)?, days }),
        }
    }
    Ok(found)
}

/// The days from one to another that lie in none of the breaks.
fn without(from: NaiveDate, to: NaiveDate, mut breaks: Vec<Period>) -> Vec<Period> {
    breaks.sort_by_key(Period::from);
    let mut next = Some(from);
    let mut days = Vec::new();
    for away in breaks {
        let Some(start) = next else { break };
        if let Some(last) = away.from().pred_opt().filter(|last| *last >= start) {
            days.extend(Period::new(start, Some(last.min(to))).ok());
        }
        // One without an end is not over by the last of the days.
        next = away.to().and_then(|ends| ends.succ_opt()).map(|after| after.max(start));
    }
    days.extend(next.filter(|start| *start <= to).and_then(|start| Period::new(start, Some(to)).ok()));
    days
}

/// What was seen of these persons in an offering within a period. One statement.
///
/// # Errors
/// A failure of the database.
pub fn seen(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    offering: OfferingId,
    (from, to): (NaiveDate, NaiveDate),
    of: &[Counted],
) -> Result<Vec<Seen>, Error> {
    let among: BTreeSet<PersonId> = of.iter().map(|counted| counted.person).collect();
    let rows: Vec<(Uid, NaiveDate, bool)> = activities::table
        .inner_join(
            activity_days::table.on(activity_days::organiser_id
                .eq(activities::organiser_id)
                .and(activity_days::id.eq(activities::activity_day_id))),
        )
        .filter(activity_days::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(activity_days::offering_id.eq(Uid::of(offering)))
        .filter(activity_days::day.between(from, to))
        .filter(activities::withdrawn_at.is_null())
        .select((activities::person_id, activity_days::day, activities::is_active))
        .load(connection)?;
    let all = rows.into_iter().map(|(person, day, is_active)| Seen { person: person.to(), day, is_active });
    Ok(all.filter(|seen| among.contains(&seen.person)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 10, day).unwrap_or_default()
    }

    #[test]
    fn study_breaks_are_cut_out() {
        let away = |from: u32, to: u32| Period::new(day(from), Some(day(to))).unwrap();
        let left = |breaks: Vec<Period>| -> Vec<(NaiveDate, Option<NaiveDate>)> {
            without(day(5), day(20), breaks).iter().map(|days| (days.from(), days.to())).collect()
        };
        assert_eq!(left(vec![]), [(day(5), Some(day(20)))]);
        assert_eq!(left(vec![away(12, 14), away(1, 6)]), [(day(7), Some(day(11))), (day(15), Some(day(20)))]);
        assert_eq!(left(vec![away(5, 20)]), []);
        assert_eq!(left(vec![away(19, 31)]), [(day(5), Some(day(18)))]);
        assert_eq!(left(vec![Period::new(day(8), None).unwrap()]), [(day(5), Some(day(7)))]);
    }
}
