use actix_web::{HttpRequest, HttpResponse, get, web};
use skolhus_domain::{
    access::{Scope, declared::RunImports},
    id::JobId,
};
use skolhus_persistence::{DatabaseConnection, integration::job};

use super::document::JobDocument;
use crate::http::{
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, show},
    state::State,
};

/// Read a job
///
/// One job with its progress and what came of it.
#[utoipa::path(
    operation_id = "getJob", tag = "integration",
    extensions(("x-permission" = json!("import:run"))),
    params(IdPath),
    responses(
        (status = 200, description = "The job.", body = JobDocument, headers(("ETag" = String, description = "Its version."))),
        (status = 304, description = "It is the version named in `If-None-Match`."),
    )
)]
#[get("/v1/jobs/{id}")]
pub async fn handle(
    permit: Permit<RunImports>,
    state: web::Data<State>,
    id: PathId<JobId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let job = state
        .database
        .read(permit.caller(), move |connection, scope| get_job(connection, scope, id.0))
        .await?;
    Ok(show(&request, job.version, &job))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; a failure of the database.
pub fn get_job(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: JobId,
) -> Result<JobDocument, Problem> {
    job::find(connection, scope, id)?.map(JobDocument::of).ok_or_else(Problem::not_found)
}
