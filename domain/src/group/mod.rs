//! Groups (klasser, undervisningsgrupper, mentorsgrupper, avdelningar): who belongs together at a
//! school unit, and when.
//!
//! A group has members and staff, each from–to. Where a group drives an offering, its members take
//! part in it: see [`crate::participation::wanted_days`].

mod assignment;
#[allow(clippy::module_inception, reason = "one thing per file, under its own word")]
mod group;
mod membership;

pub use assignment::{AssignmentRole, GroupAssignment, NewGroupAssignment, no_overlapping_assignment};
pub use group::{Group, GroupKind, NewGroup, name_key, unique_name};
pub use membership::{Membership, NewMembership, no_overlapping_membership};
