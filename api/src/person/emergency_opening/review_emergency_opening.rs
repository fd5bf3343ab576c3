use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde::Deserialize;
use serde_json::json;
use skolhus_domain::{
    access::{Scope, declared::ReviewEmergencyOpenings},
    id::EmergencyOpeningId,
    person::{EmergencyFinding, EmergencyReview},
    text::Text,
};
use skolhus_persistence::{DatabaseConnection, Tx, person::emergency_opening};
use utoipa::ToSchema;
use validator::Validate;

use super::document::{EmergencyFindingWord, EmergencyOpeningDocument};
use crate::http::{
    body::Body,
    catalogue::Code,
    idempotency::{IdempotencyKey, Made},
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, saved},
    state::State,
};

/// What was found.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReviewEmergencyOpening {
    /// Whether there was reason to open it; where there was none it is followed up as a personal data breach.
    #[schema(value_type = EmergencyFindingWord, example = "justified")]
    pub finding: String,
    /// What else is to be said; it tells nothing of the person.
    #[serde(default)]
    #[validate(length(min = 1, max = 500))]
    #[schema(example = "Ambulans tillkallades, rektor informerad", min_length = 1, max_length = 500)]
    pub note: Option<String>,
}

/// Look into an emergency opening
///
/// Says whether there was reason to open the record. Nobody looks into what they have opened themselves; what was found stands.
#[utoipa::path(
    operation_id = "reviewEmergencyOpening", tag = "person",
    extensions(("x-permission" = json!("emergency-opening:review")), ("x-idempotent" = json!(true))),
    params(IdPath),
    request_body(content = ReviewEmergencyOpening, example = json!({ "finding": "justified", "note": "Ambulans tillkallades, rektor informerad" })),
    responses((status = 200, description = "Its present state.", body = EmergencyOpeningDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[post("/v1/emergency-openings/{id}/review")]
pub async fn handle(
    permit: Permit<ReviewEmergencyOpenings>,
    state: web::Data<State>,
    id: PathId<EmergencyOpeningId>,
    key: IdempotencyKey,
    body: Body<ReviewEmergencyOpening>,
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
                    let answer = review_emergency_opening(tx, scope, id.0, &body)?;
                    Ok(Made { status: StatusCode::OK, handle: json!(null), answer })
                },
                |tx, scope, _| shown(tx.connection(), scope, id.0),
            )
        })
        .await?;
    Ok(saved(made.answer.version, &made.answer))
}

fn shown(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: EmergencyOpeningId,
) -> Result<EmergencyOpeningDocument, Problem> {
    let view = emergency_opening::find(connection, scope, id)?.ok_or_else(Problem::not_found)?;
    Ok(EmergencyOpeningDocument::of(view))
}

/// The use-case.
///
/// # Errors
/// [`Code::NotFound`], `NotPermitted` for whoever has opened it, `Conflict`, `InvalidFields`; a failure of the database.
pub fn review_emergency_opening(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: EmergencyOpeningId,
    request: &ReviewEmergencyOpening,
) -> Result<EmergencyOpeningDocument, Problem> {
    emergency_opening::lock(tx, id)?;
    let before = emergency_opening::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    let by = scope.account().ok_or_else(|| Problem::new(Code::NotPermitted))?;
    let finding = EmergencyFinding::from_code(&request.finding).map_err(|refusal| refusal.at("/finding"))?;
    let note = request.note.as_deref().map(|note| Text::lines(note, 500)).transpose();
    let note = note.map_err(|refusal| refusal.at("/note"))?;
    let review = EmergencyReview { by, at: scope.now(), finding, note };
    let after = before.saved.value.clone().reviewed(review)?;
    emergency_opening::update(tx, scope, &before.saved, &after)?;
    shown(tx.connection(), scope, id)
}
