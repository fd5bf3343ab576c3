use actix_web::{HttpRequest, HttpResponse, get, web};
use skolhus_domain::{
    access::{Scope, declared::GrantOwnRights},
    id::RelationId,
    person::relation::RelationKind,
};
use skolhus_persistence::{
    DatabaseConnection,
    person::relation::{self, RelationView},
};

use super::list_relatives::RelativeDocument;
use crate::http::{
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, show},
    state::State,
};

/// Read a grant over oneself
///
/// One of the grants that the caller has made.
#[utoipa::path(
    operation_id = "getOwnGrant", tag = "person",
    extensions(("x-permission" = json!("grant:own"))),
    params(IdPath),
    responses(
        (status = 200, description = "The grant.", body = RelativeDocument, headers(("ETag" = String, description = "Its version."))),
        (status = 304, description = "It is the version named in `If-None-Match`."),
    )
)]
#[get("/v1/me/grants/{id}")]
pub async fn handle(
    permit: Permit<GrantOwnRights>,
    state: web::Data<State>,
    id: PathId<RelationId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let grant = state
        .database
        .read(permit.caller(), move |connection, scope| get_grant(connection, scope, id.0))
        .await?;
    Ok(show(&request, grant.version, &grant))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; a failure of the database.
pub fn get_grant(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: RelationId,
) -> Result<RelativeDocument, Problem> {
    Ok(RelativeDocument::of(&find(connection, scope, id)?, scope.today()))
}

/// A grant over the caller; no other relation.
pub(super) fn find(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: RelationId,
) -> Result<RelationView, Problem> {
    relation::find(connection, scope, id)?
        .filter(|view| {
            let relation = &view.saved.value;
            relation.kind == RelationKind::GrantedByAdult && Some(relation.person) == scope.person()
        })
        .ok_or_else(Problem::not_found)
}
