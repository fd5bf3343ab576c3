use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde::{Deserialize, Serialize};
use skolhus_domain::{
    access::{Identity, declared::OwnAccount},
    identity::{AuthenticatorCode, not_begun},
    refusal::{Refusal, Rule},
};
use skolhus_persistence::identity::{account, recovery_code, second_factor, session, throttle};
use utoipa::ToSchema;
use validator::Validate;

use super::{fresh_recovery_codes, login::opened, totp};
use crate::{
    http::{body::Body, catalogue::Code, permit::Permit, problem::Problem, state::State},
    identity::{
        create_session::answer,
        logins::{Origin, count, counters},
    },
};

/// What shows that the authenticator app has the secret.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConfirmSecondFactor {
    /// The six digits that it shows.
    #[validate(length(min = 6, max = 7))]
    #[schema(example = "287082", min_length = 6, max_length = 7, pattern = "^[0-9]{3} ?[0-9]{3}$")]
    pub code: String,
}

/// Recovery codes.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecoveryCodes {
    /// Each stands in once for the authenticator app. They are shown this once; only hashes are kept.
    #[schema(example = json!(["7Q2M-4KTD-9ZRA-XC3V", "0H5N-R8WB-1JPE-6GYS"]))]
    pub recovery_codes: Vec<String>,
}

/// Confirm a second factor
///
/// With a code of the secret that was given out: from now on every login needs one. Gives ten recovery codes, to be kept
/// where neither the password nor the telephone is. All other sessions of the account end; to come by the highest level, log
/// in again with the next code. Wrong codes (422) are counted as failures at logins.
#[utoipa::path(
    operation_id = "confirmSecondFactor", tag = "identity",
    extensions(("x-permission" = json!("own-account")), ("x-throttled" = json!(true))),
    request_body(content = ConfirmSecondFactor, example = json!({ "code": "287082" })),
    responses((status = 201, description = "It is in force.", body = RecoveryCodes))
)]
#[post("/v1/me/second-factor/confirmation")]
pub async fn handle(
    permit: Permit<OwnAccount>,
    state: web::Data<State>,
    origin: Origin,
    body: Body<ConfirmSecondFactor>,
) -> Result<HttpResponse, Problem> {
    let Identity::Account(id, session) = permit.identity else {
        return Err(Problem::new(Code::NotPermitted));
    };
    let code = AuthenticatorCode::presented(&body.code).map_err(|refusal| refusal.at("/code"))?;
    let (email, begun, sealed) = state
        .database
        .read(permit.caller(), move |connection, scope| {
            let account = account::find(connection, scope, id)?.ok_or_else(Problem::not_found)?;
            let begun = second_factor::find(connection, scope, id)?.ok_or_else(not_begun)?;
            let sealed = begun.value.to_confirm(scope.now())?.to_owned();
            Ok::<_, Problem>((account.value.email.key(), begun, sealed))
        })
        .await?;
    let counters = counters(&state, &format!("account {email}"), &origin);
    count(&state, permit.caller(), &counters).await?;
    let wrong = || {
        let detail = "this is not a code of the secret that was given out, or it is too old";
        Problem::from(Refusal::new(Rule::Conflict, detail).at("/code"))
    };
    let secret = opened(&state, permit.organiser, id, &sealed)?;
    let step = totp::matching(&secret, code, permit.now).ok_or_else(wrong)?;
    let (recovery_codes, hashes) = fresh_recovery_codes(state.randomness.as_ref());
    state
        .database
        .write(permit.caller(), move |tx, scope| {
            account::lock(tx, id)?;
            let before = second_factor::find(tx.connection(), scope, id)?.ok_or_else(not_begun)?;
            let after = before.value.confirmed(scope.now())?;
            // Begun again meanwhile, the code is that of a secret that is gone.
            if before.value != begun.value || !second_factor::use_step(tx, scope, before.id, step)? {
                return Err(wrong());
            }
            second_factor::update(tx, scope, &before, &after)?;
            recovery_code::replace(tx, scope, id, &hashes)?;
            session::end_all(tx, scope, id, session, "a second factor came in force")?;
            throttle::succeeded(tx, &counters).map_err(Problem::from)
        })
        .await?;
    Ok(answer(StatusCode::CREATED, &RecoveryCodes { recovery_codes }))
}
