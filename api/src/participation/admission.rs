//! Beginning participations, one or many: everything is read in a few statements whatever the
//! number, checked in memory, and each refused value named.

use std::collections::{BTreeMap, BTreeSet};

use skolhus_domain::{
    access::{InformationClass, Scope},
    code::{CodeEntry, Table},
    course::{Offering, admit},
    id::{Id, OfferingId, ParticipationId, PersonId},
    participation::{NewParticipation, Participation},
    person::{ClassPermit, Person, PersonName},
    refusal::{Refusal, Refusals, Rule},
};
use skolhus_persistence::{
    DatabaseConnection, Error, Saved, Tx,
    course::offering,
    organisation::code,
    participation::{self, Named},
    person,
};

use super::create_participation::CreateParticipation;
use crate::http::{catalogue::Code, problem::Problem};

/// One participation to begin.
pub(super) struct Entry<'a> {
    /// Where it stands in the request, as a JSON pointer.
    pub(super) at: String,
    /// Its id.
    pub(super) id: ParticipationId,
    /// What is asked for.
    pub(super) request: &'a CreateParticipation,
    /// The earlier participation that it follows, where it is a readmission.
    pub(super) follows: Option<&'a Participation>,
}

/// Participations that may begin.
pub(super) struct Admitted {
    pub(super) new: Vec<(ParticipationId, Participation)>,
    names: BTreeMap<PersonId, PersonName>,
}

impl Admitted {
    /// Enters them, in the order of the entries.
    pub(super) fn enter(&self, tx: &mut Tx<'_>, scope: &Scope) -> Result<Vec<Named>, Problem> {
        let saved = participation::insert_many(tx, scope, &self.new)?;
        let named = saved.into_iter().map(|saved| {
            let name = self.names.get(&saved.value.person()).cloned();
            name.map(|name| Named { saved, name }).ok_or_else(|| Problem::new(Code::Internal))
        });
        named.collect()
    }
}

/// Holds the offerings, then checks every entry: that person and offering are within reach, its
/// fields, that no two of a person in an offering share a day, and that places are left. The
/// refusals stand beside, so that a batch can tell them together with its own.
///
/// # Errors
/// A failure of the database.
pub(super) fn admit_all(
    tx: &mut Tx<'_>,
    scope: &Scope,
    entries: &[Entry<'_>],
    refusals: &mut Refusals,
) -> Result<Admitted, Error> {
    let mut admitted = Admitted { new: Vec::new(), names: BTreeMap::new() };
    if entries.is_empty() {
        return Ok(admitted);
    }
    let facts = Facts::load(tx, scope, entries)?;
    let others: Vec<&Participation> = facts.others.iter().map(|other| &other.value).collect();
    let mut seen = BTreeSet::new();
    for entry in entries {
        let mut here = Refusals::default();
        let asked = entry.request;
        if facts.taken.contains(&entry.id) || !seen.insert(entry.id) {
            here.0.push(Refusal::new(Rule::Duplicate, "the id is in use").at("/id"));
        }
        let (person, id) = (PersonId::from_uuid(asked.person_id), OfferingId::from_uuid(asked.offering_id));
        if !facts.persons.contains_key(&person) {
            here.0.push(Refusal::new(Rule::UnknownReference, "there is no such person").at("/personId"));
        }
        match facts.offerings.get(&id) {
            None => {
                let detail = "there is no such offering";
                here.0.push(Refusal::new(Rule::UnknownReference, detail).at("/offeringId"));
            }
            Some(offering) => {
                let beside = others.iter().copied().chain(admitted.new.iter().map(|(_, new)| new));
                match checked(entry, person, id, offering, &facts.funding, beside) {
                    Ok(new) if here.0.is_empty() => admitted.new.push((entry.id, new)),
                    Ok(_) => {}
                    Err(found) => here.0.extend(found.0),
                }
            }
        }
        refusals.0.extend(here.0.into_iter().map(|refusal| refusal.at(&entry.at)));
    }
    check_places(entries, &facts, refusals);
    admitted.names = facts.persons;
    Ok(admitted)
}

fn checked<'p>(
    entry: &'p Entry<'_>,
    person: PersonId,
    id: OfferingId,
    offering: &Offering,
    funding: &[CodeEntry],
    beside: impl Iterator<Item = &'p Participation>,
) -> Result<Participation, Refusals> {
    let CreateParticipation { id: _, person_id: _, offering_id: _, period, pace_percent, funding_code } =
        entry.request;
    let new = NewParticipation {
        person,
        offering: id,
        period: period.map_or((offering.period.from(), offering.period.to()), |period| period.raw()),
        pace_percent: *pace_percent,
        funding: funding_code.as_deref(),
    };
    // The same person in the same offering is what can overlap; the rest need not be walked.
    let beside = beside.filter(|other| (other.person(), other.offering()) == (person, id));
    match entry.follows {
        Some(earlier) => earlier.readmit(new, offering, funding, beside),
        None => new.validate(offering, funding, beside),
    }
}

/// The first who ask for a place get it; those after them are named.
fn check_places(entries: &[Entry<'_>], facts: &Facts, refusals: &mut Refusals) {
    let mut wanted: BTreeMap<OfferingId, u32> = BTreeMap::new();
    for entry in entries {
        let id = OfferingId::from_uuid(entry.request.offering_id);
        let Some(offering) = facts.offerings.get(&id) else { continue };
        let asked = wanted.entry(id).or_default();
        *asked += 1;
        let occupied = facts.occupied.get(&id).copied().unwrap_or_default();
        let places = admit(offering.capacity, occupied, *asked);
        refusals.note(&format!("{}/offeringId", entry.at), places);
    }
}

/// What the register says about the entries.
struct Facts {
    offerings: BTreeMap<OfferingId, Offering>,
    persons: BTreeMap<PersonId, PersonName>,
    funding: Vec<CodeEntry>,
    others: Vec<Saved<ParticipationId, Participation>>,
    taken: Vec<ParticipationId>,
    occupied: BTreeMap<OfferingId, u32>,
}

impl Facts {
    fn load(tx: &mut Tx<'_>, scope: &Scope, entries: &[Entry<'_>]) -> Result<Self, Error> {
        let distinct = |ids: BTreeSet<uuid::Uuid>| ids.into_iter();
        let offering_ids: Vec<OfferingId> =
            distinct(entries.iter().map(|entry| entry.request.offering_id).collect())
                .map(Id::from_uuid)
                .collect();
        let person_ids: Vec<PersonId> =
            distinct(entries.iter().map(|entry| entry.request.person_id).collect())
                .map(Id::from_uuid)
                .collect();
        // Fresh ids are nobody's yet; only those that callers bring are looked for.
        let brought: Vec<ParticipationId> =
            entries.iter().filter(|entry| entry.request.id.is_some()).map(|entry| entry.id).collect();

        participation::lock_offerings(tx, &offering_ids)?;
        let connection = tx.connection();
        let found = offering::find_many(connection, scope, &offering_ids)?;
        let offerings: BTreeMap<OfferingId, Offering> =
            found.into_iter().map(|offering| (offering.id, offering.value)).collect();
        let found = person::find_many(connection, scope, &person_ids)?;
        let persons: BTreeMap<PersonId, PersonName> =
            found.into_iter().filter_map(|person| name_of(person, scope)).collect();
        let funding = if entries.iter().any(|entry| entry.request.funding_code.is_some()) {
            code::entries(connection, Table::FundingSource)?
        } else {
            Vec::new()
        };
        let beside = participation::beside(connection, scope, &person_ids, &offering_ids, &brought)?;
        let limited: Vec<OfferingId> =
            offerings.iter().filter(|(_, offering)| offering.capacity.is_some()).map(|(id, _)| *id).collect();
        let occupied = participation::occupied(connection, scope, &limited)?.into_iter().collect();
        let participation::Beside { mut others, taken } = beside;
        // Where somebody out of reach takes part already is not told by a refusal.
        others.retain(|other| persons.contains_key(&other.value.person()));
        Ok(Self { offerings, persons, funding, others, taken, occupied })
    }
}

/// The name of a person within reach; a person whose name stays closed is out of reach.
fn name_of(person: Saved<PersonId, Person>, scope: &Scope) -> Option<(PersonId, PersonName)> {
    let permit = ClassPermit::decided(scope.classes_about(person.id).has(InformationClass::Basic));
    let name = person.value.name.open(permit).ok()?.clone();
    Some((person.id, name))
}

/// Checks again what a changed participation could break: that it shares no day with another of
/// the person in the offering, and that a place is left where it takes one again. The offering
/// is held before.
///
/// # Errors
/// [`Rule::Overlap`] at `/period`, [`Rule::Capacity`]; a failure of the database.
pub(super) fn still_fits(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    before: &Saved<ParticipationId, Participation>,
    after: &Participation,
    offering: &Offering,
) -> Result<(), Problem> {
    let (person, id) = (after.person(), after.offering());
    let beside = participation::beside(connection, scope, &[person], &[id], &[])?;
    let others = beside.others.iter().filter(|other| other.id != before.id).map(|other| &other.value);
    skolhus_domain::participation::no_overlapping_participation(after, others)?;
    if after.occupies_place() && !before.value.occupies_place() && offering.capacity.is_some() {
        let occupied = participation::occupied(connection, scope, &[id])?;
        let occupied = occupied.first().map_or(0, |(_, count)| *count);
        admit(offering.capacity, occupied, 1)?;
    }
    Ok(())
}

/// Refusals as a problem: what only the present state forbids is a conflict.
pub(crate) fn refused(refusals: Refusals) -> Problem {
    let of_state = |refusal: &Refusal| matches!(refusal.rule, Rule::State | Rule::Capacity);
    if !refusals.0.is_empty() && refusals.0.iter().all(of_state) {
        Problem::new(Code::Conflict).errors(refusals.0)
    } else {
        refusals.into()
    }
}
