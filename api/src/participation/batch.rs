use std::collections::{BTreeMap, BTreeSet};

use actix_web::{HttpResponse, http::StatusCode, post, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use skolhus_domain::{
    access::{Scope, declared::ManageParticipations},
    id::{Id, OfferingId, ParticipationId, PersonId},
    participation::{Participation, State as Standing},
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
    admission::{Entry, admit_all},
    change_state::Change,
    create_participation::CreateParticipation,
    in_step::follow,
    participation_document::ParticipationDocument,
};
use crate::http::{
    batch::{MOST_ITEMS, Present, check_fields, finish, stale},
    body::Body,
    catalogue::Code,
    idempotency::{IdempotencyKey, Made},
    period::PeriodDocument,
    permit::Permit,
    problem::Problem,
    state::State,
};

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
    /// The pace changes: `from`, `pacePercent`.
    Pace,
    /// The person goes over to another offering: `offeringId`, `on` (the first day there) and `reason`. What is left
    /// is interrupted the day before, or cancelled where it would not have begun; pace and funding go along.
    Move,
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
    /// Creation: in which offering. Move: to which.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000d1")]
    pub offering_id: Option<Uuid>,
    /// Creation: from which day to which; the offering's own days unless given.
    #[validate(nested)]
    pub period: Option<PeriodDocument>,
    /// Creation: pace of study in percent of full time; the offering's unless given. Pace: the pace.
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
    /// Start, return, interruption, completion, cancellation, move: the day.
    #[schema(example = "2026-12-18")]
    pub on: Option<NaiveDate>,
    /// Study break: the first day away. Pace: the first day of it.
    #[schema(example = "2026-10-05")]
    pub from: Option<NaiveDate>,
    /// Study break: the planned last day away.
    #[schema(example = "2026-11-01")]
    pub to: Option<NaiveDate>,
    /// Interruption, cancellation, move: why.
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
    let mut changes: Vec<Item> = Vec::new();
    let mut order = Vec::with_capacity(request.items.len());
    for ((place, item), fresh) in request.items.iter().enumerate().zip(fresh) {
        let at = format!("/items/{place}");
        match item.read() {
            Ok(Work::Creation(new)) => {
                let id = new.id.map_or(*fresh, Id::from_uuid);
                order.push(id);
                creations.push((at, id, new));
            }
            Ok(Work::Change(id, version, change, to)) => {
                // What a move makes is what it is answered with.
                order.push(if to.is_some() { *fresh } else { id });
                changes.push(Item { at, id, version, change, to: to.map(|to| (*fresh, to)) });
            }
            Err(found) => refusals.0.extend(found.0.into_iter().map(|refusal| refusal.at(&at))),
        }
    }
    let (pairs, names, stale) = check_changes(tx, scope, &changes, &mut refusals)?;
    let begun = moved(&pairs, &changes, &mut creations, scope);
    let entries: Vec<Entry<'_>> = creations
        .iter()
        .map(|(at, id, request)| Entry { at: at.clone(), id: *id, request, follows: None })
        .collect();
    let mut admitted = admit_all(tx, scope, &entries, &mut refusals)?;
    finish(refusals, stale)?;
    for (id, new) in admitted.new.iter_mut().filter(|(id, _)| begun.contains(id)) {
        let from = new.period().from();
        *new = new.clone().start(from).map_err(|_| Problem::new(Code::Internal).detail(id.to_string()))?;
    }
    let places = places(&creations, &pairs, &changes);
    let shifted = pairs.iter().filter(|(before, after)| before.value.held() != after.held());
    let shifted: Vec<Participation> =
        shifted.map(|(_, after)| after).chain(admitted.new.iter().map(|(_, new)| new)).cloned().collect();
    let mut done: BTreeMap<ParticipationId, Named> = BTreeMap::new();
    for named in admitted.enter(tx, scope)? {
        done.insert(named.saved.id, named);
    }
    for (saved, name) in participation::update_many(tx, scope, &pairs)?.into_iter().zip(names) {
        done.insert(saved.id, Named { saved, name });
    }
    if follow_all(tx, scope, &shifted, |person| places.get(&person).cloned().unwrap_or_default())? {
        // Following may have moved some of them too.
        return found_again(tx, scope, &order);
    }
    let named = order.iter().map(|id| done.remove(id).ok_or_else(|| Problem::new(Code::Internal)));
    let data = named.map(|named| Ok(ParticipationDocument::of(named?, scope)));
    Ok(BatchResult { data: data.collect::<Result<_, Problem>>()? })
}

/// A change that an item asks for.
struct Item {
    at: String,
    id: ParticipationId,
    version: i64,
    change: Change,
    /// Where somebody goes over: the id that the new participation gets, and in which offering it is.
    to: Option<(ParticipationId, Uuid)>,
}

/// What those who go over begin with: the same pace and funding, over the rest of the other offering. Answers with
/// those that have begun by now, since what they leave had begun.
fn moved(
    pairs: &Changed,
    changes: &[Item],
    creations: &mut Vec<(String, ParticipationId, CreateParticipation)>,
    scope: &Scope,
) -> BTreeSet<ParticipationId> {
    let before: BTreeMap<ParticipationId, &Participation> =
        pairs.iter().map(|(before, _)| (before.id, &before.value)).collect();
    let mut begun = BTreeSet::new();
    for Item { at, id, change, to, .. } in changes {
        let (Some((fresh, offering)), Change::Move { on, .. }) = (to, change) else { continue };
        let Some(left) = before.get(id) else { continue };
        let last = left.period().to().unwrap_or(*on);
        let day = last.min(*on).max(left.period().from());
        creations.push((
            at.clone(),
            *fresh,
            CreateParticipation {
                id: None,
                person_id: left.person().uuid(),
                offering_id: *offering,
                period: Some(PeriodDocument { from: *on, to: None }),
                pace_percent: left.pace().on(day).map(|pace| i32::from(pace.percent())),
                funding_code: left.funding().on(day).cloned().flatten().map(|code| code.as_str().to_owned()),
            },
        ));
        if *on <= scope.today() && !matches!(left.state(), Standing::Planned) {
            begun.insert(*fresh);
        }
    }
    begun
}

/// The first item about each person.
fn places(
    creations: &[(String, ParticipationId, CreateParticipation)],
    pairs: &Changed,
    changes: &[Item],
) -> BTreeMap<PersonId, String> {
    let persons: BTreeMap<ParticipationId, PersonId> =
        pairs.iter().map(|(before, after)| (before.id, after.person())).collect();
    let of_changes = changes.iter().filter_map(|item| Some((*persons.get(&item.id)?, &item.at)));
    let of_creations = creations.iter().map(|(at, _, new)| (Id::from_uuid(new.person_id), at));
    let mut places = BTreeMap::new();
    for (person, at) in of_changes.chain(of_creations) {
        places.entry(person).or_insert_with(|| at.clone());
    }
    places
}

/// Lets what follows these participations follow; whether anything does.
fn follow_all(
    tx: &mut Tx<'_>,
    scope: &Scope,
    moved: &[Participation],
    at: impl Fn(PersonId) -> String,
) -> Result<bool, Problem> {
    let offerings: BTreeSet<OfferingId> = moved.iter().map(Participation::offering).collect();
    let people: BTreeSet<PersonId> = moved.iter().map(Participation::person).collect();
    let (offerings, people): (Vec<_>, Vec<_>) =
        (offerings.into_iter().collect(), people.into_iter().collect());
    follow(tx, scope, &offerings, &people, at)
}

type Changed = Vec<(Saved<ParticipationId, Participation>, Participation)>;
type Checked = (Changed, Vec<skolhus_domain::person::PersonName>, Vec<Refusal>);

/// The participations with what they become, their persons' names, and which versions are stale.
fn check_changes(
    tx: &mut Tx<'_>,
    scope: &Scope,
    changes: &[Item],
    refusals: &mut Refusals,
) -> Result<Checked, Problem> {
    let distinct: BTreeSet<ParticipationId> = changes.iter().map(|item| item.id).collect();
    let ids: Vec<ParticipationId> = distinct.into_iter().collect();
    let found = participation::find_named(tx.connection(), scope, &ids)?;
    let mut present =
        Present::new("/participationId", found.into_iter().map(|named| (named.saved.id, named)));
    let (mut pairs, mut names, mut stales) = (Vec::new(), Vec::new(), Vec::new());
    for Item { at, id, version, change, .. } in changes {
        let Some(Named { saved, name }) = refusals.note(at, present.take(*id)) else { continue };
        let after = change.apply(saved.value.clone(), scope.today());
        let already = after.as_ref().is_ok_and(|after| *after == saved.value);
        if !already && saved.version != *version {
            stales.push(stale(saved.version).at(at));
            continue;
        }
        if let Some(after) = refusals.note(at, after) {
            pairs.push((saved, after));
            names.push(name);
        }
    }
    Ok((pairs, names, stales))
}

/// An item whose fields fit its action; with a change the offering that somebody goes over to.
enum Work {
    Creation(CreateParticipation),
    Change(ParticipationId, i64, Change, Option<Uuid>),
}

impl BatchItem {
    /// Reads the fields that the action has; names those that are missing, and those that belong
    /// to another action.
    fn read(&self) -> Result<Work, Refusals> {
        let action = self.action;
        let creates = action == Action::Creation;
        let moves = action == Action::Move;
        let paces = action == Action::Pace;
        let since = action == Action::StudyBreak || paces;
        let reasoned = matches!(action, Action::Interruption | Action::Cancellation | Action::Move);
        let dated = !creates && !since;
        check_fields([
            ("/id", self.id.is_some(), creates, false),
            ("/personId", self.person_id.is_some(), creates, creates),
            ("/offeringId", self.offering_id.is_some(), creates || moves, creates || moves),
            ("/period", self.period.is_some(), creates, false),
            ("/pacePercent", self.pace_percent.is_some(), creates || paces, paces),
            ("/fundingCode", self.funding_code.is_some(), creates, false),
            ("/participationId", self.participation_id.is_some(), !creates, !creates),
            ("/version", self.version.is_some(), !creates, !creates),
            ("/on", self.on.is_some(), dated, dated && action != Action::Start),
            ("/from", self.from.is_some(), since, since),
            ("/to", self.to.is_some(), since && !paces, false),
            ("/reason", self.reason.is_some(), reasoned, reasoned),
        ])?;
        self.work().ok_or_else(|| Refusal::new(Rule::Required, "a field of the action is missing").into())
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
            Action::Pace => Change::Pace { from: from?, percent: pace_percent? },
            Action::Move => Change::Move { on: on?, reason: reason? },
        };
        Some(Work::Change(Id::from_uuid(participation_id?), version?, change, offering_id))
    }
}
