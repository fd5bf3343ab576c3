use actix_web::{HttpResponse, put, web};
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ManageScheduleSettings},
    refusal::Refusals,
    schedule::{ClashRule, ClashRules},
};
use skolhus_persistence::{Tx, schedule::setting};
use utoipa::ToSchema;
use validator::Validate;

use super::document::{ClashRuleWord, ScheduleSettingsDocument};
use crate::http::{
    body::Body, etag::IfMatch, permit::Permit, problem::Problem, resource::saved, state::State,
};

/// What is to hold.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = SaveScheduleSettings)]
pub struct SaveSettings {
    /// About teachers in two lessons at the same time.
    #[schema(value_type = ClashRuleWord, example = "warned")]
    pub teacher_clashes: String,
    /// About rooms with two lessons at the same time, but for those that lessons share on purpose.
    #[schema(value_type = ClashRuleWord, example = "refused")]
    pub room_clashes: String,
    /// About participants in two lessons at the same time.
    #[schema(value_type = ClashRuleWord, example = "warned")]
    pub participant_clashes: String,
}

/// Set the settings of the schedule
///
/// The whole set. It holds for what is changed from then on; lessons that clash already stay as they are, and are listed at
/// `GET /v1/lesson-clashes`.
#[utoipa::path(
    operation_id = "saveScheduleSettings", tag = "schedule",
    extensions(("x-permission" = json!("schedule-setting:manage"))),
    request_body(content = SaveSettings, example = json!({ "teacherClashes": "warned", "roomClashes": "refused", "participantClashes": "warned" })),
    responses((status = 200, description = "What is in force.", body = ScheduleSettingsDocument, headers(("ETag" = String, description = "Their version."))))
)]
#[put("/v1/schedule-settings")]
pub async fn handle(
    permit: Permit<ManageScheduleSettings>,
    state: web::Data<State>,
    if_match: IfMatch,
    body: Body<SaveSettings>,
) -> Result<HttpResponse, Problem> {
    let settings = state
        .database
        .write(permit.caller(), move |tx, scope| save_settings(tx, scope, &if_match, &body))
        .await?;
    Ok(saved(settings.version, &settings))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::Stale`], `InvalidFields`; a failure of the database.
pub fn save_settings(
    tx: &mut Tx<'_>,
    scope: &Scope,
    if_match: &IfMatch,
    request: &SaveSettings,
) -> Result<ScheduleSettingsDocument, Problem> {
    let SaveSettings { teacher_clashes, room_clashes, participant_clashes } = request;
    let mut refusals = Refusals::default();
    let mut rule = |at, code| refusals.note(at, ClashRule::from_code(code));
    let rules = (
        rule("/teacherClashes", teacher_clashes),
        rule("/roomClashes", room_clashes),
        rule("/participantClashes", participant_clashes),
    );
    let (Some(teachers), Some(rooms), Some(participants)) = rules else { return Err(refusals.into()) };
    let wanted = ClashRules { teachers, rooms, participants };
    let before = setting::find(tx.connection(), scope)?;
    let present = ScheduleSettingsDocument::of(before.as_ref());
    let already = before.as_ref().map_or(ClashRules::UNLESS_DECIDED, |saved| saved.value) == wanted;
    if_match.check_unless(already, present.version)?;
    if already {
        return Ok(present);
    }
    let saved = setting::save(tx, scope, before.as_ref(), &wanted)?;
    Ok(ScheduleSettingsDocument::of(Some(&saved)))
}
