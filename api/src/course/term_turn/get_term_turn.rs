use actix_web::{HttpRequest, HttpResponse, get, web};
use skolhus_domain::{
    access::{Scope, declared::ManageTermTurns},
    id::TermTurnId,
};
use skolhus_persistence::{DatabaseConnection, course::term_turn};

use super::term_turn_document::TermTurnDocument;
use crate::http::{
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, show},
    state::State,
};

/// Read a turn of term
///
/// One turn that was carried out, with how much it made and ended.
#[utoipa::path(
    operation_id = "getTermTurn", tag = "course",
    extensions(("x-permission" = json!("term-turn:manage"))),
    params(IdPath),
    responses(
        (status = 200, description = "The turn.", body = TermTurnDocument, headers(("ETag" = String, description = "Its version."))),
        (status = 304, description = "It is the version named in `If-None-Match`."),
    )
)]
#[get("/v1/term-turns/{id}")]
pub async fn handle(
    permit: Permit<ManageTermTurns>,
    state: web::Data<State>,
    id: PathId<TermTurnId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let turn = state
        .database
        .read(permit.caller(), move |connection, scope| get_term_turn(connection, scope, id.0))
        .await?;
    Ok(show(&request, turn.version, &turn))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; a failure of the database.
pub fn get_term_turn(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: TermTurnId,
) -> Result<TermTurnDocument, Problem> {
    let turn = term_turn::find(connection, scope, id)?.ok_or_else(Problem::not_found)?;
    TermTurnDocument::of_all(connection, scope, vec![turn])?.pop().ok_or_else(Problem::not_found)
}
