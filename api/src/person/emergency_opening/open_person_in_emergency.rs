use actix_web::{HttpResponse, post, web};
use skolhus_domain::{
    access::{Permission, Scope, declared::OpenInEmergency},
    id::{AccountId, EmergencyOpeningId, PersonId},
    person::EmergencyOpening,
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{
    Tx,
    identity::person_reader,
    person::{self, address, emergency_opening},
};

use crate::{
    http::{
        body::Body,
        catalogue::Code,
        permit::Permit,
        problem::Problem,
        resource::{IdPath, PathId, saved},
        state::State,
    },
    person::{
        address::AddressDocument,
        disclose_person::{DisclosePerson, DisclosedPerson},
        document::PersonDocument,
    },
};

/// Open a protected person's record in an emergency
///
/// When somebody must be reached or found at once and no protection officer is there: the whole record of a protected
/// person at one's own school unit, or of one whom one teaches or answers for. That it was opened, by whom and why, is
/// logged before anything is shown; the principals of the unit, the protection officers and the data protection officer
/// are told at once, and one of them looks into it. A record that is not protected is read as others are.
#[utoipa::path(
    operation_id = "openPersonInEmergency", tag = "person",
    extensions(("x-permission" = json!("person:open-in-emergency"))),
    params(IdPath),
    request_body(content = DisclosePerson, example = json!({ "reason": "Eleven har blivit akut sjuk, vårdnadshavaren måste nås" })),
    responses((status = 200, description = "The whole record.", body = DisclosedPerson, headers(("ETag" = String, description = "The record's version."))))
)]
#[post("/v1/persons/{id}/emergency-opening")]
pub async fn handle(
    permit: Permit<OpenInEmergency>,
    state: web::Data<State>,
    id: PathId<PersonId>,
    body: Body<DisclosePerson>,
) -> Result<HttpResponse, Problem> {
    let fresh = state.fresh();
    let person = state
        .database
        .write(permit.caller(), move |tx, scope| open_person_in_emergency(tx, scope, fresh, id.0, &body))
        .await?;
    Ok(saved(person.person.version, &person))
}

/// The use-case.
///
/// # Errors
/// [`Code::NotFound`] for somebody out of reach, and for somebody who is not protected; [`Code::InvalidFields`],
/// `Conflict` where there is nobody who could look into it; a failure of
/// the database.
pub fn open_person_in_emergency(
    tx: &mut Tx<'_>,
    scope: &Scope,
    fresh: EmergencyOpeningId,
    id: PersonId,
    request: &DisclosePerson,
) -> Result<DisclosedPerson, Problem> {
    let reason = request.checked()?;
    let opened_by = scope.account().ok_or_else(|| Problem::new(Code::NotPermitted))?;
    if !emergency_opening::is_needed(tx.connection(), scope, id)? {
        return Err(Problem::not_found());
    }
    let grant = tx.record_access(&reason, &[id]);
    let opening =
        EmergencyOpening { person: id, opened_by, roles: scope.held_roles().to_vec(), reason, review: None };
    let told: Vec<AccountId> =
        person_reader::holders(tx.connection(), scope, Permission::ReviewEmergencyOpenings, id)?;
    let told: Vec<AccountId> = told.into_iter().filter(|account| *account != opened_by).collect();
    if told.is_empty() {
        let detail =
            "there is nobody who could look into it afterwards; an administrator gives somebody the role";
        return Err(Refusal::new(Rule::State, detail).into());
    }
    emergency_opening::insert(tx, scope, fresh, &opening, &told)?;
    let saved = person::open(tx, scope, id, &grant)?.ok_or_else(Problem::not_found)?;
    let addresses = address::open(tx, scope, id, &grant)?;
    Ok(DisclosedPerson {
        person: PersonDocument::of(&saved, scope, Some(&grant))?,
        addresses: addresses.iter().map(AddressDocument::of).collect(),
    })
}
