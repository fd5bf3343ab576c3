use actix_web::{get, web};
use serde::Serialize;
use skolhus_domain::{
    access::{Scope, declared::ReadWards},
    id::Id,
};
use skolhus_persistence::{
    DatabaseConnection, Page, PageRequest,
    person::ward::{self, NamedWard, WardSort},
};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    http::{
        listing::{List, Listing, NoFilters, SortKey},
        permit::Permit,
        problem::Problem,
        state::State,
    },
    person::{
        codes::{RelationKindCode, RightCode},
        fields::NameDocument,
        relation::codes,
    },
};

/// Somebody over whom the caller has rights today.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Ward)]
pub struct WardDocument {
    /// Their id.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub id: Uuid,
    /// Their name.
    pub name: NameDocument,
    /// What the rights rest on.
    pub kinds: Vec<RelationKindCode>,
    /// The rights that the caller has over them today; without `see` their records stay closed.
    #[schema(example = json!(["see", "report-absence"]))]
    pub rights: Vec<RightCode>,
}

impl SortKey for WardSort {
    const KEYS: &'static [(&'static str, Self)] = &[("name", Self::Name), ("modifiedAt", Self::ModifiedAt)];
}

/// List one's own wards
///
/// Those over whom the caller's relations give rights today: a guardian's children, above all. It
/// is decided anew with each request: a right that has ended, or is overridden, is not there.
#[utoipa::path(
    operation_id = "listOwnWards", tag = "person",
    extensions(("x-permission" = json!("ward:read"))),
    params(Listing<NoFilters, WardSort>),
    responses((status = 200, description = "One page of wards.", body = List<WardDocument>))
)]
#[get("/v1/me/wards")]
pub async fn handle(
    permit: Permit<ReadWards>,
    state: web::Data<State>,
    listing: Listing<NoFilters, WardSort>,
) -> Result<web::Json<List<WardDocument>>, Problem> {
    let (_, request, walker) = listing.request(&state, &permit)?;
    let page = state
        .database
        .read(permit.caller(), move |connection, scope| list_wards(connection, scope, &request))
        .await?;
    walker.list(page, &state, &permit).map(web::Json)
}

/// The use-case.
///
/// # Errors
/// A failure of the database.
pub fn list_wards(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    request: &PageRequest<WardSort>,
) -> Result<Page<WardDocument>, Problem> {
    ward::list(connection, scope, request)?.try_map(|named| {
        let NamedWard { id, name } = named;
        let ward = scope.wards().iter().find(|ward| ward.person == id).ok_or_else(Problem::not_found)?;
        Ok(WardDocument {
            id: id.uuid(),
            name: NameDocument::of(&name),
            kinds: ward.kinds.iter().map(|kind| (*kind).into()).collect(),
            rights: codes(ward.rights),
        })
    })
}
