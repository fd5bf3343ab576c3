use actix_web::{HttpResponse, delete, web};
use skolhus_domain::access::{Scope, declared::ManageOrganisation};
use skolhus_persistence::{Tx, terminology};

use super::term_words::{KeyPath, for_the_organiser};
use crate::http::{etag::IfMatch, permit::Permit, problem::Problem, state::State};

/// Remove own words for a term
///
/// From here on the shared words are used again. Removing what is not there changes nothing. Only those who work
/// for the whole organiser may.
#[utoipa::path(
    operation_id = "removeOwnWords", tag = "terminology",
    extensions(("x-permission" = json!("organisation:manage"))),
    params(KeyPath),
    responses((status = 204, description = "The shared words are used."))
)]
#[delete("/v1/terminology/{key}")]
pub async fn handle(
    permit: Permit<ManageOrganisation>,
    state: web::Data<State>,
    path: web::Path<KeyPath>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    state
        .database
        .write(permit.caller(), move |tx, scope| remove_own_words(tx, scope, &path, &if_match))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `NotPermitted`, `Stale`; a failure of the database.
pub fn remove_own_words(
    tx: &mut Tx<'_>,
    scope: &Scope,
    path: &KeyPath,
    if_match: &IfMatch,
) -> Result<(), Problem> {
    let key = path.known()?;
    for_the_organiser(scope)?;
    let before = terminology::find(tx.connection(), scope, key)?;
    if_match.check_unless(before.wordings.is_none(), before.version)?;
    terminology::save(tx, scope, key, before, None)?;
    Ok(())
}
