use actix_web::{HttpResponse, patch, web};
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ManageEnrolments},
    enrolment::no_overlapping_enrolment,
    id::EnrolmentId,
    refusal::Refusals,
    text::Text,
};
use skolhus_persistence::{Tx, enrolment};
use utoipa::ToSchema;
use validator::Validate;

use super::enrolment_document::{EnrolmentDocument, Fields};
use crate::http::{
    body::Body,
    etag::IfMatch,
    patch::Patch,
    period::PeriodDocument,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, saved},
    state::State,
};

/// What to change of an enrolment; what is absent stays.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateEnrolment {
    /// In which of the unit's school types, as a code of SS 12000 valid on the first day.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "FHS", min_length = 1, max_length = 40, pattern = "^[A-Za-z0-9-]+$", nullable = false)]
    #[validate(length(min = 1, max = 40))]
    pub school_type_code: Patch<String>,
    /// Which year of the school (årskurs), 0 to 10; null: not stated.
    #[serde(default)]
    #[schema(value_type = Option<u8>, example = 8, minimum = 0, maximum = 10)]
    #[validate(range(min = 0, max = 10))]
    pub school_year: Patch<u8>,
    /// Which programme, or another division of the school; null: not stated.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "Allmän kurs, år 3", min_length = 1, max_length = 100)]
    #[validate(length(min = 1, max = 100))]
    pub programme: Patch<String>,
    /// The days of the enrolment.
    #[serde(default)]
    #[schema(value_type = Option<PeriodDocument>, nullable = false)]
    pub period: Patch<PeriodDocument>,
}

/// Change an enrolment
///
/// A merge patch: what is absent stays. Somebody who moves to another school unit gets a new
/// enrolment there, and this one a last day. Asking for what is already so changes nothing.
#[utoipa::path(
    operation_id = "updateEnrolment", tag = "enrolment",
    extensions(("x-permission" = json!("enrolment:manage"))),
    params(IdPath),
    request_body(content = UpdateEnrolment, content_type = "application/merge-patch+json",
        example = json!({ "period": { "from": "2026-08-17", "to": "2026-12-18" } })),
    responses((status = 200, description = "Its present state.", body = EnrolmentDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[patch("/v1/enrolments/{id}")]
pub async fn handle(
    permit: Permit<ManageEnrolments>,
    state: web::Data<State>,
    id: PathId<EnrolmentId>,
    if_match: IfMatch,
    body: Body<UpdateEnrolment>,
) -> Result<HttpResponse, Problem> {
    let enrolment = state
        .database
        .write(permit.caller(), move |tx, scope| update_enrolment(tx, scope, id.0, &if_match, &body))
        .await?;
    Ok(saved(enrolment.version, &enrolment))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`, `InvalidFields`; a failure of the database.
pub fn update_enrolment(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: EnrolmentId,
    if_match: &IfMatch,
    request: &UpdateEnrolment,
) -> Result<EnrolmentDocument, Problem> {
    let mut named = enrolment::find_named(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    let before = named.saved.clone();
    enrolment::lock(tx, before.value.person)?;
    let present = &before.value;
    let UpdateEnrolment { school_type_code, school_year, programme, period } = request.clone();
    let mut refusals = Refusals::default();
    let school_type =
        refusals.note("/schoolTypeCode", school_type_code.require(present.school_type.as_str().to_owned()));
    let period = refusals.note("/period", period.require(PeriodDocument::of(present.period)));
    let (Some(school_type), Some(period)) = (school_type, period) else { return Err(refusals.into()) };
    let fields = Fields {
        person: present.person,
        school_unit: present.school_unit,
        school_type,
        school_year: school_year.apply(present.school_year),
        programme: programme.apply(present.programme.as_ref().map(Text::as_str).map(str::to_owned)),
        period,
    };
    let after = fields.validate(tx.connection(), scope)?;
    if_match.check_unless(after == before.value, before.version)?;
    let others = enrolment::of_persons(tx.connection(), scope, &[after.person])?;
    let others = others.iter().filter(|other| other.id != id).map(|other| &other.value);
    no_overlapping_enrolment(&after, others)?;
    let saved = enrolment::update_many(tx, scope, &[(before, after)])?;
    if let Some(saved) = saved.into_iter().next() {
        named.saved = saved;
    }
    Ok(EnrolmentDocument::of(named, scope))
}
