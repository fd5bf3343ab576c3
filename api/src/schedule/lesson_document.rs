//! A lesson as the interface shows it, and its fields as people decide them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use skolhus_domain::{
    access::{ClassSet, InformationClass, Scope},
    course::{Offering, TeacherRole},
    duty::Duty,
    id::{DutyId, Id, LessonId, OfferingId, RoomId},
    refusal::{Refusal, Refusals, Rule},
    schedule::{
        Known, Lesson, LessonState, LessonStateCode, LessonTime, NewLesson, NewStand, Stand, StandIn,
    },
};
use skolhus_persistence::{
    DatabaseConnection, Saved, duty,
    schedule::{
        clash::ClashOver,
        lesson::{LessonRoom, LessonTeacher, LessonView},
        room,
    },
};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{clash_document::ClashDocument, new_clashes::NewClashes, room::RoomKindWord};
use crate::http::{
    problem::Problem,
    words::{codes, words},
};

words! {
    /// Whether a lesson is held; `cancelled`: inställd.
    LessonStateWord("LessonState") = codes!(LessonStateCode);
    /// What differs for a member of staff in one lesson: `away` from it, a `substitute` (vikarie) in it, or `additional`.
    StandInWord("LessonStaffPart") = codes!(StandIn);
    /// The role in the offering.
    TeacherRoleWord("LessonTeacherRole") = codes!(TeacherRole);
}

/// A lesson (lektion) of an offering.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Lesson)]
pub struct LessonDocument {
    /// Its id.
    #[schema(example = "0199a3f0-7c00-7000-8000-000000000311")]
    pub id: Uuid,
    /// Its version, as in the `ETag`; its rooms and its staff are part of it, its attendance is not.
    #[schema(example = 1, minimum = 1)]
    pub version: i64,
    /// When it was entered.
    #[schema(example = "2026-08-10T06:10:00Z")]
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    #[schema(example = "2026-08-10T06:10:00Z")]
    pub modified_at: DateTime<Utc>,
    /// Of what.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000d1")]
    pub offering_id: Uuid,
    /// What the offering is called.
    #[schema(example = "Matematik 7B")]
    pub offering_title: String,
    /// Where.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000a1")]
    pub school_unit_id: Uuid,
    /// The series it comes from; null for a single lesson.
    #[schema(required, example = "0199a3f0-7c00-7000-8000-000000000321")]
    pub series_id: Option<Uuid>,
    /// When it begins.
    #[schema(example = "2026-08-18T06:10:00Z")]
    pub starts_at: DateTime<Utc>,
    /// When it ends.
    #[schema(example = "2026-08-18T07:00:00Z")]
    pub ends_at: DateTime<Utc>,
    /// How many minutes it has.
    #[schema(example = 50, minimum = 5, maximum = 1440)]
    pub minutes: u32,
    /// Whether it is held.
    #[schema(value_type = LessonStateWord, example = "planned")]
    pub state: &'static str,
    /// Why it is cancelled.
    #[schema(required, example = "Läraren är sjuk")]
    pub state_reason: Option<String>,
    /// What it is about.
    #[schema(required, example = "Bråk och procent")]
    pub title: Option<String>,
    /// Its rooms and resources, by name.
    pub rooms: Vec<LessonRoomDocument>,
    /// Its staff: the offering's teachers on the day, and who differs.
    pub teachers: Vec<LessonTeacherDocument>,
    /// Only in the answer to what has just changed it: the clashes that the change made, the first 20 by time. Empty where
    /// it made none, or nobody looks for them; absent when an answer is repeated.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_items = 20)]
    pub clashes: Option<Vec<ClashDocument>>,
    /// Beside `clashes`: how many the change made.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 0, minimum = 0)]
    pub clash_count: Option<u32>,
}

/// A room (lokal) or resource (resurs) of a lesson.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = LessonRoom)]
pub struct LessonRoomDocument {
    /// Which one.
    #[schema(example = "0199a3f0-7c00-7000-8000-000000000301")]
    pub room_id: Uuid,
    /// What it is.
    #[schema(value_type = RoomKindWord, example = "room")]
    pub kind: String,
    /// What it is called.
    #[schema(example = "Sal 114")]
    pub name: String,
}

/// A member of staff of a lesson.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = LessonTeacher)]
pub struct LessonTeacherDocument {
    /// The duty: the person at the school unit.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000f1")]
    pub duty_id: Uuid,
    /// The person; null where it may not be told.
    #[schema(required, example = "0199a3f0-7c00-7000-8000-0000000000e1")]
    pub person_id: Option<Uuid>,
    /// The person's name, of a protected one the name that their handling plan shows; null where it may not be told.
    #[schema(required, example = "Åsa Öberg")]
    pub name: Option<String>,
    /// The role in the offering; null for whoever is in this lesson only.
    #[schema(required, value_type = Option<TeacherRoleWord>, example = "responsible")]
    pub role: Option<String>,
    /// What differs in this lesson; null where nothing does.
    #[schema(required, value_type = Option<StandInWord>, example = "away")]
    pub part: Option<&'static str>,
}

impl LessonRoomDocument {
    pub(super) fn of(room: LessonRoom) -> Self {
        let LessonRoom { id, kind, name } = room;
        Self { room_id: id.uuid(), kind, name }
    }
}

impl LessonTeacherDocument {
    pub(super) fn of(teacher: LessonTeacher, scope: &Scope) -> Self {
        let LessonTeacher { duty, role, part, person, name } = teacher;
        // What is shown of a protected person is a name that tells nothing.
        let classes = person.map_or(ClassSet::of(&[InformationClass::Basic]), |id| scope.classes_about(id));
        let shown = classes.has(InformationClass::Basic);
        Self {
            duty_id: duty.uuid(),
            person_id: person.filter(|_| shown).map(Id::uuid),
            name: name.filter(|_| shown).map(|(given, family)| format!("{given} {family}")),
            role,
            part: part.map(StandIn::code),
        }
    }
}

impl LessonDocument {
    /// The document of a lesson, with the staff whom the scope may know.
    #[must_use]
    pub fn of(view: LessonView, scope: &Scope) -> Self {
        let LessonView { saved, offering_title, school_unit, rooms, teachers } = view;
        let Saved { id, version, created_at, modified_at, value } = saved;
        let Lesson { offering, occurrence, time, state, title, rooms: _, staff: _ } = value;
        Self {
            id: id.uuid(),
            version,
            created_at,
            modified_at,
            offering_id: offering.uuid(),
            offering_title,
            school_unit_id: school_unit.uuid(),
            series_id: occurrence.map(|of| of.series.uuid()),
            starts_at: time.from(),
            ends_at: time.to(),
            minutes: time.minutes(),
            state: state.code().code(),
            state_reason: match state {
                LessonState::Planned => None,
                LessonState::Cancelled(reason) => Some(reason.into_string()),
            },
            title: title.map(skolhus_domain::text::Text::into_string),
            rooms: rooms.into_iter().map(LessonRoomDocument::of).collect(),
            teachers: teachers.into_iter().map(|of| LessonTeacherDocument::of(of, scope)).collect(),
            clashes: None,
            clash_count: None,
        }
    }

    /// The same with the clashes that the change has made.
    pub(super) fn telling(self, clashes: NewClashes) -> Self {
        let NewClashes { named, count } = clashes;
        Self { clashes: Some(named), clash_count: Some(count), ..self }
    }
}

/// What differs for a member of staff in a lesson.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = LessonStaff)]
pub struct LessonStaffDocument {
    /// The duty, at the offering's school unit.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000f1")]
    pub duty_id: Uuid,
    /// What differs.
    #[schema(value_type = StandInWord, example = "substitute")]
    pub part: String,
}

/// The fields of a lesson that people decide, all of them.
pub(super) struct Fields {
    pub(super) offering: OfferingId,
    pub(super) starts_at: DateTime<Utc>,
    pub(super) ends_at: DateTime<Utc>,
    pub(super) title: Option<String>,
    pub(super) rooms: Vec<Uuid>,
    pub(super) staff: Vec<LessonStaffDocument>,
}

impl Fields {
    /// The fields of a lesson as it is.
    pub(super) fn of(lesson: &Lesson) -> Self {
        let Lesson { offering, occurrence: _, time, state: _, title, rooms, staff } = lesson;
        let staff = staff.iter().map(|Stand { duty, part }| LessonStaffDocument {
            duty_id: duty.uuid(),
            part: part.code().to_owned(),
        });
        Self {
            offering: *offering,
            starts_at: time.from(),
            ends_at: time.to(),
            title: title.as_ref().map(|title| title.as_str().to_owned()),
            rooms: rooms.iter().map(|room| room.uuid()).collect(),
            staff: staff.collect(),
        }
    }

    /// Where among them stands what makes the lesson clash over something.
    pub(super) fn place_of(&self, over: &ClashOver) -> String {
        let named = match over {
            ClashOver::Room(room) => self
                .rooms
                .iter()
                .position(|id| *id == room.id.uuid())
                .map(|place| format!("/roomIds/{place}")),
            ClashOver::Teacher { earlier, later } => self
                .staff
                .iter()
                .position(|of| [earlier.duty.uuid(), later.uuid()].contains(&of.duty_id))
                .map(|place| format!("/staff/{place}/dutyId")),
            ClashOver::Participant { .. } => None,
        };
        named.unwrap_or_else(|| "/startsAt".to_owned())
    }

    /// Checks their meaning against the offering. `present` is the lesson as it is, where there is one: its staff may
    /// stay, whoever they are, and so may its place in a series and its state.
    ///
    /// # Errors
    /// Every value that is refused; a failure of the database.
    pub(super) fn check(
        &self,
        connection: &mut DatabaseConnection,
        scope: &Scope,
        offering: &Offering,
        present: Option<&Lesson>,
    ) -> Result<Lesson, Problem> {
        let Self { offering: offering_id, starts_at, ends_at, title, rooms, staff } = self;
        let time = LessonTime::new(*starts_at, *ends_at)?;
        let room_ids: Vec<RoomId> = rooms.iter().copied().map(Id::from_uuid).collect();
        let unknown_rooms = unknown_rooms(connection, scope, &room_ids, "/roomIds")?;
        let standing =
            |duty: DutyId| present.is_some_and(|lesson| lesson.staff.iter().any(|stand| stand.duty == duty));
        let duty_ids: Vec<DutyId> = staff.iter().map(|of| Id::from_uuid(of.duty_id)).collect();
        let looked_up: Vec<DutyId> = duty_ids.iter().copied().filter(|id| !standing(*id)).collect();
        let found = match looked_up.as_slice() {
            [] => Vec::new(),
            ids => duty::find_many(connection, scope, ids)?,
        };
        let known = |id: DutyId| -> Known<'_> {
            let duty =
                || found.iter().find(|duty| duty.id == id).map(|duty: &Saved<DutyId, Duty>| &duty.value);
            if standing(id) { Known::Standing } else { duty().map_or(Known::Nothing, Known::Found) }
        };
        let stands: Vec<NewStand<'_>> = duty_ids
            .iter()
            .zip(staff)
            .map(|(id, of)| NewStand { duty: *id, part: &of.part, known: known(*id) })
            .collect();
        let new = NewLesson {
            offering: *offering_id,
            time,
            title: title.as_deref(),
            rooms: &room_ids,
            staff: &stands,
        };
        let lesson = match (new.validate(offering), unknown_rooms.finish()) {
            (Ok(lesson), Ok(())) => lesson,
            (lesson, rooms) => {
                let refusals = lesson.err().into_iter().chain(rooms.err()).flat_map(|refusals| refusals.0);
                return Err(Refusals(refusals.collect()).into());
            }
        };
        Ok(match present {
            None => lesson,
            Some(present) => {
                Lesson { occurrence: present.occurrence, state: present.state.clone(), ..lesson }
            }
        })
    }
}

/// Those of the rooms that there are not.
///
/// # Errors
/// A failure of the database.
pub(super) fn unknown_rooms(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    rooms: &[RoomId],
    at: &str,
) -> Result<Refusals, Problem> {
    let mut refusals = Refusals::default();
    if rooms.is_empty() {
        return Ok(refusals);
    }
    let found = room::find_many(connection, scope, rooms)?;
    for (place, id) in rooms.iter().enumerate() {
        if !found.iter().any(|room| room.id == *id) {
            let refusal = Refusal::new(Rule::UnknownReference, "there is no such room");
            refusals.0.push(refusal.at(&format!("{at}/{place}")));
        }
    }
    Ok(refusals)
}

/// One lesson that the caller plans.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; a failure of the database.
pub(super) fn to_plan(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: LessonId,
) -> Result<LessonView, Problem> {
    let found = skolhus_persistence::schedule::lesson::find_to_plan(connection, scope, &[id])?;
    found.into_iter().next().ok_or_else(Problem::not_found)
}
