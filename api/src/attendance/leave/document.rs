//! A leave request as the interface shows it.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use skolhus_domain::{
    access::{InformationClass, Role, Scope},
    attendance::{LeaveDecider, LeaveDecision, LeaveRequest, LeaveState, LeaveStateCode},
    id::Id,
    participation::Reason,
};
use skolhus_persistence::{Saved, attendance::leave_request::LeaveView};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    enrolment::ListedName,
    http::words::{codes, words},
};

words! {
    /// Where a leave request stands: it waits, is granted (beviljad) or refused (avslagen), or was taken back.
    LeaveStateWord("LeaveRequestState") = codes!(LeaveStateCode);
    /// In what capacity somebody decided about leave.
    LeaveDeciderWord("LeaveDecider") = codes!(LeaveDecider);
}

/// Leave that was asked for. What is granted makes absence on its days authorised.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = LeaveRequest)]
pub struct LeaveRequestDocument {
    /// Its id.
    #[schema(example = "0199a3f0-7c00-7000-8000-000000000341")]
    pub id: Uuid,
    /// Its version, as in the `ETag`.
    #[schema(example = 1, minimum = 1)]
    pub version: i64,
    /// When it was asked for.
    #[schema(example = "2026-08-18T05:31:00Z")]
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    #[schema(example = "2026-08-18T05:31:00Z")]
    pub modified_at: DateTime<Utc>,
    /// Whose leave.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub person_id: Uuid,
    /// Their name, of a protected person the name that their handling plan shows.
    pub name: ListedName,
    /// The first day.
    #[schema(example = "2026-10-12")]
    pub first_day: NaiveDate,
    /// The last day.
    #[schema(example = "2026-10-14")]
    pub last_day: NaiveDate,
    /// Why; null for those who neither asked nor decide.
    #[schema(required, example = "Kusinens bröllop i Kiruna")]
    pub reason: Option<String>,
    /// Whether it was the caller who asked, and who may take it back.
    #[schema(example = true)]
    pub is_own: bool,
    /// Where it stands.
    #[schema(value_type = LeaveStateWord, example = "granted")]
    pub state: &'static str,
    /// On which day it was decided.
    #[schema(required, example = "2026-09-30")]
    pub decided_on: Option<NaiveDate>,
    /// By which account.
    #[schema(required, example = "0199a3f0-7c00-7000-8000-000000000011")]
    pub decided_by_id: Option<Uuid>,
    /// In what capacity.
    #[schema(required, value_type = Option<LeaveDeciderWord>, example = "mentor")]
    pub decided_as: Option<&'static str>,
    /// What the decision says; a refusal always says why. Null for those who are not shown the reason.
    #[schema(required, example = "Beviljas")]
    pub motivation: Option<String>,
}

impl LeaveRequestDocument {
    /// The document of a request.
    #[must_use]
    pub fn of(view: &LeaveView, scope: &Scope) -> Self {
        let LeaveView { saved, name, by_office, as_mentor } = view;
        let Saved { id, version, created_at, modified_at, value } = saved;
        let LeaveRequest { person, first, last, reason, asked_by, state } = value;
        let is_own = scope.person() == Some(*asked_by);
        let is_principal = scope.roles().split(' ').any(|role| role == Role::Principal.code());
        let shows_why = is_own
            || *as_mentor
            || (*by_office && is_principal)
            || scope.classes_about(*person).has(InformationClass::AbsenceReason);
        let decision = match state {
            LeaveState::Waiting | LeaveState::Withdrawn => None,
            LeaveState::Granted(decision) | LeaveState::Refused(decision) => Some(decision),
        };
        let motivation = decision.and_then(|LeaveDecision { motivation, .. }| motivation.as_ref());
        Self {
            id: id.uuid(),
            version: *version,
            created_at: *created_at,
            modified_at: *modified_at,
            person_id: person.uuid(),
            name: ListedName::of(name),
            first_day: *first,
            last_day: *last,
            reason: shows_why.then(|| reason.as_str().to_owned()),
            is_own,
            state: state.code().code(),
            decided_on: decision.map(|decision| decision.on),
            decided_by_id: decision.and_then(|decision| decision.by).map(Id::uuid),
            decided_as: decision.map(|decision| decision.decider.code()),
            motivation: motivation.filter(|_| shows_why).map(Reason::as_str).map(str::to_owned),
        }
    }
}
