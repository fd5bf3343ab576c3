use actix_web::{HttpRequest, HttpResponse, get, web};
use skolhus_domain::{
    access::{Scope, declared::ReadCourses},
    id::OfferingId,
};
use skolhus_persistence::{DatabaseConnection, course::offering};

use super::offering::OfferingDocument;
use crate::http::{
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, show},
    state::State,
};

/// Read a course offering
///
/// One course offering (kurstillfälle) with its terms, places and teachers. Names of protected persons are left out.
#[utoipa::path(
    operation_id = "getCourseOffering", tag = "course",
    extensions(("x-permission" = json!("course:read"))),
    params(IdPath),
    responses(
        (status = 200, description = "The course offering.", body = OfferingDocument, headers(("ETag" = String, description = "Its version."))),
        (status = 304, description = "It is the version named in `If-None-Match`."),
    )
)]
#[get("/v1/course-offerings/{id}")]
pub async fn handle(
    permit: Permit<ReadCourses>,
    state: web::Data<State>,
    id: PathId<OfferingId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let found = state
        .database
        .read(permit.caller(), move |connection, scope| get_offering(connection, scope, id.0))
        .await?;
    Ok(show(&request, found.version, &found))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; a failure of the database.
pub fn get_offering(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: OfferingId,
) -> Result<OfferingDocument, Problem> {
    let view = offering::view(connection, scope, id)?.ok_or_else(Problem::not_found)?;
    Ok(OfferingDocument::of(view, scope))
}
