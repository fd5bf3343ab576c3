//! An enrolment as the interface shows it, and the fields that people decide.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use skolhus_domain::{
    access::Scope,
    code::Table,
    enrolment::{Enrolment, EnrolmentState, NewEnrolment},
    id::{Id, PersonId, SchoolUnitId},
    refusal::{Refusal, Rule},
    text::Text,
};
use skolhus_persistence::{
    DatabaseConnection, Saved,
    enrolment::NamedEnrolment,
    organisation::{code, school_unit},
};
use utoipa::ToSchema;
use uuid::Uuid;

use super::listed_name::ListedName;
use crate::http::{period::PeriodDocument, problem::Problem};

/// An enrolment (inskrivning): a person at a school unit, in a school type.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Enrolment)]
pub struct EnrolmentDocument {
    /// Its id.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000e1")]
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
    /// At which school unit.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000a1")]
    pub school_unit_id: Uuid,
    /// In which school type, as a code of SS 12000.
    #[schema(example = "FHS")]
    pub school_type_code: String,
    /// Which year of the school (årskurs), 0 to 10; 0 is the preschool class.
    #[schema(required, example = 7, minimum = 0, maximum = 10)]
    pub school_year: Option<u8>,
    /// Which programme, or another division of the school.
    #[schema(required, example = "Allmän kurs, år 2")]
    pub programme: Option<String>,
    /// The days of the enrolment.
    pub period: PeriodDocument,
    /// Where it stands today; follows from the days.
    pub state: EnrolmentStateName,
}

/// Where an enrolment stands on a day.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = EnrolmentState, example = "active")]
pub enum EnrolmentStateName {
    /// It has not begun.
    Planned,
    /// The day lies within it.
    Active,
    /// It is over.
    Ended,
}

impl EnrolmentStateName {
    pub(super) fn state(self) -> EnrolmentState {
        match self {
            Self::Planned => EnrolmentState::Planned,
            Self::Active => EnrolmentState::Active,
            Self::Ended => EnrolmentState::Ended,
        }
    }

    fn on(enrolment: &Enrolment, day: NaiveDate) -> Self {
        match enrolment.state(day) {
            EnrolmentState::Planned => Self::Planned,
            EnrolmentState::Active => Self::Active,
            // A withdrawn one has left every answer.
            EnrolmentState::Ended | EnrolmentState::Withdrawn => Self::Ended,
        }
    }
}

impl EnrolmentDocument {
    /// The document of an enrolment, as it stands today.
    #[must_use]
    pub fn of(named: NamedEnrolment, scope: &Scope) -> Self {
        let NamedEnrolment { saved, name } = named;
        let Saved { id, version, created_at, modified_at, value } = saved;
        let state = EnrolmentStateName::on(&value, scope.today());
        let Enrolment { person, school_unit, school_type, school_year, programme, period, withdrawn: _ } =
            value;
        Self {
            id: id.uuid(),
            version,
            created_at,
            modified_at,
            person_id: person.uuid(),
            person_name: ListedName::of(&name),
            school_unit_id: school_unit.uuid(),
            school_type_code: school_type.as_str().to_owned(),
            school_year,
            programme: programme.map(Text::into_string),
            period: PeriodDocument::of(period),
            state,
        }
    }
}

/// The fields of an enrolment that people decide, all of them.
pub(super) struct Fields {
    pub(super) person: PersonId,
    pub(super) school_unit: SchoolUnitId,
    pub(super) school_type: String,
    pub(super) school_year: Option<u8>,
    pub(super) programme: Option<String>,
    pub(super) period: PeriodDocument,
}

impl Fields {
    /// Checks their meaning, against the school unit and its school types.
    pub(super) fn validate(
        &self,
        connection: &mut DatabaseConnection,
        scope: &Scope,
    ) -> Result<Enrolment, Problem> {
        let Some(unit) = school_unit::find(connection, scope, self.school_unit)? else {
            return Err(Refusal::new(Rule::UnknownReference, "there is no such school unit")
                .at("/schoolUnitId")
                .into());
        };
        let types = code::entries(connection, Table::SchoolType)?;
        let new = NewEnrolment {
            person: self.person,
            school_unit: self.school_unit,
            school_type: &self.school_type,
            school_year: self.school_year,
            programme: self.programme.as_deref(),
            period: self.period.raw(),
        };
        let enrolment = new.validate(&types, &unit.value.school_types).map_err(Problem::from)?;
        unit.value
            .valid
            .admit("the school unit", enrolment.period.from())
            .map_err(|refusal| refusal.at("/period/from"))?;
        Ok(enrolment)
    }
}
