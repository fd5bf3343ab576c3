use actix_web::{HttpResponse, put, web};
use chrono::NaiveDate;
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ManageParticipations},
    code::Table,
    id::ParticipationId,
};
use skolhus_persistence::{Tx, organisation::code};
use utoipa::ToSchema;
use validator::Validate;

use super::{
    change_state::{decided, save},
    get_participation::find,
    participation_document::ParticipationDocument,
};
use crate::http::{
    body::Body,
    etag::IfMatch,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, saved},
    state::State,
};

/// A funding source from a day.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetFunding {
    /// The first day on which it holds, within the days held; it holds until the next part.
    #[schema(example = "2026-10-05")]
    pub from: NaiveDate,
    /// A code of the table of funding sources, valid on that day; null: not stated.
    #[validate(length(min = 1, max = 40))]
    #[schema(
        required,
        example = "state-grant",
        min_length = 1,
        max_length = 40,
        pattern = "^[A-Za-z0-9-]+$"
    )]
    pub funding_code: Option<String>,
}

/// Set the funding of a participation from a day
///
/// Who pays from a day until the next part. The parts before and after stay. Asking for what is
/// already so changes nothing.
#[utoipa::path(
    operation_id = "setParticipationFunding", tag = "participation",
    extensions(("x-permission" = json!("participation:manage"))),
    params(IdPath),
    request_body(content = SetFunding, example = json!({ "from": "2026-10-05", "fundingCode": "state-grant" })),
    responses((status = 200, description = "Its present state.", body = ParticipationDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[put("/v1/participations/{id}/funding")]
pub async fn handle(
    permit: Permit<ManageParticipations>,
    state: web::Data<State>,
    id: PathId<ParticipationId>,
    if_match: IfMatch,
    body: Body<SetFunding>,
) -> Result<HttpResponse, Problem> {
    let participation = state
        .database
        .write(permit.caller(), move |tx, scope| set_funding(tx, scope, id.0, &if_match, &body))
        .await?;
    Ok(saved(participation.version, &participation))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`, `Conflict` for a cancelled one,
/// `InvalidFields`; a failure of the database.
pub fn set_funding(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: ParticipationId,
    if_match: &IfMatch,
    request: &SetFunding,
) -> Result<ParticipationDocument, Problem> {
    let named = find(tx.connection(), scope, id)?;
    let SetFunding { from, funding_code } = request;
    let sources = match funding_code {
        Some(_) => code::entries(tx.connection(), Table::FundingSource)?,
        None => Vec::new(),
    };
    let after = named.saved.value.clone().set_funding(*from, funding_code.as_deref(), &sources);
    let after = decided(if_match, &named.saved, after)?;
    save(tx, scope, named, after)
}
