//! Who may do what (behörighet): pure policy. Roles, permissions, information
//! classes, levels of login, and the scope that follows from them.

mod caller;
mod class;
mod client_grant;
mod level;
mod permission;
mod role;
mod role_assignment;
mod scope;

pub use caller::{Caller, Identity};
pub use class::{ClassSet, InformationClass};
pub use client_grant::{ClientField, ClientGrant};
pub use level::Level;
pub use permission::{Declared, Permission, declared};
pub use role::Role;
pub use role_assignment::RoleAssignment;
pub use scope::{Assignment, Denial, Part, Reach, Scope, Ward};
