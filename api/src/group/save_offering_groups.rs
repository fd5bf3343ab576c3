use std::collections::{BTreeMap, BTreeSet};

use actix_web::{HttpResponse, put, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use skolhus_domain::{
    access::{Scope, declared::ManageCourses},
    course::Offering,
    group::Group,
    id::{GroupId, Id, OfferingId},
    period::Period,
    refusal::{Refusal, Refusals, Rule},
};
use skolhus_persistence::{
    Tx,
    course::offering,
    group::{
        group,
        offering_group::{self, Driver},
    },
};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::get_offering_groups::{OfferingGroupsDocument, get_offering_groups};
use crate::{
    http::{
        body::Body,
        etag::IfMatch,
        permit::Permit,
        problem::Problem,
        resource::{IdPath, PathId, saved},
        state::State,
    },
    participation::{keep_in_step, refuse},
};

/// Every group that drives an offering.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SaveCourseOfferingGroups {
    /// The whole set; a group that is not among them no longer drives the offering.
    #[validate(length(max = 50), nested)]
    #[schema(max_items = 50)]
    pub groups: Vec<NewOfferingGroup>,
}

/// A group to drive an offering.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = NewCourseOfferingGroup)]
pub struct NewOfferingGroup {
    /// The group, at the offering's school unit.
    #[schema(example = "0199a3f0-7c00-7000-8000-000000000071")]
    pub group_id: Uuid,
    /// The first day on which its members take part; the first that offering and group share unless given.
    #[schema(example = "2026-08-17")]
    pub from: Option<NaiveDate>,
    /// The last day; as long as the offering and the group unless given.
    #[schema(example = "2026-12-18")]
    pub to: Option<NaiveDate>,
}

/// Save the groups of a course offering
///
/// Saves the whole set, and moves the offering on to its next version. The members of these groups take
/// part in the offering, on the days on which they belong to the group and the group drives the
/// offering; exceptions for single persons go before. Participations follow at once: those made
/// directly are left alone, and a day that a person would take part twice is refused with the person's
/// id. Saving what is already so changes nothing.
#[utoipa::path(
    operation_id = "saveCourseOfferingGroups", tag = "group",
    extensions(("x-permission" = json!("course:manage"))),
    params(IdPath),
    request_body(content = SaveCourseOfferingGroups, example = json!({ "groups": [
        { "groupId": "0199a3f0-7c00-7000-8000-000000000071", "from": "2026-08-17", "to": "2026-12-18" }
    ] })),
    responses((status = 200, description = "The present groups.", body = OfferingGroupsDocument,
        headers(("ETag" = String, description = "The offering's version."))))
)]
#[put("/v1/course-offerings/{id}/groups")]
pub async fn handle(
    permit: Permit<ManageCourses>,
    state: web::Data<State>,
    id: PathId<OfferingId>,
    if_match: IfMatch,
    body: Body<SaveCourseOfferingGroups>,
) -> Result<HttpResponse, Problem> {
    let found = state
        .database
        .write(permit.caller(), move |tx, scope| save_offering_groups(tx, scope, id.0, &if_match, &body))
        .await?;
    Ok(saved(found.version, &found))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`, `InvalidFields`, `Conflict` where a
/// participation cannot follow; a failure of the database.
pub fn save_offering_groups(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: OfferingId,
    if_match: &IfMatch,
    request: &SaveCourseOfferingGroups,
) -> Result<OfferingGroupsDocument, Problem> {
    let seen = offering::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    // In this order everywhere: unit, groups, offering.
    offering::lock_unit(tx, scope, seen.value.school_unit)?;
    let drives = |tx: &mut Tx<'_>| offering_group::of_offering(tx.connection(), scope, id);
    let mut present: Vec<Driver> = drives(tx)?.into_iter().map(|(driver, _)| driver).collect();
    let asked: Vec<GroupId> = request.groups.iter().map(|new| Id::from_uuid(new.group_id)).collect();
    let all: BTreeSet<GroupId> =
        asked.iter().copied().chain(present.iter().map(|driver| driver.group)).collect();
    group::lock(tx, &all.into_iter().collect::<Vec<_>>())?;
    offering::lock(tx, scope, id)?;
    let before = offering::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;

    let found = group::find_many(tx.connection(), scope, &asked)?;
    let groups = found.into_iter().map(|group| (group.id, group.value)).collect();
    let mut wanted = check(&before.value, &groups, &request.groups)?;
    wanted.sort();
    present.sort();
    let already = wanted == present;
    if_match.check_unless(already, before.version)?;
    if !already {
        offering_group::save_set(tx, scope, id, &wanted)?;
        offering::touch(tx, scope, &before)?;
        let mut unfit = keep_in_step(tx, scope, &[id], None)?;
        for unfit in &mut unfit {
            unfit.refusal.detail = format!("person {}: {}", unfit.person, unfit.refusal.detail);
            unfit.refusal.pointer.clear();
        }
        refuse(unfit, |_| "/groups".to_owned())?;
    }
    get_offering_groups(tx.connection(), scope, id)
}

/// Takes all groups off an offering that nobody takes part in, before it is withdrawn.
///
/// # Errors
/// A failure of the database.
pub(crate) fn take_groups_off(tx: &mut Tx<'_>, scope: &Scope, id: OfferingId) -> Result<(), Problem> {
    Ok(offering_group::save_set(tx, scope, id, &[])?)
}

/// Checks each group against the offering and those before it.
fn check(
    offering: &Offering,
    groups: &BTreeMap<GroupId, Group>,
    asked: &[NewOfferingGroup],
) -> Result<Vec<Driver>, Problem> {
    let mut refusals = Refusals::default();
    let mut checked: Vec<(GroupId, Period)> = Vec::with_capacity(asked.len());
    for (place, NewOfferingGroup { group_id, from, to }) in asked.iter().enumerate() {
        let at = format!("/groups/{place}");
        let id = Id::from_uuid(*group_id);
        let Some(group) = groups.get(&id) else {
            let refusal = Refusal::new(Rule::UnknownReference, "there is no such group");
            refusals.0.push(refusal.at("/groupId").at(&at));
            continue;
        };
        if group.school_unit != offering.school_unit {
            let detail = "the group is at another school unit than the offering";
            refusals.0.push(Refusal::new(Rule::Conflict, detail).at("/groupId").at(&at));
            continue;
        }
        let days = days(offering, group, *from, *to);
        if let Some(days) = refusals.note(&at, days) {
            let clash = checked.iter().find(|(other, theirs)| *other == id && theirs.overlaps(&days));
            if let Some((_, theirs)) = clash {
                let detail = format!("the group already drives the offering {theirs}");
                refusals.0.push(Refusal::new(Rule::Overlap, detail).at(&at));
            }
            checked.push((id, days));
        }
    }
    refusals.finish()?;
    Ok(checked.into_iter().map(|(group, days)| Driver { group, from: days.from(), to: days.to() }).collect())
}

fn days(
    offering: &Offering,
    group: &Group,
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
) -> Result<Period, Refusal> {
    let shared = offering.period.intersection(&group.period).ok_or_else(|| {
        let detail = format!("the offering is {}, the group {}", offering.period, group.period);
        Refusal::new(Rule::OutsidePeriod, detail).at("/groupId")
    })?;
    let days = Period::new(from.unwrap_or(shared.from()), to)?;
    shared.admit("the group in the offering", days.from()).map_err(|refusal| refusal.at("/from"))?;
    if let Some(to) = to {
        shared.admit("the group in the offering", to).map_err(|refusal| refusal.at("/to"))?;
    }
    Ok(days)
}
