//! Language support (språkligt stöd): three facts that are never derived from each other. Whether somebody was born
//! abroad; what the school has assessed; and what is reported, which the rules of the day make of the two.

mod assessment;
mod flag;
mod over_reporting;
mod rules;

pub use assessment::{BirthSource, BornAbroad, LanguageAssessment, LanguageResult, NewLanguageAssessment};
pub use flag::{FlagOutcome, LanguageFacts, LanguageFlag};
pub use over_reporting::{OverReporting, OverReportingLimits, over_reporting};
pub use rules::{LANGUAGE_RULES, LanguageRules, language_rules};

#[cfg(test)]
mod tests;
