use actix_web::{HttpResponse, delete, web};
use skolhus_domain::{
    access::{Scope, declared::ManageWebhooks},
    id::WebhookSubscriptionId,
};
use skolhus_persistence::{Tx, change::webhook_subscription};

use crate::http::{
    etag::IfMatch,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId},
    state::State,
};

/// Withdraw a webhook subscription
///
/// Nothing more is sent to it; messages that wait are given up.
#[utoipa::path(
    operation_id = "withdrawWebhookSubscription", tag = "change",
    extensions(("x-permission" = json!("webhook:manage"))),
    params(IdPath),
    responses((status = 204, description = "It is withdrawn."))
)]
#[delete("/v1/webhook-subscriptions/{id}")]
pub async fn handle(
    permit: Permit<ManageWebhooks>,
    state: web::Data<State>,
    id: PathId<WebhookSubscriptionId>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    state
        .database
        .write(permit.caller(), move |tx, scope| withdraw_webhook_subscription(tx, scope, id.0, &if_match))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`; a failure of the database.
pub fn withdraw_webhook_subscription(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: WebhookSubscriptionId,
    if_match: &IfMatch,
) -> Result<(), Problem> {
    let before = webhook_subscription::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    if_match.check(before.subscription.version)?;
    webhook_subscription::withdraw(tx, &before)?;
    Ok(())
}
