//! Lists that catch over-reporting before a report leaves the school.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::{FlagOutcome, LanguageFacts, LanguageRules};
use crate::fraction::{Fraction, Percent};
use crate::id::PersonId;
use crate::organisation::ReportTerm;
use crate::refusal::Refusal;
use crate::rule_set::RuleSet;

/// From which shares on a school looks again at what it is about to report; set by the school.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OverReportingLimits {
    /// The most who are reported of those born abroad.
    pub most_of_born_abroad: Percent,
    /// The most by which the share of all may have risen, in percentage points, above the highest of earlier terms.
    pub most_rise: Percent,
}

/// What speaks for over-reporting (för höga uppgifter). Lists to look at; nothing is changed by them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OverReporting {
    /// Who was reported before, and the school has no assessment by the reporting day.
    pub without_assessment: Vec<PersonId>,
    /// Whose first assessment comes after the reporting day.
    pub assessed_after: Vec<PersonId>,
    /// How many are reported.
    pub reported: usize,
    /// How many participants there are.
    pub participants: usize,
    /// How many of them were born abroad.
    pub born_abroad: usize,
    /// The share of all that is reported; none without participants.
    pub share: Option<Fraction>,
    /// The reported who were born abroad, as a share of those born abroad; none without any.
    pub share_of_born_abroad: Option<Fraction>,
    /// The highest share of an earlier term, and which.
    pub highest_before: Option<(ReportTerm, Fraction)>,
    /// Whether more of those born abroad are reported than the limit.
    pub is_high_of_born_abroad: bool,
    /// Whether the share has risen by more than the limit.
    pub has_risen: bool,
}

/// Looks for over-reporting on a reporting day. `history` holds the school's shares of earlier terms. Nothing depends
/// on an order.
///
/// # Errors
/// [`Rule::OutsidePeriod`](crate::refusal::Rule::OutsidePeriod) for a day on which no rules hold.
pub fn over_reporting(
    participants: &[LanguageFacts],
    reporting_day: NaiveDate,
    rules: &[RuleSet<LanguageRules>],
    history: &BTreeMap<ReportTerm, Fraction>,
    limits: OverReportingLimits,
) -> Result<OverReporting, Refusal> {
    let (mut without_assessment, mut assessed_after) = (Vec::new(), Vec::new());
    let (mut reported, mut born_abroad, mut both) = (0, 0, 0);
    for facts in participants {
        let is_born_abroad = facts.birth.is_some_and(|birth| birth.born_abroad);
        let flag = facts.flag(reporting_day, rules)?;
        let is_reported = flag.outcome == FlagOutcome::Reported;
        reported += usize::from(is_reported);
        born_abroad += usize::from(is_born_abroad);
        both += usize::from(is_reported && is_born_abroad);
        if flag.assessment.is_none() {
            if facts.reported_before {
                without_assessment.push(facts.person);
            }
            if !facts.assessments.is_empty() {
                assessed_after.push(facts.person);
            }
        }
    }
    without_assessment.sort_unstable();
    assessed_after.sort_unstable();
    let share = share_of(reported, participants.len())?;
    let share_of_born_abroad = share_of(both, born_abroad)?;
    let highest_before =
        history.iter().map(|(term, share)| (*term, *share)).max_by_key(|(term, share)| (*share, *term));
    let rise = share.zip(highest_before).map(|(share, (_, before))| share - before);
    Ok(OverReporting {
        without_assessment,
        assessed_after,
        reported,
        participants: participants.len(),
        born_abroad,
        share,
        share_of_born_abroad,
        highest_before,
        is_high_of_born_abroad: share_of_born_abroad
            .is_some_and(|share| share > limits.most_of_born_abroad.share()),
        has_risen: rise.is_some_and(|rise| rise > limits.most_rise.share()),
    })
}

fn share_of(part: usize, whole: usize) -> Result<Option<Fraction>, Refusal> {
    if whole == 0 {
        return Ok(None);
    }
    let number = |count| i64::try_from(count).unwrap_or(i64::MAX);
    Fraction::from_parts(number(part), number(whole)).map(Some)
}
