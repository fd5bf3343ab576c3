//! The rules that a new installation starts with.

use super::{AgeRules, NewAgeRules};
use crate::period::FIRST_DATE;
use crate::refusal::Refusals;
use crate::rule_set::{NewRuleMark, RuleSeed, RuleSet};

/// Who is old enough for a state-funded place.
pub const AGE_RULES: &[RuleSeed<NewAgeRules<'static>>] = &[RuleSeed {
    mark: NewRuleMark {
        code: "age",
        valid: (FIRST_DATE, None),
        source: "Förordning (2018:738) om ändring i förordningen (2015:218) om statsbidrag till folkbildningen, in \
                 force on 1 August 2018: a state-funded place on allmän kurs is for those who have turned 18, or do \
                 so that year; folkhogskola.nu: in the year in which the studies begin.",
        verified: false,
        note: Some(
            "The text of the ordinance could be read in part only; what held before 2018 is not confirmed. For \
             särskild kurs sources conflict: some state the same limit, others none.",
        ),
    },
    rules: NewAgeRules { turns: 18, funding: &["state-grant"], course_types: &["1"] },
}];

/// The sets of [`AGE_RULES`].
///
/// # Errors
/// As [`NewRuleMark::validate`] and [`NewAgeRules::validate`]; none, as a test shows.
pub fn age_rules() -> Result<Vec<RuleSet<AgeRules>>, Refusals> {
    AGE_RULES.iter().map(|seed| seed.set(|rules| rules.validate())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::seed::{COURSE_TYPES, FUNDING_SOURCES};
    use crate::rule_set::no_overlapping_rule_sets;

    #[test]
    fn the_rules_pass_the_checks_and_their_codes_are_those_of_the_tables() {
        let sets = age_rules().unwrap();
        no_overlapping_rule_sets(&sets).unwrap();
        for code in sets.iter().flat_map(|set| &set.rules.funding) {
            assert!(FUNDING_SOURCES.iter().any(|row| row.code == code.as_str()), "{code}");
        }
        for code in sets.iter().flat_map(|set| &set.rules.course_types) {
            assert!(COURSE_TYPES.iter().any(|row| row.seed.code == code.as_str()), "{code}");
        }
    }
}
