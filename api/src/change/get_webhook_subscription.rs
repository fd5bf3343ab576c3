use actix_web::{HttpRequest, HttpResponse, get, web};
use skolhus_domain::{
    access::{Scope, declared::ManageWebhooks},
    id::{Id, WebhookSubscriptionId},
};
use skolhus_persistence::{DatabaseConnection, change::webhook_subscription, outbox};

use super::webhook_subscription::WebhookSubscriptionDocument;
use crate::http::{
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, show},
    state::State,
};

/// Read a webhook subscription
///
/// With how its messages stand; without its secret.
#[utoipa::path(
    operation_id = "getWebhookSubscription", tag = "change",
    extensions(("x-permission" = json!("webhook:manage"))),
    params(IdPath),
    responses(
        (status = 200, description = "The subscription.", body = WebhookSubscriptionDocument, headers(("ETag" = String, description = "Its version."))),
        (status = 304, description = "It is the version named in `If-None-Match`."),
    )
)]
#[get("/v1/webhook-subscriptions/{id}")]
pub async fn handle(
    permit: Permit<ManageWebhooks>,
    state: web::Data<State>,
    id: PathId<WebhookSubscriptionId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let subscription = state
        .database
        .read(permit.caller(), move |connection, scope| get_webhook_subscription(connection, scope, id.0))
        .await?;
    Ok(show(&request, subscription.version, &subscription))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; a failure of the database.
pub fn get_webhook_subscription(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: WebhookSubscriptionId,
) -> Result<WebhookSubscriptionDocument, Problem> {
    let found = webhook_subscription::find(connection, scope, id)?.ok_or_else(Problem::not_found)?;
    let standing = outbox::standing(connection, scope, &[id.uuid()])?.remove(&id.uuid());
    Ok(WebhookSubscriptionDocument::of(found, standing, scope.now()))
}
