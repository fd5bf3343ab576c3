//! Certificates for tests: an authority that an organiser could have, what it issues, and a server's own.

use std::path::Path;

use chrono::{DateTime, Utc};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose,
};
use skolhus_api::http::tls::{Files, Tls};

/// A certificate with its key.
#[derive(Clone)]
pub struct Papers {
    /// The certificate, in PEM.
    pub certificate: String,
    /// The same, in DER.
    pub der: Vec<u8>,
    /// Its key, in PEM.
    pub key: String,
}

impl Papers {
    /// As a client shows it on its connections.
    ///
    /// # Panics
    /// When it cannot be read.
    #[must_use]
    #[allow(clippy::expect_used, reason = "a test without its certificate has failed")]
    pub fn identity(&self) -> reqwest::Identity {
        let both = format!("{}{}", self.certificate, self.key);
        reqwest::Identity::from_pem(both.as_bytes()).expect("an identity")
    }

    /// As nginx writes it into a header.
    #[must_use]
    pub fn escaped(&self) -> String {
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
        let bytes = self.certificate.bytes();
        bytes
            .map(|byte| if plain(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
            .collect()
    }
}

/// A key whose owner asks for a certificate.
pub struct Asking {
    key: KeyPair,
}

impl Default for Asking {
    fn default() -> Self {
        Self::new()
    }
}

impl Asking {
    /// With a fresh key.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    #[allow(clippy::expect_used, reason = "a test without its key has failed")]
    pub fn new() -> Self {
        Self { key: KeyPair::generate().expect("a key") }
    }

    /// The request for a certificate, in PEM.
    ///
    /// # Panics
    /// When it cannot be made.
    #[must_use]
    #[allow(clippy::expect_used, reason = "a test without its request has failed")]
    pub fn request(&self) -> String {
        let request = CertificateParams::default().serialize_request(&self.key);
        request.and_then(|request| request.pem()).expect("a request")
    }

    /// The certificate that came of it, with its key.
    ///
    /// # Panics
    /// When it is none.
    #[must_use]
    #[allow(clippy::expect_used, reason = "a test without its certificate has failed")]
    pub fn papers(&self, certificate: &str) -> Papers {
        let der = rustls::pki_types::pem::PemObject::from_pem_slice(certificate.as_bytes());
        let der: rustls::pki_types::CertificateDer<'static> = der.expect("a certificate");
        Papers { certificate: certificate.to_owned(), der: der.to_vec(), key: self.key.serialize_pem() }
    }
}

/// What an authority is asked to issue.
#[derive(Clone, Copy)]
pub struct Issue {
    /// From when on it is valid.
    pub from: DateTime<Utc>,
    /// Until when.
    pub to: DateTime<Utc>,
    /// Whether it is for clients; else for servers.
    pub for_clients: bool,
}

/// An authority.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    key: String,
}

#[allow(clippy::expect_used, reason = "a test without its authority has failed")]
impl Authority {
    /// One of that name, with a key of its own.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::OrganizationName, "Väggarps folkhögskoleförening");
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().expect("a key");
        let text = key.serialize_pem();
        Self { issuer: CertifiedIssuer::self_signed(params, key).expect("an authority"), key: text }
    }

    /// Its certificate, in PEM.
    #[must_use]
    pub fn certificate(&self) -> String {
        self.issuer.pem()
    }

    /// Its key, in PEM.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Issues a certificate.
    ///
    /// # Panics
    /// When it cannot.
    #[must_use]
    pub fn issue(&self, issue: Issue) -> Papers {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "Schemaläggaren i Åkerö");
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        let usage = if issue.for_clients {
            ExtendedKeyUsagePurpose::ClientAuth
        } else {
            ExtendedKeyUsagePurpose::ServerAuth
        };
        params.extended_key_usages = vec![usage];
        params.not_before = std::time::SystemTime::from(issue.from).into();
        params.not_after = std::time::SystemTime::from(issue.to - chrono::Duration::seconds(1)).into();
        let key = KeyPair::generate().expect("a key");
        let made = params.signed_by(&key, &self.issuer).expect("a certificate");
        Papers { certificate: made.pem(), der: made.der().to_vec(), key: key.serialize_pem() }
    }
}

/// A server's certificate for 127.0.0.1, which is its own authority.
///
/// # Panics
/// When there is none.
#[must_use]
#[allow(clippy::expect_used, reason = "a test without its certificate has failed")]
pub fn server_papers() -> Papers {
    let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).expect("a name");
    let key = KeyPair::generate().expect("a key");
    let made = params.self_signed(&key).expect("a certificate");
    Papers { certificate: made.pem(), der: made.der().to_vec(), key: key.serialize_pem() }
}

/// Writes a server's certificate and its key where they are read.
///
/// # Panics
/// When they cannot be written.
#[allow(clippy::expect_used, reason = "a test without its files has failed")]
pub fn write(folder: &Path, papers: &Papers) -> Files {
    let files = Files { certificate: folder.join("server.pem"), key: folder.join("server.key") };
    std::fs::write(&files.certificate, &papers.certificate).expect("the certificate is written");
    std::fs::write(&files.key, &papers.key).expect("the key is written");
    files
}

/// TLS that ends at a test's server.
///
/// # Panics
/// When the certificate is of no use.
#[must_use]
#[allow(clippy::expect_used, reason = "a test without TLS has failed")]
pub fn tls(folder: &Path, papers: &Papers) -> Tls {
    Tls::new(write(folder, papers)).expect("the certificate is accepted")
}
