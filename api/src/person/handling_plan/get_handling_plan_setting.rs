use actix_web::{HttpRequest, HttpResponse, get, web};
use skolhus_domain::access::declared::ManageProtection;
use skolhus_persistence::person::handling_plan_setting;

use super::document::HandlingPlanSettingDocument;
use crate::http::{permit::Permit, problem::Problem, resource::show, state::State};

/// Read how often handling plans are reviewed
///
/// The interval in force, and the decision that it rests on.
#[utoipa::path(
    operation_id = "getHandlingPlanSetting", tag = "person",
    extensions(("x-permission" = json!("person:manage-protection"))),
    responses(
        (status = 200, description = "What is in force.", body = HandlingPlanSettingDocument, headers(("ETag" = String, description = "Its version; 0 while nobody has decided."))),
        (status = 304, description = "It is the version named in `If-None-Match`."),
    )
)]
#[get("/v1/handling-plan-setting")]
pub async fn handle(
    permit: Permit<ManageProtection>,
    state: web::Data<State>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let setting = state
        .database
        .read(permit.caller(), |connection, scope| {
            let saved = handling_plan_setting::find(connection, scope)?;
            Ok::<_, Problem>(HandlingPlanSettingDocument::of(saved.as_ref()))
        })
        .await?;
    Ok(show(&request, setting.version, &setting))
}
