use actix_web::{HttpResponse, put, web};
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::RegisterAttendance},
    attendance::Exemption,
    participation::Reason,
    refusal::{Refusal, Refusals},
};
use skolhus_persistence::{
    Tx,
    attendance::{exemption, register},
};
use utoipa::ToSchema;
use validator::Validate;

use super::{
    super::one_mark::{MarkId, MarkPath},
    document::ExemptionDocument,
    get_exemption::get_exemption,
};
use crate::http::{
    body::Body, etag::IfMatch, permit::Permit, problem::Problem, resource::saved, state::State,
};

/// Why somebody is not expected in a lesson.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = SaveAttendanceExemption)]
pub struct SaveExemption {
    /// Why, in words that may be read by those who take the lesson.
    #[validate(length(min = 1, max = 500))]
    #[schema(example = "Övar med kören till avslutningen.", min_length = 1, max_length = 500)]
    pub reason: String,
}

/// Exempt a person from a lesson
///
/// Somebody who takes part in the lesson's offering is not expected in this lesson (undantag): another group has them that
/// hour, or the school has decided that they need not come. They leave the register, and the lesson counts in none of their figures.
/// `If-Match` is the exemption's version, `"0"` where there is none. Where attendance is registered already nothing is
/// taken back: the mark is removed first, or the absence is excused afterwards. For more than single lessons there are
/// exceptions in the offering, and study breaks. Saving what is already so changes nothing.
#[utoipa::path(
    operation_id = "saveAttendanceExemption", tag = "attendance",
    extensions(("x-permission" = json!("attendance:register"))),
    params(MarkPath),
    request_body(content = SaveExemption, example = json!({ "reason": "Övar med kören till avslutningen." })),
    responses((status = 200, description = "The exemption.", body = ExemptionDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[put("/v1/lessons/{id}/exemptions/{personId}")]
pub async fn handle(
    permit: Permit<RegisterAttendance>,
    state: web::Data<State>,
    id: MarkId,
    if_match: IfMatch,
    body: Body<SaveExemption>,
) -> Result<HttpResponse, Problem> {
    let document = state
        .database
        .write(permit.caller(), move |tx, scope| save_exemption(tx, scope, id, &if_match, &body))
        .await?;
    Ok(saved(document.version, &document))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`, `Conflict`, `InvalidFields`; a failure of the database.
pub fn save_exemption(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: MarkId,
    if_match: &IfMatch,
    request: &SaveExemption,
) -> Result<ExemptionDocument, Problem> {
    register::lock(tx, id.lesson)?;
    let sheet = register::find(tx.connection(), scope, id.lesson)?.ok_or_else(Problem::not_found)?;
    let known = exemption::known(tx, scope, id.lesson, id.person)?;
    let holds = known.as_ref().is_some_and(exemption::Known::holds);
    let version = known.as_ref().map_or(0, exemption::Known::version);
    if holds {
        // Of a protected person only those learn it who meet them.
        get_exemption(tx.connection(), scope, id)?;
    } else if !sheet.persons.iter().any(|of| of.person == id.person) {
        return Err(Problem::not_found());
    }
    let refused = |refused: Refusals| if_match.before(version, refused);
    let reason =
        Reason::new(&request.reason).map_err(|refusal: Refusal| refused(refusal.at("/reason").into()))?;
    if !holds {
        sheet
            .register
            .admit_exemption(id.person, &sheet.expected())
            .map_err(|refusal| refused(refusal.into()))?;
    }
    let wanted = Exemption { lesson: id.lesson, person: id.person, reason };
    let already = known.as_ref().is_some_and(|known| known.says(&wanted));
    if_match.check_unless(already, version)?;
    if !already {
        exemption::save(tx, scope, known, &wanted)?;
    }
    get_exemption(tx.connection(), scope, id)
}
