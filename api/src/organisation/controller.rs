//! A controller as the interface shows and takes it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use skolhus_domain::{
    id::{ControllerId, Id},
    organisation::{Controller, ControllerKind, NewController},
};
use skolhus_persistence::Saved;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::problem::Problem;

/// Whether a controller is a public body: it decides which rules say how long data is kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ControllerKind)]
pub enum ControllerKindCode {
    /// A municipality's committee, a region, a state body.
    #[serde(rename = "public")]
    Public,
    /// An association, a foundation, a company.
    #[serde(rename = "private")]
    Private,
}

impl From<ControllerKind> for ControllerKindCode {
    fn from(kind: ControllerKind) -> Self {
        match kind {
            ControllerKind::Public => Self::Public,
            ControllerKind::Private => Self::Private,
        }
    }
}

impl From<ControllerKindCode> for ControllerKind {
    fn from(code: ControllerKindCode) -> Self {
        match code {
            ControllerKindCode::Public => Self::Public,
            ControllerKindCode::Private => Self::Private,
        }
    }
}

/// Who answers for personal data (personuppgiftsansvarig): a committee, an association, a foundation.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Controller)]
pub struct ControllerDocument {
    /// Its id.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000b1")]
    pub id: Uuid,
    /// Its version, as in the `ETag`.
    #[schema(example = 1, minimum = 1)]
    pub version: i64,
    /// When it was entered.
    #[schema(example = "2026-06-01T08:10:00Z")]
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    #[schema(example = "2026-06-01T08:10:00Z")]
    pub modified_at: DateTime<Utc>,
    /// Its name.
    #[schema(example = "Barn- och ungdomsnämnden")]
    pub name: String,
    /// Public or private.
    #[schema(example = "public")]
    pub kind: ControllerKindCode,
}

impl ControllerDocument {
    /// The document of a saved controller.
    #[must_use]
    pub fn of(saved: Saved<ControllerId, Controller>) -> Self {
        let Saved { id, version, created_at, modified_at, value } = saved;
        let Controller { name, kind } = value;
        Self { id: id.uuid(), version, created_at, modified_at, name: name.into_string(), kind: kind.into() }
    }
}

/// The fields of a controller that people decide, all of them.
pub(crate) struct Fields {
    pub(crate) name: String,
    pub(crate) kind: ControllerKindCode,
}

impl Fields {
    /// Checks their meaning.
    pub(crate) fn validate(&self) -> Result<Controller, Problem> {
        let Self { name, kind } = self;
        NewController { name, kind: ControllerKind::from(*kind).code() }.validate().map_err(Problem::from)
    }
}
