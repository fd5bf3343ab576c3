//! Messages through somebody's HTTP interface, as the settings describe it.

use std::{net::IpAddr, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use futures_util::{FutureExt, future::BoxFuture};
use reqwest::{
    Client, Method, Url,
    header::{self, HeaderMap, HeaderValue},
    redirect,
};

use super::{Gateway, Template, TextMessage, Undelivered};

/// How we show who we are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Authentication {
    /// The secret is a token.
    Bearer,
    /// The secret is a user's name, a colon and a password.
    Basic,
}

impl Authentication {
    /// The way of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "bearer" => Some(Self::Bearer),
            "basic" => Some(Self::Basic),
            _ => None,
        }
    }
}

/// Where messages go, and how.
pub struct HttpSettings {
    /// The address.
    pub address: String,
    /// The method: `POST` or `PUT`. A message in an address would stand in everybody's logs.
    pub method: String,
    /// How we show who we are; none where the address is enough.
    pub authentication: Option<(Authentication, String)>,
    /// What is sent.
    pub template: Template,
    /// How long an attempt may last.
    pub patience: Duration,
}

/// Why a gateway cannot be used as it is set.
#[derive(Debug, thiserror::Error)]
pub enum HttpGatewayError {
    /// It is no address, or an open one.
    #[error(
        "sms_address: must begin with https://, or with http:// on this machine, and hold no user name or password"
    )]
    Address,
    /// It is another method.
    #[error("sms_method: must be POST or PUT")]
    Method,
    /// No header can hold it.
    #[error("sms_secret_file: holds more than one line, or what no header can hold")]
    Secret,
    /// The client for it cannot be made.
    #[error("the client for text messages cannot be made: {0}")]
    Client(reqwest::Error),
}

/// Sends messages to an address.
pub struct HttpGateway {
    client: Client,
    method: Method,
    address: Url,
    template: Template,
}

/// The address, if messages may be sent to it: in clear text they go no further than this machine.
fn checked(address: &str) -> Option<Url> {
    let url = Url::parse(address).ok().filter(|url| url.username().is_empty() && url.password().is_none())?;
    let host = url.host_str()?.trim_matches(['[', ']']);
    let here = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    (url.scheme() == "https" || (url.scheme() == "http" && here)).then_some(url)
}

impl HttpGateway {
    /// With these settings.
    ///
    /// # Errors
    /// See [`HttpGatewayError`].
    pub fn new(settings: HttpSettings) -> Result<Self, HttpGatewayError> {
        let HttpSettings { address, method, authentication, template, patience } = settings;
        let address = checked(&address).ok_or(HttpGatewayError::Address)?;
        let method = match method.as_str() {
            "POST" => Method::POST,
            "PUT" => Method::PUT,
            _ => return Err(HttpGatewayError::Method),
        };
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(template.format().media_type()));
        if let Some((way, secret)) = authentication {
            let secret = secret.trim();
            let value = match way {
                Authentication::Bearer => format!("Bearer {secret}"),
                Authentication::Basic => format!("Basic {}", STANDARD.encode(secret)),
            };
            let several = secret.is_empty() || secret.contains(char::is_control);
            let mut value = HeaderValue::from_str(&value).map_err(|_| HttpGatewayError::Secret)?;
            value.set_sensitive(true);
            if several {
                return Err(HttpGatewayError::Secret);
            }
            headers.insert(header::AUTHORIZATION, value);
        }
        // Nobody is followed elsewhere with somebody's number.
        let client = Client::builder()
            .user_agent(concat!("skolhus/", env!("CARGO_PKG_VERSION")))
            .default_headers(headers)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .connect_timeout(patience)
            .timeout(patience)
            .pool_max_idle_per_host(4)
            .build()
            .map_err(HttpGatewayError::Client)?;
        Ok(Self { client, method, address, template })
    }
}

impl Gateway for HttpGateway {
    fn send<'a>(&'a self, message: &'a TextMessage) -> BoxFuture<'a, Result<(), Undelivered>> {
        async move {
            let request = self.client.request(self.method.clone(), self.address.clone());
            // The answer is not read: its status says all, and the rest may repeat the message.
            let cause = match request.body(self.template.body(message)).send().await {
                Ok(answer) if answer.status().is_success() => return Ok(()),
                Ok(answer) => format!("the gateway answered {}", answer.status().as_u16()),
                Err(error) if error.is_timeout() => "the gateway did not answer in time".to_owned(),
                Err(error) if error.is_connect() => "the gateway cannot be reached".to_owned(),
                Err(_) => "the connection to the gateway failed".to_owned(),
            };
            Err(Undelivered(cause))
        }
        .boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clear_text_goes_no_further_than_this_machine() {
        for address in [
            "https://gateway.example/sms",
            "http://127.0.0.1:8081/sms",
            "http://[::1]/",
            "http://localhost/a",
        ] {
            assert!(checked(address).is_some(), "{address}");
        }
        for address in [
            "http://gateway.example/sms",
            "http://localhost.example/",
            "http://10.0.0.8/",
            "https://user:secret@gateway.example/",
            "ftp://gateway.example/",
            "gateway.example",
            "",
        ] {
            assert!(checked(address).is_none(), "{address}");
        }
    }
}
