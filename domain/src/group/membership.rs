//! Who belongs to a group, and when.

use chrono::NaiveDate;

use super::Group;
use crate::id::{GroupId, PersonId};
use crate::period::Period;
use crate::refusal::{Refusal, Rule};

/// A person in a group for a period.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Membership {
    /// Who.
    pub person: PersonId,
    /// In which group.
    pub group: GroupId,
    /// First and last day; without a last day it lasts as long as the group.
    pub period: Period,
}

/// A membership as someone enters it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NewMembership {
    /// Who.
    pub person: PersonId,
    /// In which group.
    pub group: GroupId,
    /// First day and last day (none: as long as the group).
    pub period: (NaiveDate, Option<NaiveDate>),
}

impl NewMembership {
    /// Checks the days against the group's.
    ///
    /// # Errors
    /// At `/period/from` and `/period/to`; [`Rule::OutsidePeriod`] there for a day on which the group
    /// does not exist.
    pub fn validate(self, group: &Group) -> Result<Membership, Refusal> {
        let Self { person, group: id, period: (from, to) } = self;
        let period = Period::new(from, to).map_err(|refusal| refusal.at("/period"))?;
        group.period.admit("the group", from).map_err(|refusal| refusal.at("/period/from"))?;
        if let Some(to) = to {
            group.period.admit("the group", to).map_err(|refusal| refusal.at("/period/to"))?;
        }
        Ok(Membership { person, group: id, period })
    }
}

/// Checks that a person is not twice in a group on one day. `others` does not hold the membership
/// itself.
///
/// # Errors
/// [`Rule::Overlap`] at `/period`, naming the other's days.
pub fn no_overlapping_membership<'a>(
    membership: &Membership,
    others: impl IntoIterator<Item = &'a Membership>,
) -> Result<(), Refusal> {
    let clash = others.into_iter().find(|other| {
        other.person == membership.person
            && other.group == membership.group
            && other.period.overlaps(&membership.period)
    });
    match clash {
        Some(other) => {
            let detail = format!("the person already belongs to the group {}", other.period);
            Err(Refusal::new(Rule::Overlap, detail).at("/period"))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::group::tests::{check, class_7b, day};
    use super::*;
    use crate::id::Id;

    fn in_7b(from: NaiveDate, to: Option<NaiveDate>) -> NewMembership {
        NewMembership {
            person: PersonId::from_uuid(uuid::Uuid::from_u128(50)),
            group: GroupId::from_uuid(uuid::Uuid::from_u128(60)),
            period: (from, to),
        }
    }

    #[test]
    fn a_membership_lies_within_the_group_and_shares_no_day_with_another() {
        let group = check(class_7b()).unwrap();
        let whole = in_7b(day(2026, 8, 17), None).validate(&group).unwrap();
        assert_eq!(whole.period.to(), None);
        let early = in_7b(day(2026, 8, 1), None).validate(&group).unwrap_err();
        assert_eq!((early.rule, early.pointer.as_str()), (Rule::OutsidePeriod, "/period/from"));
        let late = in_7b(day(2026, 8, 17), Some(day(2027, 6, 12))).validate(&group).unwrap_err();
        assert_eq!((late.rule, late.pointer.as_str()), (Rule::OutsidePeriod, "/period/to"));
        let reversed = in_7b(day(2026, 8, 20), Some(day(2026, 8, 19))).validate(&group).unwrap_err();
        assert_eq!((reversed.rule, reversed.pointer.as_str()), (Rule::PeriodReversed, "/period/to"));

        let autumn = in_7b(day(2026, 8, 17), Some(day(2026, 12, 18))).validate(&group).unwrap();
        let spring = in_7b(day(2026, 12, 19), None).validate(&group).unwrap();
        assert!(no_overlapping_membership(&autumn, [&spring]).is_ok());
        assert_eq!(no_overlapping_membership(&whole, [&spring]).unwrap_err().rule, Rule::Overlap);
        let other = Membership { person: PersonId::from_uuid(uuid::Uuid::from_u128(51)), ..whole };
        assert!(no_overlapping_membership(&whole, [&other]).is_ok());
    }
}
