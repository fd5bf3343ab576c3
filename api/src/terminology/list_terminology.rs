use actix_web::{HttpResponse, get, http::header, web};
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ReadOrganisation},
    terminology::Language,
};
use skolhus_persistence::DatabaseConnection;
use utoipa::IntoParams;

use super::term_words::{TermWordsDocument, own_terms};
use crate::http::{
    language::Asked, listing::List, permit::Permit, problem::Problem, query::Query, state::State,
};

/// Which terms.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TermsAsked {
    /// Only terms that these words find: each begins a word of one of the term's names, in any language, old
    /// names too. `landstingsbidrag` finds mobilitetsstöd.
    #[param(example = "landstingsbidrag", max_length = 200)]
    pub search: Option<String>,
}

/// List terminology
///
/// What things are called, on one page, by key: in the language that `Accept-Language` asks for (Swedish unless
/// it asks for English), with the organiser's own words where it has any, and with old words.
#[utoipa::path(
    operation_id = "listTerminology", tag = "terminology",
    extensions(("x-permission" = json!("organisation:read"))),
    params(TermsAsked, ("Accept-Language" = Option<String>, Header, description = "The language of labels: sv or en.", example = "sv")),
    responses((status = 200, description = "The terms.", body = List<TermWordsDocument>,
        headers(("Content-Language" = String, description = "The language of the labels."))))
)]
#[get("/v1/terminology")]
pub async fn handle(
    permit: Permit<ReadOrganisation>,
    state: web::Data<State>,
    Asked(language): Asked,
    asked: Query<TermsAsked>,
) -> Result<HttpResponse, Problem> {
    let data = state
        .database
        .read(permit.caller(), move |connection, scope| {
            list_terminology(connection, scope, &asked.0, language)
        })
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_LANGUAGE, language.tag()))
        .insert_header((header::VARY, header::ACCEPT_LANGUAGE.as_str()))
        .json(List { data, page_token: None, as_of: None }))
}

/// The use-case.
///
/// # Errors
/// A failure of the database.
pub fn list_terminology(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    asked: &TermsAsked,
    language: Language,
) -> Result<Vec<TermWordsDocument>, Problem> {
    let TermsAsked { search } = asked;
    let typed = search.as_deref().unwrap_or_default();
    let terms = own_terms(connection, scope)?.into_iter().filter(|(term, ..)| term.is_found_by(typed));
    Ok(terms.map(|(term, version, own)| TermWordsDocument::of(&term, version, own, language)).collect())
}
