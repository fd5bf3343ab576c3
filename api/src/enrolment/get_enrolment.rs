use actix_web::{HttpRequest, HttpResponse, get, web};
use skolhus_domain::{
    access::{Scope, declared::ReadEnrolments},
    id::EnrolmentId,
};
use skolhus_persistence::{DatabaseConnection, enrolment};

use super::enrolment_document::EnrolmentDocument;
use crate::http::{
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, show},
    state::State,
};

/// Read an enrolment
///
/// One enrolment (inskrivning) with the name of its person and where it stands today.
#[utoipa::path(
    operation_id = "getEnrolment", tag = "enrolment",
    extensions(("x-permission" = json!("enrolment:read"))),
    params(IdPath),
    responses(
        (status = 200, description = "The enrolment.", body = EnrolmentDocument, headers(("ETag" = String, description = "Its version."))),
        (status = 304, description = "It is the version named in `If-None-Match`."),
    )
)]
#[get("/v1/enrolments/{id}")]
pub async fn handle(
    permit: Permit<ReadEnrolments>,
    state: web::Data<State>,
    id: PathId<EnrolmentId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let enrolment = state
        .database
        .read(permit.caller(), move |connection, scope| get_enrolment(connection, scope, id.0))
        .await?;
    Ok(show(&request, enrolment.version, &enrolment))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; a failure of the database.
pub fn get_enrolment(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: EnrolmentId,
) -> Result<EnrolmentDocument, Problem> {
    let named = enrolment::find_named(connection, scope, id)?.ok_or_else(Problem::not_found)?;
    Ok(EnrolmentDocument::of(named, scope))
}
