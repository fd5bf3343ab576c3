//! A teacher's day: its SQL, which is the server's own, and its JSON. Nobody is protected here and nobody stands in, so
//! names need no plan; the statements look for both all the same.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::read::{FromRow, Read, there};
use crate::Failure;

/// What the databases write differently: how a list is made of rows or of values, and an id in it.
fn in_dialect(text: &str, postgres: bool) -> String {
    let words = match postgres {
        true => [
            ("ALL(", "jsonb_agg("),
            ("ROW_OF(", "jsonb_build_array("),
            ("ID_OF(", "("),
            ("NO_ONE", "'[]'::jsonb"),
        ],
        false => [
            ("ALL(", "json_group_array("),
            ("ROW_OF(", "json_array("),
            ("ID_OF(", "hex("),
            ("NO_ONE", "'[]'"),
        ],
    };
    words.into_iter().fold(text.replace("PLAN", PLAN), |text, (ours, theirs)| text.replace(ours, theirs))
}

/// The lessons. The parameters: organiser, teacher, day.
pub fn lessons(postgres: bool) -> String {
    let in_hand = in_hand();
    in_dialect(
        &format!(
            "SELECT lessons.id, lessons.version, lessons.created_at, lessons.modified_at, lessons.offering_id, \
             lessons.series_id, lessons.starts_at, lessons.ends_at, lessons.state, lessons.state_reason, lessons.title, \
             course_offerings.title, course_offerings.school_unit_id, {ROOMS}, {STAFF} FROM lessons \
             INNER JOIN course_offerings ON lessons.organiser_id = course_offerings.organiser_id \
             AND lessons.offering_id = course_offerings.id WHERE {in_hand} AND {MINE} \
             AND (EXISTS ({TEACHES}) OR EXISTS ({STANDS_IN}))"
        ),
        postgres,
    )
}

/// Who is expected in them, with their registers. The parameters: organiser, teacher, day; then the lessons, where
/// `AMONG_THESE` stands.
pub fn registers(postgres: bool) -> String {
    let in_hand = in_hand();
    let breaks = if postgres {
        "(participations.breaks = '[]'::jsonb OR NOT EXISTS (SELECT 1 FROM jsonb_array_elements(participations.breaks) \
         AS away WHERE CAST(away ->> 'from' AS DATE) <= lessons.day AND CAST(away ->> 'to' AS DATE) >= lessons.day))"
    } else {
        "(participations.breaks = '[]' OR NOT EXISTS (SELECT 1 FROM json_each(participations.breaks) AS away \
         WHERE json_extract(away.value, '$.from') <= lessons.day AND json_extract(away.value, '$.to') >= lessons.day))"
    };
    in_dialect(
        &format!(
            "SELECT lessons.id, attendance_registers.version, attendance_registers.state, persons.id, \
             persons.given_name, persons.middle_name, persons.family_name, persons.preferred_given_name, PLAN, \
             attendances.id, {REPORT}, {LEAVE} FROM lessons \
             INNER JOIN course_offerings ON course_offerings.organiser_id = lessons.organiser_id \
             AND course_offerings.id = lessons.offering_id \
             LEFT JOIN attendance_registers ON attendance_registers.organiser_id = lessons.organiser_id \
             AND attendance_registers.id = lessons.id \
             LEFT JOIN participations ON participations.organiser_id = lessons.organiser_id \
             AND participations.offering_id = lessons.offering_id AND participations.withdrawn_at IS NULL \
             AND participations.held_from <= lessons.day AND participations.held_to >= lessons.day \
             AND (NOT (participations.state = 'study-break' AND participations.state_from <= lessons.day \
             AND (participations.state_to IS NULL OR participations.state_to >= lessons.day)) AND {breaks}) \
             LEFT JOIN persons ON persons.organiser_id = participations.organiser_id \
             AND persons.id = participations.person_id AND (persons.withdrawn_at IS NULL AND (NOT persons.is_protected \
             OR (EXISTS {HAS_ONE} AND ({TEACHES_TODAY} OR {STANDS_IN_TODAY})))) \
             LEFT JOIN attendances ON attendances.organiser_id = lessons.organiser_id \
             AND attendances.lesson_id = lessons.id AND attendances.person_id = persons.id \
             AND attendances.withdrawn_at IS NULL \
             WHERE lessons.organiser_id = $1 AND lessons.id AMONG_THESE AND {in_hand} \
             ORDER BY {SORT_KEY}, persons.id"
        ),
        postgres,
    )
}

const ROOMS: &str = "(SELECT ALL(ROW_OF(ID_OF(of_room.id), of_room.kind, of_room.name)) FROM lesson_rooms AS of_lesson \
     JOIN rooms AS of_room ON of_room.organiser_id = of_lesson.organiser_id AND of_room.id = of_lesson.room_id \
     WHERE of_lesson.organiser_id = lessons.organiser_id AND of_lesson.lesson_id = lessons.id \
     AND of_lesson.withdrawn_at IS NULL)";

const STAFF: &str = "(SELECT ALL(ROW_OF(ID_OF(of_staff.duty_id), of_staff.role, of_staff.part, ID_OF(persons.id), \
     COALESCE(persons.preferred_given_name, persons.given_name), persons.family_name, \
     PLAN)) FROM (SELECT t.organiser_id, t.duty_id, t.role, NULL AS part FROM offering_teachers AS t \
     WHERE t.organiser_id = lessons.organiser_id AND t.offering_id = lessons.offering_id AND t.withdrawn_at IS NULL \
     AND t.valid_from <= lessons.day AND (t.valid_to IS NULL OR t.valid_to >= lessons.day) \
     UNION ALL SELECT s.organiser_id, s.duty_id, NULL, s.part FROM lesson_staff AS s \
     WHERE s.organiser_id = lessons.organiser_id AND s.lesson_id = lessons.id AND s.withdrawn_at IS NULL) AS of_staff \
     JOIN duties AS of_duty ON of_duty.organiser_id = of_staff.organiser_id AND of_duty.id = of_staff.duty_id \
     LEFT JOIN persons ON persons.organiser_id = of_duty.organiser_id AND persons.id = of_duty.person_id \
     AND persons.withdrawn_at IS NULL)";

const HAS_ONE: &str = "(SELECT 1 FROM handling_plans AS shown WHERE shown.organiser_id = persons.organiser_id \
     AND shown.person_id = persons.id AND shown.withdrawn_at IS NULL)";

const PLAN: &str = "(CASE WHEN persons.is_protected THEN COALESCE((SELECT ROW_OF(shown.shown, shown.alias_word, \
     shown.alias_number, shown.chosen_given_name, shown.chosen_family_name) FROM handling_plans AS shown \
     WHERE shown.organiser_id = persons.organiser_id AND shown.person_id = persons.id AND shown.withdrawn_at IS NULL), \
     NO_ONE) END)";

const SORT_KEY: &str = "(CASE WHEN persons.is_protected THEN COALESCE((SELECT shown.name_sort_key \
     FROM handling_plans AS shown WHERE shown.organiser_id = persons.organiser_id AND shown.person_id = persons.id \
     AND shown.withdrawn_at IS NULL), persons.name_sort_key) ELSE persons.name_sort_key END)";

/// The teacher teaches the offering today.
const TEACHES_TODAY: &str = "EXISTS (SELECT 1 FROM offering_teachers AS reach_t CROSS JOIN duties AS reach_d \
     WHERE reach_d.organiser_id = reach_t.organiser_id AND reach_d.id = reach_t.duty_id AND reach_t.organiser_id = course_offerings.organiser_id AND reach_t.offering_id = course_offerings.id \
     AND reach_t.withdrawn_at IS NULL AND reach_t.valid_from <= $3 \
     AND (reach_t.valid_to IS NULL OR reach_t.valid_to >= $3) AND reach_d.withdrawn_at IS NULL \
     AND reach_d.person_id = $2 AND reach_d.valid_from <= $3 AND (reach_d.valid_to IS NULL OR reach_d.valid_to >= $3))";

/// The teacher stands in in the lesson.
const STANDS_IN_TODAY: &str = "EXISTS (SELECT 1 FROM lesson_staff AS reach_s CROSS JOIN duties AS reach_d \
     WHERE reach_d.organiser_id = reach_s.organiser_id AND reach_d.id = reach_s.duty_id AND reach_s.organiser_id = lessons.organiser_id AND reach_s.lesson_id = lessons.id \
     AND reach_s.withdrawn_at IS NULL AND reach_s.part <> 'away' AND reach_d.withdrawn_at IS NULL \
     AND reach_d.person_id = $2 AND reach_d.valid_from <= $3 AND (reach_d.valid_to IS NULL OR reach_d.valid_to >= $3))";

/// What the caller has in hand.
fn in_hand() -> String {
    format!(
        "(lessons.withdrawn_at IS NULL AND course_offerings.withdrawn_at IS NULL AND lessons.organiser_id = $1 \
         AND ({TEACHES_TODAY} OR {STANDS_IN_TODAY}))"
    )
}

/// The lessons of the day that may be theirs.
const MINE: &str = "lessons.id IN (SELECT mine_l.id FROM duties AS mine_d CROSS JOIN offering_teachers AS mine_t \
     CROSS JOIN lessons AS mine_l WHERE mine_d.organiser_id = $1 AND mine_d.person_id = $2 \
     AND mine_t.organiser_id = mine_d.organiser_id AND mine_t.duty_id = mine_d.id \
     AND mine_l.organiser_id = mine_t.organiser_id AND mine_l.offering_id = mine_t.offering_id AND mine_l.day = $3 \
     UNION SELECT mine_l.id FROM duties AS mine_d CROSS JOIN lesson_staff AS mine_s CROSS JOIN lessons AS mine_l \
     WHERE mine_d.organiser_id = $1 AND mine_d.person_id = $2 AND mine_s.organiser_id = mine_d.organiser_id \
     AND mine_s.duty_id = mine_d.id AND mine_l.organiser_id = mine_s.organiser_id AND mine_l.id = mine_s.lesson_id \
     AND mine_l.day = $3)";

/// The teacher takes the lesson as a teacher of its offering.
const TEACHES: &str = "SELECT 1 FROM offering_teachers INNER JOIN duties \
     ON duties.organiser_id = offering_teachers.organiser_id AND duties.id = offering_teachers.duty_id \
     INNER JOIN persons ON persons.organiser_id = duties.organiser_id AND persons.id = duties.person_id \
     WHERE offering_teachers.organiser_id = lessons.organiser_id AND offering_teachers.offering_id = lessons.offering_id \
     AND offering_teachers.withdrawn_at IS NULL AND offering_teachers.valid_from <= lessons.day \
     AND (offering_teachers.valid_to IS NULL OR offering_teachers.valid_to >= lessons.day) \
     AND duties.withdrawn_at IS NULL AND duties.person_id = $2 AND persons.withdrawn_at IS NULL \
     AND (NOT persons.is_protected OR persons.id = $2) AND NOT EXISTS (SELECT 1 FROM lesson_staff \
     WHERE lesson_staff.organiser_id = lessons.organiser_id AND lesson_staff.lesson_id = lessons.id \
     AND lesson_staff.withdrawn_at IS NULL AND lesson_staff.part = 'away' AND lesson_staff.duty_id = duties.id)";

/// Or stands in.
const STANDS_IN: &str = "SELECT 1 FROM lesson_staff INNER JOIN duties \
     ON duties.organiser_id = lesson_staff.organiser_id AND duties.id = lesson_staff.duty_id \
     INNER JOIN persons ON persons.organiser_id = duties.organiser_id AND persons.id = duties.person_id \
     WHERE lesson_staff.organiser_id = lessons.organiser_id AND lesson_staff.lesson_id = lessons.id \
     AND lesson_staff.withdrawn_at IS NULL AND lesson_staff.part <> 'away' AND duties.withdrawn_at IS NULL \
     AND duties.person_id = $2 AND persons.withdrawn_at IS NULL AND (NOT persons.is_protected OR persons.id = $2)";

const REPORT: &str = "(SELECT reported.id FROM absence_reports AS reported \
     WHERE reported.organiser_id = lessons.organiser_id AND reported.person_id = persons.id \
     AND reported.withdrawn_at IS NULL AND reported.reported_at < lessons.starts_at \
     AND (reported.ended_at IS NULL OR lessons.starts_at < reported.ended_at) \
     AND ((reported.first_day <= lessons.day AND reported.last_day >= lessons.day) \
     OR (lessons.starts_at < reported.ends_at AND reported.starts_at < lessons.ends_at) \
     OR EXISTS (SELECT 1 FROM absence_report_lessons AS single WHERE single.organiser_id = reported.organiser_id \
     AND single.report_id = reported.id AND single.lesson_id = lessons.id AND single.withdrawn_at IS NULL)) \
     ORDER BY reported.reported_at, reported.id LIMIT 1)";

const LEAVE: &str = "(SELECT granted.id FROM leave_requests AS granted \
     WHERE granted.organiser_id = lessons.organiser_id AND granted.person_id = persons.id \
     AND granted.withdrawn_at IS NULL AND granted.state = 'granted' AND granted.first_day <= lessons.day \
     AND granted.last_day >= lessons.day ORDER BY granted.first_day, granted.id LIMIT 1)";

/// What was read.
pub struct Day {
    pub lessons: Vec<LessonRow>,
    pub expected: Vec<ExpectedRow>,
}

/// A lesson.
pub struct LessonRow {
    pub id: Uuid,
    version: i64,
    created_at: DateTime<Utc>,
    modified_at: DateTime<Utc>,
    offering_id: Uuid,
    series_id: Option<Uuid>,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    state: String,
    state_reason: Option<String>,
    title: Option<String>,
    offering_title: String,
    school_unit_id: Uuid,
    rooms: Vec<(Uuid, String, String)>,
    staff: Vec<Staff>,
}

/// Duty, role, what differs, person, given name, family name, plan.
type Staff = (
    Uuid,
    Option<String>,
    Option<String>,
    Option<Uuid>,
    Option<String>,
    Option<String>,
    Option<serde::de::IgnoredAny>,
);

/// Somebody expected in a lesson, or nobody.
pub struct ExpectedRow {
    lesson: Uuid,
    version: Option<i64>,
    state: Option<String>,
    person: Option<(Uuid, Name)>,
    has_mark: bool,
    report: Option<Uuid>,
    leave: Option<Uuid>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Name {
    given_name: String,
    preferred_given_name: Option<String>,
    family_name: String,
}

impl FromRow for LessonRow {
    fn read(row: &impl Read) -> Result<Self, Failure> {
        Ok(Self {
            id: there(row.id(0)?)?,
            version: there(row.number(1)?)?,
            created_at: there(row.instant(2)?)?,
            modified_at: there(row.instant(3)?)?,
            offering_id: there(row.id(4)?)?,
            series_id: row.id(5)?,
            starts_at: there(row.instant(6)?)?,
            ends_at: there(row.instant(7)?)?,
            state: there(row.text(8)?)?,
            state_reason: row.text(9)?,
            title: row.text(10)?,
            offering_title: there(row.text(11)?)?,
            school_unit_id: there(row.id(12)?)?,
            rooms: row.json(13)?.unwrap_or_default(),
            staff: row.json(14)?.unwrap_or_default(),
        })
    }
}

impl FromRow for ExpectedRow {
    fn read(row: &impl Read) -> Result<Self, Failure> {
        let person = match row.id(3)? {
            None => None,
            Some(id) => {
                let given_name = there(row.text(4)?)?;
                let (family_name, preferred_given_name) = (there(row.text(6)?)?, row.text(7)?);
                Some((id, Name { given_name, preferred_given_name, family_name }))
            }
        };
        Ok(Self {
            lesson: there(row.id(0)?)?,
            version: row.number(1)?,
            state: row.text(2)?,
            person,
            has_mark: row.id(9)?.is_some(),
            report: row.id(10)?,
            leave: row.id(11)?,
        })
    }
}

/// The answer.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    date: NaiveDate,
    now: DateTime<Utc>,
    next_lesson_id: Option<Uuid>,
    lessons: Vec<Taken>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Taken {
    lesson: Lesson,
    register_version: i64,
    register_state: String,
    expected: usize,
    without_mark: usize,
    reported_absent: Vec<Reported>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Lesson {
    id: Uuid,
    version: i64,
    created_at: DateTime<Utc>,
    modified_at: DateTime<Utc>,
    offering_id: Uuid,
    offering_title: String,
    school_unit_id: Uuid,
    series_id: Option<Uuid>,
    starts_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
    minutes: i64,
    state: String,
    state_reason: Option<String>,
    title: Option<String>,
    rooms: Vec<Room>,
    teachers: Vec<Teacher>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Room {
    room_id: Uuid,
    kind: String,
    name: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Teacher {
    duty_id: Uuid,
    person_id: Option<Uuid>,
    name: Option<String>,
    role: Option<String>,
    part: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Reported {
    person_id: Uuid,
    name: Name,
    ground: &'static str,
}

impl Day {
    /// The answer, as it is at an instant of the day.
    pub fn answer(mut self, date: NaiveDate, now: DateTime<Utc>) -> Answer {
        self.lessons.sort_by_key(|lesson| (lesson.starts_at, lesson.id));
        let next = self.lessons.iter().find(|lesson| lesson.state == "planned" && lesson.ends_at > now);
        let next_lesson_id = next.map(|lesson| lesson.id);
        let mut expected: BTreeMap<Uuid, Vec<ExpectedRow>> = BTreeMap::new();
        for row in self.expected {
            expected.entry(row.lesson).or_default().push(row);
        }
        let taken = |lesson: LessonRow| {
            let expected = expected.remove(&lesson.id).unwrap_or_default();
            Taken::of(lesson, expected)
        };
        Answer { date, now, next_lesson_id, lessons: self.lessons.into_iter().map(taken).collect() }
    }
}

impl Taken {
    fn of(lesson: LessonRow, rows: Vec<ExpectedRow>) -> Self {
        let register = rows.first();
        let register_version = register.and_then(|row| row.version).unwrap_or(0);
        let register_state = register.and_then(|row| row.state.clone()).unwrap_or_else(|| "open".to_owned());
        let (mut expected, mut without_mark, mut reported_absent) = (0, 0, Vec::new());
        for ExpectedRow { person, has_mark, report, leave, .. } in rows {
            let Some((person_id, name)) = person else { continue };
            expected += 1;
            without_mark += usize::from(!has_mark);
            let ground = match (report, leave) {
                (Some(_), _) => "absence-report",
                (None, Some(_)) => "leave",
                (None, None) => continue,
            };
            reported_absent.push(Reported { person_id, name, ground });
        }
        let lesson = Lesson::of(lesson);
        Self { lesson, register_version, register_state, expected, without_mark, reported_absent }
    }
}

impl Lesson {
    fn of(row: LessonRow) -> Self {
        let LessonRow {
            id,
            version,
            created_at,
            modified_at,
            offering_id,
            offering_title,
            school_unit_id,
            ..
        } = row;
        let LessonRow { series_id, starts_at, ends_at, state, state_reason, title, mut rooms, staff, .. } =
            row;
        rooms.sort_by(|one, other| (&one.2, one.0).cmp(&(&other.2, other.0)));
        let teacher = |(duty_id, role, part, person_id, given, family, _): Staff| {
            let name = given.zip(family).map(|(given, family)| format!("{given} {family}"));
            Teacher { duty_id, person_id, name, role, part }
        };
        let mut teachers: Vec<Teacher> = staff.into_iter().map(teacher).collect();
        teachers.sort_by(|one, other| (&one.name, one.duty_id).cmp(&(&other.name, other.duty_id)));
        let rooms = rooms.into_iter().map(|(room_id, kind, name)| Room { room_id, kind, name }).collect();
        Self {
            id,
            version,
            created_at,
            modified_at,
            offering_id,
            offering_title,
            school_unit_id,
            series_id,
            starts_at,
            ends_at,
            minutes: (ends_at - starts_at).num_minutes(),
            state,
            state_reason,
            title,
            rooms,
            teachers,
        }
    }
}
