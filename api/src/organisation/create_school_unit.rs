use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde::Deserialize;
use serde_json::json;
use skolhus_domain::{
    access::{Scope, declared::ManageOrganisation},
    id::{Id, SchoolUnitId},
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{
    Tx,
    organisation::{controller, school_unit},
};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{
    get_school_unit::get_school_unit,
    school_unit::{Fields, SchoolUnitDocument, UnitCodeDocument},
    whole_organiser,
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

/// A school unit to enter.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateSchoolUnit {
    /// Its id, if the caller brings one; else a fresh one is given.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000a1")]
    pub id: Option<Uuid>,
    /// Its name.
    #[validate(length(min = 1, max = 200))]
    #[schema(example = "Väggarps folkhögskola", min_length = 1, max_length = 200)]
    pub name: String,
    /// The controller (personuppgiftsansvarig) it belongs to.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000b1")]
    pub controller_id: Uuid,
    /// Its school types, as codes of SS 12000; at least one.
    #[validate(length(min = 1, max = 40))]
    #[schema(example = json!(["FHS"]), min_items = 1, max_items = 40)]
    pub school_types: Vec<String>,
    /// Its codes with others; none is compulsory.
    #[serde(default)]
    #[validate(length(max = 100), nested)]
    #[schema(max_items = 100)]
    pub codes: Vec<UnitCodeDocument>,
    /// The days on which it exists.
    #[validate(nested)]
    pub valid: PeriodDocument,
    /// Whether it may be used for new things. True unless said otherwise.
    #[serde(default = "yes")]
    #[schema(default = true)]
    pub active: bool,
}

fn yes() -> bool {
    true
}

/// Enter a school unit
///
/// A new school unit (skolenhet) of the organiser. Only those who work for the whole organiser may.
#[utoipa::path(
    operation_id = "createSchoolUnit", tag = "organisation",
    extensions(("x-permission" = json!("organisation:manage")), ("x-idempotent" = json!(true))),
    request_body(content = CreateSchoolUnit, example = json!({
        "name": "Väggarps folkhögskola", "controllerId": "0199a3f0-7c00-7000-8000-0000000000b1",
        "schoolTypes": ["FHS"], "valid": { "from": "1998-07-01" },
        "codes": [{ "kind": "school-unit-code", "value": "12345678", "valid": { "from": "2012-07-01" } }]
    })),
    responses((status = 201, description = "It is entered.", body = SchoolUnitDocument,
        headers(("ETag" = String, description = "Its version."), ("Location" = String, description = "Its address."))))
)]
#[post("/v1/school-units")]
pub async fn handle(
    permit: Permit<ManageOrganisation>,
    state: web::Data<State>,
    key: IdempotencyKey,
    body: Body<CreateSchoolUnit>,
) -> Result<HttpResponse, Problem> {
    let (caller, fresh) = (permit.caller().clone(), state.fresh::<SchoolUnitId>());
    let made = state
        .database
        .write(permit.caller(), move |tx, scope| {
            key.once(
                tx,
                scope,
                &caller,
                &body.bytes,
                |tx, scope| {
                    let answer = create_school_unit(tx, scope, fresh, &body)?;
                    Ok(Made { status: StatusCode::CREATED, handle: json!(answer.id), answer })
                },
                |tx, scope, handle| {
                    let id = handle
                        .as_str()
                        .and_then(|id| Uuid::try_parse(id).ok())
                        .ok_or_else(Problem::not_found)?;
                    get_school_unit(tx.connection(), scope, Id::from_uuid(id))
                },
            )
        })
        .await?;
    let location = format!("/v1/school-units/{}", made.answer.id);
    Ok(created(made.status, location, made.answer.version, &made.answer))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotPermitted`] for those whose reach is a part of the organiser;
/// `InvalidFields`; a failure of the database.
pub fn create_school_unit(
    tx: &mut Tx<'_>,
    scope: &Scope,
    fresh: SchoolUnitId,
    request: &CreateSchoolUnit,
) -> Result<SchoolUnitDocument, Problem> {
    whole_organiser(scope)?;
    let CreateSchoolUnit { id, name, controller_id, school_types, codes, valid, active } = request.clone();
    let unit =
        Fields { name, controller_id, school_types, codes, valid, active }.validate(tx.connection())?;
    if !controller::exists(tx.connection(), scope, unit.controller)? {
        return Err(Refusal::new(Rule::UnknownReference, "there is no such controller")
            .at("/controllerId")
            .into());
    }
    let id = id.map_or(fresh, Id::from_uuid);
    if school_unit::is_taken(tx.connection(), scope, id)? {
        return Err(Refusal::new(Rule::Duplicate, "the id is in use").at("/id").into());
    }
    let saved = school_unit::insert(tx, scope, id, unit)?;
    Ok(SchoolUnitDocument::of(saved))
}
