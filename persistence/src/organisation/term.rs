//! Terms (terminer) of the organiser or of one school unit.

use chrono::NaiveDate;
use diesel::prelude::*;
use skolhus_domain::{
    access::{Part, Permission, Reach, Scope},
    id::{SchoolUnitId, TermId},
    organisation::{SchoolYear, Term, TermKind},
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
    schema::{offering_terms, terms},
};

record! {
    /// A term's row.
    pub(crate) struct TermRow in terms as "term" {
        school_unit_id: Option<Uid>,
        kind: String,
        name: String,
        first_day: NaiveDate,
        last_day: NaiveDate,
    }
}

/// What a list of terms is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum TermSort {
    /// First day.
    #[default]
    FirstDay,
    /// When it was changed last.
    ModifiedAt,
}

/// Which terms are asked for.
#[derive(Clone, Debug, Default)]
pub struct TermFilter {
    /// Those that hold for one of these units: its own and those of the whole organiser.
    pub school_units: Vec<SchoolUnitId>,
    /// Of these kinds.
    pub kinds: Vec<TermKind>,
    /// Of this school year.
    pub school_year: Option<SchoolYear>,
    /// Those that are running on this day.
    pub valid_on: Option<NaiveDate>,
}

/// The units to whose terms a scope is limited; none when it reaches all of them. When there is
/// school is no secret within the organiser; who works for one unit changes only the terms of it.
pub(super) fn only_of_units(scope: &Scope) -> Option<Vec<Uid>> {
    match scope.reach() {
        Reach::Parts(parts) if scope.permission() == Permission::ManageOrganisation => {
            let units = parts.iter().filter_map(|part| match part {
                Part::Unit(unit) => Some(Uid::of(*unit)),
                Part::Taught(..) | Part::Own(_) | Part::Ward(_) => None,
            });
            Some(units.collect())
        }
        Reach::Organiser | Reach::Parts(_) => None,
    }
}

/// The terms that a scope reaches.
fn reachable<'a>(scope: &Scope) -> terms::BoxedQuery<'a, MultiBackend> {
    let found = terms::table
        .filter(terms::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(terms::withdrawn_at.is_null())
        .into_boxed();
    match only_of_units(scope) {
        Some(units) => found.filter(terms::school_unit_id.eq_any(units)),
        None => found,
    }
}

/// One term.
///
/// # Errors
/// A failure of the database.
pub fn find(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: TermId,
) -> Result<Option<Saved<TermId, Term>>, Error> {
    Ok(find_many(connection, scope, &[id])?.pop())
}

/// Those of these terms that there are, by first day.
///
/// # Errors
/// A failure of the database.
pub fn find_many(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    ids: &[TermId],
) -> Result<Vec<Saved<TermId, Term>>, Error> {
    let ids: Vec<Uid> = ids.iter().copied().map(Uid::of).collect();
    let rows: Vec<TermRow> = reachable(scope)
        .filter(terms::id.eq_any(ids))
        .order((terms::first_day.asc(), terms::id.asc()))
        .select(TermRow::as_select())
        .load(connection)?;
    all_saved(rows)
}

/// Whether the id is in use, also by one out of reach or withdrawn.
///
/// # Errors
/// A failure of the database.
pub fn is_taken(connection: &mut DatabaseConnection, scope: &Scope, id: TermId) -> Result<bool, Error> {
    let key = (Uid::of(scope.organiser()), Uid::of(id));
    Ok(diesel::select(diesel::dsl::exists(terms::table.find(key))).get_result(connection)?)
}

/// Whether a course offering runs in the term.
///
/// # Errors
/// A failure of the database.
pub fn is_used(connection: &mut DatabaseConnection, scope: &Scope, id: TermId) -> Result<bool, Error> {
    let used = offering_terms::table
        .filter(offering_terms::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(offering_terms::term_id.eq(Uid::of(id)))
        .filter(offering_terms::withdrawn_at.is_null());
    Ok(diesel::select(diesel::dsl::exists(used)).get_result(connection)?)
}

/// The terms of the same owner and kind that share a day with `term`, but not `except` (the
/// term's own present state). Hold the owner first: [`lock_owner`].
///
/// # Errors
/// A failure of the database.
pub fn overlapping(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    term: &Term,
    except: Option<TermId>,
) -> Result<Vec<Saved<TermId, Term>>, Error> {
    let mut query = terms::table
        .filter(terms::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(terms::withdrawn_at.is_null())
        .filter(terms::kind.eq(term.kind.code()))
        .filter(terms::first_day.le(term.last_day()))
        .filter(terms::last_day.ge(term.first_day()))
        .into_boxed();
    query = match term.school_unit {
        Some(unit) => query.filter(terms::school_unit_id.eq(Uid::of(unit))),
        None => query.filter(terms::school_unit_id.is_null()),
    };
    if let Some(id) = except {
        query = query.filter(terms::id.ne(Uid::of(id)));
    }
    let rows: Vec<TermRow> =
        query.order(terms::first_day.asc()).select(TermRow::as_select()).load(connection)?;
    all_saved(rows)
}

/// The organiser's terms of its own that share a day with any of these, of whatever kind, in one
/// statement: for an import, which compares the kinds itself.
///
/// # Errors
/// A failure of the database.
pub fn overlapping_any(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    wanted: &[Term],
) -> Result<Vec<Saved<TermId, Term>>, Error> {
    let first = wanted.iter().map(Term::first_day).min();
    let last = wanted.iter().map(Term::last_day).max();
    let (Some(first), Some(last)) = (first, last) else { return Ok(Vec::new()) };
    let rows: Vec<TermRow> = terms::table
        .filter(terms::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(terms::withdrawn_at.is_null())
        .filter(terms::school_unit_id.is_null())
        .filter(terms::first_day.le(last))
        .filter(terms::last_day.ge(first))
        .order((terms::first_day.asc(), terms::id.asc()))
        .select(TermRow::as_select())
        .load(connection)?;
    all_saved(rows)
}

/// Holds whose terms they are: the school unit, or else the organiser.
///
/// # Errors
/// A failure of the database.
pub fn lock_owner(tx: &mut Tx<'_>, scope: &Scope, owner: Option<SchoolUnitId>) -> Result<(), Error> {
    match owner {
        Some(unit) => tx.lock::<super::school_unit::SchoolUnitRow>(&[Uid::of(unit)]),
        None => tx.lock::<super::organiser::OrganiserRow>(&[Uid::of(scope.organiser())]),
    }
}

/// Holds the term, for a rule over its days off.
///
/// # Errors
/// A failure of the database.
pub fn lock(tx: &mut Tx<'_>, id: TermId) -> Result<(), Error> {
    tx.lock::<TermRow>(&[Uid::of(id)])
}

/// One page of the terms.
///
/// # Errors
/// A failure of the database.
pub fn list(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filter: &TermFilter,
    request: &PageRequest<TermSort>,
) -> Result<Page<Saved<TermId, Term>>, Error> {
    let TermFilter { school_units, kinds, school_year, valid_on } = filter;
    let mut query = reachable(scope);
    if !school_units.is_empty() {
        let units: Vec<Uid> = school_units.iter().copied().map(Uid::of).collect();
        query = query.filter(terms::school_unit_id.is_null().or(terms::school_unit_id.eq_any(units)));
    }
    if !kinds.is_empty() {
        query = query.filter(terms::kind.eq_any(kinds.iter().map(|kind| kind.code())));
    }
    if let Some(year) = school_year {
        let ((autumn, autumn_ends), (spring, spring_ends)) = year.halves();
        let in_autumn =
            terms::kind.eq(TermKind::Autumn.code()).and(terms::first_day.between(autumn, autumn_ends));
        let in_spring =
            terms::kind.ne(TermKind::Autumn.code()).and(terms::last_day.between(spring, spring_ends));
        query = query.filter(in_autumn.or(in_spring));
    }
    if let Some(day) = valid_on {
        query = query.filter(terms::first_day.le(*day)).filter(terms::last_day.ge(*day));
    }
    let query = modified_after!(query, request, scope, terms, "term");
    let query = match request.sort {
        TermSort::FirstDay => keyset!(query, request, terms::first_day, terms::id, date),
        TermSort::ModifiedAt => keyset!(query, request, terms::modified_at, terms::id, instant),
    };
    let rows = query.select(TermRow::as_select()).load(connection)?;
    let cursor = |row: &TermRow| Cursor {
        key: match request.sort {
            TermSort::FirstDay => row.first_day.to_string(),
            TermSort::ModifiedAt => instant_key(row.modified_at),
        },
        id: row.id.0,
    };
    Page::cut(rows, request.limit, cursor).followed(connection, "term", scope, request)?.try_map(saved)
}

/// Enters a term.
///
/// # Errors
/// A failure of the database.
pub fn insert(tx: &mut Tx<'_>, scope: &Scope, id: TermId, term: &Term) -> Result<Saved<TermId, Term>, Error> {
    value_row::insert::<TermRow>(tx, scope, id, term)
}

/// Enters several terms in one statement.
///
/// # Errors
/// A failure of the database.
pub fn insert_many(tx: &mut Tx<'_>, scope: &Scope, terms: &[(TermId, Term)]) -> Result<(), Error> {
    value_row::insert_many::<TermRow>(tx, scope, terms).map(drop)
}

/// Saves a new state of a term, as the next version after `before`.
///
/// # Errors
/// [`Error::Stale`] when it has changed meanwhile; a failure of the database.
pub fn update(
    tx: &mut Tx<'_>,
    scope: &Scope,
    before: &Saved<TermId, Term>,
    term: &Term,
) -> Result<Saved<TermId, Term>, Error> {
    value_row::update::<TermRow>(tx, scope, before, term)
}

/// Saves new states of several terms in one statement.
///
/// # Errors
/// As [`update`].
pub fn update_many(
    tx: &mut Tx<'_>,
    scope: &Scope,
    changes: &[(Saved<TermId, Term>, Term)],
) -> Result<Vec<Saved<TermId, Term>>, Error> {
    value_row::update_many::<TermRow>(tx, scope, changes)
}

/// Withdraws a term as a mistaken entry.
///
/// # Errors
/// As [`update`].
pub fn withdraw(tx: &mut Tx<'_>, scope: &Scope, before: &Saved<TermId, Term>) -> Result<(), Error> {
    value_row::withdraw_many::<TermRow>(tx, scope, std::slice::from_ref(before))
}

impl ValueRow for TermRow {
    type Id = TermId;
    type Value = Term;

    fn of(organiser_id: Uid, id: Uid, now: Ts, term: &Term) -> Self {
        let Term { school_unit, kind, period: _, name } = term;
        Self {
            organiser_id,
            id,
            version: 1,
            created_at: now,
            modified_at: now,
            withdrawn_at: None,
            school_unit_id: school_unit.map(Uid::of),
            kind: kind.code().to_owned(),
            name: name.as_str().to_owned(),
            first_day: term.first_day(),
            last_day: term.last_day(),
        }
    }

    fn into_value(self) -> Result<Term, Error> {
        let Self {
            organiser_id: _,
            id,
            version: _,
            created_at: _,
            modified_at: _,
            withdrawn_at: _,
            school_unit_id,
            kind,
            name,
            first_day,
            last_day,
        } = self;
        let refused = inconsistent::<TermRow>(id);
        Ok(Term {
            school_unit: school_unit_id.map(Uid::to),
            kind: TermKind::from_code(&kind).map_err(refused)?,
            period: Period::new(first_day, Some(last_day)).map_err(refused)?,
            name: Text::line(&name, 100).map_err(refused)?,
        })
    }
}
