use actix_web::{HttpResponse, post, web};
use skolhus_domain::{
    access::{Scope, declared::ManageWebhooks},
    change::SECRETS_OVERLAP,
    id::{Id, WebhookSubscriptionId},
};
use skolhus_persistence::{Tx, change::webhook_subscription, outbox};

use super::{sealer::Sealer, sender::binding, webhook_subscription::WebhookSubscriptionDocument};
use crate::http::{
    catalogue::Code,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, saved},
    state::State,
};

/// Change a webhook subscription's secret
///
/// The answer holds the new secret, once: keep it. For 24 hours each message is signed with the old secret as
/// well, in a second `v1`, so that the receiver can change over without losing one.
#[utoipa::path(
    operation_id = "changeWebhookSecret", tag = "change",
    extensions(("x-permission" = json!("webhook:manage"))),
    params(IdPath),
    responses((status = 200, description = "Its present state, with the new secret.", body = WebhookSubscriptionDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[post("/v1/webhook-subscriptions/{id}/secret")]
pub async fn handle(
    permit: Permit<ManageWebhooks>,
    state: web::Data<State>,
    id: PathId<WebhookSubscriptionId>,
) -> Result<HttpResponse, Problem> {
    let mut bytes = [0; 32];
    state.randomness.fill(&mut bytes);
    let secret = format!("whsec_{}", hex::encode(bytes));
    let sealed = Sealer::seal(state.keyring.as_ref(), &secret, &binding(id.0.uuid()))
        .ok_or_else(|| Problem::new(Code::Internal))?;
    let mut subscription = state
        .database
        .write(permit.caller(), move |tx, scope| rotate_webhook_secret(tx, scope, id.0, &sealed))
        .await?;
    subscription.secret = Some(secret);
    Ok(saved(subscription.version, &subscription))
}

/// The use-case. `sealed_secret` is sealed to the id.
///
/// # Errors
/// [`Code::NotFound`]; a failure of the database.
pub fn rotate_webhook_secret(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: WebhookSubscriptionId,
    sealed_secret: &str,
) -> Result<WebhookSubscriptionDocument, Problem> {
    let before = webhook_subscription::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    let until = scope.now() + SECRETS_OVERLAP;
    let changed = webhook_subscription::set_secret(tx, &before, sealed_secret.to_owned(), until)?;
    let standing = outbox::standing(tx.connection(), scope, &[id.uuid()])?.remove(&id.uuid());
    Ok(WebhookSubscriptionDocument::of(changed, standing, scope.now()))
}
