//! Notices that certificates expire: 60, 30 and 7 days before, each once. A notice is a new version of the certificate, which
//! stands in the change log, and of which webhooks tell.

use skolhus_domain::{access::Caller, identity::ClientCertificate};
use skolhus_persistence::{Error, identity::client_certificate};

use crate::http::state::State;

/// Gives the notices that are due, those of each organiser in a transaction of its own, one server at a time. Returns how many.
///
/// # Errors
/// A failure of the database; what was given before stays so.
pub async fn pass(state: &State) -> Result<usize, Error> {
    let caller =
        |organiser| Caller::system("certificate notices", organiser, state.fresh_uuid(), state.clock.now());
    let everybody = caller(Caller::every_organiser());
    let organisers = state.database.read(&everybody, client_certificate::organisers_with_expiring).await?;
    let mut given = 0;
    for organiser in organisers {
        given += state
            .database
            .write(&caller(organiser), |tx, scope| {
                if !client_certificate::is_our_turn(tx)? {
                    return Ok::<_, Error>(0);
                }
                let mut given = 0;
                for before in client_certificate::expiring(tx.connection(), scope)? {
                    let Some(days) = before.value.notice_due(scope.now()) else { continue };
                    let after = ClientCertificate { noticed_days: Some(days), ..before.value.clone() };
                    client_certificate::update(tx, scope, &before, &after)?;
                    given += 1;
                }
                Ok(given)
            })
            .await?;
    }
    Ok(given)
}
