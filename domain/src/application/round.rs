//! Application rounds: when people can apply for places in an offering.

use chrono::NaiveDate;

use crate::code::coded;
use crate::course::Offering;
use crate::id::{OfferingId, TermId};
use crate::period::{Period, plausible_date};
use crate::refusal::{Refusal, Refusals, Rule};

coded! {
    /// For how long a round admits.
    AdmitsCode("extent of an admission") {
        /// See [`Admits::Term`].
        Term = "term",
        /// See [`Admits::WholeCourse`].
        WholeCourse = "whole-course",
    }
}

/// For how long a round admits. Folk high schools admit per term; who goes on applies again, or is asked.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Admits {
    /// For a term of the offering.
    Term(TermId),
    /// Until the end of the offering, which covers several terms.
    WholeCourse,
}

coded! {
    /// What becomes of applications after the round has closed.
    LateApplications("way to handle late applications") {
        /// None are taken.
        Refused = "refused",
        /// They are taken, and marked as late.
        Taken = "taken",
    }
}

/// A round of applications for an offering.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ApplicationRound {
    /// For which offering.
    pub offering: OfferingId,
    /// For how long it admits.
    pub admits: Admits,
    /// The days on which it is open; it always has a last day.
    pub open: Period,
    /// What becomes of applications after that.
    pub late: LateApplications,
    /// The last day on which late ones are taken; none: until the offering's last day. Only where they are.
    pub late_until: Option<NaiveDate>,
    /// For how many days an offer stands, 1 to 90.
    pub answer_days: u32,
    /// Whether there is a queue of reserves.
    pub has_reserves: bool,
}

/// A round as someone enters it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NewApplicationRound<'a> {
    /// See [`ApplicationRound::offering`].
    pub offering: OfferingId,
    /// A code of [`AdmitsCode`].
    pub admits: &'a str,
    /// One of the offering's terms; with `term` alone.
    pub term: Option<TermId>,
    /// First and last day.
    pub open: (NaiveDate, NaiveDate),
    /// A code of [`LateApplications`].
    pub late: &'a str,
    /// See [`ApplicationRound::late_until`].
    pub late_until: Option<NaiveDate>,
    /// 1 to 90.
    pub answer_days: u32,
    /// See [`ApplicationRound::has_reserves`].
    pub has_reserves: bool,
}

impl NewApplicationRound<'_> {
    /// Checks every field, with the offering.
    ///
    /// # Errors
    /// At `/offeringId` ([`Rule::Conflict`] for a part of another offering: admission is to the outermost), `/admits`,
    /// `/termId`, `/open/from`, `/open/to` ([`Rule::OutsidePeriod`] after the offering's last day), `/late`,
    /// `/lateUntil` and `/answerDays`.
    pub fn validate(self, offering: &Offering) -> Result<ApplicationRound, Refusals> {
        let mut refusals = Refusals::default();
        if offering.part_of.is_some() {
            let detail = "people apply for the outermost offering; this one is a part of another";
            refusals.0.push(Refusal::new(Rule::Conflict, detail).at("/offeringId"));
        }
        let code = refusals.note("/admits", AdmitsCode::from_code(self.admits));
        let admits = code.and_then(|code| refusals.note("/termId", self.check_term(code, offering)));
        let open = refusals.note("/open", self.check_open(offering));
        let late = refusals.note("/late", LateApplications::from_code(self.late));
        if let (Some(late), Some(open)) = (late, open) {
            refusals.note("/lateUntil", self.check_late(late, &open, offering));
        }
        if !(1..=90).contains(&self.answer_days) {
            let detail = "an offer stands for 1 to 90 days";
            refusals.0.push(Refusal::new(Rule::OutOfRange, detail).at("/answerDays"));
        }
        match (admits, open, late, refusals.finish()) {
            (Some(admits), Some(open), Some(late), Ok(())) => Ok(ApplicationRound {
                offering: self.offering,
                admits,
                open,
                late,
                late_until: self.late_until,
                answer_days: self.answer_days,
                has_reserves: self.has_reserves,
            }),
            (.., finished) => Err(finished.err().unwrap_or_default()),
        }
    }

    fn check_term(&self, code: AdmitsCode, offering: &Offering) -> Result<Admits, Refusal> {
        match (code, self.term) {
            (AdmitsCode::Term, Some(term)) if offering.terms.contains(&term) => Ok(Admits::Term(term)),
            (AdmitsCode::Term, Some(_)) => {
                Err(Refusal::new(Rule::UnknownReference, "the offering does not cover this term"))
            }
            (AdmitsCode::Term, None) => Err(Refusal::new(Rule::Required, "must be given")),
            (AdmitsCode::WholeCourse, None) => Ok(Admits::WholeCourse),
            (AdmitsCode::WholeCourse, Some(_)) => {
                Err(Refusal::new(Rule::Conflict, "a round for the whole course has no term"))
            }
        }
    }

    fn check_open(&self, offering: &Offering) -> Result<Period, Refusal> {
        let open = Period::new(self.open.0, Some(self.open.1))?;
        if self.open.1 > offering.last_day() {
            let detail = format!("the offering ends before the round closes: it is {}", offering.period);
            return Err(Refusal::new(Rule::OutsidePeriod, detail).at("/to"));
        }
        Ok(open)
    }

    fn check_late(&self, late: LateApplications, open: &Period, offering: &Offering) -> Result<(), Refusal> {
        let Some(until) = self.late_until else { return Ok(()) };
        plausible_date(until)?;
        if late == LateApplications::Refused {
            return Err(Refusal::new(Rule::Conflict, "no late applications are taken"));
        }
        if open.to().is_some_and(|last| until <= last) {
            return Err(Refusal::new(Rule::OutsidePeriod, format!("the round itself is open {open}")));
        }
        if until > offering.last_day() {
            return Err(Refusal::new(Rule::OutsidePeriod, format!("the offering is {}", offering.period)));
        }
        Ok(())
    }
}

/// Whether an application came in time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Submission {
    /// While the round was open.
    InTime,
    /// After it had closed, where late ones are taken.
    Late,
}

impl ApplicationRound {
    /// Whether, and how, an application may be submitted on a day. `last_day` is the offering's.
    ///
    /// # Errors
    /// [`Rule::OutsidePeriod`], naming when the round is open.
    pub fn submission(&self, on: NaiveDate, last_day: NaiveDate) -> Result<Submission, Refusal> {
        if self.open.contains(on) {
            return Ok(Submission::InTime);
        }
        let is_after = self.open.to().is_some_and(|last| on > last);
        let until = self.late_until.unwrap_or(last_day);
        match self.late {
            LateApplications::Taken if is_after && on <= until => Ok(Submission::Late),
            LateApplications::Taken => {
                let detail =
                    format!("the round is open {}, and for late applications until {until}", self.open);
                Err(Refusal::new(Rule::OutsidePeriod, detail))
            }
            LateApplications::Refused => {
                Err(Refusal::new(Rule::OutsidePeriod, format!("the round is open {}", self.open)))
            }
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::course::offering_tests::{day, general_course_offering};
    use crate::id::Id;

    fn id<T: Id>(number: u128) -> T {
        T::from_uuid(uuid::Uuid::from_u128(number))
    }

    /// For the spring of 2027: open in October and November 2026, late ones until 22 January.
    pub(in crate::application) fn spring_round() -> NewApplicationRound<'static> {
        NewApplicationRound {
            offering: id(100),
            admits: "term",
            term: Some(id(2)),
            open: (day(2026, 10, 1), day(2026, 11, 15)),
            late: "taken",
            late_until: Some(day(2027, 1, 22)),
            answer_days: 10,
            has_reserves: true,
        }
    }

    #[test]
    fn a_round_is_open_then_takes_late_ones_then_none() {
        let offering = general_course_offering();
        let round = spring_round().validate(&offering).unwrap();
        let on = |day| round.submission(day, offering.last_day()).map_err(|refusal| refusal.rule);
        assert_eq!(on(day(2026, 9, 30)), Err(Rule::OutsidePeriod));
        assert_eq!(on(day(2026, 10, 1)), Ok(Submission::InTime));
        assert_eq!(on(day(2026, 11, 15)), Ok(Submission::InTime));
        assert_eq!(on(day(2026, 11, 16)), Ok(Submission::Late));
        assert_eq!(on(day(2027, 1, 22)), Ok(Submission::Late));
        assert_eq!(on(day(2027, 1, 23)), Err(Rule::OutsidePeriod));
        let strict = ApplicationRound { late: LateApplications::Refused, late_until: None, ..round };
        let refusal = strict.submission(day(2026, 11, 16), offering.last_day()).unwrap_err();
        assert!(refusal.detail.contains("from 2026-10-01 to 2026-11-15"), "{refusal}");
    }

    #[test]
    fn every_wrong_field_of_a_round_is_named() {
        let subject = Offering { part_of: Some(id(1)), ..general_course_offering() };
        let wrong = NewApplicationRound {
            term: Some(id(3)),
            open: (day(2027, 6, 1), day(2027, 6, 12)),
            late: "kanske",
            answer_days: 0,
            ..spring_round()
        };
        let places = |round: NewApplicationRound<'_>, offering: &Offering| -> Vec<(String, Rule)> {
            let refusals = round.validate(offering).unwrap_err().0;
            refusals.into_iter().map(|refusal| (refusal.pointer, refusal.rule)).collect()
        };
        let expected = [
            ("/offeringId", Rule::Conflict),
            ("/termId", Rule::UnknownReference),
            ("/open/to", Rule::OutsidePeriod),
            ("/late", Rule::UnknownCode),
            ("/answerDays", Rule::OutOfRange),
        ];
        assert_eq!(places(wrong, &subject), expected.map(|(pointer, rule)| (pointer.to_owned(), rule)));
        let offering = general_course_offering();
        let whole = NewApplicationRound { admits: "whole-course", ..spring_round() };
        assert_eq!(places(whole, &offering), [("/termId".to_owned(), Rule::Conflict)]);
        for (late, until) in
            [("refused", day(2027, 1, 22)), ("taken", day(2026, 11, 15)), ("taken", day(2027, 6, 12))]
        {
            let round = NewApplicationRound { late, late_until: Some(until), ..spring_round() };
            assert_eq!(places(round, &offering)[0].0, "/lateUntil");
        }
    }
}
