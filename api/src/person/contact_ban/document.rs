//! Contact bans as the interface shows them.

use chrono::{DateTime, Utc};
use serde::Serialize;
use skolhus_domain::{
    id::{AccountId, Id},
    person::relation::{Against, BanProposal, ContactBan},
};
use skolhus_persistence::{Saved, person::contact_ban::ContactBanView};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    http::period::PeriodDocument,
    person::{
        codes::{BanKindCode, BanStateCode},
        fields::NameDocument,
    },
};

/// That somebody has no access to a person on certain days, whatever relations say.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ContactBan)]
pub struct ContactBanDocument {
    /// Its id.
    #[schema(example = "0199a3f0-7c00-7000-8000-000000000301")]
    pub id: Uuid,
    /// Its version, as in the `ETag`.
    #[schema(example = 1, minimum = 1)]
    pub version: i64,
    /// When it was entered.
    #[schema(example = "2026-08-17T08:10:00+02:00")]
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    #[schema(example = "2026-08-17T08:10:00+02:00")]
    pub modified_at: DateTime<Utc>,
    /// Who is kept safe.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub person_id: Uuid,
    /// Their name.
    pub person_name: NameDocument,
    /// Against whom, if they are in the register.
    #[schema(required, example = "0199a3f0-7c00-7000-8000-0000000000c2")]
    pub against_id: Option<Uuid>,
    /// Their name.
    #[schema(required)]
    pub against_name: Option<NameDocument>,
    /// Against whom, as they were described, if they are not in the register.
    #[schema(required, example = "Farbrodern, kallas Kalle, cirka 45 år")]
    pub described: Option<String>,
    /// What it rests on.
    pub kind: BanKindCode,
    /// The days.
    pub period: PeriodDocument,
    /// How far it has come.
    pub state: BanStateCode,
    /// The days that it would have, once a second person has confirmed it; null where it would be lifted or nothing waits.
    #[schema(required)]
    pub proposed_period: Option<PeriodDocument>,
    /// Whether it would be lifted, once a second person has confirmed it.
    #[schema(example = false)]
    pub lifting_proposed: bool,
    /// Why it was entered or changed last.
    #[schema(example = "Kontaktförbud, åklagarens beslut 2026-08-14")]
    pub reason: String,
    /// The account that entered or changed it last; null for the program.
    #[schema(required, example = "0199a3f0-7c00-7000-8000-0000000000d1")]
    pub entered_by_id: Option<Uuid>,
    /// The account that confirmed or rejected last.
    #[schema(required, example = "0199a3f0-7c00-7000-8000-0000000000d2")]
    pub decided_by_id: Option<Uuid>,
    /// What was noted with the decision.
    #[schema(required, example = "Kontrollerat mot beslutet")]
    pub decision_note: Option<String>,
}

impl ContactBanDocument {
    /// The document of a ban.
    #[must_use]
    pub fn of(view: &ContactBanView) -> Self {
        let ContactBanView { saved, person_name, birth_date: _, against_name } = view;
        let Saved { id, version, created_at, modified_at, value } = saved;
        let state = value.state();
        let ContactBan {
            person,
            against,
            kind,
            period,
            proposal,
            reason,
            entered_by,
            decided_by,
            decision_note,
            withdrawn: _,
        } = value;
        let (against_id, described) = match against {
            Against::Person(person) => (Some(person.uuid()), None),
            Against::Described(text) => (None, Some(text.as_str().to_owned())),
        };
        let (proposed_period, lifting_proposed) = match proposal {
            None => (None, false),
            Some(BanProposal::Lift) => (None, true),
            Some(BanProposal::Period(period)) => (Some(PeriodDocument::of(*period)), false),
        };
        Self {
            id: id.uuid(),
            version: *version,
            created_at: *created_at,
            modified_at: *modified_at,
            person_id: person.uuid(),
            person_name: NameDocument::of(person_name),
            against_id,
            against_name: against_name.as_ref().map(NameDocument::of),
            described,
            kind: (*kind).into(),
            period: PeriodDocument::of(*period),
            state: state.into(),
            proposed_period,
            lifting_proposed,
            reason: reason.as_str().to_owned(),
            entered_by_id: entered_by.map(AccountId::uuid),
            decided_by_id: decided_by.map(AccountId::uuid),
            decision_note: decision_note.as_ref().map(|note| note.as_str().to_owned()),
        }
    }
}
