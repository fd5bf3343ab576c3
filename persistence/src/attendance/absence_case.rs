//! Days of absence of which a person at the school tells those at home.

use chrono::NaiveDate;
use diesel::prelude::*;
use skolhus_domain::{
    access::Scope,
    attendance::{AbsenceCase, CaseHow, CaseState, CaseStateCode, CaseWhy},
    id::{AbsenceCaseId, AccountId, Id, PersonId},
    person::PersonName,
    refusal::{Refusal, Rule},
};

use super::named::{NameColumns, met, name_columns};
use crate::{
    Saved,
    core::{
        connection::{DatabaseConnection, MultiBackend},
        error::Error,
        page::{Cursor, Page, PageRequest, date, instant, instant_key, keyset},
        reach,
        record::record,
        tx::Tx,
        types::{Json, Ts, Uid},
        value_row::{self, ValueRow, all_saved, inconsistent, saved},
    },
    schema::{absence_cases, persons},
};

record! {
    /// A case's row.
    pub(crate) struct AbsenceCaseRow in absence_cases as "absence case" {
        person_id: Uid,
        day: NaiveDate,
        why: String,
        state: String,
        ended_how: Option<String>,
        ended_by_id: Option<Uid>,
        ended_at: Option<Ts>,
    }
}

/// What a list of cases is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum CaseSort {
    /// The day.
    #[default]
    Day,
    /// When it was changed last.
    ModifiedAt,
}

/// Which cases are asked for. An empty list asks for all.
#[derive(Clone, Debug, Default)]
pub struct CaseFilter {
    /// Of these persons.
    pub persons: Vec<PersonId>,
    /// In these states.
    pub states: Vec<CaseStateCode>,
    /// Of this day or later ones.
    pub from: Option<NaiveDate>,
    /// Of this day or earlier ones.
    pub to: Option<NaiveDate>,
}

/// A case, with the pupil's name.
#[derive(Clone, Debug)]
pub struct CaseView {
    /// The case.
    pub saved: Saved<AbsenceCaseId, AbsenceCase>,
    /// The pupil's name, of a protected one the name that their plan shows.
    pub name: PersonName,
    /// Whether the caller ends it: by an office, as the pupil's mentor, or as the protection officer.
    pub may_end: bool,
}

/// Cases with the pupils of whom they are.
#[diesel::dsl::auto_type]
fn joined() -> _ {
    let with_person =
        absence_cases::organiser_id.eq(persons::organiser_id).and(absence_cases::person_id.eq(persons::id));
    absence_cases::table.inner_join(persons::table.on(with_person))
}

type Joined<'a> = diesel::dsl::IntoBoxed<'a, joined, MultiBackend>;
type ViewRow = (AbsenceCaseRow, (NameColumns, Option<Json>), bool, bool);

fn reachable<'a>(scope: &Scope) -> Joined<'a> {
    joined()
        .into_boxed()
        .filter(absence_cases::withdrawn_at.is_null())
        .filter(reach::persons_under_shown_names(scope))
}

fn load(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    query: Joined<'_>,
) -> Result<Vec<ViewRow>, Error> {
    let columns = (
        AbsenceCaseRow::as_select(),
        name_columns!(connection),
        reach::persons_by_office(scope),
        reach::persons_mentored(scope),
    );
    Ok(query.select(columns).load(connection)?)
}

fn view(scope: &Scope, (row, name, by_office, as_mentor): ViewRow) -> Result<CaseView, Error> {
    let name = met(scope, row.person_id, name)?;
    Ok(CaseView { saved: saved(row)?, name, may_end: by_office || as_mentor })
}

/// One case.
///
/// # Errors
/// A failure of the database.
pub fn find(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: AbsenceCaseId,
) -> Result<Option<CaseView>, Error> {
    let query = reachable(scope).filter(absence_cases::id.eq(Uid::of(id)));
    load(connection, scope, query)?.into_iter().next().map(|row| view(scope, row)).transpose()
}

/// One page of the cases.
///
/// # Errors
/// A failure of the database.
pub fn list(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filter: &CaseFilter,
    request: &PageRequest<CaseSort>,
) -> Result<Page<CaseView>, Error> {
    let CaseFilter { persons, states, from, to } = filter;
    let mut query = reachable(scope);
    if !persons.is_empty() {
        let persons: Vec<Uid> = persons.iter().copied().map(Uid::of).collect();
        query = query.filter(absence_cases::person_id.eq_any(persons));
    }
    if !states.is_empty() {
        let states: Vec<&'static str> = states.iter().map(|state| state.code()).collect();
        query = query.filter(absence_cases::state.eq_any(states));
    }
    if let Some(day) = *from {
        query = query.filter(absence_cases::day.ge(day));
    }
    if let Some(day) = *to {
        query = query.filter(absence_cases::day.le(day));
    }
    if let Some(after) = request.modified_after {
        query = query.filter(absence_cases::modified_at.gt(Ts::of(after)));
    }
    let query = match request.sort {
        CaseSort::Day => keyset!(query, request, absence_cases::day, absence_cases::id, date),
        CaseSort::ModifiedAt => {
            keyset!(query, request, absence_cases::modified_at, absence_cases::id, instant)
        }
    };
    let rows = load(connection, scope, query)?;
    let cursor = |(row, ..): &ViewRow| Cursor {
        key: match request.sort {
            CaseSort::Day => row.day.to_string(),
            CaseSort::ModifiedAt => instant_key(row.modified_at),
        },
        id: row.id.0,
    };
    Page::cut(rows, request.limit, cursor).try_map(|row| view(scope, row))
}

/// The cases of a day about the persons: for the program's own decisions, shown to nobody.
///
/// # Errors
/// A failure of the database.
pub fn of_day(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    of: &[PersonId],
    day: NaiveDate,
) -> Result<Vec<Saved<AbsenceCaseId, AbsenceCase>>, Error> {
    let of: Vec<Uid> = of.iter().copied().map(Uid::of).collect();
    let rows: Vec<AbsenceCaseRow> = absence_cases::table
        .filter(absence_cases::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(absence_cases::person_id.eq_any(of))
        .filter(absence_cases::day.eq(day))
        .filter(absence_cases::withdrawn_at.is_null())
        .order(absence_cases::id)
        .select(AbsenceCaseRow::as_select())
        .load(connection)?;
    all_saved(rows)
}

/// Saves what cases become: new ones, and new states of those there are, each kind in one statement. The id of a new
/// one follows from whom and when, so that there cannot be two.
///
/// # Errors
/// [`Error::Stale`] when one has changed meanwhile; a failure of the database.
pub fn save_many(
    tx: &mut Tx<'_>,
    scope: &Scope,
    cases: &[(Option<Saved<AbsenceCaseId, AbsenceCase>>, AbsenceCase)],
) -> Result<(), Error> {
    let (mut new, mut changed) = (Vec::new(), Vec::new());
    for (before, case) in cases {
        match before {
            Some(before) => changed.push((before.clone(), *case)),
            None => {
                let day = case.day.to_string();
                let id = Uid::derived("absence_cases", Uid::of(case.person), &[day.as_bytes()]);
                new.push((id.to(), *case));
            }
        }
    }
    value_row::insert_many::<AbsenceCaseRow>(tx, scope, &new)?;
    value_row::update_many::<AbsenceCaseRow>(tx, scope, &changed).map(drop)
}

/// Holds a case until the end of the transaction.
///
/// # Errors
/// A failure of the database.
pub fn lock(tx: &mut Tx<'_>, id: AbsenceCaseId) -> Result<(), Error> {
    tx.lock_in("absence_cases", &[Uid::of(id)])
}

impl ValueRow for AbsenceCaseRow {
    type Id = AbsenceCaseId;
    type Value = AbsenceCase;

    fn of(organiser_id: Uid, id: Uid, now: Ts, case: &AbsenceCase) -> Self {
        let AbsenceCase { person, day, why, state } = case;
        let (ended_how, ended_by_id, ended_at) = match state {
            CaseState::Open | CaseState::Lapsed => (None, None, None),
            CaseState::Ended { how, by, at } => {
                (Some(how.code().to_owned()), by.map(Uid::of), Some(Ts::of(*at)))
            }
        };
        Self {
            organiser_id,
            id,
            version: 1,
            created_at: now,
            modified_at: now,
            withdrawn_at: None,
            person_id: Uid::of(*person),
            day: *day,
            why: why.code().to_owned(),
            state: state.code().code().to_owned(),
            ended_how,
            ended_by_id,
            ended_at,
        }
    }

    fn into_value(self) -> Result<AbsenceCase, Error> {
        let Self {
            organiser_id: _,
            id,
            version: _,
            created_at: _,
            modified_at: _,
            withdrawn_at: _,
            person_id,
            day,
            why,
            state,
            ended_how,
            ended_by_id,
            ended_at,
        } = self;
        let refused = inconsistent::<Self>(id);
        let state = match (CaseStateCode::from_code(&state).map_err(refused)?, ended_how, ended_at) {
            (CaseStateCode::Open, ..) => CaseState::Open,
            (CaseStateCode::Lapsed, ..) => CaseState::Lapsed,
            (CaseStateCode::Ended, Some(how), Some(at)) => CaseState::Ended {
                how: CaseHow::from_code(&how).map_err(refused)?,
                by: ended_by_id.map(|id| AccountId::from_uuid(id.0)),
                at: at.0,
            },
            (CaseStateCode::Ended, ..) => return Err(refused(Refusal::new(Rule::Required, "is missing"))),
        };
        Ok(AbsenceCase {
            person: person_id.to(),
            day,
            why: CaseWhy::from_code(&why).map_err(refused)?,
            state,
        })
    }
}
