use actix_web::{HttpResponse, patch, web};
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ManageOrganisation},
    id::ControllerId,
    organisation::Controller,
    refusal::Refusals,
};
use skolhus_persistence::{Tx, organisation::controller};
use utoipa::ToSchema;
use validator::Validate;

use super::{
    controller::{ControllerDocument, ControllerKindCode, Fields},
    whole_organiser,
};
use crate::http::{
    body::Body,
    etag::IfMatch,
    patch::Patch,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, saved},
    state::State,
};

/// What to change of a controller; what is absent stays.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateController {
    /// Its name; no other controller of the organiser has it.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "Barn- och ungdomsnämnden", min_length = 1, max_length = 200, nullable = false)]
    #[validate(length(min = 1, max = 200))]
    pub name: Patch<String>,
    /// Public or private.
    #[serde(default)]
    #[schema(value_type = Option<ControllerKindCode>, example = "public", nullable = false)]
    pub kind: Patch<ControllerKindCode>,
}

/// Change a controller
///
/// A merge patch: what is absent stays. Asking for what is already so changes nothing. Only those who work for the
/// whole organiser may.
#[utoipa::path(
    operation_id = "updateController", tag = "organisation",
    extensions(("x-permission" = json!("organisation:manage"))),
    params(IdPath),
    request_body(content = UpdateController, content_type = "application/merge-patch+json", example = json!({ "name": "Utbildningsnämnden" })),
    responses((status = 200, description = "Its present state.", body = ControllerDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[patch("/v1/controllers/{id}")]
pub async fn handle(
    permit: Permit<ManageOrganisation>,
    state: web::Data<State>,
    id: PathId<ControllerId>,
    if_match: IfMatch,
    body: Body<UpdateController>,
) -> Result<HttpResponse, Problem> {
    let now = state
        .database
        .write(permit.caller(), move |tx, scope| update_controller(tx, scope, id.0, &if_match, &body))
        .await?;
    Ok(saved(now.version, &now))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `NotPermitted`, `Stale`, `InvalidFields`; a failure of the database.
pub fn update_controller(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: ControllerId,
    if_match: &IfMatch,
    request: &UpdateController,
) -> Result<ControllerDocument, Problem> {
    let before = controller::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    whole_organiser(scope)?;
    let after = merge(request.clone(), &before.value)?.validate()?;
    if_match.check_unless(after == before.value, before.version)?;
    let saved = controller::update(tx, scope, &before, &after)?;
    Ok(ControllerDocument::of(saved))
}

fn merge(request: UpdateController, present: &Controller) -> Result<Fields, Problem> {
    let UpdateController { name, kind } = request;
    let mut refusals = Refusals::default();
    let name = refusals.note("/name", name.require(present.name.as_str().to_owned()));
    let kind = refusals.note("/kind", kind.require(present.kind.into()));
    match (name, kind) {
        (Some(name), Some(kind)) => Ok(Fields { name, kind }),
        _ => Err(refusals.into()),
    }
}
