use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde::Serialize;
use skolhus_domain::{
    access::declared::ManageClients,
    id::ClientId,
    refusal::{Refusal, Rule},
};
use skolhus_persistence::identity::client;
use utoipa::ToSchema;

use super::{
    create_session::answer,
    logins::{first_refresh_token, hash_of},
};
use crate::http::{
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId},
    state::State,
};

/// A client's new secret.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClientSecret {
    /// The secret. It is shown this once; only its hash is kept.
    #[schema(example = "Zx3Jm0v1Gq5v5v3bq3v7mWq0V9l0F3m1c2k8Yt0a1bE")]
    pub client_secret: String,
}

/// Make a client's secret
///
/// 256 random bits, shown once. The former secret is worth nothing from now on; tokens made with it live out their
/// ten minutes. A client that has its keys alone (`keysOnly`) gets none.
#[utoipa::path(
    operation_id = "createClientSecret", tag = "identity",
    extensions(("x-permission" = json!("client:manage"))),
    params(IdPath),
    responses((status = 201, description = "The secret.", body = ClientSecret))
)]
#[post("/v1/clients/{id}/secret")]
pub async fn handle(
    permit: Permit<ManageClients>,
    state: web::Data<State>,
    id: PathId<ClientId>,
) -> Result<HttpResponse, Problem> {
    let client_secret = first_refresh_token(state.randomness.as_ref());
    let hash = hash_of(&client_secret);
    state
        .database
        .write(permit.caller(), move |tx, scope| {
            let before = client::find(tx.connection(), scope, id.0)?.ok_or_else(Problem::not_found)?;
            if before.value.keys_only {
                let detail = "the client shows who it is with its keys alone (keysOnly)";
                return Err(Refusal::new(Rule::State, detail).into());
            }
            client::set_secret(tx, scope, &before, &hash).map(drop).map_err(Problem::from)
        })
        .await?;
    Ok(answer(StatusCode::CREATED, &ClientSecret { client_secret }))
}
