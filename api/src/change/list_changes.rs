use actix_web::{get, web};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use skolhus_domain::access::{Reach, Scope, declared::ReadChanges};
use skolhus_persistence::{
    DatabaseConnection, Page, PageRequest,
    change::trail::{self, ChangeFilter, ChangeSort},
};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{change_document::ChangeDocument, webhook_subscription::EntityWord};
use crate::http::{
    catalogue::Code,
    listing::{List, Listing, Several, SortKey},
    permit::Permit,
    problem::Problem,
    state::State,
};

/// Which changes.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filters {
    /// Only of these kinds of things, separated by commas.
    #[param(value_type = Option<Vec<EntityWord>>, example = "school unit,term")]
    entity: Option<Several<String>>,
    /// Only of these things, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000a1")]
    entity_id: Option<Several<Uuid>>,
    /// Only by these accounts or clients, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000d1")]
    actor_id: Option<Several<Uuid>>,
    /// Only these actions, separated by commas.
    #[param(value_type = Option<Vec<Action>>, example = "insert,update")]
    action: Option<Several<Action>>,
    /// Only those of this instant or later (RFC 3339, with offset).
    #[param(example = "2026-08-17T00:00:00+02:00")]
    from: Option<DateTime<Utc>>,
    /// Only those before this instant (RFC 3339, with offset).
    #[param(example = "2027-08-17T00:00:00+02:00")]
    to: Option<DateTime<Utc>>,
    /// Only those after this position.
    #[param(example = 0, minimum = 0)]
    after_position: Option<i64>,
}

/// What was done.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Entered.
    Insert,
    /// Changed.
    Update,
    /// Withdrawn as a mistaken entry.
    Withdraw,
    /// Opened or exported.
    Access,
}

impl Action {
    /// As it stands in the log.
    pub(crate) fn code(self) -> &'static str {
        use skolhus_persistence::Action as Noted;
        match self {
            Self::Insert => Noted::Insert.code(),
            Self::Update => Noted::Update.code(),
            Self::Withdraw => Noted::Withdraw.code(),
            Self::Access => Noted::Access.code(),
        }
    }
}

impl SortKey for ChangeSort {
    const KEYS: &'static [(&'static str, Self)] = &[("newest", Self::Newest), ("position", Self::Position)];
}

/// List changes
///
/// The audit trail: who did what to which thing, the newest first unless asked otherwise. A
/// change appears a moment after it was made. To follow the log, sort by `position` and ask
/// for those after the last position you know. Changes of protected persons' records are
/// left out. Only those who work for the whole organiser may read it.
#[utoipa::path(
    operation_id = "listChanges", tag = "change",
    extensions(("x-permission" = json!("change:read"))),
    params(Listing<Filters, ChangeSort>),
    responses((status = 200, description = "One page of changes.", body = List<ChangeDocument>))
)]
#[get("/v1/changes")]
pub async fn handle(
    permit: Permit<ReadChanges>,
    state: web::Data<State>,
    listing: Listing<Filters, ChangeSort>,
) -> Result<web::Json<List<ChangeDocument>>, Problem> {
    let (filters, request, walker) = listing.request(&state, &permit)?;
    let page = state
        .database
        .read(permit.caller(), move |connection, scope| list_changes(connection, scope, &filters, &request))
        .await?;
    walker.list(page, &state, &permit).map(web::Json)
}

/// The use-case.
///
/// # Errors
/// [`Code::NotPermitted`] for those whose reach is a part of the organiser: a change does not
/// say which part it belongs to. A failure of the database.
pub fn list_changes(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filters: &Filters,
    request: &PageRequest<ChangeSort>,
) -> Result<Page<ChangeDocument>, Problem> {
    if scope.reach() != &Reach::Organiser {
        return Err(Problem::new(Code::NotPermitted));
    }
    let Filters { entity, entity_id, actor_id, action, from, to, after_position } = filters;
    let filter = ChangeFilter {
        entities: entity.iter().flat_map(|several| several.0.iter().cloned()).collect(),
        entity_ids: entity_id.iter().flat_map(|several| several.0.iter().copied()).collect(),
        actors: actor_id.iter().flat_map(|several| several.0.iter().copied()).collect(),
        actions: action
            .iter()
            .flat_map(|several| several.0.iter().map(|action| action.code().to_owned()))
            .collect(),
        from: *from,
        to: *to,
        after_position: *after_position,
    };
    let page = trail::list(connection, scope, &filter, request)?;
    page.try_map(|fact| Ok(ChangeDocument::of(fact)))
}
