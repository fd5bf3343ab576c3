use actix_web::{HttpResponse, delete, web};
use skolhus_domain::{access::declared::OwnAccount, id::SessionId};
use skolhus_persistence::identity::{account, session};

use crate::http::{
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId},
    state::State,
};

/// End one of one's own sessions
///
/// As on a device that was lost: its access token and its refresh tokens are worth nothing from now on.
#[utoipa::path(
    operation_id = "endOwnSession", tag = "identity",
    extensions(("x-permission" = json!("own-account")), ("x-unconditional" = json!(true))),
    params(IdPath),
    responses((status = 204, description = "The session has ended."))
)]
#[delete("/v1/me/sessions/{id}")]
pub async fn handle(
    permit: Permit<OwnAccount>,
    state: web::Data<State>,
    id: PathId<SessionId>,
) -> Result<HttpResponse, Problem> {
    state
        .database
        .write(permit.caller(), move |tx, scope| {
            if let Some(account) = scope.account() {
                account::lock(tx, account)?;
            }
            let found = session::find(tx.connection(), scope, id.0)?;
            let found = found
                .filter(|found| found.value.ended_at.is_none() && scope.now() < found.value.expires_at)
                .ok_or_else(Problem::not_found)?;
            session::end(tx, scope, found.id, "ended by its owner").map_err(Problem::from)
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
