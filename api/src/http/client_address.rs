//! From where a call comes: one answer for whatever counts, limits or refuses by it.

use std::net::{IpAddr, SocketAddr};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header::HeaderMap, web};
use skolhus_domain::identity::Network;

use super::{problem::Problem, state::State};

/// The address that a call comes from: the last one that no trusted proxy vouches for. None where it is not known, as
/// where what a trusted proxy says cannot be read: then it is no address at all, and never the proxy's own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ClientAddress(pub Option<IpAddr>);

impl FromRequest for ClientAddress {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        std::future::ready(Ok(Self::of(request)))
    }
}

impl ClientAddress {
    /// Of a request.
    #[must_use]
    pub fn of(request: &HttpRequest) -> Self {
        Self(forwarded(peer(request), request.headers(), trusted(request)))
    }
}

/// Whether a call comes straight from a trusted proxy: one that says nothing about whom it calls for, too.
pub(crate) fn is_trusted_proxy(request: &HttpRequest) -> bool {
    peer(request).is_some_and(|peer| trusted(request).iter().any(|network| network.contains(peer)))
}

/// Who is at the other end of the connection.
fn peer(request: &HttpRequest) -> Option<IpAddr> {
    request.peer_addr().map(|address| address.ip().to_canonical())
}

fn trusted(request: &HttpRequest) -> &[Network] {
    let state = request.app_data::<web::Data<State>>();
    state.map_or(&[][..], |state| state.logins.settings.trusted_proxies.as_slice())
}

/// Two headers say the same, and a proxy writes one of them and passes the other on as it came, from anybody. So where
/// both are there they must agree.
fn forwarded(peer: Option<IpAddr>, headers: &HeaderMap, trusted: &[Network]) -> Option<IpAddr> {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    let proxy = match peer {
        Some(peer) if is_trusted(peer) => peer,
        other => return other,
    };
    let lines = |name: &str| {
        headers.get_all(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let walk = |hops: &[Hop]| {
        let mut address = proxy;
        for hop in hops.iter().rev() {
            if !is_trusted(address) {
                break;
            }
            address = (*hop)?;
        }
        Some(address)
    };
    let simple: Vec<Hop> = lines("x-forwarded-for").flat_map(|line| hops(&line)).collect();
    let standard: Vec<Hop> = lines("forwarded").flat_map(|line| standard_hops(&line)).collect();
    match (simple.as_slice(), standard.as_slice()) {
        ([], hops) | (hops, []) => walk(hops),
        (one, other) => walk(one).filter(|address| walk(other) == Some(*address)),
    }
}

/// One address that a proxy was called from; none where it says something else (`unknown`, a name, nonsense).
type Hop = Option<IpAddr>;

/// Of a line of `X-Forwarded-For`.
fn hops(line: &str) -> Vec<Hop> {
    line.split(',').map(|hop| address(hop.trim())).collect()
}

/// Of a line of `Forwarded` (RFC 7239). A line that is not written as it should be is one hop that nobody knows.
fn standard_hops(line: &str) -> Vec<Hop> {
    elements(line).unwrap_or_else(|| vec![None])
}

fn elements(line: &str) -> Option<Vec<Hop>> {
    let mut hops = Vec::new();
    let mut rest = line;
    loop {
        // One element: pairs with semicolons between them. What calls itself the sender twice is not believed.
        let mut sender: Option<Hop> = None;
        loop {
            let (name, tail) = rest.split_once('=')?;
            let (value, tail) = value(tail)?;
            let name = name.trim_matches([' ', '\t']);
            if !name.chars().all(is_token) || name.is_empty() {
                return None;
            }
            if name.eq_ignore_ascii_case("for") {
                if sender.is_some() {
                    return None;
                }
                sender = Some(address(&value));
            }
            rest = tail.trim_start_matches([' ', '\t']);
            match rest.strip_prefix(';') {
                Some(tail) => rest = tail,
                None => break,
            }
        }
        hops.push(sender.flatten());
        match rest.strip_prefix(',') {
            Some(tail) => rest = tail,
            None => return rest.is_empty().then_some(hops),
        }
    }
}

/// A value, quoted or not, and what comes after it.
fn value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(|character| !is_token(character)).unwrap_or(text.len());
        let (value, tail) = text.split_at_checked(end)?;
        return (!value.is_empty()).then(|| (value.to_owned(), tail));
    };
    let mut value = String::new();
    let mut characters = quoted.chars();
    loop {
        match characters.next()? {
            '"' => return Some((value, characters.as_str())),
            '\\' => value.push(characters.next()?),
            other => value.push(other),
        }
    }
}

/// What may stand in a token (RFC 9110).
fn is_token(character: char) -> bool {
    character.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(character)
}

/// An address, with or without a port.
fn address(text: &str) -> Hop {
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse::<IpAddr>().ok();
    let found = text.parse::<IpAddr>().ok().or_else(bracketed);
    let found = found.or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()));
    found.map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};
    use proptest::prelude::*;

    use super::*;

    const X: &str = "x-forwarded-for";
    const F: &str = "forwarded";

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn from(peer: &str, said: &[(&str, &[u8])]) -> Option<String> {
        let trusted = ["10.0.0.0/8", "2001:db8:ffff::/48"].map(|text| Network::parse(text).unwrap());
        let mut headers = HeaderMap::new();
        for (name, value) in said {
            let name: HeaderName = name.parse().unwrap();
            headers.append(name, HeaderValue::from_bytes(value).unwrap());
        }
        forwarded(Some(ip(peer).to_canonical()), &headers, &trusted).map(|address| address.to_string())
    }

    fn told(peer: &str, said: &[(&str, &str)]) -> Option<String> {
        let said: Vec<(&str, &[u8])> = said.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
        from(peer, &said)
    }

    fn is(address: &str) -> Option<String> {
        Some(address.to_owned())
    }

    #[test]
    fn what_anybody_says_is_ignored() {
        for name in [X, F] {
            for said in ["203.0.113.9", "for=203.0.113.9", "10.0.0.1", "for=10.0.0.1"] {
                assert_eq!(told("192.0.2.7", &[(name, said)]), is("192.0.2.7"));
            }
        }
        assert_eq!(forwarded(None, &HeaderMap::new(), &[]), None);
    }

    #[test]
    fn a_chain_is_followed_as_far_as_it_is_trusted() {
        let x = |said: &str| told("10.0.0.1", &[(X, said)]);
        assert_eq!(x("198.51.100.1, 203.0.113.9"), is("203.0.113.9"));
        assert_eq!(x("203.0.113.9, 10.4.0.1"), is("203.0.113.9"));
        assert_eq!(x("203.0.113.9 ,2001:db8:ffff::7, 10.4.0.1:8080"), is("203.0.113.9"));
        assert_eq!(x("[2001:db8::9]:4711"), is("2001:db8::9"));
        assert_eq!(x("::ffff:203.0.113.9"), is("203.0.113.9"));
        assert_eq!(told("::ffff:10.0.0.1", &[(X, "203.0.113.9")]), is("203.0.113.9"));
        // Two lines are one list.
        assert_eq!(told("10.0.0.1", &[(X, "198.51.100.1"), (X, "203.0.113.9, 10.4.0.1")]), is("203.0.113.9"));
        // A proxy's own call.
        assert_eq!(told("10.0.0.1", &[]), is("10.0.0.1"));
        assert_eq!(x("10.4.0.1"), is("10.4.0.1"));
    }

    #[test]
    fn forwarded_is_read_as_its_standard_has_it() {
        let f = |said: &str| told("10.0.0.1", &[(F, said)]);
        assert_eq!(f("for=203.0.113.9"), is("203.0.113.9"));
        assert_eq!(f("For=\"[2001:db8:cafe::17]:4711\";proto=https;by=10.0.0.1"), is("2001:db8:cafe::17"));
        assert_eq!(f("for=198.51.100.1, for=203.0.113.9;proto=http , for=\"10.4.0.1\""), is("203.0.113.9"));
        assert_eq!(f("proto=http;FOR=\"203.0.113.9:80\""), is("203.0.113.9"));
        for wrong in [
            "for=unknown",
            "for=_hidden",
            "proto=https",
            "for",
            "for=",
            "",
            "203.0.113.9",
            "for=203.0.113.9;",
            "for=203.0.113.9;for=203.0.113.9",
            "for=\"203.0.113.9",
            "for=\"203.0.113.9\"x",
            "for=[2001:db8::9]",
            "=203.0.113.9",
            "for=203.0.113.9 for=203.0.113.9",
            "for=203.0.113.9,",
        ] {
            assert_eq!(f(wrong), None, "{wrong}");
        }
        // An element that swallows what the proxy adds behind it takes nobody's place.
        assert_eq!(f("for=10.2.2.2, for=\", for=203.0.113.9"), None);
        assert_eq!(f("for=192.0.2.1;x=\", for=\"203.0.113.9\""), None);
    }

    #[test]
    fn what_cannot_be_read_is_nobodys_address_and_not_the_proxys() {
        assert_eq!(told("10.0.0.1", &[(X, "nonsens")]), None);
        assert_eq!(told("10.0.0.1", &[(X, "")]), None);
        assert_eq!(told("10.0.0.1", &[(X, "nonsens, 203.0.113.9")]), is("203.0.113.9"));
        // Bytes that are no text, which the client sent and the proxy added to.
        assert_eq!(from("10.0.0.1", &[(X, b"\xff\xfe, 203.0.113.9")]), is("203.0.113.9"));
        assert_eq!(from("10.0.0.1", &[(X, b"203.0.113.9, \xff")]), None);
    }

    #[test]
    fn two_headers_must_agree() {
        let both = |x: &str, f: &str| told("10.0.0.1", &[(X, x), (F, f)]);
        assert_eq!(both("203.0.113.9", "for=203.0.113.9"), is("203.0.113.9"));
        assert_eq!(both("203.0.113.9", "for=192.0.2.1"), None);
        assert_eq!(both("192.0.2.1", "for=unknown"), None);
    }

    proptest! {
        #[test]
        fn nobody_takes_the_place_of_the_address_that_the_proxy_adds(spoof in "[ -~]{0,40}", simple: bool) {
            let real = "203.0.113.9";
            let (name, said) = if simple {
                (X, format!("{spoof}, {real}"))
            } else {
                (F, format!("{spoof}, for={real}"))
            };
            let found = told("10.0.0.1", &[(name, &said)]);
            prop_assert!(found.is_none() || found.as_deref() == Some(real), "{said}: {found:?}");
        }
    }
}
