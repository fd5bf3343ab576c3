use actix_web::{HttpResponse, http::StatusCode, post, web};
use chrono::NaiveDate;
use serde::Deserialize;
use serde_json::json;
use skolhus_domain::{
    access::{Scope, declared::ManageOrganisation},
    id::{Id, SchoolUnitId, TermId},
    organisation::{Term, no_overlapping_term},
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{
    Tx,
    organisation::{school_unit, term},
};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{
    get_term::get_term,
    term::{Fields, TermDocument, TermKindCode},
    whole_organiser,
};
use crate::http::{
    body::Body,
    idempotency::{IdempotencyKey, Made},
    permit::Permit,
    problem::Problem,
    resource::created,
    state::State,
};

/// A term to enter.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateTerm {
    /// Its id, if the caller brings one; else a fresh one is given.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000d1")]
    pub id: Option<Uuid>,
    /// The school unit whose term it is; null or absent for a term of the whole organiser.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000a1")]
    pub school_unit_id: Option<Uuid>,
    /// Autumn, spring or summer; it must fit the days.
    #[schema(example = "ht")]
    pub kind: TermKindCode,
    /// What people call it.
    #[validate(length(min = 1, max = 100))]
    #[schema(example = "HT 2026", min_length = 1, max_length = 100)]
    pub name: String,
    /// The first day, 1900-01-01 to 2199-12-31.
    #[schema(example = "2026-08-17")]
    pub first_day: NaiveDate,
    /// The last day, at most 366 days after the first.
    #[schema(example = "2026-12-18")]
    pub last_day: NaiveDate,
}

/// Enter a term
///
/// A term (termin) of one school unit, or of the whole organiser. Terms of the same owner and kind share no day.
/// Only those who work for the whole organiser enter terms that hold for all of it.
#[utoipa::path(
    operation_id = "createTerm", tag = "organisation",
    extensions(("x-permission" = json!("organisation:manage")), ("x-idempotent" = json!(true))),
    request_body(content = CreateTerm, example = json!({
        "kind": "ht", "name": "HT 2026", "firstDay": "2026-08-17", "lastDay": "2026-12-18"
    })),
    responses((status = 201, description = "It is entered.", body = TermDocument,
        headers(("ETag" = String, description = "Its version."), ("Location" = String, description = "Its address."))))
)]
#[post("/v1/terms")]
pub async fn handle(
    permit: Permit<ManageOrganisation>,
    state: web::Data<State>,
    key: IdempotencyKey,
    body: Body<CreateTerm>,
) -> Result<HttpResponse, Problem> {
    let (caller, fresh) = (permit.caller().clone(), state.fresh::<TermId>());
    let made = state
        .database
        .write(permit.caller(), move |tx, scope| {
            key.once(
                tx,
                scope,
                &caller,
                &body.bytes,
                |tx, scope| {
                    let answer = create_term(tx, scope, fresh, &body)?;
                    Ok(Made { status: StatusCode::CREATED, handle: json!(answer.id), answer })
                },
                |tx, scope, handle| {
                    let id = handle
                        .as_str()
                        .and_then(|id| Uuid::try_parse(id).ok())
                        .ok_or_else(Problem::not_found)?;
                    get_term(tx.connection(), scope, Id::from_uuid(id))
                },
            )
        })
        .await?;
    let location = format!("/v1/terms/{}", made.answer.id);
    Ok(created(made.status, location, made.answer.version, &made.answer))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotPermitted`], `InvalidFields`; a failure of the database.
pub fn create_term(
    tx: &mut Tx<'_>,
    scope: &Scope,
    fresh: TermId,
    request: &CreateTerm,
) -> Result<TermDocument, Problem> {
    let CreateTerm { id, school_unit_id, kind, name, first_day, last_day } = request.clone();
    let owner = school_unit_id.map(SchoolUnitId::from_uuid);
    if owner.is_none() {
        whole_organiser(scope)?;
    }
    // One at a time, so that two terms entered at once cannot share a day.
    term::lock_owner(tx, scope, owner)?;
    let new = Fields { school_unit_id, kind, name, first_day, last_day }.validate()?;
    admit(tx, scope, &new, None)?;
    let id = id.map_or(fresh, Id::from_uuid);
    if term::is_taken(tx.connection(), scope, id)? {
        return Err(Refusal::new(Rule::Duplicate, "the id is in use").at("/id").into());
    }
    let saved = term::insert(tx, scope, id, &new)?;
    Ok(TermDocument::of(saved, &[]))
}

/// Checks a term against the unit whose it is and the owner's other terms.
pub(super) fn admit(
    tx: &mut Tx<'_>,
    scope: &Scope,
    new: &Term,
    present: Option<TermId>,
) -> Result<(), Problem> {
    if let Some(unit) = new.school_unit {
        let unit = school_unit::find(tx.connection(), scope, unit)?.ok_or_else(|| {
            Refusal::new(Rule::UnknownReference, "there is no such school unit").at("/schoolUnitId")
        })?;
        unit.value.admit(&new.period, "/firstDay", "/lastDay")?;
    }
    let others = term::overlapping(tx.connection(), scope, new, present)?;
    no_overlapping_term(new, others.iter().map(|other| &other.value))?;
    Ok(())
}
