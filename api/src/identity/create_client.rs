use actix_web::{HttpResponse, http::StatusCode, post, web};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;
use skolhus_domain::{
    access::{Reach, Scope, declared::ManageClients},
    code::Table,
    id::{ClientId, Id, SchoolUnitId},
    identity::{Client, NewClient},
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{
    Tx,
    identity::client,
    organisation::{code, school_unit},
};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{
    client::{ClientDocument, ClientFieldWord, ClientScopeWord},
    get_client::get_client,
};
use crate::http::{
    body::Body,
    catalogue::Code,
    idempotency::{IdempotencyKey, Made},
    permit::Permit,
    problem::Problem,
    resource::created,
    state::State,
};

/// A client to register.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateClient {
    /// Its id, if the caller brings one; else a fresh one is given.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000d2")]
    pub id: Option<Uuid>,
    /// What people call it.
    #[validate(length(min = 1, max = 200))]
    #[schema(example = "Schemaläggaren", min_length = 1, max_length = 200)]
    pub name: String,
    /// What it may read: names of permissions.
    #[validate(length(min = 1, max = 40))]
    #[schema(value_type = Vec<ClientScopeWord>, example = json!(["person:read", "course:read"]), min_items = 1, max_items = 40)]
    pub scopes: Vec<String>,
    /// What it is shown about persons besides their names; nothing unless given.
    #[serde(default)]
    #[validate(length(max = 10))]
    #[schema(value_type = Vec<ClientFieldWord>, example = json!(["contact"]), max_items = 10)]
    pub fields: Vec<String>,
    /// The school units it is limited to; the whole organiser if empty.
    #[serde(default)]
    #[validate(length(max = 100))]
    #[schema(example = json!(["0199a3f0-7c00-7000-8000-0000000000a1"]), max_items = 100)]
    pub school_unit_ids: Vec<Uuid>,
    /// The school types that it is limited to, as codes of SS 12000: to the units that have one of them, of those named
    /// where units are. All if empty.
    #[serde(default)]
    #[validate(length(max = 20))]
    #[schema(example = json!(["FHS"]), max_items = 20)]
    pub school_types: Vec<String>,
    /// The networks that it may call from, in CIDR notation, or single addresses; from anywhere if empty. Bits beyond the
    /// prefix are refused.
    #[serde(default)]
    #[validate(length(max = 50))]
    #[schema(example = json!(["192.0.2.0/24", "2001:db8::/32"]), max_items = 50)]
    pub allowed_networks: Vec<String>,
    /// Whether it shows who it is with its keys and certificates alone, so that it can have no secret.
    #[serde(default)]
    #[schema(example = false)]
    pub keys_only: bool,
    /// From when on it is refused; never unless given.
    #[schema(example = "2027-07-01T00:00:00+02:00")]
    pub expires_at: Option<DateTime<Utc>>,
}

/// Register a client
///
/// An integrator's client, which reads and nothing else. It cannot show who it is yet: make it a secret, or register its
/// keys.
#[utoipa::path(
    operation_id = "createClient", tag = "identity",
    extensions(("x-permission" = json!("client:manage")), ("x-idempotent" = json!(true))),
    request_body(content = CreateClient, example = json!({ "name": "Schemaläggaren", "scopes": ["person:read", "course:read"] })),
    responses((status = 201, description = "It is entered.", body = ClientDocument,
        headers(("ETag" = String, description = "Its version."), ("Location" = String, description = "Its address."))))
)]
#[post("/v1/clients")]
pub async fn handle(
    permit: Permit<ManageClients>,
    state: web::Data<State>,
    key: IdempotencyKey,
    body: Body<CreateClient>,
) -> Result<HttpResponse, Problem> {
    let (caller, fresh) = (permit.caller().clone(), state.fresh::<ClientId>());
    let made = state
        .database
        .write(permit.caller(), move |tx, scope| {
            key.once(
                tx,
                scope,
                &caller,
                &body.bytes,
                |tx, scope| {
                    let answer = create_client(tx, scope, fresh, &body)?;
                    Ok(Made { status: StatusCode::CREATED, handle: json!(answer.id), answer })
                },
                |tx, scope, handle| {
                    let id = handle
                        .as_str()
                        .and_then(|id| Uuid::try_parse(id).ok())
                        .ok_or_else(Problem::not_found)?;
                    get_client(tx.connection(), scope, Id::from_uuid(id))
                },
            )
        })
        .await?;
    let location = format!("/v1/clients/{}", made.answer.id);
    Ok(created(made.status, location, made.answer.version, &made.answer))
}

/// The use-case.
///
/// # Errors
/// [`Code::NotPermitted`] for those whose reach is a part of the organiser;
/// [`Code::InvalidFields`]; a failure of the database.
pub fn create_client(
    tx: &mut Tx<'_>,
    scope: &Scope,
    fresh: ClientId,
    request: &CreateClient,
) -> Result<ClientDocument, Problem> {
    if scope.reach() != &Reach::Organiser {
        return Err(Problem::new(Code::NotPermitted));
    }
    let CreateClient {
        id,
        name,
        scopes,
        fields,
        school_unit_ids,
        school_types,
        allowed_networks,
        keys_only,
        expires_at,
    } = request.clone();
    let school_units: Vec<SchoolUnitId> = school_unit_ids.into_iter().map(Id::from_uuid).collect();
    let new = NewClient {
        name: &name,
        scopes: &scopes,
        fields: &fields,
        school_units: &school_units,
        school_types: &school_types,
        allowed_networks: &allowed_networks,
        keys_only,
        expires_at,
        disabled_at: None,
    };
    let client = new.validate()?;
    check_references(tx, scope, &client)?;
    let id = id.map_or(fresh, Id::from_uuid);
    if client::is_taken(tx.connection(), id)? {
        return Err(Refusal::new(Rule::Duplicate, "the id is in use").at("/id").into());
    }
    Ok(ClientDocument::of(client::insert(tx, scope, id, &client)?))
}

/// Refuses school units and school types that there are not. A type that is used no longer still limits.
pub(crate) fn check_references(tx: &mut Tx<'_>, scope: &Scope, client: &Client) -> Result<(), Problem> {
    if !client.school_types.is_empty() {
        let known = code::entries(tx.connection(), Table::SchoolType)?;
        let unknown = client.school_types.iter().find(|code| known.iter().all(|entry| entry.code != **code));
        if let Some(code) = unknown {
            let detail = format!("there is no school type {code}");
            return Err(Refusal::new(Rule::UnknownCode, detail).at("/schoolTypes").into());
        }
    }
    for unit in &client.school_units {
        if school_unit::find(tx.connection(), scope, *unit)?.is_none() {
            let detail = format!("there is no school unit {unit}");
            return Err(Refusal::new(Rule::UnknownReference, detail).at("/schoolUnitIds").into());
        }
    }
    Ok(())
}
