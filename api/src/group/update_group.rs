use actix_web::{HttpResponse, patch, web};
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ManageGroups},
    group::Group,
    id::GroupId,
    period::Period,
    refusal::{Refusal, Refusals, Rule},
};
use skolhus_persistence::{
    Tx,
    group::{assignment, group, membership, offering_group},
    participation,
};
use utoipa::ToSchema;
use validator::Validate;

use super::{
    get_group::get_group,
    group_document::{Fields, GroupDocument},
};
use crate::{
    http::{
        body::Body,
        etag::IfMatch,
        patch::Patch,
        period::PeriodDocument,
        permit::Permit,
        problem::Problem,
        resource::{IdPath, PathId, saved},
        state::State,
    },
    participation::{keep_in_step, refuse},
};

/// What to change of a group; what is absent stays. At another school unit, or of another kind, it is
/// another group.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateGroup {
    /// Its name; at a unit one group's of a kind at a time.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "8B", min_length = 1, max_length = 100, nullable = false)]
    #[validate(length(min = 1, max = 100))]
    pub name: Patch<String>,
    /// The school type, where all its members are of one; null for none.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "GR", min_length = 1, max_length = 40)]
    #[validate(length(min = 1, max = 40))]
    pub school_type_code: Patch<String>,
    /// The year of the school (årskurs), 0 to 10; only of a class; null for none.
    #[serde(default)]
    #[schema(value_type = Option<u8>, example = 8, minimum = 0, maximum = 10)]
    #[validate(range(min = 0, max = 10))]
    pub school_year: Patch<u8>,
    /// The days on which it exists.
    #[serde(default)]
    #[schema(value_type = Option<PeriodDocument>, nullable = false)]
    pub period: Patch<PeriodDocument>,
}

/// Change a group
///
/// A merge patch: what is absent stays. Its days hold the days that are told of its members, its staff
/// and what it drives; who belongs to it without a last day does so as long as it exists, and
/// participations follow.
#[utoipa::path(
    operation_id = "updateGroup", tag = "group",
    extensions(("x-permission" = json!("group:manage"))),
    params(IdPath),
    request_body(content = UpdateGroup, content_type = "application/merge-patch+json", example = json!({ "name": "8B", "schoolYear": 8 })),
    responses((status = 200, description = "Its present state.", body = GroupDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[patch("/v1/groups/{id}")]
pub async fn handle(
    permit: Permit<ManageGroups>,
    state: web::Data<State>,
    id: PathId<GroupId>,
    if_match: IfMatch,
    body: Body<UpdateGroup>,
) -> Result<HttpResponse, Problem> {
    let found = state
        .database
        .write(permit.caller(), move |tx, scope| update_group(tx, scope, id.0, &if_match, &body))
        .await?;
    Ok(saved(found.version, &found))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`, `InvalidFields`, `Conflict` where a
/// participation cannot follow; a failure of the database.
pub fn update_group(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: GroupId,
    if_match: &IfMatch,
    request: &UpdateGroup,
) -> Result<GroupDocument, Problem> {
    let seen = group::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    group::lock_unit(tx, seen.value.school_unit)?;
    group::lock(tx, &[id])?;
    let before = group::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    let UpdateGroup { name, school_type_code, school_year, period } = request.clone();
    let present = Fields::of(&before.value);
    let mut refusals = Refusals::default();
    let fields = (
        refusals.note("/name", name.require(present.name)),
        refusals.note("/period", period.require(present.period)),
    );
    let (Some(name), Some(period)) = fields else { return Err(refusals.into()) };
    let fields = Fields {
        school_unit: present.school_unit,
        kind: present.kind,
        name,
        school_type: school_type_code.apply(present.school_type),
        school_year: school_year.apply(present.school_year),
        period,
    };
    let after = fields.check(tx.connection(), scope, id)?;
    if_match.check_unless(after == before.value, before.version)?;
    let moved = after.period != before.value.period;
    if moved {
        check_days(tx, scope, id, &after)?;
    }
    group::update_many(tx, scope, &[(before, after)])?;
    if moved {
        let driven = participation::offerings_driven_by(tx.connection(), scope, &[id])?;
        refuse(keep_in_step(tx, scope, &driven, None)?, |_| "/period".to_owned())?;
    }
    get_group(tx.connection(), scope, id)
}

/// Checks that the days told of members, staff and what the group drives lie within its own.
fn check_days(tx: &mut Tx<'_>, scope: &Scope, id: GroupId, group: &Group) -> Result<(), Problem> {
    let connection = tx.connection();
    let members = membership::of_group(connection, scope, id)?;
    let staff = assignment::views(connection, scope, &[id])?.remove(&id).unwrap_or_default();
    let drives = offering_group::days_of_group(connection, scope, id)?;
    let mut told: Vec<(&str, Period)> =
        members.into_iter().map(|member| ("somebody belongs to it", member.period)).collect();
    told.extend(staff.into_iter().map(|view| ("somebody answers for it", view.assignment.period)));
    told.extend(drives.into_iter().map(|days| ("it drives an offering", days)));
    for (what, days) in told {
        let within =
            group.period.contains(days.from()) && days.to().is_none_or(|to| group.period.contains(to));
        if !within {
            let detail = format!("{what} {days}; the group would be {}", group.period);
            return Err(Refusal::new(Rule::OutsidePeriod, detail).at("/period").into());
        }
    }
    Ok(())
}
