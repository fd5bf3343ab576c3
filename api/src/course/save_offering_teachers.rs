use std::collections::BTreeMap;

use actix_web::{HttpResponse, put, web};
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ManageCourses},
    course::{NewOfferingTeacher, Offering, OfferingTeacher, no_overlapping_teacher},
    duty::Duty,
    id::{DutyId, Id, OfferingId},
    refusal::{Refusal, Refusals, Rule},
};
use skolhus_persistence::{
    Tx,
    course::{offering, teacher},
    duty,
};
use utoipa::ToSchema;
use validator::Validate;

use super::{
    get_offering::get_offering,
    offering::{NewTeacher, OfferingDocument},
};
use crate::http::{
    body::Body,
    etag::IfMatch,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, saved},
    state::State,
};

/// Everyone who teaches an offering.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SaveOfferingTeachers {
    /// The whole set; who is not among them no longer teaches it.
    #[validate(length(max = 200), nested)]
    #[schema(max_items = 200)]
    pub teachers: Vec<NewTeacher>,
}

/// Save the teachers of a course offering
///
/// Saves the whole set, and moves the offering on to its next version. Saving what is already so
/// changes nothing.
#[utoipa::path(
    operation_id = "saveCourseOfferingTeachers", tag = "course",
    extensions(("x-permission" = json!("course:manage"))),
    params(IdPath),
    request_body(content = SaveOfferingTeachers, example = json!({ "teachers": [{
        "dutyId": "0199a3f0-7c00-7000-8000-0000000000f1", "role": "responsible",
        "period": { "from": "2026-08-17", "to": "2026-12-18" }
    }] })),
    responses((status = 200, description = "The offering's present state.", body = OfferingDocument,
        headers(("ETag" = String, description = "The offering's version."))))
)]
#[put("/v1/course-offerings/{id}/teachers")]
pub async fn handle(
    permit: Permit<ManageCourses>,
    state: web::Data<State>,
    id: PathId<OfferingId>,
    if_match: IfMatch,
    body: Body<SaveOfferingTeachers>,
) -> Result<HttpResponse, Problem> {
    let offering = state
        .database
        .write(permit.caller(), move |tx, scope| save_offering_teachers(tx, scope, id.0, &if_match, &body))
        .await?;
    Ok(saved(offering.version, &offering))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`, `InvalidFields`; a failure of the database.
pub fn save_offering_teachers(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: OfferingId,
    if_match: &IfMatch,
    request: &SaveOfferingTeachers,
) -> Result<OfferingDocument, Problem> {
    let seen = offering::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    offering::lock_unit(tx, scope, seen.value.school_unit)?;
    offering::lock(tx, scope, id)?;
    let before = offering::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;

    let ids: Vec<DutyId> = request.teachers.iter().map(|teacher| Id::from_uuid(teacher.duty_id)).collect();
    let mut duties = duty::find_many(tx.connection(), scope, &ids)?;
    duties.extend(duty::of_offering(tx.connection(), scope, id)?);
    let duties: BTreeMap<DutyId, Duty> = duties.into_iter().map(|duty| (duty.id, duty.value)).collect();
    let mut wanted = check(&before.value, &duties, &request.teachers)?;

    let mut present = teacher::of_offerings(tx.connection(), scope, &[id])?.remove(&id).unwrap_or_default();
    for set in [&mut wanted, &mut present] {
        set.sort_by_key(|teacher| (teacher.duty, teacher.role, teacher.period.from()));
    }
    let already = wanted == present;
    if_match.check_unless(already, before.version)?;
    if !already {
        teacher::save_sets(tx, scope, &BTreeMap::from([(id, wanted)]))?;
        offering::touch(tx, scope, &before)?;
    }
    get_offering(tx.connection(), scope, id)
}

/// Checks each teacher against the offering, the duty and those before it.
fn check(
    offering: &Offering,
    duties: &BTreeMap<DutyId, Duty>,
    teachers: &[NewTeacher],
) -> Result<Vec<OfferingTeacher>, Problem> {
    let mut refusals = Refusals::default();
    let mut checked: Vec<OfferingTeacher> = Vec::with_capacity(teachers.len());
    for (place, NewTeacher { duty_id, role, period }) in teachers.iter().enumerate() {
        let at = format!("/teachers/{place}");
        let id = Id::from_uuid(*duty_id);
        let Some(duty) = duties.get(&id) else {
            let refusal = Refusal::new(Rule::UnknownReference, "there is no such duty");
            refusals.0.push(refusal.at("/dutyId").at(&at));
            continue;
        };
        match (NewOfferingTeacher { duty: id, period: period.raw(), role }).validate(offering, duty) {
            Ok(teacher) => {
                refusals.note(&at, no_overlapping_teacher(&teacher, &checked));
                checked.push(teacher);
            }
            Err(more) => refusals.0.extend(more.0.into_iter().map(|refusal| refusal.at(&at))),
        }
    }
    refusals.finish()?;
    Ok(checked)
}
