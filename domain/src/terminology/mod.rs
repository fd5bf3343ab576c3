//! Terminology (terminologi): what things are called, in Swedish and English, and what they were
//! called before. An organiser may use other words; the old ones still find the thing.

mod seed;

use std::collections::BTreeMap;

use crate::{
    person::{search_key_of_query, search_key_of_text},
    refusal::{Refusal, Refusals, Rule},
    text::Text,
};

/// The most old words of one term in one language.
pub const MOST_ALIASES: usize = 20;
/// The longest word, in characters.
pub const LONGEST_WORD: usize = 100;

/// A language that words come in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Language {
    /// Swedish.
    #[default]
    Swedish,
    /// English.
    English,
}

impl Language {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Swedish, Self::English];

    /// The tag of the language: `sv` or `en`.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::Swedish => "sv",
            Self::English => "en",
        }
    }

    /// The language an `Accept-Language` header would rather have: of ours the one with the greatest
    /// weight, the first of equals; Swedish where it names none.
    #[must_use]
    pub fn of_header(header: &str) -> Self {
        let mut best: Option<(u32, Self)> = None;
        for range in header.split(',') {
            let (tag, parameters) = range.split_once(';').unwrap_or((range, ""));
            let primary = tag.trim().split('-').next().unwrap_or_default();
            let Some(language) =
                Self::ALL.into_iter().find(|language| primary.eq_ignore_ascii_case(language.tag()))
            else {
                continue;
            };
            let weight = parameters.trim().strip_prefix("q=").map_or(1000, thousandths);
            if weight > 0 && best.is_none_or(|(other, _)| weight > other) {
                best = Some((weight, language));
            }
        }
        best.map_or_else(Self::default, |(_, language)| language)
    }
}

/// A weight of 0 to 1 with at most three decimals, in thousandths; 0 for what is none.
fn thousandths(weight: &str) -> u32 {
    let (whole, decimals) = weight.trim().split_once('.').unwrap_or((weight.trim(), ""));
    let padded: String = decimals.chars().chain("000".chars()).take(3).collect();
    match (whole.parse::<u32>(), padded.parse::<u32>()) {
        (Ok(whole), Ok(decimals)) => (whole.min(1) * 1000 + decimals).min(1000),
        _ => 0,
    }
}

/// What a term is called in one language.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wording {
    /// The word, as a heading or in a sentence: 1 to 100 characters.
    pub label: Text,
    /// The word for several, where there is one.
    pub plural: Option<Text>,
    /// What it was called before, or is called elsewhere; at most 20, each once.
    pub aliases: Vec<Text>,
}

/// What a term is called in every language.
pub type Wordings = BTreeMap<Language, Wording>;

/// A term: a stable key, and what people call it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Term {
    /// The key: lower case, words separated by hyphens. It is never renamed.
    pub key: &'static str,
    /// The words, one entry for each language.
    pub wordings: Wordings,
}

impl Term {
    /// The words in a language.
    #[must_use]
    pub fn wording(&self, language: Language) -> Option<&Wording> {
        self.wordings.get(&language)
    }

    /// Every word of the term, in every language.
    fn words(&self) -> impl Iterator<Item = &str> {
        self.wordings.values().flat_map(|wording| {
            let Wording { label, plural, aliases } = wording;
            std::iter::once(label).chain(plural).chain(aliases).map(Text::as_str)
        })
    }

    /// Whether what somebody typed finds the term: every word of it begins a word of one of the
    /// term's names, in any language, old names too. Nothing typed finds everything.
    #[must_use]
    pub fn is_found_by(&self, typed: &str) -> bool {
        let query = search_key_of_query(typed);
        self.words().any(|name| {
            let key = search_key_of_text(name);
            query.split_whitespace().all(|word| key.contains(&format!(" {word}")))
        })
    }
}

/// Folded names, by which something else than a term is found: what was typed, and every name of the
/// terms that it finds.
#[must_use]
pub fn names_for(terms: &[Term], typed: &str) -> Vec<String> {
    let typed_key = search_key_of_query(typed);
    let mut names = vec![typed_key.clone()];
    if !typed_key.is_empty() {
        names.extend(
            terms
                .iter()
                .filter(|term| term.is_found_by(typed))
                .flat_map(Term::words)
                .map(search_key_of_query),
        );
    }
    names.sort();
    names.dedup();
    names
}

/// Whether a text holds one of the [`names_for`] something typed.
#[must_use]
pub fn holds_one_of(text: &str, names: &[String]) -> bool {
    let key = search_key_of_query(text);
    names.iter().any(|name| key.contains(name.as_str()))
}

/// The terms that every organiser begins with, by key.
///
/// # Errors
/// None, as a test shows: they pass the same checks as any other.
pub fn defaults() -> Result<Vec<Term>, Refusals> {
    seed::TERMS.iter().map(seed::TermSeed::term).collect()
}

/// Whether a term has the key.
#[must_use]
pub fn key(key: &str) -> Option<&'static str> {
    seed::TERMS.iter().map(|term| term.key).find(|other| *other == key)
}

/// The terms as an organiser uses them: its own words where it has any.
///
/// # Errors
/// As [`defaults`].
pub fn with_own_words(mut own: BTreeMap<String, Wordings>) -> Result<Vec<Term>, Refusals> {
    let mut terms = defaults()?;
    for term in &mut terms {
        if let Some(wordings) = own.remove(term.key) {
            term.wordings.extend(wordings);
        }
    }
    Ok(terms)
}

/// The words of a term in one language as somebody wrote them.
#[derive(Clone, Debug)]
pub struct NewWording<'a> {
    /// See [`Wording::label`].
    pub label: &'a str,
    /// See [`Wording::plural`].
    pub plural: Option<&'a str>,
    /// See [`Wording::aliases`].
    pub aliases: Vec<&'a str>,
}

impl NewWording<'_> {
    /// Checks them.
    ///
    /// # Errors
    /// What [`Text::line`] refuses, at `/label`, `/plural` and `/aliases/0` …; [`Rule::Duplicate`] for an old
    /// word that stands twice, whatever its case; [`Rule::OutOfRange`] for too many.
    pub fn validate(&self) -> Result<Wording, Refusals> {
        let Self { label, plural, aliases } = self;
        let mut refusals = Refusals::default();
        let label = refusals.note("/label", Text::line(label, LONGEST_WORD));
        let plural = plural.and_then(|plural| refusals.note("/plural", Text::line(plural, LONGEST_WORD)));
        if aliases.len() > MOST_ALIASES {
            let detail = format!("at most {MOST_ALIASES} old words");
            refusals.note::<()>("/aliases", Err(Refusal::new(Rule::OutOfRange, detail)));
        }
        let mut checked: Vec<Text> = Vec::new();
        for (place, alias) in aliases.iter().enumerate() {
            let word = Text::line(alias, LONGEST_WORD).and_then(|word| {
                let folded = search_key_of_query(word.as_str());
                if checked.iter().any(|other| search_key_of_query(other.as_str()) == folded) {
                    Err(Refusal::new(Rule::Duplicate, "stands twice"))
                } else {
                    Ok(word)
                }
            });
            checked.extend(refusals.note(&format!("/aliases/{place}"), word));
        }
        match (label, refusals.finish()) {
            (Some(label), Ok(())) => Ok(Wording { label, plural, aliases: checked }),
            (_, finished) => Err(finished.err().unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(typed: &str) -> Vec<&'static str> {
        defaults().unwrap().into_iter().filter(|term| term.is_found_by(typed)).map(|term| term.key).collect()
    }

    #[test]
    fn old_words_find_the_thing() {
        assert_eq!(found("landstingsbidrag"), ["mobility-support"]);
        assert_eq!(found("Landstingsbidragen"), Vec::<&str>::new(), "nobody wrote that word down");
        assert_eq!(found("SÄRSKOLA"), ["adapted-compulsory-school", "adapted-upper-secondary-school"]);
        assert_eq!(found("grundsär"), ["adapted-compulsory-school"]);
        assert_eq!(found("gymnasiesärskola"), ["adapted-upper-secondary-school"]);
        assert_eq!(found("särvux"), ["adapted-adult-education"]);
        assert_eq!(found("lärvux"), ["adapted-adult-education"]);
        assert_eq!(found("friskola"), ["independent-school"]);
        assert_eq!(found("independent school"), ["independent-school"]);
        assert_eq!(found("").len(), seed::TERMS.len());
    }

    #[test]
    fn every_default_has_words_in_both_languages_and_a_key_of_its_own() {
        let terms = defaults().unwrap();
        let mut keys: Vec<&str> = terms.iter().map(|term| term.key).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), terms.len());
        for term in &terms {
            assert!(Language::ALL.iter().all(|language| term.wording(*language).is_some()), "{}", term.key);
            assert!(term.key.chars().all(|c| c == '-' || c.is_ascii_lowercase()), "{}", term.key);
            assert!(term.is_found_by(term.wording(Language::Swedish).unwrap().label.as_str()));
            assert_eq!(key(term.key), Some(term.key));
        }
    }

    #[test]
    fn what_is_called_otherwise_is_found_by_old_and_new_words() {
        let terms = defaults().unwrap();
        let names = names_for(&terms, "särskola");
        assert!(holds_one_of("Anpassad grundskola", &names));
        assert!(holds_one_of("Grundsärskola", &names));
        assert!(!holds_one_of("Förskoleklass", &names));
        assert!(holds_one_of("Grundsärskola", &names_for(&terms, "anpassad grundskola")));
    }

    #[test]
    fn the_language_follows_the_weights() {
        for (header, language) in [
            ("", Language::Swedish),
            ("de", Language::Swedish),
            ("en-GB", Language::English),
            ("en;q=0.2, sv;q=0.9", Language::Swedish),
            ("de, en;q=0.5, sv;q=0.5", Language::English),
            ("sv;q=0, en", Language::English),
            ("en;q=x", Language::Swedish),
            ("EN", Language::English),
        ] {
            assert_eq!(Language::of_header(header), language, "{header}");
        }
    }

    #[test]
    fn words_are_checked_one_by_one() {
        let new = NewWording { label: " ", plural: Some("\u{7}"), aliases: vec!["Stöd", "stöd"] };
        let refused = new.validate().unwrap_err().0;
        let pointers: Vec<&str> = refused.iter().map(|refusal| refusal.pointer.as_str()).collect();
        assert_eq!(pointers, ["/label", "/plural", "/aliases/1"]);
    }

    proptest! {
        #[test]
        fn a_term_is_found_by_any_of_its_own_words(label in "[a-zåäö]{1,20}( [a-zåäö]{1,20})?", alias in "[a-zåäö]{1,20}") {
            let new = NewWording { label: &label, plural: None, aliases: vec![&alias] };
            let own = BTreeMap::from([("person".to_owned(), BTreeMap::from([(Language::Swedish, new.validate().unwrap())]))]);
            let terms = with_own_words(own).unwrap();
            let person = terms.iter().find(|term| term.key == "person").unwrap();
            prop_assert!(person.is_found_by(&label) && person.is_found_by(&alias) && person.is_found_by(&label.to_uppercase()));
        }

        #[test]
        fn any_header_gives_a_language(header in "\\PC{0,60}") {
            prop_assert!(Language::ALL.contains(&Language::of_header(&header)));
        }
    }
}
