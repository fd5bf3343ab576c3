use actix_web::{HttpResponse, patch, web};
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ManageTokenIssuers},
    id::TokenIssuerId,
    refusal::Refusals,
};
use skolhus_persistence::{Tx, identity::token_issuer};
use utoipa::ToSchema;
use validator::Validate;

use super::document::{Fields, IssuedAccessDocument, IssuedClientDocument, TokenIssuerDocument};
use crate::{
    change::Policy,
    http::{
        body::Body,
        etag::IfMatch,
        patch::Patch,
        permit::Permit,
        problem::Problem,
        resource::{IdPath, PathId, saved},
        state::State,
    },
};

/// What to change of an issuer; what is absent stays.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateTokenIssuer {
    /// What people call it.
    #[serde(default)]
    #[validate(length(min = 1, max = 200))]
    #[schema(value_type = Option<String>, example = "Skolverkets provtjänst", min_length = 1, max_length = 200, nullable = false)]
    pub name: Patch<String>,
    /// Who it says that it is (`iss`), letter by letter.
    #[serde(default)]
    #[validate(length(min = 1, max = 500))]
    #[schema(value_type = Option<String>, example = "https://auth.exempel.se", min_length = 1, max_length = 500, pattern = "^[!-~]+$", nullable = false)]
    pub issuer: Patch<String>,
    /// Where its public keys are (JWKS): an `https` address in the public network.
    #[serde(default)]
    #[validate(length(min = 1, max = 500))]
    #[schema(value_type = Option<String>, example = "https://auth.exempel.se/.well-known/jwks.json", min_length = 1, max_length = 500, format = "uri", pattern = "^https://", nullable = false)]
    pub jwks_address: Patch<String>,
    /// Whom its tokens must be for (`aud`).
    #[serde(default)]
    #[validate(length(min = 1, max = 500))]
    #[schema(value_type = Option<String>, example = "nutid", min_length = 1, max_length = 500, pattern = "^[!-~]+$", nullable = false)]
    pub audience: Patch<String>,
    /// What they must give access to; null where the audience is enough.
    #[serde(default)]
    #[schema(value_type = Option<IssuedAccessDocument>, example = json!({ "type": "ss12000-api", "location": "https://skola.exempel.se/ss12000" }))]
    pub access: Patch<IssuedAccessDocument>,
    /// The claim that names the client.
    #[serde(default)]
    #[validate(length(min = 1, max = 500))]
    #[schema(value_type = Option<String>, example = "organization_id", min_length = 1, max_length = 500, pattern = "^[!-~]+$", nullable = false)]
    pub client_claim: Patch<String>,
    /// Which value of it stands for which client; replaces all.
    #[serde(default)]
    #[validate(length(min = 1, max = 50))]
    #[schema(value_type = Option<Vec<IssuedClientDocument>>, min_items = 1, max_items = 50, nullable = false, example = json!([{ "value": "SE2021004185", "clientId": "0199a3f0-7c00-7000-8000-0000000000d1" }]))]
    pub clients: Patch<Vec<IssuedClientDocument>>,
    /// Whether its tokens are accepted.
    #[serde(default)]
    #[schema(value_type = Option<bool>, example = false, nullable = false)]
    pub enabled: Patch<bool>,
}

/// Change an issuer of tokens
///
/// A merge patch: what is absent stays. It holds for tokens that were issued before, at once where it was changed, and within five
/// seconds on other servers of the installation.
#[utoipa::path(
    operation_id = "updateTokenIssuer", tag = "identity",
    extensions(("x-permission" = json!("token-issuer:manage"))),
    params(IdPath),
    request_body(content = UpdateTokenIssuer, content_type = "application/merge-patch+json", example = json!({ "enabled": false })),
    responses((status = 200, description = "Its present state.", body = TokenIssuerDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[patch("/v1/token-issuers/{id}")]
pub async fn handle(
    permit: Permit<ManageTokenIssuers>,
    state: web::Data<State>,
    id: PathId<TokenIssuerId>,
    if_match: IfMatch,
    body: Body<UpdateTokenIssuer>,
) -> Result<HttpResponse, Problem> {
    let policy = state.providers.policy();
    let issuer = state
        .database
        .write(permit.caller(), move |tx, scope| update_issuer(tx, scope, id.0, &if_match, &body, policy))
        .await?;
    state.issuers.forget();
    Ok(saved(issuer.version, &issuer))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`, `InvalidFields`; a failure of the database.
fn update_issuer(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: TokenIssuerId,
    if_match: &IfMatch,
    request: &UpdateTokenIssuer,
    policy: Policy,
) -> Result<TokenIssuerDocument, Problem> {
    let before = token_issuer::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    let present = TokenIssuerDocument::of(before.clone());
    let UpdateTokenIssuer { name, issuer, jwks_address, audience, access, client_claim, clients, enabled } =
        request.clone();
    let mut refusals = Refusals::default();
    let texts = (
        refusals.note("/name", name.require(present.name)),
        refusals.note("/issuer", issuer.require(present.issuer)),
        refusals.note("/jwksAddress", jwks_address.require(present.jwks_address)),
        refusals.note("/audience", audience.require(present.audience)),
        refusals.note("/clientClaim", client_claim.require(present.client_claim)),
    );
    let others = (
        refusals.note("/clients", clients.require(present.clients)),
        refusals.note("/enabled", enabled.require(present.enabled)),
    );
    let (
        (Some(name), Some(issuer), Some(jwks_address), Some(audience), Some(client_claim)),
        (Some(clients), Some(enabled)),
    ) = (texts, others)
    else {
        return Err(refusals.into());
    };
    let access = access.apply(present.access);
    let fields = Fields { name, issuer, jwks_address, audience, access, client_claim, clients, enabled };
    let after = fields.validate(tx, scope, policy)?;
    let already = after == before.value;
    if_match.check_unless(already, before.version)?;
    if already {
        return Ok(TokenIssuerDocument::of(before));
    }
    Ok(TokenIssuerDocument::of(token_issuer::update(tx, scope, &before, &after)?))
}
