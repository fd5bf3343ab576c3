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
