//! A session as the interface lists it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use skolhus_domain::{
    access::{Identity, Scope},
    id::Id,
    identity::ClientKind,
    refusal::Refusal,
};
use skolhus_persistence::identity::session::{InUse, SessionSort};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{
    http::{
        catalogue::Code,
        listing::{Several, SortKey},
        problem::Problem,
    },
    identity::{client_kind::ClientKindWord, create_session::LevelName, logins::Logins},
};

impl SortKey for SessionSort {
    const KEYS: &'static [(&'static str, Self)] =
        &[("startedAt", Self::StartedAt), ("lastUsedAt", Self::LastUsedAt)];
}

/// A session that can go on.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionInUse {
    /// Its id.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000e1")]
    pub id: Uuid,
    /// What it is on: as its owner called it at the login, or what the program told of itself there.
    #[schema(required, example = "Firefox, Windows")]
    pub device: Option<String>,
    /// What somebody logged in with.
    #[schema(value_type = ClientKindWord, example = "web")]
    pub client_kind: &'static str,
    /// How surely it knows who uses it; it falls to `basic` some time after the login.
    #[schema(example = "substantial")]
    pub level: LevelName,
    /// When the login was.
    #[schema(example = "2026-08-17T06:10:00Z")]
    pub started_at: DateTime<Utc>,
    /// When it was given its latest tokens: it was used until ten minutes after that at the most.
    #[schema(example = "2026-08-17T09:40:00Z")]
    pub last_used_at: DateTime<Utc>,
    /// When it ends at the latest; sooner where it is not used.
    #[schema(example = "2026-09-16T06:10:00Z")]
    pub expires_at: DateTime<Utc>,
    /// Whether the request was made in it.
    #[schema(example = true)]
    pub is_current: bool,
}

impl SessionInUse {
    /// As the caller sees it now.
    pub(super) fn of(found: InUse, scope: &Scope, logins: &Logins) -> Self {
        let InUse { session, last_used_at } = found;
        let current = match scope.identity() {
            Identity::Account(_, current) => current,
            Identity::Client(_) | Identity::System(_) => None,
        };
        Self {
            id: session.id.uuid(),
            client_kind: session.value.client_kind.code(),
            level: logins.level(&session.value, scope.now()).into(),
            device: session.value.device,
            started_at: session.value.started_at,
            last_used_at,
            expires_at: session.value.expires_at,
            is_current: current == Some(session.id),
        }
    }
}

/// Which sessions.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filters {
    /// Only those that somebody logged in to with one of these, separated by commas.
    #[param(value_type = Option<Vec<ClientKindWord>>, example = "app")]
    client_kind: Option<Several<String>>,
}

impl Filters {
    /// The kinds that are asked for; none where all are.
    pub(super) fn kinds(&self) -> Result<Vec<ClientKind>, Problem> {
        let named = self.client_kind.iter().flat_map(|kinds| &kinds.0);
        let kinds: Result<Vec<_>, Refusal> = named.map(|code| ClientKind::from_code(code)).collect();
        kinds.map_err(|refusal| {
            Problem::new(Code::MalformedParameter).errors(vec![refusal.at("/query/clientKind")])
        })
    }
}
