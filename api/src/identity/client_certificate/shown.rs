//! What a certificate that a caller shows says, and whether its authority has issued it.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use rustls::{
    RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, UnixTime},
    server::WebPkiClientVerifier,
};
use skolhus_domain::identity::PresentedCertificate;
use x509_parser::{certificate::X509Certificate, prelude::FromDer};

use super::super::certificate_authority::issuer::period;
use crate::http::peer_certificate::Shown;

/// Reads a certificate; none where it cannot be read. `authority` is the certificate of the one that is said to have issued it,
/// in DER; none where it is not believed any more.
pub(crate) fn read(
    shown: &Shown,
    authority: Option<&[u8]>,
    now: DateTime<Utc>,
) -> Option<PresentedCertificate> {
    let (rest, certificate) = X509Certificate::from_der(&shown.der).ok()?;
    if !rest.is_empty() {
        return None;
    }
    let (valid_from, expires_at) = period(&certificate)?;
    let usage = certificate.key_usage().ok()?;
    let purposes = certificate.extended_key_usage().ok()?;
    Some(PresentedCertificate {
        fingerprint: shown.fingerprint,
        valid_from,
        expires_at,
        may_sign: usage.is_some_and(|usage| usage.value.digital_signature()),
        is_for_clients: purposes.is_some_and(|purposes| purposes.value.client_auth),
        is_issued: authority.is_some_and(|authority| is_issued(&shown.der, authority, now)),
    })
}

/// Whether the one has issued the other, as the rules of X.509 have it: signature, names, periods, what either may do.
fn is_issued(certificate: &[u8], authority: &[u8], now: DateTime<Utc>) -> bool {
    let mut roots = RootCertStore::empty();
    if roots.add(CertificateDer::from(authority)).is_err() {
        return false;
    }
    let provider = Arc::new(ring::default_provider());
    let Ok(verifier) = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build() else {
        return false;
    };
    let now = UnixTime::since_unix_epoch(Duration::from_secs(now.timestamp().unsigned_abs()));
    verifier.verify_client_cert(&CertificateDer::from(certificate), &[], now).is_ok()
}

#[cfg(test)]
mod tests {
    use rcgen::{
        BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    };

    use super::*;
    use crate::http::peer_certificate::fingerprint;

    struct Authority {
        der: Vec<u8>,
        issuer: Issuer<'static, KeyPair>,
    }

    fn authority(name: &str) -> Authority {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        let key = KeyPair::generate().unwrap();
        let der = params.self_signed(&key).unwrap().der().to_vec();
        Authority { der, issuer: Issuer::new(params, key) }
    }

    fn shown(by: &Authority, change: impl FnOnce(&mut CertificateParams)) -> Shown {
        let mut params = CertificateParams::default();
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        change(&mut params);
        let der = params.signed_by(&KeyPair::generate().unwrap(), &by.issuer).unwrap().der().to_vec();
        Shown { fingerprint: fingerprint(&der), der: der.into() }
    }

    #[test]
    fn what_a_certificate_says_is_read_and_who_issued_it_is_checked() {
        let (ours, theirs) = (authority("Skolhus"), authority("Skolhus"));
        let now = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        let facts = |shown: &Shown, by: Option<&Authority>| {
            let read = read(shown, by.map(|by| by.der.as_slice()), now).unwrap();
            (read.may_sign, read.is_for_clients, read.is_issued)
        };
        let sound = shown(&ours, |_| {});
        assert_eq!(facts(&sound, Some(&ours)), (true, true, true));
        // Another authority of the same name is another authority.
        assert_eq!(facts(&sound, Some(&theirs)), (true, true, false));
        assert_eq!(facts(&sound, None), (true, true, false));
        let silent = shown(&ours, |params| {
            params.key_usages.clear();
            params.extended_key_usages.clear();
        });
        assert_eq!(facts(&silent, Some(&ours)), (false, false, true));
        let servers =
            shown(&ours, |params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth]);
        assert_eq!(facts(&servers, Some(&ours)), (true, false, false));
        let any = shown(&ours, |params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::Any]);
        assert!(!facts(&any, Some(&ours)).1);
        let seals = shown(&ours, |params| params.key_usages = vec![KeyUsagePurpose::KeyEncipherment]);
        assert!(!facts(&seals, Some(&ours)).0);
        // An authority does not come as a client, and one byte more is another certificate.
        let itself = Shown { fingerprint: fingerprint(&ours.der), der: ours.der.clone().into() };
        assert!(!facts(&itself, Some(&ours)).2);
        let longer: Vec<u8> = sound.der.iter().copied().chain([0]).collect();
        assert_eq!(read(&Shown { fingerprint: fingerprint(&longer), der: longer.into() }, None, now), None);
    }
}
