//! Exceptions for single persons in offerings that groups drive.

use chrono::NaiveDate;
use diesel::prelude::*;
use skolhus_domain::{
    access::Scope,
    id::{OfferingId, ParticipationExceptionId, PersonId},
    participation::{ExceptionKind, ParticipationException, Reason},
    period::Period,
    person::{NameDraft, PersonName},
    refusal::Refusal,
};

use crate::{
    Saved,
    core::{
        connection::{DatabaseConnection, MultiBackend},
        error::Error,
        page::{Cursor, Page, PageRequest, date, instant, instant_key, keyset, text},
        reach,
        record::record,
        tx::Tx,
        types::{Ts, Uid},
    },
    schema::{course_offerings, participation_exceptions, persons},
};

record! {
    /// An exception's row.
    pub(super) struct ExceptionRow in participation_exceptions as "participation exception" {
        person_id: Uid,
        offering_id: Uid,
        kind: String,
        reason: Option<String>,
        valid_from: NaiveDate,
        valid_to: Option<NaiveDate>,
    }
}

/// What a list of exceptions is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ExceptionSort {
    /// The person's name, in Swedish order.
    #[default]
    Name,
    /// The first day.
    PeriodFrom,
    /// When it was changed last.
    ModifiedAt,
}

/// Which exceptions are asked for. An empty list asks for all.
#[derive(Clone, Debug, Default)]
pub struct ExceptionFilter {
    /// In these offerings.
    pub offerings: Vec<OfferingId>,
    /// Of these persons.
    pub persons: Vec<PersonId>,
    /// Of these kinds.
    pub kinds: Vec<ExceptionKind>,
    /// In force on this day.
    pub valid_on: Option<NaiveDate>,
}

/// An exception with the name of its person.
#[derive(Clone, Debug)]
pub struct NamedException {
    /// The exception.
    pub saved: Saved<ParticipationExceptionId, ParticipationException>,
    /// Whose it is.
    pub name: PersonName,
}

/// Exceptions with their persons and offerings.
#[diesel::dsl::auto_type]
fn joined() -> _ {
    let with_person = participation_exceptions::organiser_id
        .eq(persons::organiser_id)
        .and(participation_exceptions::person_id.eq(persons::id));
    let with_offering = participation_exceptions::organiser_id
        .eq(course_offerings::organiser_id)
        .and(participation_exceptions::offering_id.eq(course_offerings::id));
    participation_exceptions::table
        .inner_join(persons::table.on(with_person))
        .inner_join(course_offerings::table.on(with_offering))
}

type Joined<'a> = diesel::dsl::IntoBoxed<'a, joined, MultiBackend>;

fn reachable<'a>(scope: &Scope) -> Joined<'a> {
    joined().into_boxed().filter(reach::participation_exceptions(scope))
}

type NamedRow = (ExceptionRow, String, Option<String>, String, Option<String>, String);

fn load(connection: &mut DatabaseConnection, query: Joined<'_>) -> Result<Vec<NamedRow>, Error> {
    let columns = (
        ExceptionRow::as_select(),
        persons::given_name,
        persons::middle_name,
        persons::family_name,
        persons::preferred_given_name,
        persons::name_sort_key,
    );
    Ok(query.select(columns).load(connection)?)
}

impl NamedException {
    fn of(row: NamedRow) -> Result<Self, Error> {
        let (row, given, middle, family, preferred_given, _) = row;
        let id = row.person_id;
        let name = PersonName::new(&NameDraft { given, middle, family, preferred_given }).map_err(|_| {
            Error::Inconsistent {
                table: "persons",
                id: id.0.to_string(),
                detail: "the name cannot be read".to_owned(),
            }
        })?;
        Ok(Self { saved: row.into_saved()?, name })
    }
}

/// One exception with its person's name.
///
/// # Errors
/// A failure of the database.
pub fn find_exception(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: ParticipationExceptionId,
) -> Result<Option<NamedException>, Error> {
    let query = reachable(scope).filter(participation_exceptions::id.eq(Uid::of(id)));
    load(connection, query)?.into_iter().map(NamedException::of).next().transpose()
}

/// One page of the exceptions, in one statement.
///
/// # Errors
/// A failure of the database.
pub fn list_exceptions(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filter: &ExceptionFilter,
    request: &PageRequest<ExceptionSort>,
) -> Result<Page<NamedException>, Error> {
    let ExceptionFilter { offerings, persons: people, kinds, valid_on } = filter;
    let mut query = reachable(scope);
    if !offerings.is_empty() {
        let offerings: Vec<Uid> = offerings.iter().copied().map(Uid::of).collect();
        query = query.filter(participation_exceptions::offering_id.eq_any(offerings));
    }
    if !people.is_empty() {
        let people: Vec<Uid> = people.iter().copied().map(Uid::of).collect();
        query = query.filter(participation_exceptions::person_id.eq_any(people));
    }
    if !kinds.is_empty() {
        let kinds: Vec<&str> = kinds.iter().map(|kind| kind.code()).collect();
        query = query.filter(participation_exceptions::kind.eq_any(kinds));
    }
    if let Some(day) = *valid_on {
        query = query.filter(participation_exceptions::valid_from.le(day)).filter(
            participation_exceptions::valid_to.is_null().or(participation_exceptions::valid_to.ge(day)),
        );
    }
    if let Some(after) = request.modified_after {
        query = query.filter(participation_exceptions::modified_at.gt(Ts::of(after)));
    }
    let query = match request.sort {
        ExceptionSort::Name => {
            keyset!(query, request, persons::name_sort_key, participation_exceptions::id, text)
        }
        ExceptionSort::PeriodFrom => {
            keyset!(query, request, participation_exceptions::valid_from, participation_exceptions::id, date)
        }
        ExceptionSort::ModifiedAt => keyset!(
            query,
            request,
            participation_exceptions::modified_at,
            participation_exceptions::id,
            instant
        ),
    };
    let rows = load(connection, query)?;
    let cursor = |(row, .., sort_key): &NamedRow| Cursor {
        key: match request.sort {
            ExceptionSort::Name => sort_key.clone(),
            ExceptionSort::PeriodFrom => row.valid_from.to_string(),
            ExceptionSort::ModifiedAt => instant_key(row.modified_at),
        },
        id: row.id.0,
    };
    Page::cut(rows, request.limit, cursor).try_map(NamedException::of)
}

/// Whether the id is in use, also by an exception out of reach or withdrawn.
///
/// # Errors
/// A failure of the database.
pub fn is_exception_taken(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: ParticipationExceptionId,
) -> Result<bool, Error> {
    let key = (Uid::of(scope.organiser()), Uid::of(id));
    let found = participation_exceptions::table.find(key);
    Ok(diesel::select(diesel::dsl::exists(found)).get_result(connection)?)
}

/// The exceptions in the offerings, of these persons or of everybody, in no order. Whether the caller
/// reaches them is decided before.
///
/// # Errors
/// A failure of the database.
pub fn exceptions_in(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    offerings: &[OfferingId],
    people: Option<&[PersonId]>,
) -> Result<Vec<Saved<ParticipationExceptionId, ParticipationException>>, Error> {
    let offerings: Vec<Uid> = offerings.iter().copied().map(Uid::of).collect();
    let mut query = participation_exceptions::table
        .filter(participation_exceptions::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(participation_exceptions::withdrawn_at.is_null())
        .filter(participation_exceptions::offering_id.eq_any(offerings))
        .into_boxed::<MultiBackend>();
    if let Some(people) = people {
        let people: Vec<Uid> = people.iter().copied().map(Uid::of).collect();
        query = query.filter(participation_exceptions::person_id.eq_any(people));
    }
    let rows: Vec<ExceptionRow> = query.select(ExceptionRow::as_select()).load(connection)?;
    rows.into_iter().map(ExceptionRow::into_saved).collect()
}

/// Enters an exception. That no two of the person in the offering overlap is checked before, with the
/// offering locked.
///
/// # Errors
/// A failure of the database.
pub fn insert_exception(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: ParticipationExceptionId,
    exception: &ParticipationException,
) -> Result<(), Error> {
    let row = ExceptionRow::of(Uid::of(scope.organiser()), Uid::of(id), tx.now(), exception);
    tx.insert(&[row])
}

/// Saves the new state of an exception as the next version after the one it was made from; without a
/// new state it is withdrawn.
///
/// # Errors
/// [`Error::Stale`] when it has changed meanwhile; a failure of the database.
pub fn update_exception(
    tx: &mut Tx<'_>,
    scope: &Scope,
    before: &Saved<ParticipationExceptionId, ParticipationException>,
    after: Option<&ParticipationException>,
) -> Result<(), Error> {
    let Saved { id, version, created_at, modified_at, value } = before;
    let (organiser, id) = (Uid::of(scope.organiser()), Uid::of(*id));
    let row = ExceptionRow::of(organiser, id, Ts::of(*created_at), value);
    let old = ExceptionRow { version: *version, modified_at: Ts::of(*modified_at), ..row };
    let new = match after {
        Some(after) => ExceptionRow::of(organiser, id, old.created_at, after),
        None => ExceptionRow { withdrawn_at: Some(tx.now()), ..old.clone() },
    };
    tx.update(&old, new).map(drop)
}

impl ExceptionRow {
    /// The first version of a row.
    fn of(organiser_id: Uid, id: Uid, now: Ts, exception: &ParticipationException) -> Self {
        let ParticipationException { person, offering, kind, period, reason } = exception;
        Self {
            organiser_id,
            id,
            version: 1,
            created_at: now,
            modified_at: now,
            withdrawn_at: None,
            person_id: Uid::of(*person),
            offering_id: Uid::of(*offering),
            kind: kind.code().to_owned(),
            reason: reason.as_ref().map(|reason| reason.as_str().to_owned()),
            valid_from: period.from(),
            valid_to: period.to(),
        }
    }

    fn into_saved(self) -> Result<Saved<ParticipationExceptionId, ParticipationException>, Error> {
        let Self {
            organiser_id: _,
            id,
            version,
            created_at,
            modified_at,
            withdrawn_at: _,
            person_id,
            offering_id,
            kind,
            reason,
            valid_from,
            valid_to,
        } = self;
        let refused = |refusal: Refusal| Error::Inconsistent {
            table: "participation_exceptions",
            id: id.0.to_string(),
            detail: format!("{:?}", refusal.rule),
        };
        let value = ParticipationException {
            person: person_id.to(),
            offering: offering_id.to(),
            kind: ExceptionKind::from_code(&kind).map_err(refused)?,
            period: Period::new(valid_from, valid_to).map_err(refused)?,
            reason: reason.map(|reason| Reason::new(&reason)).transpose().map_err(refused)?,
        };
        Ok(Saved { id: id.to(), version, created_at: created_at.0, modified_at: modified_at.0, value })
    }
}
