//! An opening as the interface shows it to those who look into it.

use chrono::{DateTime, Utc};
use serde::Serialize;
use skolhus_domain::{
    id::Id,
    person::{EmergencyFinding, EmergencyReview},
};
use skolhus_persistence::person::emergency_opening::EmergencyOpeningView;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::words::{codes, words};

words! {
    /// What was found by whoever looked into it.
    EmergencyFindingWord("EmergencyFinding") = codes!(EmergencyFinding);
}

/// That the record of somebody protected was opened in an emergency.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EmergencyOpening)]
pub struct EmergencyOpeningDocument {
    /// Its id.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000f4")]
    pub id: Uuid,
    /// Its version.
    #[schema(example = 1, minimum = 1)]
    pub version: i64,
    /// When it was opened.
    #[schema(example = "2026-08-17T06:10:00Z")]
    pub opened_at: DateTime<Utc>,
    /// When it was changed last.
    #[schema(example = "2026-08-17T06:10:00Z")]
    pub modified_at: DateTime<Utc>,
    /// The alias of the person, which those who look into it may know; null where they are protected no longer.
    #[schema(required, example = "Kompass 417")]
    pub alias: Option<String>,
    /// The account that opened it.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000d1")]
    pub opened_by_id: Uuid,
    /// Its address.
    #[schema(example = "larare@exempel.se")]
    pub opened_by_email: String,
    /// The roles that permitted it.
    #[schema(example = json!(["teacher"]))]
    pub roles: Vec<&'static str>,
    /// Why, in the words of whoever opened it.
    #[schema(example = "Eleven har blivit akut sjuk, vårdnadshavaren måste nås")]
    pub reason: String,
    /// What came of looking into it; null while nobody has.
    #[schema(required)]
    pub review: Option<EmergencyReviewDocument>,
}

/// What came of looking into it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EmergencyReview)]
pub struct EmergencyReviewDocument {
    /// The account that looked into it.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000d2")]
    pub reviewed_by_id: Uuid,
    /// When.
    #[schema(example = "2026-08-17T09:30:00Z")]
    pub reviewed_at: DateTime<Utc>,
    /// What was found.
    #[schema(value_type = EmergencyFindingWord, example = "justified")]
    pub finding: EmergencyFinding,
    /// What else was said.
    #[schema(required, example = "Ambulans tillkallades, rektor informerad")]
    pub note: Option<String>,
}

impl EmergencyOpeningDocument {
    /// The document.
    #[must_use]
    pub fn of(view: EmergencyOpeningView) -> Self {
        let EmergencyOpeningView { saved, alias, opened_by_email } = view;
        let opening = saved.value;
        let review =
            opening.review.map(|EmergencyReview { by, at, finding, note }| EmergencyReviewDocument {
                reviewed_by_id: by.uuid(),
                reviewed_at: at,
                finding,
                note: note.map(|note| note.as_str().to_owned()),
            });
        Self {
            id: saved.id.uuid(),
            version: saved.version,
            opened_at: saved.created_at,
            modified_at: saved.modified_at,
            alias: alias.map(|alias| alias.to_string()),
            opened_by_id: opening.opened_by.uuid(),
            opened_by_email,
            roles: opening.roles.iter().map(|role| role.code()).collect(),
            reason: opening.reason.as_str().to_owned(),
            review,
        }
    }
}
