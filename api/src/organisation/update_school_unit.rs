use actix_web::{HttpResponse, patch, web};
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ManageOrganisation},
    id::SchoolUnitId,
    refusal::{Refusal, Refusals, Rule},
};
use skolhus_persistence::{
    Tx,
    organisation::{controller, school_unit},
};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::school_unit::{Fields, SchoolUnitDocument, UnitCodeDocument};
use crate::http::{
    body::Body,
    etag::IfMatch,
    patch::Patch,
    period::PeriodDocument,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, saved},
    state::State,
};

/// What to change of a school unit; what is absent stays.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateSchoolUnit {
    /// Its name.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "Väggarps folkhögskola", min_length = 1, max_length = 200, nullable = false)]
    #[validate(length(min = 1, max = 200))]
    pub name: Patch<String>,
    /// The controller (personuppgiftsansvarig) it belongs to.
    #[serde(default)]
    #[schema(value_type = Option<Uuid>, example = "0199a3f0-7c00-7000-8000-0000000000b1", nullable = false)]
    pub controller_id: Patch<Uuid>,
    /// Its school types; replaces them all.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>, example = json!(["FHS", "SFI"]), nullable = false)]
    pub school_types: Patch<Vec<String>>,
    /// Its codes; replaces them all.
    #[serde(default)]
    #[schema(value_type = Option<Vec<UnitCodeDocument>>, nullable = false)]
    pub codes: Patch<Vec<UnitCodeDocument>>,
    /// The days on which it exists.
    #[serde(default)]
    #[schema(value_type = Option<PeriodDocument>, nullable = false)]
    pub valid: Patch<PeriodDocument>,
    /// Whether it may be used for new things.
    #[serde(default)]
    #[schema(value_type = Option<bool>, nullable = false)]
    pub active: Patch<bool>,
}

/// Change a school unit
///
/// A merge patch: what is absent stays. Asking for what is already so changes nothing.
#[utoipa::path(
    operation_id = "updateSchoolUnit", tag = "organisation",
    extensions(("x-permission" = json!("organisation:manage"))),
    params(IdPath),
    request_body(content = UpdateSchoolUnit, content_type = "application/merge-patch+json", example = json!({ "name": "Väggarps folkhögskola" })),
    responses((status = 200, description = "Its present state.", body = SchoolUnitDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[patch("/v1/school-units/{id}")]
pub async fn handle(
    permit: Permit<ManageOrganisation>,
    state: web::Data<State>,
    id: PathId<SchoolUnitId>,
    if_match: IfMatch,
    body: Body<UpdateSchoolUnit>,
) -> Result<HttpResponse, Problem> {
    let unit = state
        .database
        .write(permit.caller(), move |tx, scope| update_school_unit(tx, scope, id.0, &if_match, &body))
        .await?;
    Ok(saved(unit.version, &unit))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`, `InvalidFields`; a failure of the database.
pub fn update_school_unit(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: SchoolUnitId,
    if_match: &IfMatch,
    request: &UpdateSchoolUnit,
) -> Result<SchoolUnitDocument, Problem> {
    let before = school_unit::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    let fields = merge(request.clone(), SchoolUnitDocument::of(before.clone()))?;
    let after = fields.validate(tx.connection())?;
    if_match.check_unless(after == before.value, before.version)?;
    if after.controller != before.value.controller
        && !controller::exists(tx.connection(), scope, after.controller)?
    {
        return Err(Refusal::new(Rule::UnknownReference, "there is no such controller")
            .at("/controllerId")
            .into());
    }
    if after.valid != before.value.valid {
        school_unit::lock(tx, id)?;
        if let Some((name, period)) = school_unit::left_outside(tx.connection(), scope, id, &after.valid)? {
            let detail = format!("{name} ({period}) would lie outside the unit's days, {}", after.valid);
            return Err(Refusal::new(Rule::OutsidePeriod, detail).at("/valid").into());
        }
    }
    let saved = school_unit::update(tx, scope, &before, &after)?;
    Ok(SchoolUnitDocument::of(saved))
}

fn merge(request: UpdateSchoolUnit, present: SchoolUnitDocument) -> Result<Fields, Problem> {
    let UpdateSchoolUnit { name, controller_id, school_types, codes, valid, active } = request;
    let mut refusals = Refusals::default();
    let fields = (
        refusals.note("/name", name.require(present.name)),
        refusals.note("/controllerId", controller_id.require(present.controller_id)),
        refusals.note("/schoolTypes", school_types.require(present.school_types)),
        refusals.note("/codes", codes.require(present.codes)),
        refusals.note("/valid", valid.require(present.valid)),
        refusals.note("/active", active.require(present.active)),
    );
    match fields {
        (Some(name), Some(controller_id), Some(school_types), Some(codes), Some(valid), Some(active)) => {
            Ok(Fields { name, controller_id, school_types, codes, valid, active })
        }
        _ => Err(refusals.into()),
    }
}
