//! Codes that are sent to a phone or an e-mail address (engångskod): whoever gives one back reads what is sent there. Six
//! digits can be guessed, unlike a code on paper ([`super::OneTimeCode`]); time and a few tries are what protects them.

use chrono::{DateTime, Duration, Utc};

use super::six_digits::{SIX_DIGIT_NUMBERS, six_digits};
use crate::{code::coded, refusal::Refusal, terminology::Language};

/// For how many minutes a code can be given back.
pub const SENT_CODE_MINUTES: i64 = 10;
/// How often it may be tried.
pub const SENT_CODE_TRIES: u32 = 5;
/// Bytes of chance that a code is made of.
pub const SENT_CODE_CHANCE: usize = 8;

coded! {
    /// What a code was sent for. One that was sent for something is worth nothing for something else.
    CodePurpose("purpose of a code") {
        /// To log in.
        Login = "login",
        /// To show that a phone number or an e-mail address is one's own.
        Contact = "contact",
    }
}

/// A code of six digits. `Debug` shows nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SentCode(u32);

impl SentCode {
    /// A code made of chance.
    #[must_use]
    pub fn of_chance(chance: [u8; SENT_CODE_CHANCE]) -> Self {
        // Of so many numbers more than any code is likelier by less than one in ten billions than another.
        let number = u64::from_be_bytes(chance) % u64::from(SIX_DIGIT_NUMBERS);
        Self(u32::try_from(number).unwrap_or_default())
    }

    /// A code as somebody types it.
    ///
    /// # Errors
    /// [`crate::refusal::Rule::Format`].
    pub fn presented(raw: &str) -> Result<Self, Refusal> {
        six_digits(raw).map(Self)
    }

    /// The six digits.
    #[must_use]
    pub fn shown(self) -> String {
        format!("{:06}", self.0)
    }

    /// What is sent. The code comes first, where a locked phone shows it, and nothing says whose it is.
    #[must_use]
    pub fn message(self, purpose: CodePurpose, language: Language) -> String {
        let code = self.shown();
        match (purpose, language) {
            (CodePurpose::Login, Language::Swedish) => format!(
                "{code} är din kod för att logga in i Skolhus. Den gäller i {SENT_CODE_MINUTES} minuter. Ge den inte till någon. Har du inte bett om den behöver du inte göra något."
            ),
            (CodePurpose::Login, Language::English) => format!(
                "{code} is your code for logging in to Skolhus. It is valid for {SENT_CODE_MINUTES} minutes. Give it to nobody. If you did not ask for it there is nothing to do."
            ),
            (CodePurpose::Contact, Language::Swedish) => format!(
                "{code} är koden som visar att numret är ditt i Skolhus. Den gäller i {SENT_CODE_MINUTES} minuter. Ge den inte till någon. Har du inte bett om den behöver du inte göra något."
            ),
            (CodePurpose::Contact, Language::English) => format!(
                "{code} is the code that shows that this number is yours in Skolhus. It is valid for {SENT_CODE_MINUTES} minutes. Give it to nobody. If you did not ask for it, do nothing."
            ),
        }
    }
}

impl std::fmt::Debug for SentCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SentCode(redacted)")
    }
}

/// The instant from which a code that is sent now is worth nothing.
#[must_use]
pub fn sent_code_expires(now: DateTime<Utc>) -> DateTime<Utc> {
    now + Duration::minutes(SENT_CODE_MINUTES)
}

/// A code that was sent, with the try at hand counted among its tries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TriedCode {
    /// How often it has been tried.
    pub tries: u32,
    /// The instant from which it is worth nothing.
    pub expires_at: DateTime<Utc>,
    /// Whether it was given back before, or taken back.
    pub is_spent: bool,
}

/// What a try is worth.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CodeTry {
    /// It is the code: it is spent now.
    Fits,
    /// It is another, and may be tried again.
    Wrong,
    /// Whatever it is, the code is worth nothing any more: used, out of time, or tried too often.
    Over,
}

impl TriedCode {
    /// What a try is worth, of which `fits` says whether it is the code.
    #[must_use]
    pub fn judge(&self, fits: bool, now: DateTime<Utc>) -> CodeTry {
        let over = self.is_spent || now >= self.expires_at || self.tries > SENT_CODE_TRIES;
        match (over, fits) {
            (true, _) => CodeTry::Over,
            (false, true) => CodeTry::Fits,
            (false, false) => CodeTry::Wrong,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_790_000_000 + seconds, 0).unwrap()
    }

    #[test]
    fn what_is_sent_begins_with_the_code_and_is_one_message() {
        let code = SentCode::presented("005 924").unwrap();
        assert_eq!((code.shown().as_str(), format!("{code:?}").as_str()), ("005924", "SentCode(redacted)"));
        let mut texts = Vec::new();
        for purpose in CodePurpose::ALL.iter().copied() {
            for language in Language::ALL {
                let text = code.message(purpose, language);
                assert!(text.starts_with("005924 ") && text.contains("10 minut"), "{text}");
                // One message costs half of what two do: 160 characters, of an alphabet that has å, ä and ö.
                assert!(text.chars().count() <= 160, "{text}");
                texts.push(text);
            }
        }
        texts.sort();
        texts.dedup();
        assert_eq!(texts.len(), 4);
    }

    proptest! {
        #[test]
        fn a_code_is_read_as_it_is_shown(chance in any::<[u8; SENT_CODE_CHANCE]>()) {
            let code = SentCode::of_chance(chance);
            prop_assert_eq!(code.shown().len(), 6);
            prop_assert_eq!(SentCode::presented(&code.shown()), Ok(code));
        }

        #[test]
        fn of_any_tries_one_fits_at_the_most_and_only_among_the_first_ones_in_time(
            tries in prop::collection::vec((any::<bool>(), 0_i64..900), 0..12),
        ) {
            let mut tries = tries;
            tries.sort_by_key(|(_, second)| *second);
            let mut code = TriedCode { tries: 0, expires_at: sent_code_expires(at(0)), is_spent: false };
            let mut fitting = Vec::new();
            for (number, (fits, second)) in tries.iter().enumerate() {
                code.tries += 1;
                if code.judge(*fits, at(*second)) == CodeTry::Fits {
                    code.is_spent = true;
                    fitting.push((number, *second));
                }
            }
            prop_assert!(fitting.len() <= 1);
            prop_assert!(fitting.iter().all(|(number, second)| *number < 5 && *second < 600));
            // The right one among the first five in time always gets through.
            let first = tries.iter().take(5).position(|(fits, second)| *fits && *second < 600);
            prop_assert_eq!(first, fitting.first().map(|(number, _)| *number));
        }
    }
}
