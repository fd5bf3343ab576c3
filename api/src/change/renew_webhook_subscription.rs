use actix_web::{HttpResponse, post, web};
use skolhus_domain::{
    access::{Scope, declared::ManageWebhooks},
    change::LASTS,
    id::{Id, WebhookSubscriptionId},
};
use skolhus_persistence::{Tx, change::webhook_subscription, outbox};

use super::webhook_subscription::WebhookSubscriptionDocument;
use crate::http::{
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, saved},
    state::State,
};

/// Renew a webhook subscription
///
/// Lets it last 90 days from now, also one that has ended: what changed in between is not told. Renewing again
/// is harmless.
#[utoipa::path(
    operation_id = "renewWebhookSubscription", tag = "change",
    extensions(("x-permission" = json!("webhook:manage"))),
    params(IdPath),
    responses((status = 200, description = "Its present state.", body = WebhookSubscriptionDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[post("/v1/webhook-subscriptions/{id}/renewal")]
pub async fn handle(
    permit: Permit<ManageWebhooks>,
    state: web::Data<State>,
    id: PathId<WebhookSubscriptionId>,
) -> Result<HttpResponse, Problem> {
    let subscription = state
        .database
        .write(permit.caller(), move |tx, scope| renew_webhook_subscription(tx, scope, id.0))
        .await?;
    Ok(saved(subscription.version, &subscription))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; a failure of the database.
pub fn renew_webhook_subscription(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: WebhookSubscriptionId,
) -> Result<WebhookSubscriptionDocument, Problem> {
    let before = webhook_subscription::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    let renewed = webhook_subscription::renew(tx, &before, scope.now() + LASTS)?;
    let standing = outbox::standing(tx.connection(), scope, &[id.uuid()])?.remove(&id.uuid());
    Ok(WebhookSubscriptionDocument::of(renewed, standing, scope.now()))
}
