//! Classes that go up a year, and the enrolments of their pupils.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, NaiveDate};

use super::naming::raised;
use super::plan::{PlannedClass, PlannedMember, TurnPlan, TurnWarning};
use super::{Promotion, TurnFacts, TurnRequest};
use crate::code::Code;
use crate::enrolment::{Enrolment, NewEnrolment, no_overlapping_enrolment};
use crate::group::{Group, GroupAssignment, GroupKind, NewGroup, no_overlapping_assignment, unique_name};
use crate::id::{EnrolmentId, GroupId, Id, PersonId};
use crate::period::{LAST_DATE, Period};
use crate::refusal::{Refusal, Refusals, Rule};

/// 52 weeks: the same day of the week, a year later.
const YEAR: Days = Days::new(364);

/// An enrolment that ends, and the one that follows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlannedEnrolment {
    /// The enrolment as it is.
    pub source: EnrolmentId,
    /// The same with the last day it gets, where it would go on too long.
    pub ends: Option<Enrolment>,
    /// The enrolment of the next year; none: it was the last.
    pub next: Option<Enrolment>,
}

/// What becomes of somebody in a year of a school type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Next {
    /// The next year.
    Year(u8),
    /// It was the last.
    Leaves,
}

/// Plans classes and enrolments.
pub(super) fn promote(request: &TurnRequest, promotion: &Promotion, facts: &TurnFacts, plan: &mut TurnPlan) {
    let Some((_, next_term)) = request.to.first() else { return };
    let mut work = Work {
        request,
        promotion,
        facts,
        first_day: next_term.first_day(),
        eve: next_term.first_day() - Days::new(1),
        unknown: BTreeSet::new(),
    };
    let chosen = work.chosen(plan);
    let mut members = Vec::new();
    for (id, class) in chosen {
        let at = format!("/classes/{}", plan.classes.len());
        let members_here = work.members(id, class);
        match work.class(id, class) {
            Ok(planned) => plan.classes.push(planned),
            Err(found) => {
                plan.refusals.extend(found.0.into_iter().map(|refusal| refusal.at(&at)));
                // It keeps its place, so that the places of those after it are the preview's.
                let (members, assignments) = (Vec::new(), Vec::new());
                plan.classes.push(PlannedClass { source: id, next: None, ends: None, members, assignments });
            }
        }
        members.push(members_here);
    }
    work.enrolments(&members, plan);
    let enrolled = Enrolled::after(facts, plan);
    for (place, members) in members.into_iter().enumerate() {
        work.go_up(place, members, &enrolled, plan);
    }
    work.check_names(plan);
    work.check_known(plan);
}

struct Work<'a> {
    request: &'a TurnRequest,
    promotion: &'a Promotion,
    facts: &'a TurnFacts,
    /// The next term's first day.
    first_day: NaiveDate,
    /// The day before.
    eve: NaiveDate,
    /// School types whose last year is not said.
    unknown: BTreeSet<Code>,
}

impl<'a> Work<'a> {
    /// The classes asked for, by name.
    fn chosen(&self, plan: &mut TurnPlan) -> Vec<(GroupId, &'a Group)> {
        let Self { request, promotion, facts, .. } = self;
        let term = &request.from.1;
        let mut ids: Vec<GroupId> = Vec::new();
        match &promotion.listed {
            Some(listed) => {
                for (place, id) in listed.iter().enumerate() {
                    let checked = match facts.groups.get(id) {
                        None => Err(Refusal::new(Rule::UnknownReference, "there is no such group")),
                        Some(group) if group.kind != GroupKind::Class => {
                            Err(Refusal::new(Rule::Conflict, "only a class goes up"))
                        }
                        Some(group) if !group.period.overlaps(&term.period) => {
                            let detail = format!("the class exists {}, not in the term", group.period);
                            Err(Refusal::new(Rule::OutsidePeriod, detail))
                        }
                        Some(_) if ids.contains(id) => {
                            Err(Refusal::new(Rule::Duplicate, "the class stands twice"))
                        }
                        Some(_) if facts.promoted.contains_key(id) => {
                            Err(Refusal::new(Rule::State, "the class has gone up already"))
                        }
                        Some(_) => Ok(()),
                    };
                    match checked {
                        Ok(()) => ids.push(*id),
                        Err(refusal) => {
                            plan.refusals.push(refusal.at(&format!("/promotion/groupIds/{place}")));
                        }
                    }
                }
            }
            None => {
                let classes = facts.groups.iter().filter(|(id, group)| {
                    group.kind == GroupKind::Class
                        && group.period.overlaps(&term.period)
                        && !promotion.except.contains(id)
                });
                let (mut early, mut done) = (Vec::new(), Vec::new());
                for (id, group) in classes {
                    if facts.promoted.contains_key(id) {
                        done.push(id.uuid());
                    } else if group.period.contains(term.last_day()) {
                        ids.push(*id);
                    } else {
                        early.push(id.uuid());
                    }
                }
                let left_out = [
                    (
                        early,
                        Rule::OutsidePeriod,
                        "classes that end before the term's last day go up only when they are listed",
                    ),
                    (done, Rule::State, "classes that have gone up already are left out"),
                ];
                for (records, rule, detail) in left_out {
                    if !records.is_empty() {
                        plan.warnings.push(TurnWarning::new(rule, "/promotion", detail, records));
                    }
                }
            }
        }
        let mut classes: Vec<(GroupId, &Group)> =
            ids.into_iter().filter_map(|id| Some((id, facts.groups.get(&id)?))).collect();
        if promotion.listed.is_none() {
            classes.sort_by_key(|(id, group)| (group.name.as_str().to_owned(), *id));
        }
        classes
    }

    /// The year after; of a class without a school type where only one is spoken of.
    fn next(&mut self, school_type: Option<&Code>, year: u8) -> Result<Option<Next>, Refusal> {
        let highest = match school_type {
            Some(code) => self.promotion.highest_years.get(code),
            None if self.promotion.highest_years.len() == 1 => self.promotion.highest_years.values().next(),
            None => {
                let detail = "the class has no school type: which year is the last cannot be told";
                return Err(Refusal::new(Rule::Required, detail));
            }
        };
        match highest {
            Some(highest) if year >= *highest => Ok(Some(Next::Leaves)),
            Some(_) => Ok(Some(Next::Year(year + 1))),
            None => {
                self.unknown.extend(school_type.cloned());
                Ok(None)
            }
        }
    }

    /// The class a year later, without its members.
    fn class(&mut self, id: GroupId, class: &Group) -> Result<PlannedClass, Refusals> {
        let mut refusals = Refusals::default();
        let next = match class.school_year {
            None => Some(None),
            Some(year) => match refusals.note("", self.next(class.school_type.as_ref(), year)) {
                Some(Some(Next::Leaves)) => None,
                Some(Some(Next::Year(next))) => Some(Some(next)),
                // Said once, of the school type.
                Some(None) | None => None,
            },
        };
        let promotion = self.promotion;
        let next = next.and_then(|school_year| {
            let name = promotion
                .names
                .get(&id)
                .map_or_else(|| raised(class.name.as_str(), class.school_year), |(_, name)| name.clone());
            let last_day = promotion
                .last_day
                .or_else(|| class.period.to().map(|to| to.checked_add_days(YEAR).unwrap_or(LAST_DATE)));
            let new = NewGroup {
                school_unit: class.school_unit,
                kind: class.kind.code(),
                name: &name,
                school_type: class.school_type.as_ref().map(Code::as_str),
                school_year,
                period: (self.first_day, last_day),
            };
            match new.validate(&self.facts.school_types, &self.facts.types_of_unit) {
                Ok(next) => Some(next),
                Err(found) => {
                    refusals.0.extend(found.0);
                    None
                }
            }
        });
        let last = if next.is_some() { self.eve } else { promotion.leavers_last_day };
        let ends = refusals.note("/period", cut(class.period, last)).flatten();
        let ends = ends.map(|period| Group { period, ..class.clone() });
        if let Some(shorter) = &ends {
            refusals.note("", self.nothing_after(id, shorter));
        }
        let assignments = match &next {
            Some(next) if promotion.staff => self.assignments(id, class, next),
            Some(_) | None => Vec::new(),
        };
        refusals.finish()?;
        Ok(PlannedClass { source: id, next, ends, members: Vec::new(), assignments })
    }

    /// Checks that what is told of members, staff and what the class drives lies within its shorter days.
    fn nothing_after(&self, id: GroupId, class: &Group) -> Result<(), Refusal> {
        let days = &class.period;
        let beyond =
            |told: &Period| !days.contains(told.from()) || told.to().is_some_and(|to| !days.contains(to));
        let facts = self.facts;
        let members = facts.memberships.iter().map(|(_, membership)| membership);
        let mut told: Vec<(&str, Period)> = members
            .filter(|membership| membership.group == id)
            .map(|membership| ("somebody belongs to it", membership.period))
            .collect();
        let staff = facts.assignments.get(&id).into_iter().flatten();
        told.extend(staff.map(|assignment| ("somebody answers for it", assignment.period)));
        let drives = facts.drivers.iter().filter(|(_, group, _)| *group == id);
        told.extend(drives.map(|(_, _, days)| ("it drives an offering", *days)));
        match told.into_iter().find(|(_, told)| beyond(told)) {
            Some((what, told)) => {
                let detail = format!("{what} {told}; the class would be {days}");
                Err(Refusal::new(Rule::OutsidePeriod, detail))
            }
            None => Ok(()),
        }
    }

    /// The day on which it counts who belongs to the class.
    fn last_day_of(&self, class: &Group) -> NaiveDate {
        let last = self.request.from.1.last_day();
        class.period.to().map_or(last, |to| to.min(last))
    }

    /// Who belongs to the class on that day.
    fn members(&self, id: GroupId, class: &Group) -> Vec<PlannedMember> {
        let day = self.last_day_of(class);
        let mut seen = BTreeSet::new();
        let mut members: Vec<PlannedMember> = self
            .facts
            .memberships
            .iter()
            .filter(|(_, membership)| membership.group == id && membership.period.contains(day))
            .filter(|(_, membership)| self.facts.persons.contains(&membership.person))
            .map(|(source, membership)| PlannedMember { source: *source, person: membership.person })
            .collect();
        members.sort_unstable();
        members.retain(|member| seen.insert(member.person));
        members
    }

    /// Those who answer for the class and go on: on its last day, as long as their duty lasts.
    fn assignments(&self, id: GroupId, class: &Group, next: &Group) -> Vec<GroupAssignment> {
        let day = self.last_day_of(class);
        let mut going_on: Vec<GroupAssignment> = Vec::new();
        for assignment in self.facts.assignments.get(&id).into_iter().flatten() {
            let Some(duty) = self.facts.duties.get(&assignment.duty) else { continue };
            if !assignment.period.contains(day) || !duty.period.contains(next.period.from()) {
                continue;
            }
            let Ok(period) = Period::new(next.period.from(), None) else { continue };
            let assignment = GroupAssignment { period, ..assignment.clone() };
            if no_overlapping_assignment(&assignment, &going_on).is_ok() {
                going_on.push(assignment);
            }
        }
        going_on
    }

    /// The enrolments of the classes' members: raised, or ended.
    fn enrolments(&mut self, members: &[Vec<PlannedMember>], plan: &mut TurnPlan) {
        let facts = self.facts;
        let mut by_person: BTreeMap<PersonId, Vec<(EnrolmentId, &Enrolment)>> = BTreeMap::new();
        for (id, enrolment) in facts.enrolments.iter().filter(|(_, enrolment)| !enrolment.withdrawn) {
            by_person.entry(enrolment.person).or_default().push((*id, enrolment));
        }
        let mut seen = BTreeSet::new();
        for (place, members) in members.iter().enumerate() {
            let Some(class) = plan.classes.get(place).and_then(|class| facts.groups.get(&class.source))
            else {
                continue;
            };
            let day = self.last_day_of(class);
            let (mut ending, mut entered, mut refused) = (Vec::new(), Vec::new(), Vec::new());
            for member in members {
                let theirs = by_person.get(&member.person).map(Vec::as_slice).unwrap_or_default();
                let open = facts.open.contains(&member.person);
                for (id, enrolment) in theirs {
                    if !enrolment.period.contains(day) || !seen.insert(*id) {
                        continue;
                    }
                    let others = theirs.iter().filter(|(other, _)| other != id).map(|(_, other)| *other);
                    match self.enrolment(*id, enrolment, others) {
                        Ok(Outcome::Changes(planned)) => plan.enrolments.push(*planned),
                        Ok(Outcome::Stays) => {}
                        Ok(Outcome::EndsByItself) => ending.extend(open.then_some(id.uuid())),
                        Ok(Outcome::EnteredAlready) => entered.extend(open.then_some(id.uuid())),
                        Err(found) => refused.extend(found.0),
                    }
                }
            }
            let at = format!("/classes/{place}");
            for (records, rule, detail) in [
                (
                    ending,
                    Rule::OutsidePeriod,
                    "enrolments that end before the next term are not followed by others",
                ),
                (entered, Rule::Overlap, "enrolments that another follows already are left as they are"),
            ] {
                if !records.is_empty() {
                    plan.warnings.push(TurnWarning::new(rule, &at, detail, records));
                }
            }
            for refusal in refused {
                let refusal = refusal.at(&at);
                if !plan.refusals.contains(&refusal) {
                    plan.refusals.push(refusal);
                }
            }
        }
        if self.promotion.listed.is_none() && self.promotion.except.is_empty() {
            let day = self.request.from.1.last_day();
            let of_class =
                |group: GroupId| facts.groups.get(&group).is_some_and(|group| group.kind == GroupKind::Class);
            let in_class: BTreeSet<PersonId> = facts
                .memberships
                .iter()
                .filter(|(_, membership)| of_class(membership.group) && membership.period.contains(day))
                .map(|(_, membership)| membership.person)
                .collect();
            let without: Vec<_> = facts
                .enrolments
                .iter()
                .filter(|(id, enrolment)| {
                    enrolment.school_year.is_some()
                        && !enrolment.withdrawn
                        && enrolment.period.contains(day)
                        && !seen.contains(id)
                        && !in_class.contains(&enrolment.person)
                        && facts.open.contains(&enrolment.person)
                })
                .map(|(id, _)| id.uuid())
                .collect();
            if !without.is_empty() {
                let detail =
                    "enrolments with a school year of those who belong to no class are left as they are";
                plan.warnings.push(TurnWarning::new(Rule::Conflict, "/promotion", detail, without));
            }
        }
    }

    fn enrolment<'e>(
        &mut self,
        id: EnrolmentId,
        enrolment: &Enrolment,
        others: impl Iterator<Item = &'e Enrolment>,
    ) -> Result<Outcome, Refusals> {
        let Some(year) = enrolment.school_year else { return Ok(Outcome::Stays) };
        let next = match self.next(Some(&enrolment.school_type), year)? {
            None => return Ok(Outcome::Stays),
            Some(Next::Leaves) => {
                let ends = cut(enrolment.period, self.promotion.leavers_last_day)?;
                let ends = ends.map(|period| Enrolment { period, ..enrolment.clone() });
                return Ok(match ends {
                    None => Outcome::Stays,
                    ends => Outcome::Changes(Box::new(PlannedEnrolment { source: id, ends, next: None })),
                });
            }
            Some(Next::Year(next)) => next,
        };
        let last_day = match enrolment.period.to() {
            Some(to) if to < self.first_day => {
                if !self.promotion.renews_ended {
                    return Ok(Outcome::EndsByItself);
                }
                Some(to.checked_add_days(YEAR).unwrap_or(LAST_DATE))
            }
            to => to,
        };
        let new = NewEnrolment {
            person: enrolment.person,
            school_unit: enrolment.school_unit,
            school_type: enrolment.school_type.as_str(),
            school_year: Some(next),
            programme: enrolment.programme.as_ref().map(|text| text.as_str()),
            period: (self.first_day, last_day),
        };
        let new = new.validate(&self.facts.school_types, &self.facts.types_of_unit)?;
        if no_overlapping_enrolment(&new, others).is_err() {
            return Ok(Outcome::EnteredAlready);
        }
        let ends = cut(enrolment.period, self.eve)?;
        let ends = ends.map(|period| Enrolment { period, ..enrolment.clone() });
        Ok(Outcome::Changes(Box::new(PlannedEnrolment { source: id, ends, next: Some(new) })))
    }

    /// Those go up with the class who are enrolled then, or never were.
    fn go_up(&self, place: usize, members: Vec<PlannedMember>, enrolled: &Enrolled, plan: &mut TurnPlan) {
        let first_day = self.first_day;
        let Some(class) = plan.classes.get_mut(place).filter(|class| class.next.is_some()) else { return };
        let (stay, leave): (Vec<_>, Vec<_>) =
            members.into_iter().partition(|member| enrolled.may_go_on(member.person, first_day));
        class.members = stay;
        let told: Vec<_> = leave
            .into_iter()
            .filter(|member| self.facts.open.contains(&member.person))
            .map(|member| member.source.uuid())
            .collect();
        if !told.is_empty() {
            let at = format!("/classes/{place}");
            let detail = "members who are no longer enrolled when the next term begins do not go up";
            plan.warnings.push(TurnWarning::new(Rule::OutsidePeriod, &at, detail, told));
        }
    }

    /// A name is one group's of a kind at a time, those counted in that end.
    fn check_names(&self, plan: &mut TurnPlan) {
        let ended: BTreeMap<GroupId, &Group> =
            plan.classes.iter().filter_map(|class| Some((class.source, class.ends.as_ref()?))).collect();
        let standing = self.facts.groups.iter().map(|(id, group)| *ended.get(id).unwrap_or(&group));
        let mut taken: Vec<&Group> = standing.collect();
        let mut refusals = Vec::new();
        for (place, class) in plan.classes.iter().enumerate() {
            let Some(next) = &class.next else { continue };
            if let Err(refusal) = unique_name(next, taken.iter().copied()) {
                refusals.push(refusal.at(&format!("/classes/{place}")));
            }
            taken.push(next);
        }
        plan.refusals.extend(refusals);
    }

    /// What the request names must be there.
    fn check_known(&self, plan: &mut TurnPlan) {
        for code in &self.unknown {
            let detail = format!("say which is the last year of the school type {}", code.as_str());
            plan.refusals.push(Refusal::new(Rule::Required, detail).at("/promotion/highestYears"));
        }
        for (id, (place, _)) in &self.promotion.names {
            if !plan.classes.iter().any(|class| class.source == *id) {
                let refusal = Refusal::new(Rule::Conflict, "the class is not among those that go up");
                plan.refusals.push(refusal.at(&format!("/promotion/names/{place}/groupId")));
            }
        }
    }
}

/// What becomes of an enrolment.
enum Outcome {
    Changes(Box<PlannedEnrolment>),
    Stays,
    EndsByItself,
    EnteredAlready,
}

/// The period cut at a last day; none where it has ended by then.
fn cut(period: Period, last: NaiveDate) -> Result<Option<Period>, Refusal> {
    if period.to().is_some_and(|to| to <= last) {
        return Ok(None);
    }
    Period::new(period.from(), Some(last)).map(Some)
}

/// Who is enrolled at the unit on which days, once the turn is made.
pub(super) struct Enrolled(BTreeMap<PersonId, Vec<Period>>);

impl Enrolled {
    pub(super) fn after(facts: &TurnFacts, plan: &TurnPlan) -> Self {
        let changes: BTreeMap<EnrolmentId, &PlannedEnrolment> =
            plan.enrolments.iter().map(|planned| (planned.source, planned)).collect();
        let mut days: BTreeMap<PersonId, Vec<Period>> = BTreeMap::new();
        for (id, enrolment) in facts.enrolments.iter().filter(|(_, enrolment)| !enrolment.withdrawn) {
            let planned = changes.get(id);
            let ends = planned.and_then(|planned| planned.ends.as_ref());
            let next = planned.and_then(|planned| planned.next.as_ref());
            let theirs = days.entry(enrolment.person).or_default();
            theirs.push(ends.unwrap_or(enrolment).period);
            theirs.extend(next.map(|next| next.period));
        }
        Self(days)
    }

    /// Whether somebody is enrolled on the day, or never was at the unit.
    pub(super) fn may_go_on(&self, person: PersonId, day: NaiveDate) -> bool {
        self.0.get(&person).is_none_or(|days| days.iter().any(|days| days.contains(day)))
    }
}
