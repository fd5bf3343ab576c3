//! A school unit as the interface shows and takes it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use skolhus_domain::{
    code::Table,
    id::{Id, SchoolUnitId},
    organisation::{NewSchoolUnit, NewUnitCode, SchoolUnit, UnitCode},
};
use skolhus_persistence::{DatabaseConnection, Saved, organisation::code};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use crate::http::{period::PeriodDocument, problem::Problem};

/// A school unit (skolenhet).
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SchoolUnit)]
pub struct SchoolUnitDocument {
    /// Its id.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000a1")]
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
    /// Its name.
    #[schema(example = "Väggarps folkhögskola")]
    pub name: String,
    /// The controller (personuppgiftsansvarig) it belongs to.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000b1")]
    pub controller_id: Uuid,
    /// Its school types, as codes of SS 12000.
    #[schema(example = json!(["FHS"]))]
    pub school_types: Vec<String>,
    /// Its codes with others, each with its validity.
    pub codes: Vec<UnitCodeDocument>,
    /// The days on which it exists.
    pub valid: PeriodDocument,
    /// Whether it may be used for new things.
    pub active: bool,
}

impl SchoolUnitDocument {
    /// The document of a saved school unit.
    #[must_use]
    pub fn of(saved: Saved<SchoolUnitId, SchoolUnit>) -> Self {
        let Saved { id, version, created_at, modified_at, value } = saved;
        let SchoolUnit { name, school_types, controller, codes, valid, active } = value;
        Self {
            id: id.uuid(),
            version,
            created_at,
            modified_at,
            name: name.into_string(),
            controller_id: controller.uuid(),
            school_types: school_types.iter().map(|code| code.as_str().to_owned()).collect(),
            codes: codes.iter().map(UnitCodeDocument::of).collect(),
            valid: PeriodDocument::of(valid),
            active,
        }
    }
}

/// A code that a school unit has with somebody.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = SchoolUnitCode)]
pub struct UnitCodeDocument {
    /// Which kind: `school-unit-code` (skolenhetskod, eight digits), `scb-school-code`, `csn-school-code` …
    #[validate(length(min = 1, max = 40))]
    #[schema(example = "school-unit-code", min_length = 1, max_length = 40, pattern = "^[A-Za-z0-9-]+$")]
    pub kind: String,
    /// The code.
    #[validate(length(min = 1, max = 40))]
    #[schema(example = "12345678", min_length = 1, max_length = 40)]
    pub value: String,
    /// When it is the unit's.
    #[validate(nested)]
    pub valid: PeriodDocument,
}

impl UnitCodeDocument {
    fn of(code: &UnitCode) -> Self {
        let UnitCode { kind, value, valid } = code;
        Self {
            kind: kind.as_str().to_owned(),
            value: value.as_str().to_owned(),
            valid: PeriodDocument::of(*valid),
        }
    }
}

/// The fields of a school unit that people decide, all of them.
pub(crate) struct Fields {
    pub(crate) name: String,
    pub(crate) controller_id: Uuid,
    pub(crate) school_types: Vec<String>,
    pub(crate) codes: Vec<UnitCodeDocument>,
    pub(crate) valid: PeriodDocument,
    pub(crate) active: bool,
}

impl Fields {
    /// Checks their meaning, with the code tables as they stand.
    pub(crate) fn validate(&self, connection: &mut DatabaseConnection) -> Result<SchoolUnit, Problem> {
        let [types, kinds] = code::entries_of(connection, [Table::SchoolType, Table::SchoolUnitCodeKind])?;
        let raw = NewSchoolUnit {
            name: &self.name,
            school_types: self.school_types.iter().map(String::as_str).collect(),
            controller: Id::from_uuid(self.controller_id),
            codes: self
                .codes
                .iter()
                .map(|code| NewUnitCode { kind: &code.kind, value: &code.value, valid: code.valid.raw() })
                .collect(),
            valid: self.valid.raw(),
            active: self.active,
        };
        raw.validate(&types, &kinds).map_err(Problem::from)
    }
}
