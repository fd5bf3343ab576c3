use chrono::Days;
use proptest::prelude::*;

use super::*;
use crate::id::Id;
use crate::mobility_support::{
    Cause, CauseKind, Payment, changes, forecast, not_due, reconcile,
    seed::{MOBILITY_RULES, mobility_rules, rates},
};
use crate::organisation::{SummerRule, weekdays};
use crate::period::{FIRST_DATE, Period};
use crate::report::grant::{CourseDay, DayForm, NotCounted};
use crate::rule_set::tests::rule_set;

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

fn person(number: u128) -> PersonId {
    PersonId::from_uuid(uuid::Uuid::from_u128(number))
}

fn course_id() -> OfferingId {
    OfferingId::from_uuid(uuid::Uuid::from_u128(100))
}

fn term(raw: &str) -> ReportTerm {
    ReportTerm::parse(raw).unwrap()
}

fn code(raw: &str) -> Code {
    Code::new(raw).unwrap()
}

/// Monday to Friday of a term, but not in some weeks off.
fn days(first: NaiveDate, last: NaiveDate, off: &[(NaiveDate, NaiveDate)]) -> CourseDays {
    let summers = [SummerRule::new(Period::new(FIRST_DATE, None).unwrap(), 7, 1).unwrap()];
    let days = weekdays(first, last).filter(|day| !off.iter().any(|(from, to)| (from..=to).contains(&day)));
    CourseDays::new(&days.map(|day| (day, DayForm::OnSite)).collect::<Vec<_>>(), &summers).unwrap()
}

/// 17 August to 18 December 2026 less a study day and Höstlov: 84 course days in 17 calendar weeks.
fn autumn() -> CourseDays {
    let off = [(day(2026, 9, 18), day(2026, 9, 18)), (day(2026, 10, 26), day(2026, 10, 30))];
    days(day(2026, 8, 17), day(2026, 12, 18), &off)
}

/// The ledger of somebody with that pace on each day; none where the day does not count.
fn ledger<'r>(
    number: u128,
    days: &CourseDays,
    rule: &'r RuleMark,
    pace: impl Fn(&CourseDay) -> Option<i32>,
) -> Ledger<'r> {
    let five = NonZeroU32::new(5).unwrap();
    let of = |day: &CourseDay| {
        let counted = pace(day);
        let pace = Pace::new(counted.unwrap_or(100)).unwrap();
        let share = Fraction::hundredths(pace.percent().into());
        LedgerDay {
            day: day.day,
            term: day.term,
            form: day.form,
            pace,
            at_full_time: Fraction::whole(1),
            share,
            days_per_week: five,
            weeks: share.over(five),
            not_counted: counted.is_none().then_some(NotCounted::Threshold),
            rule,
        }
    };
    let days = days.days().iter().map(of).collect();
    Ledger { person: person(number), offering: course_id(), course_type: Some(code("1")), days }
}

fn home(region: &str, from: NaiveDate, to: Option<NaiveDate>) -> HomePeriod {
    HomePeriod { period: Period::new(from, to).unwrap(), region: Some(code(region)) }
}

/// Somebody who moves from Örebro to Stockholm, and lives there from that day.
fn moves_to_stockholm(on: NaiveDate) -> Vec<HomePeriod> {
    vec![home("01", on, None), home("18", day(2015, 1, 1), on.pred_opt())]
}

fn lives_in(region: &str) -> Vec<HomePeriod> {
    vec![home(region, day(2015, 1, 1), None)]
}

fn week_mark() -> RuleMark {
    rule_set("participant-week", (FIRST_DATE, None), ()).mark
}

/// Kronor with two decimals, in öre.
fn kr(kronor: &str) -> i64 {
    assert_eq!(kronor.find('.'), Some(kronor.len() - 3), "{kronor}");
    kronor.replace(['.', '_'], "").parse().unwrap()
}

/// Somebody's pace on a course day; none where the day does not count.
type PaceOn<'a> = &'a dyn Fn(&CourseDay) -> Option<i32>;

#[test]
fn the_autumn_of_2026_as_worked_by_hand() {
    let (rules, rates, mark, course_days) =
        (mobility_rules().unwrap(), rates().unwrap(), week_mark(), autumn());
    let (allman, orebro) = (code("1"), code("18"));
    // Taught at a branch in Örebro. Home region on 1 June 2026; 408 kr a week.
    let course = CourseInTerm {
        offering: course_id(),
        course_type: Some(&allman),
        days: &course_days,
        taught_in: Some(&orebro),
        term: term("2026ht"),
    };
    let full = |_: &CourseDay| Some(100);
    let three_quarters = |_: &CourseDay| Some(75);
    let slowing = |day: &CourseDay| Some(if day.day < self::day(2026, 10, 5) { 50 } else { 40 });
    let too_slow = |_: &CourseDay| Some(40);
    let unfunded = |_: &CourseDay| None;
    let both = vec![home("01", day(2015, 1, 1), None), home("03", day(2026, 5, 1), None)];
    use MobilityOutcome as Is;
    let table: [(PaceOn<'_>, Vec<HomePeriod>, Is, i64); 10] = [
        (&full, lives_in("01"), Is::Due, kr("6854.40")), // Åsa: 84 / 5 · 408
        (&three_quarters, lives_in("03"), Is::Due, kr("3427.20")), // Björn: half of 16.8 · 408, not of 12.6
        (&slowing, lives_in("12"), Is::Due, kr("1387.20")), // Cecilia: half of 34 / 5 · 408; 50 days give nothing
        (&full, lives_in("18"), Is::SameRegion, 0),         // David lives where he studies
        (&full, vec![], Is::HomeRegionUnknown, 0),          // Elin
        (&full, moves_to_stockholm(day(2026, 5, 15)), Is::Due, kr("6854.40")), // Farid moved before 1 June
        (&full, moves_to_stockholm(day(2026, 6, 15)), Is::SameRegion, 0), // Göran after
        (&full, both, Is::HomeRegionContradictory, 0),      // Hanna
        (&too_slow, lives_in("01"), Is::PaceTooLow, 0),     // Iris
        (&unfunded, lives_in("01"), Is::NothingCounted, 0), // Johan's place is not state funded
    ];
    let mut assessments = Vec::new();
    for (number, (pace, homes, outcome, ore)) in (1..).zip(&table) {
        let ledger = ledger(number, &course_days, &mark, pace);
        let assessment = course.assess(&ledger, homes, &rules, &rates).unwrap();
        assert_eq!((assessment.outcome, assessment.ore), (*outcome, *ore), "{number}");
        assert_eq!(assessment.reference, Some(day(2026, 6, 1)));
        assert_eq!(assessment.course_weeks, Fraction::whole(17));
        assessments.push(assessment);
    }
    assert_eq!(assessments[2].too_slow, Fraction::whole(10));
    assert_eq!(assessments[4].payable.to_decimal(1), "16.8", "what would be due is known without the region");
    let lines: Vec<_> = forecast(&assessments)
        .into_iter()
        .map(|((term, region), line)| {
            (format!("{term} {region}"), line.persons, line.payable.to_decimal(1), line.ore)
        })
        .collect();
    let expected = [
        ("2026ht 01", 2, "33.6", kr("13_708.80")), // Åsa and Farid
        ("2026ht 03", 1, "8.4", kr("3427.20")),
        ("2026ht 12", 1, "3.4", kr("1387.20")),
    ];
    assert_eq!(
        lines,
        expected.map(|(key, persons, weeks, ore)| (key.to_owned(), persons, weeks.to_owned(), ore))
    );
    let others = not_due(&assessments);
    assert_eq!(others[&(term("2026ht"), Is::SameRegion)].len(), 2);
    assert_eq!(others[&(term("2026ht"), Is::HomeRegionUnknown)][0].person, person(5));
    // Nobody outside has confirmed the rule of weeks below full time, nor the amount.
    let marks: Vec<_> = assessments[0].marks().map(|mark| (mark.code.as_str(), mark.verified)).collect();
    assert_eq!(marks, [("participant-week", true), ("mobility-support", false), ("mobility-rate", false)]);
    assert!(!format!("{:?}", assessments[0]).contains("01\""), "where somebody lives is not shown");
}

#[test]
fn a_past_term_follows_the_rule_of_its_time() {
    let (rules, rates, mark) = (mobility_rules().unwrap(), rates().unwrap(), week_mark());
    let (allman, orebro) = (code("1"), code("18"));
    // Spring 2022, home region on the first course day; 22 weeks of 5 days at 400 kr: 8 800 kr. Autumn 2022, on 1 June:
    // 17 weeks of 5 days, 6 800 kr.
    let spring = days(day(2022, 1, 10), day(2022, 6, 10), &[]);
    let autumn = days(day(2022, 8, 22), day(2022, 12, 16), &[]);
    let assess = |days: &CourseDays, of: &str, homes: &[HomePeriod]| {
        let course = CourseInTerm {
            offering: course_id(),
            course_type: Some(&allman),
            days,
            taught_in: Some(&orebro),
            term: term(of),
        };
        let ledger = ledger(1, days, &mark, |_| Some(100));
        let found = course.assess(&ledger, homes, &rules, &rates).unwrap();
        (found.reference.unwrap(), found.outcome, found.ore)
    };
    use MobilityOutcome::{Due, SameRegion};
    let before = moves_to_stockholm(day(2022, 1, 5));
    let after = moves_to_stockholm(day(2022, 1, 11));
    assert_eq!(assess(&spring, "2022vt", &before), (day(2022, 1, 10), Due, kr("8800.00")));
    assert_eq!(assess(&spring, "2022vt", &after), (day(2022, 1, 10), SameRegion, 0));
    let in_july = moves_to_stockholm(day(2022, 7, 1));
    assert_eq!(assess(&autumn, "2022ht", &after), (day(2022, 6, 1), Due, kr("6800.00")));
    assert_eq!(assess(&autumn, "2022ht", &in_july), (day(2022, 6, 1), SameRegion, 0));
}

#[test]
fn half_the_amount_for_the_same_weeks_whatever_the_pace() {
    let (rates, mark, allman, orebro) = (rates().unwrap(), week_mark(), code("1"), code("18"));
    let course_days = days(day(2026, 8, 17), day(2026, 12, 18), &[]);
    let amount = |pace, new: crate::mobility_support::NewMobilityRules<'_>| {
        let rules = [rule_set("mobility-support", (FIRST_DATE, None), new.validate().unwrap())];
        let course = CourseInTerm {
            offering: course_id(),
            course_type: Some(&allman),
            days: &course_days,
            taught_in: Some(&orebro),
            term: term("2026ht"),
        };
        let ledger = ledger(1, &course_days, &mark, |_| Some(pace));
        let found = course.assess(&ledger, &lives_in("01"), &rules, &rates).unwrap();
        (found.outcome, found.ore)
    };
    use crate::mobility_support::NewMobilityRules;
    let rules = MOBILITY_RULES[1].rules;
    // 18 weeks at 408 kr: 7 344 kr; half of it at 50 and at 75 percent.
    assert_eq!(amount(100, rules), (MobilityOutcome::Due, kr("7344.00")));
    assert_eq!(amount(75, rules), (MobilityOutcome::Due, kr("3672.00")));
    assert_eq!(amount(50, rules), (MobilityOutcome::Due, kr("3672.00")));
    assert_eq!(amount(49, rules), (MobilityOutcome::PaceTooLow, 0));
    // The other reading: 18 · 75 % · 408 · 50 %.
    assert_eq!(amount(75, NewMobilityRules { scaled_by_pace: true, ..rules }).1, kr("2754.00"));
    // The course's weeks decide, not the participant's.
    assert_eq!(amount(100, NewMobilityRules { least_weeks: 19, ..rules }).0, MobilityOutcome::CourseTooShort);
    let by_days = NewMobilityRules { course_length: "course-days", least_weeks: 18, ..rules };
    assert_eq!(amount(100, by_days).0, MobilityOutcome::Due);
    assert_eq!(
        amount(100, NewMobilityRules { course_types: &["2"], ..rules }).0,
        MobilityOutcome::CourseType
    );
}

#[test]
fn what_is_unknown_of_the_course_or_the_rate_is_an_outcome_of_its_own() {
    let (rules, rates, mark, allman, orebro) =
        (mobility_rules().unwrap(), rates().unwrap(), week_mark(), code("1"), code("18"));
    let course_days = days(day(2024, 1, 8), day(2024, 6, 7), &[]);
    let course = CourseInTerm {
        offering: course_id(),
        course_type: Some(&allman),
        days: &course_days,
        taught_in: Some(&orebro),
        term: term("2024vt"),
    };
    let ledger = ledger(1, &course_days, &mark, |_| Some(100));
    let outcome =
        |course: &CourseInTerm<'_>| course.assess(&ledger, &lives_in("01"), &rules, &rates).unwrap().outcome;
    assert_eq!(outcome(&course), MobilityOutcome::RateUnknown);
    assert_eq!(outcome(&CourseInTerm { taught_in: None, ..course }), MobilityOutcome::TeachingPlaceUnknown);
    assert_eq!(outcome(&CourseInTerm { term: term("2024ht"), ..course }), MobilityOutcome::CourseTooShort);
    let other = CourseInTerm { offering: OfferingId::from_uuid(uuid::Uuid::from_u128(1)), ..course };
    assert_eq!(other.assess(&ledger, &[], &rules, &rates).unwrap_err().rule, Rule::Conflict);
    let refusal = course.assess(&ledger, &[], &rules[1..], &[]).map(|found| found.outcome);
    assert_eq!(refusal, Ok(MobilityOutcome::HomeRegionUnknown), "the later rules hold in 2024");
    assert_eq!(course.assess(&ledger, &[], &rules[..1], &[]).unwrap_err().rule, Rule::OutsidePeriod);
}

#[test]
fn what_was_paid_is_explained_as_worked_by_hand() {
    let (rules, rates, mark, course_days) =
        (mobility_rules().unwrap(), rates().unwrap(), week_mark(), autumn());
    let (allman, orebro) = (code("1"), code("18"));
    let course = CourseInTerm {
        offering: course_id(),
        course_type: Some(&allman),
        days: &course_days,
        taught_in: Some(&orebro),
        term: term("2026ht"),
    };
    let full = |number| ledger(number, &course_days, &mark, |_| Some(100));
    let assess = |number, region| course.assess(&full(number), &lives_in(region), &rules, &rates).unwrap();
    // Reported: Åsa and Björn of Stockholm, Cecilia of Uppsala, David of Skåne, Elin of Gotland; each 16.8 weeks, 6
    // 854.40 kr.
    let reported = [assess(1, "01"), assess(2, "01"), assess(3, "03"), assess(4, "12"), assess(5, "09")];
    // Since then Björn's home region was corrected to Örebro.
    let today = [assess(5, "09"), assess(4, "12"), assess(3, "03"), assess(2, "18"), assess(1, "01")];
    let paid = |region, kronor, weeks: Option<(i64, i64)>| Payment {
        term: term("2026ht"),
        region: code(region),
        ore: kr(kronor),
        weeks: weeks.map(|(numerator, denominator)| Fraction::from_parts(numerator, denominator).unwrap()),
    };
    let payments = [
        paid("01", "10_000.00", Some((25, 1))), // two payments, of 25 and 8.6 weeks: as reported
        paid("01", "3708.80", Some((43, 5))),
        paid("03", "6120.00", Some((15, 1))), // 15 weeks at 408 kr
        paid("12", "6720.00", Some((84, 5))), // 16.8 weeks at 400 kr
        paid("25", "100.00", None),           // Norrbotten, from where nobody comes
    ];
    let found = reconcile(&reported, &today, &payments).unwrap();
    let told: Vec<_> =
        found.iter().map(|one| (one.region.as_str(), one.expected, one.paid, one.causes.clone())).collect();
    let cause = |kind, kronor| vec![Cause { kind, ore: kr(kronor) }];
    let expected = [
        ("01", kr("6854.40"), kr("13_708.80"), cause(CauseKind::ChangedSince, "6854.40")),
        ("03", kr("6854.40"), kr("6120.00"), cause(CauseKind::Weeks, "-734.40")), // 1.8 weeks fewer, at 408 kr
        ("09", kr("6854.40"), 0, cause(CauseKind::NotPaid, "-6854.40")),
        ("12", kr("6854.40"), kr("6720.00"), cause(CauseKind::Rate, "-134.40")), // 8 kr less for 16.8 weeks
        ("25", 0, kr("100.00"), cause(CauseKind::NotExpected, "100.00")),
    ];
    assert_eq!(told, expected);
    let changed = changes(&reported, &today);
    assert_eq!(changed.len(), 1);
    let bjorn = &changed[0];
    assert_eq!((bjorn.person, bjorn.moved, bjorn.ore), (person(2), true, kr("-6854.40")));
    assert_eq!((bjorn.before, bjorn.now), (Some(MobilityOutcome::Due), Some(MobilityOutcome::SameRegion)));
}

/// Somebody's moves, as days from the first of January 2025 and regions, and paces by week.
type Life = (Vec<(u64, &'static str)>, Vec<i32>);

fn lives() -> impl Strategy<Value = Life> {
    let region = proptest::sample::select(&["01", "03", "12", "18", "25"][..]);
    (proptest::collection::vec((0..700u64, region), 0..5), proptest::collection::vec(1..=100i32, 1..6))
}

/// The days on which somebody lived where: each move ends the home before it.
fn homes(moves: &[(u64, &str)]) -> Vec<HomePeriod> {
    let mut moves = moves.to_vec();
    moves.sort_unstable();
    moves.dedup_by_key(|(day, _)| *day);
    let at = |days: u64| day(2025, 1, 1) + Days::new(days);
    (0..moves.len())
        .map(|place| {
            let until = moves.get(place + 1).and_then(|(next, _)| at(*next).pred_opt());
            home(moves[place].1, at(moves[place].0), until)
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn nothing_depends_on_the_order_of_events(
        lives in proptest::collection::vec(lives(), 1..6),
        paid in proptest::collection::vec((0..5usize, -1_000_000..3_000_000i64, proptest::option::of(1..60i64)), 0..6),
        turn in 0..5usize,
    ) {
        let (rules, rates, mark, course_days) =
            (mobility_rules().unwrap(), rates().unwrap(), week_mark(), autumn());
        let (mut turned_rules, mut turned_rates) = (rules.clone(), rates.clone());
        turned_rules.reverse();
        turned_rates.rotate_left(turn);
        let (allman, orebro) = (code("1"), code("18"));
        let course = CourseInTerm {
            offering: course_id(),
            course_type: Some(&allman),
            days: &course_days,
            taught_in: Some(&orebro),
            term: term("2026ht"),
        };
        let (mut found, mut turned) = (Vec::new(), Vec::new());
        for (number, (moves, paces)) in (1..).zip(&lives) {
            let first = course_days.days()[0].day;
            let ledger = ledger(number, &course_days, &mark, |day| {
                let week = usize::try_from((day.day - first).num_weeks()).unwrap();
                Some(paces[week % paces.len()])
            });
            let mut homes = homes(moves);
            let one = course.assess(&ledger, &homes, &rules, &rates).unwrap();
            homes.reverse();
            let other = course.assess(&ledger, &homes, &turned_rules, &turned_rates).unwrap();
            prop_assert_eq!(&one, &other);
            // Where somebody lived on any other day than the reference date says nothing.
            let there: Vec<_> = homes.iter().filter(|home| home.period.contains(day(2026, 6, 1))).cloned().collect();
            prop_assert_eq!(course.assess(&ledger, &there, &rules, &rates).unwrap(), one.clone());
            found.push(one);
            turned.push(other);
        }
        turned.reverse();
        let lines = forecast(&found);
        prop_assert_eq!(&forecast(&turned), &lines);
        prop_assert_eq!(lines.values().map(|line| line.ore).sum::<i64>(), found.iter().map(|one| one.ore).sum::<i64>());
        let mut payments: Vec<_> = paid
            .iter()
            .map(|(region, ore, weeks)| Payment {
                term: term("2026ht"),
                region: code(["01", "03", "12", "18", "25"][*region]),
                ore: *ore,
                weeks: weeks.map(Fraction::whole),
            })
            .collect();
        // Some of what was reported is no longer there.
        let today = &found[..found.len() - turn.min(found.len())];
        let reconciled = reconcile(&found, today, &payments).unwrap();
        payments.reverse();
        prop_assert_eq!(&reconcile(&turned, today, &payments).unwrap(), &reconciled);
        for one in &reconciled {
            prop_assert_eq!(one.causes.iter().map(|cause| cause.ore).sum::<i64>(), one.difference());
        }
        let difference: i64 = reconciled.iter().map(|one| one.difference()).sum();
        let expected: i64 = today.iter().map(|one| one.ore).sum();
        prop_assert_eq!(difference, paid.iter().map(|(_, ore, _)| ore).sum::<i64>() - expected);
    }
}
