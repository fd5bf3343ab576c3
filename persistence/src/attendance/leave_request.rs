//! Leave requests (ledighetsansökningar).

use chrono::NaiveDate;
use diesel::prelude::*;
use skolhus_domain::{
    access::Scope,
    attendance::{LeaveDecider, LeaveDecision, LeaveRequest, LeaveState, LeaveStateCode},
    id::{AccountId, Id, LeaveRequestId, PersonId},
    participation::Reason,
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
        value_row::{self, ValueRow, inconsistent, saved},
    },
    schema::{leave_requests, persons},
};

record! {
    /// A request's row.
    pub(crate) struct LeaveRequestRow in leave_requests as "leave request" {
        person_id: Uid,
        first_day: NaiveDate,
        last_day: NaiveDate,
        reason: String,
        asked_by_id: Uid,
        state: String,
        decided_by_id: Option<Uid>,
        decider: Option<String>,
        decided_on: Option<NaiveDate>,
        motivation: Option<String>,
    }
}

/// What a list of requests is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum LeaveSort {
    /// The first day.
    #[default]
    FirstDay,
    /// When it was changed last.
    ModifiedAt,
}

/// Which requests are asked for. An empty list asks for all.
#[derive(Clone, Debug, Default)]
pub struct LeaveFilter {
    /// Of these persons.
    pub persons: Vec<PersonId>,
    /// In these states.
    pub states: Vec<LeaveStateCode>,
    /// About this day or later ones.
    pub from: Option<NaiveDate>,
    /// About this day or earlier ones.
    pub to: Option<NaiveDate>,
}

/// A request, with the name of whose leave it is.
#[derive(Clone, Debug)]
pub struct LeaveView {
    /// The request.
    pub saved: Saved<LeaveRequestId, LeaveRequest>,
    /// The person's name, or the one under which the caller meets them.
    pub name: PersonName,
    /// Whether the caller has the person's school unit in hand.
    pub by_office: bool,
    /// Whether the caller is the person's mentor today.
    pub as_mentor: bool,
}

/// Requests with those whose leave they are about.
#[diesel::dsl::auto_type]
fn joined() -> _ {
    let with_person =
        leave_requests::organiser_id.eq(persons::organiser_id).and(leave_requests::person_id.eq(persons::id));
    leave_requests::table.inner_join(persons::table.on(with_person))
}

type Joined<'a> = diesel::dsl::IntoBoxed<'a, joined, MultiBackend>;
type ViewRow = (LeaveRequestRow, (NameColumns, Option<Json>), bool, bool);

fn load(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    query: Joined<'_>,
) -> Result<Vec<ViewRow>, Error> {
    let columns = (
        LeaveRequestRow::as_select(),
        name_columns!(connection),
        reach::persons_by_office(scope),
        reach::persons_mentored(scope),
    );
    Ok(query.select(columns).load(connection)?)
}

fn view(scope: &Scope, (row, name, by_office, as_mentor): ViewRow) -> Result<LeaveView, Error> {
    let name = met(scope, row.person_id, name)?;
    Ok(LeaveView { saved: saved(row)?, name, by_office, as_mentor })
}

/// One request.
///
/// # Errors
/// A failure of the database.
pub fn find(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: LeaveRequestId,
) -> Result<Option<LeaveView>, Error> {
    let query =
        joined().into_boxed().filter(reach::leave_requests(scope)).filter(leave_requests::id.eq(Uid::of(id)));
    load(connection, scope, query)?.into_iter().next().map(|row| view(scope, row)).transpose()
}

/// One page of the requests.
///
/// # Errors
/// A failure of the database.
pub fn list(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filter: &LeaveFilter,
    request: &PageRequest<LeaveSort>,
) -> Result<Page<LeaveView>, Error> {
    let LeaveFilter { persons, states, from, to } = filter;
    let mut query = joined().into_boxed().filter(reach::leave_requests(scope));
    if !persons.is_empty() {
        let persons: Vec<Uid> = persons.iter().copied().map(Uid::of).collect();
        query = query.filter(leave_requests::person_id.eq_any(persons));
    }
    if !states.is_empty() {
        let states: Vec<&'static str> = states.iter().map(|state| state.code()).collect();
        query = query.filter(leave_requests::state.eq_any(states));
    }
    if let Some(day) = *from {
        query = query.filter(leave_requests::last_day.ge(day));
    }
    if let Some(day) = *to {
        query = query.filter(leave_requests::first_day.le(day));
    }
    if let Some(after) = request.modified_after {
        query = query.filter(leave_requests::modified_at.gt(Ts::of(after)));
    }
    let query = match request.sort {
        LeaveSort::FirstDay => keyset!(query, request, leave_requests::first_day, leave_requests::id, date),
        LeaveSort::ModifiedAt => {
            keyset!(query, request, leave_requests::modified_at, leave_requests::id, instant)
        }
    };
    let rows = load(connection, scope, query)?;
    let cursor = |(row, ..): &ViewRow| Cursor {
        key: match request.sort {
            LeaveSort::FirstDay => row.first_day.to_string(),
            LeaveSort::ModifiedAt => instant_key(row.modified_at),
        },
        id: row.id.0,
    };
    Page::cut(rows, request.limit, cursor).try_map(|row| view(scope, row))
}

/// Holds a request until the end of the transaction.
///
/// # Errors
/// A failure of the database.
pub fn lock(tx: &mut Tx<'_>, id: LeaveRequestId) -> Result<(), Error> {
    tx.lock_in("leave_requests", &[Uid::of(id)])
}

/// Enters a request.
///
/// # Errors
/// A failure of the database.
pub fn insert(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: LeaveRequestId,
    request: &LeaveRequest,
) -> Result<Saved<LeaveRequestId, LeaveRequest>, Error> {
    value_row::insert::<LeaveRequestRow>(tx, scope, id, request)
}

/// Saves a new state of a request, as the next version after `before`.
///
/// # Errors
/// [`Error::Stale`] when it has changed meanwhile; a failure of the database.
pub fn update(
    tx: &mut Tx<'_>,
    scope: &Scope,
    before: &Saved<LeaveRequestId, LeaveRequest>,
    request: &LeaveRequest,
) -> Result<Saved<LeaveRequestId, LeaveRequest>, Error> {
    value_row::update::<LeaveRequestRow>(tx, scope, before, request)
}

impl ValueRow for LeaveRequestRow {
    type Id = LeaveRequestId;
    type Value = LeaveRequest;

    fn of(organiser_id: Uid, id: Uid, now: Ts, request: &LeaveRequest) -> Self {
        let LeaveRequest { person, first, last, reason, asked_by, state } = request;
        let decision = match state {
            LeaveState::Waiting | LeaveState::Withdrawn => None,
            LeaveState::Granted(decision) | LeaveState::Refused(decision) => Some(decision),
        };
        Self {
            organiser_id,
            id,
            version: 1,
            created_at: now,
            modified_at: now,
            withdrawn_at: None,
            person_id: Uid::of(*person),
            first_day: *first,
            last_day: *last,
            reason: reason.as_str().to_owned(),
            asked_by_id: Uid::of(*asked_by),
            state: state.code().code().to_owned(),
            decided_by_id: decision.and_then(|decision| decision.by).map(Uid::of),
            decider: decision.map(|decision| decision.decider.code().to_owned()),
            decided_on: decision.map(|decision| decision.on),
            motivation: decision
                .and_then(|decision| decision.motivation.as_ref())
                .map(|motivation| motivation.as_str().to_owned()),
        }
    }

    fn into_value(self) -> Result<LeaveRequest, Error> {
        let Self {
            organiser_id: _,
            id,
            version: _,
            created_at: _,
            modified_at: _,
            withdrawn_at: _,
            person_id,
            first_day,
            last_day,
            reason,
            asked_by_id,
            state,
            decided_by_id,
            decider,
            decided_on,
            motivation,
        } = self;
        let refused = inconsistent::<Self>(id);
        let decision = || {
            let (Some(decider), Some(on)) = (&decider, decided_on) else {
                return Err(refused(Refusal::new(Rule::Required, "is missing")));
            };
            Ok(LeaveDecision {
                by: decided_by_id.map(|id| AccountId::from_uuid(id.0)),
                decider: LeaveDecider::from_code(decider).map_err(refused)?,
                on,
                motivation: motivation.as_deref().map(Reason::new).transpose().map_err(refused)?,
            })
        };
        let state = match LeaveStateCode::from_code(&state).map_err(refused)? {
            LeaveStateCode::Waiting => LeaveState::Waiting,
            LeaveStateCode::Granted => LeaveState::Granted(decision()?),
            LeaveStateCode::Refused => LeaveState::Refused(decision()?),
            LeaveStateCode::Withdrawn => LeaveState::Withdrawn,
        };
        Ok(LeaveRequest {
            person: person_id.to(),
            first: first_day,
            last: last_day,
            reason: Reason::new(&reason).map_err(refused)?,
            asked_by: asked_by_id.to(),
            state,
        })
    }
}
