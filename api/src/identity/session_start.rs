//! How a session begins, whatever proved who it is for.

use chrono::{DateTime, Utc};
use skolhus_domain::{
    access::{Level, Scope},
    id::{AccountId, OrganiserId, SessionId},
};
use skolhus_persistence::{
    Saved, Tx,
    identity::session::{self, Session},
};

use super::{
    create_session::{SessionDocument, document, roles_today},
    logins::{first_refresh_token, hash_of},
};
use crate::http::{problem::Problem, state::State};

/// A session about to begin, with what is made outside the transaction.
#[derive(Clone)]
pub(crate) struct SessionStart {
    id: SessionId,
    session: Session,
    refresh_token: String,
    refresh_until: DateTime<Utc>,
}

/// A session that has begun, and the roles that its account holds today.
pub(crate) type Begun = (Saved<SessionId, Session>, Vec<String>);

impl SessionStart {
    /// A session of an account that has just logged in.
    pub(crate) fn new(
        state: &State,
        account: AccountId,
        level: Level,
        device: Option<String>,
        now: DateTime<Utc>,
    ) -> Self {
        let session = Session {
            account,
            level,
            started_at: now,
            expires_at: now + state.logins.settings.life,
            ended_at: None,
            device,
        };
        Self {
            id: state.fresh(),
            refresh_until: state.logins.refresh_until(&session, now),
            refresh_token: first_refresh_token(state.randomness.as_ref()),
            session,
        }
    }

    /// Begins it. Whoever calls has just looked whether the account may log in.
    pub(crate) fn save(&self, tx: &mut Tx<'_>, scope: &Scope) -> Result<Begun, Problem> {
        let saved = session::start(tx, scope, self.id, &self.session)?;
        session::keep_refresh_token(tx, scope, self.id, &hash_of(&self.refresh_token), self.refresh_until)?;
        let roles = roles_today(tx.connection(), scope, self.session.account)?;
        Ok((saved, roles))
    }

    /// How it is answered, once.
    pub(crate) fn document(
        self,
        state: &State,
        organiser: OrganiserId,
        (session, roles): Begun,
    ) -> Result<SessionDocument, Problem> {
        let Session { level, started_at, .. } = self.session;
        let Self { refresh_token, refresh_until, .. } = self;
        document(state, organiser, &session, level, refresh_token, refresh_until, roles, started_at)
    }
}
