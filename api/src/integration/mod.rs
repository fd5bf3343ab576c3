//! Standards that others speak to us: one folder each, with its own words, errors and paging;
//! and the jobs in which long work of theirs is done.

pub mod ical;
pub mod jobs;
pub mod oneroster;
pub mod worker;
mod workshop;

use crate::http::operations::Operations;

pub use workshop::{AtWork, Workshop};

/// Mounts the operations.
pub fn mount(operations: &mut Operations<'_>) {
    jobs::mount(operations);
    oneroster::mount(operations);
}
