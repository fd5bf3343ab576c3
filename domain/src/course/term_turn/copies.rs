//! Copies of offerings: which, with what dates and title, who teaches and which groups drive them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::lessons::patterns;
use super::naming::titled;
use super::participants::Going;
use super::plan::{PlannedCopy, PlannedGroup, TurnPlan, TurnWarning};
use super::{CopyChange, Copying, TurnFacts, TurnRequest};
use crate::course::{
    DEEPEST, NewOffering, Offering, OfferingContext, OfferingTeacher, PlannedTime, TeacherRole,
    no_overlapping_teacher,
};
use crate::group::Group;
use crate::id::{GroupId, Id, OfferingId};
use crate::period::{LAST_DATE, Period};
use crate::refusal::{Refusal, Refusals, Rule};

/// Plans the copies.
pub(super) fn copy(request: &TurnRequest, copying: &Copying, facts: &TurnFacts, plan: &mut TurnPlan) {
    let chosen = choose(request, copying, facts, plan);
    let Some(days) = span(request) else { return };
    let work = Work { request, copying, facts, days };
    let mut refused = Vec::new();
    for id in chosen {
        let Some(source) = facts.offerings.get(&id) else { continue };
        let at = format!("/offerings/{}", plan.offerings.len());
        let made = work.offering(id, source, &plan.offerings);
        let made = made.unwrap_or_else(|found| {
            refused.extend(found.0.into_iter().map(|refusal| refusal.at(&at)));
            source.clone()
        });
        let mut planned = PlannedCopy {
            source: id,
            copy: made,
            teachers: Vec::new(),
            groups: Vec::new(),
            series: Vec::new(),
            participants: Vec::new(),
            by_groups: BTreeSet::new(),
        };
        let change = copying.changes.get(&id);
        if change.and_then(|change| change.teachers).unwrap_or(copying.teachers) {
            planned.teachers = work.teachers(id, source, &planned.copy, &at, &mut plan.warnings);
        }
        if copying.groups {
            planned.groups = work.groups(id, source, &planned.copy, &at, plan);
        }
        if copying.lessons {
            let (source, copy) = ((id, work.last_day_of(source)), &planned.copy);
            planned.series = patterns(facts, source, copy, &at, &mut plan.warnings);
        }
        plan.offerings.push(planned);
    }
    plan.refusals.extend(refused);
    Going::new(request, copying, facts, plan).plan(plan);
    for (id, CopyChange { place, .. }) in &copying.changes {
        if !plan.offerings.iter().any(|copy| copy.source == *id) {
            let refusal = Refusal::new(Rule::Conflict, "the offering is not among those that are copied");
            plan.refusals.push(refusal.at(&format!("/copying/changes/{place}/offeringId")));
        }
    }
}

/// From the first day of the first term to the last day of the last.
fn span(request: &TurnRequest) -> Option<Period> {
    let first = request.to.first()?.1.first_day();
    let last = request.to.iter().map(|(_, term)| term.last_day()).max()?;
    Period::new(first, Some(last)).ok()
}

/// The offerings asked for with their parts, each after the one it is part of, else by title.
fn choose(
    request: &TurnRequest,
    copying: &Copying,
    facts: &TurnFacts,
    plan: &mut TurnPlan,
) -> Vec<OfferingId> {
    let from = request.from.0;
    let in_term = |offering: &Offering| offering.terms.contains(&from);
    let mut chosen: BTreeSet<OfferingId> = BTreeSet::new();
    let mut listed: BTreeMap<OfferingId, usize> = BTreeMap::new();
    match &copying.listed {
        None => chosen.extend(facts.offerings.iter().filter(|(_, there)| in_term(there)).map(|(id, _)| *id)),
        Some(ids) => {
            for (place, id) in ids.iter().enumerate() {
                let checked = match facts.offerings.get(id) {
                    None => Err(Refusal::new(Rule::UnknownReference, "there is no such offering")),
                    Some(there) if there.school_unit != request.school_unit => {
                        Err(Refusal::new(Rule::Conflict, "the offering is another school unit's"))
                    }
                    Some(there) if !in_term(there) => {
                        Err(Refusal::new(Rule::Conflict, "the offering does not cover the term that ends"))
                    }
                    Some(_) if listed.contains_key(id) => {
                        Err(Refusal::new(Rule::Duplicate, "the offering stands twice"))
                    }
                    Some(_) => Ok(()),
                };
                match checked {
                    Ok(()) => {
                        listed.insert(*id, place);
                        chosen.insert(*id);
                    }
                    Err(refusal) => {
                        plan.refusals.push(refusal.at(&format!("/copying/offeringIds/{place}")));
                    }
                }
            }
        }
    }
    let mut other_terms = Vec::new();
    for _ in 1..DEEPEST {
        for (id, part) in &facts.offerings {
            if part.part_of.is_some_and(|outer| chosen.contains(&outer)) && !chosen.contains(id) {
                if in_term(part) {
                    chosen.insert(*id);
                } else if !other_terms.contains(&id.uuid()) {
                    other_terms.push(id.uuid());
                }
            }
        }
    }
    let depth = |id: OfferingId| {
        let above = std::iter::successors(Some(id), |id| facts.offerings.get(id)?.part_of);
        above.take(DEEPEST).collect::<Vec<_>>()
    };
    chosen.retain(|id| !depth(*id).iter().any(|above| copying.except.contains(above)));

    let (mut running, mut copied) = (Vec::new(), Vec::new());
    chosen.retain(|id| {
        let runs = facts
            .offerings
            .get(id)
            .is_some_and(|there| request.to.first().is_some_and(|(next, _)| there.terms.contains(next)));
        let done = facts.copied.contains_key(id);
        if let (true, Some(place)) = (runs || done, listed.get(id)) {
            let detail = if done {
                "it has been copied to the term already"
            } else {
                "it already covers the next term"
            };
            let at = format!("/copying/offeringIds/{place}");
            plan.refusals.push(Refusal::new(Rule::Duplicate, detail).at(&at));
        } else if done {
            copied.push(id.uuid());
        } else if runs {
            running.push(id.uuid());
        }
        !runs && !done
    });
    for (records, rule, detail) in [
        (running, Rule::Duplicate, "offerings that already cover the next term are not copied"),
        (copied, Rule::Duplicate, "offerings that have been copied to the term already are left out"),
        (other_terms, Rule::OutsidePeriod, "parts that do not cover the term that ends are not copied"),
    ] {
        if !records.is_empty() {
            plan.warnings.push(TurnWarning::new(rule, "/copying", detail, records));
        }
    }
    let title = |id: &OfferingId| facts.offerings.get(id).map(|there| there.title.as_str().to_owned());
    let mut ordered: Vec<(usize, Option<String>, OfferingId)> =
        chosen.iter().map(|id| (depth(*id).len(), title(id), *id)).collect();
    ordered.sort();
    ordered.into_iter().map(|(.., id)| id).collect()
}

struct Work<'a> {
    request: &'a TurnRequest,
    copying: &'a Copying,
    facts: &'a TurnFacts,
    /// The days of the next terms.
    days: Period,
}

impl Work<'_> {
    /// The last day on which it counts who teaches and takes part.
    fn last_day_of(&self, source: &Offering) -> NaiveDate {
        source.last_day().min(self.request.from.1.last_day())
    }

    /// The copy, checked as one that somebody enters. Numbers that a school gives an offering in a report
    /// term are not copied.
    fn offering(
        &self,
        id: OfferingId,
        source: &Offering,
        copies: &[PlannedCopy],
    ) -> Result<Offering, Refusals> {
        let mut refusals = Refusals::default();
        let change = self.copying.changes.get(&id).cloned().unwrap_or_default();
        let title = match &change.title {
            Some(title) => title.clone(),
            None => {
                let next = self.request.to.first().map_or(&self.request.from.1, |(_, term)| term);
                let names = (&self.request.from.1.name, &next.name);
                let made = titled(&self.copying.title_pattern, &source.title, names.0, names.1);
                refusals.note("/title", made).map_or_else(String::new, |title| title.into_string())
            }
        };
        let outer = self.outer(source, copies);
        let within = match &outer {
            Some((_, outer)) => self.days.intersection(&outer.period).unwrap_or(self.days),
            None => self.days,
        };
        let first_day = change.first_day.unwrap_or(within.from());
        let last_day = change.last_day.unwrap_or(within.to().unwrap_or(LAST_DATE));
        let Some(course) = self.facts.courses.get(&source.course) else {
            let refusal = Refusal::new(Rule::UnknownReference, "there is no such course");
            return Err(refusal.at("/courseId").into());
        };
        let days = Period::new(first_day, Some(last_day)).ok();
        let covered = self.request.to.iter().enumerate().filter(|(place, (_, term))| {
            // A term that the copy does not reach is left out, but the first one.
            *place == 0 || days.is_some_and(|days| term.period.overlaps(&days))
        });
        let context = OfferingContext {
            course,
            terms: &self.request.to,
            course_types: &self.facts.course_types,
            site: source.site.and_then(|site| self.facts.sites.get(&site)),
            outer: outer.as_ref().map(|(_, outer)| *outer),
        };
        let new = NewOffering {
            course: source.course,
            school_unit: source.school_unit,
            title: &title,
            terms: covered.map(|(_, (id, _))| *id).collect(),
            first_day,
            last_day,
            course_type: source.course_type.as_ref().map(|code| code.as_str()),
            course_numbers: BTreeMap::new(),
            form: source.form.code(),
            pace_percent: i32::from(source.pace.percent()),
            planned_hours: source.planned_time.map(PlannedTime::hours),
            course_days: source.course_days,
            meeting_days: source.meeting_days,
            site: source.site,
            capacity: change.capacity.or(source.capacity),
            part_of: outer.as_ref().map(|(id, _)| *id).or(source.part_of),
        };
        let made = match new.validate(&context) {
            Ok(made) => Some(made),
            Err(found) if refusals.0.is_empty() => return Err(found),
            Err(_) => None,
        };
        match (made, refusals.finish()) {
            (Some(made), Ok(())) => Ok(made),
            (_, finished) => Err(finished.err().unwrap_or_default()),
        }
    }

    /// What the copy is part of: the copy of what its source is part of (named by that source), the copy
    /// that an earlier turn made, or that itself where it goes on.
    fn outer<'o>(
        &'o self,
        source: &Offering,
        copies: &'o [PlannedCopy],
    ) -> Option<(OfferingId, &'o Offering)> {
        let outer = source.part_of?;
        if let Some(copy) = copies.iter().find(|copy| copy.source == outer) {
            return Some((outer, &copy.copy));
        }
        if let Some((id, copy)) = self.facts.copied.get(&outer) {
            return Some((*id, copy));
        }
        let facts = self.facts;
        facts.outers.get(&outer).or_else(|| facts.offerings.get(&outer)).map(|found| (outer, found))
    }

    /// Who teaches on the last day goes on, as long as the duty lasts; who stands in for another does not.
    fn teachers(
        &self,
        id: OfferingId,
        source: &Offering,
        copy: &Offering,
        at: &str,
        warnings: &mut Vec<TurnWarning>,
    ) -> Vec<OfferingTeacher> {
        let day = self.last_day_of(source);
        let mut teachers: Vec<OfferingTeacher> = Vec::new();
        let (mut left_out, mut shorter) = (Vec::new(), Vec::new());
        for teacher in self.facts.teachers.get(&id).into_iter().flatten() {
            if !teacher.period.contains(day) || teacher.role == TeacherRole::Substitute {
                continue;
            }
            let Some(duty) = self.facts.duties.get(&teacher.duty) else { continue };
            let open = self.facts.open_duties.contains(&teacher.duty);
            match duty.period.intersection(&copy.period) {
                None => left_out.extend(open.then_some(teacher.duty.uuid())),
                Some(period) => {
                    if period != copy.period {
                        shorter.extend(open.then_some(teacher.duty.uuid()));
                    }
                    let going_on = OfferingTeacher { period, ..teacher.clone() };
                    if no_overlapping_teacher(&going_on, &teachers).is_ok() {
                        teachers.push(going_on);
                    }
                }
            }
        }
        for (records, detail) in [
            (left_out, "teachers whose duty does not last until then are left out"),
            (shorter, "teachers whose duty does not cover all of the days teach on the others"),
        ] {
            if !records.is_empty() {
                let at = format!("{at}/teachers");
                warnings.push(TurnWarning::new(Rule::OutsidePeriod, &at, detail, records));
            }
        }
        teachers
    }

    /// Groups that drive the source on its last day: the next class of one that goes up, else the group
    /// itself where it still exists.
    fn groups(
        &self,
        id: OfferingId,
        source: &Offering,
        copy: &Offering,
        at: &str,
        plan: &mut TurnPlan,
    ) -> Vec<(PlannedGroup, Period)> {
        let day = self.last_day_of(source);
        let mut groups: Vec<(PlannedGroup, Period)> = Vec::new();
        let mut left_out = Vec::new();
        let drivers = self.facts.drivers.iter().filter(|(offering, _, _)| *offering == id);
        let mut seen = BTreeSet::new();
        for (_, group, days) in drivers {
            // A driver without a last day drives as long as the group.
            let until = self.facts.groups.get(group).and_then(|group| group.period.to());
            let day = until.map_or(day, |until| until.min(day));
            if !days.contains(day) || !seen.insert(*group) {
                continue;
            }
            let next = self.next_of(*group, plan);
            let shared = next.and_then(|(next, found)| {
                let shared = found.period.intersection(&copy.period)?;
                Some((next, Period::new(shared.from(), None).ok()?))
            });
            match shared {
                Some(driver) => groups.push(driver),
                None => left_out.push(group.uuid()),
            }
        }
        if !left_out.is_empty() {
            let at = format!("{at}/groups");
            let detail = "groups that do not exist on its days are left out";
            plan.warnings.push(TurnWarning::new(Rule::OutsidePeriod, &at, detail, left_out));
        }
        groups.sort_by_key(|(group, _)| *group);
        groups
    }

    fn next_of<'p>(&'p self, group: GroupId, plan: &'p TurnPlan) -> Option<(PlannedGroup, &'p Group)> {
        if let Some(class) = plan.classes.iter().find(|class| class.source == group) {
            return class.next.as_ref().map(|next| (PlannedGroup::NextOf(group), next));
        }
        let standing = self.facts.promoted.get(&group).copied().unwrap_or(group);
        self.facts.groups.get(&standing).map(|found| (PlannedGroup::Standing(standing), found))
    }
}
