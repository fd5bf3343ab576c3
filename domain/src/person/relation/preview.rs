//! Who would gain or lose what: the rights on each day from now on, before and after.

use chrono::NaiveDate;

use super::{RightSet, rule::of_age_from};
use crate::period::Period;

/// A stretch of days on which the rights before and after a change are the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Span {
    /// The first day.
    pub from: NaiveDate,
    /// The last day; none until further notice.
    pub to: Option<NaiveDate>,
    /// The rights before.
    pub before: RightSet,
    /// The rights after.
    pub after: RightSet,
}

/// The stretches from a day on, in order and without gaps, neighbours differing. `periods` are the
/// days of everything that bears on the rights: relations and bans, before and after.
pub fn spans(
    today: NaiveDate,
    birth_date: Option<NaiveDate>,
    periods: &[Period],
    before: impl Fn(NaiveDate) -> RightSet,
    after: impl Fn(NaiveDate) -> RightSet,
) -> Vec<Span> {
    let mut days: Vec<NaiveDate> = std::iter::once(today)
        .chain(birth_date.and_then(of_age_from))
        .chain(periods.iter().map(Period::from))
        .chain(periods.iter().filter_map(|period| period.to()?.succ_opt()))
        .filter(|day| *day >= today)
        .collect();
    days.sort_unstable();
    days.dedup();
    let mut spans: Vec<Span> = Vec::new();
    for day in days {
        let (before, after) = (before(day), after(day));
        match spans.last_mut() {
            Some(last) if last.before == before && last.after == after => {}
            last => {
                if let Some(last) = last {
                    last.to = day.pred_opt();
                }
                spans.push(Span { from: day, to: None, before, after });
            }
        }
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::super::{RelationKind, Situation, Terms, rights_on};
    use super::*;
    use chrono::Days;
    use proptest::prelude::*;

    fn day(number: u64) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + Days::new(number)
    }

    fn periods() -> impl Strategy<Value = Period> {
        (0..60u64, proptest::option::of(0..30u64)).prop_map(|(from, length)| {
            Period::new(day(from), length.map(|length| day(from + length))).unwrap()
        })
    }

    proptest! {
        #[test]
        fn the_stretches_say_of_each_day_what_the_rule_says(
            old in periods(), new in periods(), bans in proptest::collection::vec(periods(), 0..3),
            today in 0..40u64, birthday in 0..120u64,
        ) {
            let born = day(birthday) - chrono::Months::new(18 * 12);
            let situation = Situation { birth_date: Some(born), bans: &bans, is_protected: false, is_cleared: false };
            let rights = |period| move |on| {
                rights_on(on, RelationKind::Guardian, &Terms { period, rights: RightSet::ALL }, true, &situation)
            };
            let mut all = vec![old, new];
            all.extend(bans.iter().copied());
            let found = spans(day(today), Some(born), &all, rights(old), rights(new));
            for number in today..200 {
                let on = day(number);
                let span = found.iter().find(|span| span.from <= on && span.to.is_none_or(|to| on <= to)).unwrap();
                prop_assert_eq!((span.before, span.after), (rights(old)(on), rights(new)(on)));
            }
            for (one, next) in found.iter().zip(found.iter().skip(1)) {
                prop_assert!((one.before, one.after) != (next.before, next.after));
                prop_assert_eq!(one.to.and_then(|to| to.succ_opt()), Some(next.from));
            }
        }
    }
}
