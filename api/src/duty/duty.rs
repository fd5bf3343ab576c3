//! A duty as the interface shows it.

use chrono::{DateTime, Utc};
use serde::Serialize;
use skolhus_domain::{
    access::Scope,
    duty::{Duty, DutyRole, unique_signature},
    id::{DutyId, Id},
};
use skolhus_persistence::{DatabaseConnection, Saved, duty};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::{
    period::PeriodDocument,
    problem::Problem,
    words::{codes, words},
};

words! {
    /// What a person works as. It names the work; what an account may do is another matter.
    DutyRoleWord("DutyRole") = codes!(DutyRole);
}

/// A duty (tjänst): a person working at a school unit in a role.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Duty)]
pub struct DutyDocument {
    /// Its id.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000f1")]
    pub id: Uuid,
    /// Its version, as in the `ETag`.
    #[schema(example = 1, minimum = 1)]
    pub version: i64,
    /// When it was entered.
    #[schema(example = "2026-08-17T08:10:00Z")]
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    #[schema(example = "2026-08-17T08:10:00Z")]
    pub modified_at: DateTime<Utc>,
    /// Who.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000e1")]
    pub person_id: Uuid,
    /// Where.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000a1")]
    pub school_unit_id: Uuid,
    /// As what.
    #[schema(value_type = DutyRoleWord, example = "teacher")]
    pub role: String,
    /// The short name in schedules.
    #[schema(example = "ÅsÖ")]
    pub signature: Option<String>,
    /// The days on which the person has the duty.
    pub period: PeriodDocument,
}

impl DutyDocument {
    /// The document of a saved duty.
    #[must_use]
    pub fn of(saved: Saved<DutyId, Duty>) -> Self {
        let Saved { id, version, created_at, modified_at, value } = saved;
        let Duty { person, school_unit, role, signature, period } = value;
        Self {
            id: id.uuid(),
            version,
            created_at,
            modified_at,
            person_id: person.uuid(),
            school_unit_id: school_unit.uuid(),
            role: role.code().to_owned(),
            signature: signature.map(|signature| signature.into_string()),
            period: PeriodDocument::of(period),
        }
    }
}

/// Checks that the signature is the person's alone at the unit. Hold the unit first.
pub(crate) fn check_signature(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: DutyId,
    duty: &Duty,
) -> Result<(), Problem> {
    let others = duty::with_same_signature(connection, scope, id, duty)?;
    unique_signature(duty, &others).map_err(Problem::from)
}
