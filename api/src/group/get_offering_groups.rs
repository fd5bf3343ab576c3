use actix_web::{HttpRequest, HttpResponse, get, web};
use chrono::NaiveDate;
use serde::Serialize;
use skolhus_domain::{
    access::{Scope, declared::ReadCourses},
    id::{Id, OfferingId},
};
use skolhus_persistence::{
    DatabaseConnection,
    course::offering,
    group::offering_group::{self, Driver},
};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::{
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, show},
    state::State,
};

/// The groups that drive an offering.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CourseOfferingGroups)]
pub struct OfferingGroupsDocument {
    /// The offering's version, as in the `ETag`.
    #[schema(example = 1, minimum = 1)]
    pub version: i64,
    /// The groups, by first day.
    pub groups: Vec<OfferingGroupDocument>,
}

/// A group that drives an offering.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CourseOfferingGroup)]
pub struct OfferingGroupDocument {
    /// The group.
    #[schema(example = "0199a3f0-7c00-7000-8000-000000000071")]
    pub group_id: Uuid,
    /// Its name.
    #[schema(example = "7B")]
    pub name: String,
    /// The first day on which its members take part.
    #[schema(example = "2026-08-17")]
    pub from: NaiveDate,
    /// The last day; null: as long as the offering and the group.
    #[schema(required, example = "2026-12-18")]
    pub to: Option<NaiveDate>,
}

/// Read the groups of a course offering
///
/// The groups whose members take part in the offering, from–to.
#[utoipa::path(
    operation_id = "getCourseOfferingGroups", tag = "group",
    extensions(("x-permission" = json!("course:read"))),
    params(IdPath),
    responses(
        (status = 200, description = "The groups.", body = OfferingGroupsDocument, headers(("ETag" = String, description = "The offering's version."))),
        (status = 304, description = "It is the version named in `If-None-Match`."),
    )
)]
#[get("/v1/course-offerings/{id}/groups")]
pub async fn handle(
    permit: Permit<ReadCourses>,
    state: web::Data<State>,
    id: PathId<OfferingId>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let found = state
        .database
        .read(permit.caller(), move |connection, scope| get_offering_groups(connection, scope, id.0))
        .await?;
    Ok(show(&request, found.version, &found))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; a failure of the database.
pub fn get_offering_groups(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: OfferingId,
) -> Result<OfferingGroupsDocument, Problem> {
    let offering = offering::find(connection, scope, id)?.ok_or_else(Problem::not_found)?;
    let groups = offering_group::of_offering(connection, scope, id)?;
    let shown =
        |(Driver { group, from, to }, name)| OfferingGroupDocument { group_id: group.uuid(), name, from, to };
    Ok(OfferingGroupsDocument { version: offering.version, groups: groups.into_iter().map(shown).collect() })
}
