use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde::{Deserialize, Serialize};
use skolhus_domain::{
    access::{Identity, declared::OwnAccount},
    identity::{OneTimeCode, not_the_invitation},
    refusal::Rule,
};
use skolhus_persistence::identity::{account, second_factor, throttle};
use subtle::ConstantTimeEq;
use utoipa::ToSchema;
use validator::Validate;
use zeroize::Zeroizing;

use super::{binding, hash_of, totp};
use crate::{
    http::{body::Body, catalogue::Code, permit::Permit, problem::Problem, state::State},
    identity::{
        create_session::answer,
        logins::{Origin, count, counters},
    },
};

/// What a second factor is begun with.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BeginSecondFactor {
    /// The code of the invitation, as it was handed over.
    #[validate(length(min = 16, max = 40))]
    #[schema(
        example = "7Q2M-4KTD-9ZRA-XC3V",
        min_length = 16,
        max_length = 40,
        pattern = "^[0-9A-Za-z -]+$"
    )]
    pub invitation_code: String,
}

/// The secret of a second factor that has begun.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecondFactorSecret {
    /// The secret in base32, for those who type it into their authenticator app. It is shown this once.
    #[schema(example = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")]
    pub secret: String,
    /// The same as an address, to be shown as a QR code. It never leaves the device that shows it.
    #[schema(
        example = "otpauth://totp/Skolhus:asa.oberg@exempel.se?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Skolhus&algorithm=SHA1&digits=6&period=30"
    )]
    pub otpauth_uri: String,
}

/// Begin a second factor
///
/// With the code of an invitation: gives the secret for an authenticator app (RFC 6238: SHA-1, six digits, 30 seconds). It is
/// in force only when a code of it has been shown at `/v1/me/second-factor/confirmation`; until then it can be begun again
/// with the same invitation, which gives another secret. Codes that are not the invitation's (422) are counted as failures at
/// logins.
#[utoipa::path(
    operation_id = "beginSecondFactor", tag = "identity",
    extensions(("x-permission" = json!("own-account")), ("x-throttled" = json!(true))),
    request_body(content = BeginSecondFactor, example = json!({ "invitationCode": "7Q2M-4KTD-9ZRA-XC3V" })),
    responses((status = 201, description = "The secret.", body = SecondFactorSecret))
)]
#[post("/v1/me/second-factor")]
pub async fn handle(
    permit: Permit<OwnAccount>,
    state: web::Data<State>,
    origin: Origin,
    body: Body<BeginSecondFactor>,
) -> Result<HttpResponse, Problem> {
    let Identity::Account(id, _) = permit.identity else {
        return Err(Problem::new(Code::NotPermitted));
    };
    let code =
        OneTimeCode::presented(&body.invitation_code).map_err(|refusal| refusal.at("/invitationCode"))?;
    let email = state
        .database
        .read(permit.caller(), move |connection, scope| {
            let account = account::find(connection, scope, id)?.ok_or_else(Problem::not_found)?;
            Ok::<_, Problem>(account.value.email)
        })
        .await?;
    let counters = counters(&state, &format!("account {}", email.key()), &origin);
    count(&state, permit.caller(), &counters).await?;

    let mut secret = Zeroizing::new([0; totp::SECRET]);
    state.randomness.fill(secret.as_mut_slice());
    let sealed = state.keyring.seal_secret(secret.as_slice(), &binding(permit.organiser, id));
    let sealed = sealed.ok_or_else(|| Problem::new(Code::Internal))?;
    let address = totp::address(email.as_str(), secret.as_slice());
    let otpauth_uri = address.ok_or_else(|| Problem::new(Code::Internal))?;
    let presented = hash_of(code.as_str());
    state
        .database
        .write(permit.caller(), move |tx, scope| {
            account::lock(tx, id)?;
            let refused = |refusal: skolhus_domain::refusal::Refusal| match refusal.rule {
                Rule::Conflict => Problem::from(refusal.at("/invitationCode")),
                _ => Problem::from(refusal),
            };
            let before = second_factor::find(tx.connection(), scope, id)?;
            let before = before.ok_or_else(|| refused(not_the_invitation()))?;
            let kept = before.value.invitation().map_or("", |invitation| invitation.code_hash.as_str());
            let fits = bool::from(presented.as_bytes().ct_eq(kept.as_bytes()));
            let after = before.value.begun(fits, sealed.clone(), scope.now()).map_err(refused)?;
            second_factor::update(tx, scope, &before, &after)?;
            throttle::succeeded(tx, &counters).map_err(Problem::from)
        })
        .await?;
    let document = SecondFactorSecret { secret: totp::written(secret.as_slice()), otpauth_uri };
    Ok(answer(StatusCode::CREATED, &document))
}
