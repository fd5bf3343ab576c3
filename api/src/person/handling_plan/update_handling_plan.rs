use std::collections::BTreeSet;

use actix_web::{HttpResponse, patch, web};
use chrono::NaiveDate;
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ManageProtection},
    id::{Id, PersonId},
    person::{HandlingPlan, PersonName, PlanContent, ShownName, ShownNameKind},
    refusal::{Refusal, Refusals, Rule},
    text::Text,
};
use skolhus_persistence::{
    Tx,
    person::{handling_plan, handling_plan_setting},
};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::document::{ChosenNameDocument, HandlingPlanDocument, opened, shown};
use crate::{
    http::{
        body::Body,
        etag::IfMatch,
        patch::Patch,
        permit::Permit,
        problem::Problem,
        resource::{IdPath, PathId, saved},
        state::State,
    },
    person::{codes::ShownNameCode, relation::reason_of},
};

/// What to change of a handling plan; what is absent stays.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateHandlingPlan {
    /// The member of staff who answers for the plan: somebody with a duty or a staff account. A plan that is missing needs one.
    #[serde(default)]
    #[schema(value_type = Option<Uuid>, nullable = false, example = "0199a3f0-7c00-7000-8000-0000000000e1")]
    pub responsible_id: Patch<Uuid>,
    /// The members of staff who may know, beside those who hold the permission; replaces them all.
    #[serde(default)]
    #[validate(length(max = 50))]
    #[schema(value_type = Option<Vec<Uuid>>, nullable = false, max_items = 50, example = json!(["0199a3f0-7c00-7000-8000-0000000000e2"]))]
    pub may_know_ids: Patch<Vec<Uuid>>,
    /// Which name is shown to the person's own teachers: the alias unless another is wanted.
    #[serde(default)]
    #[schema(value_type = Option<ShownNameCode>, nullable = false)]
    pub shown_name: Patch<ShownNameCode>,
    /// The name to show where `shownName` is `chosen`, and only there.
    #[serde(default)]
    #[validate(nested)]
    #[schema(nullable = true)]
    pub chosen_name: Option<ChosenNameDocument>,
    /// That the person, or their guardians, want their own name shown. Needed when `shownName` becomes `own`.
    #[serde(default)]
    #[schema(default = false, example = false)]
    pub confirmed: bool,
    /// How home is reached.
    #[serde(default)]
    #[validate(length(min = 1, max = 2000))]
    #[schema(value_type = Option<String>, nullable = true, min_length = 1, max_length = 2000, example = "Ring skolans växel; kuratorn kopplar.\nSkicka inget hem.")]
    pub home: Patch<String>,
    /// Whatever else must be known.
    #[serde(default)]
    #[validate(length(min = 1, max = 4000))]
    #[schema(value_type = Option<String>, nullable = true, min_length = 1, max_length = 4000, example = "Inget skolfoto.")]
    pub notes: Patch<String>,
    /// When it is to be reviewed again, after today and within five years; of a plan that is new, after the interval unless it is said.
    #[serde(default)]
    #[schema(value_type = Option<NaiveDate>, nullable = false, example = "2027-08-17")]
    pub review_due: Patch<NaiveDate>,
    /// Why, as it stands in the log.
    #[validate(length(min = 5, max = 500))]
    #[schema(example = "Samtal med vårdnadshavaren 2026-08-17", min_length = 5, max_length = 500)]
    pub reason: String,
}

/// Change a handling plan
///
/// A merge patch on the handling plan of a protected person: the first one makes the plan. The access is logged.
/// Who is cleared is entered by itself.
#[utoipa::path(
    operation_id = "updateHandlingPlan", tag = "person",
    extensions(("x-permission" = json!("person:manage-protection"))),
    params(IdPath),
    request_body(content = UpdateHandlingPlan, content_type = "application/merge-patch+json",
        example = json!({ "responsibleId": "0199a3f0-7c00-7000-8000-0000000000e1", "home": "Ring skolans växel; kuratorn kopplar.", "reason": "Samtal med vårdnadshavaren 2026-08-17" })),
    responses((status = 200, description = "The plan as it is now.", body = HandlingPlanDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[patch("/v1/persons/{id}/handling-plan")]
pub async fn handle(
    permit: Permit<ManageProtection>,
    state: web::Data<State>,
    id: PathId<PersonId>,
    if_match: IfMatch,
    body: Body<UpdateHandlingPlan>,
) -> Result<HttpResponse, Problem> {
    let plan = state
        .database
        .write(permit.caller(), move |tx, scope| update_handling_plan(tx, scope, id.0, &if_match, &body))
        .await?;
    Ok(saved(plan.version, &plan))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`, `InvalidFields`; a failure of the database.
pub fn update_handling_plan(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: PersonId,
    if_match: &IfMatch,
    request: &UpdateHandlingPlan,
) -> Result<HandlingPlanDocument, Problem> {
    let reason = reason_of(&request.reason)?;
    let grant = tx.record_access(&reason, &[id]);
    let (before, plan) = opened(tx, scope, id, &grant)?;
    let interval = handling_plan_setting::in_force(tx.connection(), scope)?;
    let wanted = content(&plan, request)?;
    check_staff(tx, scope, &plan, &wanted)?;
    let after = plan.decide(wanted, scope.today(), interval)?;
    if_match.check_unless(after == plan, before.version)?;
    if after != plan {
        handling_plan::save(tx, scope, &before, (&plan, &after), reason.as_str())?;
    }
    shown(tx, scope, id, &grant)
}

/// What the patch makes of what was decided before.
fn content(plan: &HandlingPlan, request: &UpdateHandlingPlan) -> Result<PlanContent, Problem> {
    let UpdateHandlingPlan {
        responsible_id,
        may_know_ids,
        shown_name,
        chosen_name,
        confirmed,
        home,
        notes,
        review_due,
        reason: _,
    } = request.clone();
    let before = plan.content();
    let mut refusals = Refusals::default();
    let kind = refusals.note("/shownName", shown_name.require(before.shown.kind().into()));
    let chosen = match chosen_name.as_ref().map(ChosenNameDocument::checked).transpose() {
        Ok(chosen) => chosen,
        Err(Refusals(refused)) => {
            refusals.0.extend(refused.into_iter().map(|refusal| refusal.at("/chosenName")));
            None
        }
    };
    let shown = kind.and_then(|kind| {
        let named = chosen_name.is_some();
        refusals.note("", shown_as(&before.shown, kind.into(), chosen, named, confirmed))
    });
    let responsible = match responsible_id {
        Patch::Absent => before.responsible,
        Patch::Null => None,
        Patch::Value(id) => Some(Id::from_uuid(id)),
    };
    let named = refusals
        .note("/mayKnowIds", may_know_ids.require(before.may_know.iter().map(|id| id.uuid()).collect()));
    let may_know: BTreeSet<PersonId> = named.iter().flatten().copied().map(PersonId::from_uuid).collect();
    if named.is_some_and(|named| named.len() > may_know.len()) {
        refusals.0.push(Refusal::new(Rule::Duplicate, "somebody stands twice").at("/mayKnowIds"));
    }
    let text = |text: Patch<String>, present: Option<Text>, longest| match text {
        Patch::Absent => Ok(present),
        Patch::Null => Ok(None),
        Patch::Value(text) => Text::lines(&text, longest).map(Some),
    };
    let home = refusals.note("/home", text(home, before.home, 2_000)).flatten();
    let notes = refusals.note("/notes", text(notes, before.notes, 4_000)).flatten();
    let review_due = match review_due {
        Patch::Absent => None,
        Patch::Value(day) => Some(day),
        Patch::Null => {
            refusals.0.push(Refusal::new(Rule::Required, "this field cannot be removed").at("/reviewDue"));
            None
        }
    };
    refusals.finish().map_err(Problem::from)?;
    let Some(shown) = shown else { return Err(Problem::not_found()) };
    Ok(PlanContent { shown, responsible, may_know, home, notes, review_due })
}

/// The name to show. What would show the person's own name is confirmed.
fn shown_as(
    before: &ShownName,
    kind: ShownNameKind,
    chosen: Option<PersonName>,
    named: bool,
    confirmed: bool,
) -> Result<ShownName, Refusal> {
    match (kind, chosen, before) {
        (ShownNameKind::Chosen, Some(name), _) => Ok(ShownName::Chosen(name)),
        (ShownNameKind::Chosen, None, ShownName::Chosen(name)) => Ok(ShownName::Chosen(name.clone())),
        (ShownNameKind::Chosen, None, _) if named => Ok(ShownName::Alias),
        (ShownNameKind::Chosen, None, _) => {
            Err(Refusal::new(Rule::Required, "say which name was chosen").at("/chosenName"))
        }
        (_, Some(_), _) => {
            Err(Refusal::new(Rule::Conflict, "belongs to shownName chosen only").at("/chosenName"))
        }
        (ShownNameKind::Alias, None, _) => Ok(ShownName::Alias),
        (ShownNameKind::Own, None, ShownName::Own) => Ok(ShownName::Own),
        (ShownNameKind::Own, None, _) if confirmed => Ok(ShownName::Own),
        (ShownNameKind::Own, None, _) => {
            Err(Refusal::new(Rule::Required, "must be true to show the person's own name").at("/confirmed"))
        }
    }
}

/// Whether those who are named anew work in the organiser.
fn check_staff(
    tx: &mut Tx<'_>,
    scope: &Scope,
    before: &HandlingPlan,
    wanted: &PlanContent,
) -> Result<(), Problem> {
    let responsible = wanted.responsible.filter(|id| before.responsible != Some(*id));
    let may_know: Vec<PersonId> = wanted.may_know.difference(&before.may_know).copied().collect();
    let asked: Vec<PersonId> = may_know.iter().copied().chain(responsible).collect();
    let staff = handling_plan::staff_among(tx, scope, &asked)?;
    let mut refusals = Refusals::default();
    let unknown = || Refusal::new(Rule::UnknownReference, "there is no such member of staff");
    if responsible.is_some_and(|id| !staff.contains(&id)) {
        refusals.0.push(unknown().at("/responsibleId"));
    }
    if may_know.iter().any(|id| !staff.contains(id)) {
        refusals.0.push(unknown().at("/mayKnowIds"));
    }
    refusals.finish().map_err(Problem::from)
}
