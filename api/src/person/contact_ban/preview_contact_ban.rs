use actix_web::{post, web};
use serde::{Deserialize, Serialize};
use skolhus_domain::{
    access::{Scope, declared::ManageRelations},
    id::Id,
    period::Period,
    person::relation::{Between, Relation},
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{DatabaseConnection, person};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use crate::{
    http::{body::Body, period::PeriodDocument, permit::Permit, problem::Problem, state::State},
    person::relation::{Pair, SpanDocument, documents},
};

/// A ban that somebody thinks of.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PreviewContactBan {
    /// Who would be kept safe.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub person_id: Uuid,
    /// Against whom.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c2")]
    pub against_id: Uuid,
    /// The days.
    #[validate(nested)]
    pub period: PeriodDocument,
}

/// Who would lose what.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ContactBanPreview {
    /// Who would be kept safe.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub person_id: Uuid,
    /// Against whom.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c2")]
    pub against_id: Uuid,
    /// The rights of the one whom it would be against, from today on. A ban is in force at once.
    pub spans: Vec<SpanDocument>,
}

/// Preview a contact ban
///
/// Which rights the one whom it would be against would lose, from today on. Nothing is saved.
#[utoipa::path(
    operation_id = "previewContactBan", tag = "person",
    extensions(("x-permission" = json!("relation:manage"))),
    request_body(content = PreviewContactBan, example = json!({
        "personId": "0199a3f0-7c00-7000-8000-0000000000c1",
        "againstId": "0199a3f0-7c00-7000-8000-0000000000c2",
        "period": { "from": "2026-08-14", "to": "2027-08-13" },
    })),
    responses((status = 200, description = "What would change.", body = ContactBanPreview))
)]
#[post("/v1/contact-ban-previews")]
pub async fn handle(
    permit: Permit<ManageRelations>,
    state: web::Data<State>,
    body: Body<PreviewContactBan>,
) -> Result<web::Json<ContactBanPreview>, Problem> {
    let preview = state
        .database
        .read(permit.caller(), move |connection, scope| preview_contact_ban(connection, scope, &body))
        .await?;
    Ok(web::Json(preview))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::InvalidFields`]; a failure of the database.
pub fn preview_contact_ban(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    request: &PreviewContactBan,
) -> Result<ContactBanPreview, Problem> {
    let PreviewContactBan { person_id, against_id, period } = request.clone();
    let (kept_safe, against) = (Id::from_uuid(person_id), Id::from_uuid(against_id));
    for (person, pointer) in [(kept_safe, "/personId"), (against, "/againstId")] {
        if !person::exists(connection, scope, person)? {
            let refusal = Refusal::new(Rule::UnknownReference, "there is no such person").at(pointer);
            return Err(refusal.into());
        }
    }
    let (from, to) = period.raw();
    let period = Period::new(from, to).map_err(|refusal| refusal.at("/period"))?;
    let Pair { birth_date, relations, bans, described: _ } =
        Pair::load(connection, scope, kept_safe, against)?;
    let relations: Vec<Relation> = relations.into_iter().map(|(_, relation)| relation).collect();
    let before = Between { birth_date, relations, bans };
    let mut after = before.clone();
    after.bans.push(period);
    let spans = documents(scope.today(), [&before, &after, &after]);
    Ok(ContactBanPreview { person_id, against_id, spans })
}
