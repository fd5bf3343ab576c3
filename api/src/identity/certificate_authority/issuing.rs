//! Which authority issues, with its key.

use chrono::Duration;
use skolhus_domain::{access::Caller, id::CertificateAuthorityId, identity::CertificateAuthority};
use skolhus_persistence::identity::certificate_authority::{self, SavedAuthority};
use zeroize::Zeroizing;

use super::issuer::{IssueError, Serial, WithKey, binding, own};
use crate::http::{catalogue::Code, problem::Problem, state::State};

/// The organiser's authority that issues now, and its key. Where none does that lasts long enough, one of Skolhus's own is made.
pub(crate) async fn issuing(
    state: &State,
    caller: &Caller,
    days: u16,
) -> Result<(SavedAuthority, Zeroizing<Vec<u8>>), Problem> {
    let broken = |error: IssueError| {
        tracing::error!(%error, "no certificate can be issued");
        Problem::new(Code::Internal)
    };
    let program = Caller::system("certificate authority", caller.organiser, caller.request, caller.now);
    let life = Duration::days(days.into());
    let newest = state
        .database
        .read(&program, |connection, scope| {
            certificate_authority::newest(connection, scope).map_err(Problem::from)
        })
        .await?;
    let (authority, sealed) = match newest.filter(|(saved, _)| saved.value.issues(caller.now, life)) {
        Some(found) => found,
        None => {
            let id: CertificateAuthorityId = state.fresh();
            let made = own(&Serial::fresh(state.randomness.as_ref()), caller.now).map_err(broken)?;
            let (authority, sealed) = sealed(state, &program, id, made).map_err(broken)?;
            state
                .database
                .write(&program, move |tx, scope| {
                    certificate_authority::lock(tx, scope)?;
                    // Another order may have made one meanwhile.
                    let newest = certificate_authority::newest(tx.connection(), scope)?;
                    if let Some(found) = newest.filter(|(saved, _)| saved.value.issues(scope.now(), life)) {
                        return Ok::<_, Problem>(found);
                    }
                    let saved = certificate_authority::insert(tx, scope, id, &authority, sealed.clone())?;
                    Ok((saved, sealed.clone()))
                })
                .await?
        }
    };
    let key = state.keyring.open_secret(&sealed, &binding(caller.organiser, authority.id));
    Ok((authority, key.ok_or_else(|| broken(IssueError::Sealed))?))
}

/// An authority with its key sealed for its row.
pub(super) fn sealed(
    state: &State,
    caller: &Caller,
    id: CertificateAuthorityId,
    made: WithKey,
) -> Result<(CertificateAuthority, String), IssueError> {
    let WithKey { authority, key } = made;
    let sealed = state.keyring.seal_secret(&key, &binding(caller.organiser, id));
    Ok((authority, sealed.ok_or(IssueError::Sealed)?))
}
