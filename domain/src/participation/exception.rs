//! Exceptions for single persons in an offering that groups drive.

use chrono::NaiveDate;

use super::Reason;
use crate::code::coded;
use crate::course::Offering;
use crate::id::{OfferingId, PersonId};
use crate::period::Period;
use crate::refusal::{Refusal, Refusals, Rule};

coded! {
    /// What the exception makes of the person.
    ExceptionKind("kind of exception") {
        /// Does not take part, though a member of a group that drives the offering.
        Excluded = "excluded",
        /// Takes part, though no member.
        Included = "included",
    }
}

/// One person's exception in an offering, for a period.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ParticipationException {
    /// Who.
    pub person: PersonId,
    /// In which offering.
    pub offering: OfferingId,
    /// Whether the person is left out or taken in.
    pub kind: ExceptionKind,
    /// First and last day; without a last day it lasts as long as the offering.
    pub period: Period,
    /// Why; always told where somebody is left out.
    pub reason: Option<Reason>,
}

/// An exception as someone enters it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NewParticipationException<'a> {
    /// Who.
    pub person: PersonId,
    /// In which offering.
    pub offering: OfferingId,
    /// A code of [`ExceptionKind`].
    pub kind: &'a str,
    /// First day and last day (none: as long as the offering).
    pub period: (NaiveDate, Option<NaiveDate>),
    /// 1 to 500 characters; required where somebody is left out.
    pub reason: Option<&'a str>,
}

impl NewParticipationException<'_> {
    /// Checks every field. `others` are the person's other exceptions in the offering.
    ///
    /// # Errors
    /// At `/kind`, `/period/from`, `/period/to` ([`Rule::OutsidePeriod`] outside the offering) and
    /// `/reason`; as [`no_overlapping_exception`].
    pub fn validate<'p>(
        self,
        offering: &Offering,
        others: impl IntoIterator<Item = &'p ParticipationException>,
    ) -> Result<ParticipationException, Refusals> {
        let mut refusals = Refusals::default();
        let Self { person, offering: id, kind, period: (from, to), reason } = self;
        let kind = refusals.note("/kind", ExceptionKind::from_code(kind));
        let period = Period::new(from, to).and_then(|period| {
            offering.period.admit("the offering", from).map_err(|refusal| refusal.at("/from"))?;
            if let Some(to) = to {
                offering.period.admit("the offering", to).map_err(|refusal| refusal.at("/to"))?;
            }
            Ok(period)
        });
        let period = refusals.note("/period", period);
        let reason = reason.map(Reason::new).transpose();
        if kind == Some(ExceptionKind::Excluded) && matches!(reason, Ok(None)) {
            let detail = "why somebody does not take part is always told";
            refusals.0.push(Refusal::new(Rule::Required, detail).at("/reason"));
        }
        let reason = refusals.note("/reason", reason);
        match (kind, period, reason, refusals.finish()) {
            (Some(kind), Some(period), Some(reason), Ok(())) => {
                let new = ParticipationException { person, offering: id, kind, period, reason };
                no_overlapping_exception(&new, others)?;
                Ok(new)
            }
            (.., finished) => Err(finished.err().unwrap_or_default()),
        }
    }
}

/// Checks that a person has one exception in an offering on a day, so that it is never in doubt
/// which one holds. `others` does not hold the exception itself.
///
/// # Errors
/// [`Rule::Overlap`] at `/period`, naming the other's days.
pub fn no_overlapping_exception<'a>(
    exception: &ParticipationException,
    others: impl IntoIterator<Item = &'a ParticipationException>,
) -> Result<(), Refusal> {
    let clash = others.into_iter().find(|other| {
        other.person == exception.person
            && other.offering == exception.offering
            && other.period.overlaps(&exception.period)
    });
    match clash {
        Some(other) => {
            let detail = format!("the person has another exception {}", other.period);
            Err(Refusal::new(Rule::Overlap, detail).at("/period"))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::offering_tests::{day, general_course_offering};
    use crate::id::Id;

    #[test]
    fn an_exception_lies_within_the_offering_and_says_why() {
        let offering = general_course_offering();
        let new = NewParticipationException {
            person: PersonId::from_uuid(uuid::Uuid::from_u128(1)),
            offering: OfferingId::from_uuid(uuid::Uuid::from_u128(2)),
            kind: "excluded",
            period: (day(2026, 9, 1), None),
            reason: Some("Läser svenska som andraspråk"),
        };
        let excluded = new.validate(&offering, []).unwrap();
        assert_eq!(excluded.kind, ExceptionKind::Excluded);
        let included = NewParticipationException { kind: "included", reason: None, ..new };
        assert!(included.validate(&offering, []).is_ok());
        assert_eq!(included.validate(&offering, [&excluded]).unwrap_err().0[0].rule, Rule::Overlap);
        let wrong = NewParticipationException {
            period: (day(2020, 1, 1), Some(day(2031, 1, 1))),
            reason: None,
            ..new
        };
        let found = wrong.validate(&offering, []).unwrap_err().0;
        let found: Vec<_> = found.iter().map(|refusal| (refusal.pointer.as_str(), refusal.rule)).collect();
        assert_eq!(found, [("/period/from", Rule::OutsidePeriod), ("/reason", Rule::Required)]);
    }
}
