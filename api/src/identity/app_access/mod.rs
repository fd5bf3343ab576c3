//! Access to the app (åtkomst till appen): off until an account's owner switches it on, on the web and with a fresh login. What
//! stays logged in on a device that is carried about begins with a decision.

mod document;
mod get_own;
mod switch_off;
mod switch_on;

use crate::http::operations::Operations;

/// Mounts the operations.
pub fn mount(operations: &mut Operations<'_>) {
    operations.service(get_own::handle).service(switch_on::handle).service(switch_off::handle);
}
