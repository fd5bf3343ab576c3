//! Reading what the register says about a turn: a fixed number of statements, whatever the school's size.

use std::collections::{BTreeMap, BTreeSet};

use skolhus_domain::{
    access::Scope,
    code::Table,
    course::{
        Offering,
        term_turn::{TurnFacts, TurnRequest},
    },
    enrolment::Enrolment,
    group::{Group, GroupKind},
    id::{CourseId, DutyId, EnrolmentId, GroupId, Id, OfferingId, PersonId, RoomId, SiteId, TermId},
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{
    DatabaseConnection, Saved, Tx,
    course::{course, offering, teacher, term_turn},
    duty, enrolment,
    group::{assignment, group, membership, offering_group},
    organisation::{code, school_unit, site},
    participation,
    schedule::{room, series},
};

use crate::http::problem::Problem;

/// The most offerings in one turn.
const MOST_OFFERINGS: usize = 2000;

/// What the register says, and the rows that a turn may change.
pub(super) struct Loaded {
    pub(super) facts: TurnFacts,
    pub(super) groups: BTreeMap<GroupId, Saved<GroupId, Group>>,
    pub(super) enrolments: BTreeMap<EnrolmentId, Saved<EnrolmentId, Enrolment>>,
}

impl Loaded {
    /// # Errors
    /// [`crate::http::catalogue::Code::InvalidFields`] for too much at once; a failure of the database.
    pub(super) fn read(
        connection: &mut DatabaseConnection,
        scope: &Scope,
        request: &TurnRequest,
    ) -> Result<Self, Problem> {
        let mut facts = TurnFacts::default();
        let unit =
            school_unit::find(connection, scope, request.school_unit)?.ok_or_else(Problem::not_found)?;
        facts.types_of_unit = unit.value.school_types;
        let next = request.to.first().map(|(id, _)| *id).ok_or_else(Problem::not_found)?;

        let day = request.from.1.first_day();
        let groups: BTreeMap<GroupId, Saved<GroupId, Group>> =
            group::of_unit_since(connection, scope, request.school_unit, day)?
                .into_iter()
                .map(|group| (group.id, group))
                .collect();
        facts.groups = groups.iter().map(|(id, saved)| (*id, saved.value.clone())).collect();
        let before = term_turn::made_before(
            connection,
            scope,
            request.school_unit,
            next,
            &["course offering", "group"],
        )?;
        let mut copied: BTreeMap<OfferingId, OfferingId> = BTreeMap::new();
        for made in before {
            let Some(source) = made.source else { continue };
            let group = Id::from_uuid(made.record);
            if made.entity == "course offering" {
                copied.insert(Id::from_uuid(source), Id::from_uuid(made.record));
            } else if facts.groups.contains_key(&group) {
                facts.promoted.insert(Id::from_uuid(source), group);
            }
        }
        if request.copying.is_some() {
            offerings(connection, scope, request, &copied, &mut facts)?;
        }
        let enrolments = persons(connection, scope, request, &mut facts)?;
        Ok(Self { facts, groups, enrolments })
    }

    /// Holds everything that a turn leans on, in the order in which everybody does.
    ///
    /// # Errors
    /// A failure of the database.
    pub(super) fn lock(&self, tx: &mut Tx<'_>, scope: &Scope, request: &TurnRequest) -> Result<(), Problem> {
        let facts = &self.facts;
        course::lock_many(tx, scope, &facts.courses.keys().copied().collect::<Vec<_>>())?;
        group::lock_unit(tx, request.school_unit)?;
        group::lock(tx, &facts.groups.keys().copied().collect::<Vec<_>>())?;
        let offerings: BTreeSet<OfferingId> = facts
            .offerings
            .keys()
            .chain(facts.outers.keys())
            .copied()
            .chain(facts.copied.values().map(|(id, _)| *id))
            .collect();
        participation::lock_offerings(tx, &offerings.into_iter().collect::<Vec<_>>())?;
        if request.promotion.is_some() {
            enrolment::lock_many(tx, &facts.persons.iter().copied().collect::<Vec<_>>())?;
        }
        Ok(())
    }
}

/// The offerings, and what stands around them.
fn offerings(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    request: &TurnRequest,
    copied: &BTreeMap<OfferingId, OfferingId>,
    facts: &mut TurnFacts,
) -> Result<(), Problem> {
    let listed = request.copying.iter().filter_map(|copying| copying.listed.as_ref()).flatten().copied();
    let mut ids: BTreeSet<OfferingId> = listed.collect();
    if ids.is_empty() {
        ids.extend(offering::ids_in_term(connection, scope, request.school_unit, request.from.0)?);
    }
    let tops: Vec<OfferingId> = ids.iter().copied().collect();
    ids.extend(participation::parts_within(connection, scope, &tops)?.into_iter().map(|(part, _)| part));
    if ids.len() > MOST_OFFERINGS {
        let detail = format!("a turn copies at most {MOST_OFFERINGS} offerings; name some");
        return Err(Refusal::new(Rule::OutOfRange, detail).at("/copying/offeringIds").into());
    }
    let ids: Vec<OfferingId> = ids.into_iter().collect();
    facts.offerings = by_id(offering::find_many(connection, scope, &ids)?);
    let ids: Vec<OfferingId> = facts.offerings.keys().copied().collect();

    let outers: BTreeSet<OfferingId> = facts
        .offerings
        .values()
        .filter_map(|there| there.part_of)
        .filter(|outer| !facts.offerings.contains_key(outer))
        .collect();
    let around: BTreeSet<OfferingId> = outers.iter().copied().chain(copied.values().copied()).collect();
    let found = by_id(offering::find_many(connection, scope, &around.into_iter().collect::<Vec<_>>())?);
    for (source, made) in copied {
        if let Some(there) = found.get(made) {
            facts.copied.insert(*source, (*made, there.clone()));
        }
    }
    facts.outers = found.into_iter().filter(|(id, _)| outers.contains(id)).collect();

    let courses: BTreeSet<CourseId> = facts.offerings.values().map(|there| there.course).collect();
    let courses: Vec<CourseId> = courses.into_iter().collect();
    facts.courses = course::find_many(connection, scope, &courses)?
        .into_iter()
        .map(|course| (course.id, course.value))
        .collect();
    facts.course_types = code::course_types(connection)?;
    facts.funding = code::entries(connection, Table::FundingSource)?;
    let sites: BTreeSet<SiteId> = facts.offerings.values().filter_map(|there| there.site).collect();
    facts.sites = site::find_many(connection, scope, &sites.into_iter().collect::<Vec<_>>())?
        .into_iter()
        .map(|site| (site.id, site.value))
        .collect();
    facts.teachers = teacher::of_offerings(connection, scope, &ids)?;
    if request.copying.as_ref().is_some_and(|copying| copying.lessons) {
        lessons(connection, scope, request, &ids, facts)?;
    }
    let within: Vec<OfferingId> = ids
        .iter()
        .copied()
        .chain(facts.outers.keys().copied())
        .chain(facts.copied.values().map(|(id, _)| *id))
        .collect();
    let participations = participation::all_in(connection, scope, &within, None)?;
    facts.participations = participations.into_iter().map(|saved| (saved.id, saved.value)).collect();
    Ok(())
}

/// The weekly patterns of the offerings, and what these lean on.
fn lessons(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    request: &TurnRequest,
    offerings: &[OfferingId],
    facts: &mut TurnFacts,
) -> Result<(), Problem> {
    for saved in series::of_offerings(connection, scope, offerings)? {
        facts.series.entry(saved.value.offering).or_default().push((saved.id, saved.value));
    }
    let slots = facts.series.values().flatten().flat_map(|(_, series)| &series.pattern.slots);
    let rooms: BTreeSet<RoomId> = slots.flat_map(|slot| slot.rooms.iter().copied()).collect();
    let rooms: Vec<RoomId> = rooms.into_iter().collect();
    facts.rooms = room::find_many(connection, scope, &rooms)?.into_iter().map(|room| room.id).collect();
    let terms: Vec<TermId> = request.to.iter().map(|(id, _)| *id).collect();
    facts.days_off = series::days_off_of_terms(connection, scope, &terms)?;
    Ok(())
}

/// Groups, members, staff and enrolments; the enrolments as they are saved.
fn persons(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    request: &TurnRequest,
    facts: &mut TurnFacts,
) -> Result<BTreeMap<EnrolmentId, Saved<EnrolmentId, Enrolment>>, Problem> {
    let promoting = request.promotion.is_some();
    let classes: Vec<GroupId> = facts
        .groups
        .iter()
        .filter(|(_, group)| promoting && group.kind == GroupKind::Class)
        .map(|(id, _)| *id)
        .collect();
    let offerings: Vec<OfferingId> = facts.offerings.keys().copied().collect();
    facts.drivers = offering_group::between(connection, scope, &offerings, &classes)?;
    facts.assignments = assignment::of_groups(connection, scope, &classes)?;
    let duties = duty::working_in(connection, scope, &offerings, &classes)?;
    let ids: Vec<DutyId> = duties.iter().map(|duty| duty.id).collect();
    facts.duties = duties.into_iter().map(|duty| (duty.id, duty.value)).collect();
    facts.open_duties = duty::find_many(connection, scope, &ids)?.into_iter().map(|duty| duty.id).collect();

    let mut groups: BTreeSet<GroupId> = classes.into_iter().collect();
    groups.extend(facts.drivers.iter().map(|(_, group, _)| *group));
    groups.extend(facts.promoted.values().copied());
    let groups: Vec<GroupId> = groups.into_iter().collect();
    let memberships = membership::of_groups(connection, scope, &groups)?;
    facts.memberships = memberships.into_iter().map(|saved| (saved.id, saved.value)).collect();

    let members = facts.memberships.iter().map(|(_, membership)| membership.person);
    let participants = facts.participations.iter().map(|(_, participation)| participation.person());
    let people: BTreeSet<PersonId> = members.chain(participants).collect();
    let people: Vec<PersonId> = people.into_iter().collect();
    let day = request.from.1.last_day();
    let enrolments = enrolment::at_unit(connection, scope, request.school_unit, day, &people)?;
    facts.enrolments = enrolments.iter().map(|saved| (saved.id, saved.value.clone())).collect();
    let all: BTreeSet<PersonId> =
        people.into_iter().chain(enrolments.iter().map(|saved| saved.value.person)).collect();
    let standing = participation::standing_among(connection, scope, &all.into_iter().collect::<Vec<_>>())?;
    facts.open = standing.iter().filter(|(_, open)| *open).map(|(person, _)| *person).collect();
    facts.persons = standing.into_iter().map(|(person, _)| person).collect();
    facts.school_types = code::entries(connection, Table::SchoolType)?;
    Ok(enrolments.into_iter().map(|saved| (saved.id, saved)).collect())
}

fn by_id(found: Vec<Saved<OfferingId, Offering>>) -> BTreeMap<OfferingId, Offering> {
    found.into_iter().map(|saved| (saved.id, saved.value)).collect()
}
