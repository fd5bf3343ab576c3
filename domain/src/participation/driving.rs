//! Participations that follow groups: on which days somebody takes part, and what to change so that
//! the register says so.
//!
//! Everything is about one person in one offering. [`wanted_days`] gives the days on which the person
//! takes part, as the groups and the exceptions have it. [`in_step`] compares them with the
//! participations there are:
//!
//! - Each unbroken stretch of wanted days is shared out among the participations that lie in it: the
//!   first reaches back to its first day, each goes on until the next begins, the last reaches its
//!   last day. So a participation keeps its id when its dates are corrected, in the past or in the
//!   future.
//! - A stretch without a participation gets one: one that has lost all its days and to which nothing
//!   has happened is moved there; else a new one is made. It is active from the start, since
//!   belonging to the group is what makes it so.
//! - One that has lost all its days is withdrawn.
//! - What has ended (interrupted, completed) is not begun again: it speaks for the rest of its stretch,
//!   also when that grows longer. A new stretch, after at least one day away, or a readmission, begins
//!   anew. An ended participation whose last day is wanted no longer stays as it was decided.
//! - A study break is never lost: where it would fall outside, the change is refused.
//! - Participations made directly are left alone; a day of theirs cannot be wanted as well.

use chrono::{Days, NaiveDate};

use super::{
    ExceptionKind, Origin, Participation, ParticipationException, Parts, State, no_overlapping_participation,
};
use crate::course::Offering;
use crate::id::{OfferingId, PersonId};
use crate::period::{LAST_DATE, Period};
use crate::refusal::{Refusal, Rule};

/// First and last day, both included.
type Stretch = (NaiveDate, NaiveDate);

/// The days on which a person takes part in an offering, as stretches in order of time with at least
/// one day between them.
///
/// `allowed` are the days on which that is possible at all: the offering's, and for a part of another
/// offering those on which the person takes part in the outermost one. `by_groups` are the days on
/// which the person belongs to a group that drives the offering. No two of the exceptions share a day.
#[must_use]
pub fn wanted_days<'a>(
    allowed: &[Period],
    by_groups: impl IntoIterator<Item = Period>,
    exceptions: impl IntoIterator<Item = &'a ParticipationException>,
) -> Vec<Period> {
    let (mut excluded, mut included) = (Vec::new(), Vec::new());
    for exception in exceptions {
        match exception.kind {
            ExceptionKind::Excluded => excluded.push(stretch(&exception.period)),
            ExceptionKind::Included => included.push(stretch(&exception.period)),
        }
    }
    let groups = united(by_groups.into_iter().map(|days| stretch(&days)).collect());
    let mut wanted = without(&groups, &united(excluded));
    wanted.extend(included);
    let allowed = united(allowed.iter().map(stretch).collect());
    let mut shared = Vec::new();
    for (from, to) in united(wanted) {
        for (first, last) in &allowed {
            let (from, to) = (from.max(*first), to.min(*last));
            if from <= to {
                shared.push((from, to));
            }
        }
    }
    united(shared).into_iter().filter_map(|(from, to)| Period::new(from, Some(to)).ok()).collect()
}

/// Whether every one of the days lies in one of the periods.
#[must_use]
pub fn all_within(days: &Period, periods: &[Period]) -> bool {
    without(&[stretch(days)], &united(periods.iter().map(stretch).collect())).is_empty()
}

/// What brings the participations of a person in an offering into step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step<K> {
    /// Those whose dates change, as they become.
    pub changed: Vec<(K, Participation)>,
    /// New ones.
    pub new: Vec<Participation>,
    /// Those that have lost all their days.
    pub withdrawn: Vec<K>,
}

/// Compares the days wanted with the participations there are; `present` are those that follow groups,
/// each with a key of the caller's, and `direct` those made directly.
///
/// # Errors
/// [`Rule::State`] where a study break would be lost, [`Rule::Overlap`] at `/period` where the person
/// takes part directly on a day that is wanted.
pub fn in_step<'a, K: Copy>(
    person: PersonId,
    offering: (OfferingId, &Offering),
    wanted: &[Period],
    present: impl IntoIterator<Item = (K, &'a Participation)>,
    direct: &[&Participation],
) -> Result<Step<K>, Refusal> {
    let mut rows: Vec<(K, &Participation)> = present.into_iter().collect();
    rows.sort_by_key(|(_, row)| row.period().from());
    let stretches: Vec<Stretch> = wanted.iter().map(stretch).collect();

    // What has ended outside the wanted days stands as it is, and its days are spoken for.
    let stands = |row: &Participation| {
        !row.occupies_place() && row.facts().is_none_or(|facts| place_of(&stretches, facts).is_none())
    };
    let claims = rows.iter().filter(|(_, row)| stands(row)).map(|(_, row)| stretch(&row.period())).collect();
    let pieces = without(&stretches, &united(claims));

    let mut placed: Vec<Vec<(K, &Participation)>> = pieces.iter().map(|_| Vec::new()).collect();
    let mut lost = Vec::new();
    for (key, row) in rows.into_iter().filter(|(_, row)| !stands(row)) {
        let at = match row.facts() {
            Some(facts) => Some(place_of(&pieces, facts).ok_or_else(|| has_breaks(row))?),
            None => pieces.iter().position(|piece| share_a_day(*piece, stretch(&row.period()))),
        };
        match at.and_then(|at| placed.get_mut(at)) {
            Some(there) => there.push((key, row)),
            None => lost.push((key, row)),
        }
    }

    let mut step = Step { changed: Vec::new(), new: Vec::new(), withdrawn: Vec::new() };
    let mut lost = lost.into_iter();
    for (piece, there) in pieces.into_iter().zip(placed) {
        if there.is_empty() {
            match lost.next() {
                Some((key, row)) => step.changed.push((key, row.clone().moved_to(period(piece)?)?)),
                None => step.new.push(begun(person, offering, period(piece)?)?),
            }
            continue;
        }
        let starts: Vec<NaiveDate> = there.iter().map(|(_, row)| row.period().from()).collect();
        for (place, (key, row)) in there.into_iter().enumerate() {
            let from = if place == 0 { piece.0 } else { row.period().from() };
            let to = starts.get(place + 1).and_then(|next| next.checked_sub_days(Days::new(1)));
            let days = period((from, to.unwrap_or(piece.1)))?;
            let after = row.clone().moved_to(days).map_err(|_| has_breaks(row))?;
            if after != *row {
                step.changed.push((key, after));
            }
        }
    }
    step.withdrawn.extend(lost.map(|(key, _)| key));
    for after in step.changed.iter().map(|(_, after)| after).chain(&step.new) {
        no_overlapping_participation(after, direct.iter().copied())?;
    }
    Ok(step)
}

/// Somebody whose participation ended comes back (återintag) while the groups still want them: the
/// earlier one, which no longer speaks for the days from then on, and the new one. Whether a group wants the
/// person on the day shows when both are brought into step: else the new one has no days. None when the day
/// is not one that the earlier one speaks for, or when it does not follow groups: then the person
/// comes back directly, see [`Participation::readmit`].
///
/// # Errors
/// [`Rule::State`] while the earlier one has not ended, [`Rule::Overlap`] at `/period` on one of its
/// days.
pub fn readmitted_to_groups(
    earlier: &Participation,
    from: NaiveDate,
    offering: &Offering,
) -> Result<Option<(Participation, Participation)>, Refusal> {
    let spoken_for = earlier.period();
    if earlier.origin() != Origin::Groups || !spoken_for.contains(from) {
        return Ok(None);
    }
    if earlier.occupies_place() {
        let code = earlier.state().code();
        let detail =
            format!("the participation is {code}; only one that has ended can be followed by another");
        return Err(Refusal::new(Rule::State, detail));
    }
    if let Some(held) = earlier.held().filter(|held| held.contains(from)) {
        let detail = format!("the person took part in the offering {held}");
        return Err(Refusal::new(Rule::Overlap, detail).at("/period"));
    }
    let last = from.checked_sub_days(Days::new(1)).unwrap_or(from);
    let cut = earlier.clone().moved_to(Period::new(spoken_for.from(), Some(last))?)?;
    let days = Period::new(from, spoken_for.to())?;
    let new = begun(earlier.person(), (earlier.offering(), offering), days)?;
    Ok(Some((cut, new)))
}

/// A participation that a group gives.
fn begun(
    person: PersonId,
    (id, offering): (OfferingId, &Offering),
    days: Period,
) -> Result<Participation, Refusal> {
    let (pace, funding) = (Parts::whole(days, offering.pace), Parts::whole(days, None));
    Participation::consistent(person, id, Origin::Groups, State::Active, Vec::new(), pace, funding)
}

fn has_breaks(row: &Participation) -> Refusal {
    let detail = format!(
        "the participation {} has a study break that would fall outside its days; correct it first",
        row.period()
    );
    Refusal::new(Rule::State, detail)
}

fn stretch(days: &Period) -> Stretch {
    (days.from(), days.to().unwrap_or(LAST_DATE))
}

fn period((from, to): Stretch) -> Result<Period, Refusal> {
    Period::new(from, Some(to))
}

/// Which of the stretches holds both days.
fn place_of(stretches: &[Stretch], (first, last): Stretch) -> Option<usize> {
    stretches.iter().position(|(from, to)| *from <= first && last <= *to)
}

fn share_a_day(one: Stretch, other: Stretch) -> bool {
    one.0 <= other.1 && other.0 <= one.1
}

/// The same days in order of time, neighbours joined.
fn united(mut stretches: Vec<Stretch>) -> Vec<Stretch> {
    stretches.sort_unstable();
    let mut joined: Vec<Stretch> = Vec::with_capacity(stretches.len());
    for (from, to) in stretches {
        match joined.last_mut() {
            Some(last) if last.1.checked_add_days(Days::new(1)).is_none_or(|next| from <= next) => {
                last.1 = last.1.max(to);
            }
            _ => joined.push((from, to)),
        }
    }
    joined
}

/// The days of the first that are not among the second; both in order and apart.
fn without(stretches: &[Stretch], holes: &[Stretch]) -> Vec<Stretch> {
    let mut left = Vec::new();
    for (from, to) in stretches {
        let mut next = Some(*from);
        for hole in holes.iter().filter(|hole| share_a_day(**hole, (*from, *to))) {
            let before = hole.0.checked_sub_days(Days::new(1));
            if let (Some(start), Some(end)) = (next, before)
                && start <= end
            {
                left.push((start, end));
            }
            next = hole.1.checked_add_days(Days::new(1));
        }
        if let Some(start) = next.filter(|start| start <= to) {
            left.push((start, *to));
        }
    }
    left
}

#[cfg(test)]
#[path = "driving_tests.rs"]
mod tests;
