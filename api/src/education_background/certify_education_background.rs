use actix_web::{HttpResponse, put, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use skolhus_domain::{
    access::{Scope, declared::CertifyEducationBackground},
    code::Table,
    education_background::NewCertification,
    id::PersonId,
};
use skolhus_persistence::{Tx, education_background, organisation::code};
use utoipa::ToSchema;
use validator::Validate;

use super::{
    document::{CertificationBasisWord, EducationBackgroundDocument},
    get_education_background::get_education_background,
};
use crate::http::{
    body::Body,
    etag::IfMatch,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, saved},
    state::State,
};

/// What the school certifies.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = CertifyEducationBackground)]
pub struct NewEducationCertification {
    /// The education, as a code of the table `education-background`.
    #[validate(length(min = 1, max = 40))]
    #[schema(example = "compulsory", min_length = 1, max_length = 40)]
    pub code: String,
    /// When it was certified, at the latest today; today unless it is said.
    #[serde(default)]
    #[schema(example = "2026-10-12")]
    pub on: Option<NaiveDate>,
    /// What it rests on.
    #[schema(value_type = CertificationBasisWord, example = "document")]
    pub basis: String,
    /// Which document, whose confirmation, what was assessed.
    #[validate(length(min = 1, max = 500))]
    #[schema(example = "Slutbetyg från Ängelholms gymnasieskola, 2019", min_length = 1, max_length = 500)]
    pub evidence: String,
    /// Why it is another value than the one stated, or certified before: required then.
    #[serde(default)]
    #[validate(length(min = 1, max = 500))]
    #[schema(example = "Betyget visar tre år", min_length = 1, max_length = 500)]
    pub reason: Option<String>,
}

impl NewEducationCertification {
    /// As the domain takes it.
    pub(super) fn on_day(&self, today: NaiveDate) -> NewCertification<'_> {
        let Self { code, on, basis, evidence, reason } = self;
        NewCertification { code, on: on.unwrap_or(today), basis, evidence, reason: reason.as_deref() }
    }
}

/// Certify an education background
///
/// The school says what education a participant has, on what it rests and who says so: the certified value is the one that is
/// reported. Another value than the stated one is a correction, and says why. Nobody certifies their own, or that of somebody
/// to whom they are related. `If-Match` is the version, `"0"` where nothing is known.
#[utoipa::path(
    operation_id = "certifyEducationBackground", tag = "education-background",
    extensions(("x-permission" = json!("education-background:certify"))),
    params(IdPath),
    request_body(content = NewEducationCertification, example = json!({ "code": "compulsory", "basis": "document", "evidence": "Slutbetyg från Ängelholms gymnasieskola, 2019", "reason": "Betyget visar grundskola" })),
    responses((status = 200, description = "What is known now.", body = EducationBackgroundDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[put("/v1/persons/{id}/education-background/certification")]
pub async fn handle(
    permit: Permit<CertifyEducationBackground>,
    state: web::Data<State>,
    id: PathId<PersonId>,
    if_match: IfMatch,
    body: Body<NewEducationCertification>,
) -> Result<HttpResponse, Problem> {
    let known = state
        .database
        .write(permit.caller(), move |tx, scope| {
            certify_education_background(tx, scope, id.0, &if_match, &body)
        })
        .await?;
    Ok(saved(known.version, &known))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `NotPermitted` for one's own and relatives', `Stale`, `InvalidFields`; a failure
/// of the database.
pub fn certify_education_background(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: PersonId,
    if_match: &IfMatch,
    request: &NewEducationCertification,
) -> Result<EducationBackgroundDocument, Problem> {
    education_background::lock(tx, &[id])?;
    let before = education_background::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    let table = code::entries(tx.connection(), Table::EducationBackground)?;
    let related = education_background::related(tx.connection(), scope, &[id])?;
    let related = related.get(&id).map_or(&[][..], Vec::as_slice);
    let after = before
        .value()
        .certify(request.on_day(scope.today()), scope.person(), related, &table)
        .map_err(|refusals| if_match.before(before.version(), refusals))?;
    let same = before.saved.as_ref().is_some_and(|saved| saved.value == after);
    if_match.check_unless(same, before.version())?;
    if !same {
        education_background::save_many(tx, scope, &[(before, after)])?;
    }
    get_education_background(tx.connection(), scope, id)
}
