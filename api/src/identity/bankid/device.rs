//! The device that a login is begun on, as BankID wants to know it.

use std::net::IpAddr;

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header};

use super::super::logins::address_of;
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
        let header =
            |name| request.headers().get(name).and_then(|value: &header::HeaderValue| value.to_str().ok());
        let user_agent = header(header::USER_AGENT).filter(|agent| !agent.trim().is_empty());
        let host =
            header(header::HOST).and_then(|host| host.split(':').next()).filter(|host| !host.is_empty());
        std::future::ready(Ok(Self {
            address: address_of(request),
            user_agent: user_agent.map(|agent| agent.chars().take(LONGEST_USER_AGENT).collect()),
            host: host.map(str::to_owned),
        }))
    }
}
