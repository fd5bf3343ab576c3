use std::collections::{BTreeMap, BTreeSet};

use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde::{Deserialize, Serialize};
use serde_json::json;
use skolhus_domain::{
    access::{Scope, declared::RegisterAttendance},
    attendance::{NewMark, Occasion, Register, RegisterState},
    id::{Id, LessonId, PersonId},
    refusal::{Refusal, Refusals, Rule},
    schedule::Lesson,
};
use skolhus_persistence::{
    Tx,
    attendance::register::{self, Sheet},
};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{
    home::see_to,
    register_document::{NewMarkDocument, RegisterDocument},
};
use crate::http::{
    batch::{Present, finish, stale},
    body::Body,
    idempotency::{IdempotencyKey, Made},
    permit::Permit,
    problem::Problem,
    state::State,
};

/// The registers of several lessons, such as those of a teacher's day.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AttendanceBatch {
    /// What is to stand in them, 1 to 20 lessons; each once.
    #[validate(length(min = 1, max = 20), nested)]
    #[schema(min_items = 1, max_items = 20)]
    pub registers: Vec<BatchRegister>,
}

/// What is to stand in the register of one of the lessons.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = AttendanceBatchRegister)]
pub struct BatchRegister {
    /// Of which lesson.
    #[schema(example = "0199a3f0-7c00-7000-8000-000000000311")]
    pub lesson_id: Uuid,
    /// The version of the register that it was decided on, as `If-Match` elsewhere; 0 where nobody has saved it.
    #[validate(range(min = 0))]
    #[schema(example = 0, minimum = 0)]
    pub version: i64,
    /// The whole set: who is expected and not among them has no mark afterwards.
    #[validate(length(max = 500), nested)]
    #[schema(max_items = 500)]
    pub marks: Vec<NewMarkDocument>,
    /// Whether the register is closed with it.
    #[serde(default)]
    #[schema(example = false)]
    pub close: bool,
}

/// What a batch made of the registers.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AttendanceBatchResult)]
pub struct BatchResult {
    /// The registers, in the order of the request.
    pub data: Vec<RegisterDocument>,
}

/// Save the attendance of several lessons
///
/// A whole day in one call, all or nothing: every register is checked first, each refused value is named by a pointer such
/// as `/registers/2/marks/0/kind`, and then nothing is saved. A register that is so already changes nothing, whatever
/// version is named.
#[utoipa::path(
    operation_id = "createAttendanceBatch", tag = "attendance",
    extensions(("x-permission" = json!("attendance:register")), ("x-idempotent" = json!(true))),
    request_body(content = AttendanceBatch, example = json!({ "registers": [
        { "lessonId": "0199a3f0-7c00-7000-8000-000000000311", "version": 0, "marks": [
            { "personId": "0199a3f0-7c00-7000-8000-0000000000c1", "kind": "present" }
        ] }
    ] })),
    responses(
        (status = 200, description = "Everything is saved.", body = BatchResult),
        (status = 412, description = "A register's version is not the present one; `errors` names each.",
            body = crate::http::problem::ProblemDocument, content_type = "application/problem+json"),
    )
)]
#[post("/v1/attendance-batches")]
pub async fn handle(
    permit: Permit<RegisterAttendance>,
    state: web::Data<State>,
    key: IdempotencyKey,
    body: Body<AttendanceBatch>,
) -> Result<HttpResponse, Problem> {
    let caller = permit.caller().clone();
    let made = state
        .database
        .write(permit.caller(), move |tx, scope| {
            key.once(
                tx,
                scope,
                &caller,
                &body.bytes,
                |tx, scope| {
                    let answer = save_registers(tx, scope, &body)?;
                    Ok(Made { status: StatusCode::OK, handle: json!(null), answer })
                },
                |tx, scope, _| read_again(tx, scope, &body),
            )
        })
        .await?;
    Ok(HttpResponse::Ok().json(made.answer))
}

/// A register of the batch: as it was, and what it becomes where that is another state.
struct Saving {
    sheet: Sheet,
    lesson: Lesson,
    expected: BTreeSet<PersonId>,
    after: Option<Register>,
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::InvalidFields`], `Conflict`, `Stale`; a failure of the database.
pub fn save_registers(
    tx: &mut Tx<'_>,
    scope: &Scope,
    request: &AttendanceBatch,
) -> Result<BatchResult, Problem> {
    let ids = ids(request);
    register::lock_many(tx, &ids)?;
    let found = register::find_many(tx.connection(), scope, &ids)?;
    let mut present = Present::new("/lessonId", found.into_iter().map(|sheet| (sheet.id, sheet)));
    let (mut refusals, mut outdated) = (Refusals::default(), Vec::new());
    let mut saving = Vec::with_capacity(request.registers.len());
    for (place, asked) in request.registers.iter().enumerate() {
        let at = format!("/registers/{place}");
        match present.take(Id::from_uuid(asked.lesson_id)) {
            Err(refusal) => refusals.0.push(refusal.at(&at)),
            Ok(sheet) => match check(scope, sheet, asked) {
                Ok((one, None)) => saving.push(one),
                Ok((_, Some(version))) => outdated.push(stale(version).at(&at)),
                Err(refused) => refusals.0.extend(refused.0.into_iter().map(|refusal| refusal.at(&at))),
            },
        }
    }
    finish(refusals, outdated)?;
    let changed: Vec<(&Sheet, &Register)> =
        saving.iter().filter_map(|one| Some((&one.sheet, one.after.as_ref()?))).collect();
    register::save_many(tx, scope, &changed)?;
    // What follows for those at home is decided lesson by lesson, where there is anything to decide.
    for (sheet, after) in &changed {
        if after.state == RegisterState::Closed {
            see_to(tx, scope, sheet.id)?;
        }
    }
    let data = saving.into_iter().map(|one| {
        let Saving { mut sheet, lesson, expected, after } = one;
        let reported = sheet.reported();
        if let Some(after) = after {
            sheet.saved(after, scope);
        }
        let occasion =
            Occasion { lesson: &lesson, expected: &expected, reported: &reported, now: scope.now() };
        RegisterDocument::of(&sheet, &occasion)
    });
    Ok(BatchResult { data: data.collect() })
}

fn ids(request: &AttendanceBatch) -> Vec<LessonId> {
    let ids: BTreeSet<LessonId> =
        request.registers.iter().map(|asked| Id::from_uuid(asked.lesson_id)).collect();
    ids.into_iter().collect()
}

/// What a register becomes, and the present version where another was named.
fn check(scope: &Scope, sheet: Sheet, asked: &BatchRegister) -> Result<(Saving, Option<i64>), Refusals> {
    let BatchRegister { lesson_id: _, version, marks, close } = asked;
    let (lesson, expected, reported) = (sheet.lesson.clone(), sheet.expected(), sheet.reported());
    let occasion = Occasion { lesson: &lesson, expected: &expected, reported: &reported, now: scope.now() };
    let marks: Vec<(PersonId, NewMark<'_>)> =
        marks.iter().map(|mark| (Id::from_uuid(mark.person_id), mark.raw())).collect();
    let mut after = sheet.register.save(&marks, &occasion)?;
    if *close {
        after = after.close(&occasion).map_err(|refusal| refusal.at("/close"))?;
    }
    let already = after == sheet.register && sheet.version > 0;
    let outdated = (!already && *version != sheet.version).then_some(sheet.version);
    let after = (!already).then_some(after);
    Ok((Saving { sheet, lesson, expected, after }, outdated))
}

fn read_again(tx: &mut Tx<'_>, scope: &Scope, request: &AttendanceBatch) -> Result<BatchResult, Problem> {
    let found = register::find_many(tx.connection(), scope, &ids(request))?;
    let mut found: BTreeMap<LessonId, Sheet> = found.into_iter().map(|sheet| (sheet.id, sheet)).collect();
    let one = |(place, asked): (usize, &BatchRegister)| -> Result<RegisterDocument, Problem> {
        let sheet = found.remove(&Id::from_uuid(asked.lesson_id)).ok_or_else(|| {
            Refusal::new(Rule::UnknownReference, "there is no such lesson")
                .at(&format!("/registers/{place}/lessonId"))
        })?;
        let (expected, reported) = (sheet.expected(), sheet.reported());
        let occasion =
            Occasion { lesson: &sheet.lesson, expected: &expected, reported: &reported, now: scope.now() };
        Ok(RegisterDocument::of(&sheet, &occasion))
    };
    let data = request.registers.iter().enumerate().map(one).collect::<Result<_, _>>()?;
    Ok(BatchResult { data })
}
