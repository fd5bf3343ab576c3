//! Login sessions, and the refresh tokens that prolong them. A session is one family of
//! refresh tokens: each is used once and replaced by its successor.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use skolhus_domain::{
    access::{Level, Permission, Scope},
    id::{AccountId, OrganiserId, SessionId},
    identity::ClientKind,
};

use super::only_the_program;
use crate::{
    Saved,
    core::{
        connection::{DatabaseConnection, MultiBackend},
        error::Error,
        housekeeping::forget,
        page::{Cursor, Page, PageRequest, instant, instant_key, keyset},
        record::record,
        rows::{OnConflict, write_rows},
        tx::Tx,
        types::{Ts, Uid},
    },
    schema::{refresh_tokens, sessions},
};

record! {
    /// A session's row.
    pub(crate) struct SessionRow in sessions as "session" {
        account_id: Uid,
        level: String,
        started_at: Ts,
        expires_at: Ts,
        ended_at: Option<Ts>,
        ended_because: Option<String>,
        // What somebody logs in on is their own business, and no change of the register.
        #[serde(skip)]
        device: Option<String>,
        client_kind: String,
        handed_over_from_id: Option<Uid>,
    }
}

/// A session.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Session {
    /// Whose.
    pub account: AccountId,
    /// How surely the login knew.
    pub level: Level,
    /// When the login was.
    pub started_at: DateTime<Utc>,
    /// When it ends at the latest.
    pub expires_at: DateTime<Utc>,
    /// When it was ended, if it was.
    pub ended_at: Option<DateTime<Utc>>,
    /// What it is on, in words that people know it by.
    pub device: Option<String>,
    /// What somebody logged in with.
    pub client_kind: ClientKind,
    /// The app session that it was handed over from, with which it ends.
    pub handed_over_from: Option<SessionId>,
}

/// A session that can go on, and when it was used last: when its latest tokens were given out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InUse {
    /// The session.
    pub session: Saved<SessionId, Session>,
    /// When it was used last.
    pub last_used_at: DateTime<Utc>,
}

/// What a list of sessions is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum SessionSort {
    /// When they began.
    #[default]
    StartedAt,
    /// When they were used last.
    LastUsedAt,
}

/// A refresh token that was presented.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Presented {
    /// Its session, in force or not.
    pub session: Saved<SessionId, Session>,
    /// Until when the token could be used.
    pub expires_at: DateTime<Utc>,
    /// When it had been used already; none if this is its first use.
    pub used_before: Option<DateTime<Utc>>,
}

/// Begins a session.
///
/// # Errors
/// A failure of the database.
pub fn start(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: SessionId,
    session: &Session,
) -> Result<Saved<SessionId, Session>, Error> {
    let now = tx.now();
    let Session { account, level, started_at, expires_at, ended_at, device, client_kind, handed_over_from } =
        session;
    let row = SessionRow {
        organiser_id: Uid::of(scope.organiser()),
        id: Uid::of(id),
        version: 1,
        created_at: now,
        modified_at: now,
        withdrawn_at: None,
        account_id: Uid::of(*account),
        level: level.acr().to_owned(),
        started_at: Ts::of(*started_at),
        expires_at: Ts::of(*expires_at),
        ended_at: ended_at.map(Ts::of),
        ended_because: None,
        device: device.clone(),
        client_kind: client_kind.code().to_owned(),
        handed_over_from_id: handed_over_from.map(Uid::of),
    };
    tx.insert(std::slice::from_ref(&row))?;
    row.into_saved()
}

/// One session of the calling account, or for the program any.
///
/// # Errors
/// A failure of the database.
pub fn find(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: SessionId,
) -> Result<Option<Saved<SessionId, Session>>, Error> {
    let found = row(connection, scope, id)?.map(SessionRow::into_saved).transpose()?;
    Ok(found.filter(|session| scope.is_system() || scope.account() == Some(session.value.account)))
}

fn row(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: SessionId,
) -> Result<Option<SessionRow>, Error> {
    Ok(sessions::table
        .find((Uid::of(scope.organiser()), Uid::of(id)))
        .select(SessionRow::as_select())
        .first(connection)
        .optional()?)
}

/// Sessions with the one refresh token of each that has not been used yet.
#[diesel::dsl::auto_type]
fn with_latest_token() -> _ {
    let of_session = refresh_tokens::organiser_id
        .eq(sessions::organiser_id)
        .and(refresh_tokens::session_id.eq(sessions::id));
    sessions::table.inner_join(refresh_tokens::table.on(of_session))
}

type WithLatestToken<'a> = diesel::dsl::IntoBoxed<'a, with_latest_token, MultiBackend>;

/// The sessions of an account that can go on. Only one's own, but for those who manage accounts and have found the
/// account within their reach.
fn in_use<'a>(scope: &Scope, account: AccountId) -> WithLatestToken<'a> {
    let may = scope.account() == Some(account) || scope.permission() == Permission::ManageAccounts;
    let accounts: Vec<Uid> = may.then(|| Uid::of(account)).into_iter().collect();
    let now = Ts::of(scope.now());
    with_latest_token()
        .into_boxed()
        .filter(sessions::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(sessions::account_id.eq_any(accounts))
        .filter(sessions::ended_at.is_null())
        .filter(sessions::expires_at.gt(now))
        .filter(refresh_tokens::used_at.is_null())
        .filter(refresh_tokens::expires_at.gt(now))
}

/// One page of the sessions of an account that can go on; where kinds of clients are named, only of these.
///
/// # Errors
/// A failure of the database.
pub fn list(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    account: AccountId,
    kinds: &[ClientKind],
    request: &PageRequest<SessionSort>,
) -> Result<Page<InUse>, Error> {
    let mut query = in_use(scope, account);
    if !kinds.is_empty() {
        let codes: Vec<&'static str> = kinds.iter().map(|kind| kind.code()).collect();
        query = query.filter(sessions::client_kind.eq_any(codes));
    }
    if let Some(after) = request.modified_after {
        query = query.filter(sessions::modified_at.gt(Ts::of(after)));
    }
    let query = match request.sort {
        SessionSort::StartedAt => keyset!(query, request, sessions::started_at, sessions::id, instant),
        SessionSort::LastUsedAt => keyset!(query, request, refresh_tokens::issued_at, sessions::id, instant),
    };
    let rows: Vec<(SessionRow, Ts)> =
        query.select((SessionRow::as_select(), refresh_tokens::issued_at)).load(connection)?;
    let cursor = |(row, last_used_at): &(SessionRow, Ts)| Cursor {
        key: instant_key(match request.sort {
            SessionSort::StartedAt => row.started_at,
            SessionSort::LastUsedAt => *last_used_at,
        }),
        id: row.id.0,
    };
    Page::cut(rows, request.limit, cursor)
        .try_map(|(row, last_used_at)| Ok(InUse { session: row.into_saved()?, last_used_at: last_used_at.0 }))
}

/// Ends a session, if it has not ended, and with it those that were handed over from it; `because` stands in their rows.
///
/// # Errors
/// A failure of the database.
pub fn end(tx: &mut Tx<'_>, scope: &Scope, id: SessionId, because: &str) -> Result<(), Error> {
    let Some(found) = row(tx.connection(), scope, id)? else { return Ok(()) };
    let mut rows = if found.client_kind == ClientKind::App.code() {
        going_on(tx, scope, found.account_id.to())?
    } else {
        Vec::new()
    };
    rows.retain(|row| row.handed_over_from_id == Some(found.id));
    rows.extend(found.ended_at.is_none().then_some(found));
    end_rows(tx, rows, because)
}

/// Ends every session of an account, except one.
///
/// # Errors
/// A failure of the database.
pub fn end_all(
    tx: &mut Tx<'_>,
    scope: &Scope,
    account: AccountId,
    except: Option<SessionId>,
    because: &str,
) -> Result<(), Error> {
    let mut rows = going_on(tx, scope, account)?;
    rows.retain(|row| Some(row.id) != except.map(Uid::of));
    end_rows(tx, rows, because)
}

/// Ends every session of an account that somebody logged in to with an app, and those that were handed over from one.
///
/// # Errors
/// A failure of the database.
pub fn end_of_apps(tx: &mut Tx<'_>, scope: &Scope, account: AccountId, because: &str) -> Result<(), Error> {
    let mut rows = going_on(tx, scope, account)?;
    rows.retain(|row| row.client_kind == ClientKind::App.code() || row.handed_over_from_id.is_some());
    end_rows(tx, rows, because)
}

/// The sessions of an account that have not ended.
fn going_on(tx: &mut Tx<'_>, scope: &Scope, account: AccountId) -> Result<Vec<SessionRow>, Error> {
    let now = tx.now();
    Ok(sessions::table
        .filter(sessions::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(sessions::account_id.eq(Uid::of(account)))
        .filter(sessions::ended_at.is_null())
        .filter(sessions::expires_at.gt(now))
        .select(SessionRow::as_select())
        .load(tx.connection())?)
}

fn end_rows(tx: &mut Tx<'_>, rows: Vec<SessionRow>, because: &str) -> Result<(), Error> {
    let now = tx.now();
    let pairs = rows.into_iter().map(|row| {
        let ended =
            SessionRow { ended_at: Some(now), ended_because: Some(because.to_owned()), ..row.clone() };
        (row, ended)
    });
    tx.update_many(pairs.collect()).map(drop)
}

/// Keeps a refresh token of a session, by its hash.
///
/// # Errors
/// A failure of the database.
pub fn keep_refresh_token(
    tx: &mut Tx<'_>,
    scope: &Scope,
    session: SessionId,
    token_hash: &str,
    expires_at: DateTime<Utc>,
) -> Result<(), Error> {
    let row = vec![
        token_hash.to_owned().into(),
        Uid::of(scope.organiser()).into(),
        Uid::of(session).into(),
        tx.now().into(),
        Ts::of(expires_at).into(),
    ];
    let columns = ["token_hash", "organiser_id", "session_id", "issued_at", "expires_at"];
    write_rows(tx.connection(), "refresh_tokens", &columns, vec![row], OnConflict::Refuse)?;
    Ok(())
}

/// Whose refresh token it is. Only for the program itself.
///
/// # Errors
/// A denial; a failure of the database.
pub fn organiser_of(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    token_hash: &str,
) -> Result<Option<OrganiserId>, Error> {
    only_the_program(scope)?;
    let organiser: Option<Uid> = refresh_tokens::table
        .find(token_hash)
        .select(refresh_tokens::organiser_id)
        .first(connection)
        .optional()?;
    Ok(organiser.map(Uid::to))
}

/// Uses a refresh token: of any number of parallel uses exactly one is the first. Only for
/// the program itself.
///
/// # Errors
/// A denial; a failure of the database.
pub fn present(tx: &mut Tx<'_>, scope: &Scope, token_hash: &str) -> Result<Option<Presented>, Error> {
    only_the_program(scope)?;
    let now = tx.now();
    let unused = refresh_tokens::table
        .filter(refresh_tokens::token_hash.eq(token_hash))
        .filter(refresh_tokens::used_at.is_null());
    let first =
        diesel::update(unused).set(refresh_tokens::used_at.eq(Some(now))).execute(tx.connection())? == 1;
    let token: Option<(Uid, Ts, Option<Ts>)> = refresh_tokens::table
        .filter(refresh_tokens::token_hash.eq(token_hash))
        .filter(refresh_tokens::organiser_id.eq(Uid::of(scope.organiser())))
        .select((refresh_tokens::session_id, refresh_tokens::expires_at, refresh_tokens::used_at))
        .first(tx.connection())
        .optional()?;
    let Some((session, expires_at, used_at)) = token else {
        return Ok(None);
    };
    let session = find(tx.connection(), scope, session.to())?.ok_or_else(|| Error::Inconsistent {
        table: "refresh_tokens",
        id: session.0.to_string(),
        detail: "no session".to_owned(),
    })?;
    let used_before = if first { None } else { used_at.map(|instant| instant.0) };
    Ok(Some(Presented { session, expires_at: expires_at.0, used_before }))
}

/// When a refresh token expires, if it is kept and was never used.
///
/// # Errors
/// A failure of the database.
pub fn unused_until(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    token_hash: &str,
) -> Result<Option<DateTime<Utc>>, Error> {
    let expires: Option<Ts> = refresh_tokens::table
        .filter(refresh_tokens::token_hash.eq(token_hash))
        .filter(refresh_tokens::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(refresh_tokens::used_at.is_null())
        .select(refresh_tokens::expires_at)
        .first(connection)
        .optional()?;
    Ok(expires.map(|instant| instant.0))
}

/// Forgets refresh tokens that expired before the instant, at most `most` of them; returns how
/// many. Keep them for a while after that: an old one that is used again tells of a theft.
///
/// # Errors
/// A failure of the database.
pub fn forget_refresh_tokens(
    tx: &mut Tx<'_>,
    expired_before: DateTime<Utc>,
    most: u32,
) -> Result<usize, Error> {
    let cells = vec![Ts::of(expired_before).into()];
    forget(tx, "refresh_tokens", "token_hash", "expires_at < $1", cells, most)
}

impl SessionRow {
    fn into_saved(self) -> Result<Saved<SessionId, Session>, Error> {
        let Self {
            organiser_id: _,
            id,
            version,
            created_at,
            modified_at,
            withdrawn_at: _,
            account_id,
            level,
            started_at,
            expires_at,
            ended_at,
            ended_because: _,
            device,
            client_kind,
            handed_over_from_id,
        } = self;
        let unknown = |what: &str| Error::Inconsistent {
            table: "sessions",
            id: id.0.to_string(),
            detail: format!("an unknown {what}"),
        };
        let level = Level::from_acr(&level).ok_or_else(|| unknown("level"))?;
        let client_kind = ClientKind::from_code(&client_kind).map_err(|_| unknown("kind of client"))?;
        let value = Session {
            account: account_id.to(),
            level,
            started_at: started_at.0,
            expires_at: expires_at.0,
            ended_at: ended_at.map(|instant| instant.0),
            device,
            client_kind,
            handed_over_from: handed_over_from_id.map(Uid::to),
        };
        Ok(Saved { id: id.to(), version, created_at: created_at.0, modified_at: modified_at.0, value })
    }
}
