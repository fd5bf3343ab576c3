use actix_web::{HttpRequest, HttpResponse, get, web};
use skolhus_domain::{
    access::{Scope, declared::ReadOrganisation},
    id::TermId,
};
use skolhus_persistence::{DatabaseConnection, organisation::term};

use super::term::TermDocument;
use crate::http::{
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, show},
    state::State,
};

/// Read a term
///
/// One term (termin), with its school year and the number of its school days.
#[utoipa::path(
    operation_id = "getTerm", tag = "organisation",
    extensions(("x-permission" = json!("organisation:read"))),
    params(IdPath),
    responses(
        (status = 200, description = "The term, with the number of its school days.", body = TermDocument, headers(("ETag" = String, description = "Its version."))),
        (status = 304, description = "It is the version named in `If-None-Match`."),
    )
)]
#[get("/v1/terms/{id}")]
pub async fn handle(
    permit: Permit<ReadOrganisation>,
    state: web::Data<State>,
    id: PathId<TermId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let found = state
        .database
        .read(permit.caller(), move |connection, scope| get_term(connection, scope, id.0))
        .await?;
    Ok(show(&request, found.version, &found))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; a failure of the database.
pub fn get_term(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: TermId,
) -> Result<TermDocument, Problem> {
    let saved = term::find(connection, scope, id)?.ok_or_else(Problem::not_found)?;
    TermDocument::of_one(connection, scope, saved)
}
