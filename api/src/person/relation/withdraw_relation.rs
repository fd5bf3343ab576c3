use actix_web::{HttpResponse, delete, web};
use skolhus_domain::{
    access::{Scope, declared::ManageRelations},
    id::RelationId,
    person::relation::Relation,
};
use skolhus_persistence::{Tx, person::relation};

use crate::http::{
    etag::IfMatch,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId},
    state::State,
};

/// Withdraw a relation
///
/// For one entered by mistake: it carries nothing from now on, leaves the lists and stays in the
/// register as withdrawn. A relation that comes to its end gets a last day instead.
#[utoipa::path(
    operation_id = "withdrawRelation", tag = "person",
    extensions(("x-permission" = json!("relation:manage"))),
    params(IdPath),
    responses((status = 204, description = "It is withdrawn."))
)]
#[delete("/v1/relations/{id}")]
pub async fn handle(
    permit: Permit<ManageRelations>,
    state: web::Data<State>,
    id: PathId<RelationId>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    state
        .database
        .write(permit.caller(), move |tx, scope| withdraw_relation(tx, scope, id.0, &if_match))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`; a failure of the database.
pub fn withdraw_relation(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: RelationId,
    if_match: &IfMatch,
) -> Result<(), Problem> {
    let view = relation::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    if_match.check(view.saved.version)?;
    let after = Relation { withdrawn: true, proposal: None, ..view.saved.value.clone() };
    relation::update(tx, scope, &view.saved, &after, "entered by mistake")?;
    Ok(())
}
