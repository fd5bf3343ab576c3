use actix_web::{HttpResponse, get, web};
use skolhus_domain::access::{Scope, declared::RegisterAttendance};
use skolhus_persistence::{DatabaseConnection, attendance::activity};

use super::{
    document::ActivityDocument,
    path::{ActivityOf, ActivityPath},
};
use crate::http::{permit::Permit, problem::Problem, resource::saved, state::State};

/// Read who was active on a day
///
/// An offering without lessons, such as a distance course, takes no attendance: whoever teaches it says who was seen
/// active on a day. Its `ETag` is the day's version, `"0"` where nobody has looked. It is always answered in full: who
/// takes part changes without it.
#[utoipa::path(
    operation_id = "getOfferingActivity", tag = "attendance",
    extensions(("x-permission" = json!("attendance:register"))),
    params(ActivityPath),
    responses((status = 200, description = "The day.", body = ActivityDocument, headers(("ETag" = String, description = "The day's version."))))
)]
#[get("/v1/course-offerings/{id}/activity/{date}")]
pub async fn handle(
    permit: Permit<RegisterAttendance>,
    state: web::Data<State>,
    of: ActivityOf,
) -> Result<HttpResponse, Problem> {
    let found = state
        .database
        .read(permit.caller(), move |connection, scope| get_activity(connection, scope, of))
        .await?;
    Ok(saved(found.version, &found))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; a failure of the database.
pub fn get_activity(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    of: ActivityOf,
) -> Result<ActivityDocument, Problem> {
    let sheet = activity::find(connection, scope, of.offering, of.day)?.ok_or_else(Problem::not_found)?;
    Ok(ActivityDocument::of(&sheet))
}
