use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde::Deserialize;
use skolhus_domain::{
    access::{Caller, declared::Public},
    id::{Id, IdentityProviderId},
    refusal::{Refusal, Rule},
};
use skolhus_persistence::identity::identity_provider::{self, ProviderInUse};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{
    super::{
        create_session::answer,
        logins::{Origin, count},
    },
    counters_of_starts,
    document::OidcLoginDocument,
    login::begin,
};
use crate::http::{body::Body, permit::Permit, problem::Problem, state::State};

/// How somebody wants to log in.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateOidcLogin {
    /// The organiser's identity provider.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000b4")]
    pub identity_provider_id: Uuid,
    /// Where the browser comes back to: one of the addresses that are registered with the provider, letter by letter.
    #[validate(length(min = 1, max = 500))]
    #[schema(example = "https://app.exempel.se/inloggad", min_length = 1, max_length = 500, format = "uri")]
    pub redirect_address: String,
}

/// Begin to log in with an identity provider
///
/// By OpenID Connect, with an identity provider (identitetsleverantör) of the organiser's own: send the browser to
/// `authorizationAddress`, and complete the login at its `completion` with the `secret` and what the browser brings back, within
/// ten minutes. A provider that there is not, and one that is not in use, are refused alike. While the provider is away the answer is
/// 503 `oidc-unavailable`. From one address 300 logins may be begun within an hour of which none succeeds.
#[utoipa::path(
    operation_id = "createOidcLogin", tag = "identity",
    extensions(("x-permission" = json!("public"))),
    request_body(content = CreateOidcLogin, example = json!({ "identityProviderId": "0199a3f0-7c00-7000-8000-0000000000b4", "redirectAddress": "https://app.exempel.se/inloggad" })),
    responses((status = 201, description = "The login, begun.", body = OidcLoginDocument))
)]
#[post("/v1/oidc-logins")]
pub async fn handle(
    permit: Permit<Public>,
    state: web::Data<State>,
    origin: Origin,
    body: Body<CreateOidcLogin>,
) -> Result<HttpResponse, Problem> {
    let CreateOidcLogin { identity_provider_id, redirect_address } = body.into_inner();
    count(&state, permit.caller(), &counters_of_starts(&state, &origin)).await?;
    let id = IdentityProviderId::from_uuid(identity_provider_id);
    let found = in_use(&state, permit.caller(), id, &redirect_address).await?;
    let document = begin(&state, permit.caller(), &found, redirect_address, None).await?;
    Ok(answer(StatusCode::CREATED, &document))
}

/// A provider that may be gone to, and be come back from at this address.
pub(super) async fn in_use(
    state: &State,
    caller: &Caller,
    id: IdentityProviderId,
    redirect_address: &str,
) -> Result<ProviderInUse, Problem> {
    let program = Caller::system("login", Caller::every_organiser(), caller.request, caller.now);
    let found = state
        .database
        .read(&program, move |connection, scope| {
            identity_provider::find_for_login(connection, scope, id).map_err(Problem::from)
        })
        .await?;
    let found = found.filter(|found| found.provider.value.enabled).ok_or_else(|| {
        Refusal::new(Rule::UnknownReference, "there is no such identity provider").at("/identityProviderId")
    })?;
    if !found.provider.value.redirect_addresses.iter().any(|registered| registered == redirect_address) {
        let detail = "is not among the addresses that are registered with the provider";
        return Err(Refusal::new(Rule::UnknownReference, detail).at("/redirectAddress").into());
    }
    Ok(found)
}
