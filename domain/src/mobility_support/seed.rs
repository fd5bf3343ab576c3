//! The rules and rates that a new installation starts with. They are rows from then on; what nobody outside could
//! confirm says so.

use chrono::NaiveDate;

use super::{MobilityRules, NewMobilityRules, NewRate, NewReferenceDate, Rate};
use crate::code::seed::date;
use crate::period::FIRST_DATE;
use crate::refusal::Refusals;
use crate::rule_set::{NewRuleMark, RuleSeed, RuleSet};

const fn mark(
    (from, to): (NaiveDate, Option<NaiveDate>),
    source: &'static str,
    note: &'static str,
) -> NewRuleMark<'static> {
    NewRuleMark { code: "mobility-support", valid: (from, to), source, verified: false, note: Some(note) }
}

const SCALING: &str = "Not confirmed: that weeks below full time are not scaled by the pace before half the amount is \
                       taken; that the 15 weeks are calendar weeks with course days; which course types are left out.";

const CONDITIONS: NewMobilityRules<'static> = NewMobilityRules {
    reference: NewReferenceDate { code: "first-course-day", before_spring: None, in_autumn: None },
    least_weeks: 15,
    course_length: "calendar-weeks",
    least_pace_percent: 50,
    below_full_time_percent: 50,
    scaled_by_pace: false,
    course_types: &["1", "2"],
};

const BY_DATE: NewMobilityRules<'static> = NewMobilityRules {
    reference: NewReferenceDate { code: "fixed", before_spring: Some((11, 1)), in_autumn: Some((6, 1)) },
    ..CONDITIONS
};

/// When there is mobility support. Folkbildningsrådet has handled it since 1 August 2022, under an agreement of all
/// regions that ends with 2026.
pub const MOBILITY_RULES: &[RuleSeed<NewMobilityRules<'static>>] = &[
    RuleSeed {
        mark: mark(
            (FIRST_DATE, Some(date(2022, 7, 31))),
            "SKR, mobilitetsstöd till folkhögskolorna (1 October 2021): courses of at least 15 weeks; at least half \
             time, and then half the amount, also at 75 percent; home region on the first course day of each term.",
            "Not confirmed: that the 15 weeks are those of the term, and calendar weeks with course days; that weeks \
             below full time are not scaled by the pace before half the amount is taken; that the place of teaching \
             decides, which SKR states later; which course types are left out.",
        ),
        rules: CONDITIONS,
    },
    RuleSeed {
        mark: mark(
            (date(2022, 8, 1), Some(date(2026, 12, 31))),
            "The regions' agreement of 2022 to 2026 in SKR's words (23 February 2024): at least 15 weeks in the term; \
             at least half time, and then half the amount, also at 75 percent; the place of teaching decides. \
             Folkbildningsrådet, frågor och svar: home region on 1 November of the year before for a spring term and \
             on 1 June for an autumn term.",
            SCALING,
        ),
        rules: BY_DATE,
    },
    RuleSeed {
        mark: mark(
            (date(2027, 1, 1), None),
            "The conditions of 2022 to 2026, going on.",
            "The regions' agreement ends with 2026, and what comes after it is not public; that the conditions go on \
             is our reading.",
        ),
        rules: BY_DATE,
    },
];

const fn year(year: i32) -> (NaiveDate, Option<NaiveDate>) {
    (date(year, 1, 1), Some(date(year, 12, 31)))
}

const RECOMMENDED: &str = "The amount that SKR recommended; a region may have paid another.";
const DEVIATION: &str =
    "SKR's list of the regions' own amounts of that year; whether it held for the whole year is not stated.";

const fn rate(
    region: Option<&'static str>,
    ore_per_week: i64,
    valid: (NaiveDate, Option<NaiveDate>),
    source: &'static str,
    note: &'static str,
) -> NewRate<'static> {
    NewRate { region, ore_per_week, mark: mark(valid, source, note) }
}

/// What regions pay. For 2023 to 2025 nothing is public: the school enters it.
pub const RATES: &[NewRate<'static>] = &[
    rate(
        Some("01"),
        33_200,
        year(2019),
        "SKR, regionerna och mobilitetsstödet: Region Stockholm, at most 332 kr.",
        DEVIATION,
    ),
    rate(
        Some("03"),
        34_000,
        year(2019),
        "SKR, regionerna och mobilitetsstödet: Region Uppsala, 340 kr.",
        DEVIATION,
    ),
    rate(None, 40_000, year(2021), "SKR: 400 kr for a participant week in 2021.", RECOMMENDED),
    rate(None, 40_000, year(2022), "SKR: 400 kr for a participant week in 2022.", RECOMMENDED),
    rate(Some("12"), 28_800, year(2022), "Sveriges folkhögskolor: Region Skåne, 288 kr in 2022.", DEVIATION),
    rate(
        None,
        40_800,
        (date(2026, 1, 1), None),
        "Folkbildningsrådet, mobilitetsstöd, frågor och svar: at most a quarter of a participant week of 1 630 kr, \
         408 kr; all regions on the same level from 2026.",
        "The amount is of about 2023; that of 2026 is not public, and the agreement behind it ends with 2026.",
    ),
];

/// The sets of [`MOBILITY_RULES`].
///
/// # Errors
/// As [`NewRuleMark::validate`] and [`NewMobilityRules::validate`]; none, as a test shows.
pub fn mobility_rules() -> Result<Vec<RuleSet<MobilityRules>>, Refusals> {
    MOBILITY_RULES.iter().map(|seed| seed.set(|rules| rules.validate())).collect()
}

/// The rates of [`RATES`].
///
/// # Errors
/// As [`NewRate::validate`]; none, as a test shows.
pub fn rates() -> Result<Vec<RuleSet<Rate>>, Refusals> {
    RATES.iter().map(|rate| rate.validate()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::{place::REGIONS, seed::COURSE_TYPES};
    use crate::organisation::ReportTerm;
    use crate::rule_set::{no_overlapping_rule_sets, rules_on};

    #[test]
    fn every_set_passes_the_checks_and_its_codes_are_those_of_the_tables() {
        let rules = mobility_rules().unwrap();
        no_overlapping_rule_sets(&rules).unwrap();
        let code = |term: &str| {
            let day = ReportTerm::parse(term).unwrap().first_certain_day();
            rules_on("mobility support", &rules, day).unwrap().rules.reference.code().code()
        };
        assert_eq!((code("2022vt"), code("2022ht")), ("first-course-day", "fixed"));
        for code in rules.iter().flat_map(|set| &set.rules.course_types) {
            assert!(COURSE_TYPES.iter().any(|row| row.seed.code == code.as_str()), "{code}");
        }
        for region in rates().unwrap().iter().filter_map(|rate| rate.rules.region.clone()) {
            assert!(REGIONS.iter().any(|row| row.code == region.as_str()), "{region}");
        }
    }
}
