//! From the app to the web (överlämning): a code, made in an app session and good for one minute and once, that opens the web at the
//! same place and for no more than the app could do.

use chrono::{DateTime, Duration, Utc};

use crate::{
    access::Level,
    id::PersonId,
    refusal::{Refusal, Rule},
};

/// For how many seconds a code is good.
pub const HANDOVER_SECONDS: i64 = 60;
/// The longest path, in characters.
pub const LONGEST_HANDOVER_PATH: usize = 500;

/// Where the web is to open.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HandoverTarget {
    /// About whom, as the app has it. It opens nothing: what the web may show is asked anew there.
    pub person: Option<PersonId>,
    /// The page.
    pub path: RelativePath,
    /// The level of login that the page needs, as the app knows it.
    pub level: Level,
}

impl HandoverTarget {
    /// The level that a new login must have before the page can be used; none where the session will do.
    #[must_use]
    pub fn login_needed(&self, session: Level) -> Option<Level> {
        (session < self.level).then_some(self.level)
    }
}

/// A page of the web that the code is taken to, whichever web that is: a path from its root, with a query and a fragment. It leads
/// to no other place however it is read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RelativePath(String);

impl RelativePath {
    /// Checks a path.
    ///
    /// # Errors
    /// [`Rule::TooLong`]; [`Rule::Format`] for what does not begin with one slash, and for backslashes, spaces, empty parts and
    /// parts of dots, which browsers read as ways to somewhere else.
    pub fn new(raw: &str) -> Result<Self, Refusal> {
        if raw.chars().count() > LONGEST_HANDOVER_PATH {
            let detail = format!("at most {LONGEST_HANDOVER_PATH} characters are allowed");
            return Err(Refusal::new(Rule::TooLong, detail));
        }
        let path = raw.split(['?', '#']).next().unwrap_or_default();
        let parts: Vec<&str> = path.split('/').collect();
        let well_written = raw.bytes().all(|byte| matches!(byte, b'!'..=b'~') && byte != b'\\');
        let leads_elsewhere = match parts.as_slice() {
            ["", inner @ .., _last] => inner.iter().any(|part| part.is_empty()),
            _ => true,
        };
        let dots = |part: &&str| matches!(part.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..");
        if well_written && !leads_elsewhere && !parts.iter().any(dots) {
            return Ok(Self(raw.to_owned()));
        }
        let detail = "must be a path from the root of the web, as in /barn/narvaro?vecka=36, with other letters escaped";
        Err(Refusal::new(Rule::Format, detail))
    }

    /// The path.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The instant from which a code that is made now is worth nothing.
#[must_use]
pub fn handover_expires(now: DateTime<Utc>) -> DateTime<Utc> {
    now + Duration::seconds(HANDOVER_SECONDS)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_path_stays_where_it_is() {
        for path in [
            "/",
            "/barn",
            "/barn/",
            "/barn/narvaro?vecka=36&till=//x#dag",
            "/b%C3%A5t/.well-known",
            "/a/...",
            "/?/../x",
        ] {
            assert_eq!(RelativePath::new(path).map(|read| read.as_str().to_owned()), Ok(path.to_owned()));
        }
        for path in [
            "",
            "barn",
            "//elsewhere.example",
            "///x",
            "/\\elsewhere.example",
            "\\x",
            "/a//b",
            "/..",
            "/a/../b",
            "/./a",
            "/%2e%2E/a",
            "/.%2e",
            "/a b",
            "/\t/x",
            "/å",
            "https://elsewhere.example/",
            "javascript:alert(1)",
            "?x",
            "#x",
        ] {
            assert_eq!(RelativePath::new(path).unwrap_err().rule, Rule::Format, "{path}");
        }
        let long = format!("/{}", "a".repeat(LONGEST_HANDOVER_PATH));
        assert_eq!(RelativePath::new(&long).unwrap_err().rule, Rule::TooLong);
    }

    proptest! {
        #[test]
        fn a_new_login_is_needed_for_what_the_session_is_too_weak_for(
            session in prop::sample::select(Level::ALL.to_vec()), level in prop::sample::select(Level::ALL.to_vec()),
        ) {
            let target = HandoverTarget { person: None, path: RelativePath::new("/").unwrap(), level };
            let needed = target.login_needed(session);
            prop_assert_eq!(needed.is_some(), level > session);
            prop_assert!(needed.is_none_or(|needed| needed == level));
        }

        #[test]
        fn whatever_is_taken_begins_with_one_slash_and_holds_no_way_out(raw in "[/.\\\\a%2eE?#:@ ]{0,12}") {
            if let Ok(path) = RelativePath::new(&raw) {
                let path = path.as_str();
                prop_assert!(path.starts_with('/') && !path.starts_with("//") && !path.contains('\\'));
                let before = path.split(['?', '#']).next().unwrap();
                let closed = format!("{before}/");
                prop_assert!(!before.contains("//") && !closed.contains("/../"));
            }
        }
    }
}
