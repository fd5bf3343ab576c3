use actix_web::{HttpResponse, delete, web};
use skolhus_domain::{
    access::{Scope, declared::ManageEnrolments},
    enrolment::Enrolment,
    id::EnrolmentId,
};
use skolhus_persistence::{Tx, enrolment};

use crate::http::{
    etag::IfMatch,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId},
    state::State,
};

/// Withdraw an enrolment
///
/// For an entry made by mistake, or somebody who never came: it leaves the lists and stays in
/// the register as withdrawn. Somebody who leaves gets a last day instead.
#[utoipa::path(
    operation_id = "withdrawEnrolment", tag = "enrolment",
    extensions(("x-permission" = json!("enrolment:manage"))),
    params(IdPath),
    responses((status = 204, description = "It is withdrawn."))
)]
#[delete("/v1/enrolments/{id}")]
pub async fn handle(
    permit: Permit<ManageEnrolments>,
    state: web::Data<State>,
    id: PathId<EnrolmentId>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    state
        .database
        .write(permit.caller(), move |tx, scope| withdraw_enrolment(tx, scope, id.0, &if_match))
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`; a failure of the database.
pub fn withdraw_enrolment(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: EnrolmentId,
    if_match: &IfMatch,
) -> Result<(), Problem> {
    let before = enrolment::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    if_match.check(before.version)?;
    let after = Enrolment { withdrawn: true, ..before.value.clone() };
    enrolment::update_many(tx, scope, &[(before, after)])?;
    Ok(())
}
