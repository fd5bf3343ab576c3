use actix_web::{HttpResponse, delete, web};
use skolhus_domain::{
    access::{Scope, declared::ManageProtection},
    id::ClearingId,
    text::Text,
};
use skolhus_persistence::{Tx, person::clearing};

use super::document::opened;
use crate::http::{
    etag::IfMatch,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId},
    state::State,
};

/// Take a clearing away
///
/// The relative is not cleared any more, from this moment: nobody confirms it. The access is logged.
#[utoipa::path(
    operation_id = "withdrawClearing", tag = "person",
    extensions(("x-permission" = json!("person:manage-protection"))),
    params(IdPath),
    responses((status = 204, description = "It is withdrawn."))
)]
#[delete("/v1/clearings/{id}")]
pub async fn handle(
    permit: Permit<ManageProtection>,
    state: web::Data<State>,
    id: PathId<ClearingId>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    state
        .database
        .write(permit.caller(), move |tx, scope| withdraw_clearing(tx, scope, id.0, &if_match))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`; a failure of the database.
pub fn withdraw_clearing(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: ClearingId,
    if_match: &IfMatch,
) -> Result<(), Problem> {
    let before = opened(tx, scope, id, &Text::line("takes a clearing away", 500)?)?;
    if_match.check(before.version)?;
    Ok(clearing::withdraw(tx, scope, &before)?)
}
