//! What was paid, held against what was expected, with the differences explained.

use std::collections::{BTreeMap, BTreeSet};

use super::{Assessment, ForecastLine, MobilityOutcome, forecast};
use crate::code::{Code, coded};
use crate::fraction::Fraction;
use crate::id::{OfferingId, PersonId};
use crate::organisation::ReportTerm;
use crate::refusal::Refusal;

/// What was paid out for a region and a term. Several payments of one region and term are added up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Payment {
    /// For which term.
    pub term: ReportTerm,
    /// For the inhabitants of which region.
    pub region: Code,
    /// In öre; below zero for what was taken back.
    pub ore: i64,
    /// For how many payable weeks, where the payer says so.
    pub weeks: Option<Fraction>,
}

coded! {
    /// Why more or less was paid than expected.
    CauseKind("cause of a difference") {
        /// Nothing was expected from the region.
        NotExpected = "not-expected",
        /// The region has paid nothing.
        NotPaid = "not-paid",
        /// What was reported has been changed since: the payment rests on what was reported.
        ChangedSince = "changed-since",
        /// Other weeks than ours were paid for.
        Weeks = "weeks",
        /// Another amount for a week was paid.
        Rate = "rate",
        /// Whatever is left: the payer does not say for how many weeks, or öre were rounded otherwise.
        Unexplained = "unexplained",
    }
}

/// A cause and its part of a difference.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cause {
    /// Which.
    pub kind: CauseKind,
    /// In öre; above zero where more was paid.
    pub ore: i64,
}

/// A region and a term, expected and paid.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reconciled {
    /// The term.
    pub term: ReportTerm,
    /// The home region.
    pub region: Code,
    /// What is due by today's data, in öre.
    pub expected: i64,
    /// What was paid, in öre.
    pub paid: i64,
    /// Why they differ, in the order of [`CauseKind::ALL`]. The parts add up to `paid - expected`; none is zero.
    pub causes: Vec<Cause>,
}

impl Reconciled {
    /// How much more was paid than expected, in öre.
    #[must_use]
    pub fn difference(&self) -> i64 {
        self.paid - self.expected
    }
}

/// Holds payments against what is due. `reported` are the assessments that the payer was given (those of the frozen
/// round), `today` those of today's data; where nothing was frozen give the same twice. Their order, and that of
/// payments, does not matter.
///
/// # Errors
/// [`Rule::OutOfRange`](crate::refusal::Rule::OutOfRange) for amounts that do not fit.
pub fn reconcile(
    reported: &[Assessment<'_>],
    today: &[Assessment<'_>],
    payments: &[Payment],
) -> Result<Vec<Reconciled>, Refusal> {
    let (reported, today) = (forecast(reported), forecast(today));
    let mut paid: BTreeMap<(ReportTerm, Code), Vec<&Payment>> = BTreeMap::new();
    for payment in payments {
        paid.entry((payment.term, payment.region.clone())).or_default().push(payment);
    }
    let keys: BTreeSet<_> = reported.keys().chain(today.keys()).chain(paid.keys()).collect();
    keys.into_iter()
        .map(|key| {
            let payments = paid.get(key).map_or(&[][..], Vec::as_slice);
            let expected = today.get(key).map_or(0, |line| line.ore);
            let given = reported.get(key);
            let causes = causes(given, expected, payments)?;
            let (term, region) = key.clone();
            let paid = payments.iter().map(|payment| payment.ore).sum();
            Ok(Reconciled { term, region, expected, paid, causes })
        })
        .collect()
}

fn causes(given: Option<&ForecastLine>, expected: i64, payments: &[&Payment]) -> Result<Vec<Cause>, Refusal> {
    let paid: i64 = payments.iter().map(|payment| payment.ore).sum();
    let reported = given.map_or(0, |line| line.ore);
    let mut parts = vec![(CauseKind::ChangedSince, reported - expected)];
    let weeks = payments.iter().map(|payment| payment.weeks).collect::<Option<Vec<_>>>();
    match (given, weeks) {
        (None, _) => parts.push((CauseKind::NotExpected, paid)),
        (Some(_), _) if payments.is_empty() => parts.push((CauseKind::NotPaid, -reported)),
        (Some(line), Some(weeks)) => {
            let weeks: Fraction = weeks.into_iter().sum();
            let of_weeks = match per_week(reported, line.payable)? {
                Some(ours) => ((weeks - line.payable) * ours).rounded()?,
                None => 0,
            };
            // What remains is how much more or less was paid for each of their weeks.
            let rest = paid - reported - of_weeks;
            parts.push((CauseKind::Weeks, of_weeks));
            let rounding = i64::try_from(payments.len())
                .unwrap_or(i64::MAX)
                .saturating_add(i64::try_from(line.persons).unwrap_or(i64::MAX));
            let kind = if rest.abs() <= rounding || weeks.is_zero() {
                CauseKind::Unexplained
            } else {
                CauseKind::Rate
            };
            parts.push((kind, rest));
        }
        (Some(_), None) => parts.push((CauseKind::Unexplained, paid - reported)),
    }
    parts.sort_unstable();
    Ok(parts.into_iter().filter(|(_, ore)| *ore != 0).map(|(kind, ore)| Cause { kind, ore }).collect())
}

/// Öre for a week; none without weeks.
fn per_week(ore: i64, weeks: Fraction) -> Result<Option<Fraction>, Refusal> {
    let (numerator, denominator) = weeks.to_parts()?;
    if numerator == 0 {
        return Ok(None);
    }
    Fraction::from_parts(denominator, numerator).map(|inverse| Some(Fraction::whole(ore) * inverse))
}

/// A participant whose assessment is another than the reported one: what lies behind [`CauseKind::ChangedSince`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// Who.
    pub person: PersonId,
    /// In which offering.
    pub offering: OfferingId,
    /// In which term.
    pub term: ReportTerm,
    /// What came of it in the report; none where the participant was not in it.
    pub before: Option<MobilityOutcome>,
    /// What comes of it today; none where the participant is no longer there.
    pub now: Option<MobilityOutcome>,
    /// Whether another home region pays.
    pub moved: bool,
    /// How much more is due today, in öre, over all regions.
    pub ore: i64,
}

/// Whose assessments have changed, by term, person and offering. Those that came to the same are left out.
#[must_use]
pub fn changes(reported: &[Assessment<'_>], today: &[Assessment<'_>]) -> Vec<Change> {
    let (reported, today) = (Answers::of(reported), Answers::of(today));
    let keys: BTreeSet<_> = reported.0.keys().chain(today.0.keys()).copied().collect();
    keys.into_iter()
        .filter_map(|(term, person, offering)| {
            let key = (term, person, offering);
            let (before, now) = (reported.0.get(&key), today.0.get(&key));
            let ore = |answer: Option<&Answer<'_>>| answer.map_or(0, |answer| answer.ore);
            (before != now).then(|| Change {
                person,
                offering,
                term,
                before: before.map(|answer| answer.outcome),
                now: now.map(|answer| answer.outcome),
                moved: before.zip(now).is_some_and(|(before, now)| before.home != now.home),
                ore: ore(now) - ore(before),
            })
        })
        .collect()
}

/// What came of an assessment, as far as it can change.
#[derive(PartialEq, Eq)]
struct Answer<'a> {
    outcome: MobilityOutcome,
    home: Option<&'a Code>,
    ore: i64,
}

struct Answers<'a>(BTreeMap<(ReportTerm, PersonId, OfferingId), Answer<'a>>);

impl<'a> Answers<'a> {
    fn of(assessments: &'a [Assessment<'_>]) -> Self {
        let answer =
            |one: &'a Assessment<'_>| Answer { outcome: one.outcome, home: one.home.as_ref(), ore: one.ore };
        Self(assessments.iter().map(|one| ((one.term, one.person, one.offering), answer(one))).collect())
    }
}
