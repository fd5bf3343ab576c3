use actix_web::{HttpRequest, HttpResponse, get, web};
use skolhus_domain::{
    access::{Scope, declared::PlanLessons},
    id::LessonSeriesId,
};
use skolhus_persistence::{DatabaseConnection, schedule::series};

use super::series_document::LessonSeriesDocument;
use crate::http::{
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, show},
    state::State,
};

/// Read a series of lessons
///
/// The weekly pattern from which lessons are made; the lessons themselves are read as lessons, with `seriesId`.
#[utoipa::path(
    operation_id = "getLessonSeries", tag = "schedule",
    extensions(("x-permission" = json!("lesson:plan"))),
    params(IdPath),
    responses(
        (status = 200, description = "The series.", body = LessonSeriesDocument, headers(("ETag" = String, description = "Its version."))),
        (status = 304, description = "It is the version named in `If-None-Match`."),
    )
)]
#[get("/v1/lesson-series/{id}")]
pub async fn handle(
    permit: Permit<PlanLessons>,
    state: web::Data<State>,
    id: PathId<LessonSeriesId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let found = state
        .database
        .read(permit.caller(), move |connection, scope| get_series(connection, scope, id.0))
        .await?;
    Ok(show(&request, found.version, &found))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; a failure of the database.
pub fn get_series(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: LessonSeriesId,
) -> Result<LessonSeriesDocument, Problem> {
    let saved = series::find(connection, scope, id)?.ok_or_else(Problem::not_found)?;
    Ok(LessonSeriesDocument::of(saved))
}
