//! Certificates with which integrators' clients show who they are (mutual TLS, RFC 8705).

use core::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Duration, SubsecRound, Utc};

use super::Network;
use crate::{
    id::{CertificateAuthorityId, ClientCertificateId, ClientId},
    refusal::{Refusal, Rule},
};

/// The most certificates of a client that are in force at once: each of its servers may have one, and each is renewed before it
/// expires.
pub const MOST_CLIENT_CERTIFICATES: usize = 20;

/// How long a certificate lasts at the most: a year and a month, so that it can be renewed on the same days each year.
pub const LONGEST_CERTIFICATE_DAYS: u16 = 395;

/// How many days before a certificate expires somebody is told.
pub const NOTICE_DAYS: [u16; 3] = [60, 30, 7];

/// How much earlier than it was issued a certificate is valid: for servers whose clocks are behind.
const SKEW: Duration = Duration::minutes(1);

/// What a certificate is known by: the SHA-256 of it, as in `x5t#S256`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Of the hash.
    #[must_use]
    pub fn of_hash(hash: [u8; 32]) -> Self {
        Self(hash)
    }

    /// Reads it as it is written in tokens and rows: base64url without padding.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

/// The kind of key in a certificate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CertificateKey {
    /// RSA of 2,048 to 4,096 bits.
    Rsa,
    /// The curve P-256.
    P256,
    /// The curve P-384.
    P384,
    /// The curve Ed25519.
    Ed25519,
}

impl CertificateKey {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Rsa, Self::P256, Self::P384, Self::Ed25519];

    /// Its name in rows and in the interface.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Rsa => "rsa",
            Self::P256 => "p-256",
            Self::P384 => "p-384",
            Self::Ed25519 => "ed25519",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.code() == code)
    }

    /// RSA of so many bits.
    ///
    /// # Errors
    /// [`Rule::OutOfRange`].
    pub fn rsa(bits: usize) -> Result<Self, Refusal> {
        if (2048..=4096).contains(&bits) {
            Ok(Self::Rsa)
        } else {
            Err(Refusal::new(Rule::OutOfRange, "an RSA key must have 2048 to 4096 bits"))
        }
    }
}

/// Why a certificate was revoked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RevocationReason {
    /// Somebody else may have its key.
    KeyCompromise,
    /// Another has taken its place.
    Superseded,
    /// What used it is used no more.
    CessationOfOperation,
    /// Whoever had it shall not have it any more.
    PrivilegeWithdrawn,
}

impl RevocationReason {
    /// Every reason.
    pub const ALL: [Self; 4] =
        [Self::KeyCompromise, Self::Superseded, Self::CessationOfOperation, Self::PrivilegeWithdrawn];

    /// Its name in rows and in the interface, from RFC 5280.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::KeyCompromise => "key-compromise",
            Self::Superseded => "superseded",
            Self::CessationOfOperation => "cessation-of-operation",
            Self::PrivilegeWithdrawn => "privilege-withdrawn",
        }
    }

    /// The reason of that name.
    ///
    /// # Errors
    /// [`Rule::UnknownCode`].
    pub fn from_code(code: &str) -> Result<Self, Refusal> {
        Self::ALL.into_iter().find(|reason| reason.code() == code).ok_or_else(|| {
            let known = Self::ALL.map(Self::code).join(", ");
            Refusal::new(Rule::UnknownCode, format!("must be one of {known}"))
        })
    }
}

/// That a certificate was revoked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Revocation {
    /// When: from then on it is refused.
    pub at: DateTime<Utc>,
    /// Why.
    pub reason: RevocationReason,
}

/// A certificate of a client.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClientCertificate {
    /// Whose.
    pub client: ClientId,
    /// Who issued it.
    pub authority: CertificateAuthorityId,
    /// The one that it takes the place of, which stays in force until it expires or is revoked.
    pub renews: Option<ClientCertificateId>,
    /// Its number, in hexadecimal digits.
    pub serial: String,
    /// What it is known by.
    pub fingerprint: Fingerprint,
    /// The kind of its key.
    pub key: CertificateKey,
    /// The certificate, in DER.
    pub der: Vec<u8>,
    /// From when on it is valid.
    pub valid_from: DateTime<Utc>,
    /// From when on it is not.
    pub expires_at: DateTime<Utc>,
    /// The networks that it may be used from, of those that the client may call from; all of them if none is named.
    pub allowed_networks: Vec<Network>,
    /// How many days before it expires somebody was told last.
    pub noticed_days: Option<u16>,
    /// That it was revoked.
    pub revoked: Option<Revocation>,
}

impl ClientCertificate {
    /// Whether it is accepted at an instant, from whoever has its key.
    #[must_use]
    pub fn is_in_force(&self, now: DateTime<Utc>) -> bool {
        self.revoked.is_none() && self.valid_from <= now && now < self.expires_at
    }

    /// Revokes it. Once more, for the same reason, changes nothing.
    ///
    /// # Errors
    /// [`Rule::State`] for one that was revoked for another reason.
    pub fn revoke(&self, reason: RevocationReason, now: DateTime<Utc>) -> Result<Self, Refusal> {
        match self.revoked {
            None => Ok(Self { revoked: Some(Revocation { at: now, reason }), ..self.clone() }),
            Some(before) if before.reason == reason => Ok(self.clone()),
            Some(_) => Err(Refusal::new(Rule::State, "it was revoked before, for another reason")),
        }
    }

    /// The notice that is due, in days: the nearest that has come, unless it was given. None for what lasts no longer than that
    /// from its first day, is over, or was revoked. Also of one that was renewed: whether the new one is in use nobody
    /// knows here, and revoking the old one ends its notices.
    #[must_use]
    pub fn notice_due(&self, now: DateTime<Utc>) -> Option<u16> {
        let within = |days: u16| {
            let length = Duration::days(days.into());
            self.expires_at <= now + length && length < self.expires_at - self.valid_from
        };
        let due = NOTICE_DAYS.into_iter().filter(|days| within(*days)).min()?;
        let is_new = self.noticed_days.is_none_or(|noticed| due < noticed);
        (is_new && self.is_in_force(now)).then_some(due)
    }
}

/// From when to when a certificate lasts that is issued now, in whole seconds, as certificates hold them.
///
/// # Errors
/// [`Rule::State`] where the authority's own certificate is not valid.
pub fn certificate_life(
    now: DateTime<Utc>,
    days: u16,
    authority: (DateTime<Utc>, DateTime<Utc>),
) -> Result<(DateTime<Utc>, DateTime<Utc>), Refusal> {
    let (valid_from, expires_at) = authority;
    if now < valid_from || expires_at <= now {
        let detail = "the authority's own certificate is not valid; another must be loaded";
        return Err(Refusal::new(Rule::State, detail));
    }
    let from = (now - SKEW).max(valid_from).trunc_subsecs(0);
    let to = (now + Duration::days(days.into())).min(expires_at).trunc_subsecs(0);
    Ok((from, to))
}

/// Whether one more certificate may be ordered beside so many in force.
///
/// # Errors
/// [`Rule::Capacity`].
pub fn room_for_client_certificate(in_force: usize) -> Result<(), Refusal> {
    if in_force >= MOST_CLIENT_CERTIFICATES {
        let detail = format!(
            "a client has at most {MOST_CLIENT_CERTIFICATES} certificates in force; revoke one first"
        );
        return Err(Refusal::new(Rule::Capacity, detail));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::id::Id;

    fn day(number: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + Duration::days(number)
    }

    fn certificate(days: i64) -> ClientCertificate {
        ClientCertificate {
            client: ClientId::from_uuid(Uuid::from_u128(1)),
            authority: CertificateAuthorityId::from_uuid(Uuid::from_u128(2)),
            renews: None,
            serial: "01".to_owned(),
            fingerprint: Fingerprint::of_hash([7; 32]),
            key: CertificateKey::P256,
            der: Vec::new(),
            valid_from: day(0),
            expires_at: day(days),
            allowed_networks: Vec::new(),
            noticed_days: None,
            revoked: None,
        }
    }

    #[test]
    fn it_is_in_force_from_its_first_instant_until_it_expires_or_is_revoked() {
        let whole = certificate(395);
        let second = Duration::seconds(1);
        assert!(!whole.is_in_force(day(0) - second) && whole.is_in_force(day(0)));
        assert!(whole.is_in_force(day(395) - second) && !whole.is_in_force(day(395)));
        let revoked = whole.revoke(RevocationReason::KeyCompromise, day(3)).unwrap();
        assert!(!revoked.is_in_force(day(3)) && !revoked.is_in_force(day(2)));
        // Once more changes nothing, and the first instant stays.
        assert_eq!(revoked.revoke(RevocationReason::KeyCompromise, day(4)).unwrap(), revoked);
        assert_eq!(revoked.revoke(RevocationReason::Superseded, day(4)).unwrap_err().rule, Rule::State);
    }

    #[test]
    fn it_lasts_no_longer_than_its_authority() {
        let life = |days, authority| certificate_life(day(100), days, authority);
        assert_eq!(life(395, (day(0), day(3650))), Ok((day(100) - Duration::minutes(1), day(495))));
        assert_eq!(life(395, (day(0), day(200))).unwrap().1, day(200));
        assert_eq!(life(395, (day(100), day(200))).unwrap().0, day(100));
        for authority in [(day(0), day(100)), (day(101), day(200))] {
            assert_eq!(life(395, authority).unwrap_err().rule, Rule::State);
        }
    }

    #[test]
    fn keys_of_rsa_are_neither_short_nor_endless() {
        for bits in [2048, 3072, 4096] {
            assert_eq!(CertificateKey::rsa(bits), Ok(CertificateKey::Rsa));
        }
        for bits in [0, 1024, 2047, 4097, 16_384] {
            assert_eq!(CertificateKey::rsa(bits).unwrap_err().rule, Rule::OutOfRange);
        }
    }

    #[test]
    fn there_is_room_for_twenty_and_a_fingerprint_is_read_as_it_is_written() {
        assert!(room_for_client_certificate(19).is_ok());
        assert_eq!(room_for_client_certificate(20).unwrap_err().rule, Rule::Capacity);
        let fingerprint = Fingerprint::of_hash([7; 32]);
        assert_eq!(Fingerprint::parse(&fingerprint.to_string()), Some(fingerprint));
        for wrong in ["", "BwcH", "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=", "å"] {
            assert_eq!(Fingerprint::parse(wrong), None, "{wrong}");
        }
        for reason in RevocationReason::ALL {
            assert_eq!(RevocationReason::from_code(reason.code()), Ok(reason));
        }
        assert_eq!(RevocationReason::from_code("lost").unwrap_err().rule, Rule::UnknownCode);
    }

    #[test]
    fn of_a_short_one_no_notice_is_given_on_its_first_day() {
        assert_eq!(certificate(30).notice_due(day(0)), None);
        assert_eq!(certificate(30).notice_due(day(23)), Some(7));
        assert_eq!(certificate(7).notice_due(day(0)), None);
    }

    proptest! {
        /// However seldom it is looked, each notice is given once, in order, and none is made up for.
        #[test]
        fn each_notice_is_given_once(looks in proptest::collection::btree_set(0..400 * 24_i64, 0..40), life in 61..400_i64) {
            let mut certificate = certificate(life);
            let mut given = Vec::new();
            for hour in looks {
                let now = day(0) + Duration::hours(hour);
                while let Some(days) = certificate.notice_due(now) {
                    prop_assert!(now < certificate.expires_at && certificate.expires_at <= now + Duration::days(days.into()));
                    certificate.noticed_days = Some(days);
                    given.push(days);
                }
            }
            prop_assert!(given.windows(2).all(|pair| pair[0] > pair[1]), "{:?}", given);
            let revoked = certificate.revoke(RevocationReason::Superseded, day(0)).unwrap();
            prop_assert_eq!(revoked.notice_due(day(life - 1)), None);
        }
    }
}
