//! Who is reported, by dated rules.

use crate::code::seed::date;
use crate::period::FIRST_DATE;
use crate::refusal::Refusals;
use crate::rule_set::{NewRuleMark, RuleSeed, RuleSet};

/// What is reported. That an assessment is needed is no parameter: nothing is reported that the school has not assessed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LanguageRules {
    /// Whether the participant must have been born abroad.
    pub needs_birth_abroad: bool,
    /// Whether it is enough that the participant says so.
    pub takes_stated_birth: bool,
}

/// The rules that a new installation starts with.
pub const LANGUAGE_RULES: &[RuleSeed<LanguageRules>] = &[
    RuleSeed {
        mark: NewRuleMark {
            code: "language-support",
            valid: (FIRST_DATE, Some(date(2026, 12, 31))),
            source: "Folkbildningsrådet, statsbidrag till folkhögskolan: support for participants born abroad who \
                     have difficulties with the Swedish language.",
            verified: false,
            note: Some(
                "The formal definition (years in Sweden, which test) is not public, nor whether a stated country of \
                 birth is enough.",
            ),
        },
        rules: LanguageRules { needs_birth_abroad: true, takes_stated_birth: true },
    },
    RuleSeed {
        mark: NewRuleMark {
            code: "language-support",
            valid: (date(2027, 1, 1), None),
            source: "Folkbildningsrådet, kommande villkor för förstärkningsbidrag (board decision of 13 October \
                     2025): participants with difficulties in Swedish, wherever they were born.",
            verified: false,
            note: Some("How difficulties are established is not public."),
        },
        rules: LanguageRules { needs_birth_abroad: false, takes_stated_birth: true },
    },
];

/// The sets of [`LANGUAGE_RULES`].
///
/// # Errors
/// As [`NewRuleMark::validate`]; none, as a test shows.
pub fn language_rules() -> Result<Vec<RuleSet<LanguageRules>>, Refusals> {
    LANGUAGE_RULES.iter().map(|seed| seed.set(Ok)).collect()
}
