//! Whether a certificate that a client comes with shows who it is.

use chrono::{DateTime, Utc};

use super::{ClientCertificate, Fingerprint};
use crate::id::ClientId;

/// What a certificate says of itself, and what was found out about it. That whoever comes with it has its key was
/// shown by the connection, here or at a trusted proxy.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PresentedCertificate {
    /// What it is known by.
    pub fingerprint: Fingerprint,
    /// From when on it is valid.
    pub valid_from: DateTime<Utc>,
    /// From when on it is not.
    pub expires_at: DateTime<Utc>,
    /// Whether its key may sign (`digitalSignature`).
    pub may_sign: bool,
    /// Whether it may be shown by a client (`clientAuth`), and says so.
    pub is_for_clients: bool,
    /// Whether the authority has issued it that is said to, and may issue certificates today.
    pub is_issued: bool,
}

/// Why a certificate is not accepted: for the log alone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CertificateRefusal {
    /// Nobody here was issued it, which includes those of other authorities.
    Unknown,
    /// It is another client's.
    OfAnotherClient,
    /// It was revoked.
    Revoked,
    /// It is not valid yet.
    NotYetValid,
    /// It has expired.
    Expired,
    /// It is not for clients that show who they are.
    WrongUsage,
    /// It was not issued by the authority that is said to have issued it, or by one that is no longer believed.
    OtherAuthority,
}

impl CertificateRefusal {
    /// In words, for the log.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Unknown => "the certificate is not known",
            Self::OfAnotherClient => "the certificate is another client's",
            Self::Revoked => "the certificate was revoked",
            Self::NotYetValid => "the certificate is not valid yet",
            Self::Expired => "the certificate has expired",
            Self::WrongUsage => "the certificate is not for clients",
            Self::OtherAuthority => "the certificate's authority is not believed",
        }
    }
}

impl PresentedCertificate {
    /// Whether it shows that a client is calling. `kept` is what is kept of it, if anything.
    ///
    /// # Errors
    /// The first of the reasons, in their order.
    pub fn judge(
        &self,
        client: ClientId,
        kept: Option<&ClientCertificate>,
        now: DateTime<Utc>,
    ) -> Result<(), CertificateRefusal> {
        let kept = kept.filter(|kept| kept.fingerprint == self.fingerprint);
        let kept = kept.ok_or(CertificateRefusal::Unknown)?;
        let refusals = [
            (kept.client != client, CertificateRefusal::OfAnotherClient),
            (kept.revoked.is_some(), CertificateRefusal::Revoked),
            // Of what it says and what is kept of it the narrower counts; they are the same.
            (now < self.valid_from.max(kept.valid_from), CertificateRefusal::NotYetValid),
            (self.expires_at.min(kept.expires_at) <= now, CertificateRefusal::Expired),
            (!self.may_sign || !self.is_for_clients, CertificateRefusal::WrongUsage),
            (!self.is_issued, CertificateRefusal::OtherAuthority),
        ];
        match refusals.into_iter().find(|(refused, _)| *refused) {
            Some((_, why)) => Err(why),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::Duration;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::{
        id::{CertificateAuthorityId, Id},
        identity::{CertificateKey, RevocationReason},
    };

    fn day(number: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + Duration::days(number)
    }

    fn client(number: u128) -> ClientId {
        ClientId::from_uuid(Uuid::from_u128(number))
    }

    fn kept() -> ClientCertificate {
        ClientCertificate {
            client: client(1),
            authority: CertificateAuthorityId::from_uuid(Uuid::from_u128(2)),
            renews: None,
            serial: "01".to_owned(),
            fingerprint: Fingerprint::of_hash([7; 32]),
            key: CertificateKey::Ed25519,
            der: Vec::new(),
            valid_from: day(10),
            expires_at: day(20),
            allowed_networks: Vec::new(),
            noticed_days: None,
            revoked: None,
        }
    }

    fn presented() -> PresentedCertificate {
        PresentedCertificate {
            fingerprint: Fingerprint::of_hash([7; 32]),
            valid_from: day(10),
            expires_at: day(20),
            may_sign: true,
            is_for_clients: true,
            is_issued: true,
        }
    }

    #[test]
    fn each_reason_has_its_name() {
        use CertificateRefusal as Refusal;
        let (whole, kept) = (presented(), kept());
        let judge = |presented: PresentedCertificate, on| presented.judge(client(1), Some(&kept), day(on));
        assert_eq!(judge(whole, 15), Ok(()));
        assert_eq!(judge(whole, 9), Err(Refusal::NotYetValid));
        assert_eq!(judge(whole, 20), Err(Refusal::Expired));
        assert_eq!(judge(PresentedCertificate { may_sign: false, ..whole }, 15), Err(Refusal::WrongUsage));
        assert_eq!(
            judge(PresentedCertificate { is_for_clients: false, ..whole }, 15),
            Err(Refusal::WrongUsage)
        );
        assert_eq!(
            judge(PresentedCertificate { is_issued: false, ..whole }, 15),
            Err(Refusal::OtherAuthority)
        );
        let other = PresentedCertificate { fingerprint: Fingerprint::of_hash([8; 32]), ..whole };
        assert_eq!(judge(other, 15), Err(Refusal::Unknown));
        assert_eq!(whole.judge(client(1), None, day(15)), Err(Refusal::Unknown));
        assert_eq!(whole.judge(client(2), Some(&kept), day(15)), Err(Refusal::OfAnotherClient));
        let revoked = kept.revoke(RevocationReason::KeyCompromise, day(11)).unwrap();
        assert_eq!(whole.judge(client(1), Some(&revoked), day(15)), Err(Refusal::Revoked));
    }

    proptest! {
        /// Whatever is wrong is never made right by something else.
        #[test]
        fn only_what_is_right_in_every_way_is_accepted(
            ours: bool, revoked: bool, may_sign: bool, is_for_clients: bool, is_issued: bool, known: bool, on in 0..30_i64,
        ) {
            let mut kept = kept();
            if revoked {
                kept = kept.revoke(RevocationReason::Superseded, day(12)).unwrap();
            }
            let presented = PresentedCertificate { may_sign, is_for_clients, is_issued, ..presented() };
            let judged = presented.judge(client(if ours { 1 } else { 2 }), known.then_some(&kept), day(on));
            let right = known && ours && !revoked && may_sign && is_for_clients && is_issued && (10..20).contains(&on);
            prop_assert_eq!(judged.is_ok(), right);
        }
    }
}
