//! Webhook subscriptions: who is told of an organiser's changes.

use diesel::prelude::*;
use serde_json::json;
use skolhus_domain::{
    access::{Reach, Scope},
    change::WebhookSubscription,
    id::{OrganiserId, WebhookSubscriptionId},
};

use crate::{
    Saved,
    core::{
        connection::DatabaseConnection,
        error::Error,
        page::{Cursor, Page, PageRequest, instant, instant_key, keyset},
        record::record,
        tx::Tx,
        types::{Json, Ts, Uid},
    },
    schema::webhook_subscriptions,
};

record! {
    /// A subscription's row.
    pub(crate) struct WebhookSubscriptionRow in webhook_subscriptions as "webhook subscription" {
        url: String,
        entities: Json,
        // The log keeps no secret, not even a sealed one.
        #[serde(skip)]
        sealed_secret: String,
        active: bool,
    }
}

/// What a list of subscriptions is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum WebhookSubscriptionSort {
    /// When it was changed last.
    #[default]
    ModifiedAt,
}

/// A subscription with the secret as it is kept.
#[derive(Clone, Debug)]
pub struct Sealed {
    /// The tenant.
    pub organiser: OrganiserId,
    /// The subscription.
    pub subscription: Saved<WebhookSubscriptionId, WebhookSubscription>,
    /// Its secret, sealed.
    pub secret: String,
}

/// Subscriptions belong to the organiser as a whole, and so do those who reach them.
fn reachable<'a>(
    scope: &Scope,
) -> webhook_subscriptions::BoxedQuery<'a, crate::core::connection::MultiBackend> {
    let query = webhook_subscriptions::table
        .filter(webhook_subscriptions::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(webhook_subscriptions::withdrawn_at.is_null())
        .into_boxed();
    match scope.reach() {
        Reach::Organiser => query,
        Reach::Parts(_) => query.filter(diesel::dsl::sql::<diesel::sql_types::Bool>("1 = 0")),
    }
}

/// One subscription.
///
/// # Errors
/// A failure of the database.
pub fn find(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: WebhookSubscriptionId,
) -> Result<Option<Sealed>, Error> {
    let row = reachable(scope)
        .filter(webhook_subscriptions::id.eq(Uid::of(id)))
        .select(WebhookSubscriptionRow::as_select())
        .first(connection)
        .optional()?;
    row.map(WebhookSubscriptionRow::into_sealed).transpose()
}

/// Whether the id is in use, also by a withdrawn one.
///
/// # Errors
/// A failure of the database.
pub fn is_taken(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: WebhookSubscriptionId,
) -> Result<bool, Error> {
    let key = (Uid::of(scope.organiser()), Uid::of(id));
    Ok(diesel::select(diesel::dsl::exists(webhook_subscriptions::table.find(key))).get_result(connection)?)
}

/// Those of any organiser that messages are addressed to, active or not.
///
/// # Errors
/// A failure of the database.
pub fn find_targets(
    connection: &mut DatabaseConnection,
    targets: &[uuid::Uuid],
) -> Result<Vec<Sealed>, Error> {
    let targets: Vec<Uid> = targets.iter().copied().map(Uid).collect();
    let rows: Vec<WebhookSubscriptionRow> = webhook_subscriptions::table
        .filter(webhook_subscriptions::id.eq_any(targets))
        .filter(webhook_subscriptions::withdrawn_at.is_null())
        .select(WebhookSubscriptionRow::as_select())
        .load(connection)?;
    rows.into_iter().map(WebhookSubscriptionRow::into_sealed).collect()
}

/// One page of the subscriptions.
///
/// # Errors
/// A failure of the database.
pub fn list(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    active: Option<bool>,
    request: &PageRequest<WebhookSubscriptionSort>,
) -> Result<Page<Saved<WebhookSubscriptionId, WebhookSubscription>>, Error> {
    let mut query = reachable(scope);
    if let Some(active) = active {
        query = query.filter(webhook_subscriptions::active.eq(active));
    }
    if let Some(after) = request.modified_after {
        query = query.filter(webhook_subscriptions::modified_at.gt(Ts::of(after)));
    }
    let WebhookSubscriptionSort::ModifiedAt = request.sort;
    let query =
        keyset!(query, request, webhook_subscriptions::modified_at, webhook_subscriptions::id, instant);
    let rows: Vec<WebhookSubscriptionRow> =
        query.select(WebhookSubscriptionRow::as_select()).load(connection)?;
    let cursor = |row: &WebhookSubscriptionRow| Cursor { key: instant_key(row.modified_at), id: row.id.0 };
    Page::cut(rows, request.limit, cursor).try_map(|row| row.into_sealed().map(|sealed| sealed.subscription))
}

/// Enters a subscription with its sealed secret.
///
/// # Errors
/// A failure of the database.
pub fn insert(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: WebhookSubscriptionId,
    subscription: &WebhookSubscription,
    sealed_secret: String,
) -> Result<Sealed, Error> {
    let row = WebhookSubscriptionRow::of(scope, id, tx.now(), subscription, sealed_secret);
    tx.insert(std::slice::from_ref(&row))?;
    row.into_sealed()
}

/// Saves a new state, as the next version after `before`.
///
/// # Errors
/// [`Error::Stale`] when it has changed meanwhile; a failure of the database.
pub fn update(
    tx: &mut Tx<'_>,
    scope: &Scope,
    before: &Sealed,
    subscription: &WebhookSubscription,
) -> Result<Sealed, Error> {
    let old = before_row(scope, before);
    let WebhookSubscription { url, entities, active } = subscription;
    let new = WebhookSubscriptionRow {
        url: url.as_str().to_owned(),
        entities: Json(json!(entities)),
        active: *active,
        ..old.clone()
    };
    tx.update(&old, new)?.into_sealed()
}

/// Withdraws a subscription; nothing more is sent to it.
///
/// # Errors
/// As [`update`].
pub fn withdraw(tx: &mut Tx<'_>, scope: &Scope, before: &Sealed) -> Result<(), Error> {
    let old = before_row(scope, before);
    let new = WebhookSubscriptionRow { withdrawn_at: Some(tx.now()), ..old.clone() };
    tx.update(&old, new).map(drop)
}

fn before_row(scope: &Scope, before: &Sealed) -> WebhookSubscriptionRow {
    let Sealed { organiser: _, subscription: saved, secret } = before;
    let row =
        WebhookSubscriptionRow::of(scope, saved.id, Ts::of(saved.created_at), &saved.value, secret.clone());
    WebhookSubscriptionRow { version: saved.version, modified_at: Ts::of(saved.modified_at), ..row }
}

impl WebhookSubscriptionRow {
    /// The first version of a row.
    fn of(
        scope: &Scope,
        id: WebhookSubscriptionId,
        now: Ts,
        subscription: &WebhookSubscription,
        sealed_secret: String,
    ) -> Self {
        let WebhookSubscription { url, entities, active } = subscription;
        Self {
            organiser_id: Uid::of(scope.organiser()),
            id: Uid::of(id),
            version: 1,
            created_at: now,
            modified_at: now,
            withdrawn_at: None,
            url: url.as_str().to_owned(),
            entities: Json(json!(entities)),
            sealed_secret,
            active: *active,
        }
    }

    fn into_sealed(self) -> Result<Sealed, Error> {
        let Self {
            organiser_id,
            id,
            version,
            created_at,
            modified_at,
            withdrawn_at: _,
            url,
            entities,
            sealed_secret,
            active,
        } = self;
        let inconsistent = |detail: &str| Error::Inconsistent {
            table: "webhook_subscriptions",
            id: id.0.to_string(),
            detail: detail.to_owned(),
        };
        let entities = serde_json::from_value(entities.0).map_err(|_| inconsistent("entities is no list"))?;
        let url = skolhus_domain::text::Text::line(&url, 2000).map_err(|_| inconsistent("url"))?;
        let subscription = Saved {
            id: id.to(),
            version,
            created_at: created_at.0,
            modified_at: modified_at.0,
            value: WebhookSubscription { url, entities, active },
        };
        Ok(Sealed { organiser: organiser_id.to(), subscription, secret: sealed_secret })
    }
}
