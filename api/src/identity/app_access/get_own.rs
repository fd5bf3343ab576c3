use actix_web::{get, web};
use skolhus_domain::access::{Identity, declared::OwnAccount};
use skolhus_persistence::identity::app_access;

use super::document::AppAccessDocument;
use crate::http::{catalogue::Code, permit::Permit, problem::Problem, state::State};

/// Read whether one's account may be logged in to with an app
///
/// Off until its owner has switched it on.
#[utoipa::path(
    operation_id = "getOwnAppAccess", tag = "identity",
    extensions(("x-permission" = json!("own-account"))),
    responses((status = 200, description = "How it stands.", body = AppAccessDocument))
)]
#[get("/v1/me/app-access")]
pub async fn handle(
    permit: Permit<OwnAccount>,
    state: web::Data<State>,
) -> Result<web::Json<AppAccessDocument>, Problem> {
    let Identity::Account(id, _) = permit.identity else {
        return Err(Problem::new(Code::NotPermitted));
    };
    let document = state
        .database
        .read(permit.caller(), move |connection, scope| {
            let access = app_access::find(connection, scope, id)?;
            Ok::<_, Problem>(AppAccessDocument::of(access.as_ref()))
        })
        .await?;
    Ok(web::Json(document))
}
