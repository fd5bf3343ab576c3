//! Who answers for a group, and when.

use chrono::NaiveDate;

use super::Group;
use crate::code::coded;
use crate::duty::Duty;
use crate::id::DutyId;
use crate::period::Period;
use crate::refusal::{Refusal, Refusals, Rule};

coded! {
    /// What someone does in a group.
    AssignmentRole("role in a group") {
        /// Mentor, klassföreståndare.
        Mentor = "mentor",
        /// Lärare or förskollärare of the group.
        Teacher = "teacher",
        /// Arbetslagsledare, kursföreståndare.
        Leader = "leader",
        /// Lärarassistent, barnskötare, resurs.
        Assistant = "assistant",
        /// Specialpedagog, elevhälsa.
        Support = "support",
        /// Anything else.
        Other = "other",
    }
}

/// A duty's work in a group.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GroupAssignment {
    /// The duty: the person at the school unit.
    pub duty: DutyId,
    /// As what.
    pub role: AssignmentRole,
    /// First and last day; without a last day it lasts as long as the group and the duty.
    pub period: Period,
}

/// An assignment as someone enters it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NewGroupAssignment<'a> {
    /// The duty.
    pub duty: DutyId,
    /// A code of [`AssignmentRole`].
    pub role: &'a str,
    /// First day and last day (none: as long as the group and the duty).
    pub period: (NaiveDate, Option<NaiveDate>),
}

impl NewGroupAssignment<'_> {
    /// Checks every field against the group and the duty.
    ///
    /// # Errors
    /// At `/role`, `/period`, `/period/from`, `/period/to`; [`Rule::Conflict`] at `/dutyId` for a duty
    /// at another school unit.
    pub fn validate(self, group: &Group, duty: &Duty) -> Result<GroupAssignment, Refusals> {
        let mut refusals = Refusals::default();
        let Self { duty: duty_id, role, period: (from, to) } = self;
        if duty.school_unit != group.school_unit {
            let detail = "the duty is at another school unit than the group";
            refusals.0.push(Refusal::new(Rule::Conflict, detail).at("/dutyId"));
        }
        let within = Period::new(from, to).and_then(|period| {
            for (what, outer) in [("the group", &group.period), ("the duty", &duty.period)] {
                if !outer.contains(from) || to.is_some_and(|to| !outer.contains(to)) {
                    let detail = format!("{what} is {outer}; the assignment would be {period}");
                    return Err(Refusal::new(Rule::OutsidePeriod, detail));
                }
            }
            Ok(period)
        });
        let period = refusals.note("/period", within);
        let role = refusals.note("/role", AssignmentRole::from_code(role));
        match (period, role, refusals.finish()) {
            (Some(period), Some(role), Ok(())) => Ok(GroupAssignment { duty: duty_id, role, period }),
            (.., finished) => Err(finished.err().unwrap_or_default()),
        }
    }
}

/// Checks that a duty does not stand twice in a group in one role on one day. `others` are the
/// group's other assignments.
///
/// # Errors
/// [`Rule::Overlap`] at `/period`.
pub fn no_overlapping_assignment<'a>(
    assignment: &GroupAssignment,
    others: impl IntoIterator<Item = &'a GroupAssignment>,
) -> Result<(), Refusal> {
    let clash = others.into_iter().find(|other| {
        other.duty == assignment.duty
            && other.role == assignment.role
            && other.period.overlaps(&assignment.period)
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
    use super::super::group::tests::{check, class_7b, day};
    use super::*;
    use crate::duty::{DutyRole, NewDuty};
    use crate::id::{Id, PersonId, SchoolUnitId};

    #[test]
    fn an_assignment_lies_within_group_and_duty() {
        let group = check(class_7b()).unwrap();
        let new = NewDuty {
            person: PersonId::from_uuid(uuid::Uuid::from_u128(50)),
            school_unit: group.school_unit,
            role: DutyRole::Mentor.code(),
            signature: None,
            period: (day(2020, 8, 1), Some(day(2026, 12, 31))),
        };
        let duty = new.validate().unwrap();
        let mentor = NewGroupAssignment {
            duty: DutyId::from_uuid(uuid::Uuid::from_u128(5)),
            role: "mentor",
            period: (day(2026, 8, 17), None),
        };
        let assigned = mentor.validate(&group, &duty).unwrap();
        assert_eq!(assigned.role, AssignmentRole::Mentor);
        let spring = NewGroupAssignment { period: (day(2027, 1, 11), None), role: "vakt", ..mentor };
        let found = spring.validate(&group, &duty).unwrap_err().0;
        let found: Vec<_> = found.iter().map(|refusal| (refusal.pointer.as_str(), refusal.rule)).collect();
        assert_eq!(found, [("/period", Rule::OutsidePeriod), ("/role", Rule::UnknownCode)]);
        let elsewhere =
            Duty { school_unit: SchoolUnitId::from_uuid(uuid::Uuid::from_u128(9)), ..duty.clone() };
        assert_eq!(mentor.validate(&group, &elsewhere).unwrap_err().0[0].pointer, "/dutyId");
        let leader = GroupAssignment { role: AssignmentRole::Leader, ..assigned.clone() };
        assert!(no_overlapping_assignment(&assigned, [&leader]).is_ok());
        assert_eq!(
            no_overlapping_assignment(&assigned, [&leader, &assigned]).unwrap_err().rule,
            Rule::Overlap
        );
    }
}
