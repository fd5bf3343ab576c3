use actix_web::{HttpResponse, patch, web};
use chrono::NaiveDate;
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ManageOrganisation},
    id::{Id, TermId},
    organisation::Term,
    refusal::{Refusal, Refusals, Rule},
};
use skolhus_persistence::{
    Tx,
    organisation::{day_off, term},
};
use utoipa::ToSchema;
use validator::Validate;

use super::{
    create_term::admit,
    term::{Fields, TermDocument, TermKindCode},
};
use crate::http::{
    body::Body,
    etag::IfMatch,
    patch::Patch,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, saved},
    state::State,
};

/// What to change of a term; what is absent stays.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateTerm {
    /// Autumn, spring or summer.
    #[serde(default)]
    #[schema(value_type = Option<TermKindCode>, example = "ht", nullable = false)]
    pub kind: Patch<TermKindCode>,
    /// What people call it.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "HT 2026", min_length = 1, max_length = 100, nullable = false)]
    #[validate(length(min = 1, max = 100))]
    pub name: Patch<String>,
    /// The first day.
    #[serde(default)]
    #[schema(value_type = Option<NaiveDate>, example = "2026-08-17", nullable = false)]
    pub first_day: Patch<NaiveDate>,
    /// The last day.
    #[serde(default)]
    #[schema(value_type = Option<NaiveDate>, example = "2026-12-18", nullable = false)]
    pub last_day: Patch<NaiveDate>,
}

/// Change a term
///
/// A merge patch: what is absent stays. Asking for what is already so changes nothing. Its days off must lie
/// within the new days; whose term it is stays.
#[utoipa::path(
    operation_id = "updateTerm", tag = "organisation",
    extensions(("x-permission" = json!("organisation:manage"))),
    params(IdPath),
    request_body(content = UpdateTerm, content_type = "application/merge-patch+json", example = json!({ "lastDay": "2026-12-22" })),
    responses((status = 200, description = "Its present state.", body = TermDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[patch("/v1/terms/{id}")]
pub async fn handle(
    permit: Permit<ManageOrganisation>,
    state: web::Data<State>,
    id: PathId<TermId>,
    if_match: IfMatch,
    body: Body<UpdateTerm>,
) -> Result<HttpResponse, Problem> {
    let now = state
        .database
        .write(permit.caller(), move |tx, scope| update_term(tx, scope, id.0, &if_match, &body))
        .await?;
    Ok(saved(now.version, &now))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`, `InvalidFields`; a failure of the database.
pub fn update_term(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: TermId,
    if_match: &IfMatch,
    request: &UpdateTerm,
) -> Result<TermDocument, Problem> {
    let before = term::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    let after = merge(request.clone(), &before.value)?.validate()?;
    if_match.check_unless(after == before.value, before.version)?;
    // If the term has changed before it is held, its version tells, and all of this runs again.
    term::lock_owner(tx, scope, after.school_unit)?;
    term::lock(tx, id)?;
    admit(tx, scope, &after, Some(id))?;
    let days_off = day_off::of_terms(tx.connection(), scope, &[id])?;
    let mut refusals = Refusals::default();
    for day_off in &days_off {
        let (name, off) = (&day_off.value.name, &day_off.value.period);
        if !after.period.covers(off) {
            let place = if off.from() < after.first_day() { "/firstDay" } else { "/lastDay" };
            let detail = format!("the day off {name} ({off}) would lie outside the term, {}", after.period);
            refusals.0.push(Refusal::new(Rule::OutsidePeriod, detail).at(place));
        }
    }
    refusals.finish()?;
    let saved = term::update(tx, scope, &before, &after)?;
    let days_off: Vec<_> = days_off.into_iter().map(|day_off| day_off.value).collect();
    Ok(TermDocument::of(saved, &days_off))
}

fn merge(request: UpdateTerm, present: &Term) -> Result<Fields, Problem> {
    let UpdateTerm { kind, name, first_day, last_day } = request;
    let mut refusals = Refusals::default();
    let fields = (
        refusals.note("/kind", kind.require(present.kind.into())),
        refusals.note("/name", name.require(present.name.as_str().to_owned())),
        refusals.note("/firstDay", first_day.require(present.first_day())),
        refusals.note("/lastDay", last_day.require(present.last_day())),
    );
    match fields {
        (Some(kind), Some(name), Some(first_day), Some(last_day)) => {
            let school_unit_id = present.school_unit.map(Id::uuid);
            Ok(Fields { school_unit_id, kind, name, first_day, last_day })
        }
        _ => Err(refusals.into()),
    }
}
