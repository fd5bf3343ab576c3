use actix_web::{HttpRequest, HttpResponse, get, web};
use skolhus_domain::{
    access::{Scope, declared::ReadOrganisation},
    id::DayOffId,
};
use skolhus_persistence::{DatabaseConnection, organisation::day_off};

use super::day_off::DayOffDocument;
use crate::http::{
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, show},
    state::State,
};

/// Read a day off
///
/// One or more days of a term without school (lov, studiedag).
#[utoipa::path(
    operation_id = "getDayOff", tag = "organisation",
    extensions(("x-permission" = json!("organisation:read"))),
    params(IdPath),
    responses(
        (status = 200, description = "The day off.", body = DayOffDocument, headers(("ETag" = String, description = "Its version."))),
        (status = 304, description = "It is the version named in `If-None-Match`."),
    )
)]
#[get("/v1/days-off/{id}")]
pub async fn handle(
    permit: Permit<ReadOrganisation>,
    state: web::Data<State>,
    id: PathId<DayOffId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let found = state
        .database
        .read(permit.caller(), move |connection, scope| get_day_off(connection, scope, id.0))
        .await?;
    Ok(show(&request, found.version, &found))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; a failure of the database.
pub fn get_day_off(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: DayOffId,
) -> Result<DayOffDocument, Problem> {
    let saved = day_off::find(connection, scope, id)?.ok_or_else(Problem::not_found)?;
    Ok(DayOffDocument::of(saved))
}
