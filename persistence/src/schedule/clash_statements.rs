//! The two statements that clashes are read with: what is there at about the same time, and who takes part in it.

use chrono::NaiveDate;
use diesel::{
    QueryableByName,
    sql_types::{Bool, Date, Nullable, Text},
};
use skolhus_domain::{
    access::Scope,
    id::{LessonId, OfferingId, PersonId},
    period::Period,
    schedule::{ClashKind, Expected, LessonTime},
};

use super::{
    clash::{ClashFilter, ClashingLesson, MOST_LESSONS},
    lesson_parts::{
        LessonRoom, LessonTeacher, exempted_text, read_exempted, read_rooms, read_staff, sole_rooms,
        staff_text,
    },
    lesson_row::inconsistent,
};
use crate::core::{
    connection::DatabaseConnection,
    error::Error,
    reach,
    statement::Statement,
    study_breaks::study_breaks,
    types::{Guid, Instant, Json, JsonDoc, Ts, Uid},
};

/// Whose clashes are asked for.
pub(super) enum Asked<'a> {
    /// Those of these lessons, whose rooms and staff are few.
    Lessons(&'a [LessonId]),
    /// Those of the lessons within reach that a filter names.
    Filter(&'a ClashFilter),
}

impl Asked<'_> {
    /// Whether there may be lessons within reach that are not asked for, and clash with those that are.
    pub(super) fn is_narrow(&self) -> bool {
        match self {
            Self::Lessons(_) => true,
            Self::Filter(filter) => !filter.school_units.is_empty() || !filter.offerings.is_empty(),
        }
    }
}

/// A lesson that is held, as it is compared.
pub(super) struct AtOnce {
    pub(super) shown: ClashingLesson,
    pub(super) modified_at: Ts,
    pub(super) is_asked: bool,
    pub(super) rooms: Vec<LessonRoom>,
    /// Nobody where the lesson is out of reach.
    pub(super) teachers: Vec<LessonTeacher>,
    pub(super) exempted: Vec<PersonId>,
}

#[derive(QueryableByName)]
pub(super) struct AtOnceRow {
    #[diesel(sql_type = Guid)]
    id: Uid,
    #[diesel(sql_type = Guid)]
    offering_id: Uid,
    #[diesel(sql_type = Text)]
    offering_title: String,
    #[diesel(sql_type = Instant)]
    modified_at: Ts,
    #[diesel(sql_type = Instant)]
    starts_at: Ts,
    #[diesel(sql_type = Instant)]
    ends_at: Ts,
    #[diesel(sql_type = Bool)]
    is_asked: bool,
    #[diesel(sql_type = Bool)]
    is_within_reach: bool,
    #[diesel(sql_type = Nullable<JsonDoc>)]
    in_rooms: Option<Json>,
    #[diesel(sql_type = Nullable<JsonDoc>)]
    staff: Option<Json>,
    #[diesel(sql_type = Nullable<JsonDoc>)]
    exempted: Option<Json>,
}

impl AtOnceRow {
    pub(super) fn read(self, scope: &Scope) -> Result<AtOnce, Error> {
        let Self {
            id,
            offering_id,
            offering_title,
            modified_at,
            starts_at,
            ends_at,
            is_asked,
            is_within_reach,
            in_rooms,
            staff,
            exempted,
        } = self;
        let time = LessonTime::new(starts_at.0, ends_at.0)
            .map_err(|refusal| inconsistent(id, &format!("{:?}", refusal.rule)))?;
        let shown =
            ClashingLesson { id: id.to(), offering: offering_id.to(), offering_title, time, is_within_reach };
        let teachers = if is_within_reach { read_staff(scope, id, staff)? } else { Vec::new() };
        let (rooms, exempted) = (read_rooms(id, in_rooms)?, read_exempted(id, exempted)?);
        Ok(AtOnce { shown, modified_at, is_asked, rooms, teachers, exempted })
    }
}

/// The lessons that are asked for, and those on the days that share a room, a teacher or a participant's offering with
/// them, all of them held. One statement.
pub(super) fn at_once(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    asked: &Asked<'_>,
    (first, last): (NaiveDate, NaiveDate),
    kinds: &[ClashKind],
) -> Result<Vec<AtOnceRow>, Error> {
    let postgres = connection.is_postgres();
    let organiser = Uid::of(scope.organiser());
    let mut statement = Statement::default();
    statement.sql(
        "WITH asked AS (SELECT lessons.organiser_id, lessons.id, lessons.offering_id FROM lessons \
         JOIN course_offerings ON course_offerings.organiser_id = lessons.organiser_id \
         AND course_offerings.id = lessons.offering_id \
         WHERE lessons.withdrawn_at IS NULL AND lessons.state = 'planned' AND lessons.organiser_id = ",
    );
    statement.bind(organiser);
    match asked {
        Asked::Lessons(ids) => statement.within("lessons.id", ids),
        Asked::Filter(filter) => {
            statement.sql(" AND lessons.day BETWEEN ");
            statement.bind(filter.from);
            statement.sql(" AND ");
            statement.bind(filter.to);
            statement.within("lessons.offering_id", &filter.offerings);
            statement.within("course_offerings.school_unit_id", &filter.school_units);
            statement.sql(" AND ");
            statement.condition(&reach::lessons(scope));
        }
    }
    statement.sql("), of_offerings AS (SELECT DISTINCT asked.organiser_id, asked.offering_id FROM asked)");
    let mut found = vec!["SELECT asked.id FROM asked"];
    if kinds.contains(&ClashKind::Room) {
        statement.sql(SHARED_ROOMS);
        in_rooms(&mut statement, organiser, asked, (first, last));
        found.push("SELECT in_rooms.lesson_id FROM in_rooms");
    }
    if asked.is_narrow() {
        let mut related = Vec::new();
        if kinds.contains(&ClashKind::Teacher) {
            statement.sql(SHARED_TEACHERS);
            related.push(OFFERINGS_OF_TEACHERS);
            found.push(LESSONS_OF_STAFF);
        }
        if kinds.contains(&ClashKind::Participant) {
            shared_participants(&mut statement, (first, last));
            related.push("SELECT of_persons.offering_id FROM of_persons");
        }
        if !related.is_empty() {
            statement.sql(", related AS (");
            statement.sql(&related.join(" UNION "));
            statement.sql(
                "), of_related AS (SELECT at.id FROM related CROSS JOIN lessons AS at WHERE at.organiser_id = ",
            );
            statement.bind(organiser);
            statement.sql(" AND at.offering_id = related.offering_id AND at.day BETWEEN ");
            statement.bind(first);
            statement.sql(" AND ");
            statement.bind(last);
            statement.sql(")");
            found.push("SELECT of_related.id FROM of_related");
        }
    }
    statement.sql(", found AS (");
    statement.sql(&found.join(" UNION "));
    statement.sql(
        ") SELECT lessons.id, lessons.offering_id, course_offerings.title AS offering_title, lessons.modified_at, \
         lessons.starts_at, lessons.ends_at, lessons.id IN (SELECT asked.id FROM asked) AS is_asked, ",
    );
    statement.condition(&reach::lessons(scope));
    statement.sql(" AS is_within_reach, ");
    statement.sql(sole_rooms(postgres));
    statement.sql(" AS in_rooms, ");
    statement.sql(staff_text(postgres));
    statement.sql(" AS staff, ");
    statement.sql(exempted_text(postgres));
    statement.sql(
        " AS exempted FROM found CROSS JOIN lessons CROSS JOIN course_offerings \
         WHERE lessons.id = found.id AND course_offerings.organiser_id = lessons.organiser_id \
         AND course_offerings.id = lessons.offering_id AND lessons.withdrawn_at IS NULL \
         AND lessons.state = 'planned' AND lessons.organiser_id = ",
    );
    statement.bind(organiser);
    statement.sql(" AND lessons.day BETWEEN ");
    statement.bind(first);
    statement.sql(" AND ");
    statement.bind(last);
    if let Asked::Filter(_) = asked {
        statement.sql(&format!(" LIMIT {}", MOST_LESSONS + 1));
    }
    statement.load(connection)
}

// SQLite keeps to the order in which a `CROSS JOIN` is written, and would else begin with whole tables: it knows nothing of
// how few lessons are asked for. To PostgreSQL it is a join like others.

/// The rooms of the lessons that are asked for, without those that lessons share.
const SHARED_ROOMS: &str = ", of_rooms AS (SELECT DISTINCT taken.organiser_id, taken.room_id \
    FROM asked CROSS JOIN lesson_rooms AS taken CROSS JOIN rooms AS sole \
    WHERE taken.organiser_id = asked.organiser_id AND taken.lesson_id = asked.id AND taken.withdrawn_at IS NULL \
    AND sole.organiser_id = taken.organiser_id AND sole.id = taken.room_id AND NOT sole.is_shared)";

/// The persons who take them, in whichever duty, those who are away among them.
const SHARED_TEACHERS: &str = ", at_work AS (SELECT of_duty.organiser_id, of_duty.person_id \
    FROM of_offerings CROSS JOIN offering_teachers AS teaching CROSS JOIN duties AS of_duty \
    WHERE teaching.organiser_id = of_offerings.organiser_id AND teaching.offering_id = of_offerings.offering_id \
    AND teaching.withdrawn_at IS NULL \
    AND of_duty.organiser_id = teaching.organiser_id AND of_duty.id = teaching.duty_id \
    UNION SELECT of_duty.organiser_id, of_duty.person_id \
    FROM asked CROSS JOIN lesson_staff AS standing CROSS JOIN duties AS of_duty \
    WHERE standing.organiser_id = asked.organiser_id AND standing.lesson_id = asked.id \
    AND standing.withdrawn_at IS NULL \
    AND of_duty.organiser_id = standing.organiser_id AND of_duty.id = standing.duty_id), \
    in_duty AS (SELECT of_duty.organiser_id, of_duty.id FROM at_work CROSS JOIN duties AS of_duty \
    WHERE of_duty.organiser_id = at_work.organiser_id AND of_duty.person_id = at_work.person_id)";

/// What those persons teach.
const OFFERINGS_OF_TEACHERS: &str = "SELECT teaching.offering_id \
    FROM in_duty CROSS JOIN offering_teachers AS teaching \
    WHERE teaching.organiser_id = in_duty.organiser_id AND teaching.duty_id = in_duty.id \
    AND teaching.withdrawn_at IS NULL";

/// The lessons in which they have a part of their own.
const LESSONS_OF_STAFF: &str = "SELECT standing.lesson_id FROM in_duty CROSS JOIN lesson_staff AS standing \
    WHERE standing.organiser_id = in_duty.organiser_id AND standing.duty_id = in_duty.id \
    AND standing.withdrawn_at IS NULL";

/// The lessons in those rooms: one lesson has few rooms, and a week few lessons beside all that a room has had over the
/// years.
fn in_rooms(
    statement: &mut Statement,
    organiser: Uid,
    asked: &Asked<'_>,
    (first, last): (NaiveDate, NaiveDate),
) {
    match asked {
        Asked::Lessons(_) => statement.sql(
            ", in_rooms AS (SELECT there.lesson_id FROM of_rooms CROSS JOIN lesson_rooms AS there \
             WHERE there.organiser_id = of_rooms.organiser_id AND there.room_id = of_rooms.room_id \
             AND there.withdrawn_at IS NULL)",
        ),
        Asked::Filter(_) => {
            statement.sql(
                ", in_rooms AS (SELECT there.lesson_id FROM lessons AS at CROSS JOIN lesson_rooms AS there \
                 WHERE there.organiser_id = at.organiser_id AND there.lesson_id = at.id \
                 AND there.withdrawn_at IS NULL AND there.room_id IN (SELECT of_rooms.room_id FROM of_rooms) \
                 AND at.organiser_id = ",
            );
            statement.bind(organiser);
            statement.sql(" AND at.day BETWEEN ");
            statement.bind(first);
            statement.sql(" AND ");
            statement.bind(last);
            statement.sql(")");
        }
    }
}

/// The offerings in which somebody takes part who is in one of those that are asked about.
fn shared_participants(statement: &mut Statement, (first, last): (NaiveDate, NaiveDate)) {
    statement.sql(
        ", expected AS (SELECT DISTINCT here.organiser_id, here.person_id \
         FROM of_offerings CROSS JOIN participations AS here WHERE here.organiser_id = of_offerings.organiser_id \
         AND here.offering_id = of_offerings.offering_id AND here.withdrawn_at IS NULL AND here.held_from <= ",
    );
    statement.bind(last);
    statement.sql(" AND here.held_to >= ");
    statement.bind(first);
    statement.sql(
        "), of_persons AS (SELECT DISTINCT there.offering_id \
         FROM expected CROSS JOIN participations AS there WHERE there.organiser_id = expected.organiser_id \
         AND there.person_id = expected.person_id AND there.withdrawn_at IS NULL AND there.held_from <= ",
    );
    statement.bind(last);
    statement.sql(" AND there.held_to >= ");
    statement.bind(first);
    statement.sql(")");
}

#[derive(QueryableByName)]
pub(super) struct ParticipatingRow {
    #[diesel(sql_type = Guid)]
    id: Uid,
    #[diesel(sql_type = Guid)]
    offering_id: Uid,
    #[diesel(sql_type = Guid)]
    pub(super) person_id: Uid,
    #[diesel(sql_type = Date)]
    held_from: NaiveDate,
    #[diesel(sql_type = Date)]
    held_to: NaiveDate,
    #[diesel(sql_type = Text)]
    state: String,
    #[diesel(sql_type = Nullable<Date>)]
    state_from: Option<NaiveDate>,
    #[diesel(sql_type = Nullable<Date>)]
    state_to: Option<NaiveDate>,
    #[diesel(sql_type = JsonDoc)]
    breaks: Json,
    #[diesel(sql_type = Text)]
    pub(super) given_name: String,
    #[diesel(sql_type = Text)]
    pub(super) family_name: String,
}

impl ParticipatingRow {
    pub(super) fn read(self) -> Result<Expected, Error> {
        let unreadable = || Error::Inconsistent {
            table: "participations",
            id: self.id.0.to_string(),
            detail: "its days cannot be read".to_owned(),
        };
        let period = |from, to| Period::new(from, to).map_err(|_| unreadable());
        let breaks = study_breaks(self.breaks.clone(), &self.state, (self.state_from, self.state_to));
        let away = breaks.ok_or_else(unreadable)?;
        Ok(Expected {
            person: self.person_id.to(),
            offering: self.offering_id.to(),
            held: period(self.held_from, Some(self.held_to))?,
            away,
        })
    }
}

/// Who takes part in offerings on the days, of those whose participations the caller reaches; never a protected person.
/// Where some are named, only those who are also in one of `with`. One statement.
pub(super) fn participating(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    offerings: &[OfferingId],
    with: &[OfferingId],
    (first, last): (NaiveDate, NaiveDate),
) -> Result<Vec<ParticipatingRow>, Error> {
    let mut statement = Statement::default();
    statement.sql(
        "SELECT participations.id, participations.offering_id, participations.person_id, participations.held_from, \
         participations.held_to, participations.state, participations.state_from, participations.state_to, \
         participations.breaks, COALESCE(persons.preferred_given_name, persons.given_name) AS given_name, \
         persons.family_name FROM participations \
         JOIN persons ON persons.organiser_id = participations.organiser_id \
         AND persons.id = participations.person_id \
         JOIN course_offerings ON course_offerings.organiser_id = participations.organiser_id \
         AND course_offerings.id = participations.offering_id WHERE participations.held_from <= ",
    );
    statement.bind(last);
    statement.sql(" AND participations.held_to >= ");
    statement.bind(first);
    statement.within("participations.offering_id", offerings);
    if !with.is_empty() {
        statement.sql(
            " AND participations.person_id IN (SELECT here.person_id FROM participations AS here \
             WHERE here.withdrawn_at IS NULL AND here.organiser_id = ",
        );
        statement.bind(Uid::of(scope.organiser()));
        statement.within("here.offering_id", with);
        statement.sql(")");
    }
    statement.sql(" AND ");
    statement.condition(&reach::participations(scope));
    statement.load(connection)
}
