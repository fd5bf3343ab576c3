//! Education backgrounds (utbildningsbakgrund): what participants stated, and what the school has certified.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel::{dsl::sql, prelude::*, sql_types::Bool};
use skolhus_domain::{
    access::Scope,
    code::Code,
    education_background::{Basis, Certification, EducationBackground, Statement},
    id::{EducationBackgroundId, OfferingId, PersonId, SchoolUnitId},
    participation::Reason,
    person::{NameDraft, PersonName},
    refusal::{Refusal, Rule},
    text::Text,
};

use crate::{
    Saved,
    core::{
        connection::{DatabaseConnection, MultiBackend},
        error::Error,
        page::{Cursor, Page, PageRequest, date, keyset, text},
        reach,
        record::record,
        rows::{Cell, load},
        tx::Tx,
        types::{Guid, Ts, Uid},
        value_row::{self, ValueRow, saved},
    },
    schema::{course_offerings, education_backgrounds, enrolments, participations, persons},
};

record! {
    /// A row: one for each person of whom something was stated or certified.
    pub(crate) struct EducationBackgroundRow in education_backgrounds as "education background" {
        person_id: Uid,
        stated_code: Option<String>,
        stated_evidence: Option<String>,
        stated_on: Option<NaiveDate>,
        certified_code: Option<String>,
        certified_by_id: Option<Uid>,
        certified_on: Option<NaiveDate>,
        basis: Option<String>,
        certified_evidence: Option<String>,
        correction: Option<String>,
    }
}

/// As it is saved.
pub type SavedBackground = Saved<EducationBackgroundId, EducationBackground>;

/// What a list is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum EducationBackgroundSort {
    /// The person's name, in Swedish order.
    #[default]
    Name,
    /// When it was stated; nothing stated comes first.
    StatedOn,
}

/// Which are asked for. An empty list asks for all.
#[derive(Clone, Debug, Default)]
pub struct EducationBackgroundFilter {
    /// Of these persons.
    pub persons: Vec<PersonId>,
    /// Of those enrolled at one of these school units.
    pub school_units: Vec<SchoolUnitId>,
    /// Of those who take part in one of these offerings.
    pub offerings: Vec<OfferingId>,
    /// With one of these values certified.
    pub certified: Vec<String>,
    /// Only where somebody should certify it, or only where nobody need.
    pub waits: Option<bool>,
}

/// A person within reach, and what is known of their education.
#[derive(Clone, Debug)]
pub struct PersonBackground {
    /// Who.
    pub person: PersonId,
    /// Their name.
    pub name: PersonName,
    /// What is known; none where nothing was stated or certified.
    pub saved: Option<SavedBackground>,
}

impl PersonBackground {
    /// The version that a change is decided on: 0 where nothing is known.
    #[must_use]
    pub fn version(&self) -> i64 {
        self.saved.as_ref().map_or(0, |saved| saved.version)
    }

    /// What is known, or that nothing is.
    #[must_use]
    pub fn value(&self) -> EducationBackground {
        let known = self.saved.as_ref().map(|saved| saved.value.clone());
        known.unwrap_or_else(|| EducationBackground::unknown(self.person))
    }
}

impl ValueRow for EducationBackgroundRow {
    type Id = EducationBackgroundId;
    type Value = EducationBackground;

    fn of(organiser_id: Uid, id: Uid, now: Ts, value: &EducationBackground) -> Self {
        let (stated, certified) = (value.stated(), value.certified());
        let words = |text: &Text| text.as_str().to_owned();
        Self {
            organiser_id,
            id,
            version: 1,
            created_at: now,
            modified_at: now,
            withdrawn_at: None,
            person_id: Uid::of(value.person()),
            stated_code: stated.map(|stated| stated.code.as_str().to_owned()),
            stated_evidence: stated.and_then(|stated| stated.evidence.as_ref().map(words)),
            stated_on: stated.map(|stated| stated.on),
            certified_code: certified.map(|certified| certified.code.as_str().to_owned()),
            certified_by_id: certified.map(|certified| Uid::of(certified.by)),
            certified_on: certified.map(|certified| certified.on),
            basis: certified.map(|certified| certified.basis.code().to_owned()),
            certified_evidence: certified.map(|certified| words(&certified.evidence)),
            correction: certified
                .and_then(|certified| certified.correction.as_ref().map(|why| why.as_str().to_owned())),
        }
    }

    fn into_value(self) -> Result<EducationBackground, Error> {
        let Self {
            organiser_id: _,
            id,
            version: _,
            created_at: _,
            modified_at: _,
            withdrawn_at: _,
            person_id,
            stated_code,
            stated_evidence,
            stated_on,
            certified_code,
            certified_by_id,
            certified_on,
            basis,
            certified_evidence,
            correction,
        } = self;
        let refused = value_row::inconsistent::<Self>(id);
        let stated = match (stated_code, stated_on) {
            (Some(code), Some(on)) => Some(Statement {
                code: Code::new(&code).map_err(refused)?,
                evidence: stated_evidence
                    .map(|words| Text::line(&words, 500))
                    .transpose()
                    .map_err(refused)?,
                on,
            }),
            _ => None,
        };
        let certified = match (certified_code, certified_by_id, certified_on, basis, certified_evidence) {
            (Some(code), Some(by), Some(on), Some(basis), Some(evidence)) => Some(Certification {
                code: Code::new(&code).map_err(refused)?,
                by: by.to(),
                on,
                basis: Basis::from_code(&basis).map_err(refused)?,
                evidence: Text::line(&evidence, 500).map_err(refused)?,
                correction: correction.map(|why| Reason::new(&why)).transpose().map_err(refused)?,
            }),
            (None, ..) => None,
            _ => return Err(refused(Refusal::new(Rule::Format, "a certification is whole"))),
        };
        EducationBackground::from_parts(person_id.to(), stated, certified).map_err(refused)
    }
}

/// Persons with what is known of their education.
#[diesel::dsl::auto_type]
fn joined() -> _ {
    let known = education_backgrounds::organiser_id
        .eq(persons::organiser_id)
        .and(education_backgrounds::person_id.eq(persons::id))
        .and(education_backgrounds::withdrawn_at.is_null());
    persons::table.left_join(education_backgrounds::table.on(known))
}

type Joined<'a> = diesel::dsl::IntoBoxed<'a, joined, MultiBackend>;
/// The person: id, sort key and name. What is known.
type ViewRow =
    ((Uid, String, (String, Option<String>, String, Option<String>)), Option<EducationBackgroundRow>);

fn reachable<'a>(scope: &Scope) -> Joined<'a> {
    joined().into_boxed().filter(reach::persons(scope))
}

fn load_views(query: Joined<'_>, connection: &mut DatabaseConnection) -> Result<Vec<ViewRow>, Error> {
    let name =
        (persons::given_name, persons::middle_name, persons::family_name, persons::preferred_given_name);
    Ok(query
        .select(((persons::id, persons::name_sort_key, name), Option::<EducationBackgroundRow>::as_select()))
        .load(connection)?)
}

fn view(
    ((id, _, (given, middle, family, preferred_given)), row): ViewRow,
) -> Result<PersonBackground, Error> {
    let name = PersonName::new(&NameDraft { given, middle, family, preferred_given });
    let name = name.map_err(|_| Error::Inconsistent {
        table: "persons",
        id: id.0.to_string(),
        detail: "the name cannot be read".to_owned(),
    })?;
    Ok(PersonBackground { person: id.to(), name, saved: row.map(saved).transpose()? })
}

/// What is known of the persons within reach, in no certain order.
///
/// # Errors
/// A failure of the database.
pub fn of_persons(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    ids: &[PersonId],
) -> Result<Vec<PersonBackground>, Error> {
    let query = reachable(scope).filter(persons::id.eq_any(Uid::all(ids)));
    load_views(query, connection)?.into_iter().map(view).collect()
}

/// What is known of a person within reach; none for somebody out of it.
///
/// # Errors
/// A failure of the database.
pub fn find(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    person: PersonId,
) -> Result<Option<PersonBackground>, Error> {
    Ok(of_persons(connection, scope, &[person])?.pop())
}

/// Somebody should certify it: nothing is certified, or another value was stated since. As
/// `EducationBackground::waits_for_certification` says in the domain.
const WAITS: &str = "(education_backgrounds.certified_code IS NULL OR (education_backgrounds.stated_on IS NOT NULL \
    AND education_backgrounds.stated_on > education_backgrounds.certified_on \
    AND education_backgrounds.stated_code <> education_backgrounds.certified_code))";
const DOES_NOT_WAIT: &str = "(education_backgrounds.certified_code IS NOT NULL AND (education_backgrounds.stated_on IS NULL \
    OR education_backgrounds.stated_on <= education_backgrounds.certified_on \
    OR education_backgrounds.stated_code = education_backgrounds.certified_code))";

/// One page of those who are or were enrolled, with what is known of their education.
///
/// # Errors
/// A failure of the database.
pub fn list(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filter: &EducationBackgroundFilter,
    request: &PageRequest<EducationBackgroundSort>,
) -> Result<Page<PersonBackground>, Error> {
    let enrolled = enrolments::table
        .filter(enrolments::organiser_id.eq(persons::organiser_id))
        .filter(enrolments::person_id.eq(persons::id))
        .filter(enrolments::withdrawn_at.is_null());
    let mut query = reachable(scope);
    query = match filter.school_units.as_slice() {
        [] => query.filter(diesel::dsl::exists(enrolled)),
        units => {
            let there = enrolled.filter(enrolments::school_unit_id.eq_any(Uid::all(units)));
            query.filter(diesel::dsl::exists(there))
        }
    };
    if !filter.persons.is_empty() {
        query = query.filter(persons::id.eq_any(Uid::all(&filter.persons)));
    }
    if !filter.offerings.is_empty() {
        let there = course_offerings::organiser_id
            .eq(participations::organiser_id)
            .and(course_offerings::id.eq(participations::offering_id));
        let taking_part = participations::table
            .inner_join(course_offerings::table.on(there))
            .filter(participations::organiser_id.eq(persons::organiser_id))
            .filter(participations::person_id.eq(persons::id))
            .filter(participations::withdrawn_at.is_null())
            .filter(reach::offerings(scope))
            .filter(participations::offering_id.eq_any(Uid::all(&filter.offerings)));
        query = query.filter(diesel::dsl::exists(taking_part));
    }
    if !filter.certified.is_empty() {
        query = query.filter(education_backgrounds::certified_code.eq_any(filter.certified.clone()));
    }
    if let Some(waits) = filter.waits {
        query = query.filter(sql::<Bool>(if waits { WAITS } else { DOES_NOT_WAIT }));
    }
    if let Some(after) = request.modified_after {
        query = query.filter(education_backgrounds::modified_at.gt(Ts::of(after)));
    }
    // Nothing stated is as if stated before all else, so that the key of a page has no gaps.
    let stated_on = || sql::<diesel::sql_types::Date>(STATED_ON);
    let query = match request.sort {
        EducationBackgroundSort::Name => keyset!(query, request, persons::name_sort_key, persons::id, text),
        EducationBackgroundSort::StatedOn => keyset!(query, request, stated_on(), persons::id, date),
    };
    let cursor = |((id, sort_key, _), row): &ViewRow| Cursor {
        key: match request.sort {
            EducationBackgroundSort::Name => sort_key.clone(),
            EducationBackgroundSort::StatedOn => {
                row.as_ref().and_then(|row| row.stated_on).unwrap_or(BEFORE_ALL).to_string()
            }
        },
        id: id.0,
    };
    Page::cut(load_views(query, connection)?, request.limit, cursor).try_map(view)
}

const STATED_ON: &str = "COALESCE(education_backgrounds.stated_on, '0001-01-01')";
const BEFORE_ALL: NaiveDate = match NaiveDate::from_ymd_opt(1, 1, 1) {
    Some(day) => day,
    None => NaiveDate::MIN,
};

/// Holds the persons until the transaction ends: there is one row for each.
///
/// # Errors
/// A failure of the database.
pub fn lock(tx: &mut Tx<'_>, persons: &[PersonId]) -> Result<(), Error> {
    tx.lock_in("persons", &Uid::all(persons))
}

/// Saves what is known now of each person, in at most two statements, and why it was corrected.
///
/// # Errors
/// [`Error::Stale`] when one has changed meanwhile; a failure of the database.
pub fn save_many(
    tx: &mut Tx<'_>,
    scope: &Scope,
    changes: &[(PersonBackground, EducationBackground)],
) -> Result<(), Error> {
    let (mut new, mut changed) = (Vec::new(), Vec::new());
    for (before, after) in changes {
        match &before.saved {
            Some(saved) => changed.push((saved.clone(), after.clone())),
            None => new.push((tx.fresh_id(), after.clone())),
        }
    }
    value_row::insert_many::<EducationBackgroundRow>(tx, scope, &new)?;
    value_row::update_many::<EducationBackgroundRow>(tx, scope, &changed)?;
    Ok(())
}

/// Withdraws a mistaken entry.
///
/// # Errors
/// As [`save_many`].
pub fn withdraw(tx: &mut Tx<'_>, scope: &Scope, before: &SavedBackground) -> Result<(), Error> {
    value_row::withdraw_many::<EducationBackgroundRow>(tx, scope, std::slice::from_ref(before))
}

/// Those who are related to each of the persons, in whichever direction and state, protected ones too: for the rule who may
/// certify, shown to nobody.
///
/// # Errors
/// A failure of the database.
pub fn related(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    ids: &[PersonId],
) -> Result<BTreeMap<PersonId, Vec<PersonId>>, Error> {
    #[derive(QueryableByName)]
    struct Pair {
        #[diesel(sql_type = Guid)]
        person: Uid,
        #[diesel(sql_type = Guid)]
        relative: Uid,
    }
    let mut related: BTreeMap<PersonId, Vec<PersonId>> = BTreeMap::new();
    if ids.is_empty() {
        return Ok(related);
    }
    let mut cells: Vec<Cell> = vec![Uid::of(scope.organiser()).into()];
    let places: Vec<String> = ids
        .iter()
        .map(|id| {
            cells.push(Uid::of(*id).into());
            format!("${}", cells.len())
        })
        .collect();
    let places = places.join(", ");
    let text = format!(
        "SELECT person_id AS person, relative_id AS relative FROM relations \
         WHERE organiser_id = $1 AND withdrawn_at IS NULL AND person_id IN ({places}) \
         UNION SELECT relative_id, person_id FROM relations \
         WHERE organiser_id = $1 AND withdrawn_at IS NULL AND relative_id IN ({places})"
    );
    for Pair { person, relative } in load::<Pair>(connection, text, cells)? {
        related.entry(person.to()).or_default().push(relative.to());
    }
    Ok(related)
}
