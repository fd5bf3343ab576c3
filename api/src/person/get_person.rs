use actix_web::{HttpRequest, HttpResponse, get, http::header, web};
use skolhus_domain::{
    access::{Scope, declared::ReadPersons},
    id::PersonId,
    text::Text,
};
use skolhus_persistence::{
    DatabaseConnection, Tx,
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
    let there = match there {
        Whereabouts::Closed => {
            let opened = state.database.write(permit.caller(), move |tx, scope| open_ward(tx, scope, id.0));
            Whereabouts::Here(Box::new(opened.await?))
        }
        open => open,
    };
    Ok(match there {
        Whereabouts::Here(person) => show(&request, person.version, &person),
        Whereabouts::Closed => return Err(Problem::not_found()),
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
    /// At the address asked for; the caller is cleared to know of a protected person, and that they read the
    /// record is to be logged first.
    Closed,
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
        if saved.value.name.needs_grant() {
            return Ok(Whereabouts::Closed);
        }
        return Ok(Whereabouts::Here(Box::new(PersonDocument::of(&saved, scope, None)?)));
    }
    merge::merged_into(connection, scope, id)?.map(Whereabouts::MergedInto).ok_or_else(Problem::not_found)
}

/// Opens the record of a protected person of whom the caller is cleared to know.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; a failure of the database.
fn open_ward(tx: &mut Tx<'_>, scope: &Scope, id: PersonId) -> Result<PersonDocument, Problem> {
    let saved = person::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    let grant = tx.record_access(&read_as_cleared()?, &[id]);
    PersonDocument::of(&saved, scope, Some(&grant))
}

/// What stands in the log when somebody who is cleared reads.
pub(crate) fn read_as_cleared() -> Result<Text, Problem> {
    Ok(Text::line("read by a relative who is cleared", 500)?)
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
