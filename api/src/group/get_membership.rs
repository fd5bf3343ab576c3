use actix_web::{HttpRequest, HttpResponse, get, web};
use skolhus_domain::{
    access::{Scope, declared::ReadGroups},
    id::MembershipId,
};
use skolhus_persistence::{
    DatabaseConnection,
    group::membership::{self, NamedMembership},
};

use super::membership_document::MembershipDocument;
use crate::http::{
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, show},
    state::State,
};

/// Read a membership
///
/// One membership of a person in a group. One of somebody with protected identity is there for their own
/// teachers alone, under the name that the handling plan shows.
#[utoipa::path(
    operation_id = "getGroupMembership", tag = "group",
    extensions(("x-permission" = json!("group:read"))),
    params(IdPath),
    responses(
        (status = 200, description = "The membership.", body = MembershipDocument, headers(("ETag" = String, description = "Its version."))),
        (status = 304, description = "It is the version named in `If-None-Match`."),
    )
)]
#[get("/v1/group-memberships/{id}")]
pub async fn handle(
    permit: Permit<ReadGroups>,
    state: web::Data<State>,
    id: PathId<MembershipId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let found = state
        .database
        .read(permit.caller(), move |connection, scope| get_membership(connection, scope, id.0))
        .await?;
    Ok(show(&request, found.version, &found))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; a failure of the database.
pub fn get_membership(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: MembershipId,
) -> Result<MembershipDocument, Problem> {
    Ok(MembershipDocument::of(find(connection, scope, id)?))
}

/// A membership with its person's name, or 404.
pub(super) fn find(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: MembershipId,
) -> Result<NamedMembership, Problem> {
    membership::find_named(connection, scope, &[id])?.pop().ok_or_else(Problem::not_found)
}
