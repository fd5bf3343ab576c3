//! Beginning a participation: the first, and one after an earlier one has ended.

use chrono::NaiveDate;

use super::participation::{funding_on, within_offering};
use super::{Origin, Participation, Parts, State, no_overlapping_participation};
use crate::code::CodeEntry;
use crate::course::{Offering, Pace};
use crate::id::{OfferingId, PersonId};
use crate::refusal::{Refusal, Refusals, Rule};

/// A participation as someone enters it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NewParticipation<'a> {
    /// Who.
    pub person: PersonId,
    /// In which offering.
    pub offering: OfferingId,
    /// First day and last day (none: the offering's).
    pub period: (NaiveDate, Option<NaiveDate>),
    /// 1 to 100; none: the offering's.
    pub pace_percent: Option<i32>,
    /// A code of the table [`Table::FundingSource`](crate::code::Table::FundingSource), valid on the
    /// first day; none: not stated.
    pub funding: Option<&'a str>,
}

impl NewParticipation<'_> {
    /// Checks every field; the participation is planned. `others` are the person's other
    /// participations in the offering. Whether a place is left is
    /// [`admit`](crate::course::admit)'s question.
    ///
    /// # Errors
    /// At `/period`, `/period/from`, `/period/to` ([`Rule::OutsidePeriod`] outside the offering,
    /// [`Rule::Overlap`]), `/pacePercent` and `/fundingCode`.
    pub fn validate<'p>(
        self,
        offering: &Offering,
        funding_sources: &[CodeEntry],
        others: impl IntoIterator<Item = &'p Participation>,
    ) -> Result<Participation, Refusals> {
        let mut refusals = Refusals::default();
        let Self { person, offering: offering_id, period, pace_percent, funding } = self;
        let first_day = period.0;
        let period = refusals.note("/period", within_offering(period, offering));
        let pace = refusals.note("/pacePercent", pace_percent.map_or(Ok(offering.pace), Pace::new));
        let funding = refusals.note("/fundingCode", funding_on(first_day, funding, funding_sources));
        match (period, pace, funding) {
            (Some(period), Some(pace), Some(funding)) => {
                let (pace, funding) = (Parts::whole(period, pace), Parts::whole(period, funding));
                let new = Participation::consistent(
                    person,
                    offering_id,
                    Origin::Direct,
                    State::Planned,
                    Vec::new(),
                    pace,
                    funding,
                )?;
                no_overlapping_participation(&new, others)?;
                Ok(new)
            }
            _ => Err(refusals),
        }
    }
}

impl Participation {
    /// A new participation of the person in the offering after this one has ended (återintag). This
    /// one stays as it is.
    ///
    /// # Errors
    /// [`Rule::State`] while this one has not ended, [`Rule::Conflict`] for another person or
    /// offering; as [`NewParticipation::validate`], so that the new one begins after the last day
    /// of each earlier one.
    pub fn readmit<'p>(
        &'p self,
        new: NewParticipation<'_>,
        offering: &Offering,
        funding_sources: &[CodeEntry],
        others: impl IntoIterator<Item = &'p Self>,
    ) -> Result<Self, Refusals> {
        if self.occupies_place() {
            let code = self.state().code();
            let detail =
                format!("the participation is {code}; only one that has ended can be followed by another");
            return Err(Refusal::new(Rule::State, detail).into());
        }
        if (new.person, new.offering) != (self.person(), self.offering()) {
            let detail = "a readmission is of the same person to the same offering";
            return Err(Refusal::new(Rule::Conflict, detail).into());
        }
        let earlier: Vec<&Self> = others.into_iter().chain(std::iter::once(self)).collect();
        new.validate(offering, funding_sources, earlier)
    }
}
