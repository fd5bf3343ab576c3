use actix_web::{HttpResponse, post, web};
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ManageParticipations},
    id::ParticipationId,
    participation::Participation,
    period::Period,
    refusal::{Refusal, Refusals},
};
use skolhus_persistence::{Tx, course::offering, participation};
use utoipa::ToSchema;
use validator::Validate;

use super::{
    admission::still_fits,
    change_state::{once, save},
    get_participation::find,
    participation_document::ParticipationDocument,
    state_document::StateDocument,
};
use crate::http::{
    body::Body,
    etag::IfMatch,
    idempotency::IdempotencyKey,
    period::PeriodDocument,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId},
    state::State,
};

/// A participation's state as it should have been.
#[derive(Clone, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CorrectParticipation {
    /// The state, with every fact that is true in it.
    #[validate(nested)]
    pub state: StateDocument,
    /// The study breaks that are over in the corrected account; the present ones unless given.
    #[validate(length(max = 100), nested)]
    #[schema(max_items = 100)]
    pub breaks: Option<Vec<PeriodDocument>>,
    /// Why it is corrected. It is kept in the change log.
    #[validate(length(min = 1, max = 500))]
    #[schema(example = "Fel deltagare markerades som avbruten", min_length = 1, max_length = 500)]
    pub reason: String,
}

/// Correct the state of a participation
///
/// To undo a mistake: any state may become any other, as long as the facts fit together. A
/// participation that takes its place again needs one that is left. What was entered before
/// stays in the change log, with the reason of the correction.
#[utoipa::path(
    operation_id = "correctParticipation", tag = "participation",
    extensions(("x-permission" = json!("participation:manage")), ("x-idempotent" = json!(true)), ("x-if-match" = json!(true))),
    params(IdPath),
    request_body(content = CorrectParticipation,
        example = json!({ "state": { "code": "active" }, "reason": "Fel deltagare markerades som avbruten" })),
    responses((status = 200, description = "Its present state.", body = ParticipationDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[post("/v1/participations/{id}/correction")]
pub async fn handle(
    permit: Permit<ManageParticipations>,
    state: web::Data<State>,
    id: PathId<ParticipationId>,
    if_match: IfMatch,
    key: IdempotencyKey,
    body: Body<CorrectParticipation>,
) -> Result<HttpResponse, Problem> {
    let (id, bytes) = (id.0, body.bytes.clone());
    once(&permit, &state, key, id, bytes, move |tx, scope| {
        correct_participation(tx, scope, id, &if_match, &body)
    })
    .await
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`, `Conflict`, `InvalidFields`; a failure of
/// the database.
pub fn correct_participation(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: ParticipationId,
    if_match: &IfMatch,
    request: &CorrectParticipation,
) -> Result<ParticipationDocument, Problem> {
    let named = find(tx.connection(), scope, id)?;
    let before = &named.saved;
    let offering_id = before.value.offering();
    participation::lock_offerings(tx, &[offering_id])?;
    let corrected = corrected(&before.value, request);
    let already = corrected.as_ref().is_ok_and(|(after, _)| *after == before.value);
    if_match.check_unless(already, before.version)?;
    let (after, reason) = corrected?;
    let offering = offering::find(tx.connection(), scope, offering_id)?.ok_or_else(Problem::not_found)?;
    still_fits(tx.connection(), scope, before, &after, &offering.value)?;
    participation::because(tx, &reason);
    save(tx, scope, named, after)
}

fn corrected(
    before: &Participation,
    request: &CorrectParticipation,
) -> Result<(Participation, skolhus_domain::participation::Reason), Refusals> {
    let CorrectParticipation { state, breaks, reason } = request;
    let mut refusals = Refusals::default();
    let mut finished = Vec::new();
    for (place, days) in breaks.iter().flatten().enumerate() {
        let (from, to) = days.raw();
        finished.extend(refusals.note(&format!("/breaks/{place}"), Period::new(from, to)));
    }
    if breaks.is_none() {
        finished = before.breaks().to_vec();
    }
    let state = state.state().map_err(|found| {
        refusals.0.extend(found.0.into_iter().map(|refusal| refusal.at("/state")));
    });
    let Ok(state) = state else { return Err(refusals) };
    refusals.finish()?;
    let corrected = before.clone().correct_state(state, finished, reason).map_err(within_state)?;
    Ok((corrected.participation, corrected.reason))
}

/// The domain knows one level; here the facts of the state stand one further in.
fn within_state(refusal: Refusal) -> Refusal {
    if matches!(refusal.pointer.as_str(), "/from" | "/to" | "/on") { refusal.at("/state") } else { refusal }
}
