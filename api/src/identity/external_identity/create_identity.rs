use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde::Deserialize;
use serde_json::json;
use skolhus_domain::{
    access::{Level, Scope, declared::ManageIdentityProviders},
    id::{AccountId, ExternalIdentityId, Id, IdentityProviderId},
    identity::{ExternalIdentity, subject},
    refusal::{Refusal, Refusals, Rule},
};
use skolhus_persistence::{
    Tx,
    identity::{account, external_identity, identity_provider},
};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{document::ExternalIdentityDocument, get_identity::get_identity};
use crate::http::{
    body::Body,
    idempotency::{IdempotencyKey, Made},
    permit::Permit,
    problem::Problem,
    resource::created,
    state::State,
};

/// What a provider calls somebody, to be bound to their account.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateExternalIdentity {
    /// Its id, if the caller brings one; else a fresh one is given.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000b6")]
    pub id: Option<Uuid>,
    /// The provider.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000b4")]
    pub identity_provider_id: Uuid,
    /// What it calls somebody (`sub`), letter by letter.
    #[validate(length(min = 1, max = 255))]
    #[schema(example = "248289761001", min_length = 1, max_length = 255, pattern = "^[!-~]+$")]
    pub subject: String,
    /// Whose account it is.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000d1")]
    pub account_id: Uuid,
}

/// Bind an external identity to an account
///
/// For those who do not do it themselves: whoever the provider calls so logs in to the account from now on. What it calls somebody
/// belongs to one account, and an account is known by one name at each provider.
#[utoipa::path(
    operation_id = "createExternalIdentity", tag = "identity",
    extensions(("x-permission" = json!("identity-provider:manage")), ("x-idempotent" = json!(true))),
    request_body(content = CreateExternalIdentity, example = json!({
        "identityProviderId": "0199a3f0-7c00-7000-8000-0000000000b4", "subject": "248289761001",
        "accountId": "0199a3f0-7c00-7000-8000-0000000000d1",
    })),
    responses((status = 201, description = "It is bound.", body = ExternalIdentityDocument,
        headers(("ETag" = String, description = "Its version."), ("Location" = String, description = "Its address."))))
)]
#[post("/v1/external-identities")]
pub async fn handle(
    permit: Permit<ManageIdentityProviders>,
    state: web::Data<State>,
    key: IdempotencyKey,
    body: Body<CreateExternalIdentity>,
) -> Result<HttpResponse, Problem> {
    let (caller, fresh) = (permit.caller().clone(), state.fresh::<ExternalIdentityId>());
    let level = permit.level;
    let made = state
        .database
        .write(permit.caller(), move |tx, scope| {
            key.once(
                tx,
                scope,
                &caller,
                &body.bytes,
                |tx, scope| {
                    let answer = create_identity(tx, scope, fresh, level, &body)?;
                    Ok(Made { status: StatusCode::CREATED, handle: json!(answer.id), answer })
                },
                |tx, scope, handle| {
                    let id = handle
                        .as_str()
                        .and_then(|id| Uuid::try_parse(id).ok())
                        .ok_or_else(Problem::not_found)?;
                    get_identity(tx.connection(), scope, Id::from_uuid(id))
                },
            )
        })
        .await?;
    let location = format!("/v1/external-identities/{}", made.answer.id);
    Ok(created(made.status, location, made.answer.version, &made.answer))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::InvalidFields`]; a failure of the database.
fn create_identity(
    tx: &mut Tx<'_>,
    scope: &Scope,
    fresh: ExternalIdentityId,
    level: Level,
    request: &CreateExternalIdentity,
) -> Result<ExternalIdentityDocument, Problem> {
    let mut refusals = Refusals::default();
    let (provider, account) = (
        IdentityProviderId::from_uuid(request.identity_provider_id),
        AccountId::from_uuid(request.account_id),
    );
    let subject = refusals.note("/subject", subject(&request.subject));
    let unknown = |what: &str| Refusal::new(Rule::UnknownReference, format!("there is no such {what}"));
    let known = identity_provider::find(tx.connection(), scope, provider)?
        .ok_or_else(|| unknown("identity provider"));
    refusals.note("/identityProviderId", known);
    account::lock(tx, account)?;
    let known = account::find(tx.connection(), scope, account)?.ok_or_else(|| unknown("account"));
    refusals.note("/accountId", known);
    let id = request.id.map_or(fresh, Id::from_uuid);
    if external_identity::is_taken(tx.connection(), scope, id)? {
        refusals.note::<()>("/id", Err(Refusal::new(Rule::Duplicate, "the id is in use")));
    }
    let Some(subject) = subject.filter(|_| refusals.0.is_empty()) else { return Err(refusals.into()) };
    if external_identity::is_known_at(tx.connection(), scope, account, provider)? {
        let detail = "the account is known by another name at the provider";
        return Err(Refusal::new(Rule::Duplicate, detail).at("/accountId").into());
    }
    let identity = ExternalIdentity { provider, subject, account, level };
    if external_identity::is_bound(tx.connection(), scope, provider, &identity.subject)? {
        let detail = "what the provider calls somebody is bound to an account already";
        return Err(Refusal::new(Rule::Duplicate, detail).at("/subject").into());
    }
    Ok(ExternalIdentityDocument::of(external_identity::insert(tx, scope, id, &identity)?))
}
