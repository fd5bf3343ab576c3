use actix_web::{HttpResponse, get, http::header, web};
use serde::Serialize;
use skolhus_domain::access::declared::Public;
use utoipa::ToSchema;

use crate::http::{permit::Permit, problem::Problem, state::State};

/// The server's public keys (RFC 7517).
#[derive(Serialize, ToSchema)]
#[schema(as = JsonWebKeySet)]
pub struct KeySetDocument {
    /// The keys; tokens name theirs as `kid`.
    pub keys: Vec<KeyDocument>,
}

/// One public key (RFC 8037).
#[derive(Serialize, ToSchema)]
#[schema(as = JsonWebKey)]
pub struct KeyDocument {
    /// `OKP`.
    #[schema(example = "OKP")]
    kty: &'static str,
    /// `Ed25519`.
    #[schema(example = "Ed25519")]
    crv: &'static str,
    /// `EdDSA`.
    #[schema(example = "EdDSA")]
    alg: &'static str,
    /// `sig`: for signatures.
    #[schema(example = "sig")]
    r#use: &'static str,
    /// Its id.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    kid: String,
    /// The key in base64url.
    #[schema(example = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")]
    x: String,
}

/// The keys that verify access tokens
///
/// A JSON Web Key Set. A new key stands here two minutes before tokens are signed with it.
#[utoipa::path(
    operation_id = "getPublicKeys", tag = "identity",
    extensions(("x-permission" = json!("public"))),
    responses((status = 200, description = "The public keys.", body = KeySetDocument))
)]
#[get("/.well-known/jwks.json")]
pub async fn handle(_permit: Permit<Public>, state: web::Data<State>) -> Result<HttpResponse, Problem> {
    let keys = state.keyring.public_keys().into_iter().map(|(kid, x)| KeyDocument {
        kty: "OKP",
        crv: "Ed25519",
        alg: "EdDSA",
        r#use: "sig",
        kid: kid.to_string(),
        x,
    });
    let document = KeySetDocument { keys: keys.collect() };
    Ok(HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "public, max-age=60")).json(document))
}
