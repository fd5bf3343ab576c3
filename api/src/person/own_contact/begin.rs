use actix_web::{HttpResponse, post, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use skolhus_domain::{
    access::{Caller, Identity, Scope, declared::OwnContact},
    id::{Id, SentCodeId},
    identity::{CodePurpose, sent_code_expires},
    person::{PhoneKind, PhoneNumber},
    refusal::{Refusal, Refusals, Rule},
};
use skolhus_persistence::{
    identity::{login_setting, sent_code},
    person::reached,
};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{super::codes::PhoneKindCode, sealed::Waiting};
use crate::{
    http::{body::Body, catalogue::Code, language::Asked, permit::Permit, problem::Problem, state::State},
    identity::{
        logins::{Origin, count},
        sent_code::{fresh_code, hash_of_code, sealed},
        sms::counters_of_own,
    },
    message::TextMessage,
};

/// How one wants to be reached.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateContactChange {
    /// The phone.
    #[validate(nested)]
    pub phone: OwnPhone,
    /// The number of one's own that it takes the place of; left out, it is one more.
    #[serde(default)]
    #[validate(length(min = 3, max = 40))]
    #[schema(example = "070-174 06 06", min_length = 3, max_length = 40)]
    pub replaces: Option<String>,
    /// Whether it is the preferred one from then on, to which codes for logging in go.
    #[serde(default)]
    #[schema(default = false, example = true)]
    pub is_preferred: bool,
}

/// A phone of one's own.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OwnPhone {
    /// The number.
    #[validate(length(min = 3, max = 40))]
    #[schema(example = "070-174 06 05", min_length = 3, max_length = 40)]
    pub number: String,
    /// What it is used for; left out, a Swedish mobile number is `mobile` and any other `other`.
    #[serde(default)]
    #[schema(nullable = false)]
    pub kind: Option<PhoneKindCode>,
}

/// A change that waits for its code.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ContactChange)]
pub struct ContactChangeDocument {
    /// Its id.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000b2")]
    pub id: Uuid,
    /// Until when the code can be given back.
    #[schema(example = "2026-08-17T06:20:00Z")]
    pub expires_at: DateTime<Utc>,
}

/// Change one's own contact details
///
/// Sends a code to the phone: the number counts, and stands in the register, when the code has been given back at the change's
/// `confirmation`, within ten minutes and five tries. Until then all is as it was. A message can be sent to numbers of some
/// countries only (422 at `/phone/number`), to protected persons where the organiser permits it (409), and not at all where the
/// installation sends none (409 `text-messages-off`). After three codes within an hour, or five to a phone, one must wait.
#[utoipa::path(
    operation_id = "createContactChange", tag = "person",
    extensions(("x-permission" = json!("contact:own")), ("x-throttled" = json!(true))),
    request_body(content = CreateContactChange, example = json!({ "phone": { "number": "070-174 06 05", "kind": "mobile" }, "isPreferred": true })),
    responses(
        (status = 201, description = "A code has been sent.", body = ContactChangeDocument),
        (status = 404, description = "The account is not tied to a person."),
    )
)]
#[post("/v1/me/contact-changes")]
pub async fn handle(
    permit: Permit<OwnContact>,
    state: web::Data<State>,
    Asked(language): Asked,
    origin: Origin,
    body: Body<CreateContactChange>,
) -> Result<HttpResponse, Problem> {
    let Identity::Account(account, _) = permit.identity else {
        return Err(Problem::new(Code::NotPermitted));
    };
    if !state.messages.is_on() {
        return Err(Problem::new(Code::TextMessagesOff));
    }
    let CreateContactChange { phone, replaces, is_preferred } = body.into_inner();
    let mut refusals = Refusals::default();
    let number = refusals.note("/phone/number", PhoneNumber::new(&phone.number));
    let replaces = refusals.note("/replaces", replaces.as_deref().map(PhoneNumber::new).transpose());
    let to = number.as_ref().and_then(|number| state.messages.reaches(number)).map(str::to_owned);
    if number.is_some() && to.is_none() {
        let detail = "messages are sent to no such number; write it with its country, as in +46 70 174 06 05";
        refusals.0.push(Refusal::new(Rule::Format, detail).at("/phone/number"));
    }
    let (Some(number), Some(replaces), Some(to)) = (number, replaces, to) else {
        return Err(refusals.into());
    };
    let kind = phone.kind.map_or_else(|| PhoneKind::of(&number), Into::into);

    state
        .database
        .read(permit.caller(), |connection, scope| {
            let own = scope.person().ok_or_else(Problem::not_found)?;
            let program = Caller::system("contact", scope.organiser(), scope.request(), scope.now());
            let reached = reached::by_text(connection, &Scope::system(&program), own)?;
            let is_protected = reached.ok_or_else(Problem::not_found)?.is_protected;
            if !login_setting::in_force(connection, scope)?.permits_messages(is_protected) {
                let detail = "no messages are sent to you, so that your number is told to nobody; ask the school to enter it";
                return Err(Refusal::new(Rule::State, detail).into());
            }
            Ok::<_, Problem>(())
        })
        .await?;
    count(&state, permit.caller(), &counters_of_own(&state, account, &to, &origin)).await?;

    let (id, code): (SentCodeId, _) = (state.fresh(), fresh_code(&state));
    let internal = || Problem::new(Code::Internal);
    let waiting = Waiting::of((&number, kind), replaces.as_ref(), is_preferred);
    let waiting = serde_json::to_string(&waiting).map_err(|_| internal())?;
    let kept = sent_code::SentCode {
        id,
        purpose: CodePurpose::Contact,
        account: Some((permit.organiser, account)),
        secret_hash: String::new(),
        code_hash: hash_of_code(&state, id, code),
        sealed: sealed(&state, id, &waiting).ok_or_else(internal)?,
        sent_at: permit.now,
        expires_at: sent_code_expires(permit.now),
    };
    let document = ContactChangeDocument { id: id.uuid(), expires_at: kept.expires_at };
    state
        .database
        .write(permit.caller(), move |tx, scope| sent_code::insert(tx, scope, &kept).map_err(Problem::from))
        .await?;
    let text = code.message(CodePurpose::Contact, language);
    state.messages.send(TextMessage { to, text }, permit.request);
    Ok(HttpResponse::Created().json(document))
}
