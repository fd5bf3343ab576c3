use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde::Deserialize;
use serde_json::json;
use skolhus_domain::{
    access::{Role, Scope, declared::ExcuseAbsence},
    attendance::{Excuse, Excuser, Occasion, RegisterState},
    id::{Id, LessonId, PersonId},
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{DatabaseConnection, Tx, attendance::register};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{home::see_to, register_document::AttendanceDocument};
use crate::http::{
    body::Body,
    idempotency::{IdempotencyKey, Made},
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, saved},
    state::State,
};

/// What an absence was, as somebody decides afterwards.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = NewAbsenceExcuse)]
pub struct NewExcuse {
    /// Whose absence: somebody who was absent, came late or left early.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub person_id: Uuid,
    /// Authorised (giltig) from now on, or unauthorised (ogiltig).
    #[schema(example = true)]
    pub authorised: bool,
    /// Why.
    #[validate(length(min = 1, max = 500))]
    #[schema(example = "Läkarbesök, intyg visat", min_length = 1, max_length = 500)]
    pub reason: String,
}

/// Excuse an absence
///
/// Says afterwards that what somebody missed of a lesson was authorised, or was not; also in a closed register, which stays
/// closed. Only principals, registrars and the person's own mentor do: the teacher of the lesson changes the mark instead.
/// It stands until somebody decides otherwise, and saving the register does not change it. What is so already stays as
/// it is, with the reason it had.
#[utoipa::path(
    operation_id = "createAbsenceExcuse", tag = "attendance",
    extensions(("x-permission" = json!("attendance:excuse")), ("x-idempotent" = json!(true))),
    params(IdPath),
    request_body(content = NewExcuse, example = json!({
        "personId": "0199a3f0-7c00-7000-8000-0000000000c1", "authorised": true, "reason": "Läkarbesök, intyg visat"
    })),
    responses((status = 200, description = "The person in the register.", body = AttendanceDocument, headers(("ETag" = String, description = "The version of what is registered of the person."))))
)]
#[post("/v1/lessons/{id}/attendance/excuses")]
pub async fn handle(
    permit: Permit<ExcuseAbsence>,
    state: web::Data<State>,
    id: PathId<LessonId>,
    key: IdempotencyKey,
    body: Body<NewExcuse>,
) -> Result<HttpResponse, Problem> {
    let caller = permit.caller().clone();
    let made = state
        .database
        .write(permit.caller(), move |tx, scope| {
            let person: PersonId = Id::from_uuid(body.person_id);
            key.once(
                tx,
                scope,
                &caller,
                &body.bytes,
                |tx, scope| {
                    let answer = excuse_absence(tx, scope, id.0, &body)?;
                    Ok(Made { status: StatusCode::OK, handle: json!(null), answer })
                },
                |tx, scope, _| read_again(tx.connection(), scope, id.0, person),
            )
        })
        .await?;
    Ok(saved(made.answer.version, &made.answer))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Conflict`, `InvalidFields`; a failure of the database.
pub fn excuse_absence(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: LessonId,
    request: &NewExcuse,
) -> Result<AttendanceDocument, Problem> {
    let NewExcuse { person_id, authorised, reason } = request;
    let person: PersonId = Id::from_uuid(*person_id);
    register::lock(tx, id)?;
    let found = register::find_to_excuse(tx.connection(), scope, id, person)?;
    let mut sheet = found.ok_or_else(Problem::not_found)?;
    let (expected, reported) = (sheet.expected(), sheet.reported());
    let lesson = sheet.lesson.clone();
    let occasion = Occasion { lesson: &lesson, expected: &expected, reported: &reported, now: scope.now() };
    let excuse = Excuse { person, authorised: *authorised, reason, by: capacity(scope) };
    let after = sheet.register.excuse(excuse, &occasion)?;
    if after != sheet.register {
        let is_closed = after.state == RegisterState::Closed;
        register::save(tx, scope, &sheet, &after)?;
        sheet.saved(after, scope);
        // Those at home who were told of it are told that it was corrected.
        if is_closed {
            see_to(tx, scope, id)?;
        }
    }
    let of = sheet.persons.iter().find(|of| of.person == person).ok_or_else(|| nobody().at("/personId"))?;
    Ok(AttendanceDocument::of(&sheet, of, &occasion))
}

fn nobody() -> Refusal {
    Refusal::new(Rule::UnknownReference, "nothing is registered of the person")
}

fn read_again(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: LessonId,
    person: PersonId,
) -> Result<AttendanceDocument, Problem> {
    let found = register::find_to_excuse(connection, scope, id, person)?;
    let sheet = found.ok_or_else(Problem::not_found)?;
    let of = sheet.persons.first().ok_or_else(Problem::not_found)?;
    Ok(super::one_mark::document(&sheet, of, &sheet.expected(), scope))
}

/// In what capacity: whom they reach as a teacher they reach as mentor alone.
fn capacity(scope: &Scope) -> Excuser {
    if scope.acts_as(Role::Principal) {
        Excuser::Principal
    } else if scope.acts_as(Role::Registrar) {
        Excuser::Registrar
    } else {
        Excuser::Mentor
    }
}
