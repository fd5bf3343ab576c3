//! The machine: a participation, its commands, and what must always be true of it.

use chrono::{Days, NaiveDate};

use super::{Origin, Parts, Reason, State};
use crate::code::{Code, CodeEntry, Table, find};
use crate::course::{Offering, Pace};
use crate::id::{OfferingId, PersonId};
use crate::period::{Period, plausible_date};
use crate::refusal::{Refusal, Rule};

/// A person in an offering for a period.
///
/// Always true of it: finished study breaks lie within the period, in order, without sharing a day;
/// the state's dates lie within the period and not before the end of the last break; who has not
/// begun has no breaks; pace and funding cover exactly the period.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Participation {
    person: PersonId,
    offering: OfferingId,
    origin: Origin,
    state: State,
    breaks: Vec<Period>,
    pace: Parts<Pace>,
    funding: Parts<Option<Code>>,
}

/// A participation whose state was corrected, and why; the reason belongs in the change log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Corrected {
    /// The participation as it should have been.
    pub participation: Participation,
    /// Why it was corrected.
    pub reason: Reason,
}

impl Participation {
    /// Builds one from facts, if they fit together.
    pub(super) fn consistent(
        person: PersonId,
        offering: OfferingId,
        origin: Origin,
        state: State,
        breaks: Vec<Period>,
        pace: Parts<Pace>,
        funding: Parts<Option<Code>>,
    ) -> Result<Self, Refusal> {
        let participation = Self { person, offering, origin, state, breaks, pace, funding };
        participation.check()?;
        Ok(participation)
    }

    /// Who.
    #[must_use]
    pub fn person(&self) -> PersonId {
        self.person
    }

    /// In which offering.
    #[must_use]
    pub fn offering(&self) -> OfferingId {
        self.offering
    }

    /// Whether it was made directly or follows groups.
    #[must_use]
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// From which day to which it is, or was, planned to last. Where it ended early the state says
    /// so; see [`Participation::held`].
    #[must_use]
    pub fn period(&self) -> Period {
        self.pace.period()
    }

    /// Where it stands.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Study breaks that are over, in order of time. One that goes on is in the state.
    #[must_use]
    pub fn breaks(&self) -> &[Period] {
        &self.breaks
    }

    /// Pace of study over the period.
    #[must_use]
    pub fn pace(&self) -> &Parts<Pace> {
        &self.pace
    }

    /// Who pays, over the period; none where it is not stated.
    #[must_use]
    pub fn funding(&self) -> &Parts<Option<Code>> {
        &self.funding
    }

    /// Whether it takes one of the offering's places.
    #[must_use]
    pub fn occupies_place(&self) -> bool {
        self.state.occupies_place()
    }

    /// The days on which the person is, was or will be a participant, study breaks included: the
    /// period, cut at the last day where it ended early; none when it was cancelled. Two
    /// participations of a person in one offering may not share such a day.
    #[must_use]
    pub fn held(&self) -> Option<Period> {
        match &self.state {
            State::Planned | State::Active | State::OnStudyBreak { .. } => Some(self.period()),
            State::Interrupted { on, .. } | State::Completed { on } => {
                Period::new(self.period().from(), Some(*on)).ok()
            }
            State::CancelledBeforeStart { .. } => None,
        }
    }

    /// Whether the person is expected in lessons on a day: within [`Participation::held`] and not
    /// on a study break. A study break without a last day goes on until it is resumed.
    #[must_use]
    pub fn attends(&self, day: NaiveDate) -> bool {
        let away = matches!(&self.state, State::OnStudyBreak { from, to }
            if *from <= day && to.is_none_or(|to| day <= to));
        self.held().is_some_and(|held| held.contains(day))
            && !away
            && !self.breaks.iter().any(|period| period.contains(day))
    }

    /// Planned → active, on a day of the period. The dates stay as they are: who came later than
    /// planned gets [`Participation::correct_dates`].
    ///
    /// # Errors
    /// [`Rule::State`], or [`Rule::OutsidePeriod`] at `/on`.
    pub fn start(self, on: NaiveDate) -> Result<Self, Refusal> {
        match self.state {
            State::Planned => {
                self.within("/on", on)?;
                self.into_state(State::Active)
            }
            _ => Err(self.cannot("started", "only a planned participation can")),
        }
    }

    /// Active → on study break, from a first day away to a planned last day, if it is known.
    ///
    /// # Errors
    /// [`Rule::State`]; [`Rule::OutsidePeriod`] or [`Rule::PeriodReversed`] at `/from` or `/to`;
    /// [`Rule::Overlap`] at `/from` for a day of an earlier break.
    pub fn take_study_break(self, from: NaiveDate, to: Option<NaiveDate>) -> Result<Self, Refusal> {
        match self.state {
            State::Active => self.into_state(State::OnStudyBreak { from, to }),
            _ => Err(self.cannot("paused", "only an active participation can")),
        }
    }

    /// On study break → active, from the first day back. The break is kept as lasting until the
    /// day before, whatever was planned.
    ///
    /// # Errors
    /// [`Rule::State`]; [`Rule::OutsidePeriod`] at `/on`, also for a day that is not after the
    /// break's first (a break that never was is corrected, not resumed).
    pub fn resume(mut self, on: NaiveDate) -> Result<Self, Refusal> {
        match self.state {
            State::OnStudyBreak { from, .. } if on > from => {
                self.within("/on", on)?;
                let last = on.checked_sub_days(Days::new(1));
                self.breaks.push(Period::new(from, last).map_err(|refusal| refusal.at("/on"))?);
                self.into_state(State::Active)
            }
            State::OnStudyBreak { from, .. } => {
                let detail = format!("the study break began on {from}; the first day back comes after it");
                Err(Refusal::new(Rule::OutsidePeriod, detail).at("/on"))
            }
            _ => Err(self.cannot("resumed", "only a participation on study break can")),
        }
    }

    /// Active or on study break → interrupted; `on` is the last day as a participant. A study break
    /// is kept until that day, or until its planned last day if that came before.
    ///
    /// # Errors
    /// [`Rule::State`]; [`Rule::OutsidePeriod`] at `/on` for a day outside the period or before
    /// what has already happened; as [`Reason::new`] at `/reason`.
    pub fn interrupt(mut self, on: NaiveDate, reason: &str) -> Result<Self, Refusal> {
        let reason = Reason::new(reason).map_err(|refusal| refusal.at("/reason"))?;
        match self.state {
            State::Active => {}
            State::OnStudyBreak { from, .. } if on < from => {
                let detail = format!("the study break began on {from}; the last day does not come before it");
                return Err(Refusal::new(Rule::OutsidePeriod, detail).at("/on"));
            }
            State::OnStudyBreak { from, to } => {
                self.within("/on", on)?;
                let last = to.map_or(on, |to| to.min(on));
                self.breaks.push(Period::new(from, Some(last)).map_err(|refusal| refusal.at("/on"))?);
            }
            _ => {
                return Err(self.cannot("interrupted", "only one that is active or on study break can"));
            }
        }
        self.into_state(State::Interrupted { on, reason })
    }

    /// Active → completed; `on` is the last day as a participant. Who is on study break resumes
    /// first, or is interrupted.
    ///
    /// # Errors
    /// [`Rule::State`]; [`Rule::OutsidePeriod`] at `/on`.
    pub fn complete(self, on: NaiveDate) -> Result<Self, Refusal> {
        match self.state {
            State::Active => self.into_state(State::Completed { on }),
            _ => Err(self.cannot("completed", "only an active participation can")),
        }
    }

    /// Planned → cancelled before start, on any day up to the period's last.
    ///
    /// # Errors
    /// [`Rule::State`], also for one that follows groups; [`Rule::OutsidePeriod`] at `/on`; as
    /// [`Reason::new`] at `/reason`.
    pub fn cancel(self, on: NaiveDate, reason: &str) -> Result<Self, Refusal> {
        let reason = Reason::new(reason).map_err(|refusal| refusal.at("/reason"))?;
        match self.state {
            State::Planned if self.origin == Origin::Groups => {
                let detail = "it follows groups: whoever does not take part gets an exception";
                Err(Refusal::new(Rule::State, detail))
            }
            State::Planned => self.into_state(State::CancelledBeforeStart { on, reason }),
            _ => Err(self.cannot("cancelled before start", "only a planned participation can")),
        }
    }

    /// The same with other dates, within the offering's. Parts are cut or drawn out to them. Other
    /// participations of the person must be checked again.
    ///
    /// # Errors
    /// [`Rule::State`] for one that follows groups; as [`Period::new`] at `/period`;
    /// [`Rule::OutsidePeriod`] there when the offering does not cover it, and at `/from`, `/to`, `/on` or `/breaks` when something that has happened would
    /// fall outside.
    pub fn correct_dates(
        self,
        period: (NaiveDate, Option<NaiveDate>),
        offering: &Offering,
    ) -> Result<Self, Refusal> {
        let period = within_offering(period, offering).map_err(|refusal| refusal.at("/period"))?;
        if self.origin == Origin::Groups && period != self.period() {
            let detail = "it follows groups: change the membership, or make an exception";
            return Err(Refusal::new(Rule::State, detail));
        }
        self.moved_to(period)
    }

    /// The same over another period: parts are cut or drawn out to it, and so is the planned last
    /// day of a study break that goes on.
    pub(super) fn moved_to(self, period: Period) -> Result<Self, Refusal> {
        let Self { person, offering, origin, mut state, breaks, pace, funding } = self;
        if origin == Origin::Groups
            && let (State::OnStudyBreak { from, to: Some(to) }, Some(last)) = (&mut state, period.to())
            && *from <= last
        {
            *to = last.min(*to);
        }
        Self::consistent(person, offering, origin, state, breaks, pace.over(period), funding.over(period))
    }

    /// The first and the last day on which something has happened to it: study breaks, its end.
    pub(super) fn facts(&self) -> Option<(NaiveDate, NaiveDate)> {
        let of_state = match &self.state {
            State::OnStudyBreak { from: day, .. }
            | State::Interrupted { on: day, .. }
            | State::Completed { on: day } => Some(*day),
            State::Planned | State::Active | State::CancelledBeforeStart { .. } => None,
        };
        let days = || self.breaks.iter().flat_map(|days| [Some(days.from()), days.to()]).flatten();
        Some((days().chain(of_state).min()?, days().chain(of_state).max()?))
    }

    /// Any state → any state, to undo a mistake, as long as the facts fit together. `breaks` are the
    /// study breaks that are over in the corrected account. A correction may take a place again or
    /// hold days again, so both must be checked as for a new participation.
    ///
    /// # Errors
    /// [`Rule::State`] when one that follows groups would be cancelled; as [`Reason::new`] at
    /// `/reason`; [`Rule::OutsidePeriod`], [`Rule::Overlap`],
    /// [`Rule::PeriodReversed`] or [`Rule::Conflict`] at `/from`, `/to`, `/on` or `/breaks`.
    pub fn correct_state(
        self,
        state: State,
        breaks: Vec<Period>,
        reason: &str,
    ) -> Result<Corrected, Refusal> {
        let reason = Reason::new(reason).map_err(|refusal| refusal.at("/reason"))?;
        let Self { person, offering, origin, pace, funding, .. } = self;
        if origin == Origin::Groups && matches!(state, State::CancelledBeforeStart { .. }) {
            let detail = "it follows groups: whoever does not take part gets an exception";
            return Err(Refusal::new(Rule::State, detail));
        }
        let participation = Self::consistent(person, offering, origin, state, breaks, pace, funding)?;
        Ok(Corrected { participation, reason })
    }

    /// The same with another pace from a day until the next part.
    ///
    /// # Errors
    /// [`Rule::OutsidePeriod`] at `/from`, [`Rule::OutOfRange`] at `/pacePercent`, [`Rule::State`]
    /// for a cancelled one.
    pub fn set_pace(self, from: NaiveDate, percent: i32) -> Result<Self, Refusal> {
        self.while_held(from)?;
        let value = Pace::new(percent).map_err(|refusal| refusal.at("/pacePercent"))?;
        Ok(Self { pace: self.pace.with(from, value).map_err(|refusal| refusal.at("/from"))?, ..self })
    }

    /// The same with another funding source (none: not stated) from a day until the next part, with
    /// the table of funding sources.
    ///
    /// # Errors
    /// [`Rule::OutsidePeriod`] at `/from`; as [`find`] at `/fundingCode`; [`Rule::State`] for a
    /// cancelled one.
    pub fn set_funding(
        self,
        from: NaiveDate,
        code: Option<&str>,
        table: &[CodeEntry],
    ) -> Result<Self, Refusal> {
        self.while_held(from)?;
        let value = funding_on(from, code, table).map_err(|refusal| refusal.at("/fundingCode"))?;
        Ok(Self { funding: self.funding.with(from, value).map_err(|refusal| refusal.at("/from"))?, ..self })
    }

    fn into_state(self, state: State) -> Result<Self, Refusal> {
        let next = Self { state, ..self };
        next.check()?;
        Ok(next)
    }

    fn cannot(&self, done: &str, only: &str) -> Refusal {
        let code = self.state.code();
        Refusal::new(Rule::State, format!("the participation cannot be {done}: it is {code}, and {only}"))
    }

    fn within(&self, at: &str, day: NaiveDate) -> Result<(), Refusal> {
        self.period().admit("the participation", day).map_err(|refusal| refusal.at(at))
    }

    fn while_held(&self, from: NaiveDate) -> Result<(), Refusal> {
        match self.held() {
            Some(held) => held.admit("the participation", from).map_err(|refusal| refusal.at("/from")),
            None => Err(self.cannot("changed", "a cancelled participation has no days")),
        }
    }

    /// What must always be true.
    fn check(&self) -> Result<(), Refusal> {
        let period = self.period();
        let mut breaks_end: Option<NaiveDate> = None;
        for finished in &self.breaks {
            let last = finished.to().filter(|_| period.covers(finished)).ok_or_else(|| {
                let detail = format!("a study break lies within the participation, which is {period}");
                Refusal::new(Rule::OutsidePeriod, detail).at("/breaks")
            })?;
            if breaks_end.is_some_and(|end| finished.from() <= end) {
                let detail = "study breaks stand in order of time and share no day";
                return Err(Refusal::new(Rule::Overlap, detail).at("/breaks"));
            }
            breaks_end = Some(last);
        }
        match &self.state {
            State::Active => Ok(()),
            State::Planned => self.no_breaks(),
            State::OnStudyBreak { from, to } => {
                self.within("/from", *from)?;
                if let Some(to) = to {
                    Period::new(*from, Some(*to))?;
                    self.within("/to", *to)?;
                }
                if let Some(end) = breaks_end.filter(|end| from <= end) {
                    let detail = format!("the last study break went on until {end}");
                    return Err(Refusal::new(Rule::Overlap, detail).at("/from"));
                }
                Ok(())
            }
            State::Interrupted { on, .. } => {
                self.within("/on", *on)?;
                not_before("/on", *on, breaks_end)
            }
            State::Completed { on } => {
                self.within("/on", *on)?;
                not_before("/on", *on, breaks_end.and_then(|end| end.checked_add_days(Days::new(1))))
            }
            State::CancelledBeforeStart { on, .. } => {
                plausible_date(*on).map_err(|refusal| refusal.at("/on"))?;
                if let Some(last) = period.to().filter(|last| on > last) {
                    let detail = format!("the participation would have ended on {last}");
                    return Err(Refusal::new(Rule::OutsidePeriod, detail).at("/on"));
                }
                self.no_breaks()
            }
        }
    }

    fn no_breaks(&self) -> Result<(), Refusal> {
        if self.breaks.is_empty() {
            Ok(())
        } else {
            let detail = "who has not begun has had no study break";
            Err(Refusal::new(Rule::Conflict, detail).at("/breaks"))
        }
    }
}

fn not_before(at: &str, day: NaiveDate, earliest: Option<NaiveDate>) -> Result<(), Refusal> {
    match earliest {
        Some(earliest) if day < earliest => {
            let detail = format!("after the last study break this is possible from {earliest}");
            Err(Refusal::new(Rule::OutsidePeriod, detail).at(at))
        }
        _ => Ok(()),
    }
}

/// The period, ended by the offering's last day where no last day is given, if the offering covers it.
pub(super) fn within_offering(
    (from, to): (NaiveDate, Option<NaiveDate>),
    offering: &Offering,
) -> Result<Period, Refusal> {
    plausible_date(from).map_err(|refusal| refusal.at("/from"))?;
    offering.period.admit("the offering", from).map_err(|refusal| refusal.at("/from"))?;
    let period = Period::new(from, to.or(offering.period.to()))?;
    if let Some(to) = to {
        offering.period.admit("the offering", to).map_err(|refusal| refusal.at("/to"))?;
    }
    Ok(period)
}

/// A funding source that is valid on a day, or none when it is not stated.
pub(super) fn funding_on(
    day: NaiveDate,
    code: Option<&str>,
    table: &[CodeEntry],
) -> Result<Option<Code>, Refusal> {
    code.map(|raw| {
        let code = Code::new(raw)?;
        find(Table::FundingSource, table, code.as_str(), day).map(|_| code)
    })
    .transpose()
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
