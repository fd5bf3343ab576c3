//! A person as the interface shows them.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use skolhus_domain::{
    access::{InformationClass as Class, Scope},
    id::{Id, PersonId},
    person::{ClassPermit, Closed, Grant, Guarded, Person, PersonFacts},
};
use skolhus_persistence::Saved;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    codes::{ProtectionCode, SexCode},
    fields::{ContactDocument, ExternalIdentifierDocument, IdentityNumberDocument, NameDocument},
};
use crate::http::{catalogue::Code, problem::Problem};

/// A person. A field that the caller's role does not open is absent.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Person)]
pub struct PersonDocument {
    /// Their id.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub id: Uuid,
    /// The record's version, as in the `ETag`.
    #[schema(example = 1, minimum = 1)]
    pub version: i64,
    /// When they were entered.
    #[schema(example = "2026-08-17T08:10:00+02:00")]
    pub created_at: DateTime<Utc>,
    /// When the record was changed last.
    #[schema(example = "2026-08-17T08:10:00+02:00")]
    pub modified_at: DateTime<Utc>,
    /// The name. Information class: basic.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub name: Option<NameDocument>,
    /// The school unit at which they are registered; null when it is none. Information class: basic.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Uuid>, example = "0199a3f0-7c00-7000-8000-0000000000a1")]
    pub school_unit_id: Option<Option<Uuid>>,
    /// The date of birth; null when it is unknown. Information class: contact.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<NaiveDate>, example = "1985-07-13")]
    pub birth_date: Option<Option<NaiveDate>>,
    /// The legal sex. Information class: contact.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub sex: Option<SexCode>,
    /// How they are reached by phone and e-mail. Information class: contact; never of a child or another ward of the
    /// caller. Where they live has its own addresses (`/v1/addresses`).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub contact: Option<ContactDocument>,
    /// Identity numbers over time. Information class: identity number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub identity_numbers: Option<Vec<IdentityNumberDocument>>,
    /// What other systems call them. Information class: identity number, since such values often are one; never of a ward of the caller.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = json!([{ "system": "rexnet", "value": "P-4711" }]))]
    pub external_identifiers: Option<Vec<ExternalIdentifierDocument>>,
    /// How they are protected. Information class: protected.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub protection: Option<ProtectionCode>,
}

impl PersonDocument {
    /// What the scope may see of a person; of a protected one only with the grant.
    ///
    /// # Errors
    /// [`Code::NotFound`] for a protected person whom the grant does not cover: as if there were none.
    pub fn of(
        saved: &Saved<PersonId, Person>,
        scope: &Scope,
        grant: Option<&Grant>,
    ) -> Result<Self, Problem> {
        let Saved { id, version, created_at, modified_at, value } = saved;
        let classes = scope.classes_about(*id);
        let shows = |class: Class| ClassPermit::decided(classes.has(class));
        // Of a ward never: it may tell of another adult, or of a second home.
        let reached = scope.shows_reach_of(*id);
        let named = ClassPermit::decided(classes.has(Class::IdentityNumber) && reached);
        let Person {
            id: _,
            organiser_id: _,
            protection,
            name,
            birth_date,
            sex,
            identity_numbers,
            contact,
            external_identifiers,
            registered_at,
        } = value;
        Ok(Self {
            id: id.uuid(),
            version: *version,
            created_at: *created_at,
            modified_at: *modified_at,
            name: open(name, shows(Class::Basic), grant)?.map(NameDocument::of),
            school_unit_id: open(registered_at, shows(Class::Basic), grant)?.map(|unit| unit.map(Id::uuid)),
            birth_date: open(birth_date, shows(Class::Contact), grant)?.copied(),
            sex: open(sex, shows(Class::Contact), grant)?.map(|sex| SexCode::from(*sex)),
            contact: open(contact, ClassPermit::decided(reached), grant)?.map(ContactDocument::of),
            identity_numbers: open(identity_numbers, shows(Class::IdentityNumber), grant)?
                .map(|numbers| numbers.iter().map(IdentityNumberDocument::of).collect()),
            external_identifiers: open(external_identifiers, named, grant)?
                .map(|identifiers| identifiers.iter().map(ExternalIdentifierDocument::of).collect()),
            protection: classes.has(Class::Protected).then(|| ProtectionCode::from(*protection)),
        })
    }
}

/// The fact, if the class is permitted.
fn open<'a, T>(
    fact: &'a Guarded<T>,
    permit: ClassPermit,
    grant: Option<&Grant>,
) -> Result<Option<&'a T>, Problem> {
    let opened = match grant {
        Some(grant) => fact.open_with(permit, grant),
        None => fact.open(permit),
    };
    match opened {
        Ok(value) => Ok(Some(value)),
        Err(Closed::ClassNotPermitted) => Ok(None),
        Err(Closed::Protected) => Err(Problem::not_found()),
    }
}

/// Everything about a person, for one who may see all of it.
///
/// # Errors
/// [`Code::NotPermitted`] where a class is closed to the scope; [`Code::NotFound`] as
/// [`PersonDocument::of`].
pub(crate) fn facts(
    saved: &Saved<PersonId, Person>,
    scope: &Scope,
    grant: Option<&Grant>,
) -> Result<PersonFacts, Problem> {
    let classes = scope.classes_about(saved.id);
    let all = ClassPermit::decided(
        [Class::Basic, Class::Contact, Class::IdentityNumber].into_iter().all(|class| classes.has(class)),
    );
    let closed = || Problem::new(Code::NotPermitted);
    let person = &saved.value;
    Ok(PersonFacts {
        name: open(&person.name, all, grant)?.ok_or_else(closed)?.clone(),
        birth_date: *open(&person.birth_date, all, grant)?.ok_or_else(closed)?,
        sex: *open(&person.sex, all, grant)?.ok_or_else(closed)?,
        identity_numbers: open(&person.identity_numbers, all, grant)?.ok_or_else(closed)?.clone(),
        contact: open(&person.contact, all, grant)?.ok_or_else(closed)?.clone(),
        protection: person.protection,
        external_identifiers: open(&person.external_identifiers, all, grant)?.ok_or_else(closed)?.clone(),
        registered_at: *open(&person.registered_at, all, grant)?.ok_or_else(closed)?,
    })
}
