use actix_web::{post, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use skolhus_domain::{
    access::{Scope, declared::ManageRelations},
    id::{Id, PersonId, RelationId},
    period::Period,
    person::relation::{Against, Between, Relation, SecondPerson, spans},
    refusal::{Refusal, Refusals, Rule},
    text::Text,
};
use skolhus_persistence::{
    DatabaseConnection,
    person::{self, contact_ban, relation, relation_setting},
};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{
    create_relation::{Beside, Fields, check_new},
    document::{codes, staff},
    update_relation::{Wanted, check_change},
};
use crate::{
    http::{
        body::Body, patch::Patch, period::PeriodDocument, permit::Permit, problem::Problem, state::State,
    },
    person::{
        codes::{RelationKindCode, RightCode, SourceCode},
        document::PersonDocument,
    },
};

/// A change of relations that somebody thinks of: a new one, or another state of one.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PreviewRelation {
    /// The relation that would be changed or withdrawn; absent: a new one.
    #[schema(example = "0199a3f0-7c00-7000-8000-000000000201")]
    pub relation_id: Option<Uuid>,
    /// With `relationId`: that it would be withdrawn.
    #[serde(default)]
    #[schema(default = false, example = false)]
    pub withdraw: bool,
    /// Of a new one: over whom.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub person_id: Option<Uuid>,
    /// Of a new one: who would have the rights.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c2")]
    pub relative_id: Option<Uuid>,
    /// Of a new one: what it rests on.
    pub kind: Option<RelationKindCode>,
    /// The days; needed for a new one.
    #[validate(nested)]
    pub period: Option<PeriodDocument>,
    /// The rights; absent: those that it has, or that the kind carries by default.
    #[validate(length(max = 5))]
    #[schema(example = json!(["see", "report-absence"]), max_items = 5)]
    pub rights: Option<Vec<RightCode>>,
}

/// Who would gain or lose what.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RelationPreview {
    /// Over whom.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub person_id: Uuid,
    /// Who has the rights.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c2")]
    pub relative_id: Uuid,
    /// Whether something would wait for a second person.
    #[schema(example = true)]
    pub waits_for_second_person: bool,
    /// The rights from today on, all relations between the two counted: before, at once, and once it is confirmed.
    pub spans: Vec<SpanDocument>,
    /// What to think of: `birth-date-unknown` (nothing is carried until it is entered), `banned` (a ban against the relative overrides), `described-ban` (there is a ban against somebody described: is it the relative?).
    #[schema(example = json!(["birth-date-unknown"]))]
    pub notes: Vec<&'static str>,
}

/// A stretch of days on which the rights are the same.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RightsSpan)]
pub struct SpanDocument {
    /// The first day.
    #[schema(example = "2026-08-17")]
    pub from: NaiveDate,
    /// The last day; null until further notice.
    #[schema(required, example = "2030-03-03")]
    pub to: Option<NaiveDate>,
    /// The rights as it is now.
    #[schema(example = json!([]))]
    pub before: Vec<RightCode>,
    /// The rights as soon as the change is saved.
    #[schema(example = json!([]))]
    pub at_once: Vec<RightCode>,
    /// The rights once a second person has confirmed it.
    #[schema(example = json!(["see"]))]
    pub once_confirmed: Vec<RightCode>,
    /// What would be gained in the end.
    #[schema(example = json!(["see"]))]
    pub gains: Vec<RightCode>,
    /// What would be lost in the end.
    #[schema(example = json!([]))]
    pub loses: Vec<RightCode>,
}

/// Preview a relation
///
/// Who would gain or lose what, from today on, if a relation were entered, changed or withdrawn.
/// Nothing is saved.
#[utoipa::path(
    operation_id = "previewRelation", tag = "person",
    extensions(("x-permission" = json!("relation:manage"))),
    request_body(content = PreviewRelation, example = json!({
        "personId": "0199a3f0-7c00-7000-8000-0000000000c1",
        "relativeId": "0199a3f0-7c00-7000-8000-0000000000c2",
        "kind": "guardian",
        "period": { "from": "2026-08-17" },
    })),
    responses((status = 200, description = "What would change.", body = RelationPreview))
)]
#[post("/v1/relation-previews")]
pub async fn handle(
    permit: Permit<ManageRelations>,
    state: web::Data<State>,
    body: Body<PreviewRelation>,
) -> Result<web::Json<RelationPreview>, Problem> {
    let preview = state
        .database
        .read(permit.caller(), move |connection, scope| preview_relation(connection, scope, &body))
        .await?;
    Ok(web::Json(preview))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::InvalidFields`]; a failure of the database.
pub fn preview_relation(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    request: &PreviewRelation,
) -> Result<RelationPreview, Problem> {
    let second_person = relation_setting::in_force(connection, scope)?;
    let thought = Text::line("a change that somebody thinks of", 500)?;
    let (before, at_once, once_confirmed) = match request.relation_id {
        Some(id) => changed(connection, scope, Id::from_uuid(id), request, second_person, thought)?,
        None => {
            let fields = new_fields(request)?;
            let beside = Beside::find(connection, scope, &fields)?;
            let at_once = check_new(scope, &fields, &beside, thought.clone(), second_person)?;
            let confirmed = check_new(scope, &fields, &beside, thought, SecondPerson::NotNeeded)?;
            (None, at_once, confirmed)
        }
    };
    let (person, relative) = (at_once.person, at_once.relative);
    let of_pair = Pair::load(connection, scope, person, relative)?;
    let kept = |without: Option<RelationId>| -> Vec<Relation> {
        let others = of_pair.relations.iter().filter(|(id, _)| Some(*id) != without);
        others.map(|(_, relation)| relation.clone()).collect()
    };
    let case = |relation: Option<&Relation>| {
        let mut relations = kept(request.relation_id.map(Id::from_uuid));
        relations.extend(relation.cloned());
        Between { birth_date: of_pair.birth_date, relations, bans: of_pair.bans.clone() }
    };
    let cases = [&case(before.as_ref()), &case(Some(&at_once)), &case(Some(&once_confirmed))];
    let mut notes = Vec::new();
    if of_pair.birth_date.is_none() {
        notes.push("birth-date-unknown");
    }
    if !of_pair.bans.is_empty() {
        notes.push("banned");
    }
    if of_pair.described {
        notes.push("described-ban");
    }
    Ok(RelationPreview {
        person_id: person.uuid(),
        relative_id: relative.uuid(),
        waits_for_second_person: at_once.terms != once_confirmed.terms
            || at_once.is_confirmed() != once_confirmed.is_confirmed(),
        spans: documents(scope.today(), cases),
        notes,
    })
}

/// What bears on the rights between two persons.
pub(in crate::person) struct Pair {
    pub(in crate::person) birth_date: Option<NaiveDate>,
    pub(in crate::person) relations: Vec<(RelationId, Relation)>,
    pub(in crate::person) bans: Vec<Period>,
    pub(in crate::person) described: bool,
}

impl Pair {
    pub(in crate::person) fn load(
        connection: &mut DatabaseConnection,
        scope: &Scope,
        person: PersonId,
        relative: PersonId,
    ) -> Result<Self, Problem> {
        let saved = person::find(connection, scope, person)?.ok_or_else(Problem::not_found)?;
        let birth_date = PersonDocument::of(&saved, scope, None)?.birth_date.flatten();
        let relations = relation::of_persons(connection, scope, &[person])?
            .into_iter()
            .filter(|view| view.saved.value.relative == relative)
            .map(|view| (view.saved.id, view.saved.value))
            .collect();
        let bans = contact_ban::of_persons(connection, scope, &[person])?;
        let described = bans.iter().any(|ban| matches!(ban.saved.value.against, Against::Described(_)));
        let bans = bans
            .iter()
            .filter(|ban| ban.saved.value.against_person() == Some(relative))
            .map(|ban| ban.saved.value.period)
            .collect();
        Ok(Self { birth_date, relations, bans, described })
    }
}

/// The stretches of three cases: before, at once, once confirmed.
pub(in crate::person) fn documents(today: NaiveDate, cases: [&Between; 3]) -> Vec<SpanDocument> {
    let stretches = spans(today, &cases);
    stretches
        .into_iter()
        .map(|span| {
            let right = |place: usize| span.rights.get(place).copied().unwrap_or_default();
            let (before, at_once, confirmed) = (right(0), right(1), right(2));
            SpanDocument {
                from: span.from,
                to: span.to,
                before: codes(before),
                at_once: codes(at_once),
                once_confirmed: codes(confirmed),
                gains: codes(confirmed.minus(before)),
                loses: codes(before.minus(confirmed)),
            }
        })
        .collect()
}

/// The relation before, at once and once confirmed.
type States = (Option<Relation>, Relation, Relation);

fn changed(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: RelationId,
    request: &PreviewRelation,
    second_person: SecondPerson,
    thought: Text,
) -> Result<States, Problem> {
    let PreviewRelation { relation_id: _, withdraw, person_id, relative_id, kind, period, rights } = request;
    let mut refusals = Refusals::default();
    let settled = [
        (person_id.is_some(), "/personId"),
        (relative_id.is_some(), "/relativeId"),
        (kind.is_some(), "/kind"),
        (*withdraw && period.is_some(), "/period"),
        (*withdraw && rights.is_some(), "/rights"),
    ];
    for (stands, pointer) in settled {
        if stands {
            refusals.0.push(Refusal::new(Rule::Conflict, "does not change with this relation").at(pointer));
        }
    }
    refusals.finish().map_err(Problem::from)?;
    let unknown = || Refusal::new(Rule::UnknownReference, "there is no such relation").at("/relationId");
    let view = relation::find(connection, scope, id)?.ok_or_else(unknown)?;
    let before = view.saved.value.clone();
    if *withdraw {
        let after = Relation { withdrawn: true, ..before.clone() };
        return Ok((Some(before), after.clone(), after));
    }
    let patch = || Wanted {
        source: Patch::Absent,
        period: period.map_or(Patch::Absent, Patch::Value),
        rights: rights.clone().map_or(Patch::Absent, Patch::Value),
    };
    let others = relation::of_persons(connection, scope, &[before.person])?;
    let at_once = check_change(scope, &view, &others, patch(), thought.clone(), second_person)?;
    let confirmed = check_change(scope, &view, &others, patch(), thought, SecondPerson::NotNeeded)?;
    let at_once = at_once.unwrap_or_else(|| before.clone());
    // What waits already is what it would be once confirmed.
    let confirmed = confirmed.unwrap_or_else(|| Relation {
        terms: before.intended(),
        state: skolhus_domain::person::relation::RelationState::Confirmed,
        proposal: None,
        ..before.clone()
    });
    Ok((Some(before), at_once, confirmed))
}

fn new_fields(request: &PreviewRelation) -> Result<Fields, Problem> {
    let PreviewRelation { relation_id: _, withdraw, person_id, relative_id, kind, period, rights } =
        request.clone();
    let mut refusals = Refusals::default();
    let mut needed = |missing: bool, pointer: &str| {
        if missing {
            refusals.0.push(Refusal::new(Rule::Required, "belongs to a new relation").at(pointer));
        }
    };
    needed(person_id.is_none(), "/personId");
    needed(relative_id.is_none(), "/relativeId");
    needed(kind.is_none(), "/kind");
    needed(period.is_none(), "/period");
    needed(withdraw, "/relationId");
    let (Some(person), Some(relative), Some(kind), Some(period), false) =
        (person_id, relative_id, kind, period, withdraw)
    else {
        return Err(refusals.into());
    };
    let source: SourceCode = staff();
    Ok(Fields {
        person: Id::from_uuid(person),
        relative: Id::from_uuid(relative),
        kind: kind.into(),
        source,
        period,
        rights,
    })
}
