use actix_web::{HttpResponse, patch, web};
use skolhus_domain::{
    access::{Scope, declared::ManageProtection},
    id::RelationId,
};
use skolhus_persistence::{
    Tx,
    person::{relation, relation_setting},
};

use super::open::{opened, shown};
use crate::{
    http::{
        body::Body,
        etag::IfMatch,
        permit::Permit,
        problem::Problem,
        resource::{IdPath, PathId, saved},
        state::State,
    },
    person::relation::{RelationDocument, UpdateRelation, Wanted, check_change, reason_of},
};

/// Change a relation of somebody protected
///
/// As the change of any relation: what it loses it loses at once, what it gains waits for a second person. The access to
/// both is logged with the reason.
#[utoipa::path(
    operation_id = "updateProtectedRelation", tag = "person",
    extensions(("x-permission" = json!("person:manage-protection"))),
    params(IdPath),
    request_body(content = UpdateRelation, content_type = "application/merge-patch+json",
        example = json!({ "rights": ["see"], "reason": "Ensam vårdnad enligt tingsrättens dom" })),
    responses((status = 200, description = "Its present state.", body = RelationDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[patch("/v1/protected-relations/{id}")]
pub async fn handle(
    permit: Permit<ManageProtection>,
    state: web::Data<State>,
    id: PathId<RelationId>,
    if_match: IfMatch,
    body: Body<UpdateRelation>,
) -> Result<HttpResponse, Problem> {
    let relation = state
        .database
        .write(permit.caller(), move |tx, scope| update_protected_relation(tx, scope, id.0, &if_match, &body))
        .await?;
    Ok(saved(relation.version, &relation))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`, `InvalidFields`; a failure of the database.
pub fn update_protected_relation(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: RelationId,
    if_match: &IfMatch,
    request: &UpdateRelation,
) -> Result<RelationDocument, Problem> {
    let UpdateRelation { source, period, rights, reason } = request.clone();
    let reason = reason_of(&reason)?;
    let (view, grant) = opened(tx, scope, id, &reason)?;
    let person = view.saved.value.person;
    relation::lock(tx, person)?;
    let second_person = relation_setting::in_force(tx.connection(), scope)?;
    let others = relation::open_of_person(tx, scope, person, &grant)?;
    let wanted = Wanted { source, period, rights };
    let Some(after) = check_change(scope, &view, &others, wanted, reason.clone(), second_person)? else {
        return Ok(RelationDocument::of(&view, scope.today()));
    };
    if_match.check(view.saved.version)?;
    relation::update(tx, scope, &view.saved, &after, reason.as_str())?;
    shown(tx, scope, id, &grant)
}
