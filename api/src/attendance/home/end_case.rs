use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde::Deserialize;
use serde_json::json;
use skolhus_domain::{
    access::{Scope, declared::EndAbsenceCases},
    attendance::CaseHow,
    id::AbsenceCaseId,
    refusal::{Refusal, Refusals, Rule},
};
use skolhus_persistence::{Tx, attendance::absence_case};
use utoipa::ToSchema;
use validator::Validate;

use super::{
    case_document::{AbsenceCaseDocument, CaseHowWord},
    get_case::find,
};
use crate::http::{
    body::Body,
    idempotency::{IdempotencyKey, Made},
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, saved},
    state::State,
};

/// How somebody saw to a case.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = EndAbsenceCase)]
pub struct EndCase {
    /// How.
    #[schema(value_type = CaseHowWord, example = "told-by-other-means")]
    pub how: String,
}

/// See to a case of absence
///
/// Those at home were told by other means, or there are special reasons not to tell them the same day; with the account
/// and the time. By principals and registrars, by the pupil's mentor, and by the protection officer.
#[utoipa::path(
    operation_id = "endAbsenceCase", tag = "attendance",
    extensions(("x-permission" = json!("absence-case:end")), ("x-idempotent" = json!(true))),
    params(IdPath),
    request_body(content = EndCase, example = json!({ "how": "told-by-other-means" })),
    responses((status = 200, description = "Its present state.", body = AbsenceCaseDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[post("/v1/absence-cases/{id}/ending")]
pub async fn handle(
    permit: Permit<EndAbsenceCases>,
    state: web::Data<State>,
    id: PathId<AbsenceCaseId>,
    key: IdempotencyKey,
    body: Body<EndCase>,
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
                    let answer = end_case(tx, scope, id.0, &body)?;
                    Ok(Made { status: StatusCode::OK, handle: json!(null), answer })
                },
                |tx, scope, _| Ok(AbsenceCaseDocument::of(&find(tx.connection(), scope, id.0)?)),
            )
        })
        .await?;
    Ok(saved(made.answer.version, &made.answer))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `NotPermitted`, `Conflict`, `InvalidFields`; a failure of the database.
pub fn end_case(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: AbsenceCaseId,
    request: &EndCase,
) -> Result<AbsenceCaseDocument, Problem> {
    absence_case::lock(tx, id)?;
    let before = find(tx.connection(), scope, id)?;
    if !before.may_end {
        let detail = "a case is ended by the principal, a registrar or the pupil's mentor";
        return Err(Refusals::from(Refusal::new(Rule::NotPermitted, detail)).into());
    }
    let how = CaseHow::from_code(&request.how).map_err(|refusal| refusal.at("/how"))?;
    let after = before.saved.value.end(how, scope.account(), scope.now())?;
    absence_case::save_many(tx, scope, &[(Some(before.saved), after)])?;
    Ok(AbsenceCaseDocument::of(&find(tx.connection(), scope, id)?))
}
