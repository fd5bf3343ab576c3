//! Whom an entry about a person meets in the register, and what may be said of it.
//!
//! Those within the caller's reach are named at the value that met them. Those out of reach,
//! protected ones among them, are not: the entry waits for review, with one answer that is the
//! same to the byte whatever the reason. Some reasons have nothing to do with protection, and
//! the caller cannot see those either, so that waiting tells nothing.

use serde::Serialize;
use serde_json::{Value, json};
use skolhus_domain::{
    access::Scope,
    id::{PersonId, PersonReviewId},
    person::{IdentityNumberKind, PersonFacts, PersonReview, ReviewKind, ReviewReason, ReviewState},
    refusal::{Refusal, Refusals, Rule},
};
use skolhus_persistence::{
    Tx,
    person::{self, external_identifier, review},
};
use utoipa::ToSchema;

use crate::http::{catalogue::Code, problem::Problem};

/// The entry waits until somebody has looked at it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = WaitsForReview)]
pub struct WaitsForReview {
    /// Always `waits-for-review`.
    #[schema(example = "waits-for-review")]
    pub state: &'static str,
    /// The same words whatever the reason.
    #[schema(
        example = "The entry is kept and waits until somebody has looked at it. Nothing is in the register yet."
    )]
    pub detail: &'static str,
}

impl WaitsForReview {
    /// The one answer there is.
    pub(super) const ANSWER: Self = Self {
        state: "waits-for-review",
        detail: "The entry is kept and waits until somebody has looked at it. Nothing is in the register yet.",
    };
}

/// What stands between an entry and the register.
#[derive(Default)]
pub(super) struct Meeting {
    refusals: Refusals,
    reasons: Vec<ReviewReason>,
    met: Vec<PersonId>,
}

/// Whether an entry may be carried out.
pub(super) enum Outcome {
    /// It may.
    Free,
    /// It waits.
    Waits,
}

impl Meeting {
    /// Looks for whom an entry meets. Everything is looked up whatever was found before, so that
    /// how long it takes does not tell either.
    pub(super) fn of(
        tx: &mut Tx<'_>,
        scope: &Scope,
        id: PersonId,
        facts: &PersonFacts,
        is_new: bool,
    ) -> Result<Self, Problem> {
        let mut meeting = Self::default();
        let taken = person::id_holder(tx.connection(), scope, id)?;
        let holders = person::holders_of_numbers(tx.connection(), scope, &facts.identity_numbers)?;
        let identified = external_identifier::holders(tx.connection(), scope, &facts.external_identifiers)?;
        let alike = person::look_alikes(tx.connection(), scope, facts)?;
        if is_new && let Some(reached) = taken {
            meeting.meet(reached, Some(id), ReviewReason::IdHeld, || {
                Refusal::new(Rule::Duplicate, "the id is in use").at("/id")
            });
        }
        for holder in holders.iter().filter(|holder| is_new || holder.person != id) {
            if holder.withdrawn {
                meeting.wait(ReviewReason::NumberWithdrawn, Some(holder.person));
            } else {
                meeting.meet(holder.reached, Some(holder.person), ReviewReason::NumberHeld, || {
                    Refusal::new(Rule::Duplicate, "another person holds this number")
                        .at(&format!("/identityNumbers/{}/value", holder.place))
                });
            }
        }
        for holder in identified.iter().filter(|holder| is_new || holder.person != id) {
            meeting.meet(holder.reached, Some(holder.person), ReviewReason::IdentifierHeld, || {
                Refusal::new(Rule::Duplicate, "another person has this identifier")
                    .at(&format!("/externalIdentifiers/{}/value", holder.place))
            });
        }
        // A personnummer tells two persons apart for certain, also those with the same name.
        let told_apart =
            facts.identity_numbers.iter().any(|held| held.number.kind() == IdentityNumberKind::Personnummer);
        if is_new && !told_apart {
            // Those within reach are shown to the caller, who says that they are others.
            for (other, _) in alike.into_iter().filter(|(_, reached)| !reached) {
                meeting.wait(ReviewReason::LookAlike, Some(other));
            }
        }
        Ok(meeting)
    }

    /// Somebody within reach may be the person, and the caller has not said that they looked.
    pub(super) fn ask_about(&mut self, person: uuid::Uuid, evidence: &[&str]) {
        let detail = format!(
            "may be the person {person} ({}): name the id here if it is somebody else",
            evidence.join(", ")
        );
        self.refusals.0.push(Refusal::new(Rule::Duplicate, detail).at("/notDuplicateOf"));
    }

    fn meet(
        &mut self,
        reached: bool,
        person: Option<PersonId>,
        reason: ReviewReason,
        refusal: impl FnOnce() -> Refusal,
    ) {
        if reached {
            self.refusals.0.push(refusal());
        } else {
            self.wait(reason, person);
        }
    }

    /// The entry waits for this reason too.
    pub(super) fn wait(&mut self, reason: ReviewReason, person: Option<PersonId>) {
        if !self.reasons.contains(&reason) {
            self.reasons.push(reason);
        }
        if let Some(person) = person.filter(|person| !self.met.contains(person)) {
            self.met.push(person);
        }
    }

    /// Refuses the entry, lets it wait, or lets it through. After a review only what bars it
    /// for everybody counts, and is said, since the one who decides may know.
    ///
    /// # Errors
    /// [`Code::InvalidFields`] at what belongs to somebody within reach; [`Code::Conflict`]
    /// after a review, when something in the entry belongs to somebody else.
    pub(super) fn outcome(
        mut self,
        tx: &mut Tx<'_>,
        scope: &Scope,
        entry: Entry<'_>,
    ) -> Result<Outcome, Problem> {
        self.refusals.finish().map_err(Problem::from)?;
        self.reasons.sort_unstable();
        if self.reasons.is_empty() {
            return Ok(Outcome::Free);
        }
        let Entry { kind, person, body, review: Some(id) } = entry else {
            let barred: Vec<Refusal> = self
                .reasons
                .iter()
                .filter(|reason| reason.bars())
                .map(|reason| Refusal::new(Rule::State, reason.code()).at("/decision"))
                .collect();
            return if barred.is_empty() {
                Ok(Outcome::Free)
            } else {
                Err(Problem::new(Code::Conflict)
                    .detail("something in the entry belongs to another person in the register")
                    .errors(barred))
            };
        };
        let waiting = PersonReview {
            kind,
            state: ReviewState::Waiting,
            person,
            reasons: self.reasons,
            met: self.met,
            entry: body.to_string(),
            note: None,
        };
        review::insert(tx, scope, id, &waiting)?;
        Ok(Outcome::Waits)
    }
}

/// An entry on its way into the register.
pub(super) struct Entry<'a> {
    /// What it would do.
    pub(super) kind: ReviewKind,
    /// Whom it changes.
    pub(super) person: Option<PersonId>,
    /// As it came.
    pub(super) body: &'a Value,
    /// The id of the review it would wait under; none when it has been reviewed.
    pub(super) review: Option<PersonReviewId>,
}

/// What an idempotent repeat needs to answer the same again.
pub(super) fn waiting_handle() -> Value {
    json!({ "waits": true })
}
