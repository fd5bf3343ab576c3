//! Opening a relation that concerns somebody protected.

use skolhus_domain::{access::Scope, id::RelationId, person::Grant, text::Text};
use skolhus_persistence::{
    Tx,
    person::relation::{self, RelationView},
};

use crate::{http::problem::Problem, person::relation::RelationDocument};

/// The relation, with the access to the two whom it concerns recorded, or 404.
pub(super) fn opened(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: RelationId,
    why: &Text,
) -> Result<(RelationView, Grant), Problem> {
    let ends = relation::ends_of_protected(tx, scope, id)?.ok_or_else(Problem::not_found)?;
    let grant = tx.record_access(why, &ends);
    let view = relation::open(tx, scope, id, &grant)?.ok_or_else(Problem::not_found)?;
    Ok((view, grant))
}

/// The relation as it stands now.
pub(super) fn shown(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: RelationId,
    grant: &Grant,
) -> Result<RelationDocument, Problem> {
    let view = relation::open(tx, scope, id, grant)?.ok_or_else(Problem::not_found)?;
    Ok(RelationDocument::of(&view, scope.today()))
}
