//! An alarm as the interface shows it.

use chrono::{DateTime, Utc};
use serde::Serialize;
use skolhus_domain::{
    id::Id,
    identity::{AlarmKind, AlarmSubject, Settlement},
};
use skolhus_persistence::identity::alarm::AlarmView;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::words::{codes, words};

words! {
    /// What happened: an account or a client was refused many times in ten minutes (or asked for what is not there for it); a
    /// client's secret, key or token was used from outside its networks; a used refresh token was used again.
    AlarmKindWord("AlarmKind") = codes!(AlarmKind);
    /// What was at it.
    AlarmSubjectWord("AlarmSubjectKind") = vec!["account", "client"];
}

/// A sign of misuse that somebody should look at.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Alarm)]
pub struct AlarmDocument {
    /// Its id.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000f5")]
    pub id: Uuid,
    /// Its version.
    #[schema(example = 1, minimum = 1)]
    pub version: i64,
    /// When it was raised.
    #[schema(example = "2026-08-17T06:10:00Z")]
    pub raised_at: DateTime<Utc>,
    /// When it was changed last.
    #[schema(example = "2026-08-17T06:10:00Z")]
    pub modified_at: DateTime<Utc>,
    /// What happened.
    #[schema(value_type = AlarmKindWord, example = "many-refusals")]
    pub kind: AlarmKind,
    /// Whose login was at it: a person's account or an integrator's client.
    #[schema(value_type = AlarmSubjectWord, example = "account")]
    pub subject_kind: &'static str,
    /// Which one; null for the account of somebody whose identity is protected, of whom only the operator is told.
    #[schema(required, example = "0199a3f0-7c00-7000-8000-0000000000d1")]
    pub subject_id: Option<Uuid>,
    /// Its address or name; null like `subjectId`.
    #[schema(required, example = "larare@exempel.se")]
    pub subject_label: Option<String>,
    /// How often it had happened when the alarm was raised; the same is raised again after the hour at the earliest.
    #[schema(example = 60, minimum = 1)]
    pub count: u32,
    /// What came of it; null while nobody has said.
    #[schema(required)]
    pub settlement: Option<AlarmSettlementDocument>,
}

/// What came of an alarm.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AlarmSettlement)]
pub struct AlarmSettlementDocument {
    /// The account that looked at it.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000d2")]
    pub settled_by_id: Uuid,
    /// When.
    #[schema(example = "2026-08-17T09:30:00Z")]
    pub settled_at: DateTime<Utc>,
    /// What was found.
    #[schema(example = "Ett skript i datorsalen, kontot är stängt")]
    pub note: String,
}

impl AlarmDocument {
    /// The document.
    #[must_use]
    pub fn of(view: AlarmView) -> Self {
        let AlarmView { saved, label } = view;
        let alarm = saved.value;
        let (subject_kind, subject) = match alarm.subject {
            AlarmSubject::Account(id) => ("account", id.uuid()),
            AlarmSubject::Client(id) => ("client", id.uuid()),
        };
        let settlement = alarm.settlement.map(|Settlement { by, at, note }| AlarmSettlementDocument {
            settled_by_id: by.uuid(),
            settled_at: at,
            note: note.as_str().to_owned(),
        });
        Self {
            id: saved.id.uuid(),
            version: saved.version,
            raised_at: saved.created_at,
            modified_at: saved.modified_at,
            kind: alarm.kind,
            subject_kind,
            subject_id: label.is_some().then_some(subject),
            subject_label: label,
            count: alarm.count,
            settlement,
        }
    }
}
