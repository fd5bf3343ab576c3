//! The register of a lesson as the interface shows and takes it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use skolhus_domain::{
    attendance::{EntryCode, Mark, MarkCode, NewMark, Occasion, RegisterState, Registered},
    id::Id,
};
use skolhus_persistence::attendance::register::{InSheet, Sheet};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use crate::{
    enrolment::ListedName,
    http::words::{codes, words},
};

words! {
    /// Whether the registration of a lesson is finished.
    RegisterStateWord("AttendanceRegisterState") = codes!(RegisterState);
    /// What is registered of somebody: `absent-authorised` is giltig frånvaro, `absent-unauthorised` ogiltig, `other` another activity of the school.
    MarkWord("AttendanceKind") = codes!(MarkCode);
    /// As it is entered: `absent` leaves open what it is; it is authorised where it was reported.
    EntryWord("AttendanceEntryKind") = codes!(EntryCode);
}

/// The registration of a lesson, with everybody in it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AttendanceRegister)]
pub struct RegisterDocument {
    /// Of which lesson.
    #[schema(example = "0199a3f0-7c00-7000-8000-000000000311")]
    pub lesson_id: Uuid,
    /// Its version, as in the `ETag`; 0 where nobody has saved it.
    #[schema(example = 1, minimum = 0)]
    pub version: i64,
    /// Whether it is finished.
    #[schema(value_type = RegisterStateWord, example = "open")]
    pub state: &'static str,
    /// When it was saved last; null where nobody has.
    #[schema(required, example = "2026-08-18T06:15:00Z")]
    pub registered_at: Option<DateTime<Utc>>,
    /// By which account.
    #[schema(required, example = "0199a3f0-7c00-7000-8000-000000000011")]
    pub registered_by_id: Option<Uuid>,
    /// When it was closed; null while it is open.
    #[schema(required, example = "2026-08-18T07:00:00Z")]
    pub closed_at: Option<DateTime<Utc>>,
    /// By which account.
    #[schema(required, example = "0199a3f0-7c00-7000-8000-000000000011")]
    pub closed_by_id: Option<Uuid>,
    /// How many minutes the lesson has.
    #[schema(example = 50, minimum = 5, maximum = 1440)]
    pub minutes: u32,
    /// How many of those expected have no mark yet.
    #[schema(example = 0, minimum = 0)]
    pub without_mark: usize,
    /// Everybody who is expected, and who has a mark although they no longer are; by name in Swedish order.
    pub participants: Vec<AttendanceDocument>,
}

/// Somebody in the register of a lesson.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Attendance)]
pub struct AttendanceDocument {
    /// Who.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub person_id: Uuid,
    /// Their name, of a protected person the name that their handling plan shows.
    pub name: ListedName,
    /// Whether they take part in the offering on the day of the lesson.
    #[schema(example = true)]
    pub is_expected: bool,
    /// The version of what is registered, as in the `ETag` of its own address; 0 where nothing is.
    #[schema(example = 1, minimum = 0)]
    pub version: i64,
    /// What is registered; null where nothing is.
    #[schema(required)]
    pub mark: Option<MarkDocument>,
    /// What is proposed where nothing is registered, because it was reported; null where nothing is.
    #[schema(required, value_type = Option<MarkWord>, example = "absent-authorised")]
    pub proposed: Option<&'static str>,
}

/// What is registered of somebody in a lesson. The minutes sum to the lesson's.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AttendanceMark)]
pub struct MarkDocument {
    /// What.
    #[schema(value_type = MarkWord, example = "present")]
    pub kind: &'static str,
    /// Minutes after the beginning at which they came.
    #[schema(example = 10, minimum = 0, maximum = 1439)]
    pub late_minutes: u32,
    /// Minutes before the end at which they left.
    #[schema(example = 0, minimum = 0, maximum = 1439)]
    pub left_early_minutes: u32,
    /// Minutes there.
    #[schema(example = 40, minimum = 0, maximum = 1440)]
    pub present_minutes: u32,
    /// Minutes of authorised absence (giltig frånvaro).
    #[schema(example = 0, minimum = 0, maximum = 1440)]
    pub authorised_minutes: u32,
    /// Minutes of unauthorised absence (ogiltig frånvaro).
    #[schema(example = 10, minimum = 0, maximum = 1440)]
    pub unauthorised_minutes: u32,
    /// Minutes in another activity of the school.
    #[schema(example = 0, minimum = 0, maximum = 1440)]
    pub other_minutes: u32,
    /// Whether somebody has decided afterwards that what was missed is authorised, or is not.
    #[schema(example = false)]
    pub is_decided: bool,
}

impl MarkDocument {
    /// What is registered, in a lesson of `length` minutes.
    #[must_use]
    pub fn of(registered: &Registered, length: u32) -> Self {
        let Registered { mark, ground: _, decided } = registered;
        let (late_minutes, left_early_minutes) = match mark {
            Mark::Present(missed) => (missed.late_minutes(), missed.left_early_minutes()),
            Mark::Absent { .. } | Mark::Other => (0, 0),
        };
        let ledger = mark.ledger(length);
        Self {
            kind: mark.code().code(),
            late_minutes,
            left_early_minutes,
            present_minutes: ledger.present(),
            authorised_minutes: ledger.authorised(),
            unauthorised_minutes: ledger.unauthorised(),
            other_minutes: ledger.other(),
            is_decided: decided.is_some(),
        }
    }
}

impl AttendanceDocument {
    /// The document of one person in a register.
    #[must_use]
    pub fn of(sheet: &Sheet, of: &InSheet, occasion: &Occasion<'_>) -> Self {
        let InSheet { person, name, is_expected, reported: _ } = of;
        let length = sheet.lesson.time.minutes();
        Self {
            person_id: person.uuid(),
            name: ListedName::of(name),
            is_expected: *is_expected,
            version: sheet.version_of(*person),
            mark: sheet.register.marks.get(person).map(|registered| MarkDocument::of(registered, length)),
            proposed: sheet.register.proposed(*person, occasion).map(|mark| mark.code().code()),
        }
    }
}

impl RegisterDocument {
    /// The document of a register.
    #[must_use]
    pub fn of(sheet: &Sheet, occasion: &Occasion<'_>) -> Self {
        let length = sheet.lesson.time.minutes();
        let participants = sheet.persons.iter().map(|of| AttendanceDocument::of(sheet, of, occasion));
        Self {
            lesson_id: sheet.id.uuid(),
            version: sheet.version,
            state: sheet.register.state.code(),
            registered_at: sheet.registered.map(|(at, _)| at),
            registered_by_id: sheet.registered.and_then(|(_, by)| by).map(Id::uuid),
            closed_at: sheet.closed.map(|(at, _)| at),
            closed_by_id: sheet.closed.and_then(|(_, by)| by).map(Id::uuid),
            minutes: length,
            without_mark: sheet.register.missing(occasion.expected),
            participants: participants.collect(),
        }
    }
}

/// What is to be registered of somebody.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = NewAttendanceMark)]
pub struct NewMarkDocument {
    /// Who: somebody who is expected in the lesson, or has a mark in it.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub person_id: Uuid,
    /// What.
    #[schema(value_type = EntryWord, example = "present")]
    pub kind: String,
    /// Minutes after the beginning, for somebody present.
    #[validate(range(max = 1439))]
    #[schema(example = 10, minimum = 0, maximum = 1439)]
    pub late_minutes: Option<u32>,
    /// Minutes before the end, for somebody present.
    #[validate(range(max = 1439))]
    #[schema(example = 0, minimum = 0, maximum = 1439)]
    pub left_early_minutes: Option<u32>,
    /// Whether the minutes that somebody present missed are authorised; where it is not said, what stands or was reported
    /// decides.
    #[schema(example = false)]
    pub missed_authorised: Option<bool>,
}

impl NewMarkDocument {
    /// As the domain takes it.
    #[must_use]
    pub fn raw(&self) -> NewMark<'_> {
        let Self { person_id: _, kind, late_minutes, left_early_minutes, missed_authorised } = self;
        NewMark {
            kind,
            late_minutes: *late_minutes,
            left_early_minutes: *left_early_minutes,
            missed_authorised: *missed_authorised,
        }
    }
}
