//! A site as the interface shows and takes it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize};
use skolhus_domain::{
    id::{Id, SchoolUnitId, SiteId},
    organisation::{MunicipalityCode, NewSite, Site},
};
use skolhus_persistence::Saved;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::{period::PeriodDocument, problem::Problem};

/// A site (filial) of a school unit: where it teaches.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Site)]
pub struct SiteDocument {
    /// Its id.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
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
    /// The school unit that teaches there.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000a1")]
    pub school_unit_id: Uuid,
    /// What people call it.
    #[schema(example = "Filialen i Ängelholm")]
    pub name: String,
    /// The municipality it lies in (kommunkod).
    #[schema(example = "1292")]
    pub municipality_code: String,
    /// Its address as it is written on a letter, in lines.
    #[schema(example = "Storgatan 1\n262 32 Ängelholm")]
    pub address: Option<String>,
    /// The days on which it is in use.
    pub valid: PeriodDocument,
}

impl SiteDocument {
    /// The document of a saved site.
    #[must_use]
    pub fn of(saved: Saved<SiteId, Site>) -> Self {
        let Saved { id, version, created_at, modified_at, value } = saved;
        let Site { school_unit, name, municipality, address, valid } = value;
        Self {
            id: id.uuid(),
            version,
            created_at,
            modified_at,
            school_unit_id: school_unit.uuid(),
            name: name.into_string(),
            municipality_code: municipality.as_str().to_owned(),
            address: address.map(skolhus_domain::text::Text::into_string),
            valid: PeriodDocument::of(valid),
        }
    }
}

/// A municipality's code in a query.
#[derive(Clone, Debug)]
pub struct MunicipalityParameter(pub MunicipalityCode);

impl<'de> Deserialize<'de> for MunicipalityParameter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        MunicipalityCode::new(&text).map(Self).map_err(|refusal| serde::de::Error::custom(refusal.detail))
    }
}

/// The fields of a site that people decide, all of them.
pub(crate) struct Fields {
    pub(crate) name: String,
    pub(crate) municipality_code: String,
    pub(crate) address: Option<String>,
    pub(crate) valid: PeriodDocument,
}

impl Fields {
    /// Checks their meaning.
    pub(crate) fn validate(&self, school_unit: SchoolUnitId) -> Result<Site, Problem> {
        let Self { name, municipality_code, address, valid } = self;
        let raw =
            NewSite { school_unit, name, municipality_code, address: address.as_deref(), valid: valid.raw() };
        raw.validate().map_err(Problem::from)
    }
}
