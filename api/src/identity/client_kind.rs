//! What somebody logs in with, as the interface names it.

use skolhus_domain::{identity::ClientKind, refusal::Refusal};

use crate::http::words::{codes, words};

words! {
    /// What somebody logs in with: a web page in a browser, or an app.
    ClientKindWord("ClientKind") = codes!(ClientKind);
}

/// The kind that a login names; a web page unless it names one.
///
/// # Errors
/// At `/clientKind`, for another word.
pub(crate) fn client_kind_of(code: Option<&str>) -> Result<ClientKind, Refusal> {
    match code {
        None => Ok(ClientKind::Web),
        Some(code) => ClientKind::from_code(code).map_err(|refusal| refusal.at("/clientKind")),
    }
}
