//! Logging in with an organiser's own identity provider (identitetsleverantör), by OpenID Connect: authorization code with PKCE. A
//! login is begun by a device, which gets a secret; goes on in a browser at the provider; and gives the device its session
//! against the secret and what the browser has brought back. Who somebody is stands in a token that the provider signs, which is
//! fetched with the code and never taken from a browser.

mod ask;
mod complete_oidc_login;
mod complete_own_binding;
mod create_oidc_login;
mod create_own_binding;
mod discovery;
mod document;
pub(crate) mod id_token;
pub(crate) mod key_set;
mod login;
pub(crate) mod outside;
mod providers;
mod shelf;

use skolhus_persistence::identity::throttle::Counter;

use super::logins::Origin;
use crate::http::{operations::Operations, state::State};

pub(crate) use login::secret_binding;
pub use providers::Providers;

/// Logins that may be begun from one address, behind which a whole school may sit, within an hour without one succeeding.
const FREE_STARTS: i32 = 300;

/// Mounts the operations.
pub fn mount(operations: &mut Operations<'_>) {
    operations
        .service(create_oidc_login::handle)
        .service(complete_oidc_login::handle)
        .service(create_own_binding::handle)
        .service(complete_own_binding::handle);
}

/// What the beginnings of logins are counted under: from where. Apart from other ways in, so that none is closed by another.
fn counters_of_starts(state: &State, origin: &Origin) -> Vec<Counter> {
    let from = format!("oidc origin {}", origin.as_str());
    vec![Counter {
        key: hex::encode(state.keyring.keyed_hash("throttle", from.as_bytes())),
        free: FREE_STARTS,
    }]
}
