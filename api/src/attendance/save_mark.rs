use actix_web::{HttpResponse, put, web};
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::RegisterAttendance},
    attendance::NewMark,
};
use skolhus_persistence::Tx;
use utoipa::ToSchema;
use validator::Validate;

use super::{
    one_mark::{MarkId, MarkPath, change},
    register_document::{AttendanceDocument, EntryWord},
};
use crate::http::{
    body::Body, etag::IfMatch, permit::Permit, problem::Problem, resource::saved, state::State,
};

/// What is to stand of one person in the register of a lesson.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = SaveAttendanceMark)]
pub struct SaveMark {
    /// What.
    #[schema(value_type = EntryWord, example = "present")]
    pub kind: String,
    /// Minutes after the beginning, for somebody present.
    #[validate(range(max = 1439))]
    #[schema(example = 10, minimum = 0, maximum = 1439)]
    pub late_minutes: Option<u32>,
    /// Minutes before the end, for somebody present.
    #[validate(range(max = 1439))]
    #[schema(example = 0, minimum = 0, maximum = 1439)]
    pub left_early_minutes: Option<u32>,
    /// Whether the minutes that somebody present missed are authorised; where it is not said, what stands or was reported
    /// decides.
    #[schema(example = false)]
    pub missed_authorised: Option<bool>,
}

/// Save one person's attendance in a lesson
///
/// For a client that saves as it ticks. `If-Match` is the version of this person's mark alone (`"0"` where there is none):
/// two teachers who tick different pupils never hinder each other, and two who tick the same pupil do not overwrite each
/// other. The register's own version moves on. Saving what is already so changes nothing.
#[utoipa::path(
    operation_id = "saveAttendanceMark", tag = "attendance",
    extensions(("x-permission" = json!("attendance:register"))),
    params(MarkPath),
    request_body(content = SaveMark, example = json!({ "kind": "present", "lateMinutes": 10 })),
    responses((status = 200, description = "The person in the register.", body = AttendanceDocument, headers(("ETag" = String, description = "The version of what is registered of the person."))))
)]
#[put("/v1/lessons/{id}/attendance/{personId}")]
pub async fn handle(
    permit: Permit<RegisterAttendance>,
    state: web::Data<State>,
    id: MarkId,
    if_match: IfMatch,
    body: Body<SaveMark>,
) -> Result<HttpResponse, Problem> {
    let document = state
        .database
        .write(permit.caller(), move |tx, scope| save_mark(tx, scope, id, &if_match, &body))
        .await?;
    Ok(saved(document.version, &document))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`, `Conflict`, `InvalidFields`; a failure of the database.
pub fn save_mark(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: MarkId,
    if_match: &IfMatch,
    request: &SaveMark,
) -> Result<AttendanceDocument, Problem> {
    let SaveMark { kind, late_minutes, left_early_minutes, missed_authorised } = request;
    let new = NewMark {
        kind,
        late_minutes: *late_minutes,
        left_early_minutes: *left_early_minutes,
        missed_authorised: *missed_authorised,
    };
    change(tx, scope, id, if_match, |register, occasion| register.save_one(id.person, new, occasion))
}
