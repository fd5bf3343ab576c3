//! Protected identity (skyddade personuppgifter), which fails closed.
//!
//! The population register marks a person in two ways: a confidentiality marking
//! (sekretessmarkering) and protected registration (skyddad folkbokföring,
//! folkbokföringslagen 1991:481, 16–17 b §§). A third, a new identity, has no mark at all.
//!
//! What a source says can only ever protect more. Whatever would widen access waits until a
//! person confirms it.

use serde::{Deserialize, Serialize};

/// How a person is protected.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protection {
    /// A source that carries the field has said that there is no protection.
    None,
    /// No source has said anything: not protected, but listed until somebody has checked.
    NotStated,
    /// Confidentiality marking (sekretessmarkering), or a value that nobody could read.
    Marked,
    /// Protected registration (skyddad folkbokföring).
    ProtectedRegistration,
}

impl Protection {
    /// Every value, the weakest first.
    pub const ALL: [Self; 4] = [Self::None, Self::NotStated, Self::Marked, Self::ProtectedRegistration];

    /// The stable code: `none`, `not-stated`, `marked` or `protected-registration`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::NotStated => "not-stated",
            Self::Marked => "marked",
            Self::ProtectedRegistration => "protected-registration",
        }
    }

    /// The value with this code. What is stored but not known here counts as [`Self::Marked`],
    /// so that an older program never opens what a newer one has closed.
    #[must_use]
    pub fn from_stored_code(code: &str) -> Self {
        Self::ALL.into_iter().find(|protection| protection.code() == code).unwrap_or(Self::Marked)
    }

    /// Whether the person is absent from lists, searches, exports and messages for all but
    /// those who hold the separate permission.
    #[must_use]
    pub fn is_protected(self) -> bool {
        match self {
            Self::None | Self::NotStated => false,
            Self::Marked | Self::ProtectedRegistration => true,
        }
    }

    /// Whether the person stands on the list of those to check.
    #[must_use]
    pub fn is_to_be_checked(self) -> bool {
        self == Self::NotStated
    }

    /// Whether a change to `other` protects less than now.
    #[must_use]
    pub fn would_be_lowered_by(self, other: Self) -> bool {
        other.strength() < self.strength()
    }

    /// The protection of a person who is registered from this report.
    #[must_use]
    pub fn of_new_person(report: ProtectionReport) -> Self {
        match report {
            ProtectionReport::NotCarried => Self::NotStated,
            ProtectionReport::Unmarked => Self::None,
            ProtectionReport::Unreadable | ProtectionReport::Marked => Self::Marked,
            ProtectionReport::ProtectedRegistration => Self::ProtectedRegistration,
        }
    }

    /// What a report about a registered person may do. Pure: the caller carries it out.
    pub fn on_report(self, report: ProtectionReport) -> ProtectionDecision {
        match report {
            ProtectionReport::NotCarried => ProtectionDecision::NothingSaid,
            ProtectionReport::Unreadable if self.is_protected() => ProtectionDecision::AsKnown,
            _ => self.on_stated(Self::of_new_person(report)),
        }
    }

    fn on_stated(self, stated: Self) -> ProtectionDecision {
        if stated == self {
            ProtectionDecision::AsKnown
        } else if self.would_be_lowered_by(stated) {
            ProtectionDecision::WaitsForConfirmation { proposed: stated }
        } else {
            ProtectionDecision::TakesEffect { now: stated }
        }
    }

    fn strength(self) -> u8 {
        match self {
            Self::None | Self::NotStated => 0,
            Self::Marked => 1,
            Self::ProtectedRegistration => 2,
        }
    }
}

/// What a source says about a person's protection.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ProtectionReport {
    /// The source does not carry the field at all.
    NotCarried,
    /// The source carries the field, but it is empty or holds a value nobody knows.
    Unreadable,
    /// The source says that there is no protection.
    Unmarked,
    /// The source says: confidentiality marking.
    Marked,
    /// The source says: protected registration.
    ProtectedRegistration,
}

impl ProtectionReport {
    /// Every value.
    pub const ALL: [Self; 5] =
        [Self::NotCarried, Self::Unreadable, Self::Unmarked, Self::Marked, Self::ProtectedRegistration];

    /// Reads the words of SS 12000 (`Ingen`, `Sekretessmarkering`, `Skyddad folkbokföring`) and
    /// our own codes, whatever the case. `None` means that the source has no such field; an
    /// empty value, or any other word (`not-stated` among them), is [`Self::Unreadable`].
    /// A source with other words (Navet's J and N, a roster's 0 and 1) translates them itself.
    #[must_use]
    pub fn read(field: Option<&str>) -> Self {
        let Some(value) = field else { return Self::NotCarried };
        match value.trim().to_lowercase().as_str() {
            "ingen" | "none" => Self::Unmarked,
            "sekretessmarkering" | "marked" => Self::Marked,
            "skyddad folkbokföring" | "protected-registration" => Self::ProtectedRegistration,
            _ => Self::Unreadable,
        }
    }
}

/// What follows from a report about a registered person.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use]
pub enum ProtectionDecision {
    /// The source says nothing. Nothing changes, and what waits goes on waiting.
    NothingSaid,
    /// The source says what is known already. A removal that waits lapses.
    AsKnown,
    /// The value takes effect at once. A removal that waits lapses.
    TakesEffect {
        /// The protection from now on; never weaker than before.
        now: Protection,
    },
    /// Less protection than now: nothing changes until a person confirms it.
    WaitsForConfirmation {
        /// What the source says.
        proposed: Protection,
    },
}

impl ProtectionDecision {
    /// The protection in force after the decision, without any confirmation.
    #[must_use]
    pub fn in_force(self, before: Protection) -> Protection {
        match self {
            Self::TakesEffect { now } => now,
            Self::NothingSaid | Self::AsKnown | Self::WaitsForConfirmation { .. } => before,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_unknown_or_empty_value_protects_and_a_missing_field_says_nothing() {
        for (field, report, new_person) in [
            (None, ProtectionReport::NotCarried, Protection::NotStated),
            (Some(""), ProtectionReport::Unreadable, Protection::Marked),
            (Some("  "), ProtectionReport::Unreadable, Protection::Marked),
            (Some("Fingerad"), ProtectionReport::Unreadable, Protection::Marked),
            (Some("not-stated"), ProtectionReport::Unreadable, Protection::Marked),
            (Some("0"), ProtectionReport::Unreadable, Protection::Marked),
            (Some("Ingen"), ProtectionReport::Unmarked, Protection::None),
            (Some("SEKRETESSMARKERING"), ProtectionReport::Marked, Protection::Marked),
            (
                Some("Skyddad folkbokföring"),
                ProtectionReport::ProtectedRegistration,
                Protection::ProtectedRegistration,
            ),
        ] {
            assert_eq!(ProtectionReport::read(field), report, "{field:?}");
            assert_eq!(Protection::of_new_person(report), new_person, "{field:?}");
        }
    }

    #[test]
    fn a_marking_takes_effect_at_once_and_its_removal_waits() {
        use ProtectionDecision::{AsKnown, NothingSaid, TakesEffect, WaitsForConfirmation};
        let cases = [
            (Protection::None, Some("Sekretessmarkering"), TakesEffect { now: Protection::Marked }),
            (Protection::NotStated, Some(""), TakesEffect { now: Protection::Marked }),
            (Protection::NotStated, Some("Ingen"), TakesEffect { now: Protection::None }),
            (Protection::Marked, Some("Ingen"), WaitsForConfirmation { proposed: Protection::None }),
            (Protection::Marked, Some("Sekretessmarkering"), AsKnown),
            (Protection::Marked, None, NothingSaid),
            (
                Protection::ProtectedRegistration,
                Some("Sekretessmarkering"),
                WaitsForConfirmation { proposed: Protection::Marked },
            ),
            (Protection::ProtectedRegistration, Some("?"), AsKnown),
        ];
        for (before, field, decision) in cases {
            assert_eq!(before.on_report(ProtectionReport::read(field)), decision, "{before:?} {field:?}");
        }
    }

    #[test]
    fn codes_are_stable_and_an_unknown_one_protects() {
        for protection in Protection::ALL {
            assert_eq!(Protection::from_stored_code(protection.code()), protection);
            assert_eq!(serde_json::to_value(protection).unwrap(), protection.code());
        }
        assert!(Protection::from_stored_code("hidden").is_protected());
        assert!(!Protection::NotStated.is_protected() && Protection::NotStated.is_to_be_checked());
    }

    fn fields() -> impl Strategy<Value = Option<String>> {
        prop_oneof![
            Just(None),
            ".{0,6}".prop_map(Some),
            proptest::sample::select(vec!["Ingen", "none", "Sekretessmarkering", "Skyddad folkbokföring"])
                .prop_map(|word| Some(word.to_owned())),
        ]
    }

    proptest! {
        #[test]
        fn no_sequence_of_source_values_ever_lowers_protection(
            start in proptest::sample::select(Protection::ALL.to_vec()),
            fields in proptest::collection::vec(fields(), 0..12),
        ) {
            let mut now = start;
            for field in fields {
                let next = now.on_report(ProtectionReport::read(field.as_deref())).in_force(now);
                prop_assert!(!now.would_be_lowered_by(next));
                prop_assert!(next.is_protected() || !now.is_protected());
                now = next;
            }
        }

        #[test]
        fn a_repeated_report_decides_nothing_new(
            start in proptest::sample::select(Protection::ALL.to_vec()), field in fields(),
        ) {
            let report = ProtectionReport::read(field.as_deref());
            let after = start.on_report(report).in_force(start);
            prop_assert_eq!(after.on_report(report).in_force(after), after);
        }
    }
}
