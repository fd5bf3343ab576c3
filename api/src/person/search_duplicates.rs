use actix_web::{post, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use skolhus_domain::{
    access::{Scope, declared::ManagePersons},
    id::PersonId,
    person::{NewPerson, ProtectionReport},
};
use skolhus_persistence::DatabaseConnection;
use utoipa::ToSchema;
use validator::Validate;

use super::{
    duplicate::{LikePerson, alike},
    fields::{
        ContactDocument, ExternalIdentifierDocument, IdentityNumberDocument, NameDocument, PersonFields,
    },
};
use crate::http::{body::Body, permit::Permit, problem::Problem, state::State};

/// A person who might be entered.
#[derive(Clone, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SearchDuplicates {
    /// The name.
    #[validate(nested)]
    pub name: NameDocument,
    /// The date of birth, from 1900 on; left out, it is taken from an identity number.
    #[serde(default)]
    #[schema(example = "1985-07-13")]
    pub birth_date: Option<NaiveDate>,
    /// How they are reached.
    #[serde(default)]
    #[validate(nested)]
    pub contact: ContactDocument,
    /// Identity numbers.
    #[serde(default)]
    #[validate(length(max = 20), nested)]
    #[schema(max_items = 20)]
    pub identity_numbers: Vec<IdentityNumberDocument>,
    /// What other systems call them.
    #[serde(default)]
    #[validate(length(max = 50), nested)]
    #[schema(max_items = 50)]
    pub external_identifiers: Vec<ExternalIdentifierDocument>,
}

/// Whom the draft is like.
#[derive(Debug, Serialize, ToSchema)]
pub struct FoundDuplicates {
    /// Persons within reach, the most alike first.
    pub data: Vec<LikePerson>,
}

/// Look for somebody before entering them
///
/// Whom within your reach a draft is like, with what speaks for it. Who is out of reach is not told of, and
/// nothing is kept.
#[utoipa::path(
    operation_id = "searchDuplicates", tag = "person",
    extensions(("x-permission" = json!("person:manage"))),
    request_body(content = SearchDuplicates, example = json!({
        "name": { "givenName": "Åsa Märta", "familyName": "Öberg" }, "birthDate": "1985-07-13",
        "contact": { "emails": [{ "address": "asa.oberg@exempel.se" }] },
    })),
    responses((status = 200, description = "Whom it is like.", body = FoundDuplicates))
)]
#[post("/v1/persons/duplicate-search")]
pub async fn handle(
    permit: Permit<ManagePersons>,
    state: web::Data<State>,
    body: Body<SearchDuplicates>,
) -> Result<web::Json<FoundDuplicates>, Problem> {
    let fresh = state.fresh();
    let found = state
        .database
        .read(permit.caller(), move |connection, scope| search_duplicates(connection, scope, fresh, &body))
        .await?;
    Ok(web::Json(found))
}

/// The use-case; `fresh` is an id that nobody has.
///
/// # Errors
/// [`crate::http::catalogue::Code::InvalidFields`]; a failure of the database.
pub fn search_duplicates(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    fresh: PersonId,
    request: &SearchDuplicates,
) -> Result<FoundDuplicates, Problem> {
    let SearchDuplicates { name, birth_date, contact, identity_numbers, external_identifiers } =
        request.clone();
    let fields = PersonFields {
        name,
        birth_date,
        sex: None,
        contact,
        addresses: Vec::new(),
        identity_numbers,
        external_identifiers,
        school_unit_id: None,
    };
    let draft = fields.draft(ProtectionReport::NotCarried);
    let new = NewPerson::new(fresh, scope.organiser(), &draft, scope.today())?;
    Ok(FoundDuplicates { data: alike(connection, scope, new.facts())? })
}
