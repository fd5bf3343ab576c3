//! Proving the change log, however long it is: part by part, so that no transaction lasts long and
//! the server's other work goes on between them.

use skolhus_domain::access::Caller;
use skolhus_persistence::{
    Error,
    change::{
        Anchor,
        audit::{Finding, Report, Verification},
    },
};

use crate::http::state::State;

/// Checks the log of every organiser, or with an anchor its organiser's chain up to the anchored
/// seal, in parts of about `part` changes. After each part `tell` hears how far it is and what
/// that part found.
///
/// # Errors
/// A failure of the database.
pub async fn verify(
    state: &State,
    up_to: Option<Anchor>,
    part: u64,
    mut tell: impl FnMut(&Report, &[Finding]),
) -> Result<Report, Error> {
    let mut verification = Verification::new(up_to);
    while !verification.is_done() {
        let caller =
            Caller::system("audit", Caller::every_organiser(), state.fresh_uuid(), state.clock.now());
        let (next, findings) = state
            .database
            .read(&caller, move |connection, scope| verification.next_part(connection, scope, part))
            .await?;
        tell(next.report(), &findings);
        verification = next;
    }
    Ok(*verification.report())
}
