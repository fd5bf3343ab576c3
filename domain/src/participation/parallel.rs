//! Several participations of one person at a time (parallell omfattning). Student finance adds
//! them up only when their dates are the same, and never above full time. Nothing is refused: the
//! school is told.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use super::Participation;
use crate::id::OfferingId;

/// What a school should look at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ParallelWarning {
    /// Two participations share days but not their first and last days. Full time may then be
    /// counted as part time.
    DifferentDates {
        /// One offering.
        one: OfferingId,
        /// The other.
        other: OfferingId,
    },
    /// The paces add up to more than full time.
    AboveFullTime {
        /// The first day on which they do.
        from: NaiveDate,
        /// Their sum that day, in percent.
        percent: u32,
    },
}

/// The first day, from a day on, on which the paces of one person's participations add up to more than
/// full time, and the highest sum from then on, in percent; none if they never do. Give only those in
/// outermost offerings.
#[must_use]
pub fn above_full_time(participations: &[Participation], from: NaiveDate) -> Option<(NaiveDate, u32)> {
    let held: Vec<_> = participations
        .iter()
        .filter_map(|participation| Some((participation, participation.held()?)))
        .collect();
    // The sum can rise only on a day on which some part begins.
    let starts = held.iter().flat_map(|(participation, _)| participation.pace().to_parts());
    let days: BTreeSet<NaiveDate> =
        starts.map(|part| part.from).filter(|day| *day > from).chain(std::iter::once(from)).collect();
    let sums = days.into_iter().map(|day| {
        let there = held.iter().filter(|(_, days)| days.contains(day));
        let paces = there.filter_map(|(participation, _)| participation.pace().on(day));
        (day, paces.map(|pace| u32::from(pace.percent())).sum::<u32>())
    });
    let above: Vec<(NaiveDate, u32)> = sums.filter(|(_, percent)| *percent > 100).collect();
    let highest = above.iter().map(|(_, percent)| *percent).max()?;
    above.first().map(|(day, _)| (*day, highest))
}

/// The warnings about one person's participations. Give only those in outermost offerings: parts of
/// an offering are not studies beside it.
#[must_use]
pub fn parallel_warnings(participations: &[Participation]) -> Vec<ParallelWarning> {
    let held: Vec<_> = participations
        .iter()
        .filter_map(|participation| Some((participation, participation.held()?)))
        .collect();
    let mut warnings = Vec::new();
    for (place, (one, days)) in held.iter().enumerate() {
        for (other, theirs) in held.iter().skip(place + 1) {
            if days.overlaps(theirs) && days != theirs {
                let (one, other) = (one.offering(), other.offering());
                warnings.push(ParallelWarning::DifferentDates { one, other });
            }
        }
    }
    // The sum can rise only on a day on which some part begins.
    let starts: BTreeSet<NaiveDate> = held
        .iter()
        .flat_map(|(participation, _)| participation.pace().to_parts())
        .map(|part| part.from)
        .collect();
    let mut above = false;
    for day in starts {
        let percent: u32 = held
            .iter()
            .filter(|(_, days)| days.contains(day))
            .filter_map(|(participation, _)| participation.pace().on(day))
            .map(|pace| u32::from(pace.percent()))
            .sum();
        if percent > 100 && !above {
            warnings.push(ParallelWarning::AboveFullTime { from: day, percent });
        }
        above = percent > 100;
    }
    warnings
}
