//! Authorities that issue the certificates of an organiser's clients.

use chrono::{DateTime, Duration, Utc};

use crate::refusal::{Refusal, Rule};

/// How long an authority of Skolhus's own lasts: ten years.
pub const AUTHORITY_LIFE: Duration = Duration::days(3650);

/// Where an authority's key comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AuthorityOrigin {
    /// Skolhus has made it.
    Own,
    /// The organiser has it, and the operator has loaded it.
    Organiser,
}

impl AuthorityOrigin {
    /// Every origin.
    pub const ALL: [Self; 2] = [Self::Own, Self::Organiser];

    /// Its name in rows and in the interface.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Organiser => "organiser",
        }
    }

    /// The origin of that name.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|origin| origin.code() == code)
    }
}

/// An authority. Its key is not part of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CertificateAuthority {
    /// Where its key comes from.
    pub origin: AuthorityOrigin,
    /// What its certificate calls it.
    pub name: String,
    /// Its certificate, in DER.
    pub der: Vec<u8>,
    /// From when on the certificate is valid.
    pub valid_from: DateTime<Utc>,
    /// From when on it is not.
    pub expires_at: DateTime<Utc>,
}

impl CertificateAuthority {
    /// Whether it issues certificates from now on that last so long. The organiser's issues shorter ones in its last year,
    /// because no other takes its place by itself; one of Skolhus's own does not, because the next is made at need.
    #[must_use]
    pub fn issues(&self, now: DateTime<Utc>, life: Duration) -> bool {
        match self.origin {
            AuthorityOrigin::Own => now + life <= self.expires_at,
            AuthorityOrigin::Organiser => true,
        }
    }
}

/// What the certificate of an authority says, to be checked before it is loaded.
#[derive(Clone, Copy, Debug)]
pub struct AuthorityFacts {
    /// Whether it says that it is an authority.
    pub is_authority: bool,
    /// Whether it may sign certificates: also where it does not say what it may.
    pub signs_certificates: bool,
    /// Whether the key belongs to it.
    pub is_keys: bool,
    /// From when on it is valid.
    pub valid_from: DateTime<Utc>,
    /// From when on it is not.
    pub expires_at: DateTime<Utc>,
}

impl AuthorityFacts {
    /// Whether certificates may be issued by it.
    ///
    /// # Errors
    /// [`Rule::Conflict`] for a certificate that is no authority's or a key that is not its own, [`Rule::OutsidePeriod`] for
    /// one that is not valid now.
    pub fn check(&self, now: DateTime<Utc>) -> Result<(), Refusal> {
        if !self.is_authority || !self.signs_certificates {
            return Err(Refusal::new(Rule::Conflict, "the certificate may not issue others"));
        }
        if !self.is_keys {
            return Err(Refusal::new(Rule::Conflict, "the key does not belong to the certificate"));
        }
        if now < self.valid_from || self.expires_at <= now {
            return Err(Refusal::new(Rule::OutsidePeriod, "the certificate is not valid now"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(number: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + Duration::days(number)
    }

    #[test]
    fn an_authority_of_our_own_outlives_what_it_issues() {
        let authority = |origin| CertificateAuthority {
            origin,
            name: "Skolhus".to_owned(),
            der: Vec::new(),
            valid_from: day(0),
            expires_at: day(3650),
        };
        let life = Duration::days(395);
        assert!(authority(AuthorityOrigin::Own).issues(day(3255), life));
        assert!(!authority(AuthorityOrigin::Own).issues(day(3256), life));
        assert!(authority(AuthorityOrigin::Organiser).issues(day(3600), life));
    }

    #[test]
    fn only_an_authority_with_its_key_is_loaded_and_only_while_it_is_valid() {
        let sound = AuthorityFacts {
            is_authority: true,
            signs_certificates: true,
            is_keys: true,
            valid_from: day(10),
            expires_at: day(20),
        };
        let rule = |facts: AuthorityFacts, on| facts.check(day(on)).err().map(|refusal| refusal.rule);
        assert_eq!(rule(sound, 10), None);
        assert_eq!(rule(sound, 9), Some(Rule::OutsidePeriod));
        assert_eq!(rule(sound, 20), Some(Rule::OutsidePeriod));
        assert_eq!(rule(AuthorityFacts { is_authority: false, ..sound }, 15), Some(Rule::Conflict));
        assert_eq!(rule(AuthorityFacts { signs_certificates: false, ..sound }, 15), Some(Rule::Conflict));
        assert_eq!(rule(AuthorityFacts { is_keys: false, ..sound }, 15), Some(Rule::Conflict));
    }
}
