use proptest::prelude::*;

use super::*;
use crate::application::round::tests::spring_round;
use crate::application::{ChoiceCode, Reserve, Stepping, next_place, propose};
use crate::course::offering_tests::{day, general_course_offering};
use crate::course::{admit as find_place, places_left};
use crate::id::{ApplicationId, Id};

fn id<T: Id>(number: u128) -> T {
    T::from_uuid(uuid::Uuid::from_u128(number))
}

/// Rounds 1 to 3, for the offerings 101 to 103.
fn round(of: ApplicationRoundId) -> Option<(ApplicationRound, NaiveDate)> {
    let offering = general_course_offering();
    let number = (1..=3).find(|number| id::<ApplicationRoundId>(*number) == of)?;
    let mut round = spring_round().validate(&offering).unwrap();
    round.offering = id(100 + number);
    Some((round, offering.last_day()))
}

fn choices(numbers: &[u128]) -> Vec<(ApplicationRoundId, OfferingId)> {
    numbers.iter().map(|number| (id(*number), id(100 + *number))).collect()
}

fn submitted(numbers: &[u128]) -> Application {
    let draft = Application::begin().choose(&choices(numbers)).unwrap();
    draft.confirm().unwrap().submit(day(2026, 10, 20), round).unwrap()
}

fn codes(application: &Application) -> Vec<ChoiceCode> {
    application.choices().iter().map(|choice| choice.state.code()).collect()
}

#[test]
fn an_application_from_draft_to_a_place() {
    let draft = Application::begin().choose(&choices(&[1, 2])).unwrap();
    assert_eq!(draft.clone().submit(day(2026, 10, 20), round).unwrap_err().0[0].rule, Rule::State);
    let submitted = draft.confirm().unwrap().submit(day(2026, 11, 20), round).unwrap();
    assert!(submitted.choices().iter().all(|choice| choice.late), "five days after the round closed");
    let asked = submitted.ask_for_completion(day(2026, 11, 23), "Betyg saknas", day(2026, 11, 30)).unwrap();
    assert_eq!(asked.standing(), Standing::CompletionAsked);
    let offer_until = day(2026, 12, 14);
    assert_eq!(asked.clone().admit(0, day(2026, 11, 24), offer_until).unwrap_err().rule, Rule::State);
    let complete = asked.complete().unwrap();
    let decided = complete.put_in_reserve(0, 3).unwrap().admit(1, day(2026, 12, 1), offer_until).unwrap();
    assert_eq!(decided.standing(), Standing::Offered);
    let late = decided.clone().accept(1, day(2026, 12, 15)).unwrap_err();
    assert_eq!((late.rule, late.pointer.as_str()), (Rule::OutsidePeriod, "/on"));
    assert!(late.detail.contains("2026-12-14"), "{late}");
    let accepted = decided.accept(1, day(2026, 12, 14)).unwrap();
    assert_eq!(
        codes(&accepted),
        [ChoiceCode::Reserve, ChoiceCode::Accepted],
        "the first choice is still open"
    );
    // A place becomes free in the first choice: taking it gives up the other.
    let moved = accepted
        .admit(0, day(2026, 12, 20), day(2026, 12, 30))
        .unwrap()
        .accept(0, day(2026, 12, 21))
        .unwrap();
    assert_eq!(codes(&moved), [ChoiceCode::Accepted, ChoiceCode::Lapsed]);
    let gone = moved.withdraw(day(2027, 1, 4)).unwrap();
    assert_eq!(codes(&gone), [ChoiceCode::Lapsed, ChoiceCode::Lapsed]);
    assert_eq!(gone.standing(), Standing::Withdrawn);
}

#[test]
fn an_offer_expires_and_can_be_made_again() {
    let offered = submitted(&[1]).admit(0, day(2026, 12, 1), day(2026, 12, 10)).unwrap();
    let early = offered.clone().expire(0, day(2026, 12, 10)).unwrap_err();
    assert_eq!((early.rule, early.pointer.as_str()), (Rule::OutsidePeriod, "/on"));
    let expired = offered.expire(0, day(2026, 12, 11)).unwrap();
    assert_eq!(expired.standing(), Standing::Expired);
    let again =
        expired.admit(0, day(2026, 12, 12), day(2026, 12, 15)).unwrap().accept(0, day(2026, 12, 13)).unwrap();
    assert_eq!(again.standing(), Standing::Accepted);
    let (rejected, reason) = submitted(&[1])
        .reject(0, "Uppfyller inte behörighetskraven")
        .unwrap()
        .reconsider(0, "Betyget kom bort hos oss")
        .unwrap();
    assert_eq!((rejected.standing(), reason.as_str()), (Standing::UnderReview, "Betyget kom bort hos oss"));
}

#[test]
fn what_is_wrong_is_named() {
    let confirmed = Application::begin().confirm().unwrap();
    let places = |result: Result<Application, Refusals>| -> Vec<(String, Rule)> {
        result.unwrap_err().0.into_iter().map(|refusal| (refusal.pointer, refusal.rule)).collect()
    };
    let at = |pointer: &str, rule| (pointer.to_owned(), rule);
    assert_eq!(places(confirmed.clone().submit(day(2026, 10, 20), round)), [at("/choices", Rule::Required)]);
    assert_eq!(places(confirmed.clone().choose(&choices(&[1, 2, 1]))), [at("/choices/2", Rule::Duplicate)]);
    let chosen = confirmed.choose(&choices(&[1, 4])).unwrap();
    assert_eq!(
        places(chosen.clone().submit(day(2026, 10, 20), round)),
        [at("/choices/1", Rule::UnknownReference)]
    );
    let early = [at("/choices/0", Rule::OutsidePeriod), at("/choices/1", Rule::UnknownReference)];
    assert_eq!(places(chosen.submit(day(2026, 9, 1), round)), early);
    let asked = submitted(&[1]).ask_for_completion(day(2026, 11, 2), " ", day(2026, 11, 1));
    assert_eq!(places(asked), [at("/what", Rule::Required), at("/by", Rule::OutsidePeriod)]);
    let decided = submitted(&[1]);
    assert_eq!(decided.clone().reject(0, "").unwrap_err().pointer, "/reason");
    assert_eq!(decided.clone().reject(1, "Fullt").unwrap_err().pointer, "/choices/1");
    assert_eq!(decided.clone().accept(0, day(2026, 12, 1)).unwrap_err().pointer, "/choices/0");
    assert_eq!(decided.clone().admit(0, day(2026, 12, 2), day(2026, 12, 1)).unwrap_err().pointer, "/until");
    let inconsistent =
        Application::from_parts(Phase::Confirmed, decided.reject(0, "Fullt").unwrap().choices().to_vec());
    assert_eq!(inconsistent.unwrap_err().pointer, "/choices/0");
}

/// Something that somebody does.
#[derive(Clone, Debug)]
enum Step {
    Choose(Vec<u128>),
    Confirm,
    Submit,
    Review,
    Ask,
    Complete,
    Admit(usize, u64),
    Reserve(usize),
    Reject(usize),
    Reconsider(usize),
    Accept(usize),
    Decline(usize),
    Expire(usize),
    Withdraw,
}

fn steps() -> impl Strategy<Value = Step> {
    let at = 0..3usize;
    prop_oneof![
        1 => proptest::sample::subsequence(vec![1u128, 2, 3], 0..=3).prop_shuffle().prop_map(Step::Choose),
        3 => Just(Step::Confirm),
        3 => Just(Step::Submit),
        1 => Just(Step::Review),
        1 => Just(Step::Ask),
        2 => Just(Step::Complete),
        6 => (at.clone(), 0..12u64).prop_map(|(at, days)| Step::Admit(at, days)),
        4 => at.clone().prop_map(Step::Reserve),
        2 => at.clone().prop_map(Step::Reject),
        1 => at.clone().prop_map(Step::Reconsider),
        6 => at.clone().prop_map(Step::Accept),
        2 => at.clone().prop_map(Step::Decline),
        3 => at.prop_map(Step::Expire),
        1 => Just(Step::Withdraw),
    ]
}

fn taken(one: Application, step: &Step, on: NaiveDate, place: u32) -> Result<Application, Refusals> {
    Ok(match step {
        Step::Choose(numbers) => one.choose(&choices(numbers))?,
        Step::Confirm => one.confirm()?,
        Step::Submit => one.submit(on, round)?,
        Step::Review => one.review()?,
        Step::Ask => one.ask_for_completion(on, "Personbevis saknas", on)?,
        Step::Complete => one.complete()?,
        Step::Admit(at, days) => one.admit(*at, on, on + chrono::Days::new(*days))?,
        Step::Reserve(at) => one.put_in_reserve(*at, place)?,
        Step::Reject(at) => one.reject(*at, "Fullt")?,
        Step::Reconsider(at) => one.reconsider(*at, "Fel beslut")?.0,
        Step::Accept(at) => one.accept(*at, on)?,
        Step::Decline(at) => one.decline(*at, on)?,
        Step::Expire(at) => one.expire(*at, on)?,
        Step::Withdraw => one.withdraw(on)?,
    })
}

proptest! {
    #[test]
    fn whatever_happens_an_application_stays_whole(steps in proptest::collection::vec(steps(), 0..60)) {
        let mut one = Application::begin();
        for (step, days) in steps.iter().zip(0..) {
            let on = day(2026, 10, 1) + chrono::Days::new(days);
            let before = one.clone();
            let Ok(next) = taken(one, step, on, 1) else {
                // A refused step changes nothing. An offer that stands is never refused to whom it was made.
                let in_hand = matches!(before.phase().code(), PhaseCode::Submitted | PhaseCode::UnderReview);
                if let (Step::Accept(at), true) = (step, in_hand) {
                    let offered = before.choices().get(*at).map(|choice| &choice.state);
                    let stands = matches!(offered, Some(ChoiceState::Offered { until }) if on <= *until);
                    prop_assert!(!stands);
                }
                one = before;
                continue;
            };
            one = next;
            prop_assert_eq!(Application::from_parts(one.phase().clone(), one.choices().to_vec()), Ok(one.clone()));
            prop_assert!(before.phase().code() != PhaseCode::Withdrawn, "nothing comes after withdrawal");
            let was_submitted = before.phase().submitted();
            if was_submitted.is_some() && one.phase().code() != PhaseCode::Withdrawn {
                prop_assert_eq!(one.phase().submitted(), was_submitted);
            }
            for (old, new) in before.choices().iter().zip(one.choices()) {
                // Nobody gets a place that was not offered, nor keeps one they were not given.
                if new.state.code() == ChoiceCode::Accepted && old.state != new.state {
                    let offered = matches!(old.state, ChoiceState::Offered { until } if on <= until);
                    prop_assert!(offered && matches!(step, Step::Accept(_)));
                }
                if old.state.code() == ChoiceCode::Lapsed {
                    prop_assert_eq!(new, old);
                }
            }
            let accepted = one.choices().iter().filter(|choice| choice.state.code() == ChoiceCode::Accepted);
            prop_assert!(accepted.count() <= 1);
        }
    }

    /// A course with few places, many applicants, and everything in any order: the capacity holds, the queue is kept.
    #[test]
    fn capacity_holds_and_nobody_is_passed_over(
        capacity in 0..5u32,
        happenings in proptest::collection::vec((0..8usize, steps()), 0..120),
    ) {
        let mut all: Vec<_> = (0..8).map(|_| submitted(&[1])).collect();
        for ((who, step), days) in happenings.into_iter().zip(0..) {
            let on = day(2026, 12, 1) + chrono::Days::new(days / 4);
            let occupied = |all: &[Application]| {
                let places = all.iter().flat_map(Application::choices).filter(|choice| choice.state.occupies_place());
                u32::try_from(places.count()).unwrap()
            };
            let reserves: Vec<Reserve> = (1u128..)
                .zip(&all)
                .filter_map(|(number, one)| match one.choices()[0].state {
                    ChoiceState::Reserve { place } => {
                        Some(Reserve { application: id::<ApplicationId>(number), place })
                    }
                    _ => None,
                })
                .collect();
            let waits = matches!(all[who].choices()[0].state, ChoiceState::Reserve { .. });
            if matches!(step, Step::Admit(..)) && waits {
                // A place that becomes free goes to whom the queue proposes.
                let left = places_left(Some(capacity), occupied(&all));
                let proposed = propose(left, &reserves, Stepping::Proposed);
                let mine: ApplicationId = id(u128::try_from(who).unwrap() + 1);
                if !proposed.iter().any(|proposal| proposal.application == mine) {
                    continue;
                }
                let before = reserves.iter().filter(|reserve| reserve.place < proposed[0].place);
                prop_assert_eq!(before.count(), 0);
            }
            if matches!(step, Step::Admit(..)) && find_place(Some(capacity), occupied(&all), 1).is_err() {
                continue;
            }
            if let Ok(next) = taken(all[who].clone(), &step, on, next_place(&reserves)) {
                all[who] = next;
            }
            prop_assert!(occupied(&all) <= capacity);
            let mut places: Vec<_> = all
                .iter()
                .filter_map(|one| match one.choices()[0].state {
                    ChoiceState::Reserve { place } => Some(place),
                    _ => None,
                })
                .collect();
            places.sort_unstable();
            prop_assert!(places.windows(2).all(|pair| pair[0] < pair[1]), "no two have one place in the queue");
        }
    }
}
