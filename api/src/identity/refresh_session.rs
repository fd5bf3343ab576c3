use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde::Deserialize;
use skolhus_domain::{
    access::{Caller, Scope, declared::Public},
    id::{AccountId, SessionId},
    identity::{Alarm, AlarmKind, AlarmSubject},
};
use skolhus_persistence::{
    Saved, Tx,
    identity::{
        account,
        session::{self, Session},
    },
};
use utoipa::ToSchema;
use validator::Validate;

use super::{
    alarm::raise,
    create_session::{SessionDocument, answer, document, roles_today},
    logins::{Logins, hash_of, next_refresh_token},
};
use crate::http::{body::Body, catalogue::Code, permit::Permit, problem::Problem, state::State};

/// A session to go on with.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RefreshSession {
    /// The session's latest refresh token.
    #[validate(length(min = 1, max = 200))]
    #[schema(
        example = "Zx3Jm0v1Gq5v5v3bq3v7mWq0V9l0F3m1c2k8Yt0a1bE",
        min_length = 1,
        max_length = 200,
        pattern = "^[!-~]+$"
    )]
    pub refresh_token: String,
}

/// What became of a refresh token.
enum Outcome {
    /// It gave the next one, good until the instant.
    Renewed(Saved<SessionId, Session>, chrono::DateTime<chrono::Utc>, Vec<String>),
    /// It is not accepted.
    Refused,
    /// It had been used: somebody else has it too, and the session of the account has ended.
    Ended(AccountId),
}

/// Go on with a session
///
/// Gives a fresh access token and the next refresh token; the one sent is used up. One that was used up is the sign
/// of a theft: presented again, it ends the whole session at once. Within ten seconds of its use, as long as its
/// successor is unused, it is answered with the same successor instead, so that two windows that renew at the
/// same moment, or a repeat after a lost answer, do not log anybody out.
#[utoipa::path(
    operation_id = "refreshSession", tag = "identity",
    extensions(("x-permission" = json!("public"))),
    request_body(content = RefreshSession, example = json!({ "refreshToken": "Zx3Jm0v1Gq5v5v3bq3v7mWq0V9l0F3m1c2k8Yt0a1bE" })),
    responses((status = 200, description = "The session, with its next tokens.", body = SessionDocument))
)]
#[post("/v1/sessions/refresh")]
pub async fn handle(
    permit: Permit<Public>,
    state: web::Data<State>,
    body: Body<RefreshSession>,
) -> Result<HttpResponse, Problem> {
    let token_hash = hash_of(&body.refresh_token);
    let next = next_refresh_token(&state.keyring, &body.refresh_token);
    let wrong = || Problem::new(Code::WrongCredentials);
    let hash = token_hash.clone();
    let organiser = state
        .database
        .read(permit.caller(), move |connection, scope| {
            session::organiser_of(connection, scope, &hash).map_err(Problem::from)
        })
        .await?
        .ok_or_else(wrong)?;
    let caller = Caller::system("login", organiser, permit.request, permit.now);
    let (logins, next_hash) = (state.logins.clone(), hash_of(&next));
    let outcome = state
        .database
        .write(&caller, move |tx, scope| refresh_session(tx, scope, &logins, &token_hash, &next_hash))
        .await?;
    match outcome {
        Outcome::Renewed(session, until, roles) => {
            let level = state.logins.level(&session.value, permit.now);
            let document = document(&state, organiser, &session, level, next, until, roles, permit.now)?;
            Ok(answer(StatusCode::OK, &document))
        }
        Outcome::Refused => Err(wrong()),
        Outcome::Ended(account) => {
            tracing::warn!(request = %permit.request, "a used refresh token was used again; its session has ended");
            let subject = AlarmSubject::Account(account);
            let alarm = Alarm { kind: AlarmKind::ReusedRefreshToken, subject, count: 1, settlement: None };
            raise(&state, organiser, alarm);
            Err(wrong())
        }
    }
}

/// The use-case. What it refuses is an answer, not an error: the use of the token and the
/// end of a session stay.
fn refresh_session(
    tx: &mut Tx<'_>,
    scope: &Scope,
    logins: &Logins,
    token_hash: &str,
    next_hash: &str,
) -> Result<Outcome, Problem> {
    let now = scope.now();
    let Some(presented) = session::present(tx, scope, token_hash)? else {
        return Ok(Outcome::Refused);
    };
    let session = presented.session;
    let account = account::find(tx.connection(), scope, session.value.account)?;
    let in_use = account.is_some_and(|account| account.value.disabled_at.is_none());
    if !in_use || session.value.ended_at.is_some() || session.value.expires_at <= now {
        return Ok(Outcome::Refused);
    }
    let until = match presented.used_before {
        None if presented.expires_at <= now => return Ok(Outcome::Refused),
        None => {
            let until = logins.refresh_until(&session.value, now);
            session::keep_refresh_token(tx, scope, session.id, next_hash, until)?;
            until
        }
        Some(used) if now - used <= logins.settings.again => {
            match session::unused_until(tx.connection(), scope, next_hash)? {
                Some(until) => until,
                // Its successor is in use already: this one came late, and is worth nothing.
                None => return Ok(Outcome::Refused),
            }
        }
        Some(_) => {
            session::end(tx, scope, session.id, "a used refresh token was used again")?;
            return Ok(Outcome::Ended(session.value.account));
        }
    };
    let roles = roles_today(tx.connection(), scope, session.value.account)?;
    Ok(Outcome::Renewed(session, until, roles))
}
