//! Logging in with BankID (RP API 6.0), for those who have an agreement. A login is begun by a device, which gets a secret;
//! goes on in the app, which gets to the order by the QR code or on the same device; and gives the device its session
//! when it asks how it goes and shows the secret. Nobody says who they are before: BankID does.

mod cancel_bankid_login;
mod client;
mod collect_bankid_login;
mod completion;
mod create_bankid_login;
mod device;
mod order;
mod qr_code;

use crate::http::{catalogue::Code, operations::Operations, problem::Problem, state::State};

pub use client::{Bankid, BankidError, FREE_STARTS, PATIENCE, Settings};
pub use qr_code::qr_code;

/// Mounts the operations.
pub fn mount(operations: &mut Operations<'_>) {
    operations
        .service(create_bankid_login::handle)
        .service(collect_bankid_login::handle)
        .service(cancel_bankid_login::handle);
}

/// How BankID is spoken to.
fn of(state: &State) -> Result<&Bankid, Problem> {
    state.logins.bankid.as_ref().ok_or_else(|| Problem::new(Code::BankidOff))
}
