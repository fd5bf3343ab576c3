//! Clashes as the interface shows them.

use chrono::{DateTime, Utc};
use serde::Serialize;
use skolhus_domain::{access::Scope, id::Id, schedule::ClashKind};
use skolhus_persistence::schedule::clash::{ClashOver, ClashView, ClashingLesson};
use utoipa::ToSchema;
use uuid::Uuid;

use super::lesson_document::{LessonRoomDocument, LessonTeacherDocument};
use crate::http::words::{codes, words};

words! {
    /// What two lessons at the same time share.
    ClashKindWord("LessonClashKind") = codes!(ClashKind);
}

/// A clash (krock): two lessons at the same time that share a teacher, a room or a participant.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = LessonClash)]
pub struct ClashDocument {
    /// What they share.
    #[schema(value_type = ClashKindWord, example = "room")]
    pub kind: &'static str,
    /// From when both are going on.
    #[schema(example = "2026-08-18T06:30:00Z")]
    pub starts_at: DateTime<Utc>,
    /// Until when.
    #[schema(example = "2026-08-18T07:00:00Z")]
    pub ends_at: DateTime<Utc>,
    /// The lesson that begins first.
    pub earlier: ClashingLessonDocument,
    /// The other one.
    pub later: ClashingLessonDocument,
    /// The room or resource; null unless that is what they share.
    #[schema(required)]
    pub room: Option<LessonRoomDocument>,
    /// Who takes both, as in the earlier one; null unless that is what they share.
    #[schema(required)]
    pub teacher: Option<LessonTeacherDocument>,
    /// Who is expected in both; null unless that is what they share.
    #[schema(required)]
    pub participant: Option<ClashingParticipantDocument>,
}

/// One of two lessons that clash.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ClashingLesson)]
pub struct ClashingLessonDocument {
    /// Which one; null where the room is taken by a lesson out of the caller's reach.
    #[schema(required, example = "0199a3f0-7c00-7000-8000-000000000311")]
    pub lesson_id: Option<Uuid>,
    /// Of what; null where it may not be told.
    #[schema(required, example = "0199a3f0-7c00-7000-8000-0000000000d1")]
    pub offering_id: Option<Uuid>,
    /// What that is called; null where it may not be told.
    #[schema(required, example = "Matematik 7B")]
    pub offering_title: Option<String>,
    /// When it begins.
    #[schema(example = "2026-08-18T06:10:00Z")]
    pub starts_at: DateTime<Utc>,
    /// When it ends.
    #[schema(example = "2026-08-18T07:00:00Z")]
    pub ends_at: DateTime<Utc>,
}

/// Somebody who is expected in two lessons at the same time.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ClashingParticipant)]
pub struct ClashingParticipantDocument {
    /// Who.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub person_id: Uuid,
    /// Their name.
    #[schema(example = "Åsa Öberg")]
    pub name: String,
}

impl ClashDocument {
    /// The document of a clash, with whom the scope may know.
    #[must_use]
    pub fn of(clash: ClashView, scope: &Scope) -> Self {
        let ClashView { from, to, earlier, later, over } = clash;
        let kind = over.kind();
        let (mut room, mut teacher, mut participant) = (None, None, None);
        match over {
            ClashOver::Room(of) => room = Some(LessonRoomDocument::of(of)),
            ClashOver::Teacher { earlier, later: _ } => {
                teacher = Some(LessonTeacherDocument::of(earlier, scope));
            }
            ClashOver::Participant { person, name: (given, family) } => {
                let name = format!("{given} {family}");
                participant = Some(ClashingParticipantDocument { person_id: person.uuid(), name });
            }
        }
        Self {
            kind: kind.code(),
            starts_at: from,
            ends_at: to,
            earlier: ClashingLessonDocument::of(earlier),
            later: ClashingLessonDocument::of(later),
            room,
            teacher,
            participant,
        }
    }
}

impl ClashingLessonDocument {
    fn of(lesson: ClashingLesson) -> Self {
        let ClashingLesson { id, offering, offering_title, time, is_within_reach } = lesson;
        Self {
            lesson_id: is_within_reach.then(|| id.uuid()),
            offering_id: is_within_reach.then(|| offering.uuid()),
            offering_title: is_within_reach.then_some(offering_title),
            starts_at: time.from(),
            ends_at: time.to(),
        }
    }
}
