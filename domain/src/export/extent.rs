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
