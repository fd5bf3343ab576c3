use actix_web::{HttpResponse, http::StatusCode, post, web};
use chrono::NaiveDate;
use serde::Deserialize;
use serde_json::{Value, json};
use skolhus_domain::{
    access::{Scope, declared::ManagePersons},
    id::{PersonId, PersonReviewId},
    person::{
        CoordinationStanding, HeldIdentityNumber, HeldIdentityNumberDraft, IdentityNumber, change_number,
    },
    refusal::{Refusal, Refusals},
    text::Text,
};
use skolhus_persistence::{Tx, person};
use utoipa::ToSchema;
use validator::Validate;

use super::{
    codes::{NumberKindCode, SourceCode},
    document::{PersonDocument, facts},
    fields::{CoordinationDocument, PersonFields},
    get_person::get_person,
    meeting::{WaitsForReview, waiting_handle},
    update_person::{UpdatePerson, Updated, update_person},
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

/// A number that takes over from another.
#[derive(Clone, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChangeIdentityNumber {
    /// The version of the person's record that was looked at.
    #[validate(range(min = 1))]
    #[schema(example = 1, minimum = 1)]
    pub version: i64,
    /// The number that the person has now, in any common spelling.
    #[validate(length(min = 10, max = 13))]
    #[schema(
        example = "198507912387",
        min_length = 10,
        max_length = 13,
        pattern = "^([0-9]{2})?[0-9]{6}[-+]?[0-9A-Za-z]{4}$"
    )]
    pub replaces: String,
    /// Its kind; left out, it is worked out from how the number is written.
    #[serde(default)]
    pub replaces_kind: Option<NumberKindCode>,
    /// The new number, in any common spelling.
    #[validate(length(min = 10, max = 13))]
    #[schema(
        example = "198507132390",
        min_length = 10,
        max_length = 13,
        pattern = "^([0-9]{2})?[0-9]{6}[-+]?[0-9A-Za-z]{4}$"
    )]
    pub number: String,
    /// Its kind; left out, it is worked out from how the number is written.
    #[serde(default)]
    pub number_kind: Option<NumberKindCode>,
    /// What Skatteverket says of a new coordination number, where that is known.
    #[serde(default)]
    pub coordination: Option<CoordinationDocument>,
    /// The first day of the new number; the old one ends the day before.
    #[schema(example = "2026-08-17")]
    pub from: NaiveDate,
    /// Who told us; staff unless said otherwise.
    #[serde(default = "staff")]
    pub source: SourceCode,
    /// Why, as it will stand in the log; without the numbers.
    #[validate(length(min = 5, max = 500))]
    #[schema(example = "Folkbokförd 2026-08-10, personbevis visat", min_length = 5, max_length = 500)]
    pub reason: String,
}

fn staff() -> SourceCode {
    SourceCode::Staff
}

/// Change an identity number
///
/// A number takes over from the one that the person has: a personnummer from any, also from one that was wrong; a
/// coordination number from a T, TF or interim number or another coordination number; an interim number from a T or
/// TF number. The old one ends the day before, stays in the history and is found still. A date of birth and a sex that
/// came from the old number follow the new one. The change may be kept for review as any other.
/// Somebody who has got a new identity (fingerade personuppgifter) is registered afresh instead; nothing links the two.
#[utoipa::path(
    operation_id = "changeIdentityNumber", tag = "person",
    extensions(("x-permission" = json!("person:manage")), ("x-idempotent" = json!(true))),
    params(IdPath),
    request_body(content = ChangeIdentityNumber, example = json!({
        "version": 1, "replaces": "198507912387", "number": "198507132390", "from": "2026-08-17",
        "reason": "Folkbokförd 2026-08-10, personbevis visat",
    })),
    responses(
        (status = 200, description = "The person with the new number.", body = PersonDocument, headers(("ETag" = String, description = "The record's version."))),
        (status = 202, description = "The change is kept and waits for review.", body = WaitsForReview),
        (status = 412, description = "The record has another version by now.",
            body = crate::http::problem::ProblemDocument, content_type = "application/problem+json"),
    )
)]
#[post("/v1/persons/{id}/identity-number-change")]
pub async fn handle(
    permit: Permit<ManagePersons>,
    state: web::Data<State>,
    id: PathId<PersonId>,
    key: IdempotencyKey,
    body: Body<ChangeIdentityNumber>,
) -> Result<HttpResponse, Problem> {
    let (caller, review) = (permit.caller().clone(), state.fresh::<PersonReviewId>());
    let made = state
        .database
        .write(permit.caller(), move |tx, scope| {
            key.once(
                tx,
                scope,
                &caller,
                &body.bytes,
                |tx, scope| {
                    let answer = change_identity_number(tx, scope, id.0, &body, review)?;
                    let (status, handle) = match &answer {
                        Updated::Saved(person) => (StatusCode::OK, json!(person.id)),
                        Updated::Waits => (StatusCode::ACCEPTED, waiting_handle()),
                    };
                    Ok(Made { status, handle, answer })
                },
                |tx, scope, handle| {
                    if handle.is_string() {
                        let person = get_person(tx.connection(), scope, id.0)?;
                        Ok(Updated::Saved(Box::new(person)))
                    } else {
                        Ok(Updated::Waits)
                    }
                },
            )
        })
        .await?;
    Ok(match made.answer {
        Updated::Saved(person) => saved(person.version, &person),
        Updated::Waits => HttpResponse::Accepted().json(WaitsForReview::ANSWER),
    })
}

/// The use-case; `review` is the id under which it would wait.
///
/// # Errors
/// [`Code::NotFound`], `Stale`, `InvalidFields`; a failure of the database.
pub fn change_identity_number(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: PersonId,
    request: &ChangeIdentityNumber,
    review: PersonReviewId,
) -> Result<Updated, Problem> {
    let ChangeIdentityNumber {
        version,
        replaces,
        replaces_kind,
        number,
        number_kind,
        coordination,
        from,
        source,
        reason,
    } = request.clone();
    let saved = person::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    let before = facts(&saved, scope, None)?;
    let mut refusals = Refusals::default();
    let reason = refusals.note("/reason", Text::lines(&reason, 500));
    let replaced = refusals.note(
        "/replaces",
        match replaces_kind {
            Some(kind) => IdentityNumber::parse(kind.into(), &replaces, scope.today()),
            None => IdentityNumber::recognise(&replaces, scope.today()),
        },
    );
    let draft = HeldIdentityNumberDraft {
        kind: number_kind.map(Into::into),
        value: number,
        from,
        to: None,
        source: source.into(),
        coordination: coordination
            .map(|standing| CoordinationStanding { level: standing.level.into(), dormant: standing.dormant }),
        // A number of a school's own never takes over; a place is held for it, so that the domain says so.
        issued_by: match number_kind {
            Some(NumberKindCode::TNumber | NumberKindCode::TfNumber) => before.registered_at,
            _ => None,
        },
    };
    let new = match HeldIdentityNumber::new(&draft, scope.today()) {
        Ok(new) => Some(new),
        Err(Refusals(refused)) => {
            refusals.0.extend(refused.into_iter().map(of_the_number));
            None
        }
    };
    let (Some(reason), Some(replaced), Some(new)) = (reason, replaced, new) else {
        return Err(refusals.into());
    };
    if saved.version != version {
        return Err(Problem::new(Code::Stale));
    }
    let after = PersonFields::of(&change_number(&before, &replaced, new)?);
    let raw: Value = json!({
        "identityNumbers": after.identity_numbers, "birthDate": after.birth_date, "sex": after.sex,
    });
    let change: UpdatePerson = parse(raw.to_string().as_bytes())?;
    person::because(tx, &reason);
    let if_match = IfMatch::Versions(vec![version]);
    update_person(tx, scope, id, &if_match, &change, &raw, Some(review)).map_err(|problem| {
        let refused: Vec<Refusal> = problem.refused().iter().cloned().map(of_the_number).collect();
        if refused.is_empty() { problem } else { Problem::new(problem.code()).errors(refused) }
    })
}

/// The refusal, at the field of this request that it is about.
fn of_the_number(refusal: Refusal) -> Refusal {
    let pointer = match refusal.pointer.as_str() {
        "/period/from" => "/from",
        "/coordination" => "/coordination",
        _ => "/number",
    };
    Refusal { pointer: pointer.to_owned(), ..refusal }
}
