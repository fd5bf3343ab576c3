//! The settings as the interface shows them.

use serde::Serialize;
use skolhus_domain::{
    id::ScheduleSettingId,
    schedule::{ClashRule, ClashRules},
};
use skolhus_persistence::Saved;
use utoipa::ToSchema;

use crate::http::words::{codes, words};

words! {
    /// What is done about clashes that a change of the schedule would make: nobody looks (`ignored`), the change is made and
    /// its answer tells of them (`warned`), or nothing is saved (`refused`).
    ClashRuleWord("LessonClashRule") = codes!(ClashRule);
}

/// What the organiser has decided about the schedule.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ScheduleSettings)]
pub struct ScheduleSettingsDocument {
    /// Their version, as in the `ETag`; 0 while they were never saved.
    #[schema(example = 1, minimum = 0)]
    pub version: i64,
    /// About teachers in two lessons at the same time.
    #[schema(value_type = ClashRuleWord, example = "warned")]
    pub teacher_clashes: &'static str,
    /// About rooms with two lessons at the same time, but for those that lessons share on purpose.
    #[schema(value_type = ClashRuleWord, example = "refused")]
    pub room_clashes: &'static str,
    /// About participants in two lessons at the same time.
    #[schema(value_type = ClashRuleWord, example = "warned")]
    pub participant_clashes: &'static str,
}

impl ScheduleSettingsDocument {
    /// The document of what is in force.
    #[must_use]
    pub fn of(saved: Option<&Saved<ScheduleSettingId, ClashRules>>) -> Self {
        let rules = saved.map_or(ClashRules::UNLESS_DECIDED, |saved| saved.value);
        let ClashRules { teachers, rooms, participants } = rules;
        Self {
            version: saved.map_or(0, |saved| saved.version),
            teacher_clashes: teachers.code(),
            room_clashes: rooms.code(),
            participant_clashes: participants.code(),
        }
    }
}
