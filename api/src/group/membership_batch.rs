use std::collections::BTreeMap;

use actix_web::{HttpResponse, http::StatusCode, post, web};
use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use skolhus_domain::{
    access::{Scope, declared::ManageGroups},
    group::NewMembership,
    id::{GroupId, Id, MembershipId},
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
    batch::{MOST_ITEMS, Present, check_fields, finish, stale},
    body::Body,
    idempotency::{IdempotencyKey, Made},
    period::PeriodDocument,
    permit::Permit,
    problem::Problem,
    state::State,
};

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
    /// The person goes over to another group: `groupId`, and `from` which day. What is left ends the day before; one
    /// that would not have begun by then is withdrawn.
    Move,
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
    /// Creation: in which group. Move: to which.
    #[schema(example = "0199a3f0-7c00-7000-8000-000000000071")]
    pub group_id: Option<Uuid>,
    /// Creation, change: the days of it; without a last day as long as the group exists.
    #[validate(nested)]
    pub period: Option<PeriodDocument>,
    /// Move: the first day in the other group.
    #[schema(example = "2026-10-05")]
    pub from: Option<NaiveDate>,
    /// Change, withdrawal, move: which membership.
    #[schema(example = "0199a3f0-7c00-7000-8000-000000000072")]
    pub membership_id: Option<Uuid>,
    /// Change, withdrawal, move: the version that it was decided on, as `If-Match` elsewhere.
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
/// [`crate::http::catalogue::Code::InvalidFields`]; `Conflict` when only participations stand in the way; `Stale`
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
            Ok(Work::Change(id, version, change)) => {
                let change = match change {
                    Change::Move { to, from, .. } => Change::Move { to, from, fresh: *fresh },
                    other => other,
                };
                // What a move makes is what it is answered with.
                order.push(if matches!(change, Change::Move { .. }) { *fresh } else { id });
                changes.push((at, id, version, change));
            }
            Err(found) => refusals.0.extend(found.0.into_iter().map(|refusal| refusal.at(&at))),
        }
    }
    let ids: Vec<MembershipId> = changes.iter().map(|(_, id, ..)| *id).collect();
    let found = membership::find_named(tx.connection(), scope, &ids)?;
    let mut present = Present::new("/membershipId", found.into_iter().map(|named| (named.saved.id, named)));
    let (mut moves, mut stales) = (Vec::new(), Vec::new());
    for (at, id, version, change) in changes {
        let Some(NamedMembership { saved: before, .. }) = refusals.note(&at, present.take(id)) else {
            continue;
        };
        let after = match change {
            Change::Days(period) => Some(period.raw()),
            Change::Withdrawal => None,
            Change::Move { to, from, fresh } => {
                let new = NewMembership { person: before.value.person, group: to, period: (from, None) };
                creations.push(Creation { at: at.clone(), id: fresh, brought: false, new });
                // Nothing is left of one that had not begun.
                let eve =
                    from.checked_sub_days(Days::new(1)).filter(|eve| *eve >= before.value.period.from());
                eve.map(|eve| {
                    let last = before.value.period.to().map_or(eve, |to| to.min(eve));
                    (before.value.period.from(), Some(last))
                })
            }
        };
        let present = (before.value.period.from(), before.value.period.to());
        if after != Some(present) && before.version != version {
            stales.push(stale(before.version).at(&at));
        } else {
            moves.push(Move { at, before, period: after });
        }
    }
    if refusals.0.is_empty() {
        finish(Refusals::default(), stales)?;
    } else {
        refusals.0.extend(stales);
    }
    apply(tx, scope, &creations, &moves, refusals)?;
    Ok(order)
}

/// An item whose fields fit its action.
enum Work {
    Creation(Option<MembershipId>, NewMembership),
    Change(MembershipId, i64, Change),
}

/// What becomes of a membership.
#[derive(Clone, Copy)]
enum Change {
    Days(PeriodDocument),
    Withdrawal,
    /// The person belongs to another group from a day on; `fresh` is the id of that membership.
    Move {
        to: GroupId,
        from: NaiveDate,
        fresh: MembershipId,
    },
}

impl BatchItem {
    /// Reads the fields that the action has; names those that are missing, and those that belong to
    /// another action.
    fn read(&self) -> Result<Work, Refusals> {
        let Self { action, id, person_id, group_id, period, from, membership_id, version } = self;
        let creates = *action == Action::Creation;
        let moves = *action == Action::Move;
        let dated = creates || *action == Action::Change;
        check_fields([
            ("/id", id.is_some(), creates, false),
            ("/personId", person_id.is_some(), creates, creates),
            ("/groupId", group_id.is_some(), creates || moves, creates || moves),
            ("/period", period.is_some(), dated, dated),
            ("/from", from.is_some(), moves, moves),
            ("/membershipId", membership_id.is_some(), !creates, !creates),
            ("/version", version.is_some(), !creates, !creates),
        ])?;
        let change = match (action, period, group_id, from) {
            (Action::Creation, Some(period), Some(group), _) => {
                return person_id
                    .map(|person| {
                        let new = NewMembership {
                            person: Id::from_uuid(person),
                            group: Id::from_uuid(*group),
                            period: period.raw(),
                        };
                        Work::Creation(id.map(Id::from_uuid), new)
                    })
                    .ok_or_else(missing);
            }
            (Action::Change, Some(period), ..) => Some(Change::Days(*period)),
            (Action::Withdrawal, ..) => Some(Change::Withdrawal),
            (Action::Move, _, Some(group), Some(from)) => {
                let to = Id::from_uuid(*group);
                Some(Change::Move { to, from: *from, fresh: Id::from_uuid(Uuid::nil()) })
            }
            _ => None,
        };
        let (change, id, version) = (change.ok_or_else(missing)?, membership_id, *version);
        id.zip(version)
            .map(|(id, version)| Work::Change(Id::from_uuid(id), version, change))
            .ok_or_else(missing)
    }
}

fn missing() -> Refusals {
    Refusal::new(Rule::Required, "a field of the action is missing").into()
}
