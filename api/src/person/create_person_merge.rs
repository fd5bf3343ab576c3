use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde::Deserialize;
use serde_json::json;
use skolhus_domain::{
    access::{Scope, declared::MergePersons},
    id::{Id, PersonId, PersonMergeId},
    person::PersonMerge,
    refusal::{Refusal, Rule},
    text::Text,
};
use skolhus_persistence::{Tx, person::merge};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{
    get_person_merge::get_person_merge,
    merge::{PersonMergeDocument, Weighed, weigh, whole_organiser},
};
use crate::http::{
    body::Body,
    catalogue::Code,
    idempotency::{IdempotencyKey, Made},
    permit::Permit,
    problem::Problem,
    resource::created,
    state::State,
};

/// Two records of one person.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreatePersonMerge {
    /// The merge's id, if the caller brings one; else a fresh one is given.
    #[serde(default)]
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000e1")]
    pub id: Option<Uuid>,
    /// Whose record is kept.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub keep_id: Uuid,
    /// The version of it that was looked at.
    #[validate(range(min = 1))]
    #[schema(example = 3, minimum = 1)]
    pub keep_version: i64,
    /// Whose record is withdrawn.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c2")]
    pub merge_id: Uuid,
    /// The version of it that was looked at.
    #[validate(range(min = 1))]
    #[schema(example = 1, minimum = 1)]
    pub merge_version: i64,
    /// Why, as it will stand in the log.
    #[validate(length(min = 5, max = 500))]
    #[schema(example = "Samma person, inskriven två gånger", min_length = 5, max_length = 500)]
    pub reason: String,
}

/// Merge two records of one person
///
/// Everything that names the one names the other from then on; the kept record gets what it lacks. The other
/// record stays in the register, withdrawn, with its history, and its address leads on to the kept one. The merge
/// can be undone. It is refused where the two contradict, and always where both hold a personnummer: they are two
/// persons, or one who has got a new identity (fingerade personuppgifter), which is registered afresh and never linked.
///
/// Relations move too. By a merge alone nobody gets a right: what would open something waits for a second person,
/// other than whoever merges, unless the organiser has turned that off. A relation that the kept record has
/// already is withdrawn. Contact bans hold at once. A relation that waits for a second person is decided about first.
#[utoipa::path(
    operation_id = "createPersonMerge", tag = "person",
    extensions(("x-permission" = json!("person:merge")), ("x-idempotent" = json!(true))),
    request_body(content = CreatePersonMerge, example = json!({
        "keepId": "0199a3f0-7c00-7000-8000-0000000000c1", "keepVersion": 3,
        "mergeId": "0199a3f0-7c00-7000-8000-0000000000c2", "mergeVersion": 1,
        "reason": "Samma person, inskriven två gånger",
    })),
    responses(
        (status = 201, description = "They are merged.", body = PersonMergeDocument,
            headers(("ETag" = String, description = "The merge's version."), ("Location" = String, description = "Its address."))),
        (status = 412, description = "One of the records has another version by now.",
            body = crate::http::problem::ProblemDocument, content_type = "application/problem+json"),
    )
)]
#[post("/v1/person-merges")]
pub async fn handle(
    permit: Permit<MergePersons>,
    state: web::Data<State>,
    key: IdempotencyKey,
    body: Body<CreatePersonMerge>,
) -> Result<HttpResponse, Problem> {
    let (caller, fresh) = (permit.caller().clone(), state.fresh::<PersonMergeId>());
    let made = state
        .database
        .write(permit.caller(), move |tx, scope| {
            key.once(
                tx,
                scope,
                &caller,
                &body.bytes,
                |tx, scope| {
                    let answer = create_person_merge(tx, scope, fresh, &body)?;
                    Ok(Made { status: StatusCode::CREATED, handle: json!(answer.id), answer })
                },
                |tx, scope, handle| {
                    let id = handle.as_str().and_then(|id| Uuid::try_parse(id).ok()).unwrap_or_default();
                    get_person_merge(tx.connection(), scope, Id::from_uuid(id))
                },
            )
        })
        .await?;
    let merge = made.answer;
    Ok(created(made.status, format!("/v1/person-merges/{}", merge.id), merge.version, &merge))
}

/// The use-case.
///
/// # Errors
/// [`Code::InvalidFields`]; [`Code::Stale`] when a record has another version by now;
/// [`Code::Conflict`] where the two cannot be one person's; [`Code::NotPermitted`]; a failure of
/// the database.
pub fn create_person_merge(
    tx: &mut Tx<'_>,
    scope: &Scope,
    fresh: PersonMergeId,
    request: &CreatePersonMerge,
) -> Result<PersonMergeDocument, Problem> {
    let CreatePersonMerge { id, keep_id, keep_version, merge_id, merge_version, reason } = request;
    whole_organiser(scope)?;
    let id = id.map_or(fresh, Id::from_uuid);
    let (keep, merged): (PersonId, PersonId) = (Id::from_uuid(*keep_id), Id::from_uuid(*merge_id));
    let reason = Text::lines(reason, 500).map_err(|refusal| refusal.at("/reason"))?;
    merge::lock(tx, [keep, merged])?;
    if merge::is_taken(tx.connection(), scope, id)? {
        return Err(Refusal::new(Rule::Duplicate, "the id is in use").at("/id").into());
    }
    let Weighed { kept, merged: other, survey, result, obstacles } =
        weigh(tx.connection(), scope, keep, merged)?;
    if kept.version != *keep_version || other.version != *merge_version {
        return Err(Problem::new(Code::Stale));
    }
    let (Some((after, added)), true) = (result, obstacles.is_empty()) else {
        return Err(Problem::new(Code::Conflict).errors(obstacles));
    };
    let new = PersonMerge { kept: keep, merged, reason, reversal: None };
    let versions = [kept.version, other.version];
    let saved = merge::carry_out(tx, scope, id, &new, versions, &survey, &after, &added)?;
    Ok(PersonMergeDocument::of(saved))
}
