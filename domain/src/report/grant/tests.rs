use chrono::Days;
use proptest::prelude::*;

use super::*;
use crate::code::seed::funding_sources;
use crate::course::StudyForm;
use crate::course::offering_tests::{day, general_course_offering};
use crate::id::{Id, TermId};
use crate::organisation::{NewDayOff, NewTerm, SummerRule, Term};
use crate::participation::NewParticipation;
use crate::period::{FIRST_DATE, Period};
use crate::report::grant::seed::{self, grant_models, week_rules, year_place_rules};
use crate::report::grant::{
    GrantPartKind, GrantUnit, NewThreshold, NewWeekRules, TallyBy, YearPlaceBy, grant_measures,
    participant_weeks, tally, year_places,
};
use crate::rule_set::{may_be_certified, tests::rule_set};

fn id<T: Id>(number: u128) -> T {
    T::from_uuid(uuid::Uuid::from_u128(number))
}

fn period(from: NaiveDate, to: NaiveDate) -> Period {
    Period::new(from, Some(to)).unwrap()
}

/// So many tenths.
fn tenths(number: i64) -> Fraction {
    Fraction::from_parts(number, 10).unwrap()
}

fn summers() -> Vec<SummerRule> {
    vec![SummerRule::new(Period::new(FIRST_DATE, None).unwrap(), 7, 1).unwrap()]
}

/// Allmän kurs from 17 August 2026 to 11 June 2027, on site.
fn offering() -> Offering {
    Offering { form: StudyForm::OnSite, meeting_days: None, ..general_course_offering() }
}

/// Its course days. Autumn: 18 weeks of 5 days, less a study day and the 5 days of Höstlov, 84. Spring: 22 weeks of 5
/// days, less 5 of Sportlov, 2 of Easter and Ascension Day, 102.
fn course_days() -> CourseDays {
    let term = |kind, first_day, last_day| -> Term {
        NewTerm { school_unit: None, kind, first_day, last_day, name: "Termin" }.validate().unwrap()
    };
    let autumn = term("autumn", day(2026, 8, 17), day(2026, 12, 18));
    let spring = term("spring", day(2027, 1, 11), day(2027, 6, 11));
    let off = |within: &Term, first_day, last_day| {
        let term = id::<TermId>(1);
        NewDayOff { term, kind: "other", first_day, last_day, name: "Ledigt" }.validate(within).unwrap()
    };
    let days_off = [
        off(&autumn, day(2026, 9, 18), day(2026, 9, 18)),
        off(&autumn, day(2026, 10, 26), day(2026, 10, 30)),
        off(&spring, day(2027, 2, 22), day(2027, 2, 26)),
        off(&spring, day(2027, 3, 26), day(2027, 3, 29)),
        off(&spring, day(2027, 5, 6), day(2027, 5, 6)),
    ];
    CourseDays::planned(&offering(), &[autumn, spring], &days_off, &[], &summers()).unwrap()
}

const OFFERING: u128 = 100;

/// Somebody who has begun, from a day to the end of the course.
fn begun(person: u128, from: NaiveDate, pace: i32) -> Participation {
    planned(person, from, pace, "state-grant").start(from).unwrap()
}

fn planned(person: u128, from: NaiveDate, pace: i32, funding: &str) -> Participation {
    let new = NewParticipation {
        person: id(person),
        offering: id(OFFERING),
        period: (from, None),
        pace_percent: Some(pace),
        funding: Some(funding),
    };
    new.validate(&offering(), &funding_sources().unwrap(), []).unwrap()
}

/// The participants of the hand-worked table, by number.
fn participants() -> Vec<Vec<Participation>> {
    let first = day(2026, 8, 17);
    let asa = begun(1, first, 100);
    let bjorn = begun(2, first, 75).set_pace(day(2026, 10, 5), 100).unwrap();
    let cecilia = begun(3, first, 100).interrupt(day(2026, 9, 4), "Fick arbete").unwrap();
    let david = begun(4, first, 100).interrupt(day(2026, 9, 3), "Flyttade").unwrap();
    let elin = begun(5, first, 100).interrupt(day(2026, 10, 2), "Vård av förälder").unwrap();
    let elin_again = begun(5, day(2026, 11, 2), 100);
    let farid = planned(6, first, 100, "municipality").start(first).unwrap();
    let goran = begun(7, day(2026, 9, 7), 100);
    let hanna = begun(8, first, 100)
        .take_study_break(day(2026, 10, 5), Some(day(2026, 10, 23)))
        .unwrap()
        .resume(day(2026, 10, 24))
        .unwrap();
    let ines =
        planned(9, first, 100, "state-grant").cancel(day(2026, 8, 10), "Kom in på annan skola").unwrap();
    vec![
        vec![asa],
        vec![bjorn],
        vec![cecilia],
        vec![david],
        vec![elin_again, elin],
        vec![farid],
        vec![goran],
        vec![hanna],
        vec![ines],
    ]
}

fn ledgers<'r>(rules: &'r [RuleSet<WeekRules>], basis: Basis) -> Vec<Ledger<'r>> {
    let (offering, days) = (offering(), course_days());
    let course = GrantCourse::new(id(OFFERING), &offering, &days).unwrap();
    participants()
        .iter()
        .map(|of_one| course.ledger(of_one[0].person(), of_one, rules, basis).unwrap())
        .collect()
}

fn autumn() -> Period {
    period(day(2026, 8, 1), day(2026, 12, 31))
}

fn spring() -> Period {
    period(day(2027, 1, 1), day(2027, 6, 30))
}

#[test]
fn the_autumn_of_a_general_course_as_worked_by_hand() {
    let rules = week_rules().unwrap();
    let ledgers = ledgers(&rules, Basis::Planned);
    // The 15th course day is 4 September: three weeks of five days.
    let expected = [
        (168, 0),  // Åsa: 84 days / 5
        (151, 0),  // Björn: (34 days · 75 % + 50 days) / 5 = 75.5 / 5
        (30, 0),   // Cecilia left on the 15th course day: 15 / 5
        (0, 28),   // David left on the 14th: 14 / 5 do not count
        (138, 0),  // Elin: 34 days before she left, 35 after she came back, 69 / 5
        (0, 168),  // Farid's place is paid by his municipality
        (0, 138),  // Göran came after the 15th course day: 69 / 5 do not count
        (138, 30), // Hanna: 69 days, and 15 days of study break that do not count
        (0, 0),    // Ines never began
    ];
    for (ledger, (counted, not)) in ledgers.iter().zip(expected) {
        assert_eq!(ledger.weeks(&autumn()), tenths(counted), "{:?}", ledger.person);
        let reasons = ledger.within(&autumn()).filter(|day| day.not_counted.is_some());
        assert_eq!(reasons.map(|day| day.weeks).sum::<Fraction>(), tenths(not), "{:?}", ledger.person);
    }
    // 16.8 + 15.1 + 3 + 13.8 + 13.8
    assert_eq!(participant_weeks(&ledgers, &autumn()).amount, tenths(625));
    // In the spring course days are numbered anew, so that Göran counts: Åsa, Björn, Elin, Göran, Hanna, 5 · 102 / 5.
    assert_eq!(participant_weeks(&ledgers, &spring()).amount, Fraction::whole(102));
}

#[test]
fn every_figure_says_which_days_which_rule_and_which_source() {
    let rules = week_rules().unwrap();
    let ledgers = ledgers(&rules, Basis::Planned);
    let bjorn = ledgers[1].explain(&autumn());
    let told: Vec<_> = bjorn
        .iter()
        .map(|run| (run.days[0], run.days.len(), run.pace.percent(), run.weeks, run.not_counted))
        .collect();
    let expected = [
        (day(2026, 8, 17), 34, 75, tenths(51), None), // 34 · 3/4 / 5 = 5.1
        (day(2026, 10, 5), 50, 100, tenths(100), None), // 50 / 5
    ];
    assert_eq!(told, expected);
    let hanna: Vec<_> =
        ledgers[7].explain(&autumn()).into_iter().map(|run| (run.days.len(), run.not_counted)).collect();
    assert_eq!(hanna, [(34, None), (15, Some(NotCounted::StudyBreak)), (35, None)]);
    assert!(bjorn.iter().all(|run| run.rule.source.as_str().contains("15th course day")));
    // What is uncertain is told, and nothing is certified before somebody has accepted it.
    let measure = participant_weeks(&ledgers, &autumn());
    assert!(!measure.is_verified() && measure.rules[0].note.is_some());
    assert_eq!(may_be_certified(measure.rules, &[]).unwrap_err().0[0].pointer, "/rules/participant-week");
}

#[test]
fn figures_by_term_course_type_and_participant() {
    let rules = week_rules().unwrap();
    let ledgers = ledgers(&rules, Basis::Planned);
    let year = period(day(2026, 8, 1), day(2027, 7, 31));
    let by = TallyBy { term: true, course_type: true, ..TallyBy::default() };
    let found: Vec<_> = tally(&ledgers, &year, by)
        .into_iter()
        .map(|(key, totals)| {
            let key = format!("{} {}", key.term.unwrap(), key.course_type.unwrap());
            (key, totals.weeks, totals.participants, totals.not_counted)
        })
        .collect();
    let reasons =
        |pairs: &[(NotCounted, i64)]| pairs.iter().map(|(why, weeks)| (*why, tenths(*weeks))).collect();
    let expected = [
        (
            "2026ht 1".to_owned(),
            tenths(625),
            5,
            // Farid 16.8; David 2.8 and Göran 13.8; Hanna 3.
            reasons(&[
                (NotCounted::Funding, 168),
                (NotCounted::Threshold, 166),
                (NotCounted::StudyBreak, 30),
            ]),
        ),
        ("2027vt 1".to_owned(), Fraction::whole(102), 5, reasons(&[(NotCounted::Funding, 204)])),
    ];
    assert_eq!(found, expected);
    let by = TallyBy { person: true, ..TallyBy::default() };
    let of_each = tally(&ledgers, &year, by);
    assert_eq!(of_each.len(), 8, "Ines has no day");
    assert_eq!(of_each.values().map(|totals| totals.participants).sum::<usize>(), 6);
}

#[test]
fn both_units_are_computed_for_any_period_by_the_same_ledgers() {
    let (weeks, places, models) =
        (week_rules().unwrap(), year_place_rules().unwrap(), grant_models().unwrap());
    let ledgers = ledgers(&weeks, Basis::Planned);
    // Spring 2027, in force: 5 participants · 102 days / 175 = 510/175 = 102/35.
    let spring_places = year_places(&ledgers, &spring(), YearPlaceBy::InForce(&places)).unwrap();
    assert_eq!(spring_places.amount, Fraction::from_parts(102, 35).unwrap());
    assert!(!spring_places.as_if && !spring_places.is_verified());
    // Autumn 2026 as it would have been: 62.5 weeks are 312.5 days; / 175 = 25/14. The rules do not hold then.
    assert_eq!(
        year_places(&ledgers, &autumn(), YearPlaceBy::InForce(&places)).unwrap_err().rule,
        Rule::OutsidePeriod
    );
    let autumn_places = year_places(&ledgers, &autumn(), YearPlaceBy::AsIf(&places[0])).unwrap();
    assert_eq!((autumn_places.amount, autumn_places.as_if), (Fraction::from_parts(25, 14).unwrap(), true));
    // The last week of the autumn and the first of the spring, of Åsa alone: the reinforcement grant changes its unit
    // between them. 5 days are 1 week; 5 days are 5/175 of a year place. The activity grant is by weeks throughout: 10
    // days.
    let turn = period(day(2026, 12, 14), day(2027, 1, 15));
    let measures = grant_measures(&ledgers[..1], &turn, &models, YearPlaceBy::InForce(&places)).unwrap();
    let told: Vec<_> = measures
        .iter()
        .map(|((part, unit), measure)| (*part, *unit, measure.amount, measure.rules.len()))
        .collect();
    let expected = [
        (GrantPartKind::Activity, GrantUnit::ParticipantWeek, Fraction::whole(2), 3),
        (GrantPartKind::Reinforcement, GrantUnit::ParticipantWeek, Fraction::whole(1), 2),
        (GrantPartKind::Reinforcement, GrantUnit::YearPlace, Fraction::from_parts(1, 35).unwrap(), 3),
    ];
    assert_eq!(told, expected);
}

#[test]
fn what_is_held_is_told_from_what_is_planned() {
    let rules = week_rules().unwrap();
    let (offering, days) = (offering(), course_days());
    let course = GrantCourse::new(id(OFFERING), &offering, &days).unwrap();
    let asa = [begun(1, day(2026, 8, 17), 100)];
    let held = |last| course.ledger(id(1), &asa, &rules, Basis::HeldBy(last)).unwrap().weeks(&autumn());
    assert_eq!(
        held(day(2026, 9, 3)),
        Fraction::ZERO,
        "nobody knows yet that she is there on the 15th course day"
    );
    assert_eq!(held(day(2026, 9, 4)), Fraction::whole(3));
    assert_eq!(held(day(2026, 12, 31)), tenths(168));
    let waiting = [planned(1, day(2026, 8, 17), 100, "state-grant")];
    let reason = |basis| course.ledger(id(1), &waiting, &rules, basis).unwrap().days[0].not_counted;
    assert_eq!(reason(Basis::HeldBy(day(2026, 12, 31))), Some(NotCounted::NotBegun));
    assert_eq!(reason(Basis::Planned), None);
}

#[test]
fn each_parameter_is_heard() {
    let (offering, days) = (offering(), course_days());
    let (weeks, first) = (seed::WEEK_RULES[0].rules, day(2026, 8, 17));
    let figure = |new: NewWeekRules<'_>, person: usize| {
        let rules = [rule_set("participant-week", (FIRST_DATE, None), new.validate().unwrap())];
        let course = GrantCourse::new(id(OFFERING), &offering, &days).unwrap();
        let of_one = &participants()[person];
        course.ledger(of_one[0].person(), of_one, &rules, Basis::Planned).unwrap().weeks(&autumn())
    };
    let threshold =
        |day, of, within| NewWeekRules { threshold: Some(NewThreshold { day, of, within }), ..weeks };
    // Göran has been a participant on 15 course days, though not on the course's 15th: 69 / 5.
    assert_eq!(figure(threshold(15, "participant", "report-term"), 6), tenths(138));
    assert_eq!(figure(NewWeekRules { threshold: None, ..weeks }, 3), tenths(28), "David's 14 days");
    assert_eq!(
        figure(NewWeekRules { part_time: "as-full-time", ..weeks }, 1),
        tenths(168),
        "Björn's 84 days"
    );
    assert_eq!(
        figure(NewWeekRules { part_time: "not-counted", ..weeks }, 1),
        tenths(100),
        "his 50 full days"
    );
    assert_eq!(
        figure(NewWeekRules { counts_study_breaks: true, ..weeks }, 7),
        tenths(168),
        "all of Hanna's days"
    );
    assert_eq!(figure(NewWeekRules { funding: &["municipality"], ..weeks }, 5), tenths(168), "Farid's");
    assert_eq!(figure(NewWeekRules { course_types: &["2"], ..weeks }, 0), Fraction::ZERO);
    assert_eq!(figure(NewWeekRules { days_per_week: 4, ..weeks }, 0), Fraction::whole(21), "84 / 4");
    // Somebody leaves on Wednesday 14 October, after 34 + 8 = 42 course days: 8.4; with the week 44 days, 8.8; with the
    // term 84.
    let left = [begun(1, first, 100).interrupt(day(2026, 10, 14), "Fick arbete").unwrap()];
    for (interruption, expected) in [("last-day", 84), ("whole-week", 88), ("report-term", 168)] {
        let new = NewWeekRules { interruption, ..weeks };
        let rules = [rule_set("participant-week", (FIRST_DATE, None), new.validate().unwrap())];
        let course = GrantCourse::new(id(OFFERING), &offering, &days).unwrap();
        let ledger = course.ledger(id(1), &left, &rules, Basis::Planned).unwrap();
        assert_eq!(ledger.weeks(&autumn()), tenths(expected), "{interruption}");
        assert_eq!(ledger.weeks(&spring()), Fraction::ZERO, "{interruption}");
    }
    // At a distance, 60 percent of a day on site: 84 · 3/5 / 5 = 10.08.
    let far: Vec<_> = days.days().iter().map(|day| (day.day, DayForm::Distance)).collect();
    let far = CourseDays::new(&far, &summers()).unwrap();
    let course = GrantCourse::new(id(OFFERING), &offering, &far).unwrap();
    let new = NewWeekRules { distance_percent: 60, ..weeks };
    let rules = [rule_set("participant-week", (FIRST_DATE, None), new.validate().unwrap())];
    let ledger = course.ledger(id(1), &[begun(1, first, 100)], &rules, Basis::Planned).unwrap();
    assert_eq!(ledger.weeks(&autumn()).to_decimal(2), "10.08");
}

#[test]
fn subjects_of_a_course_and_strangers_are_refused() {
    let (offering, days) = (offering(), course_days());
    let subject = Offering { part_of: Some(id(OFFERING)), ..offering.clone() };
    let refusal = GrantCourse::new(id(2), &subject, &days).unwrap_err();
    assert_eq!((refusal.rule, refusal.pointer.as_str()), (Rule::Conflict, "/partOfId"));
    let course = GrantCourse::new(id(OFFERING), &offering, &days).unwrap();
    let two = [begun(1, day(2026, 8, 17), 100), begun(2, day(2026, 8, 17), 100)];
    let refusal = course.ledger(id(1), &two, &week_rules().unwrap(), Basis::Planned).unwrap_err();
    assert_eq!((refusal.rule, refusal.pointer.as_str()), (Rule::Conflict, "/1"));
    let until = rule_set(
        "participant-week",
        (FIRST_DATE, Some(day(2026, 12, 31))),
        week_rules().unwrap()[0].rules.clone(),
    );
    let refusal = course.ledger(id(1), &two[..1], &[until], Basis::Planned).unwrap_err();
    assert_eq!(refusal.rule, Rule::OutsidePeriod);
    assert!(refusal.detail.contains("2027-01-11"), "{refusal}");
}

/// Somebody's time in the course, as numbers: first day, change of pace, and what happened.
#[derive(Clone, Debug)]
struct Life {
    from: u64,
    pace: i32,
    change: Option<(u64, i32)>,
    rest: Option<(u64, u64)>,
    left: Option<u64>,
    again: Option<u64>,
}

impl Life {
    /// The participations of it, as far as they are possible.
    fn participations(&self, person: u128) -> Vec<Participation> {
        let at = |days: u64| day(2026, 8, 17) + Days::new(days);
        let mut one = begun(person, at(self.from), self.pace);
        if let Some((days, pace)) = self.change {
            one = one.clone().set_pace(at(days), pace).unwrap_or(one);
        }
        if let Some((days, length)) = self.rest {
            let rested =
                one.clone().take_study_break(at(days), None).and_then(|one| one.resume(at(days + length)));
            one = rested.unwrap_or(one);
        }
        let Some(left) = self.left else { return vec![one] };
        let Ok(ended) = one.clone().interrupt(at(left), "Avbrott") else { return vec![one] };
        match self.again {
            Some(days) if at(left + days) < day(2027, 6, 11) => {
                vec![ended, begun(person, at(left + days), 100)]
            }
            _ => vec![ended],
        }
    }
}

fn lives() -> impl Strategy<Value = Life> {
    let change = proptest::option::of((0..280u64, 1..=100i32));
    let rest = proptest::option::of((0..250u64, 1..60u64));
    (0..250u64, 1..=100i32, change, rest, proptest::option::of(0..290u64), proptest::option::of(1..60u64))
        .prop_map(|(from, pace, change, rest, left, again)| Life { from, pace, change, rest, left, again })
}

fn any_rules() -> impl Strategy<Value = WeekRules> {
    let threshold = proptest::option::of((
        1..40u32,
        proptest::sample::select(ThresholdOf::ALL),
        proptest::sample::select(ThresholdWithin::ALL),
    ));
    (
        1..=7u32,
        threshold,
        proptest::sample::select(PartTime::ALL),
        0..=100i32,
        proptest::sample::select(Interruption::ALL),
        any::<bool>(),
    )
        .prop_map(
            |(days_per_week, threshold, part_time, distance_percent, interruption, counts_study_breaks)| {
                let threshold = threshold.map(|(day, of, within)| NewThreshold {
                    day,
                    of: of.code(),
                    within: within.code(),
                });
                let new = NewWeekRules {
                    days_per_week,
                    threshold,
                    part_time: part_time.code(),
                    distance_percent,
                    interruption: interruption.code(),
                    counts_study_breaks,
                    ..seed::WEEK_RULES[0].rules
                };
                new.validate().unwrap()
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn weeks_add_up_over_any_split_and_do_not_depend_on_order(
        lives in proptest::collection::vec(lives(), 1..5),
        (old, new) in (any_rules(), any_rules()),
        (changed, cut, turn) in (0..300u64, 0..300u64, 0..200usize),
        forms in proptest::collection::vec(any::<bool>(), 186),
    ) {
        let first = day(2026, 8, 17);
        let changed = first + Days::new(changed);
        let rules = [
            rule_set("participant-week", (changed.succ_opt().unwrap(), None), new),
            rule_set("participant-week", (FIRST_DATE, Some(changed)), old),
        ];
        let offering = offering();
        let mut raw: Vec<_> = course_days()
            .days()
            .iter()
            .zip(forms)
            .map(|(day, far)| (day.day, if far { DayForm::Distance } else { DayForm::OnSite }))
            .collect();
        let days = CourseDays::new(&raw, &summers()).unwrap();
        let turn = turn % raw.len();
        raw.rotate_left(turn);
        raw.reverse();
        let turned = CourseDays::new(&raw, &summers()).unwrap();
        let course = GrantCourse::new(id(OFFERING), &offering, &days).unwrap();
        let turned = GrantCourse::new(id(OFFERING), &offering, &turned).unwrap();
        let mut ledgers = Vec::new();
        for (person, life) in (1..).zip(&lives) {
            let mut participations = life.participations(person);
            let ledger = course.ledger(id(person), &participations, &rules, Basis::Planned).unwrap();
            participations.reverse();
            let other = turned.ledger(id(person), &participations, &rules, Basis::Planned).unwrap();
            prop_assert_eq!(&other, &ledger);
            prop_assert!(ledger.days.is_sorted_by(|one, other| one.day < other.day), "a day counts once");
            ledgers.push(ledger);
        }
        let whole = period(first, day(2027, 6, 30));
        let cut = first + Days::new(cut);
        let parts = [period(first, cut), period(cut.succ_opt().unwrap(), day(2027, 6, 30))];
        let weeks = participant_weeks(&ledgers, &whole).amount;
        let split: Fraction = parts.iter().map(|part| participant_weeks(&ledgers, part).amount).sum();
        prop_assert_eq!(split, weeks);
        for by in [
            TallyBy::default(),
            TallyBy { term: true, ..TallyBy::default() },
            TallyBy { person: true, offering: true, course_type: true, term: true },
        ] {
            prop_assert_eq!(tally(&ledgers, &whole, by).values().map(|totals| totals.weeks).sum::<Fraction>(), weeks);
        }
        let places = year_place_rules().unwrap();
        let places = |part| year_places(&ledgers, part, YearPlaceBy::AsIf(&places[0])).unwrap().amount;
        prop_assert_eq!(parts.iter().map(places).sum::<Fraction>(), places(&whole));
        for ledger in &ledgers {
            let runs = ledger.explain(&whole);
            prop_assert_eq!(runs.iter().map(|run| run.days.len()).sum::<usize>(), ledger.days.len());
            let told: Fraction = runs.iter().filter(|run| run.not_counted.is_none()).map(|run| run.weeks).sum();
            prop_assert_eq!(told, ledger.weeks(&whole));
        }
    }

    #[test]
    fn the_rules_of_a_new_installation_are_what_they_say(life in lives(), held_by in 0..320u64) {
        let rules = week_rules().unwrap();
        let (offering, days) = (offering(), course_days());
        let course = GrantCourse::new(id(OFFERING), &offering, &days).unwrap();
        let participations = life.participations(1);
        let ledger = course.ledger(id(1), &participations, &rules, Basis::Planned).unwrap();
        // A fifth of the pace for each day attended, in each term in which the person had a place on the 15th course day.
        let mut expected = Fraction::ZERO;
        for (term, fifteenth) in [("2026ht", day(2026, 9, 4)), ("2027vt", day(2027, 1, 29))] {
            let has_place = |one: &Participation| one.held().unwrap().contains(fifteenth);
            if participations.iter().any(has_place) {
                for course_day in days.of_term(ReportTerm::parse(term).unwrap()) {
                    let there = participations.iter().find(|one| one.attends(course_day.day));
                    let pace = there.map_or(0, |one| one.pace().on(course_day.day).unwrap().percent());
                    expected = expected + Fraction::from_parts(pace.into(), 500).unwrap();
                }
            }
        }
        let year = period(day(2026, 8, 1), day(2027, 7, 31));
        prop_assert_eq!(ledger.weeks(&year), expected);
        // What has been held is never more than what is planned, and in the end as much.
        let by = |last| course.ledger(id(1), &participations, &rules, Basis::HeldBy(last)).unwrap().weeks(&year);
        prop_assert!(by(day(2026, 8, 1) + Days::new(held_by)) <= expected);
        prop_assert_eq!(by(day(2027, 6, 30)), expected);
    }
}
