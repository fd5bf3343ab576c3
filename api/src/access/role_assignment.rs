//! A role given to an account as the interface shows it.

use crate::http::period::PeriodDocument;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use skolhus_domain::{
    access::{Role, RoleAssignment},
    id::{Id, RoleAssignmentId},
};
use skolhus_persistence::Saved;
use utoipa::ToSchema;
use uuid::Uuid;

/// A role given to an account.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RoleAssignment)]
pub struct RoleAssignmentDocument {
    /// Its id.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000d1")]
    pub id: Uuid,
    /// Its version, as in the `ETag`.
    #[schema(example = 1, minimum = 1)]
    pub version: i64,
    /// When it was entered.
    #[schema(example = "2026-08-17T06:10:00Z")]
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    #[schema(example = "2026-08-17T06:10:04Z")]
    pub modified_at: DateTime<Utc>,
    /// Who holds it.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000d1")]
    pub account_id: Uuid,
    /// The role.
    #[schema(value_type = RoleName, example = "registrar")]
    pub role: String,
    /// The school unit it is limited to; null for the whole organiser.
    #[schema(required, example = "0199a3f0-7c00-7000-8000-0000000000a1")]
    pub school_unit_id: Option<Uuid>,
    /// When it is held.
    pub valid: PeriodDocument,
}

impl RoleAssignmentDocument {
    /// The document of what is saved.
    #[must_use]
    pub fn of(saved: Saved<RoleAssignmentId, RoleAssignment>) -> Self {
        let Saved { id, version, created_at, modified_at, value } = saved;
        let RoleAssignment { account, role, school_unit, valid } = value;
        Self {
            id: id.uuid(),
            version,
            created_at,
            modified_at,
            account_id: account.uuid(),
            role: role.code().to_owned(),
            school_unit_id: school_unit.map(Id::uuid),
            valid: PeriodDocument::of(valid),
        }
    }
}

/// A role that accounts can be given.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = Role)]
pub enum RoleName {
    /// Systemadministratör: organisation, accounts, clients, imports; no persons.
    Administrator,
    /// Rektor.
    Principal,
    /// Registrator, expedition.
    Registrar,
    /// Lärare.
    Teacher,
    /// Handläggare för skyddade personuppgifter.
    ProtectionOfficer,
    /// Dataskyddsombud: what was done with the data about a person; for the whole organiser.
    DataProtectionOfficer,
    /// Deltagare, elev.
    Participant,
    /// Vårdnadshavare.
    Guardian,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Administrator => Self::Administrator,
            RoleName::Principal => Self::Principal,
            RoleName::Registrar => Self::Registrar,
            RoleName::Teacher => Self::Teacher,
            RoleName::ProtectionOfficer => Self::ProtectionOfficer,
            RoleName::DataProtectionOfficer => Self::DataProtectionOfficer,
            RoleName::Participant => Self::Participant,
            RoleName::Guardian => Self::Guardian,
        }
    }
}
