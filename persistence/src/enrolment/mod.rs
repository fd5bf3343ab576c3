//! Enrolments (inskrivningar).

use chrono::NaiveDate;
use diesel::prelude::*;
use skolhus_domain::{
    access::Scope,
    code::Code,
    enrolment::{Enrolment, EnrolmentState},
    id::{EnrolmentId, PersonId, SchoolUnitId},
    period::Period,
    person::{NameDraft, PersonName},
    refusal::Refusal,
    text::Text,
};

use crate::{
    Saved,
    core::{
        connection::{DatabaseConnection, MultiBackend},
        error::Error,
        feed::modified_after,
        page::{Cursor, Page, PageRequest, date, instant, instant_key, keyset, text},
        reach,
        record::record,
        tx::Tx,
        types::{Ts, Uid},
    },
    schema::{enrolments, persons},
};

record! {
    /// An enrolment's row.
    pub(crate) struct EnrolmentRow in enrolments as "enrolment" {
        person_id: Uid,
        school_unit_id: Uid,
        school_type: String,
        school_year: Option<i32>,
        programme: Option<String>,
        valid_from: NaiveDate,
        valid_to: Option<NaiveDate>,
    }
}

/// What a list of enrolments is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum EnrolmentSort {
    /// The person's name, in Swedish order.
    #[default]
    Name,
    /// The first day.
    PeriodFrom,
    /// When it was changed last.
    ModifiedAt,
}

/// Which enrolments are asked for. An empty list asks for all.
#[derive(Clone, Debug, Default)]
pub struct EnrolmentFilter {
    /// Of these persons.
    pub persons: Vec<PersonId>,
    /// At these school units.
    pub school_units: Vec<SchoolUnitId>,
    /// In these school types.
    pub school_types: Vec<String>,
    /// In force on this day.
    pub valid_on: Option<NaiveDate>,
    /// In one of these states today.
    pub states: Vec<EnrolmentState>,
}

/// An enrolment with the name of its person.
#[derive(Clone, Debug)]
pub struct NamedEnrolment {
    /// The enrolment.
    pub saved: Saved<EnrolmentId, Enrolment>,
    /// Whose it is.
    pub name: PersonName,
}

/// Enrolments with their persons.
#[diesel::dsl::auto_type]
fn joined() -> _ {
    let with_person =
        enrolments::organiser_id.eq(persons::organiser_id).and(enrolments::person_id.eq(persons::id));
    enrolments::table.inner_join(persons::table.on(with_person))
}

type Joined<'a> = diesel::dsl::IntoBoxed<'a, joined, MultiBackend>;

/// The enrolments that a scope reaches.
fn reachable<'a>(scope: &Scope) -> Joined<'a> {
    joined().into_boxed().filter(reach::enrolments(scope))
}

/// Holds a person until the transaction ends: what may not overlap is checked by one at a time.
///
/// # Errors
/// A failure of the database.
pub fn lock(tx: &mut Tx<'_>, person: PersonId) -> Result<(), Error> {
    tx.lock_in("persons", &[Uid::of(person)])
}

/// One enrolment.
///
/// # Errors
/// A failure of the database.
pub fn find(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: EnrolmentId,
) -> Result<Option<Saved<EnrolmentId, Enrolment>>, Error> {
    Ok(find_many(connection, scope, &[id])?.pop())
}

/// One enrolment with its person's name.
///
/// # Errors
/// A failure of the database.
pub fn find_named(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: EnrolmentId,
) -> Result<Option<NamedEnrolment>, Error> {
    let query = reachable(scope).filter(enrolments::id.eq(Uid::of(id)));
    load_named(connection, query)?.into_iter().map(NamedEnrolment::of).next().transpose()
}

/// Those of the enrolments that there are, with their persons' names, in no certain order.
///
/// # Errors
/// A failure of the database.
pub fn find_all_named(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    ids: &[EnrolmentId],
) -> Result<Vec<NamedEnrolment>, Error> {
    let ids: Vec<Uid> = ids.iter().copied().map(Uid::of).collect();
    let rows = load_named(connection, reachable(scope).filter(enrolments::id.eq_any(ids)))?;
    rows.into_iter().map(NamedEnrolment::of).collect()
}

/// Which of the ids are in use, also by one out of reach or withdrawn.
///
/// # Errors
/// A failure of the database.
pub fn taken_among(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    ids: &[EnrolmentId],
) -> Result<Vec<EnrolmentId>, Error> {
    let ids: Vec<Uid> = ids.iter().copied().map(Uid::of).collect();
    let taken: Vec<Uid> = enrolments::table
        .filter(enrolments::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(enrolments::id.eq_any(ids))
        .select(enrolments::id)
        .load(connection)?;
    Ok(taken.into_iter().map(Uid::to).collect())
}

/// Those of the enrolments that there are, in no certain order.
///
/// # Errors
/// A failure of the database.
pub fn find_many(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    ids: &[EnrolmentId],
) -> Result<Vec<Saved<EnrolmentId, Enrolment>>, Error> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let ids = ids.iter().copied().map(Uid::of);
    load(connection, reachable(scope).filter(enrolments::id.eq_any(ids.collect::<Vec<_>>())))
}

/// Every enrolment of the persons.
///
/// # Errors
/// A failure of the database.
pub fn of_persons(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    persons: &[PersonId],
) -> Result<Vec<Saved<EnrolmentId, Enrolment>>, Error> {
    if persons.is_empty() {
        return Ok(Vec::new());
    }
    let persons = persons.iter().copied().map(Uid::of);
    load(connection, reachable(scope).filter(enrolments::person_id.eq_any(persons.collect::<Vec<_>>())))
}

/// As [`lock`], for several persons.
///
/// # Errors
/// A failure of the database.
pub fn lock_many(tx: &mut Tx<'_>, persons: &[PersonId]) -> Result<(), Error> {
    let ids: Vec<Uid> = persons.iter().copied().map(Uid::of).collect();
    tx.lock_in("persons", &ids)
}

/// The enrolments at a school unit that last until a day or longer, and all of these persons there, also
/// those out of reach: what is decided for a whole school is decided for everybody in it.
///
/// # Errors
/// A failure of the database.
pub fn at_unit(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    unit: SchoolUnitId,
    day: NaiveDate,
    persons: &[PersonId],
) -> Result<Vec<Saved<EnrolmentId, Enrolment>>, Error> {
    let persons: Vec<Uid> = persons.iter().copied().map(Uid::of).collect();
    let rows: Vec<EnrolmentRow> = enrolments::table
        .filter(enrolments::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(enrolments::school_unit_id.eq(Uid::of(unit)))
        .filter(enrolments::withdrawn_at.is_null())
        .filter(
            enrolments::valid_to
                .is_null()
                .or(enrolments::valid_to.ge(day))
                .or(enrolments::person_id.eq_any(persons)),
        )
        .order((enrolments::valid_from, enrolments::id))
        .select(EnrolmentRow::as_select())
        .load(connection)?;
    rows.into_iter().map(EnrolmentRow::into_saved).collect()
}

/// Whether the id is in use, also by one out of reach or withdrawn.
///
/// # Errors
/// A failure of the database.
pub fn is_taken(connection: &mut DatabaseConnection, scope: &Scope, id: EnrolmentId) -> Result<bool, Error> {
    let key = (Uid::of(scope.organiser()), Uid::of(id));
    Ok(diesel::select(diesel::dsl::exists(enrolments::table.find(key))).get_result(connection)?)
}

fn load(
    connection: &mut DatabaseConnection,
    query: Joined<'_>,
) -> Result<Vec<Saved<EnrolmentId, Enrolment>>, Error> {
    let rows: Vec<EnrolmentRow> = query.select(EnrolmentRow::as_select()).load(connection)?;
    rows.into_iter().map(EnrolmentRow::into_saved).collect()
}

type NamedRow = (EnrolmentRow, String, Option<String>, String, Option<String>, String);

fn load_named(connection: &mut DatabaseConnection, query: Joined<'_>) -> Result<Vec<NamedRow>, Error> {
    let columns = (
        EnrolmentRow::as_select(),
        persons::given_name,
        persons::middle_name,
        persons::family_name,
        persons::preferred_given_name,
        persons::name_sort_key,
    );
    Ok(query.select(columns).load(connection)?)
}

impl NamedEnrolment {
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

/// One page of the enrolments, in one statement.
///
/// # Errors
/// A failure of the database.
pub fn list(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filter: &EnrolmentFilter,
    request: &PageRequest<EnrolmentSort>,
) -> Result<Page<NamedEnrolment>, Error> {
    let query = narrowed(reachable(scope), filter, scope.today());
    let query = modified_after!(query, request, scope, enrolments, "enrolment");
    let query = match request.sort {
        EnrolmentSort::Name => keyset!(query, request, persons::name_sort_key, enrolments::id, text),
        EnrolmentSort::PeriodFrom => keyset!(query, request, enrolments::valid_from, enrolments::id, date),
        EnrolmentSort::ModifiedAt => {
            keyset!(query, request, enrolments::modified_at, enrolments::id, instant)
        }
    };
    let rows = load_named(connection, query)?;
    let cursor = |(row, .., sort_key): &NamedRow| Cursor {
        key: match request.sort {
            EnrolmentSort::Name => sort_key.clone(),
            EnrolmentSort::PeriodFrom => row.valid_from.to_string(),
            EnrolmentSort::ModifiedAt => instant_key(row.modified_at),
        },
        id: row.id.0,
    };
    Page::cut(rows, request.limit, cursor)
        .followed(connection, "enrolment", scope, request)?
        .try_map(NamedEnrolment::of)
}

fn narrowed<'a>(mut query: Joined<'a>, filter: &EnrolmentFilter, today: NaiveDate) -> Joined<'a> {
    let EnrolmentFilter { persons, school_units, school_types, valid_on, states } = filter;
    if !persons.is_empty() {
        let persons: Vec<Uid> = persons.iter().copied().map(Uid::of).collect();
        query = query.filter(enrolments::person_id.eq_any(persons));
    }
    if !school_units.is_empty() {
        let units: Vec<Uid> = school_units.iter().copied().map(Uid::of).collect();
        query = query.filter(enrolments::school_unit_id.eq_any(units));
    }
    if !school_types.is_empty() {
        query = query.filter(enrolments::school_type.eq_any(school_types.clone()));
    }
    if let Some(day) = *valid_on {
        query = query
            .filter(enrolments::valid_from.le(day))
            .filter(enrolments::valid_to.is_null().or(enrolments::valid_to.ge(day)));
    }
    if !states.is_empty() {
        // Each state that is not asked for is left out; a withdrawn enrolment has left the lists.
        if !states.contains(&EnrolmentState::Planned) {
            query = query.filter(enrolments::valid_from.le(today));
        }
        if !states.contains(&EnrolmentState::Active) {
            query = query.filter(enrolments::valid_from.gt(today).or(enrolments::valid_to.lt(today)));
        }
        if !states.contains(&EnrolmentState::Ended) {
            query = query.filter(enrolments::valid_to.is_null().or(enrolments::valid_to.ge(today)));
        }
    }
    query
}

/// Enters enrolments in one statement. That no two of a person overlap is checked before, with
/// the person locked.
///
/// # Errors
/// A failure of the database.
pub fn insert_many(
    tx: &mut Tx<'_>,
    scope: &Scope,
    enrolments: &[(EnrolmentId, Enrolment)],
) -> Result<Vec<Saved<EnrolmentId, Enrolment>>, Error> {
    let (organiser, now) = (Uid::of(scope.organiser()), tx.now());
    let rows: Vec<EnrolmentRow> = enrolments
        .iter()
        .map(|(id, enrolment)| EnrolmentRow::of(organiser, Uid::of(*id), now, now, enrolment))
        .collect();
    tx.insert(&rows)?;
    rows.into_iter().map(EnrolmentRow::into_saved).collect()
}

/// Saves new states of enrolments in one statement, each as the next version after the one it
/// was made from; one that is withdrawn now leaves the lists. The answer stands in the order of
/// the pairs.
///
/// # Errors
/// [`Error::Stale`] when one of them has changed meanwhile; a failure of the database.
pub fn update_many(
    tx: &mut Tx<'_>,
    scope: &Scope,
    pairs: &[(Saved<EnrolmentId, Enrolment>, Enrolment)],
) -> Result<Vec<Saved<EnrolmentId, Enrolment>>, Error> {
    let now = tx.now();
    let organiser = Uid::of(scope.organiser());
    let rows = pairs.iter().map(|(before, after)| {
        let Saved { id, version, created_at, modified_at, value } = before;
        let (id, created_at) = (Uid::of(*id), Ts::of(*created_at));
        let old = EnrolmentRow {
            version: *version,
            modified_at: Ts::of(*modified_at),
            ..EnrolmentRow::of(organiser, id, created_at, now, value)
        };
        (old, EnrolmentRow::of(organiser, id, created_at, now, after))
    });
    let saved = tx.update_many(rows.collect())?;
    saved.into_iter().map(EnrolmentRow::into_saved).collect()
}

impl EnrolmentRow {
    /// The first version of a row; `now` is the instant at which a withdrawn one is withdrawn.
    fn of(organiser_id: Uid, id: Uid, created_at: Ts, now: Ts, enrolment: &Enrolment) -> Self {
        let Enrolment { person, school_unit, school_type, school_year, programme, period, withdrawn } =
            enrolment;
        Self {
            organiser_id,
            id,
            version: 1,
            created_at,
            modified_at: created_at,
            withdrawn_at: withdrawn.then_some(now),
            person_id: Uid::of(*person),
            school_unit_id: Uid::of(*school_unit),
            school_type: school_type.as_str().to_owned(),
            school_year: school_year.map(i32::from),
            programme: programme.as_ref().map(|text| text.as_str().to_owned()),
            valid_from: period.from(),
            valid_to: period.to(),
        }
    }

    fn into_saved(self) -> Result<Saved<EnrolmentId, Enrolment>, Error> {
        let Self {
            organiser_id: _,
            id,
            version,
            created_at,
            modified_at,
            withdrawn_at,
            person_id,
            school_unit_id,
            school_type,
            school_year,
            programme,
            valid_from,
            valid_to,
        } = self;
        let inconsistent = |detail: &str| Error::Inconsistent {
            table: "enrolments",
            id: id.0.to_string(),
            detail: detail.to_owned(),
        };
        let refused = |refusal: Refusal| inconsistent(&format!("{:?}", refusal.rule));
        let value = Enrolment {
            person: person_id.to(),
            school_unit: school_unit_id.to(),
            school_type: Code::new(&school_type).map_err(refused)?,
            school_year: school_year
                .map(u8::try_from)
                .transpose()
                .map_err(|_| inconsistent("the school year is out of range"))?,
            programme: programme.map(|raw| Text::line(&raw, 100)).transpose().map_err(refused)?,
            period: Period::new(valid_from, valid_to).map_err(refused)?,
            withdrawn: withdrawn_at.is_some(),
        };
        Ok(Saved { id: id.to(), version, created_at: created_at.0, modified_at: modified_at.0, value })
    }
}
