//! What the operations on merges share: the merge as the interface shows it, and what a merge of
//! two records would come to.

use chrono::{DateTime, Utc};
use serde::Serialize;
use skolhus_domain::{
    access::{Reach, Scope},
    id::{Id, PersonId, PersonMergeId},
    person::{Added, Person, PersonFacts, PersonMerge, combine},
    refusal::{Refusal, Refusals, Rule},
};
use skolhus_persistence::{
    DatabaseConnection, Saved,
    person::{
        self,
        merge::{self, Survey},
        relation_setting,
    },
};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{codes::MergeStateCode, document::facts};
use crate::http::{catalogue::Code, problem::Problem};

/// A merge of two records of one person.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PersonMerge)]
pub struct PersonMergeDocument {
    /// Its id.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000e1")]
    pub id: Uuid,
    /// Its version, as in the `ETag`.
    #[schema(example = 1, minimum = 1)]
    pub version: i64,
    /// When it was made.
    #[schema(example = "2026-08-17T08:10:00+02:00")]
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    #[schema(example = "2026-08-17T08:10:00+02:00")]
    pub modified_at: DateTime<Utc>,
    /// Whose record was kept.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub kept_id: Uuid,
    /// Whose record was withdrawn.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c2")]
    pub merged_id: Uuid,
    /// Whether it holds.
    pub state: MergeStateCode,
    /// Why it was made.
    #[schema(example = "Samma person, inskriven två gånger")]
    pub reason: String,
    /// Why it was undone.
    #[schema(example = json!(null))]
    pub reversal_reason: Option<String>,
    /// When it was undone.
    #[schema(example = json!(null))]
    pub reversed_at: Option<DateTime<Utc>>,
}

impl PersonMergeDocument {
    pub(super) fn of(saved: Saved<PersonMergeId, PersonMerge>) -> Self {
        let Saved { id, version, created_at, modified_at, value } = saved;
        let state = value.state().into();
        let PersonMerge { kept, merged, reason, reversal } = value;
        let (reversal_reason, reversed_at) = match reversal {
            Some((reason, when)) => (Some(reason.into_string()), Some(when)),
            None => (None, None),
        };
        Self {
            id: id.uuid(),
            version,
            created_at,
            modified_at,
            kept_id: kept.uuid(),
            merged_id: merged.uuid(),
            state,
            reason: reason.into_string(),
            reversal_reason,
            reversed_at,
        }
    }
}

/// What a merge of two records comes to, and what stands in its way.
pub(super) struct Weighed {
    pub(super) kept: Saved<PersonId, Person>,
    pub(super) merged: Saved<PersonId, Person>,
    pub(super) survey: Survey,
    /// The kept record afterwards, and what was added to it; none where the two contradict.
    pub(super) result: Option<(PersonFacts, Added)>,
    /// What stands in the way, said at `/mergeId`.
    pub(super) obstacles: Vec<Refusal>,
}

/// Merging reaches into every school unit: what belongs to it somewhere is not seen from one unit.
///
/// # Errors
/// [`Code::NotPermitted`].
pub(super) fn whole_organiser(scope: &Scope) -> Result<(), Problem> {
    if scope.reach() == &Reach::Organiser {
        return Ok(());
    }
    Err(Problem::new(Code::NotPermitted).detail(
        "records of a person belong to several school units: it takes a role for the whole organiser",
    ))
}

/// Looks at both records. A protected person is not found, like anybody out of reach.
///
/// # Errors
/// [`Code::InvalidFields`] at `/keepId` or `/mergeId`; a failure of the database.
pub(super) fn weigh(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    keep: PersonId,
    merge: PersonId,
) -> Result<Weighed, Problem> {
    if keep == merge {
        return Err(Refusal::new(Rule::Conflict, "a record is not merged with itself").at("/mergeId").into());
    }
    let mut found = person::find_many(connection, scope, &[keep, merge])?;
    let mut take = |id: PersonId| {
        let place = found.iter().position(|saved| saved.id == id)?;
        Some(found.swap_remove(place))
    };
    let (kept, merged) = (take(keep), take(merge));
    let mut refusals = Refusals::default();
    for (there, pointer) in [(kept.is_some(), "/keepId"), (merged.is_some(), "/mergeId")] {
        if !there {
            refusals.0.push(Refusal::new(Rule::UnknownReference, "there is no such person").at(pointer));
        }
    }
    let (Some(kept), Some(merged)) = (kept, merged) else { return Err(refusals.into()) };
    let mut obstacles: Vec<Refusal> = Vec::new();
    let result = match combine(&facts(&kept, scope, None)?, &facts(&merged, scope, None)?) {
        Ok(result) => Some(result),
        Err(Refusals(refused)) => {
            obstacles = refused;
            None
        }
    };
    let gets_birth_date = result.as_ref().is_some_and(|(_, added)| added.birth_date.is_some());
    let second_person = relation_setting::in_force(connection, scope)?;
    let survey = merge::survey(connection, scope, [keep, merge], gets_birth_date, second_person)?;
    obstacles.extend(survey.carry.undecided().map(|id| {
        let detail = format!("the relation {} waits for a second person: have it decided first", id.uuid());
        Refusal::new(Rule::State, detail).at("/mergeId")
    }));
    obstacles.extend(survey.clashes.iter().map(|clash| {
        let entity = clash.entity;
        let detail = if clash.kept == clash.merged {
            format!("the {entity} {} is between the two: then they are two persons, or it is a mistake", clash.kept)
        } else {
            format!(
                "the {entity} {} of the kept record and the {entity} {} of the other cannot both be one person's: \
                 correct or withdraw one first",
                clash.kept, clash.merged
            )
        };
        Refusal::new(Rule::Overlap, detail).at("/mergeId")
    }));
    Ok(Weighed { kept, merged, survey, result, obstacles })
}
