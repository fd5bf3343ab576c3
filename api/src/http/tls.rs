//! TLS that ends here: the server's certificate, which is changed without a restart, and clients' certificates, which are asked
//! for and never demanded.
//!
//! Whoever shows a certificate must show in the handshake that they have its key, and nothing else is looked at there: what it
//! is worth is asked where it is used, with the register at hand, and told as every other refusal. So somebody with a
//! certificate for something else is disturbed by nothing.

use std::{
    fmt,
    path::PathBuf,
    sync::{Arc, PoisonError, RwLock},
};

use rustls::{
    DigitallySignedStruct, DistinguishedName, Error, ServerConfig, SignatureScheme,
    client::danger::HandshakeSignatureValid,
    crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, PrivateKeyDer, UnixTime, pem::PemObject},
    server::{
        ClientHello, ResolvesServerCert,
        danger::{ClientCertVerified, ClientCertVerifier},
    },
    sign::CertifiedKey,
};

/// Why the server's certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("{path}: {source}")]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file holds something else.
    #[error("{0} holds no {1} in PEM")]
    Empty(PathBuf, &'static str),
    /// The key is another certificate's, or of a kind that is not known.
    #[error("the certificate and its key cannot be used: {0}")]
    Unfit(#[from] Error),
}

/// The server's certificate and what clients are told, for every connection from now on.
#[derive(Clone)]
pub struct Tls {
    files: Files,
    own: Arc<Own>,
    clients: Arc<Clients>,
    provider: Arc<CryptoProvider>,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Tls").field(&self.files.certificate).finish()
    }
}

/// Where the certificate and its key are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Files {
    /// The certificate, and those between it and its authority: PEM.
    pub certificate: PathBuf,
    /// Its key: PEM.
    pub key: PathBuf,
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// See [`TlsError`].
    pub fn new(files: Files) -> Result<Self, TlsError> {
        let provider = Arc::new(ring::default_provider());
        let contents = Contents::read(&files)?;
        let certified = Arc::new(contents.certified(&files, &provider)?);
        let own = Arc::new(Own(RwLock::new((contents, certified))));
        let clients = Arc::new(Clients { hints: RwLock::new(&[]), provider: Arc::clone(&provider) });
        Ok(Self { files, own, clients, provider })
    }

    /// Reads the files anew; true when they hold something else than before, which is used from now on. What cannot be used
    /// changes nothing: a certificate may be there a moment before its key.
    ///
    /// # Errors
    /// See [`TlsError`].
    pub fn refresh(&self) -> Result<bool, TlsError> {
        let contents = Contents::read(&self.files)?;
        if self.own.0.read().unwrap_or_else(PoisonError::into_inner).0 == contents {
            return Ok(false);
        }
        let certified = Arc::new(contents.certified(&self.files, &self.provider)?);
        *self.own.0.write().unwrap_or_else(PoisonError::into_inner) = (contents, certified);
        Ok(true)
    }

    /// Tells callers from now on of which authorities a certificate is worth something: by their certificates, in DER. Where
    /// there is none, no certificate is asked for.
    pub fn ask_for(&self, authorities: &[Vec<u8>]) {
        let subjects = authorities.iter().filter_map(|der| {
            let (_, parsed) = x509_parser::parse_x509_certificate(der).ok()?;
            Some(parsed.tbs_certificate.subject.as_raw().to_vec())
        });
        let mut subjects: Vec<Vec<u8>> = subjects.collect();
        subjects.sort_unstable();
        // Those of Skolhus's own share one name: they are told in every handshake, to everybody.
        subjects.dedup();
        let mut hints = self.clients.hints.write().unwrap_or_else(PoisonError::into_inner);
        if !hints.iter().map(AsRef::as_ref).eq(subjects.iter().map(Vec::as_slice)) {
            let subjects: Vec<DistinguishedName> = subjects.into_iter().map(Into::into).collect();
            // Connections borrow the list for as long as the server runs. It changes as often as somebody makes or
            // withdraws an authority, a few hundred bytes each time.
            *hints = Vec::leak(subjects);
        }
    }

    /// How connections are made: TLS 1.2 and 1.3.
    ///
    /// # Errors
    /// [`TlsError::Unfit`], which would be a mistake in the program.
    pub fn config(&self) -> Result<ServerConfig, TlsError> {
        Ok(ServerConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()?
            .with_client_cert_verifier(Arc::clone(&self.clients) as Arc<dyn ClientCertVerifier>)
            .with_cert_resolver(Arc::clone(&self.own) as Arc<dyn ResolvesServerCert>))
    }
}

/// What the files hold.
#[derive(PartialEq, Eq)]
struct Contents {
    certificate: Vec<u8>,
    key: zeroize::Zeroizing<Vec<u8>>,
}

impl Contents {
    fn read(files: &Files) -> Result<Self, TlsError> {
        let read = |path: &PathBuf| {
            std::fs::read(path).map_err(|source| TlsError::Unreadable { path: path.clone(), source })
        };
        Ok(Self { certificate: read(&files.certificate)?, key: read(&files.key)?.into() })
    }

    fn certified(&self, files: &Files, provider: &CryptoProvider) -> Result<CertifiedKey, TlsError> {
        let none = || TlsError::Empty(files.certificate.clone(), "certificate");
        let chain = CertificateDer::pem_slice_iter(&self.certificate).collect::<Result<Vec<_>, _>>();
        let chain = chain.ok().filter(|chain| !chain.is_empty()).ok_or_else(none)?;
        let key = PrivateKeyDer::from_pem_slice(&self.key)
            .map_err(|_| TlsError::Empty(files.key.clone(), "private key"))?;
        Ok(CertifiedKey::from_der(chain, key, provider)?)
    }
}

/// The server's own certificate.
struct Own(RwLock<(Contents, Arc<CertifiedKey>)>);

impl fmt::Debug for Own {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Own")
    }
}

impl ResolvesServerCert for Own {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner).1))
    }
}

/// Clients' certificates.
struct Clients {
    hints: RwLock<&'static [DistinguishedName]>,
    provider: Arc<CryptoProvider>,
}

impl fmt::Debug for Clients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clients")
    }
}

impl ClientCertVerifier for Clients {
    fn offer_client_auth(&self) -> bool {
        !self.root_hint_subjects().is_empty()
    }

    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        *self.hints.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn verify_client_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        // It is judged where it is used; see above.
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair};

    use super::*;

    fn papers() -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["skola.exempel.se".to_owned()]).unwrap();
        (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
    }

    #[test]
    fn a_new_certificate_is_used_when_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let files =
            Files { certificate: folder.path().join("server.pem"), key: folder.path().join("server.key") };
        assert!(matches!(Tls::new(files.clone()), Err(TlsError::Unreadable { .. })));
        let ((old, old_key), (new, new_key)) = (papers(), papers());
        let write = |certificate: &str, key: &str| {
            std::fs::write(&files.certificate, certificate).unwrap();
            std::fs::write(&files.key, key).unwrap();
        };
        write(&old_key, &old_key);
        assert!(matches!(Tls::new(files.clone()), Err(TlsError::Empty(_, "certificate"))));
        write(&old, &new_key);
        assert!(matches!(Tls::new(files.clone()), Err(TlsError::Unfit(_))));
        write(&old, &old_key);
        let tls = Tls::new(files.clone()).unwrap();
        let used = || tls.own.0.read().unwrap().1.cert.first().unwrap().to_vec();
        let first = used();
        assert!(!tls.refresh().unwrap());
        // The certificate is there and its key is not yet.
        write(&new, &old_key);
        assert!(tls.refresh().is_err());
        assert_eq!(used(), first);
        write(&new, &new_key);
        assert!(tls.refresh().unwrap());
        assert_ne!(used(), first);
        assert!(!format!("{tls:?}").contains("BEGIN"));
    }

    #[test]
    fn certificates_are_asked_for_while_there_is_an_authority() {
        let folder = tempfile::tempdir().unwrap();
        let files =
            Files { certificate: folder.path().join("server.pem"), key: folder.path().join("server.key") };
        let (certificate, key) = papers();
        std::fs::write(&files.certificate, certificate).unwrap();
        std::fs::write(&files.key, key).unwrap();
        let tls = Tls::new(files).unwrap();
        assert!(!tls.clients.offer_client_auth());
        let authority = CertificateParams::default().self_signed(&KeyPair::generate().unwrap()).unwrap();
        let another = CertificateParams::default().self_signed(&KeyPair::generate().unwrap()).unwrap();
        tls.ask_for(&[authority.der().to_vec(), b"nonsens".to_vec(), another.der().to_vec()]);
        assert!(tls.clients.offer_client_auth() && !tls.clients.client_auth_mandatory());
        assert_eq!(tls.clients.root_hint_subjects().len(), 1);
        tls.ask_for(&[]);
        assert!(!tls.clients.offer_client_auth());
        tls.config().unwrap();
    }
}
