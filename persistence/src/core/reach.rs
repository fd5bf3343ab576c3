//! How far a scope reaches, as conditions in SQL: one function for each table that others
//! lean on. They are text with parameters rather than expressions, so that the same condition
//! stands in a query, a join or a subquery; the text is ours alone, and what comes from a
//! request or a row is always a parameter.
//!
//! A protected person is reached by no scope but that of a relative who is cleared to know of them.
//! [`protected_persons_too`] is for what opens them in a write transaction after
//! [`super::tx::Tx::record_access`]; rosters show them to their own teachers under another name
//! ([`participations_under_shown_names`], [`group_memberships`]).

use std::fmt::Write as _;

use chrono::NaiveDate;
use diesel::{
    AppearsOnTable, Expression, QueryResult, SelectableExpression,
    backend::Backend,
    expression::{ValidGrouping, is_aggregate},
    query_builder::{AstPass, QueryFragment, QueryId},
    serialize::ToSql,
    sql_types::{Bool, Date, HasSqlType},
};
use skolhus_domain::{
    access::{Part, Reach, Scope},
    id::{LessonId, OfferingId, PersonId, SchoolUnitId},
    person::relation::Right,
};

use super::{
    rows::Cell,
    shown_name::HAS_PLAN,
    types::{Guid, Instant, Ts, Uid},
};

/// A condition in SQL.
#[derive(Clone, Debug)]
pub(crate) struct Condition {
    pieces: Vec<Piece>,
    kept: bool,
}

/// The longest condition of a statement that is kept, in pieces: long ones are of scopes with many parts, and no two
/// of those need be alike.
const LONGEST_KEPT: usize = 128;

#[derive(Clone, Debug)]
enum Piece {
    Sql(&'static str),
    Id(Uid),
    Day(NaiveDate),
    Instant(Ts),
}

impl Condition {
    pub(super) fn new() -> Self {
        Self { pieces: Vec::new(), kept: false }
    }

    /// Lets each connection keep the prepared statement that this stands in: planning a page of a roster takes longer
    /// than reading it. Only for statements that come in a few forms, since nothing is ever forgotten.
    pub(crate) fn kept(self) -> Self {
        let kept = self.pieces.len() <= LONGEST_KEPT;
        Self { kept, ..self }
    }

    pub(super) fn sql(mut self, text: &'static str) -> Self {
        self.pieces.push(Piece::Sql(text));
        self
    }

    pub(super) fn id(self, id: impl skolhus_domain::id::Id) -> Self {
        self.uid(Uid::of(id))
    }

    pub(super) fn uid(mut self, id: Uid) -> Self {
        self.pieces.push(Piece::Id(id));
        self
    }

    pub(super) fn instant(mut self, instant: Ts) -> Self {
        self.pieces.push(Piece::Instant(instant));
        self
    }

    fn day(mut self, day: NaiveDate) -> Self {
        self.pieces.push(Piece::Day(day));
        self
    }

    fn then(mut self, other: Self) -> Self {
        self.pieces.extend(other.pieces);
        self
    }

    /// Writes it into a statement that is text, with its parameters after those there are.
    pub(crate) fn write(&self, text: &mut String, cells: &mut Vec<Cell>) {
        for piece in &self.pieces {
            let cell = match piece {
                Piece::Sql(sql) => {
                    text.push_str(sql);
                    continue;
                }
                Piece::Id(id) => Cell::from(*id),
                Piece::Day(day) => Cell::from(*day),
                Piece::Instant(instant) => Cell::from(*instant),
            };
            cells.push(cell);
            // Writing to a String cannot fail.
            let _ = write!(text, "${}", cells.len());
        }
    }
}

impl Expression for Condition {
    type SqlType = Bool;
}
impl<T> AppearsOnTable<T> for Condition {}
impl<T> SelectableExpression<T> for Condition {}
impl<G> ValidGrouping<G> for Condition {
    type IsAggregate = is_aggregate::Never;
}
impl QueryId for Condition {
    type QueryId = ();
    // Its text differs from scope to scope.
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<DB> QueryFragment<DB> for Condition
where
    DB: Backend + HasSqlType<Guid> + HasSqlType<Date> + HasSqlType<Instant>,
    Uid: ToSql<Guid, DB>,
    Ts: ToSql<Instant, DB>,
    NaiveDate: ToSql<Date, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        if !self.kept {
            out.unsafe_to_cache_prepared();
        }
        for piece in &self.pieces {
            match piece {
                Piece::Sql(text) => out.push_sql(text),
                Piece::Id(id) => out.push_bind_param::<Guid, _>(id)?,
                Piece::Day(day) => out.push_bind_param::<Date, _>(day)?,
                Piece::Instant(instant) => out.push_bind_param::<Instant, _>(instant)?,
            }
        }
        Ok(())
    }
}

/// Which rows of `persons` a scope reaches: never a protected person, unless the caller is cleared to know
/// of them, never a withdrawn one.
///
/// The whole organiser; for a unit those registered there and those with an enrolment, a duty
/// or a participation there; for a teacher the participants of what they teach today and the members
/// of the groups they answer for; oneself.
pub(crate) fn persons(scope: &Scope) -> Condition {
    Condition::new()
        .sql("((NOT persons.is_protected")
        .then(or_one_of(scope.cleared_for()))
        .sql(") AND ")
        .then(protected_persons_too(scope))
        .sql(")")
}

/// As [`persons`], protected ones among them: only where the access is recorded.
pub(crate) fn protected_persons_too(scope: &Scope) -> Condition {
    let those = Condition::new()
        .sql("(persons.withdrawn_at IS NULL AND persons.organiser_id = ")
        .id(scope.organiser());
    match scope.reach() {
        Reach::Organiser => those,
        Reach::Parts(parts) => {
            those.sql(" AND (").then(any(parts.iter().map(|part| persons_of(*part, scope)))).sql(")")
        }
    }
    .sql(")")
}

/// Which rows of `persons` belong to one of the school units: registered there, or with an
/// enrolment, a duty or a participation there. Only together with [`persons`].
pub(crate) fn persons_of_units(units: &[SchoolUnitId], scope: &Scope) -> Condition {
    let each = units.iter().map(|unit| persons_of(Part::Unit(*unit), scope));
    Condition::new().sql("(").then(any(each)).sql(")")
}

/// Which rows of `persons` a scope reaches for what stands about each day of theirs (absence that was reported, leave,
/// whose home is to be told): as [`persons`], oneself, and those protected persons whom the caller teaches, answers for
/// or sees to as a protection officer. Only where the row is shown with the name that [`super::shown_name`] gives.
pub(crate) fn persons_under_shown_names(scope: &Scope) -> Condition {
    let those = Condition::new().sql("(").then(protected_persons_too(scope));
    if scope.sees_to_protected() {
        return those.sql(" AND (NOT persons.is_protected OR ").sql(HAS_PLAN).sql("))");
    }
    those.then(unprotected_or_taught(scope, persons_of)).sql(")")
}

/// Which rows of `persons` a scope reaches by an office: all of the organiser, or those of its school units; nobody
/// whom one only teaches or is related to.
pub(crate) fn persons_by_office(scope: &Scope) -> Condition {
    match scope.reach() {
        Reach::Organiser => Condition::new().sql("TRUE"),
        Reach::Parts(parts) => {
            let units = parts.iter().filter(|part| matches!(part, Part::Unit(_)));
            Condition::new().sql("(").then(any(units.map(|part| persons_of(*part, scope)))).sql(")")
        }
    }
}

/// Which rows of `absence_reports` a scope reaches, in a query that joins `persons`: those of the persons of
/// [`persons_under_shown_names`], and what a relative who may report but not see has reported.
pub(crate) fn absence_reports(scope: &Scope) -> Condition {
    let those = Condition::new()
        .sql("(absence_reports.withdrawn_at IS NULL AND (")
        .then(persons_under_shown_names(scope));
    match scope.person() {
        None => those,
        Some(me) => those
            .sql(" OR (absence_reports.reported_by_id = ")
            .id(me)
            .sql(" AND ")
            .then(wards_with(scope, Right::ReportAbsence))
            .sql(")"),
    }
    .sql("))")
}

/// Which rows of `absence_reasons` a scope reaches, in a query that joins `persons`: one's own, and those of whom one has
/// the right to see; by an office those of the organiser or of the unit, but not about lessons of another one's; as a mentor
/// those of the members of the group. Whoever only teaches somebody reads no reasons.
pub(crate) fn absence_reasons(scope: &Scope) -> Condition {
    let those = Condition::new()
        .sql("(")
        .then(persons_under_shown_names(scope))
        .sql(" AND (")
        .then(persons_mentored(scope));
    match scope.reach() {
        Reach::Organiser => those.sql(" OR TRUE"),
        Reach::Parts(parts) => {
            parts.iter().fold(those, |those, part| those.sql(" OR ").then(reasons_of(*part, scope)))
        }
    }
    .sql("))")
}

fn reasons_of(part: Part, scope: &Scope) -> Condition {
    match part {
        Part::Unit(unit) => Condition::new()
            .sql("((")
            .then(persons_of(part, scope))
            .sql(
                ") AND (absence_reasons.lesson_id IS NULL OR EXISTS (SELECT 1 FROM lessons AS reach_l \
                 JOIN course_offerings AS reach_lo ON reach_lo.organiser_id = reach_l.organiser_id \
                 AND reach_lo.id = reach_l.offering_id WHERE reach_l.organiser_id = absence_reasons.organiser_id \
                 AND reach_l.id = absence_reasons.lesson_id AND reach_lo.school_unit_id = ",
            )
            .id(unit)
            .sql(")))"),
        Part::Own(_) | Part::Ward(_) => persons_of(part, scope),
        Part::Taught(..) => Condition::new().sql("FALSE"),
    }
}

/// Which rows of `leave_requests` a scope reaches, in a query that joins `persons`: as [`absence_reports`], by the right
/// to decide.
pub(crate) fn leave_requests(scope: &Scope) -> Condition {
    let those = Condition::new()
        .sql("(leave_requests.withdrawn_at IS NULL AND (")
        .then(persons_under_shown_names(scope));
    match scope.person() {
        None => those,
        Some(me) => those
            .sql(" OR (leave_requests.asked_by_id = ")
            .id(me)
            .sql(" AND ")
            .then(wards_with(scope, Right::Decide))
            .sql(")"),
    }
    .sql("))")
}

/// Which rows of `persons` belong to a group for which the caller answers as mentor today.
pub(crate) fn persons_mentored(scope: &Scope) -> Condition {
    let mentored = scope.meets_under_shown_names().iter().filter_map(|part| match part {
        Part::Taught(person, unit) => Some(
            members_answered_for(*person, *unit, scope)
                .sql(" AND reach_a.role = 'mentor' AND reach_m.organiser_id = persons.organiser_id AND reach_m.person_id = persons.id)"),
        ),
        Part::Unit(_) | Part::Own(_) | Part::Ward(_) => None,
    });
    Condition::new().sql("(").then(any(mentored)).sql(")")
}

/// Which rows of `persons` a scope reaches as a relative with a right, who need not have the right to see.
pub(crate) fn wards_with(scope: &Scope, right: Right) -> Condition {
    let wards = scope.wards().iter().filter(|ward| ward.rights.has(right)).map(|ward| ward.person);
    let each = wards.map(|ward| Condition::new().sql("persons.id = ").id(ward));
    Condition::new()
        .sql("(persons.withdrawn_at IS NULL AND persons.organiser_id = ")
        .id(scope.organiser())
        .sql(" AND (")
        .then(any(each))
        .sql("))")
}

fn persons_of(part: Part, scope: &Scope) -> Condition {
    match part {
        Part::Unit(unit) => Condition::new()
            // Never NULL: the condition is also read as a column.
            .sql("persons.registered_at_id IS NOT NULL AND persons.registered_at_id = ")
            .id(unit)
            .sql(
                " OR EXISTS (SELECT 1 FROM enrolments AS reach_e WHERE reach_e.organiser_id = persons.organiser_id \
                 AND reach_e.person_id = persons.id AND reach_e.withdrawn_at IS NULL AND reach_e.school_unit_id = ",
            )
            .id(unit)
            .sql(
                ") OR EXISTS (SELECT 1 FROM duties AS reach_d WHERE reach_d.organiser_id = persons.organiser_id \
                 AND reach_d.person_id = persons.id AND reach_d.withdrawn_at IS NULL AND reach_d.school_unit_id = ",
            )
            .id(unit)
            .sql(
                ") OR EXISTS (SELECT 1 FROM participations AS reach_p JOIN course_offerings AS reach_o \
                 ON reach_o.organiser_id = reach_p.organiser_id AND reach_o.id = reach_p.offering_id \
                 WHERE reach_p.organiser_id = persons.organiser_id AND reach_p.person_id = persons.id \
                 AND reach_p.withdrawn_at IS NULL AND reach_o.withdrawn_at IS NULL AND reach_o.school_unit_id = ",
            )
            .id(unit)
            .sql(")"),
        Part::Taught(teacher, unit) => taught_participants(teacher, unit, scope)
            .sql(" AND reach_p.organiser_id = persons.organiser_id AND reach_p.person_id = persons.id) OR ")
            .then(members_answered_for(teacher, unit, scope))
            .sql(" AND reach_m.organiser_id = persons.organiser_id AND reach_m.person_id = persons.id)"),
        Part::Own(person) | Part::Ward(person) => Condition::new().sql("persons.id = ").id(person),
    }
}

/// There is a participation (`reach_p`) in an offering (`reach_o`) that the teacher teaches today;
/// the subquery is left open for whose it is.
fn taught_participants(teacher: PersonId, unit: Option<SchoolUnitId>, scope: &Scope) -> Condition {
    let taught = Condition::new()
        .sql(
            "EXISTS (SELECT 1 FROM participations AS reach_p \
             JOIN course_offerings AS reach_o ON reach_o.organiser_id = reach_p.organiser_id \
             AND reach_o.id = reach_p.offering_id AND reach_o.withdrawn_at IS NULL \
             JOIN offering_teachers AS reach_t ON reach_t.organiser_id = reach_p.organiser_id \
             AND reach_t.offering_id = reach_p.offering_id \
             JOIN duties AS reach_d ON reach_d.organiser_id = reach_t.organiser_id AND reach_d.id = reach_t.duty_id \
             WHERE reach_p.withdrawn_at IS NULL",
        )
        .then(teaches_today(teacher, scope));
    match unit {
        None => taught,
        Some(unit) => taught.sql(" AND reach_o.school_unit_id = ").id(unit),
    }
}

/// There is a member (`reach_m`), today or from a later day, of a group (`reach_g`) to which the person
/// is assigned today (mentor, teacher …); the subquery is left open for who it is.
fn members_answered_for(person: PersonId, unit: Option<SchoolUnitId>, scope: &Scope) -> Condition {
    let members = Condition::new()
        .sql(
            "EXISTS (SELECT 1 FROM group_memberships AS reach_m \
             JOIN groups AS reach_g ON reach_g.organiser_id = reach_m.organiser_id \
             AND reach_g.id = reach_m.group_id AND reach_g.withdrawn_at IS NULL \
             JOIN group_assignments AS reach_a ON reach_a.organiser_id = reach_m.organiser_id \
             AND reach_a.group_id = reach_m.group_id \
             JOIN duties AS reach_d ON reach_d.organiser_id = reach_a.organiser_id AND reach_d.id = reach_a.duty_id \
             WHERE reach_m.withdrawn_at IS NULL AND (reach_m.valid_to IS NULL OR reach_m.valid_to >= ",
        )
        .day(scope.today())
        .sql(") AND (reach_g.valid_to IS NULL OR reach_g.valid_to >= ")
        .day(scope.today())
        .sql(")")
        .then(assigned_today(person, scope));
    match unit {
        None => members,
        Some(unit) => members.sql(" AND reach_g.school_unit_id = ").id(unit),
    }
}

/// `AND` the assignment (`reach_a`) and the duty (`reach_d`) are this person's and in force today.
fn assigned_today(person: PersonId, scope: &Scope) -> Condition {
    Condition::new()
        .sql(" AND reach_a.withdrawn_at IS NULL AND reach_a.valid_from <= ")
        .day(scope.today())
        .sql(" AND (reach_a.valid_to IS NULL OR reach_a.valid_to >= ")
        .day(scope.today())
        .sql(")")
        .then(on_duty_today(person, scope))
}

/// `AND` the teaching (`reach_t`) and the duty (`reach_d`) are this person's and in force today.
fn teaches_today(teacher: PersonId, scope: &Scope) -> Condition {
    Condition::new()
        .sql(" AND reach_t.withdrawn_at IS NULL AND reach_t.valid_from <= ")
        .day(scope.today())
        .sql(" AND (reach_t.valid_to IS NULL OR reach_t.valid_to >= ")
        .day(scope.today())
        .sql(")")
        .then(on_duty_today(teacher, scope))
}

fn on_duty_today(person: PersonId, scope: &Scope) -> Condition {
    Condition::new()
        .sql(" AND reach_d.withdrawn_at IS NULL AND reach_d.person_id = ")
        .id(person)
        .sql(" AND reach_d.valid_from <= ")
        .day(scope.today())
        .sql(" AND (reach_d.valid_to IS NULL OR reach_d.valid_to >= ")
        .day(scope.today())
        .sql(")")
}

/// Which rows of `course_offerings` a scope reaches; never a withdrawn one.
///
/// The whole organiser; for a unit its offerings; for a teacher what they teach today, and what the
/// members of the groups they answer for participate in; for oneself what one participates in.
pub(crate) fn offerings(scope: &Scope) -> Condition {
    let those = Condition::new()
        .sql("(course_offerings.withdrawn_at IS NULL AND course_offerings.organiser_id = ")
        .id(scope.organiser());
    match scope.reach() {
        Reach::Organiser => those,
        Reach::Parts(parts) => {
            let parts = parts.iter().map(|part| match *part {
                Part::Taught(teacher, unit) => {
                    offerings_of(*part, scope).sql(" OR ").then(offerings_of_members(teacher, unit, scope))
                }
                Part::Unit(_) | Part::Own(_) | Part::Ward(_) => offerings_of(*part, scope),
            });
            those.sql(" AND (").then(any(parts)).sql(")")
        }
    }
    .sql(")")
}

/// Somebody who belongs to a group for which the person answers takes part in the offering.
fn offerings_of_members(person: PersonId, unit: Option<SchoolUnitId>, scope: &Scope) -> Condition {
    Condition::new()
        .sql(
            "EXISTS (SELECT 1 FROM participations AS reach_p \
             WHERE reach_p.organiser_id = course_offerings.organiser_id \
             AND reach_p.offering_id = course_offerings.id AND reach_p.withdrawn_at IS NULL AND ",
        )
        .then(members_answered_for(person, unit, scope))
        .sql(
            " AND reach_m.organiser_id = reach_p.organiser_id AND reach_m.person_id = reach_p.person_id \
             AND reach_g.school_unit_id = course_offerings.school_unit_id))",
        )
}

/// Which rows of `course_offerings` a scope teaches or has the teaching of in hand: as [`offerings`], but not what
/// is only met through the members of a group, and nothing that one takes part in.
pub(crate) fn offerings_taught(scope: &Scope) -> Condition {
    let those = Condition::new()
        .sql("(course_offerings.withdrawn_at IS NULL AND course_offerings.organiser_id = ")
        .id(scope.organiser());
    match scope.reach() {
        Reach::Organiser => those,
        Reach::Parts(parts) => {
            let parts = parts.iter().map(|part| match *part {
                Part::Taught(..) | Part::Unit(_) => offerings_of(*part, scope),
                Part::Own(_) | Part::Ward(_) => Condition::new().sql("FALSE"),
            });
            those.sql(" AND (").then(any(parts)).sql(")")
        }
    }
    .sql(")")
}

/// Which rows of `lessons` a scope reaches, in a query that joins `course_offerings`; never a withdrawn one.
///
/// The whole organiser; for a unit those of its offerings; for a teacher those of what they teach today and of what
/// the members of the groups they answer for take part in, and the lessons in which they stand in; one's own on the
/// days of one's participation.
pub(crate) fn lessons(scope: &Scope) -> Condition {
    lessons_but(scope, |part| {
        match part {
        Part::Taught(person, unit) => {
            lessons_taught_by(part, scope).sql(" OR ").then(offerings_of_members(person, unit, scope))
        }
        Part::Unit(_) => offerings_of(part, scope),
        Part::Own(person) | Part::Ward(person) => Condition::new()
            .sql(
                "EXISTS (SELECT 1 FROM participations AS reach_p WHERE reach_p.organiser_id = lessons.organiser_id \
                 AND reach_p.offering_id = lessons.offering_id AND reach_p.withdrawn_at IS NULL \
                 AND reach_p.held_from <= lessons.day AND reach_p.held_to >= lessons.day AND reach_p.person_id = ",
            )
            .id(person)
            .sql(")"),
    }
    })
}

/// Which rows of `lessons` stand in a calendar that is read without a login, in a query that joins `course_offerings`:
/// as [`lessons`], but nothing that is met through a protected person alone.
pub(crate) fn lessons_in_calendars(scope: &Scope) -> Condition {
    lessons(&scope.clone().without_protected_wards())
}

/// Which rows of `persons` a scope may have a calendar of: as [`persons`], and oneself while one is on duty. Nobody who
/// is protected, and nobody at all where the caller is.
pub(crate) fn persons_in_calendars(scope: &Scope) -> Condition {
    let narrowed = scope.clone().without_protected_wards();
    let those = Condition::new().sql("(NOT persons.is_protected AND (").then(persons(&narrowed));
    match scope.person() {
        None => those,
        Some(me) => those
            .sql(" OR (persons.withdrawn_at IS NULL AND persons.organiser_id = ")
            .id(scope.organiser())
            .sql(" AND persons.id = ")
            .id(me)
            .sql(
                " AND EXISTS (SELECT 1 FROM duties AS reach_d WHERE reach_d.organiser_id = persons.organiser_id",
            )
            .then(on_duty_today(me, scope))
            .sql("))"),
    }
    .sql(")")
    .then(and_is_open(scope))
    .sql(")")
}

/// Which rows of `groups` a scope may have a calendar of: as [`groups`], but none that is met through a protected person
/// alone, and none at all where the caller is protected.
pub(crate) fn groups_in_calendars(scope: &Scope) -> Condition {
    Condition::new()
        .sql("(")
        .then(groups(&scope.clone().without_protected_wards()))
        .then(and_is_open(scope))
        .sql(")")
}

/// Which rows of `calendar_feeds` can be read, in a query that joins the `persons` and `groups` they are of: of the
/// two one is there, and within reach.
pub(crate) fn calendar_feeds(scope: &Scope) -> Condition {
    Condition::new()
        .sql("(")
        .then(persons_in_calendars(scope))
        .sql(" OR ")
        .then(groups_in_calendars(scope))
        .sql(")")
}

/// `AND` the caller is not protected.
fn and_is_open(scope: &Scope) -> Condition {
    match scope.person() {
        None => Condition::new(),
        Some(me) => Condition::new()
            .sql(" AND NOT EXISTS (SELECT 1 FROM persons AS reach_o WHERE reach_o.organiser_id = ")
            .id(scope.organiser())
            .sql(" AND reach_o.id = ")
            .id(me)
            .sql(" AND reach_o.is_protected)"),
    }
}

/// Which rows of `lessons` a scope has in hand, in a query that joins `course_offerings`: as [`lessons`], but not
/// what is only met through the members of a group, and nothing that one takes part in.
pub(crate) fn lessons_taught(scope: &Scope) -> Condition {
    lessons_but(scope, |part| match part {
        Part::Taught(..) => lessons_taught_by(part, scope),
        Part::Unit(_) => offerings_of(part, scope),
        Part::Own(_) | Part::Ward(_) => Condition::new().sql("FALSE"),
    })
}

/// Which rows of `persons` stand in the register of a lesson that the caller has in hand, in a query that joins
/// `lessons` and `course_offerings`: those who take part in the offering on the day, and those with a row in the
/// register; never a withdrawn one, and a protected one only where the caller takes the lesson and the row is shown
/// with the name that [`super::shown_name`] gives.
pub(crate) fn persons_in_lesson(
    scope: &Scope,
    lesson: LessonId,
    offering: OfferingId,
    day: NaiveDate,
) -> Condition {
    let in_register = (" FROM attendances AS reach_a", " AND reach_a.lesson_id = ", Uid::of(lesson));
    persons_on_day(scope, offering, day, in_register, lessons_taught_by)
}

/// The same of the activity of an offering on a day, in a query that joins `course_offerings`: a protected person only
/// where the caller teaches the offering.
pub(crate) fn persons_in_activity(
    scope: &Scope,
    offering: OfferingId,
    day: NaiveDate,
    activity_day: Uid,
) -> Condition {
    let in_activity = (" FROM activities AS reach_a", " AND reach_a.activity_day_id = ", activity_day);
    persons_on_day(scope, offering, day, in_activity, offerings_of)
}

/// Those who take part in an offering on a day, and those with a row there: the table (`reach_a`), the column that says
/// where, and which one.
fn persons_on_day(
    scope: &Scope,
    offering: OfferingId,
    day: NaiveDate,
    (from_table, at_column, place): (&'static str, &'static str, Uid),
    taught: fn(Part, &Scope) -> Condition,
) -> Condition {
    // One list of ids made of two: PostgreSQL would go through all persons for two lists with OR between them. Whoever is in
    // both stands in it twice: for a UNION without ALL SQLite would go through the participations of the whole organiser,
    // which have an index in the order in which it merges the two.
    Condition::new()
        .sql("(persons.withdrawn_at IS NULL AND persons.organiser_id = ")
        .id(scope.organiser())
        .sql(
            " AND persons.id IN (SELECT reach_p.person_id FROM participations AS reach_p \
             WHERE reach_p.organiser_id = ",
        )
        .id(scope.organiser())
        .sql(" AND reach_p.offering_id = ")
        .id(offering)
        .sql(" AND reach_p.withdrawn_at IS NULL AND reach_p.held_from <= ")
        .day(day)
        .sql(" AND reach_p.held_to >= ")
        .day(day)
        .sql(" UNION ALL SELECT reach_a.person_id")
        .sql(from_table)
        .sql(" WHERE reach_a.organiser_id = ")
        .id(scope.organiser())
        .sql(at_column)
        .uid(place)
        .sql(")")
        .then(unprotected_or_taught(scope, taught))
        .sql(")")
}

/// Whether the row of `course_offerings` has a lesson on the day that is held.
pub(crate) fn has_lessons_on(day: NaiveDate) -> Condition {
    Condition::new()
        .sql(
            "EXISTS (SELECT 1 FROM lessons AS reach_l WHERE reach_l.organiser_id = course_offerings.organiser_id \
             AND reach_l.offering_id = course_offerings.id AND reach_l.withdrawn_at IS NULL \
             AND reach_l.state = 'planned' AND reach_l.day = ",
        )
        .day(day)
        .sql(")")
}

/// As [`persons_in_lesson`], for lessons whose participations or rows of the register are joined.
pub(crate) fn persons_met_in_lessons(scope: &Scope) -> Condition {
    Condition::new()
        .sql("(persons.withdrawn_at IS NULL")
        .then(unprotected_or_taught(scope, lessons_taught_by))
        .sql(")")
}

/// Which rows of `persons` the caller may excuse in a lesson, in a query that joins `lessons` and `course_offerings`:
/// everybody at their unit; the members of the groups whose mentor they are, at the group's unit.
pub(crate) fn persons_to_excuse(scope: &Scope) -> Condition {
    persons_but(scope, unprotected_or_taught(scope, to_excuse_of), to_excuse_of)
}

fn to_excuse_of(part: Part, scope: &Scope) -> Condition {
    match part {
        Part::Unit(_) => offerings_of(part, scope),
        Part::Taught(person, unit) => members_here(person, unit, scope).sql(" AND reach_a.role = 'mentor')"),
        Part::Own(_) | Part::Ward(_) => Condition::new().sql("FALSE"),
    }
}

/// Whose attendance in which lessons a scope reaches, as rows of `persons` in a query that joins `lessons` and
/// `course_offerings`; the query says who is in a lesson. A protected person's only where it is their own, by those who
/// are cleared, and by their teachers: the row is shown with the name that [`super::shown_name`] gives.
///
/// The whole organiser; for a unit the lessons of its offerings; for a teacher those of what they teach today, those in
/// which they stand in, and at the group's unit all those of the members of the groups they answer for; one's own.
pub(crate) fn attendances(scope: &Scope) -> Condition {
    persons_but(scope, unprotected_or_taught(scope, attendances_of), attendances_of)
}

/// As [`attendances`], to be counted person by person. Where somebody only stood in they have no figures.
pub(crate) fn attendances_by_person(scope: &Scope) -> Condition {
    persons_but(scope, unprotected_or_taught(scope, counted_of), counted_of)
}

/// As [`attendances_by_person`], protected persons among them: for figures that name nobody.
pub(crate) fn attendances_counted(scope: &Scope) -> Condition {
    persons_but(scope, Condition::new(), counted_of)
}

fn attendances_of(part: Part, scope: &Scope) -> Condition {
    match part {
        Part::Taught(..) => lessons_taught_by(part, scope).sql(" OR ").then(counted_of(part, scope)),
        Part::Unit(_) | Part::Own(_) | Part::Ward(_) => counted_of(part, scope),
    }
}

fn counted_of(part: Part, scope: &Scope) -> Condition {
    match part {
        Part::Unit(_) => offerings_of(part, scope),
        Part::Taught(person, unit) => {
            offerings_of(part, scope).sql(" OR ").then(members_here(person, unit, scope)).sql(")")
        }
        Part::Own(person) | Part::Ward(person) => Condition::new().sql("persons.id = ").id(person),
    }
}

/// As [`members_answered_for`], the person of the row at the unit of the row's offering; left open.
fn members_here(person: PersonId, unit: Option<SchoolUnitId>, scope: &Scope) -> Condition {
    members_answered_for(person, unit, scope).sql(
        " AND reach_m.organiser_id = persons.organiser_id AND reach_m.person_id = persons.id \
         AND reach_g.school_unit_id = course_offerings.school_unit_id",
    )
}

fn persons_but(scope: &Scope, protection: Condition, of: fn(Part, &Scope) -> Condition) -> Condition {
    let those = Condition::new()
        .sql(
            "(lessons.withdrawn_at IS NULL AND course_offerings.withdrawn_at IS NULL \
             AND persons.withdrawn_at IS NULL AND lessons.organiser_id = ",
        )
        .id(scope.organiser())
        .then(protection);
    match scope.reach() {
        Reach::Organiser => those,
        Reach::Parts(parts) => {
            those.sql(" AND (").then(any(parts.iter().map(|part| of(*part, scope)))).sql(")")
        }
    }
    .sql(")")
}

/// Whether the person of the row of `participations`, on a day of it, attends the lesson of the row of `lessons`: they are
/// not on a study break, as `Participation::attends` in the domain says it, and not exempted.
pub(crate) fn attends(postgres: bool) -> Condition {
    let is_there = not_on_break(postgres, |condition| condition.sql("lessons.day"));
    Condition::new().sql("(").then(is_there).sql(" AND ").then(is_not_exempted()).sql(")").kept()
}

/// Whether the person of the row of `participations` is not exempted from the lesson of the row of `lessons`.
pub(crate) fn is_not_exempted() -> Condition {
    Condition::new()
        .sql(
            "NOT EXISTS (SELECT 1 FROM attendance_exemptions AS exempted \
             WHERE exempted.organiser_id = lessons.organiser_id AND exempted.lesson_id = lessons.id \
             AND exempted.person_id = participations.person_id AND exempted.withdrawn_at IS NULL)",
        )
        .kept()
}

/// Whether the person of the row of `participations` is not on a study break on a day.
pub(crate) fn is_not_on_break_on(postgres: bool, day: NaiveDate) -> Condition {
    not_on_break(postgres, |condition| condition.day(day))
}

/// One of the named seams: how each database looks into a list.
fn not_on_break(postgres: bool, day: impl Fn(Condition) -> Condition) -> Condition {
    let [each, from, to] = if postgres {
        [
            "(participations.breaks = '[]'::jsonb OR NOT EXISTS (\
             SELECT 1 FROM jsonb_array_elements(participations.breaks) AS away WHERE ",
            "CAST(away ->> 'from' AS DATE) <= ",
            " AND CAST(away ->> 'to' AS DATE) >= ",
        ]
    } else {
        [
            "(participations.breaks = '[]' OR NOT EXISTS (\
             SELECT 1 FROM json_each(participations.breaks) AS away WHERE ",
            "json_extract(away.value, '$.from') <= ",
            " AND json_extract(away.value, '$.to') >= ",
        ]
    };
    let at =
        Condition::new().sql("(NOT (participations.state = 'study-break' AND participations.state_from <= ");
    let at = day(at).sql(" AND (participations.state_to IS NULL OR participations.state_to >= ");
    let at = day(at).sql(")) AND ").sql(each).sql(from);
    let at = day(at).sql(to);
    day(at).sql(")))").kept()
}

/// The column holds one of these ids. It leaves to the rest of a statement whether it is kept, as `eq_any` on SQLite never
/// does: for lists that come in a few lengths, or in statements that are not kept anyway.
pub(crate) fn among<I: skolhus_domain::id::Id>(column: &'static str, ids: &[I]) -> Condition {
    let Some((first, others)) = ids.split_first() else { return Condition::new().sql("FALSE").kept() };
    let begun = Condition::new().sql(column).sql(" IN (").id(*first);
    others.iter().fold(begun, |all, id| all.sql(", ").id(*id)).sql(")").kept()
}

fn lessons_but(scope: &Scope, of: impl Fn(Part) -> Condition) -> Condition {
    let those = Condition::new()
        .sql(
            "(lessons.withdrawn_at IS NULL AND course_offerings.withdrawn_at IS NULL \
             AND lessons.organiser_id = ",
        )
        .id(scope.organiser());
    match scope.reach() {
        Reach::Organiser => those,
        Reach::Parts(parts) => those.sql(" AND (").then(any(parts.iter().map(|part| of(*part)))).sql(")"),
    }
    .sql(")")
}

/// The lessons of a day that a teacher may be the one to take: one short list, made from their duties, to which the rules
/// of who takes a lesson are then put. Without it they would be put to every lesson of the organiser's day.
pub(crate) fn lessons_near(scope: &Scope, teacher: PersonId, day: NaiveDate) -> Condition {
    Condition::new()
        .sql(
            "lessons.id IN (SELECT near_l.id FROM duties AS near_d CROSS JOIN offering_teachers AS near_t \
             CROSS JOIN lessons AS near_l WHERE near_t.organiser_id = near_d.organiser_id \
             AND near_t.duty_id = near_d.id AND near_l.organiser_id = near_t.organiser_id \
             AND near_l.offering_id = near_t.offering_id AND near_d.organiser_id = ",
        )
        .id(scope.organiser())
        .sql(" AND near_d.person_id = ")
        .id(teacher)
        .sql(" AND near_l.day = ")
        .day(day)
        .sql(
            " UNION ALL SELECT near_l.id FROM duties AS near_d CROSS JOIN lesson_staff AS near_s \
             CROSS JOIN lessons AS near_l WHERE near_s.organiser_id = near_d.organiser_id \
             AND near_s.duty_id = near_d.id AND near_l.organiser_id = near_s.organiser_id \
             AND near_l.id = near_s.lesson_id AND near_d.organiser_id = ",
        )
        .id(scope.organiser())
        .sql(" AND near_d.person_id = ")
        .id(teacher)
        .sql(" AND near_l.day = ")
        .day(day)
        .sql(")")
        .kept()
}

/// The teacher teaches the offering today, or stands in in the lesson. (`CROSS JOIN` tells SQLite to look up the duty: of
/// itself it would go through all duties of the organiser.)
fn lessons_taught_by(part: Part, scope: &Scope) -> Condition {
    let Part::Taught(teacher, unit) = part else { return offerings_of(part, scope) };
    let stands_in = Condition::new()
        .sql(
            "EXISTS (SELECT 1 FROM lesson_staff AS reach_s CROSS JOIN duties AS reach_d \
             WHERE reach_d.organiser_id = reach_s.organiser_id AND reach_d.id = reach_s.duty_id \
             AND reach_s.organiser_id = lessons.organiser_id AND reach_s.lesson_id = lessons.id \
             AND reach_s.withdrawn_at IS NULL AND reach_s.part <> 'away'",
        )
        .then(on_duty_today(teacher, scope))
        .sql(")");
    let stands_in = match unit {
        None => stands_in,
        Some(unit) => stands_in.sql(" AND course_offerings.school_unit_id = ").id(unit),
    };
    offerings_of(part, scope).sql(" OR ").then(stands_in)
}

fn offerings_of(part: Part, scope: &Scope) -> Condition {
    match part {
        Part::Unit(unit) => Condition::new().sql("course_offerings.school_unit_id = ").id(unit),
        Part::Taught(teacher, unit) => {
            let taught = Condition::new()
                .sql(
                    "EXISTS (SELECT 1 FROM offering_teachers AS reach_t CROSS JOIN duties AS reach_d \
                     WHERE reach_d.organiser_id = reach_t.organiser_id AND reach_d.id = reach_t.duty_id \
                     AND reach_t.organiser_id = course_offerings.organiser_id \
                     AND reach_t.offering_id = course_offerings.id",
                )
                .then(teaches_today(teacher, scope))
                .sql(")");
            match unit {
                None => taught,
                Some(unit) => taught.sql(" AND course_offerings.school_unit_id = ").id(unit),
            }
        }
        Part::Own(person) | Part::Ward(person) => Condition::new()
            .sql(
                "EXISTS (SELECT 1 FROM participations AS reach_p WHERE reach_p.organiser_id = course_offerings.organiser_id \
                 AND reach_p.offering_id = course_offerings.id AND reach_p.withdrawn_at IS NULL AND reach_p.person_id = ",
            )
            .id(person)
            .sql(")"),
    }
}

/// Which rows of `participations` a scope reaches, in a query that joins `persons` and
/// `course_offerings`; never a withdrawn one, and never a protected person's except for the
/// program's own work, themselves and those who are cleared to know of them.
///
/// The whole organiser; for a unit those in its offerings; for a teacher those in what they
/// teach today, and at the group's unit those of the members of the groups they answer for; one's own.
pub(crate) fn participations(scope: &Scope) -> Condition {
    participations_but(scope, unprotected(scope))
}

/// As [`participations`], and those of the protected persons whom the caller teaches: only where the row is
/// shown with the name that [`super::shown_name`] gives.
pub(crate) fn participations_under_shown_names(scope: &Scope) -> Condition {
    participations_but(scope, unprotected_or_taught(scope, participations_of))
}

fn participations_but(scope: &Scope, protection: Condition) -> Condition {
    let those = Condition::new()
        .sql(
            "(participations.withdrawn_at IS NULL AND persons.withdrawn_at IS NULL \
             AND course_offerings.withdrawn_at IS NULL AND participations.organiser_id = ",
        )
        .id(scope.organiser())
        .then(protection);
    match scope.reach() {
        Reach::Organiser => those,
        Reach::Parts(parts) => {
            let parts = parts.iter().map(|part| participations_of(*part, scope));
            those.sql(" AND (").then(any(parts)).sql(")")
        }
    }
    .sql(")")
}

fn participations_of(part: Part, scope: &Scope) -> Condition {
    match part {
        Part::Own(person) | Part::Ward(person) => {
            Condition::new().sql("participations.person_id = ").id(person)
        }
        Part::Unit(_) => offerings_of(part, scope),
        Part::Taught(teacher, unit) => {
            offerings_of(part, scope).sql(" OR ").then(members_answered_for(teacher, unit, scope)).sql(
                " AND reach_m.organiser_id = participations.organiser_id \
                 AND reach_m.person_id = participations.person_id \
                 AND reach_g.school_unit_id = course_offerings.school_unit_id)",
            )
        }
    }
}

/// Which rows of `enrolments` a scope reaches, in a query that joins `persons`; never a
/// withdrawn one, and never a protected person's except for the program's own work.
///
/// The whole organiser; for a unit those there; for a teacher those of the participants of what
/// they teach today, at the unit where they teach them, and of the members of the groups they answer
/// for, at the group's unit; one's own.
pub(crate) fn enrolments(scope: &Scope) -> Condition {
    let those = Condition::new()
        .sql("(enrolments.withdrawn_at IS NULL AND persons.withdrawn_at IS NULL AND enrolments.organiser_id = ")
        .id(scope.organiser())
        .then(unprotected(scope));
    match scope.reach() {
        Reach::Organiser => those,
        Reach::Parts(parts) => {
            let parts = parts.iter().map(|part| match *part {
                Part::Own(person) | Part::Ward(person) => {
                    Condition::new().sql("enrolments.person_id = ").id(person)
                }
                Part::Unit(unit) => Condition::new().sql("enrolments.school_unit_id = ").id(unit),
                Part::Taught(teacher, unit) => taught_participants(teacher, unit, scope).sql(
                    " AND reach_p.organiser_id = enrolments.organiser_id AND reach_p.person_id = enrolments.person_id \
                     AND reach_o.school_unit_id = enrolments.school_unit_id) OR ",
                )
                .then(members_answered_for(teacher, unit, scope))
                .sql(
                    " AND reach_m.organiser_id = enrolments.organiser_id AND reach_m.person_id = enrolments.person_id \
                     AND reach_g.school_unit_id = enrolments.school_unit_id)",
                ),
            });
            those.sql(" AND (").then(any(parts)).sql(")")
        }
    }
    .sql(")")
}

/// Which rows of `persons` have two participations in outermost offerings at once, on a day or later.
/// Only together with [`persons`].
pub(crate) fn parallel_studies(from: NaiveDate) -> Condition {
    Condition::new()
        .sql(
            "EXISTS (SELECT 1 FROM participations AS one JOIN course_offerings AS one_o \
             ON one_o.organiser_id = one.organiser_id AND one_o.id = one.offering_id \
             AND one_o.withdrawn_at IS NULL AND one_o.part_of_id IS NULL \
             JOIN participations AS two ON two.organiser_id = one.organiser_id \
             AND two.person_id = one.person_id AND two.id > one.id \
             AND two.held_from <= one.held_to AND one.held_from <= two.held_to \
             JOIN course_offerings AS two_o ON two_o.organiser_id = two.organiser_id \
             AND two_o.id = two.offering_id AND two_o.withdrawn_at IS NULL AND two_o.part_of_id IS NULL \
             WHERE one.organiser_id = persons.organiser_id AND one.person_id = persons.id \
             AND one.withdrawn_at IS NULL AND two.withdrawn_at IS NULL AND one.held_to >= ",
        )
        .day(from)
        .sql(" AND two.held_to >= ")
        .day(from)
        // The offset keeps PostgreSQL from joining all persons with all pairs, as it does while it has no
        // statistics: each person in turn is looked up by the index, until the page is full.
        .sql(" LIMIT 1 OFFSET 0)")
}

/// Which rows of `groups` a scope reaches; never a withdrawn one.
///
/// The whole organiser; for a unit its groups; for a teacher those they answer for and those that
/// drive what they teach today; those one belongs to or has belonged to.
pub(crate) fn groups(scope: &Scope) -> Condition {
    let those =
        Condition::new().sql("(groups.withdrawn_at IS NULL AND groups.organiser_id = ").id(scope.organiser());
    match scope.reach() {
        Reach::Organiser => those,
        Reach::Parts(parts) => {
            those.sql(" AND (").then(any(parts.iter().map(|part| groups_of(*part, scope)))).sql(")")
        }
    }
    .sql(")")
}

fn groups_of(part: Part, scope: &Scope) -> Condition {
    match part {
        Part::Unit(unit) => Condition::new().sql("groups.school_unit_id = ").id(unit),
        Part::Taught(teacher, unit) => {
            let theirs = Condition::new()
                .sql(
                    "(EXISTS (SELECT 1 FROM group_assignments AS reach_a JOIN duties AS reach_d \
                     ON reach_d.organiser_id = reach_a.organiser_id AND reach_d.id = reach_a.duty_id \
                     WHERE reach_a.organiser_id = groups.organiser_id AND reach_a.group_id = groups.id",
                )
                .then(assigned_today(teacher, scope))
                .sql(
                    ") OR EXISTS (SELECT 1 FROM offering_groups AS reach_og JOIN offering_teachers AS reach_t \
                     ON reach_t.organiser_id = reach_og.organiser_id AND reach_t.offering_id = reach_og.offering_id \
                     JOIN duties AS reach_d \
                     ON reach_d.organiser_id = reach_t.organiser_id AND reach_d.id = reach_t.duty_id \
                     WHERE reach_og.organiser_id = groups.organiser_id AND reach_og.group_id = groups.id \
                     AND reach_og.withdrawn_at IS NULL",
                )
                .then(teaches_today(teacher, scope))
                .sql("))");
            match unit {
                None => theirs,
                Some(unit) => theirs.sql(" AND groups.school_unit_id = ").id(unit),
            }
        }
        Part::Own(person) | Part::Ward(person) => Condition::new()
            .sql(
                "EXISTS (SELECT 1 FROM group_memberships AS reach_m WHERE reach_m.organiser_id = groups.organiser_id \
                 AND reach_m.group_id = groups.id AND reach_m.withdrawn_at IS NULL AND reach_m.person_id = ",
            )
            .id(person)
            .sql(")"),
    }
}

/// Which rows of `group_memberships` a scope reaches, in a query that joins `persons` and `groups`;
/// never a withdrawn one, and never a protected person's except for the program's own work, themselves,
/// those who are cleared to know of them, and those who teach them: therefore a row is only shown with the
/// name that [`super::shown_name`] gives.
///
/// The whole organiser; for a unit those in its groups; for a teacher those that have not ended, in
/// groups they reach and of persons they reach; one's own.
pub(crate) fn group_memberships(scope: &Scope) -> Condition {
    let those = Condition::new()
        .sql(
            "(group_memberships.withdrawn_at IS NULL AND persons.withdrawn_at IS NULL \
             AND groups.withdrawn_at IS NULL AND group_memberships.organiser_id = ",
        )
        .id(scope.organiser())
        .then(unprotected_or_taught(scope, group_memberships_of));
    match scope.reach() {
        Reach::Organiser => those,
        Reach::Parts(parts) => {
            let parts = parts.iter().map(|part| group_memberships_of(*part, scope));
            those.sql(" AND (").then(any(parts)).sql(")")
        }
    }
    .sql(")")
}

fn group_memberships_of(part: Part, scope: &Scope) -> Condition {
    match part {
        Part::Own(person) | Part::Ward(person) => {
            Condition::new().sql("group_memberships.person_id = ").id(person)
        }
        Part::Unit(_) => groups_of(part, scope),
        Part::Taught(..) => Condition::new()
            .sql("(group_memberships.valid_to IS NULL OR group_memberships.valid_to >= ")
            .day(scope.today())
            .sql(") AND (")
            .then(groups_of(part, scope))
            .sql(") AND (")
            .then(persons_of(part, scope))
            .sql(")"),
    }
}

/// Which rows of `participation_exceptions` a scope reaches, in a query that joins `persons` and
/// `course_offerings`: as [`participations`] of the same person in the same offering.
pub(crate) fn participation_exceptions(scope: &Scope) -> Condition {
    let those = Condition::new()
        .sql(
            "(participation_exceptions.withdrawn_at IS NULL AND persons.withdrawn_at IS NULL \
             AND course_offerings.withdrawn_at IS NULL AND participation_exceptions.organiser_id = ",
        )
        .id(scope.organiser())
        .then(unprotected(scope));
    match scope.reach() {
        Reach::Organiser => those,
        Reach::Parts(parts) => {
            let parts = parts.iter().map(|part| match *part {
                Part::Own(person) | Part::Ward(person) => {
                    Condition::new().sql("participation_exceptions.person_id = ").id(person)
                }
                Part::Unit(_) | Part::Taught(..) => offerings_of(*part, scope),
            });
            those.sql(" AND (").then(any(parts)).sql(")")
        }
    }
    .sql(")")
}

/// Which rows of `relations` a scope reaches, in a query that joins `persons` (over whom it is);
/// never a withdrawn one, and never one with a protected person at either end but oneself.
///
/// Those over the persons it reaches.
pub(crate) fn relations(scope: &Scope) -> Condition {
    Condition::new()
        .sql("(relations.withdrawn_at IS NULL AND ")
        .then(protected_persons_too(scope))
        .then(unprotected(scope))
        .sql(
            " AND EXISTS (SELECT 1 FROM persons AS reach_r WHERE reach_r.organiser_id = relations.organiser_id \
             AND reach_r.id = relations.relative_id AND reach_r.withdrawn_at IS NULL AND NOT reach_r.is_protected))",
        )
}

/// Which rows of `contact_bans` a scope reaches, in a query that joins `persons` (whom it keeps
/// safe); never a lifted one, and never one with a protected person at either end.
///
/// Those of the persons it reaches.
pub(crate) fn contact_bans(scope: &Scope) -> Condition {
    Condition::new().sql("(contact_bans.withdrawn_at IS NULL AND ").then(persons(scope)).sql(
        " AND (contact_bans.against_id IS NULL OR EXISTS (SELECT 1 FROM persons AS reach_r \
             WHERE reach_r.organiser_id = contact_bans.organiser_id AND reach_r.id = contact_bans.against_id \
             AND reach_r.withdrawn_at IS NULL AND NOT reach_r.is_protected)))",
    )
}

/// Which rows of `relations` concern a protected person, over whom they are or whose they are, in a query that
/// joins `persons` (over whom it is); never a withdrawn one. Only where the access is recorded.
pub(crate) fn relations_of_protected(scope: &Scope) -> Condition {
    Condition::new().sql("(relations.withdrawn_at IS NULL AND ").then(protected_persons_too(scope)).sql(
        " AND EXISTS (SELECT 1 FROM persons AS reach_r WHERE reach_r.organiser_id = relations.organiser_id \
             AND reach_r.id = relations.relative_id AND reach_r.withdrawn_at IS NULL \
             AND (reach_r.is_protected OR persons.is_protected)))",
    )
}

/// Which rows of `contact_bans` concern a protected person, whom they keep safe or against whom they are, in a query
/// that joins `persons` (whom they keep safe); never a lifted one. Only where the access is recorded.
pub(crate) fn contact_bans_of_protected(scope: &Scope) -> Condition {
    Condition::new().sql("(contact_bans.withdrawn_at IS NULL AND ").then(protected_persons_too(scope)).sql(
        " AND (contact_bans.against_id IS NULL OR EXISTS (SELECT 1 FROM persons AS reach_r \
             WHERE reach_r.organiser_id = contact_bans.organiser_id AND reach_r.id = contact_bans.against_id \
             AND reach_r.withdrawn_at IS NULL)) \
             AND (persons.is_protected OR EXISTS (SELECT 1 FROM persons AS reach_q \
             WHERE reach_q.organiser_id = contact_bans.organiser_id AND reach_q.id = contact_bans.against_id \
             AND reach_q.is_protected)))",
    )
}

/// `AND` the person is not protected, unless it is the program itself that works (an import must
/// meet the rows it wrote), or it is about oneself, or about somebody of whom one is cleared to know.
fn unprotected(scope: &Scope) -> Condition {
    if scope.is_system() {
        return Condition::new();
    }
    Condition::new().sql(" AND (NOT persons.is_protected").then(or_known(scope)).sql(")")
}

/// As [`unprotected`], or the row belongs to what the caller teaches, and the person has a name that may
/// be shown.
fn unprotected_or_taught(scope: &Scope, of: fn(Part, &Scope) -> Condition) -> Condition {
    let taught = scope.meets_under_shown_names();
    if scope.is_system() || taught.is_empty() {
        return unprotected(scope);
    }
    Condition::new()
        .sql(" AND (NOT persons.is_protected")
        .then(or_known(scope))
        .sql(" OR (")
        .sql(HAS_PLAN)
        .sql(" AND (")
        .then(any(taught.iter().map(|part| of(*part, scope))))
        .sql(")))")
}

/// `OR` the person is the caller, or somebody of whom the caller is cleared to know.
fn or_known(scope: &Scope) -> Condition {
    or_one_of(themselves(scope).into_iter().chain(scope.cleared_for()))
}

fn or_one_of(persons: impl Iterator<Item = PersonId>) -> Condition {
    persons.fold(Condition::new(), |all, person| all.sql(" OR persons.id = ").id(person))
}

/// The caller, where the scope reaches what concerns themselves.
fn themselves(scope: &Scope) -> Option<PersonId> {
    let Reach::Parts(parts) = scope.reach() else { return None };
    scope.person().filter(|person| parts.contains(&Part::Own(*person)))
}

/// One of the conditions holds; none of none.
fn any(conditions: impl Iterator<Item = Condition>) -> Condition {
    let mut all = Condition::new().sql("FALSE");
    for condition in conditions {
        all = all.sql(" OR (").then(condition).sql(")");
    }
    all
}
