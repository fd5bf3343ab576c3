use actix_web::{HttpResponse, put, web};
use serde::{Deserialize, Serialize};
use skolhus_domain::{
    access::{Scope, declared::ManageProtection},
    id::{Id, PersonId},
    person::{PersonFacts, Protection},
    refusal::{Refusal, Refusals, Rule},
    text::Text,
};
use skolhus_persistence::{Tx, person};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{codes::ProtectionCode, document::facts};
use crate::http::{
    body::Body,
    etag::IfMatch,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, saved},
    state::State,
    words::words,
};

words! {
    /// How a person is protected, as somebody has found out.
    DecidedProtectionWord("DecidedProtection") = vec!["none", "marked", "protected-registration"];
}

/// How a person is to be protected.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetProtection {
    /// The protection; `not-stated` cannot be set.
    #[schema(value_type = DecidedProtectionWord, example = "marked")]
    pub protection: ProtectionCode,
    /// That somebody has checked that it may be lowered. Needed whenever the new value protects less.
    #[serde(default)]
    #[schema(default = false, example = false)]
    pub confirmed: bool,
    /// Why, as it will stand in the log. Needed whenever the new value protects less.
    #[serde(default)]
    #[validate(length(min = 5, max = 500))]
    #[schema(example = "Beslut från Skatteverket 2026-08-14", min_length = 5, max_length = 500)]
    pub reason: Option<String>,
}

/// How a person is protected.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PersonProtection {
    /// Who.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub person_id: Uuid,
    /// The version of the person's record, as in the `ETag`.
    #[schema(example = 2, minimum = 1)]
    pub version: i64,
    /// The protection in force.
    pub protection: ProtectionCode,
}

/// Set a person's protection
///
/// A marking takes effect at once. To lift or lower it takes `confirmed` and a reason. The access is logged.
#[utoipa::path(
    operation_id = "setPersonProtection", tag = "person",
    extensions(("x-permission" = json!("person:manage-protection"))),
    params(IdPath),
    request_body(content = SetProtection, example = json!({ "protection": "marked", "reason": "Sekretessmarkering enligt Navet 2026-08-14" })),
    responses((status = 200, description = "The protection in force.", body = PersonProtection, headers(("ETag" = String, description = "The version of the person's record."))))
)]
#[put("/v1/persons/{id}/protection")]
pub async fn handle(
    permit: Permit<ManageProtection>,
    state: web::Data<State>,
    id: PathId<PersonId>,
    if_match: IfMatch,
    body: Body<SetProtection>,
) -> Result<HttpResponse, Problem> {
    let protection = state
        .database
        .write(permit.caller(), move |tx, scope| set_protection(tx, scope, id.0, &if_match, &body))
        .await?;
    Ok(saved(protection.version, &protection))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`, `InvalidFields`; a failure of the database.
pub fn set_protection(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: PersonId,
    if_match: &IfMatch,
    request: &SetProtection,
) -> Result<PersonProtection, Problem> {
    let SetProtection { protection, confirmed, reason } = request;
    let wanted = Protection::from(*protection);
    let reason = reason
        .as_deref()
        .map(|reason| Text::lines(reason, 500))
        .transpose()
        .map_err(|refusal| refusal.at("/reason"))?;
    if wanted == Protection::NotStated {
        return Err(Refusal::new(
            Rule::UnknownCode,
            "say what is known: none, marked or protected-registration",
        )
        .at("/protection")
        .into());
    }
    let noted = match &reason {
        Some(reason) => reason.clone(),
        None => Text::line("protection set", 500)?,
    };
    let grant = tx.record_access(&noted, &[id]);
    let present = person::open(tx, scope, id, &grant)?.ok_or_else(Problem::not_found)?;
    let before = facts(&present, scope, Some(&grant))?;
    if_match.check_unless(before.protection == wanted, present.version)?;
    if before.protection.would_be_lowered_by(wanted) {
        let mut refusals = Refusals::default();
        let needed = |pointer: &str, what: &str| Refusal::new(Rule::Required, what).at(pointer);
        if !confirmed {
            refusals.0.push(needed("/confirmed", "must be true to protect less than now"));
        }
        if reason.is_none() {
            refusals.0.push(needed("/reason", "say why, to protect less than now"));
        }
        refusals.finish().map_err(Problem::from)?;
    }
    if before.protection != wanted {
        let after = PersonFacts { protection: wanted, ..before };
        person::update(tx, scope, id, present.version, &after)?;
    }
    let saved = person::open(tx, scope, id, &grant)?.ok_or_else(Problem::not_found)?;
    Ok(PersonProtection {
        person_id: id.uuid(),
        version: saved.version,
        protection: saved.value.protection.into(),
    })
}
