use actix_web::{HttpResponse, delete, web};
use skolhus_domain::access::{Identity, declared::OwnAccount};
use skolhus_persistence::identity::{account, session};

use crate::http::{catalogue::Code, permit::Permit, problem::Problem, state::State};

/// End all of one's own sessions but this one
///
/// Everywhere else one is logged out at once. With a token that belongs to no session all of them end.
#[utoipa::path(
    operation_id = "endOtherSessions", tag = "identity",
    extensions(("x-permission" = json!("own-account")), ("x-unconditional" = json!(true))),
    responses((status = 204, description = "They have ended."))
)]
#[delete("/v1/me/sessions")]
pub async fn handle(permit: Permit<OwnAccount>, state: web::Data<State>) -> Result<HttpResponse, Problem> {
    let Identity::Account(id, current) = permit.identity else {
        return Err(Problem::new(Code::NotPermitted));
    };
    state
        .database
        .write(permit.caller(), move |tx, scope| {
            // A login that is just under way is waited for, and ends too.
            account::lock(tx, id)?;
            session::end_all(tx, scope, id, current, "ended by its owner").map_err(Problem::from)
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
