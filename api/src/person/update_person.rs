use actix_web::{HttpResponse, patch, web};
use chrono::NaiveDate;
use serde::Deserialize;
use serde_json::Value;
use skolhus_domain::{
    access::{Scope, declared::ManagePersons},
    id::{PersonId, PersonReviewId},
    person::{NewPerson, PersonFacts, ProtectionReport, ReviewKind},
    refusal::{Refusal, Refusals},
};
use skolhus_persistence::{Tx, person};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{
    codes::SexCode,
    create_person::check_units,
    document::{PersonDocument, facts},
    fields::{
        ContactDocument, EmailDocument, ExternalIdentifierDocument, IdentityNumberDocument, NameDocument,
        PersonFields, PhoneDocument, in_order,
    },
    get_person::get_person,
    meeting::{Entry, Meeting, Outcome, WaitsForReview},
};
use crate::http::{
    body::{Body, check_bounds},
    etag::IfMatch,
    patch::Patch,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, saved},
    state::State,
};

/// What to change of a person; what is absent stays.
#[derive(Clone, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdatePerson {
    /// The name; what is absent in it stays.
    #[serde(default)]
    #[schema(value_type = Option<UpdateName>, nullable = false)]
    pub name: Patch<UpdateName>,
    /// The date of birth; null to take it from an identity number.
    #[serde(default)]
    #[schema(value_type = Option<NaiveDate>, example = "1985-07-13")]
    pub birth_date: Patch<NaiveDate>,
    /// The legal sex; null to take it from an identity number.
    #[serde(default)]
    #[schema(value_type = Option<SexCode>)]
    pub sex: Patch<SexCode>,
    /// How they are reached; what is absent in it stays, null removes all of it.
    #[serde(default)]
    #[schema(value_type = Option<UpdateContact>)]
    pub contact: Patch<UpdateContact>,
    /// Identity numbers over time; replaces them all.
    #[serde(default)]
    #[schema(value_type = Option<Vec<IdentityNumberDocument>>, nullable = false, max_items = 20)]
    #[validate(length(max = 20))]
    pub identity_numbers: Patch<Vec<IdentityNumberDocument>>,
    /// What other systems call them; replaces them all.
    #[serde(default)]
    #[schema(value_type = Option<Vec<ExternalIdentifierDocument>>, nullable = false, max_items = 50)]
    #[validate(length(max = 50))]
    pub external_identifiers: Patch<Vec<ExternalIdentifierDocument>>,
    /// The school unit at which they are registered.
    #[serde(default)]
    #[schema(value_type = Option<Uuid>, example = "0199a3f0-7c00-7000-8000-0000000000a1")]
    pub school_unit_id: Patch<Uuid>,
}

/// What to change of a name.
#[derive(Clone, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = UpdatePersonName)]
pub struct UpdateName {
    /// All given names (förnamn).
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "Åsa Märta", nullable = false, min_length = 1, max_length = 100)]
    #[validate(length(min = 1, max = 100))]
    pub given_name: Patch<String>,
    /// Middle name (mellannamn).
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "Lind", min_length = 1, max_length = 100)]
    #[validate(length(min = 1, max = 100))]
    pub middle_name: Patch<String>,
    /// Family name (efternamn).
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "Öberg", nullable = false, min_length = 1, max_length = 100)]
    #[validate(length(min = 1, max = 100))]
    pub family_name: Patch<String>,
    /// The name they are called by (tilltalsnamn).
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "Åsa", min_length = 1, max_length = 100)]
    #[validate(length(min = 1, max = 100))]
    pub preferred_given_name: Patch<String>,
}

/// What to change of how a person is reached.
#[derive(Clone, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = UpdateContactDetails)]
pub struct UpdateContact {
    /// E-mail addresses, the preferred one first; replaces them all.
    #[serde(default)]
    #[schema(value_type = Option<Vec<EmailDocument>>, max_items = 20)]
    #[validate(length(max = 20))]
    pub emails: Patch<Vec<EmailDocument>>,
    /// Phone numbers, the preferred one first; replaces them all.
    #[serde(default)]
    #[schema(value_type = Option<Vec<PhoneDocument>>, max_items = 20)]
    #[validate(length(max = 20))]
    pub phones: Patch<Vec<PhoneDocument>>,
}

/// What became of a change.
pub enum Updated {
    /// It is made.
    Saved(Box<PersonDocument>),
    /// It waits for review.
    Waits,
}

/// Change a person
///
/// A merge patch: what is absent stays, lists are replaced as sets; the history is kept. Protection is
/// changed at its own address, and where somebody lives at `/v1/addresses`. A change may be kept for review as an entry may, with the same answer.
#[utoipa::path(
    operation_id = "updatePerson", tag = "person",
    extensions(("x-permission" = json!("person:manage"))),
    params(IdPath),
    request_body(content = UpdatePerson, content_type = "application/merge-patch+json",
        example = json!({ "name": { "familyName": "Ängström" }, "contact": { "phones": [{ "number": "070-174 06 05", "kind": "mobile" }] } })),
    responses(
        (status = 200, description = "The present state.", body = PersonDocument, headers(("ETag" = String, description = "The record's version."))),
        (status = 202, description = "The change is kept and waits for review.", body = WaitsForReview),
    )
)]
#[patch("/v1/persons/{id}")]
pub async fn handle(
    permit: Permit<ManagePersons>,
    state: web::Data<State>,
    id: PathId<PersonId>,
    if_match: IfMatch,
    body: Body<UpdatePerson>,
) -> Result<HttpResponse, Problem> {
    let review = state.fresh();
    let updated = state
        .database
        .write(permit.caller(), move |tx, scope| {
            let raw: Value = crate::http::body::parse(&body.bytes)?;
            update_person(tx, scope, id.0, &if_match, &body, &raw, Some(review))
        })
        .await?;
    Ok(match updated {
        Updated::Saved(person) => saved(person.version, &person),
        Updated::Waits => HttpResponse::Accepted().json(WaitsForReview::ANSWER),
    })
}

/// The use-case; `raw` and `review` as in [`super::create_person`].
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`, `InvalidFields`; after a review
/// `Conflict`; a failure of the database.
pub fn update_person(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: PersonId,
    if_match: &IfMatch,
    request: &UpdatePerson,
    raw: &Value,
    review: Option<PersonReviewId>,
) -> Result<Updated, Problem> {
    let saved = person::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    let before = facts(&saved, scope, None)?;
    let fields = merge(request.clone(), PersonFields::of(&before))?;
    check_bounds(&fields)?;
    let new =
        NewPerson::new(id, scope.organiser(), &fields.draft(ProtectionReport::NotCarried), scope.today())?;
    let entered = new.facts().clone();
    let contact = entered.contact.clone().keeping_marks_of(&before.contact);
    let after = PersonFacts { protection: before.protection, contact, ..entered };
    let already = in_order(after.clone()) == in_order(before.clone());
    if_match.check_unless(already, saved.version)?;
    if already {
        return Ok(Updated::Saved(Box::new(PersonDocument::of(&saved, scope, None)?)));
    }
    if after.registered_at != before.registered_at || after.identity_numbers != before.identity_numbers {
        check_units(tx, scope, &after, after.registered_at != before.registered_at)?;
    }
    let meeting = Meeting::of(tx, scope, id, &after, false)?;
    let entry = Entry { kind: ReviewKind::Update, person: Some(id), body: raw, review };
    match meeting.outcome(tx, scope, entry)? {
        Outcome::Waits => Ok(Updated::Waits),
        Outcome::Free => {
            person::update(tx, scope, id, saved.version, &after)?;
            Ok(Updated::Saved(Box::new(get_person(tx.connection(), scope, id)?)))
        }
    }
}

fn merge(request: UpdatePerson, present: PersonFields) -> Result<PersonFields, Problem> {
    let UpdatePerson {
        name,
        birth_date,
        sex,
        contact,
        identity_numbers,
        external_identifiers,
        school_unit_id,
    } = request;
    let mut refusals = Refusals::default();
    let name = match name {
        Patch::Absent => Some(present.name),
        Patch::Null => {
            let removed: Result<NameDocument, Refusal> = Patch::Null.require(present.name);
            refusals.note("/name", removed)
        }
        Patch::Value(name) => merge_name(name, present.name, &mut refusals),
    };
    let identity_numbers =
        refusals.note("/identityNumbers", identity_numbers.require(present.identity_numbers));
    let external_identifiers =
        refusals.note("/externalIdentifiers", external_identifiers.require(present.external_identifiers));
    match (name, identity_numbers, external_identifiers) {
        (Some(name), Some(identity_numbers), Some(external_identifiers)) => Ok(PersonFields {
            name,
            birth_date: birth_date.apply(present.birth_date),
            sex: sex.apply(present.sex),
            contact: merge_contact(contact, present.contact),
            addresses: present.addresses,
            identity_numbers,
            external_identifiers,
            school_unit_id: school_unit_id.apply(present.school_unit_id),
        }),
        _ => Err(refusals.into()),
    }
}

fn merge_name(name: UpdateName, present: NameDocument, refusals: &mut Refusals) -> Option<NameDocument> {
    let UpdateName { given_name, middle_name, family_name, preferred_given_name } = name;
    let given_name = refusals.note("/name/givenName", given_name.require(present.given_name));
    let family_name = refusals.note("/name/familyName", family_name.require(present.family_name));
    Some(NameDocument {
        given_name: given_name?,
        middle_name: middle_name.apply(present.middle_name),
        family_name: family_name?,
        preferred_given_name: preferred_given_name.apply(present.preferred_given_name),
    })
}

fn merge_contact(contact: Patch<UpdateContact>, present: ContactDocument) -> ContactDocument {
    match contact {
        Patch::Absent => present,
        Patch::Null => ContactDocument::default(),
        Patch::Value(UpdateContact { emails, phones }) => ContactDocument {
            emails: emails.apply(Some(present.emails)).unwrap_or_default(),
            phones: phones.apply(Some(present.phones)).unwrap_or_default(),
        },
    }
}
