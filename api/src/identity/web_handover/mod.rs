//! From the app to the web (överlämning): the app makes a code, the web brings it and opens at the same place.

mod create_handover;
mod create_session;
mod sealed;

use crate::http::operations::Operations;

/// Mounts the operations.
pub fn mount(operations: &mut Operations<'_>) {
    operations.service(create_handover::handle).service(create_session::handle);
}
