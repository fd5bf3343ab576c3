use actix_web::{HttpRequest, HttpResponse, get, web};
use skolhus_domain::{
    access::{Scope, declared::ReadPersons},
    id::PersonId,
};
use skolhus_persistence::{DatabaseConnection, person};

use super::document::PersonDocument;
use crate::http::{
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, show},
    state::State,
};

/// Read a person
///
/// One person within reach, with the fields that the caller's role opens.
#[utoipa::path(
    operation_id = "getPerson", tag = "person",
    extensions(("x-permission" = json!("person:read"))),
    params(IdPath),
    responses(
        (status = 200, description = "The person.", body = PersonDocument, headers(("ETag" = String, description = "The record's version."))),
        (status = 304, description = "It is the version named in `If-None-Match`."),
    )
)]
#[get("/v1/persons/{id}")]
pub async fn handle(
    permit: Permit<ReadPersons>,
    state: web::Data<State>,
    id: PathId<PersonId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let person = state
        .database
        .read(permit.caller(), move |connection, scope| get_person(connection, scope, id.0))
        .await?;
    Ok(show(&request, person.version, &person))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; a failure of the database.
pub fn get_person(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: PersonId,
) -> Result<PersonDocument, Problem> {
    let saved = person::find(connection, scope, id)?.ok_or_else(Problem::not_found)?;
    PersonDocument::of(&saved, scope, None)
}
