use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde::Deserialize;
use serde_json::json;
use skolhus_domain::{
    access::{Scope, declared::ManagePersons},
    id::DuplicateCandidateId,
    text::Text,
};
use skolhus_persistence::{DatabaseConnection, Tx, person::duplicate};
use utoipa::ToSchema;
use validator::Validate;

use super::duplicate::DuplicateCandidateDocument;
use crate::http::{
    body::Body,
    idempotency::{IdempotencyKey, Made},
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, saved},
    state::State,
};

/// Why two records are two persons.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DismissDuplicateCandidate {
    /// The reason, as it will stand in the log.
    #[validate(length(min = 5, max = 500))]
    #[schema(example = "Tvillingar", min_length = 5, max_length = 500)]
    pub reason: String,
}

/// Dismiss a likely duplicate
///
/// Says that the two are two persons. The pair stays dismissed until one of them is changed so that something else
/// speaks for or against it.
#[utoipa::path(
    operation_id = "dismissDuplicateCandidate", tag = "person",
    extensions(("x-permission" = json!("person:manage")), ("x-idempotent" = json!(true))),
    params(IdPath),
    request_body(content = DismissDuplicateCandidate, example = json!({ "reason": "Tvillingar" })),
    responses((status = 200, description = "The pair as dismissed.", body = DuplicateCandidateDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[post("/v1/duplicate-candidates/{id}/dismissal")]
pub async fn handle(
    permit: Permit<ManagePersons>,
    state: web::Data<State>,
    id: PathId<DuplicateCandidateId>,
    key: IdempotencyKey,
    body: Body<DismissDuplicateCandidate>,
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
                    let answer = dismiss_duplicate_candidate(tx, scope, id.0, &body)?;
                    Ok(Made { status: StatusCode::OK, handle: json!(answer.id), answer })
                },
                |tx, scope, _| read(tx.connection(), scope, id.0),
            )
        })
        .await?;
    Ok(saved(made.answer.version, &made.answer))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; `Conflict` when it is dismissed already; a failure
/// of the database.
pub fn dismiss_duplicate_candidate(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: DuplicateCandidateId,
    request: &DismissDuplicateCandidate,
) -> Result<DuplicateCandidateDocument, Problem> {
    let DismissDuplicateCandidate { reason } = request;
    let reason = Text::lines(reason, 500).map_err(|refusal| refusal.at("/reason"))?;
    let before = duplicate::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    let after = before.value.dismissed(reason)?;
    duplicate::update(tx, scope, &before, &after)?;
    read(tx.connection(), scope, id)
}

fn read(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: DuplicateCandidateId,
) -> Result<DuplicateCandidateDocument, Problem> {
    let saved = duplicate::find(connection, scope, id)?.ok_or_else(Problem::not_found)?;
    let persons = duplicate::persons_of(connection, scope, std::slice::from_ref(&saved))?;
    DuplicateCandidateDocument::of(&saved, &persons, scope)
}
