use actix_web::{HttpResponse, http::StatusCode, http::header, post, web};
use serde::{Deserialize, Serialize};
use skolhus_domain::{
    access::{Caller, Identity, Level, Scope, declared::Public},
    id::{AccountId, Id, OrganiserId, SessionId},
    identity::Password,
};
use skolhus_persistence::{
    DatabaseConnection, Saved,
    identity::{account, credential, role_assignment, second_factor, session::Session, throttle},
};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{
    client_kind::{ClientKindWord, client_kind_of},
    keyring::{ACCESS_TOKEN_LIFE, Bearer},
    logins::{Device, Origin, count, counters, email_key, took_back},
    second_factor::login::{Checked, Presented},
    session_start::SessionStart,
};
use crate::http::{body::Body, catalogue::Code, permit::Permit, problem::Problem, state::State};

/// Who logs in.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateSession {
    /// The account's e-mail address.
    #[validate(length(min = 1, max = 254))]
    #[schema(example = "asa.oberg@exempel.se", min_length = 1, max_length = 254, format = "idn-email")]
    pub email: String,
    /// Its password.
    #[validate(length(min = 1, max = 200))]
    #[schema(example = "åtta röda äpplen", min_length = 1, max_length = 200, format = Password)]
    pub password: String,
    /// The six digits that the authenticator app shows, where a second factor is in force.
    #[validate(length(min = 6, max = 7))]
    #[schema(
        example = "287082",
        min_length = 6,
        max_length = 7,
        pattern = "^[0-9]{3} ?[0-9]{3}$",
        nullable = false
    )]
    pub code: Option<String>,
    /// Instead of it one of the account's recovery codes, which is used up.
    #[validate(length(min = 16, max = 40))]
    #[schema(
        example = "7Q2M-4KTD-9ZRA-XC3V",
        min_length = 16,
        max_length = 40,
        pattern = "^[0-9A-Za-z -]+$",
        nullable = false
    )]
    pub recovery_code: Option<String>,
    /// What the owner calls the device, for the list of their sessions; unless given, what the `User-Agent` tells.
    #[validate(length(min = 1, max = 100))]
    #[schema(example = "Åsas telefon", min_length = 1, max_length = 100, nullable = false)]
    pub device: Option<String>,
    /// What somebody logs in with: a `web` page, unless said otherwise, or an `app`, which the account's owner must have let in.
    #[serde(default)]
    #[schema(value_type = Option<ClientKindWord>, nullable = false, example = "app")]
    pub client_kind: Option<String>,
}

/// A session, with the tokens that prove it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Session)]
pub struct SessionDocument {
    /// Its id.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000e1")]
    pub id: Uuid,
    /// Send it as `Authorization: Bearer …`.
    #[schema(example = "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFZERTQSJ9…")]
    pub access_token: String,
    /// For how many seconds the access token is accepted.
    #[schema(example = 600, minimum = 1, maximum = 600)]
    pub expires_in: i64,
    /// Gives the next access token, and the next refresh token. Use it once.
    #[schema(example = "Zx3Jm0v1Gq5v5v3bq3v7mWq0V9l0F3m1c2k8Yt0a1bE")]
    pub refresh_token: String,
    /// Until when the refresh token can be used.
    #[schema(example = "2026-08-24T06:10:00Z")]
    pub refresh_expires_at: chrono::DateTime<chrono::Utc>,
    /// How surely the login knew: `basic`, `substantial` or `high`. A session that goes on
    /// long after its login falls to `basic`.
    #[schema(example = "substantial")]
    pub level: LevelName,
    /// Whose it is.
    pub account: SessionAccount,
}

/// A level of login, by name.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = Level)]
pub enum LevelName {
    /// Something remembered, such as an app that stays logged in.
    Basic,
    /// A fresh login with a password, or a client's secret.
    Substantial,
    /// An e-identification or two factors.
    High,
}

impl From<Level> for LevelName {
    fn from(level: Level) -> Self {
        match level {
            Level::Basic => Self::Basic,
            Level::Substantial => Self::Substantial,
            Level::High => Self::High,
        }
    }
}

impl From<LevelName> for Level {
    fn from(level: LevelName) -> Self {
        match level {
            LevelName::Basic => Self::Basic,
            LevelName::Substantial => Self::Substantial,
            LevelName::High => Self::High,
        }
    }
}

/// The account of a session.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SessionAccount {
    /// Its id.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000d1")]
    pub id: Uuid,
    /// The roles it holds today, each once.
    #[schema(example = json!(["registrar"]))]
    pub roles: Vec<String>,
}

/// Log in
///
/// E-mail address and password give a session: an access token for ten minutes, and a refresh token for the next
/// ones. After five failures for an account within an hour, or fifty from an address, one must wait: half a minute
/// first, then twice as long each time, a quarter of an hour at the most. The answers are the same whether the
/// account is known or not. A password is a login of level 2 (`substantial`).
///
/// Where a second factor is in force a password is not enough: without `code` or `recoveryCode` the answer is 401
/// `second-factor-required`, which counts as no attempt. A wrong code, and one that was used before, is answered and
/// counted as a wrong password. An app is let in where the account's owner has switched access to it on at
/// `/v1/me/app-access`; else the answer is 403 `app-access-off`. Password and `code` are a login of level 3 (`high`), password and `recoveryCode` of level 2.
#[utoipa::path(
    operation_id = "createSession", tag = "identity",
    extensions(("x-permission" = json!("public"))),
    request_body(content = CreateSession, example = json!({ "email": "asa.oberg@exempel.se", "password": "åtta röda äpplen" })),
    responses((status = 201, description = "The session.", body = SessionDocument))
)]
#[post("/v1/sessions")]
pub async fn handle(
    permit: Permit<Public>,
    state: web::Data<State>,
    origin: Origin,
    told: Device,
    body: Body<CreateSession>,
) -> Result<HttpResponse, Problem> {
    let CreateSession { email, password, code, recovery_code, device, client_kind } = body.into_inner();
    let presented = Presented::read(code.as_deref(), recovery_code.as_deref())?;
    let with = (client_kind_of(client_kind.as_deref())?, told.named(device)?);
    let email = email_key(&email);
    let counters = counters(&state, &format!("account {email}"), &origin);
    count(&state, permit.caller(), &counters).await?;

    let found = state
        .database
        .read(permit.caller(), move |connection, scope| {
            let Some((organiser, account)) = account::find_by_email(connection, scope, &email)? else {
                return Ok(None);
            };
            let scope = Scope::system(&Caller::system("login", organiser, scope.request(), scope.now()));
            let hash = credential::password_hash(connection, &scope, account.id)?;
            let factor = second_factor::find(connection, &scope, account.id)?;
            Ok::<_, Problem>(Some((organiser, account, factor, hash)))
        })
        .await?;
    let hash = found.as_ref().and_then(|(.., hash)| hash.clone());
    let fits = state.logins.passwords.verify(Password::presented(&password), hash).await?;
    let wrong = || Problem::new(Code::WrongCredentials);
    let (organiser, account, factor, hash) = found.filter(|_| fits).ok_or_else(wrong)?;
    if account.value.disabled_at.is_some() {
        return Err(wrong());
    }
    let proof = match presented.check(&state, organiser, factor.as_ref(), permit.now)? {
        Checked::Fits(proof) => proof,
        Checked::Wrong => return Err(wrong()),
        Checked::Missing => {
            took_back(&state, permit.caller(), counters).await?;
            return Err(Problem::new(Code::SecondFactorRequired));
        }
    };

    let caller = Caller::system("login", organiser, permit.request, permit.now);
    let start = SessionStart::new(&state, account.id, proof.level(), with, permit.now);
    let (starting, account) = (start.clone(), account.id);
    let tried = counters.clone();
    let started = state
        .database
        .write(&caller, move |tx, scope| {
            account::lock(tx, account)?;
            let present = account::find(tx.connection(), scope, account)?;
            // The password may have been changed, or the account disabled, since it was checked.
            let in_use = present.is_some_and(|account| account.value.disabled_at.is_none());
            if !in_use || credential::password_hash(tx.connection(), scope, account)? != hash {
                return Ok(None);
            }
            if !proof.spend(tx, scope, account)? {
                return Ok(None);
            }
            throttle::succeeded(tx, &counters)?;
            starting.save(tx, scope).map(Some)
        })
        .await;
    if started.as_ref().is_err_and(|problem| problem.code() == Code::AppAccessOff) {
        // All that was shown was right.
        took_back(&state, permit.caller(), tried).await?;
    }
    let document = start.document(&state, organiser, started?.ok_or_else(wrong)?)?;
    Ok(answer(StatusCode::CREATED, &document))
}

/// The roles an account holds today, each once.
pub(crate) fn roles_today(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    account: AccountId,
) -> Result<Vec<String>, Problem> {
    let given = role_assignment::of_account(connection, scope, account)?;
    let mut roles: Vec<_> = given
        .into_iter()
        .filter(|given| given.value.valid.contains(scope.today()))
        .map(|given| given.value.role)
        .collect();
    roles.sort_unstable();
    roles.dedup();
    Ok(roles.into_iter().map(|role| role.code().to_owned()).collect())
}

/// A session as it is answered, with a fresh access token.
#[allow(clippy::too_many_arguments, reason = "the facts of a session, named where they are handed in")]
pub(crate) fn document(
    state: &State,
    organiser: OrganiserId,
    session: &Saved<SessionId, Session>,
    level: Level,
    refresh_token: String,
    refresh_expires_at: chrono::DateTime<chrono::Utc>,
    roles: Vec<String>,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<SessionDocument, Problem> {
    let identity = Identity::Account(session.value.account, Some(session.id));
    let bearer = Bearer { organiser, identity, level };
    let access_token =
        state.keyring.issue(&bearer, state.fresh_uuid(), now).ok_or_else(|| Problem::new(Code::Internal))?;
    Ok(SessionDocument {
        id: session.id.uuid(),
        access_token,
        expires_in: ACCESS_TOKEN_LIFE.num_seconds(),
        refresh_token,
        refresh_expires_at,
        level: level.into(),
        account: SessionAccount { id: session.value.account.uuid(), roles },
    })
}

/// Answers with secrets, which no cache may keep.
pub(crate) fn answer<T: Serialize>(status: StatusCode, document: &T) -> HttpResponse {
    HttpResponse::build(status).insert_header((header::CACHE_CONTROL, "no-store")).json(document)
}
