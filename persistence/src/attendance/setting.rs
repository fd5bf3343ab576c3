//! An organiser's settings of attendance.

use diesel::prelude::*;
use skolhus_domain::{
    access::Scope,
    attendance::{LateCounts, LeaveBasis, LeaveRule, NewSetting, ReasonRule, ReportLimits, Setting, Unit},
    id::{AttendanceSettingId, OrganiserId},
};

use crate::{
    Saved,
    core::{
        connection::DatabaseConnection,
        error::Error,
        record::record,
        tx::Tx,
        types::{Ts, Uid},
        value_row::{self, ValueRow, saved},
    },
    schema::attendance_settings,
};

record! {
    /// The settings' row; its id is the organiser's.
    pub(crate) struct AttendanceSettingRow in attendance_settings as "attendance setting" {
        report_days_ahead: i32,
        report_days_long: i32,
        mentor_leave_days: i32,
        counted_in: String,
        denominator: String,
        late_counts: String,
        absent_from_minutes: Option<i32>,
        reasons_asked: bool,
        reasons_kept_days: i32,
    }
}

/// The settings.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AttendanceSetting {
    /// How far ahead and how long absence may be reported.
    pub limits: ReportLimits,
    /// Who decides about leave of which length.
    pub leave: LeaveRule,
    /// How figures are counted, in which unit unless another one is asked for.
    pub counting: Setting,
    /// Whether reasons for absence are asked for, and for how long they are kept.
    pub reasons: ReasonRule,
}

impl AttendanceSetting {
    /// What holds until somebody has decided.
    pub const UNLESS_DECIDED: Self = Self {
        limits: ReportLimits::UNLESS_DECIDED,
        leave: LeaveRule::UNLESS_DECIDED,
        counting: Setting::unless_decided(Unit::Lessons),
        reasons: ReasonRule::UNLESS_DECIDED,
    };
}

/// The settings, if they were ever saved.
///
/// # Errors
/// A failure of the database.
pub fn find(
    connection: &mut DatabaseConnection,
    scope: &Scope,
) -> Result<Option<Saved<AttendanceSettingId, AttendanceSetting>>, Error> {
    let organiser = Uid::of(scope.organiser());
    let row: Option<AttendanceSettingRow> = attendance_settings::table
        .find((organiser, organiser))
        .select(AttendanceSettingRow::as_select())
        .first(connection)
        .optional()?;
    row.map(saved).transpose()
}

/// What is in force.
///
/// # Errors
/// A failure of the database.
pub fn in_force(connection: &mut DatabaseConnection, scope: &Scope) -> Result<AttendanceSetting, Error> {
    Ok(find(connection, scope)?.map_or(AttendanceSetting::UNLESS_DECIDED, |saved| saved.value))
}

/// The organisers that ask for reasons, with for how long they keep them: for the program's own work on all of them.
///
/// # Errors
/// A failure of the database.
pub(super) fn reason_rules(
    connection: &mut DatabaseConnection,
) -> Result<Vec<(OrganiserId, ReasonRule)>, Error> {
    let rows: Vec<AttendanceSettingRow> = attendance_settings::table
        .filter(attendance_settings::withdrawn_at.is_null())
        .filter(attendance_settings::reasons_asked)
        .select(AttendanceSettingRow::as_select())
        .load(connection)?;
    rows.into_iter().map(|row| Ok((row.organiser_id.to(), row.into_value()?.reasons))).collect()
}

/// Saves them, as the next version after `before`.
///
/// # Errors
/// [`Error::Stale`] when they have changed meanwhile; a failure of the database.
pub fn save(
    tx: &mut Tx<'_>,
    scope: &Scope,
    before: Option<&Saved<AttendanceSettingId, AttendanceSetting>>,
    wanted: &AttendanceSetting,
) -> Result<Saved<AttendanceSettingId, AttendanceSetting>, Error> {
    value_row::save_only::<AttendanceSettingRow>(tx, scope, before, wanted)
}

impl ValueRow for AttendanceSettingRow {
    type Id = AttendanceSettingId;
    type Value = AttendanceSetting;

    fn of(organiser_id: Uid, id: Uid, now: Ts, value: &AttendanceSetting) -> Self {
        let AttendanceSetting { limits, leave, counting, reasons } = value;
        let Setting { unit, denominator, late } = counting;
        Self {
            organiser_id,
            id,
            version: 1,
            created_at: now,
            modified_at: now,
            withdrawn_at: None,
            report_days_ahead: limits.days_ahead().into(),
            report_days_long: limits.days_long().into(),
            mentor_leave_days: leave.mentor_days().into(),
            counted_in: unit.code().to_owned(),
            denominator: denominator.code().to_owned(),
            late_counts: late.code().code().to_owned(),
            absent_from_minutes: match late {
                LateCounts::AsAbsentFrom(minutes) => i32::try_from(*minutes).ok(),
                LateCounts::AsPresent | LateCounts::ByShare => None,
            },
            reasons_asked: reasons.is_asked(),
            reasons_kept_days: reasons.kept_days().into(),
        }
    }

    fn into_value(self) -> Result<AttendanceSetting, Error> {
        let Self {
            organiser_id: _,
            id,
            version: _,
            created_at: _,
            modified_at: _,
            withdrawn_at: _,
            report_days_ahead,
            report_days_long,
            mentor_leave_days,
            counted_in,
            denominator,
            late_counts,
            absent_from_minutes,
            reasons_asked,
            reasons_kept_days,
        } = self;
        let unreadable = || Error::Inconsistent {
            table: "attendance_settings",
            id: id.0.to_string(),
            detail: "it cannot be read".to_owned(),
        };
        let days = |days: i32| u16::try_from(days).map_err(|_| unreadable());
        let counting = NewSetting {
            unit: &counted_in,
            denominator: &denominator,
            late_counts: &late_counts,
            absent_from_minutes: absent_from_minutes
                .map(u32::try_from)
                .transpose()
                .map_err(|_| unreadable())?,
        };
        Ok(AttendanceSetting {
            reasons: ReasonRule::new(reasons_asked, days(reasons_kept_days)?).map_err(|_| unreadable())?,
            counting: counting.validate().map_err(|_| unreadable())?,
            limits: ReportLimits::new(days(report_days_ahead)?, days(report_days_long)?)
                .map_err(|_| unreadable())?,
            leave: LeaveRule::new(LeaveBasis::CalendarDays.code(), days(mentor_leave_days)?)
                .map_err(|_| unreadable())?,
        })
    }
}
