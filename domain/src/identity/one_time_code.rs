//! Codes that people read off paper and type once: invitations and recovery codes.

use crate::refusal::{Refusal, Rule};

/// The characters of a code: digits and letters without those that look alike (I, L, O) and without U, 32 in all.
const CHARACTERS: [char; 32] = [
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'J', 'K', 'M',
    'N', 'P', 'Q', 'R', 'S', 'T', 'V', 'W', 'X', 'Y', 'Z',
];
/// Characters of a code: 80 bits of chance, which nobody guesses, neither here nor from a hash.
const LENGTH: usize = 16;
/// How many stand together, for the eye.
const GROUP: usize = 4;

/// Bytes of chance that a code is made of.
pub const ONE_TIME_CODE_CHANCE: usize = LENGTH;

/// A code of 16 characters. `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct OneTimeCode(String);

impl OneTimeCode {
    /// A code made of chance.
    #[must_use]
    pub fn of_chance(chance: [u8; ONE_TIME_CODE_CHANCE]) -> Self {
        // 256 is a multiple of 32, so that every character is as likely as the others.
        let chosen = chance.iter().map(|byte| CHARACTERS.get(usize::from(byte % 32)).copied().unwrap_or('0'));
        Self(chosen.collect())
    }

    /// A code as somebody types it: capitals or not, with or without what separates the groups, and with the letters
    /// that were taken for digits.
    ///
    /// # Errors
    /// [`Rule::Format`] for what no code looks like.
    pub fn presented(raw: &str) -> Result<Self, Refusal> {
        let typed = raw.chars().filter(|character| !matches!(character, ' ' | '-'));
        let code: String = typed
            .map(|character| match character.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            })
            .collect();
        if code.chars().count() == LENGTH && code.chars().all(|character| CHARACTERS.contains(&character)) {
            Ok(Self(code))
        } else {
            Err(Refusal::new(Rule::Format, "a code has 16 letters and digits, as in 7Q2M-4KTD-9ZRA-XC3V"))
        }
    }

    /// The code as it is shown, in four groups.
    #[must_use]
    pub fn shown(&self) -> String {
        let characters: Vec<char> = self.0.chars().collect();
        let groups: Vec<String> = characters.chunks(GROUP).map(|group| group.iter().collect()).collect();
        groups.join("-")
    }

    /// The text to be hashed.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for OneTimeCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OneTimeCode(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let code = OneTimeCode::presented("7Q2M-4KTD-9ZRA-XC3V").unwrap();
        for typed in ["7q2m4ktd9zraxc3v", " 7q2m 4ktd 9zra xc3v ", "7Q2M--4KTD-9ZRA-XC3V"] {
            assert_eq!(OneTimeCode::presented(typed).unwrap(), code, "{typed}");
        }
        assert_eq!(OneTimeCode::presented("OIlo-0000-0000-0000").unwrap().as_str(), "0110000000000000");
        for wrong in
            ["", "7Q2M-4KTD-9ZRA-XC3", "7Q2M-4KTD-9ZRA-XC3VV", "7Q2M-4KTD-9ZRA-XC3Å", "7Q2M-4KTD-9ZRA-XC3U"]
        {
            assert_eq!(OneTimeCode::presented(wrong).unwrap_err().rule, Rule::Format, "{wrong}");
        }
        assert_eq!(format!("{code:?}"), "OneTimeCode(redacted)");
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_again(chance in any::<[u8; ONE_TIME_CODE_CHANCE]>()) {
            let code = OneTimeCode::of_chance(chance);
            prop_assert_eq!(code.shown().len(), 19);
            prop_assert_eq!(OneTimeCode::presented(&code.shown()), Ok(code.clone()));
            prop_assert_eq!(OneTimeCode::presented(&code.shown().to_lowercase()), Ok(code));
        }

        #[test]
        fn whatever_is_typed_is_read_or_refused(typed in "\\PC{0,60}") {
            if let Ok(code) = OneTimeCode::presented(&typed) {
                prop_assert_eq!(code.as_str().len(), 16);
            }
        }
    }
}
