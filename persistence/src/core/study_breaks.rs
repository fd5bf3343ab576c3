//! The study breaks in a row of `participations`, for capabilities that read such rows without the whole participation.

use chrono::NaiveDate;
use serde::Deserialize;
use skolhus_domain::period::Period;

use super::types::Json;

/// The state of somebody on a study break, a code of the domain's participation.
const ON_BREAK: &str = "study-break";

/// A study break that is over.
#[derive(Deserialize)]
struct Break {
    from: NaiveDate,
    to: NaiveDate,
}

/// When somebody was or is on a study break: those that are over, as the row lists them, and the one of its state. None
/// where the row cannot be read.
pub(crate) fn study_breaks(
    over: Json,
    state: &str,
    (from, to): (Option<NaiveDate>, Option<NaiveDate>),
) -> Option<Vec<Period>> {
    let over: Vec<Break> = serde_json::from_value(over.0).ok()?;
    let mut away = Vec::with_capacity(over.len() + 1);
    for Break { from, to } in over {
        away.push(Period::new(from, Some(to)).ok()?);
    }
    if let (ON_BREAK, Some(from)) = (state, from) {
        away.push(Period::new(from, to).ok()?);
    }
    Some(away)
}
