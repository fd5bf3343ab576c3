use actix_web::{HttpResponse, patch, web};
use skolhus_domain::{
    access::{Scope, declared::ManageProtection},
    id::ContactBanId,
};
use skolhus_persistence::Tx;

use super::open::{opened, shown};
use crate::{
    http::{
        body::Body,
        etag::IfMatch,
        permit::Permit,
        problem::Problem,
        resource::{IdPath, PathId, saved},
        state::State,
    },
    person::{
        contact_ban::{ContactBanDocument, UpdateContactBan, change},
        relation::reason_of,
    },
};

/// Change a contact ban of somebody protected
///
/// As the change of any ban: days more hold at once, days fewer wait for a second person. The access to those of the
/// register whom it concerns is logged with the reason.
#[utoipa::path(
    operation_id = "updateProtectedContactBan", tag = "person",
    extensions(("x-permission" = json!("person:manage-protection"))),
    params(IdPath),
    request_body(content = UpdateContactBan, content_type = "application/merge-patch+json",
        example = json!({ "period": { "from": "2026-08-14", "to": "2028-08-13" }, "reason": "Förlängt av åklagaren till 2028-08-13" })),
    responses((status = 200, description = "Its present state.", body = ContactBanDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[patch("/v1/protected-contact-bans/{id}")]
pub async fn handle(
    permit: Permit<ManageProtection>,
    state: web::Data<State>,
    id: PathId<ContactBanId>,
    if_match: IfMatch,
    body: Body<UpdateContactBan>,
) -> Result<HttpResponse, Problem> {
    let ban = state
        .database
        .write(permit.caller(), move |tx, scope| {
            update_protected_contact_ban(tx, scope, id.0, &if_match, &body)
        })
        .await?;
    Ok(saved(ban.version, &ban))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`, `InvalidFields`; a failure of the database.
pub fn update_protected_contact_ban(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: ContactBanId,
    if_match: &IfMatch,
    request: &UpdateContactBan,
) -> Result<ContactBanDocument, Problem> {
    let (view, grant) = opened(tx, scope, id, &reason_of(&request.reason)?)?;
    change(tx, scope, &view, if_match, request)?;
    shown(tx, scope, id, &grant)
}
