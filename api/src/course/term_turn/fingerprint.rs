//! What a preview came to, in short: so that the act makes what was looked at and nothing else.

use std::{collections::BTreeSet, fmt::Debug};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use skolhus_domain::{
    course::term_turn::TurnPlan,
    refusal::{Refusal, Rule},
};

/// How many bytes tell one item from another; the whole is told by a hash of all of them.
const SHORT: usize = 4;

/// The places of a plan, each with a short hash of what stands there, and the hash of it all. It is made
/// and compared by one program: what comes from an earlier version is out of date.
pub(super) struct Fingerprint {
    whole: Vec<u8>,
    items: Vec<(String, Vec<u8>)>,
}

impl Fingerprint {
    pub(super) fn of(plan: &TurnPlan) -> Self {
        let TurnPlan { offerings, classes, enrolments, warnings: _, refusals: _ } = plan;
        let mut all = Sha256::new();
        let mut item = |at: String, content: &dyn Debug| {
            let hash = Sha256::digest(format!("{content:?}").as_bytes());
            all.update(hash);
            (at, hash.iter().take(SHORT).copied().collect())
        };
        let mut items = Vec::with_capacity(offerings.len() + classes.len() + 1);
        items.extend(
            offerings.iter().enumerate().map(|(place, copy)| item(format!("/offerings/{place}"), copy)),
        );
        items.extend(
            classes.iter().enumerate().map(|(place, class)| item(format!("/classes/{place}"), class)),
        );
        items.push(item("/promotion".to_owned(), enrolments));
        Self { whole: all.finalize().to_vec(), items }
    }

    pub(super) fn token(&self) -> String {
        let items = self.items.iter().flat_map(|(_, short)| short.iter());
        URL_SAFE_NO_PAD.encode(self.whole.iter().chain(items).copied().collect::<Vec<u8>>())
    }

    /// What is not as it was when the token was made.
    ///
    /// # Errors
    /// [`Rule::Format`] for what no preview gave.
    pub(super) fn changed_since(&self, token: &str) -> Result<Vec<Refusal>, Refusal> {
        let unknown = || Refusal::new(Rule::Format, "is not the fingerprint of a preview");
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| unknown())?;
        let (whole, items) = bytes.split_at_checked(self.whole.len()).ok_or_else(unknown)?;
        if items.len() % SHORT != 0 {
            return Err(unknown());
        }
        if whole == self.whole {
            return Ok(Vec::new());
        }
        let seen: BTreeSet<&[u8]> = items.chunks(SHORT).collect();
        let mut changed: Vec<Refusal> = self
            .items
            .iter()
            .filter(|(_, short)| !seen.contains(short.as_slice()))
            .map(|(at, _)| Refusal::new(Rule::State, "is not as it was in the preview").at(at))
            .collect();
        if changed.is_empty() {
            changed
                .push(Refusal::new(Rule::State, "something that was in the preview is not there any more"));
        }
        Ok(changed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use skolhus_domain::{
        course::term_turn::PlannedClass,
        id::{GroupId, Id},
    };

    fn plan(classes: &[u128]) -> TurnPlan {
        let class = |number: &u128| PlannedClass {
            source: GroupId::from_uuid(uuid::Uuid::from_u128(*number)),
            next: None,
            ends: None,
            members: Vec::new(),
            assignments: Vec::new(),
        };
        TurnPlan { classes: classes.iter().map(class).collect(), ..TurnPlan::default() }
    }

    #[test]
    fn what_changed_is_named() {
        let token = Fingerprint::of(&plan(&[1, 2, 3])).token();
        let changed = |classes: &[u128]| -> Vec<String> {
            let changed = Fingerprint::of(&plan(classes)).changed_since(&token).unwrap();
            changed.into_iter().map(|refusal| refusal.pointer).collect()
        };
        assert!(changed(&[1, 2, 3]).is_empty());
        assert_eq!(changed(&[1, 4, 3]), ["/classes/1"]);
        assert_eq!(changed(&[1, 2, 3, 5]), ["/classes/3"]);
        assert_eq!(changed(&[1, 3]), [""]);
        for other in ["", "abc", "ÅÄÖ", &"A".repeat(46)] {
            let refused = Fingerprint::of(&plan(&[1])).changed_since(other);
            assert_eq!(refused.unwrap_err().rule, Rule::Format, "{other}");
        }
    }
}
