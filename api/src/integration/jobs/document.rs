//! A job as the interface shows it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use skolhus_domain::{
    id::{Id, JobId},
    integration::{JobKind, JobState},
};
use skolhus_persistence::{
    Saved,
    integration::job::{Approval, Job},
};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    http::words::{codes, words},
    integration::oneroster::plan::Kind,
};

words! {
    /// What a job does.
    JobKindWord("JobKind") = codes!(JobKind);
    /// Where a job stands.
    JobStateWord("JobState") = codes!(JobState);
    /// What a row of a report says: `problem` (the row is refused), `warning` (it is taken), `notice`,
    /// or what was found to do: `add`, `change`, `end`.
    SeverityWord("Severity") = SEVERITIES.to_vec();
    /// What a row of a report is about.
    ReportKindWord("ReportKind") = report_kinds();
}

/// The severities of a report's rows.
pub(super) const SEVERITIES: [&str; 6] = ["problem", "warning", "notice", "add", "change", "end"];

/// The kinds of things that a report's rows are about.
pub(super) fn report_kinds() -> Vec<&'static str> {
    Kind::ALL.into_iter().map(Kind::code).collect()
}

/// A job: long work that goes on after the request that asked for it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Job)]
pub struct JobDocument {
    /// Its id.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000f1")]
    pub id: Uuid,
    /// Its version, as in the `ETag`.
    #[schema(example = 3, minimum = 1)]
    pub version: i64,
    /// When it was asked for.
    #[schema(example = "2026-08-17T06:10:00Z")]
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    #[schema(example = "2026-08-17T06:10:04Z")]
    pub modified_at: DateTime<Utc>,
    /// What it does.
    #[schema(value_type = JobKindWord, example = "oneroster-import")]
    pub kind: String,
    /// Where it stands; `waiting` is for a person's word.
    #[schema(value_type = JobStateWord, example = "done")]
    pub state: String,
    /// Whether it only says what it would do.
    #[schema(example = false)]
    pub dry_run: bool,
    /// Whether it goes on without the rows that are refused.
    #[schema(example = false)]
    pub partial: bool,
    /// Which share of a kind may end without a person's word, in percent.
    #[schema(example = 5, minimum = 0, maximum = 100)]
    pub ends_percent: u8,
    /// The school type that new school units get, as a code of SS 12000.
    #[schema(example = "FHS")]
    pub school_type: String,
    /// The account that asked for it; none for the command line.
    #[schema(required, example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub account_id: Option<Uuid>,
    /// The source, as it stands in external identifiers; none until it has been read.
    #[schema(required, example = "oneroster:oea")]
    pub system: Option<String>,
    /// SHA-256 of what it works on, in hexadecimal; none until it has been read.
    #[schema(required, example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    pub fingerprint: Option<String>,
    /// How far each step has come, in their order.
    pub progress: Vec<Progress>,
    /// What it found and did.
    pub results: Results,
    /// Why it could not be done.
    #[schema(required, example = json!(null))]
    pub failure: Option<String>,
    /// When the work began.
    #[schema(required, example = "2026-08-17T06:10:01Z")]
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    #[schema(required, example = "2026-08-17T06:10:04Z")]
    pub ended_at: Option<DateTime<Utc>>,
    /// Who let it go on after it had stopped.
    #[schema(required)]
    pub approval: Option<ApprovalDocument>,
}

/// How far a step has come.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Progress {
    /// The step: `check`, `plan`, or what is being saved.
    #[schema(example = "person")]
    pub step: String,
    /// How many rows are done.
    #[schema(example = 640)]
    pub done: u64,
    /// How many there are; 0 while that is not known.
    #[schema(example = 640)]
    pub total: u64,
}

/// What a job found and did.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Results {
    /// Rows that are refused, each with a row in the report (the first 10,000 at least).
    #[schema(example = 0)]
    pub problems: u64,
    /// Warnings.
    #[schema(example = 0)]
    pub warnings: u64,
    /// What was to be done, by kind.
    #[schema(example = json!({"person": {"add": 640, "change": 0, "end": 0, "unchanged": 0}}))]
    pub planned: BTreeMap<String, Counts>,
    /// What has been done, by kind. Nothing in a dry run.
    #[schema(example = json!({"person": {"add": 640, "change": 0, "end": 0, "unchanged": 0}}))]
    pub applied: BTreeMap<String, Counts>,
    /// What it would change for families, as the plan found it. Nothing of this opens anything before a person has confirmed it.
    pub families: FamilyChanges,
    /// Why it stopped and waits for a person's word.
    pub stops: Vec<StopDocument>,
    /// The longest that one of its saves held up other writers, in milliseconds.
    #[schema(example = 62, minimum = 0)]
    pub longest_write_milliseconds: u64,
}

/// What an import changes for families. Protected persons are not counted.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct FamilyChanges {
    /// Children who get relatives in the list to confirm.
    #[schema(example = 12)]
    pub children_with_waiting: u64,
    /// The adults among them.
    #[schema(example = 14)]
    pub relatives_waiting: u64,
    /// Relations that would wait.
    #[schema(example = 20)]
    pub relations_waiting: u64,
    /// Those of them that would give rights, were they confirmed as a guardian's.
    #[schema(example = 18)]
    pub would_gain_as_guardian: u64,
    /// Untouched waiting relations that the source no longer names: they leave the list.
    #[schema(example = 1)]
    pub proposals_gone: u64,
    /// Relations that stand and that the source no longer names: they stay as they are.
    #[schema(example = 2)]
    pub no_longer_named: u64,
    /// Relations that the source names although they were rejected, ended or withdrawn: they are not raised again.
    #[schema(example = 0)]
    pub decided_before: u64,
    /// Children of whom the source gives another date of birth, which stays because relatives' rights follow from it.
    #[schema(example = 0)]
    pub birth_dates_kept: u64,
    /// Persons whose e-mail addresses or phone numbers change.
    #[schema(example = 31)]
    pub contact_details: u64,
    /// New persons of whom nobody has said whether their identity is protected.
    #[schema(example = 40)]
    pub protection_not_stated: u64,
    /// New persons who are likely in the register already.
    #[schema(example = 3)]
    pub likely_duplicates: u64,
}

/// How many of one kind.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize, ToSchema)]
pub struct Counts {
    /// New ones.
    #[schema(example = 640)]
    pub add: u64,
    /// Changed ones.
    #[schema(example = 0)]
    pub change: u64,
    /// Ended ones, and those that the source has left out.
    #[schema(example = 0)]
    pub end: u64,
    /// Those that are as they were.
    #[schema(example = 0)]
    pub unchanged: u64,
}

/// A kind of which more would end than may without a person's word.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StopDocument {
    /// The kind.
    #[schema(example = "participation")]
    pub kind: String,
    /// How many there are from this source.
    #[schema(example = 3600)]
    pub existing: u64,
    /// How many would end.
    #[schema(example = 1800)]
    pub to_end: u64,
}

/// Who let a job go on.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = JobApproval)]
pub struct ApprovalDocument {
    /// Whose account.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub account_id: Uuid,
    /// When.
    #[schema(example = "2026-08-17T06:12:00Z")]
    pub at: DateTime<Utc>,
    /// Why.
    #[schema(example = "Årskurs 9 har slutat; listan är kontrollerad.")]
    pub reason: String,
}

impl JobDocument {
    /// The document of a saved job.
    #[must_use]
    pub fn of(saved: Saved<JobId, Job>) -> Self {
        let Saved { id, version, created_at, modified_at, value } = saved;
        let Job {
            kind,
            state,
            dry_run,
            partial,
            ends_percent,
            school_type,
            runner: _,
            account,
            system,
            fingerprint,
            progress,
            results,
            resume_at: _,
            failure,
            started_at,
            ended_at,
            approval,
        } = value;
        Self {
            id: id.uuid(),
            version,
            created_at,
            modified_at,
            kind: kind.code().to_owned(),
            state: state.code().to_owned(),
            dry_run,
            partial,
            ends_percent,
            school_type: school_type.as_str().to_owned(),
            account_id: account.map(Id::uuid),
            system,
            fingerprint,
            progress: serde_json::from_value(progress).unwrap_or_default(),
            results: serde_json::from_value(results).unwrap_or_default(),
            failure,
            started_at,
            ended_at,
            approval: approval.map(|Approval { by, at, reason }| ApprovalDocument {
                account_id: by.uuid(),
                at,
                reason,
            }),
        }
    }
}
