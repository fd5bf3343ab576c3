//! How often an organiser wants handling plans to be reviewed.

use chrono::NaiveDate;
use diesel::prelude::*;
use skolhus_domain::{
    access::Scope,
    id::{HandlingPlanSettingId, OrganiserId},
    person::{IntervalDecision, ReviewInterval},
    text::Text,
};

use crate::{
    Saved,
    core::{
        connection::DatabaseConnection,
        error::Error,
        record::record,
        tx::Tx,
        types::{Ts, Uid},
        value_row::{self, ValueRow},
    },
    schema::handling_plan_settings,
};

record! {
    /// The setting's row; its id is the organiser's.
    pub(crate) struct HandlingPlanSettingRow in handling_plan_settings as "handling plan setting" {
        interval_months: i32,
        decided_on: NaiveDate,
        decision: String,
    }
}

/// The decision as it is saved.
pub type SavedSetting = Saved<HandlingPlanSettingId, IntervalDecision>;

impl ValueRow for HandlingPlanSettingRow {
    type Id = HandlingPlanSettingId;
    type Value = IntervalDecision;

    fn of(organiser_id: Uid, id: Uid, now: Ts, value: &IntervalDecision) -> Self {
        let IntervalDecision { interval, decided_on, decision } = value;
        Self {
            organiser_id,
            id,
            version: 1,
            created_at: now,
            modified_at: now,
            withdrawn_at: None,
            interval_months: i32::from(interval.count()),
            decided_on: *decided_on,
            decision: decision.as_str().to_owned(),
        }
    }

    fn into_value(self) -> Result<IntervalDecision, Error> {
        let refused = value_row::inconsistent::<Self>(self.id);
        Ok(IntervalDecision {
            interval: ReviewInterval::months(u8::try_from(self.interval_months).unwrap_or_default())
                .map_err(refused)?,
            decided_on: self.decided_on,
            decision: Text::lines(&self.decision, 500).map_err(refused)?,
        })
    }
}

/// The decision, if there ever was one.
///
/// # Errors
/// A failure of the database.
pub fn find(connection: &mut DatabaseConnection, scope: &Scope) -> Result<Option<SavedSetting>, Error> {
    let organiser: OrganiserId = scope.organiser();
    let row: Option<HandlingPlanSettingRow> = handling_plan_settings::table
        .find((Uid::of(organiser), Uid::of(organiser)))
        .select(HandlingPlanSettingRow::as_select())
        .first(connection)
        .optional()?;
    row.map(value_row::saved).transpose()
}

/// The interval in force.
///
/// # Errors
/// A failure of the database.
pub fn in_force(connection: &mut DatabaseConnection, scope: &Scope) -> Result<ReviewInterval, Error> {
    Ok(find(connection, scope)?.map_or(ReviewInterval::UNLESS_DECIDED, |saved| saved.value.interval))
}

/// Saves a decision, as the next version after `before`.
///
/// # Errors
/// [`Error::Stale`] when there is another meanwhile; a failure of the database.
pub fn save(
    tx: &mut Tx<'_>,
    scope: &Scope,
    before: Option<&SavedSetting>,
    wanted: &IntervalDecision,
) -> Result<SavedSetting, Error> {
    value_row::save_only::<HandlingPlanSettingRow>(tx, scope, before, wanted)
}
