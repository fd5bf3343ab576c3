use actix_web::{HttpResponse, get, web};
use skolhus_domain::{
    access::{Scope, declared::ReadOrganisation},
    terminology::Language,
};
use skolhus_persistence::{DatabaseConnection, terminology};

use super::term_words::{KeyPath, TermWordsDocument, answer};
use crate::http::{language::Asked, permit::Permit, problem::Problem, state::State};

/// Read a term
///
/// What one thing is called. The `ETag` is the version of the organiser's own words: 0 if it never had any.
#[utoipa::path(
    operation_id = "getTermWords", tag = "terminology",
    extensions(("x-permission" = json!("organisation:read"))),
    params(KeyPath, ("Accept-Language" = Option<String>, Header, description = "The language of the label: sv or en.", example = "sv")),
    responses((status = 200, description = "The term.", body = TermWordsDocument,
        headers(("ETag" = String, description = "The version of the own words."), ("Content-Language" = String, description = "The language of the label."))))
)]
#[get("/v1/terminology/{key}")]
pub async fn handle(
    permit: Permit<ReadOrganisation>,
    state: web::Data<State>,
    Asked(language): Asked,
    path: web::Path<KeyPath>,
) -> Result<HttpResponse, Problem> {
    let document = state
        .database
        .read(permit.caller(), move |connection, scope| get_term_words(connection, scope, &path, language))
        .await?;
    Ok(answer(&document, language))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; a failure of the database.
pub fn get_term_words(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    path: &KeyPath,
    language: Language,
) -> Result<TermWordsDocument, Problem> {
    let key = path.known()?;
    let own = terminology::find(connection, scope, key)?;
    TermWordsDocument::with(key, &own, language)
}
