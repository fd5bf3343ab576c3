//! What an account proves itself with. Only hashes are kept, and not even those stand in
//! the change log.

use diesel::prelude::*;
use skolhus_domain::{access::Scope, id::AccountId};
use uuid::Uuid;

use crate::{
    core::{connection::DatabaseConnection, error::Error, record::record, tx::Tx, types::Uid},
    schema::credentials,
};

/// The kind of credential that a password is.
const PASSWORD: &str = "password";

record! {
    /// A credential's row.
    pub(crate) struct CredentialRow in credentials as "credential" {
        account_id: Uid,
        kind: String,
        #[serde(serialize_with = "crate::core::record::concealed")]
        secret: String,
    }
}

/// The hash of an account's password, as a PHC string, if it has a password. For the
/// account itself and for the program only.
///
/// # Errors
/// A failure of the database.
pub fn password_hash(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    account: AccountId,
) -> Result<Option<String>, Error> {
    if !scope.is_system() && scope.account() != Some(account) {
        return Ok(None);
    }
    Ok(password(connection, scope, account)?.map(|row| row.secret))
}

fn password(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    account: AccountId,
) -> Result<Option<CredentialRow>, Error> {
    Ok(credentials::table
        .filter(credentials::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(credentials::account_id.eq(Uid::of(account)))
        .filter(credentials::kind.eq(PASSWORD))
        .filter(credentials::withdrawn_at.is_null())
        .select(CredentialRow::as_select())
        .first(connection)
        .optional()?)
}

/// Sets an account's password, given as the PHC string of its hash. Call
/// [`super::account::lock`] before. `fresh` becomes the credential's id if it is the first.
///
/// # Errors
/// A failure of the database.
pub fn set_password(
    tx: &mut Tx<'_>,
    scope: &Scope,
    fresh: Uuid,
    account: AccountId,
    hash: &str,
) -> Result<(), Error> {
    if let Some(old) = password(tx.connection(), scope, account)? {
        let new = CredentialRow { secret: hash.to_owned(), ..old.clone() };
        return tx.update(&old, new).map(drop);
    }
    let now = tx.now();
    tx.insert(&[CredentialRow {
        organiser_id: Uid::of(scope.organiser()),
        id: Uid(fresh),
        version: 1,
        created_at: now,
        modified_at: now,
        withdrawn_at: None,
        account_id: Uid::of(account),
        kind: PASSWORD.to_owned(),
        secret: hash.to_owned(),
    }])
}
