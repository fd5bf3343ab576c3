use actix_web::{HttpResponse, delete, web};
use skolhus_domain::access::{Identity, declared::OwnAccount};
use skolhus_persistence::identity::{account, app_access, session};

use crate::http::{catalogue::Code, permit::Permit, problem::Problem, state::State};

/// Switch access to the app off
///
/// Whoever is logged in to the account with an app is logged out at once, on every device, and none gets in any more. One device
/// alone is logged out with `DELETE /v1/me/sessions/{id}`. Where it is off already all stays as it is.
#[utoipa::path(
    operation_id = "switchAppAccessOff", tag = "identity",
    extensions(("x-permission" = json!("own-account")), ("x-unconditional" = json!(true))),
    responses((status = 204, description = "It is off."))
)]
#[delete("/v1/me/app-access")]
pub async fn handle(permit: Permit<OwnAccount>, state: web::Data<State>) -> Result<HttpResponse, Problem> {
    let Identity::Account(id, _) = permit.identity else {
        return Err(Problem::new(Code::NotPermitted));
    };
    state
        .database
        .write(permit.caller(), move |tx, scope| {
            // A login that is just under way is waited for, and ends too.
            account::lock(tx, id)?;
            if let Some(present) = app_access::find(tx.connection(), scope, id)? {
                app_access::switch_off(tx, &present)?;
            }
            session::end_of_apps(tx, scope, id, "access to the app was switched off").map_err(Problem::from)
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
