use actix_web::{HttpRequest, HttpResponse, get, web};
use skolhus_domain::access::declared::ReadOrganisation;
use skolhus_persistence::schedule::setting;

use super::document::ScheduleSettingsDocument;
use crate::http::{permit::Permit, problem::Problem, resource::show, state::State};

/// Read the settings of the schedule
///
/// What is done about clashes (krockar) that a change of lessons would make. What nobody has decided is as the program has
/// it: warned of.
#[utoipa::path(
    operation_id = "getScheduleSettings", tag = "schedule",
    extensions(("x-permission" = json!("organisation:read"))),
    responses(
        (status = 200, description = "What is in force.", body = ScheduleSettingsDocument, headers(("ETag" = String, description = "Their version; 0 while they were never saved."))),
        (status = 304, description = "It is the version named in `If-None-Match`."),
    )
)]
#[get("/v1/schedule-settings")]
pub async fn handle(
    permit: Permit<ReadOrganisation>,
    state: web::Data<State>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let settings = state
        .database
        .read(permit.caller(), |connection, scope| {
            let saved = setting::find(connection, scope)?;
            Ok::<_, Problem>(ScheduleSettingsDocument::of(saved.as_ref()))
        })
        .await?;
    Ok(show(&request, settings.version, &settings))
}
