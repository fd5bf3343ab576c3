use actix_web::{HttpResponse, http::StatusCode, post, web};
use skolhus_domain::{
    access::{Identity, declared::OwnSecondFactor},
    refusal::{Refusal, Rule},
};
use skolhus_persistence::identity::{account, recovery_code, second_factor};

use super::{confirm::RecoveryCodes, fresh_recovery_codes};
use crate::{
    http::{catalogue::Code, permit::Permit, problem::Problem, state::State},
    identity::create_session::answer,
};

/// Make new recovery codes
///
/// Ten new ones in place of those that there are, used or not. Only where a second factor is in force (409).
#[utoipa::path(
    operation_id = "replaceRecoveryCodes", tag = "identity",
    extensions(("x-permission" = json!("second-factor:own"))),
    responses((status = 201, description = "The new codes.", body = RecoveryCodes))
)]
#[post("/v1/me/second-factor/recovery-codes")]
pub async fn handle(
    permit: Permit<OwnSecondFactor>,
    state: web::Data<State>,
) -> Result<HttpResponse, Problem> {
    let Identity::Account(id, _) = permit.identity else {
        return Err(Problem::new(Code::NotPermitted));
    };
    let (recovery_codes, hashes) = fresh_recovery_codes(state.randomness.as_ref());
    state
        .database
        .write(permit.caller(), move |tx, scope| {
            account::lock(tx, id)?;
            let factor = second_factor::find(tx.connection(), scope, id)?;
            if factor.is_none_or(|factor| factor.value.in_force().is_none()) {
                return Err(Problem::from(Refusal::new(Rule::State, "no second factor is in force")));
            }
            recovery_code::replace(tx, scope, id, &hashes).map_err(Problem::from)
        })
        .await?;
    Ok(answer(StatusCode::CREATED, &RecoveryCodes { recovery_codes }))
}
