//! How people change themselves how they are reached: what they say waits, by itself, until they have given back the code that
//! was sent to it. So nothing stands in the register that nobody has seen to be theirs.

mod begin;
mod confirm;
mod sealed;

use crate::http::operations::Operations;

/// Mounts the operations.
pub fn mount(operations: &mut Operations<'_>) {
    operations.service(begin::handle).service(confirm::handle);
}
