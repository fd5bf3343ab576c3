//! A lesson's rows, and the way there and back.

use chrono::NaiveDate;
use skolhus_domain::{
    id::{Id, LessonId},
    refusal::Refusal,
    schedule::{Lesson, LessonState, LessonStateCode, LessonTime, Occurrence, Stand},
    text::Text,
};

use crate::{
    Saved,
    core::{
        error::Error,
        record::record,
        types::{Ts, Uid},
    },
};

record! {
    /// A lesson's row, without its rooms and its staff.
    pub(super) struct LessonRow in lessons as "lesson" {
        offering_id: Uid,
        series_id: Option<Uid>,
        series_week: Option<NaiveDate>,
        series_slot: Option<i32>,
        day: NaiveDate,
        starts_at: Ts,
        ends_at: Ts,
        state: String,
        state_reason: Option<String>,
        title: Option<String>,
    }
}

record! {
    /// A room of a lesson.
    pub(super) struct LessonRoomRow in lesson_rooms as "lesson room" {
        lesson_id: Uid,
        room_id: Uid,
    }
}

record! {
    /// What differs for a member of staff in a lesson.
    pub(super) struct LessonStaffRow in lesson_staff as "lesson staff" {
        lesson_id: Uid,
        duty_id: Uid,
        part: String,
    }
}

impl LessonRow {
    /// The first version of a row.
    pub(super) fn of(organiser_id: Uid, id: Uid, now: Ts, lesson: &Lesson) -> Self {
        let Lesson { offering, occurrence, time, state, title, rooms: _, staff: _ } = lesson;
        Self {
            organiser_id,
            id,
            version: 1,
            created_at: now,
            modified_at: now,
            withdrawn_at: None,
            offering_id: Uid::of(*offering),
            series_id: occurrence.map(|of| Uid::of(of.series)),
            series_week: occurrence.map(|of| of.week),
            series_slot: occurrence.map(|of| i32::from(of.slot)),
            day: time.day(),
            starts_at: Ts::of(time.from()),
            ends_at: Ts::of(time.to()),
            state: state.code().code().to_owned(),
            state_reason: match state {
                LessonState::Planned => None,
                LessonState::Cancelled(reason) => Some(reason.as_str().to_owned()),
            },
            title: title.as_ref().map(|title| title.as_str().to_owned()),
        }
    }

    /// The row as it was when the lesson was read.
    pub(super) fn before(organiser: Uid, before: &Saved<LessonId, Lesson>) -> Self {
        let Saved { id, version, created_at, modified_at, value } = before;
        let row = Self::of(organiser, Uid::of(*id), Ts::of(*created_at), value);
        Self { version: *version, modified_at: Ts::of(*modified_at), ..row }
    }

    /// The lesson, with its rooms and staff.
    pub(super) fn into_saved(
        self,
        mut rooms: Vec<skolhus_domain::id::RoomId>,
        mut staff: Vec<Stand>,
    ) -> Result<Saved<LessonId, Lesson>, Error> {
        let Self {
            organiser_id: _,
            id,
            version,
            created_at,
            modified_at,
            withdrawn_at: _,
            offering_id,
            series_id,
            series_week,
            series_slot,
            day: _,
            starts_at,
            ends_at,
            state,
            state_reason,
            title,
        } = self;
        let refused = |refusal: Refusal| inconsistent(id, &format!("{:?}", refusal.rule));
        let occurrence = match (series_id, series_week, series_slot) {
            (Some(series), Some(week), Some(slot)) => Some(Occurrence {
                series: series.to(),
                week,
                slot: u8::try_from(slot).map_err(|_| inconsistent(id, "the slot cannot be read"))?,
            }),
            _ => None,
        };
        let state = match (LessonStateCode::from_code(&state).map_err(refused)?, state_reason) {
            (LessonStateCode::Planned, _) => LessonState::Planned,
            (LessonStateCode::Cancelled, reason) => {
                LessonState::Cancelled(Text::line(&reason.unwrap_or_default(), 500).map_err(refused)?)
            }
        };
        rooms.sort_unstable();
        staff.sort_unstable();
        let value = Lesson {
            offering: offering_id.to(),
            occurrence,
            time: LessonTime::new(starts_at.0, ends_at.0).map_err(refused)?,
            state,
            title: title.map(|title| Text::line(&title, 200)).transpose().map_err(refused)?,
            rooms,
            staff,
        };
        Ok(Saved { id: id.to(), version, created_at: created_at.0, modified_at: modified_at.0, value })
    }
}

/// The id of the row of a room in a lesson: it follows from both.
pub(super) fn room_row_id(lesson: Uid, room: Uid) -> Uid {
    Uid::derived("lesson_rooms", lesson, &[room.0.as_bytes()])
}

impl LessonRoomRow {
    pub(super) fn of(organiser_id: Uid, lesson: Uid, room: Uid, now: Ts) -> Self {
        Self {
            organiser_id,
            id: room_row_id(lesson, room),
            version: 1,
            created_at: now,
            modified_at: now,
            withdrawn_at: None,
            lesson_id: lesson,
            room_id: room,
        }
    }
}

impl LessonStaffRow {
    pub(super) fn of(organiser_id: Uid, lesson: Uid, stand: Stand, now: Ts) -> Self {
        let Stand { duty, part } = stand;
        Self {
            organiser_id,
            id: Uid::derived("lesson_staff", lesson, &[duty.uuid().as_bytes()]),
            version: 1,
            created_at: now,
            modified_at: now,
            withdrawn_at: None,
            lesson_id: lesson,
            duty_id: Uid::of(duty),
            part: part.code().to_owned(),
        }
    }
}

pub(super) fn inconsistent(id: Uid, detail: &str) -> Error {
    Error::Inconsistent { table: "lessons", id: id.0.to_string(), detail: detail.to_owned() }
}
