//! Changing memberships, one or many: everything is read in a few statements whatever the number,
//! checked in memory, and each refused value named; then participations follow.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use skolhus_domain::{
    access::Scope,
    group::{Group, Membership, NewMembership, no_overlapping_membership},
    id::{GroupId, MembershipId, PersonId},
    refusal::{Refusal, Refusals, Rule},
};
use skolhus_persistence::{
    Saved, Tx,
    group::{group, membership},
    participation, person,
};

use crate::{
    http::problem::Problem,
    participation::{keep_in_step, refuse},
};

/// A membership to enter.
pub(super) struct Creation {
    /// Where it stands in the request, as a JSON pointer.
    pub(super) at: String,
    /// Its id.
    pub(super) id: MembershipId,
    /// Whether the caller brought the id.
    pub(super) brought: bool,
    /// What is asked for.
    pub(super) new: NewMembership,
}

/// A membership that gets other days, or none at all: then it is withdrawn.
pub(super) struct Move {
    /// Where it stands in the request, as a JSON pointer.
    pub(super) at: String,
    /// As it is.
    pub(super) before: Saved<MembershipId, Membership>,
    /// The days it gets.
    pub(super) period: Option<(NaiveDate, Option<NaiveDate>)>,
}

/// Holds the groups, checks everything, writes it, and keeps participations in step. `refusals` are
/// those the caller has found already.
///
/// # Errors
/// Every refused value with its place; a failure of the database.
pub(super) fn apply(
    tx: &mut Tx<'_>,
    scope: &Scope,
    creations: &[Creation],
    moves: &[Move],
    mut refusals: Refusals,
) -> Result<(), Problem> {
    let of_creations = creations.iter().map(|creation| (creation.new.group, creation.new.person));
    let of_moves = moves.iter().map(|moved| (moved.before.value.group, moved.before.value.person));
    let places: Vec<(GroupId, PersonId)> = of_moves.chain(of_creations).collect();
    let groups: BTreeSet<GroupId> = places.iter().map(|(group, _)| *group).collect();
    let groups: Vec<GroupId> = groups.into_iter().collect();
    let people: BTreeSet<PersonId> = places.iter().map(|(_, person)| *person).collect();
    let people: Vec<PersonId> = people.into_iter().collect();
    group::lock(tx, &groups)?;

    let facts = Facts::load(tx, scope, &groups, &people, creations)?;
    let moved: BTreeSet<MembershipId> = moves.iter().map(|moved| moved.before.id).collect();
    let mut standing: Vec<Membership> =
        facts.others.iter().filter(|other| !moved.contains(&other.id)).map(|other| other.value).collect();
    let mut changes = Vec::with_capacity(moves.len());
    for Move { at, before, period } in moves {
        let Some(period) = *period else {
            changes.push((before.clone(), None));
            continue;
        };
        let Membership { person, group, .. } = before.value;
        let after = facts.check(NewMembership { person, group, period }, &standing);
        if let Some(after) = refusals.note(at, after) {
            standing.push(after);
            changes.push((before.clone(), Some(after)));
        }
    }
    let mut new = Vec::with_capacity(creations.len());
    let mut seen = BTreeSet::new();
    for Creation { at, id, brought, new: asked } in creations {
        let mut here = Refusals::default();
        if !seen.insert(*id) || (*brought && facts.taken.contains(id)) {
            here.0.push(Refusal::new(Rule::Duplicate, "the id is in use").at("/id"));
        }
        if !facts.persons.contains(&asked.person) {
            here.0.push(Refusal::new(Rule::UnknownReference, "there is no such person").at("/personId"));
        }
        let membership = here.note("", facts.check(*asked, &standing));
        if let (Some(membership), true) = (membership, here.0.is_empty()) {
            standing.push(membership);
            new.push((*id, membership));
        }
        refusals.0.extend(here.0.into_iter().map(|refusal| refusal.at(at)));
    }
    if !refusals.0.is_empty() {
        return Err(refusals.into());
    }
    membership::update_many(tx, scope, &changes)?;
    membership::insert_many(tx, scope, &new)?;
    in_step(tx, scope, &groups, creations, moves)
}

/// Participations follow; who stands in the way is named by the first item about them.
fn in_step(
    tx: &mut Tx<'_>,
    scope: &Scope,
    groups: &[GroupId],
    creations: &[Creation],
    moves: &[Move],
) -> Result<(), Problem> {
    let of_creations = creations.iter().map(|creation| (creation.new.person, &creation.at));
    let of_moves = moves.iter().map(|moved| (moved.before.value.person, &moved.at));
    let mut order = Vec::new();
    let mut at: BTreeMap<PersonId, &String> = BTreeMap::new();
    for (person, place) in of_creations.chain(of_moves) {
        if let std::collections::btree_map::Entry::Vacant(free) = at.entry(person) {
            free.insert(place);
            order.push(person);
        }
    }
    let driven = participation::offerings_driven_by(tx.connection(), scope, groups)?;
    let unfit = keep_in_step(tx, scope, &driven, Some(&order))?;
    refuse(unfit, |person| at.get(&person).map(|place| (*place).clone()).unwrap_or_default())
}

/// What the register says about the request.
struct Facts {
    groups: BTreeMap<GroupId, Group>,
    persons: BTreeSet<PersonId>,
    others: Vec<Saved<MembershipId, Membership>>,
    taken: Vec<MembershipId>,
}

impl Facts {
    fn load(
        tx: &mut Tx<'_>,
        scope: &Scope,
        groups: &[GroupId],
        people: &[PersonId],
        creations: &[Creation],
    ) -> Result<Self, Problem> {
        let connection = tx.connection();
        let found = group::find_many(connection, scope, groups)?;
        let asked: BTreeSet<PersonId> = creations.iter().map(|creation| creation.new.person).collect();
        let asked: Vec<PersonId> = asked.into_iter().collect();
        let found_persons = person::find_many(connection, scope, &asked)?;
        let persons: BTreeSet<PersonId> = found_persons.into_iter().map(|person| person.id).collect();
        let brought: Vec<MembershipId> =
            creations.iter().filter(|creation| creation.brought).map(|creation| creation.id).collect();
        let membership::Beside { mut others, taken } =
            membership::beside(connection, scope, people, groups, &brought)?;
        // Where somebody out of reach belongs already is not told by a refusal.
        others.retain(|other| !asked.contains(&other.value.person) || persons.contains(&other.value.person));
        let groups = found.into_iter().map(|group| (group.id, group.value)).collect();
        Ok(Self { groups, persons, others, taken })
    }

    fn check(&self, new: NewMembership, standing: &[Membership]) -> Result<Membership, Refusal> {
        let Some(group) = self.groups.get(&new.group) else {
            return Err(Refusal::new(Rule::UnknownReference, "there is no such group").at("/groupId"));
        };
        let membership = new.validate(group)?;
        no_overlapping_membership(&membership, standing)?;
        Ok(membership)
    }
}
