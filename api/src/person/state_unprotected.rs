use std::collections::BTreeSet;

use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde::{Deserialize, Serialize};
use serde_json::json;
use skolhus_domain::{
    access::{Scope, declared::ManageProtection},
    id::{Id, PersonId},
    person::Protection,
    refusal::{Refusal, Refusals, Rule},
};
use skolhus_persistence::{Tx, person};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{document::facts, relation::reason_of};
use crate::http::{
    body::Body,
    idempotency::{IdempotencyKey, Made},
    permit::Permit,
    problem::Problem,
    state::State,
};

/// About whom it was found out that they are not protected.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StateUnprotected {
    /// The persons, about whom nobody had said anything.
    #[validate(length(min = 1, max = 500))]
    #[schema(example = json!(["0199a3f0-7c00-7000-8000-0000000000c1"]), min_items = 1, max_items = 500)]
    pub person_ids: Vec<Uuid>,
    /// How it was found out, as it stands in the log.
    #[validate(length(min = 5, max = 500))]
    #[schema(example = "Kontrollerat mot folkbokföringen 2026-08-14", min_length = 5, max_length = 500)]
    pub reason: String,
}

/// About whom it is stated now.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UnprotectedStatement {
    /// The persons, who are not protected.
    #[schema(example = json!(["0199a3f0-7c00-7000-8000-0000000000c1"]))]
    pub person_ids: Vec<Uuid>,
}

/// State that persons are not protected
///
/// For those about whom nobody had said anything (`not-stated`), after somebody has checked; all or none of them.
/// Who is protected is named and refused: a protection is lifted for one person at a time. The access
/// is logged.
#[utoipa::path(
    operation_id = "stateUnprotected", tag = "person",
    extensions(("x-permission" = json!("person:manage-protection")), ("x-idempotent" = json!(true))),
    request_body(content = StateUnprotected, example = json!({
        "personIds": ["0199a3f0-7c00-7000-8000-0000000000c1"], "reason": "Kontrollerat mot folkbokföringen 2026-08-14",
    })),
    responses((status = 200, description = "It is stated.", body = UnprotectedStatement))
)]
#[post("/v1/unprotected-statements")]
pub async fn handle(
    permit: Permit<ManageProtection>,
    state: web::Data<State>,
    key: IdempotencyKey,
    body: Body<StateUnprotected>,
) -> Result<HttpResponse, Problem> {
    let caller = permit.caller().clone();
    let made = state
        .database
        .write(permit.caller(), move |tx, scope| {
            key.once(
                tx,
                scope,
                &caller,
                &body.bytes,
                |tx, scope| {
                    let answer = state_unprotected(tx, scope, &body)?;
                    Ok(Made { status: StatusCode::OK, handle: json!(null), answer })
                },
                |_, _, _| Ok(UnprotectedStatement { person_ids: body.person_ids.clone() }),
            )
        })
        .await?;
    Ok(HttpResponse::Ok().json(made.answer))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::InvalidFields`], naming each person; a failure of the database.
pub fn state_unprotected(
    tx: &mut Tx<'_>,
    scope: &Scope,
    request: &StateUnprotected,
) -> Result<UnprotectedStatement, Problem> {
    let StateUnprotected { person_ids, reason } = request;
    let reason = reason_of(reason)?;
    let ids: Vec<PersonId> = person_ids.iter().copied().map(Id::from_uuid).collect();
    let grant = tx.record_access(&reason, &ids);
    let mut found = std::collections::BTreeMap::new();
    for saved in person::open_many(tx, scope, &ids, &grant)? {
        found.insert(saved.id, facts(&saved, scope, Some(&grant))?.protection);
    }
    let mut refusals = Refusals::default();
    let mut named = BTreeSet::new();
    for (place, id) in ids.iter().enumerate() {
        let refused = match found.get(id) {
            _ if !named.insert(*id) => Some((Rule::Duplicate, "stands twice")),
            None => Some((Rule::UnknownReference, "there is no such person")),
            Some(Protection::Marked | Protection::ProtectedRegistration) => {
                Some((Rule::State, "is protected; lift it by itself"))
            }
            Some(Protection::None | Protection::NotStated) => None,
        };
        if let Some((rule, detail)) = refused {
            refusals.0.push(Refusal::new(rule, detail).at(&format!("/personIds/{place}")));
        }
    }
    refusals.finish().map_err(Problem::from)?;
    person::because(tx, &reason);
    person::state_unprotected(tx, scope, &ids)?;
    Ok(UnprotectedStatement { person_ids: person_ids.clone() })
}
