use actix_web::{HttpRequest, HttpResponse, get, web};
use skolhus_domain::{
    access::{Scope, declared::ReadRelations},
    id::ContactBanId,
};
use skolhus_persistence::{DatabaseConnection, person::contact_ban};

use super::document::ContactBanDocument;
use crate::http::{
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, show},
    state::State,
};

/// Read a contact ban
///
/// One ban or barred relative, and what waits for a second person.
#[utoipa::path(
    operation_id = "getContactBan", tag = "person",
    extensions(("x-permission" = json!("relation:read"))),
    params(IdPath),
    responses(
        (status = 200, description = "The ban.", body = ContactBanDocument, headers(("ETag" = String, description = "Its version."))),
        (status = 304, description = "It is the version named in `If-None-Match`."),
    )
)]
#[get("/v1/contact-bans/{id}")]
pub async fn handle(
    permit: Permit<ReadRelations>,
    state: web::Data<State>,
    id: PathId<ContactBanId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let ban = state
        .database
        .read(permit.caller(), move |connection, scope| get_contact_ban(connection, scope, id.0))
        .await?;
    Ok(show(&request, ban.version, &ban))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; a failure of the database.
pub fn get_contact_ban(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: ContactBanId,
) -> Result<ContactBanDocument, Problem> {
    let view = contact_ban::find(connection, scope, id)?.ok_or_else(Problem::not_found)?;
    Ok(ContactBanDocument::of(&view))
}
