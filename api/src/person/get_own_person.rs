use actix_web::{HttpRequest, HttpResponse, get, web};
use skolhus_domain::{
    access::{Scope, declared::OwnAccount},
    text::Text,
};
use skolhus_persistence::{Tx, person};

use super::document::PersonDocument;
use crate::http::{permit::Permit, problem::Problem, resource::show, state::State};

/// Read one's own record
///
/// Everything that is registered about the person behind the account, also when they are protected.
/// That it was read is logged.
#[utoipa::path(
    operation_id = "getOwnPerson", tag = "person",
    extensions(("x-permission" = json!("own-account"))),
    responses(
        (status = 200, description = "The caller's own record.", body = PersonDocument, headers(("ETag" = String, description = "The record's version."))),
        (status = 304, description = "It is the version named in `If-None-Match`."),
        (status = 404, description = "The account is not tied to a person."),
    )
)]
#[get("/v1/me/person")]
pub async fn handle(
    permit: Permit<OwnAccount>,
    state: web::Data<State>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let person = state.database.write(permit.caller(), get_own_person).await?;
    Ok(show(&request, person.version, &person))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`] for an account without a person; a failure of the database.
pub fn get_own_person(tx: &mut Tx<'_>, scope: &Scope) -> Result<PersonDocument, Problem> {
    let own = scope.person().ok_or_else(Problem::not_found)?;
    let grant = tx.record_access(&Text::line("the person's own record", 500)?, &[own]);
    let saved = person::open_own(tx, scope, &grant)?.ok_or_else(Problem::not_found)?;
    PersonDocument::of(&saved, scope, Some(&grant))
}
