use actix_web::{HttpResponse, put, web};
use serde::{Deserialize, Serialize};
use skolhus_domain::{
    access::{Scope, declared::RegisterAttendance},
    attendance::ActivityOccasion,
    id::{Id, PersonId},
};
use skolhus_persistence::{Tx, attendance::activity};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{
    document::ActivityDocument,
    path::{ActivityOf, ActivityPath},
};
use crate::http::{
    body::Body, etag::IfMatch, permit::Permit, problem::Problem, resource::saved, state::State,
};

/// Who was seen active, and who was not.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = SaveOfferingActivity)]
pub struct SaveActivity {
    /// Everybody of whom something is to be entered; who is not among them has no entry from then on.
    #[validate(length(max = 2000))]
    #[schema(max_items = 2000)]
    pub entries: Vec<ActivityEntry>,
}

/// Whether somebody was seen active.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = OfferingActivityEntry)]
pub struct ActivityEntry {
    /// Who: somebody who takes part on the day, or has an entry.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub person_id: Uuid,
    /// Whether they were; false: somebody looked and saw nothing.
    #[schema(example = true)]
    pub is_active: bool,
}

/// Save who was active on a day
///
/// The whole day. By the week somebody was active who was on one of its days, so one day a week is enough where the school
/// counts by the week. Refused on a day on which the offering has a lesson: attendance is taken there. Saving the same
/// again changes nothing, whatever the version.
#[utoipa::path(
    operation_id = "saveOfferingActivity", tag = "attendance",
    extensions(("x-permission" = json!("attendance:register"))),
    params(ActivityPath),
    request_body(content = SaveActivity, example = json!({ "entries": [
        { "personId": "0199a3f0-7c00-7000-8000-0000000000c1", "isActive": true }
    ] })),
    responses((status = 200, description = "The day as it is.", body = ActivityDocument, headers(("ETag" = String, description = "The day's version."))))
)]
#[put("/v1/course-offerings/{id}/activity/{date}")]
pub async fn handle(
    permit: Permit<RegisterAttendance>,
    state: web::Data<State>,
    of: ActivityOf,
    if_match: IfMatch,
    body: Body<SaveActivity>,
) -> Result<HttpResponse, Problem> {
    let day = state
        .database
        .write(permit.caller(), move |tx, scope| save_activity(tx, scope, of, &if_match, &body))
        .await?;
    Ok(saved(day.version, &day))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`, `Conflict`, `InvalidFields`; a failure of the database.
pub fn save_activity(
    tx: &mut Tx<'_>,
    scope: &Scope,
    of: ActivityOf,
    if_match: &IfMatch,
    request: &SaveActivity,
) -> Result<ActivityDocument, Problem> {
    activity::lock(tx, of.offering)?;
    let found = activity::find(tx.connection(), scope, of.offering, of.day)?;
    let mut sheet = found.ok_or_else(Problem::not_found)?;
    let (expected, met) = (sheet.expected(), sheet.met());
    let occasion = ActivityOccasion {
        period: &sheet.period,
        day: sheet.day,
        has_lessons: sheet.has_lessons,
        expected: &expected,
        today: scope.today(),
    };
    let entries: Vec<(PersonId, bool)> =
        request.entries.iter().map(|entry| (Id::from_uuid(entry.person_id), entry.is_active)).collect();
    let after = sheet
        .activity
        .save(&entries, &met, &occasion)
        .map_err(|refused| if_match.before(sheet.version, refused))?;
    let already = after == sheet.activity && sheet.version > 0;
    if_match.check_unless(already, sheet.version)?;
    if !already {
        activity::save(tx, scope, &sheet, &after)?;
        sheet.saved(after, scope);
    }
    Ok(ActivityDocument::of(&sheet))
}
