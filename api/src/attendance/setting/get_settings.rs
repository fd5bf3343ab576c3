use actix_web::{HttpRequest, HttpResponse, get, web};
use skolhus_domain::access::declared::ReadOrganisation;
use skolhus_persistence::attendance::setting;

use super::document::AttendanceSettingsDocument;
use crate::http::{permit::Permit, problem::Problem, resource::show, state::State};

/// Read the settings of attendance
///
/// How far ahead and for how long absence may be reported, who decides about leave, how figures are counted for
/// everybody, and whether reasons for absence are asked for. What nobody has decided is as the program has it.
#[utoipa::path(
    operation_id = "getAttendanceSettings", tag = "attendance",
    extensions(("x-permission" = json!("organisation:read"))),
    responses(
        (status = 200, description = "What is in force.", body = AttendanceSettingsDocument, headers(("ETag" = String, description = "Their version; 0 while they were never saved."))),
        (status = 304, description = "It is the version named in `If-None-Match`."),
    )
)]
#[get("/v1/attendance-settings")]
pub async fn handle(
    permit: Permit<ReadOrganisation>,
    state: web::Data<State>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let settings = state
        .database
        .read(permit.caller(), |connection, scope| {
            let saved = setting::find(connection, scope)?;
            Ok::<_, Problem>(AttendanceSettingsDocument::of(saved.as_ref()))
        })
        .await?;
    Ok(show(&request, settings.version, &settings))
}
