use actix_web::{HttpResponse, delete, web};
use skolhus_domain::access::{Identity, declared::OwnSecondFactor};
use skolhus_persistence::identity::{account, recovery_code, second_factor};

use crate::http::{catalogue::Code, permit::Permit, problem::Problem, state::State};

/// Remove one's own second factor
///
/// Logins need no code from now on, and reach the highest level no longer; the recovery codes are worth nothing. Another one
/// begins with another invitation. One that is lost is removed by an administrator.
#[utoipa::path(
    operation_id = "removeOwnSecondFactor", tag = "identity",
    extensions(("x-permission" = json!("second-factor:own")), ("x-unconditional" = json!(true))),
    responses(
        (status = 204, description = "It is removed."),
        (status = 404, description = "None is in force."),
    )
)]
#[delete("/v1/me/second-factor")]
pub async fn handle(
    permit: Permit<OwnSecondFactor>,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let Identity::Account(id, _) = permit.identity else {
        return Err(Problem::new(Code::NotPermitted));
    };
    state
        .database
        .write(permit.caller(), move |tx, scope| {
            account::lock(tx, id)?;
            let before = second_factor::find(tx.connection(), scope, id)?;
            let before = before.filter(|factor| factor.value.in_force().is_some());
            let before = before.ok_or_else(Problem::not_found)?;
            second_factor::withdraw(tx, &before)?;
            recovery_code::replace(tx, scope, id, &[]).map_err(Problem::from)
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}
