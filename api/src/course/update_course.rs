use actix_web::{HttpResponse, patch, web};
use serde::Deserialize;
use skolhus_domain::{
    access::{Reach, Scope, declared::ManageCourses},
    id::CourseId,
    refusal::{Refusal, Refusals, Rule},
};
use skolhus_persistence::{Tx, course::course};
use utoipa::ToSchema;
use validator::Validate;

use super::course::{CourseDocument, CourseKindWord, Fields, check_code};
use crate::http::{
    body::Body,
    catalogue::Code,
    etag::IfMatch,
    patch::Patch,
    period::PeriodDocument,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, saved},
    state::State,
};

/// What to change of a course; what is absent stays.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateCourse {
    /// Its code; on any one day it is one course's.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "AK", min_length = 1, max_length = 40, nullable = false)]
    #[validate(length(min = 1, max = 40))]
    pub code: Patch<String>,
    /// Its title.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "Allmän kurs", min_length = 1, max_length = 200, nullable = false)]
    #[validate(length(min = 1, max = 200))]
    pub title: Patch<String>,
    /// The code of the subject it belongs to; null for none.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "MAT", min_length = 1, max_length = 40)]
    #[validate(length(min = 1, max = 40))]
    pub subject_code: Patch<String>,
    /// What it is.
    #[serde(default)]
    #[schema(value_type = Option<CourseKindWord>, example = "course", nullable = false)]
    pub kind: Patch<String>,
    /// Its extent in points (poäng); null for none.
    #[serde(default)]
    #[schema(value_type = Option<u32>, example = 100, minimum = 1, maximum = 5000)]
    #[validate(range(min = 1, max = 5000))]
    pub points: Patch<u32>,
    /// The days on which it may be offered; they hold the first days of its offerings.
    #[serde(default)]
    #[schema(value_type = Option<PeriodDocument>, nullable = false)]
    pub valid: Patch<PeriodDocument>,
}

/// Change a course
///
/// A merge patch: what is absent stays. Only those who work for the whole organiser may.
#[utoipa::path(
    operation_id = "updateCourse", tag = "course",
    extensions(("x-permission" = json!("course:manage"))),
    params(IdPath),
    request_body(content = UpdateCourse, content_type = "application/merge-patch+json", example = json!({ "title": "Allmän kurs, gymnasienivå" })),
    responses((status = 200, description = "Its present state.", body = CourseDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[patch("/v1/courses/{id}")]
pub async fn handle(
    permit: Permit<ManageCourses>,
    state: web::Data<State>,
    id: PathId<CourseId>,
    if_match: IfMatch,
    body: Body<UpdateCourse>,
) -> Result<HttpResponse, Problem> {
    let found = state
        .database
        .write(permit.caller(), move |tx, scope| update_course(tx, scope, id.0, &if_match, &body))
        .await?;
    Ok(saved(found.version, &found))
}

/// The use-case.
///
/// # Errors
/// [`Code::NotFound`], `NotPermitted`, `Stale`, `InvalidFields`; a failure of the database.
pub fn update_course(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: CourseId,
    if_match: &IfMatch,
    request: &UpdateCourse,
) -> Result<CourseDocument, Problem> {
    if scope.reach() != &Reach::Organiser {
        return Err(Problem::new(Code::NotPermitted));
    }
    course::lock_catalogue(tx, scope)?;
    course::lock(tx, scope, id)?;
    let before = course::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    let after = merge(request.clone(), CourseDocument::of(before.clone()))?.validate()?;
    if_match.check_unless(after == before.value, before.version)?;
    check_code(tx.connection(), scope, id, &after)?;
    if after.valid != before.value.valid
        && let Some((first, last)) = course::offered_between(tx.connection(), scope, id)?
        && !(after.valid.contains(first) && after.valid.contains(last))
    {
        let detail =
            format!("its offerings begin from {first} to {last}; the course would be valid {}", after.valid);
        return Err(Refusal::new(Rule::OutsidePeriod, detail).at("/valid").into());
    }
    let saved = course::update_many(tx, scope, &[(before, after)])?;
    saved.into_iter().next().map(CourseDocument::of).ok_or_else(|| Problem::new(Code::Internal))
}

fn merge(request: UpdateCourse, present: CourseDocument) -> Result<Fields, Problem> {
    let UpdateCourse { code, title, subject_code, kind, points, valid } = request;
    let mut refusals = Refusals::default();
    let (subject_code, points) = (subject_code.apply(present.subject_code), points.apply(present.points));
    let fields = (
        refusals.note("/code", code.require(present.code)),
        refusals.note("/title", title.require(present.title)),
        refusals.note("/kind", kind.require(present.kind)),
        refusals.note("/valid", valid.require(present.valid)),
    );
    match fields {
        (Some(code), Some(title), Some(kind), Some(valid)) => {
            Ok(Fields { code, title, subject_code, kind, points, valid })
        }
        _ => Err(refusals.into()),
    }
}
