use actix_web::{post, web};
use serde::{Deserialize, Serialize};
use skolhus_domain::{
    access::{Scope, declared::SearchIdentityNumbers},
    person::IdentityNumber,
};
use skolhus_persistence::{DatabaseConnection, person};
use utoipa::ToSchema;
use validator::Validate;

use super::{codes::NumberKindCode, document::PersonDocument};
use crate::http::{body::Body, permit::Permit, problem::Problem, state::State};

/// The number that is searched for.
#[derive(Clone, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SearchPersons {
    /// The kind; left out, it is worked out from how the number is written.
    #[serde(default)]
    pub kind: Option<NumberKindCode>,
    /// The whole number, in any common spelling.
    #[validate(length(min = 10, max = 13))]
    #[schema(
        example = "198507132390",
        min_length = 10,
        max_length = 13,
        pattern = "^([0-9]{2})?[0-9]{6}[-+]?[0-9A-Za-z]{4}$"
    )]
    pub value: String,
}

/// Whom a search found.
#[derive(Debug, Serialize, ToSchema)]
pub struct FoundPersons {
    /// The persons within reach: at most one, but for T and TF numbers, which several school units may have given.
    pub data: Vec<PersonDocument>,
}

/// Find a person by identity number
///
/// A POST, so that the number stands in no address and no log. Nobody found and nobody within reach are one answer.
#[utoipa::path(
    operation_id = "searchPersons", tag = "person",
    extensions(("x-permission" = json!("person:search-identity-number"))),
    request_body(content = SearchPersons, example = json!({ "value": "198507132390" })),
    responses((status = 200, description = "Whom it found.", body = FoundPersons))
)]
#[post("/v1/persons/search")]
pub async fn handle(
    permit: Permit<SearchIdentityNumbers>,
    state: web::Data<State>,
    body: Body<SearchPersons>,
) -> Result<web::Json<FoundPersons>, Problem> {
    let found = state
        .database
        .read(permit.caller(), move |connection, scope| search_persons(connection, scope, &body))
        .await?;
    Ok(web::Json(found))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::InvalidFields`] at `/value`; a failure of the database.
pub fn search_persons(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    request: &SearchPersons,
) -> Result<FoundPersons, Problem> {
    let SearchPersons { kind, value } = request;
    let number = match kind {
        Some(kind) => IdentityNumber::parse((*kind).into(), value, scope.today()),
        None => IdentityNumber::recognise(value, scope.today()),
    };
    let number = number.map_err(|refusal| refusal.at("/value"))?;
    let found = person::find_by_number(connection, scope, &number)?;
    let data = found.iter().map(|saved| PersonDocument::of(saved, scope, None)).collect::<Result<_, _>>()?;
    Ok(FoundPersons { data })
}
