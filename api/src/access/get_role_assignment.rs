use actix_web::{HttpRequest, HttpResponse, get, web};
use skolhus_domain::{
    access::{Scope, declared::ManageAccounts},
    id::RoleAssignmentId,
};
use skolhus_persistence::{DatabaseConnection, identity::role_assignment};

use super::role_assignment::RoleAssignmentDocument;
use crate::http::{
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, show},
    state::State,
};

/// Read a role assignment
///
/// One role given to an account.
#[utoipa::path(
    operation_id = "getRoleAssignment", tag = "access",
    extensions(("x-permission" = json!("account:manage"))),
    params(IdPath),
    responses(
        (status = 200, description = "Its present state.", body = RoleAssignmentDocument, headers(("ETag" = String, description = "Its version."))),
        (status = 304, description = "It is the version named in `If-None-Match`."),
    )
)]
#[get("/v1/role-assignments/{id}")]
pub async fn handle(
    permit: Permit<ManageAccounts>,
    state: web::Data<State>,
    id: PathId<RoleAssignmentId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let found = state
        .database
        .read(permit.caller(), move |connection, scope| get_role_assignment(connection, scope, id.0))
        .await?;
    Ok(show(&request, found.version, &found))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; a failure of the database.
pub fn get_role_assignment(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: RoleAssignmentId,
) -> Result<RoleAssignmentDocument, Problem> {
    let saved = role_assignment::find(connection, scope, id)?.ok_or_else(Problem::not_found)?;
    Ok(RoleAssignmentDocument::of(saved))
}
