use std::collections::BTreeMap;

use chrono::NaiveDate;
use proptest::prelude::*;

use super::*;
use crate::fraction::{Fraction, Percent};
use crate::id::{Id, PersonId};
use crate::organisation::ReportTerm;
use crate::refusal::Rule;
use crate::rule_set::{RuleSet, no_overlapping_rule_sets};

fn person(number: u128) -> PersonId {
    PersonId::from_uuid(uuid::Uuid::from_u128(number))
}

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

const REGISTER: Option<BornAbroad> =
    Some(BornAbroad { born_abroad: true, source: BirthSource::PopulationRegister });
const SWEDEN: Option<BornAbroad> =
    Some(BornAbroad { born_abroad: false, source: BirthSource::PopulationRegister });

fn facts(number: u128, birth: Option<BornAbroad>, assessed: &[(LanguageResult, NaiveDate)]) -> LanguageFacts {
    let assessments = assessed
        .iter()
        .map(|(result, on)| LanguageAssessment { result: *result, on: *on, assessor: person(99) })
        .collect();
    LanguageFacts { person: person(number), birth, assessments, reported_before: false }
}

#[test]
fn the_flag_follows_the_rules_of_the_day() {
    let rules = language_rules().unwrap();
    no_overlapping_rule_sets(&rules).unwrap();
    let (autumn, spring) = (day(2026, 10, 16), day(2027, 3, 25));
    use LanguageResult::{Difficulties, NoDifficulties};
    let early = day(2026, 9, 1);
    let table = [
        // Born, assessed, reported in autumn 2026 and in spring 2027.
        (facts(1, REGISTER, &[(Difficulties, early)]), FlagOutcome::Reported, FlagOutcome::Reported),
        (facts(2, SWEDEN, &[(Difficulties, early)]), FlagOutcome::BornInSweden, FlagOutcome::Reported),
        (facts(3, None, &[(Difficulties, early)]), FlagOutcome::BirthUnknown, FlagOutcome::Reported),
        (facts(4, REGISTER, &[]), FlagOutcome::NotAssessed, FlagOutcome::NotAssessed),
        (
            facts(5, REGISTER, &[(NoDifficulties, day(2027, 1, 20)), (Difficulties, early)]),
            FlagOutcome::Reported,
            FlagOutcome::NoDifficulties,
        ),
    ];
    for (facts, in_autumn, in_spring) in table {
        let outcome = |on| facts.flag(on, &rules).unwrap().outcome;
        assert_eq!((outcome(autumn), outcome(spring)), (in_autumn, in_spring), "{:?}", facts.person);
    }
    assert!(rules.iter().all(|set| !set.mark.verified));
    let strict = [RuleSet {
        rules: LanguageRules { takes_stated_birth: false, ..rules[0].rules },
        ..rules[0].clone()
    }];
    let stated = Some(BornAbroad { born_abroad: true, source: BirthSource::Stated });
    let stated = facts(6, stated, &[(Difficulties, early)]);
    assert_eq!(stated.flag(autumn, &strict).unwrap().outcome, FlagOutcome::BirthOnlyStated);
}

#[test]
fn an_assessment_is_made_by_a_person_who_is_no_relation_once_a_day() {
    let new = NewLanguageAssessment { result: "difficulties", on: day(2026, 9, 1) };
    let first = new.validate(person(1), Some(person(9)), &[person(2)], &[]).unwrap();
    let refusals = new.validate(person(1), Some(person(2)), &[person(2)], &[first]).unwrap_err().0;
    let found: Vec<_> = refusals.iter().map(|refusal| (refusal.pointer.as_str(), refusal.rule)).collect();
    assert_eq!(found, [("", Rule::NotPermitted), ("/on", Rule::Duplicate)]);
}

#[test]
fn over_reporting_as_worked_by_hand() {
    let rules = language_rules().unwrap();
    let reporting = day(2026, 10, 16);
    use LanguageResult::{Difficulties, NoDifficulties};
    let (early, late) = (day(2026, 9, 1), day(2026, 11, 2));
    let mut participants = vec![
        facts(1, REGISTER, &[(Difficulties, early)]), // reported
        facts(2, REGISTER, &[(Difficulties, early)]), // reported
        facts(3, REGISTER, &[(NoDifficulties, early)]),
        facts(4, REGISTER, &[(Difficulties, late)]), // assessed after the reporting day
        facts(5, SWEDEN, &[]),
        facts(6, SWEDEN, &[]), // reported in the system before, and never assessed
        facts(7, SWEDEN, &[(Difficulties, early)]),
        facts(8, None, &[]),
    ];
    participants[5].reported_before = true;
    let share = |numerator, denominator| Fraction::from_parts(numerator, denominator).unwrap();
    let term = |raw| ReportTerm::parse(raw).unwrap();
    // Before: 10 and 12 percent. Now 2 of 8, 25 percent, 13 points more; 2 of the 4 born abroad.
    let history = BTreeMap::from([(term("2025ht"), share(1, 10)), (term("2026vt"), share(12, 100))]);
    let limits = |most_of_born_abroad, most_rise| OverReportingLimits {
        most_of_born_abroad: Percent::new(most_of_born_abroad).unwrap(),
        most_rise: Percent::new(most_rise).unwrap(),
    };
    let look = |limits| over_reporting(&participants, reporting, &rules, &history, limits).unwrap();
    let found = look(limits(50, 13));
    assert_eq!((found.without_assessment, found.assessed_after), (vec![person(6)], vec![person(4)]));
    assert_eq!((found.reported, found.participants, found.born_abroad), (2, 8, 4));
    assert_eq!((found.share, found.share_of_born_abroad), (Some(share(1, 4)), Some(share(1, 2))));
    assert_eq!(found.highest_before, Some((term("2026vt"), share(3, 25))));
    assert!(!found.is_high_of_born_abroad && !found.has_risen);
    let found = look(limits(49, 12));
    assert!(found.is_high_of_born_abroad && found.has_risen);
}

proptest! {
    #[test]
    fn nothing_is_reported_that_was_not_assessed_by_the_day(
        assessed in proptest::collection::btree_map(0..500u64, any::<bool>(), 0..6),
        birth in proptest::option::of(any::<bool>()),
        reporting in 0..500u64,
    ) {
        let rules = language_rules().unwrap();
        let at = |days: u64| day(2026, 7, 1) + chrono::Days::new(days);
        let list: Vec<_> = assessed
            .iter()
            .map(|(days, has)| {
                (if *has { LanguageResult::Difficulties } else { LanguageResult::NoDifficulties }, at(*days))
            })
            .collect();
        let birth = birth.map(|born_abroad| BornAbroad { born_abroad, source: BirthSource::Stated });
        let mut facts = facts(1, birth, &list);
        let flag = facts.flag(at(reporting), &rules).unwrap();
        let last = assessed.range(..=reporting).next_back().map(|(_, has)| *has);
        let abroad = birth.is_some_and(|birth| birth.born_abroad);
        let expected = last == Some(true) && (abroad || at(reporting) >= day(2027, 1, 1));
        prop_assert_eq!(flag.outcome == FlagOutcome::Reported, expected);
        facts.assessments.reverse();
        prop_assert_eq!(facts.flag(at(reporting), &rules).unwrap(), flag);
    }
}
