//! Phone numbers.

use super::redacted;
use crate::refusal::{Refusal, Rule};
use crate::text::Text;

/// The longest phone number as entered, in characters.
const LONGEST_ENTERED: usize = 40;

/// A phone number: what was entered, and its E.164 form where one follows from it.
/// `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PhoneNumber {
    entered: Text,
    e164: Option<String>,
}

redacted!(PhoneNumber);

impl PhoneNumber {
    /// Accepts digits with spaces, hyphens, dots, slashes and brackets, and a leading `+` or
    /// `00`. A Swedish number (`0…`, `+46…`) becomes `+46…`; a foreign one keeps its country.
    /// A number without area code or country keeps only what was entered.
    ///
    /// # Errors
    /// As [`Text::line`] with at most 40 characters; [`Rule::Format`] for letters and other
    /// signs, fewer than 3 or more than 15 digits, and a Swedish number of impossible length.
    pub fn new(raw: &str) -> Result<Self, Refusal> {
        let entered = Text::line(raw, LONGEST_ENTERED)?;
        let dialled = dialled(entered.as_str())?;
        let e164 = e164(&dialled)?;
        Ok(Self { entered, e164 })
    }

    /// The number as entered.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.entered.as_str()
    }

    /// `+` and up to 15 digits (ITU-T E.164), where it follows from what was entered.
    #[must_use]
    pub fn e164(&self) -> Option<&str> {
        self.e164.as_deref()
    }

    /// What two numbers are compared by: two with the same key ring in the same place.
    #[must_use]
    pub fn key(&self) -> &str {
        self.e164().unwrap_or(self.as_str())
    }

    /// Whether it is a Swedish mobile number (`+467…`), to which a text message can be sent.
    #[must_use]
    pub fn is_swedish_mobile(&self) -> bool {
        self.e164().is_some_and(|number| number.starts_with("+467") && number.len() == 12)
    }
}

/// Only the digits, with a `+` before them if the country is told.
fn dialled(entered: &str) -> Result<String, Refusal> {
    let sign = |character| matches!(character, ' ' | '\u{A0}' | '-' | '\u{2013}' | '.' | '/' | '(' | ')');
    let (international, rest) = match entered.strip_prefix('+') {
        // The trunk zero in +46 (0)8 is not dialled from abroad.
        Some(rest) => (true, rest.replacen("(0)", "", 1)),
        None => (false, entered.to_owned()),
    };
    if let Some(letter) = rest.chars().find(|character| !character.is_ascii_digit() && !sign(*character)) {
        let detail = if letter.is_alphabetic() { "holds letters" } else { "holds a sign no number has" };
        return Err(Refusal::new(Rule::Format, format!("{detail}; write digits, spaces and hyphens")));
    }
    let digits: String = rest.chars().filter(char::is_ascii_digit).collect();
    if !(3..=15).contains(&digits.len()) {
        return Err(Refusal::new(Rule::Format, "a phone number has 3 to 15 digits"));
    }
    Ok(match digits.strip_prefix("00") {
        _ if international => format!("+{digits}"),
        Some(from_abroad) => format!("+{from_abroad}"),
        None => digits,
    })
}

fn e164(dialled: &str) -> Result<Option<String>, Refusal> {
    if let Some(swedish) = dialled.strip_prefix("+46") {
        return swedish_e164(swedish.strip_prefix('0').unwrap_or(swedish)).map(Some);
    }
    if let Some(foreign) = dialled.strip_prefix('+') {
        if foreign.starts_with('0') || foreign.len() < 7 {
            return Err(Refusal::new(Rule::Format, "after the country code the number is too short"));
        }
        return Ok(Some(dialled.to_owned()));
    }
    match dialled.strip_prefix('0') {
        Some(national) => swedish_e164(national).map(Some),
        None => Ok(None),
    }
}

/// Swedish numbers have 7 to 9 digits after the zero, machines' numbers up to 13.
fn swedish_e164(national: &str) -> Result<String, Refusal> {
    if (7..=13).contains(&national.len()) && !national.starts_with('0') {
        Ok(format!("+46{national}"))
    } else {
        Err(Refusal::new(Rule::Format, "a Swedish number has 7 to 13 digits after the first zero"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn swedish_numbers_become_e164_and_keep_what_was_entered() {
        // Numbers that PTS keeps for films and books.
        for (raw, e164) in [
            ("070-174 06 05", Some("+46701740605")),
            ("+46 (0)70 174 06 05", Some("+46701740605")),
            ("0046 70-1740605", Some("+46701740605")),
            ("+46 070 174 06 05", Some("+46701740605")),
            ("08-465 004 00", Some("+46846500400")),
            ("(031) 390 60 00", Some("+46313906000")),
            ("+47 22 22 55 55", Some("+4722225555")),
            ("465 004", None),
            ("112", None),
        ] {
            let number = PhoneNumber::new(raw).unwrap();
            assert_eq!((number.as_str(), number.e164()), (raw, e164));
        }
        assert!(PhoneNumber::new("070-174 06 05").unwrap().is_swedish_mobile());
        assert!(!PhoneNumber::new("08-465 004 00").unwrap().is_swedish_mobile());
    }

    #[test]
    fn letters_and_impossible_lengths_are_refused() {
        for (raw, rule) in [
            ("070-SKOLA", Rule::Format),
            ("08-465 004 00 ankn 12", Rule::Format),
            ("12", Rule::Format),
            ("0701", Rule::Format),
            ("+46 0", Rule::Format),
            ("+0 123 456 789", Rule::Format),
            ("+1234567890123456", Rule::Format),
            ("070+1740605", Rule::Format),
            (" ", Rule::Required),
        ] {
            assert_eq!(PhoneNumber::new(raw).unwrap_err().rule, rule, "{raw:?}");
        }
        assert_eq!(format!("{:?}", PhoneNumber::new("112").unwrap()), "PhoneNumber(redacted)");
    }

    proptest! {
        #[test]
        fn any_text_is_accepted_or_refused_and_e164_is_its_own(raw in "[+0-9() åa-]{0,18}") {
            if let Ok(number) = PhoneNumber::new(&raw)
                && let Some(e164) = number.e164()
            {
                let again = PhoneNumber::new(e164).unwrap();
                prop_assert_eq!(again.e164(), Some(e164));
                prop_assert!(e164.len() <= 16 && e164.starts_with('+'));
            }
        }
    }
}
