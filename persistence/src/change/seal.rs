//! The formats that are hashed, so that anyone can check the log with other tools.
//!
//! A change's **line** is a JSON array without spaces, UTF-8:
//! `["skolhus-change-1", position, organiser, transaction, ordinal, recordedAt, actorKind,
//! actorId, sessionId, actorName, permission, requestId, action, entity, entityId, version,
//! detailsHash]`, where ids are lower-case UUIDs or null, and `recordedAt` is in
//! microseconds since 1970. Its hash is the SHA-256 of the line, in lower-case hexadecimal.
//!
//! A **seal** is the SHA-256 of the JSON array
//! `["skolhus-seal-1", previousSeal, number, organiser, sealedAt, positions, hashes]`. The
//! first seal of an organiser has number 1 and the empty text as previous seal.

use serde_json::json;
use sha2::{Digest, Sha256};
use skolhus_domain::id::{Id, OrganiserId};
use uuid::Uuid;

use super::fact::FactRow;
use crate::core::types::Ts;

/// The format of a change's line.
pub const CHANGE_FORMAT: &str = "skolhus-change-1";
/// The format of a seal.
pub const SEAL_FORMAT: &str = "skolhus-seal-1";

/// A seal to keep elsewhere: with it, `audit verify` proves that nothing up to it was
/// altered or removed, not even by somebody who rewrote the whole chain.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Anchor {
    /// Whose chain.
    pub organiser: OrganiserId,
    /// The seal's number, from 1.
    pub number: i64,
    /// The seal, 64 hexadecimal digits.
    pub seal: String,
}

impl std::fmt::Display for Anchor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.organiser, self.number, self.seal)
    }
}

impl std::str::FromStr for Anchor {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const FORM: &str = "an anchor is written ORGANISER:NUMBER:SEAL, as `audit anchor` prints it";
        let mut parts = text.trim().split(':');
        let (Some(organiser), Some(number), Some(seal), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(FORM);
        };
        let organiser = Uuid::try_parse(organiser).map_err(|_| FORM)?;
        let number = number.parse().ok().filter(|number| *number > 0).ok_or(FORM)?;
        if seal.len() != 64 || !seal.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(FORM);
        }
        Ok(Self { organiser: Id::from_uuid(organiser), number, seal: seal.to_ascii_lowercase() })
    }
}

/// The hash of a change's line.
pub(crate) fn hash_of(fact: &FactRow) -> String {
    let line = json!([
        CHANGE_FORMAT,
        fact.position,
        fact.organiser_id.0,
        fact.transaction_id.0,
        fact.ordinal,
        fact.recorded_at.0.timestamp_micros(),
        fact.actor_kind,
        fact.actor_id.map(|id| id.0),
        fact.session_id.map(|id| id.0),
        fact.actor_name,
        fact.permission,
        fact.request_id.0,
        fact.action,
        fact.entity,
        fact.entity_id.0,
        fact.version,
        fact.details_hash,
    ]);
    hex::encode(Sha256::digest(line.to_string().as_bytes()))
}

/// A seal's value.
pub(crate) fn seal_of(
    previous: &str,
    number: i64,
    organiser: Uuid,
    sealed_at: Ts,
    positions: &[i64],
    hashes: &[String],
) -> String {
    let sealed_at = sealed_at.0.timestamp_micros();
    let text = json!([SEAL_FORMAT, previous, number, organiser, sealed_at, positions, hashes]);
    hex::encode(Sha256::digest(text.to_string().as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_anchor_is_read_as_it_is_printed() {
        let anchor =
            Anchor { organiser: Id::from_uuid(Uuid::from_u128(7)), number: 12, seal: "0a".repeat(32) };
        assert_eq!(anchor.to_string().parse(), Ok(anchor));
        for text in ["", "a:b:c", "00000000-0000-0000-0000-000000000007:1:abc", "x:1:2:3"] {
            assert!(text.parse::<Anchor>().is_err(), "{text}");
        }
    }
}
