//! `roles.csv`.

use super::super::source::RosterFile;
use super::Record;
use super::fields::Fields;
use super::words::{Dates, RoleType, SourcedId, UserRole};

/// A role of a person at an organisation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Role {
    /// `userSourcedId`.
    pub user: SourcedId,
    /// `roleType`.
    pub role_type: RoleType,
    /// `role`.
    pub role: UserRole,
    /// `beginDate` and `endDate`.
    pub dates: Dates,
    /// `orgSourcedId`.
    pub org: SourcedId,
}

impl Record for Role {
    const FILE: RosterFile = RosterFile::Roles;
    const REQUIRED: &'static [&'static str] = &["userSourcedId", "roleType", "role", "orgSourcedId"];
    const OPTIONAL: &'static [&'static str] = &["beginDate", "endDate", "userProfileSourcedId"];

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let user = fields.id("userSourcedId");
        let role_type = fields.role_type("roleType");
        let role = fields.word("role");
        let dates = fields.dates("beginDate", "endDate");
        let org = fields.id("orgSourcedId");
        Some(Self { user: user?, role_type: role_type?, role: role?, dates: dates?, org: org? })
    }
}
