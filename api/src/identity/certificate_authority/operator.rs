//! What the operator of the machine does with authorities: the program's commands call these.

use skolhus_domain::{
    access::Caller,
    id::{CertificateAuthorityId, OrganiserId},
};
use skolhus_persistence::{
    Direction, PageRequest,
    identity::certificate_authority::{self, CertificateAuthoritySort, SavedAuthority},
};

use super::{issuer::of_organiser, issuing::sealed};
use crate::http::{catalogue::Code, problem::Problem, state::State};

/// Loads an authority of the organiser's, from its certificate and its key in PEM: it issues from now on.
///
/// # Errors
/// [`Code::InvalidFields`] for what is no authority with its key; a failure of the database.
pub async fn load(
    state: &State,
    organiser: OrganiserId,
    certificate: &str,
    key: &str,
) -> Result<CertificateAuthorityId, Problem> {
    let caller = caller(state, "certificate-authority load", organiser);
    let read = of_organiser(certificate, key, caller.now)?;
    let id: CertificateAuthorityId = state.fresh();
    let (authority, key) = sealed(state, &caller, id, read).map_err(|error| {
        tracing::error!(%error, "an authority cannot be kept");
        Problem::new(Code::Internal)
    })?;
    state
        .database
        .write(&caller, move |tx, scope| {
            certificate_authority::lock(tx, scope)?;
            certificate_authority::insert(tx, scope, id, &authority, key.clone()).map_err(Problem::from)
        })
        .await?;
    Ok(id)
}

/// The authorities of an organiser that have not been withdrawn, the oldest first.
///
/// # Errors
/// A failure of the database.
pub async fn all(state: &State, organiser: OrganiserId) -> Result<Vec<SavedAuthority>, Problem> {
    let caller = caller(state, "certificate-authority list", organiser);
    let request = PageRequest {
        limit: 500,
        sort: CertificateAuthoritySort::CreatedAt,
        direction: Direction::Ascending,
        after: None,
        modified_after: None,
    };
    let listed = state.database.read(&caller, move |connection, scope| {
        certificate_authority::list(connection, scope, &request).map_err(Problem::from)
    });
    Ok(listed.await?.items)
}

/// Withdraws an authority: it issues nothing more, and every certificate that it has issued is refused. False where the organiser has
/// none of that id.
///
/// # Errors
/// A failure of the database.
pub async fn withdraw(
    state: &State,
    organiser: OrganiserId,
    id: CertificateAuthorityId,
) -> Result<bool, Problem> {
    let caller = caller(state, "certificate-authority withdraw", organiser);
    state
        .database
        .write(&caller, move |tx, scope| {
            certificate_authority::lock(tx, scope)?;
            certificate_authority::withdraw(tx, scope, id).map_err(Problem::from)
        })
        .await
}

fn caller(state: &State, what: &'static str, organiser: OrganiserId) -> Caller {
    Caller::system(what, organiser, state.fresh_uuid(), state.clock.now())
}
