use actix_web::{HttpResponse, post, web};
use serde::Deserialize;
use skolhus_domain::{
    access::declared::Public,
    id::BankidLoginId,
    identity::bankid::{Hint, OrderState},
};
use utoipa::ToSchema;
use validator::Validate;

use super::{
    of,
    order::{Known, fail, opened, presented},
};
use crate::http::{
    body::Body,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId},
    state::State,
};

/// Takes a login back.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CancelBankidLogin {
    /// The secret that was told when the login was begun.
    #[validate(length(min = 1, max = 200))]
    #[schema(
        example = "Zx3Jm0v1Gq5v5v3bq3v7mWq0V9l0F3m1c2k8Yt0a1bE",
        min_length = 1,
        max_length = 200,
        pattern = "^[!-~]+$"
    )]
    pub secret: String,
}

/// Take a login with BankID back
///
/// Nothing can become of it any more, and the app is told. One that is over already stays as it is.
#[utoipa::path(
    operation_id = "cancelBankidLogin", tag = "identity",
    extensions(("x-permission" = json!("public"))),
    params(IdPath),
    request_body(content = CancelBankidLogin, example = json!({ "secret": "Zx3Jm0v1Gq5v5v3bq3v7mWq0V9l0F3m1c2k8Yt0a1bE" })),
    responses((status = 204, description = "It is over."))
)]
#[post("/v1/bankid-logins/{id}/cancellation")]
pub async fn handle(
    permit: Permit<Public>,
    state: web::Data<State>,
    id: PathId<BankidLoginId>,
    body: Body<CancelBankidLogin>,
) -> Result<HttpResponse, Problem> {
    let bankid = of(&state)?;
    let order = presented(&state, &permit, id.0, &body.secret).await?;
    if order.state.is_over() || !fail(&state, permit.caller(), &order, Hint::Cancelled).await? {
        return Ok(HttpResponse::NoContent().finish());
    }
    let known = (order.state == OrderState::Pending).then(|| opened::<Known>(&state, &order)).flatten();
    if let Some(known) = known
        && let Err(trouble) = bankid.cancel(&known.order_ref).await
        && !trouble.is_of_unknown_order()
    {
        // Here it is over all the same; BankID lets it go in its time. The trouble is in the log.
        drop(trouble.problem("cancel", permit.request));
    }
    Ok(HttpResponse::NoContent().finish())
}
