//! Groups, their members and staff, and the offerings they drive.

pub mod assignment;
#[allow(clippy::module_inception, reason = "one thing per file, under its own word")]
pub mod group;
pub mod membership;
pub mod offering_group;
