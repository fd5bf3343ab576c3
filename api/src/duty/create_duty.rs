use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde::Deserialize;
use serde_json::json;
use skolhus_domain::{
    access::{Scope, declared::ManageDuties},
    duty::NewDuty,
    id::{DutyId, Id},
    refusal::{Refusal, Refusals, Rule},
};
use skolhus_persistence::{Tx, duty, organisation::school_unit, person};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{
    duty::{DutyDocument, DutyRoleWord, check_signature},
    get_duty::get_duty,
};
use crate::http::{
    body::Body,
    catalogue::Code,
    idempotency::{IdempotencyKey, Made},
    period::PeriodDocument,
    permit::Permit,
    problem::Problem,
    resource::created,
    state::State,
};

/// A duty to enter.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateDuty {
    /// Its id, if the caller brings one; else a fresh one is given.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000f1")]
    pub id: Option<Uuid>,
    /// Who.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000e1")]
    pub person_id: Uuid,
    /// Where.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000a1")]
    pub school_unit_id: Uuid,
    /// As what.
    #[schema(value_type = DutyRoleWord, example = "teacher")]
    pub role: String,
    /// The short name in schedules; at a unit one person's at a time.
    #[validate(length(min = 1, max = 10))]
    #[schema(example = "ÅsÖ", min_length = 1, max_length = 10)]
    pub signature: Option<String>,
    /// The days on which the person has the duty.
    #[validate(nested)]
    pub period: PeriodDocument,
}

/// Enter a duty
///
/// A person begins to work at a school unit in a role. What their account may do is another matter.
#[utoipa::path(
    operation_id = "createDuty", tag = "duty",
    extensions(("x-permission" = json!("duty:manage")), ("x-idempotent" = json!(true))),
    request_body(content = CreateDuty, example = json!({
        "personId": "0199a3f0-7c00-7000-8000-0000000000e1", "schoolUnitId": "0199a3f0-7c00-7000-8000-0000000000a1",
        "role": "teacher", "signature": "ÅsÖ", "period": { "from": "2026-08-01" }
    })),
    responses((status = 201, description = "It is entered.", body = DutyDocument,
        headers(("ETag" = String, description = "Its version."), ("Location" = String, description = "Its address."))))
)]
#[post("/v1/duties")]
pub async fn handle(
    permit: Permit<ManageDuties>,
    state: web::Data<State>,
    key: IdempotencyKey,
    body: Body<CreateDuty>,
) -> Result<HttpResponse, Problem> {
    let (caller, fresh) = (permit.caller().clone(), state.fresh::<DutyId>());
    let made = state
        .database
        .write(permit.caller(), move |tx, scope| {
            key.once(
                tx,
                scope,
                &caller,
                &body.bytes,
                |tx, scope| {
                    let answer = create_duty(tx, scope, fresh, &body)?;
                    Ok(Made { status: StatusCode::CREATED, handle: json!(answer.id), answer })
                },
                |tx, scope, handle| {
                    let id = handle
                        .as_str()
                        .and_then(|id| Uuid::try_parse(id).ok())
                        .ok_or_else(Problem::not_found)?;
                    get_duty(tx.connection(), scope, Id::from_uuid(id))
                },
            )
        })
        .await?;
    let location = format!("/v1/duties/{}", made.answer.id);
    Ok(created(made.status, location, made.answer.version, &made.answer))
}

/// The use-case.
///
/// # Errors
/// [`Code::InvalidFields`]; a failure of the database.
pub fn create_duty(
    tx: &mut Tx<'_>,
    scope: &Scope,
    fresh: DutyId,
    request: &CreateDuty,
) -> Result<DutyDocument, Problem> {
    let CreateDuty { id, person_id, school_unit_id, role, signature, period } = request;
    let new = NewDuty {
        person: Id::from_uuid(*person_id),
        school_unit: Id::from_uuid(*school_unit_id),
        role,
        signature: signature.as_deref(),
        period: period.raw(),
    };
    duty::lock_unit(tx, scope, new.school_unit)?;
    let mut refusals = Refusals::default();
    if !person::exists(tx.connection(), scope, new.person)? {
        let refusal = Refusal::new(Rule::UnknownReference, "there is no such person");
        refusals.0.push(refusal.at("/personId"));
    }
    let unit = match school_unit::find(tx.connection(), scope, new.school_unit)? {
        None => Err(Refusal::new(Rule::UnknownReference, "there is no such school unit")),
        Some(unit) => unit.value.valid.admit("the school unit", period.from),
    };
    refusals.note("/schoolUnitId", unit);
    let duty = match new.validate() {
        Ok(duty) => duty,
        Err(more) => {
            refusals.0.extend(more.0);
            return Err(refusals.into());
        }
    };
    refusals.finish()?;
    let id = id.map_or(fresh, Id::from_uuid);
    if duty::is_taken(tx.connection(), scope, id)? {
        return Err(Refusal::new(Rule::Duplicate, "the id is in use").at("/id").into());
    }
    check_signature(tx.connection(), scope, id, &duty)?;
    let saved = duty::insert_many(tx, scope, &[(id, duty)])?;
    saved.into_iter().next().map(DutyDocument::of).ok_or_else(|| Problem::new(Code::Internal))
}
