use actix_web::{get, web};
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ReadOrganisation},
    id::Id,
    schedule::RoomKind,
};
use skolhus_persistence::{
    DatabaseConnection, Page, PageRequest,
    schedule::room::{self, RoomFilter, RoomSort},
};
use utoipa::IntoParams;
use uuid::Uuid;

use super::room::{RoomDocument, RoomKindWord};
use crate::http::{
    listing::{List, Listing, Several, SortKey, values},
    permit::Permit,
    problem::Problem,
    state::State,
};

/// Which rooms.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filters {
    /// Words of the name, each by its beginning; upper and lower case are the same.
    #[param(example = "sal", max_length = 200)]
    name: Option<String>,
    /// Only of these school units, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000a1")]
    school_unit_id: Option<Several<Uuid>>,
    /// Only of these kinds, separated by commas.
    #[param(value_type = Option<Vec<RoomKindWord>>, example = "room")]
    kind: Option<Several<String>>,
    /// Only those with at least so many seats.
    #[param(example = 24, minimum = 1, maximum = 10000)]
    seats_at_least: Option<u16>,
}

impl SortKey for RoomSort {
    const KEYS: &'static [(&'static str, Self)] = &[("name", Self::Name), ("modifiedAt", Self::ModifiedAt)];
}

/// List rooms
///
/// The rooms (lokaler) and resources (resurser) of school units, by name in Swedish order unless asked otherwise.
#[utoipa::path(
    operation_id = "listRooms", tag = "schedule",
    extensions(("x-permission" = json!("organisation:read"))),
    params(Listing<Filters, RoomSort>),
    responses((status = 200, description = "One page of rooms.", body = List<RoomDocument>))
)]
#[get("/v1/rooms")]
pub async fn handle(
    permit: Permit<ReadOrganisation>,
    state: web::Data<State>,
    listing: Listing<Filters, RoomSort>,
) -> Result<web::Json<List<RoomDocument>>, Problem> {
    let (filters, request, walker) = listing.request(&state, &permit)?;
    let page = state
        .database
        .read(permit.caller(), move |connection, scope| list_rooms(connection, scope, &filters, &request))
        .await?;
    walker.list(page, &state, &permit).map(web::Json)
}

/// The use-case.
///
/// # Errors
/// A failure of the database.
pub fn list_rooms(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filters: &Filters,
    request: &PageRequest<RoomSort>,
) -> Result<Page<RoomDocument>, Problem> {
    let Filters { name, school_unit_id, kind, seats_at_least } = filters;
    let filter = RoomFilter {
        name: name.clone(),
        school_units: values("schoolUnitId", school_unit_id.clone(), |id| Ok(Id::from_uuid(*id)))?,
        kinds: values("kind", kind.clone(), |raw| RoomKind::from_code(raw))?,
        seats_at_least: *seats_at_least,
    };
    let page = room::list(connection, scope, &filter, request)?;
    page.try_map(|saved| Ok(RoomDocument::of(saved)))
}
