//! What a turn would make and end.

use std::collections::BTreeSet;

use super::classes::{PlannedEnrolment, promote};
use super::copies::copy;
use super::{TurnFacts, TurnRequest};
use crate::code::Code;
use crate::course::{Offering, OfferingTeacher, Pace};
use crate::group::{Group, GroupAssignment};
use crate::id::{EnrolmentId, GroupId, LessonSeriesId, MembershipId, OfferingId, ParticipationId, PersonId};
use crate::period::Period;
use crate::refusal::{Refusal, Rule};
use crate::schedule::{LessonSeries, Planned};

/// What a turn would make and end. Where something stands in the way of the whole, it is among the
/// refusals; what is left out for a reason is among the warnings. Both say where: `/offerings/3` and
/// `/classes/3` are places in the plan, everything else in the request.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct TurnPlan {
    /// The copies, each after the one it is part of.
    pub offerings: Vec<PlannedCopy>,
    /// The classes.
    pub classes: Vec<PlannedClass>,
    /// The enrolments that end and begin.
    pub enrolments: Vec<PlannedEnrolment>,
    /// What is left out, or should be looked at.
    pub warnings: Vec<TurnWarning>,
    /// What stands in the way.
    pub refusals: Vec<Refusal>,
}

/// A copy of an offering.
#[derive(Clone, PartialEq, Debug)]
pub struct PlannedCopy {
    /// What it is a copy of.
    pub source: OfferingId,
    /// The copy. Where what it is part of is copied too, that is named by its source.
    pub copy: Offering,
    /// Who teaches.
    pub teachers: Vec<OfferingTeacher>,
    /// Which groups drive it.
    pub groups: Vec<(PlannedGroup, Period)>,
    /// The weekly patterns of its lessons.
    pub series: Vec<PlannedSeries>,
    /// Who goes on taking part directly, over all of its days.
    pub participants: Vec<Continued>,
    /// Who takes part by a group.
    pub by_groups: BTreeSet<PersonId>,
}

/// A weekly pattern that goes on in a copy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlannedSeries {
    /// The series that it comes from.
    pub source: LessonSeriesId,
    /// The pattern, of which the offering is still the source.
    pub series: LessonSeries,
    /// The lessons that it makes.
    pub lessons: Vec<Planned>,
}

/// A group that drives a copy.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum PlannedGroup {
    /// One there is.
    Standing(GroupId),
    /// What this class becomes.
    NextOf(GroupId),
}

/// Somebody who goes on taking part.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Continued {
    /// The participation that ends.
    pub source: ParticipationId,
    /// Who.
    pub person: PersonId,
    /// At which pace: the last.
    pub pace: Pace,
    /// Who pays: as on the last day, where that is still possible.
    pub funding: Option<Code>,
}

/// A class that goes up, or whose pupils leave.
#[derive(Clone, PartialEq, Debug)]
pub struct PlannedClass {
    /// The class as it is.
    pub source: GroupId,
    /// What it becomes; none: it was its last year.
    pub next: Option<Group>,
    /// The last day it gets, where it would go on too long.
    pub ends: Option<Group>,
    /// Who belongs to the next class from its first day.
    pub members: Vec<PlannedMember>,
    /// Who answers for the next class.
    pub assignments: Vec<GroupAssignment>,
}

/// Somebody who goes up with the class.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct PlannedMember {
    /// The membership of the class as it is.
    pub source: MembershipId,
    /// Who.
    pub person: PersonId,
}

/// Something that is left out, or should be looked at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TurnWarning {
    /// What, and where.
    pub refusal: Refusal,
    /// Which records: offerings, groups, duties, memberships, participations or enrolments. Never one of
    /// a person with protected identity.
    pub records: Vec<uuid::Uuid>,
}

impl TurnWarning {
    pub(super) fn new(rule: Rule, at: &str, detail: impl Into<String>, records: Vec<uuid::Uuid>) -> Self {
        Self { refusal: Refusal::new(rule, detail).at(at), records }
    }
}

/// How much a turn makes and ends; everybody is counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct TurnCounts {
    /// Copies of offerings.
    pub offerings: usize,
    /// Teachers in them.
    pub teachers: usize,
    /// Groups that drive them.
    pub driving_groups: usize,
    /// Weekly patterns of lessons.
    pub lesson_series: usize,
    /// Lessons that they make.
    pub lessons: usize,
    /// Participations that go on directly.
    pub participations: usize,
    /// Participations that follow groups.
    pub following: usize,
    /// New classes.
    pub classes: usize,
    /// Members of them.
    pub memberships: usize,
    /// Those who answer for them.
    pub assignments: usize,
    /// Classes that get another last day.
    pub classes_ended: usize,
    /// New enrolments.
    pub enrolments: usize,
    /// Enrolments that get another last day.
    pub enrolments_ended: usize,
}

impl TurnPlan {
    /// How much it makes and ends.
    #[must_use]
    pub fn counts(&self) -> TurnCounts {
        let Self { offerings, classes, enrolments, warnings: _, refusals: _ } = self;
        let of_copies = |count: fn(&PlannedCopy) -> usize| offerings.iter().map(count).sum();
        let of_classes = |count: fn(&PlannedClass) -> usize| classes.iter().map(count).sum();
        TurnCounts {
            offerings: offerings.len(),
            teachers: of_copies(|copy| copy.teachers.len()),
            driving_groups: of_copies(|copy| copy.groups.len()),
            lesson_series: of_copies(|copy| copy.series.len()),
            lessons: of_copies(|copy| copy.series.iter().map(|of| of.lessons.len()).sum()),
            participations: of_copies(|copy| copy.participants.len()),
            following: of_copies(|copy| copy.by_groups.len()),
            classes: of_classes(|class| usize::from(class.next.is_some())),
            memberships: of_classes(|class| class.members.len()),
            assignments: of_classes(|class| class.assignments.len()),
            classes_ended: of_classes(|class| usize::from(class.ends.is_some())),
            enrolments: enrolments.iter().filter(|enrolment| enrolment.next.is_some()).count(),
            enrolments_ended: enrolments.iter().filter(|enrolment| enrolment.ends.is_some()).count(),
        }
    }

    /// Whether it would change anything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.counts() == TurnCounts::default()
    }

    /// What the enrolment is once the turn is made; none where the turn leaves it alone.
    #[must_use]
    pub fn enrolment_of(&self, id: EnrolmentId) -> Option<&PlannedEnrolment> {
        self.enrolments.iter().find(|planned| planned.source == id)
    }
}

/// What a turn would make and end, and what stands in its way. Classes come first, since copies are
/// driven by what they become, and nobody goes on in a copy who is no longer enrolled.
#[must_use]
pub fn plan(request: &TurnRequest, facts: &TurnFacts) -> TurnPlan {
    let mut plan = TurnPlan::default();
    check_terms(request, &mut plan);
    if let Some(promotion) = &request.promotion {
        promote(request, promotion, facts, &mut plan);
    }
    if let Some(copying) = &request.copying {
        copy(request, copying, facts, &mut plan);
    }
    if plan.refusals.is_empty() && plan.is_empty() {
        plan.refusals.push(Refusal::new(Rule::State, "there is nothing to copy, to promote or to end"));
    }
    plan
}

fn check_terms(request: &TurnRequest, plan: &mut TurnPlan) {
    let TurnRequest { school_unit, from, to, .. } = request;
    let elsewhere = |unit: Option<_>| unit.is_some_and(|unit| unit != *school_unit);
    if elsewhere(from.1.school_unit) {
        let refusal = Refusal::new(Rule::Conflict, "the term is another school unit's");
        plan.refusals.push(refusal.at("/fromTermId"));
    }
    for (place, (_, term)) in to.iter().enumerate() {
        let at = if place == 0 { "/toTermId".to_owned() } else { format!("/furtherTermIds/{}", place - 1) };
        if elsewhere(term.school_unit) {
            let refusal = Refusal::new(Rule::Conflict, "the term is another school unit's");
            plan.refusals.push(refusal.at(&at));
        }
        if term.first_day() <= from.1.last_day() {
            let detail = format!("it begins on {}, before the other has ended", term.first_day());
            plan.refusals.push(Refusal::new(Rule::OutsidePeriod, detail).at(&at));
        }
    }
    if let (Some(promotion), Some((_, next))) = (&request.promotion, to.first()) {
        if next.school_year() <= from.1.school_year() {
            let detail =
                format!("both terms are in the school year {}: no class goes up", next.school_year());
            plan.refusals.push(Refusal::new(Rule::Conflict, detail).at("/promotion"));
        }
        let (first, next) = (from.1.first_day(), next.first_day());
        if !(first..next).contains(&promotion.leavers_last_day) {
            let detail = format!("leavers end from {first} on, and before the next term begins on {next}");
            plan.refusals.push(Refusal::new(Rule::OutsidePeriod, detail).at("/promotion/leaversLastDay"));
        }
    }
}
