use actix_web::{HttpResponse, http::StatusCode, post, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use skolhus_domain::{
    access::{Identity, Level, declared::OwnAccount},
    id::Id,
    identity::{ClientKind, HandoverTarget, RelativePath, handover_expires},
    refusal::{Refusal, Rule},
};
use skolhus_persistence::identity::{
    session,
    web_handover::{self, WebHandover},
};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{
    super::{
        create_session::{LevelName, answer},
        logins::{first_refresh_token, hash_of},
    },
    sealed::sealed,
};
use crate::http::{body::Body, catalogue::Code, permit::Permit, problem::Problem, state::State};

/// Where the web is to open.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateWebHandover {
    /// The page: a path from the root of the web, with its query.
    #[validate(length(min = 1, max = 500))]
    #[schema(
        example = "/barn/narvaro?vecka=36",
        min_length = 1,
        max_length = 500,
        pattern = "^/([!-.0-Z^-~\\[\\]][!-Z^-~\\[\\]]*)?$"
    )]
    pub path: String,
    /// About whom, such as the child that the app shows. It is handed on as it is, and opens nothing.
    #[serde(default)]
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub person_id: Option<Uuid>,
    /// The level of login that the page needs; unless said otherwise any will do.
    #[serde(default)]
    #[schema(value_type = Option<LevelName>, nullable = false, example = "substantial")]
    pub level: Option<LevelName>,
}

/// A code that opens the web.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = WebHandover)]
pub struct WebHandoverDocument {
    /// The code, told once: hand it to the web in a way that leaves no trace, such as the fragment of an address.
    #[schema(example = "Zx3Jm0v1Gq5v5v3bq3v7mWq0V9l0F3m1c2k8Yt0a1bE")]
    pub code: String,
    /// Until when the web can bring it.
    #[schema(example = "2026-08-17T06:11:00Z")]
    pub expires_at: DateTime<Utc>,
}

/// Go on from the app to the web
///
/// Gives a code that a web page exchanges for a session of the same account at `POST /v1/web-handovers/session`, once and within a
/// minute, and with it learns where to open. Only in an app session (409).
#[utoipa::path(
    operation_id = "createWebHandover", tag = "identity",
    extensions(("x-permission" = json!("own-account"))),
    request_body(content = CreateWebHandover, example = json!({ "path": "/barn/narvaro?vecka=36", "personId": "0199a3f0-7c00-7000-8000-0000000000c1", "level": "substantial" })),
    responses((status = 201, description = "The code.", body = WebHandoverDocument))
)]
#[post("/v1/me/web-handovers")]
pub async fn handle(
    permit: Permit<OwnAccount>,
    state: web::Data<State>,
    body: Body<CreateWebHandover>,
) -> Result<HttpResponse, Problem> {
    let CreateWebHandover { path, person_id, level } = body.into_inner();
    let target = HandoverTarget {
        person: person_id.map(Id::from_uuid),
        path: RelativePath::new(&path).map_err(|refusal| refusal.at("/path"))?,
        level: level.map_or(Level::Basic, Level::from),
    };
    let Identity::Account(account, session) = permit.identity else {
        return Err(Problem::new(Code::NotPermitted));
    };
    let in_no_app =
        || Problem::from(Refusal::new(Rule::State, "the web is handed over to from an app session"));
    let session = session.ok_or_else(in_no_app)?;
    let code = first_refresh_token(state.randomness.as_ref());
    let code_hash = hash_of(&code);
    let handover = WebHandover {
        sealed: sealed(&state, &code_hash, &target).ok_or_else(|| Problem::new(Code::Internal))?,
        code_hash,
        organiser: permit.organiser,
        account,
        session,
        expires_at: handover_expires(permit.now),
    };
    let document = WebHandoverDocument { code, expires_at: handover.expires_at };
    state
        .database
        .write(permit.caller(), move |tx, scope| {
            let current = session::find(tx.connection(), scope, session)?;
            let from_app = current.is_some_and(|current| current.value.client_kind == ClientKind::App);
            if !from_app {
                return Err(in_no_app());
            }
            web_handover::insert(tx, scope, &handover).map_err(Problem::from)
        })
        .await?;
    Ok(answer(StatusCode::CREATED, &document))
}
