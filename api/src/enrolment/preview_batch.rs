use actix_web::{post, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use skolhus_domain::{
    access::{Scope, declared::ManageEnrolments},
    id::{EnrolmentId, GroupId, Id, PersonId},
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{
    DatabaseConnection,
    enrolment::{self, EnrolmentFilter, EnrolmentSort},
};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::batch::{Action, BatchItem, EnrolmentBatch, apply_batch};
use crate::{
    group::members_on,
    http::{
        batch::{BatchPreview, MOST_ITEMS, either, first, preview, selected, too_many},
        body::Body,
        period::PeriodDocument,
        permit::Permit,
        problem::Problem,
        state::State,
    },
};

/// A batch to preview: its items, or a selection and what would be done to each of it.
#[derive(Clone, Deserialize, Serialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PreviewEnrolmentBatch {
    /// The items of the batch.
    #[validate(length(min = 1, max = 500), nested)]
    #[schema(min_items = 1, max_items = 500)]
    pub items: Option<Vec<BatchItem>>,
    /// Instead: what is selected, with `change`.
    #[validate(nested)]
    pub selection: Option<EnrolmentSelection>,
    /// With `selection`: what would be done to each.
    #[validate(nested)]
    pub change: Option<EnrolmentSelectionChange>,
}

/// What is selected: enrolments, or where the change is a creation persons.
#[derive(Clone, Deserialize, Serialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EnrolmentSelection {
    /// Enrolments at these school units.
    #[serde(default)]
    #[validate(length(max = 100))]
    #[schema(example = json!(["0199a3f0-7c00-7000-8000-0000000000a1"]), max_items = 100)]
    pub school_unit_ids: Vec<Uuid>,
    /// Of those who belong to these groups on the day `on`.
    #[serde(default)]
    #[validate(length(max = 100))]
    #[schema(example = json!([]), max_items = 100)]
    pub group_ids: Vec<Uuid>,
    /// Of these persons.
    #[serde(default)]
    #[validate(length(max = 500))]
    #[schema(example = json!([]), max_items = 500)]
    pub person_ids: Vec<Uuid>,
    /// The day on which enrolments are in force and members of groups count; today unless given.
    #[schema(example = "2026-12-18")]
    pub on: Option<NaiveDate>,
    /// How many there may be; where there are more, nothing is selected.
    #[validate(range(min = 1, max = 500))]
    #[schema(example = 100, minimum = 1, maximum = 500)]
    pub limit: u32,
}

/// What would be done to each that is selected: the fields of a batch's item that say so.
#[derive(Clone, Deserialize, Serialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EnrolmentSelectionChange {
    /// What is done.
    pub action: Action,
    /// Creation: at which school unit.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000a1")]
    pub school_unit_id: Option<Uuid>,
    /// Creation: in which of its school types.
    #[validate(length(min = 1, max = 40))]
    #[schema(example = "FHS", min_length = 1, max_length = 40, pattern = "^[A-Za-z0-9-]+$")]
    pub school_type_code: Option<String>,
    /// Creation: which year of the school (årskurs), 0 to 10.
    #[validate(range(min = 0, max = 10))]
    #[schema(example = 7, minimum = 0, maximum = 10)]
    pub school_year: Option<u8>,
    /// Creation: which programme.
    #[validate(length(min = 1, max = 100))]
    #[schema(example = "Allmän kurs, år 2", min_length = 1, max_length = 100)]
    pub programme: Option<String>,
    /// Creation: the days of it.
    #[validate(nested)]
    pub period: Option<PeriodDocument>,
    /// End: the last day.
    #[schema(example = "2026-12-18")]
    pub on: Option<NaiveDate>,
}

/// Preview a batch of enrolments
///
/// What `POST /v1/enrolment-batches` would be answered with: whether every item could be done, and each refused
/// value by its place. Nothing is changed. What is not written as the batch is written is refused as by the batch.
/// A selection becomes items with the present versions, ready to be sent;
/// persons with protected identity are in no selection.
#[utoipa::path(
    operation_id = "previewEnrolmentBatch", tag = "enrolment",
    extensions(("x-permission" = json!("enrolment:manage"))),
    request_body(content = PreviewEnrolmentBatch, example = json!({ "items": [
        { "action": "creation", "personId": "0199a3f0-7c00-7000-8000-0000000000c1", "schoolUnitId": "0199a3f0-7c00-7000-8000-0000000000a1",
          "schoolTypeCode": "FHS", "period": { "from": "2026-08-17", "to": "2027-06-11" } },
    ] })),
    responses((status = 200, description = "What it would come to.", body = BatchPreview<BatchItem>))
)]
#[post("/v1/enrolment-batches/preview")]
pub async fn handle(
    permit: Permit<ManageEnrolments>,
    state: web::Data<State>,
    body: Body<PreviewEnrolmentBatch>,
) -> Result<web::Json<BatchPreview<BatchItem>>, Problem> {
    let fresh: Vec<EnrolmentId> = (0..MOST_ITEMS).map(|_| state.fresh()).collect();
    let work = move |tx: &mut skolhus_persistence::Tx<'_>, scope: &Scope| {
        let items = body.items(tx.connection(), scope)?;
        let batch = EnrolmentBatch { items: items.clone() };
        let tried = apply_batch(tx, scope, &fresh, &batch).map(drop);
        Ok((items, tried))
    };
    Ok(web::Json(preview(&state.database, permit.caller(), work).await?))
}

impl PreviewEnrolmentBatch {
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

impl EnrolmentSelection {
    fn items(
        &self,
        connection: &mut DatabaseConnection,
        scope: &Scope,
        change: &EnrolmentSelectionChange,
    ) -> Result<Vec<BatchItem>, Problem> {
        let Self { school_unit_ids, group_ids, person_ids, on, limit } = self;
        let day = on.unwrap_or_else(|| scope.today());
        let mut persons: Vec<PersonId> = person_ids.iter().copied().map(Id::from_uuid).collect();
        if !group_ids.is_empty() {
            let groups: Vec<GroupId> = group_ids.iter().copied().map(Id::from_uuid).collect();
            persons =
                members_on(connection, scope, &groups, &persons, day)?.ok_or_else(|| too_many(*limit))?;
            if persons.is_empty() {
                return selected(Vec::new());
            }
        }
        if change.action == Action::Creation {
            if persons.len() > usize::try_from(*limit).unwrap_or(MOST_ITEMS) {
                return Err(too_many(*limit));
            }
            return selected(persons.into_iter().map(|person| change.item(Some(person), None)).collect());
        }
        if school_unit_ids.is_empty() && persons.is_empty() {
            let detail = "select by school unit, group or person";
            return Err(Refusal::new(Rule::Required, detail).at("/selection/schoolUnitIds").into());
        }
        let filter = EnrolmentFilter {
            persons,
            school_units: school_unit_ids.iter().copied().map(Id::from_uuid).collect(),
            school_types: Vec::new(),
            valid_on: Some(day),
            states: Vec::new(),
        };
        let found = enrolment::list(connection, scope, &filter, &first::<EnrolmentSort>(*limit))?;
        if found.next.is_some() {
            return Err(too_many(*limit));
        }
        let items = found.items.into_iter().map(|named| {
            let saved = named.saved;
            change.item(None, Some((saved.id, saved.version)))
        });
        selected(items.collect())
    }
}

impl EnrolmentSelectionChange {
    /// The item of one that is selected.
    fn item(&self, person: Option<PersonId>, enrolment: Option<(EnrolmentId, i64)>) -> BatchItem {
        let Self { action, school_unit_id, school_type_code, school_year, programme, period, on } =
            self.clone();
        BatchItem {
            action,
            id: None,
            person_id: person.map(Id::uuid),
            school_unit_id,
            school_type_code,
            school_year,
            programme,
            period,
            enrolment_id: enrolment.map(|(id, _)| id.uuid()),
            version: enrolment.map(|(_, version)| version),
            on,
        }
    }
}
