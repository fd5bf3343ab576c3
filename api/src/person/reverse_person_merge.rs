use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde::Deserialize;
use serde_json::json;
use skolhus_domain::{
    access::{Scope, declared::MergePersons},
    id::PersonMergeId,
    person::take_back,
    refusal::{Refusal, Rule},
    text::Text,
};
use skolhus_persistence::{
    Tx,
    person::{
        self,
        merge::{self, Entangled},
        relation_setting,
    },
};
use utoipa::ToSchema;
use validator::Validate;

use super::{
    document::facts,
    get_person_merge::get_person_merge,
    merge::{PersonMergeDocument, whole_organiser},
};
use crate::http::{
    body::Body,
    catalogue::Code,
    idempotency::{IdempotencyKey, Made},
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, saved},
    state::State,
};

/// Why a merge is undone.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReversePersonMerge {
    /// The reason, as it will stand in the log.
    #[validate(length(min = 5, max = 500))]
    #[schema(example = "Två kusiner med samma namn", min_length = 5, max_length = 500)]
    pub reason: String,
}

/// Undo a merge
///
/// What named the withdrawn record before names it again, also where it has been changed since; the kept record
/// loses what it got, where that still stands. What was entered after the merge stays with the kept record. Relations
/// are what they were, with who entered and confirmed them; one that was changed or confirmed after the merge, or
/// that a ban has been entered against, goes back as it is now, and waits for a second person where it carries rights.
/// It is refused, naming what, where the two cannot be told apart any more: the kept record was withdrawn or merged
/// in turn, a record names somebody else by now, a relation waits that was entered after the merge or changed since, or
/// an identity number was changed after the merge.
#[utoipa::path(
    operation_id = "reversePersonMerge", tag = "person",
    extensions(("x-permission" = json!("person:merge")), ("x-idempotent" = json!(true))),
    params(IdPath),
    request_body(content = ReversePersonMerge, example = json!({ "reason": "Två kusiner med samma namn" })),
    responses((status = 200, description = "The merge as undone.", body = PersonMergeDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[post("/v1/person-merges/{id}/reversal")]
pub async fn handle(
    permit: Permit<MergePersons>,
    state: web::Data<State>,
    id: PathId<PersonMergeId>,
    key: IdempotencyKey,
    body: Body<ReversePersonMerge>,
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
                    let answer = reverse_person_merge(tx, scope, id.0, &body)?;
                    Ok(Made { status: StatusCode::OK, handle: json!(answer.id), answer })
                },
                |tx, scope, _| get_person_merge(tx.connection(), scope, id.0),
            )
        })
        .await?;
    Ok(saved(made.answer.version, &made.answer))
}

/// The use-case.
///
/// # Errors
/// [`Code::NotFound`]; [`Code::Conflict`] when it is undone already, or cannot be; a failure of
/// the database.
pub fn reverse_person_merge(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: PersonMergeId,
    request: &ReversePersonMerge,
) -> Result<PersonMergeDocument, Problem> {
    let ReversePersonMerge { reason } = request;
    let reason = Text::lines(reason, 500).map_err(|refusal| refusal.at("/reason"))?;
    let before = merge::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    whole_organiser(scope)?;
    let after = before.value.reversed(reason, scope.now())?;
    merge::lock(tx, [after.kept, after.merged])?;
    let Some(kept) = person::find(tx.connection(), scope, after.kept)? else {
        let detail = "the kept record was withdrawn or merged in turn: undo that first";
        return Err(Refusal::new(Rule::State, detail).into());
    };
    let added = merge::added(tx.connection(), scope, id)?;
    let left = take_back(&facts(&kept, scope, None)?, &added);
    let second_person = relation_setting::in_force(tx.connection(), scope)?;
    match merge::reverse(tx, scope, &before, &after, kept.version, &left, second_person)? {
        Ok(saved) => Ok(PersonMergeDocument::of(saved)),
        Err(entangled) => Err(Problem::new(Code::Conflict).errors(entangled.iter().map(named).collect())),
    }
}

fn named(entangled: &Entangled) -> Refusal {
    let Entangled { entity, id, waits } = entangled;
    let detail = if *waits {
        format!("the {entity} {id} waits for a second person: have it decided first")
    } else {
        format!("the {entity} {id} was changed after the merge so that it cannot go back")
    };
    Refusal::new(Rule::State, detail)
}
