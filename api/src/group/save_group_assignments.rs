use std::collections::BTreeMap;

use actix_web::{HttpResponse, put, web};
use serde::{Deserialize, Serialize};
use skolhus_domain::{
    access::{Scope, declared::ManageGroups},
    duty::Duty,
    group::{Group, GroupAssignment, NewGroupAssignment, no_overlapping_assignment},
    id::{DutyId, GroupId, Id},
    refusal::{Refusal, Refusals, Rule},
};
use skolhus_persistence::{
    Tx, duty,
    group::{assignment, group},
};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{
    get_group::get_group,
    group_document::{AssignmentRoleWord, GroupDocument},
};
use crate::http::{
    body::Body,
    etag::IfMatch,
    period::PeriodDocument,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, saved},
    state::State,
};

/// Everyone who answers for a group.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SaveGroupAssignments {
    /// The whole set; who is not among them no longer answers for it.
    #[validate(length(max = 100), nested)]
    #[schema(max_items = 100)]
    pub assignments: Vec<NewAssignment>,
}

/// Someone to answer for a group.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = NewGroupAssignment)]
pub struct NewAssignment {
    /// The duty, at the group's school unit.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000f1")]
    pub duty_id: Uuid,
    /// As what.
    #[schema(value_type = AssignmentRoleWord, example = "mentor")]
    pub role: String,
    /// Within the group's days and the duty's; no last day: as long as they.
    #[validate(nested)]
    pub period: PeriodDocument,
}

/// Save who answers for a group
///
/// Saves the whole set, and moves the group on to its next version. Who is assigned to a group today
/// reaches its members: their records, enrolments and participations at the unit. Saving what is
/// already so changes nothing.
#[utoipa::path(
    operation_id = "saveGroupAssignments", tag = "group",
    extensions(("x-permission" = json!("group:manage"))),
    params(IdPath),
    request_body(content = SaveGroupAssignments, example = json!({ "assignments": [{
        "dutyId": "0199a3f0-7c00-7000-8000-0000000000f1", "role": "mentor", "period": { "from": "2026-08-17" }
    }] })),
    responses((status = 200, description = "The group's present state.", body = GroupDocument,
        headers(("ETag" = String, description = "The group's version."))))
)]
#[put("/v1/groups/{id}/assignments")]
pub async fn handle(
    permit: Permit<ManageGroups>,
    state: web::Data<State>,
    id: PathId<GroupId>,
    if_match: IfMatch,
    body: Body<SaveGroupAssignments>,
) -> Result<HttpResponse, Problem> {
    let group = state
        .database
        .write(permit.caller(), move |tx, scope| save_group_assignments(tx, scope, id.0, &if_match, &body))
        .await?;
    Ok(saved(group.version, &group))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`, `InvalidFields`; a failure of the database.
pub fn save_group_assignments(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: GroupId,
    if_match: &IfMatch,
    request: &SaveGroupAssignments,
) -> Result<GroupDocument, Problem> {
    let seen = group::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    // Duties are held through their unit, as where they are given work in offerings.
    group::lock_unit(tx, seen.value.school_unit)?;
    group::lock(tx, &[id])?;
    let before = group::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;

    let ids: Vec<DutyId> = request.assignments.iter().map(|new| Id::from_uuid(new.duty_id)).collect();
    let found = duty::find_many(tx.connection(), scope, &ids)?;
    let mut duties: BTreeMap<DutyId, Duty> = found.into_iter().map(|duty| (duty.id, duty.value)).collect();
    duties.extend(assignment::duties_of(tx.connection(), scope, id)?);
    let mut wanted = check(&before.value, &duties, &request.assignments)?;

    let present = assignment::views(tx.connection(), scope, &[id])?.remove(&id).unwrap_or_default();
    let mut present: Vec<GroupAssignment> = present.into_iter().map(|view| view.assignment).collect();
    for set in [&mut wanted, &mut present] {
        set.sort_by_key(|assignment| (assignment.duty, assignment.role, assignment.period.from()));
    }
    let already = wanted == present;
    if_match.check_unless(already, before.version)?;
    if !already {
        assignment::save_set(tx, scope, id, &wanted)?;
        group::touch(tx, scope, &before)?;
    }
    get_group(tx.connection(), scope, id)
}

/// Checks each assignment against the group, the duty and those before it.
fn check(
    group: &Group,
    duties: &BTreeMap<DutyId, Duty>,
    assignments: &[NewAssignment],
) -> Result<Vec<GroupAssignment>, Problem> {
    let mut refusals = Refusals::default();
    let mut checked: Vec<GroupAssignment> = Vec::with_capacity(assignments.len());
    for (place, NewAssignment { duty_id, role, period }) in assignments.iter().enumerate() {
        let at = format!("/assignments/{place}");
        let id = Id::from_uuid(*duty_id);
        let Some(duty) = duties.get(&id) else {
            let refusal = Refusal::new(Rule::UnknownReference, "there is no such duty");
            refusals.0.push(refusal.at("/dutyId").at(&at));
            continue;
        };
        match (NewGroupAssignment { duty: id, role, period: period.raw() }).validate(group, duty) {
            Ok(assignment) => {
                refusals.note(&at, no_overlapping_assignment(&assignment, &checked));
                checked.push(assignment);
            }
            Err(more) => refusals.0.extend(more.0.into_iter().map(|refusal| refusal.at(&at))),
        }
    }
    refusals.finish()?;
    Ok(checked)
}
