use actix_web::{HttpResponse, patch, web};
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ManageOrganisation},
    id::OrganiserId,
    organisation::{NewOrganiser, Organiser},
    refusal::Refusals,
};
use skolhus_persistence::{Tx, organisation::organiser};
use utoipa::ToSchema;
use validator::Validate;

use super::{organiser::OrganiserDocument, whole_organiser};
use crate::http::{
    body::Body,
    etag::IfMatch,
    patch::Patch,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, saved},
    state::State,
};

/// What to change of an organiser; what is absent stays.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateOrganiser {
    /// Its name.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "Väggarps folkhögskoleförening", min_length = 1, max_length = 200, nullable = false)]
    #[validate(length(min = 1, max = 200))]
    pub name: Patch<String>,
    /// Its organisation number, ten digits with or without the hyphen; null removes it.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "802400-0005", min_length = 10, max_length = 13, pattern = "^[0-9]{6}-?[0-9]{4}$")]
    #[validate(length(min = 10, max = 13))]
    pub organisation_number: Patch<String>,
}

/// Change an organiser
///
/// A merge patch: what is absent stays. Asking for what is already so changes nothing. Only those who work for the
/// whole organiser may.
#[utoipa::path(
    operation_id = "updateOrganiser", tag = "organisation",
    extensions(("x-permission" = json!("organisation:manage"))),
    params(IdPath),
    request_body(content = UpdateOrganiser, content_type = "application/merge-patch+json", example = json!({ "organisationNumber": "802400-0005" })),
    responses((status = 200, description = "Its present state.", body = OrganiserDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[patch("/v1/organisers/{id}")]
pub async fn handle(
    permit: Permit<ManageOrganisation>,
    state: web::Data<State>,
    id: PathId<OrganiserId>,
    if_match: IfMatch,
    body: Body<UpdateOrganiser>,
) -> Result<HttpResponse, Problem> {
    let now = state
        .database
        .write(permit.caller(), move |tx, scope| update_organiser(tx, scope, id.0, &if_match, &body))
        .await?;
    Ok(saved(now.version, &now))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `NotPermitted`, `Stale`, `InvalidFields`; a failure of the database.
pub fn update_organiser(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: OrganiserId,
    if_match: &IfMatch,
    request: &UpdateOrganiser,
) -> Result<OrganiserDocument, Problem> {
    let own = organiser::find_own(tx.connection(), scope)?.filter(|own| own.id == id);
    let before = own.ok_or_else(Problem::not_found)?;
    whole_organiser(scope)?;
    let after = merge(request.clone(), &before.value)?;
    if_match.check_unless(after == before.value, before.version)?;
    let saved = organiser::update(tx, &before, &after)?;
    Ok(OrganiserDocument::of(saved))
}

fn merge(request: UpdateOrganiser, present: &Organiser) -> Result<Organiser, Problem> {
    let UpdateOrganiser { name, organisation_number } = request;
    let mut refusals = Refusals::default();
    let name = refusals.note("/name", name.require(present.name.as_str().to_owned()));
    let number = organisation_number.apply(present.organisation_number.as_ref().map(ToString::to_string));
    let Some(name) = name else { return Err(refusals.into()) };
    let raw = NewOrganiser { name: &name, organisation_number: number.as_deref() };
    raw.validate().map_err(Problem::from)
}
