use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde::Deserialize;
use serde_json::json;
use skolhus_domain::{
    access::{Scope, declared::ManageOrganisation},
    id::{ControllerId, Id},
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{Tx, organisation::controller};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{
    controller::{ControllerDocument, ControllerKindCode, Fields},
    get_controller::get_controller,
    whole_organiser,
};
use crate::http::{
    body::Body,
    idempotency::{IdempotencyKey, Made},
    permit::Permit,
    problem::Problem,
    resource::created,
    state::State,
};

/// A controller to enter.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateController {
    /// Its id, if the caller brings one; else a fresh one is given.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000b1")]
    pub id: Option<Uuid>,
    /// Its name; no other controller of the organiser has it.
    #[validate(length(min = 1, max = 200))]
    #[schema(example = "Barn- och ungdomsnämnden", min_length = 1, max_length = 200)]
    pub name: String,
    /// Public or private.
    #[schema(example = "public")]
    pub kind: ControllerKindCode,
}

/// Enter a controller
///
/// Who answers for the personal data of school units (personuppgiftsansvarig). Only those who work for the whole
/// organiser may.
#[utoipa::path(
    operation_id = "createController", tag = "organisation",
    extensions(("x-permission" = json!("organisation:manage")), ("x-idempotent" = json!(true))),
    request_body(content = CreateController, example = json!({ "name": "Barn- och ungdomsnämnden", "kind": "public" })),
    responses((status = 201, description = "It is entered.", body = ControllerDocument,
        headers(("ETag" = String, description = "Its version."), ("Location" = String, description = "Its address."))))
)]
#[post("/v1/controllers")]
pub async fn handle(
    permit: Permit<ManageOrganisation>,
    state: web::Data<State>,
    key: IdempotencyKey,
    body: Body<CreateController>,
) -> Result<HttpResponse, Problem> {
    let (caller, fresh) = (permit.caller().clone(), state.fresh::<ControllerId>());
    let made = state
        .database
        .write(permit.caller(), move |tx, scope| {
            key.once(
                tx,
                scope,
                &caller,
                &body.bytes,
                |tx, scope| {
                    let answer = create_controller(tx, scope, fresh, &body)?;
                    Ok(Made { status: StatusCode::CREATED, handle: json!(answer.id), answer })
                },
                |tx, scope, handle| {
                    let id = handle
                        .as_str()
                        .and_then(|id| Uuid::try_parse(id).ok())
                        .ok_or_else(Problem::not_found)?;
                    get_controller(tx.connection(), scope, Id::from_uuid(id))
                },
            )
        })
        .await?;
    let location = format!("/v1/controllers/{}", made.answer.id);
    Ok(created(made.status, location, made.answer.version, &made.answer))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotPermitted`] for those whose reach is a part of the organiser;
/// `InvalidFields`; a failure of the database.
pub fn create_controller(
    tx: &mut Tx<'_>,
    scope: &Scope,
    fresh: ControllerId,
    request: &CreateController,
) -> Result<ControllerDocument, Problem> {
    whole_organiser(scope)?;
    let CreateController { id, name, kind } = request.clone();
    let new = Fields { name, kind }.validate()?;
    let id = id.map_or(fresh, Id::from_uuid);
    if controller::is_taken(tx.connection(), scope, id)? {
        return Err(Refusal::new(Rule::Duplicate, "the id is in use").at("/id").into());
    }
    let saved = controller::insert(tx, scope, id, &new)?;
    Ok(ControllerDocument::of(saved))
}
