use actix_web::{HttpResponse, post, web};
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ManageParticipations},
    id::{Id, ParticipationId},
};
use skolhus_persistence::{Tx, participation};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{
    create_participation::{CreateParticipation, enter_once, enter_one},
    participation_document::ParticipationDocument,
};
use crate::http::{
    body::Body,
    idempotency::IdempotencyKey,
    period::PeriodDocument,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId},
    state::State,
};

/// A participation that follows one that has ended.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReadmitParticipation {
    /// Its id, if the caller brings one; else a fresh one is given.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000f2")]
    pub id: Option<Uuid>,
    /// From which day to which; the first day comes after the last of each earlier participation.
    /// Without a last day it lasts as long as the offering.
    #[validate(nested)]
    pub period: PeriodDocument,
    /// Pace of study in percent of full time; the offering's unless given.
    #[validate(range(min = 1, max = 100))]
    #[schema(example = 50, minimum = 1, maximum = 100)]
    pub pace_percent: Option<i32>,
    /// Who pays, as a code of the table of funding sources valid on the first day; not stated
    /// unless given.
    #[validate(length(min = 1, max = 40))]
    #[schema(example = "state-grant", min_length = 1, max_length = 40, pattern = "^[A-Za-z0-9-]+$")]
    pub funding_code: Option<String>,
}

/// Readmit a participant
///
/// A new, planned participation of the same person in the same offering (återintag), after one
/// that was interrupted, completed or cancelled. The earlier one stays as it is.
#[utoipa::path(
    operation_id = "readmitParticipation", tag = "participation",
    extensions(("x-permission" = json!("participation:manage")), ("x-idempotent" = json!(true))),
    params(IdPath),
    request_body(content = ReadmitParticipation, example = json!({ "period": { "from": "2027-01-11" }, "pacePercent": 50 })),
    responses((status = 201, description = "The new participation is entered.", body = ParticipationDocument,
        headers(("ETag" = String, description = "Its version."), ("Location" = String, description = "Its address."))))
)]
#[post("/v1/participations/{id}/readmission")]
pub async fn handle(
    permit: Permit<ManageParticipations>,
    state: web::Data<State>,
    id: PathId<ParticipationId>,
    key: IdempotencyKey,
    body: Body<ReadmitParticipation>,
) -> Result<HttpResponse, Problem> {
    let (bytes, request) = (body.bytes.clone(), body.into_inner());
    enter_once(&permit, &state, key, bytes, move |tx, scope, fresh| {
        readmit_participation(tx, scope, id.0, fresh, &request)
    })
    .await
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `InvalidFields`, `Conflict` while the earlier one
/// has not ended or when no place is left; a failure of the database.
pub fn readmit_participation(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: ParticipationId,
    fresh: ParticipationId,
    request: &ReadmitParticipation,
) -> Result<ParticipationDocument, Problem> {
    let earlier = participation::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    let ReadmitParticipation { id, period, pace_percent, funding_code } = request.clone();
    let new = CreateParticipation {
        id,
        person_id: earlier.value.person().uuid(),
        offering_id: earlier.value.offering().uuid(),
        period: Some(period),
        pace_percent,
        funding_code,
    };
    enter_one(tx, scope, fresh, &new, Some(&earlier.value))
}
