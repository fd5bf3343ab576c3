//! The certificate that a call comes with: that of the connection, where TLS ends here; that which a trusted proxy forwards,
//! where it ends there. That whoever calls has its key was shown there. Whether it is worth anything is another question.

use std::{any::Any, sync::Arc};

use actix_tls::accept::rustls_0_23::TlsStream;
use actix_web::{
    FromRequest, HttpRequest,
    dev::{Extensions, Payload},
    http::header::{HeaderMap, HeaderName},
    rt::net::TcpStream,
    web,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use rustls::pki_types::{CertificateDer, pem::PemObject};
use sha2::{Digest, Sha256};
use skolhus_domain::identity::Fingerprint;

use super::{client_address::is_trusted_proxy, problem::Problem, state::State};

/// The largest certificate that is looked at, in DER: RSA of 4,096 bits fits many times.
const LARGEST: usize = 16 * 1024;

/// A certificate, and what it is known by.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shown {
    /// What it is known by.
    pub fingerprint: Fingerprint,
    /// The certificate, in DER.
    pub der: Arc<[u8]>,
}

impl Shown {
    fn of(der: &[u8]) -> Self {
        Self { fingerprint: fingerprint(der), der: der.into() }
    }
}

/// What a certificate in DER is known by.
#[must_use]
pub fn fingerprint(der: &[u8]) -> Fingerprint {
    Fingerprint::of_hash(Sha256::digest(der).into())
}

/// The certificate that a call comes with; none where it comes with none, or with one that cannot be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PeerCertificate(pub Option<Shown>);

impl FromRequest for PeerCertificate {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        std::future::ready(Ok(Self::of(request)))
    }
}

impl PeerCertificate {
    /// Of a request. What a trusted proxy shows on its own connection is the proxy's own, and nobody else's header is read.
    #[must_use]
    pub fn of(request: &HttpRequest) -> Self {
        let state = request.app_data::<web::Data<State>>();
        let forwarded_in = state.and_then(|state| state.logins.settings.client_certificate_header.as_ref());
        Self(match forwarded_in {
            Some(header) if is_trusted_proxy(request) => forwarded(request.headers(), header),
            _ => request.conn_data::<Shown>().cloned(),
        })
    }

    /// What it is known by.
    #[must_use]
    pub fn fingerprint(&self) -> Option<Fingerprint> {
        self.0.as_ref().map(|shown| shown.fingerprint)
    }
}

/// Keeps the certificate of a connection for its requests: asked for at each connection that TLS ends here for.
pub(crate) fn keep(connection: &dyn Any, kept: &mut Extensions) {
    let Some(stream) = connection.downcast_ref::<TlsStream<TcpStream>>() else { return };
    let chain = stream.get_ref().1.peer_certificates();
    if let Some(own) = chain.and_then(<[_]>::first).filter(|own| own.len() <= LARGEST) {
        kept.insert(Shown::of(own));
    }
}

/// What a proxy says. A header that is there twice is none: a proxy that adds its own to somebody else's is no proxy to believe.
fn forwarded(headers: &HeaderMap, name: &HeaderName) -> Option<Shown> {
    let mut values = headers.get_all(name);
    let (only, None) = (values.next()?, values.next()) else { return None };
    let der = read(only.to_str().ok()?)?;
    (der.len() <= LARGEST).then(|| Shown::of(&der))
}

/// A certificate as RFC 9440 writes it (`:base64:`), or as PEM with what a header cannot hold written as `%0A`.
fn read(value: &str) -> Option<Vec<u8>> {
    let value = value.trim();
    if let Some(rest) = value.strip_prefix(':') {
        return STANDARD.decode(rest.strip_suffix(':')?).ok();
    }
    let pem = unescaped(value)?;
    let mut certificates = CertificateDer::pem_slice_iter(&pem);
    Some(certificates.next()?.ok()?.to_vec())
}

fn unescaped(value: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes().iter().copied();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let mut digit = || char::from(rest.next()?).to_digit(16);
            bytes.push(u8::try_from(digit()? * 16 + digit()?).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    const DER: &[u8] = b"0\x03\x02\x01\x07";

    fn found(values: &[&str]) -> Option<Vec<u8>> {
        let name = HeaderName::from_static("client-cert");
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(name.clone(), HeaderValue::from_str(value).unwrap());
        }
        forwarded(&headers, &name).map(|shown| shown.der.to_vec())
    }

    #[test]
    fn a_certificate_is_read_in_both_ways_of_writing_it() {
        let base64 = STANDARD.encode(DER);
        let escaped = base64.replace('+', "%2B").replace('=', "%3D").replace('/', "%2F");
        let pem = format!("-----BEGIN%20CERTIFICATE-----%0A{escaped}%0A-----END%20CERTIFICATE-----%0A");
        let lower = pem.replace("%0A", "%0a").replace("%2B", "%2b");
        for written in [&format!(":{base64}:"), &pem, &lower] {
            assert_eq!(found(&[written]), Some(DER.to_vec()), "{written}");
        }
        // What stands behind it is the proxy's chain.
        assert_eq!(found(&[&format!("{pem}{pem}")]), Some(DER.to_vec()));
        for wrong in
            ["", ":", "::x", base64.as_str(), "-----BEGIN%20CERTIFICATE-----", "%", "%4", "%zz", ":%3D:"]
        {
            assert_eq!(found(&[wrong]), None, "{wrong}");
        }
        assert_eq!(found(&[]), None);
        // Somebody's own header beside the proxy's.
        let whole = format!(":{base64}:");
        assert_eq!(found(&[&whole, &whole]), None);
        assert_eq!(found(&[&format!(":{}:", STANDARD.encode(vec![7; LARGEST + 1]))]), None);
    }

    proptest! {
        #[test]
        fn nothing_that_is_said_panics(value in "[ -~]{0,60}") {
            let _ = found(&[&value]);
            let _ = read(&format!("-----BEGIN CERTIFICATE-----%0A{value}%0A-----END CERTIFICATE-----"));
        }
    }
}
