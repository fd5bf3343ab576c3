//! The settings as the interface shows them.

use serde::Serialize;
use skolhus_domain::{
    attendance::{LateCounts, LeaveRule, ReasonRule, ReportLimits, Setting},
    id::AttendanceSettingId,
};
use skolhus_persistence::{Saved, attendance::setting::AttendanceSetting};
use utoipa::ToSchema;

use crate::attendance::figure_document::{DenominatorWord, LateCountsWord, UnitWord};

/// What the organiser has decided about attendance.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AttendanceSettings)]
pub struct AttendanceSettingsDocument {
    /// Their version, as in the `ETag`; 0 while they were never saved.
    #[schema(example = 1, minimum = 0)]
    pub version: i64,
    /// How many days after the day of an absence report its first day may lie.
    #[schema(example = 14, minimum = 0, maximum = 365)]
    pub report_days_ahead: u16,
    /// How many days a report may be about.
    #[schema(example = 14, minimum = 1, maximum = 365)]
    pub report_days_long: u16,
    /// Leave of how many days, from the first to the last, mentors decide about; what is longer is the principal's.
    #[schema(example = 10, minimum = 0, maximum = 10)]
    pub mentor_leave_days: u16,
    /// In what attendance is counted, unless the other unit is asked for.
    #[schema(value_type = UnitWord, example = "lessons")]
    pub counted_in: &'static str,
    /// Of what shares of attendance are shares, for all viewers alike.
    #[schema(value_type = DenominatorWord, example = "reported")]
    pub denominator: &'static str,
    /// How somebody who missed a part of a lesson counts where lessons are counted.
    #[schema(value_type = LateCountsWord, example = "as-present")]
    pub late_counts: &'static str,
    /// From how many missed minutes a lesson counts as missed; null unless late arrivals count so.
    #[schema(required, example = 15, minimum = 1, maximum = 1440)]
    pub absent_from_minutes: Option<u32>,
    /// Whether reasons for absence may be stated; else nothing is known of absence but whether it is authorised.
    #[schema(example = false)]
    pub detailed_reasons: bool,
    /// For how many days after the absence a reason is kept, before it is forgotten.
    #[schema(example = 14, minimum = 1, maximum = 90)]
    pub reasons_kept_days: u16,
}

impl AttendanceSettingsDocument {
    /// The document of what is in force.
    #[must_use]
    pub fn of(saved: Option<&Saved<AttendanceSettingId, AttendanceSetting>>) -> Self {
        let setting = saved.map_or(AttendanceSetting::UNLESS_DECIDED, |saved| saved.value);
        let AttendanceSetting { limits, leave, counting, reasons } = setting;
        let (limits, leave, reasons): (ReportLimits, LeaveRule, ReasonRule) = (limits, leave, reasons);
        let Setting { unit, denominator, late } = counting;
        Self {
            version: saved.map_or(0, |saved| saved.version),
            report_days_ahead: limits.days_ahead(),
            report_days_long: limits.days_long(),
            mentor_leave_days: leave.mentor_days(),
            counted_in: unit.code(),
            denominator: denominator.code(),
            late_counts: late.code().code(),
            absent_from_minutes: match late {
                LateCounts::AsAbsentFrom(minutes) => Some(minutes),
                LateCounts::AsPresent | LateCounts::ByShare => None,
            },
            detailed_reasons: reasons.is_asked(),
            reasons_kept_days: reasons.kept_days(),
        }
    }
}
