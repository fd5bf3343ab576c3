//! The change log (ändringslogg) and those who are told of it.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    refusal::{Refusal, Refusals, Rule},
    text::Text,
};

/// The most words that a subscription names.
pub const MOST_ENTITIES: usize = 50;

/// A webhook subscription: an address that is told of changes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WebhookSubscription {
    /// Where to; at most 2,000 characters.
    pub url: Text,
    /// The words of the things it is told of; all of them when empty.
    pub entities: Vec<String>,
    /// Whether it is told at the moment.
    pub active: bool,
    /// Whether many changes are told of in one message.
    pub gathered: bool,
}

/// What befalls a subscription, beside what people decide.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SubscriptionLife {
    /// When it ends, unless it is renewed; none for one that was entered before subscriptions expired.
    pub expires_at: Option<DateTime<Utc>>,
    /// Since when it rests because its receiver failed for long, and why.
    pub paused: Option<(DateTime<Utc>, String)>,
    /// The first and last position of the changes that were not told while it rested; no last one while it
    /// still rests.
    pub missed: Option<(i64, Option<i64>)>,
    /// Until when messages are signed with the secret before the present one as well.
    pub previous_secret_until: Option<DateTime<Utc>>,
}

/// How long a subscription lasts without being renewed.
pub const LASTS: TimeDelta = TimeDelta::days(90);
/// How long before its end a subscription says that it should be renewed.
pub const RENEW_WITHIN: TimeDelta = TimeDelta::days(14);
/// How long messages are signed with the old secret too, after a change of secret.
pub const SECRETS_OVERLAP: TimeDelta = TimeDelta::hours(24);

impl SubscriptionLife {
    /// Whether it has ended.
    #[must_use]
    pub fn is_over(&self, now: DateTime<Utc>) -> bool {
        self.expires_at.is_some_and(|end| end <= now)
    }

    /// Whether it should be renewed by now.
    #[must_use]
    pub fn is_to_be_renewed(&self, now: DateTime<Utc>) -> bool {
        self.expires_at.is_some_and(|end| end - RENEW_WITHIN <= now)
    }
}

/// A subscription as somebody wrote it.
#[derive(Clone, Debug)]
pub struct NewWebhookSubscription<'a> {
    /// See [`WebhookSubscription::url`].
    pub url: &'a str,
    /// See [`WebhookSubscription::entities`].
    pub entities: Vec<&'a str>,
    /// See [`WebhookSubscription::active`].
    pub active: bool,
    /// See [`WebhookSubscription::gathered`].
    pub gathered: bool,
}

impl NewWebhookSubscription<'_> {
    /// Checks it against the words that can be told of.
    ///
    /// # Errors
    /// Every value that is refused. Whether the address may be sent to is decided elsewhere:
    /// it depends on the network.
    pub fn validate(&self, known: &[&str]) -> Result<WebhookSubscription, Refusals> {
        let mut refusals = Refusals::default();
        let url = refusals.note("/url", Text::line(self.url, 2000));
        let mut entities: Vec<String> = Vec::with_capacity(self.entities.len());
        for (index, entity) in self.entities.iter().enumerate() {
            let checked = if !known.contains(entity) {
                Err(Refusal::new(Rule::UnknownCode, format!("must be one of {}", known.join(", "))))
            } else if entities.iter().any(|other| other == entity) {
                Err(Refusal::new(Rule::Duplicate, "stands twice"))
            } else {
                Ok((*entity).to_owned())
            };
            entities.extend(refusals.note(&format!("/entities/{index}"), checked));
        }
        match url {
            Some(url) if refusals.0.is_empty() => {
                Ok(WebhookSubscription { url, entities, active: self.active, gathered: self.gathered })
            }
            _ => Err(refusals),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subscription_ends_after_ninety_days_and_says_so_a_fortnight_before() {
        let start = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        let life = SubscriptionLife { expires_at: Some(start + LASTS), ..SubscriptionLife::default() };
        assert!(!life.is_to_be_renewed(start + TimeDelta::days(75)));
        assert!(
            life.is_to_be_renewed(start + TimeDelta::days(76)) && !life.is_over(start + TimeDelta::days(89))
        );
        assert!(life.is_over(start + TimeDelta::days(90)));
        assert!(!SubscriptionLife::default().is_over(start));
    }

    #[test]
    fn a_subscription_names_known_words_once() {
        let new = NewWebhookSubscription {
            url: "https://elevsystem.example/krok",
            entities: vec!["term", "betyg", "term"],
            active: true,
            gathered: false,
        };
        let refused = new.validate(&["term", "person"]).unwrap_err().0;
        let pointers: Vec<&str> = refused.iter().map(|refusal| refusal.pointer.as_str()).collect();
        assert_eq!(pointers, ["/entities/1", "/entities/2"]);
        let right = NewWebhookSubscription { entities: vec!["term"], ..new };
        assert_eq!(right.validate(&["term"]).unwrap().entities, ["term"]);
    }
}
