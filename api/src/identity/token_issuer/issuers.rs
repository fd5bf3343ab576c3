//! Reading tokens of others. Whose they say that they are is looked up first, among those that are registered, so that a token of
//! nobody whom we know has us ask nobody.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Duration, Utc};
use serde::Deserialize;
use skolhus_domain::{
    access::{Caller, Identity, Level},
    id::OrganiserId,
    identity::TokenIssuer,
};
use skolhus_persistence::identity::token_issuer;
use uuid::Uuid;

use super::{
    super::{
        keyring::{Bearer, Verified},
        oidc::key_set::head,
    },
    claims::{Claims, judge},
};
use crate::http::{catalogue::Code, problem::Problem, state::State};

/// How long it is remembered which issuers are registered. What another server has changed is seen no later than this.
const REMEMBERED: Duration = Duration::seconds(5);
/// When to come again where an issuer's keys cannot be read: seconds.
const SOON: u32 = 5;

/// The issuers whose tokens are accepted, as they were read last.
#[derive(Default)]
pub struct Issuers(Mutex<Option<Remembered>>);

#[derive(Clone)]
struct Remembered {
    read_at: DateTime<Utc>,
    by_name: Arc<HashMap<String, Registered>>,
}

/// Those that are registered under one name: several organisers may take tokens of one issuer.
type Registered = Arc<Vec<(OrganiserId, TokenIssuer)>>;

impl Issuers {
    /// Forgets them, after a change.
    pub(super) fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn remembered(&self, now: DateTime<Utc>) -> Option<Remembered> {
        let remembered = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        remembered.filter(|remembered| now - remembered.read_at < REMEMBERED)
    }

    /// Those that are registered under a name.
    async fn of(
        &self,
        state: &State,
        name: &str,
        now: DateTime<Utc>,
        request: Uuid,
    ) -> Result<Option<Registered>, Problem> {
        if let Some(remembered) = self.remembered(now) {
            return Ok(remembered.by_name.get(name).cloned());
        }
        let program = Caller::system("login", Caller::every_organiser(), request, now);
        let all = state
            .database
            .read(&program, |connection, scope| {
                token_issuer::in_use(connection, scope).map_err(Problem::from)
            })
            .await?;
        let mut by_name: HashMap<String, Vec<(OrganiserId, TokenIssuer)>> = HashMap::new();
        for (organiser, issuer) in all {
            by_name.entry(issuer.issuer.clone()).or_default().push((organiser, issuer));
        }
        let by_name =
            Arc::new(by_name.into_iter().map(|(name, all)| (name, Arc::new(all))).collect::<HashMap<_, _>>());
        let found = by_name.get(name).cloned();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Remembered { read_at: now, by_name });
        Ok(found)
    }

    /// Whose token it is that is not ours; none where it is nobody's. Why is told to the log alone.
    ///
    /// # Errors
    /// [`Code::Unavailable`] while the keys of its issuer cannot be read; a failure of the database.
    pub(crate) async fn read(
        &self,
        state: &State,
        token: &str,
        now: DateTime<Utc>,
        request: Uuid,
    ) -> Result<Option<Verified>, Problem> {
        let Some(name) = claimed_issuer(token) else { return Ok(None) };
        let Some(registered) = self.of(state, &name, now, request).await? else { return Ok(None) };
        let refused = |why: &'static str| tracing::info!(%request, issuer = name, why, "a token of another issuer was refused");
        let head = match head(token) {
            Ok(head) => head,
            Err(why) => {
                refused(why);
                return Ok(None);
            }
        };
        let (mut found, mut away) = (Vec::new(), false);
        for (organiser, issuer) in registered.iter() {
            let keys = match state.providers.keys(&issuer.jwks_address, Some(&head), now).await {
                Ok(keys) => keys,
                Err(trouble) => {
                    tracing::warn!(%request, issuer = name, ?trouble, "the keys of an issuer of tokens cannot be read");
                    away = true;
                    continue;
                }
            };
            match keys.verified::<Claims>(token, &head).and_then(|claims| judge(&claims, issuer, now)) {
                Ok(stands) => found.push((*organiser, stands)),
                Err(why) => refused(why),
            }
        }
        match found.as_slice() {
            [(organiser, stands)] => {
                let identity = Identity::Client(stands.client);
                let bearer = Bearer { organiser: *organiser, identity, level: Level::Substantial };
                Ok(Some(Verified { bearer, limited_to: stands.limited_to.clone(), bound_to: None }))
            }
            [] if away => Err(Problem::new(Code::Unavailable).retry_after(SOON)),
            [] => Ok(None),
            _ => {
                tracing::error!(%request, issuer = name, "a token of another issuer would stand for clients of several rules");
                Ok(None)
            }
        }
    }
}

/// Whose token it is said to be, before anything is believed.
fn claimed_issuer(token: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Claim {
        iss: String,
    }
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    let Claim { iss } = serde_json::from_slice(&claims).ok()?;
    Some(iss)
}
