use actix_web::{get, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use skolhus_domain::{
    access::{Caller, Permission, declared::OwnAccount},
    refusal::Rule,
};
use skolhus_persistence::{
    DatabaseConnection, Page, PageRequest,
    change::feed::{self, Departure, DepartureSort, FOLLOWED, Followed},
};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::http::{
    listing::{List, Listing, Several, SortKey, values},
    permit::Permit,
    problem::Problem,
    state::State,
};

/// Which departures.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filters {
    /// Only of these kinds of things, separated by commas: `person`, `duty`, `enrolment`,
    /// `participation`, `participation exception`, `group`,
    /// `group membership`, `course`, `course offering`, `controller`, `school unit`, `site`, `term`,
    /// `day off`. All that the caller may read when absent.
    #[param(value_type = Option<Vec<String>>, example = "person,enrolment")]
    entities: Option<Several<String>>,
    /// Only what left after this instant (RFC 3339, with offset); the same as `modifiedAfter`.
    #[param(example = "2026-08-17T00:00:00+02:00")]
    after: Option<DateTime<Utc>>,
}

impl SortKey for DepartureSort {
    const KEYS: &'static [(&'static str, Self)] = &[("deletedAt", Self::DeletedAt)];
}

/// A record that has left the caller's reach: it was withdrawn, moved elsewhere, or became protected. Which
/// of these is not told.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeletedEntity {
    /// What kind of thing.
    #[schema(example = "enrolment")]
    pub entity: String,
    /// Which one.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000a1")]
    pub id: Uuid,
    /// When it left, as the server settled it.
    #[schema(example = "2026-08-17T06:10:00.000001Z")]
    pub deleted_at: DateTime<Utc>,
}

/// List deleted entities
///
/// What has left the caller's reach, in the order in which it left: withdrawn as a mistaken entry, moved to a
/// unit out of reach, or protected, and then with all records about the person. A record that has come back
/// is not here but in its list. Only what the caller could have seen is told.
///
/// To keep a copy of the register in step: read each list with `modifiedAfter=1970-01-01T00:00:00Z` and keep
/// what its pages show; then, again and again, read each list with the `asOf` that it said last, and this
/// list with the `asOf` that it said last, in any order and page by page; put what a list shows into the copy
/// and take out what this list names, each page as it comes. Nothing is missed, whatever is written
/// meanwhile; some rows may come twice. After the client's scopes or school units were changed, begin anew.
/// Callers whose reach follows the day, as a teacher's does, cannot follow persons and what is about them.
#[utoipa::path(
    operation_id = "listDeletedEntities", tag = "change",
    extensions(("x-permission" = json!("own-account"))),
    params(Listing<Filters, DepartureSort>),
    responses((status = 200, description = "One page of what has left.", body = List<DeletedEntity>))
)]
#[get("/v1/deleted-entities")]
pub async fn handle(
    permit: Permit<OwnAccount>,
    state: web::Data<State>,
    listing: Listing<Filters, DepartureSort>,
) -> Result<web::Json<List<DeletedEntity>>, Problem> {
    let (filters, request, walker) = listing.request(&state, &permit)?;
    let Filters { entities, after } = filters;
    let asked = values("entities", entities, |word: &String| {
        Followed::of(word).ok_or_else(|| {
            let known: Vec<&str> = FOLLOWED.iter().map(|followed| followed.entity).collect();
            skolhus_domain::refusal::Refusal::new(
                Rule::UnknownCode,
                format!("must be one of {}", known.join(", ")),
            )
        })
    })?;
    let request = PageRequest { modified_after: request.modified_after.max(after), ..request };
    let (caller, limited_to) = (permit.caller().clone(), permit.limited_to().map(<[Permission]>::to_vec));
    let page = state
        .database
        .read(permit.caller(), move |connection, _scope| {
            list_deleted_entities(connection, &caller, limited_to.as_deref(), &asked, &request)
        })
        .await?;
    walker.list(page, &state, &permit).map(web::Json)
}

/// The use-case. Each kind is told within the reach that its own permission gives the caller.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotPermitted`] for a kind that the caller may not follow; a failure of the
/// database.
pub fn list_deleted_entities(
    connection: &mut DatabaseConnection,
    caller: &Caller,
    limited_to: Option<&[Permission]>,
    asked: &[&'static Followed],
    request: &PageRequest<DepartureSort>,
) -> Result<Page<DeletedEntity>, Problem> {
    let page = feed::departures(connection, caller, limited_to, asked, request)?;
    page.try_map(|Departure { entity, id, deleted_at }| Ok(DeletedEntity { entity, id, deleted_at }))
}
