use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde::Deserialize;
use serde_json::json;
use skolhus_domain::{
    access::{Reach, Scope, declared::ManageWebhooks},
    id::{Id, WebhookSubscriptionId},
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{Tx, change::webhook_subscription};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{
    address::Policy,
    get_webhook_subscription::get_webhook_subscription,
    sealer::Sealer,
    sender::binding,
    webhook_subscription::{EntityWord, Fields, WebhookSubscriptionDocument},
};
use crate::http::{
    body::Body,
    catalogue::Code,
    idempotency::{IdempotencyKey, Made},
    permit::Permit,
    problem::Problem,
    resource::created,
    state::State,
};

/// A webhook subscription to enter.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateWebhookSubscription {
    /// Its id, if the caller brings one; else a fresh one is given.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000f1")]
    pub id: Option<Uuid>,
    /// Where messages are sent: an `https` address in the public network.
    #[validate(length(min = 1, max = 2000))]
    #[schema(
        example = "https://receiver.example/hook",
        min_length = 1,
        max_length = 2000,
        format = "uri",
        pattern = "^https://"
    )]
    pub url: String,
    /// The kinds of things it is told of, as in the list of changes; all of them when empty.
    #[serde(default)]
    #[validate(length(max = 50))]
    #[schema(value_type = Vec<EntityWord>, example = json!(["school unit", "term"]), max_items = 50)]
    pub entities: Vec<String>,
    /// Whether it is told from now on. True unless said otherwise.
    #[serde(default = "yes")]
    #[schema(default = true, example = true)]
    pub active: bool,
    /// Whether many changes within a few seconds are told of in one message, which names kinds of things and
    /// positions and no record. False unless said otherwise.
    #[serde(default)]
    #[schema(default = false, example = true)]
    pub gathered: bool,
}

fn yes() -> bool {
    true
}

/// Enter a webhook subscription
///
/// The answer holds the secret of the signatures, once: keep it. A repeat of the request with
/// its `Idempotency-Key` answers without it. A subscription lasts 90 days, and as long again whenever it is
/// renewed. Only administrators enter subscriptions, for integrators too: a client reads, and changes nothing.
#[utoipa::path(
    operation_id = "createWebhookSubscription", tag = "change",
    extensions(("x-permission" = json!("webhook:manage")), ("x-idempotent" = json!(true))),
    request_body(content = CreateWebhookSubscription, example = json!({ "url": "https://receiver.example/hook", "entities": ["school unit", "term"] })),
    responses((status = 201, description = "It is entered.", body = WebhookSubscriptionDocument,
        headers(("ETag" = String, description = "Its version."), ("Location" = String, description = "Its address."))))
)]
#[post("/v1/webhook-subscriptions")]
pub async fn handle(
    permit: Permit<ManageWebhooks>,
    state: web::Data<State>,
    key: IdempotencyKey,
    body: Body<CreateWebhookSubscription>,
) -> Result<HttpResponse, Problem> {
    let caller = permit.caller().clone();
    let id: WebhookSubscriptionId = body.id.map_or_else(|| state.fresh(), Id::from_uuid);
    let mut bytes = [0; 32];
    state.randomness.fill(&mut bytes);
    let secret = format!("whsec_{}", hex::encode(bytes));
    let sealed = Sealer::seal(state.keyring.as_ref(), &secret, &binding(id.uuid()))
        .ok_or_else(|| Problem::new(Code::Internal))?;
    let policy = state.webhooks;
    let made = state
        .database
        .write(permit.caller(), move |tx, scope| {
            key.once(
                tx,
                scope,
                &caller,
                &body.bytes,
                |tx, scope| {
                    let mut answer = create_webhook_subscription(tx, scope, id, &body, &sealed, policy)?;
                    answer.secret = Some(secret.clone());
                    Ok(Made { status: StatusCode::CREATED, handle: json!(answer.id), answer })
                },
                |tx, scope, handle| {
                    let id = handle
                        .as_str()
                        .and_then(|id| Uuid::try_parse(id).ok())
                        .ok_or_else(Problem::not_found)?;
                    get_webhook_subscription(tx.connection(), scope, Id::from_uuid(id))
                },
            )
        })
        .await?;
    let location = format!("/v1/webhook-subscriptions/{}", made.answer.id);
    Ok(created(made.status, location, made.answer.version, &made.answer))
}

/// The use-case. `sealed_secret` is sealed to the id.
///
/// # Errors
/// [`Code::NotPermitted`] for those whose reach is a part of the organiser;
/// [`Code::InvalidFields`]; a failure of the database.
pub fn create_webhook_subscription(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: WebhookSubscriptionId,
    request: &CreateWebhookSubscription,
    sealed_secret: &str,
    policy: Policy,
) -> Result<WebhookSubscriptionDocument, Problem> {
    if scope.reach() != &Reach::Organiser {
        return Err(Problem::new(Code::NotPermitted));
    }
    let CreateWebhookSubscription { id: _, url, entities, active, gathered } = request.clone();
    let subscription = Fields { url, entities, active, gathered }.validate(policy)?;
    if webhook_subscription::is_taken(tx.connection(), scope, id)? {
        return Err(Refusal::new(Rule::Duplicate, "the id is in use").at("/id").into());
    }
    let saved = webhook_subscription::insert(tx, scope, id, &subscription, sealed_secret.to_owned())?;
    Ok(WebhookSubscriptionDocument::of(saved, None, scope.now()))
}
