use actix_web::{HttpResponse, delete, web};
use skolhus_domain::{
    access::{Scope, declared::GrantOwnRights},
    id::RelationId,
    person::relation::Relation,
};
use skolhus_persistence::{Tx, person::relation};

use super::get_grant::find;
use crate::http::{
    etag::IfMatch,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId},
    state::State,
};

/// Take back a grant over oneself
///
/// The rights end at once.
#[utoipa::path(
    operation_id = "withdrawOwnGrant", tag = "person",
    extensions(("x-permission" = json!("grant:own"))),
    params(IdPath),
    responses((status = 204, description = "It is taken back."))
)]
#[delete("/v1/me/grants/{id}")]
pub async fn handle(
    permit: Permit<GrantOwnRights>,
    state: web::Data<State>,
    id: PathId<RelationId>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    state
        .database
        .write(permit.caller(), move |tx, scope| withdraw_grant(tx, scope, id.0, &if_match))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`; a failure of the database.
pub fn withdraw_grant(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: RelationId,
    if_match: &IfMatch,
) -> Result<(), Problem> {
    let view = find(tx.connection(), scope, id)?;
    if_match.check(view.saved.version)?;
    let after = Relation { withdrawn: true, proposal: None, ..view.saved.value.clone() };
    relation::update(tx, scope, &view.saved, &after, "taken back by the person themselves")?;
    Ok(())
}
