use actix_web::{post, web};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ReadPersonChanges},
    id::PersonId,
};
use skolhus_persistence::{
    Page, PageRequest, Tx,
    change::person_trail::{self, PersonChangeFilter, PersonChangeSort},
    person,
};
use utoipa::IntoParams;
use uuid::Uuid;

use super::{list_changes::Action, person_change::PersonChangeDocument, webhook_subscription::EntityWord};
use crate::{
    http::{
        body::Body,
        listing::{List, Listing, Several, SortKey},
        permit::Permit,
        problem::Problem,
        resource::{IdPath, PathId},
        state::State,
    },
    person::DisclosePerson,
};

/// Which of them.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filters {
    /// Only with these kinds of records, separated by commas.
    #[param(value_type = Option<Vec<EntityWord>>, example = "person,relation")]
    pub(crate) entity: Option<Several<String>>,
    /// Only by these accounts or clients, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000d1")]
    pub(crate) actor_id: Option<Several<Uuid>>,
    /// Only these actions, separated by commas: `access` for who has looked.
    #[param(value_type = Option<Vec<Action>>, example = "access")]
    pub(crate) action: Option<Several<Action>>,
    /// Only what was done at this instant or later (RFC 3339, with offset).
    #[param(example = "2026-08-17T00:00:00+02:00")]
    pub(crate) from: Option<DateTime<Utc>>,
    /// Only what was done before this instant (RFC 3339, with offset).
    #[param(example = "2027-08-17T00:00:00+02:00")]
    pub(crate) to: Option<DateTime<Utc>>,
}

impl Filters {
    /// As the finder takes them.
    pub(crate) fn checked(&self) -> PersonChangeFilter {
        let Self { entity, actor_id, action, from, to } = self;
        let actions = action.iter().flat_map(|several| several.0.iter());
        PersonChangeFilter {
            entities: entity.iter().flat_map(|several| several.0.iter().cloned()).collect(),
            actions: actions.map(|action| action.code().to_owned()).collect(),
            permissions: Vec::new(),
            actors: actor_id.iter().flat_map(|several| several.0.iter().copied()).collect(),
            from: *from,
            to: *to,
        }
    }
}

impl SortKey for PersonChangeSort {
    const KEYS: &'static [(&'static str, Self)] = &[("newest", Self::Newest)];
}

/// Read what was done with a person's data
///
/// Who entered, changed, withdrew or opened which of a person's records (enrolments, relations, absence, their account and
/// its logins, and all others), when, from where and why, with what stood there before and after; the newest first. For
/// protected persons too, and for records that were withdrawn. Looking is itself logged, with its reason, before anything is
/// shown. What was done appears a moment later.
#[utoipa::path(
    operation_id = "searchPersonChanges", tag = "change",
    extensions(("x-permission" = json!("person-change:read"))),
    params(IdPath, Listing<Filters, PersonChangeSort>),
    request_body(content = DisclosePerson, example = json!({ "reason": "Begäran om registerutdrag, ärende 2026-131" })),
    responses((status = 200, description = "One page of what was done.", body = List<PersonChangeDocument>))
)]
#[post("/v1/persons/{id}/changes/search")]
pub async fn handle(
    permit: Permit<ReadPersonChanges>,
    state: web::Data<State>,
    id: PathId<PersonId>,
    listing: Listing<Filters, PersonChangeSort>,
    body: Body<DisclosePerson>,
) -> Result<web::Json<List<PersonChangeDocument>>, Problem> {
    let (filters, request, walker) = listing.request(&state, &permit)?;
    let page = state
        .database
        .write(permit.caller(), move |tx, scope| {
            search_person_changes(tx, scope, id.0, &filters, &request, &body)
        })
        .await?;
    walker.list(page, &state, &permit).map(web::Json)
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `InvalidFields` for the reason; a failure of the database.
pub fn search_person_changes(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: PersonId,
    filters: &Filters,
    request: &PageRequest<PersonChangeSort>,
    why: &DisclosePerson,
) -> Result<Page<PersonChangeDocument>, Problem> {
    let reason = why.checked()?;
    if person::id_holder(tx.connection(), scope, id)?.is_none() {
        return Err(Problem::not_found());
    }
    let _ = tx.record_access(&reason, &[id]);
    let page = person_trail::list(tx.connection(), scope, id, &filters.checked(), request)?;
    page.try_map(|change| Ok(PersonChangeDocument::of(change)))
}
