use actix_web::{HttpResponse, post, web};
use serde::Serialize;
use skolhus_domain::{
    access::{Scope, declared::ManageWebhooks},
    id::{Id, WebhookSubscriptionId},
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{
    Tx,
    change::{dispatch, webhook_subscription},
    outbox,
};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::{
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId},
    state::State,
};

/// A message on its way.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TestMessage {
    /// Its id, as in `Skolhus-Delivery` and in the list of deliveries.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000f2")]
    pub delivery_id: Uuid,
}

/// Send a test message
///
/// Sends `{id, organiserId, test, occurredAt}` as any other message, signed and tried again; the list of
/// deliveries says how it goes. Only to a subscription that is active and has not ended.
#[utoipa::path(
    operation_id = "sendWebhookTestMessage", tag = "change",
    extensions(("x-permission" = json!("webhook:manage"))),
    params(IdPath),
    responses((status = 202, description = "The message is on its way.", body = TestMessage))
)]
#[post("/v1/webhook-subscriptions/{id}/test-message")]
pub async fn handle(
    permit: Permit<ManageWebhooks>,
    state: web::Data<State>,
    id: PathId<WebhookSubscriptionId>,
) -> Result<HttpResponse, Problem> {
    let message = state.fresh_uuid();
    let sent = state
        .database
        .write(permit.caller(), move |tx, scope| send_test_message(tx, scope, id.0, message))
        .await?;
    Ok(HttpResponse::Accepted().json(sent))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; `Conflict` for one that rests or has ended; a failure of the
/// database.
pub fn send_test_message(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: WebhookSubscriptionId,
    message: Uuid,
) -> Result<TestMessage, Problem> {
    let found = webhook_subscription::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    if !found.subscription.value.active {
        return Err(Refusal::new(Rule::State, "the subscription rests").at("/active").into());
    }
    if found.life.is_over(scope.now()) {
        return Err(Refusal::new(Rule::State, "the subscription has ended; renew it")
            .at("/expiresAt")
            .into());
    }
    outbox::enqueue(tx, dispatch::test_message(scope.organiser(), id.uuid(), message, scope.now()));
    Ok(TestMessage { delivery_id: message })
}
