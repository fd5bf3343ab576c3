use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde::Deserialize;
use skolhus_domain::{
    access::{Caller, Level, Scope, declared::Public},
    id::{AccountId, Id, SentCodeId},
    identity::{CodePurpose, CodeTry, SentCode},
};
use skolhus_persistence::{
    Tx,
    identity::{account, sent_code, throttle},
};
use subtle::ConstantTimeEq;
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{
    super::{
        client_kind::{ClientKindWord, client_kind_of},
        create_session::{SessionDocument, answer},
        logins::{Device, Origin, hash_of},
        sent_code::{fits, opened, try_code},
        session_start::{Begun, SessionStart},
    },
    counter_of_phone, counters,
    recipient::Recipient,
};
use crate::http::{
    body::Body,
    catalogue::Code,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId},
    state::State,
};

/// A code that came in a text message.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateSmsSession {
    /// The secret that was told when the login was begun.
    #[validate(length(min = 1, max = 200))]
    #[schema(
        example = "Zx3Jm0v1Gq5v5v3bq3v7mWq0V9l0F3m1c2k8Yt0a1bE",
        min_length = 1,
        max_length = 200,
        pattern = "^[!-~]+$"
    )]
    pub secret: String,
    /// The six digits of the message.
    #[validate(length(min = 6, max = 7))]
    #[schema(example = "287082", min_length = 6, max_length = 7, pattern = "^[0-9]{3} ?[0-9]{3}$")]
    pub code: String,
    /// What the owner calls the device, for the list of their sessions; unless given, what the `User-Agent` tells.
    #[validate(length(min = 1, max = 100))]
    #[schema(example = "Åsas telefon", min_length = 1, max_length = 100, nullable = false)]
    pub device: Option<String>,
    /// What somebody logs in with: a `web` page, unless said otherwise, or an `app`, which the account's owner must have let in.
    #[serde(default)]
    #[schema(value_type = Option<ClientKindWord>, nullable = false, example = "app")]
    pub client_kind: Option<String>,
}

/// What became of a code.
enum Outcome {
    LoggedIn(Box<Begun>),
    Wrong,
    Over,
}

/// Log in with a code in a text message
///
/// Gives the session, as `POST /v1/sessions` does, at level 1 (`basic`). Another code than the one that was sent is answered with
/// 401 `wrong-code`, and may be tried again: five tries there are in all. A code that was used, whose ten minutes are over, or
/// that was tried too often is worth nothing (401 `code-over`), nor is one when the account, its phone or what the organiser has
/// opened has changed meanwhile. An app that the account's owner has not let in is answered with 403 `app-access-off`, and the code
/// stays as good as it was. Without the right secret there is nothing here.
#[utoipa::path(
    operation_id = "createSmsSession", tag = "identity",
    extensions(("x-permission" = json!("public"))),
    params(IdPath),
    request_body(content = CreateSmsSession, example = json!({ "secret": "Zx3Jm0v1Gq5v5v3bq3v7mWq0V9l0F3m1c2k8Yt0a1bE", "code": "287082" })),
    responses((status = 201, description = "The session.", body = SessionDocument))
)]
#[post("/v1/sms-logins/{id}/session")]
pub async fn handle(
    permit: Permit<Public>,
    state: web::Data<State>,
    id: PathId<SentCodeId>,
    origin: Origin,
    told: Device,
    body: Body<CreateSmsSession>,
) -> Result<HttpResponse, Problem> {
    let CreateSmsSession { secret, code, device, client_kind } = body.into_inner();
    let code = SentCode::presented(&code).map_err(|refusal| refusal.at("/code"))?;
    let with = (client_kind_of(client_kind.as_deref())?, told.named(device)?);
    let secret_hash = hash_of(&secret);
    let sent = state
        .database
        .read(permit.caller(), move |connection, scope| {
            sent_code::find(connection, scope, CodePurpose::Login, id.0).map_err(Problem::from)
        })
        .await?
        .filter(|sent| bool::from(secret_hash.as_bytes().ct_eq(sent.secret_hash.as_bytes())))
        .ok_or_else(Problem::not_found)?;

    let fits = fits(&state, &sent, code);
    let to = opened(&state, sent.id, &sent.sealed).unwrap_or_default();
    let (organiser, account) =
        sent.account.unwrap_or_else(|| (Caller::every_organiser(), AccountId::from_uuid(Uuid::nil())));
    let caller = Caller::system("login", organiser, permit.request, permit.now);
    let start = SessionStart::new(&state, account, Level::Basic, with, permit.now);
    let giving = Giving { state: state.clone(), sent, fits, to, origin, start: start.clone() };
    let outcome = state.database.write(&caller, move |tx, scope| giving.back(tx, scope)).await?;
    match outcome {
        Outcome::LoggedIn(begun) => {
            let document = start.document(&state, organiser, *begun)?;
            Ok(answer(StatusCode::CREATED, &document))
        }
        Outcome::Wrong => Err(Problem::new(Code::WrongCode)),
        Outcome::Over => Err(Problem::new(Code::CodeOver)),
    }
}

/// A code that is given back.
struct Giving {
    state: web::Data<State>,
    sent: sent_code::SentCode,
    fits: bool,
    /// Where it was sent to.
    to: String,
    origin: Origin,
    start: SessionStart,
}

impl Giving {
    /// The use-case. What it refuses is an answer, not an error: the try stays counted.
    fn back(&self, tx: &mut Tx<'_>, scope: &Scope) -> Result<Outcome, Problem> {
        let Self { state, sent, fits, to, origin, start } = self;
        match try_code(tx, sent.id, *fits)? {
            CodeTry::Wrong => return Ok(Outcome::Wrong),
            CodeTry::Over => return Ok(Outcome::Over),
            CodeTry::Fits => {}
        }
        // A code that nobody was sent may be guessed as any other, and lets nobody in.
        let Some((organiser, id)) = sent.account else { return Ok(Outcome::Over) };
        account::lock(tx, id)?;
        let Some(present) = account::find(tx.connection(), scope, id)? else { return Ok(Outcome::Over) };
        let email = present.value.email.key();
        let recipient = Recipient::of(state, tx.connection(), scope, Some((organiser, present)))?;
        if recipient.is_none_or(|recipient| recipient.number != *to) {
            return Ok(Outcome::Over);
        }
        let mut counters = counters(state, &email, origin);
        counters.push(counter_of_phone(state, to));
        throttle::succeeded(tx, &counters)?;
        start.save(tx, scope).map(|begun| Outcome::LoggedIn(Box::new(begun)))
    }
}
