use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde::Deserialize;
use serde_json::json;
use skolhus_domain::{
    access::{Scope, declared::ManageRelations},
    id::{Id, PersonId, RelationId},
    period::Period,
    person::relation::{NewRelation, Relation, RelationKind, SecondPerson, no_overlapping_relation},
    refusal::{Refusal, Refusals, Rule},
    text::Text,
};
use skolhus_persistence::{
    DatabaseConnection, Tx,
    person::{
        self,
        relation::{self, RelationView},
        relation_setting,
    },
};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{
    document::{RelationDocument, reason_of, rights_of, staff},
    get_relation::get_relation,
};
use crate::{
    http::{
        body::Body,
        idempotency::{IdempotencyKey, Made},
        period::PeriodDocument,
        permit::Permit,
        problem::Problem,
        resource::created,
        state::State,
    },
    person::codes::{RelationKindCode, RightCode, SourceCode},
};

/// A relation to enter.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateRelation {
    /// Its id, if the caller brings one; else a fresh one is given.
    #[schema(example = "0199a3f0-7c00-7000-8000-000000000201")]
    pub id: Option<Uuid>,
    /// Over whom.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub person_id: Uuid,
    /// Who is to have the rights.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c2")]
    pub relative_id: Uuid,
    /// What it rests on; what a grown pupil grants the pupil enters, and only an import leaves it `not-stated`.
    pub kind: RelationKindCode,
    /// Who told us.
    #[serde(default = "staff")]
    #[schema(default = "staff")]
    pub source: SourceCode,
    /// The days.
    #[validate(nested)]
    pub period: PeriodDocument,
    /// The rights, each by itself; absent: what the kind carries by default, which is nothing unless the law appoints it.
    #[validate(length(max = 5))]
    #[schema(example = json!(["see", "report-absence"]), max_items = 5)]
    pub rights: Option<Vec<RightCode>>,
    /// Why, as it stands in the log and is read by the one who confirms it.
    #[validate(length(min = 5, max = 500))]
    #[schema(example = "Vårdnadshavare enligt folkbokföringen", min_length = 5, max_length = 500)]
    pub reason: String,
}

/// Enter a relation
///
/// A new relation. One that carries rights waits for a second person, unless the organiser has
/// turned that off, and carries nothing until then. What it would change can be asked for before.
#[utoipa::path(
    operation_id = "createRelation", tag = "person",
    extensions(("x-permission" = json!("relation:manage")), ("x-idempotent" = json!(true))),
    request_body(content = CreateRelation, example = json!({
        "personId": "0199a3f0-7c00-7000-8000-0000000000c1",
        "relativeId": "0199a3f0-7c00-7000-8000-0000000000c2",
        "kind": "guardian",
        "source": "population-register",
        "period": { "from": "2026-08-17" },
        "rights": ["see", "report-absence"],
        "reason": "Vårdnadshavare enligt folkbokföringen",
    })),
    responses((status = 201, description = "It is entered; `state` says whether it waits.", body = RelationDocument,
        headers(("ETag" = String, description = "Its version."), ("Location" = String, description = "Its address."))))
)]
#[post("/v1/relations")]
pub async fn handle(
    permit: Permit<ManageRelations>,
    state: web::Data<State>,
    key: IdempotencyKey,
    body: Body<CreateRelation>,
) -> Result<HttpResponse, Problem> {
    let (caller, fresh) = (permit.caller().clone(), state.fresh::<RelationId>());
    let made = state
        .database
        .write(permit.caller(), move |tx, scope| {
            key.once(
                tx,
                scope,
                &caller,
                &body.bytes,
                |tx, scope| {
                    let answer = create_relation(tx, scope, fresh, &body)?;
                    Ok(Made { status: StatusCode::CREATED, handle: json!(answer.id), answer })
                },
                |tx, scope, made| {
                    let id = made
                        .as_str()
                        .and_then(|id| Uuid::try_parse(id).ok())
                        .ok_or_else(Problem::not_found)?;
                    get_relation(tx.connection(), scope, Id::from_uuid(id))
                },
            )
        })
        .await?;
    let location = format!("/v1/relations/{}", made.answer.id);
    Ok(created(made.status, location, made.answer.version, &made.answer))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::InvalidFields`]; a failure of the database.
pub fn create_relation(
    tx: &mut Tx<'_>,
    scope: &Scope,
    fresh: RelationId,
    request: &CreateRelation,
) -> Result<RelationDocument, Problem> {
    relation::lock(tx, PersonId::from_uuid(request.person_id))?;
    let reason = reason_of(&request.reason)?;
    let second_person = relation_setting::in_force(tx.connection(), scope)?;
    let fields = Fields::of(request);
    let beside = Beside::find(tx.connection(), scope, &fields)?;
    let new = check_new(scope, &fields, &beside, reason, second_person)?;
    let id = request.id.map_or(fresh, Id::from_uuid);
    if relation::is_taken(tx.connection(), scope, id)? {
        return Err(Refusal::new(Rule::Duplicate, "the id is in use").at("/id").into());
    }
    relation::insert(tx, scope, id, &new)?;
    get_relation(tx.connection(), scope, id)
}

/// The fields of a new relation that people decide.
pub(in crate::person) struct Fields {
    pub(in crate::person) person: PersonId,
    pub(in crate::person) relative: PersonId,
    pub(super) kind: RelationKind,
    pub(super) source: SourceCode,
    pub(super) period: PeriodDocument,
    pub(super) rights: Option<Vec<RightCode>>,
}

impl Fields {
    pub(in crate::person) fn of(request: &CreateRelation) -> Self {
        let CreateRelation { id: _, person_id, relative_id, kind, source, period, rights, reason: _ } =
            request.clone();
        Self {
            person: Id::from_uuid(person_id),
            relative: Id::from_uuid(relative_id),
            kind: kind.into(),
            source,
            period,
            rights,
        }
    }
}

/// What a new relation is checked against.
pub(in crate::person) struct Beside {
    /// Those of the two whom the caller may name.
    pub(in crate::person) known: Vec<PersonId>,
    /// The relations over the person.
    pub(in crate::person) others: Vec<RelationView>,
}

impl Beside {
    /// What the caller reaches.
    pub(super) fn find(
        connection: &mut DatabaseConnection,
        scope: &Scope,
        fields: &Fields,
    ) -> Result<Self, Problem> {
        let found = person::find_many(connection, scope, &[fields.person, fields.relative])?;
        Ok(Self {
            known: found.into_iter().map(|saved| saved.id).collect(),
            others: relation::of_persons(connection, scope, &[fields.person])?,
        })
    }
}

/// Checks a new relation against the register, without saving it.
pub(in crate::person) fn check_new(
    scope: &Scope,
    fields: &Fields,
    beside: &Beside,
    reason: Text,
    second_person: SecondPerson,
) -> Result<Relation, Problem> {
    let Fields { person, relative, kind, source, period, rights } = fields;
    let mut refusals = Refusals::default();
    let unknown = |pointer: &str| Refusal::new(Rule::UnknownReference, "there is no such person").at(pointer);
    let Beside { known, others } = beside;
    if !known.contains(person) {
        refusals.0.push(unknown("/personId"));
    }
    if !known.contains(relative) {
        refusals.0.push(unknown("/relativeId"));
    }
    if *kind == RelationKind::GrantedByAdult {
        let detail = "what a grown pupil grants the pupil enters";
        refusals.0.push(Refusal::new(Rule::Conflict, detail).at("/kind"));
    }
    if *kind == RelationKind::NotStated {
        let detail = "what it rests on is left open by an import alone";
        refusals.0.push(Refusal::new(Rule::Conflict, detail).at("/kind"));
    }
    let (from, to) = period.raw();
    let period = refusals.note("/period", Period::new(from, to));
    let rights = refusals.note("", rights.as_deref().map(rights_of).transpose());
    refusals.finish().map_err(Problem::from)?;
    let (Some(period), Some(rights)) = (period, rights) else { return Err(Problem::not_found()) };
    let new = NewRelation {
        person: *person,
        relative: *relative,
        kind: *kind,
        source: (*source).into(),
        period,
        rights,
        reason,
    };
    let new = Relation::enter(new, scope.account(), second_person)?;
    no_overlapping_relation(&new, others.iter().map(|other| &other.saved.value))?;
    Ok(new)
}
