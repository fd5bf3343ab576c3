use actix_web::{HttpResponse, patch, web};
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ManageDuties},
    duty::NewDuty,
    id::DutyId,
    refusal::{Refusal, Refusals, Rule},
};
use skolhus_persistence::{Tx, duty, organisation::school_unit};
use utoipa::ToSchema;
use validator::Validate;

use super::duty::{DutyDocument, DutyRoleWord, check_signature};
use crate::http::{
    body::Body,
    catalogue::Code,
    etag::IfMatch,
    patch::Patch,
    period::PeriodDocument,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, saved},
    state::State,
};

/// What to change of a duty; what is absent stays. Another person or another unit is another duty.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateDuty {
    /// As what.
    #[serde(default)]
    #[schema(value_type = Option<DutyRoleWord>, example = "mentor", nullable = false)]
    pub role: Patch<String>,
    /// The short name in schedules; null for none.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "ÅsÖ", min_length = 1, max_length = 10)]
    #[validate(length(min = 1, max = 10))]
    pub signature: Patch<String>,
    /// The days on which the person has the duty; they hold its work in course offerings.
    #[serde(default)]
    #[schema(value_type = Option<PeriodDocument>, nullable = false)]
    pub period: Patch<PeriodDocument>,
}

/// Change a duty
///
/// A merge patch: what is absent stays. A duty ends by getting a last day.
#[utoipa::path(
    operation_id = "updateDuty", tag = "duty",
    extensions(("x-permission" = json!("duty:manage"))),
    params(IdPath),
    request_body(content = UpdateDuty, content_type = "application/merge-patch+json", example = json!({ "period": { "from": "2026-08-01", "to": "2027-06-30" } })),
    responses((status = 200, description = "Its present state.", body = DutyDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[patch("/v1/duties/{id}")]
pub async fn handle(
    permit: Permit<ManageDuties>,
    state: web::Data<State>,
    id: PathId<DutyId>,
    if_match: IfMatch,
    body: Body<UpdateDuty>,
) -> Result<HttpResponse, Problem> {
    let found = state
        .database
        .write(permit.caller(), move |tx, scope| update_duty(tx, scope, id.0, &if_match, &body))
        .await?;
    Ok(saved(found.version, &found))
}

/// The use-case.
///
/// # Errors
/// [`Code::NotFound`], `Stale`, `InvalidFields`; a failure of the database.
pub fn update_duty(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: DutyId,
    if_match: &IfMatch,
    request: &UpdateDuty,
) -> Result<DutyDocument, Problem> {
    let seen = duty::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    duty::lock_unit(tx, scope, seen.value.school_unit)?;
    let before = duty::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    let UpdateDuty { role, signature, period } = request.clone();
    let present = DutyDocument::of(before.clone());
    let mut refusals = Refusals::default();
    let signature = signature.apply(present.signature);
    let fields = (
        refusals.note("/role", role.require(present.role)),
        refusals.note("/period", period.require(present.period)),
    );
    let (Some(role), Some(period)) = fields else { return Err(refusals.into()) };
    let after = NewDuty {
        person: before.value.person,
        school_unit: before.value.school_unit,
        role: &role,
        signature: signature.as_deref(),
        period: period.raw(),
    }
    .validate()?;
    if_match.check_unless(after == before.value, before.version)?;
    if after.period.from() != before.value.period.from() {
        let unit =
            school_unit::find(tx.connection(), scope, after.school_unit)?.ok_or_else(Problem::not_found)?;
        unit.value
            .valid
            .admit("the school unit", after.period.from())
            .map_err(|refusal| refusal.at("/period/from"))?;
    }
    if let Some(work) = duty::days_of_work(tx.connection(), scope, id)?
        && !after.period.covers(&work)
    {
        let detail = format!("the duty works {work}; it would be {}", after.period);
        return Err(Refusal::new(Rule::OutsidePeriod, detail).at("/period").into());
    }
    check_signature(tx.connection(), scope, id, &after)?;
    let saved = duty::update_many(tx, scope, &[(before, after)])?;
    saved.into_iter().next().map(DutyDocument::of).ok_or_else(|| Problem::new(Code::Internal))
}
