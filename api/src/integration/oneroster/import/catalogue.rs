//! `courses.csv` → the catalogue; `classes.csv` → course offerings.
//!
//! A course without a code gets its identifier as one, or the beginning of it; so does one whose
//! code another course has, because the standard lets each school have its own course of a code. A
//! class becomes an offering on site at full pace over the days of its terms; what the school says
//! otherwise later stays.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::NaiveDate;
use skolhus_domain::{
    access::Scope,
    course::{Course, NewCourse, NewOffering, Offering, OfferingContext},
    id::{CourseId, Id, OfferingId, SchoolUnitId, TermId},
    organisation::Term,
    period::{FIRST_DATE, Period},
    text::Text,
};
use skolhus_persistence::{
    DatabaseConnection, Direction, Error, PageRequest,
    course::{
        course::{self, CourseFilter, CourseSort},
        offering,
    },
    organisation::term,
};

use super::{
    super::{
        plan::{Difference, Kind},
        rows::{self, Class, Row},
    },
    context::{Context, active},
    writes::{Decided, entity},
};

pub(super) fn courses(
    context: &Context,
    connection: &mut DatabaseConnection,
    scope: &Scope,
    rows: &[Row<rows::Course>],
) -> Result<Decided, Error> {
    let mut decided = Decided::default();
    let known =
        context.known(connection, scope, entity::COURSE, active(rows).map(|(row, _)| row.id.as_str()))?;
    let ids: Vec<CourseId> = known.values().map(|known| Id::from_uuid(known.id)).collect();
    let present: HashMap<CourseId, _> =
        course::find_many(connection, scope, &ids)?.into_iter().map(|saved| (saved.id, saved)).collect();
    let mut taken = codes_taken(connection, scope, rows)?;
    for (row, wanted) in active(rows) {
        let mut code = code_of(row, wanted);
        let found = known.get(row.id.as_str());
        if found.is_none() && taken.contains(&code) {
            code = id_as_code(row);
        }
        let new = NewCourse {
            code: &code,
            title: wanted.title.as_str(),
            subject_code: wanted.subject_codes.first().map(Text::as_str),
            kind: "course",
            points: None,
            valid: (FIRST_DATE, None),
        };
        let course = match new.validate() {
            Ok(course) => course,
            Err(refusals) => {
                decided.refuse_all(row, refusals, |pointer| match pointer {
                    "/code" => "courseCode",
                    "/subjectCode" => "subjectCodes",
                    _ => "title",
                });
                continue;
            }
        };
        let before = found.and_then(|found| present.get(&Id::from_uuid(found.id)));
        match (found, before) {
            (Some(found), Some(before)) => {
                let mut after = before.value.clone();
                let mut fields = Vec::new();
                // A code that had to give way is not tried again and again.
                let own = before.value.code == course.code || before.value.code.as_str() == id_as_code(row);
                if !own && !taken.contains(course.code.as_str()) {
                    after.code = course.code;
                    fields.push("code");
                }
                if after.title != course.title {
                    after.title = course.title;
                    fields.push("title");
                }
                if course.subject_code.is_some() && after.subject_code != course.subject_code {
                    after.subject_code = course.subject_code;
                    fields.push("subjectCode");
                }
                if found.absent && after.valid.to().is_some() {
                    after.valid = course.valid;
                    fields.push("valid");
                }
                if decided.differs(Kind::Course, entity::COURSE, row, fields, found.absent) {
                    decided.writes.changed_courses.push((before.clone(), after));
                }
            }
            (Some(_), None) => decided.same(Kind::Course),
            (None, _) => {
                taken.insert(course.code.as_str().to_owned());
                let id: CourseId = context.fresh();
                decided.writes.courses.push((id, course));
                decided.brought(entity::COURSE, id.uuid(), &row.id);
                decided.note(Kind::Course, Difference::Add, row);
            }
        }
    }
    Ok(decided)
}

fn code_of(row: &Row<rows::Course>, course: &rows::Course) -> String {
    match &course.code {
        Some(code) if code.as_str().chars().count() <= 40 => code.as_str().to_owned(),
        _ => id_as_code(row),
    }
}

fn id_as_code(row: &Row<rows::Course>) -> String {
    row.id.as_str().chars().take(40).collect()
}

/// Codes of the chunk that courses of the register have already.
fn codes_taken(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    rows: &[Row<rows::Course>],
) -> Result<HashSet<String>, Error> {
    let codes: BTreeSet<String> = active(rows).map(|(row, course)| code_of(row, course)).collect();
    if codes.is_empty() {
        return Ok(HashSet::new());
    }
    let filter = CourseFilter { codes: codes.into_iter().collect(), ..CourseFilter::default() };
    let request = PageRequest {
        limit: 10_000,
        sort: CourseSort::default(),
        direction: Direction::Ascending,
        after: None,
        modified_after: None,
    };
    let page = course::list(connection, scope, &filter, &request)?;
    Ok(page.items.into_iter().map(|course| course.value.code.into_string()).collect())
}

pub(super) fn classes(
    context: &Context,
    connection: &mut DatabaseConnection,
    scope: &Scope,
    rows: &[Row<Class>],
) -> Result<Decided, Error> {
    let mut decided = Decided::default();
    let known =
        context.known(connection, scope, entity::OFFERING, active(rows).map(|(row, _)| row.id.as_str()))?;
    let courses = context.known(
        connection,
        scope,
        entity::COURSE,
        active(rows).map(|(_, class)| class.course.as_str()),
    )?;
    let units = context.known(
        connection,
        scope,
        entity::UNIT,
        active(rows).map(|(_, class)| class.school.as_str()),
    )?;
    let named: BTreeSet<String> = active(rows)
        .flat_map(|(_, class)| class.terms.iter().flat_map(|term| context.index.terms_of(term.as_str())))
        .collect();
    let terms = context.known(connection, scope, entity::TERM, named.iter().map(String::as_str))?;
    let ids: Vec<TermId> = terms.values().map(|known| Id::from_uuid(known.id)).collect();
    let saved: HashMap<TermId, Term> =
        term::find_many(connection, scope, &ids)?.into_iter().map(|term| (term.id, term.value)).collect();
    // Where the register and the set differ, the set is what will be.
    let mut found_terms: HashMap<String, (TermId, Term)> = HashMap::new();
    for name in named {
        let id = terms.get(&name).map(|known| Id::from_uuid(known.id));
        let said = context.index.sessions.get(&name).and_then(|session| session.term().ok());
        let term = said.or_else(|| id.and_then(|id| saved.get(&id).cloned()));
        let id = id.or_else(|| context.planning.then(|| context.fresh()));
        if let (Some(id), Some(term)) = (id, term) {
            found_terms.insert(name, (id, term));
        }
    }
    let ids: Vec<OfferingId> = known.values().map(|known| Id::from_uuid(known.id)).collect();
    let present: HashMap<OfferingId, _> =
        offering::find_many(connection, scope, &ids)?.into_iter().map(|saved| (saved.id, saved)).collect();
    for (row, class) in active(rows) {
        let Some(course) = context.follow::<CourseId>(&courses, &class.course) else {
            decided.unknown(row, "courseSourcedId");
            continue;
        };
        let Some(unit) = context.follow::<SchoolUnitId>(&units, &class.school) else {
            decided.unknown(row, "schoolSourcedId");
            continue;
        };
        let mut its_terms: Vec<(TermId, Term)> = class
            .terms
            .iter()
            .flat_map(|term| context.index.terms_of(term.as_str()))
            .filter_map(|name| found_terms.get(&name).cloned())
            .collect();
        its_terms.sort_by_key(|(id, term)| (term.first_day(), *id));
        its_terms.dedup_by_key(|(id, _)| *id);
        let Some((first_day, last_day)) = hull(&its_terms) else {
            decided.unknown(row, "termSourcedIds");
            continue;
        };
        let wanted = match new_offering(class, course, unit, &its_terms, (first_day, last_day)) {
            Ok(offering) => offering,
            Err(refusals) => {
                decided.refuse_all(row, refusals, |pointer| {
                    if pointer.starts_with("/title") { "title" } else { "termSourcedIds" }
                });
                continue;
            }
        };
        let found = known.get(row.id.as_str());
        let before = found.and_then(|found| present.get(&Id::from_uuid(found.id)));
        match (found, before) {
            (Some(found), Some(before)) => {
                let old = &before.value;
                let mut fields = Vec::new();
                for (field, differs) in [
                    ("title", old.title != wanted.title),
                    ("courseId", old.course != wanted.course),
                    ("schoolUnitId", old.school_unit != wanted.school_unit),
                    ("termIds", old.terms != wanted.terms),
                    ("firstDay", old.period.from() != wanted.period.from()),
                    ("lastDay", old.period.to() != wanted.period.to()),
                ] {
                    if differs {
                        fields.push(field);
                    }
                }
                if decided.differs(Kind::Offering, entity::OFFERING, row, fields, found.absent) {
                    let after = Offering {
                        title: wanted.title,
                        course: wanted.course,
                        school_unit: wanted.school_unit,
                        terms: wanted.terms,
                        period: wanted.period,
                        ..before.value.clone()
                    };
                    decided.writes.changed_offerings.push((before.clone(), after));
                }
            }
            (Some(_), None) => decided.same(Kind::Offering),
            (None, _) => {
                let id: OfferingId = context.fresh();
                decided.writes.offerings.push((id, wanted));
                decided.brought(entity::OFFERING, id.uuid(), &row.id);
                decided.note(Kind::Offering, Difference::Add, row);
            }
        }
    }
    Ok(decided)
}

fn hull(terms: &[(TermId, Term)]) -> Option<(NaiveDate, NaiveDate)> {
    let first = terms.iter().map(|(_, term)| term.first_day()).min()?;
    let last = terms.iter().map(|(_, term)| term.last_day()).max()?;
    Some((first, last))
}

fn new_offering(
    class: &Class,
    course: CourseId,
    unit: SchoolUnitId,
    terms: &[(TermId, Term)],
    (first_day, last_day): (NaiveDate, NaiveDate),
) -> Result<Offering, skolhus_domain::refusal::Refusals> {
    // An imported course is valid on every day.
    let always = Course {
        code: class.title.clone(),
        title: class.title.clone(),
        subject_code: None,
        kind: skolhus_domain::course::CourseKind::Course,
        points: None,
        valid: Period::new(FIRST_DATE, None)?,
    };
    let new = NewOffering {
        course,
        school_unit: unit,
        title: class.title.as_str(),
        terms: terms.iter().map(|(id, _)| *id).collect(),
        first_day,
        last_day,
        course_type: None,
        course_numbers: std::collections::BTreeMap::new(),
        form: "on-site",
        pace_percent: 100,
        planned_hours: None,
        course_days: None,
        meeting_days: None,
        site: None,
        capacity: None,
        part_of: None,
    };
    new.validate(&OfferingContext { course: &always, terms, course_types: &[], site: None, outer: None })
}
