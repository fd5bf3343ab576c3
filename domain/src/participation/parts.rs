//! A value that changes during a period, as dated parts without gaps.

use chrono::{Days, NaiveDate};

use crate::period::Period;
use crate::refusal::{Refusal, Rule};

/// A value and the day from which it holds, until the next part or the end of the period.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Part<T> {
    /// The first day on which the value holds.
    pub from: NaiveDate,
    /// The value.
    pub value: T,
}

/// A part with both its ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Span<'a, T> {
    /// The first day on which the value holds.
    pub from: NaiveDate,
    /// The last day on which it holds; none in an open period's last part.
    pub to: Option<NaiveDate>,
    /// The value.
    pub value: &'a T,
}

/// A value on each day of a period. There is at least one part; the first begins with the period,
/// each next one later than the one before and within the period. So parts never overlap and leave
/// no gap. Neighbours differ: a part that repeats the value before it is not kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Parts<T> {
    period: Period,
    first: T,
    later: Vec<Part<T>>,
}

impl<T: Clone + PartialEq> Parts<T> {
    /// One value for the whole period.
    #[must_use]
    pub fn whole(period: Period, value: T) -> Self {
        Self { period, first: value, later: Vec::new() }
    }

    /// Parts as they were stored.
    ///
    /// # Errors
    /// [`Rule::Required`] without parts, [`Rule::Conflict`] when the first does not begin with the
    /// period, [`Rule::Overlap`] when they are not in order of time, [`Rule::OutsidePeriod`]; at
    /// `/{n}/from`.
    pub fn from_parts(period: Period, parts: Vec<Part<T>>) -> Result<Self, Refusal> {
        let mut parts = parts.into_iter();
        let first = parts.next().ok_or_else(|| Refusal::new(Rule::Required, "there is at least one part"))?;
        if first.from != period.from() {
            let detail = format!("the first part begins with the period, on {}", period.from());
            return Err(Refusal::new(Rule::Conflict, detail).at("/0/from"));
        }
        let mut last = first.from;
        let mut whole = Self::whole(period, first.value);
        for (place, part) in parts.enumerate() {
            let at = format!("/{}/from", place + 1);
            period.admit("the whole", part.from).map_err(|refusal| refusal.at(&at))?;
            if part.from <= last {
                let detail = format!("a part begins later than the one before it, after {last}");
                return Err(Refusal::new(Rule::Overlap, detail).at(&at));
            }
            last = part.from;
            whole.later.push(part);
        }
        whole.merge();
        Ok(whole)
    }

    /// The period that the parts cover.
    #[must_use]
    pub fn period(&self) -> Period {
        self.period
    }

    /// The parts, in order of time.
    #[must_use]
    pub fn to_parts(&self) -> Vec<Part<T>> {
        let first = Part { from: self.period.from(), value: self.first.clone() };
        std::iter::once(first).chain(self.later.iter().cloned()).collect()
    }

    /// The parts with both their ends, in order of time.
    #[must_use]
    pub fn spans(&self) -> Vec<Span<'_, T>> {
        let starts: Vec<(NaiveDate, &T)> = std::iter::once((self.period.from(), &self.first))
            .chain(self.later.iter().map(|part| (part.from, &part.value)))
            .collect();
        let ends = self
            .later
            .iter()
            .map(|next| next.from.checked_sub_days(Days::new(1)))
            .chain(std::iter::once(self.period.to()));
        starts.into_iter().zip(ends).map(|((from, value), to)| Span { from, to, value }).collect()
    }

    /// The value on a day, or none outside the period.
    #[must_use]
    pub fn on(&self, day: NaiveDate) -> Option<&T> {
        if !self.period.contains(day) {
            return None;
        }
        let part = self.later.iter().rev().find(|part| part.from <= day);
        Some(part.map_or(&self.first, |part| &part.value))
    }

    /// The same, with the value holding from a day until the next part's day. A part that begins
    /// on the day gets the value; else a new part begins there.
    ///
    /// # Errors
    /// [`Rule::OutsidePeriod`] for a day outside the period.
    pub fn with(mut self, from: NaiveDate, value: T) -> Result<Self, Refusal> {
        self.period.admit("the whole", from)?;
        if from == self.period.from() {
            self.first = value;
        } else {
            self.later.retain(|part| part.from != from);
            self.later.push(Part { from, value });
            self.later.sort_by_key(|part| part.from);
        }
        self.merge();
        Ok(self)
    }

    /// The same without the part that begins on a day: the one before it goes on instead.
    ///
    /// # Errors
    /// [`Rule::Conflict`] for the first part, [`Rule::UnknownReference`] when no part begins there.
    pub fn without(mut self, from: NaiveDate) -> Result<Self, Refusal> {
        if from == self.period.from() {
            let detail = "the first part can be given another value, but not be taken away";
            return Err(Refusal::new(Rule::Conflict, detail));
        }
        let before = self.later.len();
        self.later.retain(|part| part.from != from);
        if self.later.len() == before {
            return Err(Refusal::new(Rule::UnknownReference, format!("no part begins on {from}")));
        }
        self.merge();
        Ok(self)
    }

    /// The same values over another period: what lies outside it is cut off, and the first and the
    /// last part reach to its ends.
    #[must_use]
    pub fn over(mut self, period: Period) -> Self {
        let mut first = self.first;
        for part in self.later.iter().take_while(|part| part.from <= period.from()) {
            first = part.value.clone();
        }
        self.later.retain(|part| part.from > period.from() && period.contains(part.from));
        self.first = first;
        self.period = period;
        self.merge();
        self
    }

    fn merge(&mut self) {
        let mut last = self.first.clone();
        self.later.retain(|part| {
            let differs = part.value != last;
            last = part.value.clone();
            differs
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::period::FIRST_DATE;
    use proptest::prelude::*;

    fn day(number: u64) -> NaiveDate {
        FIRST_DATE + Days::new(number)
    }

    fn period(from: u64, length: Option<u64>) -> Period {
        Period::new(day(from), length.map(|length| day(from + length))).unwrap()
    }

    #[derive(Clone, Debug)]
    enum Step {
        With(u64, u8),
        Without(u64),
        Over(u64, Option<u64>),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            4 => (0..60u64, 0..4u8).prop_map(|(from, value)| Step::With(from, value)),
            1 => (0..60u64).prop_map(Step::Without),
            1 => (0..40u64, proptest::option::of(0..30u64)).prop_map(|(from, length)| Step::Over(from, length)),
        ];
        proptest::collection::vec(step, 0..20)
    }

    /// Each day's value, as a plain list.
    fn days(parts: &Parts<u8>) -> Vec<Option<u8>> {
        (0..100).map(|number| parts.on(day(number)).copied()).collect()
    }

    proptest! {
        #[test]
        fn parts_never_overlap_and_leave_no_gap(steps in steps()) {
            let mut parts = Parts::whole(period(10, Some(40)), 0u8);
            for step in steps {
                let before = days(&parts);
                match step {
                    Step::With(from, value) => match parts.clone().with(day(from), value) {
                        Ok(next) => {
                            // The value holds from the day to the next part; no other day changes.
                            let end = parts.later.iter().map(|part| part.from).find(|start| *start > day(from));
                            for (number, (old, new)) in (0..).zip(before.iter().zip(days(&next))) {
                                let within = from <= number && end.is_none_or(|end| day(number) < end);
                                let expected = if within { old.map(|_| value) } else { *old };
                                prop_assert_eq!(new, expected);
                            }
                            parts = next;
                        }
                        Err(refusal) => {
                            prop_assert_eq!(refusal.rule, Rule::OutsidePeriod);
                            prop_assert!(!parts.period().contains(day(from)));
                        }
                    },
                    Step::Without(from) => if let Ok(next) = parts.clone().without(day(from)) {
                        prop_assert!(next.later.len() < parts.later.len());
                        parts = next;
                    },
                    Step::Over(from, length) => {
                        let next = parts.clone().over(period(from, length));
                        for (old, new) in before.iter().zip(days(&next)) {
                            prop_assert!(old.is_none() || new.is_none() || *old == new);
                        }
                        parts = next;
                    }
                }
                for number in 0..100 {
                    let holding =
                        parts.spans().iter().filter(|span| span.from <= day(number) && span.to.is_none_or(|to| day(number) <= to)).count();
                    prop_assert_eq!(holding, usize::from(parts.period().contains(day(number))));
                }
                prop_assert_eq!(Parts::from_parts(parts.period(), parts.to_parts()).unwrap(), parts.clone());
            }
        }
    }

    #[test]
    fn stored_parts_that_do_not_fit_are_refused() {
        let part = |from, value| Part { from: day(from), value };
        let whole = period(10, Some(10));
        let rule = |parts| {
            let refusal = Parts::from_parts(whole, parts).unwrap_err();
            (refusal.rule, refusal.pointer)
        };
        assert_eq!(rule(vec![]), (Rule::Required, String::new()));
        assert_eq!(rule(vec![part(11, 1)]), (Rule::Conflict, "/0/from".into()));
        assert_eq!(rule(vec![part(10, 1), part(10, 2)]), (Rule::Overlap, "/1/from".into()));
        assert_eq!(rule(vec![part(10, 1), part(21, 2)]), (Rule::OutsidePeriod, "/1/from".into()));
    }
}
