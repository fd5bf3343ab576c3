//! The identifiers that other systems know a person by.

use super::redacted;
use crate::refusal::{Refusal, Rule};

/// The longest name of a system, in characters.
const LONGEST_SYSTEM: usize = 100;
/// The longest value, in characters.
const LONGEST_VALUE: usize = 400;

/// What one other system calls the person. The value is the other system's: it is kept as it
/// came, to the character, and two values are equal only if every character is. `Debug` shows
/// nothing, because such values are often personal (an e-mail address, a personnummer).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ExternalIdentifier {
    system: String,
    value: String,
}

redacted!(ExternalIdentifier);

impl ExternalIdentifier {
    /// A system's short name (`a`–`z`, `0`–`9`, and `.`, `_`, `:`, `/` or `-` within) and its value.
    ///
    /// # Errors
    /// At `/system` and `/value`: [`Rule::Required`], [`Rule::TooLong`] above 100 and 400
    /// characters, [`Rule::Format`] for the name, [`Rule::ForbiddenCharacter`] for control
    /// characters in the value.
    pub fn new(system: &str, value: &str) -> Result<Self, Refusal> {
        check_system(system).map_err(|refusal| refusal.at("/system"))?;
        check_value(value).map_err(|refusal| refusal.at("/value"))?;
        Ok(Self { system: system.to_owned(), value: value.to_owned() })
    }

    /// The system's short name.
    #[must_use]
    pub fn system(&self) -> &str {
        &self.system
    }

    /// The value as it came.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }
}

fn check_system(system: &str) -> Result<(), Refusal> {
    let plain = |character: char| character.is_ascii_lowercase() || character.is_ascii_digit();
    check_length(system, LONGEST_SYSTEM)?;
    let within = |character: char| plain(character) || "._:/-".contains(character);
    if system.chars().all(within) && system.starts_with(plain) && system.ends_with(plain) {
        Ok(())
    } else {
        Err(Refusal::new(
            Rule::Format,
            "a system's name has small letters a to z and digits, and . _ : / or - between them",
        ))
    }
}

fn check_value(value: &str) -> Result<(), Refusal> {
    check_length(value, LONGEST_VALUE)?;
    match value.chars().find(|character| character.is_control()) {
        None => Ok(()),
        Some(character) => Err(Refusal::new(
            Rule::ForbiddenCharacter,
            format!("the character U+{:04X} may not stand in an identifier", u32::from(character)),
        )),
    }
}

fn check_length(text: &str, longest: usize) -> Result<(), Refusal> {
    if text.trim().is_empty() {
        return Err(Refusal::new(Rule::Required, "may not be blank"));
    }
    let length = text.chars().count();
    if length > longest {
        let detail = format!("has {length} characters; at most {longest} are allowed");
        return Err(Refusal::new(Rule::TooLong, detail));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_value_is_kept_to_the_character() {
        let value = " A\u{30A}sa/{42} ";
        let identifier = ExternalIdentifier::new("oneroster:contoso.se", value).unwrap();
        assert_eq!((identifier.system(), identifier.value()), ("oneroster:contoso.se", value));
        assert_eq!(format!("{identifier:?}"), "ExternalIdentifier(redacted)");
    }

    #[test]
    fn names_and_values_have_their_bounds() {
        for (system, value, pointer, rule) in [
            ("", "1", "/system", Rule::Required),
            ("Ladok", "1", "/system", Rule::Format),
            ("-ladok", "1", "/system", Rule::Format),
            ("skola24 åk", "1", "/system", Rule::Format),
            (&"a".repeat(101), "1", "/system", Rule::TooLong),
            ("ladok", " ", "/value", Rule::Required),
            ("ladok", "1\0", "/value", Rule::ForbiddenCharacter),
            ("ladok", &"ö".repeat(401), "/value", Rule::TooLong),
        ] {
            let refusal = ExternalIdentifier::new(system, value).unwrap_err();
            assert_eq!((refusal.pointer.as_str(), refusal.rule), (pointer, rule), "{system} {value}");
        }
        assert!(ExternalIdentifier::new("ladok", &"ö".repeat(400)).is_ok());
    }

    proptest! {
        #[test]
        fn any_text_is_kept_or_refused(system in ".{0,8}", value in ".{0,20}") {
            if let Ok(identifier) = ExternalIdentifier::new(&system, &value) {
                prop_assert_eq!(identifier.value(), value);
            }
        }
    }
}
