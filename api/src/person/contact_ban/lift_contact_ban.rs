use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde::{Deserialize, Serialize};
use serde_json::json;
use skolhus_domain::{
    access::{Scope, declared::ManageRelations},
    id::{ContactBanId, Id},
};
use skolhus_persistence::{
    Tx,
    person::{
        contact_ban::{self, ContactBanView},
        relation_setting,
    },
};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use crate::{
    http::{
        body::Body,
        idempotency::{IdempotencyKey, Made},
        permit::Permit,
        problem::Problem,
        resource::{IdPath, PathId},
        state::State,
    },
    person::relation::{reason_of, same_version},
};

/// Why a ban is to be lifted.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LiftContactBan {
    /// The version that was read; another by now is a conflict.
    #[validate(range(min = 1))]
    #[schema(example = 1, minimum = 1)]
    pub version: i64,
    /// Why, as it stands in the log and is read by the one who confirms it.
    #[validate(length(min = 5, max = 500))]
    #[schema(example = "Åklagaren har hävt kontaktförbudet", min_length = 5, max_length = 500)]
    pub reason: String,
}

/// How far the lifting of a ban has come.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LiftedContactBan {
    /// The ban.
    #[schema(example = "0199a3f0-7c00-7000-8000-000000000301")]
    pub id: Uuid,
    /// Whether it is lifted; else it waits for a second person and stays in force until then.
    #[schema(example = false)]
    pub lifted: bool,
}

/// Lift a contact ban
///
/// It opens something, and so waits for a second person unless the organiser has turned that off.
/// A lifted ban leaves the lists and stays in the register.
#[utoipa::path(
    operation_id = "liftContactBan", tag = "person",
    extensions(("x-permission" = json!("relation:manage")), ("x-idempotent" = json!(true))),
    params(IdPath),
    request_body(content = LiftContactBan, example = json!({ "version": 1, "reason": "Åklagaren har hävt kontaktförbudet" })),
    responses((status = 200, description = "Whether it is lifted or waits.", body = LiftedContactBan))
)]
#[post("/v1/contact-bans/{id}/lifting")]
pub async fn handle(
    permit: Permit<ManageRelations>,
    state: web::Data<State>,
    id: PathId<ContactBanId>,
    key: IdempotencyKey,
    body: Body<LiftContactBan>,
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
                    let answer = lift_contact_ban(tx, scope, id.0, &body)?;
                    Ok(Made { status: StatusCode::OK, handle: json!(answer.id), answer })
                },
                |tx, scope, _| {
                    let there = contact_ban::find(tx.connection(), scope, id.0)?.is_some();
                    Ok(LiftedContactBan { id: id.0.uuid(), lifted: !there })
                },
            )
        })
        .await?;
    Ok(HttpResponse::build(made.status).json(made.answer))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Conflict`, `InvalidFields`; a failure of the database.
pub fn lift_contact_ban(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: ContactBanId,
    request: &LiftContactBan,
) -> Result<LiftedContactBan, Problem> {
    let view = contact_ban::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    lift(tx, scope, &view, request)
}

/// Lifts a ban that has been found, or lets it wait.
pub(in crate::person) fn lift(
    tx: &mut Tx<'_>,
    scope: &Scope,
    view: &ContactBanView,
    request: &LiftContactBan,
) -> Result<LiftedContactBan, Problem> {
    same_version(request.version, view.saved.version)?;
    let reason = reason_of(&request.reason)?;
    let second_person = relation_setting::in_force(tx.connection(), scope)?;
    let after = view.saved.value.lift(reason.clone(), scope.account(), second_person);
    contact_ban::update(tx, scope, &view.saved, &after, reason.as_str())?;
    Ok(LiftedContactBan { id: view.saved.id.uuid(), lifted: after.withdrawn })
}
