//! What a lesson is shown with: its rooms and its staff, put together by the statement that reads the lessons, so
//! that a day costs one statement however many lessons it has.

use std::sync::LazyLock;

use diesel::sql_types::Nullable;
use serde::Deserialize;
use serde_json::Value;
use skolhus_domain::{
    access::Scope,
    id::{DutyId, Id, PersonId, RoomId},
    schedule::{Stand, StandIn},
};
use uuid::Uuid;

use super::lesson_row::inconsistent;
use crate::core::{
    error::Error,
    fixed_sql::FixedSql,
    shown_name,
    types::{Json, JsonDoc, Uid},
};

/// A room of a lesson.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LessonRoom {
    /// Which one.
    pub id: RoomId,
    /// A code of the domain's `RoomKind`.
    pub kind: String,
    /// What it is called.
    pub name: String,
}

/// A member of staff of a lesson: of the offering on the lesson's day, or in this lesson only.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LessonTeacher {
    /// The duty.
    pub duty: DutyId,
    /// The role in the offering, a code of the domain's `TeacherRole`; none for whoever only stands in.
    pub role: Option<String>,
    /// What differs in this lesson.
    pub part: Option<StandIn>,
    /// Who it is; none where it may not be told.
    pub person: Option<PersonId>,
    /// The name in use; of a protected one what their plan shows; none where it may not be told.
    pub name: Option<(String, String)>,
}

/// One of the named seams: how each database makes a JSON list of rows, and writes an id.
fn in_dialect(text: &str, postgres: bool) -> String {
    let words = if postgres {
        [("ALL(", "jsonb_agg("), ("ROW_OF(", "jsonb_build_array("), ("ID_OF(", "(")]
    } else {
        [("ALL(", "json_group_array("), ("ROW_OF(", "json_array("), ("ID_OF(", "hex(")]
    };
    words.into_iter().fold(text.to_owned(), |text, (ours, theirs)| text.replace(ours, theirs))
}

/// The same for both databases, made once: SQLite's first.
type Texts = LazyLock<[String; 2]>;

fn in_both(text: impl Fn(bool) -> String) -> [String; 2] {
    [false, true].map(|postgres| in_dialect(&text(postgres), postgres))
}

fn text(texts: &'static Texts, postgres: bool) -> &'static str {
    let [sqlite, other] = &**texts;
    if postgres { other } else { sqlite }
}

fn rooms_but(only: &str) -> [String; 2] {
    in_both(|_| {
        format!(
            "(SELECT ALL(ROW_OF(ID_OF(of_room.id), of_room.kind, of_room.name)) FROM lesson_rooms AS of_lesson \
             JOIN rooms AS of_room ON of_room.organiser_id = of_lesson.organiser_id \
             AND of_room.id = of_lesson.room_id \
             WHERE of_lesson.organiser_id = lessons.organiser_id AND of_lesson.lesson_id = lessons.id \
             AND of_lesson.withdrawn_at IS NULL{only})"
        )
    })
}

static ROOMS: Texts = LazyLock::new(|| rooms_but(""));
static SOLE_ROOMS: Texts = LazyLock::new(|| rooms_but(" AND NOT of_room.is_shared"));

static STAFF: Texts = LazyLock::new(|| {
    in_both(|postgres| {
        let plan = shown_name::text(postgres);
        format!(
            "(SELECT ALL(ROW_OF(ID_OF(of_staff.duty_id), of_staff.role, of_staff.part, ID_OF(persons.id), \
             COALESCE(persons.preferred_given_name, persons.given_name), persons.family_name, {plan})) FROM ( \
             SELECT t.organiser_id, t.duty_id, t.role, NULL AS part FROM offering_teachers AS t \
             WHERE t.organiser_id = lessons.organiser_id AND t.offering_id = lessons.offering_id \
             AND t.withdrawn_at IS NULL AND t.valid_from <= lessons.day \
             AND (t.valid_to IS NULL OR t.valid_to >= lessons.day) \
             UNION ALL SELECT s.organiser_id, s.duty_id, NULL, s.part FROM lesson_staff AS s \
             WHERE s.organiser_id = lessons.organiser_id AND s.lesson_id = lessons.id AND s.withdrawn_at IS NULL \
             ) AS of_staff \
             JOIN duties AS of_duty ON of_duty.organiser_id = of_staff.organiser_id AND of_duty.id = of_staff.duty_id \
             LEFT JOIN persons ON persons.organiser_id = of_duty.organiser_id AND persons.id = of_duty.person_id \
             AND persons.withdrawn_at IS NULL)"
        )
    })
});

static EXEMPTED: Texts = LazyLock::new(|| {
    in_both(|_| {
        "(SELECT ALL(ID_OF(exempted.person_id)) FROM attendance_exemptions AS exempted \
         WHERE exempted.organiser_id = lessons.organiser_id AND exempted.lesson_id = lessons.id \
         AND exempted.withdrawn_at IS NULL)"
            .to_owned()
    })
});

/// The ids of those who are exempted from the row of `lessons`, for statements that are text.
pub(super) fn exempted_text(postgres: bool) -> &'static str {
    text(&EXEMPTED, postgres)
}

/// The rooms of the row of `lessons`, for a statement that is text.
pub(super) fn rooms_text(postgres: bool) -> &'static str {
    let [sqlite, other] = &*ROOMS;
    if postgres { other } else { sqlite }
}

/// The rooms of the row of `lessons`.
pub(super) fn rooms(postgres: bool) -> FixedSql<Nullable<JsonDoc>> {
    FixedSql::new(text(&ROOMS, postgres))
}

/// Of the rooms of the row of `lessons` those that one lesson has at a time, for statements that are text.
pub(super) fn sole_rooms(postgres: bool) -> &'static str {
    text(&SOLE_ROOMS, postgres)
}

/// The staff of the row of `lessons`: the offering's teachers on the lesson's day, then what differs in it.
pub(super) fn staff(postgres: bool) -> FixedSql<Nullable<JsonDoc>> {
    FixedSql::new(staff_text(postgres))
}

/// As [`staff`], for statements that are text.
pub(super) fn staff_text(postgres: bool) -> &'static str {
    text(&STAFF, postgres)
}

/// A word of the list that SQLite or PostgreSQL made; without it SQLite's plan would be text in text.
#[derive(Deserialize)]
struct StaffEntry(
    Uuid,
    Option<String>,
    Option<String>,
    #[serde(deserialize_with = "maybe_id")] Option<Uuid>,
    Option<String>,
    Option<String>,
    Value,
);

/// An id; SQLite writes the one that is missing as an empty text.
fn maybe_id<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Uuid>, D::Error> {
    let text: Option<String> = Option::deserialize(deserializer)?;
    text.filter(|text| !text.is_empty())
        .map(|text| Uuid::try_parse(&text).map_err(serde::de::Error::custom))
        .transpose()
}

/// Reads the rooms, by name.
pub(super) fn read_rooms(lesson: Uid, rooms: Option<Json>) -> Result<Vec<LessonRoom>, Error> {
    let list = rooms.map_or_else(|| Value::Array(Vec::new()), |rooms| rooms.0);
    let rooms: Vec<(Uuid, String, String)> =
        serde_json::from_value(list).map_err(|_| inconsistent(lesson, "its rooms cannot be read"))?;
    let mut rooms: Vec<LessonRoom> = rooms
        .into_iter()
        .map(|(id, kind, name)| LessonRoom { id: RoomId::from_uuid(id), kind, name })
        .collect();
    rooms.sort_by(|one, other| (&one.name, one.id).cmp(&(&other.name, other.id)));
    Ok(rooms)
}

/// Reads the ids of persons.
pub(super) fn read_exempted(lesson: Uid, exempted: Option<Json>) -> Result<Vec<PersonId>, Error> {
    let list = exempted.map_or_else(|| Value::Array(Vec::new()), |exempted| exempted.0);
    let ids: Vec<Uuid> =
        serde_json::from_value(list).map_err(|_| inconsistent(lesson, "its exemptions cannot be read"))?;
    Ok(ids.into_iter().map(PersonId::from_uuid).collect())
}

/// Reads the staff: each duty once, those of the offering first.
pub(super) fn read_staff(
    scope: &Scope,
    lesson: Uid,
    staff: Option<Json>,
) -> Result<Vec<LessonTeacher>, Error> {
    let unreadable = || inconsistent(lesson, "its staff cannot be read");
    let list = staff.map_or_else(|| Value::Array(Vec::new()), |staff| staff.0);
    let entries: Vec<StaffEntry> = serde_json::from_value(list).map_err(|_| unreadable())?;
    let mut teachers: Vec<LessonTeacher> = Vec::with_capacity(entries.len());
    for StaffEntry(duty, role, part, person, given, family, plan) in entries {
        let part = part.map(|part| StandIn::from_code(&part)).transpose().map_err(|_| unreadable())?;
        let duty = DutyId::from_uuid(duty);
        if let Some(known) = teachers.iter_mut().find(|known| known.duty == duty) {
            known.role = known.role.take().or(role);
            known.part = known.part.or(part);
            continue;
        }
        let plan = match plan {
            Value::Null => None,
            Value::String(text) => Some(Json(serde_json::from_str(&text).map_err(|_| unreadable())?)),
            plan => Some(Json(plan)),
        };
        let shown = shown_name::of_staff(scope, person.map(Uid), (given, family), plan);
        let (person, name) = match shown {
            Some((person, given, family)) => (person, Some((given, family))),
            None => (None, None),
        };
        teachers.push(LessonTeacher { duty, role, part, person, name });
    }
    teachers.sort_by(|one, other| {
        (one.role.is_none(), &one.name, one.duty).cmp(&(other.role.is_none(), &other.name, other.duty))
    });
    Ok(teachers)
}

/// What differs in the lesson, as the domain has it.
pub(super) fn stands(teachers: &[LessonTeacher]) -> Vec<Stand> {
    teachers.iter().filter_map(|of| of.part.map(|part| Stand { duty: of.duty, part })).collect()
}
