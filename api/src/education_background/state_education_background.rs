use actix_web::{HttpResponse, put, web};
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::StateEducationBackground},
    code::Table,
    education_background::NewStatement,
    id::PersonId,
};
use skolhus_persistence::{Tx, education_background, organisation::code};
use utoipa::ToSchema;
use validator::Validate;

use super::{document::EducationBackgroundDocument, get_education_background::get_education_background};
use crate::http::{
    body::Body,
    etag::IfMatch,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, saved},
    state::State,
};

/// What education somebody has.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = StateEducationBackground)]
pub struct NewEducationStatement {
    /// The education, as a code of the table `education-background`.
    #[validate(length(min = 1, max = 40))]
    #[schema(example = "compulsory", min_length = 1, max_length = 40)]
    pub code: String,
    /// What is shown for it, such as the name of a document.
    #[serde(default)]
    #[validate(length(min = 1, max = 500))]
    #[schema(example = "Slutbetyg från Ängelholms gymnasieskola, 2019", min_length = 1, max_length = 500)]
    pub evidence: Option<String>,
}

/// State an education background
///
/// What education a participant has, as they say it themselves or a registrar enters it for them, today. `If-Match` is the
/// version, `"0"` where nothing is known. What is certified stays as it is, and only that is reported. Stating what is
/// already stated changes nothing.
#[utoipa::path(
    operation_id = "stateEducationBackground", tag = "education-background",
    extensions(("x-permission" = json!("education-background:state"))),
    params(IdPath),
    request_body(content = NewEducationStatement, example = json!({ "code": "compulsory", "evidence": "Slutbetyg från Ängelholms gymnasieskola, 2019" })),
    responses((status = 200, description = "What is known now.", body = EducationBackgroundDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[put("/v1/persons/{id}/education-background/statement")]
pub async fn handle(
    permit: Permit<StateEducationBackground>,
    state: web::Data<State>,
    id: PathId<PersonId>,
    if_match: IfMatch,
    body: Body<NewEducationStatement>,
) -> Result<HttpResponse, Problem> {
    let known = state
        .database
        .write(permit.caller(), move |tx, scope| {
            state_education_background(tx, scope, id.0, &if_match, &body)
        })
        .await?;
    Ok(saved(known.version, &known))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`, `InvalidFields`; a failure of the database.
pub fn state_education_background(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: PersonId,
    if_match: &IfMatch,
    request: &NewEducationStatement,
) -> Result<EducationBackgroundDocument, Problem> {
    education_background::lock(tx, &[id])?;
    let before = education_background::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    let value = before.value();
    let same = value.stated().is_some_and(|stated| {
        stated.code.as_str() == request.code
            && stated.evidence.as_ref().map(|words| words.as_str()) == request.evidence.as_deref()
    });
    if_match.check_unless(same, before.version())?;
    if same {
        return Ok(EducationBackgroundDocument::of(&before));
    }
    let table = code::entries(tx.connection(), Table::EducationBackground)?;
    let new = NewStatement { code: &request.code, evidence: request.evidence.as_deref(), on: scope.today() };
    let after = value.state(new, &table)?;
    education_background::save_many(tx, scope, &[(before, after)])?;
    get_education_background(tx.connection(), scope, id)
}
