use actix_web::{HttpResponse, patch, web};
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ManageWebhooks},
    id::{Id, WebhookSubscriptionId},
    refusal::Refusals,
};
use skolhus_persistence::{Tx, change::webhook_subscription, outbox};
use utoipa::ToSchema;
use validator::Validate;

use super::{
    address::Policy,
    webhook_subscription::{EntityWord, Fields, WebhookSubscriptionDocument},
};
use crate::http::{
    body::Body,
    etag::IfMatch,
    patch::Patch,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, saved},
    state::State,
};

/// Changes to a webhook subscription; what is absent stays.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateWebhookSubscription {
    /// Where messages are sent: an `https` address in the public network.
    #[serde(default)]
    #[schema(value_type = Option<String>, nullable = false, example = "https://receiver.example/hook", min_length = 1, max_length = 2000, format = "uri", pattern = "^https://")]
    #[validate(length(min = 1, max = 2000))]
    pub url: Patch<String>,
    /// The kinds of things it is told of; all of them when empty.
    #[serde(default)]
    #[schema(value_type = Option<Vec<EntityWord>>, nullable = false, example = json!(["school unit"]), max_items = 50)]
    #[validate(length(max = 50))]
    pub entities: Patch<Vec<String>>,
    /// Whether it is told at the moment.
    #[serde(default)]
    #[schema(value_type = Option<bool>, nullable = false, example = false)]
    pub active: Patch<bool>,
    /// Whether many changes are told of in one message.
    #[serde(default)]
    #[schema(value_type = Option<bool>, nullable = false, example = true)]
    pub gathered: Patch<bool>,
}

/// Change a webhook subscription
///
/// A merge patch: what is absent stays. Asking for what is already so changes nothing. `active: true` lets one
/// that was paused go on; `missed` then says which changes it was told nothing of. The secret stays.
#[utoipa::path(
    operation_id = "updateWebhookSubscription", tag = "change",
    extensions(("x-permission" = json!("webhook:manage"))),
    params(IdPath),
    request_body(content = UpdateWebhookSubscription, content_type = "application/merge-patch+json", example = json!({ "active": false })),
    responses((status = 200, description = "Its present state.", body = WebhookSubscriptionDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[patch("/v1/webhook-subscriptions/{id}")]
pub async fn handle(
    permit: Permit<ManageWebhooks>,
    state: web::Data<State>,
    id: PathId<WebhookSubscriptionId>,
    if_match: IfMatch,
    body: Body<UpdateWebhookSubscription>,
) -> Result<HttpResponse, Problem> {
    let policy = state.webhooks;
    let subscription = state
        .database
        .write(permit.caller(), move |tx, scope| {
            update_webhook_subscription(tx, scope, id.0, &if_match, &body, policy)
        })
        .await?;
    Ok(saved(subscription.version, &subscription))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`, `InvalidFields`; a failure of the database.
pub fn update_webhook_subscription(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: WebhookSubscriptionId,
    if_match: &IfMatch,
    request: &UpdateWebhookSubscription,
    policy: Policy,
) -> Result<WebhookSubscriptionDocument, Problem> {
    let before = webhook_subscription::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    let present = &before.subscription.value;
    let UpdateWebhookSubscription { url, entities, active, gathered } = request.clone();
    let mut refusals = Refusals::default();
    let fields = (
        refusals.note("/url", url.require(present.url.as_str().to_owned())),
        refusals.note("/entities", entities.require(present.entities.clone())),
        refusals.note("/active", active.require(present.active)),
        refusals.note("/gathered", gathered.require(present.gathered)),
    );
    let (Some(url), Some(entities), Some(active), Some(gathered)) = fields else {
        return Err(refusals.into());
    };
    let after = Fields { url, entities, active, gathered }.validate(policy)?;
    if_match.check_unless(after == *present, before.subscription.version)?;
    let saved = webhook_subscription::update(tx, &before, &after)?;
    let standing = outbox::standing(tx.connection(), scope, &[id.uuid()])?.remove(&id.uuid());
    Ok(WebhookSubscriptionDocument::of(saved, standing, scope.now()))
}
