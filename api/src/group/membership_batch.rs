use std::collections::BTreeMap;

use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use skolhus_domain::{
    access::{Scope, declared::ManageGroups},
    group::NewMembership,
    id::{Id, MembershipId},
    refusal::{Refusal, Refusals, Rule},
};
use skolhus_persistence::{
    Tx,
    group::membership::{self, NamedMembership},
};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{
    membership_document::MembershipDocument,
    memberships::{Creation, Move, apply},
};
use crate::http::{
    body::Body,
    catalogue::Code,
    idempotency::{IdempotencyKey, Made},
    period::PeriodDocument,
    permit::Permit,
    problem::Problem,
    state::State,
};

/// The most items in one call.
const MOST_ITEMS: usize = 500;

/// Many memberships to enter, to change or to withdraw at once.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GroupMembershipBatch {
    /// What to do, 1 to 500 items; each membership once.
    #[validate(length(min = 1, max = 500), nested)]
    #[schema(min_items = 1, max_items = 500)]
    pub items: Vec<BatchItem>,
}

/// What is done to one membership.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = GroupMembershipAction, example = "creation")]
pub enum Action {
    /// It is entered: `personId`, `groupId`, `period`, and if wished `id`.
    Creation,
    /// It gets other days: `period`.
    Change,
    /// It is withdrawn as a mistaken entry.
    Withdrawal,
}

/// One membership to enter, to change or to withdraw. Which fields it has follows from `action`; what
/// is there already is named by `membershipId` and the `version` the decision was made on.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = GroupMembershipBatchItem)]
pub struct BatchItem {
    /// What is done.
    pub action: Action,
    /// Creation: its id, if the caller brings one.
    #[schema(example = "0199a3f0-7c00-7000-8000-000000000072")]
    pub id: Option<Uuid>,
    /// Creation: who.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub person_id: Option<Uuid>,
    /// Creation: in which group.
    #[schema(example = "0199a3f0-7c00-7000-8000-000000000071")]
    pub group_id: Option<Uuid>,
    /// Creation, change: the days of it; without a last day as long as the group exists.
    #[validate(nested)]
    pub period: Option<PeriodDocument>,
    /// Change, withdrawal: which membership.
    #[schema(example = "0199a3f0-7c00-7000-8000-000000000072")]
    pub membership_id: Option<Uuid>,
    /// Change, withdrawal: the version that it was decided on, as `If-Match` elsewhere.
    #[validate(range(min = 1))]
    #[schema(example = 1, minimum = 1)]
    pub version: Option<i64>,
}

/// What a batch made of its items.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = GroupMembershipBatchResult)]
pub struct BatchResult {
    /// The memberships in the order of the items; those that were withdrawn are left out.
    pub data: Vec<MembershipDocument>,
}

/// Enter, change or withdraw many memberships
///
/// All or nothing: every item is checked first, each refused value is named by a pointer such as
/// `/items/3/personId`, and then nothing is saved. Somebody may end in one group and begin in another
/// in one call. Participations follow at once; a person whose participation cannot is named by their
/// first item.
#[utoipa::path(
    operation_id = "createGroupMembershipBatch", tag = "group",
    extensions(("x-permission" = json!("group:manage")), ("x-idempotent" = json!(true))),
    request_body(content = GroupMembershipBatch, example = json!({ "items": [
        { "action": "creation", "personId": "0199a3f0-7c00-7000-8000-0000000000c1",
          "groupId": "0199a3f0-7c00-7000-8000-000000000071", "period": { "from": "2026-08-17" } },
        { "action": "change", "membershipId": "0199a3f0-7c00-7000-8000-000000000072", "version": 1,
          "period": { "from": "2026-08-17", "to": "2026-10-30" } },
    ] })),
    responses(
        (status = 200, description = "Everything is done.", body = BatchResult),
        (status = 412, description = "An item's version is not the present one; `errors` names each.",
            body = crate::http::problem::ProblemDocument, content_type = "application/problem+json"),
    )
)]
#[post("/v1/group-membership-batches")]
pub async fn handle(
    permit: Permit<ManageGroups>,
    state: web::Data<State>,
    key: IdempotencyKey,
    body: Body<GroupMembershipBatch>,
) -> Result<HttpResponse, Problem> {
    let caller = permit.caller().clone();
    let fresh: Vec<MembershipId> = body.items.iter().take(MOST_ITEMS).map(|_| state.fresh()).collect();
    let made = state
        .database
        .write(permit.caller(), move |tx, scope| {
            key.once(
                tx,
                scope,
                &caller,
                &body.bytes,
                |tx, scope| {
                    let ids = apply_batch(tx, scope, &fresh, &body)?;
                    let handle = ids.iter().map(|id| json!(id.uuid())).collect();
                    let answer = result(tx, scope, &ids)?;
                    Ok(Made { status: StatusCode::OK, handle, answer })
                },
                read_again,
            )
        })
        .await?;
    Ok(HttpResponse::Ok().json(made.answer))
}

fn read_again(tx: &mut Tx<'_>, scope: &Scope, made: &Value) -> Result<BatchResult, Problem> {
    let ids: Vec<MembershipId> = made
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|id| Uuid::try_parse(id.as_str()?).ok().map(Id::from_uuid))
        .collect();
    result(tx, scope, &ids)
}

fn result(tx: &mut Tx<'_>, scope: &Scope, ids: &[MembershipId]) -> Result<BatchResult, Problem> {
    let found = membership::find_named(tx.connection(), scope, ids)?;
    let mut found: BTreeMap<MembershipId, NamedMembership> =
        found.into_iter().map(|named| (named.saved.id, named)).collect();
    Ok(BatchResult {
        data: ids.iter().filter_map(|id| found.remove(id)).map(MembershipDocument::of).collect(),
    })
}

/// The use-case: the memberships of the items, in their order. `fresh` has an id for each item.
///
/// # Errors
/// [`Code::InvalidFields`]; [`Code::Conflict`] when only participations stand in the way; [`Code::Stale`]
/// when only versions do; a failure of the database.
pub fn apply_batch(
    tx: &mut Tx<'_>,
    scope: &Scope,
    fresh: &[MembershipId],
    request: &GroupMembershipBatch,
) -> Result<Vec<MembershipId>, Problem> {
    let mut refusals = Refusals::default();
    let (mut creations, mut changes, mut order) = (Vec::new(), Vec::new(), Vec::new());
    for ((place, item), fresh) in request.items.iter().enumerate().zip(fresh) {
        let at = format!("/items/{place}");
        match item.read() {
            Ok(Work::Creation(id, new)) => {
                let (brought, id) = (id.is_some(), id.unwrap_or(*fresh));
                order.push(id);
                creations.push(Creation { at, id, brought, new });
            }
            Ok(Work::Change(id, version, period)) => {
                order.push(id);
                changes.push((at, id, version, period));
            }
            Err(found) => refusals.0.extend(found.0.into_iter().map(|refusal| refusal.at(&at))),
        }
    }
    let ids: Vec<MembershipId> = changes.iter().map(|(_, id, ..)| *id).collect();
    let mut found: BTreeMap<MembershipId, NamedMembership> =
        membership::find_named(tx.connection(), scope, &ids)?
            .into_iter()
            .map(|named| (named.saved.id, named))
            .collect();
    let known: Vec<MembershipId> = found.keys().copied().collect();
    let (mut moves, mut stale) = (Vec::new(), Vec::new());
    for (at, id, version, period) in changes {
        let Some(NamedMembership { saved: before, .. }) = found.remove(&id) else {
            let (rule, detail) = if known.contains(&id) {
                (Rule::Duplicate, "the membership stands twice")
            } else {
                (Rule::UnknownReference, "there is no such membership")
            };
            refusals.0.push(Refusal::new(rule, detail).at("/membershipId").at(&at));
            continue;
        };
        let already = period.is_some_and(|period| period == PeriodDocument::of(before.value.period));
        if !already && before.version != version {
            let detail = format!("it has version {} by now", before.version);
            stale.push(Refusal::new(Rule::Conflict, detail).at("/version").at(&at));
        } else {
            moves.push(Move { at, before, period: period.map(PeriodDocument::raw) });
        }
    }
    if refusals.0.is_empty() && !stale.is_empty() {
        return Err(Problem::new(Code::Stale).errors(stale));
    }
    refusals.0.extend(stale);
    apply(tx, scope, &creations, &moves, refusals)?;
    Ok(order)
}

/// An item whose fields fit its action.
enum Work {
    Creation(Option<MembershipId>, NewMembership),
    Change(MembershipId, i64, Option<PeriodDocument>),
}

impl BatchItem {
    /// Reads the fields that the action has; names those that are missing, and those that belong to
    /// another action.
    fn read(&self) -> Result<Work, Refusals> {
        let Self { action, id, person_id, group_id, period, membership_id, version } = self;
        let creates = *action == Action::Creation;
        let dated = *action != Action::Withdrawal;
        let mut refusals = Refusals::default();
        // Field, whether it is there, whether the action has it, whether it needs it.
        let fields = [
            ("/id", id.is_some(), creates, false),
            ("/personId", person_id.is_some(), creates, creates),
            ("/groupId", group_id.is_some(), creates, creates),
            ("/period", period.is_some(), dated, dated),
            ("/membershipId", membership_id.is_some(), !creates, !creates),
            ("/version", version.is_some(), !creates, !creates),
        ];
        for (at, there, has, needs) in fields {
            if there && !has {
                refusals.0.push(Refusal::new(Rule::Conflict, "the action does not have this").at(at));
            } else if needs && !there {
                refusals.0.push(Refusal::new(Rule::Required, "the action needs this").at(at));
            }
        }
        refusals.finish()?;
        let work = match action {
            Action::Creation => match (person_id, group_id, period) {
                (Some(person), Some(group), Some(period)) => {
                    let new = NewMembership {
                        person: Id::from_uuid(*person),
                        group: Id::from_uuid(*group),
                        period: period.raw(),
                    };
                    Some(Work::Creation(id.map(Id::from_uuid), new))
                }
                _ => None,
            },
            Action::Change | Action::Withdrawal => membership_id
                .zip(*version)
                .map(|(id, version)| Work::Change(Id::from_uuid(id), version, *period)),
        };
        work.ok_or_else(|| Refusal::new(Rule::Required, "a field of the action is missing").into())
    }
}
