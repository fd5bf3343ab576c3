//! What is reported of a participant on a day.

use chrono::NaiveDate;

use super::{BirthSource, BornAbroad, LanguageAssessment, LanguageResult, LanguageRules};
use crate::code::coded;
use crate::id::PersonId;
use crate::refusal::Refusal;
use crate::rule_set::{RuleMark, RuleSet, rules_on};

/// What is known of a participant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LanguageFacts {
    /// Who.
    pub person: PersonId,
    /// Whether they were born abroad, if it is known.
    pub birth: Option<BornAbroad>,
    /// The school's assessments, in any order.
    pub assessments: Vec<LanguageAssessment>,
    /// Whether they were reported as having difficulties before, here or in the system from which they were imported.
    pub reported_before: bool,
}

coded! {
    /// What is reported of somebody, and why.
    FlagOutcome("outcome for the report of language difficulties") {
        /// They are reported.
        Reported = "reported",
        /// The school had assessed nothing by the reporting day.
        NotAssessed = "not-assessed",
        /// The last assessment by then found no difficulties.
        NoDifficulties = "no-difficulties",
        /// It is not known whether they were born abroad.
        BirthUnknown = "birth-unknown",
        /// They were born in Sweden.
        BornInSweden = "born-in-sweden",
        /// Only they themselves have said that they were born abroad.
        BirthOnlyStated = "birth-only-stated",
    }
}

/// What is reported of somebody.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LanguageFlag<'r> {
    /// What, and why.
    pub outcome: FlagOutcome,
    /// The assessment it rests on: the last one by the reporting day.
    pub assessment: Option<LanguageAssessment>,
    /// By which rules.
    pub rule: &'r RuleMark,
}

impl LanguageFacts {
    /// The last assessment up to and with a day.
    #[must_use]
    pub fn assessed_by(&self, day: NaiveDate) -> Option<LanguageAssessment> {
        let by_then = self.assessments.iter().filter(|assessment| assessment.on <= day);
        by_then.max_by_key(|assessment| (assessment.on, assessment.result, assessment.assessor)).copied()
    }

    /// What is reported on a reporting day, by the rules of that day.
    ///
    /// # Errors
    /// [`Rule::OutsidePeriod`](crate::refusal::Rule::OutsidePeriod) for a day on which no rules hold.
    pub fn flag<'r>(
        &self,
        reporting_day: NaiveDate,
        rules: &'r [RuleSet<LanguageRules>],
    ) -> Result<LanguageFlag<'r>, Refusal> {
        let RuleSet { mark, rules } = rules_on("language support", rules, reporting_day)?;
        let assessment = self.assessed_by(reporting_day);
        let outcome = match assessment.map(|assessment| assessment.result) {
            None => FlagOutcome::NotAssessed,
            Some(LanguageResult::NoDifficulties) => FlagOutcome::NoDifficulties,
            Some(LanguageResult::Difficulties) if !rules.needs_birth_abroad => FlagOutcome::Reported,
            Some(LanguageResult::Difficulties) => match self.birth {
                None => FlagOutcome::BirthUnknown,
                Some(BornAbroad { born_abroad: false, .. }) => FlagOutcome::BornInSweden,
                Some(BornAbroad { source: BirthSource::Stated, .. }) if !rules.takes_stated_birth => {
                    FlagOutcome::BirthOnlyStated
                }
                Some(_) => FlagOutcome::Reported,
            },
        };
        Ok(LanguageFlag { outcome, assessment, rule: mark })
    }
}
