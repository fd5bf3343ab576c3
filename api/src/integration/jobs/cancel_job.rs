use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde_json::json;
use skolhus_domain::{
    access::{Scope, declared::RunImports},
    id::JobId,
};
use skolhus_persistence::{
    Tx,
    integration::job::{self, Job},
};

use super::{document::JobDocument, get_job::get_job};
use crate::http::{
    idempotency::{IdempotencyKey, Made},
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, saved},
    state::State,
};

/// End a job
///
/// It stops before its next step. What it has saved already stays; `results.applied` says what.
#[utoipa::path(
    operation_id = "cancelJob", tag = "integration",
    extensions(("x-permission" = json!("import:run")), ("x-idempotent" = json!(true))),
    params(IdPath),
    responses((status = 200, description = "It is ended.", body = JobDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[post("/v1/jobs/{id}/cancellation")]
pub async fn handle(
    permit: Permit<RunImports>,
    state: web::Data<State>,
    key: IdempotencyKey,
    id: PathId<JobId>,
) -> Result<HttpResponse, Problem> {
    let caller = permit.caller().clone();
    let made = state
        .database
        .write(permit.caller(), move |tx, scope| {
            key.once(
                tx,
                scope,
                &caller,
                b"",
                |tx, scope| {
                    let answer = cancel_job(tx, scope, id.0)?;
                    Ok(Made { status: StatusCode::OK, handle: json!(answer.id), answer })
                },
                |tx, scope, _| get_job(tx.connection(), scope, id.0),
            )
        })
        .await?;
    state.jobs.wake();
    Ok(saved(made.answer.version, &made.answer))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; `Conflict` when it has ended already; a failure of
/// the database.
pub fn cancel_job(tx: &mut Tx<'_>, scope: &Scope, id: JobId) -> Result<JobDocument, Problem> {
    let before = job::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    let after =
        Job { state: before.value.state.cancel()?, ended_at: Some(scope.now()), ..before.value.clone() };
    Ok(JobDocument::of(job::update(tx, scope, &before, &after)?))
}
