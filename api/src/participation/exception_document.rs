//! An exception as the interface shows it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use skolhus_domain::{
    access::{InformationClass, Scope},
    id::Id,
    participation::{ExceptionKind, ParticipationException},
};
use skolhus_persistence::{Saved, participation::NamedException};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{enrolment::ListedName, http::period::PeriodDocument};

/// What an exception makes of the person.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = ParticipationExceptionKind, example = "excluded")]
pub enum KindName {
    /// Does not take part, though a member of a group that drives the offering.
    Excluded,
    /// Takes part, though no member.
    Included,
}

impl KindName {
    /// The domain's name of it.
    #[must_use]
    pub fn kind(self) -> ExceptionKind {
        match self {
            Self::Excluded => ExceptionKind::Excluded,
            Self::Included => ExceptionKind::Included,
        }
    }

    fn of(kind: ExceptionKind) -> Self {
        match kind {
            ExceptionKind::Excluded => Self::Excluded,
            ExceptionKind::Included => Self::Included,
        }
    }
}

/// One person's exception in an offering that groups drive.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ParticipationException)]
pub struct ExceptionDocument {
    /// Its id.
    #[schema(example = "0199a3f0-7c00-7000-8000-000000000075")]
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
    /// The person's name.
    pub person_name: ListedName,
    /// In which offering.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000d1")]
    pub offering_id: Uuid,
    /// Whether the person is left out or taken in.
    pub kind: KindName,
    /// The days of it; without a last day as long as the offering.
    pub period: PeriodDocument,
    /// Why. Shown only to those who may see reasons of absence; null where not told.
    #[schema(required, example = "Läser svenska som andraspråk")]
    pub reason: Option<String>,
}

impl ExceptionDocument {
    /// The document of an exception, as far as the scope opens it.
    #[must_use]
    pub fn of(named: NamedException, scope: &Scope) -> Self {
        let NamedException { saved: Saved { id, version, created_at, modified_at, value }, name } = named;
        let ParticipationException { person, offering, kind, period, reason } = value;
        let open = scope.classes_about(person).has(InformationClass::AbsenceReason);
        Self {
            id: id.uuid(),
            version,
            created_at,
            modified_at,
            person_id: person.uuid(),
            person_name: ListedName::of(&name),
            offering_id: offering.uuid(),
            kind: KindName::of(kind),
            period: PeriodDocument::of(period),
            reason: reason.filter(|_| open).map(|reason| reason.as_str().to_owned()),
        }
    }
}
