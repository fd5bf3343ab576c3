//! One person in the register of a lesson, as a resource of its own: what reading and changing it share.

use std::collections::BTreeSet;

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use serde::Deserialize;
use skolhus_domain::{
    access::Scope,
    attendance::{Occasion, Register},
    id::{Id, LessonId, PersonId},
    refusal::Refusals,
};
use skolhus_persistence::{
    DatabaseConnection, Tx,
    attendance::register::{self, InSheet, Sheet},
};
use utoipa::IntoParams;
use uuid::Uuid;

use super::register_document::AttendanceDocument;
use crate::http::{etag::IfMatch, problem::Problem, resource::two_ids};

/// Whose attendance in which lesson.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Path)]
pub struct MarkPath {
    /// The id of the lesson.
    #[param(example = "0199a3f0-7c00-7000-8000-000000000311")]
    pub id: Uuid,
    /// The id of the person.
    #[param(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub person_id: Uuid,
}

/// The two ids of the path, as an extractor that refuses anything but UUIDs.
#[derive(Clone, Copy, Debug)]
pub struct MarkId {
    /// The lesson.
    pub lesson: LessonId,
    /// The person.
    pub person: PersonId,
}

impl MarkId {
    fn of(path: &MarkPath) -> Self {
        let MarkPath { id, person_id } = path;
        Self { lesson: Id::from_uuid(*id), person: Id::from_uuid(*person_id) }
    }
}

impl FromRequest for MarkId {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let ids = two_ids(request, "personId");
        std::future::ready(ids.map(|(id, person_id)| Self::of(&MarkPath { id, person_id })))
    }
}

/// The register with this person alone in it: a client that saves as it ticks does not wait for the rest of the class.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`] where the lesson is out of reach, or the person is not in it; a failure of the database.
pub(super) fn found(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: MarkId,
) -> Result<(Sheet, InSheet), Problem> {
    let sheet =
        register::find_one(connection, scope, id.lesson, id.person)?.ok_or_else(Problem::not_found)?;
    let of = sheet.persons.iter().find(|of| of.person == id.person).cloned();
    Ok((sheet, of.ok_or_else(Problem::not_found)?))
}

/// The person's document.
pub(super) fn document(
    sheet: &Sheet,
    of: &InSheet,
    expected: &BTreeSet<PersonId>,
    scope: &Scope,
) -> AttendanceDocument {
    let reported = sheet.reported();
    let occasion = Occasion { lesson: &sheet.lesson, expected, reported: &reported, now: scope.now() };
    AttendanceDocument::of(sheet, of, &occasion)
}

/// Brings the person's mark into another state; `If-Match` is about it alone. The lesson is held meanwhile, so that
/// those who register others wait and are not refused.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`, `Conflict`, `InvalidFields`; a failure of the database.
pub(super) fn change(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: MarkId,
    if_match: &IfMatch,
    change: impl FnOnce(&Register, &Occasion<'_>) -> Result<Register, Refusals>,
) -> Result<AttendanceDocument, Problem> {
    register::lock(tx, id.lesson)?;
    let (mut sheet, of) = found(tx.connection(), scope, id)?;
    let (expected, reported) = (sheet.expected(), sheet.reported());
    let lesson = sheet.lesson.clone();
    let occasion = Occasion { lesson: &lesson, expected: &expected, reported: &reported, now: scope.now() };
    let version = sheet.version_of(id.person);
    let after = change(&sheet.register, &occasion).map_err(|refused| if_match.before(version, refused))?;
    let already = after == sheet.register;
    if_match.check_unless(already, version)?;
    if !already {
        register::save(tx, scope, &sheet, &after)?;
        sheet.saved(after, scope);
    }
    Ok(AttendanceDocument::of(&sheet, &of, &occasion))
}
