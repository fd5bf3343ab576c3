use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde::Deserialize;
use serde_json::json;
use skolhus_domain::{
    access::{Scope, declared::ManageAlarms},
    id::AlarmId,
    identity::Settlement,
    text::Text,
};
use skolhus_persistence::{DatabaseConnection, Tx, identity::alarm};
use utoipa::ToSchema;
use validator::Validate;

use super::document::AlarmDocument;
use crate::http::{
    body::Body,
    catalogue::Code,
    idempotency::{IdempotencyKey, Made},
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, saved},
    state::State,
};

/// What came of an alarm.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SettleAlarm {
    /// What was found, and what was done about it.
    #[validate(length(min = 5, max = 500))]
    #[schema(example = "Ett skript i datorsalen, kontot är stängt", min_length = 5, max_length = 500)]
    pub note: String,
}

/// Settle an alarm
///
/// Says what came of it. Nobody settles an alarm about their own account; what was said stands.
#[utoipa::path(
    operation_id = "settleAlarm", tag = "identity",
    extensions(("x-permission" = json!("alarm:manage")), ("x-idempotent" = json!(true))),
    params(IdPath),
    request_body(content = SettleAlarm, example = json!({ "note": "Ett skript i datorsalen, kontot är stängt" })),
    responses((status = 200, description = "Its present state.", body = AlarmDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[post("/v1/alarms/{id}/settlement")]
pub async fn handle(
    permit: Permit<ManageAlarms>,
    state: web::Data<State>,
    id: PathId<AlarmId>,
    key: IdempotencyKey,
    body: Body<SettleAlarm>,
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
                    let answer = settle_alarm(tx, scope, id.0, &body)?;
                    Ok(Made { status: StatusCode::OK, handle: json!(null), answer })
                },
                |tx, scope, _| shown(tx.connection(), scope, id.0),
            )
        })
        .await?;
    Ok(saved(made.answer.version, &made.answer))
}

fn shown(connection: &mut DatabaseConnection, scope: &Scope, id: AlarmId) -> Result<AlarmDocument, Problem> {
    Ok(AlarmDocument::of(alarm::find(connection, scope, id)?.ok_or_else(Problem::not_found)?))
}

/// The use-case.
///
/// # Errors
/// [`Code::NotFound`], `NotPermitted` about one's own account, `Conflict`, `InvalidFields`; a failure of the database.
pub fn settle_alarm(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: AlarmId,
    request: &SettleAlarm,
) -> Result<AlarmDocument, Problem> {
    alarm::lock(tx, id)?;
    let before = alarm::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    let by = scope.account().ok_or_else(|| Problem::new(Code::NotPermitted))?;
    let note = Text::lines(&request.note, 500).map_err(|refusal| refusal.at("/note"))?;
    let after = before.saved.value.clone().settled(Settlement { by, at: scope.now(), note })?;
    alarm::update(tx, scope, &before.saved, &after)?;
    shown(tx.connection(), scope, id)
}
