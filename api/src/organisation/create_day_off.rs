use actix_web::{HttpResponse, http::StatusCode, post, web};
use chrono::NaiveDate;
use serde::Deserialize;
use serde_json::json;
use skolhus_domain::{
    access::{Scope, declared::ManageOrganisation},
    id::{DayOffId, Id, TermId},
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{
    Tx,
    organisation::{day_off, term},
};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{
    day_off::{DayOffDocument, DayOffKindCode, Fields},
    get_day_off::get_day_off,
};
use crate::http::{
    body::Body,
    idempotency::{IdempotencyKey, Made},
    permit::Permit,
    problem::Problem,
    resource::created,
    state::State,
};

/// A day off to enter.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateDayOff {
    /// Its id, if the caller brings one; else a fresh one is given.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000d7")]
    pub id: Option<Uuid>,
    /// The term within which it lies.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000d1")]
    pub term_id: Uuid,
    /// Why there is no school.
    #[schema(example = "holiday")]
    pub kind: DayOffKindCode,
    /// What people call it.
    #[validate(length(min = 1, max = 100))]
    #[schema(example = "Höstlov", min_length = 1, max_length = 100)]
    pub name: String,
    /// The first day, 1900-01-01 to 2199-12-31.
    #[schema(example = "2026-10-26")]
    pub first_day: NaiveDate,
    /// The last day; the same as the first for a single day.
    #[schema(example = "2026-10-30")]
    pub last_day: NaiveDate,
}

/// Enter a day off
///
/// One or more days of a term without school (lov, studiedag). They lie within the term's days; an error names those.
#[utoipa::path(
    operation_id = "createDayOff", tag = "organisation",
    extensions(("x-permission" = json!("organisation:manage")), ("x-idempotent" = json!(true))),
    request_body(content = CreateDayOff, example = json!({
        "termId": "0199a3f0-7c00-7000-8000-0000000000d1", "kind": "holiday", "name": "Höstlov",
        "firstDay": "2026-10-26", "lastDay": "2026-10-30"
    })),
    responses((status = 201, description = "It is entered.", body = DayOffDocument,
        headers(("ETag" = String, description = "Its version."), ("Location" = String, description = "Its address."))))
)]
#[post("/v1/days-off")]
pub async fn handle(
    permit: Permit<ManageOrganisation>,
    state: web::Data<State>,
    key: IdempotencyKey,
    body: Body<CreateDayOff>,
) -> Result<HttpResponse, Problem> {
    let (caller, fresh) = (permit.caller().clone(), state.fresh::<DayOffId>());
    let made = state
        .database
        .write(permit.caller(), move |tx, scope| {
            key.once(
                tx,
                scope,
                &caller,
                &body.bytes,
                |tx, scope| {
                    let answer = create_day_off(tx, scope, fresh, &body)?;
                    Ok(Made { status: StatusCode::CREATED, handle: json!(answer.id), answer })
                },
                |tx, scope, handle| {
                    let id = handle
                        .as_str()
                        .and_then(|id| Uuid::try_parse(id).ok())
                        .ok_or_else(Problem::not_found)?;
                    get_day_off(tx.connection(), scope, Id::from_uuid(id))
                },
            )
        })
        .await?;
    let location = format!("/v1/days-off/{}", made.answer.id);
    Ok(created(made.status, location, made.answer.version, &made.answer))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::InvalidFields`]; a failure of the database.
pub fn create_day_off(
    tx: &mut Tx<'_>,
    scope: &Scope,
    fresh: DayOffId,
    request: &CreateDayOff,
) -> Result<DayOffDocument, Problem> {
    let CreateDayOff { id, term_id, kind, name, first_day, last_day } = request.clone();
    let within = TermId::from_uuid(term_id);
    // Held, so that the term's days stay while this day is placed among them.
    term::lock(tx, within)?;
    let term = term::find(tx.connection(), scope, within)?.ok_or_else(|| {
        Refusal::new(Rule::UnknownReference, "there is no such term whose days off you may enter")
            .at("/termId")
    })?;
    let new = Fields { kind, name, first_day, last_day }.validate(within, &term.value)?;
    let id = id.map_or(fresh, Id::from_uuid);
    if day_off::is_taken(tx.connection(), scope, id)? {
        return Err(Refusal::new(Rule::Duplicate, "the id is in use").at("/id").into());
    }
    let saved = day_off::insert(tx, scope, id, &new)?;
    Ok(DayOffDocument::of(saved))
}
