//! Who teaches an offering, and when.

use chrono::NaiveDate;

use super::Offering;
use crate::code::coded;
use crate::duty::Duty;
use crate::id::DutyId;
use crate::period::Period;
use crate::refusal::{Refusal, Refusals, Rule};

coded! {
    /// What someone does in an offering.
    TeacherRole("role of a teacher") {
        /// Kursansvarig: answers for the course and its results.
        Responsible = "responsible",
        /// Teaches.
        Teacher = "teacher",
        /// Assists.
        Assistant = "assistant",
        /// Vikarie: stands in for another.
        Substitute = "substitute",
    }
}

/// A duty's work in an offering.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OfferingTeacher {
    /// The duty: the person at the school unit.
    pub duty: DutyId,
    /// The days on which it works there.
    pub period: Period,
    /// As what.
    pub role: TeacherRole,
}

/// A teacher of an offering as someone enters it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NewOfferingTeacher<'a> {
    /// The duty.
    pub duty: DutyId,
    /// First day and last day (none: as long as the offering).
    pub period: (NaiveDate, Option<NaiveDate>),
    /// A code of [`TeacherRole`].
    pub role: &'a str,
}

impl NewOfferingTeacher<'_> {
    /// Checks every field against the offering and the duty.
    ///
    /// # Errors
    /// At `/period`, `/period/from`, `/period/to`, `/role`, and [`Rule::Conflict`] at `/dutyId`
    /// for a duty at another school unit.
    pub fn validate(self, offering: &Offering, duty: &Duty) -> Result<OfferingTeacher, Refusals> {
        let mut refusals = Refusals::default();
        let Self { duty: duty_id, period: (from, to), role } = self;
        if duty.school_unit != offering.school_unit {
            let detail = "the duty is at another school unit than the offering";
            refusals.0.push(Refusal::new(Rule::Conflict, detail).at("/dutyId"));
        }
        let within = Period::new(from, to.or(offering.period.to())).and_then(|period| {
            for (what, outer) in [("the offering", &offering.period), ("the duty", &duty.period)] {
                if !outer.covers(&period) {
                    let detail = format!("{what} is {outer}; the teacher would be {period}");
                    return Err(Refusal::new(Rule::OutsidePeriod, detail));
                }
            }
            Ok(period)
        });
        let period = refusals.note("/period", within);
        let role = refusals.note("/role", TeacherRole::from_code(role));
        match (period, role, refusals.finish()) {
            (Some(period), Some(role), Ok(())) => Ok(OfferingTeacher { duty: duty_id, period, role }),
            (.., finished) => Err(finished.err().unwrap_or_default()),
        }
    }
}

/// Checks that a duty does not stand twice in an offering in one role on one day. `others` are the
/// offering's other teachers.
///
/// # Errors
/// [`Rule::Overlap`] at `/period`.
pub fn no_overlapping_teacher<'a>(
    teacher: &OfferingTeacher,
    others: impl IntoIterator<Item = &'a OfferingTeacher>,
) -> Result<(), Refusal> {
    let clash = others.into_iter().find(|other| {
        other.duty == teacher.duty && other.role == teacher.role && other.period.overlaps(&teacher.period)
    });
    match clash {
        Some(other) => {
            let detail = format!("the same duty already has this role {}", other.period);
            Err(Refusal::new(Rule::Overlap, detail).at("/period"))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::offering::tests::{day, general_course_offering};
    use crate::duty::{DutyRole, NewDuty};
    use crate::id::{Id, PersonId};

    #[test]
    fn a_teacher_stands_within_offering_and_duty() {
        let offering = general_course_offering();
        let duty = NewDuty {
            person: PersonId::from_uuid(uuid::Uuid::from_u128(50)),
            school_unit: offering.school_unit,
            role: DutyRole::Teacher.code(),
            signature: Some("ÅsÖ"),
            period: (day(2020, 1, 1), Some(day(2026, 12, 31))),
        }
        .validate()
        .unwrap();
        let new = NewOfferingTeacher {
            duty: DutyId::from_uuid(uuid::Uuid::from_u128(5)),
            period: (day(2026, 8, 17), Some(day(2026, 12, 18))),
            role: "responsible",
        };
        let teacher = new.validate(&offering, &duty).unwrap();
        assert_eq!(teacher.role, TeacherRole::Responsible);
        let autumn_only = NewOfferingTeacher { period: (day(2026, 8, 17), None), ..new };
        let refusals = autumn_only.validate(&offering, &duty).unwrap_err();
        assert_eq!((refusals.0[0].rule, refusals.0[0].pointer.as_str()), (Rule::OutsidePeriod, "/period"));
        let later =
            OfferingTeacher { period: Period::new(day(2026, 12, 19), None).unwrap(), ..teacher.clone() };
        assert!(no_overlapping_teacher(&teacher, [&later]).is_ok());
        assert_eq!(no_overlapping_teacher(&teacher, [&later, &teacher]).unwrap_err().rule, Rule::Overlap);
    }
}
