//! Text as people enter it: trimmed, in one normal form, without control characters.

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use crate::refusal::{Refusal, Rule};

/// Text that has passed [`Text::line`] or [`Text::lines`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Text(String);

impl Text {
    /// One line: trimmed, NFC, 1 to `longest` characters, no control characters.
    ///
    /// # Errors
    /// [`Rule::Required`] when blank, [`Rule::TooLong`], [`Rule::ForbiddenCharacter`].
    pub fn line(raw: &str, longest: usize) -> Result<Self, Refusal> {
        Self::checked(raw, longest, |_| false)
    }

    /// Several lines: as [`Text::line`], and line feeds and tabs are allowed.
    ///
    /// # Errors
    /// As [`Text::line`].
    pub fn lines(raw: &str, longest: usize) -> Result<Self, Refusal> {
        Self::checked(raw, longest, |character| matches!(character, '\n' | '\t'))
    }

    fn checked(raw: &str, longest: usize, also: impl Fn(char) -> bool) -> Result<Self, Refusal> {
        if let Some(character) = raw.chars().find(|character| forbidden(*character) && !also(*character)) {
            return Err(Refusal::new(
                Rule::ForbiddenCharacter,
                format!("the character U+{:04X} may not stand in text", u32::from(character)),
            ));
        }
        let text = normal(raw.trim());
        let length = text.chars().count();
        if length == 0 {
            return Err(Refusal::new(Rule::Required, "may not be blank"));
        }
        if length > longest {
            return Err(Refusal::new(
                Rule::TooLong,
                format!("has {length} characters; at most {longest} are allowed"),
            ));
        }
        Ok(Self(text))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, owned.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

impl std::fmt::Display for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// In the normal form C. Nearly all text is in it already, which is seen faster than it is made.
fn normal(text: &str) -> String {
    match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => text.to_owned(),
        IsNormalized::No | IsNormalized::Maybe => text.nfc().collect(),
    }
}

/// Control characters, and the invisible ones that reorder or hide text.
fn forbidden(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}'
            | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{FFFE}' | '\u{FFFF}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_decomposed_name_is_the_same_name() {
        assert_eq!(Text::line("A\u{30A}sa O\u{308}berg ", 50).unwrap().as_str(), "Åsa Öberg");
    }

    #[test]
    fn hidden_and_control_characters_are_refused() {
        for raw in ["Åsa\0", "Åsa\n", "Å\u{202E}sa", "\u{200B}"] {
            assert_eq!(Text::line(raw, 50).unwrap_err().rule, Rule::ForbiddenCharacter, "{raw:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_in_the_normal_form_is_seen_to_be(raw in "[a-zåäö ÅÄÖé\u{300}-\u{310}]{0,20}|.{0,40}") {
            prop_assert_eq!(normal(&raw), raw.nfc().collect::<String>());
        }

        #[test]
        fn accepted_text_is_accepted_again_unchanged(raw in ".{0,60}") {
            if let Ok(text) = Text::line(&raw, 50) {
                prop_assert_eq!(Text::line(text.as_str(), 50).unwrap(), text);
            }
        }
    }
}
