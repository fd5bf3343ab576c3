//! How a session begins, whatever proved who it is for.

use chrono::{DateTime, Utc};
use skolhus_domain::{
    access::{Level, Scope},
    id::{AccountId, OrganiserId, SessionId},
    identity::ClientKind,
};
use skolhus_persistence::{
    Saved, Tx,
    identity::{
        app_access,
        session::{self, Session},
    },
};

use super::{
    create_session::{SessionDocument, document, roles_today},
    logins::{first_refresh_token, hash_of},
};
use crate::http::{catalogue::Code, problem::Problem, state::State};

/// A session about to begin, with what is made outside the transaction.
#[derive(Clone)]
pub(crate) struct SessionStart {
    id: SessionId,
    session: Session,
    refresh_token: String,
    refresh_until: DateTime<Utc>,
    now: DateTime<Utc>,
}

/// A session that has begun, and the roles that its account holds today.
pub(crate) type Begun = (Saved<SessionId, Session>, Vec<String>);

impl SessionStart {
    /// A session of an account that has just logged in.
    pub(crate) fn new(
        state: &State,
        account: AccountId,
        level: Level,
        (client_kind, device): (ClientKind, Option<String>),
        now: DateTime<Utc>,
    ) -> Self {
        let session = Session {
            account,
            level,
            started_at: now,
            expires_at: now + state.logins.settings.life,
            ended_at: None,
            device,
            client_kind,
            handed_over_from: None,
        };
        Self {
            id: state.fresh(),
            refresh_until: state.logins.refresh_until(&session, now),
            refresh_token: first_refresh_token(state.randomness.as_ref()),
            session,
            now,
        }
    }

    /// A session on the web that is handed over from one in an app: as old as that, so that it falls with it from level to
    /// level, and ends no later. With the first of its refresh tokens, and the device that asks.
    pub(crate) fn handed_over(
        state: &State,
        app: &Saved<SessionId, Session>,
        id: SessionId,
        (refresh_token, device): (&str, Option<String>),
        now: DateTime<Utc>,
    ) -> Self {
        let session = Session {
            device,
            client_kind: ClientKind::Web,
            handed_over_from: Some(app.id),
            ..app.value.clone()
        };
        let refresh_until = state.logins.refresh_until(&session, now);
        Self { id, session, refresh_token: refresh_token.to_owned(), refresh_until, now }
    }

    /// How surely it knows now who uses it.
    pub(crate) fn level(&self, state: &State) -> Level {
        state.logins.level(&self.session, self.now)
    }

    /// Begins it. Whoever calls holds the account and has just looked whether it may log in.
    ///
    /// # Errors
    /// [`Code::AppAccessOff`] for an app that the account's owner has not let in: then nothing of the login is used up. A
    /// failure of the database.
    pub(crate) fn save(&self, tx: &mut Tx<'_>, scope: &Scope) -> Result<Begun, Problem> {
        let Session { account, client_kind, .. } = self.session;
        let asks = client_kind == ClientKind::App;
        let has_access = asks && app_access::find(tx.connection(), scope, account)?.is_some();
        if !client_kind.is_let_in(has_access) {
            return Err(Problem::new(Code::AppAccessOff));
        }
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
        let level = self.level(state);
        let Self { refresh_token, refresh_until, now, .. } = self;
        document(state, organiser, &session, level, refresh_token, refresh_until, roles, now)
    }
}
