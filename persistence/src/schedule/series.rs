//! Weekly patterns: lessons that are made and changed together.

use std::collections::BTreeMap;

use chrono::{NaiveDate, NaiveTime};
use diesel::prelude::*;
use serde_json::{Value, json};
use skolhus_domain::{
    access::Scope,
    id::{Id, LessonSeriesId, OfferingId, RoomId, TermId},
    period::Period,
    schedule::{LessonSeries, Slot, Weekday, WeeklyPattern},
    text::Text,
};

use crate::{
    Saved,
    core::{
        connection::{DatabaseConnection, MultiBackend},
        error::Error,
        feed::modified_after,
        page::{Cursor, Page, PageRequest, date, instant, instant_key, keyset},
        reach,
        record::record,
        rows::MOST_IDS,
        tx::Tx,
        types::{Json, Ts, Uid},
        value_row::{self, ValueRow, inconsistent, saved},
    },
    schema::{course_offerings, days_off, lesson_series, offering_terms},
};

record! {
    /// A series' row.
    pub(crate) struct LessonSeriesRow in lesson_series as "lesson series" {
        offering_id: Uid,
        first_day: NaiveDate,
        last_day: NaiveDate,
        every_weeks: i32,
        slots: Json,
        title: Option<String>,
    }
}

/// What a list of series is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum LessonSeriesSort {
    /// The first day.
    #[default]
    FirstDay,
    /// When it was changed last.
    ModifiedAt,
}

/// Which series are asked for. An empty list asks for all.
#[derive(Clone, Debug, Default)]
pub struct LessonSeriesFilter {
    /// Of these offerings.
    pub offerings: Vec<OfferingId>,
    /// Going on on this day.
    pub valid_on: Option<NaiveDate>,
}

/// Series with their offerings.
#[diesel::dsl::auto_type]
fn joined() -> _ {
    let with_offering = lesson_series::organiser_id
        .eq(course_offerings::organiser_id)
        .and(lesson_series::offering_id.eq(course_offerings::id));
    lesson_series::table.inner_join(course_offerings::table.on(with_offering))
}

type Joined<'a> = diesel::dsl::IntoBoxed<'a, joined, MultiBackend>;

/// The series that a scope has in hand: those of the offerings that it plans.
fn in_hand<'a>(scope: &Scope) -> Joined<'a> {
    joined().into_boxed().filter(lesson_series::withdrawn_at.is_null()).filter(reach::offerings_taught(scope))
}

/// One series.
///
/// # Errors
/// A failure of the database.
pub fn find(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: LessonSeriesId,
) -> Result<Option<Saved<LessonSeriesId, LessonSeries>>, Error> {
    let row: Option<LessonSeriesRow> = in_hand(scope)
        .filter(lesson_series::id.eq(Uid::of(id)))
        .select(LessonSeriesRow::as_select())
        .first(connection)
        .optional()?;
    row.map(saved).transpose()
}

/// Whether the id is in use, also by one out of reach or withdrawn.
///
/// # Errors
/// A failure of the database.
pub fn is_taken(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: LessonSeriesId,
) -> Result<bool, Error> {
    let key = (Uid::of(scope.organiser()), Uid::of(id));
    Ok(diesel::select(diesel::dsl::exists(lesson_series::table.find(key))).get_result(connection)?)
}

/// Every series of the offerings, which are within reach.
///
/// # Errors
/// A failure of the database.
pub fn of_offerings(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    offerings: &[OfferingId],
) -> Result<Vec<Saved<LessonSeriesId, LessonSeries>>, Error> {
    let mut found = Vec::new();
    for ids in offerings.chunks(MOST_IDS) {
        let ids: Vec<Uid> = ids.iter().copied().map(Uid::of).collect();
        let rows: Vec<LessonSeriesRow> = in_hand(scope)
            .filter(lesson_series::offering_id.eq_any(ids))
            .order((lesson_series::first_day, lesson_series::id))
            .select(LessonSeriesRow::as_select())
            .load(connection)?;
        for row in rows {
            found.push(saved(row)?);
        }
    }
    Ok(found)
}

/// One page of the series.
///
/// # Errors
/// A failure of the database.
pub fn list(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filter: &LessonSeriesFilter,
    request: &PageRequest<LessonSeriesSort>,
) -> Result<Page<Saved<LessonSeriesId, LessonSeries>>, Error> {
    let LessonSeriesFilter { offerings, valid_on } = filter;
    let mut query = in_hand(scope);
    if !offerings.is_empty() {
        let offerings: Vec<Uid> = offerings.iter().copied().map(Uid::of).collect();
        query = query.filter(lesson_series::offering_id.eq_any(offerings));
    }
    if let Some(day) = *valid_on {
        query = query.filter(lesson_series::first_day.le(day)).filter(lesson_series::last_day.ge(day));
    }
    let query = modified_after!(query, request, scope, lesson_series, "lesson series");
    let query = match request.sort {
        LessonSeriesSort::FirstDay => {
            keyset!(query, request, lesson_series::first_day, lesson_series::id, date)
        }
        LessonSeriesSort::ModifiedAt => {
            keyset!(query, request, lesson_series::modified_at, lesson_series::id, instant)
        }
    };
    let rows = query.select(LessonSeriesRow::as_select()).load(connection)?;
    let cursor = |row: &LessonSeriesRow| Cursor {
        key: match request.sort {
            LessonSeriesSort::FirstDay => row.first_day.to_string(),
            LessonSeriesSort::ModifiedAt => instant_key(row.modified_at),
        },
        id: row.id.0,
    };
    Page::cut(rows, request.limit, cursor).try_map(saved)
}

/// The days off of the terms that an offering covers: a pattern leaves them out.
///
/// # Errors
/// A failure of the database.
pub fn days_off(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    offering: OfferingId,
) -> Result<Vec<Period>, Error> {
    let terms = offering_terms::table
        .filter(offering_terms::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(offering_terms::offering_id.eq(Uid::of(offering)))
        .filter(offering_terms::withdrawn_at.is_null())
        .select(offering_terms::term_id);
    let rows: Vec<DayOffColumns> = days_off::table
        .filter(days_off::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(days_off::term_id.eq_any(terms))
        .filter(days_off::withdrawn_at.is_null())
        .select((days_off::term_id, days_off::id, days_off::first_day, days_off::last_day))
        .load(connection)?;
    rows.into_iter().map(|row| Ok(day_off(row)?.1)).collect()
}

/// The days off of terms, by term.
///
/// # Errors
/// A failure of the database.
pub fn days_off_of_terms(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    terms: &[TermId],
) -> Result<BTreeMap<TermId, Vec<Period>>, Error> {
    let terms: Vec<Uid> = terms.iter().copied().map(Uid::of).collect();
    let rows: Vec<DayOffColumns> = days_off::table
        .filter(days_off::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(days_off::term_id.eq_any(terms))
        .filter(days_off::withdrawn_at.is_null())
        .select((days_off::term_id, days_off::id, days_off::first_day, days_off::last_day))
        .load(connection)?;
    let mut found: BTreeMap<TermId, Vec<Period>> = BTreeMap::new();
    for row in rows {
        let (term, days) = day_off(row)?;
        found.entry(term).or_default().push(days);
    }
    Ok(found)
}

type DayOffColumns = (Uid, Uid, NaiveDate, NaiveDate);

fn day_off((term, id, first, last): DayOffColumns) -> Result<(TermId, Period), Error> {
    let days = Period::new(first, Some(last)).map_err(|refusal| Error::Inconsistent {
        table: "days_off",
        id: id.0.to_string(),
        detail: format!("{:?}", refusal.rule),
    })?;
    Ok((term.to(), days))
}

/// Enters a series. Its lessons are entered beside it.
///
/// # Errors
/// A failure of the database.
pub fn insert(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: LessonSeriesId,
    series: &LessonSeries,
) -> Result<Saved<LessonSeriesId, LessonSeries>, Error> {
    value_row::insert::<LessonSeriesRow>(tx, scope, id, series)
}

/// Enters several series, in one statement.
///
/// # Errors
/// A failure of the database.
pub fn insert_many(
    tx: &mut Tx<'_>,
    scope: &Scope,
    new: &[(LessonSeriesId, LessonSeries)],
) -> Result<(), Error> {
    let (organiser, now) = (Uid::of(scope.organiser()), tx.now());
    let rows: Vec<LessonSeriesRow> =
        new.iter().map(|(id, series)| LessonSeriesRow::of(organiser, Uid::of(*id), now, series)).collect();
    tx.insert(&rows)
}

/// Saves a new state of a series, as the next version after `before`.
///
/// # Errors
/// [`Error::Stale`] when it has changed meanwhile; a failure of the database.
pub fn update(
    tx: &mut Tx<'_>,
    scope: &Scope,
    before: &Saved<LessonSeriesId, LessonSeries>,
    series: &LessonSeries,
) -> Result<Saved<LessonSeriesId, LessonSeries>, Error> {
    value_row::update::<LessonSeriesRow>(tx, scope, before, series)
}

/// Withdraws a series as a mistaken entry.
///
/// # Errors
/// As [`update`].
pub fn withdraw(
    tx: &mut Tx<'_>,
    scope: &Scope,
    before: &Saved<LessonSeriesId, LessonSeries>,
) -> Result<(), Error> {
    value_row::withdraw_many::<LessonSeriesRow>(tx, scope, std::slice::from_ref(before))
}

fn slot_document(slot: &Slot) -> Value {
    let Slot { number, weekday, from, to, rooms } = slot;
    let rooms: Vec<uuid::Uuid> = rooms.iter().map(|room| room.uuid()).collect();
    json!({ "number": number, "weekday": weekday.code(), "from": from, "to": to, "rooms": rooms })
}

fn read_slot(slot: &Value) -> Option<Slot> {
    let time = |field: &str| slot.get(field)?.as_str()?.parse::<NaiveTime>().ok();
    let rooms: Vec<uuid::Uuid> = serde_json::from_value(slot.get("rooms")?.clone()).ok()?;
    Some(Slot {
        number: u8::try_from(slot.get("number")?.as_u64()?).ok()?,
        weekday: Weekday::from_code(slot.get("weekday")?.as_str()?).ok()?,
        from: time("from")?,
        to: time("to")?,
        rooms: rooms.into_iter().map(RoomId::from_uuid).collect(),
    })
}

impl ValueRow for LessonSeriesRow {
    type Id = LessonSeriesId;
    type Value = LessonSeries;

    fn of(organiser_id: Uid, id: Uid, now: Ts, series: &LessonSeries) -> Self {
        let LessonSeries { offering, pattern: WeeklyPattern { period, every_weeks, slots }, title } = series;
        Self {
            organiser_id,
            id,
            version: 1,
            created_at: now,
            modified_at: now,
            withdrawn_at: None,
            offering_id: Uid::of(*offering),
            first_day: period.from(),
            // A pattern has a last day: its constructor takes both.
            last_day: period.to().unwrap_or(period.from()),
            every_weeks: i32::from(*every_weeks),
            slots: Json(slots.iter().map(slot_document).collect()),
            title: title.as_ref().map(|title| title.as_str().to_owned()),
        }
    }

    fn into_value(self) -> Result<LessonSeries, Error> {
        let Self {
            organiser_id: _,
            id,
            version: _,
            created_at: _,
            modified_at: _,
            withdrawn_at: _,
            offering_id,
            first_day,
            last_day,
            every_weeks,
            slots,
            title,
        } = self;
        let unreadable = || Error::Inconsistent {
            table: "lesson_series",
            id: id.0.to_string(),
            detail: "the pattern cannot be read".to_owned(),
        };
        let refused = inconsistent::<LessonSeriesRow>(id);
        let slots: Option<Vec<Slot>> = slots.0.as_array().and_then(|all| all.iter().map(read_slot).collect());
        let pattern = WeeklyPattern {
            period: Period::new(first_day, Some(last_day)).map_err(refused)?,
            every_weeks: u8::try_from(every_weeks).map_err(|_| unreadable())?,
            slots: slots.ok_or_else(unreadable)?,
        };
        let title = title.map(|title| Text::line(&title, 200)).transpose().map_err(refused)?;
        Ok(LessonSeries { offering: offering_id.to(), pattern, title })
    }
}
