//! The keys for access tokens and page tokens. Signing uses the newest; verifying and
//! opening use every key that is still kept.

use std::sync::{Mutex, PoisonError, RwLock};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use chrono::{DateTime, Duration, Utc};
use ed25519_dalek::{SigningKey, pkcs8::EncodePrivateKey};
use hmac::{Hmac, Mac};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use skolhus_domain::{
    access::{Identity, Level, Permission},
    id::{AccountId, ClientId, Id, OrganiserId, SessionId},
    identity::Fingerprint,
    instant::Randomness,
};
use skolhus_persistence::Database;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{
    keys::{self, KeysError},
    master_key::MasterKey,
    verified_tokens::{Good, VerifiedTokens},
};

/// How long an access token lives: 10 minutes.
pub const ACCESS_TOKEN_LIFE: Duration = Duration::minutes(10);

/// Who issues our tokens, as their `iss` and `aud`.
const ISSUER: &str = "skolhus";

/// A key as it is kept: the id, and 32 secret bytes.
#[derive(Clone)]
pub struct Key {
    /// The `kid` in tokens.
    pub id: Uuid,
    /// The secret: an Ed25519 seed, or an XChaCha20-Poly1305 key.
    pub secret: [u8; 32],
}

/// The keys in force, newest first. Replaced as a whole on rotation.
pub struct Keyring {
    rings: RwLock<Rings>,
    verified: VerifiedTokens,
    randomness: std::sync::Arc<dyn Randomness>,
    source: Option<Source>,
    master: Option<MasterKey>,
}

/// Where the keys are kept, for those that another server makes.
struct Source {
    database: Database,
    master: MasterKey,
    read_at: Mutex<DateTime<Utc>>,
}

struct Rings {
    signing: Vec<Signing>,
    page: Vec<Key>,
}

struct Signing {
    id: Uuid,
    encoding: EncodingKey,
    public: [u8; 32],
}

/// An access token that was read and found to be ours.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verified {
    /// Whose it is.
    pub bearer: Bearer,
    /// The only permissions it is good for, where it was narrowed to some.
    pub limited_to: Option<Vec<Permission>>,
    /// The certificate without which it is worth nothing, where it is bound to one.
    pub bound_to: Option<Fingerprint>,
}

/// What a token is good for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits<'a> {
    /// Only these permissions of the bearer.
    pub permissions: Option<&'a [Permission]>,
    /// Only together with this certificate (RFC 8705).
    pub certificate: Option<Fingerprint>,
}

/// Why a token is not accepted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NotAccepted {
    /// It names a key that is not held (yet).
    UnknownKey,
    /// It is altered, expired, or no token of ours.
    Invalid,
}

/// A verified access token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bearer {
    /// The tenant.
    pub organiser: OrganiserId,
    /// Whose token it is.
    pub identity: Identity,
    /// How surely the login knew.
    pub level: Level,
}

/// What stands in an access token: ids and times, no personal data.
#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: Uuid,
    /// The organiser.
    org: Uuid,
    /// The session, for accounts.
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<Uuid>,
    /// `account` or `client`.
    kind: String,
    acr: String,
    /// What a client's token is limited to: names of permissions, separated by spaces.
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    /// What must be shown beside the token (RFC 7800).
    #[serde(skip_serializing_if = "Option::is_none")]
    cnf: Option<Confirmation>,
    iat: i64,
    exp: i64,
    jti: Uuid,
}

/// That a certificate must be shown (RFC 8705, 3.1). What else must be shown nobody can here, so it is not passed over.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Confirmation {
    #[serde(rename = "x5t#S256")]
    certificate: String,
}

impl Keyring {
    /// A keyring of keys, newest first. Keys that cannot be used are left out and logged.
    #[must_use]
    pub fn new(signing: &[Key], page: Vec<Key>, randomness: std::sync::Arc<dyn Randomness>) -> Self {
        let rings = Rings { signing: usable(signing), page };
        Self {
            rings: RwLock::new(rings),
            verified: VerifiedTokens::default(),
            randomness,
            source: None,
            master: None,
        }
    }

    /// The same keyring, which reads its keys anew from where they are kept.
    pub(crate) fn kept_in(self, database: Database, master: MasterKey, read_at: DateTime<Utc>) -> Self {
        let source = Source { database, master: master.clone(), read_at: Mutex::new(read_at) };
        Self { source: Some(source), ..self.sealing_with(master) }
    }

    /// The same keyring, which seals with this key what must be read again.
    #[must_use]
    pub fn sealing_with(self, master: MasterKey) -> Self {
        Self { master: Some(master), ..self }
    }

    /// Seals a secret for what `binding` says; see [`MasterKey::seal`]. None where there is no key to seal with.
    pub(crate) fn seal_secret(&self, secret: &[u8], binding: &[u8]) -> Option<String> {
        self.master.as_ref()?.seal(secret, binding, self.randomness.as_ref())
    }

    /// Opens what was sealed for the same.
    pub(crate) fn open_secret(&self, sealed: &str, binding: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        self.master.as_ref()?.open(sealed, binding)
    }

    /// Reads the keys anew, unless that was done less than `apart` ago. A keyring that is
    /// not kept anywhere stays as it is.
    ///
    /// # Errors
    /// See [`KeysError`]; the keys stay as they are then.
    pub async fn refresh(&self, now: DateTime<Utc>, apart: Duration) -> Result<(), KeysError> {
        let Some(source) = &self.source else {
            return Ok(());
        };
        {
            let mut read_at = source.read_at.lock().unwrap_or_else(PoisonError::into_inner);
            if now - *read_at < apart {
                return Ok(());
            }
            *read_at = now;
        }
        let keys = keys::read(&source.database, &source.master, now).await?;
        self.replace(&keys.signing, keys.page);
        Ok(())
    }

    /// A keyed hash of some bytes, different for each use. It changes with the page keys,
    /// so nothing is kept under it for long.
    #[must_use]
    pub fn keyed_hash(&self, usage: &str, bytes: &[u8]) -> [u8; 32] {
        let rings = self.rings.read().unwrap_or_else(PoisonError::into_inner);
        let secret = rings.page.first().map_or([0; 32], |key| key.secret);
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&secret) else {
            // HMAC takes keys of any length.
            return [0; 32];
        };
        mac.update(usage.as_bytes());
        mac.update(&[0]);
        mac.update(bytes);
        mac.finalize().into_bytes().into()
    }

    /// What the keys are sealed with, where they are kept in a database.
    pub(crate) fn master(&self) -> Option<&MasterKey> {
        self.source.as_ref().map(|source| &source.master)
    }

    /// Replaces the keys, after a rotation.
    pub fn replace(&self, signing: &[Key], page: Vec<Key>) {
        let rings = Rings { signing: usable(signing), page };
        *self.rings.write().unwrap_or_else(PoisonError::into_inner) = rings;
        self.verified.forget();
    }

    /// A signed access token, good for [`ACCESS_TOKEN_LIFE`].
    #[must_use]
    pub fn issue(&self, bearer: &Bearer, token_id: Uuid, now: DateTime<Utc>) -> Option<String> {
        self.issue_limited(bearer, &Limits::default(), token_id, now)
    }

    /// The same, good only within limits.
    #[must_use]
    pub fn issue_limited(
        &self,
        bearer: &Bearer,
        limits: &Limits<'_>,
        token_id: Uuid,
        now: DateTime<Utc>,
    ) -> Option<String> {
        let (sub, sid, kind) = match bearer.identity {
            Identity::Account(account, session) => (account.uuid(), session.map(Id::uuid), "account"),
            Identity::Client(client) => (client.uuid(), None, "client"),
            Identity::System(_) => return None,
        };
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: ISSUER.to_owned(),
            sub,
            org: bearer.organiser.uuid(),
            sid,
            kind: kind.to_owned(),
            acr: bearer.level.acr().to_owned(),
            scope: limits.permissions.map(scope_text),
            cnf: limits.certificate.map(|certificate| Confirmation { certificate: certificate.to_string() }),
            iat: now.timestamp(),
            exp: (now + ACCESS_TOKEN_LIFE).timestamp(),
            jti: token_id,
        };
        let rings = self.rings.read().unwrap_or_else(PoisonError::into_inner);
        let key = rings.signing.first()?;
        let header = Header {
            kid: Some(key.id.to_string()),
            typ: Some("at+jwt".to_owned()),
            ..Header::new(Algorithm::EdDSA)
        };
        jsonwebtoken::encode(&header, &claims, &key.encoding).ok()
    }

    /// Whose token it is, if it is ours, unaltered and not expired at `now`.
    #[must_use]
    pub fn verify(&self, token: &str, now: DateTime<Utc>) -> Option<Bearer> {
        self.read(token, now).ok().map(|verified| verified.bearer)
    }

    /// Reads a token.
    ///
    /// # Errors
    /// [`NotAccepted`].
    pub fn read(&self, token: &str, now: DateTime<Utc>) -> Result<Verified, NotAccepted> {
        let fingerprint = VerifiedTokens::fingerprint(token);
        let good = match self.verified.get(&fingerprint) {
            Some(good) => good,
            None => {
                // Held until it is kept: nothing is kept that was verified with a key which has gone meanwhile.
                let rings = self.rings.read().unwrap_or_else(PoisonError::into_inner);
                let good = verify_signature(&rings.signing, token)?;
                self.verified.keep(fingerprint, good.clone());
                good
            }
        };
        // Against the clock that was handed in.
        if good.is_good(now) { Ok(good.verified) } else { Err(NotAccepted::Invalid) }
    }

    /// The public halves, as `(kid, x)` with x in base64url, for the JWKS.
    #[must_use]
    pub fn public_keys(&self) -> Vec<(Uuid, String)> {
        let rings = self.rings.read().unwrap_or_else(PoisonError::into_inner);
        rings.signing.iter().map(|key| (key.id, URL_SAFE_NO_PAD.encode(key.public))).collect()
    }

    /// Encrypts a page token with the newest key; `binding` must be presented again to open it.
    #[must_use]
    pub fn seal_page(&self, text: &[u8], binding: &[u8]) -> Option<String> {
        let rings = self.rings.read().unwrap_or_else(PoisonError::into_inner);
        let key = rings.page.first()?;
        let mut nonce = [0; 24];
        self.randomness.fill(&mut nonce);
        let cipher = XChaCha20Poly1305::new(&key.secret.into());
        let sealed = cipher.encrypt(&XNonce::from(nonce), Payload { msg: text, aad: binding }).ok()?;
        let mut token = key.id.as_bytes().to_vec();
        token.extend_from_slice(&nonce);
        token.extend_from_slice(&sealed);
        Some(URL_SAFE_NO_PAD.encode(token))
    }

    /// Opens a page token made with any key that is still kept.
    #[must_use]
    pub fn open_page(&self, token: &str, binding: &[u8]) -> Option<Vec<u8>> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (id, rest) = bytes.split_at_checked(16)?;
        let (nonce, sealed) = rest.split_at_checked(24)?;
        let nonce: [u8; 24] = nonce.try_into().ok()?;
        let rings = self.rings.read().unwrap_or_else(PoisonError::into_inner);
        let key = rings.page.iter().find(|key| key.id.as_bytes() == id)?;
        let cipher = XChaCha20Poly1305::new(&key.secret.into());
        cipher.decrypt(&XNonce::from(nonce), Payload { msg: sealed, aad: binding }).ok()
    }
}

/// Whose token it is, if it is ours and unaltered, and when it is good.
fn verify_signature(keys: &[Signing], token: &str) -> Result<Good, NotAccepted> {
    let invalid = NotAccepted::Invalid;
    let header = jsonwebtoken::decode_header(token).map_err(|_| invalid)?;
    if header.alg != Algorithm::EdDSA || header.typ.as_deref() != Some("at+jwt") {
        return Err(invalid);
    }
    let kid: Uuid = header.kid.ok_or(invalid)?.parse().map_err(|_| invalid)?;
    let claims = {
        let key = keys.iter().find(|key| key.id == kid).ok_or(NotAccepted::UnknownKey)?;
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[ISSUER]);
        // Expiry is checked by who asks, each time.
        validation.validate_exp = false;
        jsonwebtoken::decode::<Claims>(token, &DecodingKey::from_ed_der(&key.public), &validation)
            .map_err(|_| invalid)?
            .claims
    };
    let identity = match claims.kind.as_str() {
        "account" => {
            Identity::Account(AccountId::from_uuid(claims.sub), claims.sid.map(SessionId::from_uuid))
        }
        "client" => Identity::Client(ClientId::from_uuid(claims.sub)),
        _ => return Err(invalid),
    };
    let bearer = Bearer {
        organiser: OrganiserId::from_uuid(claims.org),
        identity,
        level: Level::from_acr(&claims.acr).ok_or(invalid)?,
    };
    let limited_to = claims.scope.map(|scope| scope.split(' ').filter_map(Permission::from_code).collect());
    let bound_to = claims.cnf.map(|cnf| Fingerprint::parse(&cnf.certificate).ok_or(invalid)).transpose()?;
    // The clocks of two servers may differ by so many seconds.
    Ok(Good { verified: Verified { bearer, limited_to, bound_to }, from: claims.iat - 60, until: claims.exp })
}

/// Permissions as they stand in a token (RFC 6749, 3.3).
pub(crate) fn scope_text(permissions: &[Permission]) -> String {
    let codes: Vec<&str> = permissions.iter().map(|permission| permission.code()).collect();
    codes.join(" ")
}

fn usable(keys: &[Key]) -> Vec<Signing> {
    keys.iter()
        .filter_map(|key| {
            let signing = SigningKey::from_bytes(&key.secret);
            match signing.to_pkcs8_der() {
                Ok(der) => Some(Signing {
                    id: key.id,
                    encoding: EncodingKey::from_ed_der(der.as_bytes()),
                    public: signing.verifying_key().to_bytes(),
                }),
                Err(error) => {
                    tracing::error!(kid = %key.id, %error, "a signing key cannot be used");
                    None
                }
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    struct Counting;
    impl Randomness for Counting {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(7);
        }
    }

    fn key(number: u8) -> Key {
        Key { id: Uuid::from_u128(u128::from(number)), secret: [number; 32] }
    }

    fn bearer() -> Bearer {
        Bearer {
            organiser: OrganiserId::from_uuid(Uuid::from_u128(1)),
            identity: Identity::Account(AccountId::from_uuid(Uuid::from_u128(2)), None),
            level: Level::Substantial,
        }
    }

    #[test]
    fn a_token_says_who_it_was_issued_to_until_it_expires() {
        let ring = Keyring::new(&[key(1)], vec![key(2)], Arc::new(Counting));
        let now = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        let token = ring.issue(&bearer(), Uuid::nil(), now).unwrap();
        assert_eq!(ring.verify(&token, now), Some(bearer()));
        assert_eq!(ring.verify(&token, now + ACCESS_TOKEN_LIFE), None);
        assert_eq!(ring.verify(&token, now - Duration::seconds(61)), None);
        assert_eq!(ring.verify(&token, now - Duration::seconds(60)), Some(bearer()));
        // With the key that signed it goes what was verified with it.
        ring.replace(&[key(3)], vec![]);
        assert_eq!(ring.verify(&token, now), None);
    }

    #[test]
    fn an_altered_or_foreign_token_is_nobody() {
        let now = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        let ring = Keyring::new(&[key(1)], vec![], Arc::new(Counting));
        let token = ring.issue(&bearer(), Uuid::nil(), now).unwrap();
        // Also when the good one has been met before.
        assert_eq!(ring.verify(&token, now), Some(bearer()));
        let (head, tail) = token.rsplit_once('.').unwrap();
        let altered: String = tail.chars().rev().collect();
        assert_eq!(ring.verify(&format!("{head}.{altered}"), now), None);
        let other = Keyring::new(&[Key { id: key(1).id, secret: [9; 32] }], vec![], Arc::new(Counting));
        assert_eq!(other.verify(&token, now), None);
    }

    #[test]
    fn tokens_outlive_a_rotation_and_are_bound_to_their_list() {
        let ring = Keyring::new(&[key(1)], vec![key(2)], Arc::new(Counting));
        let now = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        let access = ring.issue(&bearer(), Uuid::nil(), now).unwrap();
        let page = ring.seal_page(b"after Berg", b"list a").unwrap();
        ring.replace(&[key(3), key(1)], vec![key(4), key(2)]);
        assert!(ring.verify(&access, now).is_some());
        assert_eq!(ring.open_page(&page, b"list a").as_deref(), Some(b"after Berg".as_slice()));
        assert_eq!(ring.open_page(&page, b"list b"), None);
    }
}
