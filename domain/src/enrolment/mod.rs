//! Enrolments (inskrivningar): a person at a school unit, in a school type, from–to.

use chrono::NaiveDate;

use crate::code::{Code, CodeEntry, Table, coded, find};
use crate::id::{PersonId, SchoolUnitId};
use crate::period::Period;
use crate::refusal::{Refusal, Refusals, Rule};
use crate::text::Text;

/// A person's enrolment at a school unit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Enrolment {
    /// Who.
    pub person: PersonId,
    /// Where.
    pub school_unit: SchoolUnitId,
    /// In which school type.
    pub school_type: Code,
    /// Which year of the school (årskurs), 0 to 10; 0 is the preschool class.
    pub school_year: Option<u8>,
    /// Which programme, or another division of the school, as people write it; 1 to 100 characters.
    pub programme: Option<Text>,
    /// The days of the enrolment.
    pub period: Period,
    /// Withdrawn: entered by mistake, or the person never came. It holds no days any more.
    pub withdrawn: bool,
}

coded! {
    /// Where an enrolment stands on a day. It follows from its dates and is not stored.
    EnrolmentState("state of an enrolment") {
        /// It has not begun.
        Planned = "planned",
        /// The day lies within it.
        Active = "active",
        /// It is over.
        Ended = "ended",
        /// It does not count.
        Withdrawn = "withdrawn",
    }
}

impl Enrolment {
    /// Its state on a day.
    #[must_use]
    pub fn state(&self, day: NaiveDate) -> EnrolmentState {
        if self.withdrawn {
            EnrolmentState::Withdrawn
        } else if day < self.period.from() {
            EnrolmentState::Planned
        } else if self.period.contains(day) {
            EnrolmentState::Active
        } else {
            EnrolmentState::Ended
        }
    }
}

/// An enrolment as someone enters it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NewEnrolment<'a> {
    /// Who.
    pub person: PersonId,
    /// Where.
    pub school_unit: SchoolUnitId,
    /// A code of the table [`Table::SchoolType`], valid on the first day.
    pub school_type: &'a str,
    /// 0 to 10.
    pub school_year: Option<u8>,
    /// 1 to 100 characters.
    pub programme: Option<&'a str>,
    /// First day and last day (none: until further notice).
    pub period: (NaiveDate, Option<NaiveDate>),
}

impl NewEnrolment<'_> {
    /// Checks every field, with the table of school types and those of the school unit.
    ///
    /// # Errors
    /// At `/schoolTypeCode` ([`Rule::Conflict`] when the school unit does not have the type),
    /// `/schoolYear`, `/programme`, `/period/from` and `/period/to`.
    pub fn validate(self, table: &[CodeEntry], of_the_unit: &[Code]) -> Result<Enrolment, Refusals> {
        let mut refusals = Refusals::default();
        let Self { person, school_unit, school_type, school_year, programme, period } = self;
        let first_day = period.0;
        let school_type = Code::new(school_type).and_then(|code| {
            find(Table::SchoolType, table, code.as_str(), first_day)?;
            if of_the_unit.contains(&code) {
                Ok(code)
            } else {
                Err(Refusal::new(Rule::Conflict, "the school unit does not have this school type"))
            }
        });
        let school_type = refusals.note("/schoolTypeCode", school_type);
        if school_year.is_some_and(|year| year > 10) {
            refusals.0.push(Refusal::new(Rule::OutOfRange, "a school year is 0 to 10").at("/schoolYear"));
        }
        let programme = programme.and_then(|raw| refusals.note("/programme", Text::line(raw, 100)));
        let period = refusals.note("/period", Period::new(period.0, period.1));
        match (school_type, period, refusals.finish()) {
            (Some(school_type), Some(period), Ok(())) => Ok(Enrolment {
                person,
                school_unit,
                school_type,
                school_year,
                programme,
                period,
                withdrawn: false,
            }),
            (.., finished) => Err(finished.err().unwrap_or_default()),
        }
    }
}

/// Checks that a person is not enrolled twice at a unit in one school type on one day. `others`
/// does not hold the enrolment itself; withdrawn ones do not count.
///
/// # Errors
/// [`Rule::Overlap`] at `/period`, naming the other's days.
pub fn no_overlapping_enrolment<'a>(
    enrolment: &Enrolment,
    others: impl IntoIterator<Item = &'a Enrolment>,
) -> Result<(), Refusal> {
    if enrolment.withdrawn {
        return Ok(());
    }
    let clash = others.into_iter().find(|other| {
        !other.withdrawn
            && other.person == enrolment.person
            && other.school_unit == enrolment.school_unit
            && other.school_type == enrolment.school_type
            && other.period.overlaps(&enrolment.period)
    });
    match clash {
        Some(other) => {
            let detail = format!("the person is already enrolled here in this school type {}", other.period);
            Err(Refusal::new(Rule::Overlap, detail).at("/period"))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::seed;
    use crate::id::Id;

    fn day(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    fn new(from: NaiveDate, to: Option<NaiveDate>) -> NewEnrolment<'static> {
        NewEnrolment {
            person: PersonId::from_uuid(uuid::Uuid::from_u128(1)),
            school_unit: SchoolUnitId::from_uuid(uuid::Uuid::from_u128(2)),
            school_type: "FHS",
            school_year: None,
            programme: Some("Allmän kurs, år 2"),
            period: (from, to),
        }
    }

    fn check(new: NewEnrolment<'_>) -> Result<Enrolment, Refusals> {
        new.validate(&seed::school_types().unwrap(), &[Code::new("FHS").unwrap(), Code::new("GRAN").unwrap()])
    }

    #[test]
    fn the_state_follows_from_the_dates() {
        let enrolment = check(new(day(2026, 8, 17), Some(day(2027, 6, 11)))).unwrap();
        assert_eq!(enrolment.state(day(2026, 8, 16)), EnrolmentState::Planned);
        assert_eq!(enrolment.state(day(2026, 8, 17)), EnrolmentState::Active);
        assert_eq!(enrolment.state(day(2027, 6, 11)), EnrolmentState::Active);
        assert_eq!(enrolment.state(day(2027, 6, 12)), EnrolmentState::Ended);
        let withdrawn = Enrolment { withdrawn: true, ..enrolment };
        assert_eq!(withdrawn.state(day(2026, 9, 1)), EnrolmentState::Withdrawn);
    }

    #[test]
    fn one_enrolment_a_day_in_a_unit_and_school_type() {
        let first = check(new(day(2026, 8, 17), Some(day(2027, 6, 11)))).unwrap();
        let second = check(new(day(2027, 6, 11), None)).unwrap();
        assert_eq!(no_overlapping_enrolment(&second, [&first]).unwrap_err().rule, Rule::Overlap);
        let withdrawn = Enrolment { withdrawn: true, ..first.clone() };
        assert!(no_overlapping_enrolment(&second, [&withdrawn]).is_ok());
        assert!(no_overlapping_enrolment(&withdrawn, [&second]).is_ok());
        let other_type = Enrolment { school_type: Code::new("SFI").unwrap(), ..first };
        assert!(no_overlapping_enrolment(&second, [&other_type]).is_ok());
    }

    #[test]
    fn the_school_type_is_known_that_day_and_the_units() {
        let rule = |new: NewEnrolment<'_>| {
            let refusal = check(new).unwrap_err().0.remove(0);
            (refusal.pointer, refusal.rule)
        };
        let base = new(day(2023, 7, 1), None);
        let at = |rule| ("/schoolTypeCode".to_owned(), rule);
        assert_eq!(rule(NewEnrolment { school_type: "GRAN", ..base }), at(Rule::OutsidePeriod));
        assert_eq!(rule(NewEnrolment { school_type: "GY", ..base }), at(Rule::Conflict));
        assert_eq!(rule(NewEnrolment { school_type: "XX", ..base }), at(Rule::UnknownCode));
        assert_eq!(rule(NewEnrolment { school_year: Some(11), ..base }).0, "/schoolYear");
    }
}
