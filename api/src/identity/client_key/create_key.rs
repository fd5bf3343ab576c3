use actix_web::{HttpResponse, http::StatusCode, post, web};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;
use skolhus_domain::{
    access::{Scope, declared::ManageClients},
    id::{ClientId, ClientKeyId, Id},
    identity::{NewClientKey, room_for_client_key},
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{
    Tx,
    identity::{client, client_key},
};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{
    super::client_assertion::is_on_its_curve,
    document::{ClientKeyDocument, Jwk, SIGNS},
    get_key::get_key,
    path::KeyId,
};
use crate::http::{
    body::Body,
    idempotency::{IdempotencyKey, Made},
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, created},
    state::State,
};

/// A key to register.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateClientKey {
    /// Its id, if the caller brings one; else a fresh one is given.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000f6")]
    pub id: Option<Uuid>,
    /// The public half; the private half never leaves the client.
    pub jwk: Jwk,
    /// From when on what it signs is refused; never unless given.
    #[schema(example = "2027-09-01T00:00:00+02:00")]
    pub expires_at: Option<DateTime<Utc>>,
}

/// Register a client's key
///
/// The public half of a key with which the client signs who it is at `POST /v1/tokens`: RSA of 2,048 to 4,096 bits
/// (RS256 or PS256), the curve P-256 (ES256) or Ed25519 (EdDSA). A client has at most five keys, expired ones among them, so
/// that a new one can be registered while the former is in use.
#[utoipa::path(
    operation_id = "createClientKey", tag = "identity",
    extensions(("x-permission" = json!("client:manage")), ("x-idempotent" = json!(true))),
    params(IdPath),
    request_body(content = CreateClientKey, example = json!({ "jwk": {
        "kty": "OKP", "kid": "2026-08", "alg": "EdDSA", "crv": "Ed25519",
        "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    } })),
    responses((status = 201, description = "It is registered.", body = ClientKeyDocument,
        headers(("ETag" = String, description = "Its version."), ("Location" = String, description = "Its address."))))
)]
#[post("/v1/clients/{id}/keys")]
pub async fn handle(
    permit: Permit<ManageClients>,
    state: web::Data<State>,
    id: PathId<ClientId>,
    key: IdempotencyKey,
    body: Body<CreateClientKey>,
) -> Result<HttpResponse, Problem> {
    let (caller, fresh) = (permit.caller().clone(), state.fresh::<ClientKeyId>());
    let client = id.0;
    let made = state
        .database
        .write(permit.caller(), move |tx, scope| {
            key.once(
                tx,
                scope,
                &caller,
                &body.bytes,
                |tx, scope| {
                    let answer = create_key(tx, scope, client, fresh, &body)?;
                    Ok(Made { status: StatusCode::CREATED, handle: json!(answer.id), answer })
                },
                |tx, scope, handle| {
                    let key = handle
                        .as_str()
                        .and_then(|id| Uuid::try_parse(id).ok())
                        .ok_or_else(Problem::not_found)?;
                    get_key(tx.connection(), scope, KeyId { client, key: Id::from_uuid(key) })
                },
            )
        })
        .await?;
    let location = format!("/v1/clients/{client}/keys/{}", made.answer.id);
    Ok(created(made.status, location, made.answer.version, &made.answer))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; `InvalidFields`; `Conflict` for one key too many; a failure of the
/// database.
pub fn create_key(
    tx: &mut Tx<'_>,
    scope: &Scope,
    client: ClientId,
    fresh: ClientKeyId,
    request: &CreateClientKey,
) -> Result<ClientKeyDocument, Problem> {
    client_key::lock_client(tx, client)?;
    client::find(tx.connection(), scope, client)?.ok_or_else(Problem::not_found)?;
    let CreateClientKey { id, jwk, expires_at } = request;
    if jwk.usage.as_deref().is_some_and(|usage| usage != SIGNS) {
        return Err(Refusal::new(Rule::UnknownCode, format!("must be {SIGNS}")).at("/jwk/use").into());
    }
    let new = NewClientKey {
        kid: &jwk.kid,
        alg: &jwk.alg,
        kty: &jwk.kty,
        crv: jwk.crv.as_deref(),
        n: jwk.n.as_deref(),
        e: jwk.e.as_deref(),
        x: jwk.x.as_deref(),
        y: jwk.y.as_deref(),
        expires_at: *expires_at,
    };
    let new = new.validate(client, scope.now())?;
    if !is_on_its_curve(&new.material) {
        return Err(Refusal::new(Rule::Format, "is no key of the curve").at("/jwk/x").into());
    }
    let there = client_key::of_client(tx.connection(), scope, client)?;
    if there.iter().any(|key| key.value.kid == new.kid) {
        let taken = Refusal::new(Rule::Duplicate, "another key of the client has this name");
        return Err(taken.at("/jwk/kid").into());
    }
    room_for_client_key(there.len())?;
    let id = id.map_or(fresh, Id::from_uuid);
    if client_key::is_taken(tx.connection(), scope, id)? {
        return Err(Refusal::new(Rule::Duplicate, "the id is in use").at("/id").into());
    }
    Ok(ClientKeyDocument::of(&client_key::insert(tx, scope, id, &new)?))
}
