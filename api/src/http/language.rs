//! The language that an answer's words come in.

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header};

pub use skolhus_domain::terminology::Language;

use super::problem::Problem;

/// The language that a request asks for: Swedish, unless it would rather have English.
#[must_use]
pub fn asked(headers: &header::HeaderMap) -> Language {
    let header = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    Language::of_header(header.unwrap_or_default())
}

/// The language asked for, as an extractor that never refuses.
#[derive(Clone, Copy, Debug)]
pub struct Asked(pub Language);

impl FromRequest for Asked {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        std::future::ready(Ok(Self(asked(request.headers()))))
    }
}
