//! An organiser's settings of logins.

use diesel::prelude::*;
use skolhus_domain::{access::Scope, id::LoginSettingId, identity::LoginSettings};

use crate::{
    Saved,
    core::{
        connection::DatabaseConnection,
        error::Error,
        record::record,
        tx::Tx,
        types::{Ts, Uid},
        value_row::{self, ValueRow, saved},
    },
    schema::login_settings,
};

record! {
    /// The settings' row; its id is the organiser's.
    pub(crate) struct LoginSettingRow in login_settings as "login setting" {
        sms_codes: bool,
        sms_codes_for_protected: bool,
    }
}

/// The settings, if they were ever saved.
///
/// # Errors
/// A failure of the database.
pub fn find(
    connection: &mut DatabaseConnection,
    scope: &Scope,
) -> Result<Option<Saved<LoginSettingId, LoginSettings>>, Error> {
    let organiser = Uid::of(scope.organiser());
    let row: Option<LoginSettingRow> = login_settings::table
        .find((organiser, organiser))
        .select(LoginSettingRow::as_select())
        .first(connection)
        .optional()?;
    row.map(saved).transpose()
}

/// What is in force.
///
/// # Errors
/// A failure of the database.
pub fn in_force(connection: &mut DatabaseConnection, scope: &Scope) -> Result<LoginSettings, Error> {
    Ok(find(connection, scope)?.map_or(LoginSettings::UNLESS_DECIDED, |saved| saved.value))
}

/// Saves them, as the next version after `before`.
///
/// # Errors
/// [`Error::Stale`] when they have changed meanwhile; a failure of the database.
pub fn save(
    tx: &mut Tx<'_>,
    scope: &Scope,
    before: Option<&Saved<LoginSettingId, LoginSettings>>,
    wanted: &LoginSettings,
) -> Result<Saved<LoginSettingId, LoginSettings>, Error> {
    value_row::save_only::<LoginSettingRow>(tx, scope, before, wanted)
}

impl ValueRow for LoginSettingRow {
    type Id = LoginSettingId;
    type Value = LoginSettings;

    fn of(organiser_id: Uid, id: Uid, now: Ts, value: &LoginSettings) -> Self {
        let LoginSettings { sms_codes, sms_codes_for_protected } = *value;
        Self {
            organiser_id,
            id,
            version: 1,
            created_at: now,
            modified_at: now,
            withdrawn_at: None,
            sms_codes,
            sms_codes_for_protected,
        }
    }

    fn into_value(self) -> Result<LoginSettings, Error> {
        let Self { sms_codes, sms_codes_for_protected, .. } = self;
        Ok(LoginSettings { sms_codes, sms_codes_for_protected })
    }
}
