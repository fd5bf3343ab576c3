use actix_web::{HttpRequest, HttpResponse, get, web};
use skolhus_domain::{
    access::{Scope, declared::ReadAbsenceCases},
    id::AbsenceCaseId,
};
use skolhus_persistence::{
    DatabaseConnection,
    attendance::absence_case::{self, CaseView},
};

use super::case_document::AbsenceCaseDocument;
use crate::http::{
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, show},
    state::State,
};

/// Read a case of absence
///
/// One of the list.
#[utoipa::path(
    operation_id = "getAbsenceCase", tag = "attendance",
    extensions(("x-permission" = json!("absence-case:read"))),
    params(IdPath),
    responses(
        (status = 200, description = "The case.", body = AbsenceCaseDocument, headers(("ETag" = String, description = "Its version."))),
        (status = 304, description = "It is the version named in `If-None-Match`."),
    )
)]
#[get("/v1/absence-cases/{id}")]
pub async fn handle(
    permit: Permit<ReadAbsenceCases>,
    state: web::Data<State>,
    id: PathId<AbsenceCaseId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let found = state
        .database
        .read(permit.caller(), move |connection, scope| {
            Ok::<_, Problem>(AbsenceCaseDocument::of(&find(connection, scope, id.0)?))
        })
        .await?;
    Ok(show(&request, found.version, &found))
}

/// A case within reach.
pub(super) fn find(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: AbsenceCaseId,
) -> Result<CaseView, Problem> {
    absence_case::find(connection, scope, id)?.ok_or_else(Problem::not_found)
}
