use actix_web::{HttpRequest, HttpResponse, get, web};
use skolhus_domain::access::declared::ReadOrganisation;
use skolhus_persistence::identity::login_setting;

use super::document::LoginSettingsDocument;
use crate::http::{permit::Permit, problem::Problem, resource::show, state::State};

/// Read the settings of logins
///
/// Which ways in are open besides passwords and BankID. What nobody has decided is closed.
#[utoipa::path(
    operation_id = "getLoginSettings", tag = "identity",
    extensions(("x-permission" = json!("organisation:read"))),
    responses(
        (status = 200, description = "What is in force.", body = LoginSettingsDocument, headers(("ETag" = String, description = "Their version; 0 while they were never saved."))),
        (status = 304, description = "It is the version named in `If-None-Match`."),
    )
)]
#[get("/v1/login-settings")]
pub async fn handle(
    permit: Permit<ReadOrganisation>,
    state: web::Data<State>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let sent = state.messages.is_on();
    let settings = state
        .database
        .read(permit.caller(), move |connection, scope| {
            let saved = login_setting::find(connection, scope)?;
            Ok::<_, Problem>(LoginSettingsDocument::of(saved.as_ref(), sent))
        })
        .await?;
    Ok(show(&request, settings.version, &settings))
}
