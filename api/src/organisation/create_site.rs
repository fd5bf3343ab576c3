use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde::Deserialize;
use serde_json::json;
use skolhus_domain::{
    access::{Scope, declared::ManageOrganisation},
    id::{Id, SchoolUnitId, SiteId},
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{
    Tx,
    organisation::{school_unit, site},
};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{
    get_site::get_site,
    site::{Fields, SiteDocument},
};
use crate::http::{
    body::Body,
    idempotency::{IdempotencyKey, Made},
    period::PeriodDocument,
    permit::Permit,
    problem::Problem,
    resource::created,
    state::State,
};

/// A site to enter.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateSite {
    /// Its id, if the caller brings one; else a fresh one is given.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub id: Option<Uuid>,
    /// The school unit that teaches there.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000a1")]
    pub school_unit_id: Uuid,
    /// What people call it.
    #[validate(length(min = 1, max = 200))]
    #[schema(example = "Filialen i Ängelholm", min_length = 1, max_length = 200)]
    pub name: String,
    /// The municipality it lies in (kommunkod): four digits.
    #[validate(length(min = 4, max = 4))]
    #[schema(example = "1292", min_length = 4, max_length = 4, pattern = "^[0-9]{4}$")]
    pub municipality_code: String,
    /// Its address as it is written on a letter, in lines.
    #[validate(length(min = 1, max = 500))]
    #[schema(example = "Storgatan 1\n262 32 Ängelholm", min_length = 1, max_length = 500)]
    pub address: Option<String>,
    /// The days on which it is in use; within those on which the unit exists.
    #[validate(nested)]
    pub valid: PeriodDocument,
}

/// Enter a site
///
/// A new site (filial) of a school unit, with the municipality it lies in.
#[utoipa::path(
    operation_id = "createSite", tag = "organisation",
    extensions(("x-permission" = json!("organisation:manage")), ("x-idempotent" = json!(true))),
    request_body(content = CreateSite, example = json!({
        "schoolUnitId": "0199a3f0-7c00-7000-8000-0000000000a1", "name": "Filialen i Ängelholm",
        "municipalityCode": "1292", "address": "Storgatan 1\n262 32 Ängelholm", "valid": { "from": "2024-08-01" }
    })),
    responses((status = 201, description = "It is entered.", body = SiteDocument,
        headers(("ETag" = String, description = "Its version."), ("Location" = String, description = "Its address."))))
)]
#[post("/v1/sites")]
pub async fn handle(
    permit: Permit<ManageOrganisation>,
    state: web::Data<State>,
    key: IdempotencyKey,
    body: Body<CreateSite>,
) -> Result<HttpResponse, Problem> {
    let (caller, fresh) = (permit.caller().clone(), state.fresh::<SiteId>());
    let made = state
        .database
        .write(permit.caller(), move |tx, scope| {
            key.once(
                tx,
                scope,
                &caller,
                &body.bytes,
                |tx, scope| {
                    let answer = create_site(tx, scope, fresh, &body)?;
                    Ok(Made { status: StatusCode::CREATED, handle: json!(answer.id), answer })
                },
                |tx, scope, handle| {
                    let id = handle
                        .as_str()
                        .and_then(|id| Uuid::try_parse(id).ok())
                        .ok_or_else(Problem::not_found)?;
                    get_site(tx.connection(), scope, Id::from_uuid(id))
                },
            )
        })
        .await?;
    let location = format!("/v1/sites/{}", made.answer.id);
    Ok(created(made.status, location, made.answer.version, &made.answer))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::InvalidFields`]; a failure of the database.
pub fn create_site(
    tx: &mut Tx<'_>,
    scope: &Scope,
    fresh: SiteId,
    request: &CreateSite,
) -> Result<SiteDocument, Problem> {
    let CreateSite { id, school_unit_id, name, municipality_code, address, valid } = request.clone();
    let unit_id = SchoolUnitId::from_uuid(school_unit_id);
    school_unit::lock(tx, unit_id)?;
    let unit = school_unit::find(tx.connection(), scope, unit_id)?.ok_or_else(|| {
        Refusal::new(Rule::UnknownReference, "there is no such school unit").at("/schoolUnitId")
    })?;
    let new = Fields { name, municipality_code, address, valid }.validate(unit_id)?;
    unit.value.admit(&new.valid, "/valid/from", "/valid/to")?;
    let id = id.map_or(fresh, Id::from_uuid);
    if site::is_taken(tx.connection(), scope, id)? {
        return Err(Refusal::new(Rule::Duplicate, "the id is in use").at("/id").into());
    }
    let saved = site::insert(tx, scope, id, &new)?;
    Ok(SiteDocument::of(saved))
}
