use actix_web::{HttpResponse, http::StatusCode, post, web};
use chrono::NaiveDate;
use serde::Deserialize;
use serde_json::json;
use skolhus_domain::{
    access::{Scope, declared::RequestLeave},
    attendance::NewLeaveRequest,
    id::{Id, LeaveRequestId, PersonId},
    person::relation::{Adulthood, Right, adulthood},
    refusal::{Refusal, Refusals, Rule},
};
use skolhus_persistence::{
    Tx,
    attendance::{absence_report, leave_request},
};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{document::LeaveRequestDocument, get_request::get_request};
use crate::http::{
    body::Body,
    idempotency::{IdempotencyKey, Made},
    permit::Permit,
    problem::Problem,
    resource::created,
    state::State,
};

/// Leave to ask for.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = CreateLeaveRequest)]
pub struct CreateRequest {
    /// Whose leave.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub person_id: Uuid,
    /// The first day, today at the earliest.
    #[schema(example = "2026-10-12")]
    pub first_day: NaiveDate,
    /// The last day, at most a year later.
    #[schema(example = "2026-10-14")]
    pub last_day: NaiveDate,
    /// Why. Who decides reads it.
    #[validate(length(min = 1, max = 500))]
    #[schema(example = "Kusinens bröllop i Kiruna", min_length = 1, max_length = 500)]
    pub reason: String,
}

/// Ask for leave
///
/// Ledighetsansökan: by a guardian with the right to decide, or by somebody of age for themselves. It waits until the
/// mentor or the principal has decided; more than ten days are the principal's to decide (skollagen 7:18).
#[utoipa::path(
    operation_id = "createLeaveRequest", tag = "attendance",
    extensions(("x-permission" = json!("leave:request")), ("x-idempotent" = json!(true))),
    request_body(content = CreateRequest, example = json!({
        "personId": "0199a3f0-7c00-7000-8000-0000000000c1", "firstDay": "2026-10-12", "lastDay": "2026-10-14",
        "reason": "Kusinens bröllop i Kiruna"
    })),
    responses((status = 201, description = "It is asked for.", body = LeaveRequestDocument,
        headers(("ETag" = String, description = "Its version."), ("Location" = String, description = "Its address."))))
)]
#[post("/v1/leave-requests")]
pub async fn handle(
    permit: Permit<RequestLeave>,
    state: web::Data<State>,
    key: IdempotencyKey,
    body: Body<CreateRequest>,
) -> Result<HttpResponse, Problem> {
    let (caller, fresh) = (permit.caller().clone(), state.fresh::<LeaveRequestId>());
    let made = state
        .database
        .write(permit.caller(), move |tx, scope| {
            key.once(
                tx,
                scope,
                &caller,
                &body.bytes,
                |tx, scope| {
                    let answer = create_request(tx, scope, fresh, &body)?;
                    Ok(Made { status: StatusCode::CREATED, handle: json!(answer.id), answer })
                },
                |tx, scope, handle| {
                    let id = handle
                        .as_str()
                        .and_then(|id| Uuid::try_parse(id).ok())
                        .ok_or_else(Problem::not_found)?;
                    get_request(tx.connection(), scope, Id::from_uuid(id))
                },
            )
        })
        .await?;
    let location = format!("/v1/leave-requests/{}", made.answer.id);
    Ok(created(made.status, location, made.answer.version, &made.answer))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::InvalidFields`], `NotPermitted`; a failure of the database.
pub fn create_request(
    tx: &mut Tx<'_>,
    scope: &Scope,
    fresh: LeaveRequestId,
    request: &CreateRequest,
) -> Result<LeaveRequestDocument, Problem> {
    let CreateRequest { person_id, first_day, last_day, reason } = request;
    let person = PersonId::from_uuid(*person_id);
    let found = absence_report::reportable(tx.connection(), scope, &[person], Right::Decide)?.pop();
    let (Some(me), Some(of)) = (scope.person(), found) else {
        let detail = "there is no such person for whom you ask";
        return Err(Refusal::new(Rule::UnknownReference, detail).at("/personId").into());
    };
    let may_ask = match scope.wards().iter().find(|ward| ward.person == person) {
        Some(ward) => ward.rights.has(Right::Decide),
        None => me == person && adulthood(of.birth_date, scope.today()) == Adulthood::Adult,
    };
    if !may_ask {
        let detail = "leave is asked for by guardians who decide, or by the person when of age";
        return Err(Refusals::from(Refusal::new(Rule::NotPermitted, detail).at("/personId")).into());
    }
    let new = NewLeaveRequest { person, first_day: *first_day, last_day: *last_day, reason };
    let new = new.validate(me, scope.today())?;
    leave_request::insert(tx, scope, fresh, &new)?;
    get_request(tx.connection(), scope, fresh)
}
