use actix_web::{HttpResponse, put, web};
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::RegisterAttendance},
    attendance::{NewMark, Occasion, Register, RegisterState},
    id::{Id, LessonId, PersonId},
};
use skolhus_persistence::{Tx, attendance::register};
use utoipa::ToSchema;
use validator::Validate;

use super::{
    home::see_to,
    register_document::{NewMarkDocument, RegisterDocument},
};
use crate::http::{
    body::Body,
    etag::IfMatch,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, saved},
    state::State,
};

/// What is to stand in the register of a lesson.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = SaveAttendanceRegister)]
pub struct SaveRegister {
    /// The whole set: who is expected and not among them has no mark afterwards.
    #[validate(length(max = 500), nested)]
    #[schema(max_items = 500)]
    pub marks: Vec<NewMarkDocument>,
    /// Whether the register is closed with it: then everybody expected must have a mark, and the lesson must have begun.
    #[serde(default)]
    #[schema(example = false)]
    pub close: bool,
}

/// Save the attendance of a lesson
///
/// One call saves a class. Per person: present, perhaps late or away early; absent, authorised (giltig) or not (ogiltig);
/// or in another activity of the school. Who is `absent` without more is authorised where the absence was reported. The
/// first save has `If-Match: "0"`. Saving what is already so changes nothing, so that a client may repeat itself; where
/// somebody else has saved something else meanwhile it is 412, and nothing is lost.
///
/// Closing it tells those at home of pupils under 18 who were away unauthorised, in the school types whose law demands it:
/// once a day, by a notice, or it becomes somebody's case.
#[utoipa::path(
    operation_id = "saveAttendanceRegister", tag = "attendance",
    extensions(("x-permission" = json!("attendance:register"))),
    params(IdPath),
    request_body(content = SaveRegister, example = json!({ "marks": [
        { "personId": "0199a3f0-7c00-7000-8000-0000000000c1", "kind": "present" },
        { "personId": "0199a3f0-7c00-7000-8000-0000000000c2", "kind": "present", "lateMinutes": 10 },
        { "personId": "0199a3f0-7c00-7000-8000-0000000000c3", "kind": "absent" }
    ] })),
    responses((status = 200, description = "The register's present state.", body = RegisterDocument, headers(("ETag" = String, description = "The register's version."))))
)]
#[put("/v1/lessons/{id}/attendance")]
pub async fn handle(
    permit: Permit<RegisterAttendance>,
    state: web::Data<State>,
    id: PathId<LessonId>,
    if_match: IfMatch,
    body: Body<SaveRegister>,
) -> Result<HttpResponse, Problem> {
    let register = state
        .database
        .write(permit.caller(), move |tx, scope| save_register(tx, scope, id.0, &if_match, &body))
        .await?;
    Ok(saved(register.version, &register))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`, `Conflict`, `InvalidFields`; a failure of the database.
pub fn save_register(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: LessonId,
    if_match: &IfMatch,
    request: &SaveRegister,
) -> Result<RegisterDocument, Problem> {
    register::lock(tx, id)?;
    let mut sheet = register::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    let (expected, reported) = (sheet.expected(), sheet.reported());
    let lesson = sheet.lesson.clone();
    let occasion = Occasion { lesson: &lesson, expected: &expected, reported: &reported, now: scope.now() };
    let after = next_state(&sheet.register, request, &occasion)
        .map_err(|refused| if_match.before(sheet.version, refused))?;
    let already = after == sheet.register && sheet.version > 0;
    if_match.check_unless(already, sheet.version)?;
    if !already {
        let is_closed = after.state == RegisterState::Closed;
        register::save(tx, scope, &sheet, &after)?;
        sheet.saved(after, scope);
        if is_closed {
            see_to(tx, scope, id)?;
        }
    }
    Ok(RegisterDocument::of(&sheet, &occasion))
}

fn next_state(
    register: &Register,
    request: &SaveRegister,
    occasion: &Occasion<'_>,
) -> Result<Register, Problem> {
    let marks: Vec<(PersonId, NewMark<'_>)> =
        request.marks.iter().map(|mark| (Id::from_uuid(mark.person_id), mark.raw())).collect();
    let after = register.save(&marks, occasion)?;
    Ok(if request.close { after.close(occasion)? } else { after })
}
