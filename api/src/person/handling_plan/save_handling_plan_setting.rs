use actix_web::{HttpResponse, put, web};
use chrono::NaiveDate;
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ManageProtection},
    period::plausible_date,
    person::{IntervalDecision, ReviewInterval},
    refusal::{Refusal, Refusals, Rule},
    text::Text,
};
use skolhus_persistence::{Tx, person::handling_plan_setting};
use utoipa::ToSchema;
use validator::Validate;

use super::document::HandlingPlanSettingDocument;
use crate::http::{
    body::Body, etag::IfMatch, permit::Permit, problem::Problem, resource::saved, state::State,
};

/// How often handling plans are to be reviewed.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SaveHandlingPlanSetting {
    /// After how many months a plan is to be reviewed, unless another day is said.
    #[validate(range(min = 1, max = 60))]
    #[schema(example = 12, minimum = 1, maximum = 60)]
    pub interval_months: u8,
    /// When it was decided, today at the latest.
    #[schema(example = "2026-08-14")]
    pub decided_on: NaiveDate,
    /// By whom and why.
    #[validate(length(min = 5, max = 500))]
    #[schema(example = "Rektors beslut 2026-114", min_length = 5, max_length = 500)]
    pub decision: String,
}

/// Set how often handling plans are reviewed
///
/// It holds for plans that are made or reviewed from now on; days that were set stay.
#[utoipa::path(
    operation_id = "saveHandlingPlanSetting", tag = "person",
    extensions(("x-permission" = json!("person:manage-protection"))),
    request_body(content = SaveHandlingPlanSetting, example = json!({ "intervalMonths": 6, "decidedOn": "2026-01-14", "decision": "Rektors beslut 2026-114" })),
    responses((status = 200, description = "What is in force.", body = HandlingPlanSettingDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[put("/v1/handling-plan-setting")]
pub async fn handle(
    permit: Permit<ManageProtection>,
    state: web::Data<State>,
    if_match: IfMatch,
    body: Body<SaveHandlingPlanSetting>,
) -> Result<HttpResponse, Problem> {
    let setting = state
        .database
        .write(permit.caller(), move |tx, scope| save_handling_plan_setting(tx, scope, &if_match, &body))
        .await?;
    Ok(saved(setting.version, &setting))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::Stale`], `InvalidFields`; a failure of the database.
pub fn save_handling_plan_setting(
    tx: &mut Tx<'_>,
    scope: &Scope,
    if_match: &IfMatch,
    request: &SaveHandlingPlanSetting,
) -> Result<HandlingPlanSettingDocument, Problem> {
    let SaveHandlingPlanSetting { interval_months, decided_on, decision } = request;
    let mut refusals = Refusals::default();
    let interval = refusals.note("/intervalMonths", ReviewInterval::months(*interval_months));
    let decided_on = refusals.note("/decidedOn", plausible_date(*decided_on));
    if decided_on.is_some_and(|day| day > scope.today()) {
        refusals.0.push(Refusal::new(Rule::OutOfRange, "is today at the latest").at("/decidedOn"));
    }
    let decision = refusals.note("/decision", Text::lines(decision, 500));
    refusals.finish().map_err(Problem::from)?;
    let (Some(interval), Some(decided_on), Some(decision)) = (interval, decided_on, decision) else {
        return Err(Problem::not_found());
    };
    let wanted = IntervalDecision { interval, decided_on, decision };
    let before = handling_plan_setting::find(tx.connection(), scope)?;
    let already = before.as_ref().is_some_and(|saved| saved.value == wanted);
    if_match.check_unless(already, before.as_ref().map_or(0, |saved| saved.version))?;
    if already {
        return Ok(HandlingPlanSettingDocument::of(before.as_ref()));
    }
    let saved = handling_plan_setting::save(tx, scope, before.as_ref(), &wanted)?;
    Ok(HandlingPlanSettingDocument::of(Some(&saved)))
}
