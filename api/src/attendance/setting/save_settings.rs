use actix_web::{HttpResponse, put, web};
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ManageAttendanceSettings},
    attendance::{LeaveBasis, LeaveRule, NewSetting, ReasonRule, ReportLimits},
    refusal::{Refusal, Refusals},
};
use skolhus_persistence::{
    Tx,
    attendance::setting::{self, AttendanceSetting},
};
use utoipa::ToSchema;
use validator::Validate;

use super::document::AttendanceSettingsDocument;
use crate::{
    attendance::figure_document::{DenominatorWord, LateCountsWord, UnitWord},
    http::{body::Body, etag::IfMatch, permit::Permit, problem::Problem, resource::saved, state::State},
};

/// What is to hold.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = SaveAttendanceSettings)]
pub struct SaveSettings {
    /// How many days after the day of an absence report its first day may lie.
    #[validate(range(max = 365))]
    #[schema(example = 14, minimum = 0, maximum = 365)]
    pub report_days_ahead: u16,
    /// How many days a report may be about.
    #[validate(range(min = 1, max = 365))]
    #[schema(example = 14, minimum = 1, maximum = 365)]
    pub report_days_long: u16,
    /// Leave of how many days mentors decide about; more than ten are never delegated (skollagen 7:18).
    #[validate(range(max = 10))]
    #[schema(example = 10, minimum = 0, maximum = 10)]
    pub mentor_leave_days: u16,
    /// In what attendance is counted, unless the other unit is asked for.
    #[schema(value_type = UnitWord, example = "lessons")]
    pub counted_in: String,
    /// Of what shares of attendance are shares, for all viewers alike.
    #[schema(value_type = DenominatorWord, example = "reported")]
    pub denominator: String,
    /// How somebody who missed a part of a lesson counts where lessons are counted.
    #[schema(value_type = LateCountsWord, example = "as-absent-from")]
    pub late_counts: String,
    /// From how many missed minutes a lesson counts as missed; only with `as-absent-from`.
    #[validate(range(min = 1, max = 1440))]
    #[schema(example = 15, minimum = 1, maximum = 1440)]
    pub absent_from_minutes: Option<u32>,
    /// Whether reasons for absence may be stated. Unless it is said, they may not, and what was stated is forgotten.
    #[serde(default)]
    #[schema(example = false, default = false)]
    pub detailed_reasons: bool,
    /// For how many days after the absence a reason is kept; 14 unless it is said. A shorter time forgets what is older.
    #[validate(range(min = 1, max = 90))]
    #[schema(example = 14, minimum = 1, maximum = 90, default = 14)]
    pub reasons_kept_days: Option<u16>,
}

/// Set the settings of attendance
///
/// The whole set. What was reported and asked for before stays as it is. How attendance is counted holds for every figure
/// and every viewer from then on, also of terms that are over: nothing of what is registered changes. Reasons for absence
/// are asked for where that is decided here, with the time for which they are kept; whoever decides it needs a legal ground.
#[utoipa::path(
    operation_id = "saveAttendanceSettings", tag = "attendance",
    extensions(("x-permission" = json!("attendance-setting:manage"))),
    request_body(content = SaveSettings, example = json!({
        "reportDaysAhead": 14, "reportDaysLong": 14, "mentorLeaveDays": 5, "countedIn": "lessons", "denominator": "reported",
        "lateCounts": "as-absent-from", "absentFromMinutes": 15, "detailedReasons": true, "reasonsKeptDays": 14
    })),
    responses((status = 200, description = "What is in force.", body = AttendanceSettingsDocument, headers(("ETag" = String, description = "Their version."))))
)]
#[put("/v1/attendance-settings")]
pub async fn handle(
    permit: Permit<ManageAttendanceSettings>,
    state: web::Data<State>,
    if_match: IfMatch,
    body: Body<SaveSettings>,
) -> Result<HttpResponse, Problem> {
    let settings = state
        .database
        .write(permit.caller(), move |tx, scope| save_settings(tx, scope, &if_match, &body))
        .await?;
    Ok(saved(settings.version, &settings))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::Stale`], `InvalidFields`; a failure of the database.
pub fn save_settings(
    tx: &mut Tx<'_>,
    scope: &Scope,
    if_match: &IfMatch,
    request: &SaveSettings,
) -> Result<AttendanceSettingsDocument, Problem> {
    let SaveSettings {
        report_days_ahead,
        report_days_long,
        mentor_leave_days,
        counted_in,
        denominator,
        late_counts,
        absent_from_minutes,
        detailed_reasons,
        reasons_kept_days,
    } = request;
    let at = |refusals: Refusals, place: &str| {
        Refusals(
            refusals.0.into_iter().map(|refusal| Refusal { pointer: place.to_owned(), ..refusal }).collect(),
        )
    };
    let limits = ReportLimits::new(*report_days_ahead, *report_days_long)
        .map_err(|refused| at(refused, "/reportDaysLong"))?;
    let leave = LeaveRule::new(LeaveBasis::CalendarDays.code(), *mentor_leave_days)
        .map_err(|refused| at(refused, "/mentorLeaveDays"))?;
    let counting =
        NewSetting { unit: counted_in, denominator, late_counts, absent_from_minutes: *absent_from_minutes };
    let counting = counting.validate().map_err(counted_at)?;
    let kept = reasons_kept_days.unwrap_or(ReasonRule::UNLESS_DECIDED.kept_days());
    let reasons = ReasonRule::new(*detailed_reasons, kept).map_err(Refusals::from)?;
    let wanted = AttendanceSetting { limits, leave, counting, reasons };
    let before = setting::find(tx.connection(), scope)?;
    let present = AttendanceSettingsDocument::of(before.as_ref());
    let already = before.as_ref().map_or(AttendanceSetting::UNLESS_DECIDED, |saved| saved.value) == wanted;
    if_match.check_unless(already, present.version)?;
    if already {
        return Ok(present);
    }
    let saved = setting::save(tx, scope, before.as_ref(), &wanted)?;
    Ok(AttendanceSettingsDocument::of(Some(&saved)))
}

/// The unit has another name here than in the domain, where a figure has it.
fn counted_at(refusals: Refusals) -> Refusals {
    let named = |refusal: Refusal| match refusal.pointer.as_str() {
        "/unit" => Refusal { pointer: "/countedIn".to_owned(), ..refusal },
        _ => refusal,
    };
    Refusals(refusals.0.into_iter().map(named).collect())
}
