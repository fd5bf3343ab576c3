//! What the changes of a participation's state have in common.

use actix_web::{HttpResponse, http::StatusCode, web::Bytes};
use chrono::{Days, NaiveDate};
use serde_json::json;
use skolhus_domain::{
    access::{Scope, declared::ManageParticipations},
    id::ParticipationId,
    participation::{Origin, Participation, Reason, State as Standing},
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{
    Saved, Tx,
    participation::{self, Named},
};

use super::{
    get_participation::{find, get_participation},
    in_step::follow,
    participation_document::ParticipationDocument,
};
use crate::http::{
    etag::IfMatch,
    idempotency::{IdempotencyKey, Made},
    permit::Permit,
    problem::Problem,
    resource::saved,
    state::State,
};

/// A change of state.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Change {
    /// The person begins.
    Start {
        /// A day of the period; none: today.
        on: Option<NaiveDate>,
    },
    /// The person goes on a study break.
    StudyBreak {
        /// The first day away.
        from: NaiveDate,
        /// The planned last day away.
        to: Option<NaiveDate>,
    },
    /// The person is back from one.
    Return {
        /// The first day back.
        on: NaiveDate,
    },
    /// The person leaves before the end.
    Interruption {
        /// The last day as a participant.
        on: NaiveDate,
        /// Why.
        reason: String,
    },
    /// The person finishes.
    Completion {
        /// The last day as a participant.
        on: NaiveDate,
    },
    /// The person gives up the place before beginning.
    Cancellation {
        /// The day of that.
        on: NaiveDate,
        /// Why.
        reason: String,
    },
    /// The pace changes from a day until the next part.
    Pace {
        /// The first day of it.
        from: NaiveDate,
        /// In percent of full time.
        percent: i32,
    },
    /// The person goes over to another offering.
    Move {
        /// The first day there.
        on: NaiveDate,
        /// Why.
        reason: String,
    },
}

impl Change {
    /// The participation after the change; the same when it is so already.
    pub(super) fn apply(
        &self,
        participation: Participation,
        today: NaiveDate,
    ) -> Result<Participation, Refusal> {
        if self.is_so(&participation) {
            return Ok(participation);
        }
        match self {
            Self::Start { on } => participation.start(on.unwrap_or(today)),
            Self::StudyBreak { from, to } => participation.take_study_break(*from, *to),
            Self::Return { on } => participation.resume(*on),
            Self::Interruption { on, reason } => participation.interrupt(*on, reason),
            Self::Completion { on } => participation.complete(*on),
            Self::Cancellation { on, reason } => participation.cancel(*on, reason),
            Self::Pace { from, percent } => participation.set_pace(*from, *percent),
            Self::Move { on, reason } => left(participation, *on, reason),
        }
    }

    fn is_so(&self, participation: &Participation) -> bool {
        match (self, participation.state()) {
            (Self::Start { .. }, Standing::Active) => true,
            (Self::StudyBreak { from, to }, Standing::OnStudyBreak { from: since, to: until }) => {
                from == since && to == until
            }
            (Self::Return { on }, Standing::Active) => {
                let last_away = on.checked_sub_days(Days::new(1));
                participation.breaks().last().is_some_and(|last| last.to() == last_away)
            }
            (Self::Completion { on }, Standing::Completed { on: last }) => on == last,
            (Self::Interruption { on, reason }, Standing::Interrupted { on: last, reason: why })
            | (Self::Cancellation { on, reason }, Standing::CancelledBeforeStart { on: last, reason: why }) => {
                on == last && Reason::new(reason).is_ok_and(|reason| reason == *why)
            }
            _ => false,
        }
    }
}

/// The participation that somebody leaves for another: interrupted the day before, or cancelled where it
/// would not have begun by then.
fn left(participation: Participation, on: NaiveDate, reason: &str) -> Result<Participation, Refusal> {
    if participation.origin() == Origin::Groups {
        let detail = "it follows groups: move the membership";
        return Err(Refusal::new(Rule::State, detail));
    }
    let from = participation.period().from();
    let planned = matches!(participation.state(), Standing::Planned);
    if planned && on <= from {
        return participation.cancel(on, reason);
    }
    let begun = if planned { participation.start(from)? } else { participation };
    begun.interrupt(on.checked_sub_days(Days::new(1)).unwrap_or(on), reason)
}

/// Checks the version, unless nothing is to change, before telling what stands in the way: who
/// decided on another state is told that first.
pub(super) fn decided(
    if_match: &IfMatch,
    before: &Saved<ParticipationId, Participation>,
    after: Result<Participation, Refusal>,
) -> Result<Participation, Problem> {
    let already = after.as_ref().is_ok_and(|after| *after == before.value);
    if_match.check_unless(already, before.version)?;
    Ok(after?)
}

/// Saves one participation's new state and shows it.
pub(super) fn save(
    tx: &mut Tx<'_>,
    scope: &Scope,
    named: Named,
    after: Participation,
) -> Result<ParticipationDocument, Problem> {
    let Named { saved: before, name } = named;
    let (id, held) = (before.id, before.value.held());
    let (person, offering) = (after.person(), after.offering());
    let saved = participation::update_many(tx, scope, &[(before, after)])?.pop();
    let saved = saved.ok_or_else(Problem::not_found)?;
    if saved.value.held() != held {
        // Following may have moved this one too.
        if follow(tx, scope, &[offering], &[person], |_| String::new())? {
            return get_participation(tx.connection(), scope, id);
        }
    }
    Ok(ParticipationDocument::of(Named { saved, name }, scope))
}

/// The use-case of every change of state.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`, `Conflict`, `InvalidFields`; a failure of
/// the database.
pub(super) fn change_state(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: ParticipationId,
    if_match: &IfMatch,
    change: &Change,
) -> Result<ParticipationDocument, Problem> {
    let named = find(tx.connection(), scope, id)?;
    let after = change.apply(named.saved.value.clone(), scope.today());
    let after = decided(if_match, &named.saved, after)?;
    save(tx, scope, named, after)
}

/// Runs a decision about one participation once, and answers with its present state.
pub(super) async fn once(
    permit: &Permit<ManageParticipations>,
    state: &State,
    key: IdempotencyKey,
    id: ParticipationId,
    bytes: Bytes,
    decide: impl Fn(&mut Tx<'_>, &Scope) -> Result<ParticipationDocument, Problem> + Send + Sync + 'static,
) -> Result<HttpResponse, Problem> {
    let caller = permit.caller().clone();
    let made = state
        .database
        .write(permit.caller(), move |tx, scope| {
            key.once(
                tx,
                scope,
                &caller,
                &bytes,
                |tx, scope| {
                    let answer = decide(tx, scope)?;
                    Ok(Made { status: StatusCode::OK, handle: json!(answer.id), answer })
                },
                |tx, scope, _| get_participation(tx.connection(), scope, id),
            )
        })
        .await?;
    Ok(saved(made.answer.version, &made.answer))
}
