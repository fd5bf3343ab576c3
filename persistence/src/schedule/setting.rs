//! An organiser's settings of the schedule: what is done about clashes.

use diesel::prelude::*;
use skolhus_domain::{
    access::Scope,
    id::ScheduleSettingId,
    schedule::{ClashRule, ClashRules},
};

use crate::{
    Saved,
    core::{
        connection::DatabaseConnection,
        error::Error,
        record::record,
        tx::Tx,
        types::{Ts, Uid},
        value_row::{self, ValueRow, inconsistent, saved},
    },
    schema::schedule_settings,
};

record! {
    /// The settings' row; its id is the organiser's.
    pub(crate) struct ScheduleSettingRow in schedule_settings as "schedule setting" {
        teacher_clashes: String,
        room_clashes: String,
        participant_clashes: String,
    }
}

/// The settings, if they were ever saved.
///
/// # Errors
/// A failure of the database.
pub fn find(
    connection: &mut DatabaseConnection,
    scope: &Scope,
) -> Result<Option<Saved<ScheduleSettingId, ClashRules>>, Error> {
    let organiser = Uid::of(scope.organiser());
    let row: Option<ScheduleSettingRow> = schedule_settings::table
        .find((organiser, organiser))
        .select(ScheduleSettingRow::as_select())
        .first(connection)
        .optional()?;
    row.map(saved).transpose()
}

/// What is in force.
///
/// # Errors
/// A failure of the database.
pub fn in_force(connection: &mut DatabaseConnection, scope: &Scope) -> Result<ClashRules, Error> {
    Ok(find(connection, scope)?.map_or(ClashRules::UNLESS_DECIDED, |saved| saved.value))
}

/// Holds the organiser's schedule until the end of the transaction, so that no two changes of it miss each other's
/// clashes: whoever comes second meets what the first has made. It is taken last of all locks, and only where something
/// is refused; then there is a row to hold.
///
/// # Errors
/// A failure of the database.
pub fn hold(tx: &mut Tx<'_>, scope: &Scope) -> Result<(), Error> {
    tx.lock::<ScheduleSettingRow>(&[Uid::of(scope.organiser())])
}

/// Saves them, as the next version after `before`.
///
/// # Errors
/// [`Error::Stale`] when they have changed meanwhile; a failure of the database.
pub fn save(
    tx: &mut Tx<'_>,
    scope: &Scope,
    before: Option<&Saved<ScheduleSettingId, ClashRules>>,
    wanted: &ClashRules,
) -> Result<Saved<ScheduleSettingId, ClashRules>, Error> {
    value_row::save_only::<ScheduleSettingRow>(tx, scope, before, wanted)
}

impl ValueRow for ScheduleSettingRow {
    type Id = ScheduleSettingId;
    type Value = ClashRules;

    fn of(organiser_id: Uid, id: Uid, now: Ts, value: &ClashRules) -> Self {
        let ClashRules { teachers, rooms, participants } = value;
        Self {
            organiser_id,
            id,
            version: 1,
            created_at: now,
            modified_at: now,
            withdrawn_at: None,
            teacher_clashes: teachers.code().to_owned(),
            room_clashes: rooms.code().to_owned(),
            participant_clashes: participants.code().to_owned(),
        }
    }

    fn into_value(self) -> Result<ClashRules, Error> {
        let Self {
            organiser_id: _,
            id,
            version: _,
            created_at: _,
            modified_at: _,
            withdrawn_at: _,
            teacher_clashes,
            room_clashes,
            participant_clashes,
        } = self;
        let refused = inconsistent::<ScheduleSettingRow>(id);
        Ok(ClashRules {
            teachers: ClashRule::from_code(&teacher_clashes).map_err(refused)?,
            rooms: ClashRule::from_code(&room_clashes).map_err(refused)?,
            participants: ClashRule::from_code(&participant_clashes).map_err(refused)?,
        })
    }
}
