//! The change log (ändringslogg) and those who are told of it.

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
                Ok(WebhookSubscription { url, entities, active: self.active })
            }
            _ => Err(refusals),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subscription_names_known_words_once() {
        let new = NewWebhookSubscription {
            url: "https://elevsystem.example/krok",
            entities: vec!["term", "betyg", "term"],
            active: true,
        };
        let refused = new.validate(&["term", "person"]).unwrap_err().0;
        let pointers: Vec<&str> = refused.iter().map(|refusal| refusal.pointer.as_str()).collect();
        assert_eq!(pointers, ["/entities/1", "/entities/2"]);
        let right = NewWebhookSubscription { entities: vec!["term"], ..new };
        assert_eq!(right.validate(&["term"]).unwrap().entities, ["term"]);
    }
}
