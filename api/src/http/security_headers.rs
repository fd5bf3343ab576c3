//! What every answer tells browsers and caches, so that a page of somebody else's, or the disk of a shared computer, gets
//! nothing out of it.

use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};

/// An answer is data: nothing in it runs, loads or is framed.
const DATA: &str = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
/// The documentation is a page of ours: its scripts come from this server, and it asks no other.
const PAGE: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
     font-src 'self'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
/// For two years browsers ask by TLS only.
const TLS_ONLY: &str = "max-age=63072000";

/// Completes the headers of an answer to a request for `path`. What an operation has said itself stands.
///
/// Answers under `/v1` are kept by no cache: most of them are about persons, and computers at schools are shared. A client
/// that wants to keep something asks anew with `If-None-Match`. `tls` says whether this server is reached by TLS alone.
pub fn complete(headers: &mut HeaderMap, path: &str, tls: bool) {
    let mut unless_said = |name: HeaderName, value: &'static str| {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    };
    unless_said(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    unless_said(header::REFERRER_POLICY, "no-referrer");
    unless_said(header::CROSS_ORIGIN_RESOURCE_POLICY, "same-origin");
    unless_said(header::CONTENT_SECURITY_POLICY, if path.starts_with("/docs/") { PAGE } else { DATA });
    if path.starts_with("/v1/") {
        unless_said(header::CACHE_CONTROL, "no-store");
    }
    if tls {
        unless_said(header::STRICT_TRANSPORT_SECURITY, TLS_ONLY);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(path: &str, tls: bool) -> HeaderMap {
        let mut headers = HeaderMap::new();
        complete(&mut headers, path, tls);
        headers
    }

    fn value<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
        headers.get(name).unwrap().to_str().unwrap()
    }

    #[test]
    fn what_is_about_persons_is_kept_by_no_cache() {
        assert_eq!(value(&said("/v1/persons", false), "cache-control"), "no-store");
        assert!(!said("/openapi.json", false).contains_key("cache-control"));
        let mut own = HeaderMap::new();
        own.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=300"));
        complete(&mut own, "/v1/calendars/x", false);
        assert_eq!(value(&own, "cache-control"), "private, max-age=300");
    }

    #[test]
    fn only_the_documentation_may_run_anything_and_only_ours() {
        assert!(
            value(&said("/docs/index.html", false), "content-security-policy").contains("script-src 'self';")
        );
        for path in ["/v1/persons", "/problems/stale", "/docs"] {
            assert_eq!(value(&said(path, false), "content-security-policy"), DATA);
        }
    }

    #[test]
    fn tls_is_demanded_where_there_is_tls() {
        assert!(said("/v1/me", true).contains_key("strict-transport-security"));
        assert!(!said("/v1/me", false).contains_key("strict-transport-security"));
    }
}
