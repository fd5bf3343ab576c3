use actix_web::{HttpRequest, HttpResponse, get, web};
use skolhus_domain::{
    access::{Scope, declared::MergePersons},
    id::PersonMergeId,
};
use skolhus_persistence::{DatabaseConnection, person::merge};

use super::merge::PersonMergeDocument;
use crate::http::{
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, show},
    state::State,
};

/// Read a merge
///
/// One merge of two records of a person. None is shown while one of the two is protected.
#[utoipa::path(
    operation_id = "getPersonMerge", tag = "person",
    extensions(("x-permission" = json!("person:merge"))),
    params(IdPath),
    responses(
        (status = 200, description = "The merge.", body = PersonMergeDocument, headers(("ETag" = String, description = "Its version."))),
        (status = 304, description = "It is the version named in `If-None-Match`."),
    )
)]
#[get("/v1/person-merges/{id}")]
pub async fn handle(
    permit: Permit<MergePersons>,
    state: web::Data<State>,
    id: PathId<PersonMergeId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let merge = state
        .database
        .read(permit.caller(), move |connection, scope| get_person_merge(connection, scope, id.0))
        .await?;
    Ok(show(&request, merge.version, &merge))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; a failure of the database.
pub fn get_person_merge(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: PersonMergeId,
) -> Result<PersonMergeDocument, Problem> {
    merge::find(connection, scope, id)?.map(PersonMergeDocument::of).ok_or_else(Problem::not_found)
}
