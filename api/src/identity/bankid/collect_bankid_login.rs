use actix_web::{HttpResponse, http::StatusCode, http::header, post, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use skolhus_domain::{
    access::declared::Public,
    id::{AccountId, BankidLoginId, Id},
    identity::bankid::{Hint, OrderState, Progress},
    refusal::{Refusal, Rule},
};
use skolhus_persistence::identity::bankid_order::{self, BankidOrder};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{
    super::{
        client_kind::{ClientKindWord, client_kind_of},
        create_session::{SessionDocument, answer},
        logins::{Device, Origin},
    },
    client::Collected,
    completion::{Completing, Outcome},
    of,
    order::{BETWEEN_COLLECTIONS, Choice, Known, fail, find, opened, presented},
};
use crate::http::{
    body::Body,
    catalogue::Code,
    language::Asked,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId},
    state::State,
    words::{codes, words},
};

words! {
    /// How far a login has come.
    ProgressWord("BankidProgress") = codes!(Progress);
    /// How a login stands, more closely: BankID's own words, and ours for what is decided here.
    HintWord("BankidHint") = codes!(Hint);
}

/// Asks how a login goes.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CollectBankidLogin {
    /// The secret that was told when the login was begun.
    #[validate(length(min = 1, max = 200))]
    #[schema(
        example = "Zx3Jm0v1Gq5v5v3bq3v7mWq0V9l0F3m1c2k8Yt0a1bE",
        min_length = 1,
        max_length = 200,
        pattern = "^[!-~]+$"
    )]
    pub secret: String,
    /// Which of the `choices` to log in to, once there are any.
    #[serde(default)]
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000d1")]
    pub account_id: Option<Uuid>,
    /// What somebody logs in with: a `web` page, unless said otherwise, or an `app`, which the account's owner must have let in.
    #[serde(default)]
    #[schema(value_type = Option<ClientKindWord>, nullable = false, example = "app")]
    pub client_kind: Option<String>,
}

/// How a login with BankID goes.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = BankidLoginCollection)]
pub struct CollectionDocument {
    /// How far it has come: `pending`, ask again in a second; `failed`, begin anew; `complete`.
    #[schema(value_type = ProgressWord, example = "pending")]
    pub status: &'static str,
    /// How it stands, more closely. New words may come.
    #[schema(value_type = HintWord, example = "outstanding-transaction")]
    pub hint: &'static str,
    /// What to tell the person, in the language asked for.
    #[schema(example = "Starta BankID-appen och läs av QR-koden, eller öppna appen på den här enheten.")]
    pub message: &'static str,
    /// What the QR code says now, as long as no app has come.
    #[schema(
        required,
        example = "bankid.67df3917-fa0d-44e5-b327-edcc928297f8.0.dc69358e712458a66a7525beef148ae8526b1c71610eff2c16cdffb4cdac9bf8"
    )]
    pub qr_code: Option<String>,
    /// Until when it must be done; with `choices`, until when one must be chosen.
    #[schema(example = "2026-08-17T06:15:00Z")]
    pub expires_at: DateTime<Utc>,
    /// The accounts to choose among, of a person who has several.
    pub choices: Vec<ChoiceDocument>,
    /// The session, told once.
    #[schema(required)]
    pub session: Option<SessionDocument>,
}

/// An account to choose.
#[derive(Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = BankidChoice)]
pub struct ChoiceDocument {
    /// Its id: send it back to choose it.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000d1")]
    pub account_id: Uuid,
    /// The e-mail address that it also logs in with.
    #[schema(example = "asa.oberg@exempel.se")]
    pub email: String,
    /// The organiser that it belongs to.
    #[schema(example = "0199a3f0-7c00-7000-8000-000000000001")]
    pub organiser_id: Uuid,
    /// What the organiser is called.
    #[schema(example = "Väggarps folkhögskoleförening")]
    pub organiser_name: String,
    /// The roles it holds today, each once.
    #[schema(example = json!(["teacher"]))]
    pub roles: Vec<String>,
}

/// Ask how a login with BankID goes
///
/// Ask about every second until it is no longer `pending`. A `complete` login gives the session, as `POST /v1/sessions` does, at
/// level 3 (`high`) and once: whoever asks again learns that it was used. A person with several accounts gets `choices`
/// instead, and asks once more with an `accountId` within five minutes. The person is known by their identity number alone,
/// and the answer is the same whether they are unknown here, have no account, or have one that is disabled
/// (`no-account`). An app that the account's owner has not let in is answered
/// with 403 `app-access-off`, and the same login still goes on as one with a web page. Without the right secret there is nothing here. While BankID is away the answer is 503 and the login goes on.
#[utoipa::path(
    operation_id = "collectBankidLogin", tag = "identity",
    extensions(("x-permission" = json!("public"))),
    params(IdPath),
    request_body(content = CollectBankidLogin, example = json!({ "secret": "Zx3Jm0v1Gq5v5v3bq3v7mWq0V9l0F3m1c2k8Yt0a1bE" })),
    responses((status = 200, description = "How it goes.", body = CollectionDocument, headers(("Content-Language" = String, description = "The language of the message."))))
)]
#[post("/v1/bankid-logins/{id}/collection")]
pub async fn handle(
    permit: Permit<Public>,
    state: web::Data<State>,
    id: PathId<BankidLoginId>,
    Asked(language): Asked,
    origin: Origin,
    told: Device,
    body: Body<CollectBankidLogin>,
) -> Result<HttpResponse, Problem> {
    of(&state)?;
    let CollectBankidLogin { secret, account_id, client_kind } = body.into_inner();
    let client_kind = client_kind_of(client_kind.as_deref())?;
    let order = presented(&state, &permit, id.0, &secret).await?;
    let completing = Completing {
        state: &state,
        permit: &permit,
        origin: &origin,
        client_kind,
        device: told.0.as_deref(),
    };
    let standing = match order.state {
        OrderState::Pending => collect(&completing, &order).await?,
        OrderState::Choosing => choose(&completing, &order, account_id).await?,
        OrderState::Used | OrderState::Failed => Standing::of(order.hint, &order),
    };
    let Standing { hint, qr_code, expires_at, choices, session } = standing;
    let document = CollectionDocument {
        status: hint.progress().code(),
        hint: hint.code(),
        message: hint.message(language),
        qr_code,
        expires_at,
        choices,
        session,
    };
    let mut response = answer(StatusCode::OK, &document);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LANGUAGE, header::HeaderValue::from_static(language.tag()));
    headers.append(header::VARY, header::HeaderValue::from_static("accept-language"));
    Ok(response)
}

/// How an order stands, before it is put into words.
struct Standing {
    hint: Hint,
    qr_code: Option<String>,
    expires_at: DateTime<Utc>,
    choices: Vec<ChoiceDocument>,
    session: Option<SessionDocument>,
}

impl Standing {
    fn of(hint: Hint, order: &BankidOrder) -> Self {
        Self { hint, qr_code: None, expires_at: order.expires_at, choices: Vec::new(), session: None }
    }

    /// Of an order that goes on, with the QR code as long as it is of use.
    fn pending(hint: Hint, order: &BankidOrder, known: &Known, now: DateTime<Utc>) -> Self {
        let qr_code = hint.awaits_app().then(|| known.qr_code(order.started_at, now));
        Self { qr_code, ..Self::of(hint, order) }
    }
}

/// Asks BankID how an order goes, if that was not done a moment ago.
async fn collect(completing: &Completing<'_>, order: &BankidOrder) -> Result<Standing, Problem> {
    let Completing { state, permit, .. } = completing;
    if order.expires_at <= permit.now {
        return failed(completing, order, Hint::ExpiredTransaction).await;
    }
    let Some(known) = opened::<Known>(state, order) else {
        tracing::error!(request = %permit.request, "a login with BankID was sealed with keys that are gone");
        return failed(completing, order, Hint::FailedOther).await;
    };
    let (id, not_since) = (order.id, permit.now - BETWEEN_COLLECTIONS);
    let due = order.collected_at.is_none_or(|asked| asked <= not_since);
    let ours = due
        && state
            .database
            .write(permit.caller(), move |tx, scope| {
                bankid_order::take_turn(tx, scope, id, not_since).map_err(Problem::from)
            })
            .await?;
    if !ours {
        return Ok(Standing::pending(order.hint, order, &known, permit.now));
    }
    match of(state)?.collect(&known.order_ref).await {
        Ok(Collected::Pending(word)) => {
            let hint = Hint::of_pending(&word);
            if hint != order.hint {
                state
                    .database
                    .write(permit.caller(), move |tx, scope| {
                        bankid_order::note_hint(tx, scope, id, hint).map_err(Problem::from)
                    })
                    .await?;
            }
            Ok(Standing::pending(hint, order, &known, state.clock.now()))
        }
        Ok(Collected::Failed(word)) => failed(completing, order, Hint::of_failed(&word)).await,
        Ok(Collected::Complete(completion)) => {
            let outcome = completing.complete(order, completion).await?;
            told(completing, order, outcome).await
        }
        Err(trouble) if trouble.is_of_unknown_order() => {
            failed(completing, order, Hint::ExpiredTransaction).await
        }
        Err(trouble) => Err(trouble.problem("collect", permit.request)),
    }
}

/// Logs the person in to the account that they choose.
async fn choose(
    completing: &Completing<'_>,
    order: &BankidOrder,
    account: Option<Uuid>,
) -> Result<Standing, Problem> {
    let Completing { state, permit, .. } = completing;
    if order.expires_at <= permit.now {
        return failed(completing, order, Hint::ExpiredTransaction).await;
    }
    let choice: Choice = opened(state, order).ok_or_else(|| Problem::new(Code::Internal))?;
    let Some(account) = account.map(AccountId::from_uuid) else {
        let choices = completing.shown(&choice.accounts).await?;
        return Ok(Standing { choices, ..Standing::of(Hint::ChooseAccount, order) });
    };
    let Some(chosen) = choice.accounts.iter().copied().find(|(_, offered)| *offered == account) else {
        let refusal = Refusal::new(Rule::UnknownReference, "is not among the choices").at("/accountId");
        return Err(refusal.into());
    };
    let outcome = completing.log_in(order, chosen, choice.origin()).await?;
    told(completing, order, outcome).await
}

async fn failed(completing: &Completing<'_>, order: &BankidOrder, hint: Hint) -> Result<Standing, Problem> {
    let Completing { state, permit, .. } = completing;
    if fail(state, permit.caller(), order, hint).await? {
        Ok(Standing::of(hint, order))
    } else {
        told(completing, order, Outcome::Overtaken).await
    }
}

/// How an order stands after it was completed.
async fn told(
    completing: &Completing<'_>,
    order: &BankidOrder,
    outcome: Outcome,
) -> Result<Standing, Problem> {
    match outcome {
        Outcome::LoggedIn(session) => {
            Ok(Standing { session: Some(*session), ..Standing::of(Hint::LoggedIn, order) })
        }
        Outcome::Choose(choices, expires_at) => {
            Ok(Standing { choices, expires_at, ..Standing::of(Hint::ChooseAccount, order) })
        }
        Outcome::NobodyIn(hint) => Ok(Standing::of(hint, order)),
        // Another request was faster: what it came to stands in the row.
        Outcome::Overtaken => {
            let Completing { state, permit, .. } = completing;
            let present = find(state, permit.caller(), order.id).await?.ok_or_else(Problem::not_found)?;
            let mut standing = Standing::of(present.hint, &present);
            if present.state == OrderState::Choosing
                && let Some(choice) = opened::<Choice>(state, &present)
            {
                standing.choices = completing.shown(&choice.accounts).await?;
            }
            Ok(standing)
        }
    }
}
