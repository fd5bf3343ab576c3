//! The device that a login is begun on, as BankID wants to know it.

use std::net::IpAddr;

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header};

use crate::http::client_address::ClientAddress;
use crate::http::problem::Problem;

/// The longest user agent that BankID takes, in characters.
const LONGEST_USER_AGENT: usize = 256;

/// What a request tells of its device.
pub(super) struct Device {
    /// The whole address: BankID compares it with the one that the app comes from.
    pub(super) address: Option<IpAddr>,
    /// What the browser calls itself.
    pub(super) user_agent: Option<String>,
    /// The host that was asked.
    pub(super) host: Option<String>,
}

impl FromRequest for Device {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let header = |name: header::HeaderName| request.headers().get(name);
        // Browsers write what they like there, and not only ASCII.
        let agent: String = header(header::USER_AGENT).map_or_else(String::new, |value| {
            let text = String::from_utf8_lossy(value.as_bytes());
            text.trim().chars().filter(|letter| !letter.is_control()).take(LONGEST_USER_AGENT).collect()
        });
        let host = header(header::HOST).and_then(|host| host.to_str().ok()?.split(':').next());
        std::future::ready(Ok(Self {
            address: ClientAddress::of(request).0,
            user_agent: Some(agent).filter(|agent| !agent.is_empty()),
            host: host.filter(|host| !host.is_empty()).map(str::to_owned),
        }))
    }
}
