use actix_web::{post, web};
use serde::{Deserialize, Serialize};
use skolhus_domain::{
    access::{Scope, declared::MergePersons},
    id::Id,
    person::Added,
};
use skolhus_persistence::DatabaseConnection;
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::merge::{Weighed, weigh, whole_organiser};
use crate::http::{
    body::Body,
    permit::Permit,
    problem::{Problem, RefusedValue},
    state::State,
};

/// Which records would be merged.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PreviewPersonMerge {
    /// Whose record would be kept.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub keep_id: Uuid,
    /// Whose record would be withdrawn.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c2")]
    pub merge_id: Uuid,
}

/// What a merge would come to.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PersonMergePreview {
    /// Whether it could be made as things are.
    #[schema(example = true)]
    pub possible: bool,
    /// The version of the record that would be kept, for the merge.
    #[schema(example = 3, minimum = 1)]
    pub keep_version: i64,
    /// The version of the record that would be withdrawn, for the merge.
    #[schema(example = 1, minimum = 1)]
    pub merge_version: i64,
    /// Which records would name the kept person instead.
    pub moves: Vec<MovesDocument>,
    /// What the kept record lacks and would get: `birthDate`, `sex`, `schoolUnitId`, `contact.emails`, `contact.phones`.
    #[schema(example = json!(["contact.emails"]))]
    pub added: Vec<&'static str>,
    /// What stands in the way.
    pub obstacles: Vec<RefusedValue>,
}

/// How many records of a kind would move.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PersonMergeMoves)]
pub struct MovesDocument {
    /// The kind, in the words of the change log.
    #[schema(example = "participation")]
    pub entity: &'static str,
    /// How many.
    #[schema(example = 2, minimum = 1)]
    pub records: i64,
}

/// Preview a merge
///
/// What a merge of two records would move and add, and what stands in its way. Nothing is changed.
#[utoipa::path(
    operation_id = "previewPersonMerge", tag = "person",
    extensions(("x-permission" = json!("person:merge"))),
    request_body(content = PreviewPersonMerge, example = json!({
        "keepId": "0199a3f0-7c00-7000-8000-0000000000c1", "mergeId": "0199a3f0-7c00-7000-8000-0000000000c2",
    })),
    responses((status = 200, description = "What it would come to.", body = PersonMergePreview))
)]
#[post("/v1/person-merges/preview")]
pub async fn handle(
    permit: Permit<MergePersons>,
    state: web::Data<State>,
    body: Body<PreviewPersonMerge>,
) -> Result<web::Json<PersonMergePreview>, Problem> {
    let preview = state
        .database
        .read(permit.caller(), move |connection, scope| preview_person_merge(connection, scope, &body))
        .await?;
    Ok(web::Json(preview))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::InvalidFields`], `NotPermitted`; a failure of the database.
pub fn preview_person_merge(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    request: &PreviewPersonMerge,
) -> Result<PersonMergePreview, Problem> {
    let PreviewPersonMerge { keep_id, merge_id } = request;
    whole_organiser(scope)?;
    let (keep, merge) = (Id::from_uuid(*keep_id), Id::from_uuid(*merge_id));
    let Weighed { kept, merged, survey, result, obstacles } = weigh(connection, scope, keep, merge)?;
    let moves =
        survey.moves.iter().map(|moves| MovesDocument { entity: moves.entity, records: moves.records });
    Ok(PersonMergePreview {
        possible: obstacles.is_empty(),
        keep_version: kept.version,
        merge_version: merged.version,
        moves: moves.collect(),
        added: result.as_ref().map_or_else(|| Added::default().fields(), |(_, added)| added.fields()),
        obstacles: obstacles.iter().map(RefusedValue::of).collect(),
    })
}
