use actix_web::{HttpResponse, post, web};
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ManageParticipations},
    code::Table,
    course::admit,
    id::{Id, ParticipationId},
    participation::{Origin, Participation, no_overlapping_participation, readmitted_to_groups},
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{Saved, Tx, course::offering, organisation::code, participation};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{
    create_participation::{CreateParticipation, enter_once, enter_one},
    get_participation::get_participation,
    in_step::follow,
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
/// that was interrupted, completed or cancelled. The earlier one stays as it is. Where it followed
/// groups that the person still belongs to, so does the new one: it is active, and they decide its last
/// day.
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
    if earlier.value.origin() == Origin::Groups {
        let readmitted = readmit_to_groups(tx, scope, &earlier, fresh, request)?;
        if let Some(readmitted) = readmitted {
            return Ok(readmitted);
        }
    }
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

/// Back among those who follow groups; none where the person does not belong to them on the day.
fn readmit_to_groups(
    tx: &mut Tx<'_>,
    scope: &Scope,
    earlier: &Saved<ParticipationId, Participation>,
    fresh: ParticipationId,
    request: &ReadmitParticipation,
) -> Result<Option<ParticipationDocument>, Problem> {
    let ReadmitParticipation { id, period, pace_percent, funding_code } = request;
    let offering_id = earlier.value.offering();
    participation::lock_offerings(tx, &[offering_id])?;
    let offering = offering::find(tx.connection(), scope, offering_id)?.ok_or_else(Problem::not_found)?;
    let Some((cut, mut new)) = readmitted_to_groups(&earlier.value, period.from, &offering.value)? else {
        return Ok(None);
    };
    if period.to.is_some_and(|to| Some(to) != new.period().to()) {
        let detail = format!("the groups decide the last day; the person belongs to them {}", new.period());
        return Err(Refusal::new(Rule::Conflict, detail).at("/period/to").into());
    }
    if let Some(percent) = pace_percent {
        new = new.set_pace(period.from, *percent)?;
    }
    if funding_code.is_some() {
        let table = code::entries(tx.connection(), Table::FundingSource)?;
        new = new.set_funding(period.from, funding_code.as_deref(), &table)?;
    }
    let id = id.map_or(fresh, Id::from_uuid);
    let person = new.person();
    let beside = participation::beside(tx.connection(), scope, &[person], &[offering_id], &[id])?;
    if !beside.taken.is_empty() {
        return Err(Refusal::new(Rule::Duplicate, "the id is in use").at("/id").into());
    }
    let others = beside.others.iter().filter(|other| other.id != earlier.id).map(|other| &other.value);
    no_overlapping_participation(&new, others)?;
    if offering.value.capacity.is_some() {
        let occupied = participation::occupied(tx.connection(), scope, &[offering_id])?;
        admit(offering.value.capacity, occupied.first().map_or(0, |(_, count)| *count), 1)?;
    }
    participation::update_many(tx, scope, &[(earlier.clone(), cut)])?;
    participation::insert_many(tx, scope, &[(id, new)])?;
    follow(tx, scope, &[offering_id], &[person], |_| String::new())?;
    // What no group wants is not kept in step but taken away again: such a day is refused, and nothing is saved.
    let wanted = participation::find_many(tx.connection(), scope, &[id])?.pop().is_some();
    if !wanted {
        let detail = "the person belongs to no group of the offering on this day, or is excepted from it";
        return Err(Refusal::new(Rule::Conflict, detail).at("/period/from").into());
    }
    get_participation(tx.connection(), scope, id).map(Some)
}
