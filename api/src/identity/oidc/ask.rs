//! What a provider says of somebody, for a code that a browser has brought.

use skolhus_domain::{access::Caller, id::Id, identity::Said};
use skolhus_persistence::identity::{
    identity_provider::{self, ProviderInUse},
    oidc_login::OidcLogin,
};

use super::{
    id_token::{Expected, verify},
    key_set::head,
    login::{Known, Step, belongs, opened, secret_binding, step},
    outside::Trouble,
    providers::Exchange,
};
use crate::{
    change::Sealer,
    http::{catalogue::Code, problem::Problem, state::State},
};

/// What a browser has brought back.
pub(super) struct Brought<'a> {
    pub(super) code: &'a str,
    pub(super) state: &'a str,
    pub(super) issuer: Option<&'a str>,
}

/// Asks the provider, outside any transaction. From then on the login is taken: whoever called ends it, whatever becomes of it.
/// Where this fails it is ended, or waits again.
pub(super) async fn ask(
    state: &State,
    caller: &Caller,
    login: &OidcLogin,
    brought: &Brought<'_>,
) -> Result<(ProviderInUse, Said), Problem> {
    let known = opened(state, login, caller.now)?;
    let id = login.provider;
    let program = Caller::system("login", Caller::every_organiser(), caller.request, caller.now);
    let found = state
        .database
        .read(&program, move |connection, scope| {
            identity_provider::find_for_login(connection, scope, id).map_err(Problem::from)
        })
        .await?
        .filter(|found| found.provider.value.enabled)
        .ok_or_else(|| Problem::new(Code::OidcLoginOver))?;
    let issuer = found.provider.value.issuer.as_str();
    let unavailable = |what: &'static str| move |trouble: Trouble| trouble.problem(what, caller.request);
    let metadata = state.providers.metadata(issuer, caller.now).await.map_err(unavailable("discovery"))?;
    belongs(&known, brought.state, (issuer, brought.issuer), metadata.names_itself)?;
    // Before the code is spent: without keys it would be spent for nothing.
    let keys = state.providers.keys(&metadata.jwks_address, None, caller.now).await;
    keys.map_err(unavailable("keys"))?;
    let secret = match &found.sealed_secret {
        None => None,
        Some(sealed) => {
            let opened = Sealer::open(state.keyring.as_ref(), sealed, &secret_binding(id.uuid()));
            Some(opened.ok_or_else(|| {
                tracing::error!(request = %caller.request, "an identity provider's secret was sealed with a key that is gone");
                Problem::new(Code::OidcUnavailable)
            })?)
        }
    };
    if !step(state, caller, login, Step::Take).await? {
        return Err(Problem::new(Code::OidcLoginOver));
    }
    let exchange = Exchange {
        code: brought.code,
        redirect_address: &known.redirect_address,
        code_verifier: &known.code_verifier,
        secret: secret.as_deref(),
    };
    let tokens = match state.providers.exchange(&found.provider.value, &metadata, &exchange).await {
        Ok(tokens) => tokens,
        Err(Trouble::Refused { word, .. }) if word == "invalid_grant" => {
            tracing::info!(request = %caller.request, "an identity provider does not know a code, or not any more");
            step(state, caller, login, Step::End).await?;
            return Err(Problem::new(Code::OidcRefused));
        }
        Err(trouble) => {
            step(state, caller, login, Step::PutBack).await?;
            return Err(trouble.problem("token", caller.request));
        }
    };
    match judged(state, caller, &known, &found, (metadata.jwks_address.as_str(), &tokens)).await {
        Ok(said) => Ok((found, said)),
        Err(refused) => {
            step(state, caller, login, Step::End).await?;
            Err(refused)
        }
    }
}

async fn judged(
    state: &State,
    caller: &Caller,
    known: &Known,
    found: &ProviderInUse,
    (jwks_address, tokens): (&str, &super::providers::Tokens),
) -> Result<Said, Problem> {
    let untrusted = |why: &'static str| {
        tracing::warn!(request = %caller.request, provider = %found.provider.id, why, "what an identity provider signed was refused");
        Problem::new(Code::OidcUntrusted)
    };
    let head = head(&tokens.id_token).map_err(untrusted)?;
    let keys = state.providers.keys(jwks_address, Some(&head), caller.now).await;
    let keys = keys.map_err(|trouble| trouble.problem("keys", caller.request))?;
    let provider = &found.provider.value;
    let expected = Expected {
        issuer: &provider.issuer,
        client_id: &provider.client_id,
        nonce: &known.nonce,
        access_token: tokens.access_token.as_deref(),
        now: state.clock.now(),
    };
    verify(&tokens.id_token, &head, &keys, &expected).map_err(untrusted)
}
