//! Pairs of records that may be one person's, as the interface shows them, and whom a draft is like.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use skolhus_domain::{
    access::Scope,
    id::{DuplicateCandidateId, Id, PersonId},
    person::{DuplicateCandidate, DuplicateClass, Evidence, Likeness, Person, PersonFacts, compare},
};
use skolhus_persistence::{DatabaseConnection, Error, Saved, person::duplicate};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    codes::DuplicateClassCode,
    document::{PersonDocument, facts},
};
use crate::http::problem::Problem;

/// Two records that may be one person's.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DuplicateCandidate)]
pub struct DuplicateCandidateDocument {
    /// Its id.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000e2")]
    pub id: Uuid,
    /// Its version, as in the `ETag`.
    #[schema(example = 1, minimum = 1)]
    pub version: i64,
    /// When the pair was found.
    #[schema(example = "2026-08-17T08:10:00+02:00")]
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    #[schema(example = "2026-08-17T08:10:00+02:00")]
    pub modified_at: DateTime<Utc>,
    /// How likely it is that they are one person.
    pub class: DuplicateClassCode,
    /// The sum of the weights of the evidence: 45 and more is possible, 60 likely, 80 certain.
    #[schema(example = 80, minimum = 45)]
    pub score: i32,
    /// What speaks for it and against it: `same-number`, `same-name`, `swapped-names`, `similar-name`, `same-birth-date`, `number-before`, `same-email`, `same-phone`, `same-external-value`, `different-birth-date`.
    #[schema(example = json!(["same-name", "same-birth-date", "number-before"]))]
    pub evidence: Vec<&'static str>,
    /// Why somebody has said that they are two persons; null while nobody has.
    #[schema(example = json!(null))]
    pub dismissal_reason: Option<String>,
    /// The two persons.
    pub persons: Vec<PersonDocument>,
}

impl DuplicateCandidateDocument {
    /// # Errors
    /// [`crate::http::catalogue::Code::NotFound`] when one of the two cannot be shown.
    pub(super) fn of(
        saved: &Saved<DuplicateCandidateId, DuplicateCandidate>,
        persons: &HashMap<PersonId, Saved<PersonId, Person>>,
        scope: &Scope,
    ) -> Result<Self, Problem> {
        let Saved { id, version, created_at, modified_at, value } = saved;
        let DuplicateCandidate { first, second, evidence, score, class, dismissal } = value;
        let shown = [first, second].into_iter().map(|person| {
            let found = persons.get(person).ok_or_else(Problem::not_found)?;
            PersonDocument::of(found, scope, None)
        });
        Ok(Self {
            id: id.uuid(),
            version: *version,
            created_at: *created_at,
            modified_at: *modified_at,
            class: (*class).into(),
            score: *score,
            evidence: evidence.iter().map(|kind| kind.code()).collect(),
            dismissal_reason: dismissal.as_ref().map(|reason| reason.as_str().to_owned()),
            persons: shown.collect::<Result<_, _>>()?,
        })
    }
}

/// Somebody in the register whom a draft is like.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LikePerson {
    /// How likely it is that they are one person.
    pub class: DuplicateClassCode,
    /// The sum of the weights of the evidence.
    #[schema(example = 60, minimum = 45)]
    pub score: i32,
    /// What speaks for it and against it, as in a pair of the work list.
    #[schema(example = json!(["same-name", "same-birth-date"]))]
    pub evidence: Vec<&'static str>,
    /// The person.
    pub person: PersonDocument,
}

/// Whom within reach a draft is like, the most alike first.
///
/// # Errors
/// A failure of the database.
pub(super) fn alike(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    draft: &PersonFacts,
) -> Result<Vec<LikePerson>, Problem> {
    let mut found = Vec::new();
    for saved in duplicate::comparable(connection, scope, &[draft])? {
        let Likeness { evidence, score, class } = compare(draft, &facts(&saved, scope, None)?);
        if let Some(class) = class {
            found.push(LikePerson {
                class: class.into(),
                score,
                evidence: evidence.into_iter().map(Evidence::code).collect(),
                person: PersonDocument::of(&saved, scope, None)?,
            });
        }
    }
    found.sort_by_key(|like| (std::cmp::Reverse(like.score), like.person.id));
    Ok(found)
}

/// The persons within reach whom drafts are likely to be, each with the draft's place and what speaks for
/// it; of each draft the most alike alone. In as many statements as [`duplicate::comparable`] takes.
/// Nobody who is protected is among them.
///
/// # Errors
/// A failure of the database.
pub(crate) fn likely(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    drafts: &[&PersonFacts],
) -> Result<Vec<(usize, PersonId, Vec<Evidence>)>, Error> {
    if drafts.is_empty() {
        return Ok(Vec::new());
    }
    let mut others = Vec::new();
    for saved in duplicate::comparable(connection, scope, drafts)? {
        // What is closed to the scope is compared with nothing.
        if let Ok(facts) = facts(&saved, scope, None) {
            others.push((saved.id, facts));
        }
    }
    // Only those with the same name or day can come near, so that this stays far below all with all.
    let mut by_name: HashMap<String, Vec<usize>> = HashMap::new();
    let mut by_day: HashMap<NaiveDate, Vec<usize>> = HashMap::new();
    for (place, (_, facts)) in others.iter().enumerate() {
        by_name.entry(facts.name.sort_key()).or_default().push(place);
        if let Some(day) = facts.birth_date {
            by_day.entry(day).or_default().push(place);
        }
    }
    let mut found = Vec::new();
    for (place, draft) in drafts.iter().enumerate() {
        let named = by_name.get(&draft.name.sort_key()).into_iter().flatten();
        let born = draft.birth_date.and_then(|day| by_day.get(&day)).into_iter().flatten();
        let best = named
            .chain(born)
            .filter_map(|other| others.get(*other))
            .map(|(id, facts)| (*id, compare(draft, facts)))
            .filter(|(_, likeness)| likeness.class >= Some(DuplicateClass::Likely))
            .max_by_key(|(id, likeness)| (likeness.score, std::cmp::Reverse(*id)));
        found.extend(best.map(|(id, likeness)| (place, id, likeness.evidence)));
    }
    Ok(found)
}
