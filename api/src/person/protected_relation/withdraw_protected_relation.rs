use actix_web::{HttpResponse, delete, web};
use skolhus_domain::{
    access::{Scope, declared::ManageProtection},
    id::RelationId,
    person::relation::Relation,
    text::Text,
};
use skolhus_persistence::{Tx, person::relation};

use super::open::opened;
use crate::http::{
    etag::IfMatch,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId},
    state::State,
};

/// Withdraw a relation of somebody protected
///
/// For one entered by mistake: it carries nothing from now on. The access to both is logged.
#[utoipa::path(
    operation_id = "withdrawProtectedRelation", tag = "person",
    extensions(("x-permission" = json!("person:manage-protection"))),
    params(IdPath),
    responses((status = 204, description = "It is withdrawn."))
)]
#[delete("/v1/protected-relations/{id}")]
pub async fn handle(
    permit: Permit<ManageProtection>,
    state: web::Data<State>,
    id: PathId<RelationId>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    state
        .database
        .write(permit.caller(), move |tx, scope| withdraw_protected_relation(tx, scope, id.0, &if_match))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`; a failure of the database.
pub fn withdraw_protected_relation(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: RelationId,
    if_match: &IfMatch,
) -> Result<(), Problem> {
    let why = Text::line("entered by mistake", 500)?;
    let (view, _) = opened(tx, scope, id, &why)?;
    if_match.check(view.saved.version)?;
    let after = Relation { withdrawn: true, proposal: None, ..view.saved.value.clone() };
    relation::update(tx, scope, &view.saved, &after, why.as_str())?;
    Ok(())
}
