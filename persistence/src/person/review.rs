//! Entries about persons that wait for review.

use diesel::prelude::*;
use serde_json::Value;
use skolhus_domain::{
    access::{Reach, Scope},
    id::{Id, PersonId, PersonReviewId},
    person::{PersonReview, ReviewKind, ReviewReason, ReviewState},
};
use uuid::Uuid;

use crate::{
    Saved,
    core::{
        connection::{DatabaseConnection, MultiBackend},
        error::Error,
        page::{Cursor, Page, PageRequest, instant, instant_key, keyset},
        record::record,
        tx::Tx,
        types::{Json, Ts, Uid},
    },
    schema::person_reviews,
};

record! {
    /// A review's row.
    pub(crate) struct PersonReviewRow in person_reviews as "person review" {
        kind: String,
        state: String,
        person_id: Option<Uid>,
        reasons: Json,
        met_ids: Json,
        entry: Json,
        note: Option<String>,
    }
}

/// What a list of reviews is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ReviewSort {
    /// When the entry came.
    #[default]
    CreatedAt,
    /// When it was changed last.
    ModifiedAt,
}

/// Reviews belong to the whole organiser, since what they met may be anywhere in it: those who
/// work for one unit only see none.
fn reachable<'a>(scope: &Scope) -> person_reviews::BoxedQuery<'a, MultiBackend> {
    let reviews = person_reviews::table
        .filter(person_reviews::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(person_reviews::withdrawn_at.is_null())
        .into_boxed();
    match scope.reach() {
        Reach::Organiser => reviews,
        Reach::Parts(_) => reviews.filter(diesel::dsl::sql::<diesel::sql_types::Bool>("FALSE")),
    }
}

/// Puts an entry up for review.
///
/// # Errors
/// A failure of the database.
pub fn insert(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: PersonReviewId,
    review: &PersonReview,
) -> Result<(), Error> {
    let row = row_of(Uid::of(scope.organiser()), Uid::of(id), tx.now(), review)?;
    tx.insert(std::slice::from_ref(&row))
}

/// One review.
///
/// # Errors
/// A failure of the database.
pub fn find(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: PersonReviewId,
) -> Result<Option<Saved<PersonReviewId, PersonReview>>, Error> {
    let row = reachable(scope)
        .filter(person_reviews::id.eq(Uid::of(id)))
        .select(PersonReviewRow::as_select())
        .first(connection)
        .optional()?;
    row.map(into_saved).transpose()
}

/// One page of the reviews, the oldest first unless asked otherwise.
///
/// # Errors
/// A failure of the database.
pub fn list(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    states: &[ReviewState],
    request: &PageRequest<ReviewSort>,
) -> Result<Page<Saved<PersonReviewId, PersonReview>>, Error> {
    let mut query = reachable(scope);
    if !states.is_empty() {
        let codes: Vec<&str> = states.iter().map(|state| state.code()).collect();
        query = query.filter(person_reviews::state.eq_any(codes));
    }
    if let Some(after) = request.modified_after {
        query = query.filter(person_reviews::modified_at.gt(Ts::of(after)));
    }
    let query = match request.sort {
        ReviewSort::CreatedAt => {
            keyset!(query, request, person_reviews::created_at, person_reviews::id, instant)
        }
        ReviewSort::ModifiedAt => {
            keyset!(query, request, person_reviews::modified_at, person_reviews::id, instant)
        }
    };
    let rows = query.select(PersonReviewRow::as_select()).load(connection)?;
    let cursor = |row: &PersonReviewRow| Cursor {
        key: instant_key(match request.sort {
            ReviewSort::CreatedAt => row.created_at,
            ReviewSort::ModifiedAt => row.modified_at,
        }),
        id: row.id.0,
    };
    Page::cut(rows, request.limit, cursor).try_map(into_saved)
}

/// Saves what was decided.
///
/// # Errors
/// [`Error::Stale`] when somebody decided meanwhile; a failure of the database.
pub fn update(
    tx: &mut Tx<'_>,
    scope: &Scope,
    before: &Saved<PersonReviewId, PersonReview>,
    review: &PersonReview,
) -> Result<Saved<PersonReviewId, PersonReview>, Error> {
    let row = |review: &PersonReview| -> Result<PersonReviewRow, Error> {
        let row = row_of(Uid::of(scope.organiser()), Uid::of(before.id), Ts::of(before.created_at), review)?;
        Ok(PersonReviewRow { version: before.version, modified_at: Ts::of(before.modified_at), ..row })
    };
    into_saved(tx.update(&row(&before.value)?, row(review)?)?)
}

fn row_of(organiser_id: Uid, id: Uid, now: Ts, review: &PersonReview) -> Result<PersonReviewRow, Error> {
    let PersonReview { kind, state, person, reasons, met, entry, note } = review;
    let entry: Value = serde_json::from_str(entry)
        .map_err(|_| Error::Internal("an entry for review is no JSON".to_owned()))?;
    Ok(PersonReviewRow {
        organiser_id,
        id,
        version: 1,
        created_at: now,
        modified_at: now,
        withdrawn_at: None,
        kind: kind.code().to_owned(),
        state: state.code().to_owned(),
        person_id: person.map(Uid::of),
        reasons: Json(reasons.iter().map(|reason| Value::from(reason.code())).collect()),
        met_ids: Json(met.iter().map(|person| Value::from(person.to_string())).collect()),
        entry: Json(entry),
        note: note.clone(),
    })
}

fn into_saved(row: PersonReviewRow) -> Result<Saved<PersonReviewId, PersonReview>, Error> {
    let PersonReviewRow {
        organiser_id: _,
        id,
        version,
        created_at,
        modified_at,
        withdrawn_at: _,
        kind,
        state,
        person_id,
        reasons,
        met_ids,
        entry,
        note,
    } = row;
    let inconsistent = |detail: &str| Error::Inconsistent {
        table: "person_reviews",
        id: id.0.to_string(),
        detail: detail.to_owned(),
    };
    let reasons: Vec<String> =
        serde_json::from_value(reasons.0).map_err(|_| inconsistent("reasons is no list"))?;
    let met: Vec<Uuid> = serde_json::from_value(met_ids.0).map_err(|_| inconsistent("met_ids is no list"))?;
    let value = PersonReview {
        kind: ReviewKind::from_code(&kind).ok_or_else(|| inconsistent("an unknown kind"))?,
        state: ReviewState::from_code(&state).ok_or_else(|| inconsistent("an unknown state"))?,
        person: person_id.map(Uid::to),
        reasons: reasons.iter().filter_map(|code| ReviewReason::from_code(code)).collect(),
        met: met.into_iter().map(PersonId::from_uuid).collect(),
        entry: entry.0.to_string(),
        note,
    };
    Ok(Saved { id: id.to(), version, created_at: created_at.0, modified_at: modified_at.0, value })
}
