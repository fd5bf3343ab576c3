use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde::Deserialize;
use serde_json::json;
use skolhus_domain::{
    access::{Reach, Scope, declared::ManageTokenIssuers},
    id::{Id, TokenIssuerId},
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{Tx, identity::token_issuer};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{
    document::{Fields, IssuedAccessDocument, IssuedClientDocument, TokenIssuerDocument},
    get_issuer::get_issuer,
};
use crate::{
    change::Policy,
    http::{
        body::Body,
        catalogue::Code,
        idempotency::{IdempotencyKey, Made},
        permit::Permit,
        problem::Problem,
        resource::created,
        state::State,
    },
};

/// An issuer to register.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateTokenIssuer {
    /// Its id, if the caller brings one; else a fresh one is given.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000b8")]
    pub id: Option<Uuid>,
    /// What people call it.
    #[validate(length(min = 1, max = 200))]
    #[schema(example = "Skolverkets provtjänst", min_length = 1, max_length = 200)]
    pub name: String,
    /// Who it says that it is (`iss`), letter by letter.
    #[validate(length(min = 1, max = 500))]
    #[schema(example = "https://auth.exempel.se", min_length = 1, max_length = 500, pattern = "^[!-~]+$")]
    pub issuer: String,
    /// Where its public keys are (JWKS): an `https` address in the public network.
    #[validate(length(min = 1, max = 500))]
    #[schema(
        example = "https://auth.exempel.se/.well-known/jwks.json",
        min_length = 1,
        max_length = 500,
        format = "uri",
        pattern = "^https://"
    )]
    pub jwks_address: String,
    /// Whom its tokens must be for (`aud`).
    #[validate(length(min = 1, max = 500))]
    #[schema(example = "nutid", min_length = 1, max_length = 500, pattern = "^[!-~]+$")]
    pub audience: String,
    /// What they must give access to. Needed where one audience stands for many servers: else a token for another school would
    /// open this one.
    #[serde(default)]
    #[schema(nullable = false, example = json!({ "type": "ss12000-api", "location": "https://skola.exempel.se/ss12000" }))]
    pub access: Option<IssuedAccessDocument>,
    /// The claim that names the client.
    #[validate(length(min = 1, max = 500))]
    #[schema(example = "organization_id", min_length = 1, max_length = 500, pattern = "^[!-~]+$")]
    pub client_claim: String,
    /// Which value of it stands for which client.
    #[validate(length(min = 1, max = 50))]
    #[schema(min_items = 1, max_items = 50, example = json!([{ "value": "SE2021004185", "clientId": "0199a3f0-7c00-7000-8000-0000000000d1" }]))]
    pub clients: Vec<IssuedClientDocument>,
    /// Whether its tokens are accepted from now on. True unless said otherwise.
    #[serde(default = "yes")]
    #[schema(default = true, example = true)]
    pub enabled: bool,
}

fn yes() -> bool {
    true
}

/// Register an issuer of tokens
///
/// Its tokens (JWT, signed with RS256, PS256, ES256 or EdDSA) are accepted from now on wherever a client's are, for at most 31 days
/// each, as those of the client that they stand for: with its scopes, fields, units and networks, and, where a token has a `scope`,
/// with those scopes of it alone. Tokens that are bound to a key are not accepted.
#[utoipa::path(
    operation_id = "createTokenIssuer", tag = "identity",
    extensions(("x-permission" = json!("token-issuer:manage")), ("x-idempotent" = json!(true))),
    request_body(content = CreateTokenIssuer, example = json!({
        "name": "Skolverkets provtjänst", "issuer": "https://auth.exempel.se",
        "jwksAddress": "https://auth.exempel.se/.well-known/jwks.json", "audience": "nutid",
        "access": { "type": "ss12000-api", "location": "https://skola.exempel.se/ss12000" }, "clientClaim": "organization_id",
        "clients": [{ "value": "SE2021004185", "clientId": "0199a3f0-7c00-7000-8000-0000000000d1" }],
    })),
    responses((status = 201, description = "It is registered.", body = TokenIssuerDocument,
        headers(("ETag" = String, description = "Its version."), ("Location" = String, description = "Its address."))))
)]
#[post("/v1/token-issuers")]
pub async fn handle(
    permit: Permit<ManageTokenIssuers>,
    state: web::Data<State>,
    key: IdempotencyKey,
    body: Body<CreateTokenIssuer>,
) -> Result<HttpResponse, Problem> {
    let (caller, fresh) = (permit.caller().clone(), state.fresh::<TokenIssuerId>());
    let policy = state.providers.policy();
    let made = state
        .database
        .write(permit.caller(), move |tx, scope| {
            key.once(
                tx,
                scope,
                &caller,
                &body.bytes,
                |tx, scope| {
                    let answer = create_issuer(tx, scope, fresh, &body, policy)?;
                    Ok(Made { status: StatusCode::CREATED, handle: json!(answer.id), answer })
                },
                |tx, scope, handle| {
                    let id = handle
                        .as_str()
                        .and_then(|id| Uuid::try_parse(id).ok())
                        .ok_or_else(Problem::not_found)?;
                    get_issuer(tx.connection(), scope, Id::from_uuid(id))
                },
            )
        })
        .await?;
    state.issuers.forget();
    let location = format!("/v1/token-issuers/{}", made.answer.id);
    Ok(created(made.status, location, made.answer.version, &made.answer))
}

/// The use-case.
///
/// # Errors
/// [`Code::NotPermitted`] for those whose reach is a part of the organiser; [`Code::InvalidFields`]; a failure of the database.
fn create_issuer(
    tx: &mut Tx<'_>,
    scope: &Scope,
    fresh: TokenIssuerId,
    request: &CreateTokenIssuer,
    policy: Policy,
) -> Result<TokenIssuerDocument, Problem> {
    if scope.reach() != &Reach::Organiser {
        return Err(Problem::new(Code::NotPermitted));
    }
    let CreateTokenIssuer {
        id,
        name,
        issuer,
        jwks_address,
        audience,
        access,
        client_claim,
        clients,
        enabled,
    } = request.clone();
    let fields = Fields { name, issuer, jwks_address, audience, access, client_claim, clients, enabled };
    let issuer = fields.validate(tx, scope, policy)?;
    let id = id.map_or(fresh, Id::from_uuid);
    if token_issuer::is_taken(tx.connection(), scope, id)? {
        return Err(Refusal::new(Rule::Duplicate, "the id is in use").at("/id").into());
    }
    Ok(TokenIssuerDocument::of(token_issuer::insert(tx, scope, id, &issuer)?))
}
