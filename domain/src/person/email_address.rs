//! E-mail addresses.

use super::redacted;
use crate::refusal::{Refusal, Rule};
use crate::text::Text;

/// The longest address that SMTP carries, in octets (RFC 5321, 4.5.3.1).
const LONGEST_ADDRESS: usize = 254;
/// The longest part before the `@`, in octets (RFC 5321, 4.5.3.1).
const LONGEST_LOCAL_PART: usize = 64;
/// The longest label of a domain name, in octets (RFC 1035, 2.3.4).
const LONGEST_LABEL: usize = 63;

/// An e-mail address that a letter can be sent to: `name@domain.tld`, without quotes, comments
/// or address literals. Letters outside ASCII are allowed (RFC 6531). `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EmailAddress(Text);

redacted!(EmailAddress);

impl EmailAddress {
    /// Checks an address.
    ///
    /// # Errors
    /// As [`Text::line`] with at most 254 characters; [`Rule::TooLong`] for 254 octets in all
    /// and 64 before the `@`; [`Rule::Format`].
    pub fn new(raw: &str) -> Result<Self, Refusal> {
        let text = Text::line(raw, LONGEST_ADDRESS)?;
        let (local, domain) = text.as_str().split_once('@').ok_or_else(|| format("has no @"))?;
        if text.as_str().len() > LONGEST_ADDRESS || local.len() > LONGEST_LOCAL_PART {
            return Err(Refusal::new(
                Rule::TooLong,
                format!(
                    "at most {LONGEST_ADDRESS} octets, and {LONGEST_LOCAL_PART} before the @, are allowed"
                ),
            ));
        }
        check_local_part(local)?;
        check_domain(domain)?;
        Ok(Self(text))
    }

    /// The address as entered.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The address in lower case: two addresses with the same key are the same mailbox.
    #[must_use]
    pub fn key(&self) -> String {
        self.0.as_str().to_lowercase()
    }
}

fn check_local_part(local: &str) -> Result<(), Refusal> {
    let allowed = |character: char| {
        character.is_ascii_alphanumeric()
            || "!#$%&'*+-/=?^_`{|}~.".contains(character)
            || (!character.is_ascii() && character.is_alphanumeric())
    };
    if local.split('.').any(str::is_empty) {
        return Err(format("the part before the @ is empty or has a dot too many"));
    }
    if local.chars().all(allowed) { Ok(()) } else { Err(format("holds a character no address has")) }
}

fn check_domain(domain: &str) -> Result<(), Refusal> {
    let label_fits = |label: &str| {
        (1..=LONGEST_LABEL).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|character| character == '-' || character.is_alphanumeric())
    };
    let (_, top) = domain.rsplit_once('.').ok_or_else(|| format("the domain has no dot"))?;
    if !domain.split('.').all(label_fits) {
        return Err(format("the part after the @ is not a domain name"));
    }
    if top.chars().all(|character| character.is_ascii_digit()) {
        return Err(format("the domain ends in a number"));
    }
    Ok(())
}

fn format(detail: &str) -> Refusal {
    Refusal::new(Rule::Format, format!("not an e-mail address such as namn@exempel.se: {detail}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_that_people_have_are_accepted() {
        for raw in [
            "asa.oberg@exempel.se",
            " Asa@Exempel.SE ",
            "o'hara+skola@mail.exempel.se",
            "åsa@öberg.example",
            "a@b.co",
        ] {
            assert!(EmailAddress::new(raw).is_ok(), "{raw}");
        }
        assert_eq!(EmailAddress::new(" Åsa@Exempel.SE ").unwrap().key(), "åsa@exempel.se");
    }

    #[test]
    fn what_no_letter_reaches_is_refused() {
        for (raw, rule) in [
            ("", Rule::Required),
            ("asa", Rule::Format),
            ("asa@", Rule::Format),
            ("@exempel.se", Rule::Format),
            ("a..b@exempel.se", Rule::Format),
            (".a@exempel.se", Rule::Format),
            ("a b@exempel.se", Rule::Format),
            ("a@b@exempel.se", Rule::Format),
            ("a@exempel", Rule::Format),
            ("a@-exempel.se", Rule::Format),
            ("a@exempel..se", Rule::Format),
            ("a@127.0.0.1", Rule::Format),
            ("a@exempel.se\r\nBcc: b@exempel.se", Rule::ForbiddenCharacter),
            ("Åsa <asa@exempel.se>", Rule::Format),
        ] {
            assert_eq!(EmailAddress::new(raw).unwrap_err().rule, rule, "{raw:?}");
        }
        let long = format!("{}@exempel.se", "a".repeat(65));
        assert_eq!(EmailAddress::new(&long).unwrap_err().rule, Rule::TooLong);
        assert_eq!(format!("{:?}", EmailAddress::new("a@b.se").unwrap()), "EmailAddress(redacted)");
    }

    proptest! {
        #[test]
        fn any_text_is_accepted_or_refused_and_the_accepted_again(raw in ".{0,12}@.{0,8}\\.[a-z]{0,3}") {
            if let Ok(address) = EmailAddress::new(&raw) {
                prop_assert_eq!(&EmailAddress::new(address.as_str()).unwrap(), &address);
                prop_assert!(!address.as_str().contains(char::is_whitespace));
            }
        }
    }
}
