use actix_web::{HttpResponse, delete, web};
use skolhus_domain::access::{Identity, declared::OwnAccount};
use skolhus_persistence::identity::session;

use crate::http::{permit::Permit, problem::Problem, state::State};

/// Log out
///
/// Ends the session of the access token: it and its refresh tokens are worth nothing from now on. Tokens without
/// a session, as clients have, cannot be ended and are answered with 404.
#[utoipa::path(
    operation_id = "endCurrentSession", tag = "identity",
    extensions(("x-permission" = json!("own-account")), ("x-unconditional" = json!(true))),
    responses(
        (status = 204, description = "The session has ended."),
        (status = 404, description = "The token belongs to no session."),
    )
)]
#[delete("/v1/sessions/current")]
pub async fn handle(permit: Permit<OwnAccount>, state: web::Data<State>) -> Result<HttpResponse, Problem> {
    let Identity::Account(_, Some(session)) = permit.identity else {
        return Err(Problem::not_found());
    };
    state
        .database
        .write(permit.caller(), move |tx, scope| {
            session::end(tx, scope, session, "logged out").map_err(Problem::from)
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
