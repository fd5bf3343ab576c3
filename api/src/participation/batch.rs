use std::collections::{BTreeMap, BTreeSet};

use actix_web::{HttpResponse, http::StatusCode, post, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use skolhus_domain::{
    access::{Scope, declared::ManageParticipations},
    id::{Id, OfferingId, ParticipationId, PersonId},
    participation::Participation,
    refusal::{Refusal, Refusals, Rule},
};
use skolhus_persistence::{
    Saved, Tx,
    participation::{self, Named},
};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{
    admission::{Entry, admit_all, refused},
    change_state::Change,
    create_participation::CreateParticipation,
    in_step::follow,
    participation_document::ParticipationDocument,
};
use crate::http::{
    body::Body,
    catalogue::Code,
    idempotency::{IdempotencyKey, Made},
    period::PeriodDocument,
    permit::Permit,
    problem::Problem,
    state::State,
};

/// The most items in one call.
const MOST_ITEMS: usize = 500;

/// Many participations to enter, or to change, at once.
#[derive(Clone, Deserialize, Serialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ParticipationBatch {
    /// What to do, 1 to 500 items; each participation once.
    #[validate(length(min = 1, max = 500), nested)]
    #[schema(min_items = 1, max_items = 500)]
    pub items: Vec<BatchItem>,
}

/// What is done to one participation.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = ParticipationAction, example = "creation")]
pub enum Action {
    /// It is entered: `personId` and `offeringId`, and if wished `id`, `period`, `pacePercent`,
    /// `fundingCode`.
    Creation,
    /// It starts: if wished `on`.
    Start,
    /// The person goes on a study break: `from`, and if known `to`.
    StudyBreak,
    /// The person is back from one: `on`.
    Return,
    /// The person leaves before the end: `on` and `reason`.
    Interruption,
    /// The person finishes: `on`.
    Completion,
    /// The person gives up the place before beginning: `on` and `reason`.
    Cancellation,
}

/// One participation to enter or to change. Which fields it has follows from `action`; a change
/// names `participationId` and the `version` it was decided on.
#[derive(Clone, Deserialize, Serialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = ParticipationBatchItem)]
pub struct BatchItem {
    /// What is done.
    pub action: Action,
    /// Creation: its id, if the caller brings one.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000f1")]
    pub id: Option<Uuid>,
    /// Creation: who.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub person_id: Option<Uuid>,
    /// Creation: in which offering.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000d1")]
    pub offering_id: Option<Uuid>,
    /// Creation: from which day to which; the offering's own days unless given.
    #[validate(nested)]
    pub period: Option<PeriodDocument>,
    /// Creation: pace of study in percent of full time; the offering's unless given.
    #[validate(range(min = 1, max = 100))]
    #[schema(example = 75, minimum = 1, maximum = 100)]
    pub pace_percent: Option<i32>,
    /// Creation: who pays, as a code of the table of funding sources.
    #[validate(length(min = 1, max = 40))]
    #[schema(example = "state-grant", min_length = 1, max_length = 40, pattern = "^[A-Za-z0-9-]+$")]
    pub funding_code: Option<String>,
    /// Changes: which participation.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000f1")]
    pub participation_id: Option<Uuid>,
    /// Changes: the version that the change was decided on, as `If-Match` elsewhere.
    #[validate(range(min = 1))]
    #[schema(example = 1, minimum = 1)]
    pub version: Option<i64>,
    /// Start, return, interruption, completion, cancellation: the day.
    #[schema(example = "2026-12-18")]
    pub on: Option<NaiveDate>,
    /// Study break: the first day away.
    #[schema(example = "2026-10-05")]
    pub from: Option<NaiveDate>,
    /// Study break: the planned last day away.
    #[schema(example = "2026-11-01")]
    pub to: Option<NaiveDate>,
    /// Interruption, cancellation: why.
    #[validate(length(min = 1, max = 500))]
    #[schema(example = "Har fått arbete", min_length = 1, max_length = 500)]
    pub reason: Option<String>,
}

/// What a batch made of its items.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ParticipationBatchResult)]
pub struct BatchResult {
    /// Each item's participation, in the order of the items.
    pub data: Vec<ParticipationDocument>,
}

/// Enter or change many participations
///
/// All or nothing: every item is checked first, each refused value is named by a pointer such as
/// `/items/3/personId`, and then nothing is saved. Places and days are checked as they were before
/// the call, so that a place given back by one item is free for the next call. An item whose
/// participation is so already changes nothing.
#[utoipa::path(
    operation_id = "createParticipationBatch", tag = "participation",
    extensions(("x-permission" = json!("participation:manage")), ("x-idempotent" = json!(true))),
    request_body(content = ParticipationBatch, example = json!({ "items": [
        { "action": "creation", "personId": "0199a3f0-7c00-7000-8000-0000000000c1", "offeringId": "0199a3f0-7c00-7000-8000-0000000000d1" },
        { "action": "completion", "participationId": "0199a3f0-7c00-7000-8000-0000000000f1", "version": 2, "on": "2026-12-18" },
    ] })),
    responses(
        (status = 200, description = "Everything is done.", body = BatchResult),
        (status = 412, description = "An item's version is not the present one; `errors` names each.",
            body = crate::http::problem::ProblemDocument, content_type = "application/problem+json"),
    )
)]
#[post("/v1/participation-batches")]
pub async fn handle(
    permit: Permit<ManageParticipations>,
    state: web::Data<State>,
    key: IdempotencyKey,
    body: Body<ParticipationBatch>,
) -> Result<HttpResponse, Problem> {
    let caller = permit.caller().clone();
    let fresh: Vec<ParticipationId> = body.items.iter().take(MOST_ITEMS).map(|_| state.fresh()).collect();
    let made = state
        .database
        .write(permit.caller(), move |tx, scope| {
            key.once(
                tx,
                scope,
                &caller,
                &body.bytes,
                |tx, scope| {
                    let answer = apply_batch(tx, scope, &fresh, &body)?;
                    let handle = answer.data.iter().map(|document| json!(document.id)).collect();
                    Ok(Made { status: StatusCode::OK, handle, answer })
                },
                read_again,
            )
        })
        .await?;
    Ok(HttpResponse::Ok().json(made.answer))
}

fn read_again(tx: &mut Tx<'_>, scope: &Scope, made: &Value) -> Result<BatchResult, Problem> {
    let ids: Vec<ParticipationId> = made
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|id| Uuid::try_parse(id.as_str()?).ok().map(Id::from_uuid))
        .collect();
    found_again(tx, scope, &ids)
}

fn found_again(tx: &mut Tx<'_>, scope: &Scope, ids: &[ParticipationId]) -> Result<BatchResult, Problem> {
    let found = participation::find_named(tx.connection(), scope, ids)?;
    let mut found: BTreeMap<ParticipationId, Named> =
        found.into_iter().map(|named| (named.saved.id, named)).collect();
    let named = ids.iter().map(|id| found.remove(id).ok_or_else(Problem::not_found));
    let data = named.map(|named| Ok(ParticipationDocument::of(named?, scope)));
    Ok(BatchResult { data: data.collect::<Result<_, Problem>>()? })
}

/// The use-case. `fresh` has an id for each item.
///
/// # Errors
/// [`Code::InvalidFields`]; [`Code::Conflict`] when only states or places stand in the way;
/// [`Code::Stale`] when only versions do; a failure of the database.
pub fn apply_batch(
    tx: &mut Tx<'_>,
    scope: &Scope,
    fresh: &[ParticipationId],
    request: &ParticipationBatch,
) -> Result<BatchResult, Problem> {
    let mut refusals = Refusals::default();
    let mut creations: Vec<(String, ParticipationId, CreateParticipation)> = Vec::new();
    let mut changes: Vec<(String, ParticipationId, i64, Change)> = Vec::new();
    let mut order = Vec::with_capacity(request.items.len());
    for ((place, item), fresh) in request.items.iter().enumerate().zip(fresh) {
        let at = format!("/items/{place}");
        match item.read() {
            Ok(Work::Creation(new)) => {
                let id = new.id.map_or(*fresh, Id::from_uuid);
                order.push(id);
                creations.push((at, id, new));
            }
            Ok(Work::Change(id, version, change)) => {
                order.push(id);
                changes.push((at, id, version, change));
            }
            Err(found) => refusals.0.extend(found.0.into_iter().map(|refusal| refusal.at(&at))),
        }
    }
    let entries: Vec<Entry<'_>> = creations
        .iter()
        .map(|(at, id, request)| Entry { at: at.clone(), id: *id, request, follows: None })
        .collect();
    let admitted = admit_all(tx, scope, &entries, &mut refusals)?;
    let (pairs, names, stale) = check_changes(tx, scope, &changes, &mut refusals)?;
    if !refusals.0.is_empty() || !stale.is_empty() {
        return Err(stale_or_refused(refusals, stale));
    }
    let moved = pairs.iter().filter(|(before, after)| before.value.held() != after.held());
    let moved: Vec<Participation> =
        moved.map(|(_, after)| after).chain(admitted.new.iter().map(|(_, new)| new)).cloned().collect();
    let mut done: BTreeMap<ParticipationId, Named> = BTreeMap::new();
    for named in admitted.enter(tx, scope)? {
        done.insert(named.saved.id, named);
    }
    for (saved, name) in participation::update_many(tx, scope, &pairs)?.into_iter().zip(names) {
        done.insert(saved.id, Named { saved, name });
    }
    if follow_all(tx, scope, &moved)? {
        // Following may have moved some of them too.
        return found_again(tx, scope, &order);
    }
    let named = order.iter().map(|id| done.remove(id).ok_or_else(|| Problem::new(Code::Internal)));
    let data = named.map(|named| Ok(ParticipationDocument::of(named?, scope)));
    Ok(BatchResult { data: data.collect::<Result<_, Problem>>()? })
}

/// Lets what follows these participations follow; whether anything does.
fn follow_all(tx: &mut Tx<'_>, scope: &Scope, moved: &[Participation]) -> Result<bool, Problem> {
    let offerings: BTreeSet<OfferingId> = moved.iter().map(Participation::offering).collect();
    let people: BTreeSet<PersonId> = moved.iter().map(Participation::person).collect();
    let (offerings, people): (Vec<_>, Vec<_>) =
        (offerings.into_iter().collect(), people.into_iter().collect());
    follow(tx, scope, &offerings, &people)
}

type Changed = Vec<(Saved<ParticipationId, Participation>, Participation)>;
type Checked = (Changed, Vec<skolhus_domain::person::PersonName>, Vec<Refusal>);

/// The participations with what they become, their persons' names, and which versions are stale.
fn check_changes(
    tx: &mut Tx<'_>,
    scope: &Scope,
    changes: &[(String, ParticipationId, i64, Change)],
    refusals: &mut Refusals,
) -> Result<Checked, Problem> {
    let distinct: BTreeSet<ParticipationId> = changes.iter().map(|(_, id, ..)| *id).collect();
    let ids: Vec<ParticipationId> = distinct.into_iter().collect();
    let mut found: BTreeMap<ParticipationId, Named> =
        participation::find_named(tx.connection(), scope, &ids)?
            .into_iter()
            .map(|named| (named.saved.id, named))
            .collect();
    let known: BTreeSet<ParticipationId> = found.keys().copied().collect();
    let (mut pairs, mut names, mut stale) = (Vec::new(), Vec::new(), Vec::new());
    for (at, id, version, change) in changes {
        let Some(Named { saved, name }) = found.remove(id) else {
            let (rule, detail) = if known.contains(id) {
                (Rule::Duplicate, "the participation stands twice")
            } else {
                (Rule::UnknownReference, "there is no such participation")
            };
            refusals.0.push(Refusal::new(rule, detail).at("/participationId").at(at));
            continue;
        };
        let after = change.apply(saved.value.clone(), scope.today());
        let already = after.as_ref().is_ok_and(|after| *after == saved.value);
        if !already && saved.version != *version {
            let detail = format!("it has version {} by now", saved.version);
            stale.push(Refusal::new(Rule::Conflict, detail).at("/version").at(at));
            continue;
        }
        if let Some(after) = refusals.note(at, after) {
            pairs.push((saved, after));
            names.push(name);
        }
    }
    Ok((pairs, names, stale))
}

fn stale_or_refused(mut refusals: Refusals, stale: Vec<Refusal>) -> Problem {
    if refusals.0.is_empty() {
        return Problem::new(Code::Stale).errors(stale);
    }
    refusals.0.extend(stale);
    refused(refusals)
}

/// An item whose fields fit its action.
enum Work {
    Creation(CreateParticipation),
    Change(ParticipationId, i64, Change),
}

impl BatchItem {
    /// Reads the fields that the action has; names those that are missing, and those that belong
    /// to another action.
    fn read(&self) -> Result<Work, Refusals> {
        let mut refusals = Refusals::default();
        self.check_fields(&mut refusals);
        let work = self.work();
        match (work, refusals.finish()) {
            (Some(work), Ok(())) => Ok(work),
            (None, Ok(())) => Err(Refusal::new(Rule::Required, "a field of the action is missing").into()),
            (_, Err(refusals)) => Err(refusals),
        }
    }

    fn check_fields(&self, refusals: &mut Refusals) {
        let action = self.action;
        let creates = action == Action::Creation;
        let takes_break = action == Action::StudyBreak;
        let reasoned = matches!(action, Action::Interruption | Action::Cancellation);
        let dated = !creates && !takes_break;
        // Field, whether it is there, whether the action has it, whether it needs it.
        let fields = [
            ("/id", self.id.is_some(), creates, false),
            ("/personId", self.person_id.is_some(), creates, creates),
            ("/offeringId", self.offering_id.is_some(), creates, creates),
            ("/period", self.period.is_some(), creates, false),
            ("/pacePercent", self.pace_percent.is_some(), creates, false),
            ("/fundingCode", self.funding_code.is_some(), creates, false),
            ("/participationId", self.participation_id.is_some(), !creates, !creates),
            ("/version", self.version.is_some(), !creates, !creates),
            ("/on", self.on.is_some(), dated, dated && action != Action::Start),
            ("/from", self.from.is_some(), takes_break, takes_break),
            ("/to", self.to.is_some(), takes_break, false),
            ("/reason", self.reason.is_some(), reasoned, reasoned),
        ];
        for (at, there, has, needs) in fields {
            if there && !has {
                refusals.0.push(Refusal::new(Rule::Conflict, "the action does not have this").at(at));
            } else if needs && !there {
                refusals.0.push(Refusal::new(Rule::Required, "the action needs this").at(at));
            }
        }
    }

    fn work(&self) -> Option<Work> {
        let Self {
            action,
            id,
            person_id,
            offering_id,
            period,
            pace_percent,
            funding_code,
            participation_id,
            version,
            on,
            from,
            to,
            reason,
        } = self.clone();
        let change = match action {
            Action::Creation => {
                return Some(Work::Creation(CreateParticipation {
                    id,
                    person_id: person_id?,
                    offering_id: offering_id?,
                    period,
                    pace_percent,
                    funding_code,
                }));
            }
            Action::Start => Change::Start { on },
            Action::StudyBreak => Change::StudyBreak { from: from?, to },
            Action::Return => Change::Return { on: on? },
            Action::Interruption => Change::Interruption { on: on?, reason: reason? },
            Action::Completion => Change::Completion { on: on? },
            Action::Cancellation => Change::Cancellation { on: on?, reason: reason? },
        };
        Some(Work::Change(Id::from_uuid(participation_id?), version?, change))
    }
}
