//! The rules that a new installation starts with. They are rows from then on; what nobody outside could confirm says so.

use super::{
    CulturalRules, GrantModel, GrantPart, GrantPartKind, GrantUnit, NewCulturalRules, NewThreshold,
    NewWeekRules, NewYearPlaceRules, WeekRules, YearPlaceRules,
};
use crate::code::seed::date;
use crate::fraction::Percent;
use crate::period::FIRST_DATE;
use crate::refusal::Refusals;
use crate::rule_set::{NewRuleMark, RuleSeed, RuleSet};

/// How course days become participant weeks.
pub const WEEK_RULES: &[RuleSeed<NewWeekRules<'static>>] = &[RuleSeed {
    mark: NewRuleMark {
        code: "participant-week",
        valid: (FIRST_DATE, None),
        source: "Folkbildningsrådet, statsbidrag till folkhögskolan: who studies full time for five days is one \
                 participant week. Söktryck i folkhögskolan HT 2011: who is a participant on the 15th course day \
                 counts.",
        verified: false,
        note: Some(
            "Certain: five full-time course days are one week. Not confirmed: whether the 15th course day still \
             decides, and whether it is numbered anew each term; that part time counts in proportion to the pace and \
             distance as much as on site; that somebody who leaves counts until their last day; that study breaks do \
             not count; which course types count.",
        ),
    },
    rules: NewWeekRules {
        days_per_week: 5,
        course_types: &["1", "2", "3"],
        funding: &["state-grant"],
        threshold: Some(NewThreshold { day: 15, of: "course", within: "report-term" }),
        part_time: "proportional",
        distance_percent: 100,
        interruption: "last-day",
        counts_study_breaks: false,
    },
}];

/// What a year place is.
pub const YEAR_PLACE_RULES: &[RuleSeed<NewYearPlaceRules<'static>>] = &[RuleSeed {
    mark: NewRuleMark {
        code: "year-place",
        valid: (date(2027, 1, 1), None),
        source: "Folkbildningsrådet, kommande villkor för förstärkningsbidrag (board decision of 13 October 2025): \
                 the general reinforcement grant is distributed per year place on allmän kurs. A one-year programme \
                 of allmän kurs has at least 35 weeks.",
        verified: false,
        note: Some(
            "How a year place is defined is not public. 175 course days are our reading: 35 weeks of five days. How \
             the share of allmän kurs is weighed in is not public either.",
        ),
    },
    rules: NewYearPlaceRules { days: 175, course_types: &["1"] },
}];

/// What cultural programmes count for.
pub const CULTURAL_RULES: &[RuleSeed<NewCulturalRules>] = &[RuleSeed {
    mark: NewRuleMark {
        code: "cultural-programme",
        valid: (FIRST_DATE, None),
        source: "Conditions of 2017: two participant weeks each, at most 200 for a school, at least 60 minutes and 10 \
                 participants from outside.",
        verified: false,
        note: Some(
            "Whether the conditions of 2017 still hold, and that 200 weeks are those of a calendar year, is not confirmed.",
        ),
    },
    rules: NewCulturalRules { weeks_each: 2, most_weeks: 200, least_minutes: 60, least_visitors: 10 },
}];

/// A part of the grant in a new installation: its kind, its share in percent, its unit.
type PartSeed = (GrantPartKind, Option<i32>, Option<GrantUnit>);

/// How the grant is made up.
pub const GRANT_MODELS: &[RuleSeed<&'static [PartSeed]>] = &[
    RuleSeed {
        mark: NewRuleMark {
            code: "grant-model",
            valid: (FIRST_DATE, Some(date(2026, 12, 31))),
            source: "Folkbildningsrådet, statsbidrag till folkhögskolan: organisation 8, activity 84, reinforcement 6 and \
                     language support 2 percent; the activity grant by participant weeks.",
            verified: false,
            note: Some(
                "From which year these shares hold is not stated, nor by what the reinforcement grant is distributed.",
            ),
        },
        rules: &[
            (GrantPartKind::Organisation, Some(8), None),
            (GrantPartKind::Activity, Some(84), Some(GrantUnit::ParticipantWeek)),
            (GrantPartKind::Reinforcement, Some(6), Some(GrantUnit::ParticipantWeek)),
            (GrantPartKind::LanguageSupport, Some(2), None),
        ],
    },
    RuleSeed {
        mark: NewRuleMark {
            code: "grant-model",
            valid: (date(2027, 1, 1), None),
            source: "Folkbildningsrådet, kommande villkor för förstärkningsbidrag (board decision of 13 October \
                     2025): the general reinforcement grant by year places on allmän kurs.",
            verified: false,
            note: Some(
                "The shares of the parts from 2027 are not public; that the activity grant goes on by participant \
                 weeks is our reading.",
            ),
        },
        rules: &[
            (GrantPartKind::Organisation, None, None),
            (GrantPartKind::Activity, None, Some(GrantUnit::ParticipantWeek)),
            (GrantPartKind::Reinforcement, None, Some(GrantUnit::YearPlace)),
            (GrantPartKind::LanguageSupport, None, None),
        ],
    },
];

/// The sets of [`WEEK_RULES`].
///
/// # Errors
/// As [`NewRuleMark::validate`] and [`NewWeekRules::validate`]; none, as a test shows.
pub fn week_rules() -> Result<Vec<RuleSet<WeekRules>>, Refusals> {
    WEEK_RULES.iter().map(|seed| seed.set(|rules| rules.validate())).collect()
}

/// The sets of [`YEAR_PLACE_RULES`].
///
/// # Errors
/// As [`NewRuleMark::validate`] and [`NewYearPlaceRules::validate`]; none, as a test shows.
pub fn year_place_rules() -> Result<Vec<RuleSet<YearPlaceRules>>, Refusals> {
    YEAR_PLACE_RULES.iter().map(|seed| seed.set(|rules| rules.validate())).collect()
}

/// The sets of [`CULTURAL_RULES`].
///
/// # Errors
/// As [`NewRuleMark::validate`] and [`NewCulturalRules::validate`]; none, as a test shows.
pub fn cultural_rules() -> Result<Vec<RuleSet<CulturalRules>>, Refusals> {
    CULTURAL_RULES.iter().map(|seed| seed.set(|rules| rules.validate())).collect()
}

/// The sets of [`GRANT_MODELS`].
///
/// # Errors
/// As [`NewRuleMark::validate`] and [`GrantModel::new`]; none, as a test shows.
pub fn grant_models() -> Result<Vec<RuleSet<GrantModel>>, Refusals> {
    let model = |parts: &[PartSeed]| {
        let parts = parts.iter().map(|(kind, share, unit)| {
            let share = share.map(Percent::new).transpose()?;
            Ok(GrantPart { kind: *kind, share, unit: *unit })
        });
        GrantModel::new(&parts.collect::<Result<Vec<_>, Refusals>>()?)
    };
    GRANT_MODELS.iter().map(|seed| seed.set(model)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::seed::{COURSE_TYPES, FUNDING_SOURCES};
    use crate::rule_set::{no_overlapping_rule_sets, rules_on};

    #[test]
    fn every_set_passes_the_checks_and_one_holds_on_a_day() {
        no_overlapping_rule_sets(&week_rules().unwrap()).unwrap();
        no_overlapping_rule_sets(&year_place_rules().unwrap()).unwrap();
        no_overlapping_rule_sets(&cultural_rules().unwrap()).unwrap();
        let models = grant_models().unwrap();
        no_overlapping_rule_sets(&models).unwrap();
        let unit = |day| {
            let model = rules_on("the grant", &models, day).unwrap();
            let part = model.rules.parts().iter().find(|part| part.kind == GrantPartKind::Reinforcement);
            part.unwrap().unit
        };
        assert_eq!(unit(date(2026, 12, 31)), Some(GrantUnit::ParticipantWeek));
        assert_eq!(unit(date(2027, 1, 1)), Some(GrantUnit::YearPlace));
    }

    #[test]
    fn the_codes_are_those_of_the_tables() {
        for rules in week_rules().unwrap() {
            for code in &rules.rules.course_types {
                assert!(COURSE_TYPES.iter().any(|row| row.seed.code == code.as_str()), "{code}");
            }
            for code in &rules.rules.funding {
                assert!(FUNDING_SOURCES.iter().any(|row| row.code == code.as_str()), "{code}");
            }
        }
    }
}
