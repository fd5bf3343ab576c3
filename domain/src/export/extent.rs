//! How long somebody has studied, as a certificate says it.

use chrono::{Days, NaiveDate};

use crate::participation::{Participation, State};

/// The weeks of a participation: each begun stretch of seven days from its first to its last day,
/// study breaks left out. A break that still lasts is left out up to the day asked on. Nothing for
/// a participation that never began.
#[must_use]
pub fn weeks_of_study(participation: &Participation, today: NaiveDate) -> u32 {
    let Some(held) = participation.held() else { return 0 };
    let last = held.to().unwrap_or(today);
    let mut days = days_between(held.from(), last);
    let lasting = match participation.state() {
        State::OnStudyBreak { from, to } => Some((*from, to.unwrap_or(today.max(*from)))),
        _ => None,
    };
    let ended = participation.breaks().iter().map(|away| (away.from(), away.to().unwrap_or(last)));
    for (from, to) in ended.chain(lasting) {
        days -= days_between(from.max(held.from()), to.min(last)).min(days);
    }
    days.div_ceil(7)
}

/// The days from one to another, both counted; none where they are the wrong way round.
fn days_between(from: NaiveDate, to: NaiveDate) -> u32 {
    let after = to.checked_add_days(Days::new(1)).unwrap_or(to);
    u32::try_from((after - from).num_days()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;
    use crate::participation::{Part, ParticipationRecord, StateRecord};
    use crate::period::Period;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn first() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 8, 17).unwrap()
    }

    fn studies(days: u64, breaks: &[(u64, u64)]) -> Participation {
        let period = Period::new(first(), Some(first() + Days::new(days - 1))).unwrap();
        let breaks = breaks
            .iter()
            .map(|(from, to)| {
                Period::new(first() + Days::new(*from), Some(first() + Days::new(*to))).unwrap()
            })
            .collect();
        Participation::from_record(ParticipationRecord {
            person: Id::from_uuid(Uuid::from_u128(1)),
            offering: Id::from_uuid(Uuid::from_u128(2)),
            origin: crate::participation::Origin::Direct,
            period,
            state: StateRecord { code: "active".to_owned(), from: None, to: None, reason: None },
            breaks,
            pace: vec![Part { from: first(), value: 100 }],
            funding: vec![Part { from: first(), value: None }],
        })
        .unwrap()
    }

    #[test]
    fn an_autumn_term_is_eighteen_weeks() {
        assert_eq!(weeks_of_study(&studies(124, &[]), first()), 18);
        assert_eq!(weeks_of_study(&studies(1, &[]), first()), 1);
        assert_eq!(weeks_of_study(&studies(14, &[(2, 8)]), first()), 1);
    }

    proptest! {
        #[test]
        fn a_break_takes_its_own_days_and_no_more(days in 30_u64..400, from in 1_u64..10, length in 0_u64..15) {
            let whole = weeks_of_study(&studies(days, &[]), first());
            let broken = weeks_of_study(&studies(days, &[(from, from + length)]), first());
            prop_assert!(broken <= whole);
            let left = u32::try_from(days - length - 1).unwrap();
            prop_assert_eq!(broken, left.div_ceil(7));
        }
    }
}
