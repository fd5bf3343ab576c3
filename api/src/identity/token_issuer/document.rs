//! An issuer of tokens as the interface shows it, and how one is described.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use skolhus_domain::{
    access::Scope,
    id::{ClientId, Id},
    identity::{IssuedClient, NewTokenIssuer, TokenIssuer},
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{
    Tx,
    identity::{client, token_issuer::SavedIssuer},
};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{change::Policy, http::problem::Problem};

/// Which value of the claim stands for which client.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = IssuedClient)]
pub struct IssuedClientDocument {
    /// The value.
    #[schema(example = "SE2021004185", min_length = 1, max_length = 500, pattern = "^[!-~]+$")]
    pub value: String,
    /// The client.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000d1")]
    pub client_id: Uuid,
}

/// What a token must give access to, as its `requested_access` says it.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = IssuedAccess)]
pub struct IssuedAccessDocument {
    /// The kind of interface (`type`).
    #[serde(rename = "type")]
    #[schema(example = "ss12000-api", min_length = 1, max_length = 500, pattern = "^[!-~]+$")]
    pub kind: String,
    /// Where ours is: one of its `locations` must be this address or lie below it.
    #[schema(example = "https://skola.exempel.se/ss12000", min_length = 1, max_length = 500, format = "uri")]
    pub location: String,
}

/// An issuer whose tokens stand for clients.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TokenIssuer)]
pub struct TokenIssuerDocument {
    /// Its id.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000b9")]
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
    #[schema(example = "Skolverkets provtjänst")]
    pub name: String,
    /// Who it says that it is (`iss`).
    #[schema(example = "https://auth.exempel.se")]
    pub issuer: String,
    /// Where its public keys are.
    #[schema(example = "https://auth.exempel.se/.well-known/jwks.json")]
    pub jwks_address: String,
    /// Whom its tokens must be for (`aud`).
    #[schema(example = "nutid")]
    pub audience: String,
    /// What they must give access to; null where the audience is enough.
    #[schema(required)]
    pub access: Option<IssuedAccessDocument>,
    /// The claim that names the client.
    #[schema(example = "organization_id")]
    pub client_claim: String,
    /// Which value stands for which client.
    pub clients: Vec<IssuedClientDocument>,
    /// Whether its tokens are accepted.
    #[schema(example = true)]
    pub enabled: bool,
}

impl TokenIssuerDocument {
    /// The document of what is saved.
    #[must_use]
    pub fn of(saved: SavedIssuer) -> Self {
        let TokenIssuer { name, issuer, jwks_address, audience, access, client_claim, clients, enabled } =
            saved.value;
        let shown = |issued: IssuedClient| IssuedClientDocument {
            value: issued.value,
            client_id: issued.client.uuid(),
        };
        Self {
            id: saved.id.uuid(),
            version: saved.version,
            created_at: saved.created_at,
            modified_at: saved.modified_at,
            name: name.into_string(),
            issuer,
            jwks_address,
            audience,
            access: access
                .map(|access| IssuedAccessDocument { kind: access.kind, location: access.location }),
            client_claim,
            clients: clients.into_iter().map(shown).collect(),
            enabled,
        }
    }
}

/// The fields of an issuer that people decide, all of them.
pub(super) struct Fields {
    pub(super) name: String,
    pub(super) issuer: String,
    pub(super) jwks_address: String,
    pub(super) audience: String,
    pub(super) access: Option<IssuedAccessDocument>,
    pub(super) client_claim: String,
    pub(super) clients: Vec<IssuedClientDocument>,
    pub(super) enabled: bool,
}

impl Fields {
    /// Checks their meaning, that the keys may be asked for, and that there are such clients.
    pub(super) fn validate(
        &self,
        tx: &mut Tx<'_>,
        scope: &Scope,
        policy: Policy,
    ) -> Result<TokenIssuer, Problem> {
        let read = |issued: &IssuedClientDocument| IssuedClient {
            value: issued.value.clone(),
            client: ClientId::from_uuid(issued.client_id),
        };
        let clients: Vec<IssuedClient> = self.clients.iter().map(read).collect();
        let new = NewTokenIssuer {
            name: &self.name,
            issuer: &self.issuer,
            jwks_address: &self.jwks_address,
            audience: &self.audience,
            access: self.access.as_ref().map(|access| (access.kind.as_str(), access.location.as_str())),
            client_claim: &self.client_claim,
            clients: &clients,
            enabled: self.enabled,
        };
        let issuer = new.validate()?;
        policy
            .check(&issuer.jwks_address)
            .map_err(|wrong| Refusal::new(Rule::Format, wrong).at("/jwksAddress"))?;
        let wanted: Vec<ClientId> = issuer.clients.iter().map(|issued| issued.client).collect();
        let known = client::known(tx.connection(), scope, &wanted)?;
        if let Some(place) = wanted.iter().position(|client| !known.contains(client)) {
            let refusal = Refusal::new(Rule::UnknownReference, "there is no such client");
            return Err(refusal.at(&format!("/clients/{place}/clientId")).into());
        }
        Ok(issuer)
    }
}
