//! What regions will pay, by term and region, and for whom they will not.

use std::collections::{BTreeMap, BTreeSet};

use super::{Assessment, MobilityOutcome};
use crate::code::Code;
use crate::fraction::Fraction;
use crate::id::PersonId;
use crate::organisation::ReportTerm;

/// What a region will pay for a term. The sums of the assessments, as they stand: what is rounded is rounded for each.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ForecastLine {
    /// For how many persons.
    pub persons: usize,
    /// Their weeks at full time.
    pub full_time: Fraction,
    /// Their weeks below full time.
    pub below_full_time: Fraction,
    /// The weeks that are paid for.
    pub payable: Fraction,
    /// In öre.
    pub ore: i64,
}

/// The forecast by term and home region. Only what is due is in it.
#[must_use]
pub fn forecast(assessments: &[Assessment<'_>]) -> BTreeMap<(ReportTerm, Code), ForecastLine> {
    let mut lines: BTreeMap<(ReportTerm, Code), ForecastLine> = BTreeMap::new();
    let mut persons: BTreeSet<(ReportTerm, Code, PersonId)> = BTreeSet::new();
    for one in assessments.iter().filter(|one| one.outcome == MobilityOutcome::Due) {
        let Some(home) = &one.home else { continue };
        let line = lines.entry((one.term, home.clone())).or_default();
        line.full_time = line.full_time + one.full_time;
        line.below_full_time = line.below_full_time + one.below_full_time;
        line.payable = line.payable + one.payable;
        line.ore += one.ore;
        if persons.insert((one.term, home.clone(), one.person)) {
            line.persons += 1;
        }
    }
    lines
}

/// For whom nothing is due, by term and reason: whom to look at where no home region or no rate is known, and whom not.
#[must_use]
pub fn not_due<'a, 'r>(
    assessments: &'a [Assessment<'r>],
) -> BTreeMap<(ReportTerm, MobilityOutcome), Vec<&'a Assessment<'r>>> {
    let mut found: BTreeMap<(ReportTerm, MobilityOutcome), Vec<&'a Assessment<'r>>> = BTreeMap::new();
    for one in assessments.iter().filter(|one| one.outcome != MobilityOutcome::Due) {
        found.entry((one.term, one.outcome)).or_default().push(one);
    }
    for of_reason in found.values_mut() {
        of_reason.sort_by_key(|one| (one.person, one.offering));
    }
    found
}
