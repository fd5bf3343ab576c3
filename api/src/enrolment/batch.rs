use std::collections::{BTreeMap, BTreeSet};

use actix_web::{HttpResponse, http::StatusCode, post, web};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use skolhus_domain::{
    access::{Scope, declared::ManageEnrolments},
    code::{CodeEntry, Table},
    enrolment::{Enrolment, NewEnrolment, no_overlapping_enrolment},
    id::{EnrolmentId, Id, PersonId, SchoolUnitId},
    organisation::SchoolUnit,
    period::Period,
    refusal::{Refusal, Refusals, Rule},
};
use skolhus_persistence::{
    Saved, Tx,
    enrolment::{self, NamedEnrolment},
    organisation::{code, school_unit},
    person,
};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::enrolment_document::EnrolmentDocument;
use crate::http::{
    batch::{MOST_ITEMS, Present, check_fields, finish, stale},
    body::Body,
    idempotency::{IdempotencyKey, Made},
    period::PeriodDocument,
    permit::Permit,
    problem::Problem,
    state::State,
};

/// Many enrolments to enter, to end or to withdraw at once.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EnrolmentBatch {
    /// What to do, 1 to 500 items; each enrolment once.
    #[validate(length(min = 1, max = 500), nested)]
    #[schema(min_items = 1, max_items = 500)]
    pub items: Vec<BatchItem>,
}

/// What is done to one enrolment.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = EnrolmentAction, example = "creation")]
pub enum Action {
    /// It is entered: `personId`, `schoolUnitId`, `schoolTypeCode`, `period`, and if wished `id`, `schoolYear`,
    /// `programme`.
    Creation,
    /// It gets a last day: `on`.
    End,
    /// It is withdrawn as a mistaken entry.
    Withdrawal,
}

/// One enrolment to enter, to end or to withdraw. Which fields it has follows from `action`; what is there already is
/// named by `enrolmentId` and the `version` the decision was made on.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = EnrolmentBatchItem)]
pub struct BatchItem {
    /// What is done.
    pub action: Action,
    /// Creation: its id, if the caller brings one.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000e1")]
    pub id: Option<Uuid>,
    /// Creation: who.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub person_id: Option<Uuid>,
    /// Creation: at which school unit.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000a1")]
    pub school_unit_id: Option<Uuid>,
    /// Creation: in which of its school types, valid on the first day.
    #[validate(length(min = 1, max = 40))]
    #[schema(example = "FHS", min_length = 1, max_length = 40, pattern = "^[A-Za-z0-9-]+$")]
    pub school_type_code: Option<String>,
    /// Creation: which year of the school (årskurs), 0 to 10.
    #[validate(range(min = 0, max = 10))]
    #[schema(example = 7, minimum = 0, maximum = 10)]
    pub school_year: Option<u8>,
    /// Creation: which programme, or another division of the school.
    #[validate(length(min = 1, max = 100))]
    #[schema(example = "Allmän kurs, år 2", min_length = 1, max_length = 100)]
    pub programme: Option<String>,
    /// Creation: the days of it.
    #[validate(nested)]
    pub period: Option<PeriodDocument>,
    /// End, withdrawal: which enrolment.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000e1")]
    pub enrolment_id: Option<Uuid>,
    /// End, withdrawal: the version that it was decided on, as `If-Match` elsewhere.
    #[validate(range(min = 1))]
    #[schema(example = 1, minimum = 1)]
    pub version: Option<i64>,
    /// End: the last day.
    #[schema(example = "2026-12-18")]
    pub on: Option<NaiveDate>,
}

/// What a batch made of its items.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EnrolmentBatchResult)]
pub struct BatchResult {
    /// The enrolments in the order of the items; those that were withdrawn are left out.
    pub data: Vec<EnrolmentDocument>,
}

/// Enter, end or withdraw many enrolments
///
/// All or nothing: every item is checked first, each refused value is named by a pointer such as
/// `/items/3/personId`, and then nothing is saved. Somebody may end at one school unit and begin at another in one
/// call. An item whose enrolment is so already changes nothing.
#[utoipa::path(
    operation_id = "createEnrolmentBatch", tag = "enrolment",
    extensions(("x-permission" = json!("enrolment:manage")), ("x-idempotent" = json!(true))),
    request_body(content = EnrolmentBatch, example = json!({ "items": [
        { "action": "creation", "personId": "0199a3f0-7c00-7000-8000-0000000000c1", "schoolUnitId": "0199a3f0-7c00-7000-8000-0000000000a1",
          "schoolTypeCode": "FHS", "period": { "from": "2026-08-17", "to": "2027-06-11" } },
        { "action": "end", "enrolmentId": "0199a3f0-7c00-7000-8000-0000000000e1", "version": 1, "on": "2026-12-18" },
    ] })),
    responses(
        (status = 200, description = "Everything is done.", body = BatchResult),
        (status = 412, description = "An item's version is not the present one; `errors` names each.",
            body = crate::http::problem::ProblemDocument, content_type = "application/problem+json"),
    )
)]
#[post("/v1/enrolment-batches")]
pub async fn handle(
    permit: Permit<ManageEnrolments>,
    state: web::Data<State>,
    key: IdempotencyKey,
    body: Body<EnrolmentBatch>,
) -> Result<HttpResponse, Problem> {
    let caller = permit.caller().clone();
    let fresh: Vec<EnrolmentId> = body.items.iter().take(MOST_ITEMS).map(|_| state.fresh()).collect();
    let made = state
        .database
        .write(permit.caller(), move |tx, scope| {
            key.once(
                tx,
                scope,
                &caller,
                &body.bytes,
                |tx, scope| {
                    let ids = apply_batch(tx, scope, &fresh, &body)?;
                    let handle = ids.iter().map(|id| json!(id.uuid())).collect();
                    Ok(Made { status: StatusCode::OK, handle, answer: result(tx, scope, &ids)? })
                },
                read_again,
            )
        })
        .await?;
    Ok(HttpResponse::Ok().json(made.answer))
}

fn read_again(tx: &mut Tx<'_>, scope: &Scope, made: &Value) -> Result<BatchResult, Problem> {
    let ids: Vec<EnrolmentId> = made
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|id| Uuid::try_parse(id.as_str()?).ok().map(Id::from_uuid))
        .collect();
    result(tx, scope, &ids)
}

fn result(tx: &mut Tx<'_>, scope: &Scope, ids: &[EnrolmentId]) -> Result<BatchResult, Problem> {
    let found = enrolment::find_all_named(tx.connection(), scope, ids)?;
    let mut found: BTreeMap<EnrolmentId, NamedEnrolment> =
        found.into_iter().map(|named| (named.saved.id, named)).collect();
    let data = ids.iter().filter_map(|id| found.remove(id));
    Ok(BatchResult { data: data.map(|named| EnrolmentDocument::of(named, scope)).collect() })
}

/// The use-case: the enrolments of the items, in their order. `fresh` has an id for each item.
///
/// # Errors
/// [`crate::http::catalogue::Code::InvalidFields`]; `Stale` when only versions stand in the way; a failure of the
/// database.
pub fn apply_batch(
    tx: &mut Tx<'_>,
    scope: &Scope,
    fresh: &[EnrolmentId],
    request: &EnrolmentBatch,
) -> Result<Vec<EnrolmentId>, Problem> {
    let mut refusals = Refusals::default();
    let (mut creations, mut changes, mut order) = (Vec::new(), Vec::new(), Vec::new());
    for ((place, item), fresh) in request.items.iter().enumerate().zip(fresh) {
        let at = format!("/items/{place}");
        match item.read() {
            Ok(Work::Creation(new)) => {
                let id = item.id.map_or(*fresh, Id::from_uuid);
                order.push(id);
                creations.push((at, id, new));
            }
            Ok(Work::Change(id, version, last_day)) => {
                order.push(id);
                changes.push((at, id, version, last_day));
            }
            Err(found) => refusals.0.extend(found.0.into_iter().map(|refusal| refusal.at(&at))),
        }
    }
    let seen: Vec<EnrolmentId> = changes.iter().map(|(_, id, ..)| *id).collect();
    let ended = enrolment::find_many(tx.connection(), scope, &seen)?;
    let people: BTreeSet<PersonId> = creations
        .iter()
        .map(|(_, _, new)| new.person)
        .chain(ended.iter().map(|saved| saved.value.person))
        .collect();
    let people: Vec<PersonId> = people.into_iter().collect();
    enrolment::lock_many(tx, &people)?;

    let facts = Facts::load(tx, scope, &people, &creations)?;
    let found = enrolment::find_many(tx.connection(), scope, &seen)?;
    let mut present = Present::new("/enrolmentId", found.into_iter().map(|saved| (saved.id, saved)));
    let mut standing = facts.others.clone();
    let mut pairs: Vec<(Saved<EnrolmentId, Enrolment>, Enrolment)> = Vec::new();
    let mut stales = Vec::new();
    for (at, id, version, last_day) in changes {
        let Some(before) = refusals.note(&at, present.take(id)) else { continue };
        let after = match last_day {
            None => Ok(Enrolment { withdrawn: true, ..before.value.clone() }),
            Some(last_day) => Period::new(before.value.period.from(), Some(last_day))
                .map(|period| Enrolment { period, ..before.value.clone() })
                .map_err(|refusal| Refusal { pointer: "/on".to_owned(), ..refusal }),
        };
        let Some(after) = refusals.note(&at, after) else { continue };
        if after == before.value {
            continue;
        }
        if before.version != version {
            stales.push(stale(before.version).at(&at));
            continue;
        }
        let others = standing.iter().filter(|(other, _)| *other != id).map(|(_, other)| other);
        if refusals
            .note(&format!("{at}/on"), no_overlapping_enrolment(&after, others).map_err(plain))
            .is_some()
        {
            if let Some((_, there)) = standing.iter_mut().find(|(other, _)| *other == id) {
                *there = after.clone();
            }
            pairs.push((before, after));
        }
    }
    let mut new: Vec<(EnrolmentId, Enrolment)> = Vec::new();
    let mut ids = BTreeSet::new();
    for (at, id, asked) in &creations {
        let mut here = Refusals::default();
        if facts.taken.contains(id) || !ids.insert(*id) {
            here.0.push(Refusal::new(Rule::Duplicate, "the id is in use").at("/id"));
        }
        match facts.check(asked) {
            Err(found) => here.0.extend(found.0),
            Ok(enrolment) => {
                let others = standing.iter().map(|(_, other)| other);
                if here.note("", no_overlapping_enrolment(&enrolment, others)).is_some() {
                    standing.push((*id, enrolment.clone()));
                    new.push((*id, enrolment));
                }
            }
        }
        refusals.0.extend(here.0.into_iter().map(|refusal| refusal.at(at)));
    }
    finish(refusals, stales)?;
    enrolment::update_many(tx, scope, &pairs)?;
    enrolment::insert_many(tx, scope, &new)?;
    Ok(order)
}

/// The same, said at the whole of it.
fn plain(refusal: Refusal) -> Refusal {
    Refusal { pointer: String::new(), ..refusal }
}

/// What the register says about the items.
struct Facts {
    units: BTreeMap<SchoolUnitId, SchoolUnit>,
    school_types: Vec<CodeEntry>,
    persons: BTreeSet<PersonId>,
    others: Vec<(EnrolmentId, Enrolment)>,
    taken: BTreeSet<EnrolmentId>,
}

impl Facts {
    fn load(
        tx: &mut Tx<'_>,
        scope: &Scope,
        people: &[PersonId],
        creations: &[(String, EnrolmentId, Asked)],
    ) -> Result<Self, Problem> {
        let connection = tx.connection();
        let units: BTreeSet<SchoolUnitId> = creations.iter().map(|(_, _, new)| new.school_unit).collect();
        let units = school_unit::find_many(connection, scope, &units.into_iter().collect::<Vec<_>>())?;
        let school_types = code::entries(connection, Table::SchoolType)?;
        let persons = person::find_many(connection, scope, people)?;
        let others = enrolment::of_persons(connection, scope, people)?;
        let wanted: Vec<EnrolmentId> = creations.iter().map(|(_, id, _)| *id).collect();
        let taken = enrolment::taken_among(connection, scope, &wanted)?;
        Ok(Self {
            units: units.into_iter().map(|unit| (unit.id, unit.value)).collect(),
            school_types,
            persons: persons.into_iter().map(|person| person.id).collect(),
            others: others.into_iter().map(|saved| (saved.id, saved.value)).collect(),
            taken: taken.into_iter().collect(),
        })
    }

    fn check(&self, asked: &Asked) -> Result<Enrolment, Refusals> {
        let mut refusals = Refusals::default();
        let Asked { person, school_unit, school_type, school_year, programme, period } = asked;
        if !self.persons.contains(person) {
            refusals.0.push(Refusal::new(Rule::UnknownReference, "there is no such person").at("/personId"));
        }
        let Some(unit) = self.units.get(school_unit) else {
            let refusal = Refusal::new(Rule::UnknownReference, "there is no such school unit");
            refusals.0.push(refusal.at("/schoolUnitId"));
            return Err(refusals);
        };
        let new = NewEnrolment {
            person: *person,
            school_unit: *school_unit,
            school_type,
            school_year: *school_year,
            programme: programme.as_deref(),
            period: period.raw(),
        };
        let enrolment = match new.validate(&self.school_types, &unit.school_types) {
            Ok(enrolment) => enrolment,
            Err(found) => {
                refusals.0.extend(found.0);
                return Err(refusals);
            }
        };
        refusals.note("/period/from", unit.valid.admit("the school unit", enrolment.period.from()));
        refusals.finish()?;
        Ok(enrolment)
    }
}

/// An enrolment that an item asks for.
struct Asked {
    person: PersonId,
    school_unit: SchoolUnitId,
    school_type: String,
    school_year: Option<u8>,
    programme: Option<String>,
    period: PeriodDocument,
}

/// An item whose fields fit its action; a change without a last day is a withdrawal.
enum Work {
    Creation(Asked),
    Change(EnrolmentId, i64, Option<NaiveDate>),
}

impl BatchItem {
    /// Reads the fields that the action has; names those that are missing, and those that belong to
    /// another action.
    fn read(&self) -> Result<Work, Refusals> {
        let creates = self.action == Action::Creation;
        let ends = self.action == Action::End;
        check_fields([
            ("/id", self.id.is_some(), creates, false),
            ("/personId", self.person_id.is_some(), creates, creates),
            ("/schoolUnitId", self.school_unit_id.is_some(), creates, creates),
            ("/schoolTypeCode", self.school_type_code.is_some(), creates, creates),
            ("/schoolYear", self.school_year.is_some(), creates, false),
            ("/programme", self.programme.is_some(), creates, false),
            ("/period", self.period.is_some(), creates, creates),
            ("/enrolmentId", self.enrolment_id.is_some(), !creates, !creates),
            ("/version", self.version.is_some(), !creates, !creates),
            ("/on", self.on.is_some(), ends, ends),
        ])?;
        self.work().ok_or_else(|| Refusal::new(Rule::Required, "a field of the action is missing").into())
    }

    fn work(&self) -> Option<Work> {
        let Self {
            action,
            id: _,
            person_id,
            school_unit_id,
            school_type_code,
            school_year,
            programme,
            period,
            enrolment_id,
            version,
            on,
        } = self.clone();
        match action {
            Action::Creation => Some(Work::Creation(Asked {
                person: Id::from_uuid(person_id?),
                school_unit: Id::from_uuid(school_unit_id?),
                school_type: school_type_code?,
                school_year,
                programme,
                period: period?,
            })),
            Action::End => Some(Work::Change(Id::from_uuid(enrolment_id?), version?, Some(on?))),
            Action::Withdrawal => Some(Work::Change(Id::from_uuid(enrolment_id?), version?, None)),
        }
    }
}
