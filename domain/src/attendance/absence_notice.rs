//! Notices of absence to those at home, and cases that a person sees to instead.

use chrono::{DateTime, NaiveDate, Utc};

use super::{CaseWhy, Outcome, Told, Unexcused, correction, outcome};
use crate::code::coded;
use crate::id::{AccountId, PersonId};
use crate::refusal::{Refusal, Rule};

coded! {
    /// What a notice tells.
    NoticeState("state of a notice") {
        /// That there was unauthorised absence on the day.
        Told = "told",
        /// That there was none after all.
        Corrected = "corrected",
    }
}

/// What one relative is told of one day of a pupil. That somebody was away and no more: neither why, nor where, nor from
/// what.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AbsenceNotice {
    /// Of whom.
    pub person: PersonId,
    /// Of which day.
    pub day: NaiveDate,
    /// Who is told.
    pub to: PersonId,
    /// When it was corrected.
    pub corrected_at: Option<DateTime<Utc>>,
    /// When the relative said that they have read it, as it stands now.
    pub receipt_at: Option<DateTime<Utc>>,
}

impl AbsenceNotice {
    /// A notice to somebody.
    #[must_use]
    pub fn new(person: PersonId, day: NaiveDate, to: PersonId) -> Self {
        Self { person, day, to, corrected_at: None, receipt_at: None }
    }

    /// What it tells.
    #[must_use]
    pub fn state(&self) -> NoticeState {
        if self.corrected_at.is_some() { NoticeState::Corrected } else { NoticeState::Told }
    }

    /// Says that there was no absence after all; that has then to be read anew.
    #[must_use]
    pub fn correct(self, now: DateTime<Utc>) -> Self {
        Self { corrected_at: Some(now), receipt_at: None, ..self }
    }

    /// Notes that it was read; the first time stands.
    #[must_use]
    pub fn receive(self, now: DateTime<Utc>) -> Self {
        Self { receipt_at: self.receipt_at.or(Some(now)), ..self }
    }
}

coded! {
    /// How somebody at the school saw to a case.
    CaseHow("way to see to a case") {
        /// Those at home know it by a call or a talk.
        ToldByOtherMeans = "told-by-other-means",
        /// There are special reasons not to tell them the same day (särskilda skäl).
        SpecialReason = "special-reason",
    }
}

coded! {
    /// The name of a state, as stored and published.
    CaseStateCode("state of a case") {
        /// See [`CaseState::Open`].
        Open = "open",
        /// See [`CaseState::Ended`].
        Ended = "ended",
        /// See [`CaseState::Lapsed`].
        Lapsed = "lapsed",
    }
}

/// Where a case stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CaseState {
    /// Nobody has seen to it.
    Open,
    /// Somebody has.
    Ended {
        /// How.
        how: CaseHow,
        /// By which account.
        by: Option<AccountId>,
        /// When.
        at: DateTime<Utc>,
    },
    /// There was no unauthorised absence after all, before anybody had seen to it.
    Lapsed,
}

impl CaseState {
    /// Its code.
    #[must_use]
    pub fn code(self) -> CaseStateCode {
        match self {
            Self::Open => CaseStateCode::Open,
            Self::Ended { .. } => CaseStateCode::Ended,
            Self::Lapsed => CaseStateCode::Lapsed,
        }
    }
}

/// A pupil's day with unauthorised absence of which nobody at home is told by a notice.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AbsenceCase {
    /// Of whom.
    pub person: PersonId,
    /// Of which day.
    pub day: NaiveDate,
    /// Why a person must see to it.
    pub why: CaseWhy,
    /// Where it stands.
    pub state: CaseState,
}

impl AbsenceCase {
    /// Ends it.
    ///
    /// # Errors
    /// [`Rule::State`] unless it is open.
    pub fn end(self, how: CaseHow, by: Option<AccountId>, now: DateTime<Utc>) -> Result<Self, Refusal> {
        if self.state != CaseState::Open {
            return Err(Refusal::new(Rule::State, "the case is not open"));
        }
        Ok(Self { state: CaseState::Ended { how, by, at: now }, ..self })
    }
}

/// What is known of a pupil when a lesson's register is closed.
#[derive(Clone, Copy, Debug)]
pub struct HomeFacts<'a> {
    /// Who.
    pub person: PersonId,
    /// Which day.
    pub day: NaiveDate,
    /// Whether the duty holds; see [`super::has_duty`].
    pub is_duty: bool,
    /// Whether they are protected.
    pub is_protected: bool,
    /// Minutes of unauthorised absence in the lesson.
    pub unauthorised: u32,
    /// The same in all lessons of the day, open registers among them.
    pub of_the_day: u32,
    /// Who may be told: relatives with the right to receive notices on the day of the telling, none of them barred.
    pub may_be_told: &'a [PersonId],
    /// The notices of the day that there are.
    pub notices: &'a [AbsenceNotice],
    /// The case of the day, if there is one.
    pub case: Option<AbsenceCase>,
}

/// What follows for those at home.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct HomeSteps {
    /// Notices to be sent.
    pub notices: Vec<AbsenceNotice>,
    /// Notices that become corrections, as they are afterwards.
    pub corrected: Vec<AbsenceNotice>,
    /// Which of these relatives are sent the correction: those who may still be told.
    pub corrections_to: Vec<PersonId>,
    /// The case as it is afterwards, where it changes.
    pub case: Option<AbsenceCase>,
}

/// What follows from a pupil's marks in a lesson whose register is closed.
#[must_use]
pub fn home_steps(facts: &HomeFacts<'_>, now: DateTime<Utc>) -> HomeSteps {
    let HomeFacts {
        person,
        day,
        is_duty,
        is_protected,
        unauthorised,
        of_the_day,
        may_be_told,
        notices,
        case,
    } = *facts;
    let has_case = case.is_some_and(|case| case.state != CaseState::Lapsed);
    let is_corrected = notices.iter().any(|notice| notice.state() == NoticeState::Corrected);
    let told = match (has_case, is_corrected, notices.is_empty()) {
        (true, ..) => Told::Once,
        (false, true, _) => Told::Corrected,
        (false, false, false) => Told::Once,
        (false, false, true) => Told::Nothing,
    };
    let absence =
        Unexcused { is_duty, is_closed: true, unauthorised, is_protected, guardians: may_be_told, told };
    match outcome(&absence) {
        Outcome::Notice { to } => {
            let notices = to.into_iter().map(|to| AbsenceNotice::new(person, day, to)).collect();
            HomeSteps { notices, ..HomeSteps::default() }
        }
        Outcome::Case { why } => HomeSteps {
            case: Some(AbsenceCase { person, day, why, state: CaseState::Open }),
            ..HomeSteps::default()
        },
        Outcome::Nothing if of_the_day > 0 => HomeSteps::default(),
        Outcome::Nothing => {
            let were_told: Vec<PersonId> = notices.iter().map(|notice| notice.to).collect();
            let corrections_to = correction(&were_told, may_be_told, is_corrected, of_the_day);
            let corrected = if is_corrected { &[] } else { notices };
            let lapses = case.filter(|case| case.state == CaseState::Open);
            HomeSteps {
                notices: Vec::new(),
                corrected: corrected.iter().map(|notice| notice.correct(now)).collect(),
                corrections_to,
                case: lapses.map(|case| AbsenceCase { state: CaseState::Lapsed, ..case }),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;
    use proptest::prelude::*;
    use std::collections::BTreeMap;
    use uuid::Uuid;

    fn person(number: u128) -> PersonId {
        PersonId::from_uuid(Uuid::from_u128(number))
    }

    fn day() -> NaiveDate {
        "2026-11-24".parse().unwrap()
    }

    fn at(minute: u32) -> DateTime<Utc> {
        day().and_hms_opt(8, minute, 0).unwrap().and_utc()
    }

    #[test]
    fn a_case_is_ended_once() {
        let case =
            AbsenceCase { person: person(1), day: day(), why: CaseWhy::Protected, state: CaseState::Open };
        let ended = case.end(CaseHow::SpecialReason, None, at(0)).unwrap();
        assert_eq!(ended.state.code(), CaseStateCode::Ended);
        assert_eq!(ended.end(CaseHow::ToldByOtherMeans, None, at(1)).unwrap_err().rule, Rule::State);
    }

    #[test]
    fn a_receipt_is_for_what_the_notice_says_now() {
        let read = AbsenceNotice::new(person(1), day(), person(2)).receive(at(1));
        assert_eq!(read.receive(at(2)).receipt_at, Some(at(1)));
        assert_eq!(read.correct(at(3)).receipt_at, None);
    }

    /// What has been sent and kept in a pupil's day.
    #[derive(Default)]
    struct Home {
        notices: BTreeMap<PersonId, AbsenceNotice>,
        case: Option<AbsenceCase>,
        told: Vec<PersonId>,
        corrections: Vec<PersonId>,
    }

    proptest! {
        /// Whatever is closed, corrected and closed again, with whoever may be told meanwhile: nobody is told or corrected
        /// twice, no correction goes to one who was not told, nobody is told of a protected pupil, and a day that ends with
        /// unauthorised absence has been told or is somebody's case.
        #[test]
        fn everybody_is_told_once(
            is_duty: bool, is_protected: bool,
            closings in proptest::collection::vec((0..3_usize, 0..60_u32, proptest::collection::vec(2..5_u128, 0..4)), 1..12),
        ) {
            let mut minutes = [0_u32; 3];
            let mut home = Home::default();
            for (number, (lesson, missed, may)) in closings.iter().enumerate() {
                let missed = if *missed < 30 { 0 } else { *missed };
                minutes[*lesson] = missed;
                let may: Vec<PersonId> = may.iter().copied().map(person).collect();
                let notices: Vec<AbsenceNotice> = home.notices.values().copied().collect();
                let facts = HomeFacts {
                    person: person(1), day: day(), is_duty, is_protected, unauthorised: missed,
                    of_the_day: minutes.iter().sum(), may_be_told: &may, notices: &notices, case: home.case,
                };
                let steps = home_steps(&facts, at(u32::try_from(number).unwrap()));
                for notice in steps.notices {
                    prop_assert!(may.contains(&notice.to));
                    prop_assert!(home.notices.insert(notice.to, notice).is_none());
                    home.told.push(notice.to);
                }
                for notice in steps.corrected {
                    prop_assert!(home.notices.insert(notice.to, notice).is_some());
                }
                for to in &steps.corrections_to {
                    prop_assert!(home.told.contains(to) && may.contains(to) && !home.corrections.contains(to));
                }
                home.corrections.extend(steps.corrections_to);
                home.case = steps.case.or(home.case);
                let stands = home.notices.values().any(|notice| notice.state() == NoticeState::Told)
                    || home.case.is_some_and(|case| case.state != CaseState::Lapsed);
                if missed > 0 {
                    prop_assert_eq!(stands, is_duty);
                }
            }
            prop_assert!(!is_protected || home.told.is_empty());
            prop_assert!(is_duty || (home.told.is_empty() && home.case.is_none()));
        }
    }
}
