use actix_web::{HttpResponse, patch, web};
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ManageRelations},
    id::ContactBanId,
    period::Period,
    person::relation::BanProposal,
    refusal::Refusals,
};
use skolhus_persistence::{
    Tx,
    person::{
        contact_ban::{self, ContactBanView},
        relation_setting,
    },
};
use utoipa::ToSchema;
use validator::Validate;

use super::{document::ContactBanDocument, get_contact_ban::get_contact_ban};
use crate::{
    http::{
        body::Body,
        etag::IfMatch,
        patch::Patch,
        period::PeriodDocument,
        permit::Permit,
        problem::Problem,
        resource::{IdPath, PathId, saved},
        state::State,
    },
    person::relation::reason_of,
};

/// What to change of a ban.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateContactBan {
    /// The days.
    #[serde(default)]
    #[schema(value_type = Option<PeriodDocument>, nullable = false)]
    pub period: Patch<PeriodDocument>,
    /// Why, as it stands in the log and is read by the one who confirms it.
    #[validate(length(min = 5, max = 500))]
    #[schema(example = "Förlängt av åklagaren till 2028-08-13", min_length = 5, max_length = 500)]
    pub reason: String,
}

/// Change a contact ban
///
/// Other days. Days more hold at once; days fewer open something, and wait for a second person
/// unless the organiser has turned that off. Until then the ban holds from the first day to the
/// last of both.
#[utoipa::path(
    operation_id = "updateContactBan", tag = "person",
    extensions(("x-permission" = json!("relation:manage"))),
    params(IdPath),
    request_body(content = UpdateContactBan, content_type = "application/merge-patch+json",
        example = json!({ "period": { "from": "2026-08-14", "to": "2028-08-13" }, "reason": "Förlängt av åklagaren till 2028-08-13" })),
    responses((status = 200, description = "Its present state.", body = ContactBanDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[patch("/v1/contact-bans/{id}")]
pub async fn handle(
    permit: Permit<ManageRelations>,
    state: web::Data<State>,
    id: PathId<ContactBanId>,
    if_match: IfMatch,
    body: Body<UpdateContactBan>,
) -> Result<HttpResponse, Problem> {
    let ban = state
        .database
        .write(permit.caller(), move |tx, scope| update_contact_ban(tx, scope, id.0, &if_match, &body))
        .await?;
    Ok(saved(ban.version, &ban))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`, `InvalidFields`; a failure of the database.
pub fn update_contact_ban(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: ContactBanId,
    if_match: &IfMatch,
    request: &UpdateContactBan,
) -> Result<ContactBanDocument, Problem> {
    let view = contact_ban::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    change(tx, scope, &view, if_match, request)?;
    get_contact_ban(tx.connection(), scope, id)
}

/// Changes a ban that has been found; nothing where it is as asked for already.
pub(in crate::person) fn change(
    tx: &mut Tx<'_>,
    scope: &Scope,
    view: &ContactBanView,
    if_match: &IfMatch,
    request: &UpdateContactBan,
) -> Result<(), Problem> {
    let before = &view.saved.value;
    let UpdateContactBan { period, reason } = request.clone();
    let reason = reason_of(&reason)?;
    // What waits is what is meant; a lifting that waits means none of the days.
    let (intended, lifting) = match before.proposal {
        Some(BanProposal::Period(proposed)) => (proposed, false),
        Some(BanProposal::Lift) => (before.period, true),
        None => (before.period, false),
    };
    let mut refusals = Refusals::default();
    let stated = !matches!(period, Patch::Absent);
    let wanted = refusals
        .note("/period", period.require(PeriodDocument::of(intended)))
        .and_then(|period| refusals.note("/period", Period::new(period.from, period.to)));
    let Some(wanted) = wanted else { return Err(refusals.into()) };
    let already = !stated || (wanted == intended && !lifting);
    if_match.check_unless(already, view.saved.version)?;
    if already {
        return Ok(());
    }
    let second_person = relation_setting::in_force(tx.connection(), scope)?;
    let after = before.change(wanted, reason.clone(), scope.account(), second_person);
    contact_ban::update(tx, scope, &view.saved, &after, reason.as_str())?;
    Ok(())
}
