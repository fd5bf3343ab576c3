//! Signs of misuse (larm): raised while requests are answered, read and settled by an administrator.

mod document;
mod list_alarms;
mod settle_alarm;
mod watch;

pub use watch::Watch;
pub(crate) use watch::{Known, raise};

use crate::http::operations::Operations;

/// Mounts the operations.
pub fn mount(operations: &mut Operations<'_>) {
    operations.service(list_alarms::handle).service(settle_alarm::handle);
}
