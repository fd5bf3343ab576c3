use actix_web::{HttpResponse, post, web};
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::DisclosePersons},
    id::ContactBanId,
};
use skolhus_persistence::Tx;
use utoipa::ToSchema;
use validator::Validate;

use super::open::opened;
use crate::{
    http::{
        body::Body,
        permit::Permit,
        problem::Problem,
        resource::{IdPath, PathId, saved},
        state::State,
    },
    person::{contact_ban::ContactBanDocument, relation::reason_of},
};

/// Why a ban is read.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DiscloseProtectedContactBan {
    /// The reason, as it will stand in the log; it tells nothing of the persons.
    #[validate(length(min = 5, max = 500))]
    #[schema(example = "Frågor från förskolan om hämtning", min_length = 5, max_length = 500)]
    pub reason: String,
}

/// Read a contact ban of somebody protected
///
/// One ban with a protected person at either end, and what waits for a second person. The access to those of the
/// register whom it concerns is logged with the reason.
#[utoipa::path(
    operation_id = "discloseProtectedContactBan", tag = "person",
    extensions(("x-permission" = json!("person:disclose"))),
    params(IdPath),
    request_body(content = DiscloseProtectedContactBan, example = json!({ "reason": "Frågor från förskolan om hämtning" })),
    responses((status = 200, description = "The ban.", body = ContactBanDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[post("/v1/protected-contact-bans/{id}/disclosure")]
pub async fn handle(
    permit: Permit<DisclosePersons>,
    state: web::Data<State>,
    id: PathId<ContactBanId>,
    body: Body<DiscloseProtectedContactBan>,
) -> Result<HttpResponse, Problem> {
    let ban = state
        .database
        .write(permit.caller(), move |tx, scope| disclose_protected_contact_ban(tx, scope, id.0, &body))
        .await?;
    Ok(saved(ban.version, &ban))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `InvalidFields`; a failure of the database.
pub fn disclose_protected_contact_ban(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: ContactBanId,
    request: &DiscloseProtectedContactBan,
) -> Result<ContactBanDocument, Problem> {
    let (view, _) = opened(tx, scope, id, &reason_of(&request.reason)?)?;
    Ok(ContactBanDocument::of(&view))
}
