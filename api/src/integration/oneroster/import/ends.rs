//! What a source has left out, or says has ended: it gets a last day and is never deleted.
//!
//! The last day is the day of the run. What is over already, and what has no last day of its own (a
//! person, a term), is only noted as left out, so that it counts once. What has not begun: a
//! participation is cancelled, an enrolment withdrawn, a teacher taken out.

use std::collections::HashMap;

use chrono::NaiveDate;
use skolhus_domain::{
    access::Scope,
    course::{Course, Offering},
    duty::Duty,
    enrolment::Enrolment,
    id::{CourseId, DutyId, EnrolmentId, Id, OfferingId, ParticipationId, PersonId, SchoolUnitId},
    organisation::SchoolUnit,
    participation::{Participation, State},
    period::Period,
};
use skolhus_persistence::{
    DatabaseConnection, Error,
    course::{course, offering, teacher},
    duty, enrolment,
    integration::source::{self, Brought},
    organisation::school_unit,
    participation,
    person::named_relation,
};
use uuid::Uuid;

use super::{
    super::{
        plan::{Difference, Kind, Place},
        rows::SourcedId,
        source::RosterFile,
    },
    context::Context,
    relatives,
    writes::{Decided, Found, entity},
};

/// Which entities a file's rows become, the ones that lean on others first.
pub(super) fn entities(file: RosterFile) -> &'static [(&'static str, Kind)] {
    match file {
        RosterFile::Enrollments => {
            &[(entity::PARTICIPATION, Kind::Participation), (entity::TEACHER, Kind::Assignment)]
        }
        RosterFile::Roles => &[(entity::ENROLMENT, Kind::Enrolment), (entity::DUTY, Kind::Duty)],
        RosterFile::Users => &[(entity::PERSON, Kind::Person)],
        RosterFile::Classes => &[(entity::OFFERING, Kind::Offering)],
        RosterFile::Courses => &[(entity::COURSE, Kind::Course)],
        RosterFile::AcademicSessions => {
            &[(entity::TERM, Kind::Term), (entity::SCHOOL_YEAR, Kind::SchoolYear)]
        }
        RosterFile::Orgs => &[(entity::UNIT, Kind::Organisation), (entity::ORGANISER, Kind::Organisation)],
        _ => &[],
    }
}

const REASON: &str = "Finns inte längre i källan.";

/// Ends things that the source has brought; `places` says where in the set it says so.
pub(super) fn end(
    context: &Context,
    connection: &mut DatabaseConnection,
    scope: &Scope,
    (entity, kind): (&'static str, Kind),
    things: &[Brought],
    places: &HashMap<String, Place>,
) -> Result<Decided, Error> {
    let mut decided = Decided::default();
    let open = open(connection, scope, entity, things)?;
    let going: Vec<&Brought> = things.iter().filter(|thing| !thing.absent).collect();
    for thing in &going {
        let named = open.as_ref().is_none_or(|open| open.contains(&thing.id));
        if !named {
            // Of a protected person nothing ends, and nothing is told.
            decided.same(kind);
            continue;
        }
        decided.found.push(Found {
            kind,
            difference: Difference::End,
            place: places.get(&thing.value).copied(),
            id: SourcedId::new(&thing.value).ok(),
        });
        decided.writes.absent.push((entity, thing.value.clone()));
    }
    let ids: Vec<Uuid> = going
        .iter()
        .map(|thing| thing.id)
        .filter(|id| open.as_ref().is_none_or(|open| open.contains(id)))
        .collect();
    write(context, connection, scope, entity, &ids, &mut decided)?;
    if entity == entity::PERSON {
        relations_of(context, connection, scope, &going, &ids, places, &mut decided)?;
    }
    Ok(decided)
}

/// What the source named of persons whom it no longer has.
fn relations_of(
    context: &Context,
    connection: &mut DatabaseConnection,
    scope: &Scope,
    going: &[&Brought],
    open: &[Uuid],
    places: &HashMap<String, Place>,
    decided: &mut Decided,
) -> Result<(), Error> {
    let persons: Vec<PersonId> = open.iter().map(|id| Id::from_uuid(*id)).collect();
    let named = named_relation::of_source(connection, scope, &context.system, &persons, true)?;
    let told = relatives::told(connection, scope, named.iter().map(|named| &named.saved.value))?;
    for relation in &named {
        let of = |person: PersonId| going.iter().find(|thing| thing.id == person.uuid());
        let thing = of(relation.saved.value.person).or_else(|| of(relation.saved.value.relative));
        let Some((thing, id)) = thing.and_then(|thing| Some((thing, SourcedId::new(&thing.value).ok()?)))
        else {
            continue;
        };
        relatives::lapse(relation, places.get(&thing.value).copied(), &id, &told, decided);
    }
    Ok(())
}

/// Those that may be ended where protection decides; none where it has no say.
fn open(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    entity: &str,
    things: &[Brought],
) -> Result<Option<std::collections::HashSet<Uuid>>, Error> {
    let ids: Vec<Uuid> = things.iter().map(|thing| thing.id).collect();
    fn some<T: Id>(ids: &[Uuid]) -> Vec<T> {
        ids.iter().map(|id| T::from_uuid(*id)).collect()
    }
    let of_persons = match entity {
        entity::PERSON => return source::open_persons(connection, scope, &ids).map(Some),
        entity::PARTICIPATION => participation::find_many(connection, scope, &some(&ids))?
            .into_iter()
            .map(|saved| (saved.id.uuid(), saved.value.person().uuid()))
            .collect::<Vec<_>>(),
        entity::ENROLMENT => enrolment::find_many(connection, scope, &some(&ids))?
            .into_iter()
            .map(|saved| (saved.id.uuid(), saved.value.person.uuid()))
            .collect(),
        entity::DUTY => duty::find_many(connection, scope, &some(&ids))?
            .into_iter()
            .map(|saved| (saved.id.uuid(), saved.value.person.uuid()))
            .collect(),
        entity::TEACHER => {
            let rows = teacher::find_rows(connection, scope, &ids)?;
            let duties: Vec<DutyId> = rows.iter().map(|(_, _, teacher)| teacher.duty).collect();
            let persons: HashMap<DutyId, Uuid> = duty::find_many(connection, scope, &duties)?
                .into_iter()
                .map(|saved| (saved.id, saved.value.person.uuid()))
                .collect();
            rows.iter().filter_map(|(id, _, teacher)| Some((*id, *persons.get(&teacher.duty)?))).collect()
        }
        _ => return Ok(None),
    };
    let persons: Vec<Uuid> = of_persons.iter().map(|(_, person)| *person).collect();
    let open = source::open_persons(connection, scope, &persons)?;
    Ok(Some(of_persons.into_iter().filter(|(_, person)| open.contains(person)).map(|(id, _)| id).collect()))
}

fn write(
    context: &Context,
    connection: &mut DatabaseConnection,
    scope: &Scope,
    entity: &str,
    ids: &[Uuid],
    decided: &mut Decided,
) -> Result<(), Error> {
    let today = context.today;
    let writes = &mut decided.writes;
    match entity {
        entity::PARTICIPATION => {
            let ids: Vec<ParticipationId> = ids.iter().map(|id| Id::from_uuid(*id)).collect();
            let saved = participation::find_many(connection, scope, &ids)?;
            let offerings: Vec<OfferingId> = saved.iter().map(|saved| saved.value.offering()).collect();
            let offerings: HashMap<OfferingId, Offering> =
                offering::find_many(connection, scope, &offerings)?
                    .into_iter()
                    .map(|saved| (saved.id, saved.value))
                    .collect();
            for before in saved {
                let offering = offerings.get(&before.value.offering());
                if let Some(after) = left(before.value.clone(), today, offering) {
                    writes.changed_participations.push((before, after));
                }
            }
        }
        entity::TEACHER => {
            let rows = teacher::find_rows(connection, scope, ids)?;
            let mut touched: Vec<OfferingId> = rows.iter().map(|(_, offering, _)| *offering).collect();
            touched.sort_unstable();
            touched.dedup();
            let mut sets = teacher::of_offerings(connection, scope, &touched)?;
            let mut changed = false;
            for (_, offering, teacher) in rows {
                let Some(set) = sets.get_mut(&offering) else { continue };
                if teacher.period.from() > today {
                    set.retain(|other| *other != teacher);
                    changed = true;
                } else if let Some(period) = until(teacher.period, today) {
                    for other in set.iter_mut().filter(|other| **other == teacher) {
                        other.period = period;
                    }
                    changed = true;
                }
            }
            if changed {
                writes.teacher_sets = sets;
            }
        }
        entity::ENROLMENT => {
            let ids: Vec<EnrolmentId> = ids.iter().map(|id| Id::from_uuid(*id)).collect();
            for before in enrolment::find_many(connection, scope, &ids)? {
                let after = if before.value.period.from() > today {
                    Enrolment { withdrawn: true, ..before.value.clone() }
                } else if let Some(period) = until(before.value.period, today) {
                    Enrolment { period, ..before.value.clone() }
                } else {
                    continue;
                };
                writes.changed_enrolments.push((before, after));
            }
        }
        entity::DUTY => {
            let ids: Vec<DutyId> = ids.iter().map(|id| Id::from_uuid(*id)).collect();
            for before in duty::find_many(connection, scope, &ids)? {
                // A duty that has not begun ends on its first day.
                let last = today.max(before.value.period.from());
                if let Some(period) = until(before.value.period, last) {
                    let after = Duty { period, ..before.value.clone() };
                    writes.changed_duties.push((before, after));
                }
            }
        }
        entity::OFFERING => {
            let ids: Vec<OfferingId> = ids.iter().map(|id| Id::from_uuid(*id)).collect();
            for before in offering::find_many(connection, scope, &ids)? {
                if let Some(period) = until(before.value.period, today) {
                    let after = Offering { period, ..before.value.clone() };
                    writes.changed_offerings.push((before, after));
                }
            }
        }
        entity::COURSE => {
            let ids: Vec<CourseId> = ids.iter().map(|id| Id::from_uuid(*id)).collect();
            for before in course::find_many(connection, scope, &ids)? {
                if let Some(valid) = until(before.value.valid, today) {
                    let after = Course { valid, ..before.value.clone() };
                    writes.changed_courses.push((before, after));
                }
            }
        }
        entity::UNIT => {
            let ids: Vec<SchoolUnitId> = ids.iter().map(|id| Id::from_uuid(*id)).collect();
            for before in school_unit::find_many(connection, scope, &ids)? {
                if let Some(valid) = until(before.value.valid, today) {
                    let after = SchoolUnit { valid, ..before.value.clone() };
                    writes.changed_units.push((before, after));
                }
            }
        }
        _ => {}
    }
    Ok(())
}

/// The period cut at a last day; none when that day changes nothing or lies before the first.
fn until(period: Period, last: NaiveDate) -> Option<Period> {
    let runs_on = period.to().is_none_or(|to| to > last);
    if runs_on { Period::new(period.from(), Some(last)).ok() } else { None }
}

fn left(before: Participation, today: NaiveDate, offering: Option<&Offering>) -> Option<Participation> {
    match before.state() {
        State::Planned if before.period().from() > today => before.cancel(today, REASON).ok(),
        State::Planned | State::Active | State::OnStudyBreak { .. } => {
            let period = until(before.period(), today)?;
            let shorter = before.clone().correct_dates((period.from(), period.to()), offering?);
            // What has happened after today, such as a planned study break, stands in its way.
            shorter.or_else(|_| before.interrupt(today, REASON)).ok()
        }
        State::Interrupted { .. } | State::Completed { .. } | State::CancelledBeforeStart { .. } => None,
    }
}
