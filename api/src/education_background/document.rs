//! An education background as the interface shows it.

use chrono::NaiveDate;
use serde::Serialize;
use skolhus_domain::{
    education_background::{Basis, Certification, Statement},
    id::Id,
    text::Text,
};
use skolhus_persistence::education_background::PersonBackground;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    enrolment::ListedName,
    http::words::{codes, words},
};

words! {
    /// What a certification rests on: a document that whoever certifies has seen, what another authority or school has
    /// confirmed, or the school's own assessment.
    CertificationBasisWord("CertificationBasis") = codes!(Basis);
}

/// What a participant stated of their education, and what the school has certified: two values side by side, of which only the
/// certified one is reported.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EducationBackground)]
pub struct EducationBackgroundDocument {
    /// Whose.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub person_id: Uuid,
    /// Their name.
    pub person_name: ListedName,
    /// Its version, as in the `ETag`; 0 while nothing was stated or certified.
    #[schema(example = 2, minimum = 0)]
    pub version: i64,
    /// What the participant stated last; null where they have not.
    #[schema(required)]
    pub stated: Option<StatementDocument>,
    /// What the school has certified last; null where it has not.
    #[schema(required)]
    pub certified: Option<CertificationDocument>,
    /// Whether somebody should certify it: nothing is certified, or another value was stated since.
    #[schema(example = false)]
    pub waits_for_certification: bool,
}

/// What a participant stated.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EducationStatement)]
pub struct StatementDocument {
    /// The education, as a code of the table `education-background`.
    #[schema(example = "compulsory")]
    pub code: String,
    /// What they show for it; null where they have not said.
    #[schema(required, example = "Slutbetyg från Ängelholms gymnasieskola, 2019")]
    pub evidence: Option<String>,
    /// When they stated it.
    #[schema(example = "2026-10-01")]
    pub on: NaiveDate,
}

/// What the school has certified.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EducationCertification)]
pub struct CertificationDocument {
    /// The education, as a code of the table `education-background`.
    #[schema(example = "upper-secondary-three-year")]
    pub code: String,
    /// The person who certified it.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000b2")]
    pub certified_by_id: Uuid,
    /// When.
    #[schema(example = "2026-10-12")]
    pub on: NaiveDate,
    /// What it rests on.
    #[schema(value_type = CertificationBasisWord, example = "document")]
    pub basis: Basis,
    /// Which document, whose confirmation, what was assessed.
    #[schema(example = "Slutbetyg från Ängelholms gymnasieskola, 2019")]
    pub evidence: String,
    /// Why it is another value than the one stated, or certified before; null where it is the same.
    #[schema(required, example = "Betyget visar tre år")]
    pub correction: Option<String>,
}

impl EducationBackgroundDocument {
    /// The document.
    #[must_use]
    pub fn of(view: &PersonBackground) -> Self {
        let value = view.value();
        let words = |text: &Text| text.as_str().to_owned();
        let stated = value.stated().map(|Statement { code, evidence, on }| StatementDocument {
            code: code.as_str().to_owned(),
            evidence: evidence.as_ref().map(words),
            on: *on,
        });
        let certified = value.certified().map(|certified| {
            let Certification { code, by, on, basis, evidence, correction } = certified;
            CertificationDocument {
                code: code.as_str().to_owned(),
                certified_by_id: by.uuid(),
                on: *on,
                basis: *basis,
                evidence: words(evidence),
                correction: correction.as_ref().map(|why| why.as_str().to_owned()),
            }
        });
        Self {
            person_id: view.person.uuid(),
            person_name: ListedName::of(&view.name),
            version: view.version(),
            stated,
            certified,
            waits_for_certification: value.waits_for_certification(),
        }
    }
}
