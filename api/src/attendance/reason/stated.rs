//! What stating and withdrawing a reason share, whatever it is about.

use chrono::NaiveDate;
use skolhus_domain::{
    access::Scope,
    attendance::{AbsenceReason, ReasonAbout},
    code::Table,
    id::PersonId,
    person::PersonName,
    refusal::Refusal,
};
use skolhus_persistence::{
    Tx,
    attendance::{
        absence_reason::{self, Known},
        setting,
    },
    organisation::code,
};

use super::document::AbsenceReasonDocument;
use crate::http::{etag::IfMatch, problem::Problem};

/// Whose absence, from what, on which day: whoever calls has seen that the caller may speak of it, and holds what it is
/// about.
#[derive(Clone, Debug)]
pub struct Absence {
    pub person: PersonId,
    pub name: PersonName,
    pub about: ReasonAbout,
    pub day: NaiveDate,
}

/// States why, in place of what was stated before. `admitted` says whether there is absence to explain.
///
/// # Errors
/// [`crate::http::catalogue::Code::Stale`], `Conflict`, `NotPermitted`, `InvalidFields`; a failure of the database.
pub fn state_reason(
    tx: &mut Tx<'_>,
    scope: &Scope,
    absence: Absence,
    if_match: &IfMatch,
    reason_code: &str,
    admitted: Result<(), Refusal>,
) -> Result<AbsenceReasonDocument, Problem> {
    let Absence { person, name, about, day } = absence;
    let known = absence_reason::known(tx, scope, person, about)?;
    let version = known.as_ref().map_or(0, Known::version);
    let rule = setting::in_force(tx.connection(), scope)?.reasons;
    let table = code::entries(tx.connection(), Table::AbsenceReason)?;
    let code = admitted
        .and_then(|()| rule.admit(reason_code, &table, day, scope.today()))
        .map_err(|refusal| if_match.before(version, refusal))?;
    let reason = AbsenceReason { person, about, day, code };
    let already = known.as_ref().is_some_and(|known| known.is_restated(scope, &reason));
    if_match.check_unless(already, version)?;
    let saved = match known {
        Some(known) if already => known,
        known => absence_reason::save(tx, scope, known, &reason)?,
    };
    Ok(AbsenceReasonDocument::of(&saved.shown(reason, name), rule))
}

/// Forgets what was stated.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`] where nothing was, `Stale`; a failure of the database.
pub fn withdraw_reason(
    tx: &mut Tx<'_>,
    scope: &Scope,
    person: PersonId,
    about: ReasonAbout,
    if_match: &IfMatch,
) -> Result<(), Problem> {
    let known = absence_reason::known(tx, scope, person, about)?;
    let known = known.filter(Known::holds).ok_or_else(Problem::not_found)?;
    if_match.check(known.version())?;
    Ok(absence_reason::withdraw(tx, known)?)
}
