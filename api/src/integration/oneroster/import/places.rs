//! `roles.csv` → enrolments at school units and duties; `enrollments.csv` → participations in
//! offerings and teachers' assignments to them.
//!
//! A participation is planned until its first day, and active from then on: a set does not say how
//! anybody's studies ended. What concerns a protected person is left as it is.

use std::collections::{BTreeMap, HashMap, HashSet};

use skolhus_domain::{
    access::Scope,
    course::{NewOfferingTeacher, Offering, OfferingTeacher},
    duty::{Duty, DutyRole, NewDuty},
    enrolment::{Enrolment, NewEnrolment, no_overlapping_enrolment},
    id::{DutyId, EnrolmentId, Id, OfferingId, ParticipationId, PersonId, SchoolUnitId},
    participation::{NewParticipation, Participation, State},
    period::Period,
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{
    DatabaseConnection, Direction, Error, PageRequest, Saved,
    course::{offering, teacher},
    duty::{self, DutyFilter, DutySort},
    enrolment,
    integration::source,
    participation,
};
use uuid::Uuid;

use super::{
    super::{
        plan::{Difference, Kind},
        rows::{Enrollment, EnrollmentRole, Role, Row, SourcedId, UserRole},
    },
    context::{Context, Known, Units, active},
    index::OrgKind,
    writes::{Decided, entity},
};

/// The persons of a chunk: known ones, and those of them that may be looked at.
struct People {
    known: Known,
    open: HashSet<Uuid>,
}

/// Who a row is about.
enum Who {
    Open(PersonId),
    /// Protected or withdrawn: the row is left as it is.
    Closed,
    Unknown,
}

impl People {
    fn load<'v>(
        context: &Context,
        connection: &mut DatabaseConnection,
        scope: &Scope,
        users: impl Iterator<Item = &'v SourcedId>,
    ) -> Result<Self, Error> {
        let known = context.known(connection, scope, entity::PERSON, users.map(SourcedId::as_str))?;
        let ids: Vec<Uuid> = known.values().map(|known| known.id).collect();
        let open = source::open_persons(connection, scope, &ids)?;
        Ok(Self { known, open })
    }

    fn who(&self, context: &Context, user: &SourcedId) -> Who {
        match self.known.get(user.as_str()) {
            Some(known) if self.open.contains(&known.id) => Who::Open(Id::from_uuid(known.id)),
            Some(_) => Who::Closed,
            None if context.planning => Who::Open(context.fresh()),
            None => Who::Unknown,
        }
    }

    fn ids(&self) -> Vec<PersonId> {
        self.open.iter().map(|id| Id::from_uuid(*id)).collect()
    }
}

fn ids_of<T: Id>(known: &Known) -> Vec<T> {
    known.values().map(|known| Id::from_uuid(known.id)).collect()
}

fn duty_role(role: &UserRole) -> DutyRole {
    match role {
        UserRole::Teacher => DutyRole::Teacher,
        UserRole::Principal => DutyRole::Principal,
        UserRole::Counselor => DutyRole::Counsellor,
        _ => DutyRole::Other,
    }
}

/// What differs between two periods.
fn period_fields(before: Period, after: Period, fields: &mut Vec<&'static str>) {
    if before.from() != after.from() {
        fields.push("from");
    }
    if before.to() != after.to() {
        fields.push("to");
    }
}

pub(super) fn roles(
    context: &Context,
    connection: &mut DatabaseConnection,
    scope: &Scope,
    rows: &[Row<Role>],
) -> Result<Decided, Error> {
    let mut decided = Decided::default();
    let values = || active(rows).map(|(row, _)| row.id.as_str());
    let people = People::load(context, connection, scope, active(rows).map(|(_, role)| &role.user))?;
    let orgs =
        context.known(connection, scope, entity::UNIT, active(rows).map(|(_, role)| role.org.as_str()))?;
    let units = context.units(connection, scope, &orgs)?;
    let enrolments = context.known(connection, scope, entity::ENROLMENT, values())?;
    let duties = context.known(connection, scope, entity::DUTY, values())?;
    let saved_enrolments: HashMap<EnrolmentId, _> =
        enrolment::find_many(connection, scope, &ids_of(&enrolments))?
            .into_iter()
            .map(|saved| (saved.id, saved))
            .collect();
    let saved_duties: HashMap<DutyId, _> = duty::find_many(connection, scope, &ids_of(&duties))?
        .into_iter()
        .map(|saved| (saved.id, saved))
        .collect();
    let others = other_enrolments(context, connection, scope, &people)?;
    for (row, role) in active(rows) {
        if role.role.is_agent() {
            // Relatives have no place at a school; see `people`.
            continue;
        }
        let unit: Option<SchoolUnitId> = match context.index.orgs.get(role.org.as_str()) {
            Some(OrgKind::Organiser | OrgKind::Aside) => None,
            Some(OrgKind::Unit) | None => match context.follow(&orgs, &role.org) {
                Some(unit) => Some(unit),
                None => {
                    decided.unknown(row, "orgSourcedId");
                    continue;
                }
            },
        };
        let Some(unit) = unit else {
            let detail = "a role at an organisation that is no school is left aside";
            decided.warn(row, "orgSourcedId", Rule::Conflict, detail);
            continue;
        };
        let student = role.role == UserRole::Student;
        let kind = if student { Kind::Enrolment } else { Kind::Duty };
        let person = match people.who(context, &role.user) {
            Who::Open(person) => person,
            Who::Closed => {
                decided.same(kind);
                continue;
            }
            Who::Unknown => {
                decided.unknown(row, "userSourcedId");
                continue;
            }
        };
        let begin = role.dates.begin;
        if student {
            let found = enrolments.get(row.id.as_str());
            let before = found.and_then(|found| saved_enrolments.get(&Id::from_uuid(found.id)));
            let from = begin.or(before.map(|before| before.value.period.from())).unwrap_or(context.today);
            let wanted = new_enrolment(context, &units, person, unit, (from, role.dates.end), before);
            let wanted = match wanted {
                Ok(wanted) => wanted,
                Err(refusals) => {
                    decided.refuse_all(row, refusals, |pointer| match pointer {
                        "/period/from" => "beginDate",
                        "/period/to" => "endDate",
                        _ => "orgSourcedId",
                    });
                    continue;
                }
            };
            if let Err(refusal) = no_overlapping_enrolment(&wanted, others.get(&person).into_iter().flatten())
            {
                decided.refuse(row, "beginDate", refusal);
                continue;
            }
            match (found, before) {
                (Some(found), Some(before)) => {
                    let old = &before.value;
                    let mut fields = Vec::new();
                    if old.person != wanted.person {
                        fields.push("personId");
                    }
                    if old.school_unit != wanted.school_unit {
                        fields.push("schoolUnitId");
                    }
                    period_fields(old.period, wanted.period, &mut fields);
                    if decided.differs(kind, entity::ENROLMENT, row, fields, found.absent) {
                        decided.writes.changed_enrolments.push((before.clone(), wanted));
                    }
                }
                (Some(_), None) => decided.same(kind),
                (None, _) => {
                    let id: EnrolmentId = context.fresh();
                    decided.writes.enrolments.push((id, wanted));
                    decided.brought(entity::ENROLMENT, id.uuid(), &row.id);
                    decided.note(kind, Difference::Add, row);
                }
            }
        } else {
            let found = duties.get(row.id.as_str());
            let before = found.and_then(|found| saved_duties.get(&Id::from_uuid(found.id)));
            let from = begin.or(before.map(|before| before.value.period.from())).unwrap_or(context.today);
            let signature = before.and_then(|before| before.value.signature.clone());
            let new = NewDuty {
                person,
                school_unit: unit,
                role: duty_role(&role.role).code(),
                signature: signature.as_ref().map(skolhus_domain::text::Text::as_str),
                period: (from, role.dates.end),
            };
            let wanted = match new.validate() {
                Ok(wanted) => wanted,
                Err(refusals) => {
                    decided.refuse_all(row, refusals, |_| "beginDate");
                    continue;
                }
            };
            match (found, before) {
                (Some(found), Some(before)) => {
                    let old = &before.value;
                    let mut fields = Vec::new();
                    for (field, differs) in [
                        ("personId", old.person != wanted.person),
                        ("schoolUnitId", old.school_unit != wanted.school_unit),
                        ("role", old.role != wanted.role),
                    ] {
                        if differs {
                            fields.push(field);
                        }
                    }
                    period_fields(old.period, wanted.period, &mut fields);
                    if decided.differs(kind, entity::DUTY, row, fields, found.absent) {
                        decided.writes.changed_duties.push((before.clone(), wanted));
                    }
                }
                (Some(_), None) => decided.same(kind),
                (None, _) => {
                    let id: DutyId = context.fresh();
                    decided.writes.duties.push((id, wanted));
                    decided.brought(entity::DUTY, id.uuid(), &row.id);
                    decided.note(kind, Difference::Add, row);
                }
            }
        }
    }
    Ok(decided)
}

/// The persons' enrolments that the school has entered itself. What the source has brought, the
/// set decides, and its periods have been compared with each other.
fn other_enrolments(
    context: &Context,
    connection: &mut DatabaseConnection,
    scope: &Scope,
    people: &People,
) -> Result<HashMap<PersonId, Vec<Enrolment>>, Error> {
    let all = enrolment::of_persons(connection, scope, &people.ids())?;
    let ids: Vec<Uuid> = all.iter().map(|saved| saved.id.uuid()).collect();
    let brought = source::brought_among(connection, scope, entity::ENROLMENT, &context.system, &ids)?;
    let mut others: HashMap<PersonId, Vec<Enrolment>> = HashMap::new();
    for saved in all.into_iter().filter(|saved| !brought.contains(&saved.id.uuid())) {
        others.entry(saved.value.person).or_default().push(saved.value);
    }
    Ok(others)
}

fn new_enrolment(
    context: &Context,
    units: &Units,
    person: PersonId,
    unit: SchoolUnitId,
    period: (chrono::NaiveDate, Option<chrono::NaiveDate>),
    before: Option<&Saved<EnrolmentId, Enrolment>>,
) -> Result<Enrolment, skolhus_domain::refusal::Refusals> {
    let types = match units.get(&unit) {
        Some(unit) => unit.value.school_types.clone(),
        None => vec![context.school_type.clone()],
    };
    let kept = before.map(|before| before.value.school_type.clone()).filter(|kept| types.contains(kept));
    let school_type = kept.or_else(|| types.first().cloned()).unwrap_or_else(|| context.school_type.clone());
    let new = NewEnrolment {
        person,
        school_unit: unit,
        school_type: school_type.as_str(),
        school_year: before.and_then(|before| before.value.school_year),
        programme: before.and_then(|before| before.value.programme.as_ref()).map(|text| text.as_str()),
        period,
    };
    new.validate(&context.school_types, &types)
}

/// The offerings of a chunk, with those that the set brings while only a plan is made.
struct Offerings {
    known: Known,
    saved: HashMap<OfferingId, Saved<OfferingId, Offering>>,
}

impl Offerings {
    fn find(&self, context: &Context, class: &SourcedId) -> Option<(OfferingId, Facts)> {
        let known = self.known.get(class.as_str());
        let saved = known.and_then(|known| self.saved.get(&Id::from_uuid(known.id)));
        // Where the set says anything of the class, that is what will be.
        let said = context
            .index
            .class(class)
            .and_then(|class| Period::new(class.first_day, Some(class.last_day)).ok());
        match (saved, said) {
            (Some(saved), said) => {
                let period = said.filter(|_| context.planning).unwrap_or(saved.value.period);
                Some((saved.id, Facts { period, offering: Some(saved.value.clone()) }))
            }
            (None, Some(period)) if context.planning => {
                Some((context.fresh(), Facts { period, offering: None }))
            }
            _ => None,
        }
    }
}

struct Facts {
    period: Period,
    /// None for one that the set brings, while only a plan is made.
    offering: Option<Offering>,
}

pub(super) fn enrollments(
    context: &Context,
    connection: &mut DatabaseConnection,
    scope: &Scope,
    rows: &[Row<Enrollment>],
) -> Result<Decided, Error> {
    let mut decided = Decided::default();
    let values = || active(rows).map(|(row, _)| row.id.as_str());
    let people =
        People::load(context, connection, scope, active(rows).map(|(_, enrollment)| &enrollment.user))?;
    let known = context.known(
        connection,
        scope,
        entity::OFFERING,
        active(rows).map(|(_, enrollment)| enrollment.class.as_str()),
    )?;
    let saved = offering::find_many(connection, scope, &ids_of(&known))?;
    let offerings = Offerings { known, saved: saved.into_iter().map(|saved| (saved.id, saved)).collect() };
    let teaches = |enrollment: &Enrollment| enrollment.role == EnrollmentRole::Teacher;
    let brought = context.known(connection, scope, entity::PARTICIPATION, values())?;
    let present: HashMap<ParticipationId, _> =
        participation::find_many(connection, scope, &ids_of(&brought))?
            .into_iter()
            .map(|saved| (saved.id, saved))
            .collect();
    let others = other_participations(context, connection, scope, &people, &offerings)?;
    let mut teachers = if active(rows).any(|(_, enrollment)| teaches(enrollment)) {
        Some(Teachers::load(context, connection, scope, rows, &people, &offerings)?)
    } else {
        None
    };
    for (row, enrollment) in active(rows) {
        let kind = match enrollment.role {
            EnrollmentRole::Student => Kind::Participation,
            EnrollmentRole::Teacher => Kind::Assignment,
            EnrollmentRole::Administrator | EnrollmentRole::Proctor | EnrollmentRole::Extension(_) => {
                let detail = "only students and teachers have a place in an offering; the row is left aside";
                decided.warn(row, "role", Rule::Conflict, detail);
                continue;
            }
        };
        let person = match people.who(context, &enrollment.user) {
            Who::Open(person) => person,
            Who::Closed => {
                decided.same(kind);
                continue;
            }
            Who::Unknown => {
                decided.unknown(row, "userSourcedId");
                continue;
            }
        };
        let Some((offering_id, facts)) = offerings.find(context, &enrollment.class) else {
            decided.unknown(row, "classSourcedId");
            continue;
        };
        let period = match within(enrollment, facts.period) {
            Ok(period) => period,
            Err(refusal) => {
                decided.refuse(row, "beginDate", refusal);
                continue;
            }
        };
        if kind == Kind::Assignment {
            if let Some(teachers) = &mut teachers {
                teachers.decide(
                    context,
                    scope,
                    row,
                    enrollment,
                    person,
                    (offering_id, &facts),
                    period,
                    &mut decided,
                );
            }
            continue;
        }
        let found = brought.get(row.id.as_str());
        let before = found.and_then(|found| present.get(&Id::from_uuid(found.id)));
        let theirs = others.get(&(person, offering_id)).into_iter().flatten();
        match (found, before) {
            (Some(found), Some(before)) => {
                let mut fields = Vec::new();
                let moved = before.value.person() != person || before.value.offering() != offering_id;
                if moved {
                    fields.push(if before.value.person() == person { "offeringId" } else { "personId" });
                }
                period_fields(before.value.period(), period, &mut fields);
                let given_up =
                    found.absent && matches!(before.value.state(), State::CancelledBeforeStart { .. });
                if given_up {
                    fields.push("state");
                }
                if !decided.differs(kind, entity::PARTICIPATION, row, fields, found.absent) {
                    continue;
                }
                let after = if moved {
                    decided.found.pop();
                    decided.refuse(row, "userSourcedId", Refusal::new(
                        Rule::Conflict,
                        "another person or class than before; an enrollment of another has another identifier",
                    ));
                    continue;
                } else {
                    changed(before.value.clone(), period, given_up, context, facts.offering.as_ref())
                };
                match after {
                    Ok(after) => decided.writes.changed_participations.push((before.clone(), after)),
                    Err(refusal) => {
                        decided.found.pop();
                        decided.refuse(row, "beginDate", refusal);
                    }
                }
            }
            (Some(_), None) => decided.same(kind),
            (None, _) => match begun(context, person, offering_id, period, &facts, theirs) {
                Ok(participation) => {
                    let id: ParticipationId = context.fresh();
                    if let Some(participation) = participation {
                        decided.writes.participations.push((id, participation));
                    }
                    decided.brought(entity::PARTICIPATION, id.uuid(), &row.id);
                    decided.note(kind, Difference::Add, row);
                }
                Err(refusals) => decided.refuse_all(row, refusals, |pointer| {
                    if pointer == "/period/to" { "endDate" } else { "beginDate" }
                }),
            },
        }
    }
    Ok(decided)
}

/// The enrollment's days, as far as the offering has them: the check has warned of those outside.
fn within(enrollment: &Enrollment, offering: Period) -> Result<Period, Refusal> {
    let from = enrollment.dates.begin.unwrap_or(offering.from()).max(offering.from());
    let said = Period::new(from, enrollment.dates.end.or(offering.to()))
        .map_err(|_| Refusal::new(Rule::OutsidePeriod, "has no day in common with the class"))?;
    let to = match (said.to(), offering.to()) {
        (Some(said), Some(last)) => Some(said.min(last)),
        (said, last) => said.or(last),
    };
    Period::new(from, to)
        .map_err(|_| Refusal::new(Rule::OutsidePeriod, "has no day in common with the class"))
}

type Others = HashMap<(PersonId, OfferingId), Vec<Participation>>;

fn other_participations(
    context: &Context,
    connection: &mut DatabaseConnection,
    scope: &Scope,
    people: &People,
    offerings: &Offerings,
) -> Result<Others, Error> {
    let ids: Vec<OfferingId> = offerings.saved.keys().copied().collect();
    let beside = participation::beside(connection, scope, &people.ids(), &ids, &[])?;
    let found: Vec<Uuid> = beside.others.iter().map(|saved| saved.id.uuid()).collect();
    let brought = source::brought_among(connection, scope, entity::PARTICIPATION, &context.system, &found)?;
    let mut others: Others = HashMap::new();
    for saved in beside.others.into_iter().filter(|saved| !brought.contains(&saved.id.uuid())) {
        others.entry((saved.value.person(), saved.value.offering())).or_default().push(saved.value);
    }
    Ok(others)
}

/// A new participation; none while only a plan is made and the offering is still to come.
fn begun<'p>(
    context: &Context,
    person: PersonId,
    offering_id: OfferingId,
    period: Period,
    facts: &Facts,
    others: impl IntoIterator<Item = &'p Participation>,
) -> Result<Option<Participation>, skolhus_domain::refusal::Refusals> {
    let Some(offering) = &facts.offering else { return Ok(None) };
    let offering = Offering { period: facts.period, ..offering.clone() };
    let new = NewParticipation {
        person,
        offering: offering_id,
        period: (period.from(), period.to()),
        pace_percent: None,
        funding: None,
    };
    let planned = new.validate(&offering, &[], others)?;
    if period.from() <= context.today {
        Ok(planned.start(period.from()).map(Some)?)
    } else {
        Ok(Some(planned))
    }
}

fn changed(
    before: Participation,
    period: Period,
    given_up: bool,
    context: &Context,
    offering: Option<&Offering>,
) -> Result<Participation, Refusal> {
    let Some(offering) = offering else { return Ok(before) };
    let covering = Offering { period: hull(offering.period, period), ..offering.clone() };
    let days = (period.from(), period.to());
    let state = if period.from() <= context.today { State::Active } else { State::Planned };
    const AGAIN: &str = "Finns åter i källan.";
    if given_up {
        let again = before.correct_state(state, Vec::new(), AGAIN)?.participation;
        return again.correct_dates(days, &covering);
    }
    let again = before.correct_dates(days, &covering)?;
    // Who was to begin and has begun by now, as the new days have it.
    match again.state() {
        State::Planned if period.from() <= context.today => again.start(period.from()),
        _ => Ok(again),
    }
}

fn hull(one: Period, other: Period) -> Period {
    let to = match (one.to(), other.to()) {
        (Some(one), Some(other)) => Some(one.max(other)),
        _ => None,
    };
    Period::new(one.from().min(other.from()), to).unwrap_or(one)
}

/// The teachers of a chunk's offerings.
struct Teachers {
    known: Known,
    rows: HashMap<Uuid, (OfferingId, OfferingTeacher)>,
    sets: BTreeMap<OfferingId, Vec<OfferingTeacher>>,
    duties: HashMap<DutyId, Duty>,
}

impl Teachers {
    fn load(
        context: &Context,
        connection: &mut DatabaseConnection,
        scope: &Scope,
        rows: &[Row<Enrollment>],
        people: &People,
        offerings: &Offerings,
    ) -> Result<Self, Error> {
        let known = context.known(
            connection,
            scope,
            entity::TEACHER,
            active(rows).map(|(row, _)| row.id.as_str()),
        )?;
        let ids: Vec<Uuid> = known.values().map(|known| known.id).collect();
        let found = teacher::find_rows(connection, scope, &ids)?;
        let all: Vec<OfferingId> = offerings.saved.keys().copied().collect();
        let sets = teacher::of_offerings(connection, scope, &all)?;
        let persons = people.ids();
        let mut duties = HashMap::new();
        if !persons.is_empty() {
            let filter = DutyFilter { persons, ..DutyFilter::default() };
            let request = PageRequest {
                limit: 100_000,
                sort: DutySort::FirstDay,
                direction: Direction::Ascending,
                after: None,
                modified_after: None,
            };
            let page = duty::list(connection, scope, &filter, &request)?;
            duties.extend(page.items.into_iter().map(|saved| (saved.id, saved.value)));
        }
        let rows = found.into_iter().map(|(row, offering, teacher)| (row, (offering, teacher))).collect();
        Ok(Self { known, rows, sets, duties })
    }

    /// A duty of the person as a teacher at the unit, on all of the days; else on some of them.
    fn duty(&self, person: PersonId, unit: SchoolUnitId, period: Period) -> Option<(DutyId, Period)> {
        let mut fitting: Vec<(&DutyId, &Duty)> = self
            .duties
            .iter()
            .filter(|(_, duty)| {
                duty.person == person && duty.school_unit == unit && duty.period.overlaps(&period)
            })
            .collect();
        fitting.sort_by_key(|(id, duty)| {
            (!duty.period.covers(&period), duty.role != DutyRole::Teacher, duty.period.from(), **id)
        });
        let (id, duty) = fitting.first()?;
        let from = period.from().max(duty.period.from());
        let to = match (period.to(), duty.period.to()) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        Some((**id, Period::new(from, to).ok()?))
    }

    #[allow(clippy::too_many_arguments, reason = "the facts of one row, named at the one call above")]
    fn decide(
        &mut self,
        context: &Context,
        scope: &Scope,
        row: &Row<Enrollment>,
        enrollment: &Enrollment,
        person: PersonId,
        (offering_id, facts): (OfferingId, &Facts),
        period: Period,
        decided: &mut Decided,
    ) {
        let kind = Kind::Assignment;
        let found = self.known.get(row.id.as_str()).cloned();
        let Some(offering) = &facts.offering else {
            // Only while planning: the offering comes with the set.
            decided.note(kind, Difference::Add, row);
            return;
        };
        let held = self.duty(person, offering.school_unit, period);
        let (duty_id, period) = match held {
            Some(held) => held,
            None => {
                // Who teaches at a school without a role there has a duty there all the same.
                let id: DutyId = context.fresh();
                let duty = Duty {
                    person,
                    school_unit: offering.school_unit,
                    role: DutyRole::Teacher,
                    signature: None,
                    period,
                };
                self.duties.insert(id, duty.clone());
                decided.writes.duties.push((id, duty));
                (id, period)
            }
        };
        let Some(duty) = self.duties.get(&duty_id) else { return };
        let role = if enrollment.primary == Some(true) { "responsible" } else { "teacher" };
        let new = NewOfferingTeacher { duty: duty_id, period: (period.from(), period.to()), role };
        let covering = Offering { period: facts.period, ..offering.clone() };
        let wanted = match new.validate(&covering, duty) {
            Ok(wanted) => wanted,
            Err(refusals) => {
                decided.refuse_all(row, refusals, |_| "beginDate");
                return;
            }
        };
        let id = teacher::row_id(scope, offering_id, &wanted);
        match found {
            None => {
                decided.writes.teachers.push((offering_id, wanted));
                decided.brought(entity::TEACHER, id, &row.id);
                decided.note(kind, Difference::Add, row);
            }
            Some(found) => {
                let before = self.rows.get(&found.id).cloned();
                let mut fields = Vec::new();
                if let Some((of, before)) = &before {
                    let same_person = self.duties.get(&before.duty).is_some_and(|duty| duty.person == person);
                    if *of != offering_id {
                        fields.push("offeringId");
                    }
                    if before.duty != wanted.duty && !same_person {
                        fields.push("personId");
                    }
                    if before.role != wanted.role {
                        fields.push("role");
                    }
                    period_fields(before.period, wanted.period, &mut fields);
                } else {
                    fields.push("role");
                }
                if !decided.differs(kind, entity::TEACHER, row, fields, found.absent) {
                    return;
                }
                if let Some((of, before)) = before
                    && found.id != id
                {
                    let set = decided
                        .writes
                        .teacher_sets
                        .entry(of)
                        .or_insert_with(|| self.sets.get(&of).cloned().unwrap_or_default());
                    set.retain(|teacher| *teacher != before);
                    decided.writes.moved_teachers.push((row.id.as_str().to_owned(), id));
                }
                decided.writes.teachers.push((offering_id, wanted));
            }
        }
    }
}
