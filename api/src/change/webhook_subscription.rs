//! A webhook subscription as the interface shows it.

use chrono::{DateTime, Utc};
use serde::Serialize;
use skolhus_domain::{
    change::{NewWebhookSubscription, SubscriptionLife, WebhookSubscription},
    id::Id,
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{
    Saved,
    change::{ABOUT_PERSONS, FREE_OF_PERSONS, webhook_subscription::Sealed},
    outbox::Standing,
};
use utoipa::ToSchema;
use uuid::Uuid;

use super::address::Policy;
use crate::http::{problem::Problem, words::words};

words! {
    /// A kind of thing in the change log.
    EntityWord("Entity") = entities();
}

/// The kinds of things that readers of the log may be told of.
pub(crate) fn entities() -> Vec<&'static str> {
    let mut words: Vec<&str> =
        FREE_OF_PERSONS.iter().copied().chain(ABOUT_PERSONS.iter().map(|(word, ..)| *word)).collect();
    words.sort_unstable();
    words.dedup();
    words
}

/// A webhook subscription: an address that is told of changes. Each message is a POST of
/// `{id, organiserId, position, entity, entityId, version, action, occurredAt}`, or, where
/// messages are gathered, of `{id, organiserId, gathered, entities, changes, fromPosition, position,
/// occurredAt}`, at least once, signed in `Skolhus-Signature: t=<seconds>,v1=<HMAC-SHA256 of
/// "t.body">`; for a day after the secret was changed a second `v1` is made with the old one.
/// `Skolhus-Subscription-Expires` says when the subscription ends. A message holds no personal
/// content, and nothing about protected persons is told.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = WebhookSubscription)]
pub struct WebhookSubscriptionDocument {
    /// Its id.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000f1")]
    pub id: Uuid,
    /// Its version, as in the `ETag`.
    #[schema(example = 1, minimum = 1)]
    pub version: i64,
    /// When it was entered.
    #[schema(example = "2026-08-17T06:10:00Z")]
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    #[schema(example = "2026-08-17T06:10:00Z")]
    pub modified_at: DateTime<Utc>,
    /// Where messages are sent.
    #[schema(example = "https://receiver.example/hook")]
    pub url: String,
    /// The kinds of things it is told of; all of them when empty.
    #[schema(value_type = Vec<EntityWord>, example = json!(["school unit", "term"]))]
    pub entities: Vec<String>,
    /// Whether it is told at the moment. What changes while it rests is not told later.
    #[schema(example = true)]
    pub active: bool,
    /// The secret of the signatures; only in the answer that gives it, and never again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(
        nullable = false,
        example = "whsec_5f1d0c0e8a7b4f6e9d2c3b4a5f6e7d8c9b0a1f2e3d4c5b6a7f8e9d0c1b2a3f4e"
    )]
    pub secret: Option<String>,
    /// Messages not yet taken by the receiver. Each is tried for three days.
    #[schema(example = 0, minimum = 0)]
    pub waiting_messages: i64,
    /// Messages that were given up.
    #[schema(example = 0, minimum = 0)]
    pub given_up_messages: i64,
    /// When the receiver took a message last; null if it never did.
    #[schema(required, example = "2026-08-17T06:10:00Z")]
    pub last_sent_at: Option<DateTime<Utc>>,
    /// Whether many changes within a few seconds are told of in one message.
    #[schema(example = false)]
    pub gathered: bool,
    /// When it ends, unless it is renewed; null for one that was entered before subscriptions expired.
    #[schema(required, example = "2026-11-15T06:10:00Z")]
    pub expires_at: Option<DateTime<Utc>>,
    /// Whether it is time to renew it: fewer than 14 days remain, or it has ended.
    #[schema(example = false)]
    pub renewal_due: bool,
    /// Since when it rests because its receiver failed for three days; null otherwise. `active: true` lets it go on.
    #[schema(required, example = "2026-08-20T06:10:00Z")]
    pub paused_at: Option<DateTime<Utc>>,
    /// Why it rests.
    #[schema(required, example = "the receiver answered 500")]
    pub pause_reason: Option<String>,
    /// The changes that it was told nothing of while it rested last; null if it never did.
    #[schema(required)]
    pub missed: Option<Missed>,
    /// Until when messages are signed with the secret before the present one as well; null if it was never changed.
    #[schema(required, example = "2026-08-18T06:10:00Z")]
    pub previous_secret_until: Option<DateTime<Utc>>,
}

/// Changes that were not told.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Missed {
    /// The position of the first of them.
    #[schema(example = 4711, minimum = 1)]
    pub from_position: i64,
    /// The position of the last of them; null while it still rests.
    #[schema(required, example = 4800, minimum = 0)]
    pub to_position: Option<i64>,
}

impl WebhookSubscriptionDocument {
    /// The document of a subscription, without its secret.
    pub(crate) fn of(sealed: Sealed, standing: Option<Standing>, now: DateTime<Utc>) -> Self {
        let Saved { id, version, created_at, modified_at, value } = sealed.subscription;
        let WebhookSubscription { url, entities, active, gathered } = value;
        let Standing { waiting, given_up, last_sent_at } = standing.unwrap_or_default();
        let renewal_due = sealed.life.is_to_be_renewed(now);
        let SubscriptionLife { expires_at, paused, missed, previous_secret_until } = sealed.life;
        let (paused_at, pause_reason) = paused.unzip();
        Self {
            id: id.uuid(),
            version,
            created_at,
            modified_at,
            url: url.into_string(),
            entities,
            active,
            secret: None,
            waiting_messages: waiting,
            given_up_messages: given_up,
            last_sent_at,
            gathered,
            expires_at,
            renewal_due,
            paused_at,
            pause_reason,
            missed: missed.map(|(from_position, to_position)| Missed { from_position, to_position }),
            previous_secret_until,
        }
    }
}

/// The fields of a subscription that people decide, all of them.
pub(crate) struct Fields {
    pub(crate) url: String,
    pub(crate) entities: Vec<String>,
    pub(crate) active: bool,
    pub(crate) gathered: bool,
}

impl Fields {
    /// Checks their meaning, and that the address may be sent to.
    pub(crate) fn validate(&self, policy: Policy) -> Result<WebhookSubscription, Problem> {
        let new = NewWebhookSubscription {
            url: &self.url,
            entities: self.entities.iter().map(String::as_str).collect(),
            active: self.active,
            gathered: self.gathered,
        };
        let subscription = new.validate(&entities())?;
        policy.check(&self.url).map_err(|wrong| Refusal::new(Rule::Format, wrong).at("/url"))?;
        Ok(subscription)
    }
}
