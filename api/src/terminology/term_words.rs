//! A term as the interface shows it.

use std::collections::BTreeMap;

use actix_web::{HttpResponse, http::header};
use serde::{Deserialize, Serialize};
use skolhus_domain::{
    access::{Reach, Scope},
    terminology::{self, Language, Term, Wording, Wordings},
};
use skolhus_persistence::{
    DatabaseConnection,
    terminology::{Override, all},
};
use utoipa::{IntoParams, ToSchema};

use crate::http::{catalogue::Code, etag::etag, problem::Problem};

/// The key in the path.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct KeyPath {
    /// The key of the term.
    #[param(example = "mobility-support")]
    pub key: String,
}

impl KeyPath {
    /// The key, if a term has it.
    pub(super) fn known(&self) -> Result<&'static str, Problem> {
        terminology::key(&self.key).ok_or_else(Problem::not_found)
    }
}

/// A term: what a thing is called in the language asked for, and in every language.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TermWords)]
pub struct TermWordsDocument {
    /// The stable key.
    #[schema(example = "mobility-support")]
    pub key: String,
    /// The version of the organiser's own words, as in the `ETag`; 0 if it never had any.
    #[schema(example = 0, minimum = 0)]
    pub version: i64,
    /// Whether these are the organiser's own words rather than the shared ones.
    #[schema(example = false)]
    pub own: bool,
    /// The language of `label`, `plural` and `aliases`: `sv` or `en`.
    #[schema(example = "sv")]
    pub language: String,
    /// What it is called.
    #[schema(example = "Mobilitetsstöd")]
    pub label: String,
    /// What several are called, where there is a word for it.
    #[schema(required, example = "Inskrivningar")]
    pub plural: Option<String>,
    /// What it was called before, or is called elsewhere.
    #[schema(example = json!(["landstingsbidrag"]))]
    pub aliases: Vec<String>,
    /// The words in Swedish.
    pub sv: WordingDocument,
    /// The words in English.
    pub en: WordingDocument,
}

/// The words for a thing in one language.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Wording)]
pub struct WordingDocument {
    /// What it is called.
    #[schema(example = "Mobilitetsstöd")]
    pub label: String,
    /// What several are called.
    #[schema(required, example = "Inskrivningar")]
    pub plural: Option<String>,
    /// Old words, and words used elsewhere.
    #[schema(example = json!(["landstingsbidrag"]))]
    pub aliases: Vec<String>,
}

impl WordingDocument {
    fn of(wording: Option<&Wording>) -> Self {
        let Some(Wording { label, plural, aliases }) = wording else { return Self::default() };
        Self {
            label: label.as_str().to_owned(),
            plural: plural.as_ref().map(|plural| plural.as_str().to_owned()),
            aliases: aliases.iter().map(|alias| alias.as_str().to_owned()).collect(),
        }
    }
}

impl TermWordsDocument {
    /// The document of a term.
    #[must_use]
    pub fn of(term: &Term, version: i64, own: bool, language: Language) -> Self {
        let WordingDocument { label, plural, aliases } = WordingDocument::of(term.wording(language));
        Self {
            key: term.key.to_owned(),
            version,
            own,
            language: language.tag().to_owned(),
            label,
            plural,
            aliases,
            sv: WordingDocument::of(term.wording(Language::Swedish)),
            en: WordingDocument::of(term.wording(Language::English)),
        }
    }

    /// The document of one term with these own words.
    pub(super) fn with(key: &str, own: &Override, language: Language) -> Result<Self, Problem> {
        let words: BTreeMap<String, Wordings> =
            own.wordings.iter().map(|wordings| (key.to_owned(), wordings.clone())).collect();
        let terms = terminology::with_own_words(words)?;
        let term = terms.iter().find(|term| term.key == key).ok_or_else(Problem::not_found)?;
        Ok(Self::of(term, own.version, own.wordings.is_some(), language))
    }
}

/// The terms as the organiser uses them, each with the version of its own words and whether it has any.
///
/// # Errors
/// A failure of the database.
pub fn own_terms(
    connection: &mut DatabaseConnection,
    scope: &Scope,
) -> Result<Vec<(Term, i64, bool)>, Problem> {
    let own = all(connection, scope)?;
    let versions: BTreeMap<String, (i64, bool)> =
        own.iter().map(|(key, own)| (key.clone(), (own.version, own.wordings.is_some()))).collect();
    let words = own.into_iter().filter_map(|(key, own)| Some((key, own.wordings?))).collect();
    let terms = terminology::with_own_words(words)?;
    let versioned = terms.into_iter().map(|term| {
        let (version, own) = versions.get(term.key).copied().unwrap_or_default();
        (term, version, own)
    });
    Ok(versioned.collect())
}

/// Words are the organiser's as a whole, and so is the right to choose them.
pub(super) fn for_the_organiser(scope: &Scope) -> Result<(), Problem> {
    if scope.reach() == &Reach::Organiser { Ok(()) } else { Err(Problem::new(Code::NotPermitted)) }
}

/// Answers with a term in a language.
pub(super) fn answer(document: &TermWordsDocument, language: Language) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::ETAG, etag(document.version)))
        .insert_header((header::CONTENT_LANGUAGE, language.tag()))
        .insert_header((header::VARY, header::ACCEPT_LANGUAGE.as_str()))
        .json(document)
}
