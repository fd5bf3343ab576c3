//! The machine is tested with examples from a school year, and with arbitrary commands.

use proptest::prelude::*;

use super::*;
use crate::code::seed;
use crate::course::{NewCourse, NewOffering, OfferingContext, admit};
use crate::id::{Id, TermId};
use crate::organisation::NewTerm;
use crate::participation::*;
use crate::refusal::Refusals;

fn day(month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, month, day).unwrap()
}

fn id<T: Id>(number: u128) -> T {
    T::from_uuid(uuid::Uuid::from_u128(number))
}

/// "Musiklinjen" at Väggarps folkhögskola, 17 August to 18 December 2026.
fn offering() -> Offering {
    let (first_day, last_day) = (day(8, 17), day(12, 18));
    let term = NewTerm { school_unit: None, kind: "autumn", first_day, last_day, name: "HT 2026" };
    let course = NewCourse {
        code: "MUS",
        title: "Musiklinjen",
        subject_code: None,
        kind: "course",
        points: None,
        valid: (day(1, 1), None),
    };
    NewOffering {
        course: id(1),
        school_unit: id(2),
        title: "Musiklinjen, hösten",
        terms: vec![id(3)],
        first_day,
        last_day,
        course_type: Some("2"),
        course_numbers: Default::default(),
        form: "on-site",
        pace_percent: 100,
        planned_hours: None,
        course_days: Some(85),
        meeting_days: None,
        site: None,
        capacity: Some(3),
        part_of: None,
    }
    .validate(&OfferingContext {
        course: &course.validate().unwrap(),
        terms: &[(id::<TermId>(3), term.validate().unwrap())],
        course_types: &seed::course_types().unwrap(),
        site: None,
        outer: None,
    })
    .unwrap()
}

fn new(from: NaiveDate, to: Option<NaiveDate>) -> NewParticipation<'static> {
    NewParticipation {
        person: id(100),
        offering: id(200),
        period: (from, to),
        pace_percent: None,
        funding: Some("state-grant"),
    }
}

fn check(new: NewParticipation<'_>, others: &[Participation]) -> Result<Participation, Refusals> {
    new.validate(&offering(), &seed::funding_sources().unwrap(), others)
}

fn planned() -> Participation {
    check(new(day(8, 17), None), &[]).unwrap()
}

fn active() -> Participation {
    planned().start(day(8, 17)).unwrap()
}

fn place<T: std::fmt::Debug>(result: Result<T, Refusal>) -> (String, Rule) {
    let refusal = result.unwrap_err();
    (refusal.pointer, refusal.rule)
}

fn at(pointer: &str, rule: Rule) -> (String, Rule) {
    (pointer.to_owned(), rule)
}

#[test]
fn an_autumn_with_a_study_break() {
    let participation = active().take_study_break(day(9, 14), Some(day(9, 25))).unwrap();
    assert!(participation.attends(day(9, 11)) && !participation.attends(day(9, 14)));
    assert!(participation.attends(day(9, 28)), "the break was planned until the 25th");
    let participation = participation.resume(day(10, 5)).unwrap();
    assert_eq!(participation.breaks(), [Period::new(day(9, 14), Some(day(10, 4))).unwrap()]);
    assert!(!participation.attends(day(9, 28)) && participation.attends(day(10, 5)));
    let participation = participation.complete(day(12, 18)).unwrap();
    assert_eq!(participation.state().code().code(), "completed");
    assert_eq!(participation.held(), Some(participation.period()));
    assert!(!participation.occupies_place());
}

#[test]
fn the_period_lies_within_the_offering() {
    let first = |new| check(new, &[]).unwrap_err().0.remove(0);
    let refusal = first(new(day(8, 16), None));
    assert_eq!((refusal.pointer.as_str(), refusal.rule), ("/period/from", Rule::OutsidePeriod));
    assert_eq!(first(new(day(8, 17), Some(day(12, 19)))).pointer, "/period/to");
    assert_eq!(first(new(day(8, 17), Some(day(8, 16)))).rule, Rule::PeriodReversed);
    assert_eq!(planned().period().to(), Some(day(12, 18)), "it ends with the offering");
    let wrong =
        NewParticipation { pace_percent: Some(0), funding: Some("lottery"), ..new(NaiveDate::MIN, None) };
    let pointers: Vec<_> =
        check(wrong, &[]).unwrap_err().0.into_iter().map(|refusal| refusal.pointer).collect();
    assert_eq!(pointers, ["/period/from", "/pacePercent", "/fundingCode"]);
}

#[test]
fn a_step_from_the_wrong_state_says_what_it_is() {
    let refusal = active().start(day(8, 18)).unwrap_err();
    assert_eq!(refusal.rule, Rule::State);
    assert_eq!(
        refusal.detail,
        "the participation cannot be started: it is active, and only a planned participation can"
    );
    assert_eq!(place(planned().complete(day(12, 18))).1, Rule::State);
    assert_eq!(place(planned().interrupt(day(9, 1), "Flyttar")).1, Rule::State);
    assert_eq!(place(planned().take_study_break(day(9, 1), None)).1, Rule::State);
    assert_eq!(place(active().resume(day(9, 1))).1, Rule::State);
    assert_eq!(place(active().cancel(day(9, 1), "Fick plats på annan skola")).1, Rule::State);
}

#[test]
fn dates_that_cannot_be_are_refused() {
    assert_eq!(place(planned().start(day(8, 16))), at("/on", Rule::OutsidePeriod));
    assert_eq!(place(active().interrupt(day(12, 19), "Flyttar")), at("/on", Rule::OutsidePeriod));
    assert_eq!(place(active().interrupt(day(9, 1), " ")), at("/reason", Rule::Required));
    assert_eq!(place(active().take_study_break(day(9, 2), Some(day(9, 1)))), at("/to", Rule::PeriodReversed));
    assert_eq!(
        place(active().take_study_break(day(9, 2), Some(day(12, 24)))),
        at("/to", Rule::OutsidePeriod)
    );
    let away = active().take_study_break(day(9, 14), Some(day(9, 25))).unwrap();
    assert_eq!(place(away.clone().resume(day(9, 14))), at("/on", Rule::OutsidePeriod));
    assert_eq!(place(away.clone().interrupt(day(9, 11), "Flyttar")), at("/on", Rule::OutsidePeriod));
    let back = away.resume(day(9, 28)).unwrap();
    assert_eq!(place(back.clone().take_study_break(day(9, 27), None)), at("/from", Rule::Overlap));
    assert_eq!(place(back.clone().complete(day(9, 27))), at("/on", Rule::OutsidePeriod));
    assert!(back.take_study_break(day(9, 28), None).is_ok());
    assert_eq!(place(planned().cancel(day(12, 19), "Kom aldrig")), at("/on", Rule::OutsidePeriod));
}

#[test]
fn leaving_during_a_study_break_keeps_the_break() {
    let away = || active().take_study_break(day(9, 14), Some(day(9, 25))).unwrap();
    let left = away().interrupt(day(9, 18), "Börjar arbeta").unwrap();
    assert_eq!(left.breaks(), [Period::new(day(9, 14), Some(day(9, 18))).unwrap()]);
    let left = away().interrupt(day(10, 2), "Börjar arbeta").unwrap();
    assert_eq!(left.breaks(), [Period::new(day(9, 14), Some(day(9, 25))).unwrap()]);
    assert_eq!(left.held(), Some(Period::new(day(8, 17), Some(day(10, 2))).unwrap()));
}

#[test]
fn readmission_begins_after_the_last_day() {
    let sources = seed::funding_sources().unwrap();
    let readmit = |earlier: &Participation, from| earlier.readmit(new(from, None), &offering(), &sources, []);
    assert_eq!(readmit(&active(), day(11, 2)).unwrap_err().0[0].rule, Rule::State);
    let left = active().interrupt(day(9, 30), "Sjukdom i familjen").unwrap();
    assert_eq!(readmit(&left, day(9, 30)).unwrap_err().0[0].rule, Rule::Overlap);
    let again = readmit(&left, day(10, 1)).unwrap();
    assert_eq!(again.state(), &State::Planned);
    assert!(no_overlapping_participation(&left, [&again]).is_ok());
    let cancelled = planned().cancel(day(8, 1), "Återbud").unwrap();
    assert!(readmit(&cancelled, day(8, 17)).is_ok());
    let other = NewParticipation { person: id(101), ..new(day(11, 2), None) };
    assert_eq!(left.readmit(other, &offering(), &sources, []).unwrap_err().0[0].rule, Rule::Conflict);
}

#[test]
fn nobody_is_twice_in_an_offering_on_one_day() {
    let refusals = check(new(day(10, 1), None), &[active()]).unwrap_err();
    assert_eq!((refusals.0[0].rule, refusals.0[0].pointer.as_str()), (Rule::Overlap, "/period"));
    let other_person = NewParticipation { person: id(101), ..new(day(10, 1), None) };
    assert!(check(other_person, &[active()]).is_ok());
    let left = active().interrupt(day(9, 30), "Flyttar").unwrap();
    let again = check(new(day(10, 1), None), std::slice::from_ref(&left)).unwrap();
    // Undoing the interruption would make the person take part twice.
    let undone = left.correct_state(State::Active, vec![], "Fel deltagare avbröts").unwrap();
    assert_eq!(undone.reason.as_str(), "Fel deltagare avbröts");
    assert!(no_overlapping_participation(&undone.participation, [&again]).is_err());
}

#[test]
fn a_mistake_is_undone_with_a_reason() {
    let away = active().take_study_break(day(9, 14), None).unwrap();
    let left = away.clone().interrupt(day(10, 2), "Flyttar").unwrap();
    assert_eq!(place(left.clone().correct_state(State::Active, vec![], "")), at("/reason", Rule::Required));
    let state = away.state().clone();
    let breaks = left.breaks().to_vec();
    assert_eq!(
        place(left.clone().correct_state(state.clone(), breaks, "Fel knapp")),
        at("/from", Rule::Overlap),
        "the break cannot be over and go on"
    );
    assert_eq!(left.clone().correct_state(state, vec![], "Fel knapp").unwrap().participation, away);
    let breaks = left.breaks().to_vec();
    assert_eq!(place(left.correct_state(State::Planned, breaks, "Fel knapp")), at("/breaks", Rule::Conflict));
}

#[test]
fn corrected_dates_keep_what_has_happened() {
    let away = active().take_study_break(day(9, 14), Some(day(9, 25))).unwrap();
    let moved = away.clone().correct_dates((day(8, 24), Some(day(11, 27))), &offering()).unwrap();
    assert_eq!(moved.pace().period(), moved.period());
    assert_eq!(moved.period(), Period::new(day(8, 24), Some(day(11, 27))).unwrap());
    assert_eq!(
        place(away.clone().correct_dates((day(9, 15), None), &offering())),
        at("/from", Rule::OutsidePeriod)
    );
    assert_eq!(
        place(away.clone().correct_dates((day(8, 17), Some(day(9, 24))), &offering())),
        at("/to", Rule::OutsidePeriod)
    );
    assert_eq!(
        place(away.correct_dates((day(8, 1), None), &offering())),
        at("/period/from", Rule::OutsidePeriod)
    );
}

#[test]
fn pace_and_funding_change_on_their_days() {
    let sources = seed::funding_sources().unwrap();
    let half = active().set_pace(day(10, 1), 50).unwrap();
    assert_eq!(half.pace().on(day(9, 30)).map(|pace| pace.percent()), Some(100));
    assert_eq!(half.pace().on(day(10, 1)).map(|pace| pace.percent()), Some(50));
    assert_eq!(place(half.clone().set_pace(day(10, 1), 101)), at("/pacePercent", Rule::OutOfRange));
    assert_eq!(place(half.clone().set_pace(day(12, 19), 50)), at("/from", Rule::OutsidePeriod));
    let paid = half.set_funding(day(11, 1), Some("municipality"), &sources).unwrap();
    assert_eq!(paid.funding().on(day(11, 1)).unwrap().as_ref().unwrap().as_str(), "municipality");
    assert_eq!(
        place(paid.clone().set_funding(day(11, 1), Some("kommun"), &sources)),
        at("/fundingCode", Rule::UnknownCode)
    );
    assert_eq!(
        paid.clone().set_funding(day(8, 17), None, &sources).unwrap().funding().on(day(8, 17)),
        Some(&None)
    );
    let left = paid.interrupt(day(9, 30), "Flyttar").unwrap();
    assert_eq!(place(left.set_pace(day(10, 1), 50)), at("/from", Rule::OutsidePeriod));
    let cancelled = planned().cancel(day(8, 1), "Återbud").unwrap();
    assert_eq!(place(cancelled.set_pace(day(9, 1), 50)).1, Rule::State);
}

#[test]
fn a_reason_stays_out_of_logs() {
    let left = active().interrupt(day(9, 30), "Diagnos ställd på sjukhus").unwrap();
    let shown = format!("{left:?} {:?} {:?}", left.to_record(), left.state().to_record());
    assert!(!shown.contains("Diagnos"), "{shown}");
    assert_eq!(left.to_record().state.reason.as_deref(), Some("Diagnos ställd på sjukhus"));
}

#[test]
fn records_that_do_not_fit_are_refused() {
    let record = |code: &str, from, to, reason: Option<&str>| {
        let record = StateRecord { code: code.into(), from, to, reason: reason.map(Into::into) };
        let refusals = State::from_record(record).unwrap_err().0;
        refusals.into_iter().map(|refusal| (refusal.pointer, refusal.rule)).collect::<Vec<_>>()
    };
    let (one, two) = (Some(day(9, 1)), Some(day(9, 2)));
    assert_eq!(record("paused", None, None, None), [at("/code", Rule::UnknownCode)]);
    assert_eq!(
        record("active", one, two, Some("Flyttar")),
        [at("/from", Rule::Conflict), at("/to", Rule::Conflict), at("/reason", Rule::Conflict)]
    );
    assert_eq!(record("study-break", None, None, None), [at("/from", Rule::Required)]);
    assert_eq!(record("study-break", two, one, None), [at("/to", Rule::PeriodReversed)]);
    assert_eq!(record("completed", one, two, None), [at("/to", Rule::Conflict)]);
    assert_eq!(record("interrupted", one, None, None), [at("/reason", Rule::Required)]);
    assert_eq!(record("cancelled", one, None, Some("\0")), [at("/reason", Rule::ForbiddenCharacter)]);

    let mut record = planned().to_record();
    record.pace.clear();
    record.funding[0].value = Some("å".into());
    record.state.code = "interrupted".into();
    let pointers: Vec<_> = Participation::from_record(record)
        .unwrap_err()
        .0
        .into_iter()
        .map(|refusal| refusal.pointer)
        .collect();
    assert_eq!(pointers, ["/pace", "/funding", "/state/from", "/state/reason"]);
    let mut record = planned().to_record();
    record.state = StateRecord { code: "completed".into(), from: Some(day(12, 24)), to: None, reason: None };
    assert_eq!(Participation::from_record(record).unwrap_err().0[0].rule, Rule::OutsidePeriod);
}

#[test]
fn parallel_studies_are_looked_at() {
    let part = |number, from, percent| {
        let new = NewParticipation { offering: id(number), pace_percent: Some(percent), ..new(from, None) };
        check(new, &[]).unwrap()
    };
    assert_eq!(parallel_warnings(&[part(1, day(8, 17), 50), part(2, day(8, 17), 50)]), []);
    let warnings = parallel_warnings(&[part(1, day(8, 17), 75), part(2, day(8, 24), 50)]);
    assert_eq!(
        warnings,
        [
            ParallelWarning::DifferentDates { one: id(1), other: id(2) },
            ParallelWarning::AboveFullTime { from: day(8, 24), percent: 125 }
        ]
    );
    let cancelled = part(1, day(8, 17), 75).cancel(day(8, 1), "Återbud").unwrap();
    assert_eq!(parallel_warnings(&[cancelled, part(2, day(8, 24), 50)]), []);
}

#[derive(Clone, Debug)]
enum Command {
    Start(NaiveDate),
    Break(NaiveDate, Option<NaiveDate>),
    Resume(NaiveDate),
    Interrupt(NaiveDate),
    Complete(NaiveDate),
    Cancel(NaiveDate),
    Dates(NaiveDate, Option<NaiveDate>),
    Pace(NaiveDate, i32),
    Funding(NaiveDate, Option<&'static str>),
    Correct(StateCode, NaiveDate, Option<NaiveDate>),
}

/// Days around the offering: some fall before it and some after.
fn some_day() -> impl Strategy<Value = NaiveDate> {
    (0..140u64).prop_map(|number| day(8, 10) + Days::new(number))
}

fn command() -> impl Strategy<Value = Command> {
    let maybe = || proptest::option::of(some_day());
    let code = proptest::sample::select(StateCode::ALL);
    prop_oneof![
        4 => some_day().prop_map(Command::Start),
        4 => (some_day(), maybe()).prop_map(|(from, to)| Command::Break(from, to)),
        4 => some_day().prop_map(Command::Resume),
        2 => some_day().prop_map(Command::Interrupt),
        2 => some_day().prop_map(Command::Complete),
        1 => some_day().prop_map(Command::Cancel),
        2 => (some_day(), maybe()).prop_map(|(from, to)| Command::Dates(from, to)),
        2 => (some_day(), -1..120i32).prop_map(|(from, percent)| Command::Pace(from, percent)),
        2 => (some_day(), proptest::option::of(Just("own-fee"))).prop_map(|(from, code)| Command::Funding(from, code)),
        4 => (code, some_day(), maybe()).prop_map(|(code, from, to)| Command::Correct(code, from, to)),
    ]
}

/// Carries a command out, apart from the rule over several participations.
fn carry_out(
    participation: Participation,
    command: &Command,
    offering: &Offering,
    sources: &[CodeEntry],
) -> Result<Participation, Refusal> {
    let reason = "Enligt anmälan";
    match *command {
        Command::Start(on) => participation.start(on),
        Command::Break(from, to) => participation.take_study_break(from, to),
        Command::Resume(on) => participation.resume(on),
        Command::Interrupt(on) => participation.interrupt(on, reason),
        Command::Complete(on) => participation.complete(on),
        Command::Cancel(on) => participation.cancel(on, reason),
        Command::Dates(from, to) => participation.correct_dates((from, to), offering),
        Command::Pace(from, percent) => participation.set_pace(from, percent),
        Command::Funding(from, code) => participation.set_funding(from, code, sources),
        Command::Correct(code, on, to) => {
            let told = Reason::new(reason)?;
            let state = match code {
                StateCode::Planned => State::Planned,
                StateCode::Active => State::Active,
                StateCode::StudyBreak => State::OnStudyBreak { from: on, to },
                StateCode::Interrupted => State::Interrupted { on, reason: told },
                StateCode::Completed => State::Completed { on },
                StateCode::Cancelled => State::CancelledBeforeStart { on, reason: told },
            };
            let breaks = participation.breaks().to_vec();
            Ok(participation.correct_state(state, breaks, reason)?.participation)
        }
    }
}

/// The arrows of the module's picture.
fn arrow(from: StateCode, command: &Command) -> Option<StateCode> {
    use StateCode::{Active, Cancelled, Completed, Interrupted, Planned, StudyBreak};
    match (from, command) {
        (Planned, Command::Start(_)) | (StudyBreak, Command::Resume(_)) => Some(Active),
        (Active, Command::Break(..)) => Some(StudyBreak),
        (Active | StudyBreak, Command::Interrupt(_)) => Some(Interrupted),
        (Active, Command::Complete(_)) => Some(Completed),
        (Planned, Command::Cancel(_)) => Some(Cancelled),
        (_, Command::Dates(..)) => Some(from),
        (Cancelled, Command::Pace(..) | Command::Funding(..)) => None,
        (_, Command::Pace(..) | Command::Funding(..)) => Some(from),
        (_, Command::Correct(to, ..)) => Some(*to),
        _ => None,
    }
}

/// Everything that must be true, told apart from the code that keeps it so.
fn assert_possible(participation: &Participation, offering: &Offering) {
    let period = participation.period();
    assert!(offering.period.covers(&period));
    let mut last = None;
    for finished in participation.breaks() {
        assert!(period.covers(finished) && finished.to().is_some());
        assert!(last.is_none_or(|last| last < finished.from()), "breaks follow each other in time");
        last = finished.to();
    }
    let not_begun = |state: &State| matches!(state, State::Planned | State::CancelledBeforeStart { .. });
    assert!(!not_begun(participation.state()) || participation.breaks().is_empty());
    match participation.state() {
        State::OnStudyBreak { from, to } => {
            assert!(period.contains(*from) && last.is_none_or(|last| last < *from));
            assert!(to.is_none_or(|to| *from <= to && period.contains(to)));
        }
        State::Interrupted { on, .. } => assert!(period.contains(*on) && last.is_none_or(|last| last <= *on)),
        State::Completed { on } => assert!(period.contains(*on) && last.is_none_or(|last| last < *on)),
        State::CancelledBeforeStart { on, .. } => assert!(period.to().is_none_or(|to| *on <= to)),
        State::Planned | State::Active => {}
    }
    for number in (0..140).step_by(7) {
        let today = day(8, 10) + Days::new(number);
        assert_eq!(participation.pace().on(today).is_some(), period.contains(today));
        assert_eq!(participation.funding().on(today).is_some(), period.contains(today));
        if participation.attends(today) {
            assert!(participation.held().is_some_and(|held| held.contains(today) && period.covers(&held)));
        }
    }
    let record = participation.to_record();
    assert_eq!(Participation::from_record(record).as_ref(), Ok(participation), "nothing is lost in storage");
    assert_eq!(State::from_record(participation.state().to_record()).as_ref(), Ok(participation.state()));
}

/// The last day of which a participation tells something that has happened.
fn told_until(participation: &Participation) -> Option<NaiveDate> {
    let state = match participation.state() {
        State::OnStudyBreak { from, .. } => Some(*from),
        State::Interrupted { on, .. } | State::Completed { on } => Some(*on),
        State::Planned | State::Active | State::CancelledBeforeStart { .. } => None,
    };
    state.max(participation.breaks().last().and_then(Period::to))
}

proptest! {
    #[test]
    fn no_commands_lead_to_an_impossible_state(commands in proptest::collection::vec(command(), 0..80)) {
        let (offering, sources) = (offering(), seed::funding_sources().unwrap());
        let mut participation = planned();
        for command in &commands {
            let before = participation.clone();
            match carry_out(participation, command, &offering, &sources) {
                Ok(after) => {
                    prop_assert_eq!(Some(after.state().code()), arrow(before.state().code(), command));
                    assert_possible(&after, &offering);
                    let corrects = matches!(command, Command::Correct(..));
                    prop_assert!(corrects || told_until(&before) <= told_until(&after), "time goes forward");
                    participation = after;
                }
                Err(refusal) => {
                    let allowed = arrow(before.state().code(), command).is_some();
                    prop_assert_eq!(allowed, refusal.rule != Rule::State, "{}", refusal);
                    participation = before;
                }
            }
        }
    }

    #[test]
    fn places_are_counted_as_they_are_taken_and_left(
        steps in proptest::collection::vec((0..6usize, command()), 0..60),
    ) {
        let (offering, sources) = (offering(), seed::funding_sources().unwrap());
        let mut people: Vec<Option<Participation>> = vec![None; 6];
        let mut occupied: u32 = 0;
        for (who, command) in steps {
            let next = match people[who].take() {
                None if admit(offering.capacity, occupied, 1).is_ok() => {
                    let person = id(u128::try_from(who).unwrap());
                    occupied += 1;
                    Some(check(NewParticipation { person, ..new(day(8, 17), None) }, &[]).unwrap())
                }
                None => None,
                Some(before) => {
                    let taken = before.occupies_place();
                    let after = carry_out(before.clone(), &command, &offering, &sources);
                    let after = after.ok().filter(|after| {
                        taken || !after.occupies_place() || admit(offering.capacity, occupied, 1).is_ok()
                    });
                    let after = after.unwrap_or(before);
                    occupied = occupied - u32::from(taken) + u32::from(after.occupies_place());
                    Some(after)
                }
            };
            people[who] = next;
            let counted = occupied_places(people.iter().flatten());
            prop_assert_eq!(counted, usize::try_from(occupied).unwrap());
            prop_assert!(counted <= 3);
            let by_code = people
                .iter()
                .flatten()
                .filter(|one| StateCode::OCCUPYING.iter().any(|code| code.code() == one.to_record().state.code))
                .count();
            prop_assert_eq!(counted, by_code);
        }
    }
}

#[test]
fn above_full_time_names_the_first_day_and_the_highest_sum() {
    let at = |offering: u128, percent, from, to| {
        let new =
            NewParticipation { offering: id(offering), pace_percent: Some(percent), ..new(from, Some(to)) };
        check(new, &[]).unwrap()
    };
    let one = at(200, 60, day(8, 17), day(12, 18));
    let two = at(201, 40, day(8, 17), day(10, 30));
    assert_eq!(above_full_time(&[one.clone(), two.clone()], day(8, 1)), None);
    let three = at(202, 25, day(9, 1), day(9, 30)).set_pace(day(9, 15), 50).unwrap();
    let all = [one, two, three];
    assert_eq!(above_full_time(&all, day(8, 1)), Some((day(9, 1), 150)));
    assert_eq!(above_full_time(&all, day(9, 20)), Some((day(9, 20), 150)));
    assert_eq!(above_full_time(&all, day(10, 1)), None);
}
