//! An identity provider as the interface shows it, and how one is described.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use skolhus_domain::{
    id::Id,
    identity::{AccountClaim, AcrLevel, IdentityProvider, NewIdentityProvider},
    refusal::{Refusal, Rule},
};
use skolhus_persistence::identity::identity_provider::SavedProvider;
use utoipa::ToSchema;
use uuid::Uuid;

use super::super::create_session::LevelName;
use crate::{
    change::Policy,
    http::{
        problem::Problem,
        words::{codes, words},
    },
};

words! {
    /// What names the account in what a provider says: `email`, the address that it has verified, or `sub`, what it calls somebody
    /// once that has been bound to an account.
    AccountClaimWord("AccountClaim") = codes!(AccountClaim);
}

/// What a login is worth that the provider describes with a value of `acr`.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = AcrLevel)]
pub struct AcrLevelDocument {
    /// The value.
    #[schema(
        example = "http://id.elegnamnden.se/loa/1.0/loa3",
        min_length = 1,
        max_length = 200,
        pattern = "^[!-~]+$"
    )]
    pub acr: String,
    /// The level.
    #[schema(example = "high")]
    pub level: LevelName,
}

/// An identity provider (identitetsleverantör).
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = IdentityProvider)]
pub struct IdentityProviderDocument {
    /// Its id: logins begin with it.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000b4")]
    pub id: Uuid,
    /// Its version, as in the `ETag`.
    #[schema(example = 1, minimum = 1)]
    pub version: i64,
    /// When it was registered.
    #[schema(example = "2026-08-17T06:10:00Z")]
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    #[schema(example = "2026-08-17T06:10:00Z")]
    pub modified_at: DateTime<Utc>,
    /// What people call it.
    #[schema(example = "Kommunens inloggning")]
    pub name: String,
    /// Who it says that it is (`iss`).
    #[schema(example = "https://idp.exempel.se")]
    pub issuer: String,
    /// What it calls us.
    #[schema(example = "skolhus")]
    pub client_id: String,
    /// Whether it has given us a secret. That is never shown.
    #[schema(example = true)]
    pub has_client_secret: bool,
    /// Where browsers may come back to from it.
    #[schema(example = json!(["https://app.exempel.se/inloggad"]))]
    pub redirect_addresses: Vec<String>,
    /// What is asked for besides `openid`.
    #[schema(example = json!(["email"]))]
    pub scopes: Vec<String>,
    /// What names the account.
    #[schema(value_type = AccountClaimWord, example = "email")]
    pub account_claim: &'static str,
    /// The domains of e-mail addresses that it answers for.
    #[schema(example = json!(["skola.exempel.se"]))]
    pub email_domains: Vec<String>,
    /// What a login is worth whose `acr` is not among the others.
    #[schema(example = "substantial")]
    pub level: LevelName,
    /// What a login is worth by its `acr`.
    pub acr_levels: Vec<AcrLevelDocument>,
    /// Whether persons with protected personal data may log in with it. It learns when they do.
    #[schema(example = false)]
    pub protected_persons: bool,
    /// Whether anybody may.
    #[schema(example = true)]
    pub enabled: bool,
}

impl IdentityProviderDocument {
    /// The document of what is saved.
    #[must_use]
    pub fn of(saved: &SavedProvider) -> Self {
        let provider = saved.provider.value.clone();
        let IdentityProvider { name, issuer, client_id, redirect_addresses, scopes, .. } = provider;
        let shown = |named: AcrLevel| AcrLevelDocument { acr: named.acr, level: named.level.into() };
        Self {
            id: saved.provider.id.uuid(),
            version: saved.provider.version,
            created_at: saved.provider.created_at,
            modified_at: saved.provider.modified_at,
            name: name.into_string(),
            issuer,
            client_id,
            has_client_secret: saved.has_secret,
            redirect_addresses,
            scopes,
            account_claim: provider.account_claim.code(),
            email_domains: provider.email_domains,
            level: provider.level.into(),
            acr_levels: provider.acr_levels.into_iter().map(shown).collect(),
            protected_persons: provider.protected_persons,
            enabled: provider.enabled,
        }
    }
}

/// The fields of a provider that people decide, all of them.
pub(super) struct Fields {
    pub(super) name: String,
    pub(super) issuer: String,
    pub(super) client_id: String,
    pub(super) redirect_addresses: Vec<String>,
    pub(super) scopes: Vec<String>,
    pub(super) account_claim: String,
    pub(super) email_domains: Vec<String>,
    pub(super) level: LevelName,
    pub(super) acr_levels: Vec<AcrLevelDocument>,
    pub(super) protected_persons: bool,
    pub(super) enabled: bool,
}

impl Fields {
    /// Checks their meaning, and that the issuer may be asked.
    pub(super) fn validate(&self, policy: Policy) -> Result<IdentityProvider, Problem> {
        let read = |named: &AcrLevelDocument| AcrLevel { acr: named.acr.clone(), level: named.level.into() };
        let acr_levels: Vec<AcrLevel> = self.acr_levels.iter().map(read).collect();
        let new = NewIdentityProvider {
            name: &self.name,
            issuer: &self.issuer,
            client_id: &self.client_id,
            redirect_addresses: &self.redirect_addresses,
            scopes: &self.scopes,
            account_claim: &self.account_claim,
            email_domains: &self.email_domains,
            level: self.level.into(),
            acr_levels: &acr_levels,
            protected_persons: self.protected_persons,
            enabled: self.enabled,
        };
        let provider = new.validate()?;
        policy.check(&provider.issuer).map_err(|wrong| Refusal::new(Rule::Format, wrong).at("/issuer"))?;
        Ok(provider)
    }
}

/// Refuses a secret that no header and no form can hold.
pub(super) fn client_secret(secret: &str) -> Result<(), Refusal> {
    if secret.is_empty() || !secret.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        let detail = "is written with visible characters of ASCII";
        return Err(Refusal::new(Rule::Format, detail).at("/clientSecret"));
    }
    Ok(())
}
