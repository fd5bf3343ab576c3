//! Opening a ban that concerns somebody protected.

use skolhus_domain::{
    access::Scope,
    id::{ContactBanId, Id},
    person::Grant,
    text::Text,
};
use skolhus_persistence::{
    Tx,
    person::contact_ban::{self, ContactBanView},
};

use crate::{
    http::problem::Problem,
    person::contact_ban::{ContactBanDocument, LiftedContactBan},
};

/// The ban, with the access to those whom it concerns recorded, or 404.
pub(super) fn opened(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: ContactBanId,
    why: &Text,
) -> Result<(ContactBanView, Grant), Problem> {
    let ends = contact_ban::ends_of_protected(tx, scope, id)?.ok_or_else(Problem::not_found)?;
    let grant = tx.record_access(why, &ends);
    let view = contact_ban::open(tx, scope, id, &grant)?.ok_or_else(Problem::not_found)?;
    Ok((view, grant))
}

/// The ban as it stands now.
pub(super) fn shown(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: ContactBanId,
    grant: &Grant,
) -> Result<ContactBanDocument, Problem> {
    let view = contact_ban::open(tx, scope, id, grant)?.ok_or_else(Problem::not_found)?;
    Ok(ContactBanDocument::of(&view))
}

/// Whether the ban is lifted by now: what a repeated call is answered.
pub(super) fn lifted(tx: &mut Tx<'_>, scope: &Scope, id: ContactBanId) -> Result<LiftedContactBan, Problem> {
    let there = contact_ban::ends_of_protected(tx, scope, id)?.is_some();
    Ok(LiftedContactBan { id: id.uuid(), lifted: !there })
}
