use actix_web::{HttpResponse, http::StatusCode, post, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use skolhus_domain::{
    access::declared::Public,
    id::{Id, SentCodeId},
    identity::{CodePurpose, sent_code_expires},
};
use skolhus_persistence::identity::{
    account, sent_code,
    throttle::{self, Attempt},
};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{
    super::{
        create_session::answer,
        logins::{Origin, count, email_key, first_refresh_token, hash_of},
        sent_code::{fresh_code, hash_of_code, sealed},
    },
    counter_of_phone, counters,
    recipient::Recipient,
};
use crate::{
    http::{body::Body, catalogue::Code, language::Asked, permit::Permit, problem::Problem, state::State},
    message::TextMessage,
};

/// Who wants a code.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateSmsLogin {
    /// The account's e-mail address.
    #[validate(length(min = 1, max = 254))]
    #[schema(example = "asa.oberg@exempel.se", min_length = 1, max_length = 254, format = "idn-email")]
    pub email: String,
}

/// A login that was begun.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SmsLogin)]
pub struct SmsLoginDocument {
    /// Its id.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000b1")]
    pub id: Uuid,
    /// What shows that the login is yours; told once. Keep it where no other page or device can read it.
    #[schema(example = "Zx3Jm0v1Gq5v5v3bq3v7mWq0V9l0F3m1c2k8Yt0a1bE")]
    pub secret: String,
    /// Until when the code can be given back.
    #[schema(example = "2026-08-17T06:20:00Z")]
    pub expires_at: DateTime<Utc>,
}

/// Begin to log in with a code in a text message
///
/// A code of six digits goes to the phone that stands in the register for the account's person, the preferred one of the
/// mobile phones there; it cannot be sent to another. Give it back with the `secret` at the login's `session`, within ten minutes
/// and five tries. The answer is the same whether the address is known or not, has a phone or not, and whether a message
/// was sent: none is sent where the organiser has not opened this way in (`/v1/login-settings`), to protected persons unless
/// that is opened too, and for accounts with a second factor. After three codes for an account within an hour, or three
/// hundred from an address, one must wait; more than five an hour to a phone are not sent. Where the installation sends no text
/// messages the answer is 409 `text-messages-off`. The message comes in the language that is asked for.
#[utoipa::path(
    operation_id = "createSmsLogin", tag = "identity",
    extensions(("x-permission" = json!("public"))),
    request_body(content = CreateSmsLogin, example = json!({ "email": "asa.oberg@exempel.se" })),
    responses((status = 201, description = "The login, begun, whether a message was sent or not.", body = SmsLoginDocument))
)]
#[post("/v1/sms-logins")]
pub async fn handle(
    permit: Permit<Public>,
    state: web::Data<State>,
    Asked(language): Asked,
    origin: Origin,
    body: Body<CreateSmsLogin>,
) -> Result<HttpResponse, Problem> {
    if !state.messages.is_on() {
        return Err(Problem::new(Code::TextMessagesOff));
    }
    let email = email_key(&body.email);
    count(&state, permit.caller(), &counters(&state, &email, &origin)).await?;

    let (asked, address) = (state.clone(), email.clone());
    let recipient = state
        .database
        .read(permit.caller(), move |connection, scope| {
            let found = account::find_by_email(connection, scope, &address)?;
            Recipient::of(&asked, connection, scope, found).map_err(Problem::from)
        })
        .await?;
    let (id, code): (SentCodeId, _) = (state.fresh(), fresh_code(&state));
    let secret = first_refresh_token(state.randomness.as_ref());
    // What nobody is sent is counted and kept like what somebody is.
    let to = recipient.as_ref().map_or(email.as_str(), |recipient| recipient.number.as_str());
    let counter = counter_of_phone(&state, to);
    let kept = sent_code::SentCode {
        id,
        purpose: CodePurpose::Login,
        account: recipient.as_ref().map(|recipient| (recipient.organiser, recipient.account)),
        secret_hash: hash_of(&secret),
        code_hash: hash_of_code(&state, id, code),
        sealed: sealed(&state, id, to).ok_or_else(|| Problem::new(Code::Internal))?,
        sent_at: permit.now,
        expires_at: sent_code_expires(permit.now),
    };
    let document = SmsLoginDocument { id: id.uuid(), secret, expires_at: kept.expires_at };
    let may_send = state
        .database
        .write(permit.caller(), move |tx, scope| {
            let may_send = throttle::attempt(tx, std::slice::from_ref(&counter))? == Attempt::Counted;
            let account = kept.account.filter(|_| may_send);
            sent_code::insert(tx, scope, &sent_code::SentCode { account, ..kept.clone() })?;
            Ok::<_, Problem>(may_send)
        })
        .await?;
    match recipient {
        Some(Recipient { number, .. }) if may_send => {
            let text = code.message(CodePurpose::Login, language);
            state.messages.send(TextMessage { to: number, text }, permit.request);
        }
        Some(_) => {
            tracing::warn!(request = %permit.request, "a code was not sent: its phone has had too many")
        }
        None => {}
    }
    Ok(answer(StatusCode::CREATED, &document))
}
