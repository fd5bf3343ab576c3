//! Who goes on taking part in the copies.

use std::collections::{BTreeMap, BTreeSet};

use super::classes::Enrolled;
use super::plan::{Continued, PlannedGroup, TurnPlan, TurnWarning};
use super::{Continuing, Copying, TurnFacts, TurnRequest};
use crate::code::{Table, find};
use crate::course::{Offering, admit};
use crate::id::{Id, OfferingId, ParticipationId, PersonId};
use crate::participation::{Origin, Participation, State};
use crate::period::Period;
use crate::refusal::{Refusal, Rule};

/// Why somebody does not go on, said once for each copy.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stays {
    OnStudyBreak,
    NotEnrolled,
    ByGroup,
    NotInOuter,
    FundingEnded,
}

impl Stays {
    fn says(self) -> (Rule, &'static str) {
        match self {
            Self::OnStudyBreak => {
                (Rule::State, "participants on a study break go on only when they are chosen")
            }
            Self::NotEnrolled => {
                (Rule::OutsidePeriod, "participants who are no longer enrolled then do not go on")
            }
            Self::ByGroup => (Rule::Overlap, "participants who take part by a group do so from now on"),
            Self::NotInOuter => {
                (Rule::OutsidePeriod, "participants who do not take part in what it is part of do not go on")
            }
            Self::FundingEnded => {
                (Rule::UnknownCode, "participants go on without a funding source that is not in use then")
            }
        }
    }
}

pub(super) struct Going<'a> {
    request: &'a TurnRequest,
    copying: &'a Copying,
    facts: &'a TurnFacts,
    enrolled: Enrolled,
    by_offering: BTreeMap<OfferingId, Vec<(ParticipationId, &'a Participation)>>,
    members: BTreeMap<PlannedGroup, Vec<(PersonId, Period)>>,
}

impl<'a> Going<'a> {
    pub(super) fn new(
        request: &'a TurnRequest,
        copying: &'a Copying,
        facts: &'a TurnFacts,
        plan: &TurnPlan,
    ) -> Self {
        let mut by_offering: BTreeMap<OfferingId, Vec<(ParticipationId, &Participation)>> = BTreeMap::new();
        for (id, participation) in &facts.participations {
            if facts.persons.contains(&participation.person()) {
                by_offering.entry(participation.offering()).or_default().push((*id, participation));
            }
        }
        let mut members: BTreeMap<PlannedGroup, Vec<(PersonId, Period)>> = BTreeMap::new();
        for (_, membership) in &facts.memberships {
            let Some(group) = facts.groups.get(&membership.group) else { continue };
            if let Some(days) = membership.period.intersection(&group.period) {
                members
                    .entry(PlannedGroup::Standing(membership.group))
                    .or_default()
                    .push((membership.person, days));
            }
        }
        for class in &plan.classes {
            let Some(next) = &class.next else { continue };
            let theirs = class.members.iter().map(|member| (member.person, next.period));
            members.insert(PlannedGroup::NextOf(class.source), theirs.collect());
        }
        Self { request, copying, facts, enrolled: Enrolled::after(facts, plan), by_offering, members }
    }

    /// Plans the participants of all copies; each stands after the one it is part of.
    pub(super) fn plan(&self, plan: &mut TurnPlan) {
        self.check_chosen(plan);
        let mut within: BTreeMap<OfferingId, BTreeSet<PersonId>> = BTreeMap::new();
        for place in 0..plan.offerings.len() {
            let Some(copy) = plan.offerings.get(place) else { continue };
            let at = format!("/offerings/{place}");
            let outer = copy.copy.part_of.map(|outer| match within.get(&outer) {
                Some(there) => there.clone(),
                None => self.all_through(outer, &copy.copy),
            });
            let by_groups = self.by_groups(&copy.groups, &copy.copy, outer.as_ref());
            let (participants, stays) = self.of_copy(copy.source, &copy.copy, &by_groups, outer.as_ref());
            let places = participants.len() + by_groups.len();
            let wanted = u32::try_from(places).unwrap_or(u32::MAX);
            if let Err(refusal) = admit(copy.copy.capacity, 0, wanted) {
                let detail = format!("{places} would take part: {}", refusal.detail);
                plan.refusals.push(Refusal::new(Rule::Capacity, detail).at(&format!("{at}/capacity")));
            }
            for (why, records) in stays {
                let (rule, detail) = why.says();
                let at = format!("{at}/participants");
                plan.warnings.push(TurnWarning::new(rule, &at, detail, records));
            }
            let there = participants.iter().map(|going| going.person).chain(by_groups.iter().copied());
            within.insert(copy.source, there.collect());
            if let Some(copy) = plan.offerings.get_mut(place) {
                copy.participants = participants;
                copy.by_groups = by_groups;
            }
        }
    }

    /// Those chosen take part in an offering that is copied, directly, and have not left it.
    fn check_chosen(&self, plan: &mut TurnPlan) {
        let Continuing::Chosen(chosen) = &self.copying.participants else { return };
        let copied: BTreeSet<OfferingId> = plan.offerings.iter().map(|copy| copy.source).collect();
        let found: BTreeMap<ParticipationId, &Participation> =
            self.facts.participations.iter().map(|(id, found)| (*id, found)).collect();
        let mut chosen: Vec<(&ParticipationId, &usize)> = chosen.iter().collect();
        chosen.sort_by_key(|(_, place)| **place);
        for (id, place) in chosen {
            // One of a person who may not be told of is answered as one that is not there.
            let there = found.get(id).filter(|found| self.facts.open.contains(&found.person()));
            let checked = match there {
                None => Err(Refusal::new(Rule::UnknownReference, "there is no such participation")),
                Some(there) if !copied.contains(&there.offering()) => {
                    Err(Refusal::new(Rule::Conflict, "its offering is not among those that are copied"))
                }
                Some(there) if !there.occupies_place() => {
                    let code = there.state().code();
                    Err(Refusal::new(Rule::State, format!("it is {code}: nobody goes on from there")))
                }
                Some(there) if there.origin() == Origin::Groups => {
                    Err(Refusal::new(Rule::State, "it follows groups: the person goes on with the group"))
                }
                Some(_) => Ok(()),
            };
            if let Err(refusal) = checked {
                plan.refusals.push(refusal.at(&format!("/copying/participationIds/{place}")));
            }
        }
    }

    /// Who takes part by a group on a day of the copy; in a part only who takes part in the outermost.
    fn by_groups(
        &self,
        groups: &[(PlannedGroup, Period)],
        copy: &Offering,
        outer: Option<&BTreeSet<PersonId>>,
    ) -> BTreeSet<PersonId> {
        let driven =
            groups.iter().filter_map(|(group, days)| Some((group, days.intersection(&copy.period)?)));
        driven
            .flat_map(|(group, days)| {
                let members = self.members.get(group).into_iter().flatten();
                members.filter(move |(_, theirs)| theirs.overlaps(&days)).map(|(person, _)| *person)
            })
            .filter(|person| self.facts.persons.contains(person))
            .filter(|person| outer.is_none_or(|outer| outer.contains(person)))
            .collect()
    }

    /// Who takes part in an offering that goes on, on all days of a copy that is part of it.
    fn all_through(&self, outer: OfferingId, copy: &Offering) -> BTreeSet<PersonId> {
        let there = self.by_offering.get(&outer).into_iter().flatten();
        there
            .filter(|(_, participation)| participation.held().is_some_and(|held| held.covers(&copy.period)))
            .map(|(_, participation)| participation.person())
            .collect()
    }

    fn of_copy(
        &self,
        source: OfferingId,
        copy: &Offering,
        by_groups: &BTreeSet<PersonId>,
        outer: Option<&BTreeSet<PersonId>>,
    ) -> (Vec<Continued>, BTreeMap<Stays, Vec<uuid::Uuid>>) {
        let (mut going, mut stays): (Vec<Continued>, BTreeMap<Stays, Vec<uuid::Uuid>>) = Default::default();
        let wished = self.copying.changes.get(&source).and_then(|change| change.participants).unwrap_or(true);
        if !wished || self.copying.participants == Continuing::Nobody {
            return (going, stays);
        }
        let mut seen = BTreeSet::new();
        let there = self.by_offering.get(&source).map(Vec::as_slice).unwrap_or_default();
        for (id, participation) in there {
            let person = participation.person();
            let mut say = |why: Stays| {
                if self.facts.open.contains(&person) {
                    stays.entry(why).or_default().push(id.uuid());
                }
            };
            match self.goes_on(*id, source, participation) {
                None => continue,
                Some(Err(why)) => say(why),
                Some(Ok(())) if !self.enrolled.may_go_on(person, copy.period.from()) => {
                    say(Stays::NotEnrolled);
                }
                Some(Ok(())) if outer.is_some_and(|outer| !outer.contains(&person)) => say(Stays::NotInOuter),
                Some(Ok(())) if by_groups.contains(&person) => say(Stays::ByGroup),
                Some(Ok(())) if !seen.insert(person) => {}
                Some(Ok(())) => {
                    let last = participation.period().to().unwrap_or(participation.period().from());
                    let pace = participation.pace().on(last).copied().unwrap_or(copy.pace);
                    let funding = participation.funding().on(last).cloned().flatten();
                    let usable = funding.clone().filter(|code| {
                        let day = copy.period.from();
                        find(Table::FundingSource, &self.facts.funding, code.as_str(), day).is_ok()
                    });
                    if usable != funding {
                        say(Stays::FundingEnded);
                    }
                    going.push(Continued { source: *id, person, pace, funding: usable });
                }
            }
        }
        going.sort_by_key(|going| (going.person, going.source));
        (going, stays)
    }

    /// Whether a participation goes on; none where it is not asked for.
    fn goes_on(
        &self,
        id: ParticipationId,
        source: OfferingId,
        participation: &Participation,
    ) -> Option<Result<(), Stays>> {
        if participation.origin() == Origin::Groups || !participation.occupies_place() {
            return None;
        }
        match &self.copying.participants {
            Continuing::Nobody => None,
            // Refused as one that is not there where the person may not be told of: then it counts for nothing.
            Continuing::Chosen(chosen) => {
                let open = self.facts.open.contains(&participation.person());
                (open && chosen.contains_key(&id)).then_some(Ok(()))
            }
            Continuing::Active => {
                let last = self.facts.offerings.get(&source)?.last_day().min(self.request.from.1.last_day());
                let held = participation.held().is_some_and(|held| held.contains(last));
                match participation.state() {
                    State::OnStudyBreak { .. } if held => Some(Err(Stays::OnStudyBreak)),
                    _ => held.then_some(Ok(())),
                }
            }
        }
    }
}
