//! What is known of somebody's birth and of their Swedish, each with its source.

use chrono::NaiveDate;

use crate::code::coded;
use crate::education_background::may_certify;
use crate::id::PersonId;
use crate::period::plausible_date;
use crate::refusal::{Refusal, Refusals, Rule};

coded! {
    /// From where it is known whether somebody was born abroad.
    BirthSource("source of a country of birth") {
        /// The population register (folkbokföringen).
        PopulationRegister = "population-register",
        /// The participant has said so.
        Stated = "stated",
    }
}

/// Whether somebody was born abroad.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BornAbroad {
    /// Whether.
    pub born_abroad: bool,
    /// From where it is known.
    pub source: BirthSource,
}

coded! {
    /// What an assessment of somebody's Swedish came to.
    LanguageResult("result of a language assessment") {
        /// No difficulties that call for support.
        NoDifficulties = "no-difficulties",
        /// Difficulties with Swedish (brister i svenska språket).
        Difficulties = "difficulties",
    }
}

/// The school's assessment of somebody's Swedish.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LanguageAssessment {
    /// What it came to.
    pub result: LanguageResult,
    /// When.
    pub on: NaiveDate,
    /// Who assessed: neither the participant nor a relation.
    pub assessor: PersonId,
}

/// An assessment as somebody enters it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NewLanguageAssessment<'a> {
    /// A code of [`LanguageResult`].
    pub result: &'a str,
    /// See [`LanguageAssessment::on`].
    pub on: NaiveDate,
}

impl NewLanguageAssessment<'_> {
    /// Checks every field. `earlier` are the participant's other assessments.
    ///
    /// # Errors
    /// As [`may_certify`]; at `/result` and `/on` ([`Rule::Duplicate`] for a second one of a day).
    pub fn validate(
        self,
        participant: PersonId,
        assessor: Option<PersonId>,
        related: &[PersonId],
        earlier: &[LanguageAssessment],
    ) -> Result<LanguageAssessment, Refusals> {
        let mut refusals = Refusals::default();
        let assessor = refusals.note("", may_certify(assessor, participant, related));
        let result = refusals.note("/result", LanguageResult::from_code(self.result));
        let on = plausible_date(self.on).and_then(|on| {
            if earlier.iter().any(|earlier| earlier.on == on) {
                Err(Refusal::new(Rule::Duplicate, format!("there is an assessment of {on} already")))
            } else {
                Ok(on)
            }
        });
        let on = refusals.note("/on", on);
        match (assessor, result, on, refusals.finish()) {
            (Some(assessor), Some(result), Some(on), Ok(())) => {
                Ok(LanguageAssessment { result, on, assessor })
            }
            (.., finished) => Err(finished.err().unwrap_or_default()),
        }
    }
}
