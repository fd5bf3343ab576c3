//! Webhook subscriptions: who is told of an organiser's changes.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde_json::json;
use skolhus_domain::{
    access::{Reach, Scope},
    change::{LASTS, SubscriptionLife, WebhookSubscription},
    id::{Id, OrganiserId, WebhookSubscriptionId},
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
        gathered: bool,
        expires_at: Option<Ts>,
        paused_at: Option<Ts>,
        pause_reason: Option<String>,
        missed_from: Option<i64>,
        missed_to: Option<i64>,
        #[serde(skip)]
        previous_sealed_secret: Option<String>,
        previous_secret_until: Option<Ts>,
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
    /// What befell it.
    pub life: SubscriptionLife,
    /// Its secret, sealed.
    pub secret: String,
    /// The secret before, sealed; none once it is of no use any more.
    pub previous_secret: Option<String>,
    row: WebhookSubscriptionRow,
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
) -> Result<Page<Sealed>, Error> {
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
    Page::cut(rows, request.limit, cursor).try_map(WebhookSubscriptionRow::into_sealed)
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

/// Saves a new state, as the next version after `before`. One that begins to be told again no longer
/// rests, and knows up to which change it was told nothing.
///
/// # Errors
/// [`Error::Stale`] when it has changed meanwhile; a failure of the database.
pub fn update(tx: &mut Tx<'_>, before: &Sealed, subscription: &WebhookSubscription) -> Result<Sealed, Error> {
    let old = before.row.clone();
    let WebhookSubscription { url, entities, active, gathered } = subscription;
    let resumed = *active && old.paused_at.is_some();
    let (paused_at, pause_reason, missed_to) = if resumed {
        (None, None, Some(super::dispatch::position(tx.connection())?))
    } else {
        (old.paused_at, old.pause_reason.clone(), old.missed_to)
    };
    let new = WebhookSubscriptionRow {
        url: url.as_str().to_owned(),
        entities: Json(json!(entities)),
        active: *active,
        gathered: *gathered,
        paused_at,
        pause_reason,
        missed_to,
        ..old.clone()
    };
    tx.update(&old, new)?.into_sealed()
}

/// Lets a subscription last until an instant.
///
/// # Errors
/// As [`update`].
pub fn renew(tx: &mut Tx<'_>, before: &Sealed, until: DateTime<Utc>) -> Result<Sealed, Error> {
    let new = WebhookSubscriptionRow { expires_at: Some(Ts::of(until)), ..before.row.clone() };
    tx.update(&before.row, new)?.into_sealed()
}

/// Gives a subscription another secret; the one before is used beside it until an instant.
///
/// # Errors
/// As [`update`].
pub fn set_secret(
    tx: &mut Tx<'_>,
    before: &Sealed,
    sealed_secret: String,
    overlap_until: DateTime<Utc>,
) -> Result<Sealed, Error> {
    let new = WebhookSubscriptionRow {
        sealed_secret,
        previous_sealed_secret: Some(before.row.sealed_secret.clone()),
        previous_secret_until: Some(Ts::of(overlap_until)),
        ..before.row.clone()
    };
    tx.update(&before.row, new)?.into_sealed()
}

/// Lets a subscription rest because its receiver has failed for long: what waits for it is given up,
/// and it remembers from which change on it was told nothing. One that rests already is left alone.
///
/// # Errors
/// A failure of the database.
pub fn pause(
    tx: &mut Tx<'_>,
    organiser: OrganiserId,
    id: WebhookSubscriptionId,
    reason: &str,
) -> Result<(), Error> {
    let row: Option<WebhookSubscriptionRow> = webhook_subscriptions::table
        .find((Uid::of(organiser), Uid::of(id)))
        .filter(webhook_subscriptions::withdrawn_at.is_null())
        .filter(webhook_subscriptions::active.eq(true))
        .select(WebhookSubscriptionRow::as_select())
        .first(tx.connection())
        .optional()?;
    let Some(old) = row else { return Ok(()) };
    let untold = crate::outbox::give_up_waiting(tx, organiser, id.uuid(), reason)?;
    let told_to = super::dispatch::position(tx.connection())?;
    let first = untold.iter().filter_map(|payload| super::dispatch::position_in(payload)).min();
    let new = WebhookSubscriptionRow {
        active: false,
        paused_at: Some(tx.now()),
        pause_reason: Some(reason.chars().take(500).collect()),
        missed_from: Some(first.unwrap_or(told_to + 1)),
        missed_to: None,
        ..old.clone()
    };
    tx.update(&old, new).map(drop)
}

/// Withdraws a subscription; nothing more is sent to it.
///
/// # Errors
/// As [`update`].
pub fn withdraw(tx: &mut Tx<'_>, before: &Sealed) -> Result<(), Error> {
    let new = WebhookSubscriptionRow { withdrawn_at: Some(tx.now()), ..before.row.clone() };
    tx.update(&before.row, new).map(drop)
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
        let WebhookSubscription { url, entities, active, gathered } = subscription;
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
            gathered: *gathered,
            expires_at: Some(Ts::of(now.0 + LASTS)),
            paused_at: None,
            pause_reason: None,
            missed_from: None,
            missed_to: None,
            previous_sealed_secret: None,
            previous_secret_until: None,
        }
    }

    fn into_sealed(self) -> Result<Sealed, Error> {
        let row = self.clone();
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
            gathered,
            expires_at,
            paused_at,
            pause_reason,
            missed_from,
            missed_to,
            previous_sealed_secret,
            previous_secret_until,
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
            value: WebhookSubscription { url, entities, active, gathered },
        };
        let life = SubscriptionLife {
            expires_at: expires_at.map(|at| at.0),
            paused: paused_at.map(|at| (at.0, pause_reason.unwrap_or_default())),
            missed: missed_from.map(|from| (from, missed_to)),
            previous_secret_until: previous_secret_until.map(|at| at.0),
        };
        Ok(Sealed {
            organiser: organiser_id.to(),
            subscription,
            life,
            secret: sealed_secret,
            previous_secret: previous_sealed_secret,
            row,
        })
    }
}
