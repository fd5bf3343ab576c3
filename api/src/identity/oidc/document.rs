//! A login that was begun, and what a browser brings back, as the interface has them.

use chrono::{DateTime, Utc};
use serde::Serialize;
use skolhus_domain::id::{Id, OidcLoginId};
use utoipa::ToSchema;
use uuid::Uuid;

/// A login that was begun at an identity provider.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OidcLogin)]
pub struct OidcLoginDocument {
    /// Its id.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000b5")]
    pub id: Uuid,
    /// What shows that the login is yours; told once. Keep it where no other page or device can read it, and never in an address.
    #[schema(example = "Zx3Jm0v1Gq5v5v3bq3v7mWq0V9l0F3m1c2k8Yt0a1bE")]
    pub secret: String,
    /// Where to send the browser. It comes back to the redirect address with `code` and `state`, or with `error`.
    #[schema(
        example = "https://idp.exempel.se/authorize?response_type=code&client_id=skolhus&redirect_uri=https%3A%2F%2Fapp.exempel.se%2Finloggad&scope=openid+email&state=8Yt0a1bE&nonce=Zx3Jm0v1&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"
    )]
    pub authorization_address: String,
    /// Until when it can be completed.
    #[schema(example = "2026-08-17T06:20:00Z")]
    pub expires_at: DateTime<Utc>,
}

impl OidcLoginDocument {
    pub(super) fn of(
        id: OidcLoginId,
        secret: String,
        authorization_address: String,
        expires_at: DateTime<Utc>,
    ) -> Self {
        Self { id: id.uuid(), secret, authorization_address, expires_at }
    }
}
