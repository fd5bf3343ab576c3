use actix_web::{HttpRequest, HttpResponse, get, web};
use skolhus_domain::access::declared::SetConfirmation;
use skolhus_persistence::person::relation_setting;

use super::document::RelationSettingDocument;
use crate::http::{permit::Permit, problem::Problem, resource::show, state::State};

/// Read whether a second person confirms
///
/// Whether what widens access, a new relation, more rights, more days, fewer days of a ban, waits
/// until a second person has confirmed it.
#[utoipa::path(
    operation_id = "getRelationSetting", tag = "person",
    extensions(("x-permission" = json!("relation:set-confirmation"))),
    responses(
        (status = 200, description = "What is in force.", body = RelationSettingDocument, headers(("ETag" = String, description = "Its version; 0 while it was never saved."))),
        (status = 304, description = "It is the version named in `If-None-Match`."),
    )
)]
#[get("/v1/relation-setting")]
pub async fn handle(
    permit: Permit<SetConfirmation>,
    state: web::Data<State>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let setting = state
        .database
        .read(permit.caller(), |connection, scope| {
            let saved = relation_setting::find(connection, scope)?;
            Ok::<_, Problem>(RelationSettingDocument::of(saved.as_ref()))
        })
        .await?;
    Ok(show(&request, setting.version, &setting))
}
