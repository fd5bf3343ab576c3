use actix_web::{get, web};
use chrono::{DateTime, Utc};
use serde::Serialize;
use skolhus_domain::{
    access::{Scope, declared::ManageWebhooks},
    id::{Id, WebhookSubscriptionId},
};
use skolhus_persistence::{
    DatabaseConnection, Page, PageRequest,
    change::webhook_subscription,
    outbox::{self, Delivery, DeliverySort},
};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::{
    listing::{List, Listing, NoFilters, SortKey},
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId},
    state::State,
};

impl SortKey for DeliverySort {
    const KEYS: &'static [(&'static str, Self)] = &[("newest", Self::Newest)];
}

/// How the delivery of one message stands; never what it says.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WebhookDelivery {
    /// The message, as in `Skolhus-Delivery`.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000f2")]
    pub id: Uuid,
    /// `waiting`, `sent` or `given-up`.
    #[schema(example = "sent")]
    pub state: &'static str,
    /// When it was written.
    #[schema(example = "2026-08-17T06:10:00Z")]
    pub created_at: DateTime<Utc>,
    /// How often it was tried.
    #[schema(example = 1, minimum = 0)]
    pub attempts: u32,
    /// When it is tried next; null unless it waits.
    #[schema(required, example = "2026-08-17T06:15:00Z")]
    pub next_attempt_at: Option<DateTime<Utc>>,
    /// When the receiver took it.
    #[schema(required, example = "2026-08-17T06:10:01Z")]
    pub sent_at: Option<DateTime<Utc>>,
    /// When it was given up.
    #[schema(required, example = "2026-08-20T06:10:01Z")]
    pub given_up_at: Option<DateTime<Utc>>,
    /// Why the last attempt failed, with the status of the answer if there was one.
    #[schema(required, example = "the receiver answered 500")]
    pub last_error: Option<String>,
}

impl WebhookDelivery {
    fn of(delivery: Delivery) -> Self {
        let Delivery { id, created_at, attempts, next_attempt_at, sent_at, given_up_at, last_error } =
            delivery;
        let state = match (sent_at, given_up_at) {
            (Some(_), _) => "sent",
            (None, Some(_)) => "given-up",
            (None, None) => "waiting",
        };
        Self { id, state, created_at, attempts, next_attempt_at, sent_at, given_up_at, last_error }
    }
}

/// List webhook deliveries
///
/// How the messages to one subscription went, the newest first; never what they said.
#[utoipa::path(
    operation_id = "listWebhookDeliveries", tag = "change",
    extensions(("x-permission" = json!("webhook:manage"))),
    params(IdPath, Listing<NoFilters, DeliverySort>),
    responses((status = 200, description = "One page of deliveries.", body = List<WebhookDelivery>))
)]
#[get("/v1/webhook-subscriptions/{id}/deliveries")]
pub async fn handle(
    permit: Permit<ManageWebhooks>,
    state: web::Data<State>,
    id: PathId<WebhookSubscriptionId>,
    listing: Listing<NoFilters, DeliverySort>,
) -> Result<web::Json<List<WebhookDelivery>>, Problem> {
    let (_, request, walker) = listing.request(&state, &permit)?;
    let page = state
        .database
        .read(permit.caller(), move |connection, scope| {
            list_webhook_deliveries(connection, scope, id.0, &request)
        })
        .await?;
    walker.list(page, &state, &permit).map(web::Json)
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; a failure of the database.
pub fn list_webhook_deliveries(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: WebhookSubscriptionId,
    request: &PageRequest<DeliverySort>,
) -> Result<Page<WebhookDelivery>, Problem> {
    webhook_subscription::find(connection, scope, id)?.ok_or_else(Problem::not_found)?;
    let page = outbox::deliveries(connection, scope, id.uuid(), request)?;
    page.try_map(|delivery| Ok(WebhookDelivery::of(delivery)))
}
