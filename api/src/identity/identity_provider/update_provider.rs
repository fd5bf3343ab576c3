use actix_web::{HttpResponse, patch, web};
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ManageIdentityProviders},
    id::{Id, IdentityProviderId},
    refusal::Refusals,
};
use skolhus_persistence::{
    Tx,
    identity::identity_provider::{self, SecretChange},
};
use utoipa::ToSchema;
use validator::Validate;

use super::{
    super::{create_session::LevelName, oidc::secret_binding},
    document::{AccountClaimWord, AcrLevelDocument, Fields, IdentityProviderDocument, client_secret},
};
use crate::{
    change::{Policy, Sealer},
    http::{
        body::Body,
        catalogue::Code,
        etag::IfMatch,
        patch::Patch,
        permit::Permit,
        problem::Problem,
        resource::{IdPath, PathId, saved},
        state::State,
    },
};

/// What to change of a provider; what is absent stays.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateIdentityProvider {
    /// What people call it.
    #[serde(default)]
    #[validate(length(min = 1, max = 200))]
    #[schema(value_type = Option<String>, example = "Kommunens inloggning", min_length = 1, max_length = 200, nullable = false)]
    pub name: Patch<String>,
    /// What it calls us.
    #[serde(default)]
    #[validate(length(min = 1, max = 200))]
    #[schema(value_type = Option<String>, example = "skolhus", min_length = 1, max_length = 200, pattern = "^[!-~]+$", nullable = false)]
    pub client_id: Patch<String>,
    /// The secret that it has given us; null for none.
    #[serde(default)]
    #[validate(length(min = 1, max = 500))]
    #[schema(value_type = Option<String>, example = "Zx3Jm0v1Gq5v5v3bq3v7mWq0V9l0F3m1c2k8Yt0a1bE", min_length = 1, max_length = 500, format = Password, pattern = "^[ -~]+$")]
    pub client_secret: Patch<String>,
    /// Where browsers may come back to; replaces all.
    #[serde(default)]
    #[validate(length(min = 1, max = 20))]
    #[schema(value_type = Option<Vec<String>>, example = json!(["https://app.exempel.se/inloggad"]), min_items = 1, max_items = 20, nullable = false)]
    pub redirect_addresses: Patch<Vec<String>>,
    /// What is asked for besides `openid`; replaces all.
    #[serde(default)]
    #[validate(length(max = 20))]
    #[schema(value_type = Option<Vec<String>>, example = json!(["email"]), max_items = 20, nullable = false)]
    pub scopes: Patch<Vec<String>>,
    /// What names the account.
    #[serde(default)]
    #[schema(value_type = Option<AccountClaimWord>, example = "email", nullable = false)]
    pub account_claim: Patch<String>,
    /// The domains of e-mail addresses that it answers for; replaces all.
    #[serde(default)]
    #[validate(length(max = 20))]
    #[schema(value_type = Option<Vec<String>>, example = json!(["skola.exempel.se"]), max_items = 20, nullable = false)]
    pub email_domains: Patch<Vec<String>>,
    /// What a login is worth whose `acr` is not among the others.
    #[serde(default)]
    #[schema(value_type = Option<LevelName>, example = "substantial", nullable = false)]
    pub level: Patch<LevelName>,
    /// What a login is worth by its `acr`; replaces all.
    #[serde(default)]
    #[schema(value_type = Option<Vec<AcrLevelDocument>>, max_items = 20, nullable = false, example = json!([{ "acr": "http://id.elegnamnden.se/loa/1.0/loa3", "level": "high" }]))]
    pub acr_levels: Patch<Vec<AcrLevelDocument>>,
    /// Whether persons with protected personal data may log in with it.
    #[serde(default)]
    #[schema(value_type = Option<bool>, example = false, nullable = false)]
    pub protected_persons: Patch<bool>,
    /// Whether anybody may.
    #[serde(default)]
    #[schema(value_type = Option<bool>, example = false, nullable = false)]
    pub enabled: Patch<bool>,
}

/// Change an identity provider
///
/// A merge patch: what is absent stays. It holds for logins that are under way, too; sessions that have begun go on, until they are
/// ended. The issuer cannot be changed: register another provider.
#[utoipa::path(
    operation_id = "updateIdentityProvider", tag = "identity",
    extensions(("x-permission" = json!("identity-provider:manage"))),
    params(IdPath),
    request_body(content = UpdateIdentityProvider, content_type = "application/merge-patch+json", example = json!({ "enabled": false })),
    responses((status = 200, description = "Its present state.", body = IdentityProviderDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[patch("/v1/identity-providers/{id}")]
pub async fn handle(
    permit: Permit<ManageIdentityProviders>,
    state: web::Data<State>,
    id: PathId<IdentityProviderId>,
    if_match: IfMatch,
    body: Body<UpdateIdentityProvider>,
) -> Result<HttpResponse, Problem> {
    let (id, policy) = (id.0, state.providers.policy());
    let secret = match &body.client_secret {
        Patch::Absent => SecretChange::Kept,
        Patch::Null => SecretChange::Replaced(None),
        Patch::Value(secret) => {
            client_secret(secret)?;
            let sealed = Sealer::seal(state.keyring.as_ref(), secret, &secret_binding(id.uuid()));
            SecretChange::Replaced(Some(sealed.ok_or_else(|| Problem::new(Code::Internal))?))
        }
    };
    let provider = state
        .database
        .write(permit.caller(), move |tx, scope| {
            update_provider(tx, scope, id, &if_match, (&*body, &secret), policy)
        })
        .await?;
    Ok(saved(provider.version, &provider))
}

/// The use-case.
///
/// # Errors
/// [`Code::NotFound`], `Stale`, `InvalidFields`; a failure of the database.
fn update_provider(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: IdentityProviderId,
    if_match: &IfMatch,
    (request, secret): (&UpdateIdentityProvider, &SecretChange),
    policy: Policy,
) -> Result<IdentityProviderDocument, Problem> {
    let before = identity_provider::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    let present = before.provider.value.clone();
    let UpdateIdentityProvider {
        name,
        client_id,
        client_secret: _,
        redirect_addresses,
        scopes,
        account_claim,
        email_domains,
        level,
        acr_levels,
        protected_persons,
        enabled,
    } = request.clone();
    let shown = IdentityProviderDocument::of(&before).acr_levels;
    let mut refusals = Refusals::default();
    let texts = (
        refusals.note("/name", name.require(present.name.as_str().to_owned())),
        refusals.note("/clientId", client_id.require(present.client_id.clone())),
        refusals.note("/accountClaim", account_claim.require(present.account_claim.code().to_owned())),
    );
    let lists = (
        refusals.note("/redirectAddresses", redirect_addresses.require(present.redirect_addresses.clone())),
        refusals.note("/scopes", scopes.require(present.scopes.clone())),
        refusals.note("/emailDomains", email_domains.require(present.email_domains.clone())),
        refusals.note("/acrLevels", acr_levels.require(shown)),
    );
    let decided = (
        refusals.note("/level", level.require(present.level.into())),
        refusals.note("/protectedPersons", protected_persons.require(present.protected_persons)),
        refusals.note("/enabled", enabled.require(present.enabled)),
    );
    let (
        (Some(name), Some(client_id), Some(account_claim)),
        (Some(redirect_addresses), Some(scopes), Some(email_domains), Some(acr_levels)),
        (Some(level), Some(protected_persons), Some(enabled)),
    ) = (texts, lists, decided)
    else {
        return Err(refusals.into());
    };
    let fields = Fields {
        name,
        issuer: present.issuer.clone(),
        client_id,
        redirect_addresses,
        scopes,
        account_claim,
        email_domains,
        level,
        acr_levels,
        protected_persons,
        enabled,
    };
    let after = fields.validate(policy)?;
    let same_secret = match secret {
        SecretChange::Kept => true,
        SecretChange::Replaced(secret) => secret.is_none() && !before.has_secret,
    };
    let already = after == present && same_secret;
    if_match.check_unless(already, before.provider.version)?;
    if already {
        return Ok(IdentityProviderDocument::of(&before));
    }
    Ok(IdentityProviderDocument::of(&identity_provider::update(tx, &before, &after, secret)?))
}
