//! A series of lessons as the interface shows it, and its fields as people decide them.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use serde::{Deserialize, Serialize};
use skolhus_domain::{
    access::Scope,
    course::Offering,
    id::{Id, LessonId, LessonSeriesId, OfferingId, RoomId},
    refusal::Refusals,
    schedule::{LessonSeries, NewSlot, NewWeeklyPattern, Planned, Slot, Weekday, WeeklyPattern},
    text::Text,
};
use skolhus_persistence::{
    DatabaseConnection, Saved, Tx,
    schedule::{
        clash::ClashOver,
        lesson::{self, LessonView, Slots},
        series,
    },
};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{clash_document::ClashDocument, lesson_document::unknown_rooms, new_clashes::NewClashes};
use crate::http::{
    problem::Problem,
    words::{codes, words},
};

words! {
    /// A day of the week.
    WeekdayWord("Weekday") = codes!(Weekday);
}

/// Lessons of an offering from a weekly pattern.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = LessonSeries)]
pub struct LessonSeriesDocument {
    /// Its id.
    #[schema(example = "0199a3f0-7c00-7000-8000-000000000321")]
    pub id: Uuid,
    /// Its version, as in the `ETag`; its lessons have their own.
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
    /// From the first day to the last.
    pub period: DaysDocument,
    /// 1: every week; 2: every second, counted from the week of the first day.
    #[schema(example = 1, minimum = 1, maximum = 8)]
    pub every_weeks: u8,
    /// The lessons of a week, by their numbers.
    pub slots: Vec<SlotDocument>,
    /// What its lessons are about, where nothing else is said of one.
    #[schema(required, example = "Matematik")]
    pub title: Option<String>,
    /// Only in the answer to what has just changed it: the clashes of its lessons that the change made, the first 20 by time.
    /// Empty where it made none, or nobody looks for them; absent when an answer is repeated. All of them are at
    /// `GET /v1/lesson-clashes`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_items = 20)]
    pub clashes: Option<Vec<ClashDocument>>,
    /// Beside `clashes`: how many the change made.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = 0, minimum = 0)]
    pub clash_count: Option<u32>,
}

/// From a first to a last day, both included; both are there.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
#[schema(as = Days)]
pub struct DaysDocument {
    /// The first day.
    #[schema(example = "2026-08-17")]
    pub from: NaiveDate,
    /// The last day.
    #[schema(example = "2026-12-18")]
    pub to: NaiveDate,
}

/// One lesson a week.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = LessonSlot)]
pub struct SlotDocument {
    /// Its number; a lesson is known by it when the pattern changes, so that moving a slot moves its lessons.
    #[schema(example = 0, minimum = 0, maximum = 255)]
    pub number: u8,
    /// On which day.
    #[schema(value_type = WeekdayWord, example = "tuesday")]
    pub weekday: String,
    /// When it begins, by the wall clock in Sweden.
    #[serde(with = "wall_clock")]
    #[schema(value_type = String, example = "08:10", pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$", min_length = 5, max_length = 5)]
    pub starts_at: NaiveTime,
    /// When it ends; not after `startsAt` means on the next day.
    #[serde(with = "wall_clock")]
    #[schema(value_type = String, example = "09:00", pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$", min_length = 5, max_length = 5)]
    pub ends_at: NaiveTime,
    /// Rooms and resources, each once.
    #[serde(default)]
    #[validate(length(max = 20))]
    #[schema(example = json!(["0199a3f0-7c00-7000-8000-000000000301"]), max_items = 20)]
    pub room_ids: Vec<Uuid>,
}

/// Times of the wall clock, hours and minutes.
mod wall_clock {
    use chrono::NaiveTime;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    const FORMAT: &str = "%H:%M";

    pub fn serialize<S: Serializer>(time: &NaiveTime, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&time.format(FORMAT))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NaiveTime, D::Error> {
        let text = String::deserialize(deserializer)?;
        let is_written_so = text.len() == 5 && text.is_ascii();
        NaiveTime::parse_from_str(&text, FORMAT)
            .ok()
            .filter(|_| is_written_so)
            .ok_or_else(|| D::Error::custom("must be a time such as 08:10"))
    }
}

impl SlotDocument {
    fn of(slot: &Slot) -> Self {
        let Slot { number, weekday, from, to, rooms } = slot;
        Self {
            number: *number,
            weekday: weekday.code().to_owned(),
            starts_at: *from,
            ends_at: *to,
            room_ids: rooms.iter().map(|room| room.uuid()).collect(),
        }
    }
}

impl LessonSeriesDocument {
    /// The document of a saved series.
    #[must_use]
    pub fn of(saved: Saved<LessonSeriesId, LessonSeries>) -> Self {
        let Saved { id, version, created_at, modified_at, value } = saved;
        let Fields { offering, period, every_weeks, slots, title } = Fields::of(&value);
        Self {
            id: id.uuid(),
            version,
            created_at,
            modified_at,
            offering_id: offering.uuid(),
            period,
            every_weeks,
            slots,
            title,
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

/// The fields of a series that people decide, all of them.
pub(super) struct Fields {
    pub(super) offering: OfferingId,
    pub(super) period: DaysDocument,
    pub(super) every_weeks: u8,
    pub(super) slots: Vec<SlotDocument>,
    pub(super) title: Option<String>,
}

impl Fields {
    /// The fields of a series as it is.
    pub(super) fn of(series: &LessonSeries) -> Self {
        let LessonSeries { offering, pattern: WeeklyPattern { period, every_weeks, slots }, title } = series;
        Self {
            offering: *offering,
            period: DaysDocument { from: period.from(), to: period.to().unwrap_or(period.from()) },
            every_weeks: *every_weeks,
            slots: slots.iter().map(SlotDocument::of).collect(),
            title: title.as_ref().map(|title| title.as_str().to_owned()),
        }
    }

    /// Where among them stands what makes a lesson from the slot of that number clash over something; the whole where the
    /// slot is no longer there.
    pub(super) fn place_of(&self, slot: Option<u8>, over: &ClashOver) -> String {
        let Some((place, slot)) = self.slots.iter().enumerate().find(|(_, of)| Some(of.number) == slot)
        else {
            return String::new();
        };
        let room = match over {
            ClashOver::Room(room) => slot.room_ids.iter().position(|id| *id == room.id.uuid()),
            ClashOver::Teacher { .. } | ClashOver::Participant { .. } => None,
        };
        room.map_or_else(
            || format!("/slots/{place}/startsAt"),
            |number| format!("/slots/{place}/roomIds/{number}"),
        )
    }

    /// Checks their meaning against the offering.
    ///
    /// # Errors
    /// Every value that is refused; a failure of the database.
    pub(super) fn check(
        &self,
        connection: &mut DatabaseConnection,
        scope: &Scope,
        offering: &Offering,
    ) -> Result<LessonSeries, Problem> {
        let Self { offering: offering_id, period, every_weeks, slots, title } = self;
        let rooms: Vec<Vec<RoomId>> =
            slots.iter().map(|slot| slot.room_ids.iter().copied().map(Id::from_uuid).collect()).collect();
        let all: Vec<RoomId> = rooms.iter().flatten().copied().collect();
        let missing = unknown_rooms(connection, scope, &all, "")?;
        let mut refusals = Refusals::default();
        let mut counted = 0;
        for (place, rooms) in rooms.iter().enumerate() {
            for (number, _) in rooms.iter().enumerate() {
                let at = format!("/{}", counted);
                let refused = missing.0.iter().find(|refusal| refusal.pointer == at);
                refusals.0.extend(refused.map(|refusal| skolhus_domain::refusal::Refusal {
                    pointer: format!("/slots/{place}/roomIds/{number}"),
                    ..refusal.clone()
                }));
                counted += 1;
            }
        }
        let new: Vec<NewSlot<'_>> = slots
            .iter()
            .zip(&rooms)
            .map(|(slot, rooms)| NewSlot {
                number: slot.number,
                weekday: &slot.weekday,
                from: slot.starts_at,
                to: slot.ends_at,
                rooms,
            })
            .collect();
        let pattern =
            NewWeeklyPattern { period: (period.from, period.to), every_weeks: *every_weeks, slots: &new };
        let pattern = match pattern.validate(offering) {
            Ok(pattern) => Some(pattern),
            Err(more) => {
                refusals.0.extend(more.0);
                None
            }
        };
        let title = refusals.note("/title", title.as_deref().map(|title| Text::line(title, 200)).transpose());
        refusals.finish()?;
        match (pattern, title) {
            (Some(pattern), Some(title)) => Ok(LessonSeries { offering: *offering_id, pattern, title }),
            // Nothing was refused, so both are there.
            _ => Err(Problem::not_found()),
        }
    }
}

/// The lessons that a series asks for: days off of the offering's terms are left out.
///
/// # Errors
/// A failure of the database.
pub(super) fn planned(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    series: &LessonSeries,
) -> Result<Vec<Planned>, Problem> {
    let days_off = series::days_off(connection, scope, series.offering)?;
    Ok(series.pattern.lessons(&days_off))
}

/// Holds what a change of a series depends on, and reads its lessons.
///
/// # Errors
/// A failure of the database.
pub(super) fn held_lessons(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: LessonSeriesId,
) -> Result<(Vec<LessonView>, Slots), Problem> {
    let (seen, _) = lesson::of_series(tx.connection(), scope, id)?;
    let ids: Vec<LessonId> = seen.iter().map(|view| view.saved.id).collect();
    lesson::lock(tx, &ids)?;
    Ok(lesson::of_series(tx.connection(), scope, id)?)
}
