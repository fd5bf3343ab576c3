//! Days off (lov, studiedagar) within terms.

use chrono::NaiveDate;
use diesel::prelude::*;
use skolhus_domain::{
    access::Scope,
    id::{DayOffId, SchoolUnitId, TermId},
    organisation::{DayOff, DayOffKind},
    period::Period,
    text::Text,
};

use crate::{
    Saved,
    core::{
        connection::{DatabaseConnection, MultiBackend},
        error::Error,
        feed::modified_after,
        page::{Cursor, Page, PageRequest, date, instant, instant_key, keyset},
        record::record,
        tx::Tx,
        types::{Ts, Uid},
        value_row::{self, ValueRow, all_saved, inconsistent, saved},
    },
    schema::{days_off, terms},
};

record! {
    /// A day off's row.
    pub(crate) struct DayOffRow in days_off as "day off" {
        term_id: Uid,
        kind: String,
        name: String,
        first_day: NaiveDate,
        last_day: NaiveDate,
    }
}

/// What a list of days off is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum DayOffSort {
    /// First day.
    #[default]
    FirstDay,
    /// When it was changed last.
    ModifiedAt,
}

/// Which days off are asked for.
#[derive(Clone, Debug, Default)]
pub struct DayOffFilter {
    /// Of these terms.
    pub terms: Vec<TermId>,
    /// Of terms that hold for one of these units: its own and those of the whole organiser.
    pub school_units: Vec<SchoolUnitId>,
    /// Of these kinds.
    pub kinds: Vec<DayOffKind>,
    /// Those that fall on this day, whole or in part.
    pub valid_on: Option<NaiveDate>,
}

/// The days off that a scope reaches: those of the terms it reaches.
fn reachable<'a>(scope: &Scope) -> days_off::BoxedQuery<'a, MultiBackend> {
    let organiser = Uid::of(scope.organiser());
    let found = days_off::table
        .filter(days_off::organiser_id.eq(organiser))
        .filter(days_off::withdrawn_at.is_null())
        .into_boxed();
    match super::term::only_of_units(scope) {
        Some(units) => found.filter(
            days_off::term_id.eq_any(
                terms::table
                    .filter(terms::organiser_id.eq(organiser))
                    .filter(terms::school_unit_id.eq_any(units))
                    .select(terms::id),
            ),
        ),
        None => found,
    }
}

/// One day off.
///
/// # Errors
/// A failure of the database.
pub fn find(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: DayOffId,
) -> Result<Option<Saved<DayOffId, DayOff>>, Error> {
    Ok(find_many(connection, scope, &[id])?.pop())
}

/// Those of these days off that there are, by first day.
///
/// # Errors
/// A failure of the database.
pub fn find_many(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    ids: &[DayOffId],
) -> Result<Vec<Saved<DayOffId, DayOff>>, Error> {
    let ids: Vec<Uid> = ids.iter().copied().map(Uid::of).collect();
    let rows: Vec<DayOffRow> = reachable(scope)
        .filter(days_off::id.eq_any(ids))
        .order((days_off::first_day.asc(), days_off::id.asc()))
        .select(DayOffRow::as_select())
        .load(connection)?;
    all_saved(rows)
}

/// Whether the id is in use, also by one out of reach or withdrawn.
///
/// # Errors
/// A failure of the database.
pub fn is_taken(connection: &mut DatabaseConnection, scope: &Scope, id: DayOffId) -> Result<bool, Error> {
    let key = (Uid::of(scope.organiser()), Uid::of(id));
    Ok(diesel::select(diesel::dsl::exists(days_off::table.find(key))).get_result(connection)?)
}

/// The days off of terms, by first day: one statement however many terms.
///
/// # Errors
/// A failure of the database.
pub fn of_terms(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    terms: &[TermId],
) -> Result<Vec<Saved<DayOffId, DayOff>>, Error> {
    let terms: Vec<Uid> = terms.iter().copied().map(Uid::of).collect();
    let rows: Vec<DayOffRow> = reachable(scope)
        .filter(days_off::term_id.eq_any(terms))
        .order((days_off::first_day.asc(), days_off::id.asc()))
        .select(DayOffRow::as_select())
        .load(connection)?;
    all_saved(rows)
}

/// One page of the days off.
///
/// # Errors
/// A failure of the database.
pub fn list(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filter: &DayOffFilter,
    request: &PageRequest<DayOffSort>,
) -> Result<Page<Saved<DayOffId, DayOff>>, Error> {
    let DayOffFilter { terms: of_terms, school_units, kinds, valid_on } = filter;
    let mut query = reachable(scope);
    if !of_terms.is_empty() {
        let ids: Vec<Uid> = of_terms.iter().copied().map(Uid::of).collect();
        query = query.filter(days_off::term_id.eq_any(ids));
    }
    if !school_units.is_empty() {
        let units: Vec<Uid> = school_units.iter().copied().map(Uid::of).collect();
        let holding = terms::table
            .filter(terms::organiser_id.eq(Uid::of(scope.organiser())))
            .filter(terms::school_unit_id.is_null().or(terms::school_unit_id.eq_any(units)));
        query = query.filter(days_off::term_id.eq_any(holding.select(terms::id)));
    }
    if !kinds.is_empty() {
        query = query.filter(days_off::kind.eq_any(kinds.iter().map(|kind| kind.code())));
    }
    if let Some(day) = valid_on {
        query = query.filter(days_off::first_day.le(*day)).filter(days_off::last_day.ge(*day));
    }
    let query = modified_after!(query, request, scope, days_off, "day off");
    let query = match request.sort {
        DayOffSort::FirstDay => keyset!(query, request, days_off::first_day, days_off::id, date),
        DayOffSort::ModifiedAt => keyset!(query, request, days_off::modified_at, days_off::id, instant),
    };
    let rows = query.select(DayOffRow::as_select()).load(connection)?;
    let cursor = |row: &DayOffRow| Cursor {
        key: match request.sort {
            DayOffSort::FirstDay => row.first_day.to_string(),
            DayOffSort::ModifiedAt => instant_key(row.modified_at),
        },
        id: row.id.0,
    };
    Page::cut(rows, request.limit, cursor).followed(connection, "day off", scope, request)?.try_map(saved)
}

/// Enters a day off.
///
/// # Errors
/// A failure of the database.
pub fn insert(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: DayOffId,
    day_off: &DayOff,
) -> Result<Saved<DayOffId, DayOff>, Error> {
    value_row::insert::<DayOffRow>(tx, scope, id, day_off)
}

/// Enters several days off in one statement.
///
/// # Errors
/// A failure of the database.
pub fn insert_many(tx: &mut Tx<'_>, scope: &Scope, days_off: &[(DayOffId, DayOff)]) -> Result<(), Error> {
    value_row::insert_many::<DayOffRow>(tx, scope, days_off).map(drop)
}

/// Saves a new state of a day off, as the next version after `before`.
///
/// # Errors
/// [`Error::Stale`] when it has changed meanwhile; a failure of the database.
pub fn update(
    tx: &mut Tx<'_>,
    scope: &Scope,
    before: &Saved<DayOffId, DayOff>,
    day_off: &DayOff,
) -> Result<Saved<DayOffId, DayOff>, Error> {
    value_row::update::<DayOffRow>(tx, scope, before, day_off)
}

/// Saves new states of several days off in one statement.
///
/// # Errors
/// As [`update`].
pub fn update_many(
    tx: &mut Tx<'_>,
    scope: &Scope,
    changes: &[(Saved<DayOffId, DayOff>, DayOff)],
) -> Result<Vec<Saved<DayOffId, DayOff>>, Error> {
    value_row::update_many::<DayOffRow>(tx, scope, changes)
}

/// Withdraws days off as mistaken entries, in one statement.
///
/// # Errors
/// As [`update`].
pub fn withdraw_many(
    tx: &mut Tx<'_>,
    scope: &Scope,
    before: &[Saved<DayOffId, DayOff>],
) -> Result<(), Error> {
    value_row::withdraw_many::<DayOffRow>(tx, scope, before)
}

impl ValueRow for DayOffRow {
    type Id = DayOffId;
    type Value = DayOff;

    fn of(organiser_id: Uid, id: Uid, now: Ts, day_off: &DayOff) -> Self {
        let DayOff { term, kind, period, name } = day_off;
        Self {
            organiser_id,
            id,
            version: 1,
            created_at: now,
            modified_at: now,
            withdrawn_at: None,
            term_id: Uid::of(*term),
            kind: kind.code().to_owned(),
            name: name.as_str().to_owned(),
            first_day: period.from(),
            // A day off always has a last day.
            last_day: period.to().unwrap_or(period.from()),
        }
    }

    fn into_value(self) -> Result<DayOff, Error> {
        let Self {
            organiser_id: _,
            id,
            version: _,
            created_at: _,
            modified_at: _,
            withdrawn_at: _,
            term_id,
            kind,
            name,
            first_day,
            last_day,
        } = self;
        let refused = inconsistent::<DayOffRow>(id);
        Ok(DayOff {
            term: term_id.to(),
            kind: DayOffKind::from_code(&kind).map_err(refused)?,
            period: Period::new(first_day, Some(last_day)).map_err(refused)?,
            name: Text::line(&name, 100).map_err(refused)?,
        })
    }
}
