//! A course offering as the interface shows and takes it.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use skolhus_domain::{
    access::{ClassSet, InformationClass, Scope},
    course::{
        DEEPEST, NewOffering, Offering, OfferingContext, OfferingTeacher, PlannedTime, StudyForm,
        TeacherRole, outermost, places_left,
    },
    id::{Id, OfferingId, PersonId},
    period::Period,
    refusal::{Refusal, Refusals, Rule},
};
use skolhus_persistence::{
    DatabaseConnection, Saved,
    course::{
        course,
        offering::{self, OfferingView, TeacherPerson, TeacherView},
        teacher,
    },
    organisation::{code, school_unit, site, term},
};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};
use uuid::Uuid;
use validator::Validate;

use crate::http::{
    period::PeriodDocument,
    problem::Problem,
    words::{codes, words},
};

words! {
    /// Where participants study: at the school, at a distance (possibly with some meetings), or some of both.
    StudyFormWord("StudyForm") = codes!(StudyForm);
    /// What someone does in an offering: answers for it and its results, teaches, assists, or stands in for another.
    TeacherRoleWord("TeacherRole") = codes!(TeacherRole);
}

/// A school's numbers for an offering by report term, as the document shows them.
pub struct CourseNumbers;

impl PartialSchema for CourseNumbers {
    fn schema() -> RefOr<Schema> {
        let term =
            ObjectBuilder::new().schema_type(Type::String).pattern(Some("^(19|20|21)[0-9]{2}(vt|ht)$"));
        let number = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(20));
        ObjectBuilder::new()
            .description(Some(
                "The school's number for an offering in each report term, by `2026vt` or `2026ht`.",
            ))
            .property_names(Some(term.build()))
            .additional_properties(Some(Schema::Object(number.build())))
            .examples([json!({ "2026ht": "101" })])
            .into()
    }
}
impl ToSchema for CourseNumbers {}

/// A course offering (kurstillfälle): a course held at a school unit, with its own dates.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CourseOffering)]
pub struct OfferingDocument {
    /// Its id.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c5")]
    pub id: Uuid,
    /// Its version, as in the `ETag`; its teachers are part of it, its participants are not.
    #[schema(example = 1, minimum = 1)]
    pub version: i64,
    /// When it was entered.
    #[schema(example = "2026-08-17T08:10:00Z")]
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    #[schema(example = "2026-08-17T08:10:00Z")]
    pub modified_at: DateTime<Utc>,
    /// The course or subject; valid on the first day.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub course_id: Uuid,
    /// The school unit that holds it.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000a1")]
    pub school_unit_id: Uuid,
    /// Its title.
    #[schema(example = "Allmän kurs, inriktning miljö")]
    pub title: String,
    /// The terms it covers, each once; each shares days with it.
    #[schema(example = json!(["0199a3f0-7c00-7000-8000-0000000000d1"]))]
    pub term_ids: Vec<Uuid>,
    /// The first day, 1900-01-01 to 2199-12-31.
    #[schema(example = "2026-08-17")]
    pub first_day: NaiveDate,
    /// The last day.
    #[schema(example = "2026-12-18")]
    pub last_day: NaiveDate,
    /// Its course type (kurstyp), for schools that report to SCB; valid on the first day.
    #[schema(example = "1")]
    pub course_type_code: Option<String>,
    /// The school's number for it in each report term, by `2026vt` or `2026ht`.
    #[schema(value_type = CourseNumbers, example = json!({"2026ht": "101"}))]
    pub course_numbers: BTreeMap<String, String>,
    /// Where participants study.
    #[schema(value_type = StudyFormWord, example = "on-site")]
    pub form: String,
    /// The pace of study it is planned for, in percent of full time.
    #[schema(example = 100)]
    pub pace_percent: i32,
    /// Planned clock hours of teaching, in steps of 0.25.
    #[schema(example = 380.5)]
    pub planned_hours: Option<f64>,
    /// How many days it has teaching (kursdagar).
    #[schema(example = 85)]
    pub course_days: Option<u32>,
    /// How many of them participants meet in one place (närträffar); none for studies on site.
    #[schema(example = 6)]
    pub meeting_days: Option<u32>,
    /// The site (filial) where it is held.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000a5")]
    pub site_id: Option<Uuid>,
    /// How many places it has; none for no limit. Only on an outermost offering.
    #[schema(example = 24)]
    pub capacity: Option<u32>,
    /// The offering that this one is a part of, at the same school unit.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c9")]
    pub part_of_id: Option<Uuid>,
    /// How many places are taken: everyone planned, active or on a study break is counted.
    #[schema(example = 17)]
    pub places_taken: u32,
    /// How many places are left; none where their number is not limited.
    #[schema(example = 7)]
    pub places_left: Option<u32>,
    /// Who teaches it, by first day.
    pub teachers: Vec<TeacherDocument>,
}

/// A teacher of an offering.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OfferingTeacher)]
pub struct TeacherDocument {
    /// The duty: the person at the school unit.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000f1")]
    pub duty_id: Uuid,
    /// The person; none where it may not be told.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000e1")]
    pub person_id: Option<Uuid>,
    /// The person's name, of a protected one the name that their handling plan shows; none where it may not be told.
    #[schema(example = "Åsa Öberg")]
    pub name: Option<String>,
    /// As what.
    #[schema(value_type = TeacherRoleWord, example = "responsible")]
    pub role: String,
    /// The days on which the duty works there.
    pub period: PeriodDocument,
}

impl TeacherDocument {
    fn of(view: TeacherView, scope: &Scope) -> Self {
        let TeacherView { teacher: OfferingTeacher { duty, period, role }, person } = view;
        let classes = |person: Option<PersonId>| match person {
            Some(person) => scope.classes_about(person),
            // What is shown of a protected person is a name that tells nothing.
            None => ClassSet::of(&[InformationClass::Basic]),
        };
        let shown = person.filter(|person| classes(person.id).has(InformationClass::Basic));
        let (person_id, name) = match shown {
            Some(TeacherPerson { id, given_name, family_name }) => {
                (id.map(Id::uuid), Some(format!("{given_name} {family_name}")))
            }
            None => (None, None),
        };
        Self {
            duty_id: duty.uuid(),
            person_id,
            name,
            role: role.code().to_owned(),
            period: PeriodDocument::of(period),
        }
    }
}

/// A teacher to stand in an offering.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewTeacher {
    /// The duty, at the offering's school unit.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000f1")]
    pub duty_id: Uuid,
    /// As what.
    #[schema(value_type = TeacherRoleWord, example = "responsible")]
    pub role: String,
    /// Within the offering's days and the duty's; no last day: as long as the offering.
    #[validate(nested)]
    pub period: PeriodDocument,
}

impl OfferingDocument {
    /// The document of an offering, with the teachers whom the scope may know.
    #[must_use]
    pub fn of(view: OfferingView, scope: &Scope) -> Self {
        let OfferingView { saved, places_taken, teachers } = view;
        let Saved { id, version, created_at, modified_at, value } = saved;
        let places_left = places_left(value.capacity, places_taken);
        let Fields {
            course_id,
            school_unit_id,
            title,
            term_ids,
            first_day,
            last_day,
            course_type_code,
            course_numbers,
            form,
            pace_percent,
            planned_hours,
            course_days,
            meeting_days,
            site_id,
            capacity,
            part_of_id,
        } = Fields::of(&value);
        Self {
            id: id.uuid(),
            version,
            created_at,
            modified_at,
            course_id,
            school_unit_id,
            title,
            term_ids,
            first_day,
            last_day,
            course_type_code,
            course_numbers,
            form,
            pace_percent,
            planned_hours,
            course_days,
            meeting_days,
            site_id,
            capacity,
            part_of_id,
            places_taken,
            places_left,
            teachers: teachers.into_iter().map(|teacher| TeacherDocument::of(teacher, scope)).collect(),
        }
    }
}

/// The fields of an offering that people decide, all of them.
pub(crate) struct Fields {
    pub(crate) course_id: Uuid,
    pub(crate) school_unit_id: Uuid,
    pub(crate) title: String,
    pub(crate) term_ids: Vec<Uuid>,
    pub(crate) first_day: NaiveDate,
    pub(crate) last_day: NaiveDate,
    pub(crate) course_type_code: Option<String>,
    pub(crate) course_numbers: BTreeMap<String, String>,
    pub(crate) form: String,
    pub(crate) pace_percent: i32,
    pub(crate) planned_hours: Option<f64>,
    pub(crate) course_days: Option<u32>,
    pub(crate) meeting_days: Option<u32>,
    pub(crate) site_id: Option<Uuid>,
    pub(crate) capacity: Option<u32>,
    pub(crate) part_of_id: Option<Uuid>,
}

impl Fields {
    /// The fields of an offering as it is.
    pub(crate) fn of(offering: &Offering) -> Self {
        let Offering {
            course,
            school_unit,
            title,
            terms,
            period,
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
        let numbers = course_numbers.iter();
        Self {
            course_id: course.uuid(),
            school_unit_id: school_unit.uuid(),
            title: title.as_str().to_owned(),
            term_ids: terms.iter().map(|term| term.uuid()).collect(),
            first_day: period.from(),
            last_day: offering.last_day(),
            course_type_code: course_type.as_ref().map(|code| code.as_str().to_owned()),
            course_numbers: numbers
                .map(|(term, number)| (term.to_string(), number.as_str().to_owned()))
                .collect(),
            form: form.code().to_owned(),
            pace_percent: i32::from(pace.percent()),
            planned_hours: planned_time.map(PlannedTime::hours),
            course_days: *course_days,
            meeting_days: *meeting_days,
            site_id: site.map(Id::uuid),
            capacity: *capacity,
            part_of_id: part_of.map(Id::uuid),
        }
    }

    /// Checks their meaning, alone and against what they name, all within reach. The unit is
    /// held, so that parts do not come to lie in each other; what must exist on the first day
    /// does.
    pub(crate) fn check(
        &self,
        connection: &mut DatabaseConnection,
        scope: &Scope,
        id: OfferingId,
    ) -> Result<Offering, Problem> {
        let mut refusals = Refusals::default();
        let found = course::find(connection, scope, Id::from_uuid(self.course_id))?
            .ok_or_else(|| Refusal::new(Rule::UnknownReference, "there is no such course"));
        let course = refusals.note("/courseId", found);
        let unit = match school_unit::find(connection, scope, Id::from_uuid(self.school_unit_id))? {
            None => Err(Refusal::new(Rule::UnknownReference, "there is no such school unit")),
            Some(unit) => unit.value.valid.admit("the school unit", self.first_day),
        };
        refusals.note("/schoolUnitId", unit);
        let Some(course) = course else { return Err(refusals.into()) };

        let term_ids: Vec<_> = self.term_ids.iter().copied().map(Id::from_uuid).collect();
        let terms: Vec<_> = term::find_many(connection, scope, &term_ids)?
            .into_iter()
            .map(|term| (term.id, term.value))
            .collect();
        let course_types = match self.course_type_code {
            Some(_) => code::course_types(connection)?,
            None => Vec::new(),
        };
        let site = match self.site_id {
            Some(id) => site::find(connection, scope, Id::from_uuid(id))?,
            None => None,
        };
        let outer = match self.part_of_id {
            Some(id) => offering::find(connection, scope, Id::from_uuid(id))?,
            None => None,
        };
        let context = OfferingContext {
            course: &course.value,
            terms: &terms,
            course_types: &course_types,
            site: site.as_ref().map(|site| &site.value),
            outer: outer.as_ref().map(|outer| &outer.value),
        };
        let offering = match self.raw(term_ids).validate(&context) {
            Ok(offering) => offering,
            Err(more) => {
                refusals.0.extend(more.0);
                return Err(refusals.into());
            }
        };
        refusals.finish()?;
        if let Some(outer) = outer {
            check_depth(connection, scope, id, outer.id)?;
        }
        Ok(offering)
    }

    fn raw(&self, terms: Vec<skolhus_domain::id::TermId>) -> NewOffering<'_> {
        NewOffering {
            course: Id::from_uuid(self.course_id),
            school_unit: Id::from_uuid(self.school_unit_id),
            title: &self.title,
            terms,
            first_day: self.first_day,
            last_day: self.last_day,
            course_type: self.course_type_code.as_deref(),
            course_numbers: self.course_numbers.clone(),
            form: &self.form,
            pace_percent: self.pace_percent,
            planned_hours: self.planned_hours,
            course_days: self.course_days,
            meeting_days: self.meeting_days,
            site: self.site_id.map(Id::from_uuid),
            capacity: self.capacity,
            part_of: self.part_of_id.map(Id::from_uuid),
        }
    }
}

/// Checks that an offering with its own parts may become a part of `outer`: not inside itself,
/// and not too deep.
fn check_depth(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: OfferingId,
    outer: OfferingId,
) -> Result<(), Problem> {
    let above = offering::outer_offerings(connection, scope, outer, DEEPEST)?;
    outermost(Some(id), outer, |inner| above.get(&inner).copied())?;
    let mut depth = above.len() + 2;
    let mut level = vec![id];
    while depth <= DEEPEST {
        level = offering::parts_of(connection, scope, &level)?.into_iter().map(|(part, _)| part).collect();
        if level.is_empty() {
            return Ok(());
        }
        depth += 1;
    }
    let detail = format!("offerings lie at most {DEEPEST} deep in each other, its own parts counted in");
    Err(Refusal::new(Rule::OutOfRange, detail).at("/partOfId").into())
}

/// Checks that what hangs on an offering still fits its new state: parts, teachers, places and
/// the days on which people take part. Hold the offering first.
pub(crate) fn check_held(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: OfferingId,
    before: &Offering,
    after: &Offering,
) -> Result<(), Problem> {
    let mut refusals = Refusals::default();
    if before.period != after.period {
        let parts = offering::parts_of(connection, scope, &[id])?;
        let teachers = teacher::of_offerings(connection, scope, &[id])?;
        let mut days: Vec<(&str, Period)> =
            parts.into_iter().map(|(_, days)| ("a part of it runs", days)).collect();
        days.extend(
            teachers.into_values().flatten().map(|teacher| ("a teacher stands in it", teacher.period)),
        );
        if let Some((first, last)) = offering::days_held(connection, scope, id)?
            && let Ok(held) = Period::new(first, Some(last))
        {
            days.push(("participants hold places", held));
        }
        for (what, days) in days {
            let detail = format!("{what} {days}; the offering would be {}", after.period);
            if days.from() < after.period.from() {
                refusals.0.push(Refusal::new(Rule::OutsidePeriod, detail.clone()).at("/firstDay"));
            }
            if days.to().is_none_or(|to| after.last_day() < to) {
                refusals.0.push(Refusal::new(Rule::OutsidePeriod, detail).at("/lastDay"));
            }
        }
    }
    refusals.finish()?;
    if let Some(capacity) = after.capacity
        && before.capacity != after.capacity
    {
        let taken = offering::places_taken(connection, scope, id)?;
        if taken > capacity {
            let detail = format!("{taken} places are taken already");
            return Err(Refusal::new(Rule::Capacity, detail).at("/capacity").into());
        }
    }
    Ok(())
}
