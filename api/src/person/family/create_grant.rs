use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde::Deserialize;
use serde_json::json;
use skolhus_domain::{
    access::{Scope, declared::GrantOwnRights},
    id::{Id, PersonId, RelationId},
    period::Period,
    person::{
        DataSource,
        relation::{
            Adulthood, NewRelation, Relation, RelationKind, SecondPerson, adulthood, no_overlapping_relation,
        },
    },
    refusal::{Refusal, Rule},
    text::Text,
};
use skolhus_persistence::{Tx, person::relation};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{get_grant::get_grant, list_relatives::RelativeDocument};
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
    person::{codes::RightCode, relation::rights_of},
};

/// What a grown pupil grants.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateGrant {
    /// To whom: one of those on the list of one's own relatives.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c2")]
    pub relative_id: Uuid,
    /// Which rights; to decide cannot be granted.
    #[validate(length(min = 1, max = 5))]
    #[schema(example = json!(["see", "report-absence"]), min_items = 1, max_items = 5)]
    pub rights: Vec<RightCode>,
    /// On which days.
    #[validate(nested)]
    pub period: PeriodDocument,
}

/// Grant rights over oneself
///
/// From the start of the 18th birthday a guardian has no rights any more. Whoever has come of age
/// may grant some of them again, to those on the list of their relatives, and take them back. It
/// takes effect at once: nobody else decides about it.
#[utoipa::path(
    operation_id = "createOwnGrant", tag = "person",
    extensions(("x-permission" = json!("grant:own")), ("x-idempotent" = json!(true))),
    request_body(content = CreateGrant, example = json!({
        "relativeId": "0199a3f0-7c00-7000-8000-0000000000c2",
        "rights": ["see", "report-absence"],
        "period": { "from": "2026-08-17", "to": "2027-06-11" },
    })),
    responses((status = 201, description = "It is granted.", body = RelativeDocument,
        headers(("ETag" = String, description = "Its version."), ("Location" = String, description = "Its address."))))
)]
#[post("/v1/me/grants")]
pub async fn handle(
    permit: Permit<GrantOwnRights>,
    state: web::Data<State>,
    key: IdempotencyKey,
    body: Body<CreateGrant>,
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
                    let answer = create_grant(tx, scope, fresh, &body)?;
                    Ok(Made { status: StatusCode::CREATED, handle: json!(answer.id), answer })
                },
                |tx, scope, made| {
                    let id = made
                        .as_str()
                        .and_then(|id| Uuid::try_parse(id).ok())
                        .ok_or_else(Problem::not_found)?;
                    get_grant(tx.connection(), scope, Id::from_uuid(id))
                },
            )
        })
        .await?;
    let location = format!("/v1/me/grants/{}", made.answer.id);
    Ok(created(made.status, location, made.answer.version, &made.answer))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::InvalidFields`]; a failure of the database.
pub fn create_grant(
    tx: &mut Tx<'_>,
    scope: &Scope,
    fresh: RelationId,
    request: &CreateGrant,
) -> Result<RelativeDocument, Problem> {
    let CreateGrant { relative_id, rights, period } = request.clone();
    let unknown = || Refusal::new(Rule::UnknownReference, "there is no such relative").at("/relativeId");
    let own = scope.person().ok_or_else(unknown)?;
    let relative = PersonId::from_uuid(relative_id);
    relation::lock(tx, own)?;
    let relations = relation::of_persons(tx.connection(), scope, &[own])?;
    let known = relations
        .iter()
        .find(|view| view.saved.value.relative == relative && view.saved.value.is_confirmed())
        .ok_or_else(unknown)?;
    if adulthood(known.birth_date, scope.today()) != Adulthood::Adult {
        let detail = "only somebody who is of age grants rights over themselves";
        return Err(Refusal::new(Rule::Conflict, detail).at("/relativeId").into());
    }
    let (from, to) = period.raw();
    let new = NewRelation {
        person: own,
        relative,
        kind: RelationKind::GrantedByAdult,
        source: DataSource::Person,
        period: Period::new(from, to).map_err(|refusal| refusal.at("/period"))?,
        rights: Some(rights_of(&rights)?),
        reason: Text::line("granted by the person themselves", 500)?,
    };
    let new = Relation::enter(new, scope.account(), SecondPerson::NotNeeded)?;
    no_overlapping_relation(&new, relations.iter().map(|view| &view.saved.value))?;
    relation::insert(tx, scope, fresh, &new)?;
    get_grant(tx.connection(), scope, fresh)
}
