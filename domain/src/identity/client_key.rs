//! Public keys of integrators' clients, with which they sign who they are instead of telling a secret (RFC 7523).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};

use crate::{
    id::ClientId,
    refusal::{Refusal, Refusals, Rule},
};

/// The most keys of a client, expired ones among them: enough to change one while the former is in use.
pub const MOST_CLIENT_KEYS: usize = 5;

/// The longest name of a key.
const LONGEST_KID: usize = 100;

/// How a client signs: what goes with a shared secret or with nothing is not among it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum KeyAlgorithm {
    /// RSA with SHA-256, as PKCS #1 1.5 has it.
    Rs256,
    /// RSA with SHA-256, probabilistic (PSS).
    Ps256,
    /// The curve P-256 with SHA-256.
    Es256,
    /// The curve Ed25519.
    EdDsa,
}

impl KeyAlgorithm {
    /// Every algorithm.
    pub const ALL: [Self; 4] = [Self::Rs256, Self::Ps256, Self::Es256, Self::EdDsa];

    /// Its name in keys and in the heads of what is signed (RFC 7518, RFC 8037).
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }

    /// The algorithm of that name.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.code() == code)
    }

    /// The kind of key that it needs, as in `kty`, and the curve, as in `crv`.
    #[must_use]
    pub fn kind(self) -> (&'static str, Option<&'static str>) {
        match self {
            Self::Rs256 | Self::Ps256 => ("RSA", None),
            Self::Es256 => ("EC", Some("P-256")),
            Self::EdDsa => ("OKP", Some("Ed25519")),
        }
    }
}

/// The public half of a key, in bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum KeyMaterial {
    /// Of RSA, without zeros before the numbers.
    Rsa {
        /// The modulus, of 2,048 to 4,096 bits.
        modulus: Vec<u8>,
        /// The exponent.
        exponent: Vec<u8>,
    },
    /// A point of P-256; whether it lies on the curve is for whoever has the curve.
    P256 {
        /// The first coordinate.
        x: [u8; 32],
        /// The second.
        y: [u8; 32],
    },
    /// A point of Ed25519, likewise.
    Ed25519([u8; 32]),
}

/// A client's key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClientKey {
    /// Whose.
    pub client: ClientId,
    /// What the client calls it; no other key of the client has this name.
    pub kid: String,
    /// The one way in which it signs.
    pub algorithm: KeyAlgorithm,
    /// The public half.
    pub material: KeyMaterial,
    /// From when on it is refused; none for never.
    pub expires_at: Option<DateTime<Utc>>,
}

impl ClientKey {
    /// Whether it is accepted at an instant.
    #[must_use]
    pub fn is_in_use(&self, now: DateTime<Utc>) -> bool {
        self.expires_at.is_none_or(|expires| now < expires)
    }
}

/// The members of a JSON Web Key (RFC 7517), as a client hands it over.
#[derive(Clone, Copy, Debug, Default)]
pub struct NewClientKey<'a> {
    /// Its name.
    pub kid: &'a str,
    /// How it signs.
    pub alg: &'a str,
    /// The kind of key.
    pub kty: &'a str,
    /// The curve.
    pub crv: Option<&'a str>,
    /// The modulus of RSA, in base64url like all that follow.
    pub n: Option<&'a str>,
    /// The exponent of RSA.
    pub e: Option<&'a str>,
    /// The first coordinate of a point.
    pub x: Option<&'a str>,
    /// The second.
    pub y: Option<&'a str>,
    /// From when on it is refused.
    pub expires_at: Option<DateTime<Utc>>,
}

impl NewClientKey<'_> {
    /// Checks everything but the curve's equation.
    ///
    /// # Errors
    /// [`Rule::UnknownCode`] for an algorithm that there is not; [`Rule::Conflict`] for a kind, a curve or a member that
    /// does not go with it; [`Rule::Required`], [`Rule::Format`] and [`Rule::OutOfRange`] for members that are missing or
    /// no such numbers, for RSA below 2,048 bits, and for an expiry that has passed.
    pub fn validate(&self, client: ClientId, now: DateTime<Utc>) -> Result<ClientKey, Refusals> {
        let mut refusals = Refusals::default();
        let kid = refusals.note("/jwk/kid", kid(self.kid));
        let algorithm = KeyAlgorithm::from_code(self.alg).ok_or_else(|| {
            let known = KeyAlgorithm::ALL.map(KeyAlgorithm::code).join(", ");
            Refusal::new(Rule::UnknownCode, format!("must be one of {known}"))
        });
        let algorithm = refusals.note("/jwk/alg", algorithm);
        let material = algorithm.and_then(|algorithm| self.material(algorithm, &mut refusals));
        if let Some(expires) = self.expires_at {
            let plausible = crate::period::plausible_date(expires.date_naive()).and_then(|_| {
                let ahead = (now < expires).then_some(());
                ahead.ok_or_else(|| Refusal::new(Rule::OutOfRange, "must lie ahead"))
            });
            refusals.note("/expiresAt", plausible);
        }
        match (kid, algorithm, material) {
            (Some(kid), Some(algorithm), Some(material)) if refusals.0.is_empty() => {
                Ok(ClientKey { client, kid, algorithm, material, expires_at: self.expires_at })
            }
            _ => Err(refusals),
        }
    }

    /// The public half alone, of a key that somebody else publishes with whatever else stands there.
    ///
    /// # Errors
    /// As [`Self::validate`], of the members that the algorithm needs.
    pub fn public_half(&self, algorithm: KeyAlgorithm) -> Result<KeyMaterial, Refusals> {
        let mut refusals = Refusals::default();
        let material = self.material(algorithm, &mut refusals);
        material.filter(|_| refusals.0.is_empty()).ok_or(refusals)
    }

    /// The public half, with the members that go with the algorithm and no others.
    fn material(&self, algorithm: KeyAlgorithm, refusals: &mut Refusals) -> Option<KeyMaterial> {
        let (kty, crv) = algorithm.kind();
        let wanted = |is: Option<&str>, wanted: Option<&str>| match (is, wanted) {
            (is, wanted) if is == wanted => Ok(()),
            (_, Some(wanted)) => {
                Err(Refusal::new(Rule::Conflict, format!("{} needs {wanted}", algorithm.code())))
            }
            (_, None) => Err(foreign(algorithm)),
        };
        refusals.note("/jwk/kty", wanted(Some(self.kty), Some(kty)));
        refusals.note("/jwk/crv", wanted(self.crv, crv));
        let rsa = kty == "RSA";
        for (member, at, belongs) in [
            (self.n, "/jwk/n", rsa),
            (self.e, "/jwk/e", rsa),
            (self.x, "/jwk/x", !rsa),
            (self.y, "/jwk/y", kty == "EC"),
        ] {
            let result = if member.is_some() && !belongs { Err(foreign(algorithm)) } else { Ok(()) };
            refusals.note(at, result);
        }
        match algorithm {
            KeyAlgorithm::Rs256 | KeyAlgorithm::Ps256 => {
                let modulus = refusals.note("/jwk/n", number(self.n).and_then(modulus));
                let exponent = refusals.note("/jwk/e", number(self.e).and_then(exponent));
                Some(KeyMaterial::Rsa { modulus: modulus?, exponent: exponent? })
            }
            KeyAlgorithm::Es256 => {
                let x = refusals.note("/jwk/x", coordinate(self.x));
                let y = refusals.note("/jwk/y", coordinate(self.y));
                Some(KeyMaterial::P256 { x: x?, y: y? })
            }
            KeyAlgorithm::EdDsa => refusals.note("/jwk/x", coordinate(self.x)).map(KeyMaterial::Ed25519),
        }
    }
}

/// Whether one more key may be registered beside so many.
///
/// # Errors
/// [`Rule::Capacity`].
pub fn room_for_client_key(there: usize) -> Result<(), Refusal> {
    if there >= MOST_CLIENT_KEYS {
        let detail = format!("a client has at most {MOST_CLIENT_KEYS} keys; withdraw one first");
        return Err(Refusal::new(Rule::Capacity, detail));
    }
    Ok(())
}

fn kid(raw: &str) -> Result<String, Refusal> {
    if raw.is_empty() {
        return Err(Refusal::new(Rule::Required, "the key needs a name"));
    }
    if raw.len() > LONGEST_KID {
        return Err(Refusal::new(Rule::TooLong, format!("at most {LONGEST_KID} characters are allowed")));
    }
    if !raw.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Refusal::new(Rule::Format, "is written with visible characters of ASCII"));
    }
    Ok(raw.to_owned())
}

fn foreign(algorithm: KeyAlgorithm) -> Refusal {
    Refusal::new(Rule::Conflict, format!("does not belong to a key for {}", algorithm.code()))
}

fn bytes(member: Option<&str>) -> Result<Vec<u8>, Refusal> {
    let text = member.ok_or_else(|| Refusal::new(Rule::Required, "the key needs this member"))?;
    let wrong = |_| Refusal::new(Rule::Format, "must be base64url without padding");
    URL_SAFE_NO_PAD.decode(text).map_err(wrong)
}

/// A number without the zeros that some write before it.
fn number(member: Option<&str>) -> Result<Vec<u8>, Refusal> {
    Ok(bytes(member)?.into_iter().skip_while(|byte| *byte == 0).collect())
}

fn is_odd(number: &[u8]) -> bool {
    number.last().is_some_and(|byte| byte % 2 == 1)
}

fn modulus(number: Vec<u8>) -> Result<Vec<u8>, Refusal> {
    let unused = number.first().map_or(0, |first| first.leading_zeros() as usize);
    let bits = number.len() * 8 - unused;
    if (2048..=4096).contains(&bits) && is_odd(&number) {
        Ok(number)
    } else {
        Err(Refusal::new(Rule::OutOfRange, "must be an odd number of 2048 to 4096 bits"))
    }
}

fn exponent(number: Vec<u8>) -> Result<Vec<u8>, Refusal> {
    let value =
        number.iter().fold(0_u64, |value, byte| value.saturating_mul(256).saturating_add((*byte).into()));
    if (65_537..1 << 32).contains(&value) && is_odd(&number) {
        Ok(number)
    } else {
        Err(Refusal::new(Rule::OutOfRange, "must be an odd number from 65537, of at most 32 bits"))
    }
}

fn coordinate(member: Option<&str>) -> Result<[u8; 32], Refusal> {
    let wrong = |_| Refusal::new(Rule::Format, "must be 32 bytes");
    <[u8; 32]>::try_from(bytes(member)?).map_err(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn encoded(bytes: &[u8]) -> String {
        URL_SAFE_NO_PAD.encode(bytes)
    }

    fn refused(new: &NewClientKey<'_>) -> Vec<(String, Rule)> {
        let client = ClientId::from_uuid(Uuid::from_u128(1));
        let now = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        let refusals = new.validate(client, now).err().unwrap_or_default();
        refusals.0.into_iter().map(|refusal| (refusal.pointer, refusal.rule)).collect()
    }

    fn of(bits: usize) -> String {
        let mut number = vec![0xff; bits.div_ceil(8)];
        number[0] >>= number.len() * 8 - bits;
        encoded(&number)
    }

    #[test]
    fn rsa_is_neither_short_nor_endless() {
        let rsa = |n: &str, e: &str| {
            refused(&NewClientKey {
                kid: "a-1",
                alg: "PS256",
                kty: "RSA",
                n: Some(n),
                e: Some(e),
                ..NewClientKey::default()
            })
        };
        for bits in [2048, 3072, 4095, 4096] {
            assert_eq!(rsa(&of(bits), "AQAB"), [], "{bits}");
        }
        for bits in [8, 1024, 2047, 4097, 16_384] {
            assert_eq!(rsa(&of(bits), "AQAB"), [("/jwk/n".to_owned(), Rule::OutOfRange)], "{bits}");
        }
        let mut even = vec![0xff; 256];
        even[255] = 0xfe;
        assert_eq!(rsa(&encoded(&even), "AQAB"), [("/jwk/n".to_owned(), Rule::OutOfRange)]);
        // A zero before the number changes nothing.
        let mut padded = vec![0xff; 257];
        padded[0] = 0;
        assert_eq!(rsa(&encoded(&padded), "AAEAAQ"), []);
        for (e, rule) in [
            ("Aw", Rule::OutOfRange),
            ("AQAA", Rule::OutOfRange),
            ("AQAAAAE", Rule::OutOfRange),
            ("", Rule::OutOfRange),
            ("AQAB==", Rule::Format),
        ] {
            assert_eq!(rsa(&of(2048), e), [("/jwk/e".to_owned(), rule)], "{e}");
        }
    }

    #[test]
    fn a_key_has_the_members_of_its_kind_and_no_others() {
        let point = encoded(&[7; 32]);
        let (x, y) = (Some(point.as_str()), Some(point.as_str()));
        let ed = NewClientKey {
            kid: "a",
            alg: "EdDSA",
            kty: "OKP",
            crv: Some("Ed25519"),
            x,
            ..NewClientKey::default()
        };
        assert_eq!(refused(&ed), []);
        let ec = NewClientKey {
            kid: "a",
            alg: "ES256",
            kty: "EC",
            crv: Some("P-256"),
            x,
            y,
            ..NewClientKey::default()
        };
        assert_eq!(refused(&ec), []);
        let at = |pointer: &str, rule| vec![(pointer.to_owned(), rule)];
        assert_eq!(refused(&NewClientKey { y, ..ed }), at("/jwk/y", Rule::Conflict));
        assert_eq!(refused(&NewClientKey { y: None, ..ec }), at("/jwk/y", Rule::Required));
        assert_eq!(refused(&NewClientKey { crv: Some("P-384"), ..ec }), at("/jwk/crv", Rule::Conflict));
        assert_eq!(refused(&NewClientKey { crv: None, ..ed }), at("/jwk/crv", Rule::Conflict));
        assert_eq!(refused(&NewClientKey { kty: "oct", ..ed }), at("/jwk/kty", Rule::Conflict));
        for alg in ["none", "HS256", "ES384", "eddsa", ""] {
            assert_eq!(refused(&NewClientKey { alg, ..ed }), at("/jwk/alg", Rule::UnknownCode));
        }
        let short = encoded(&[7; 31]);
        assert_eq!(refused(&NewClientKey { x: Some(&short), ..ed }), at("/jwk/x", Rule::Format));
        for (kid, rule) in [("", Rule::Required), ("nyckel å", Rule::Format), ("två", Rule::Format)] {
            assert_eq!(refused(&NewClientKey { kid, ..ed }), at("/jwk/kid", rule));
        }
        let long = "k".repeat(101);
        assert_eq!(refused(&NewClientKey { kid: &long, ..ed }), at("/jwk/kid", Rule::TooLong));
        let past = DateTime::from_timestamp(1_790_000_000, 0);
        assert_eq!(refused(&NewClientKey { expires_at: past, ..ed }), at("/expiresAt", Rule::OutOfRange));
    }

    #[test]
    fn there_is_room_for_five() {
        assert!(room_for_client_key(4).is_ok());
        assert_eq!(room_for_client_key(5).unwrap_err().rule, Rule::Capacity);
    }

    proptest! {
        #[test]
        fn nothing_that_is_written_panics(
            texts in proptest::collection::vec("[A-Za-z0-9_=åäö -]{0,40}", 8), alg in 0..5usize,
        ) {
            let part = |place: usize| texts.get(place).map(String::as_str);
            let alg = KeyAlgorithm::ALL.get(alg).map_or("none", |alg| alg.code());
            refused(&NewClientKey {
                kid: &texts[0], alg, kty: &texts[1], crv: part(2), n: part(3), e: part(4), x: part(5), y: part(6), expires_at: None,
            });
        }
    }
}
