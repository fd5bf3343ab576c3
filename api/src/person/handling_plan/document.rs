//! Handling plans as the interface shows them, and what is read with them.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use skolhus_domain::{
    access::{InformationClass, Scope},
    id::{Id, PersonId},
    person::{
        ClassPermit, Grant, HandlingPlan, IntervalDecision, NameDraft, PersonName, ReviewInterval, ShownName,
    },
    refusal::Refusals,
};
use skolhus_persistence::{
    Saved, Tx,
    person::{
        clearing,
        handling_plan::{self, PlanEntry, SavedPlan},
    },
};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use crate::{
    http::problem::Problem,
    person::{
        clearing::ClearingDocument,
        codes::{PlanStateCode, ProtectionCode, ShownNameCode},
    },
};

/// A handling plan (hanteringsplan): how a protected person is handled at the school.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = HandlingPlan)]
pub struct HandlingPlanDocument {
    /// Whose plan it is.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub person_id: Uuid,
    /// Its version, as in the `ETag`.
    #[schema(example = 1, minimum = 1)]
    pub version: i64,
    /// When the person was protected, and the alias made.
    #[schema(example = "2026-08-17T06:10:00Z")]
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    #[schema(example = "2026-08-17T06:10:00Z")]
    pub modified_at: DateTime<Utc>,
    /// How far it has come. `missing`: nobody has made a plan, and only the alias is there.
    pub state: PlanStateCode,
    /// The alias that the program made: a word and a number that tell nothing, and are nobody else's.
    #[schema(example = "Kompass 482")]
    pub alias: String,
    /// Which name is shown to the person's own teachers.
    pub shown_name: ShownNameCode,
    /// The name that was chosen; null unless `shownName` is `chosen`.
    #[schema(required)]
    pub chosen_name: Option<ChosenNameDocument>,
    /// The member of staff who answers for the plan; null while it is missing.
    #[schema(required, example = "0199a3f0-7c00-7000-8000-0000000000e1")]
    pub responsible_id: Option<Uuid>,
    /// The members of staff who may know, beside those who hold the permission. It opens nothing to them in the
    /// program: it says whom one may talk to.
    #[schema(example = json!(["0199a3f0-7c00-7000-8000-0000000000e2"]))]
    pub may_know_ids: Vec<Uuid>,
    /// How home is reached.
    #[schema(required, example = "Ring skolans växel; kuratorn kopplar.\nSkicka inget hem.")]
    pub home: Option<String>,
    /// Whatever else must be known.
    #[schema(required, example = "Inget skolfoto.")]
    pub notes: Option<String>,
    /// When somebody decided about the plan, or reviewed it, last; null while it is missing.
    #[schema(required, example = "2026-08-17")]
    pub reviewed_on: Option<NaiveDate>,
    /// When it is to be reviewed again; while it is missing, since when it should be there.
    #[schema(example = "2027-08-17")]
    pub review_due: NaiveDate,
    /// The relatives who are cleared to know, those who wait for a second person among them.
    pub clearings: Vec<ClearingDocument>,
}

/// A name chosen for a protected person.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = ChosenName)]
pub struct ChosenNameDocument {
    /// The given name.
    #[validate(length(min = 1, max = 100))]
    #[schema(example = "Kim", min_length = 1, max_length = 100)]
    pub given_name: String,
    /// The family name.
    #[validate(length(min = 1, max = 100))]
    #[schema(example = "Ek", min_length = 1, max_length = 100)]
    pub family_name: String,
}

impl ChosenNameDocument {
    fn of(name: &PersonName) -> Self {
        Self { given_name: name.given().as_str().to_owned(), family_name: name.family().as_str().to_owned() }
    }

    /// The name, checked.
    pub(super) fn checked(&self) -> Result<PersonName, Refusals> {
        PersonName::new(&NameDraft {
            given: self.given_name.clone(),
            middle: None,
            family: self.family_name.clone(),
            preferred_given: None,
        })
    }
}

/// The plan that the grant opens, or 404.
pub(super) fn opened(
    tx: &mut Tx<'_>,
    scope: &Scope,
    person: PersonId,
    grant: &Grant,
) -> Result<(SavedPlan, HandlingPlan), Problem> {
    let saved = handling_plan::open(tx, scope, person, grant)?.ok_or_else(Problem::not_found)?;
    let permit = ClassPermit::decided(scope.classes_about(person).has(InformationClass::Protected));
    let plan = saved.value.open_with(permit, grant).map_err(|_| Problem::not_found())?.clone();
    Ok((saved, plan))
}

/// The plan as it stands, with who is cleared.
pub(super) fn shown(
    tx: &mut Tx<'_>,
    scope: &Scope,
    person: PersonId,
    grant: &Grant,
) -> Result<HandlingPlanDocument, Problem> {
    let (saved, plan) = opened(tx, scope, person, grant)?;
    let clearings = clearing::of_person(tx, scope, person, grant)?;
    let Saved { id: _, version, created_at, modified_at, value: _ } = saved;
    let state = plan.state(scope.today());
    let HandlingPlan { person, alias, shown, responsible, may_know, home, notes, reviewed_on, review_due } =
        plan;
    Ok(HandlingPlanDocument {
        person_id: person.uuid(),
        version,
        created_at,
        modified_at,
        state: state.into(),
        alias: alias.to_string(),
        shown_name: shown.kind().into(),
        chosen_name: match &shown {
            ShownName::Chosen(name) => Some(ChosenNameDocument::of(name)),
            ShownName::Alias | ShownName::Own => None,
        },
        responsible_id: responsible.map(Id::uuid),
        may_know_ids: may_know.into_iter().map(Id::uuid).collect(),
        home: home.map(|text| text.into_string()),
        notes: notes.map(|text| text.into_string()),
        reviewed_on,
        review_due,
        clearings: clearings.iter().map(ClearingDocument::of).collect(),
    })
}

/// A line of the register of handling plans. It holds no name but the alias.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = HandlingPlanEntry)]
pub struct PlanEntryDocument {
    /// Whose plan it is.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub person_id: Uuid,
    /// Its version, as in the `ETag` of the plan.
    #[schema(example = 1, minimum = 1)]
    pub version: i64,
    /// When it was changed last.
    #[schema(example = "2026-08-17T06:10:00Z")]
    pub modified_at: DateTime<Utc>,
    /// How the person is protected.
    pub protection: ProtectionCode,
    /// The alias.
    #[schema(example = "Kompass 482")]
    pub alias: String,
    /// How far the plan has come.
    pub state: PlanStateCode,
    /// The member of staff who answers for it; null while it is missing.
    #[schema(required, example = "0199a3f0-7c00-7000-8000-0000000000e1")]
    pub responsible_id: Option<Uuid>,
    /// When somebody decided about it, or reviewed it, last.
    #[schema(required, example = "2026-08-17")]
    pub reviewed_on: Option<NaiveDate>,
    /// When it is to be reviewed; while it is missing, since when it should be there.
    #[schema(example = "2027-08-17")]
    pub review_due: NaiveDate,
}

impl PlanEntryDocument {
    pub(super) fn of(entry: PlanEntry) -> Self {
        let PlanEntry {
            id: _,
            version,
            modified_at,
            person,
            protection,
            alias,
            state,
            responsible,
            reviewed_on,
            review_due,
        } = entry;
        Self {
            person_id: person.uuid(),
            version,
            modified_at,
            protection: protection.into(),
            alias: alias.to_string(),
            state: state.into(),
            responsible_id: responsible.map(Id::uuid),
            reviewed_on,
            review_due,
        }
    }
}

/// How often handling plans are reviewed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = HandlingPlanSetting)]
pub struct HandlingPlanSettingDocument {
    /// Its version, as in the `ETag`; 0 while nobody has decided.
    #[schema(example = 0, minimum = 0)]
    pub version: i64,
    /// After how many months a plan is to be reviewed, unless another day is said; 12 until somebody has decided.
    #[schema(example = 12, minimum = 1, maximum = 60)]
    pub interval_months: u8,
    /// When it was decided; null while nobody has.
    #[schema(required, example = "2026-08-14")]
    pub decided_on: Option<NaiveDate>,
    /// By whom and why; null while nobody has.
    #[schema(required, example = "Rektors beslut 2026-114")]
    pub decision: Option<String>,
}

impl HandlingPlanSettingDocument {
    pub(super) fn of<I>(saved: Option<&Saved<I, IntervalDecision>>) -> Self {
        let value = saved.map(|saved| &saved.value);
        Self {
            version: saved.map_or(0, |saved| saved.version),
            interval_months: value.map_or(ReviewInterval::UNLESS_DECIDED, |value| value.interval).count(),
            decided_on: value.map(|value| value.decided_on),
            decision: value.map(|value| value.decision.as_str().to_owned()),
        }
    }
}
