//! Second factors: one row of an account, from the invitation until it is removed. The secret in it is sealed, and
//! neither it nor the invitation's hash stands in the change log.

use diesel::prelude::*;
use skolhus_domain::{
    access::{Permission, Scope},
    id::{AccountId, SecondFactorId},
    identity::{Invitation, SecondFactor, Stage, TimeStep},
};

use crate::{
    Saved,
    core::{
        connection::DatabaseConnection,
        error::Error,
        record::{Record, record},
        rows::{OnConflict, write_rows},
        tx::Tx,
        types::{Ts, Uid},
        value_row::{self, ValueRow, saved},
    },
    schema::second_factors,
};

record! {
    /// A second factor's row.
    pub(crate) struct SecondFactorRow in second_factors as "second factor" {
        account_id: Uid,
        #[serde(serialize_with = "crate::core::record::concealed_if_any")]
        invitation: Option<String>,
        invitation_expires_at: Option<Ts>,
        #[serde(serialize_with = "crate::core::record::concealed_if_any")]
        secret: Option<String>,
        in_force_since: Option<Ts>,
    }
}

/// The second factor of an account, however far it has come. For the account itself, for those who manage second factors
/// and have found the account within their reach, and for the program.
///
/// # Errors
/// A failure of the database.
pub fn find(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    account: AccountId,
) -> Result<Option<Saved<SecondFactorId, SecondFactor>>, Error> {
    let may = scope.is_system()
        || scope.account() == Some(account)
        || scope.permission() == Permission::ManageSecondFactors;
    if !may {
        return Ok(None);
    }
    let row: Option<SecondFactorRow> = second_factors::table
        .filter(second_factors::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(second_factors::account_id.eq(Uid::of(account)))
        .filter(second_factors::withdrawn_at.is_null())
        .select(SecondFactorRow::as_select())
        .first(connection)
        .optional()?;
    row.map(saved).transpose()
}

/// Enters an account's second factor. Call [`super::account::lock`] before.
///
/// # Errors
/// A failure of the database.
pub fn insert(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: SecondFactorId,
    factor: &SecondFactor,
) -> Result<Saved<SecondFactorId, SecondFactor>, Error> {
    value_row::insert::<SecondFactorRow>(tx, scope, id, factor)
}

/// Saves its next state.
///
/// # Errors
/// [`Error::Stale`] when it has changed meanwhile; a failure of the database.
pub fn update(
    tx: &mut Tx<'_>,
    scope: &Scope,
    before: &Saved<SecondFactorId, SecondFactor>,
    factor: &SecondFactor,
) -> Result<Saved<SecondFactorId, SecondFactor>, Error> {
    value_row::update::<SecondFactorRow>(tx, scope, before, factor)
}

/// Removes it: logins need it no longer.
///
/// # Errors
/// As [`update`].
pub fn withdraw(tx: &mut Tx<'_>, before: &Saved<SecondFactorId, SecondFactor>) -> Result<(), Error> {
    let row = (Uid::of(before.id), before.version);
    tx.withdraw_rows(SecondFactorRow::TABLE, SecondFactorRow::ENTITY, &[row])
}

/// Takes the code of a time step; false when that of this step or of a later one was taken before. Of any number of
/// parallel uses exactly one is the first.
///
/// # Errors
/// A failure of the database.
pub fn use_step(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: SecondFactorId,
    TimeStep(step): TimeStep,
) -> Result<bool, Error> {
    let row = vec![Uid::of(scope.organiser()).into(), Uid::of(id).into(), step.into()];
    let later = OnConflict::Replace {
        key: &["organiser_id", "second_factor_id"],
        only_if: "second_factor_steps.last_step < excluded.last_step",
    };
    let columns = ["organiser_id", "second_factor_id", "last_step"];
    Ok(write_rows(tx.connection(), "second_factor_steps", &columns, vec![row], later)? == 1)
}

impl ValueRow for SecondFactorRow {
    type Id = SecondFactorId;
    type Value = SecondFactor;

    fn of(organiser_id: Uid, id: Uid, now: Ts, factor: &SecondFactor) -> Self {
        let SecondFactor { account, stage } = factor;
        let (invitation, secret, in_force_since) = match stage {
            Stage::Invited(invitation) => (Some(invitation), None, None),
            Stage::Begun { invitation, secret } => (Some(invitation), Some(secret), None),
            Stage::InForce { since, secret } => (None, Some(secret), Some(*since)),
        };
        Self {
            organiser_id,
            id,
            version: 1,
            created_at: now,
            modified_at: now,
            withdrawn_at: None,
            account_id: Uid::of(*account),
            invitation: invitation.map(|invitation| invitation.code_hash.clone()),
            invitation_expires_at: invitation.map(|invitation| Ts::of(invitation.expires_at)),
            secret: secret.cloned(),
            in_force_since: in_force_since.map(Ts::of),
        }
    }

    fn into_value(self) -> Result<SecondFactor, Error> {
        let Self {
            organiser_id: _,
            id,
            version: _,
            created_at: _,
            modified_at: _,
            withdrawn_at: _,
            account_id,
            invitation,
            invitation_expires_at,
            secret,
            in_force_since,
        } = self;
        let invitation = match (invitation, invitation_expires_at) {
            (Some(code_hash), Some(expires_at)) => Some(Invitation { code_hash, expires_at: expires_at.0 }),
            (None, _) | (_, None) => None,
        };
        let stage = match (invitation, secret, in_force_since) {
            (None, Some(secret), Some(since)) => Stage::InForce { since: since.0, secret },
            (Some(invitation), Some(secret), None) => Stage::Begun { invitation, secret },
            (Some(invitation), None, None) => Stage::Invited(invitation),
            (_, _, Some(_)) | (None, _, None) => {
                return Err(Error::Inconsistent {
                    table: Self::TABLE,
                    id: id.0.to_string(),
                    detail: "it is neither invited nor begun nor in force".to_owned(),
                });
            }
        };
        Ok(SecondFactor { account: account_id.to(), stage })
    }
}
