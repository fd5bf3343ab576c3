//! Codes of authenticator apps (RFC 6238 on top of RFC 4226): HMAC-SHA-1, six digits, half a minute each.

use base32ct::{Base32UpperUnpadded, Encoding};
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use reqwest::Url;
use sha1::Sha1;
use skolhus_domain::identity::{AuthenticatorCode, STEP_SECONDS, TimeStep};
use subtle::ConstantTimeEq;

/// Bytes of a secret, as many as its hash has (RFC 4226, 4).
pub const SECRET: usize = 20;

/// What an authenticator app calls the server.
const ISSUER: &str = "Skolhus";

/// The number that an app shows in a time step.
#[must_use]
pub fn number(secret: &[u8], TimeStep(step): TimeStep) -> Option<u32> {
    // HMAC takes keys of any length.
    let mut mac = Hmac::<Sha1>::new_from_slice(secret).ok()?;
    mac.update(&step.to_be_bytes());
    let hash = mac.finalize().into_bytes();
    let offset = usize::from(hash.last()? & 0x0f);
    let four: [u8; 4] = hash.get(offset..offset + 4)?.try_into().ok()?;
    Some((u32::from_be_bytes(four) & 0x7fff_ffff) % 1_000_000)
}

/// The time step whose code it is, of those that are taken at the instant.
#[must_use]
pub fn matching(secret: &[u8], code: AuthenticatorCode, now: DateTime<Utc>) -> Option<TimeStep> {
    let fits = |step: &TimeStep| {
        number(secret, *step).is_some_and(|number| bool::from(number.ct_eq(&code.number())))
    };
    TimeStep::taken_at(now).into_iter().find(fits)
}

/// A secret as people type it into an app.
#[must_use]
pub fn written(secret: &[u8]) -> String {
    Base32UpperUnpadded::encode_string(secret)
}

/// A secret as an app takes it from a QR code.
#[must_use]
pub fn address(email: &str, secret: &[u8]) -> Option<String> {
    let mut address = Url::parse("otpauth://totp/").ok()?;
    address.path_segments_mut().ok()?.pop_if_empty().push(&format!("{ISSUER}:{email}"));
    address
        .query_pairs_mut()
        .append_pair("secret", &written(secret))
        .append_pair("issuer", ISSUER)
        .append_pair("algorithm", "SHA1")
        .append_pair("digits", "6")
        .append_pair("period", &STEP_SECONDS.to_string());
    Some(address.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET_OF_THE_STANDARDS: &[u8] = b"12345678901234567890";

    #[test]
    fn the_numbers_are_those_of_the_standards() {
        // RFC 4226, appendix D.
        let counted =
            [755_224, 287_082, 359_152, 969_429, 338_314, 254_676, 287_922, 162_583, 399_871, 520_489];
        for (step, wanted) in (0..).zip(counted) {
            assert_eq!(number(SECRET_OF_THE_STANDARDS, TimeStep(step)), Some(wanted));
        }
        // RFC 6238, appendix B: the last six of the eight digits for SHA-1.
        for (seconds, wanted) in [
            (59, 94_287_082),
            (1_111_111_109, 7_081_804),
            (1_111_111_111, 14_050_471),
            (1_234_567_890, 89_005_924),
            (2_000_000_000, 69_279_037),
            (20_000_000_000, 65_353_130),
        ] {
            let step = TimeStep::of(DateTime::from_timestamp(seconds, 0).unwrap());
            assert_eq!(number(SECRET_OF_THE_STANDARDS, step), Some(wanted % 1_000_000), "{seconds}");
        }
    }

    #[test]
    fn a_code_is_found_in_its_own_step_and_the_ones_beside_it() {
        let code = AuthenticatorCode::presented("287082").unwrap();
        for (seconds, wanted) in [(0, true), (29, true), (59, true), (89, true), (90, false), (-1, false)] {
            let now = DateTime::from_timestamp(seconds, 0).unwrap();
            let wanted = wanted.then_some(TimeStep(1));
            assert_eq!(matching(SECRET_OF_THE_STANDARDS, code, now), wanted, "{seconds}");
        }
    }

    #[test]
    fn an_app_is_told_everything_that_it_needs() {
        let address = address("åsa@exempel.se", SECRET_OF_THE_STANDARDS).unwrap();
        assert_eq!(
            address,
            "otpauth://totp/Skolhus:%C3%A5sa@exempel.se?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
             &issuer=Skolhus&algorithm=SHA1&digits=6&period=30"
        );
    }
}
