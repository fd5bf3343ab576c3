use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde::{Deserialize, Serialize};
use serde_json::json;
use skolhus_domain::{
    access::{Scope, declared::CertifyEducationBackground},
    code::Table,
    education_background::certify_all,
    id::{Id, PersonId},
    refusal::{Refusal, Refusals, Rule},
};
use skolhus_persistence::{
    Tx,
    education_background::{self, PersonBackground},
    organisation::code,
};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{certify_education_background::NewEducationCertification, document::EducationBackgroundDocument};
use crate::http::{
    body::Body,
    idempotency::{IdempotencyKey, Made},
    permit::Permit,
    problem::Problem,
    state::State,
};

/// What the school certifies of many.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = CertifyEducationBackgrounds)]
pub struct Certifications {
    /// 1 to 200 certifications, each person once, each with its own document.
    #[validate(length(min = 1, max = 200), nested)]
    #[schema(min_items = 1, max_items = 200)]
    pub items: Vec<CertificationItem>,
}

/// A certification of one of them.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = CertifyEducationBackgroundItem)]
pub struct CertificationItem {
    /// Whose.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub person_id: Uuid,
    /// The version that was looked at, 0 where nothing is known; another by now is a conflict.
    #[validate(range(min = 0))]
    #[schema(example = 1, minimum = 0)]
    pub version: i64,
    /// What is certified.
    #[validate(nested)]
    pub certification: NewEducationCertification,
}

/// What became of them.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CertifiedEducationBackgrounds)]
pub struct Certified {
    /// In the order of the items.
    pub data: Vec<EducationBackgroundDocument>,
}

/// Certify many education backgrounds
///
/// As certifying one, for up to 200 at once: all or none. What is refused of one is named by its place (`/items/3/certification/evidence`),
/// and then nothing is saved.
#[utoipa::path(
    operation_id = "certifyEducationBackgrounds", tag = "education-background",
    extensions(("x-permission" = json!("education-background:certify")), ("x-idempotent" = json!(true))),
    request_body(content = Certifications, example = json!({ "items": [{
        "personId": "0199a3f0-7c00-7000-8000-0000000000c1", "version": 0,
        "certification": { "code": "compulsory", "basis": "document", "evidence": "Slutbetyg från Ängelholms gymnasieskola, 2019" }
    }] })),
    responses((status = 200, description = "All are certified.", body = Certified))
)]
#[post("/v1/education-backgrounds/certifications")]
pub async fn handle(
    permit: Permit<CertifyEducationBackground>,
    state: web::Data<State>,
    key: IdempotencyKey,
    body: Body<Certifications>,
) -> Result<HttpResponse, Problem> {
    let caller = permit.caller().clone();
    let made = state
        .database
        .write(permit.caller(), move |tx, scope| {
            key.once(
                tx,
                scope,
                &caller,
                &body.bytes,
                |tx, scope| {
                    let answer = certify_many(tx, scope, &body)?;
                    Ok(Made { status: StatusCode::OK, handle: json!(null), answer })
                },
                |tx, scope, _| shown(tx, scope, &body),
            )
        })
        .await?;
    Ok(HttpResponse::Ok().json(made.answer))
}

fn ids(request: &Certifications) -> Vec<PersonId> {
    request.items.iter().map(|item| PersonId::from_uuid(item.person_id)).collect()
}

fn shown(tx: &mut Tx<'_>, scope: &Scope, request: &Certifications) -> Result<Certified, Problem> {
    let ids = ids(request);
    let found = education_background::of_persons(tx.connection(), scope, &ids)?;
    let of = |id: &PersonId| found.iter().find(|view| view.person == *id);
    Ok(Certified { data: ids.iter().filter_map(of).map(EducationBackgroundDocument::of).collect() })
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotPermitted`] for one's own and relatives', `InvalidFields`, `Conflict` for one that has
/// changed; a failure of the database.
fn certify_many(tx: &mut Tx<'_>, scope: &Scope, request: &Certifications) -> Result<Certified, Problem> {
    let ids = ids(request);
    education_background::lock(tx, &ids)?;
    let found = education_background::of_persons(tx.connection(), scope, &ids)?;
    let mut refusals = Refusals::default();
    let mut known: Vec<PersonBackground> = Vec::with_capacity(ids.len());
    for (place, (id, item)) in ids.iter().zip(&request.items).enumerate() {
        match found.iter().find(|view| view.person == *id) {
            None => refusals.0.push(
                Refusal::new(Rule::UnknownReference, "there is no such person")
                    .at(&format!("/items/{place}/personId")),
            ),
            Some(view) if view.version() != item.version => refusals.0.push(
                Refusal::new(Rule::State, format!("it is at version {} now", view.version()))
                    .at(&format!("/items/{place}/version")),
            ),
            Some(view) => known.push(view.clone()),
        }
    }
    refusals.finish()?;
    let table = code::entries(tx.connection(), Table::EducationBackground)?;
    let related = education_background::related(tx.connection(), scope, &ids)?;
    let items = known.iter().zip(&request.items).map(|(view, item)| {
        let related = related.get(&view.person).map_or(&[][..], Vec::as_slice);
        (view.value(), item.certification.on_day(scope.today()), related)
    });
    let certified = certify_all(items.collect(), scope.person(), &table).map_err(placed)?;
    let changes: Vec<_> = known.into_iter().zip(certified).collect();
    education_background::save_many(tx, scope, &changes)?;
    shown(tx, scope, request)
}

/// Refusals at `/3/evidence` as they stand in the request: `/items/3/certification/evidence`.
fn placed(refusals: Refusals) -> Refusals {
    let place = |refusal: Refusal| {
        let pointer = refusal.pointer.trim_start_matches('/');
        let (number, field) = pointer.split_once('/').unwrap_or((pointer, ""));
        let field = if field.is_empty() { String::new() } else { format!("/certification/{field}") };
        Refusal { pointer: format!("/items/{number}{field}"), ..refusal }
    };
    Refusals(refusals.0.into_iter().map(place).collect())
}
