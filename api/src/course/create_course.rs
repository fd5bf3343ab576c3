use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde::Deserialize;
use serde_json::json;
use skolhus_domain::{
    access::{Reach, Scope, declared::ManageCourses},
    id::{CourseId, Id},
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{Tx, course::course};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{
    course::{CourseDocument, CourseKindWord, Fields, check_code},
    get_course::get_course,
};
use crate::http::{
    body::Body,
    catalogue::Code,
    idempotency::{IdempotencyKey, Made},
    period::PeriodDocument,
    permit::Permit,
    problem::Problem,
    resource::created,
    state::State,
};

/// A course or subject to enter.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateCourse {
    /// Its id, if the caller brings one; else a fresh one is given.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub id: Option<Uuid>,
    /// Its code with the organiser or Skolverket; on any one day it is one course's.
    #[validate(length(min = 1, max = 40))]
    #[schema(example = "AK", min_length = 1, max_length = 40)]
    pub code: String,
    /// Its title.
    #[validate(length(min = 1, max = 200))]
    #[schema(example = "Allmän kurs", min_length = 1, max_length = 200)]
    pub title: String,
    /// The code of the subject it belongs to.
    #[validate(length(min = 1, max = 40))]
    #[schema(example = "MAT", min_length = 1, max_length = 40)]
    pub subject_code: Option<String>,
    /// What it is.
    #[schema(value_type = CourseKindWord, example = "course")]
    pub kind: String,
    /// Its extent in points (poäng).
    #[validate(range(min = 1, max = 5000))]
    #[schema(example = 100, minimum = 1, maximum = 5000)]
    pub points: Option<u32>,
    /// The days on which it may be offered.
    #[validate(nested)]
    pub valid: PeriodDocument,
}

/// Enter a course
///
/// A new entry of the organiser's catalogue. Only those who work for the whole organiser may.
#[utoipa::path(
    operation_id = "createCourse", tag = "course",
    extensions(("x-permission" = json!("course:manage")), ("x-idempotent" = json!(true))),
    request_body(content = CreateCourse, example = json!({ "code": "AK", "title": "Allmän kurs", "kind": "course", "valid": { "from": "2020-07-01" } })),
    responses((status = 201, description = "It is entered.", body = CourseDocument,
        headers(("ETag" = String, description = "Its version."), ("Location" = String, description = "Its address."))))
)]
#[post("/v1/courses")]
pub async fn handle(
    permit: Permit<ManageCourses>,
    state: web::Data<State>,
    key: IdempotencyKey,
    body: Body<CreateCourse>,
) -> Result<HttpResponse, Problem> {
    let (caller, fresh) = (permit.caller().clone(), state.fresh::<CourseId>());
    let made = state
        .database
        .write(permit.caller(), move |tx, scope| {
            key.once(
                tx,
                scope,
                &caller,
                &body.bytes,
                |tx, scope| {
                    let answer = create_course(tx, scope, fresh, &body)?;
                    Ok(Made { status: StatusCode::CREATED, handle: json!(answer.id), answer })
                },
                |tx, scope, handle| {
                    let id = handle
                        .as_str()
                        .and_then(|id| Uuid::try_parse(id).ok())
                        .ok_or_else(Problem::not_found)?;
                    get_course(tx.connection(), scope, Id::from_uuid(id))
                },
            )
        })
        .await?;
    let location = format!("/v1/courses/{}", made.answer.id);
    Ok(created(made.status, location, made.answer.version, &made.answer))
}

/// The use-case.
///
/// # Errors
/// [`Code::NotPermitted`] for those whose reach is a part of the organiser;
/// [`Code::InvalidFields`]; a failure of the database.
pub fn create_course(
    tx: &mut Tx<'_>,
    scope: &Scope,
    fresh: CourseId,
    request: &CreateCourse,
) -> Result<CourseDocument, Problem> {
    if scope.reach() != &Reach::Organiser {
        return Err(Problem::new(Code::NotPermitted));
    }
    let CreateCourse { id, code, title, subject_code, kind, points, valid } = request.clone();
    let course = Fields { code, title, subject_code, kind, points, valid }.validate()?;
    course::lock_catalogue(tx, scope)?;
    let id = id.map_or(fresh, Id::from_uuid);
    if course::is_taken(tx.connection(), scope, id)? {
        return Err(Refusal::new(Rule::Duplicate, "the id is in use").at("/id").into());
    }
    check_code(tx.connection(), scope, id, &course)?;
    let saved = course::insert_many(tx, scope, &[(id, course)])?;
    saved.into_iter().next().map(CourseDocument::of).ok_or_else(|| Problem::new(Code::Internal))
}
