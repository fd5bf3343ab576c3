//! The server's own keys, sealed with the master key. Shared by all organisers, and only
//! for the program itself.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use skolhus_domain::access::Scope;
use uuid::Uuid;

use super::only_the_program;
use crate::{
    core::{
        connection::DatabaseConnection,
        error::Error,
        rows::{OnConflict, write_rows},
        tx::Tx,
        types::{Ts, Uid},
    },
    schema::signing_keys,
};

/// What a key is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Purpose {
    /// Signs access tokens (Ed25519).
    AccessToken,
    /// Encrypts page tokens (XChaCha20-Poly1305).
    PageToken,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Self; 2] = [Self::AccessToken, Self::PageToken];

    /// As it stands in a row.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::AccessToken => "access-token",
            Self::PageToken => "page-token",
        }
    }
}

/// A key as it is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SealedKey {
    /// The id, which tokens name.
    pub id: Uuid,
    /// What it is for.
    pub purpose: Purpose,
    /// The public half in base64url, or nothing where there is none.
    pub public_key: String,
    /// The secret half, encrypted.
    pub sealed_key: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When its successor was made; none for the latest.
    pub retired_at: Option<DateTime<Utc>>,
}

/// The keys that were not retired before the instant, newest first.
///
/// # Errors
/// A denial; a failure of the database.
pub fn load(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    retired_after: DateTime<Utc>,
) -> Result<Vec<SealedKey>, Error> {
    only_the_program(scope)?;
    type Row = (Uid, String, String, String, Ts, Option<Ts>);
    let rows: Vec<Row> = signing_keys::table
        .filter(signing_keys::retired_at.is_null().or(signing_keys::retired_at.gt(Ts::of(retired_after))))
        .order((signing_keys::created_at.desc(), signing_keys::id.desc()))
        .select((
            signing_keys::id,
            signing_keys::purpose,
            signing_keys::public_key,
            signing_keys::sealed_key,
            signing_keys::created_at,
            signing_keys::retired_at,
        ))
        .load(connection)?;
    let key = |(id, purpose, public_key, sealed_key, created_at, retired_at): Row| {
        let purpose = Purpose::ALL.into_iter().find(|known| known.code() == purpose)?;
        let retired_at = retired_at.map(|instant| instant.0);
        Some(SealedKey { id: id.0, purpose, public_key, sealed_key, created_at: created_at.0, retired_at })
    };
    Ok(rows.into_iter().filter_map(key).collect())
}

/// Keeps new keys, each as the latest of its purpose.
///
/// # Errors
/// `signing_keys_purpose_key` when another server has just made one; a denial; a failure
/// of the database.
pub fn insert(tx: &mut Tx<'_>, scope: &Scope, keys: &[SealedKey]) -> Result<(), Error> {
    only_the_program(scope)?;
    let rows = keys.iter().map(|key| {
        let SealedKey { id, purpose, public_key, sealed_key, created_at, retired_at } = key;
        vec![
            Uid(*id).into(),
            purpose.code().to_owned().into(),
            public_key.clone().into(),
            sealed_key.clone().into(),
            Ts::of(*created_at).into(),
            retired_at.map(Ts::of).into(),
        ]
    });
    let columns = ["id", "purpose", "public_key", "sealed_key", "created_at", "retired_at"];
    write_rows(tx.connection(), "signing_keys", &columns, rows.collect(), OnConflict::Refuse)?;
    Ok(())
}

/// Retires the latest keys, for their successors.
///
/// # Errors
/// A denial; a failure of the database.
pub fn retire(tx: &mut Tx<'_>, scope: &Scope) -> Result<(), Error> {
    only_the_program(scope)?;
    let now = tx.now();
    diesel::update(signing_keys::table.filter(signing_keys::retired_at.is_null()))
        .set(signing_keys::retired_at.eq(Some(now)))
        .execute(tx.connection())?;
    Ok(())
}

/// Drops the keys that were retired before the instant; returns how many.
///
/// # Errors
/// A denial; a failure of the database.
pub fn forget(tx: &mut Tx<'_>, scope: &Scope, retired_before: DateTime<Utc>) -> Result<usize, Error> {
    only_the_program(scope)?;
    let old = signing_keys::table.filter(signing_keys::retired_at.le(Some(Ts::of(retired_before))));
    Ok(diesel::delete(old).execute(tx.connection())?)
}
