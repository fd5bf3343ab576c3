use actix_web::{HttpRequest, HttpResponse, get, web};
use skolhus_domain::{
    access::{Scope, declared::ReadRelations},
    id::RelationId,
};
use skolhus_persistence::{DatabaseConnection, person::relation};

use super::document::RelationDocument;
use crate::http::{
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, show},
    state::State,
};

/// Read a relation
///
/// One relation, with the rights that it carries today and what waits for a second person.
#[utoipa::path(
    operation_id = "getRelation", tag = "person",
    extensions(("x-permission" = json!("relation:read"))),
    params(IdPath),
    responses(
        (status = 200, description = "The relation.", body = RelationDocument, headers(("ETag" = String, description = "Its version."))),
        (status = 304, description = "It is the version named in `If-None-Match`."),
    )
)]
#[get("/v1/relations/{id}")]
pub async fn handle(
    permit: Permit<ReadRelations>,
    state: web::Data<State>,
    id: PathId<RelationId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let relation = state
        .database
        .read(permit.caller(), move |connection, scope| get_relation(connection, scope, id.0))
        .await?;
    Ok(show(&request, relation.version, &relation))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; a failure of the database.
pub fn get_relation(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: RelationId,
) -> Result<RelationDocument, Problem> {
    let view = relation::find(connection, scope, id)?.ok_or_else(Problem::not_found)?;
    Ok(RelationDocument::of(&view, scope.today()))
}
