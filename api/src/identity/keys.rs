//! The server's keys in the database: made at the first start, sealed with the master
//! key, rotated, and read anew by every server.
//!
//! A new key is published [`SETTLING`] before anything is made with it, so that every
//! server and everyone who reads the JWKS knows it by then. A retired key stays until the
//! last token made with it has expired.

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Duration, Utc};
use ed25519_dalek::SigningKey;
use skolhus_domain::{
    access::Caller,
    instant::{Clock, Randomness},
};
use skolhus_persistence::{
    Database, Error,
    identity::signing_key::{self, Purpose, SealedKey},
};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{
    keyring::{ACCESS_TOKEN_LIFE, Key, Keyring},
    master_key::MasterKey,
};

/// How long a new key is only published: 2 minutes, twice [`READ_EVERY`].
pub const SETTLING: Duration = Duration::minutes(2);
/// How often each server reads the keys anew: every 60 seconds.
pub const READ_EVERY: Duration = Duration::seconds(60);
/// How long a page token can be opened after its key was retired: 24 hours.
pub const PAGE_TOKEN_LIFE: Duration = Duration::hours(24);

/// Why the keys cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The database.
    #[error(transparent)]
    Database(#[from] Error),
    /// The master key is another than the one the keys were sealed with.
    #[error(
        "the master key does not open the server's keys: it is another one than they were sealed with. \
         Bring back the former master key, or remove the rows of signing_keys to begin anew \
         (then everybody must log in again)"
    )]
    WrongMasterKey,
    /// A key cannot be sealed: a mistake in the program.
    #[error("a key cannot be sealed")]
    Sealing,
}

/// Keys in force, the one to use first.
pub(crate) struct Keys {
    pub(crate) signing: Vec<Key>,
    pub(crate) page: Vec<Key>,
}

/// The keyring of a database; keys that are missing are made. Several servers may start
/// at once: they end up with the same keys.
///
/// # Errors
/// See [`KeysError`].
pub async fn load_or_create_keys(
    database: &Database,
    master: &MasterKey,
    now: DateTime<Utc>,
    randomness: Arc<dyn Randomness>,
) -> Result<Keyring, KeysError> {
    let mut keys = read(database, master, now).await?;
    let missing: Vec<Purpose> = Purpose::ALL
        .into_iter()
        .filter(|purpose| match purpose {
            Purpose::AccessToken => keys.signing.is_empty(),
            Purpose::PageToken => keys.page.is_empty(),
        })
        .collect();
    if !missing.is_empty() {
        let fresh = missing
            .into_iter()
            .map(|purpose| fresh(database, master, purpose, now, randomness.as_ref()))
            .collect::<Result<Vec<SealedKey>, KeysError>>()?;
        let made = database
            .write(&caller(database, now), move |tx, scope| signing_key::insert(tx, scope, &fresh))
            .await;
        match made {
            Err(error) if error.violates("signing_keys_purpose_key") => {}
            other => other?,
        }
        keys = read(database, master, now).await?;
    }
    let keyring = Keyring::new(&keys.signing, keys.page, randomness);
    Ok(keyring.kept_in(database.clone(), master.clone(), now))
}

/// Makes a successor of every key. It comes into use after [`SETTLING`]; what the former
/// keys made stays good until it expires. Two rotations at once are one.
///
/// # Errors
/// See [`KeysError`].
pub async fn rotate(
    database: &Database,
    master: &MasterKey,
    now: DateTime<Utc>,
    randomness: &dyn Randomness,
) -> Result<(), KeysError> {
    // A rotation with another master key would lock the servers out.
    read(database, master, now).await?;
    let fresh = Purpose::ALL
        .into_iter()
        .map(|purpose| fresh(database, master, purpose, now, randomness))
        .collect::<Result<Vec<SealedKey>, KeysError>>()?;
    let rotated = database
        .write(&caller(database, now), move |tx, scope| {
            signing_key::retire(tx, scope)?;
            signing_key::insert(tx, scope, &fresh)
        })
        .await;
    match rotated {
        Err(error) if error.violates("signing_keys_purpose_key") => Ok(()),
        other => Ok(other?),
    }
}

/// Keeps a running server's keyring current. Ends never; drop it with the server.
pub async fn keep_current(keyring: Arc<Keyring>, clock: Arc<dyn Clock>) {
    let every = READ_EVERY.to_std().unwrap_or(std::time::Duration::from_secs(60));
    loop {
        tokio::time::sleep(every).await;
        if let Err(error) = keyring.refresh(clock.now(), Duration::seconds(5)).await {
            tracing::warn!(%error, "the keys could not be read anew; going on with those at hand");
        }
    }
}

/// The keys in force at the instant.
pub(crate) async fn read(
    database: &Database,
    master: &MasterKey,
    now: DateTime<Utc>,
) -> Result<Keys, KeysError> {
    let since = now - longest_kept();
    let sealed = database
        .read(&caller(database, now), move |connection, scope| signing_key::load(connection, scope, since))
        .await?;
    Ok(Keys {
        signing: in_force(&sealed, Purpose::AccessToken, ACCESS_TOKEN_LIFE, master, now)?,
        page: in_force(&sealed, Purpose::PageToken, PAGE_TOKEN_LIFE, master, now)?,
    })
}

/// How long a key is kept after it was retired.
pub(crate) fn longest_kept() -> Duration {
    SETTLING + PAGE_TOKEN_LIFE.max(ACCESS_TOKEN_LIFE)
}

/// The keys of a purpose, opened: first the newest that has settled (where none has, the
/// oldest: it is known the longest), then the others.
fn in_force(
    sealed: &[SealedKey],
    purpose: Purpose,
    life: Duration,
    master: &MasterKey,
    now: DateTime<Utc>,
) -> Result<Vec<Key>, KeysError> {
    let kept = |key: &&SealedKey| {
        key.purpose == purpose && key.retired_at.is_none_or(|retired| retired + SETTLING + life > now)
    };
    let sealed: Vec<&SealedKey> = sealed.iter().filter(kept).collect();
    let settled = sealed.iter().position(|key| key.created_at + SETTLING <= now);
    let in_use = settled.unwrap_or(sealed.len().saturating_sub(1));
    let mut keys =
        sealed.into_iter().map(|key| open(key, master)).collect::<Result<Vec<Key>, KeysError>>()?;
    if in_use > 0 {
        let key = keys.remove(in_use);
        keys.insert(0, key);
    }
    Ok(keys)
}

fn caller(database: &Database, now: DateTime<Utc>) -> Caller {
    Caller::system("keys", Caller::every_organiser(), database.fresh_id(), now)
}

fn fresh(
    database: &Database,
    master: &MasterKey,
    purpose: Purpose,
    now: DateTime<Utc>,
    randomness: &dyn Randomness,
) -> Result<SealedKey, KeysError> {
    let mut secret = Zeroizing::new([0; 32]);
    randomness.fill(secret.as_mut_slice());
    let id = database.fresh_id();
    let public_key = match purpose {
        Purpose::AccessToken => {
            URL_SAFE_NO_PAD.encode(SigningKey::from_bytes(&secret).verifying_key().as_bytes())
        }
        Purpose::PageToken => String::new(),
    };
    let sealed = master.seal(secret.as_slice(), &binding(purpose, id), randomness);
    let sealed_key = sealed.ok_or(KeysError::Sealing)?;
    Ok(SealedKey { id, purpose, public_key, sealed_key, created_at: now, retired_at: None })
}

fn open(key: &SealedKey, master: &MasterKey) -> Result<Key, KeysError> {
    let opened = master.open(&key.sealed_key, &binding(key.purpose, key.id));
    let secret = opened.and_then(|opened| opened.as_slice().try_into().ok());
    Ok(Key { id: key.id, secret: secret.ok_or(KeysError::WrongMasterKey)? })
}

/// A sealed key opens only as what it was made for, and in its own row.
fn binding(purpose: Purpose, id: Uuid) -> Vec<u8> {
    format!("{}\n{id}", purpose.code()).into_bytes()
}
