//! Where the app takes the person when the order is done.

use crate::refusal::{Refusal, Rule};

/// The longest address, in characters.
pub const LONGEST_RETURN_ADDRESS: usize = 500;

/// An address within one of the places that belong to the installation. The app would bring a person to any address: one
/// that somebody else chose would show them a page that looks like the school's, after a login that was real.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReturnAddress(String);

impl ReturnAddress {
    /// An address that begins with one of these places, such as `https://app.example` or `skolapp://login`.
    ///
    /// # Errors
    /// [`Rule::TooLong`]; [`Rule::Format`] for characters that no address holds as they are; [`Rule::UnknownReference`]
    /// for another place.
    pub fn new(raw: &str, places: &[String]) -> Result<Self, Refusal> {
        if raw.chars().count() > LONGEST_RETURN_ADDRESS {
            let detail = format!("has more than {LONGEST_RETURN_ADDRESS} characters");
            return Err(Refusal::new(Rule::TooLong, detail));
        }
        if !raw.chars().all(|character| character.is_ascii_graphic() && !"\"<>\\^`{|}".contains(character)) {
            return Err(Refusal::new(
                Rule::Format,
                "holds characters that stand percent-encoded in an address",
            ));
        }
        // What comes after the place must not make another one of it: app.example.evil.example, app.example@evil.example.
        let within = |place: &String| {
            let place = place.trim_end_matches('/');
            !place.is_empty()
                && raw
                    .strip_prefix(place)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
        };
        if places.iter().any(within) {
            Ok(Self(raw.to_owned()))
        } else {
            Err(Refusal::new(
                Rule::UnknownReference,
                "is not among the places to which this installation lets logins return",
            ))
        }
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The host in it, if it has one.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        host_of(&self.0)
    }
}

/// The host of an address, without its port.
fn host_of(address: &str) -> Option<&str> {
    let (_, rest) = address.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.split(':').next()?;
    (!host.is_empty()).then_some(host)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn places() -> Vec<String> {
        ["https://app.example", "http://localhost:3000/", "skolapp://login", ""].map(str::to_owned).to_vec()
    }

    #[test]
    fn only_ones_own_places_are_returned_to() {
        for own in [
            "https://app.example",
            "https://app.example/",
            "https://app.example/in?n=8#a",
            "https://app.example?n=%C3%A5",
            "http://localhost:3000/klar",
            "skolapp://login?n=1",
        ] {
            assert_eq!(ReturnAddress::new(own, &places()).map(|address| address.0), Ok(own.to_owned()));
        }
        for foreign in [
            "https://app.example.elak.example/",
            "https://app.example@elak.example/",
            "https://app.example:8443/",
            "http://app.example/",
            "https://elak.example/https://app.example/",
            "//app.example",
            "/in",
            "",
            "javascript:alert(1)",
        ] {
            assert_eq!(
                ReturnAddress::new(foreign, &places()).unwrap_err().rule,
                Rule::UnknownReference,
                "{foreign}"
            );
        }
        for unwritten in
            ["https://app.example/å", "https://app.example/ a", "https://app.example\\@elak.example"]
        {
            assert_eq!(
                ReturnAddress::new(unwritten, &places()).unwrap_err().rule,
                Rule::Format,
                "{unwritten}"
            );
        }
        let long = format!("https://app.example/{}", "a".repeat(500));
        assert_eq!(ReturnAddress::new(&long, &places()).unwrap_err().rule, Rule::TooLong);
        assert!(ReturnAddress::new("https://app.example/", &[]).is_err());
    }

    #[test]
    fn the_host_is_told_to_bankid() {
        let host = |raw: &str| ReturnAddress::new(raw, &places()).unwrap().host().map(str::to_owned);
        assert_eq!(host("https://app.example/in?a=b").as_deref(), Some("app.example"));
        assert_eq!(host("http://localhost:3000/").as_deref(), Some("localhost"));
    }

    proptest! {
        #[test]
        fn nothing_put_behind_a_place_leads_elsewhere(rest in "[!-~]{0,60}") {
            let raw = format!("https://app.example{rest}");
            if let Ok(address) = ReturnAddress::new(&raw, &places()) {
                prop_assert_eq!(address.host(), Some("app.example"));
            }
        }

        #[test]
        fn whatever_is_written_is_taken_or_refused(raw in "\\PC{0,80}") {
            let _ = ReturnAddress::new(&raw, &places());
        }
    }
}
