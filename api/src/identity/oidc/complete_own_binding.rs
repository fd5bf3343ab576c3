use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde::Deserialize;
use skolhus_domain::{
    access::{Caller, Identity, Scope, declared::OwnExternalIdentities},
    id::{ExternalIdentityId, OidcLoginId},
    identity::ExternalIdentity,
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{
    Tx,
    identity::{account, external_identity},
};
use utoipa::ToSchema;
use validator::Validate;

use super::{
    ask::{Brought, ask},
    login::{Step, presented, step},
};
use crate::http::{
    body::Body,
    catalogue::Code,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, created},
    state::State,
};
use crate::identity::external_identity::ExternalIdentityDocument;

/// What the browser has brought back from the identity provider.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CompleteExternalIdentityBinding {
    /// The secret that was told when the binding was begun.
    #[validate(length(min = 1, max = 200))]
    #[schema(
        example = "Zx3Jm0v1Gq5v5v3bq3v7mWq0V9l0F3m1c2k8Yt0a1bE",
        min_length = 1,
        max_length = 200,
        pattern = "^[!-~]+$"
    )]
    pub secret: String,
    /// The parameter `code` of the redirect address.
    #[validate(length(min = 1, max = 4000))]
    #[schema(example = "SplxlOBeZQQYbYS6WxSbIA", min_length = 1, max_length = 4000, pattern = "^[ -~]+$")]
    pub code: String,
    /// The parameter `state` of the redirect address.
    #[validate(length(min = 1, max = 200))]
    #[schema(
        example = "k8Yt0a1bEZx3Jm0v1Gq5v5v3bq3v7mWq0V9l0F3m1c2",
        min_length = 1,
        max_length = 200,
        pattern = "^[!-~]+$"
    )]
    pub state: String,
    /// The parameter `iss` of the redirect address (RFC 9207), where the provider sends one.
    #[serde(default)]
    #[validate(length(min = 1, max = 500))]
    #[schema(example = "https://idp.exempel.se", min_length = 1, max_length = 500, nullable = false)]
    pub issuer: Option<String>,
}

/// Bind an external identity to one's own account
///
/// From now on a login with the provider is one to this account, and never surer than the login with which it was bound. What the
/// provider calls somebody belongs to one account, and an account is known by one name at each provider: else the answer is 409. What
/// may go wrong before is answered as at a login's completion.
#[utoipa::path(
    operation_id = "completeExternalIdentityBinding", tag = "identity",
    extensions(("x-permission" = json!("external-identity:own"))),
    params(IdPath),
    request_body(content = CompleteExternalIdentityBinding, example = json!({ "secret": "Zx3Jm0v1Gq5v5v3bq3v7mWq0V9l0F3m1c2k8Yt0a1bE", "code": "SplxlOBeZQQYbYS6WxSbIA", "state": "k8Yt0a1bEZx3Jm0v1Gq5v5v3bq3v7mWq0V9l0F3m1c2" })),
    responses((status = 201, description = "It is bound.", body = ExternalIdentityDocument,
        headers(("ETag" = String, description = "Its version."), ("Location" = String, description = "Its address."))))
)]
#[post("/v1/me/external-identity-bindings/{id}/completion")]
pub async fn handle(
    permit: Permit<OwnExternalIdentities>,
    state: web::Data<State>,
    id: PathId<OidcLoginId>,
    body: Body<CompleteExternalIdentityBinding>,
) -> Result<HttpResponse, Problem> {
    let Identity::Account(account, _) = permit.identity else {
        return Err(Problem::new(Code::NotPermitted));
    };
    let CompleteExternalIdentityBinding { secret, code, state: sent, issuer } = body.into_inner();
    state.database.read(permit.caller(), |_, _| Ok::<_, Problem>(())).await?;
    let login = presented(&state, permit.caller(), id.0, Some(account), &secret).await?;
    let brought = Brought { code: &code, state: &sent, issuer: issuer.as_deref() };
    let (found, said) = ask(&state, permit.caller(), &login, &brought).await?;
    step(&state, permit.caller(), &login, Step::End).await?;
    let identity =
        ExternalIdentity { provider: found.provider.id, subject: said.subject, account, level: permit.level };
    let fresh: ExternalIdentityId = state.fresh();
    let document =
        state.database.write(permit.caller(), move |tx, scope| bind(tx, scope, fresh, &identity)).await?;
    let location = format!("/v1/me/external-identities/{}", document.id);
    Ok(created(StatusCode::CREATED, location, document.version, &document))
}

/// The use-case.
fn bind(
    tx: &mut Tx<'_>,
    scope: &Scope,
    fresh: ExternalIdentityId,
    identity: &ExternalIdentity,
) -> Result<ExternalIdentityDocument, Problem> {
    account::lock(tx, identity.account)?;
    let program = Caller::system("login", scope.organiser(), scope.request(), scope.now());
    let program = Scope::system(&program);
    let bound =
        external_identity::find_by_subject(tx.connection(), &program, identity.provider, &identity.subject)?;
    if let Some(bound) = bound {
        if bound.value.account == identity.account {
            return Ok(ExternalIdentityDocument::of(bound));
        }
        let detail = "what the provider calls you is bound to another account; whoever administers accounts can take that away";
        return Err(Refusal::new(Rule::State, detail).into());
    }
    if external_identity::is_known_at(tx.connection(), scope, identity.account, identity.provider)? {
        let detail = "your account is known by another name at the provider; take that away first";
        return Err(Refusal::new(Rule::State, detail).into());
    }
    Ok(ExternalIdentityDocument::of(external_identity::insert(tx, scope, fresh, identity)?))
}
