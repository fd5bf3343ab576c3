use actix_web::{HttpRequest, HttpResponse, get, web};
use skolhus_domain::{
    access::{Scope, declared::ReadEducationBackgrounds},
    id::PersonId,
};
use skolhus_persistence::{DatabaseConnection, education_background};

use super::document::EducationBackgroundDocument;
use crate::http::{
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, show},
    state::State,
};

/// Read a person's education background
///
/// What they stated and what the school has certified; version 0 while nothing was. Participants read their own.
#[utoipa::path(
    operation_id = "getEducationBackground", tag = "education-background",
    extensions(("x-permission" = json!("education-background:read"))),
    params(IdPath),
    responses(
        (status = 200, description = "What is known.", body = EducationBackgroundDocument, headers(("ETag" = String, description = "Its version."))),
        (status = 304, description = "It is the version named in `If-None-Match`."),
    )
)]
#[get("/v1/persons/{id}/education-background")]
pub async fn handle(
    permit: Permit<ReadEducationBackgrounds>,
    state: web::Data<State>,
    id: PathId<PersonId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let found = state
        .database
        .read(permit.caller(), move |connection, scope| get_education_background(connection, scope, id.0))
        .await?;
    Ok(show(&request, found.version, &found))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; a failure of the database.
pub fn get_education_background(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: PersonId,
) -> Result<EducationBackgroundDocument, Problem> {
    let found = education_background::find(connection, scope, id)?.ok_or_else(Problem::not_found)?;
    Ok(EducationBackgroundDocument::of(&found))
}
