use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde::Deserialize;
use serde_json::json;
use skolhus_domain::{
    access::{Scope, declared::ManageRelations},
    id::{ContactBanId, Id, PersonId},
    period::Period,
    person::relation::{Against, ContactBan},
    refusal::{Refusal, Refusals, Rule},
    text::Text,
};
use skolhus_persistence::{
    Tx,
    person::{self, contact_ban, relation},
};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{document::ContactBanDocument, get_contact_ban::get_contact_ban};
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
    person::{codes::BanKindCode, relation::reason_of},
};

/// A ban to enter.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateContactBan {
    /// Its id, if the caller brings one; else a fresh one is given.
    #[schema(example = "0199a3f0-7c00-7000-8000-000000000301")]
    pub id: Option<Uuid>,
    /// Who is to be kept safe.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub person_id: Uuid,
    /// Against whom, if they are in the register.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c2")]
    pub against_id: Option<Uuid>,
    /// Against whom, described, if they are not in the register. One of the two is needed.
    #[validate(length(min = 1, max = 200))]
    #[schema(example = "Farbrodern, kallas Kalle, cirka 45 år", min_length = 1, max_length = 200)]
    pub described: Option<String>,
    /// What it rests on.
    pub kind: BanKindCode,
    /// The days.
    #[validate(nested)]
    pub period: PeriodDocument,
    /// Why, as it stands in the log.
    #[validate(length(min = 5, max = 500))]
    #[schema(example = "Kontaktförbud, åklagarens beslut 2026-08-14", min_length = 5, max_length = 500)]
    pub reason: String,
}

/// Enter a contact ban
///
/// A contact ban or a barred relative. It is in force at once and overrides every relation: on its
/// days the one whom it is against has no right over the person and sees nothing of them. A ban
/// against somebody described keeps nobody out of the program; it tells those who work there.
#[utoipa::path(
    operation_id = "createContactBan", tag = "person",
    extensions(("x-permission" = json!("relation:manage")), ("x-idempotent" = json!(true))),
    request_body(content = CreateContactBan, example = json!({
        "personId": "0199a3f0-7c00-7000-8000-0000000000c1",
        "againstId": "0199a3f0-7c00-7000-8000-0000000000c2",
        "kind": "contact-ban",
        "period": { "from": "2026-08-14", "to": "2027-08-13" },
        "reason": "Kontaktförbud, åklagarens beslut 2026-08-14",
    })),
    responses((status = 201, description = "It is in force.", body = ContactBanDocument,
        headers(("ETag" = String, description = "Its version."), ("Location" = String, description = "Its address."))))
)]
#[post("/v1/contact-bans")]
pub async fn handle(
    permit: Permit<ManageRelations>,
    state: web::Data<State>,
    key: IdempotencyKey,
    body: Body<CreateContactBan>,
) -> Result<HttpResponse, Problem> {
    let (caller, fresh) = (permit.caller().clone(), state.fresh::<ContactBanId>());
    let made = state
        .database
        .write(permit.caller(), move |tx, scope| {
            key.once(
                tx,
                scope,
                &caller,
                &body.bytes,
                |tx, scope| {
                    let answer = create_contact_ban(tx, scope, fresh, &body)?;
                    Ok(Made { status: StatusCode::CREATED, handle: json!(answer.id), answer })
                },
                |tx, scope, made| {
                    let id = made
                        .as_str()
                        .and_then(|id| Uuid::try_parse(id).ok())
                        .ok_or_else(Problem::not_found)?;
                    get_contact_ban(tx.connection(), scope, Id::from_uuid(id))
                },
            )
        })
        .await?;
    let location = format!("/v1/contact-bans/{}", made.answer.id);
    Ok(created(made.status, location, made.answer.version, &made.answer))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::InvalidFields`]; a failure of the database.
pub fn create_contact_ban(
    tx: &mut Tx<'_>,
    scope: &Scope,
    fresh: ContactBanId,
    request: &CreateContactBan,
) -> Result<ContactBanDocument, Problem> {
    relation::lock(tx, Id::from_uuid(request.person_id))?;
    let found = person::find_many(tx.connection(), scope, &request.concerned())?;
    let known: Vec<PersonId> = found.into_iter().map(|saved| saved.id).collect();
    let id = enter(tx, scope, fresh, request, &known)?;
    get_contact_ban(tx.connection(), scope, id)
}

/// Enters a ban between those of the persons whom the caller may name.
pub(in crate::person) fn enter(
    tx: &mut Tx<'_>,
    scope: &Scope,
    fresh: ContactBanId,
    request: &CreateContactBan,
    known: &[PersonId],
) -> Result<ContactBanId, Problem> {
    let ban = request.checked(scope, known)?;
    let id = request.id.map_or(fresh, Id::from_uuid);
    if contact_ban::is_taken(tx.connection(), scope, id)? {
        return Err(Refusal::new(Rule::Duplicate, "the id is in use").at("/id").into());
    }
    contact_ban::insert(tx, scope, id, &ban)?;
    Ok(id)
}

impl CreateContactBan {
    /// Those of the register whom it concerns.
    pub(in crate::person) fn concerned(&self) -> Vec<PersonId> {
        std::iter::once(self.person_id).chain(self.against_id).map(Id::from_uuid).collect()
    }

    /// The ban, checked against those whom the caller may name, without saving it.
    fn checked(&self, scope: &Scope, known: &[PersonId]) -> Result<ContactBan, Problem> {
        let Self { id: _, person_id, against_id, described, kind, period, reason } = self.clone();
        let reason = reason_of(&reason)?;
        let (person, against): (PersonId, Option<PersonId>) =
            (Id::from_uuid(person_id), against_id.map(Id::from_uuid));
        let mut refusals = Refusals::default();
        let unknown =
            |pointer: &str| Refusal::new(Rule::UnknownReference, "there is no such person").at(pointer);
        if !known.contains(&person) {
            refusals.0.push(unknown("/personId"));
        }
        let against = match (against, described) {
            (Some(against), None) if known.contains(&against) => Some(Against::Person(against)),
            (Some(_), None) => {
                refusals.0.push(unknown("/againstId"));
                None
            }
            (None, Some(text)) => refusals.note("/described", Text::line(&text, 200)).map(Against::Described),
            (Some(_), Some(_)) => {
                let detail = "either a person of the register or somebody described";
                refusals.0.push(Refusal::new(Rule::Conflict, detail).at("/described"));
                None
            }
            (None, None) => {
                refusals.0.push(Refusal::new(Rule::Required, "say against whom").at("/againstId"));
                None
            }
        };
        let (from, to) = period.raw();
        let period = refusals.note("/period", Period::new(from, to));
        let (Some(against), Some(period)) = (against, period) else { return Err(refusals.into()) };
        refusals.finish().map_err(Problem::from)?;
        Ok(ContactBan::enter(person, against, kind.into(), period, reason, scope.account())?)
    }
}
