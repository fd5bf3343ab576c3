//! The number of a legal person (organisationsnummer).

use serde::Serialize;

use crate::refusal::{Refusal, Rule};

/// A Swedish organisation number: ten digits, the last a check digit (Luhn), the third at least 2,
/// which sets it apart from a personal identity number. Kept as ten digits, shown as `802400-0005`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct OrganisationNumber(String);

impl OrganisationNumber {
    /// Reads `NNNNNN-NNNN` or `NNNNNNNNNN`.
    ///
    /// # Errors
    /// [`Rule::Format`] when it is not written so, or when it is a person's number;
    /// [`Rule::CheckDigit`]. The refused value is not repeated: it may be a person's number.
    pub fn new(raw: &str) -> Result<Self, Refusal> {
        let wrong = || Refusal::new(Rule::Format, "an organisation number is written as NNNNNN-NNNN");
        let raw = raw.trim();
        let digits: String = match raw.split_once('-') {
            Some((first, last)) if first.len() == 6 && last.len() == 4 => [first, last].concat(),
            Some(_) => return Err(wrong()),
            None => raw.to_owned(),
        };
        let values: Vec<u32> = digits.chars().filter_map(|character| character.to_digit(10)).collect();
        if digits.len() != 10 || values.len() != 10 {
            return Err(wrong());
        }
        if values.get(2).is_none_or(|third| *third < 2) {
            return Err(Refusal::new(
                Rule::Format,
                "the third digit of an organisation number is at least 2; a person's number may not stand here",
            ));
        }
        let sum: u32 = values
            .iter()
            .enumerate()
            .map(|(place, value)| {
                let weighed = if place.is_multiple_of(2) { value * 2 } else { *value };
                weighed / 10 + weighed % 10
            })
            .sum();
        if !sum.is_multiple_of(10) {
            return Err(Refusal::new(Rule::CheckDigit, "the last digit does not fit the other nine"));
        }
        Ok(Self(digits))
    }

    /// The ten digits.
    #[must_use]
    pub fn as_digits(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for OrganisationNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0.split_at_checked(6) {
            Some((first, last)) => write!(f, "{first}-{last}"),
            None => f.write_str(&self.0),
        }
    }
}

impl Serialize for OrganisationNumber {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn public_bodies_numbers_are_read_with_and_without_hyphen() {
        // Statistics Sweden and Skolverket, as they publish them.
        for raw in ["202100-0837", "2021000837", " 202100-4185 "] {
            let number = OrganisationNumber::new(raw).unwrap();
            assert_eq!(OrganisationNumber::new(&number.to_string()).unwrap(), number);
            assert_eq!(number.as_digits().len(), 10);
        }
    }

    #[test]
    fn a_persons_number_is_refused_and_not_repeated() {
        let refusal = OrganisationNumber::new("121212-1212").unwrap_err();
        assert_eq!(refusal.rule, Rule::Format);
        assert!(!refusal.detail.contains("1212"));
        for raw in ["", "2021-000837", "202100--837", "٢021000837", "20210008370", "20210å0837"] {
            assert_eq!(OrganisationNumber::new(raw).unwrap_err().rule, Rule::Format, "{raw}");
        }
    }

    proptest! {
        #[test]
        fn one_wrong_digit_is_found(place in 0..10usize, digit in 0..10u8) {
            let mut digits = *b"2021000837";
            let changed = digits[place] != b'0' + digit;
            digits[place] = b'0' + digit;
            let number = String::from_utf8(digits.to_vec()).unwrap();
            prop_assert_eq!(OrganisationNumber::new(&number).is_err(), changed);
        }
    }
}
