//! What a protected person is called where their name may not stand.

use super::{NameDraft, PersonName};
use crate::refusal::{Refusal, Rule};

/// The words of aliases: things that nobody is called after, and that tell nothing of sex, age,
/// origin, faith, health or place.
const WORDS: [&str; 32] = [
    "Almanacka",
    "Bläckpenna",
    "Bokhylla",
    "Cykelpump",
    "Dragkedja",
    "Ficklampa",
    "Fjärrkontroll",
    "Gummiband",
    "Hatthylla",
    "Häftapparat",
    "Kaffekopp",
    "Karbinhake",
    "Kikare",
    "Kompass",
    "Kuvert",
    "Linjal",
    "Lyktstolpe",
    "Miniräknare",
    "Motorväg",
    "Paraply",
    "Pennvässare",
    "Plånbok",
    "Radiator",
    "Rullgardin",
    "Ryggsäck",
    "Segelduk",
    "Skrivbord",
    "Stegräknare",
    "Tallrik",
    "Telegram",
    "Termometer",
    "Våffeljärn",
];

/// The numbers that the program gives: three digits. Four digits stand in aliases that were made for
/// those who were protected before there were any.
const NUMBERS: std::ops::RangeInclusive<u16> = 100..=999;

/// The name under which a protected person is met: a word and a number that tell nothing, no initials and no
/// sex. No two persons of an organiser have the same, and whoever is protected anew gets another one.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Alias {
    word: String,
    number: u16,
}

impl Alias {
    /// The alias of these parts.
    ///
    /// # Errors
    /// [`Rule::Format`] for an empty word, or for a number outside 100 to 9999.
    pub fn new(word: &str, number: u16) -> Result<Self, Refusal> {
        if word.is_empty() || word.chars().count() > 40 || !(100..=9999).contains(&number) {
            return Err(Refusal::new(Rule::Format, "is not an alias"));
        }
        Ok(Self { word: word.to_owned(), number })
    }

    /// Aliases in an order that follows from chance alone, without end and sooner or later each of them:
    /// take the first that is free.
    pub fn candidates(chance: u64) -> impl Iterator<Item = Self> {
        let span = u64::from(NUMBERS.end() - NUMBERS.start()) + 1;
        let all = span * WORDS.len() as u64;
        // Two primes that do not divide the number of aliases: every step leads to another one, and
        // through all of them before the first comes again.
        (0..).map(move |step: u64| {
            let place = (chance % all + (step % all) * 7_919) % all;
            let word = WORDS.iter().cycle().nth(usize::try_from(place / span).unwrap_or_default());
            let number = u16::try_from(place % span).unwrap_or_default();
            Self { word: word.copied().unwrap_or(WORDS[0]).to_owned(), number: NUMBERS.start() + number }
        })
    }

    /// The word.
    #[must_use]
    pub fn word(&self) -> &str {
        &self.word
    }

    /// The number.
    #[must_use]
    pub fn number(&self) -> u16 {
        self.number
    }

    /// As a person's name: the word where the given name stands, the number where the family name does.
    ///
    /// # Errors
    /// None for what [`Alias::new`] has let through.
    pub fn name(&self) -> Result<PersonName, crate::refusal::Refusals> {
        PersonName::new(&NameDraft {
            given: self.word.clone(),
            middle: None,
            family: self.number.to_string(),
            preferred_given: None,
        })
    }
}

impl std::fmt::Display for Alias {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.word, self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    const ALL: usize = 900 * WORDS.len();

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8))]
        #[test]
        fn every_alias_comes_once_before_any_comes_again(chance: u64) {
            let all: BTreeSet<Alias> = Alias::candidates(chance).take(ALL).collect();
            prop_assert_eq!(all.len(), ALL);
            prop_assert!(all.iter().all(|alias| Alias::new(alias.word(), alias.number()).as_ref() == Ok(alias)));
        }
    }

    #[test]
    fn an_alias_sorts_as_the_key_that_was_written_for_those_who_had_none() {
        let alias = Alias::new("Kompass", 1001).unwrap();
        assert_eq!(alias.to_string(), "Kompass 1001");
        assert_eq!(alias.name().unwrap().sort_key(), "1001,kompass,!");
    }

    #[test]
    fn what_is_no_alias_is_refused() {
        for (word, number) in [("", 100), ("Kompass", 99), ("Kompass", 10_000)] {
            assert_eq!(Alias::new(word, number).unwrap_err().rule, Rule::Format);
        }
    }
}
