//! A participation's row, and the way there and back.

use chrono::NaiveDate;
use serde_json::{Value, json};
use skolhus_domain::{
    id::ParticipationId,
    participation::{Origin, Part, Participation, ParticipationRecord, StateRecord},
    period::{LAST_DATE, Period},
    refusal::Refusals,
};

use crate::{
    Saved,
    core::{
        error::Error,
        record::record,
        types::{Json, Ts, Uid},
    },
};

record! {
    /// A participation's row. `breaks`, `pace` and `funding` are lists, each entry with the
    /// day it begins.
    pub(super) struct ParticipationRow in participations as "participation" {
        person_id: Uid,
        offering_id: Uid,
        period_from: NaiveDate,
        period_to: NaiveDate,
        state: String,
        state_from: Option<NaiveDate>,
        state_to: Option<NaiveDate>,
        state_reason: Option<String>,
        held_from: Option<NaiveDate>,
        held_to: Option<NaiveDate>,
        breaks: Json,
        pace: Json,
        funding: Json,
        origin: String,
    }
}

impl ParticipationRow {
    /// The first version of a row.
    pub(super) fn of(organiser_id: Uid, id: Uid, now: Ts, participation: &Participation) -> Self {
        // What the roster asks for on a day, and what two participations may not share.
        let held = participation.held();
        let ParticipationRecord { person, offering, origin, period, state, breaks, pace, funding } =
            participation.to_record();
        let StateRecord { code, from, to, reason } = state;
        Self {
            organiser_id,
            id,
            version: 1,
            created_at: now,
            modified_at: now,
            withdrawn_at: None,
            person_id: Uid::of(person),
            offering_id: Uid::of(offering),
            period_from: period.from(),
            period_to: last_day(period),
            state: code,
            state_from: from,
            state_to: to,
            state_reason: reason,
            held_from: held.map(|held| held.from()),
            held_to: held.map(last_day),
            breaks: Json(breaks.iter().map(|days| json!({ "from": days.from(), "to": days.to() })).collect()),
            pace: Json(
                pace.iter().map(|Part { from, value }| json!({ "from": from, "percent": value })).collect(),
            ),
            funding: Json(
                funding.iter().map(|Part { from, value }| json!({ "from": from, "code": value })).collect(),
            ),
            origin: origin.code().to_owned(),
        }
    }

    pub(super) fn into_saved(self) -> Result<Saved<ParticipationId, Participation>, Error> {
        let Self {
            organiser_id: _,
            id,
            version,
            created_at,
            modified_at,
            withdrawn_at: _,
            person_id,
            offering_id,
            period_from,
            period_to,
            state,
            state_from,
            state_to,
            state_reason,
            held_from: _,
            held_to: _,
            breaks,
            pace,
            funding,
            origin,
        } = self;
        let inconsistent = |detail: &str| Error::Inconsistent {
            table: "participations",
            id: id.0.to_string(),
            detail: detail.to_owned(),
        };
        let period = Period::new(period_from, Some(period_to))
            .map_err(|_| inconsistent("the period ends before it begins"))?;
        let record = ParticipationRecord {
            person: person_id.to(),
            offering: offering_id.to(),
            origin: Origin::from_code(&origin).map_err(|_| inconsistent("an unknown origin"))?,
            period,
            state: StateRecord { code: state, from: state_from, to: state_to, reason: state_reason },
            breaks: entries(&breaks, finished_break).ok_or_else(|| inconsistent("breaks cannot be read"))?,
            pace: entries(&pace, pace_part).ok_or_else(|| inconsistent("pace cannot be read"))?,
            funding: entries(&funding, funding_part).ok_or_else(|| inconsistent("funding cannot be read"))?,
        };
        let refused = |refusals: Refusals| {
            let rules: Vec<String> =
                refusals.0.iter().map(|refusal| format!("{} {:?}", refusal.pointer, refusal.rule)).collect();
            inconsistent(&rules.join(", "))
        };
        let value = Participation::from_record(record).map_err(refused)?;
        Ok(Saved { id: id.to(), version, created_at: created_at.0, modified_at: modified_at.0, value })
    }
}

/// An offering always ends, and with it every participation in it; one that is made without an
/// offering at hand lasts until the last date there is.
fn last_day(period: Period) -> NaiveDate {
    period.to().unwrap_or(LAST_DATE)
}

fn entries<T>(list: &Json, read: impl Fn(&Value) -> Option<T>) -> Option<Vec<T>> {
    list.0.as_array()?.iter().map(read).collect()
}

fn date(entry: &Value, field: &str) -> Option<NaiveDate> {
    entry.get(field)?.as_str()?.parse().ok()
}

fn finished_break(entry: &Value) -> Option<Period> {
    Period::new(date(entry, "from")?, Some(date(entry, "to")?)).ok()
}

fn pace_part(entry: &Value) -> Option<Part<u8>> {
    let value = u8::try_from(entry.get("percent")?.as_u64()?).ok()?;
    Some(Part { from: date(entry, "from")?, value })
}

fn funding_part(entry: &Value) -> Option<Part<Option<String>>> {
    let value = match entry.get("code")? {
        Value::Null => None,
        code => Some(code.as_str()?.to_owned()),
    };
    Some(Part { from: date(entry, "from")?, value })
}
