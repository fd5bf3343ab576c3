//! An authority with its key: makes one of Skolhus's own, reads one of the organiser's, and issues certificates.

use std::time::SystemTime;

use chrono::{DateTime, Duration, SubsecRound, Utc};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, PublicKeyData, SerialNumber, SigningKey,
};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, pem::PemObject};
use skolhus_domain::{
    id::{CertificateAuthorityId, ClientId, OrganiserId},
    identity::{AUTHORITY_LIFE, AuthorityFacts, AuthorityOrigin, CertificateAuthority},
    instant::Randomness,
    refusal::{Refusal, Rule},
};
use x509_parser::{certificate::X509Certificate, prelude::FromDer};
use zeroize::Zeroizing;

/// The longest name of a subject that other programs read (RFC 5280, `ub-common-name`).
const LONGEST_NAME: usize = 64;

/// An authority that has just been made or read, with its key in PKCS #8.
pub(crate) struct WithKey {
    pub(crate) authority: CertificateAuthority,
    pub(crate) key: Zeroizing<Vec<u8>>,
}

/// That an authority cannot do what it is for: its key is damaged, or the program is mistaken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum IssueError {
    #[error("the authority's key cannot be opened: the master key is another than it was sealed with")]
    Sealed,
    #[error("the certificate cannot be made: {0}")]
    Making(#[from] rcgen::Error),
}

/// What an authority's key is sealed for: it opens in its own row and nowhere else.
pub(crate) fn binding(organiser: OrganiserId, id: CertificateAuthorityId) -> Vec<u8> {
    format!("certificate authority\n{organiser}\n{id}").into_bytes()
}

/// What Skolhus's own authorities are called, each organiser's and each one after another: servers tell callers the names of all
/// that they know.
const OWN_NAME: &str = "Skolhus klientcertifikat";

/// A new authority of Skolhus's own, on the curve that every program can check. Its key comes from the operating system's
/// randomness.
pub(crate) fn own(serial: &Serial, now: DateTime<Utc>) -> Result<WithKey, IssueError> {
    // For servers whose clocks are behind.
    let valid_from = (now - Duration::minutes(1)).trunc_subsecs(0);
    let expires_at = (now + AUTHORITY_LIFE).trunc_subsecs(0);
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, OWN_NAME);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.serial_number = Some(serial.0.clone());
    set_period(&mut params, valid_from, expires_at);
    let key = KeyPair::generate()?;
    let der = params.self_signed(&key)?.der().to_vec();
    let name = OWN_NAME.to_owned();
    let authority = CertificateAuthority { origin: AuthorityOrigin::Own, name, der, valid_from, expires_at };
    Ok(WithKey { authority, key: Zeroizing::new(key.serialize_der()) })
}

/// An authority of the organiser's, from its certificate and its key in PEM.
///
/// # Errors
/// [`Rule::Format`] for what cannot be read, and what [`AuthorityFacts::check`] refuses; at `/certificate` or `/key`.
pub(crate) fn of_organiser(certificate: &str, key: &str, now: DateTime<Utc>) -> Result<WithKey, Refusal> {
    let unreadable = |detail: &str, at: &str| Refusal::new(Rule::Format, detail).at(at);
    let mut found = CertificateDer::pem_slice_iter(certificate.as_bytes());
    let (Some(Ok(der)), None) = (found.next(), found.next()) else {
        return Err(unreadable("must be one certificate in PEM: the authority's own", "/certificate"));
    };
    let wrong = || unreadable("is no certificate that can be read", "/certificate");
    let (_, parsed) = X509Certificate::from_der(&der).map_err(|_| wrong())?;
    let detail =
        "must be a key in PKCS #8 (`openssl pkcs8 -topk8 -nocrypt` writes one): RSA, P-256, P-384 or Ed25519";
    let no_key = || unreadable(detail, "/key");
    let pkcs8 = PrivatePkcs8KeyDer::from_pem_slice(key.as_bytes()).map_err(|_| no_key())?;
    let pair = KeyPair::try_from(&pkcs8).map_err(|_| no_key())?;
    let (valid_from, expires_at) = period(&parsed).ok_or_else(wrong)?;
    let facts = AuthorityFacts {
        is_authority: parsed.is_ca(),
        signs_certificates: match parsed.key_usage() {
            Ok(usage) => usage.is_none_or(|usage| usage.value.key_cert_sign()),
            Err(_) => false,
        },
        is_keys: pair.subject_public_key_info() == parsed.public_key().raw,
        valid_from,
        expires_at,
    };
    facts.check(now).map_err(|refusal| refusal.at("/certificate"))?;
    // Names that cannot be written again as they are would make certificates that lead nowhere.
    let issuer = Issuer::from_ca_cert_der(&der, &pair).map_err(|_| wrong())?;
    let sample = certificate_for(&pair, &issuer, "", "", &Serial::of([1; 16]), (valid_from, expires_at));
    let sample = sample.map_err(|_| wrong())?;
    let is_issued = X509Certificate::from_der(&sample).is_ok_and(|(_, sample)| {
        sample.tbs_certificate.issuer.as_raw() == parsed.tbs_certificate.subject.as_raw()
            && sample.verify_signature(Some(parsed.public_key())).is_ok()
    });
    if !is_issued {
        return Err(unreadable("has a name that certificates cannot be issued under", "/certificate"));
    }
    let name = parsed.subject().to_string().chars().take(200).collect();
    let authority = CertificateAuthority {
        origin: AuthorityOrigin::Organiser,
        name,
        der: der.to_vec(),
        valid_from,
        expires_at,
    };
    Ok(WithKey { authority, key: Zeroizing::new(pkcs8.secret_pkcs8_der().to_vec()) })
}

/// From when to when a certificate is valid.
pub(crate) fn period(certificate: &X509Certificate<'_>) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    let instant = |time: x509_parser::time::ASN1Time| DateTime::from_timestamp(time.timestamp(), 0);
    let validity = certificate.validity();
    // The last second belongs to it.
    Some((
        instant(validity.not_before)?,
        instant(validity.not_after)?.checked_add_signed(Duration::seconds(1))?,
    ))
}

/// A certificate is valid in its last second too.
fn set_period(params: &mut CertificateParams, valid_from: DateTime<Utc>, expires_at: DateTime<Utc>) {
    params.not_before = SystemTime::from(valid_from).into();
    params.not_after = SystemTime::from(expires_at - Duration::seconds(1)).into();
}

/// The number of a certificate: of 16 bytes by chance, so that nobody knows it beforehand and no two have the same.
pub(crate) struct Serial(SerialNumber, String);

impl Serial {
    /// A fresh one.
    pub(crate) fn fresh(randomness: &dyn Randomness) -> Self {
        let mut bytes = [0; 16];
        randomness.fill(&mut bytes);
        Self::of(bytes)
    }

    fn of(mut bytes: [u8; 16]) -> Self {
        // A positive number, of as many bytes in every certificate.
        if let Some(first) = bytes.first_mut() {
            *first = (*first & 0x7f) | 0x40;
        }
        Self(SerialNumber::from_slice(&bytes), hex::encode(bytes))
    }

    /// In hexadecimal digits.
    pub(crate) fn text(&self) -> &str {
        &self.1
    }
}

/// Whom a certificate is issued for.
pub(crate) struct Holder<'a> {
    pub(crate) client: ClientId,
    pub(crate) name: &'a str,
    pub(crate) key: &'a rcgen::SubjectPublicKeyInfo,
}

/// Issues a certificate, in DER, with an authority's key in PKCS #8. It says which client it is of, and that it is for clients
/// which show who they are; nothing else.
pub(crate) fn issue(
    authority: &CertificateAuthority,
    key: &[u8],
    holder: &Holder<'_>,
    serial: &Serial,
    valid: (DateTime<Utc>, DateTime<Utc>),
) -> Result<Vec<u8>, IssueError> {
    let pair = KeyPair::try_from(&PrivatePkcs8KeyDer::from(key))?;
    let issuer = Issuer::from_ca_cert_der(&CertificateDer::from(authority.der.as_slice()), pair)?;
    let Holder { client, name, key } = holder;
    Ok(certificate_for(*key, &issuer, &client.to_string(), name, serial, valid)?)
}

fn certificate_for(
    key: &impl PublicKeyData,
    issuer: &Issuer<'_, impl SigningKey>,
    client: &str,
    name: &str,
    serial: &Serial,
    (valid_from, expires_at): (DateTime<Utc>, DateTime<Utc>),
) -> Result<Vec<u8>, rcgen::Error> {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    let name: String = name.chars().take(LONGEST_NAME).collect();
    for (kind, value) in [(DnType::CommonName, client), (DnType::OrganizationName, name.as_str())] {
        if !value.is_empty() {
            params.distinguished_name.push(kind, value);
        }
    }
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params.use_authority_key_identifier_extension = true;
    params.serial_number = Some(serial.0.clone());
    set_period(&mut params, valid_from, expires_at);
    Ok(params.signed_by(key, issuer)?.der().to_vec())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rcgen::PKCS_ED25519;
    use skolhus_domain::id::Id;
    use uuid::Uuid;

    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_790_000_000, 500_000_000).unwrap()
    }

    fn made() -> WithKey {
        own(&Serial::of([9; 16]), now()).unwrap()
    }

    fn issued(name: &str) -> (Vec<u8>, KeyPair) {
        let WithKey { authority, key } = made();
        let pair = KeyPair::generate().unwrap();
        let public = rcgen::SubjectPublicKeyInfo::from_der(&pair.subject_public_key_info()).unwrap();
        let holder = Holder { client: ClientId::from_uuid(Uuid::from_u128(1)), name, key: &public };
        let valid = (now().trunc_subsecs(0), now().trunc_subsecs(0) + Duration::days(395));
        (issue(&authority, &key, &holder, &Serial::of([0xff; 16]), valid).unwrap(), pair)
    }

    #[test]
    fn what_is_issued_says_who_it_is_of_and_what_it_is_for() {
        let (der, pair) = issued("Schemaläggaren i Åkerö");
        let (_, certificate) = X509Certificate::from_der(&der).unwrap();
        let of = "CN=00000000-0000-0000-0000-000000000001, O=Schemaläggaren i Åkerö";
        assert_eq!(certificate.subject().to_string(), of);
        assert_eq!(certificate.public_key().raw, pair.subject_public_key_info());
        assert_eq!(certificate.tbs_certificate.raw_serial(), [&[0x7f][..], &[0xff; 15]].concat());
        let usage = certificate.key_usage().unwrap().unwrap().value;
        assert!(usage.digital_signature() && !usage.key_cert_sign() && !certificate.is_ca());
        let purposes = certificate.extended_key_usage().unwrap().unwrap().value;
        assert!(purposes.client_auth && !purposes.server_auth && !purposes.any);
        let begins = now().trunc_subsecs(0);
        assert_eq!(period(&certificate), Some((begins, begins + Duration::days(395))));
        // Its authority says what it is, too, and for ten years.
        let authority = made().authority;
        let (_, own) = X509Certificate::from_der(&authority.der).unwrap();
        assert!(own.is_ca() && own.key_usage().unwrap().unwrap().value.key_cert_sign());
        assert_eq!(period(&own), Some((authority.valid_from, authority.expires_at)));
        assert!(authority.valid_from < now() && own.subject().to_string() == "CN=Skolhus klientcertifikat");
    }

    #[test]
    fn an_authority_of_the_organiser_is_taken_with_its_own_key_only() {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::OrganizationName, "Väggarps folkhögskoleförening");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let (key, other) = (KeyPair::generate_for(&PKCS_ED25519).unwrap(), KeyPair::generate().unwrap());
        let certificate = params.self_signed(&key).unwrap().pem();
        let taken = of_organiser(&certificate, &key.serialize_pem(), now()).unwrap();
        assert_eq!(taken.authority.origin, AuthorityOrigin::Organiser);
        assert!(taken.authority.name.contains("Väggarps folkhögskoleförening"), "{}", taken.authority.name);
        let refused = |certificate: &str, key: &str| {
            let refusal = of_organiser(certificate, key, now()).err().unwrap();
            (refusal.pointer, refusal.rule)
        };
        let at = |pointer: &str, rule| (pointer.to_owned(), rule);
        assert_eq!(refused(&certificate, &other.serialize_pem()), at("/certificate", Rule::Conflict));
        assert_eq!(refused(&certificate, &certificate), at("/key", Rule::Format));
        assert_eq!(refused("", &key.serialize_pem()), at("/certificate", Rule::Format));
        let both = format!("{certificate}{certificate}");
        assert_eq!(refused(&both, &key.serialize_pem()), at("/certificate", Rule::Format));
        params.is_ca = IsCa::NoCa;
        let leaf = params.self_signed(&key).unwrap().pem();
        assert_eq!(refused(&leaf, &key.serialize_pem()), at("/certificate", Rule::Conflict));
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        set_period(&mut params, now() - Duration::days(9), now() - Duration::days(1));
        let old = params.self_signed(&key).unwrap().pem();
        assert_eq!(refused(&old, &key.serialize_pem()), at("/certificate", Rule::OutsidePeriod));
    }

    proptest! {
        #[test]
        fn whatever_a_client_is_called_its_certificate_can_be_read(name in "\\PC{0,80}") {
            let (der, _) = issued(&name);
            prop_assert!(X509Certificate::from_der(&der).is_ok());
        }
    }
}
