//! Offerings (kurstillfällen) with the terms they cover.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use diesel::{
    QueryableByName,
    prelude::*,
    sql_types::{BigInt, Date, Nullable, Text as SqlText},
};
use serde_json::{Map, Value};
use skolhus_domain::{
    access::Scope,
    code::Code,
    course::{Offering, OfferingTeacher, Pace, PlannedTime, StudyForm},
    id::{CourseId, OfferingId, PersonId, SchoolUnitId, TermId},
    organisation::ReportTerm,
    participation::{Origin, StateCode},
    period::Period,
    person::{search_key_of_query, search_key_of_text, sort_key_of_text},
    refusal::Refusal,
    text::Text,
};

use super::teacher;
use crate::{
    Saved,
    core::{
        connection::{DatabaseConnection, MultiBackend},
        error::Error,
        feed::modified_after,
        page::{Cursor, Page, PageRequest, date, instant, instant_key, keyset, text},
        reach,
        record::record,
        rows::{Cell, MOST_IDS, load},
        shown_name,
        tx::Tx,
        types::{Guid, Json, JsonDoc, Ts, Uid},
    },
    schema::{course_offerings, duties, offering_teachers, offering_terms, participations, persons, terms},
};

record! {
    /// An offering's row.
    pub(crate) struct OfferingRow in course_offerings as "course offering" {
        course_id: Uid,
        school_unit_id: Uid,
        title: String,
        title_sort_key: String,
        title_search_key: String,
        first_day: NaiveDate,
        last_day: NaiveDate,
        course_type: Option<String>,
        course_numbers: Json,
        form: String,
        pace_percent: i32,
        planned_minutes: Option<i32>,
        course_days: Option<i32>,
        meeting_days: Option<i32>,
        site_id: Option<Uid>,
        capacity: Option<i32>,
        part_of_id: Option<Uid>,
    }
}

record! {
    /// A row of a term that an offering covers.
    pub(crate) struct OfferingTermRow in offering_terms as "offering term" {
        offering_id: Uid,
        term_id: Uid,
    }
}

/// What a list of offerings is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum OfferingSort {
    /// Title, in Swedish order.
    #[default]
    Title,
    /// The first day.
    FirstDay,
    /// When it was changed last.
    ModifiedAt,
}

/// Which offerings are asked for.
#[derive(Clone, Debug, Default)]
pub struct OfferingFilter {
    /// At these school units.
    pub school_units: Vec<SchoolUnitId>,
    /// Of these courses.
    pub courses: Vec<CourseId>,
    /// Covering one of these terms.
    pub terms: Vec<TermId>,
    /// Of these course types.
    pub course_types: Vec<String>,
    /// Of these forms.
    pub forms: Vec<StudyForm>,
    /// That one of these persons teaches, at some time.
    pub teachers: Vec<PersonId>,
    /// Parts of one of these offerings.
    pub part_of: Vec<OfferingId>,
    /// That run on this day.
    pub runs_on: Option<NaiveDate>,
    /// Words of the title, each by its beginning.
    pub title: Option<String>,
}

/// An offering with what is counted and looked up for its readers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OfferingView {
    /// The offering.
    pub saved: Saved<OfferingId, Offering>,
    /// How many places are taken, protected persons counted in.
    pub places_taken: u32,
    /// Its teachers, in the order of their first days.
    pub teachers: Vec<TeacherView>,
}

/// A teacher of an offering, with who it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TeacherView {
    /// Duty, days and role.
    pub teacher: OfferingTeacher,
    /// Who it is; none when the person is withdrawn, or protected and not to be named to the caller.
    pub person: Option<TeacherPerson>,
}

/// Who a teacher is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TeacherPerson {
    /// The person; none for one who is protected, and named as their plan says.
    pub id: Option<PersonId>,
    /// The given name in daily use.
    pub given_name: String,
    /// The family name.
    pub family_name: String,
}

/// The offerings that a scope reaches.
fn reachable<'a>(scope: &Scope) -> course_offerings::BoxedQuery<'a, MultiBackend> {
    course_offerings::table.filter(reach::offerings(scope)).into_boxed()
}

/// One offering.
///
/// # Errors
/// A failure of the database.
pub fn find(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: OfferingId,
) -> Result<Option<Saved<OfferingId, Offering>>, Error> {
    Ok(find_many(connection, scope, &[id])?.pop())
}

/// Those of the offerings that there are within reach, in no order.
///
/// # Errors
/// A failure of the database.
pub fn find_many(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    ids: &[OfferingId],
) -> Result<Vec<Saved<OfferingId, Offering>>, Error> {
    let mut found = Vec::with_capacity(ids.len());
    for ids in ids.chunks(MOST_IDS) {
        let ids: Vec<Uid> = ids.iter().copied().map(Uid::of).collect();
        found.extend(saved_of(connection, scope, reachable(scope).filter(course_offerings::id.eq_any(ids)))?);
    }
    Ok(found)
}

/// One offering whose teaching the caller has in hand: they teach it today, or it is at their unit.
///
/// # Errors
/// A failure of the database.
pub fn find_taught(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: OfferingId,
) -> Result<Option<Saved<OfferingId, Offering>>, Error> {
    let taught = course_offerings::table.filter(reach::offerings_taught(scope)).into_boxed();
    Ok(saved_of(connection, scope, taught.filter(course_offerings::id.eq(Uid::of(id))))?.pop())
}

/// The offerings of a query with their terms, in two statements.
fn saved_of(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    query: course_offerings::BoxedQuery<'_, MultiBackend>,
) -> Result<Vec<Saved<OfferingId, Offering>>, Error> {
    let rows: Vec<OfferingRow> = query.select(OfferingRow::as_select()).load(connection)?;
    let mut terms = terms_of(connection, scope, rows.iter().map(|row| row.id).collect())?;
    rows.into_iter()
        .map(|row| {
            let terms = terms.remove(&row.id).unwrap_or_default();
            row.into_saved(terms)
        })
        .collect()
}

/// The offerings of a school unit that cover a term, within reach, in no order.
///
/// # Errors
/// A failure of the database.
pub fn ids_in_term(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    unit: SchoolUnitId,
    term: TermId,
) -> Result<Vec<OfferingId>, Error> {
    let filter = OfferingFilter { school_units: vec![unit], terms: vec![term], ..OfferingFilter::default() };
    let ids: Vec<Uid> = filtered(scope, &filter).select(course_offerings::id).load(connection)?;
    Ok(ids.into_iter().map(Uid::to).collect())
}

/// The id of the row that says that an offering covers a term: it follows from the two.
#[must_use]
pub fn term_row_id(offering: OfferingId, term: TermId) -> uuid::Uuid {
    Uid::derived("offering_terms", Uid::of(offering), &[Uid::of(term).0.as_bytes()]).0
}

/// The terms of each offering, in order of their first days.
fn terms_of(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    ids: Vec<Uid>,
) -> Result<BTreeMap<Uid, Vec<TermId>>, Error> {
    let mut found: BTreeMap<Uid, Vec<TermId>> = BTreeMap::new();
    if ids.is_empty() {
        return Ok(found);
    }
    let rows: Vec<(Uid, Uid)> = offering_terms::table
        .inner_join(terms::table.on(
            terms::organiser_id.eq(offering_terms::organiser_id).and(terms::id.eq(offering_terms::term_id)),
        ))
        .filter(offering_terms::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(offering_terms::offering_id.eq_any(ids))
        .filter(offering_terms::withdrawn_at.is_null())
        .order((terms::first_day, terms::id))
        .select((offering_terms::offering_id, offering_terms::term_id))
        .load(connection)?;
    for (offering, term) in rows {
        found.entry(offering).or_default().push(term.to());
    }
    Ok(found)
}

/// The offerings that an offering lies in, from the nearest outwards, each as inner → outer: at
/// most `deepest` steps, one statement each.
///
/// # Errors
/// A failure of the database.
pub fn outer_offerings(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    of: OfferingId,
    deepest: usize,
) -> Result<BTreeMap<OfferingId, OfferingId>, Error> {
    let mut outer = BTreeMap::new();
    let mut next = of;
    for _ in 0..deepest {
        let found: Option<Option<Uid>> = course_offerings::table
            .find((Uid::of(scope.organiser()), Uid::of(next)))
            .select(course_offerings::part_of_id)
            .first(connection)
            .optional()?;
        let Some(Some(above)) = found else { break };
        outer.insert(next, above.to());
        next = above.to();
    }
    Ok(outer)
}

/// The offerings that are parts of an offering, one level down, within reach or not.
///
/// # Errors
/// A failure of the database.
pub fn parts_of(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    of: &[OfferingId],
) -> Result<Vec<(OfferingId, Period)>, Error> {
    let ids: Vec<Uid> = of.iter().copied().map(Uid::of).collect();
    let rows: Vec<(Uid, NaiveDate, NaiveDate)> = course_offerings::table
        .filter(course_offerings::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(course_offerings::part_of_id.eq_any(ids))
        .filter(course_offerings::withdrawn_at.is_null())
        .order((course_offerings::first_day, course_offerings::id))
        .select((course_offerings::id, course_offerings::first_day, course_offerings::last_day))
        .load(connection)?;
    rows.into_iter()
        .map(|(id, first, last)| {
            let period = Period::new(first, Some(last)).map_err(|refusal| inconsistent(id, &refusal))?;
            Ok((id.to(), period))
        })
        .collect()
}

/// Whether the id is in use, also by an offering out of reach or withdrawn.
///
/// # Errors
/// A failure of the database.
pub fn is_taken(connection: &mut DatabaseConnection, scope: &Scope, id: OfferingId) -> Result<bool, Error> {
    let key = (Uid::of(scope.organiser()), Uid::of(id));
    Ok(diesel::select(diesel::dsl::exists(course_offerings::table.find(key))).get_result(connection)?)
}

/// How many places of the offering are taken, protected persons counted in.
///
/// # Errors
/// A failure of the database.
pub fn places_taken(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: OfferingId,
) -> Result<u32, Error> {
    let states: Vec<&str> = StateCode::OCCUPYING.iter().map(|state| state.code()).collect();
    let taken: i64 = participations::table
        .filter(participations::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(participations::offering_id.eq(Uid::of(id)))
        .filter(participations::withdrawn_at.is_null())
        .filter(participations::state.eq_any(states))
        .count()
        .get_result(connection)?;
    Ok(u32::try_from(taken).unwrap_or(u32::MAX))
}

/// Whether anyone takes part, took part or was to take part in the offering.
///
/// # Errors
/// A failure of the database.
pub fn has_participations(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: OfferingId,
) -> Result<bool, Error> {
    let found = participations::table
        .filter(participations::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(participations::offering_id.eq(Uid::of(id)))
        .filter(participations::withdrawn_at.is_null());
    Ok(diesel::select(diesel::dsl::exists(found)).get_result(connection)?)
}

/// The first and the last day on which someone holds a place in the offering that does not follow its
/// days; none if nobody does. Who follows a group and takes part still moves with it.
///
/// # Errors
/// A failure of the database.
pub fn days_held(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: OfferingId,
) -> Result<Option<(NaiveDate, NaiveDate)>, Error> {
    use diesel::dsl::{max, min};
    let occupying: Vec<&str> = StateCode::OCCUPYING.iter().map(|state| state.code()).collect();
    let (first, last): (Option<NaiveDate>, Option<NaiveDate>) = participations::table
        .filter(participations::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(participations::offering_id.eq(Uid::of(id)))
        .filter(participations::withdrawn_at.is_null())
        .filter(participations::origin.eq(Origin::Direct.code()).or(participations::state.ne_all(occupying)))
        .select((min(participations::held_from), max(participations::held_to)))
        .first(connection)?;
    Ok(first.zip(last))
}

/// One page of the offerings, with terms, teachers and places: two statements.
///
/// # Errors
/// A failure of the database.
pub fn list(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filter: &OfferingFilter,
    request: &PageRequest<OfferingSort>,
) -> Result<Page<OfferingView>, Error> {
    let query = filtered(scope, filter);
    let query = modified_after!(query, request, scope, course_offerings, "course offering");
    let query = match request.sort {
        OfferingSort::Title => {
            keyset!(query, request, course_offerings::title_sort_key, course_offerings::id, text)
        }
        OfferingSort::FirstDay => {
            keyset!(query, request, course_offerings::first_day, course_offerings::id, date)
        }
        OfferingSort::ModifiedAt => {
            keyset!(query, request, course_offerings::modified_at, course_offerings::id, instant)
        }
    };
    let rows = query.select(OfferingRow::as_select()).load(connection)?;
    let cursor = |row: &OfferingRow| Cursor {
        key: match request.sort {
            OfferingSort::Title => row.title_sort_key.clone(),
            OfferingSort::FirstDay => row.first_day.to_string(),
            OfferingSort::ModifiedAt => instant_key(row.modified_at),
        },
        id: row.id.0,
    };
    let page =
        Page::cut(rows, request.limit, cursor).followed(connection, "course offering", scope, request)?;
    let Page { items, next, as_of } = page;
    Ok(Page { items: views(connection, scope, items)?, next, as_of })
}

fn filtered<'a>(scope: &Scope, filter: &OfferingFilter) -> course_offerings::BoxedQuery<'a, MultiBackend> {
    let OfferingFilter {
        school_units,
        courses,
        terms: covered,
        course_types,
        forms,
        teachers,
        part_of,
        runs_on,
        title,
    } = filter;
    let organiser = Uid::of(scope.organiser());
    let mut query = reachable(scope);
    if !school_units.is_empty() {
        query = query.filter(course_offerings::school_unit_id.eq_any(Uid::all(school_units)));
    }
    if !courses.is_empty() {
        query = query.filter(course_offerings::course_id.eq_any(Uid::all(courses)));
    }
    if !covered.is_empty() {
        let covering = offering_terms::table
            .filter(offering_terms::organiser_id.eq(organiser))
            .filter(offering_terms::term_id.eq_any(Uid::all(covered)))
            .filter(offering_terms::withdrawn_at.is_null())
            .select(offering_terms::offering_id);
        query = query.filter(course_offerings::id.eq_any(covering));
    }
    if !course_types.is_empty() {
        query = query.filter(course_offerings::course_type.eq_any(course_types.clone()));
    }
    if !forms.is_empty() {
        let forms: Vec<&str> = forms.iter().map(|form| form.code()).collect();
        query = query.filter(course_offerings::form.eq_any(forms));
    }
    if !teachers.is_empty() {
        // A protected person is found by nobody, not even through what they teach.
        let taught =
            offering_teachers::table
                .inner_join(
                    duties::table.on(duties::organiser_id
                        .eq(offering_teachers::organiser_id)
                        .and(duties::id.eq(offering_teachers::duty_id))),
                )
                .inner_join(persons::table.on(
                    persons::organiser_id.eq(duties::organiser_id).and(persons::id.eq(duties::person_id)),
                ))
                .filter(persons::organiser_id.eq(organiser))
                .filter(persons::id.eq_any(Uid::all(teachers)))
                .filter(persons::is_protected.eq(false))
                .filter(persons::withdrawn_at.is_null())
                .filter(duties::withdrawn_at.is_null())
                .filter(offering_teachers::withdrawn_at.is_null())
                .select(offering_teachers::offering_id);
        query = query.filter(course_offerings::id.eq_any(taught));
    }
    if !part_of.is_empty() {
        query = query.filter(course_offerings::part_of_id.eq_any(Uid::all(part_of)));
    }
    if let Some(day) = *runs_on {
        query = query.filter(course_offerings::first_day.le(day)).filter(course_offerings::last_day.ge(day));
    }
    for word in search_key_of_query(title.as_deref().unwrap_or_default()).split_whitespace() {
        query = query.filter(course_offerings::title_search_key.like(format!("% {word}%")));
    }
    query
}

/// One offering with its teachers and places: two statements.
///
/// # Errors
/// A failure of the database.
pub fn view(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: OfferingId,
) -> Result<Option<OfferingView>, Error> {
    let rows = reachable(scope)
        .filter(course_offerings::id.eq(Uid::of(id)))
        .select(OfferingRow::as_select())
        .load(connection)?;
    Ok(views(connection, scope, rows)?.pop())
}

/// The teachers of the offerings, with who they are: one statement. Of a protected person only
/// the duty is told, so that the set can be saved again, and the name that their plan shows.
///
/// # Errors
/// A failure of the database.
pub fn teachers(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    offerings: &[OfferingId],
) -> Result<BTreeMap<OfferingId, Vec<TeacherView>>, Error> {
    let mut found = BTreeMap::new();
    for offerings in offerings.chunks(MOST_IDS) {
        let ids = offerings.iter().copied().map(Uid::of).collect();
        for (id, parts) in parts(connection, scope, ids)? {
            if !parts.teachers.is_empty() {
                found.insert(id.to(), parts.teachers);
            }
        }
    }
    Ok(found)
}

fn views(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    rows: Vec<OfferingRow>,
) -> Result<Vec<OfferingView>, Error> {
    let mut parts = parts(connection, scope, rows.iter().map(|row| row.id).collect())?;
    rows.into_iter()
        .map(|row| {
            let Parts { terms, teachers, places_taken } = parts.remove(&row.id).unwrap_or_default();
            let terms = terms.into_iter().map(|(_, term)| term.to()).collect();
            Ok(OfferingView { saved: row.into_saved(terms)?, places_taken, teachers })
        })
        .collect()
}

/// What hangs on an offering.
#[derive(Default)]
struct Parts {
    /// By first day.
    terms: BTreeSet<(NaiveDate, Uid)>,
    teachers: Vec<TeacherView>,
    places_taken: u32,
}

/// A row of what hangs on offerings: a teacher, a term, or the number of places taken.
#[derive(QueryableByName)]
struct PartRow {
    #[diesel(sql_type = SqlText)]
    part: String,
    #[diesel(sql_type = Guid)]
    offering_id: Uid,
    #[diesel(sql_type = Nullable<Guid>)]
    duty_or_term_id: Option<Uid>,
    #[diesel(sql_type = Nullable<Guid>)]
    person_id: Option<Uid>,
    #[diesel(sql_type = Nullable<SqlText>)]
    given_name: Option<String>,
    #[diesel(sql_type = Nullable<SqlText>)]
    family_name: Option<String>,
    #[diesel(sql_type = Nullable<JsonDoc>)]
    plan: Option<Json>,
    #[diesel(sql_type = Nullable<SqlText>)]
    role: Option<String>,
    #[diesel(sql_type = Nullable<Date>)]
    first_day: Option<NaiveDate>,
    #[diesel(sql_type = Nullable<Date>)]
    last_day: Option<NaiveDate>,
    #[diesel(sql_type = BigInt)]
    taken: i64,
}

/// Terms, teachers and places of the offerings, in one statement: a page of offerings takes no
/// more statements than that, however long it is. Of protected persons nothing but the
/// name that their plan shows leaves the database.
fn parts(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    ids: Vec<Uid>,
) -> Result<BTreeMap<Uid, Parts>, Error> {
    let mut found: BTreeMap<Uid, Parts> = BTreeMap::new();
    if ids.is_empty() {
        return Ok(found);
    }
    let states = StateCode::OCCUPYING.len();
    let list = |from: usize, count: usize| {
        (from..from + count).map(|number| format!("${number}")).collect::<Vec<_>>().join(", ")
    };
    let offerings = list(2, ids.len());
    let occupying = list(2 + ids.len(), states);
    let plan = shown_name::text(connection.is_postgres());
    let text = format!(
        "SELECT 'teacher' AS part, t.offering_id AS offering_id, t.duty_id AS duty_or_term_id, \
         persons.id AS person_id, \
         COALESCE(persons.preferred_given_name, persons.given_name) AS given_name, \
         persons.family_name AS family_name, {plan} AS plan, t.role AS role, t.valid_from AS first_day, \
         t.valid_to AS last_day, CAST(0 AS BIGINT) AS taken \
         FROM offering_teachers t \
         JOIN duties d ON d.organiser_id = t.organiser_id AND d.id = t.duty_id \
         LEFT JOIN persons ON persons.organiser_id = d.organiser_id AND persons.id = d.person_id \
         AND persons.withdrawn_at IS NULL \
         WHERE t.organiser_id = $1 AND t.withdrawn_at IS NULL AND t.offering_id IN ({offerings}) \
         UNION ALL \
         SELECT 'term', o.offering_id, o.term_id, NULL, NULL, NULL, NULL, NULL, e.first_day, NULL, \
         CAST(0 AS BIGINT) \
         FROM offering_terms o \
         JOIN terms e ON e.organiser_id = o.organiser_id AND e.id = o.term_id \
         WHERE o.organiser_id = $1 AND o.withdrawn_at IS NULL AND o.offering_id IN ({offerings}) \
         UNION ALL \
         SELECT 'places', p.offering_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, count(*) \
         FROM participations p \
         WHERE p.organiser_id = $1 AND p.withdrawn_at IS NULL AND p.offering_id IN ({offerings}) \
         AND p.state IN ({occupying}) GROUP BY p.offering_id"
    );
    let mut cells: Vec<Cell> = vec![Uid::of(scope.organiser()).into()];
    cells.extend(ids.into_iter().map(Cell::from));
    cells.extend(StateCode::OCCUPYING.iter().map(|state| Cell::from(state.code().to_owned())));
    for row in load::<PartRow>(connection, text, cells)? {
        let offering = found.entry(row.offering_id).or_default();
        match (row.part.as_str(), row.duty_or_term_id, row.role, row.first_day) {
            ("teacher", Some(duty), Some(role), Some(first)) => {
                let teacher = teacher::teacher(row.offering_id, duty, &role, first, row.last_day)?;
                let name = (row.given_name, row.family_name);
                let person = shown_name::of_staff(scope, row.person_id, name, row.plan)
                    .map(|(id, given_name, family_name)| TeacherPerson { id, given_name, family_name });
                offering.teachers.push(TeacherView { teacher, person });
            }
            ("term", Some(term), _, Some(first)) => {
                offering.terms.insert((first, term));
            }
            _ => offering.places_taken = u32::try_from(row.taken).unwrap_or(u32::MAX),
        }
    }
    for parts in found.values_mut() {
        parts.teachers.sort_by_key(|view| {
            let OfferingTeacher { duty, period, role } = &view.teacher;
            (period.from(), *role, *duty)
        });
    }
    Ok(found)
}

/// Holds an offering until the end of the transaction: its places are counted and given out
/// by one at a time. SQLite has one writer anyway.
///
/// # Errors
/// A failure of the database.
pub fn lock(tx: &mut Tx<'_>, _scope: &Scope, id: OfferingId) -> Result<(), Error> {
    tx.lock_in("course_offerings", &[Uid::of(id)])
}

/// Holds the school unit until the end of the transaction: offerings become parts of each other,
/// and duties are given work in them, one at a time. Comes before [`lock`].
///
/// # Errors
/// A failure of the database.
pub fn lock_unit(tx: &mut Tx<'_>, _scope: &Scope, id: SchoolUnitId) -> Result<(), Error> {
    tx.lock_in("school_units", &[Uid::of(id)])
}

/// Enters offerings with their terms.
///
/// # Errors
/// A failure of the database.
pub fn insert_many(
    tx: &mut Tx<'_>,
    scope: &Scope,
    new: &[(OfferingId, Offering)],
) -> Result<Vec<Saved<OfferingId, Offering>>, Error> {
    let (now, organiser) = (tx.now(), Uid::of(scope.organiser()));
    let rows: Vec<OfferingRow> =
        new.iter().map(|(id, offering)| OfferingRow::of(organiser, Uid::of(*id), now, offering)).collect();
    tx.insert(&rows)?;
    let covered: Vec<OfferingTermRow> = new
        .iter()
        .flat_map(|(id, offering)| {
            offering.terms.iter().map(move |term| OfferingTermRow::of(organiser, Uid::of(*id), *term, now))
        })
        .collect();
    tx.insert(&covered)?;
    rows.into_iter().zip(new).map(|(row, (_, offering))| row.into_saved(offering.terms.clone())).collect()
}

/// Saves new states of offerings, each as the next version after the state it was made from.
///
/// # Errors
/// [`Error::Stale`] when one has changed meanwhile; a failure of the database.
pub fn update_many(
    tx: &mut Tx<'_>,
    scope: &Scope,
    changes: &[(Saved<OfferingId, Offering>, Offering)],
) -> Result<Vec<Saved<OfferingId, Offering>>, Error> {
    let states = changes
        .iter()
        .map(|(before, after)| {
            let old = OfferingRow::before(scope, before);
            let new = OfferingRow::of(old.organiser_id, old.id, old.created_at, after);
            (old, new, before.value.terms != after.terms)
        })
        .collect();
    let rows = tx.write_states(states)?;
    let moved: BTreeMap<Uid, &[TermId]> = changes
        .iter()
        .filter(|(before, after)| before.value.terms != after.terms)
        .map(|(before, after)| (Uid::of(before.id), after.terms.as_slice()))
        .collect();
    save_terms(tx, scope, &moved)?;
    rows.into_iter().zip(changes).map(|(row, (_, after))| row.into_saved(after.terms.clone())).collect()
}

/// Makes the offering a new version because its parts (its teachers) change.
///
/// # Errors
/// As [`update_many`].
pub fn touch(tx: &mut Tx<'_>, scope: &Scope, before: &Saved<OfferingId, Offering>) -> Result<(), Error> {
    tx.advance(&OfferingRow::before(scope, before)).map(drop)
}

/// Makes the offerings cover exactly these terms.
fn save_terms(tx: &mut Tx<'_>, scope: &Scope, covered: &BTreeMap<Uid, &[TermId]>) -> Result<(), Error> {
    if covered.is_empty() {
        return Ok(());
    }
    let (now, organiser) = (tx.now(), Uid::of(scope.organiser()));
    let mut present: BTreeMap<Uid, OfferingTermRow> = BTreeMap::new();
    for ids in covered.keys().copied().collect::<Vec<_>>().chunks(MOST_IDS) {
        let rows: Vec<OfferingTermRow> = offering_terms::table
            .filter(offering_terms::organiser_id.eq(organiser))
            .filter(offering_terms::offering_id.eq_any(ids.to_vec()))
            .select(OfferingTermRow::as_select())
            .load(tx.connection())?;
        present.extend(rows.into_iter().map(|row| (row.id, row)));
    }
    let (mut new, mut changed) = (Vec::new(), Vec::new());
    for (offering, terms) in covered {
        for term in *terms {
            let wanted = OfferingTermRow::of(organiser, *offering, *term, now);
            match present.remove(&wanted.id) {
                Some(before) => changed.push((before, wanted)),
                None => new.push(wanted),
            }
        }
    }
    for before in present.into_values().filter(|row| row.withdrawn_at.is_none()) {
        let after = OfferingTermRow { withdrawn_at: Some(now), ..before.clone() };
        changed.push((before, after));
    }
    tx.update_many(changed)?;
    tx.insert(&new)
}

/// Withdraws an offering as a mistaken entry.
///
/// # Errors
/// As [`update_many`].
pub fn withdraw(tx: &mut Tx<'_>, scope: &Scope, before: &Saved<OfferingId, Offering>) -> Result<(), Error> {
    let old = OfferingRow::before(scope, before);
    let new = OfferingRow { withdrawn_at: Some(tx.now()), ..old.clone() };
    tx.update(&old, new).map(drop)
}

impl OfferingTermRow {
    fn of(organiser_id: Uid, offering_id: Uid, term: TermId, now: Ts) -> Self {
        let term_id = Uid::of(term);
        Self {
            organiser_id,
            id: Uid::derived("offering_terms", offering_id, &[term_id.0.as_bytes()]),
            version: 1,
            created_at: now,
            modified_at: now,
            withdrawn_at: None,
            offering_id,
            term_id,
        }
    }
}

fn inconsistent(id: Uid, refusal: &Refusal) -> Error {
    Error::Inconsistent {
        table: "course_offerings",
        id: id.0.to_string(),
        detail: format!("{:?}", refusal.rule),
    }
}

impl OfferingRow {
    /// The first version of a row.
    fn of(organiser_id: Uid, id: Uid, now: Ts, offering: &Offering) -> Self {
        // The domain's bounds lie far below.
        fn number(count: u32) -> Option<i32> {
            i32::try_from(count).ok()
        }
        let Offering {
            course,
            school_unit,
            title,
            terms: _,
            period: _,
            course_type,
            course_numbers,
            form,
            pace,
            planned_time,
            course_days,
            meeting_days,
            site,
            capacity,
            part_of,
        } = offering;
        let numbers: Map<String, Value> =
            course_numbers.iter().map(|(term, number)| (term.to_string(), number.as_str().into())).collect();
        Self {
            organiser_id,
            id,
            version: 1,
            created_at: now,
            modified_at: now,
            withdrawn_at: None,
            course_id: Uid::of(*course),
            school_unit_id: Uid::of(*school_unit),
            title: title.as_str().to_owned(),
            title_sort_key: sort_key_of_text(title.as_str()),
            title_search_key: search_key_of_text(title.as_str()),
            first_day: offering.period.from(),
            last_day: offering.last_day(),
            course_type: course_type.as_ref().map(|code| code.as_str().to_owned()),
            course_numbers: Json(Value::Object(numbers)),
            form: form.code().to_owned(),
            pace_percent: i32::from(pace.percent()),
            planned_minutes: planned_time.map(PlannedTime::minutes),
            course_days: course_days.and_then(number),
            meeting_days: meeting_days.and_then(number),
            site_id: site.map(Uid::of),
            capacity: capacity.and_then(number),
            part_of_id: part_of.map(Uid::of),
        }
    }

    fn before(scope: &Scope, before: &Saved<OfferingId, Offering>) -> Self {
        let Saved { id, version, created_at, modified_at, value } = before;
        let row = Self::of(Uid::of(scope.organiser()), Uid::of(*id), Ts::of(*created_at), value);
        Self { version: *version, modified_at: Ts::of(*modified_at), ..row }
    }

    fn into_saved(self, terms: Vec<TermId>) -> Result<Saved<OfferingId, Offering>, Error> {
        let Self {
            organiser_id: _,
            id,
            version,
            created_at,
            modified_at,
            withdrawn_at: _,
            course_id,
            school_unit_id,
            title,
            title_sort_key: _,
            title_search_key: _,
            first_day,
            last_day,
            course_type,
            course_numbers,
            form,
            pace_percent,
            planned_minutes,
            course_days,
            meeting_days,
            site_id,
            capacity,
            part_of_id,
        } = self;
        let refused = |refusal: Refusal| inconsistent(id, &refusal);
        let numbers: BTreeMap<String, String> =
            serde_json::from_value(course_numbers.0).map_err(|_| Error::Inconsistent {
                table: "course_offerings",
                id: id.0.to_string(),
                detail: "course_numbers is no map".to_owned(),
            })?;
        let count = |count: i32| u32::try_from(count).ok();
        let value = Offering {
            course: course_id.to(),
            school_unit: school_unit_id.to(),
            title: Text::line(&title, 200).map_err(refused)?,
            terms,
            period: Period::new(first_day, Some(last_day)).map_err(refused)?,
            course_type: course_type.map(|code| Code::new(&code)).transpose().map_err(refused)?,
            course_numbers: numbers
                .into_iter()
                .map(|(term, number)| Ok((ReportTerm::parse(&term)?, Text::line(&number, 20)?)))
                .collect::<Result<_, _>>()
                .map_err(refused)?,
            form: StudyForm::from_code(&form).map_err(refused)?,
            pace: Pace::new(pace_percent).map_err(refused)?,
            planned_time: planned_minutes.map(PlannedTime::from_minutes).transpose().map_err(refused)?,
            course_days: course_days.and_then(count),
            meeting_days: meeting_days.and_then(count),
            site: site_id.map(Uid::to),
            capacity: capacity.and_then(count),
            part_of: part_of_id.map(Uid::to),
        };
        Ok(Saved { id: id.to(), version, created_at: created_at.0, modified_at: modified_at.0, value })
    }
}
