use std::collections::BTreeSet;

use actix_web::{HttpResponse, http::StatusCode, post, web};
use chrono::NaiveDate;
use serde::Deserialize;
use serde_json::{Value, json};
use skolhus_domain::{
    access::{Reach, Scope, declared::ManagePersons},
    id::{Id, PersonId, PersonReviewId, SchoolUnitId},
    person::{
        DuplicateClass, Evidence, NewPerson, PersonFacts, Protection, ProtectionReport, ReviewKind,
        ReviewReason,
    },
    refusal::{Refusal, Refusals, Rule},
};
use skolhus_persistence::{Tx, organisation::school_unit, person};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{
    address::{AddressFields, check_municipalities},
    codes::{ProtectionCode, SexCode},
    document::PersonDocument,
    duplicate::alike,
    fields::{
        ContactDocument, ExternalIdentifierDocument, IdentityNumberDocument, NameDocument, PersonFields,
    },
    get_person::get_person,
    meeting::{Entry, Meeting, Outcome, WaitsForReview, waiting_handle},
};
use crate::http::{
    body::Body,
    idempotency::{IdempotencyKey, Made},
    permit::Permit,
    problem::Problem,
    resource::created,
    state::State,
};

/// A person to enter.
#[derive(Clone, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreatePerson {
    /// Their id, if the caller brings one; else a fresh one is given.
    #[serde(default)]
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub id: Option<Uuid>,
    /// The name.
    #[validate(nested)]
    pub name: NameDocument,
    /// The date of birth, from 1900 on; left out, it is taken from an identity number.
    #[serde(default)]
    #[schema(example = "1985-07-13")]
    pub birth_date: Option<NaiveDate>,
    /// The legal sex; left out, it is taken from an identity number.
    #[serde(default)]
    pub sex: Option<SexCode>,
    /// How they are reached.
    #[serde(default)]
    #[validate(nested)]
    pub contact: ContactDocument,
    /// Where they live, over time; never registered in two places on the same day.
    #[serde(default)]
    #[validate(length(max = 50), nested)]
    #[schema(max_items = 50)]
    pub addresses: Vec<AddressFields>,
    /// Identity numbers over time.
    #[serde(default)]
    #[validate(length(max = 20), nested)]
    #[schema(max_items = 20)]
    pub identity_numbers: Vec<IdentityNumberDocument>,
    /// What other systems call them.
    #[serde(default)]
    #[validate(length(max = 50), nested)]
    #[schema(max_items = 50)]
    pub external_identifiers: Vec<ExternalIdentifierDocument>,
    /// The school unit at which they are registered; those who work for one unit name it.
    #[serde(default)]
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000a1")]
    pub school_unit_id: Option<Uuid>,
    /// What is known of protection. A protective value is always reviewed; left out, nobody has said anything.
    #[serde(default = "not_stated")]
    pub protection: ProtectionCode,
    /// Persons who look like this one, and whom somebody has looked at and found to be others.
    #[serde(default)]
    #[validate(length(max = 50))]
    #[schema(max_items = 50, example = json!([]))]
    pub not_duplicate_of: Vec<Uuid>,
}

fn not_stated() -> ProtectionCode {
    ProtectionCode::NotStated
}

/// What became of an entry.
pub enum Entered {
    /// The person is in the register.
    Registered(Box<PersonDocument>),
    /// It waits for review.
    Waits,
}

/// Enter a person
///
/// A new person. What belongs to somebody you can find already is refused at its place, and so is who looks like
/// somebody you can find, until you say in `notDuplicateOf` that you have looked. Otherwise an
/// entry may be kept for review: the answer is then 202, always the same, and somebody decides. That
/// happens for several ordinary reasons; neither the answer nor its time tells which.
#[utoipa::path(
    operation_id = "createPerson", tag = "person",
    extensions(("x-permission" = json!("person:manage")), ("x-idempotent" = json!(true))),
    request_body(content = CreatePerson, example = json!({
        "name": { "givenName": "Åsa Märta", "familyName": "Öberg", "preferredGivenName": "Åsa" },
        "contact": { "emails": [{ "address": "asa.oberg@exempel.se" }], "phones": [{ "number": "070-174 06 05" }] },
        "identityNumbers": [{ "value": "198507132390", "period": { "from": "1985-07-13" } }],
        "birthDate": null,
        "protection": "none",
    })),
    responses(
        (status = 201, description = "They are entered.", body = PersonDocument,
            headers(("ETag" = String, description = "The record's version."), ("Location" = String, description = "Its address."))),
        (status = 202, description = "The entry is kept and waits for review.", body = WaitsForReview),
    )
)]
#[post("/v1/persons")]
pub async fn handle(
    permit: Permit<ManagePersons>,
    state: web::Data<State>,
    key: IdempotencyKey,
    body: Body<CreatePerson>,
) -> Result<HttpResponse, Problem> {
    let (caller, fresh) = (permit.caller().clone(), (state.fresh(), state.fresh()));
    let made = state
        .database
        .write(permit.caller(), move |tx, scope| {
            key.once(
                tx,
                scope,
                &caller,
                &body.bytes,
                |tx, scope| {
                    let raw: Value = crate::http::body::parse(&body.bytes)?;
                    let (status, handle, answer) =
                        match create_person(tx, scope, fresh.0, &body, &raw, Some(fresh.1))? {
                            Entered::Registered(person) => {
                                (StatusCode::CREATED, json!(person.id), Entered::Registered(person))
                            }
                            Entered::Waits => (StatusCode::ACCEPTED, waiting_handle(), Entered::Waits),
                        };
                    Ok(Made { status, handle, answer })
                },
                |tx, scope, handle| match handle.as_str().and_then(|id| Uuid::try_parse(id).ok()) {
                    Some(id) => {
                        let person = get_person(tx.connection(), scope, Id::from_uuid(id))?;
                        Ok(Entered::Registered(Box::new(person)))
                    }
                    None => Ok(Entered::Waits),
                },
            )
        })
        .await?;
    Ok(match made.answer {
        Entered::Registered(person) => {
            created(made.status, format!("/v1/persons/{}", person.id), person.version, &person)
        }
        Entered::Waits => HttpResponse::Accepted().json(WaitsForReview::ANSWER),
    })
}

/// The use-case. `raw` is the request as it came, to be kept if it waits under the id `review`;
/// without one the entry has been reviewed, and only what bars it for everybody counts.
///
/// # Errors
/// [`crate::http::catalogue::Code::InvalidFields`]; after a review `Conflict`; a failure of the database.
pub fn create_person(
    tx: &mut Tx<'_>,
    scope: &Scope,
    fresh: PersonId,
    request: &CreatePerson,
    raw: &Value,
    review: Option<PersonReviewId>,
) -> Result<Entered, Problem> {
    let CreatePerson {
        id,
        name,
        birth_date,
        sex,
        contact,
        addresses,
        identity_numbers,
        external_identifiers,
        school_unit_id,
        protection,
        not_duplicate_of,
    } = request.clone();
    let id = id.map_or(fresh, Id::from_uuid);
    let fields = PersonFields {
        name,
        birth_date,
        sex,
        contact,
        addresses,
        identity_numbers,
        external_identifiers,
        school_unit_id,
    };
    let protection = Protection::from(protection);
    let new = NewPerson::new(id, scope.organiser(), &fields.draft(report(protection)), scope.today())?;
    check_units(tx, scope, new.facts(), true)?;
    let placed = new.addresses().iter().enumerate().map(|(at, held)| (format!("/addresses/{at}"), held));
    check_municipalities(tx.connection(), placed)?;
    let mut meeting = Meeting::of(tx, scope, id, new.facts(), true)?;
    if review.is_some() {
        for like in alike(tx.connection(), scope, new.facts())? {
            // Who holds the same number has been named at the number.
            let asked = like.score >= DuplicateClass::Likely.least()
                && !like.evidence.contains(&Evidence::SameNumber.code())
                && !not_duplicate_of.contains(&like.person.id);
            if asked {
                meeting.ask_about(like.person.id, &like.evidence);
            }
        }
    }
    if protection.is_protected() && review.is_some() {
        meeting.wait(ReviewReason::ProtectionStated, None);
    }
    let entry = Entry { kind: ReviewKind::Create, person: None, body: raw, review };
    match meeting.outcome(tx, scope, entry)? {
        Outcome::Waits => Ok(Entered::Waits),
        Outcome::Free => {
            let reviewed = review.is_none();
            person::insert_many(tx, scope, vec![new])?;
            if reviewed {
                // The one who decided may not be one who reads it; the record is found anew.
                return Ok(Entered::Waits);
            }
            let person = get_person(tx.connection(), scope, id)?;
            Ok(Entered::Registered(Box::new(person)))
        }
    }
}

fn report(protection: Protection) -> ProtectionReport {
    match protection {
        Protection::None => ProtectionReport::Unmarked,
        Protection::NotStated => ProtectionReport::NotCarried,
        Protection::Marked => ProtectionReport::Marked,
        Protection::ProtectedRegistration => ProtectionReport::ProtectedRegistration,
    }
}

/// Whether the school units named exist within reach, and one is named where the caller's reach
/// is made of units: nobody enters a person whom they could not find again.
pub(super) fn check_units(
    tx: &mut Tx<'_>,
    scope: &Scope,
    facts: &PersonFacts,
    must_reach: bool,
) -> Result<(), Problem> {
    let mut refusals = Refusals::default();
    let unknown = || Refusal::new(Rule::UnknownReference, "there is no such school unit");
    let mut named: Vec<(SchoolUnitId, String)> =
        facts.registered_at.iter().map(|unit| (*unit, "/schoolUnitId".to_owned())).collect();
    if named.is_empty() && must_reach && scope.reach() != &Reach::Organiser {
        refusals.0.push(Refusal::new(Rule::Required, "name your school unit").at("/schoolUnitId"));
    }
    named.extend(
        facts.identity_numbers.iter().enumerate().filter_map(|(place, held)| {
            Some((held.issued_by?, format!("/identityNumbers/{place}/issuedById")))
        }),
    );
    let units: Vec<SchoolUnitId> = named.iter().map(|(unit, _)| *unit).collect();
    let known: BTreeSet<SchoolUnitId> =
        school_unit::find_many(tx.connection(), scope, &units)?.into_iter().map(|unit| unit.id).collect();
    for (_, pointer) in named.iter().filter(|(unit, _)| !known.contains(unit)) {
        refusals.0.push(unknown().at(pointer));
    }
    refusals.finish().map_err(Problem::from)
}
