//! What a chunk of rows comes to: differences for the plan, and what is to be saved.

use std::collections::BTreeMap;

use skolhus_domain::{
    access::Scope,
    course::{Course, Offering, OfferingTeacher},
    duty::Duty,
    enrolment::Enrolment,
    id::{CourseId, DutyId, EnrolmentId, OfferingId, ParticipationId, RelationId, SchoolUnitId, TermId},
    organisation::{SchoolUnit, Term},
    participation::Participation,
    person::{NewPerson, relation::Relation},
};
use skolhus_persistence::{
    Error, Saved, Tx, course, duty, enrolment,
    integration::source,
    organisation::{school_unit, term},
    participation,
    person::{self, external_identifier, named_relation, relation},
};
use uuid::Uuid;

use super::super::{
    families::Family,
    plan::{Difference, Kind, Place},
    problem::RowProblem,
    rows::SourcedId,
};

/// The words under which things are identified, as in the change log.
pub(super) mod entity {
    pub const ORGANISER: &str = "organiser";
    pub const UNIT: &str = "school unit";
    /// A school year has no row of its own: it is what its terms' dates say. Its identifier is
    /// kept, so that references to it are known.
    pub const SCHOOL_YEAR: &str = "school year";
    pub const TERM: &str = "term";
    pub const COURSE: &str = "course";
    pub const OFFERING: &str = "course offering";
    pub const PERSON: &str = "person";
    pub const DUTY: &str = "duty";
    pub const ENROLMENT: &str = "enrolment";
    pub const PARTICIPATION: &str = "participation";
    pub const TEACHER: &str = "offering teacher";
    pub const RELATION: &str = skolhus_persistence::person::named_relation::ENTITY;
}

/// One difference.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub kind: Kind,
    pub difference: Difference,
    pub place: Option<Place>,
    pub id: Option<SourcedId>,
}

/// Something to tell about a family, or of somebody who should be looked at.
#[derive(Clone, Debug)]
pub(super) struct FamilyNote {
    pub kind: Kind,
    pub place: Option<Place>,
    pub id: SourcedId,
    pub family: Family,
}

/// What a chunk comes to.
#[derive(Clone, Debug, Default)]
pub(super) struct Decided {
    pub found: Vec<Found>,
    pub problems: Vec<RowProblem>,
    pub warnings: Vec<RowProblem>,
    pub families: Vec<FamilyNote>,
    pub writes: Writes,
}

/// What is to be saved, each list in one statement.
#[derive(Clone, Debug, Default)]
pub(super) struct Writes {
    /// Entity, thing, the source's identifier.
    pub identifiers: Vec<(&'static str, Uuid, String)>,
    pub moved_teachers: Vec<(String, Uuid)>,
    pub units: Vec<(SchoolUnitId, SchoolUnit)>,
    pub changed_units: Vec<(Saved<SchoolUnitId, SchoolUnit>, SchoolUnit)>,
    pub terms: Vec<(TermId, Term)>,
    pub changed_terms: Vec<(Saved<TermId, Term>, Term)>,
    pub courses: Vec<(CourseId, Course)>,
    pub changed_courses: Vec<(Saved<CourseId, Course>, Course)>,
    pub offerings: Vec<(OfferingId, Offering)>,
    pub changed_offerings: Vec<(Saved<OfferingId, Offering>, Offering)>,
    pub persons: Vec<NewPerson>,
    pub changed_persons: Vec<PersonChange>,
    pub duties: Vec<(DutyId, Duty)>,
    pub changed_duties: Vec<(Saved<DutyId, Duty>, Duty)>,
    pub enrolments: Vec<(EnrolmentId, Enrolment)>,
    pub changed_enrolments: Vec<(Saved<EnrolmentId, Enrolment>, Enrolment)>,
    pub participations: Vec<(ParticipationId, Participation)>,
    pub changed_participations: Vec<(Saved<ParticipationId, Participation>, Participation)>,
    pub teachers: Vec<(OfferingId, OfferingTeacher)>,
    pub teacher_sets: BTreeMap<OfferingId, Vec<OfferingTeacher>>,
    pub relations: Vec<(RelationId, Relation)>,
    pub changed_relations: Vec<(Saved<RelationId, Relation>, Relation)>,
    /// Identifiers of relations that name others from now on.
    pub moved_relations: Vec<(String, Uuid)>,
    pub absent: Vec<(&'static str, String)>,
    pub present: Vec<(&'static str, String)>,
}

/// A change of a person's details. `Debug` shows nothing.
#[derive(Clone)]
pub(super) struct PersonChange(pub person::Details);

impl std::fmt::Debug for PersonChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PersonChange(redacted)")
    }
}

impl Writes {
    /// How many records are to be written; 0 when there is nothing to save.
    pub fn records(&self) -> usize {
        let Self {
            identifiers,
            moved_teachers,
            units,
            changed_units,
            terms,
            changed_terms,
            courses,
            changed_courses,
            offerings,
            changed_offerings,
            persons,
            changed_persons,
            duties,
            changed_duties,
            enrolments,
            changed_enrolments,
            participations,
            changed_participations,
            teachers,
            teacher_sets,
            relations,
            changed_relations,
            moved_relations,
            absent,
            present,
        } = self;
        let of_terms = terms.len() + changed_terms.len();
        let of_organisation = units.len() + changed_units.len() + of_terms;
        let of_courses = courses.len() + changed_courses.len() + offerings.len() + changed_offerings.len();
        let of_teachers = teachers.len() + teacher_sets.len() + moved_teachers.len();
        let of_relations = (relations.len() + changed_relations.len()).max(moved_relations.len());
        let of_persons = persons.len() + changed_persons.len() + of_relations;
        let of_places = duties.len() + changed_duties.len() + enrolments.len() + changed_enrolments.len();
        let of_offerings = participations.len() + changed_participations.len() + of_teachers;
        // A thing and the identifier it came under are one row of the set.
        let things = of_organisation + of_courses + of_persons + of_places + of_offerings;
        things.max(identifiers.len()).max(absent.len()).max(present.len())
    }

    /// Saves everything. The number of statements does not grow with the rows.
    pub fn save(&self, tx: &mut Tx<'_>, scope: &Scope, system: &str, ids: &[Uuid]) -> Result<(), Error> {
        school_unit::insert_many(tx, scope, &self.units)?;
        school_unit::update_many(tx, scope, &self.changed_units)?;
        term::insert_many(tx, scope, &self.terms)?;
        term::update_many(tx, scope, &self.changed_terms)?;
        course::course::insert_many(tx, scope, &self.courses)?;
        course::course::update_many(tx, scope, &self.changed_courses)?;
        course::offering::insert_many(tx, scope, &self.offerings)?;
        course::offering::update_many(tx, scope, &self.changed_offerings)?;
        person::insert_many(tx, scope, self.persons.clone())?;
        let details: Vec<person::Details> =
            self.changed_persons.iter().map(|change| change.0.clone()).collect();
        person::update_details(tx, scope, &details)?;
        duty::insert_many(tx, scope, &self.duties)?;
        duty::update_many(tx, scope, &self.changed_duties)?;
        enrolment::insert_many(tx, scope, &self.enrolments)?;
        enrolment::update_many(tx, scope, &self.changed_enrolments)?;
        participation::insert_many(tx, scope, &self.participations)?;
        participation::update_many(tx, scope, &self.changed_participations)?;
        self.keep_in_step(tx, scope)?;
        if !self.teacher_sets.is_empty() {
            course::teacher::save_sets(tx, scope, &self.teacher_sets)?;
        }
        if !self.teachers.is_empty() {
            course::teacher::insert_many(tx, scope, &self.teachers)?;
        }
        named_relation::insert_many(tx, scope, &self.relations)?;
        relation::update_many(tx, scope, &self.changed_relations, None)?;
        let identifiers = self
            .identifiers
            .iter()
            .zip(ids)
            .map(|((entity, thing, value), id)| (*id, *entity, *thing, system.to_owned(), value.clone()))
            .collect();
        external_identifier::insert_many(tx, scope, identifiers)?;
        external_identifier::repoint(tx, scope, entity::TEACHER, system, &self.moved_teachers)?;
        external_identifier::repoint(tx, scope, entity::RELATION, system, &self.moved_relations)?;
        for (entity, values) in by_entity(&self.absent) {
            source::note_absent(tx, scope, entity, system, &values)?;
        }
        for (entity, values) in by_entity(&self.present) {
            source::note_present(tx, scope, entity, system, &values)?;
        }
        Ok(())
    }
}

impl Writes {
    /// Participations that follow groups move with their offerings.
    fn keep_in_step(&self, tx: &mut Tx<'_>, scope: &Scope) -> Result<(), Error> {
        let moved =
            self.changed_offerings.iter().filter(|(before, after)| before.value.period != after.period);
        let moved: Vec<OfferingId> = moved.map(|(before, _)| before.id).collect();
        let driven = participation::driven_within(tx.connection(), scope, &moved)?;
        // Nothing is refused in the program's own work.
        crate::participation::keep_in_step(tx, scope, &driven, None).map(drop)
    }
}

fn by_entity(pairs: &[(&'static str, String)]) -> BTreeMap<&'static str, Vec<String>> {
    let mut sorted: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    for (entity, value) in pairs {
        sorted.entry(entity).or_default().push(value.clone());
    }
    sorted
}
