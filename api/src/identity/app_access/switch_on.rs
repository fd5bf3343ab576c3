use actix_web::{post, web};
use skolhus_domain::{
    access::{Identity, Scope, declared::OwnAppAccess},
    id::{AccountId, SessionId},
    identity::ClientKind,
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{
    Tx,
    identity::{account, app_access, session},
};

use super::document::AppAccessDocument;
use crate::http::{catalogue::Code, permit::Permit, problem::Problem, state::State};

/// Switch access to the app on
///
/// From now on an app can log in to the account, on any device, in any way that the account has. It takes a login of level 2 on the
/// web: an app cannot let itself in (409). Where it is on already all stays as it is.
#[utoipa::path(
    operation_id = "switchAppAccessOn", tag = "identity",
    extensions(("x-permission" = json!("app-access:own"))),
    responses((status = 200, description = "It is on.", body = AppAccessDocument))
)]
#[post("/v1/me/app-access")]
pub async fn handle(
    permit: Permit<OwnAppAccess>,
    state: web::Data<State>,
) -> Result<web::Json<AppAccessDocument>, Problem> {
    let Identity::Account(id, session) = permit.identity else {
        return Err(Problem::new(Code::NotPermitted));
    };
    let document =
        state.database.write(permit.caller(), move |tx, scope| switch_on(tx, scope, id, session)).await?;
    Ok(web::Json(document))
}

/// The use-case.
///
/// # Errors
/// [`Code::Conflict`] in an app; a failure of the database.
fn switch_on(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: AccountId,
    current: Option<SessionId>,
) -> Result<AppAccessDocument, Problem> {
    account::lock(tx, id)?;
    if let Some(current) = current
        && let Some(current) = session::find(tx.connection(), scope, current)?
        && current.value.client_kind == ClientKind::App
    {
        let detail = "access to the app is switched on on the web, and not in an app";
        return Err(Refusal::new(Rule::State, detail).into());
    }
    let present = app_access::find(tx.connection(), scope, id)?;
    let access = match present {
        Some(present) => present,
        None => app_access::switch_on(tx, scope, id)?,
    };
    Ok(AppAccessDocument::of(Some(&access)))
}
