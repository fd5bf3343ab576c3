//! Who would gain or lose what: the rights on each day from now on, before and after.

use chrono::NaiveDate;

use super::{Relation, RightSet, Situation, rights_on, rule::of_age_from};
use crate::period::Period;

/// Everything that bears on the rights of one person over another.
#[derive(Clone)]
pub struct Between {
    /// When the person over whom the rights are was born.
    pub birth_date: Option<NaiveDate>,
    /// The relations between the two.
    pub relations: Vec<Relation>,
    /// The days of the bans against the relative.
    pub bans: Vec<Period>,
}

impl Between {
    /// The rights on a day, of all the relations together, over a person who is not protected.
    #[must_use]
    pub fn rights_on(&self, day: NaiveDate) -> RightSet {
        let Self { birth_date, relations, bans } = self;
        let situation = Situation { birth_date: *birth_date, bans, is_protected: false, is_cleared: false };
        relations.iter().fold(RightSet::NONE, |held, relation| {
            let confirmed = relation.is_confirmed();
            held.union(rights_on(day, relation.kind, &relation.terms, confirmed, &situation))
        })
    }

    /// The days on which the rights may change.
    fn turning_days(&self) -> impl Iterator<Item = NaiveDate> {
        let periods: Vec<Period> = self
            .relations
            .iter()
            .map(|relation| relation.terms.period)
            .chain(self.bans.iter().copied())
            .collect();
        let ends: Vec<NaiveDate> = periods.iter().filter_map(|period| period.to()?.succ_opt()).collect();
        periods
            .into_iter()
            .map(|period| period.from())
            .chain(ends)
            .chain(self.birth_date.and_then(of_age_from))
    }
}

/// A stretch of days on which everybody has the same rights.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Span {
    /// The first day.
    pub from: NaiveDate,
    /// The last day; none until further notice.
    pub to: Option<NaiveDate>,
    /// The rights in each of the cases compared.
    pub rights: Vec<RightSet>,
}

/// The stretches from a day on, in order and without gaps, neighbours differing: the rights in
/// each of the cases.
#[must_use]
pub fn spans(today: NaiveDate, cases: &[&Between]) -> Vec<Span> {
    let mut days: Vec<NaiveDate> = std::iter::once(today)
        .chain(cases.iter().flat_map(|case| case.turning_days()))
        .filter(|day| *day >= today)
        .collect();
    days.sort_unstable();
    days.dedup();
    let mut spans: Vec<Span> = Vec::new();
    for day in days {
        let rights: Vec<RightSet> = cases.iter().map(|case| case.rights_on(day)).collect();
        match spans.last_mut() {
            Some(last) if last.rights == rights => {}
            last => {
                if let Some(last) = last {
                    last.to = day.pred_opt();
                }
                spans.push(Span { from: day, to: None, rights });
            }
        }
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::super::{NewRelation, RelationKind, SecondPerson};
    use super::*;
    use crate::id::{Id, PersonId};
    use crate::person::DataSource;
    use crate::text::Text;
    use chrono::Days;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn day(number: u64) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + Days::new(number)
    }

    fn periods() -> impl Strategy<Value = Period> {
        (0..60u64, proptest::option::of(0..30u64)).prop_map(|(from, length)| {
            Period::new(day(from), length.map(|length| day(from + length))).unwrap()
        })
    }

    fn guardian(period: Period) -> Relation {
        let new = NewRelation {
            person: PersonId::from_uuid(Uuid::from_u128(1)),
            relative: PersonId::from_uuid(Uuid::from_u128(2)),
            kind: RelationKind::Guardian,
            source: DataSource::Staff,
            period,
            rights: None,
            reason: Text::line("Folkbokföringen", 500).unwrap(),
        };
        Relation::enter(new, None, SecondPerson::NotNeeded).unwrap()
    }

    proptest! {
        #[test]
        fn the_stretches_say_of_each_day_what_the_rule_says(
            old in periods(), new in periods(), bans in proptest::collection::vec(periods(), 0..3),
            today in 0..40u64, birthday in 0..120u64,
        ) {
            let born = day(birthday) - chrono::Months::new(18 * 12);
            let case = |period, bans| Between { birth_date: Some(born), relations: vec![guardian(period)], bans };
            let (before, after) = (case(old, vec![]), case(new, bans.clone()));
            let found = spans(day(today), &[&before, &after]);
            for number in today..200 {
                let on = day(number);
                let span = found.iter().find(|span| span.from <= on && span.to.is_none_or(|to| on <= to)).unwrap();
                // Said in another way than the rule says it.
                let held = |period: Period, bans: &[Period]| {
                    let open = period.contains(on) && number < birthday && !bans.iter().any(|ban| ban.contains(on));
                    if open { RightSet::ALL } else { RightSet::NONE }
                };
                prop_assert_eq!(&span.rights, &vec![held(old, &[]), held(new, &bans)]);
            }
            for (one, next) in found.iter().zip(found.iter().skip(1)) {
                prop_assert!(one.rights != next.rights);
                prop_assert_eq!(one.to.and_then(|to| to.succ_opt()), Some(next.from));
            }
        }
    }
}
