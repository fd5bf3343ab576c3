use actix_web::{HttpResponse, patch, web};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ManageClients},
    id::{ClientId, Id, SchoolUnitId},
    identity::NewClient,
    refusal::Refusals,
};
use skolhus_persistence::{Tx, identity::client};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{
    client::{ClientDocument, ClientScopeWord},
    create_client::check_units,
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

/// What to change of a client; what is absent stays.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateClient {
    /// What people call it.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "Schemaläggaren", min_length = 1, max_length = 200, nullable = false)]
    #[validate(length(min = 1, max = 200))]
    pub name: Patch<String>,
    /// What it may read; replaces all.
    #[serde(default)]
    #[schema(value_type = Option<Vec<ClientScopeWord>>, example = json!(["course:read"]), min_items = 1, max_items = 40, nullable = false)]
    #[validate(length(min = 1, max = 40))]
    pub scopes: Patch<Vec<String>>,
    /// The school units it is limited to; replaces all.
    #[serde(default)]
    #[schema(value_type = Option<Vec<Uuid>>, example = json!([]), nullable = false)]
    pub school_unit_ids: Patch<Vec<Uuid>>,
    /// From when on it is refused; null for never.
    #[serde(default)]
    #[schema(value_type = Option<DateTime<Utc>>, example = "2027-07-01T00:00:00+02:00")]
    pub expires_at: Patch<DateTime<Utc>>,
    /// Whether it is refused, its tokens too.
    #[serde(default)]
    #[schema(value_type = Option<bool>, example = true, nullable = false)]
    pub disabled: Patch<bool>,
}

/// Change a client
///
/// A merge patch: what is absent stays. Fewer scopes, fewer units, and disabling take effect on its tokens at once.
#[utoipa::path(
    operation_id = "updateClient", tag = "identity",
    extensions(("x-permission" = json!("client:manage"))),
    params(IdPath),
    request_body(content = UpdateClient, content_type = "application/merge-patch+json", example = json!({ "disabled": true })),
    responses((status = 200, description = "Its present state.", body = ClientDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[patch("/v1/clients/{id}")]
pub async fn handle(
    permit: Permit<ManageClients>,
    state: web::Data<State>,
    id: PathId<ClientId>,
    if_match: IfMatch,
    body: Body<UpdateClient>,
) -> Result<HttpResponse, Problem> {
    let present = state
        .database
        .write(permit.caller(), move |tx, scope| update_client(tx, scope, id.0, &if_match, &body))
        .await?;
    Ok(saved(present.version, &present))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`, `InvalidFields`, `Conflict`; a failure of the database.
pub fn update_client(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: ClientId,
    if_match: &IfMatch,
    request: &UpdateClient,
) -> Result<ClientDocument, Problem> {
    let before = client::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    let UpdateClient { name, scopes, school_unit_ids, expires_at, disabled } = request.clone();
    let present = ClientDocument::of(before.clone());
    let mut refusals = Refusals::default();
    let fields = (
        refusals.note("/name", name.require(present.name)),
        refusals.note("/scopes", scopes.require(present.scopes)),
        refusals.note("/schoolUnitIds", school_unit_ids.require(present.school_unit_ids)),
        refusals.note("/disabled", disabled.require(present.disabled)),
    );
    let (Some(name), Some(scopes), Some(units), Some(disabled)) = fields else { return Err(refusals.into()) };
    let school_units: Vec<SchoolUnitId> = units.into_iter().map(Id::from_uuid).collect();
    let disabled_at = if disabled { present.disabled_at.or(Some(scope.now())) } else { None };
    let expires_at = expires_at.apply(present.expires_at);
    let new =
        NewClient { name: &name, scopes: &scopes, school_units: &school_units, expires_at, disabled_at };
    let after = new.validate()?;
    if_match.check_unless(after == before.value, before.version)?;
    check_units(tx, scope, &after)?;
    Ok(ClientDocument::of(client::update(tx, scope, &before, &after)?))
}
