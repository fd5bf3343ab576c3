use actix_web::{get, web};
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ManageWebhooks},
    id::Id,
};
use skolhus_persistence::{
    DatabaseConnection, Page, PageRequest,
    change::webhook_subscription::{self, WebhookSubscriptionSort},
    outbox,
};
use utoipa::IntoParams;
use uuid::Uuid;

use super::webhook_subscription::WebhookSubscriptionDocument;
use crate::http::{
    listing::{List, Listing, SortKey},
    permit::Permit,
    problem::Problem,
    state::State,
};

/// Which webhook subscriptions.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filters {
    /// Only those that are told, or only those that rest.
    #[param(example = true)]
    active: Option<bool>,
}

impl SortKey for WebhookSubscriptionSort {
    const KEYS: &'static [(&'static str, Self)] = &[("modifiedAt", Self::ModifiedAt)];
}

/// List webhook subscriptions
///
/// The organiser's webhook subscriptions, each with how its messages stand; without secrets.
#[utoipa::path(
    operation_id = "listWebhookSubscriptions", tag = "change",
    extensions(("x-permission" = json!("webhook:manage"))),
    params(Listing<Filters, WebhookSubscriptionSort>),
    responses((status = 200, description = "One page of subscriptions.", body = List<WebhookSubscriptionDocument>))
)]
#[get("/v1/webhook-subscriptions")]
pub async fn handle(
    permit: Permit<ManageWebhooks>,
    state: web::Data<State>,
    listing: Listing<Filters, WebhookSubscriptionSort>,
) -> Result<web::Json<List<WebhookSubscriptionDocument>>, Problem> {
    let (filters, request, walker) = listing.request(&state, &permit)?;
    let page = state
        .database
        .read(permit.caller(), move |connection, scope| {
            list_webhook_subscriptions(connection, scope, &filters, &request)
        })
        .await?;
    walker.list(page, &state, &permit).map(web::Json)
}

/// The use-case.
///
/// # Errors
/// A failure of the database.
pub fn list_webhook_subscriptions(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filters: &Filters,
    request: &PageRequest<WebhookSubscriptionSort>,
) -> Result<Page<WebhookSubscriptionDocument>, Problem> {
    let page = webhook_subscription::list(connection, scope, filters.active, request)?;
    let targets: Vec<Uuid> = page.items.iter().map(|sealed| sealed.subscription.id.uuid()).collect();
    let mut standing = outbox::standing(connection, scope, &targets)?;
    page.try_map(|sealed| {
        let standing = standing.remove(&sealed.subscription.id.uuid());
        Ok(WebhookSubscriptionDocument::of(sealed, standing, scope.now()))
    })
}
