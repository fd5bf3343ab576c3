use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde::Deserialize;
use serde_json::{Value, json};
use skolhus_domain::{
    access::{Scope, declared::ManageProtection},
    id::{Id, PersonId, PersonReviewId},
    person::{PersonReview, ReviewDecision, ReviewKind},
    refusal::{Refusal, Rule},
    text::Text,
};
use skolhus_persistence::{
    Tx,
    person::{self, review},
};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{
    codes::ReviewDecisionCode,
    create_person::{CreatePerson, create_person},
    list_person_reviews::PersonReviewDocument,
    update_person::{UpdatePerson, update_person},
};
use crate::http::{
    body::{Body, parse},
    catalogue::Code,
    etag::IfMatch,
    idempotency::{IdempotencyKey, Made},
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, saved},
    state::State,
};

/// What is decided about an entry that waits.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DecidePersonReview {
    /// The decision.
    pub decision: ReviewDecisionCode,
    /// With `same-person`: who in the register it is.
    #[serde(default)]
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub person_id: Option<Uuid>,
    /// Why.
    #[validate(length(min = 5, max = 500))]
    #[schema(example = "Samma person, redan inskriven", min_length = 5, max_length = 500)]
    pub note: String,
}

/// Decide about an entry that waits
///
/// `accept` carries the entry out, unless something in it belongs to somebody else still; `same-person`
/// says who in the register it is; `reject` leaves it. Decided once.
#[utoipa::path(
    operation_id = "decidePersonReview", tag = "person",
    extensions(("x-permission" = json!("person:manage-protection")), ("x-idempotent" = json!(true))),
    params(IdPath),
    request_body(content = DecidePersonReview, example = json!({ "decision": "reject", "note": "Felaktigt personnummer, registratorn är tillfrågad" })),
    responses((status = 200, description = "The review as decided.", body = PersonReviewDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[post("/v1/person-reviews/{id}/decision")]
pub async fn handle(
    permit: Permit<ManageProtection>,
    state: web::Data<State>,
    id: PathId<PersonReviewId>,
    key: IdempotencyKey,
    body: Body<DecidePersonReview>,
) -> Result<HttpResponse, Problem> {
    let (caller, fresh) = (permit.caller().clone(), state.fresh::<PersonId>());
    let made = state
        .database
        .write(permit.caller(), move |tx, scope| {
            key.once(
                tx,
                scope,
                &caller,
                &body.bytes,
                |tx, scope| {
                    let answer = decide_person_review(tx, scope, id.0, fresh, &body)?;
                    Ok(Made { status: StatusCode::OK, handle: json!(answer.id), answer })
                },
                |tx, scope, _| {
                    let saved = review::find(tx.connection(), scope, id.0)?.ok_or_else(Problem::not_found)?;
                    Ok(PersonReviewDocument::of(saved))
                },
            )
        })
        .await?;
    Ok(saved(made.answer.version, &made.answer))
}

/// The use-case. `fresh` is the id of the person who may be entered.
///
/// # Errors
/// [`Code::NotFound`]; [`Code::Conflict`] when it is decided already, or cannot be carried out;
/// [`Code::InvalidFields`]; a failure of the database.
pub fn decide_person_review(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: PersonReviewId,
    fresh: PersonId,
    request: &DecidePersonReview,
) -> Result<PersonReviewDocument, Problem> {
    let DecidePersonReview { decision, person_id, note } = request;
    let decision = ReviewDecision::from(*decision);
    let note = Text::lines(note, 500).map_err(|refusal| refusal.at("/note"))?;
    let before = review::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    let state = before.value.state.decided(decision).map_err(|refusal| refusal.at("/decision"))?;
    let named: Option<PersonId> = person_id.map(Id::from_uuid);
    let person = match (decision, named) {
        (ReviewDecision::SamePerson, None) => {
            return Err(Refusal::new(Rule::Required, "say who in the register it is").at("/personId").into());
        }
        (ReviewDecision::SamePerson, Some(person)) => {
            let grant = tx.record_access(&note, &[person]);
            if person::open(tx, scope, person, &grant)?.is_none() {
                return Err(Refusal::new(Rule::UnknownReference, "there is no such person")
                    .at("/personId")
                    .into());
            }
            Some(person)
        }
        (_, Some(_)) => {
            return Err(Refusal::new(Rule::Conflict, "belongs to same-person only").at("/personId").into());
        }
        (ReviewDecision::Accept, None) => Some(carry_out(tx, scope, &before.value, fresh)?),
        (ReviewDecision::Reject, None) => before.value.person,
    };
    let after = PersonReview { state, person, note: Some(note.into_string()), ..before.value.clone() };
    Ok(PersonReviewDocument::of(review::update(tx, scope, &before, &after)?))
}

/// Does what the entry asked for; says about whom.
fn carry_out(
    tx: &mut Tx<'_>,
    scope: &Scope,
    waiting: &PersonReview,
    fresh: PersonId,
) -> Result<PersonId, Problem> {
    let raw: Value = parse(waiting.entry.as_bytes())?;
    match (waiting.kind, waiting.person) {
        (ReviewKind::Create, _) => {
            let entry: CreatePerson = parse(waiting.entry.as_bytes())?;
            let id = entry.id.map_or(fresh, Id::from_uuid);
            create_person(tx, scope, id, &entry, &raw, None)?;
            Ok(id)
        }
        (ReviewKind::Update, Some(person)) => {
            let entry: UpdatePerson = parse(waiting.entry.as_bytes())?;
            update_person(tx, scope, person, &IfMatch::Any, &entry, &raw, None)?;
            Ok(person)
        }
        (ReviewKind::Update, None) => Err(Problem::new(Code::Internal)),
    }
}
