use std::collections::BTreeSet;

use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde::Deserialize;
use serde_json::json;
use skolhus_domain::{
    access::{Scope, declared::ManageTermTurns},
    course::term_turn::TurnedAction,
    enrolment::{Enrolment, no_overlapping_enrolment},
    group::{Group, unique_name},
    id::{EnrolmentId, GroupId, Id, OfferingId, PersonId, SchoolUnitId, TermTurnId},
    period::Period,
    refusal::{Refusal, Rule},
    text::Text,
};
use skolhus_persistence::{
    Saved, Tx,
    course::term_turn::{self, Entangled, TurnedRecord},
    enrolment,
    group::group,
    organisation::term,
    participation,
};
use utoipa::ToSchema;
use validator::Validate;

use super::{get_term_turn::get_term_turn, term_turn_document::TermTurnDocument};
use crate::{
    http::{
        body::Body,
        catalogue::Code,
        idempotency::{IdempotencyKey, Made},
        permit::Permit,
        problem::Problem,
        resource::{IdPath, PathId, saved},
        state::State,
    },
    participation::{keep_all_in_step, refuse},
};

/// Why a turn is undone.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReverseTermTurn {
    /// The reason, as it will stand in the log.
    #[validate(length(min = 5, max = 500))]
    #[schema(example = "Fel termin valdes", min_length = 5, max_length = 500)]
    pub reason: String,
}

/// Undo a turn of term
///
/// What it made is withdrawn, and what it ended gets its last day back. It is refused, naming what, where one of
/// these records was changed after the turn, or something has come to depend on what it made: somebody who takes
/// part, a part, a member of a class.
#[utoipa::path(
    operation_id = "reverseTermTurn", tag = "course",
    extensions(("x-permission" = json!("term-turn:manage")), ("x-idempotent" = json!(true))),
    params(IdPath),
    request_body(content = ReverseTermTurn, example = json!({ "reason": "Fel termin valdes" })),
    responses((status = 200, description = "The turn as undone.", body = TermTurnDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[post("/v1/term-turns/{id}/reversal")]
pub async fn handle(
    permit: Permit<ManageTermTurns>,
    state: web::Data<State>,
    id: PathId<TermTurnId>,
    key: IdempotencyKey,
    body: Body<ReverseTermTurn>,
) -> Result<HttpResponse, Problem> {
    let caller = permit.caller().clone();
    let made = state
        .database
        .write(permit.caller(), move |tx, scope| {
            key.once(
                tx,
                scope,
                &caller,
                &body.bytes,
                |tx, scope| {
                    let answer = reverse_term_turn(tx, scope, id.0, &body)?;
                    Ok(Made { status: StatusCode::OK, handle: json!(answer.id), answer })
                },
                |tx, scope, _| get_term_turn(tx.connection(), scope, id.0),
            )
        })
        .await?;
    Ok(saved(made.answer.version, &made.answer))
}

/// The use-case.
///
/// # Errors
/// [`Code::NotFound`]; [`Code::Conflict`] when it is undone already, or something depends on it; a failure of
/// the database.
pub fn reverse_term_turn(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: TermTurnId,
    request: &ReverseTermTurn,
) -> Result<TermTurnDocument, Problem> {
    let ReverseTermTurn { reason } = request;
    let reason = Text::lines(reason, 500).map_err(|refusal| refusal.at("/reason"))?;
    let seen = term_turn::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    let records = term_turn::records(tx.connection(), scope, id)?;
    lock(tx, seen.value.school_unit, &records)?;
    let before = term_turn::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    let after = before.value.reversed(reason, scope.now())?;
    let entangled = term_turn::entangled(tx.connection(), scope, id)?;
    if !entangled.is_empty() {
        return Err(Problem::new(Code::Conflict).errors(entangled.iter().map(named).collect()));
    }
    term_turn::update(tx, scope, &before, &after)?;
    // Lessons and participations go before what they are of, and that before what it is driven by.
    term_turn::withdraw_made(tx, &records, &["lesson room", "lesson", "lesson series"])?;
    let parts =
        ["participation", "offering group", "offering teacher", "group assignment", "group membership"];
    term_turn::withdraw_made(tx, &records, &parts)?;
    term_turn::withdraw_made(tx, &records, &["enrolment", "group"])?;
    restore_groups(tx, scope, before.value.school_unit, &records)?;
    restore_enrolments(tx, scope, &before.value, &records)?;
    let groups: Vec<GroupId> = ids(&records, "group", TurnedAction::Ended);
    let driven = participation::offerings_driven_by(tx.connection(), scope, &groups)?;
    refuse(keep_all_in_step(tx, scope, &driven)?, |_| String::new())?;
    term_turn::withdraw_made(tx, &records, &["offering term", "course offering"])?;
    get_term_turn(tx.connection(), scope, id)
}

fn ids<I: Id>(records: &[TurnedRecord], entity: &str, action: TurnedAction) -> Vec<I> {
    let those = records.iter().filter(|record| record.entity == entity && record.action == action);
    those.map(|record| I::from_uuid(record.record)).collect()
}

/// Holds what the turn made and ended, in the order in which everybody does.
fn lock(tx: &mut Tx<'_>, unit: SchoolUnitId, records: &[TurnedRecord]) -> Result<(), Problem> {
    group::lock_unit(tx, unit)?;
    let mut groups: Vec<GroupId> = ids(records, "group", TurnedAction::Made);
    groups.extend(ids::<GroupId>(records, "group", TurnedAction::Ended));
    group::lock(tx, &groups)?;
    let offerings: Vec<OfferingId> = ids(records, "course offering", TurnedAction::Made);
    Ok(participation::lock_offerings(tx, &offerings)?)
}

/// Classes that were ended exist as long as before, unless another has their name by now.
fn restore_groups(
    tx: &mut Tx<'_>,
    scope: &Scope,
    unit: SchoolUnitId,
    records: &[TurnedRecord],
) -> Result<(), Problem> {
    let ended: Vec<&TurnedRecord> = of_kind(records, "group");
    if ended.is_empty() {
        return Ok(());
    }
    let those: Vec<GroupId> = ids(records, "group", TurnedAction::Ended);
    let present = group::find_many(tx.connection(), scope, &those)?;
    let changes: Vec<(Saved<GroupId, Group>, Group)> = present
        .into_iter()
        .map(|before| {
            let period = former(&ended, before.id.uuid(), before.value.period)?;
            let after = Group { period, ..before.value.clone() };
            Ok((before, after))
        })
        .collect::<Result<_, Problem>>()?;
    let Some(first) = changes.iter().map(|(_, after)| after.period.from()).min() else { return Ok(()) };
    let others = group::of_unit_since(tx.connection(), scope, unit, first)?;
    let others = others.iter().filter(|other| !those.contains(&other.id)).map(|other| &other.value);
    let all: Vec<&Group> = others.chain(changes.iter().map(|(_, after)| after)).collect();
    let mut taken = Vec::new();
    for (before, after) in &changes {
        if unique_name(after, all.iter().copied().filter(|other| !std::ptr::eq(*other, after))).is_err() {
            let id = before.id;
            let detail = format!("another group has the name of the class {id} by now");
            taken.push(Refusal::new(Rule::State, detail));
        }
    }
    if !taken.is_empty() {
        return Err(Problem::new(Code::Conflict).errors(taken));
    }
    group::update_many(tx, scope, &changes)?;
    Ok(())
}

/// Enrolments that were ended last as long as before, unless somebody has been enrolled anew since.
fn restore_enrolments(
    tx: &mut Tx<'_>,
    scope: &Scope,
    turn: &skolhus_domain::course::term_turn::TermTurn,
    records: &[TurnedRecord],
) -> Result<(), Problem> {
    let ended = of_kind(records, "enrolment");
    if ended.is_empty() {
        return Ok(());
    }
    let those: BTreeSet<EnrolmentId> =
        ids::<EnrolmentId>(records, "enrolment", TurnedAction::Ended).into_iter().collect();
    let unit = turn.school_unit;
    // A leaver's last day may lie before the term's last day, never before its first.
    let Some(term) = term::find(tx.connection(), scope, turn.from)? else {
        let detail = "the term that ended has been withdrawn";
        return Err(Refusal::new(Rule::State, detail).into());
    };
    let day = term.value.first_day();
    let present = enrolment::at_unit(tx.connection(), scope, unit, day, &[])?;
    let people: BTreeSet<PersonId> =
        present.iter().filter(|saved| those.contains(&saved.id)).map(|saved| saved.value.person).collect();
    enrolment::lock_many(tx, &people.into_iter().collect::<Vec<_>>())?;
    let present = enrolment::at_unit(tx.connection(), scope, unit, day, &[])?;
    let (mine, others): (Vec<_>, Vec<_>) = present.into_iter().partition(|saved| those.contains(&saved.id));
    if mine.len() != those.len() {
        return Err(Problem::new(Code::Conflict).errors(vec![changed("enrolment")]));
    }
    let mut changes: Vec<(Saved<EnrolmentId, Enrolment>, Enrolment)> = Vec::with_capacity(mine.len());
    for before in mine {
        let period = former(&ended, before.id.uuid(), before.value.period)?;
        let after = Enrolment { period, ..before.value.clone() };
        let theirs = others.iter().filter(|other| other.value.person == after.person);
        if no_overlapping_enrolment(&after, theirs.map(|other| &other.value)).is_err() {
            return Err(Problem::new(Code::Conflict).errors(vec![changed("enrolment")]));
        }
        changes.push((before, after));
    }
    enrolment::update_many(tx, scope, &changes)?;
    Ok(())
}

fn of_kind<'r>(records: &'r [TurnedRecord], entity: &str) -> Vec<&'r TurnedRecord> {
    records.iter().filter(|record| record.entity == entity && record.action == TurnedAction::Ended).collect()
}

fn former(ended: &[&TurnedRecord], id: uuid::Uuid, present: Period) -> Result<Period, Problem> {
    let record = ended.iter().find(|record| record.record == id);
    let last_day = record.map_or(present.to(), |record| record.former_last_day);
    Ok(Period::new(present.from(), last_day)?)
}

fn changed(entity: &str) -> Refusal {
    Refusal::new(Rule::State, format!("a record of the kind {entity} was entered or changed after the turn"))
}

fn named(entangled: &Entangled) -> Refusal {
    match entangled {
        // Of persons with protected identity only the kind is told.
        Entangled::Changed { entity, records } if records.is_empty() => changed(entity),
        Entangled::Changed { entity, records } => {
            let mut those: Vec<String> = records.iter().take(100).map(ToString::to_string).collect();
            if records.len() > those.len() {
                those.push(format!("and {} more", records.len() - those.len()));
            }
            let detail =
                format!("of the kind {entity} these were changed after the turn: {}", those.join(", "));
            Refusal::new(Rule::State, detail)
        }
        Entangled::Depends { on, id, says } => {
            Refusal::new(Rule::State, format!("the {on} {id} has {says} that were entered after the turn"))
        }
    }
}
