use actix_web::{HttpRequest, HttpResponse, get, web};
use skolhus_domain::{
    access::{Scope, declared::ReadDuties},
    id::DutyId,
};
use skolhus_persistence::{DatabaseConnection, duty};

use super::duty::DutyDocument;
use crate::http::{
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, show},
    state::State,
};

/// Read a duty
///
/// One duty (tjänst): a person working at a school unit in a role. Duties of protected persons are left out.
#[utoipa::path(
    operation_id = "getDuty", tag = "duty",
    extensions(("x-permission" = json!("duty:read"))),
    params(IdPath),
    responses(
        (status = 200, description = "The duty.", body = DutyDocument, headers(("ETag" = String, description = "Its version."))),
        (status = 304, description = "It is the version named in `If-None-Match`."),
    )
)]
#[get("/v1/duties/{id}")]
pub async fn handle(
    permit: Permit<ReadDuties>,
    state: web::Data<State>,
    id: PathId<DutyId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let found = state
        .database
        .read(permit.caller(), move |connection, scope| get_duty(connection, scope, id.0))
        .await?;
    Ok(show(&request, found.version, &found))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; a failure of the database.
pub fn get_duty(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: DutyId,
) -> Result<DutyDocument, Problem> {
    let saved = duty::find(connection, scope, id)?.ok_or_else(Problem::not_found)?;
    Ok(DutyDocument::of(saved))
}
