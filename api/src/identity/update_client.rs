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
    client::{ClientDocument, ClientFieldWord, ClientScopeWord},
    create_client::check_references,
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
    /// What it is shown about persons besides their names; replaces all.
    #[serde(default)]
    #[schema(value_type = Option<Vec<ClientFieldWord>>, example = json!(["contact"]), max_items = 10, nullable = false)]
    #[validate(length(max = 10))]
    pub fields: Patch<Vec<String>>,
    /// The school units it is limited to; replaces all.
    #[serde(default)]
    #[schema(value_type = Option<Vec<Uuid>>, example = json!([]), nullable = false)]
    pub school_unit_ids: Patch<Vec<Uuid>>,
    /// The school types that it is limited to; replaces all.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>, example = json!(["FHS"]), max_items = 20, nullable = false)]
    #[validate(length(max = 20))]
    pub school_types: Patch<Vec<String>>,
    /// The networks that it may call from; replaces all.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>, example = json!(["192.0.2.0/24"]), max_items = 50, nullable = false)]
    #[validate(length(max = 50))]
    pub allowed_networks: Patch<Vec<String>>,
    /// Whether it shows who it is with its keys and certificates alone. Its secret is gone from then on, also when this is taken back.
    #[serde(default)]
    #[schema(value_type = Option<bool>, example = true, nullable = false)]
    pub keys_only: Patch<bool>,
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
/// A merge patch: what is absent stays. Fewer scopes, fields, units or networks, and disabling take effect on its tokens at
/// once.
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
    let UpdateClient {
        name,
        scopes,
        fields,
        school_unit_ids,
        school_types,
        allowed_networks,
        keys_only,
        expires_at,
        disabled,
    } = request.clone();
    let present = ClientDocument::of(before.clone());
    let mut refusals = Refusals::default();
    let name = refusals.note("/name", name.require(present.name));
    let scopes = refusals.note("/scopes", scopes.require(present.scopes));
    let fields = refusals.note("/fields", fields.require(present.fields));
    let units = refusals.note("/schoolUnitIds", school_unit_ids.require(present.school_unit_ids));
    let types = refusals.note("/schoolTypes", school_types.require(present.school_types));
    let networks = refusals.note("/allowedNetworks", allowed_networks.require(present.allowed_networks));
    let keys_only = refusals.note("/keysOnly", keys_only.require(present.keys_only));
    let disabled = refusals.note("/disabled", disabled.require(present.disabled));
    let (Some(name), Some(scopes), Some(fields), Some(units)) = (name, scopes, fields, units) else {
        return Err(refusals.into());
    };
    let (Some(types), Some(networks), Some(keys_only), Some(disabled)) =
        (types, networks, keys_only, disabled)
    else {
        return Err(refusals.into());
    };
    let school_units: Vec<SchoolUnitId> = units.into_iter().map(Id::from_uuid).collect();
    let disabled_at = if disabled { present.disabled_at.or(Some(scope.now())) } else { None };
    let expires_at = expires_at.apply(present.expires_at);
    let new = NewClient {
        name: &name,
        scopes: &scopes,
        fields: &fields,
        school_units: &school_units,
        school_types: &types,
        allowed_networks: &networks,
        keys_only,
        expires_at,
        disabled_at,
    };
    let after = new.validate()?;
    if_match.check_unless(after == before.value, before.version)?;
    check_references(tx, scope, &after)?;
    Ok(ClientDocument::of(client::update(tx, scope, &before, &after)?))
}
