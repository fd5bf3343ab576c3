//! What an integrator sends for a certificate: a request (PKCS #10) that is signed with the key it is about. Nothing else
//! in it counts; who the certificate is for, and what for, is said here.

use rcgen::SubjectPublicKeyInfo;
use rustls::pki_types::{CertificateSigningRequestDer, pem::PemObject};
use skolhus_domain::{
    identity::CertificateKey,
    refusal::{Refusal, Rule},
};
use x509_parser::{
    certification_request::X509CertificationRequest,
    oid_registry::{
        OID_EC_P256, OID_KEY_TYPE_EC_PUBLIC_KEY, OID_NIST_EC_P384, OID_PKCS1_RSAENCRYPTION, OID_SIG_ED25519,
    },
    prelude::FromDer,
    public_key::PublicKey,
    x509::SubjectPublicKeyInfo as ParsedKey,
};

/// A key whose owner has asked for a certificate.
pub(super) struct Requested {
    /// Its kind.
    pub(super) key: CertificateKey,
    /// The public half.
    pub(super) public: SubjectPublicKeyInfo,
}

/// Reads a request.
///
/// # Errors
/// [`Rule::Format`] for what is no request in PEM, or is not signed with its key; [`Rule::UnknownCode`] for a kind of key that
/// certificates are not issued for; [`Rule::OutOfRange`] for an RSA key that is too short or too long.
pub(super) fn read(pem: &str) -> Result<Requested, Refusal> {
    let malformed = || {
        Refusal::new(Rule::Format, "must be a certificate signing request (PKCS #10) in PEM, and one only")
    };
    let mut found = CertificateSigningRequestDer::pem_slice_iter(pem.as_bytes());
    let (Some(Ok(der)), None) = (found.next(), found.next()) else { return Err(malformed()) };
    let (rest, request) = X509CertificationRequest::from_der(&der).map_err(|_| malformed())?;
    if !rest.is_empty() {
        return Err(malformed());
    }
    let asked = &request.certification_request_info.subject_pki;
    let key = kind(asked)?;
    let unsigned = |_| Refusal::new(Rule::Format, "must be signed with the key that it is about");
    request.verify_signature().map_err(unsigned)?;
    let public = SubjectPublicKeyInfo::from_der(asked.raw).map_err(|_| malformed())?;
    Ok(Requested { key, public })
}

fn kind(key: &ParsedKey<'_>) -> Result<CertificateKey, Refusal> {
    let algorithm = &key.algorithm.algorithm;
    if *algorithm == OID_PKCS1_RSAENCRYPTION {
        return match key.parsed() {
            Ok(PublicKey::RSA(rsa)) => CertificateKey::rsa(rsa.key_size()),
            _ => Err(Refusal::new(Rule::Format, "the RSA key cannot be read")),
        };
    }
    let curve = key.algorithm.parameters.as_ref().and_then(|curve| curve.as_oid().ok());
    let curve = curve.filter(|_| *algorithm == OID_KEY_TYPE_EC_PUBLIC_KEY);
    if curve.as_ref().is_some_and(|curve| *curve == OID_EC_P256) {
        Ok(CertificateKey::P256)
    } else if curve.as_ref().is_some_and(|curve| *curve == OID_NIST_EC_P384) {
        Ok(CertificateKey::P384)
    } else if *algorithm == OID_SIG_ED25519 {
        Ok(CertificateKey::Ed25519)
    } else {
        let detail = "the key must be RSA of 2048 to 4096 bits, P-256, P-384 or Ed25519";
        Err(Refusal::new(Rule::UnknownCode, detail))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rcgen::{
        BasicConstraints, CertificateParams, CustomExtension, IsCa, KeyPair, PKCS_ECDSA_P256_SHA256,
        PKCS_ECDSA_P384_SHA384, PKCS_ED25519, PublicKeyData,
    };

    use super::*;

    fn pem(key: &KeyPair) -> String {
        CertificateParams::default().serialize_request(key).unwrap().pem().unwrap()
    }

    fn rule(pem: &str) -> Option<Rule> {
        read(pem).err().map(|refusal| refusal.rule)
    }

    #[test]
    fn a_request_shows_that_its_sender_has_the_key() {
        for (algorithm, kind) in [
            (&PKCS_ECDSA_P256_SHA256, CertificateKey::P256),
            (&PKCS_ECDSA_P384_SHA384, CertificateKey::P384),
            (&PKCS_ED25519, CertificateKey::Ed25519),
        ] {
            let key = KeyPair::generate_for(algorithm).unwrap();
            let requested = read(&pem(&key)).unwrap();
            assert_eq!(requested.key, kind);
            assert_eq!(requested.public.subject_public_key_info(), key.subject_public_key_info());
        }
        // What it asks for beyond the key is neither given nor refused.
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["skola.exempel.se".to_owned()]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.custom_extensions = vec![CustomExtension::from_oid_content(&[1, 2, 3, 4], vec![5, 0])];
        assert_eq!(rule(&params.serialize_request(&key).unwrap().pem().unwrap()), None);
    }

    #[test]
    fn a_request_that_somebody_changed_is_refused() {
        let (own, other) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
        let mut der = CertificateParams::default().serialize_request(&own).unwrap().der().to_vec();
        let place = der.windows(65).position(|part| part == own.der_bytes()).unwrap();
        der[place..place + 65].copy_from_slice(other.der_bytes());
        let written = |der: &[u8]| {
            use base64::{Engine, engine::general_purpose::STANDARD};
            let text = STANDARD.encode(der);
            format!("-----BEGIN CERTIFICATE REQUEST-----\n{text}\n-----END CERTIFICATE REQUEST-----\n")
        };
        assert_eq!(rule(&written(&der)), Some(Rule::Format));
        let whole = pem(&own);
        assert_eq!(rule(&whole), None);
        assert_eq!(rule(&format!("{whole}{whole}")), Some(Rule::Format));
        assert_eq!(rule(&CertificateParams::default().self_signed(&own).unwrap().pem()), Some(Rule::Format));
        for wrong in ["", "åäö", &own.serialize_pem(), &whole.replace('M', "N"), &written(b"0\x00")] {
            assert_eq!(rule(wrong), Some(Rule::Format), "{wrong}");
        }
    }

    #[test]
    fn short_and_strange_keys_are_refused() {
        // RSA of 1,024 bits, and P-521, as `openssl req` wrote them.
        assert_eq!(rule(include_str!("test_data/rsa-1024.csr")), Some(Rule::OutOfRange));
        assert_eq!(rule(include_str!("test_data/p-521.csr")), Some(Rule::UnknownCode));
        assert_eq!(rule(include_str!("test_data/rsa-2048.csr")), None);
    }

    proptest! {
        #[test]
        fn nothing_that_is_sent_panics(bytes in proptest::collection::vec(any::<u8>(), 0..80), place in 0..200usize) {
            let mut der = CertificateParams::default().serialize_request(&KeyPair::generate().unwrap()).unwrap().der().to_vec();
            let end = (place + bytes.len()).min(der.len());
            if let Some(part) = der.get_mut(place..end) {
                part.copy_from_slice(&bytes[..end - place]);
            }
            let text = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &der);
            let _ = read(&format!("-----BEGIN CERTIFICATE REQUEST-----\n{text}\n-----END CERTIFICATE REQUEST-----\n"));
        }
    }
}
