//! Records of protected persons that are opened in an emergency (nödöppning): by whoever is there and works with the person,
//! when no officer can be reached. It is open to them at once, and looked into by somebody else afterwards.

use chrono::{DateTime, Utc};

use crate::{
    access::Role,
    code::coded,
    id::{AccountId, PersonId},
    refusal::{Refusal, Rule},
    text::Text,
};

coded! {
    /// What was found by whoever looked into it.
    EmergencyFinding("finding") {
        /// There was reason to open it.
        Justified = "justified",
        /// There was none: it is followed up as a personal data breach.
        Unjustified = "unjustified",
    }
}

/// That a protected record was opened in an emergency.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EmergencyOpening {
    /// Whose record.
    pub person: PersonId,
    /// Who opened it.
    pub opened_by: AccountId,
    /// The roles that permitted it.
    pub roles: Vec<Role>,
    /// Why, in their own words.
    pub reason: Text,
    /// What came of looking into it.
    pub review: Option<EmergencyReview>,
}

/// What came of looking into it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EmergencyReview {
    /// Who looked into it.
    pub by: AccountId,
    /// When.
    pub at: DateTime<Utc>,
    /// What they found.
    pub finding: EmergencyFinding,
    /// What else they say.
    pub note: Option<Text>,
}

impl EmergencyOpening {
    /// Notes what came of looking into it. Nobody looks into what they have opened themselves, and what was found stands.
    ///
    /// # Errors
    /// [`Rule::NotPermitted`], [`Rule::State`].
    pub fn reviewed(self, review: EmergencyReview) -> Result<Self, Refusal> {
        if review.by == self.opened_by {
            return Err(Refusal::new(
                Rule::NotPermitted,
                "somebody else looks into what one has opened oneself",
            ));
        }
        if self.review.is_some() {
            return Err(Refusal::new(Rule::State, "somebody has looked into it already"));
        }
        Ok(Self { review: Some(review), ..self })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::id::Id;

    fn account(number: u8) -> AccountId {
        AccountId::from_uuid(Uuid::from_u128(u128::from(number)))
    }

    fn review(by: u8, finding: EmergencyFinding) -> EmergencyReview {
        let at = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        EmergencyReview { by: account(by), at, finding, note: None }
    }

    proptest! {
        /// Whoever looks, in whatever order: the first who has not opened it decides, once.
        #[test]
        fn the_first_other_one_decides(opener in 0_u8..4, looks in proptest::collection::vec((0_u8..4, any::<bool>()), 0..8)) {
            let mut opening = EmergencyOpening {
                person: PersonId::from_uuid(Uuid::from_u128(7)),
                opened_by: account(opener),
                roles: vec![Role::Teacher],
                reason: Text::line("Eleven har blivit akut sjuk", 500).unwrap(),
                review: None,
            };
            for (by, justified) in &looks {
                let finding = if *justified { EmergencyFinding::Justified } else { EmergencyFinding::Unjustified };
                let before = opening.clone();
                match opening.reviewed(review(*by, finding)) {
                    Ok(after) => {
                        prop_assert!(before.review.is_none() && *by != opener);
                        opening = after;
                    }
                    Err(refusal) => {
                        prop_assert!(before.review.is_some() || *by == opener);
                        let expected = if *by == opener { Rule::NotPermitted } else { Rule::State };
                    prop_assert_eq!(refusal.rule, expected);
                        opening = before;
                    }
                }
            }
            let first = looks.iter().find(|(by, _)| *by != opener).map(|(by, _)| account(*by));
            prop_assert_eq!(opening.review.map(|review| review.by), first);
        }
    }
}
