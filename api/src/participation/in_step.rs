//! Keeping participations in step with groups, in the transaction that changes what they follow.
//!
//! Whoever changes a membership, a group's days, the groups of an offering, an exception, an
//! offering's days or a participation calls [`keep_in_step`] afterwards: it reads what the
//! participations concerned follow, in a fixed number of statements, and writes what differs.

use std::collections::{BTreeMap, BTreeSet};

use skolhus_domain::{
    access::Scope,
    course::{Offering, places_left},
    id::{OfferingId, ParticipationId, PersonId},
    participation::{Origin, Participation, ParticipationException, all_within, in_step, wanted_days},
    period::Period,
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{Error, Saved, Tx, course::offering, participation};

use crate::http::problem::Problem;

/// A person whose participation in an offering cannot follow, and why.
pub(crate) struct Unfit {
    pub(crate) person: PersonId,
    pub(crate) refusal: Refusal,
}

type Place = (OfferingId, PersonId);
type Rows = BTreeMap<Place, Vec<Saved<ParticipationId, Participation>>>;

/// Brings the participations of these persons (or everybody's) in the offerings, and in the parts of
/// those, into step with groups and exceptions. Comes after the changes themselves, with the groups
/// held; the offerings are held here.
///
/// The places of an offering are for those who follow groups too: where none is left, nobody is added.
/// What stands in the way of a person with protected identity is told to nobody: their participations
/// in that offering stay as they are until the next change. So it is for everybody in the program's own
/// work.
///
/// # Errors
/// A failure of the database. What does not fit is answered; then nothing has been written here, and
/// the caller refuses the whole.
pub(crate) fn keep_in_step(
    tx: &mut Tx<'_>,
    scope: &Scope,
    offerings: &[OfferingId],
    people: Option<&[PersonId]>,
) -> Result<Vec<Unfit>, Error> {
    step_all(tx, scope, offerings, people, false)
}

/// As [`keep_in_step`], for everybody in offerings whose participations were entered as well: those in parts
/// must lie within the outermost ones.
///
/// # Errors
/// As [`keep_in_step`].
pub(crate) fn keep_all_in_step(
    tx: &mut Tx<'_>,
    scope: &Scope,
    offerings: &[OfferingId],
) -> Result<Vec<Unfit>, Error> {
    step_all(tx, scope, offerings, None, true)
}

/// See [`keep_in_step`]; where `parts_too`, what somebody takes part in directly must lie within their
/// days in the outermost offering as well.
fn step_all(
    tx: &mut Tx<'_>,
    scope: &Scope,
    offerings: &[OfferingId],
    people: Option<&[PersonId]>,
    parts_too: bool,
) -> Result<Vec<Unfit>, Error> {
    if offerings.is_empty() {
        return Ok(Vec::new());
    }
    let facts = Facts::load(tx, scope, offerings, people)?;
    let mut work = Work { changes: Vec::new(), new: Vec::new(), unfit: Vec::new(), after: BTreeMap::new() };
    // The outermost first: who takes part in it decides who may take part in its parts.
    let (inner, outermost): (Vec<_>, Vec<_>) =
        facts.offerings.iter().partition(|(id, _)| facts.outermost.contains_key(id));
    for (id, offering) in outermost.into_iter().chain(inner) {
        let occupied = facts.occupied.get(id).copied().unwrap_or_default();
        let mut left = places_left(offering.capacity, occupied);
        for person in facts.concerned(*id, people, parts_too) {
            work.step(&facts, (*id, offering), person, &mut left);
            if parts_too {
                work.check_direct(&facts, (*id, offering), person);
            }
        }
    }
    let Work { changes, new, mut unfit, .. } = work;
    if scope.is_system() {
        // An import goes on; what it could not move stays as it is.
        unfit.clear();
    }
    if !unfit.is_empty() {
        let those: BTreeSet<PersonId> = unfit.iter().map(|unfit| unfit.person).collect();
        let those: Vec<PersonId> = those.into_iter().collect();
        let open = participation::open_among(tx.connection(), scope, &those)?;
        unfit.retain(|unfit| open.contains(&unfit.person));
    }
    if unfit.is_empty() {
        participation::write_step(tx, scope, &changes, new)?;
    }
    Ok(unfit)
}

/// As [`keep_in_step`], after a change of participations themselves: offerings whose participations follow
/// groups, parts of other offerings and parts of these offerings are looked at. One statement where there
/// are none; the answer says whether there are.
///
/// Somebody takes part in a part of an offering (a subject of an allmän kurs) only on days on which they
/// take part in the outermost one. Participations that follow groups are cut to them; one made directly
/// that would go beyond them is refused: whoever leaves leaves the parts first, or all in one batch.
///
/// # Errors
/// [`Rule::Overlap`], [`Rule::State`] or [`Rule::Capacity`] for what does not fit; a failure of the database.
pub(crate) fn follow(
    tx: &mut Tx<'_>,
    scope: &Scope,
    offerings: &[OfferingId],
    people: &[PersonId],
    at: impl Fn(PersonId) -> String,
) -> Result<bool, Problem> {
    let affected = participation::affected_within(tx.connection(), scope, offerings)?;
    refuse(step_all(tx, scope, &affected, Some(people), true)?, at)?;
    Ok(!affected.is_empty())
}

/// Refuses what does not fit, each with the place in the request that its person stands at.
///
/// # Errors
/// If there is anything: a conflict when only states or places stand in the way, else refused values.
pub(crate) fn refuse(unfit: Vec<Unfit>, at: impl Fn(PersonId) -> String) -> Result<(), Problem> {
    if unfit.is_empty() {
        return Ok(());
    }
    let refusals = unfit.into_iter().map(|Unfit { person, refusal }| refusal.at(&at(person))).collect();
    Err(super::admission::refused(skolhus_domain::refusal::Refusals(refusals)))
}

/// What the participations concerned follow.
struct Facts {
    offerings: BTreeMap<OfferingId, Offering>,
    outermost: BTreeMap<OfferingId, OfferingId>,
    by_groups: BTreeMap<Place, Vec<Period>>,
    exceptions: BTreeMap<Place, Vec<ParticipationException>>,
    rows: Rows,
    occupied: BTreeMap<OfferingId, u32>,
}

impl Facts {
    fn load(
        tx: &mut Tx<'_>,
        scope: &Scope,
        offerings: &[OfferingId],
        people: Option<&[PersonId]>,
    ) -> Result<Self, Error> {
        let parts = participation::parts_within(tx.connection(), scope, offerings)?;
        let all: BTreeSet<OfferingId> =
            offerings.iter().copied().chain(parts.into_iter().map(|(part, _)| part)).collect();
        let all: Vec<OfferingId> = all.into_iter().collect();
        let outermost = participation::outermost_of(tx.connection(), scope, &all)?;
        let held: BTreeSet<OfferingId> = all.iter().chain(outermost.values()).copied().collect();
        let held: Vec<OfferingId> = held.into_iter().collect();
        participation::lock_offerings(tx, &held)?;

        let connection = tx.connection();
        let found = offering::find_many(connection, scope, &all)?;
        let offerings: BTreeMap<OfferingId, Offering> =
            found.into_iter().map(|offering| (offering.id, offering.value)).collect();
        let limited: Vec<OfferingId> =
            offerings.iter().filter(|(_, offering)| offering.capacity.is_some()).map(|(id, _)| *id).collect();
        let occupied = participation::occupied(connection, scope, &limited)?.into_iter().collect();
        let mut by_groups: BTreeMap<Place, Vec<Period>> = BTreeMap::new();
        for (offering, person, days) in participation::days_by_groups(connection, scope, &all, people)? {
            by_groups.entry((offering, person)).or_default().push(days);
        }
        let mut exceptions: BTreeMap<Place, Vec<ParticipationException>> = BTreeMap::new();
        for Saved { value, .. } in participation::exceptions_in(connection, scope, &all, people)? {
            exceptions.entry((value.offering, value.person)).or_default().push(value);
        }
        let mut rows: Rows = BTreeMap::new();
        for row in participation::all_in(connection, scope, &held, people)? {
            rows.entry((row.value.offering(), row.value.person())).or_default().push(row);
        }
        Ok(Self { offerings, outermost, by_groups, exceptions, rows, occupied })
    }

    /// Everybody whose participations in the offering follow something, in the order asked for.
    fn concerned(&self, id: OfferingId, people: Option<&[PersonId]>, parts_too: bool) -> Vec<PersonId> {
        let of_it = |place: &Place| place.0 == id;
        let all_rows = parts_too && self.outermost.contains_key(&id);
        let follows = |rows: &Vec<Saved<ParticipationId, Participation>>| {
            all_rows || rows.iter().any(|row| row.value.origin() == Origin::Groups)
        };
        let with_rows = self.rows.iter().filter(|(_, rows)| follows(rows)).map(|(place, _)| place);
        let all: BTreeSet<PersonId> = with_rows
            .chain(self.by_groups.keys())
            .chain(self.exceptions.keys())
            .filter(|place| of_it(place))
            .map(|(_, person)| *person)
            .collect();
        match people {
            None => all.into_iter().collect(),
            Some(people) => {
                let mut seen = BTreeSet::new();
                people.iter().copied().filter(|person| all.contains(person) && seen.insert(*person)).collect()
            }
        }
    }
}

/// What is to be written.
struct Work {
    changes: Vec<(Saved<ParticipationId, Participation>, Option<Participation>)>,
    new: Vec<Participation>,
    unfit: Vec<Unfit>,
    /// The days on which persons hold places in offerings, where these have been changed here.
    after: BTreeMap<Place, Vec<Period>>,
}

impl Work {
    /// One person in one offering; `left` are its places.
    fn step(
        &mut self,
        facts: &Facts,
        (id, offering): (OfferingId, &Offering),
        person: PersonId,
        left: &mut Option<u32>,
    ) {
        let place = (id, person);
        let rows = facts.rows.get(&place).map(Vec::as_slice).unwrap_or_default();
        let allowed = match facts.outermost.get(&id) {
            None => vec![offering.period],
            Some(outermost) => self
                .held_days(facts, (*outermost, person))
                .into_iter()
                .filter_map(|days| days.intersection(&offering.period))
                .collect(),
        };
        let by_groups = facts.by_groups.get(&place).into_iter().flatten().copied();
        let exceptions = facts.exceptions.get(&place).into_iter().flatten();
        let wanted = wanted_days(&allowed, by_groups, exceptions);
        let (followers, direct): (Vec<_>, Vec<_>) =
            rows.iter().partition(|row| row.value.origin() == Origin::Groups);
        let direct: Vec<&Participation> = direct.into_iter().map(|row| &row.value).collect();
        let present = followers.into_iter().map(|row| (row, &row.value));
        let step = match in_step(person, (id, offering), &wanted, present, &direct) {
            Ok(step) => step,
            Err(refusal) => return self.refuse(person, offering, refusal),
        };
        let given_back = step.withdrawn.iter().filter(|row| row.value.occupies_place()).count();
        let (asked, given_back) = (count(step.new.len()), count(given_back));
        if let Some(left) = left {
            let there = left.saturating_add(given_back);
            if asked > there {
                let refusal = Refusal::new(Rule::Capacity, format!("{there} places are left"));
                return self.refuse(person, offering, refusal);
            }
            *left = there - asked;
        }
        let touched: BTreeSet<ParticipationId> = step
            .changed
            .iter()
            .map(|(row, _)| row.id)
            .chain(step.withdrawn.iter().map(|row| row.id))
            .collect();
        let same = rows.iter().filter(|row| !touched.contains(&row.id)).map(|row| &row.value);
        let held = same
            .chain(step.changed.iter().map(|(_, after)| after))
            .chain(&step.new)
            .filter_map(Participation::held)
            .collect();
        self.after.insert(place, held);
        self.changes.extend(step.changed.into_iter().map(|(row, after)| (row.clone(), Some(after))));
        self.changes.extend(step.withdrawn.into_iter().map(|row| (row.clone(), None)));
        self.new.extend(step.new);
    }

    /// What a person takes part in directly, in a part of an offering, lies within their days in the
    /// outermost one.
    fn check_direct(&mut self, facts: &Facts, (id, offering): (OfferingId, &Offering), person: PersonId) {
        let Some(outermost) = facts.outermost.get(&id) else { return };
        let held = self.held_days(facts, (*outermost, person));
        let rows = facts.rows.get(&(id, person)).into_iter().flatten();
        let direct = rows.filter(|row| row.value.origin() == Origin::Direct);
        for days in direct.filter_map(|row| row.value.held()) {
            if !all_within(&days, &held) {
                let detail = format!(
                    "it is part of another offering, in which the person does not take part on all of the days {days}"
                );
                let refusal = Refusal::new(Rule::OutsidePeriod, detail).at("/period");
                return self.refuse(person, offering, refusal);
            }
        }
    }

    fn held_days(&self, facts: &Facts, place: Place) -> Vec<Period> {
        match self.after.get(&place) {
            Some(held) => held.clone(),
            None => {
                let rows = facts.rows.get(&place).into_iter().flatten();
                rows.filter_map(|row| row.value.held()).collect()
            }
        }
    }

    fn refuse(&mut self, person: PersonId, offering: &Offering, refusal: Refusal) {
        let Refusal { rule, pointer, detail } = refusal;
        let detail = format!("in the offering {}: {detail}", offering.title);
        self.unfit.push(Unfit { person, refusal: Refusal { rule, pointer, detail } });
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
