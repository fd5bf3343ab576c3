//! Closing the register of a lesson and opening it again: what both share.

use actix_web::{HttpResponse, http::StatusCode, web};
use serde_json::json;
use skolhus_domain::{
    access::{Scope, declared::RegisterAttendance},
    attendance::{Occasion, Register, RegisterState},
    id::LessonId,
    refusal::Refusal,
};
use skolhus_persistence::{Tx, attendance::register};

use super::{get_register::get_register, home::see_to, register_document::RegisterDocument};
use crate::http::{
    etag::IfMatch,
    idempotency::{IdempotencyKey, Made},
    permit::Permit,
    problem::Problem,
    resource::saved,
    state::State,
};

/// What a register becomes.
pub(super) type Change = fn(&Register, &Occasion<'_>) -> Result<Register, Refusal>;

/// Brings a register into another state, once for an `Idempotency-Key`.
///
/// # Errors
/// What `change` refuses; what [`change_state`] does.
pub(super) async fn once(
    permit: &Permit<RegisterAttendance>,
    state: &web::Data<State>,
    key: IdempotencyKey,
    id: LessonId,
    if_match: IfMatch,
    bytes: web::Bytes,
    change: Change,
) -> Result<HttpResponse, Problem> {
    let caller = permit.caller().clone();
    let made = state
        .database
        .write(permit.caller(), move |tx, scope| {
            key.once(
                tx,
                scope,
                &caller,
                &bytes,
                |tx, scope| {
                    let answer = change_state(tx, scope, id, &if_match, change)?;
                    Ok(Made { status: StatusCode::OK, handle: json!(null), answer })
                },
                |tx, scope, _| get_register(tx.connection(), scope, id),
            )
        })
        .await?;
    Ok(saved(made.answer.version, &made.answer))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`, `Conflict`; a failure of the database.
pub fn change_state(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: LessonId,
    if_match: &IfMatch,
    change: Change,
) -> Result<RegisterDocument, Problem> {
    register::lock(tx, id)?;
    let mut sheet = register::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    let (expected, reported) = (sheet.expected(), sheet.reported());
    let lesson = sheet.lesson.clone();
    let occasion = Occasion { lesson: &lesson, expected: &expected, reported: &reported, now: scope.now() };
    let after = change(&sheet.register, &occasion)?;
    let already = after == sheet.register;
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
