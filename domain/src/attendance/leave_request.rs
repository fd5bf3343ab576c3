//! Leave (ledighet): days that are asked for beforehand, and that somebody grants or refuses.

use chrono::NaiveDate;

use crate::code::coded;
use crate::id::{AccountId, PersonId};
use crate::organisation::{DayOff, school_days};
use crate::participation::Reason;
use crate::period::Period;
use crate::refusal::{Refusal, Refusals, Rule};

/// The longest leave that a principal may let others decide about, in days: skollagen (2010:800) 7:18, by which the
/// decision about leave of more than ten days is not delegated. The paragraph is about the compulsory school types; here
/// it bounds what is delegated in every school type.
pub const MOST_DELEGATED_DAYS: u16 = 10;

coded! {
    /// Which days of a leave count towards [`MOST_DELEGATED_DAYS`]. The law says days and no more; calendar days are the
    /// narrower reading of what may be delegated, so that they hold until somebody has decided.
    LeaveBasis("basis of a leave's length") {
        /// Every day from the first to the last.
        CalendarDays = "calendar-days",
        /// Monday to Friday, without days off.
        SchoolDays = "school-days",
    }
}

coded! {
    /// Who decides about a leave.
    LeaveDecider("capacity") {
        /// The person's mentor, as far as the principal has delegated it.
        Mentor = "mentor",
        /// Rektor.
        Principal = "principal",
    }
}

/// Who decides about leave of which length; an organiser's dated setting.
///
/// Each request is counted by itself. Whether several leaves of a school year are added up is no rule of the law and is
/// left to the one who decides, who sees the earlier ones.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LeaveRule {
    basis: LeaveBasis,
    mentor_days: u16,
}

impl LeaveRule {
    /// Calendar days, and mentors decide about as many as may be delegated.
    pub const UNLESS_DECIDED: Self =
        Self { basis: LeaveBasis::CalendarDays, mentor_days: MOST_DELEGATED_DAYS };

    /// A rule: what counts as a day, and how many of them mentors decide about, 0 to [`MOST_DELEGATED_DAYS`].
    ///
    /// # Errors
    /// At `/basis`; [`Rule::OutOfRange`] at `/mentorDays`.
    pub fn new(basis: &str, mentor_days: u16) -> Result<Self, Refusals> {
        let mut refusals = Refusals::default();
        let basis = refusals.note("/basis", LeaveBasis::from_code(basis));
        if mentor_days > MOST_DELEGATED_DAYS {
            let detail = format!("at most {MOST_DELEGATED_DAYS} days are delegated (skollagen 7:18)");
            refusals.0.push(Refusal::new(Rule::OutOfRange, detail).at("/mentorDays"));
        }
        match (basis, refusals.finish()) {
            (Some(basis), Ok(())) => Ok(Self { basis, mentor_days }),
            (_, finished) => Err(finished.err().unwrap_or_default()),
        }
    }

    /// The rule that holds on a day.
    #[must_use]
    pub fn on(day: NaiveDate, rows: &[(Period, Self)]) -> Self {
        rows.iter().find(|(valid, _)| valid.contains(day)).map_or(Self::UNLESS_DECIDED, |(_, rule)| *rule)
    }

    /// What counts as a day.
    #[must_use]
    pub fn basis(self) -> LeaveBasis {
        self.basis
    }

    /// How many days mentors decide about.
    #[must_use]
    pub fn mentor_days(self) -> u16 {
        self.mentor_days
    }

    /// How many days a leave has.
    #[must_use]
    pub fn length(self, first: NaiveDate, last: NaiveDate, days_off: &[DayOff]) -> u16 {
        let days = match self.basis {
            LeaveBasis::CalendarDays => usize::try_from((last - first).num_days() + 1).unwrap_or(0),
            LeaveBasis::SchoolDays => school_days(first, last, days_off).count(),
        };
        u16::try_from(days).unwrap_or(u16::MAX)
    }

    /// Whether somebody in a capacity may decide about a leave of that many days.
    #[must_use]
    pub fn may_decide(self, decider: LeaveDecider, days: u16) -> bool {
        match decider {
            LeaveDecider::Principal => true,
            LeaveDecider::Mentor => days <= self.mentor_days,
        }
    }
}

coded! {
    /// The name of a state, as stored and published.
    LeaveStateCode("state of a leave request") {
        /// See [`LeaveState::Waiting`].
        Waiting = "waiting",
        /// See [`LeaveState::Granted`].
        Granted = "granted",
        /// See [`LeaveState::Refused`].
        Refused = "refused",
        /// See [`LeaveState::Withdrawn`].
        Withdrawn = "withdrawn",
    }
}

/// Where a leave request stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LeaveState {
    /// Nobody has decided.
    Waiting,
    /// Beviljad.
    Granted(LeaveDecision),
    /// Avslagen.
    Refused(LeaveDecision),
    /// Taken back by the one who asked.
    Withdrawn,
}

impl LeaveState {
    /// Its code.
    #[must_use]
    pub fn code(&self) -> LeaveStateCode {
        match self {
            Self::Waiting => LeaveStateCode::Waiting,
            Self::Granted(_) => LeaveStateCode::Granted,
            Self::Refused(_) => LeaveStateCode::Refused,
            Self::Withdrawn => LeaveStateCode::Withdrawn,
        }
    }
}

/// Who decides.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Deciding {
    /// By which account.
    pub account: Option<AccountId>,
    /// The person behind it, where there is one.
    pub person: Option<PersonId>,
    /// In what capacity.
    pub capacity: LeaveDecider,
}

/// What somebody decided.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LeaveDecision {
    /// By which account.
    pub by: Option<AccountId>,
    /// In what capacity.
    pub decider: LeaveDecider,
    /// On which day.
    pub on: NaiveDate,
    /// Why, where that is said; always with a refusal.
    pub motivation: Option<Reason>,
}

/// Leave that was asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LeaveRequest {
    /// For whom.
    pub person: PersonId,
    /// The first day.
    pub first: NaiveDate,
    /// The last day.
    pub last: NaiveDate,
    /// Why.
    pub reason: Reason,
    /// Who asked: a guardian with the right to decide, or the person when of age. Checked by the caller.
    pub asked_by: PersonId,
    /// Where it stands.
    pub state: LeaveState,
}

impl LeaveRequest {
    /// Decides.
    ///
    /// # Errors
    /// [`Rule::State`] unless it waits; [`Rule::NotPermitted`] for a decider who may not decide about so many days;
    /// [`Rule::Conflict`] for the one who asked; at `/motivation` as [`Reason::new`], and [`Rule::Required`] for a
    /// refusal without one.
    pub fn decide(
        self,
        grant: bool,
        by: Deciding,
        motivation: Option<&str>,
        (rule, days_off): (LeaveRule, &[DayOff]),
        today: NaiveDate,
    ) -> Result<Self, Refusal> {
        if self.state != LeaveState::Waiting {
            return Err(Refusal::new(Rule::State, "the request does not wait for a decision"));
        }
        let Deciding { account: by, person, capacity: decider } = by;
        let days = rule.length(self.first, self.last, days_off);
        if !rule.may_decide(decider, days) {
            let detail = format!("leave of {days} days is decided by the principal");
            return Err(Refusal::new(Rule::NotPermitted, detail));
        }
        if person.is_some_and(|person| person == self.asked_by || person == self.person) {
            return Err(Refusal::new(Rule::Conflict, "nobody decides about what they asked for"));
        }
        let motivation =
            motivation.map(Reason::new).transpose().map_err(|refusal| refusal.at("/motivation"))?;
        if !grant && motivation.is_none() {
            return Err(Refusal::new(Rule::Required, "a refusal says why").at("/motivation"));
        }
        let decision = LeaveDecision { by, decider, on: today, motivation };
        let state = if grant { LeaveState::Granted(decision) } else { LeaveState::Refused(decision) };
        Ok(Self { state, ..self })
    }

    /// Takes it back: while it waits, or before the first day of what was granted.
    ///
    /// # Errors
    /// [`Rule::NotPermitted`] for another person than the one who asked; [`Rule::State`] otherwise.
    pub fn withdraw(self, by: PersonId, today: NaiveDate) -> Result<Self, Refusal> {
        if by != self.asked_by {
            return Err(Refusal::new(Rule::NotPermitted, "a request is withdrawn by the person who made it"));
        }
        match self.state {
            LeaveState::Waiting => Ok(Self { state: LeaveState::Withdrawn, ..self }),
            LeaveState::Granted(_) if today < self.first => Ok(Self { state: LeaveState::Withdrawn, ..self }),
            LeaveState::Granted(_) => Err(Refusal::new(Rule::State, "the leave has begun")),
            LeaveState::Refused(_) | LeaveState::Withdrawn => {
                Err(Refusal::new(Rule::State, "there is nothing to withdraw"))
            }
        }
    }

    /// Whether it makes absence on a day authorised.
    #[must_use]
    pub fn covers(&self, day: NaiveDate) -> bool {
        matches!(self.state, LeaveState::Granted(_)) && (self.first..=self.last).contains(&day)
    }
}

/// A leave request as someone enters it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NewLeaveRequest<'a> {
    /// For whom.
    pub person: PersonId,
    /// The first day; today at the earliest.
    pub first_day: NaiveDate,
    /// The last day, at most a year after the first.
    pub last_day: NaiveDate,
    /// Why, 1 to 500 characters.
    pub reason: &'a str,
}

impl NewLeaveRequest<'_> {
    /// Checks every field.
    ///
    /// # Errors
    /// At `/firstDay` ([`Rule::OutsidePeriod`] before today), `/lastDay` and `/reason`.
    pub fn validate(self, asked_by: PersonId, today: NaiveDate) -> Result<LeaveRequest, Refusals> {
        let Self { person, first_day, last_day, reason } = self;
        let mut refusals = Refusals::default();
        let days = Period::new(first_day, Some(last_day)).map_err(|refusal| {
            let place = if refusal.pointer == "/from" { "/firstDay" } else { "/lastDay" };
            Refusal { pointer: place.to_owned(), ..refusal }
        });
        if refusals.note("", days).is_some() {
            if first_day < today {
                let detail = "leave is asked for beforehand";
                refusals.0.push(Refusal::new(Rule::OutsidePeriod, detail).at("/firstDay"));
            }
            if (last_day - first_day).num_days() > 365 {
                let detail = "a leave lasts at most a year";
                refusals.0.push(Refusal::new(Rule::OutOfRange, detail).at("/lastDay"));
            }
        }
        let reason = refusals.note("/reason", Reason::new(reason));
        match (reason, refusals.finish()) {
            (Some(reason), Ok(())) => Ok(LeaveRequest {
                person,
                first: first_day,
                last: last_day,
                reason,
                asked_by,
                state: LeaveState::Waiting,
            }),
            (_, finished) => Err(finished.err().unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn person(number: u128) -> PersonId {
        PersonId::from_uuid(Uuid::from_u128(number))
    }

    fn request(first: &str, last: &str) -> LeaveRequest {
        let reason = "Kusinens bröllop i Kiruna";
        NewLeaveRequest { person: person(1), first_day: day(first), last_day: day(last), reason }
            .validate(person(2), day("2026-11-02"))
            .unwrap()
    }

    fn by(number: u128, capacity: LeaveDecider) -> Deciding {
        Deciding { account: None, person: Some(person(number)), capacity }
    }

    const LAW: (LeaveRule, &[DayOff]) = (LeaveRule::UNLESS_DECIDED, &[]);

    #[test]
    fn more_than_ten_days_are_the_principals() {
        let mentor = by(3, LeaveDecider::Mentor);
        let principal = by(4, LeaveDecider::Principal);
        let ten = request("2026-11-16", "2026-11-25");
        assert!(ten.decide(true, mentor, None, LAW, day("2026-11-03")).unwrap().covers(day("2026-11-25")));
        let eleven = request("2026-11-16", "2026-11-26");
        let refused = eleven.clone().decide(true, mentor, None, LAW, day("2026-11-03")).unwrap_err();
        assert_eq!(refused.rule, Rule::NotPermitted);
        assert!(eleven.clone().decide(true, principal, None, LAW, day("2026-11-03")).is_ok());
        let school_days = (LeaveRule::new("school-days", 10).unwrap(), &[][..]);
        assert!(eleven.decide(true, mentor, None, school_days, day("2026-11-03")).is_ok());
        assert_eq!(LeaveRule::new("days", 11).unwrap_err().0.len(), 2);
        let year = Period::new(day("2026-08-01"), Some(day("2027-07-31"))).unwrap();
        let rows = [(year, LeaveRule::new("calendar-days", 3).unwrap())];
        assert_eq!(LeaveRule::on(day("2026-11-03"), &rows).mentor_days(), 3);
        assert_eq!(LeaveRule::on(day("2027-08-01"), &rows), LeaveRule::UNLESS_DECIDED);
    }

    #[test]
    fn a_refusal_says_why_and_nobody_decides_for_themselves() {
        let principal = by(4, LeaveDecider::Principal);
        let today = day("2026-11-03");
        let asked = request("2026-11-16", "2026-11-18");
        let refused = asked.clone().decide(false, principal, None, LAW, today).unwrap_err();
        assert_eq!((refused.rule, refused.pointer.as_str()), (Rule::Required, "/motivation"));
        let own = asked.clone().decide(true, by(2, LeaveDecider::Principal), None, LAW, today).unwrap_err();
        assert_eq!(own.rule, Rule::Conflict);
        let no = asked.decide(false, principal, Some("Nationella prov"), LAW, today).unwrap();
        assert_eq!((no.state.code(), no.covers(day("2026-11-16"))), (LeaveStateCode::Refused, false));
        assert_eq!(no.decide(true, principal, None, LAW, today).unwrap_err().rule, Rule::State);
    }

    #[test]
    fn what_has_begun_is_not_withdrawn() {
        let asked = request("2026-11-16", "2026-11-18");
        assert!(asked.clone().withdraw(person(3), day("2026-11-03")).is_err());
        let granted =
            asked.decide(true, by(4, LeaveDecider::Principal), None, LAW, day("2026-11-03")).unwrap();
        assert_eq!(granted.clone().withdraw(person(2), day("2026-11-16")).unwrap_err().rule, Rule::State);
        let back = granted.withdraw(person(2), day("2026-11-15")).unwrap();
        assert_eq!((back.state.code(), back.covers(day("2026-11-16"))), (LeaveStateCode::Withdrawn, false));
    }

    #[test]
    fn leave_is_asked_for_beforehand() {
        let new = NewLeaveRequest {
            person: person(1),
            first_day: day("2026-11-01"),
            last_day: day("2028-01-01"),
            reason: " ",
        };
        let refused = new.validate(person(2), day("2026-11-02")).unwrap_err().0;
        let pointers: Vec<&str> = refused.iter().map(|refusal| refusal.pointer.as_str()).collect();
        assert_eq!(pointers, ["/firstDay", "/lastDay", "/reason"]);
    }

    proptest! {
        #[test]
        fn a_mentor_never_decides_about_more_than_ten(
            delegated in 0..=MOST_DELEGATED_DAYS, length in 0..60_u64, school_days: bool,
        ) {
            let basis = if school_days { LeaveBasis::SchoolDays } else { LeaveBasis::CalendarDays };
            let rule = LeaveRule::new(basis.code(), delegated).unwrap();
            let first = day("2026-08-17");
            let days = rule.length(first, first + chrono::Days::new(length), &[]);
            prop_assert!(u64::from(days) <= length + 1);
            prop_assert!(rule.may_decide(LeaveDecider::Principal, days));
            prop_assert_eq!(rule.may_decide(LeaveDecider::Mentor, days), days <= delegated);
            prop_assert!(!rule.may_decide(LeaveDecider::Mentor, MOST_DELEGATED_DAYS + 1));
        }
    }
}
