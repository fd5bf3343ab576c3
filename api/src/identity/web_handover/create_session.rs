use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde::{Deserialize, Serialize};
use skolhus_domain::{
    access::{Caller, Scope, declared::Public},
    id::Id,
    identity::{ClientKind, HandoverTarget},
};
use skolhus_persistence::{
    Tx,
    identity::{
        account, session,
        web_handover::{self, WebHandover},
    },
};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{
    super::{
        create_session::{LevelName, SessionDocument, answer},
        logins::{Device, first_refresh_token, hash_of},
        session_start::{Begun, SessionStart},
    },
    sealed::opened,
};
use crate::http::{body::Body, catalogue::Code, permit::Permit, problem::Problem, state::State};

/// A code from the app.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateWebSession {
    /// The code, as the app handed it over.
    #[validate(length(min = 1, max = 200))]
    #[schema(
        example = "Zx3Jm0v1Gq5v5v3bq3v7mWq0V9l0F3m1c2k8Yt0a1bE",
        min_length = 1,
        max_length = 200,
        pattern = "^[!-~]+$"
    )]
    pub code: String,
    /// What the owner calls the device, for the list of their sessions; unless given, what the `User-Agent` tells.
    #[validate(length(min = 1, max = 100))]
    #[schema(example = "Åsas telefon", min_length = 1, max_length = 100, nullable = false)]
    pub device: Option<String>,
}

/// A session on the web, and where it opens.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = HandedOver)]
pub struct HandedOverDocument {
    /// The session.
    pub session: SessionDocument,
    /// Where to open.
    pub target: HandoverTargetDocument,
    /// The level of a new login that the page needs; null where the session will do.
    #[schema(required, value_type = Option<LevelName>, example = json!(null))]
    pub login_needed: Option<LevelName>,
}

/// Where to open, as the app said it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = HandoverTarget)]
pub struct HandoverTargetDocument {
    /// The page: a path from the root of the web.
    #[schema(example = "/barn/narvaro?vecka=36")]
    pub path: String,
    /// About whom.
    #[schema(required, example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub person_id: Option<Uuid>,
}

/// Come to the web from the app
///
/// Exchanges a code that was made in the app for a session of the same account on the web. It knows no more surely than the app's
/// who uses it, lasts no longer, and ends with it. Where the page needs a stronger login `loginNeeded` says so: show the page
/// after a new login. A code that was used, whose minute is over, or that never was is worth nothing (401 `code-over`), nor is
/// one whose app session has ended.
#[utoipa::path(
    operation_id = "createWebSession", tag = "identity",
    extensions(("x-permission" = json!("public"))),
    request_body(content = CreateWebSession, example = json!({ "code": "Zx3Jm0v1Gq5v5v3bq3v7mWq0V9l0F3m1c2k8Yt0a1bE" })),
    responses((status = 201, description = "The session, and where it opens.", body = HandedOverDocument))
)]
#[post("/v1/web-handovers/session")]
pub async fn handle(
    permit: Permit<Public>,
    state: web::Data<State>,
    told: Device,
    body: Body<CreateWebSession>,
) -> Result<HttpResponse, Problem> {
    let CreateWebSession { code, device } = body.into_inner();
    let device = told.named(device)?;
    let over = || Problem::new(Code::CodeOver);
    let code_hash = hash_of(&code);
    let handover = state
        .database
        .read(permit.caller(), move |connection, scope| {
            web_handover::find(connection, scope, &code_hash).map_err(Problem::from)
        })
        .await?
        .ok_or_else(over)?;
    let target = opened(&state, &handover.code_hash, &handover.sealed).ok_or_else(over)?;

    let organiser = handover.organiser;
    let caller = Caller::system("login", organiser, permit.request, permit.now);
    let fresh = Fresh { id: state.fresh(), token: first_refresh_token(state.randomness.as_ref()), device };
    let used = state.clone();
    let started = state
        .database
        .write(&caller, move |tx, scope| hand_over(tx, scope, &used, &handover, &fresh))
        .await?;
    let (start, begun) = started.ok_or_else(over)?;
    let level = start.level(&state);
    let HandoverTarget { person, path, .. } = &target;
    let document = HandedOverDocument {
        target: HandoverTargetDocument { path: path.as_str().to_owned(), person_id: person.map(Id::uuid) },
        login_needed: target.login_needed(level).map(LevelName::from),
        session: start.document(&state, organiser, begun)?,
    };
    Ok(answer(StatusCode::CREATED, &document))
}

/// What is made outside the transaction.
struct Fresh {
    id: skolhus_domain::id::SessionId,
    token: String,
    device: Option<String>,
}

/// The use-case; none where the code is worth nothing any more.
fn hand_over(
    tx: &mut Tx<'_>,
    scope: &Scope,
    state: &State,
    handover: &WebHandover,
    fresh: &Fresh,
) -> Result<Option<(SessionStart, Begun)>, Problem> {
    // Whoever ends the app's session waits, and ends this one too.
    account::lock(tx, handover.account)?;
    if !web_handover::use_once(tx, scope, &handover.code_hash)? {
        return Ok(None);
    }
    let account = account::find(tx.connection(), scope, handover.account)?;
    let in_use = account.is_some_and(|account| account.value.disabled_at.is_none());
    let app = session::find(tx.connection(), scope, handover.session)?.filter(|app| {
        app.value.client_kind == ClientKind::App
            && app.value.ended_at.is_none()
            && scope.now() < app.value.expires_at
    });
    let Some(app) = app.filter(|_| in_use) else { return Ok(None) };
    let start =
        SessionStart::handed_over(state, &app, fresh.id, (&fresh.token, fresh.device.clone()), scope.now());
    let begun = start.save(tx, scope)?;
    Ok(Some((start, begun)))
}
