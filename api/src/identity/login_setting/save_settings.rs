use actix_web::{HttpResponse, put, web};
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ManageLoginSettings},
    identity::LoginSettings,
};
use skolhus_persistence::{Tx, identity::login_setting};
use utoipa::ToSchema;
use validator::Validate;

use super::document::LoginSettingsDocument;
use crate::http::{
    body::Body, etag::IfMatch, permit::Permit, problem::Problem, resource::saved, state::State,
};

/// What is to hold.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = SaveLoginSettings)]
pub struct SaveSettings {
    /// Whether people may log in with a code in a text message (sms-kod), at level 1.
    #[schema(example = true)]
    pub sms_codes: bool,
    /// Whether protected persons may, too. Their number then goes to whoever carries the message.
    #[schema(example = false)]
    pub sms_codes_for_protected: bool,
}

/// Set the settings of logins
///
/// The whole set. It holds from the next login on: a code that is on its way is worth nothing when the way in is closed, and
/// sessions that have begun go on.
#[utoipa::path(
    operation_id = "saveLoginSettings", tag = "identity",
    extensions(("x-permission" = json!("login-setting:manage"))),
    request_body(content = SaveSettings, example = json!({ "smsCodes": true, "smsCodesForProtected": false })),
    responses((status = 200, description = "What is in force.", body = LoginSettingsDocument, headers(("ETag" = String, description = "Their version."))))
)]
#[put("/v1/login-settings")]
pub async fn handle(
    permit: Permit<ManageLoginSettings>,
    state: web::Data<State>,
    if_match: IfMatch,
    body: Body<SaveSettings>,
) -> Result<HttpResponse, Problem> {
    let sent = state.messages.is_on();
    let settings = state
        .database
        .write(permit.caller(), move |tx, scope| save_settings(tx, scope, &if_match, &body, sent))
        .await?;
    Ok(saved(settings.version, &settings))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::Stale`]; a failure of the database.
fn save_settings(
    tx: &mut Tx<'_>,
    scope: &Scope,
    if_match: &IfMatch,
    request: &SaveSettings,
    sent: bool,
) -> Result<LoginSettingsDocument, Problem> {
    let SaveSettings { sms_codes, sms_codes_for_protected } = *request;
    let wanted = LoginSettings { sms_codes, sms_codes_for_protected };
    let before = login_setting::find(tx.connection(), scope)?;
    let present = LoginSettingsDocument::of(before.as_ref(), sent);
    let already = before.as_ref().map_or(LoginSettings::UNLESS_DECIDED, |saved| saved.value) == wanted;
    if_match.check_unless(already, present.version)?;
    if already {
        return Ok(present);
    }
    let saved = login_setting::save(tx, scope, before.as_ref(), &wanted)?;
    Ok(LoginSettingsDocument::of(Some(&saved), sent))
}
