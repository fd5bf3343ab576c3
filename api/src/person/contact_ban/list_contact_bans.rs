use actix_web::{get, web};
use chrono::NaiveDate;
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ReadRelations},
    id::Id,
};
use skolhus_persistence::{
    DatabaseConnection, Page, PageRequest,
    person::contact_ban::{self, ContactBanFilter, ContactBanSort},
};
use utoipa::IntoParams;
use uuid::Uuid;

use super::document::ContactBanDocument;
use crate::{
    http::{
        listing::{List, Listing, Several, SortKey, day},
        permit::Permit,
        problem::Problem,
        state::State,
    },
    person::codes::{BanKindCode, BanStateCode},
};

/// Which bans.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filters {
    /// Only those that keep these persons safe, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    person_id: Option<Several<Uuid>>,
    /// Only those against these persons, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000c2")]
    against_id: Option<Several<Uuid>>,
    /// Only of these kinds, separated by commas.
    #[param(value_type = Option<Vec<BanKindCode>>, example = "contact-ban")]
    kind: Option<Several<BanKindCode>>,
    /// Only in these states, separated by commas; `change-waiting` is the list of what waits for a second person.
    #[param(value_type = Option<Vec<BanStateCode>>, example = "change-waiting")]
    state: Option<Several<BanStateCode>>,
    /// Only those whose days this day is among.
    #[param(example = "2026-08-17")]
    valid_on: Option<NaiveDate>,
}

impl SortKey for ContactBanSort {
    const KEYS: &'static [(&'static str, Self)] =
        &[("name", Self::Name), ("periodFrom", Self::PeriodFrom), ("modifiedAt", Self::ModifiedAt)];
}

/// List contact bans
///
/// Contact bans and barred relatives of the persons within reach, by the name of the person who is
/// kept safe unless asked otherwise. Lifted ones, and those of protected persons, are not among them.
#[utoipa::path(
    operation_id = "listContactBans", tag = "person",
    extensions(("x-permission" = json!("relation:read"))),
    params(Listing<Filters, ContactBanSort>),
    responses((status = 200, description = "One page of bans.", body = List<ContactBanDocument>))
)]
#[get("/v1/contact-bans")]
pub async fn handle(
    permit: Permit<ReadRelations>,
    state: web::Data<State>,
    listing: Listing<Filters, ContactBanSort>,
) -> Result<web::Json<List<ContactBanDocument>>, Problem> {
    let (filters, request, walker) = listing.request(&state, &permit)?;
    let page = state
        .database
        .read(permit.caller(), move |connection, scope| {
            list_contact_bans(connection, scope, &filters, &request)
        })
        .await?;
    walker.list(page, &state, &permit).map(web::Json)
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::MalformedParameter`]; a failure of the database.
pub fn list_contact_bans(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filters: &Filters,
    request: &PageRequest<ContactBanSort>,
) -> Result<Page<ContactBanDocument>, Problem> {
    let Filters { person_id, against_id, kind, state, valid_on } = filters;
    let ids = |filter: &Option<Several<Uuid>>| {
        filter.iter().flat_map(|ids| ids.0.iter().copied().map(Id::from_uuid)).collect()
    };
    let filter = ContactBanFilter {
        persons: ids(person_id),
        against: ids(against_id),
        kinds: kind.iter().flat_map(|kinds| kinds.0.iter().map(|kind| (*kind).into())).collect(),
        states: state.iter().flat_map(|states| states.0.iter().map(|state| (*state).into())).collect(),
        valid_on: day("validOn", *valid_on)?,
    };
    contact_ban::list(connection, scope, &filter, request)?.try_map(|view| Ok(ContactBanDocument::of(&view)))
}
