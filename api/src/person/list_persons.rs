use std::sync::Arc;

use actix_web::{get, web};
use chrono::NaiveDate;
use serde::Deserialize;
use skolhus_domain::{
    access::{InformationClass, Scope, declared::ReadPersons},
    id::{Id, PersonId},
    person::{ExternalIdentifier, Person},
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{
    DatabaseConnection, Page, PageRequest, Saved, Tx,
    person::{self, PersonFilter, PersonSort},
};
use utoipa::IntoParams;
use uuid::Uuid;

use super::{document::PersonDocument, get_person::read_as_cleared};
use crate::http::{
    catalogue::Code,
    listing::{List, Listing, Several, SortKey},
    permit::Permit,
    problem::Problem,
    state::State,
};

/// Which persons.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filters {
    /// Words of the name, each by its beginning, in any order; upper and lower case are the same.
    #[param(example = "öb ås", max_length = 200)]
    name: Option<String>,
    /// Parts of the name, each anywhere in a word.
    #[param(example = "berg", max_length = 200)]
    name_contains: Option<String>,
    /// Only those who belong to these school units (registered, enrolled, working or participating there), separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000a1")]
    school_unit_id: Option<Several<Uuid>>,
    /// Only those born on this day. For roles that see dates of birth.
    #[param(example = "1985-07-13")]
    birth_date: Option<NaiveDate>,
    /// Only whom this system calls by `externalValue`. For roles that see identity numbers.
    #[param(example = "rexnet", max_length = 100)]
    external_system: Option<String>,
    /// What the system in `externalSystem` calls the person.
    #[param(example = "P-4711", max_length = 400)]
    external_value: Option<String>,
}

impl SortKey for PersonSort {
    const KEYS: &'static [(&'static str, Self)] = &[("name", Self::Name), ("modifiedAt", Self::ModifiedAt)];
}

/// List persons
///
/// The persons within reach, by family name and given names in Swedish order unless asked otherwise.
#[utoipa::path(
    operation_id = "listPersons", tag = "person",
    extensions(("x-permission" = json!("person:read"))),
    params(Listing<Filters, PersonSort>),
    responses((status = 200, description = "One page of persons.", body = List<PersonDocument>))
)]
#[get("/v1/persons")]
pub async fn handle(
    permit: Permit<ReadPersons>,
    state: web::Data<State>,
    listing: Listing<Filters, PersonSort>,
) -> Result<web::Json<List<PersonDocument>>, Problem> {
    let (filters, request, walker) = listing.request(&state, &permit)?;
    let asked = Arc::new((filters, request));
    let again = Arc::clone(&asked);
    let page = state
        .database
        .read(permit.caller(), move |connection, scope| list_persons(connection, scope, &asked.0, &asked.1))
        .await?;
    let page = match page {
        Some(page) => page,
        None => {
            let opened = state
                .database
                .write(permit.caller(), move |tx, scope| list_persons_opened(tx, scope, &again.0, &again.1));
            opened.await?
        }
    };
    walker.list(page, &state, &permit).map(web::Json)
}

/// The use-case. None where a protected person is among them of whom the caller is cleared to know: that they
/// read the record is to be logged first.
///
/// # Errors
/// [`Code::NotPermitted`] for a filter on what the caller's role does not open;
/// [`Code::MalformedParameter`] for half an external identifier; a failure of the database.
pub fn list_persons(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filters: &Filters,
    request: &PageRequest<PersonSort>,
) -> Result<Option<Page<PersonDocument>>, Problem> {
    let page = find(connection, scope, filters, request)?;
    if page.items.iter().any(|saved| saved.value.name.needs_grant()) {
        return Ok(None);
    }
    page.try_map(|saved| PersonDocument::of(&saved, scope, None)).map(Some)
}

/// As [`list_persons`], with the access recorded to those who are protected.
fn list_persons_opened(
    tx: &mut Tx<'_>,
    scope: &Scope,
    filters: &Filters,
    request: &PageRequest<PersonSort>,
) -> Result<Page<PersonDocument>, Problem> {
    let page = find(tx.connection(), scope, filters, request)?;
    let protected = page.items.iter().filter(|saved| saved.value.name.needs_grant());
    let protected: Vec<PersonId> = protected.map(|saved| saved.id).collect();
    let grant = tx.record_access(&read_as_cleared()?, &protected);
    page.try_map(|saved| PersonDocument::of(&saved, scope, Some(&grant)))
}

fn find(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filters: &Filters,
    request: &PageRequest<PersonSort>,
) -> Result<Page<Saved<PersonId, Person>>, Problem> {
    let Filters { name, name_contains, school_unit_id, birth_date, external_system, external_value } =
        filters;
    let external = match (external_system, external_value) {
        (Some(system), Some(value)) => {
            ExternalIdentifier::new(system, value).map_err(malformed)?;
            Some((system.clone(), value.clone()))
        }
        (None, None) => None,
        (Some(_), None) => return Err(missing("externalValue")),
        (None, Some(_)) => return Err(missing("externalSystem")),
    };
    if birth_date.is_some() {
        may_compare(scope, InformationClass::Contact, "birthDate")?;
    }
    if external.is_some() {
        may_compare(scope, InformationClass::IdentityNumber, "externalSystem")?;
    }
    let filter = PersonFilter {
        name: name.clone(),
        name_contains: name_contains.clone(),
        school_units: school_unit_id
            .iter()
            .flat_map(|ids| ids.0.iter().copied().map(Id::from_uuid))
            .collect(),
        birth_date: *birth_date,
        external,
    };
    Ok(person::list(connection, scope, &filter, request)?)
}

/// Whoever may search by a field could read it by trying.
fn may_compare(scope: &Scope, class: InformationClass, parameter: &str) -> Result<(), Problem> {
    if scope.classes_about_others().has(class) {
        Ok(())
    } else {
        Err(Problem::new(Code::NotPermitted)
            .detail(format!("your roles do not show the field that {parameter} compares with")))
    }
}

fn malformed(refusal: Refusal) -> Problem {
    let parameter = if refusal.pointer == "/system" { "externalSystem" } else { "externalValue" };
    Problem::new(Code::MalformedParameter)
        .errors(vec![Refusal::new(refusal.rule, refusal.detail).at(&format!("/query/{parameter}"))])
}

fn missing(parameter: &str) -> Problem {
    Problem::new(Code::MalformedParameter).errors(vec![
        Refusal::new(Rule::Required, "externalSystem and externalValue belong together")
            .at(&format!("/query/{parameter}")),
    ])
}
