//! A person's name.

use super::name_key::{search_key_of_parts, sort_key_of_parts};
use super::redacted;
use crate::refusal::{Refusal, Refusals};
use crate::text::Text;

/// The longest part of a name, in characters.
pub const LONGEST_NAME_PART: usize = 100;

/// A name as somebody entered it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct NameDraft {
    /// All given names (förnamn).
    pub given: String,
    /// Middle name (mellannamn).
    pub middle: Option<String>,
    /// Family name (efternamn).
    pub family: String,
    /// The name the person is called by (tilltalsnamn).
    pub preferred_given: Option<String>,
}

/// A name: each part is text of 1 to 100 characters. `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PersonName {
    given: Text,
    middle: Option<Text>,
    family: Text,
    preferred_given: Option<Text>,
}

redacted!(NameDraft, PersonName);

impl PersonName {
    /// Checks every part.
    ///
    /// # Errors
    /// As [`Text::line`], at `/givenName`, `/middleName`, `/familyName` and
    /// `/preferredGivenName`; all of them at once.
    pub fn new(draft: &NameDraft) -> Result<Self, Refusals> {
        let mut refusals = Refusals::default();
        let given = refusals.note("/givenName", part(&draft.given));
        let middle = refusals.note("/middleName", draft.middle.as_deref().map(part).transpose());
        let family = refusals.note("/familyName", part(&draft.family));
        let preferred = draft.preferred_given.as_deref().map(part).transpose();
        let preferred_given = refusals.note("/preferredGivenName", preferred);
        match (given, middle, family, preferred_given) {
            (Some(given), Some(middle), Some(family), Some(preferred_given)) => {
                Ok(Self { given, middle, family, preferred_given })
            }
            _ => Err(refusals),
        }
    }

    /// All given names (förnamn).
    #[must_use]
    pub fn given(&self) -> &Text {
        &self.given
    }

    /// Middle name (mellannamn).
    #[must_use]
    pub fn middle(&self) -> Option<&Text> {
        self.middle.as_ref()
    }

    /// Family name (efternamn).
    #[must_use]
    pub fn family(&self) -> &Text {
        &self.family
    }

    /// The name the person is called by (tilltalsnamn), where it is told.
    #[must_use]
    pub fn preferred_given(&self) -> Option<&Text> {
        self.preferred_given.as_ref()
    }

    /// What lists are ordered by: family name, given names, middle name, in Swedish order
    /// when compared byte by byte. At most 1,000 bytes of ASCII or UTF-8. It belongs to
    /// [`super::KEY_VERSION`]; the key of a protected person is as secret as the name.
    #[must_use]
    pub fn sort_key(&self) -> String {
        let middle = self.middle.as_ref().map_or("", Text::as_str);
        sort_key_of_parts([self.family.as_str(), self.given.as_str(), middle])
    }

    /// What searches look in: every word of the name, folded, each with one space before it.
    /// At most 2,000 bytes of UTF-8. Fold what somebody typed with
    /// [`super::search_key_of_query`], which tells how the two are compared. It belongs to
    /// [`super::KEY_VERSION`]; the key of a protected person is as secret as the name.
    #[must_use]
    pub fn search_key(&self) -> String {
        let parts =
            [Some(&self.family), Some(&self.given), self.middle.as_ref(), self.preferred_given.as_ref()];
        search_key_of_parts(parts.into_iter().flatten().map(Text::as_str))
    }
}

fn part(raw: &str) -> Result<Text, Refusal> {
    Text::line(raw, LONGEST_NAME_PART)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::person::search_key_of_query;
    use crate::refusal::Rule;
    use proptest::prelude::*;

    fn name(family: &str, given: &str) -> PersonName {
        named(given, None, family, None)
    }

    fn named(given: &str, middle: Option<&str>, family: &str, preferred: Option<&str>) -> PersonName {
        PersonName::new(&NameDraft {
            given: given.into(),
            middle: middle.map(Into::into),
            family: family.into(),
            preferred_given: preferred.map(Into::into),
        })
        .unwrap()
    }

    /// As a Swedish reader expects them, one after the other.
    const IN_ORDER: &[(&str, &str)] = &[
        ("Abrahamsson", "Åke"),
        ("Al-Hassan", "Noor"),
        ("Al Hassan", "Samir"),
        ("Alm", "Örjan"),
        ("Alm Berg", "Ada"),
        ("Almberg", "Ada"),
        ("Andersson", "Anna"),
        ("Andersson", "Anna Lena"),
        ("Andersson", "Anna-Lena"),
        ("Andersson", "Annalena"),
        ("Andersson", "Åsa"),
        ("Andersson", "Älva"),
        ("Andersson", "Örjan"),
        ("Andre", "Bo"),
        ("André", "Bo"),
        ("Andreasson", "Bo"),
        ("D'Arcy", "Li"),
        ("Darcyson", "Li"),
        ("de Geer", "Louis"),
        ("Degerfors", "Eva"),
        ("Ek", "Östen"),
        ("Ek Bo", "Ada"),
        ("Ekberg", "Ada"),
        ("Lindén", "Ida"),
        ("Lindner", "Ida"),
        ("Myller", "Kim"),
        ("Müller", "Kim"),
        ("Myllersdotter", "Kim"),
        ("Strasse", "Jan"),
        ("Straße", "Jan"),
        ("Vahlberg", "Per"),
        ("Vikström", "Per"),
        ("Wahlberg", "Per"),
        ("Wikström", "Per"),
        ("Zorn", "Anders"),
        ("Åberg", "Ada"),
        ("Åström", "Ada"),
        ("Ärlig", "Ada"),
        ("Ærlig", "Ada"),
        ("Öberg", "Ada"),
        ("Øberg", "Ada"),
        ("Østergaard", "Ada"),
        ("Özdemir", "Can"),
        ("Иванова", "Анна"),
    ];

    #[test]
    fn swedish_names_stand_in_swedish_order() {
        let mut names: Vec<_> = IN_ORDER
            .iter()
            .map(|(family, given)| (name(family, given).sort_key(), format!("{family}, {given}")))
            .rev()
            .collect();
        names.sort();
        let sorted: Vec<_> = names.into_iter().map(|(_, name)| name).collect();
        let expected: Vec<_> = IN_ORDER.iter().map(|(family, given)| format!("{family}, {given}")).collect();
        assert_eq!(sorted, expected);
    }

    #[test]
    fn keys_of_version_one_never_change() {
        let name = named("Åsa Märta-Lena", Some("O'Hara"), "Wåhlström", Some("Lena"));
        assert_eq!(name.sort_key(), "w{hlstr}m,{sa-m|rta-lena,ohara!aaaaaaaaaaaaaaaaaaaraaaaaq");
        assert_eq!(name.search_key(), " wåhlström åsa märta lena ohara");
        assert_eq!(crate::person::KEY_VERSION, 1);
    }

    #[test]
    fn a_search_finds_what_a_reader_would_call_the_same() {
        let finds = |name: &PersonName, typed: &str| {
            let query = search_key_of_query(typed);
            query.split(' ').all(|word| name.search_key().contains(&format!(" {word}")))
        };
        let åsa = named("Åsa Renée", None, "Müller-Ångström", Some("Åsis"));
        for typed in [
            "åsa",
            "ÅSA",
            "A\u{30A}sa",
            "ås",
            "renee ångström",
            "RENÉE",
            "muller",
            "müller å",
            "åsis",
            "Müller-Å",
        ] {
            assert!(finds(&åsa, typed), "{typed}");
        }
        for typed in ["asa", "angstrom", "sa", "myller", "åsa öberg"] {
            assert!(!finds(&åsa, typed), "{typed}");
        }
        assert!(finds(&name("O’Brien", "Wilma"), "o'brien wil"));
        assert!(!finds(&name("O’Brien", "Wilma"), "vilma"));
        assert!(finds(&name("Sørensen", "Ægir"), "sörensen ägir"));
    }

    #[test]
    fn a_query_holds_no_wildcard() {
        assert_eq!(search_key_of_query("  100%_\\å*  "), "100 å");
        assert_eq!(search_key_of_query("%"), "");
    }

    #[test]
    fn every_refused_part_is_named() {
        let refusals = PersonName::new(&NameDraft {
            given: " ".into(),
            middle: Some("\u{7}".into()),
            family: "Ö".repeat(101),
            preferred_given: None,
        })
        .unwrap_err();
        let refused: Vec<_> =
            refusals.0.iter().map(|refusal| (refusal.pointer.as_str(), refusal.rule)).collect();
        assert_eq!(
            refused,
            [
                ("/givenName", Rule::Required),
                ("/middleName", Rule::ForbiddenCharacter),
                ("/familyName", Rule::TooLong)
            ]
        );
        assert_eq!(format!("{:?}", name("Öberg", "Åsa")), "PersonName(redacted)");
    }

    #[test]
    fn keys_stay_short_enough_for_an_index_whatever_the_name() {
        // One character that its compatibility form spells with eighteen.
        let long = "\u{FDFA}".repeat(100);
        let name = named(&long, Some(&long), &long, Some(&long));
        assert!(name.sort_key().len() <= 1_000);
        assert!(name.search_key().len() <= 2_000);
    }

    fn swedish_words() -> impl Strategy<Value = String> {
        "[a-zåäö]{1,12}"
    }

    proptest! {
        #[test]
        fn plain_words_compare_as_the_alphabet_says(a in swedish_words(), b in swedish_words()) {
            let place = |word: &str| -> Vec<usize> {
                word.chars().map(|letter| "abcdefghijklmnopqrstuvwxyzåäö".chars()
                    .position(|other| other == letter).unwrap()).collect()
            };
            prop_assert_eq!(
                name(&a, "Bo").sort_key().cmp(&name(&b, "Bo").sort_key()), place(&a).cmp(&place(&b)));
            prop_assert_eq!(
                name("Ek", &a).sort_key().cmp(&name("Ek", &b).sort_key()), place(&a).cmp(&place(&b)));
        }

        #[test]
        fn neither_case_nor_normal_form_matters(word in "[a-zåäöéüàøæ ]{0,20}[a-zå]") {
            use unicode_normalization::UnicodeNormalization;
            let capitals = name(&word.to_uppercase(), "Bo");
            let decomposed: String = word.nfd().collect();
            prop_assert_eq!(capitals.sort_key(), name(&word, "Bo").sort_key());
            prop_assert_eq!(capitals.search_key(), name(&word, "Bo").search_key());
            prop_assert_eq!(search_key_of_query(&decomposed), search_key_of_query(&word));
        }

        #[test]
        fn a_folded_query_folds_to_itself(typed in ".{0,40}") {
            let key = search_key_of_query(&typed);
            prop_assert_eq!(search_key_of_query(&key), key.clone());
            prop_assert!(!key.contains(['%', '_', '\\', '*', '\0']) && key.trim() == key);
        }

        #[test]
        fn any_name_has_keys_and_finds_itself(family in ".{1,30}", given in ".{1,30}") {
            let draft = NameDraft { given, family, ..NameDraft::default() };
            if let Ok(name) = PersonName::new(&draft) {
                let _ = name.sort_key();
                let query = search_key_of_query(&draft.family);
                for word in query.split(' ').filter(|word| !word.is_empty()) {
                    let prefix = format!(" {word}");
                    prop_assert!(name.search_key().contains(&prefix));
                }
            }
        }
    }
}
