use actix_web::{get, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use skolhus_domain::{
    access::{Scope, declared::DisclosePersons},
    id::{Id, PersonId, PersonReviewId},
    person::{PersonReview, ReviewReason, ReviewState},
    text::Text,
};
use skolhus_persistence::{
    Page, PageRequest, Saved, Tx,
    person::review::{self, ReviewSort},
};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::codes::{ReviewKindCode, ReviewStateCode};
use crate::http::{
    listing::{List, Listing, Several, SortKey},
    permit::Permit,
    problem::Problem,
    state::State,
};

/// An entry about a person that waits, or waited, for review.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PersonReview)]
pub struct PersonReviewDocument {
    /// Its id.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000d1")]
    pub id: Uuid,
    /// Its version, as in the `ETag`.
    #[schema(example = 1, minimum = 1)]
    pub version: i64,
    /// When the entry came.
    #[schema(example = "2026-08-17T08:10:00+02:00")]
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    #[schema(example = "2026-08-17T08:10:00+02:00")]
    pub modified_at: DateTime<Utc>,
    /// What the entry would do.
    pub kind: ReviewKindCode,
    /// How far the review has come.
    pub state: ReviewStateCode,
    /// Whom the entry changes, or who it turned out to be.
    #[schema(example = json!(null))]
    pub person_id: Option<Uuid>,
    /// Why it waits: `id-held`, `identity-number-held`, `external-identifier-held`, `withdrawn-entry`, `look-alike`, `protection-stated`.
    #[schema(example = json!(["identity-number-held"]))]
    pub reasons: Vec<&'static str>,
    /// Whom it met in the register; open their records by disclosure.
    #[schema(example = json!(["0199a3f0-7c00-7000-8000-0000000000c1"]))]
    pub met_person_ids: Vec<Uuid>,
    /// The entry as it came: the body of the request.
    #[schema(value_type = Object, example = json!({ "name": { "givenName": "Åsa", "familyName": "Öberg" } }))]
    pub entry: Value,
    /// What was noted with the decision.
    #[schema(example = json!(null))]
    pub note: Option<String>,
}

impl PersonReviewDocument {
    pub(super) fn of(saved: Saved<PersonReviewId, PersonReview>) -> Self {
        let Saved { id, version, created_at, modified_at, value } = saved;
        let PersonReview { kind, state, person, reasons, met, entry, note } = value;
        Self {
            id: id.uuid(),
            version,
            created_at,
            modified_at,
            kind: kind.into(),
            state: state.into(),
            person_id: person.map(Id::uuid),
            reasons: reasons.into_iter().map(ReviewReason::code).collect(),
            met_person_ids: met.into_iter().map(Id::uuid).collect(),
            entry: serde_json::from_str(&entry).unwrap_or_default(),
            note,
        }
    }
}

/// Which reviews.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filters {
    /// Only in these states, separated by commas: `waiting`, `accepted`, `same-person`, `rejected`.
    #[param(value_type = Option<Vec<ReviewStateCode>>, example = "waiting")]
    state: Option<Several<ReviewStateCode>>,
}

impl SortKey for ReviewSort {
    const KEYS: &'static [(&'static str, Self)] =
        &[("createdAt", Self::CreatedAt), ("modifiedAt", Self::ModifiedAt)];
}

/// List entries that wait for review
///
/// What was entered about persons and waits for somebody who may know whom it met. That the reviews
/// were read is logged for each person they concern.
#[utoipa::path(
    operation_id = "listPersonReviews", tag = "person",
    extensions(("x-permission" = json!("person:disclose"))),
    params(Listing<Filters, ReviewSort>),
    responses((status = 200, description = "One page of reviews.", body = List<PersonReviewDocument>))
)]
#[get("/v1/person-reviews")]
pub async fn handle(
    permit: Permit<DisclosePersons>,
    state: web::Data<State>,
    listing: Listing<Filters, ReviewSort>,
) -> Result<web::Json<List<PersonReviewDocument>>, Problem> {
    let (filters, request, walker) = listing.request(&state, &permit)?;
    let page = state
        .database
        .write(permit.caller(), move |tx, scope| list_person_reviews(tx, scope, &filters, &request))
        .await?;
    walker.list(page, &state, &permit).map(web::Json)
}

/// The use-case.
///
/// # Errors
/// A failure of the database.
pub fn list_person_reviews(
    tx: &mut Tx<'_>,
    scope: &Scope,
    filters: &Filters,
    request: &PageRequest<ReviewSort>,
) -> Result<Page<PersonReviewDocument>, Problem> {
    let states: Vec<ReviewState> =
        filters.state.iter().flat_map(|states| states.0.iter().map(|state| (*state).into())).collect();
    let page = review::list(tx.connection(), scope, &states, request)?;
    let mut concerned: Vec<PersonId> = page
        .items
        .iter()
        .flat_map(|saved| saved.value.met.iter().chain(&saved.value.person).copied())
        .collect();
    concerned.sort_unstable();
    concerned.dedup();
    // A review shows no fact of theirs, but that they are in the register.
    let _grant = tx.record_access(&Text::line("reviews of entries were read", 500)?, &concerned);
    page.try_map(|saved| Ok(PersonReviewDocument::of(saved)))
}
