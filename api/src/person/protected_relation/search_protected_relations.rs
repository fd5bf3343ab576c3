use actix_web::{post, web};
use serde::{Deserialize, Serialize};
use skolhus_domain::{
    access::{Scope, declared::DisclosePersons},
    id::{Id, PersonId},
};
use skolhus_persistence::{
    Tx,
    person::{self, relation},
};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use crate::{
    http::{body::Body, permit::Permit, problem::Problem, state::State},
    person::relation::{RelationDocument, reason_of},
};

/// Over whom, and why.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SearchProtectedRelations {
    /// Over whom.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub person_id: Uuid,
    /// The reason, as it will stand in the log; it tells nothing of the person.
    #[validate(length(min = 5, max = 500))]
    #[schema(example = "Ny dom om vårdnaden", min_length = 5, max_length = 500)]
    pub reason: String,
}

/// The relations over somebody.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProtectedRelations {
    /// Every relation over the person that was not withdrawn, protected relatives' among them.
    pub data: Vec<RelationDocument>,
}

/// Open the relations over a person
///
/// Every relation over a person who may be protected, and whose relatives may be. `rightsToday` counts who is cleared.
/// That they were opened is logged.
#[utoipa::path(
    operation_id = "searchProtectedRelations", tag = "person",
    extensions(("x-permission" = json!("person:disclose"))),
    request_body(content = SearchProtectedRelations, example = json!({ "personId": "0199a3f0-7c00-7000-8000-0000000000c1", "reason": "Ny dom om vårdnaden" })),
    responses((status = 200, description = "The relations.", body = ProtectedRelations))
)]
#[post("/v1/protected-relations/search")]
pub async fn handle(
    permit: Permit<DisclosePersons>,
    state: web::Data<State>,
    body: Body<SearchProtectedRelations>,
) -> Result<web::Json<ProtectedRelations>, Problem> {
    let found = state
        .database
        .write(permit.caller(), move |tx, scope| search_protected_relations(tx, scope, &body))
        .await?;
    Ok(web::Json(found))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::InvalidFields`]; a failure of the database.
pub fn search_protected_relations(
    tx: &mut Tx<'_>,
    scope: &Scope,
    request: &SearchProtectedRelations,
) -> Result<ProtectedRelations, Problem> {
    let SearchProtectedRelations { person_id, reason } = request;
    let person = PersonId::from_uuid(*person_id);
    let reason = reason_of(reason)?;
    let grant = tx.record_access(&reason, &[person]);
    if person::open(tx, scope, person, &grant)?.is_none() {
        use skolhus_domain::refusal::{Refusal, Rule};
        return Err(Refusal::new(Rule::UnknownReference, "there is no such person").at("/personId").into());
    }
    let views = relation::open_of_person(tx, scope, person, &grant)?;
    let relatives: Vec<PersonId> = views.iter().map(|view| view.saved.value.relative).collect();
    let _ = tx.record_access(&reason, &relatives);
    let today = scope.today();
    Ok(ProtectedRelations { data: views.iter().map(|view| RelationDocument::of(view, today)).collect() })
}
