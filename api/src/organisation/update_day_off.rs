use actix_web::{HttpResponse, patch, web};
use chrono::NaiveDate;
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ManageOrganisation},
    id::DayOffId,
    organisation::DayOff,
    refusal::Refusals,
};
use skolhus_persistence::{
    Tx,
    organisation::{day_off, term},
};
use utoipa::ToSchema;
use validator::Validate;

use super::day_off::{DayOffDocument, DayOffKindCode, Fields};
use crate::http::{
    body::Body,
    etag::IfMatch,
    patch::Patch,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, saved},
    state::State,
};

/// What to change of a day off; what is absent stays.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateDayOff {
    /// Why there is no school.
    #[serde(default)]
    #[schema(value_type = Option<DayOffKindCode>, example = "holiday", nullable = false)]
    pub kind: Patch<DayOffKindCode>,
    /// What people call it.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "Höstlov", min_length = 1, max_length = 100, nullable = false)]
    #[validate(length(min = 1, max = 100))]
    pub name: Patch<String>,
    /// The first day.
    #[serde(default)]
    #[schema(value_type = Option<NaiveDate>, example = "2026-10-26", nullable = false)]
    pub first_day: Patch<NaiveDate>,
    /// The last day.
    #[serde(default)]
    #[schema(value_type = Option<NaiveDate>, example = "2026-10-30", nullable = false)]
    pub last_day: Patch<NaiveDate>,
}

/// Change a day off
///
/// A merge patch: what is absent stays. Asking for what is already so changes nothing. The term stays.
#[utoipa::path(
    operation_id = "updateDayOff", tag = "organisation",
    extensions(("x-permission" = json!("organisation:manage"))),
    params(IdPath),
    request_body(content = UpdateDayOff, content_type = "application/merge-patch+json", example = json!({ "lastDay": "2026-11-01" })),
    responses((status = 200, description = "Its present state.", body = DayOffDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[patch("/v1/days-off/{id}")]
pub async fn handle(
    permit: Permit<ManageOrganisation>,
    state: web::Data<State>,
    id: PathId<DayOffId>,
    if_match: IfMatch,
    body: Body<UpdateDayOff>,
) -> Result<HttpResponse, Problem> {
    let now = state
        .database
        .write(permit.caller(), move |tx, scope| update_day_off(tx, scope, id.0, &if_match, &body))
        .await?;
    Ok(saved(now.version, &now))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`, `InvalidFields`; a failure of the database.
pub fn update_day_off(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: DayOffId,
    if_match: &IfMatch,
    request: &UpdateDayOff,
) -> Result<DayOffDocument, Problem> {
    let before = day_off::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    let within = before.value.term;
    term::lock(tx, within)?;
    let term = term::find(tx.connection(), scope, within)?.ok_or_else(Problem::not_found)?;
    let after = merge(request.clone(), &before.value)?.validate(within, &term.value)?;
    if_match.check_unless(after == before.value, before.version)?;
    let saved = day_off::update(tx, scope, &before, &after)?;
    Ok(DayOffDocument::of(saved))
}

fn merge(request: UpdateDayOff, present: &DayOff) -> Result<Fields, Problem> {
    let UpdateDayOff { kind, name, first_day, last_day } = request;
    let (first, last) = (present.period.from(), present.period.to());
    let mut refusals = Refusals::default();
    let fields = (
        refusals.note("/kind", kind.require(present.kind.into())),
        refusals.note("/name", name.require(present.name.as_str().to_owned())),
        refusals.note("/firstDay", first_day.require(first)),
        refusals.note("/lastDay", last_day.require(last.unwrap_or(first))),
    );
    match fields {
        (Some(kind), Some(name), Some(first_day), Some(last_day)) => {
            Ok(Fields { kind, name, first_day, last_day })
        }
        _ => Err(refusals.into()),
    }
}
