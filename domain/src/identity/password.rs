//! Passwords as people choose them.

use unicode_normalization::UnicodeNormalization;

use crate::refusal::{Refusal, Rule};

/// The fewest characters of a password.
pub const SHORTEST_PASSWORD: usize = 10;
/// The most characters of a password.
pub const LONGEST_PASSWORD: usize = 200;

/// A chosen password of 10 to 200 characters, in Unicode's composed form (NFC), so that å
/// typed on any keyboard is the same å. Spaces count, also at its ends. `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// A password that somebody chooses.
    ///
    /// # Errors
    /// [`Rule::TooShort`], [`Rule::TooLong`]; [`Rule::ForbiddenCharacter`] for control
    /// characters, which many keyboards and forms cannot send again.
    pub fn new(raw: &str) -> Result<Self, Refusal> {
        let text: String = raw.nfc().collect();
        let length = text.chars().count();
        if length < SHORTEST_PASSWORD {
            let detail = format!("a password has at least {SHORTEST_PASSWORD} characters");
            return Err(Refusal::new(Rule::TooShort, detail));
        }
        if length > LONGEST_PASSWORD {
            let detail = format!("a password has at most {LONGEST_PASSWORD} characters");
            return Err(Refusal::new(Rule::TooLong, detail));
        }
        if text.chars().any(char::is_control) {
            return Err(Refusal::new(Rule::ForbiddenCharacter, "a password holds no control characters"));
        }
        Ok(Self(text))
    }

    /// A password as presented at a login: in composed form, whatever its length. One that
    /// could never have been chosen is simply wrong.
    #[must_use]
    pub fn presented(raw: &str) -> Self {
        Self(raw.nfc().collect())
    }

    /// The bytes to be hashed.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_is_counted_in_characters() {
        assert_eq!(Password::new("åäöåäöåäö").unwrap_err().rule, Rule::TooShort);
        assert!(Password::new("åäöåäöåäöå").is_ok());
        assert!(Password::new(&"å".repeat(200)).is_ok());
        assert_eq!(Password::new(&"å".repeat(201)).unwrap_err().rule, Rule::TooLong);
        assert_eq!(Password::new("tio tecken\n").unwrap_err().rule, Rule::ForbiddenCharacter);
    }

    #[test]
    fn the_same_letters_are_the_same_password_and_are_never_shown() {
        let chosen = Password::new("A\u{30A}kero\u{308} 2026!").unwrap();
        assert_eq!(chosen, Password::presented("Åkerö 2026!"));
        assert_eq!(format!("{chosen:?}"), "Password(redacted)");
    }
}
