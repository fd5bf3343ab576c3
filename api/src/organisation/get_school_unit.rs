use actix_web::{HttpRequest, HttpResponse, get, web};
use skolhus_domain::{
    access::{Scope, declared::ReadOrganisation},
    id::SchoolUnitId,
};
use skolhus_persistence::{DatabaseConnection, organisation::school_unit};

use super::school_unit::SchoolUnitDocument;
use crate::http::{
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, show},
    state::State,
};

/// Read a school unit
///
/// One school unit (skolenhet) with its codes and their validity.
#[utoipa::path(
    operation_id = "getSchoolUnit", tag = "organisation",
    extensions(("x-permission" = json!("organisation:read"))),
    params(IdPath),
    responses(
        (status = 200, description = "The school unit.", body = SchoolUnitDocument, headers(("ETag" = String, description = "Its version."))),
        (status = 304, description = "It is the version named in `If-None-Match`."),
    )
)]
#[get("/v1/school-units/{id}")]
pub async fn handle(
    permit: Permit<ReadOrganisation>,
    state: web::Data<State>,
    id: PathId<SchoolUnitId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let unit = state
        .database
        .read(permit.caller(), move |connection, scope| get_school_unit(connection, scope, id.0))
        .await?;
    Ok(show(&request, unit.version, &unit))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; a failure of the database.
pub fn get_school_unit(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: SchoolUnitId,
) -> Result<SchoolUnitDocument, Problem> {
    let saved = school_unit::find(connection, scope, id)?.ok_or_else(Problem::not_found)?;
    Ok(SchoolUnitDocument::of(saved))
}
