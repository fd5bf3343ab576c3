use actix_web::{post, web};
use skolhus_domain::{
    access::{Scope, declared::ManageTermTurns},
    course::term_turn::plan,
};
use skolhus_persistence::DatabaseConnection;

use super::{
    asked::{TermTurnRequest, example},
    facts::Loaded,
    preview_document::TermTurnPreview,
};
use crate::http::{body::Body, permit::Permit, problem::Problem, state::State};

/// Preview a turn of term
///
/// What a turn would make and end, what it would leave out and why, and what stands in its way. Nothing is
/// changed. Persons with protected identity are counted like everybody else; warnings name none of them.
#[utoipa::path(
    operation_id = "previewTermTurn", tag = "course",
    extensions(("x-permission" = json!("term-turn:manage"))),
    request_body(content = TermTurnRequest, example = json!(example())),
    responses((status = 200, description = "What it would come to.", body = TermTurnPreview))
)]
#[post("/v1/term-turns/preview")]
pub async fn handle(
    permit: Permit<ManageTermTurns>,
    state: web::Data<State>,
    body: Body<TermTurnRequest>,
) -> Result<web::Json<TermTurnPreview>, Problem> {
    let preview = state
        .database
        .read(permit.caller(), move |connection, scope| preview_term_turn(connection, scope, &body))
        .await?;
    Ok(web::Json(preview))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::InvalidFields`]; a failure of the database.
pub fn preview_term_turn(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    request: &TermTurnRequest,
) -> Result<TermTurnPreview, Problem> {
    let asked = request.read(connection, scope)?;
    let loaded = Loaded::read(connection, scope, &asked)?;
    Ok(TermTurnPreview::of(&plan(&asked, &loaded.facts)))
}
