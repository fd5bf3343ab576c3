use actix_web::{HttpResponse, patch, web};
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ManageRelations},
    id::RelationId,
    period::Period,
    person::{
        DataSource,
        relation::{Relation, RelationKind, SecondPerson, Terms, no_overlapping_relation},
    },
    refusal::{Refusal, Refusals, Rule},
    text::Text,
};
use skolhus_persistence::{
    Tx,
    person::{
        relation::{self, RelationView},
        relation_setting,
    },
};
use utoipa::ToSchema;
use validator::Validate;

use super::{
    document::{RelationDocument, codes, reason_of, rights_of},
    get_relation::get_relation,
};
use crate::{
    http::{
        body::Body,
        etag::IfMatch,
        patch::Patch,
        period::PeriodDocument,
        permit::Permit,
        problem::Problem,
        resource::{IdPath, PathId, saved},
        state::State,
    },
    person::codes::{RightCode, SourceCode},
};

/// What to change of a relation; what is absent stays.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateRelation {
    /// Who told us.
    #[serde(default)]
    #[schema(value_type = Option<SourceCode>, nullable = false)]
    pub source: Patch<SourceCode>,
    /// The days.
    #[serde(default)]
    #[schema(value_type = Option<PeriodDocument>, nullable = false)]
    pub period: Patch<PeriodDocument>,
    /// The rights; replaces them all.
    #[serde(default)]
    #[schema(value_type = Option<Vec<RightCode>>, nullable = false, max_items = 5, example = json!(["see", "report-absence"]))]
    #[validate(length(max = 5))]
    pub rights: Patch<Vec<RightCode>>,
    /// Why, as it stands in the log and is read by the one who confirms it.
    #[validate(length(min = 5, max = 500))]
    #[schema(example = "Ensam vårdnad enligt tingsrättens dom", min_length = 5, max_length = 500)]
    pub reason: String,
}

/// Change a relation
///
/// A merge patch: what is absent stays as it is, or as a change that waits would make it. What the
/// relation loses it loses at once. What it gains waits for a second person, unless the organiser
/// has turned that off. Another kind is another relation.
#[utoipa::path(
    operation_id = "updateRelation", tag = "person",
    extensions(("x-permission" = json!("relation:manage"))),
    params(IdPath),
    request_body(content = UpdateRelation, content_type = "application/merge-patch+json",
        example = json!({ "rights": ["see"], "reason": "Ensam vårdnad enligt tingsrättens dom" })),
    responses((status = 200, description = "Its present state.", body = RelationDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[patch("/v1/relations/{id}")]
pub async fn handle(
    permit: Permit<ManageRelations>,
    state: web::Data<State>,
    id: PathId<RelationId>,
    if_match: IfMatch,
    body: Body<UpdateRelation>,
) -> Result<HttpResponse, Problem> {
    let relation = state
        .database
        .write(permit.caller(), move |tx, scope| update_relation(tx, scope, id.0, &if_match, &body))
        .await?;
    Ok(saved(relation.version, &relation))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`, `InvalidFields`; a failure of the database.
pub fn update_relation(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: RelationId,
    if_match: &IfMatch,
    request: &UpdateRelation,
) -> Result<RelationDocument, Problem> {
    let view = relation::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    relation::lock(tx, view.saved.value.person)?;
    let UpdateRelation { source, period, rights, reason } = request.clone();
    let reason = reason_of(&reason)?;
    let wanted = Wanted { source, period, rights };
    let second_person = relation_setting::in_force(tx.connection(), scope)?;
    let others = relation::of_persons(tx.connection(), scope, &[view.saved.value.person])?;
    let Some(after) = check_change(scope, &view, &others, wanted, reason.clone(), second_person)? else {
        return Ok(RelationDocument::of(&view, scope.today()));
    };
    if_match.check(view.saved.version)?;
    relation::update(tx, scope, &view.saved, &after, reason.as_str())?;
    get_relation(tx.connection(), scope, id)
}

/// What is wanted of a relation.
pub(in crate::person) struct Wanted {
    pub(in crate::person) source: Patch<SourceCode>,
    pub(in crate::person) period: Patch<PeriodDocument>,
    pub(in crate::person) rights: Patch<Vec<RightCode>>,
}

/// The relation as it would be, without saving it; none where it is so already.
pub(in crate::person) fn check_change(
    scope: &Scope,
    view: &RelationView,
    others: &[RelationView],
    wanted: Wanted,
    reason: Text,
    second_person: SecondPerson,
) -> Result<Option<Relation>, Problem> {
    let before = &view.saved.value;
    let intended = before.intended();
    let Wanted { source, period, rights } = wanted;
    let mut refusals = Refusals::default();
    if before.kind == RelationKind::GrantedByAdult {
        refusals.0.push(Refusal::new(Rule::Conflict, "what a grown pupil has granted the pupil changes"));
    }
    let source = refusals.note("/source", source.require(before.source.into()));
    let period = refusals
        .note("/period", period.require(PeriodDocument::of(intended.period)))
        .and_then(|period| refusals.note("/period", Period::new(period.from, period.to)));
    let rights = refusals
        .note("/rights", rights.require(codes(intended.rights)))
        .and_then(|rights| refusals.note("", rights_of(&rights)));
    let (Some(source), Some(period), Some(rights)) = (source, period, rights) else {
        return Err(refusals.into());
    };
    refusals.finish().map_err(Problem::from)?;
    let terms = Terms { period, rights };
    let source = DataSource::from(source);
    if terms == intended && source == before.source {
        return Ok(None);
    }
    let after = before.change(terms, source, reason, scope.account(), second_person)?;
    let others = others.iter().filter(|other| other.saved.id != view.saved.id);
    no_overlapping_relation(&after, others.map(|other| &other.saved.value))?;
    Ok(Some(after))
}
