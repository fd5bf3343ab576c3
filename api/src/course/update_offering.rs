use std::collections::BTreeMap;

use actix_web::{HttpResponse, patch, web};
use chrono::NaiveDate;
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ManageCourses},
    id::{Id, OfferingId},
    refusal::Refusals,
};
use skolhus_persistence::{
    Tx,
    course::{course, offering},
    participation,
};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{
    get_offering::get_offering,
    offering::{CourseNumbers, Fields, OfferingDocument, StudyFormWord, check_held},
};
use crate::{
    http::{
        body::Body,
        etag::IfMatch,
        patch::Patch,
        permit::Permit,
        problem::Problem,
        resource::{IdPath, PathId, saved},
        state::State,
    },
    participation::{keep_in_step, refuse},
};

/// What to change of a course offering; what is absent stays. At another school unit it is another
/// offering.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateCourseOffering {
    /// The course or subject; valid on the first day.
    #[serde(default)]
    #[schema(value_type = Option<Uuid>, example = "0199a3f0-7c00-7000-8000-0000000000c1", nullable = false)]
    pub course_id: Patch<Uuid>,
    /// Its title.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "Allmän kurs, inriktning miljö", min_length = 1, max_length = 200, nullable = false)]
    #[validate(length(min = 1, max = 200))]
    pub title: Patch<String>,
    /// The terms it covers, each once; each shares days with it.
    #[serde(default)]
    #[schema(value_type = Option<Vec<Uuid>>, example = json!(["0199a3f0-7c00-7000-8000-0000000000d1"]), min_items = 1, max_items = 20, nullable = false)]
    #[validate(length(min = 1, max = 20))]
    pub term_ids: Patch<Vec<Uuid>>,
    /// The first day, 1900-01-01 to 2199-12-31.
    #[serde(default)]
    #[schema(value_type = Option<NaiveDate>, example = "2026-08-17", nullable = false)]
    pub first_day: Patch<NaiveDate>,
    /// The last day.
    #[serde(default)]
    #[schema(value_type = Option<NaiveDate>, example = "2026-12-18", nullable = false)]
    pub last_day: Patch<NaiveDate>,
    /// Its course type (kurstyp), for schools that report to SCB; valid on the first day; null for none.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "1", min_length = 1, max_length = 40, pattern = "^[A-Za-z0-9-]+$")]
    #[validate(length(min = 1, max = 40))]
    pub course_type_code: Patch<String>,
    /// The school's number for it in each report term, by `2026vt` or `2026ht`.
    #[serde(default)]
    #[schema(value_type = Option<CourseNumbers>, example = json!({"2026ht": "101"}), nullable = false)]
    pub course_numbers: Patch<BTreeMap<String, String>>,
    /// Where participants study.
    #[serde(default)]
    #[schema(value_type = Option<StudyFormWord>, example = "on-site", nullable = false)]
    pub form: Patch<String>,
    /// The pace of study it is planned for, in percent of full time.
    #[serde(default)]
    #[schema(value_type = Option<i32>, example = 100, minimum = 1, maximum = 100, nullable = false)]
    #[validate(range(min = 1, max = 100))]
    pub pace_percent: Patch<i32>,
    /// Planned clock hours of teaching, in steps of 0.25; null for none.
    #[serde(default)]
    #[schema(value_type = Option<f64>, example = 380.5, minimum = 0.25, maximum = 10000, multiple_of = 0.25)]
    #[validate(range(min = 0.25, max = 10000.0))]
    pub planned_hours: Patch<f64>,
    /// How many days it has teaching (kursdagar); null for none.
    #[serde(default)]
    #[schema(value_type = Option<u32>, example = 85, minimum = 1, maximum = 110000)]
    #[validate(range(min = 1, max = 110000))]
    pub course_days: Patch<u32>,
    /// How many of them participants meet in one place (närträffar); none for studies on site; null for none.
    #[serde(default)]
    #[schema(value_type = Option<u32>, example = 6, minimum = 0, maximum = 110000)]
    #[validate(range(min = 0, max = 110000))]
    pub meeting_days: Patch<u32>,
    /// The site (filial) where it is held; null for none.
    #[serde(default)]
    #[schema(value_type = Option<Uuid>, example = "0199a3f0-7c00-7000-8000-0000000000a5")]
    pub site_id: Patch<Uuid>,
    /// How many places it has; none for no limit. Only on an outermost offering; null for none.
    #[serde(default)]
    #[schema(value_type = Option<u32>, example = 24, minimum = 0, maximum = 100000)]
    #[validate(range(min = 0, max = 100000))]
    pub capacity: Patch<u32>,
    /// The offering that this one is a part of, at the same school unit; null for none.
    #[serde(default)]
    #[schema(value_type = Option<Uuid>, example = "0199a3f0-7c00-7000-8000-0000000000c9")]
    pub part_of_id: Patch<Uuid>,
}

/// Change a course offering
///
/// A merge patch: what is absent stays. Its days hold its parts, its teachers and the days on which
/// people take part directly; it has at least the places that are taken. Participations that follow
/// groups move with its days.
#[utoipa::path(
    operation_id = "updateCourseOffering", tag = "course",
    extensions(("x-permission" = json!("course:manage"))),
    params(IdPath),
    request_body(content = UpdateCourseOffering, content_type = "application/merge-patch+json", example = json!({ "capacity": 30, "plannedHours": 400 })),
    responses((status = 200, description = "Its present state.", body = OfferingDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[patch("/v1/course-offerings/{id}")]
pub async fn handle(
    permit: Permit<ManageCourses>,
    state: web::Data<State>,
    id: PathId<OfferingId>,
    if_match: IfMatch,
    body: Body<UpdateCourseOffering>,
) -> Result<HttpResponse, Problem> {
    let found = state
        .database
        .write(permit.caller(), move |tx, scope| update_offering(tx, scope, id.0, &if_match, &body))
        .await?;
    Ok(saved(found.version, &found))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`, `InvalidFields`, `Conflict` below the
/// places taken; a failure of the database.
pub fn update_offering(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: OfferingId,
    if_match: &IfMatch,
    request: &UpdateCourseOffering,
) -> Result<OfferingDocument, Problem> {
    let seen = offering::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    // In this order everywhere: course, unit, offering.
    let course = match request.course_id {
        Patch::Value(course) => Id::from_uuid(course),
        Patch::Absent | Patch::Null => seen.value.course,
    };
    course::lock(tx, scope, course)?;
    offering::lock_unit(tx, scope, seen.value.school_unit)?;
    offering::lock(tx, scope, id)?;
    let before = offering::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    let after = merge(request.clone(), Fields::of(&before.value))?.check(tx.connection(), scope, id)?;
    if_match.check_unless(after == before.value, before.version)?;
    check_held(tx.connection(), scope, id, &before.value, &after)?;
    let moved = (before.value.period, before.value.part_of) != (after.period, after.part_of);
    offering::update_many(tx, scope, &[(before, after)])?;
    if moved {
        let driven = participation::driven_within(tx.connection(), scope, &[id])?;
        refuse(keep_in_step(tx, scope, &driven, None)?, |_| "/lastDay".to_owned())?;
    }
    get_offering(tx.connection(), scope, id)
}

fn merge(request: UpdateCourseOffering, present: Fields) -> Result<Fields, Problem> {
    let UpdateCourseOffering {
        course_id,
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
    } = request;
    let mut refusals = Refusals::default();
    let course_type_code = course_type_code.apply(present.course_type_code);
    let planned_hours = planned_hours.apply(present.planned_hours);
    let course_days = course_days.apply(present.course_days);
    let meeting_days = meeting_days.apply(present.meeting_days);
    let site_id = site_id.apply(present.site_id);
    let capacity = capacity.apply(present.capacity);
    let part_of_id = part_of_id.apply(present.part_of_id);
    let fields = (
        refusals.note("/courseId", course_id.require(present.course_id)),
        refusals.note("/title", title.require(present.title)),
        refusals.note("/termIds", term_ids.require(present.term_ids)),
        refusals.note("/firstDay", first_day.require(present.first_day)),
        refusals.note("/lastDay", last_day.require(present.last_day)),
        refusals.note("/courseNumbers", course_numbers.require(present.course_numbers)),
        refusals.note("/form", form.require(present.form)),
        refusals.note("/pacePercent", pace_percent.require(present.pace_percent)),
    );
    let (
        Some(course_id),
        Some(title),
        Some(term_ids),
        Some(first_day),
        Some(last_day),
        Some(course_numbers),
        Some(form),
        Some(pace_percent),
    ) = fields
    else {
        return Err(refusals.into());
    };
    let school_unit_id = present.school_unit_id;
    Ok(Fields {
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
    })
}
