use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde::Deserialize;
use serde_json::json;
use skolhus_domain::{
    access::{Scope, declared::RunImports},
    id::JobId,
    text::Text,
};
use skolhus_persistence::{
    Tx,
    integration::job::{self, Approval, Job},
};
use utoipa::ToSchema;
use validator::Validate;

use super::{document::JobDocument, get_job::get_job};
use crate::http::{
    body::Body,
    catalogue::Code,
    idempotency::{IdempotencyKey, Made},
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, saved},
    state::State,
};

/// A person's word that a job may go on.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApproveJob {
    /// Why, for those who ask later.
    #[validate(length(min = 1, max = 500))]
    #[schema(example = "Årskurs 9 har slutat; listan är kontrollerad.", min_length = 1, max_length = 500)]
    pub reason: String,
}

/// Let a stopped job go on
///
/// An import that would end more than its share of a kind stops and waits. A named person who has
/// looked at its report lets it go on; who, when and why are kept.
#[utoipa::path(
    operation_id = "approveJob", tag = "integration",
    extensions(("x-permission" = json!("import:run")), ("x-idempotent" = json!(true))),
    params(IdPath),
    request_body(content = ApproveJob, example = json!({"reason": "Årskurs 9 har slutat; listan är kontrollerad."})),
    responses((status = 200, description = "It goes on.", body = JobDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[post("/v1/jobs/{id}/approval")]
pub async fn handle(
    permit: Permit<RunImports>,
    state: web::Data<State>,
    key: IdempotencyKey,
    id: PathId<JobId>,
    body: Body<ApproveJob>,
) -> Result<HttpResponse, Problem> {
    let caller = permit.caller().clone();
    let made = state
        .database
        .write(permit.caller(), move |tx, scope| {
            key.once(
                tx,
                scope,
                &caller,
                &body.bytes,
                |tx, scope| {
                    let answer = approve_job(tx, scope, id.0, &body)?;
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
/// [`Code::NotFound`]; [`Code::Conflict`] unless it waits; [`Code::NotPermitted`] for a caller that
/// is no person's account; a failure of the database.
pub fn approve_job(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: JobId,
    request: &ApproveJob,
) -> Result<JobDocument, Problem> {
    let before = job::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    let by = scope.account().ok_or_else(|| Problem::new(Code::NotPermitted))?;
    let reason = Text::lines(&request.reason, 500).map_err(|refusal| refusal.at("/reason"))?;
    let approval = Approval { by, at: scope.now(), reason: reason.into_string() };
    let after =
        Job { state: before.value.state.approve()?, approval: Some(approval), ..before.value.clone() };
    Ok(JobDocument::of(job::update(tx, scope, &before, &after)?))
}
