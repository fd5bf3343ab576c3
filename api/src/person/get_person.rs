use actix_web::{HttpRequest, HttpResponse, get, http::header, web};
use skolhus_domain::{
    access::{Scope, declared::ReadPersons},
    id::PersonId,
};
use skolhus_persistence::{
    DatabaseConnection,
    person::{self, merge},
};

use super::document::PersonDocument;
use crate::http::{
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, show},
    state::State,
};

/// Read a person
///
/// One person within reach, with the fields that the caller's role opens. A record that was merged into another
/// leads on to it, for those who reach that one: for the time being, since a merge can be undone.
#[utoipa::path(
    operation_id = "getPerson", tag = "person",
    extensions(("x-permission" = json!("person:read"))),
    params(IdPath),
    responses(
        (status = 200, description = "The person.", body = PersonDocument, headers(("ETag" = String, description = "The record's version."))),
        (status = 304, description = "It is the version named in `If-None-Match`."),
        (status = 307, description = "The record was merged into the one at `Location`.", headers(("Location" = String, description = "The address of the record that was kept."))),
    )
)]
#[get("/v1/persons/{id}")]
pub async fn handle(
    permit: Permit<ReadPersons>,
    state: web::Data<State>,
    id: PathId<PersonId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let there = state
        .database
        .read(permit.caller(), move |connection, scope| get_person_or_way(connection, scope, id.0))
        .await?;
    Ok(match there {
        Whereabouts::Here(person) => show(&request, person.version, &person),
        Whereabouts::MergedInto(kept) => HttpResponse::TemporaryRedirect()
            .insert_header((header::LOCATION, format!("/v1/persons/{kept}")))
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .finish(),
    })
}

/// Where a person's record is.
pub enum Whereabouts {
    /// At the address asked for.
    Here(Box<PersonDocument>),
    /// It was merged into this person's.
    MergedInto(PersonId),
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; a failure of the database.
pub fn get_person_or_way(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: PersonId,
) -> Result<Whereabouts, Problem> {
    if let Some(saved) = person::find(connection, scope, id)? {
        return Ok(Whereabouts::Here(Box::new(PersonDocument::of(&saved, scope, None)?)));
    }
    merge::merged_into(connection, scope, id)?.map(Whereabouts::MergedInto).ok_or_else(Problem::not_found)
}

/// The person, for operations that answer with one.
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
