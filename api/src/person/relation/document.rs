//! Relations as the interface shows them, and the parts that people decide.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use skolhus_domain::{
    id::{AccountId, Id},
    person::{
        DataSource,
        relation::{Decider, Relation, Right, RightSet, SecondPerson, Terms, no_overlapping_relation},
    },
    refusal::{Refusal, Rule},
    text::Text,
};
use skolhus_persistence::{Saved, person::relation::RelationView};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use crate::{
    http::{period::PeriodDocument, problem::Problem},
    person::{
        codes::{RelationKindCode, RelationStateCode, RightCode, SourceCode},
        fields::NameDocument,
    },
};

/// A relation: the rights of one person over another, on certain days.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Relation)]
pub struct RelationDocument {
    /// Its id.
    #[schema(example = "0199a3f0-7c00-7000-8000-000000000201")]
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
    /// Over whom.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub person_id: Uuid,
    /// Their name.
    pub person_name: NameDocument,
    /// Who has the rights.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c2")]
    pub relative_id: Uuid,
    /// Their name.
    pub relative_name: NameDocument,
    /// What it rests on.
    pub kind: RelationKindCode,
    /// Who told us.
    pub source: SourceCode,
    /// The days.
    pub period: PeriodDocument,
    /// The rights that it carries on its days, once it is confirmed; what overrides them is not taken off.
    #[schema(example = json!(["see", "report-absence"]))]
    pub rights: Vec<RightCode>,
    /// The rights that it carries today, everything counted: confirmation, days, age, bans.
    #[schema(example = json!(["see", "report-absence"]))]
    pub rights_today: Vec<RightCode>,
    /// How far it has come.
    pub state: RelationStateCode,
    /// What a change that waits for a second person would make of it.
    #[schema(required)]
    pub proposal: Option<TermsDocument>,
    /// Why it was entered or changed last.
    #[schema(example = "Vårdnadshavare enligt folkbokföringen")]
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
    /// The job of the import that raised it; null where none did.
    #[schema(required, example = json!(null))]
    pub import_job_id: Option<Uuid>,
}

impl RelationDocument {
    /// The document of a relation, as it stands today.
    #[must_use]
    pub fn of(view: &RelationView, today: NaiveDate) -> Self {
        let rights_today = codes(view.rights_on(today));
        let RelationView { saved, person_name, relative_name, .. } = view;
        let Saved { id, version, created_at, modified_at, value } = saved;
        let Relation {
            person,
            relative,
            kind,
            source,
            terms: Terms { period, rights },
            state,
            proposal,
            reason,
            entered_by,
            decided_by,
            decision_note,
            import_job,
            withdrawn: _,
        } = value;
        Self {
            id: id.uuid(),
            version: *version,
            created_at: *created_at,
            modified_at: *modified_at,
            person_id: person.uuid(),
            person_name: NameDocument::of(person_name),
            relative_id: relative.uuid(),
            relative_name: NameDocument::of(relative_name),
            kind: (*kind).into(),
            source: (*source).into(),
            period: PeriodDocument::of(*period),
            rights: codes(*rights),
            rights_today,
            state: (*state).into(),
            proposal: proposal.map(TermsDocument::of),
            reason: reason.as_str().to_owned(),
            entered_by_id: entered_by.map(AccountId::uuid),
            decided_by_id: decided_by.map(AccountId::uuid),
            decision_note: decision_note.as_ref().map(|note| note.as_str().to_owned()),
            import_job_id: import_job.map(Id::uuid),
        }
    }
}

/// Which rights on which days.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = RelationTerms)]
pub struct TermsDocument {
    /// The days.
    pub period: PeriodDocument,
    /// The rights.
    #[schema(example = json!(["see", "report-absence"]))]
    pub rights: Vec<RightCode>,
}

impl TermsDocument {
    fn of(terms: Terms) -> Self {
        let Terms { period, rights } = terms;
        Self { period: PeriodDocument::of(period), rights: codes(rights) }
    }
}

/// The rights of a set, in the order in which they are shown.
pub(in crate::person) fn codes(rights: RightSet) -> Vec<RightCode> {
    rights.iter().map(RightCode::from).collect()
}

/// The set of rights that were named; each at most once.
pub(in crate::person) fn rights_of(codes: &[RightCode]) -> Result<RightSet, Refusal> {
    let set: RightSet = codes.iter().map(|code| Right::from(*code)).collect();
    if set.iter().count() == codes.len() {
        Ok(set)
    } else {
        Err(Refusal::new(Rule::Duplicate, "a right stands twice").at("/rights"))
    }
}

/// Why somebody does something, as it stands in the log and is read by the one who confirms it.
pub(in crate::person) fn reason_of(raw: &str) -> Result<Text, Problem> {
    Ok(Text::lines(raw, 500).map_err(|refusal| refusal.at("/reason"))?)
}

/// The words that go with a decision about what waits.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConfirmWaiting {
    /// The version that was read and is confirmed; another by now is a conflict.
    #[validate(range(min = 1))]
    #[schema(example = 1, minimum = 1)]
    pub version: i64,
    /// A note.
    #[serde(default)]
    #[validate(length(min = 5, max = 500))]
    #[schema(example = "Kontrollerat mot folkbokföringen", min_length = 5, max_length = 500)]
    pub note: Option<String>,
}

impl ConfirmWaiting {
    /// The note, checked.
    pub(in crate::person) fn checked(&self, version_now: i64) -> Result<Option<Text>, Problem> {
        same_version(self.version, version_now)?;
        let note = self.note.as_deref().map(|note| Text::lines(note, 500)).transpose();
        Ok(note.map_err(|refusal| refusal.at("/note"))?)
    }
}

/// What is confirmed of a relation, and what it rests on where an import left that open.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConfirmRelation {
    /// The version that was read and is confirmed; another by now is a conflict.
    #[validate(range(min = 1))]
    #[schema(example = 1, minimum = 1)]
    pub version: i64,
    /// Of one of the kind `not-stated`, which an import has raised: what it rests on; neither `not-stated` nor
    /// `granted-by-adult`. Whoever states it has entered the relation: one with rights goes on waiting where a second person
    /// confirms, for another one's confirmation without a kind.
    pub kind: Option<RelationKindCode>,
    /// With `kind`: the rights, each by itself; absent: what the kind carries by default, which is nothing unless the law appoints it.
    #[validate(length(max = 5))]
    #[schema(example = json!(["see", "report-absence"]), max_items = 5)]
    pub rights: Option<Vec<RightCode>>,
    /// A note.
    #[serde(default)]
    #[validate(length(min = 5, max = 500))]
    #[schema(example = "Kontrollerat mot folkbokföringen", min_length = 5, max_length = 500)]
    pub note: Option<String>,
}

impl ConfirmRelation {
    /// What it makes of a relation, beside the others over the same person; with the words for the log.
    pub(in crate::person) fn decide<'a>(
        &self,
        view: &RelationView,
        others: impl IntoIterator<Item = &'a RelationView>,
        decider: &Decider,
        second_person: SecondPerson,
    ) -> Result<(Relation, String), Problem> {
        same_version(self.version, view.saved.version)?;
        let note = self.note.as_deref().map(|note| Text::lines(note, 500)).transpose();
        let note = note.map_err(|refusal| refusal.at("/note"))?;
        let why = note.as_ref().map_or("confirmed by a second person", |note| note.as_str()).to_owned();
        let before = &view.saved.value;
        let after = confirmed(before, self.kind, self.rights.as_deref(), note, decider, second_person)?;
        let others = others.into_iter().filter(|other| other.saved.id != view.saved.id);
        if before.kind != after.kind {
            no_overlapping_relation(&after, others.map(|other| &other.saved.value))
                .map_err(|refusal| Refusal { pointer: String::new(), ..refusal }.at("/kind"))?;
        }
        Ok((after, why))
    }
}

/// What waits, confirmed; or of the kind that is stated.
pub(super) fn confirmed(
    before: &Relation,
    kind: Option<RelationKindCode>,
    rights: Option<&[RightCode]>,
    note: Option<Text>,
    decider: &Decider,
    second_person: SecondPerson,
) -> Result<Relation, Refusal> {
    match (kind, rights) {
        (Some(kind), rights) => {
            let rights = rights.map(rights_of).transpose()?;
            before.state_kind(kind.into(), rights, decider, note, second_person)
        }
        (None, Some(_)) => {
            Err(Refusal::new(Rule::Conflict, "belongs to a kind that is stated").at("/rights"))
        }
        (None, None) => before.confirm(decider, note),
    }
}

/// Why what waits is rejected.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RejectWaiting {
    /// The version that was read and is rejected; another by now is a conflict.
    #[validate(range(min = 1))]
    #[schema(example = 1, minimum = 1)]
    pub version: i64,
    /// Why.
    #[validate(length(min = 5, max = 500))]
    #[schema(example = "Domen har inte vunnit laga kraft", min_length = 5, max_length = 500)]
    pub note: String,
}

impl RejectWaiting {
    /// The note, checked.
    pub(in crate::person) fn checked(&self, version_now: i64) -> Result<Text, Problem> {
        same_version(self.version, version_now)?;
        Ok(Text::lines(&self.note, 500).map_err(|refusal| refusal.at("/note"))?)
    }
}

/// What is decided about is what was read.
pub(in crate::person) fn same_version(read: i64, now: i64) -> Result<(), Problem> {
    if read == now {
        Ok(())
    } else {
        Err(Refusal::new(Rule::State, "it has changed meanwhile; read it anew").at("/version").into())
    }
}

/// Who told us, unless it is said: a member of staff.
pub(super) fn staff() -> SourceCode {
    DataSource::Staff.into()
}

/// Whether what widens access waits for a second person.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = RelationSetting)]
pub struct RelationSettingDocument {
    /// Its version, as in the `ETag`; 0 while it was never saved.
    #[schema(example = 0, minimum = 0)]
    pub version: i64,
    /// Whether a second person confirms what widens access.
    #[schema(example = true)]
    pub second_person_confirms: bool,
}

impl RelationSettingDocument {
    pub(super) fn of<I>(saved: Option<&Saved<I, SecondPerson>>) -> Self {
        Self {
            version: saved.map_or(0, |saved| saved.version),
            second_person_confirms: saved.is_none_or(|saved| saved.value == SecondPerson::Needed),
        }
    }
}
