//! The log's consumer that tells webhook subscriptions: reads on from its position and
//! writes messages, both in one transaction, so that it never skips a change and never
//! writes one twice.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use diesel::{dsl::sql, prelude::*, sql_types::Bool};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use skolhus_domain::id::OrganiserId;
use uuid::Uuid;

use super::{
    fact::{Fact, FactRow},
    visible::visible,
    webhook_subscription::WebhookSubscriptionRow,
};
use crate::{
    core::{
        connection::DatabaseConnection,
        error::Error,
        record::Record,
        rows::{OnConflict, write_rows},
        tx::{Action, Tx},
        types::{Json, Uid},
    },
    outbox::{self, Message},
    schema::{changes, log_consumers, webhook_subscriptions},
};

/// The kind of the messages, and the name of the consumer.
pub const WEBHOOK: &str = "webhook";
/// The most changes in one pass.
const LARGEST_PASS: i64 = 500;
/// The lock that lets one server do this at a time.
const LOCK: i64 = 0x736b_6f6c_6875_7303;

/// How far the consumer has read.
pub(super) fn position(connection: &mut DatabaseConnection) -> Result<i64, Error> {
    let position: Option<i64> =
        log_consumers::table.find(WEBHOOK).select(log_consumers::position).first(connection).optional()?;
    Ok(position.unwrap_or(0))
}

/// Whether there are changes that it has not read.
///
/// # Errors
/// A failure of the database.
pub fn is_behind(connection: &mut DatabaseConnection) -> Result<bool, Error> {
    let position = position(connection)?;
    let unread = changes::table.filter(changes::position.gt(position));
    Ok(diesel::select(diesel::dsl::exists(unread)).get_result(connection)?)
}

/// One pass; returns how many changes it read. None when another server is at it.
///
/// # Errors
/// A failure of the database.
pub fn pass(tx: &mut Tx<'_>) -> Result<usize, Error> {
    if !tx.alone(LOCK)? {
        return Ok(0);
    }
    let from = position(tx.connection())?;
    let positions: Vec<Option<i64>> = changes::table
        .filter(changes::position.gt(from))
        .order(changes::position.asc())
        .limit(LARGEST_PASS)
        .select(changes::position)
        .load(tx.connection())?;
    let Some(to) = positions.last().copied().flatten() else { return Ok(0) };
    // Each with the position of its own entry: what came before that is not told.
    let now = tx.now();
    let subscriptions: Vec<(Uid, Uid, Json, bool, Option<i64>)> = webhook_subscriptions::table
        .inner_join(
            changes::table.on(changes::organiser_id
                .eq(webhook_subscriptions::organiser_id)
                .and(changes::entity.eq(WebhookSubscriptionRow::ENTITY))
                .and(changes::entity_id.eq(webhook_subscriptions::id))
                .and(changes::action.eq(Action::Insert.code()))),
        )
        .filter(webhook_subscriptions::active.eq(true))
        .filter(webhook_subscriptions::withdrawn_at.is_null())
        .filter(webhook_subscriptions::expires_at.is_null().or(webhook_subscriptions::expires_at.gt(now)))
        .filter(changes::position.lt(to))
        .select((
            webhook_subscriptions::organiser_id,
            webhook_subscriptions::id,
            webhook_subscriptions::entities,
            webhook_subscriptions::gathered,
            changes::position,
        ))
        .load(tx.connection())?;
    if !subscriptions.is_empty() {
        let facts: Vec<FactRow> = changes::table
            .filter(changes::position.gt(from))
            .filter(changes::position.le(to))
            .filter(changes::organiser_id.eq_any(subscriptions.iter().map(|(organiser, ..)| *organiser)))
            .filter(sql::<Bool>(&visible()))
            .order(changes::position.asc())
            .select(FactRow::as_select())
            .load(tx.connection())?;
        let mut gathered: BTreeMap<(Uid, Uid), Gathered> = BTreeMap::new();
        for fact in facts.into_iter().filter_map(FactRow::into_fact) {
            for (organiser, id, entities, gathers, since) in &subscriptions {
                let wanted = entities.0.as_array().is_none_or(|entities| {
                    entities.is_empty() || entities.iter().any(|entity| entity == fact.entity.as_str())
                });
                if Uid::of(fact.organiser) != *organiser || !wanted || Some(fact.position) <= *since {
                    continue;
                }
                if *gathers {
                    gathered.entry((*organiser, *id)).or_default().add(&fact);
                } else {
                    outbox::enqueue(tx, message(&fact, id.0));
                }
            }
        }
        gather(tx, gathered)?;
    }
    let row = vec![WEBHOOK.to_owned().into(), to.into()];
    let forward =
        OnConflict::Replace { key: &["name"], only_if: "log_consumers.position < excluded.position" };
    write_rows(tx.connection(), "log_consumers", &["name", "position"], vec![row], forward)?;
    Ok(positions.len())
}

/// How long changes are gathered into one message, from the first one on.
const GATHER: TimeDelta = TimeDelta::seconds(5);

/// What a message says of many changes: kinds and positions, never which records.
#[derive(Default)]
struct Gathered {
    entities: BTreeSet<String>,
    changes: u64,
    from: Option<i64>,
    to: i64,
    last: Option<DateTime<Utc>>,
}

impl Gathered {
    fn add(&mut self, fact: &Fact) {
        self.entities.insert(fact.entity.clone());
        self.changes += 1;
        self.from.get_or_insert(fact.position);
        self.to = self.to.max(fact.position);
        self.last = self.last.max(Some(fact.recorded_at));
    }

    /// Together with what a message that waits says already.
    fn with(mut self, waiting: &Value) -> Self {
        let words = waiting.get("entities").and_then(Value::as_array).into_iter().flatten();
        self.entities.extend(words.filter_map(Value::as_str).map(str::to_owned));
        self.changes += waiting.get("changes").and_then(Value::as_u64).unwrap_or_default();
        self.from = waiting.get("fromPosition").and_then(Value::as_i64).or(self.from);
        self
    }

    fn payload(&self, id: Uuid, organiser: OrganiserId) -> Value {
        json!({
            "id": id,
            "organiserId": organiser,
            "gathered": true,
            "entities": self.entities,
            "changes": self.changes,
            "fromPosition": self.from,
            "position": self.to,
            "occurredAt": self.last,
        })
    }
}

/// Puts what was gathered into the message that waits for each subscription, or into a new one that
/// leaves a little later.
fn gather(tx: &mut Tx<'_>, gathered: BTreeMap<(Uid, Uid), Gathered>) -> Result<(), Error> {
    for ((organiser, subscription), gathered) in gathered {
        let waiting = outbox::find_untried(tx.connection(), organiser.to(), subscription.0)?;
        if let Some((id, payload)) = waiting {
            let before: Value = serde_json::from_str(&payload).unwrap_or_default();
            if before.get("gathered") == Some(&Value::Bool(true)) {
                let payload = gathered.with(&before).payload(id, organiser.to());
                outbox::rewrite(tx, id, payload.to_string())?;
                continue;
            }
        }
        let id = tx.fresh().0;
        let message = Message {
            id,
            organiser: organiser.to(),
            kind: WEBHOOK,
            target: subscription.0,
            payload: gathered.payload(id, organiser.to()).to_string(),
        };
        outbox::enqueue_for(tx, message, GATHER);
    }
    Ok(())
}

/// The message by which somebody tries whether their receiver works.
#[must_use]
pub fn test_message(organiser: OrganiserId, subscription: Uuid, id: Uuid, now: DateTime<Utc>) -> Message {
    let payload = json!({ "id": id, "organiserId": organiser, "test": true, "occurredAt": now });
    Message { id, organiser, kind: WEBHOOK, target: subscription, payload: payload.to_string() }
}

/// The position of the first change that a message tells of.
pub(super) fn position_in(payload: &str) -> Option<i64> {
    let payload: Value = serde_json::from_str(payload).ok()?;
    payload.get("fromPosition").or_else(|| payload.get("position"))?.as_i64()
}

/// The message about a change for a subscription. Its id follows from both.
fn message(fact: &Fact, subscription: Uuid) -> Message {
    let mut hash = Sha256::new();
    hash.update(fact.position.to_be_bytes());
    hash.update(fact.transaction.as_bytes());
    hash.update(subscription.as_bytes());
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(hash.finalize()).for_each(|(byte, hashed)| *byte = hashed);
    let id = uuid::Builder::from_custom_bytes(bytes).into_uuid();
    let payload = json!({
        "id": id,
        "organiserId": fact.organiser,
        "position": fact.position,
        "entity": fact.entity,
        "entityId": fact.entity_id,
        "version": fact.version,
        "action": fact.action,
        "occurredAt": fact.recorded_at,
    });
    Message {
        id,
        organiser: fact.organiser,
        kind: WEBHOOK,
        target: subscription,
        payload: payload.to_string(),
    }
}

/// Which of these changes may still be told of: a person may have been marked as protected
/// since the message was written.
///
/// # Errors
/// A failure of the database.
pub fn still_visible(connection: &mut DatabaseConnection, positions: &[i64]) -> Result<Vec<i64>, Error> {
    let visible: Vec<Option<i64>> = changes::table
        .filter(changes::position.eq_any(positions))
        .filter(sql::<Bool>(&visible()))
        .select(changes::position)
        .load(connection)?;
    Ok(visible.into_iter().flatten().collect())
}
