//! A participation as the interface shows it.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use skolhus_domain::{access::Scope, code::Code, id::Id, participation::Origin};
use skolhus_persistence::{Saved, participation::Named};
use utoipa::ToSchema;
use uuid::Uuid;

use super::state_document::StateDocument;
use crate::{enrolment::ListedName, http::period::PeriodDocument};

/// A participation (deltagande): a person in an offering, for a period.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Participation)]
pub struct ParticipationDocument {
    /// Its id.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000f1")]
    pub id: Uuid,
    /// Its version, as in the `ETag`.
    #[schema(example = 1, minimum = 1)]
    pub version: i64,
    /// When it was entered.
    #[schema(example = "2026-08-17T06:10:00Z")]
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    #[schema(example = "2026-08-17T06:10:00Z")]
    pub modified_at: DateTime<Utc>,
    /// Who.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub person_id: Uuid,
    /// The person's name; to the teachers of somebody with protected identity the name that the handling plan shows.
    pub person_name: ListedName,
    /// In which offering.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000d1")]
    pub offering_id: Uuid,
    /// How it came to be: `direct` where somebody entered it, `groups` where it follows the groups that
    /// drive the offering, and exceptions: then its dates are not changed by hand.
    #[schema(example = "direct")]
    pub origin: OriginName,
    /// From which day to which it is, or was, planned to last.
    pub period: PeriodDocument,
    /// The days on which the person is, was or will be a participant, study breaks included: the
    /// period, cut where it ended early; null when it was cancelled before its start.
    #[schema(required)]
    pub held: Option<PeriodDocument>,
    /// Where it stands.
    pub state: StateDocument,
    /// Study breaks (studieuppehåll) that are over, in order of time.
    pub breaks: Vec<PeriodDocument>,
    /// Pace of study today, in percent of full time; null outside the period.
    #[schema(required, example = 75, minimum = 1, maximum = 100)]
    pub pace_percent: Option<u8>,
    /// Who pays today, as a code of the table of funding sources; null where not stated, and
    /// outside the period.
    #[schema(required, example = "state-grant")]
    pub funding_code: Option<String>,
    /// Pace over the period, in order of time; each part lasts until the next.
    pub pace: Vec<PacePart>,
    /// Funding over the period, in order of time; each part lasts until the next.
    pub funding: Vec<FundingPart>,
}

/// How a participation came to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = ParticipationOrigin, example = "direct")]
pub enum OriginName {
    /// Somebody entered it.
    Direct,
    /// It follows groups and exceptions.
    Groups,
}

impl OriginName {
    /// The domain's name of it.
    #[must_use]
    pub fn origin(self) -> Origin {
        match self {
            Self::Direct => Origin::Direct,
            Self::Groups => Origin::Groups,
        }
    }

    fn of(origin: Origin) -> Self {
        match origin {
            Origin::Direct => Self::Direct,
            Origin::Groups => Self::Groups,
        }
    }
}

/// A pace of study from a day.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PacePart {
    /// The first day on which it holds.
    #[schema(example = "2026-08-17")]
    pub from: NaiveDate,
    /// In percent of full time.
    #[schema(example = 75, minimum = 1, maximum = 100)]
    pub pace_percent: u8,
}

/// A funding source from a day.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FundingPart {
    /// The first day on which it holds.
    #[schema(example = "2026-08-17")]
    pub from: NaiveDate,
    /// A code of the table of funding sources; null where not stated.
    #[schema(required, example = "state-grant")]
    pub funding_code: Option<String>,
}

impl ParticipationDocument {
    /// The document of a participation, as it stands today and as far as the scope opens it.
    #[must_use]
    pub fn of(named: Named, scope: &Scope) -> Self {
        let Named { saved, name } = named;
        let Saved { id, version, created_at, modified_at, value } = saved;
        let today = scope.today();
        let code = |code: &Option<Code>| code.as_ref().map(|code| code.as_str().to_owned());
        Self {
            id: id.uuid(),
            version,
            created_at,
            modified_at,
            person_id: value.person().uuid(),
            person_name: ListedName::of(&name),
            offering_id: value.offering().uuid(),
            origin: OriginName::of(value.origin()),
            period: PeriodDocument::of(value.period()),
            held: value.held().map(PeriodDocument::of),
            state: StateDocument::of(value.state(), value.person(), scope),
            breaks: value.breaks().iter().copied().map(PeriodDocument::of).collect(),
            pace_percent: value.pace().on(today).map(|pace| pace.percent()),
            funding_code: value.funding().on(today).and_then(code),
            pace: value
                .pace()
                .to_parts()
                .into_iter()
                .map(|part| PacePart { from: part.from, pace_percent: part.value.percent() })
                .collect(),
            funding: value
                .funding()
                .to_parts()
                .into_iter()
                .map(|part| FundingPart { from: part.from, funding_code: code(&part.value) })
                .collect(),
        }
    }
}
