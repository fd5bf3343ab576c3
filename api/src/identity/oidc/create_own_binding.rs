use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde::Deserialize;
use skolhus_domain::{
    access::{Identity, declared::OwnExternalIdentities},
    id::{Id, IdentityProviderId},
    refusal::{Refusal, Rule},
};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{
    super::{
        create_session::answer,
        logins::{Origin, count},
    },
    counters_of_starts,
    create_oidc_login::in_use,
    document::OidcLoginDocument,
    login::begin,
};
use crate::http::{body::Body, catalogue::Code, permit::Permit, problem::Problem, state::State};

/// With which provider one wants to be known.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateExternalIdentityBinding {
    /// The identity provider of one's own organiser.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000b4")]
    pub identity_provider_id: Uuid,
    /// Where the browser comes back to: one of the addresses that are registered with the provider, letter by letter.
    #[validate(length(min = 1, max = 500))]
    #[schema(example = "https://app.exempel.se/inloggad", min_length = 1, max_length = 500, format = "uri")]
    pub redirect_address: String,
}

/// Begin to bind an external identity to one's own account
///
/// Goes on as a login does: send the browser to `authorizationAddress`, and complete the binding at its `completion`, logged in to the
/// same account. What the provider calls one (`sub`) is bound to the account then, where the provider names accounts that
/// way. While the provider is away the answer is 503 `oidc-unavailable`.
#[utoipa::path(
    operation_id = "createExternalIdentityBinding", tag = "identity",
    extensions(("x-permission" = json!("external-identity:own")), ("x-throttled" = json!(true))),
    request_body(content = CreateExternalIdentityBinding, example = json!({ "identityProviderId": "0199a3f0-7c00-7000-8000-0000000000b4", "redirectAddress": "https://app.exempel.se/inloggad" })),
    responses((status = 201, description = "It is begun.", body = OidcLoginDocument))
)]
#[post("/v1/me/external-identity-bindings")]
pub async fn handle(
    permit: Permit<OwnExternalIdentities>,
    state: web::Data<State>,
    origin: Origin,
    body: Body<CreateExternalIdentityBinding>,
) -> Result<HttpResponse, Problem> {
    let Identity::Account(account, _) = permit.identity else {
        return Err(Problem::new(Code::NotPermitted));
    };
    let CreateExternalIdentityBinding { identity_provider_id, redirect_address } = body.into_inner();
    // What the token is worth is asked in the transaction: a login that is too weak learns so before anybody else is asked.
    state.database.read(permit.caller(), |_, _| Ok::<_, Problem>(())).await?;
    count(&state, permit.caller(), &counters_of_starts(&state, &origin)).await?;
    let id = IdentityProviderId::from_uuid(identity_provider_id);
    let found = in_use(&state, permit.caller(), id, &redirect_address).await?;
    if found.organiser != permit.organiser {
        let refusal = Refusal::new(Rule::UnknownReference, "there is no such identity provider");
        return Err(refusal.at("/identityProviderId").into());
    }
    let document = begin(&state, permit.caller(), &found, redirect_address, Some(account)).await?;
    Ok(answer(StatusCode::CREATED, &document))
}
