use std::collections::BTreeMap;

use actix_web::{HttpResponse, http::StatusCode, post, web};
use chrono::NaiveDate;
use serde::Deserialize;
use serde_json::json;
use skolhus_domain::{
    access::{Scope, declared::ManageCourses},
    id::{Id, OfferingId},
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{
    Tx,
    course::{course, offering},
};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{
    get_offering::get_offering,
    offering::{CourseNumbers, Fields, OfferingDocument, StudyFormWord},
};
use crate::http::{
    body::Body,
    idempotency::{IdempotencyKey, Made},
    permit::Permit,
    problem::Problem,
    resource::created,
    state::State,
};

/// A course offering to enter.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateCourseOffering {
    /// Its id, if the caller brings one; else a fresh one is given.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c5")]
    pub id: Option<Uuid>,
    /// The course or subject; valid on the first day.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub course_id: Uuid,
    /// The school unit that holds it.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000a1")]
    pub school_unit_id: Uuid,
    /// Its title.
    #[validate(length(min = 1, max = 200))]
    #[schema(example = "Allmän kurs, inriktning miljö", min_length = 1, max_length = 200)]
    pub title: String,
    /// The terms it covers, each once; each shares days with it.
    #[validate(length(min = 1, max = 20))]
    #[schema(example = json!(["0199a3f0-7c00-7000-8000-0000000000d1"]), min_items = 1, max_items = 20)]
    pub term_ids: Vec<Uuid>,
    /// The first day, 1900-01-01 to 2199-12-31.
    #[schema(example = "2026-08-17")]
    pub first_day: NaiveDate,
    /// The last day.
    #[schema(example = "2026-12-18")]
    pub last_day: NaiveDate,
    /// Its course type (kurstyp), for schools that report to SCB; valid on the first day.
    #[validate(length(min = 1, max = 40))]
    #[schema(example = "1", min_length = 1, max_length = 40, pattern = "^[A-Za-z0-9-]+$")]
    pub course_type_code: Option<String>,
    /// The school's number for it in each report term, by `2026vt` or `2026ht`.
    #[serde(default)]
    #[schema(value_type = CourseNumbers, example = json!({"2026ht": "101"}))]
    pub course_numbers: BTreeMap<String, String>,
    /// Where participants study.
    #[schema(value_type = StudyFormWord, example = "on-site")]
    pub form: String,
    /// The pace of study it is planned for, in percent of full time.
    #[validate(range(min = 1, max = 100))]
    #[schema(example = 100, minimum = 1, maximum = 100)]
    pub pace_percent: i32,
    /// Planned clock hours of teaching, in steps of 0.25.
    #[validate(range(min = 0.25, max = 10000.0))]
    #[schema(example = 380.5, minimum = 0.25, maximum = 10000, multiple_of = 0.25)]
    pub planned_hours: Option<f64>,
    /// How many days it has teaching (kursdagar).
    #[validate(range(min = 1, max = 110000))]
    #[schema(example = 85, minimum = 1, maximum = 110000)]
    pub course_days: Option<u32>,
    /// How many of them participants meet in one place (närträffar); none for studies on site.
    #[validate(range(min = 0, max = 110000))]
    #[schema(example = 6, minimum = 0, maximum = 110000)]
    pub meeting_days: Option<u32>,
    /// The site (filial) where it is held.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000a5")]
    pub site_id: Option<Uuid>,
    /// How many places it has; none for no limit. Only on an outermost offering.
    #[validate(range(min = 0, max = 100000))]
    #[schema(example = 24, minimum = 0, maximum = 100000)]
    pub capacity: Option<u32>,
    /// The offering that this one is a part of, at the same school unit.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c9")]
    pub part_of_id: Option<Uuid>,
}

/// Enter a course offering
///
/// A course is to be held at a school unit (kurstillfälle). Its teachers are saved afterwards.
#[utoipa::path(
    operation_id = "createCourseOffering", tag = "course",
    extensions(("x-permission" = json!("course:manage")), ("x-idempotent" = json!(true))),
    request_body(content = CreateCourseOffering, example = json!({
        "courseId": "0199a3f0-7c00-7000-8000-0000000000c1", "schoolUnitId": "0199a3f0-7c00-7000-8000-0000000000a1",
        "title": "Allmän kurs, inriktning miljö", "termIds": ["0199a3f0-7c00-7000-8000-0000000000d1"],
        "firstDay": "2026-08-17", "lastDay": "2026-12-18", "form": "on-site", "pacePercent": 100,
        "courseNumbers": { "2026ht": "101" }, "plannedHours": 380.5, "courseDays": 85, "capacity": 24
    })),
    responses((status = 201, description = "It is entered.", body = OfferingDocument,
        headers(("ETag" = String, description = "Its version."), ("Location" = String, description = "Its address."))))
)]
#[post("/v1/course-offerings")]
pub async fn handle(
    permit: Permit<ManageCourses>,
    state: web::Data<State>,
    key: IdempotencyKey,
    body: Body<CreateCourseOffering>,
) -> Result<HttpResponse, Problem> {
    let (caller, fresh) = (permit.caller().clone(), state.fresh::<OfferingId>());
    let made = state
        .database
        .write(permit.caller(), move |tx, scope| {
            key.once(
                tx,
                scope,
                &caller,
                &body.bytes,
                |tx, scope| {
                    let answer = create_offering(tx, scope, fresh, &body)?;
                    Ok(Made { status: StatusCode::CREATED, handle: json!(answer.id), answer })
                },
                |tx, scope, handle| {
                    let id = handle
                        .as_str()
                        .and_then(|id| Uuid::try_parse(id).ok())
                        .ok_or_else(Problem::not_found)?;
                    get_offering(tx.connection(), scope, Id::from_uuid(id))
                },
            )
        })
        .await?;
    let location = format!("/v1/course-offerings/{}", made.answer.id);
    Ok(created(made.status, location, made.answer.version, &made.answer))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::InvalidFields`]; a failure of the database.
pub fn create_offering(
    tx: &mut Tx<'_>,
    scope: &Scope,
    fresh: OfferingId,
    request: &CreateCourseOffering,
) -> Result<OfferingDocument, Problem> {
    let CreateCourseOffering {
        id,
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
    } = request.clone();
    let fields = Fields {
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
    };
    let id = id.map_or(fresh, Id::from_uuid);
    course::lock(tx, scope, Id::from_uuid(fields.course_id))?;
    offering::lock_unit(tx, scope, Id::from_uuid(fields.school_unit_id))?;
    let offering = fields.check(tx.connection(), scope, id)?;
    if offering::is_taken(tx.connection(), scope, id)? {
        return Err(Refusal::new(Rule::Duplicate, "the id is in use").at("/id").into());
    }
    offering::insert_many(tx, scope, &[(id, offering)])?;
    get_offering(tx.connection(), scope, id)
}
