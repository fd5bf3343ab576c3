use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde::Deserialize;
use serde_json::json;
use skolhus_domain::{
    access::{Scope, declared::ManagePersons},
    id::{AddressId, Id, PersonId},
    person::{HeldAddress, PersonAddress, held_address::succeed},
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{
    Tx,
    person::{self, address},
};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{
    document::{AddressDocument, AddressFields, check_municipalities, staff, sweden},
    get_address::get_address,
};
use crate::{
    http::{
        body::Body,
        idempotency::{IdempotencyKey, Made},
        period::PeriodDocument,
        permit::Permit,
        problem::Problem,
        resource::created,
        state::State,
    },
    person::codes::{AddressKindCode, SourceCode},
};

/// An address to enter.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateAddress {
    /// Its id, if the caller brings one; else a fresh one is given.
    #[serde(default)]
    #[schema(example = "0199a3f0-7c00-7000-8000-000000000301")]
    pub id: Option<Uuid>,
    /// Whose.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub person_id: Uuid,
    /// What it is used for.
    pub kind: AddressKindCode,
    /// In whose care, without the "c/o".
    #[serde(default)]
    #[validate(length(min = 1, max = 100))]
    #[schema(example = "Ek", min_length = 1, max_length = 100)]
    pub care_of: Option<String>,
    /// Street, box or place.
    #[serde(default)]
    #[validate(length(max = 3))]
    #[schema(example = json!(["Ängsgatan 4 A"]), max_items = 3)]
    pub street_lines: Vec<String>,
    /// Postal code; needed in Sweden.
    #[serde(default)]
    #[validate(length(min = 1, max = 16))]
    #[schema(example = "702 10", min_length = 1, max_length = 16)]
    pub postal_code: Option<String>,
    /// Postal town.
    #[validate(length(min = 1, max = 100))]
    #[schema(example = "Örebro", min_length = 1, max_length = 100)]
    pub city: String,
    /// Country, as two letters of ISO 3166-1.
    #[serde(default = "sweden")]
    #[validate(length(min = 2, max = 2))]
    #[schema(example = "SE", min_length = 2, max_length = 2, pattern = "^[A-Za-z]{2}$")]
    pub country: String,
    /// The municipality (kommun): a code of the table `municipality`; only in Sweden.
    #[serde(default)]
    #[validate(length(min = 4, max = 4))]
    #[schema(example = "1880", min_length = 4, max_length = 4, pattern = "^[0-9]{4}$")]
    pub municipality_code: Option<String>,
    /// The days on which it applies.
    #[validate(nested)]
    pub period: PeriodDocument,
    /// Who told us; staff unless said otherwise.
    #[serde(default = "staff")]
    pub source: SourceCode,
}

/// Enter an address
///
/// A person's new address. It ends the former one of its kind the day before its own first day. Nobody is registered
/// in two places on one day: where the new address ends before the former one, or begins no later, it is refused, and
/// the former one is to be corrected first; addresses of the other kind stand side by side then.
#[utoipa::path(
    operation_id = "createAddress", tag = "person",
    extensions(("x-permission" = json!("person:manage")), ("x-idempotent" = json!(true))),
    request_body(content = CreateAddress, example = json!({
        "personId": "0199a3f0-7c00-7000-8000-0000000000c1", "kind": "other", "streetLines": ["Ängsgatan 4 A"],
        "postalCode": "702 10", "city": "Örebro", "municipalityCode": "1880", "period": { "from": "2026-08-17" },
        "source": "person"
    })),
    responses((status = 201, description = "It is entered.", body = AddressDocument,
        headers(("ETag" = String, description = "Its version."), ("Location" = String, description = "Its address."))))
)]
#[post("/v1/addresses")]
pub async fn handle(
    permit: Permit<ManagePersons>,
    state: web::Data<State>,
    key: IdempotencyKey,
    body: Body<CreateAddress>,
) -> Result<HttpResponse, Problem> {
    let (caller, fresh) = (permit.caller().clone(), state.fresh::<AddressId>());
    let made = state
        .database
        .write(permit.caller(), move |tx, scope| {
            key.once(
                tx,
                scope,
                &caller,
                &body.bytes,
                |tx, scope| {
                    let answer = create_address(tx, scope, fresh, &body)?;
                    Ok(Made { status: StatusCode::CREATED, handle: json!(answer.id), answer })
                },
                |tx, scope, handle| {
                    let id = handle
                        .as_str()
                        .and_then(|id| Uuid::try_parse(id).ok())
                        .ok_or_else(Problem::not_found)?;
                    get_address(tx.connection(), scope, Id::from_uuid(id))
                },
            )
        })
        .await?;
    let location = format!("/v1/addresses/{}", made.answer.id);
    Ok(created(made.status, location, made.answer.version, &made.answer))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::InvalidFields`]; a failure of the database.
pub fn create_address(
    tx: &mut Tx<'_>,
    scope: &Scope,
    fresh: AddressId,
    request: &CreateAddress,
) -> Result<AddressDocument, Problem> {
    let (id, person_id, fields) = request.clone().fields();
    let (id, person) = (id.map_or(fresh, Id::from_uuid), PersonId::from_uuid(person_id));
    let held = HeldAddress::new(&fields.draft())?;
    // Held, so that one address after the other is placed among those there are.
    address::lock(tx, person)?;
    if !person::exists(tx.connection(), scope, person)? {
        return Err(Refusal::new(Rule::UnknownReference, "there is no such person").at("/personId").into());
    }
    check_municipalities(tx.connection(), [(String::new(), &held)])?;
    if address::is_taken(tx.connection(), scope, id)? {
        return Err(Refusal::new(Rule::Duplicate, "the id is in use").at("/id").into());
    }
    let present = address::of_person(tx.connection(), scope, person)?;
    let standing: Vec<HeldAddress> = present.iter().map(|saved| saved.value.held.clone()).collect();
    let ended: Vec<_> = succeed(&held, &standing)?
        .into_iter()
        .filter_map(|(place, held)| Some((present.get(place)?.clone(), PersonAddress { person, held })))
        .collect();
    address::update_many(tx, scope, &ended)?;
    let saved = address::insert(tx, scope, id, &PersonAddress { person, held })?;
    Ok(AddressDocument::of(&saved))
}

impl CreateAddress {
    /// Id, person, and the address itself.
    fn fields(self) -> (Option<Uuid>, Uuid, AddressFields) {
        let Self {
            id,
            person_id,
            kind,
            care_of,
            street_lines,
            postal_code,
            city,
            country,
            municipality_code,
            period,
            source,
        } = self;
        let fields = AddressFields {
            kind,
            care_of,
            street_lines,
            postal_code,
            city,
            country,
            municipality_code,
            period,
            source,
        };
        (id, person_id, fields)
    }
}
