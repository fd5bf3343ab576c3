use actix_web::{HttpResponse, put, web};
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::SetConfirmation},
    person::relation::SecondPerson,
};
use skolhus_persistence::{Tx, person::relation_setting};
use utoipa::ToSchema;
use validator::Validate;

use super::document::{RelationSettingDocument, reason_of};
use crate::http::{
    body::Body, etag::IfMatch, permit::Permit, problem::Problem, resource::saved, state::State,
};

/// Whether a second person is to confirm.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SaveRelationSetting {
    /// Whether a second person confirms what widens access.
    #[schema(example = true)]
    pub second_person_confirms: bool,
    /// Why, as it stands in the log.
    #[validate(length(min = 5, max = 500))]
    #[schema(example = "Bara en registrator arbetar under sommaren", min_length = 5, max_length = 500)]
    pub reason: String,
}

/// Set whether a second person confirms
///
/// On unless it was turned off. What waits when it is turned off goes on waiting.
#[utoipa::path(
    operation_id = "saveRelationSetting", tag = "person",
    extensions(("x-permission" = json!("relation:set-confirmation"))),
    request_body(content = SaveRelationSetting, example = json!({ "secondPersonConfirms": true, "reason": "Åter två registratorer efter sommaren" })),
    responses((status = 200, description = "What is in force.", body = RelationSettingDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[put("/v1/relation-setting")]
pub async fn handle(
    permit: Permit<SetConfirmation>,
    state: web::Data<State>,
    if_match: IfMatch,
    body: Body<SaveRelationSetting>,
) -> Result<HttpResponse, Problem> {
    let setting = state
        .database
        .write(permit.caller(), move |tx, scope| save_relation_setting(tx, scope, &if_match, &body))
        .await?;
    Ok(saved(setting.version, &setting))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::Stale`], `InvalidFields`; a failure of the database.
pub fn save_relation_setting(
    tx: &mut Tx<'_>,
    scope: &Scope,
    if_match: &IfMatch,
    request: &SaveRelationSetting,
) -> Result<RelationSettingDocument, Problem> {
    let SaveRelationSetting { second_person_confirms, reason } = request;
    let reason = reason_of(reason)?;
    let wanted = if *second_person_confirms { SecondPerson::Needed } else { SecondPerson::NotNeeded };
    let before = relation_setting::find(tx.connection(), scope)?;
    let present = RelationSettingDocument::of(before.as_ref());
    let already = present.second_person_confirms == *second_person_confirms;
    if_match.check_unless(already, present.version)?;
    if already {
        return Ok(present);
    }
    let saved = relation_setting::save(tx, scope, before.as_ref(), wanted, reason.as_str())?;
    Ok(RelationSettingDocument::of(Some(&saved)))
}
