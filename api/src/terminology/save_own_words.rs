use actix_web::{HttpResponse, put, web};
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ManageOrganisation},
    refusal::{Refusal, Refusals},
    terminology::{Language, NewWording, Wordings},
};
use skolhus_persistence::{Tx, terminology};
use utoipa::ToSchema;
use validator::Validate;

use super::term_words::{KeyPath, TermWordsDocument, answer, for_the_organiser};
use crate::http::{
    body::Body, etag::IfMatch, language::Asked, permit::Permit, problem::Problem, state::State,
};

/// An organiser's own words for a term. A language that is left out keeps the shared words.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SaveOwnWords {
    /// The words in Swedish.
    #[validate(nested)]
    pub sv: Option<OwnWording>,
    /// The words in English.
    #[validate(nested)]
    pub en: Option<OwnWording>,
}

/// Own words in one language.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OwnWording {
    /// What it is called.
    #[validate(length(min = 1, max = 100))]
    #[schema(example = "Resestöd", min_length = 1, max_length = 100)]
    pub label: String,
    /// What several are called, where there is a word for it.
    #[validate(length(min = 1, max = 100))]
    #[schema(example = "Resestöd", min_length = 1, max_length = 100)]
    pub plural: Option<String>,
    /// Old words that still find it, each once; at most 20 of at most 100 characters.
    #[serde(default)]
    #[validate(length(max = 20))]
    #[schema(example = json!(["mobilitetsstöd", "landstingsbidrag"]), max_items = 20)]
    pub aliases: Vec<String>,
}

/// Save own words for a term
///
/// The whole set of the organiser's own words for one term, in place of the shared ones. `If-Match` is the
/// version of the own words: `"0"` where there never were any. Saving what is already so changes nothing. Only
/// those who work for the whole organiser may.
#[utoipa::path(
    operation_id = "saveOwnWords", tag = "terminology",
    extensions(("x-permission" = json!("organisation:manage"))),
    params(KeyPath, ("Accept-Language" = Option<String>, Header, description = "The language of the label: sv or en.", example = "sv")),
    request_body(content = SaveOwnWords, example = json!({ "sv": { "label": "Resestöd", "aliases": ["mobilitetsstöd", "landstingsbidrag"] } })),
    responses((status = 200, description = "The term's present words.", body = TermWordsDocument,
        headers(("ETag" = String, description = "The version of the own words."), ("Content-Language" = String, description = "The language of the label."))))
)]
#[put("/v1/terminology/{key}")]
pub async fn handle(
    permit: Permit<ManageOrganisation>,
    state: web::Data<State>,
    Asked(language): Asked,
    path: web::Path<KeyPath>,
    if_match: IfMatch,
    body: Body<SaveOwnWords>,
) -> Result<HttpResponse, Problem> {
    let document = state
        .database
        .write(permit.caller(), move |tx, scope| save_own_words(tx, scope, &path, &if_match, &body, language))
        .await?;
    Ok(answer(&document, language))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `NotPermitted`, `Stale`, `InvalidFields`; a failure of the
/// database.
pub fn save_own_words(
    tx: &mut Tx<'_>,
    scope: &Scope,
    path: &KeyPath,
    if_match: &IfMatch,
    request: &SaveOwnWords,
    language: Language,
) -> Result<TermWordsDocument, Problem> {
    let key = path.known()?;
    for_the_organiser(scope)?;
    let before = terminology::find(tx.connection(), scope, key)?;
    let wordings = wordings(request)?;
    if_match.check_unless(before.wordings.as_ref() == Some(&wordings), before.version)?;
    let saved = terminology::save(tx, scope, key, before, Some(&wordings))?;
    TermWordsDocument::with(key, &saved, language)
}

fn wordings(request: &SaveOwnWords) -> Result<Wordings, Problem> {
    let SaveOwnWords { sv, en } = request;
    let mut refusals = Refusals::default();
    let mut wordings = Wordings::new();
    for (language, own) in [(Language::Swedish, sv), (Language::English, en)] {
        let Some(OwnWording { label, plural, aliases }) = own else { continue };
        let new = NewWording {
            label,
            plural: plural.as_deref(),
            aliases: aliases.iter().map(String::as_str).collect(),
        };
        match new.validate() {
            Ok(wording) => {
                wordings.insert(language, wording);
            }
            Err(refused) => refusals.0.extend(refused.0.into_iter().map(|refusal| {
                let pointer = format!("/{}{}", language.tag(), refusal.pointer);
                Refusal { pointer, ..refusal }
            })),
        }
    }
    refusals.finish()?;
    Ok(wordings)
}
