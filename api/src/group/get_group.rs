use actix_web::{HttpRequest, HttpResponse, get, web};
use skolhus_domain::{
    access::{Scope, declared::ReadGroups},
    id::GroupId,
};
use skolhus_persistence::{
    DatabaseConnection,
    group::{assignment, group},
};

use super::group_document::GroupDocument;
use crate::http::{
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, show},
    state::State,
};

/// Read a group
///
/// One group with who answers for it. Its members are a list of their own.
#[utoipa::path(
    operation_id = "getGroup", tag = "group",
    extensions(("x-permission" = json!("group:read"))),
    params(IdPath),
    responses(
        (status = 200, description = "The group.", body = GroupDocument, headers(("ETag" = String, description = "Its version."))),
        (status = 304, description = "It is the version named in `If-None-Match`."),
    )
)]
#[get("/v1/groups/{id}")]
pub async fn handle(
    permit: Permit<ReadGroups>,
    state: web::Data<State>,
    id: PathId<GroupId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let found = state
        .database
        .read(permit.caller(), move |connection, scope| get_group(connection, scope, id.0))
        .await?;
    Ok(show(&request, found.version, &found))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; a failure of the database.
pub fn get_group(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: GroupId,
) -> Result<GroupDocument, Problem> {
    let saved = group::find(connection, scope, id)?.ok_or_else(Problem::not_found)?;
    let staff = assignment::views(connection, scope, &[id])?.remove(&id).unwrap_or_default();
    Ok(GroupDocument::of(saved, staff, scope))
}
