use actix_web::{post, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use skolhus_domain::{
    access::{Scope, declared::ManageGroups},
    id::{Id, MembershipId},
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{
    DatabaseConnection,
    group::membership::{self, MembershipFilter, MembershipSort},
};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::membership_batch::{Action, BatchItem, GroupMembershipBatch, apply_batch};
use crate::http::{
    batch::{BatchPreview, MOST_ITEMS, either, first, preview, selected, too_many},
    body::Body,
    period::PeriodDocument,
    permit::Permit,
    problem::Problem,
    state::State,
};

/// A batch to preview: its items, or a selection and what would be done to each of it.
#[derive(Clone, Deserialize, Serialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PreviewGroupMembershipBatch {
    /// The items of the batch.
    #[validate(length(min = 1, max = 500), nested)]
    #[schema(min_items = 1, max_items = 500)]
    pub items: Option<Vec<BatchItem>>,
    /// Instead: what is selected, with `change`.
    #[validate(nested)]
    pub selection: Option<GroupMembershipSelection>,
    /// With `selection`: what would be done to each.
    #[validate(nested)]
    pub change: Option<GroupMembershipSelectionChange>,
}

/// Which memberships are selected.
#[derive(Clone, Deserialize, Serialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GroupMembershipSelection {
    /// In these groups.
    #[validate(length(min = 1, max = 100))]
    #[schema(example = json!(["0199a3f0-7c00-7000-8000-000000000071"]), min_items = 1, max_items = 100)]
    pub group_ids: Vec<Uuid>,
    /// Of these persons; of everybody unless given.
    #[serde(default)]
    #[validate(length(max = 500))]
    #[schema(example = json!([]), max_items = 500)]
    pub person_ids: Vec<Uuid>,
    /// In force on this day; today unless given.
    #[schema(example = "2026-10-05")]
    pub on: Option<NaiveDate>,
    /// How many there may be; where there are more, nothing is selected.
    #[validate(range(min = 1, max = 500))]
    #[schema(example = 100, minimum = 1, maximum = 500)]
    pub limit: u32,
}

/// What would be done to each that is selected: the fields of a batch's item that say so.
#[derive(Clone, Deserialize, Serialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GroupMembershipSelectionChange {
    /// What is done; not a creation.
    pub action: Action,
    /// Move: to which group.
    #[schema(example = "0199a3f0-7c00-7000-8000-000000000071")]
    pub group_id: Option<Uuid>,
    /// Move: the first day in the other group.
    #[schema(example = "2026-10-05")]
    pub from: Option<NaiveDate>,
    /// Change: the days of it.
    #[validate(nested)]
    pub period: Option<PeriodDocument>,
}

/// Preview a batch of memberships
///
/// What `POST /v1/group-membership-batches` would be answered with: whether every item could be done, and each
/// refused value by its place. Nothing is changed. What is not written as the batch is written is refused as by the batch.
/// A selection becomes items with the present versions, ready to be
/// sent; persons with protected identity are in no selection.
#[utoipa::path(
    operation_id = "previewGroupMembershipBatch", tag = "group",
    extensions(("x-permission" = json!("group:manage"))),
    request_body(content = PreviewGroupMembershipBatch, example = json!({ "items": [
        { "action": "creation", "personId": "0199a3f0-7c00-7000-8000-0000000000c1",
          "groupId": "0199a3f0-7c00-7000-8000-000000000071", "period": { "from": "2026-08-17" } },
    ] })),
    responses((status = 200, description = "What it would come to.", body = BatchPreview<BatchItem>))
)]
#[post("/v1/group-membership-batches/preview")]
pub async fn handle(
    permit: Permit<ManageGroups>,
    state: web::Data<State>,
    body: Body<PreviewGroupMembershipBatch>,
) -> Result<web::Json<BatchPreview<BatchItem>>, Problem> {
    let fresh: Vec<MembershipId> = (0..MOST_ITEMS).map(|_| state.fresh()).collect();
    let work = move |tx: &mut skolhus_persistence::Tx<'_>, scope: &Scope| {
        let items = body.items(tx.connection(), scope)?;
        let batch = GroupMembershipBatch { items: items.clone() };
        let tried = apply_batch(tx, scope, &fresh, &batch).map(drop);
        Ok((items, tried))
    };
    Ok(web::Json(preview(&state.database, permit.caller(), work).await?))
}

impl PreviewGroupMembershipBatch {
    fn items(&self, connection: &mut DatabaseConnection, scope: &Scope) -> Result<Vec<BatchItem>, Problem> {
        match self {
            Self { items: Some(items), selection: None, change: None } => Ok(items.clone()),
            Self { items: None, selection: Some(selection), change: Some(change) } => {
                selection.items(connection, scope, change)
            }
            _ => Err(either()),
        }
    }
}

impl GroupMembershipSelection {
    fn items(
        &self,
        connection: &mut DatabaseConnection,
        scope: &Scope,
        change: &GroupMembershipSelectionChange,
    ) -> Result<Vec<BatchItem>, Problem> {
        let Self { group_ids, person_ids, on, limit } = self;
        if change.action == Action::Creation {
            let detail = "what is selected is there already";
            return Err(Refusal::new(Rule::Conflict, detail).at("/change/action").into());
        }
        let filter = MembershipFilter {
            groups: group_ids.iter().copied().map(Id::from_uuid).collect(),
            persons: person_ids.iter().copied().map(Id::from_uuid).collect(),
            school_units: Vec::new(),
            valid_on: Some(on.unwrap_or_else(|| scope.today())),
        };
        let found = membership::list(connection, scope, &filter, &first::<MembershipSort>(*limit))?;
        if found.next.is_some() {
            return Err(too_many(*limit));
        }
        let GroupMembershipSelectionChange { action, group_id, from, period } = change.clone();
        let items = found.items.into_iter().map(|named| BatchItem {
            action,
            id: None,
            person_id: None,
            group_id,
            period,
            from,
            membership_id: Some(named.saved.id.uuid()),
            version: Some(named.saved.version),
        });
        selected(items.collect())
    }
}
