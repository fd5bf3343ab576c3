use actix_web::{HttpResponse, patch, web};
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ManageOrganisation},
    id::SiteId,
    organisation::Site,
    refusal::Refusals,
};
use skolhus_persistence::{
    Tx,
    organisation::{school_unit, site},
};
use utoipa::ToSchema;
use validator::Validate;

use super::site::{Fields, SiteDocument};
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

/// What to change of a site; what is absent stays.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateSite {
    /// What people call it.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "Filialen i Ängelholm", min_length = 1, max_length = 200, nullable = false)]
    #[validate(length(min = 1, max = 200))]
    pub name: Patch<String>,
    /// The municipality it lies in (kommunkod).
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "1292", min_length = 4, max_length = 4, pattern = "^[0-9]{4}$", nullable = false)]
    #[validate(length(min = 4, max = 4))]
    pub municipality_code: Patch<String>,
    /// Its address as it is written on a letter, in lines; null removes it.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "Storgatan 1\n262 32 Ängelholm", min_length = 1, max_length = 500)]
    #[validate(length(min = 1, max = 500))]
    pub address: Patch<String>,
    /// The days on which it is in use.
    #[serde(default)]
    #[schema(value_type = Option<PeriodDocument>, nullable = false)]
    pub valid: Patch<PeriodDocument>,
}

/// Change a site
///
/// A merge patch: what is absent stays. Asking for what is already so changes nothing. Its school unit stays.
#[utoipa::path(
    operation_id = "updateSite", tag = "organisation",
    extensions(("x-permission" = json!("organisation:manage"))),
    params(IdPath),
    request_body(content = UpdateSite, content_type = "application/merge-patch+json", example = json!({ "name": "Filialen i Ängelholm", "address": null })),
    responses((status = 200, description = "Its present state.", body = SiteDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[patch("/v1/sites/{id}")]
pub async fn handle(
    permit: Permit<ManageOrganisation>,
    state: web::Data<State>,
    id: PathId<SiteId>,
    if_match: IfMatch,
    body: Body<UpdateSite>,
) -> Result<HttpResponse, Problem> {
    let now = state
        .database
        .write(permit.caller(), move |tx, scope| update_site(tx, scope, id.0, &if_match, &body))
        .await?;
    Ok(saved(now.version, &now))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`, `InvalidFields`; a failure of the database.
pub fn update_site(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: SiteId,
    if_match: &IfMatch,
    request: &UpdateSite,
) -> Result<SiteDocument, Problem> {
    let before = site::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    let unit_id = before.value.school_unit;
    let after = merge(request.clone(), &before.value)?.validate(unit_id)?;
    if_match.check_unless(after == before.value, before.version)?;
    if after.valid != before.value.valid {
        school_unit::lock(tx, unit_id)?;
        let unit = school_unit::find(tx.connection(), scope, unit_id)?.ok_or_else(Problem::not_found)?;
        unit.value.admit(&after.valid, "/valid/from", "/valid/to")?;
    }
    let saved = site::update(tx, scope, &before, &after)?;
    Ok(SiteDocument::of(saved))
}

fn merge(request: UpdateSite, present: &Site) -> Result<Fields, Problem> {
    let UpdateSite { name, municipality_code, address, valid } = request;
    let mut refusals = Refusals::default();
    let fields = (
        refusals.note("/name", name.require(present.name.as_str().to_owned())),
        refusals
            .note("/municipalityCode", municipality_code.require(present.municipality.as_str().to_owned())),
        refusals.note("/valid", valid.require(PeriodDocument::of(present.valid))),
    );
    let address = address.apply(present.address.as_ref().map(|address| address.as_str().to_owned()));
    match fields {
        (Some(name), Some(municipality_code), Some(valid)) => {
            Ok(Fields { name, municipality_code, address, valid })
        }
        _ => Err(refusals.into()),
    }
}
