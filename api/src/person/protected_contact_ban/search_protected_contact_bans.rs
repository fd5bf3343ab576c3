use std::collections::BTreeSet;

use actix_web::{post, web};
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::DisclosePersons},
    id::{Id, PersonId},
};
use skolhus_persistence::{
    Page, PageRequest, Tx,
    person::contact_ban::{self, ContactBanFilter, ContactBanSort},
};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use validator::Validate;

use crate::{
    http::{
        body::Body,
        listing::{List, Listing, Several},
        permit::Permit,
        problem::Problem,
        state::State,
    },
    person::{
        codes::{BanKindCode, BanStateCode},
        contact_ban::ContactBanDocument,
        relation::reason_of,
    },
};

/// Which bans.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filters {
    /// Only of these kinds, separated by commas.
    #[param(value_type = Option<Vec<BanKindCode>>, example = "contact-ban")]
    kind: Option<Several<BanKindCode>>,
    /// Only in these states, separated by commas; `change-waiting` is the list of what waits for a second person.
    #[param(value_type = Option<Vec<BanStateCode>>, example = "change-waiting")]
    state: Option<Several<BanStateCode>>,
}

/// Whom they concern, and why.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SearchProtectedContactBans {
    /// Only those that keep this person safe.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub person_id: Option<Uuid>,
    /// Only those against this person.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c2")]
    pub against_id: Option<Uuid>,
    /// The reason, as it will stand in the log; it tells nothing of the persons.
    #[validate(length(min = 5, max = 500))]
    #[schema(example = "Frågor från förskolan om hämtning", min_length = 5, max_length = 500)]
    pub reason: String,
}

/// List contact bans of protected persons
///
/// Contact bans (kontaktförbud) and barred relatives with a protected person at either end, which stand in no other list;
/// those that were entered before the protection are among them. Each person shown is logged with the reason.
#[utoipa::path(
    operation_id = "searchProtectedContactBans", tag = "person",
    extensions(("x-permission" = json!("person:disclose"))),
    params(Listing<Filters, ContactBanSort>),
    request_body(content = SearchProtectedContactBans, example = json!({ "reason": "Frågor från förskolan om hämtning" })),
    responses((status = 200, description = "One page of bans.", body = List<ContactBanDocument>))
)]
#[post("/v1/protected-contact-bans/search")]
pub async fn handle(
    permit: Permit<DisclosePersons>,
    state: web::Data<State>,
    listing: Listing<Filters, ContactBanSort>,
    body: Body<SearchProtectedContactBans>,
) -> Result<web::Json<List<ContactBanDocument>>, Problem> {
    let (filters, request, walker) = listing.request(&state, &permit)?;
    let page = state
        .database
        .write(permit.caller(), move |tx, scope| {
            search_protected_contact_bans(tx, scope, &filters, &request, &body)
        })
        .await?;
    walker.list(page, &state, &permit).map(web::Json)
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::InvalidFields`] for the reason; a failure of the database.
pub fn search_protected_contact_bans(
    tx: &mut Tx<'_>,
    scope: &Scope,
    filters: &Filters,
    request: &PageRequest<ContactBanSort>,
    asked: &SearchProtectedContactBans,
) -> Result<Page<ContactBanDocument>, Problem> {
    let SearchProtectedContactBans { person_id, against_id, reason } = asked;
    let reason = reason_of(reason)?;
    let Filters { kind, state } = filters;
    let filter = ContactBanFilter {
        persons: person_id.iter().copied().map(Id::from_uuid).collect(),
        against: against_id.iter().copied().map(Id::from_uuid).collect(),
        kinds: kind.iter().flat_map(|kinds| kinds.0.iter().map(|kind| (*kind).into())).collect(),
        states: state.iter().flat_map(|states| states.0.iter().map(|state| (*state).into())).collect(),
        ..ContactBanFilter::default()
    };
    let page = contact_ban::list_protected(tx, scope, &filter, request)?;
    let shown: BTreeSet<PersonId> = page
        .items
        .iter()
        .flat_map(|view| std::iter::once(view.saved.value.person).chain(view.saved.value.against_person()))
        .collect();
    tx.record_access(&reason, &shown.into_iter().collect::<Vec<_>>());
    page.try_map(|view| Ok(ContactBanDocument::of(&view)))
}
