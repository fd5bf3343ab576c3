//! A login as it is kept: found by whoever holds its secret, with what it needs sealed.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::Duration;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use skolhus_domain::{
    access::Caller,
    id::{AccountId, OidcLoginId, SessionId},
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{
    Tx,
    identity::{
        identity_provider::ProviderInUse,
        oidc_login::{self, OidcLogin, OidcLoginState},
    },
};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use super::{
    super::logins::{first_refresh_token, hash_of},
    document::OidcLoginDocument,
};
use crate::{
    change::Sealer,
    http::{catalogue::Code, problem::Problem, state::State},
};

/// How long somebody may take at their provider.
pub(super) const LIFE: Duration = Duration::minutes(10);

/// What a login needs to go on. Of these only the first two leave the server, by way of the browser.
#[derive(Serialize, Deserialize)]
pub(super) struct Known {
    pub(super) state: String,
    pub(super) nonce: String,
    pub(super) code_verifier: String,
    pub(super) redirect_address: String,
}

/// A login's own seal: what is sealed for one opens for no other.
fn binding(id: OidcLoginId) -> Vec<u8> {
    format!("login by OpenID Connect\n{id}").into_bytes()
}

/// Begins a login at a provider, or a binding of what it calls somebody to their account; and says where the browser goes.
pub(super) async fn begin(
    state: &State,
    caller: &Caller,
    found: &ProviderInUse,
    redirect_address: String,
    account: Option<AccountId>,
) -> Result<OidcLoginDocument, Problem> {
    let provider = &found.provider.value;
    let metadata = state.providers.metadata(&provider.issuer, caller.now).await;
    let metadata = metadata.map_err(|trouble| trouble.problem("discovery", caller.request))?;
    let chance = || first_refresh_token(state.randomness.as_ref());
    let known = Known { state: chance(), nonce: chance(), code_verifier: chance(), redirect_address };
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(known.code_verifier.as_bytes()));

    let scopes = std::iter::once("openid").chain(provider.scopes.iter().map(String::as_str));
    let scopes = scopes.collect::<Vec<_>>().join(" ");
    let acr_values = provider.acr_levels.iter().map(|named| named.acr.as_str()).collect::<Vec<_>>().join(" ");
    let checked = state.providers.policy().check(&metadata.authorization_endpoint);
    let mut address = checked.map_err(|_| Problem::new(Code::OidcUnavailable))?;
    address.query_pairs_mut().extend_pairs([
        ("response_type", "code"),
        ("client_id", provider.client_id.as_str()),
        ("redirect_uri", known.redirect_address.as_str()),
        ("scope", scopes.as_str()),
        ("state", known.state.as_str()),
        ("nonce", known.nonce.as_str()),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ]);
    if !acr_values.is_empty() {
        address.query_pairs_mut().append_pair("acr_values", &acr_values);
    }

    let internal = || Problem::new(Code::Internal);
    let id: OidcLoginId = state.fresh();
    let text = serde_json::to_string(&known).map_err(|_| internal())?;
    let secret = chance();
    let login = OidcLogin {
        id,
        organiser: found.organiser,
        provider: found.provider.id,
        account,
        secret_hash: hash_of(&secret),
        state: OidcLoginState::Pending,
        sealed: Sealer::seal(state.keyring.as_ref(), &text, &binding(id)).ok_or_else(internal)?,
        expires_at: caller.now + LIFE,
    };
    let document = OidcLoginDocument::of(id, secret, address.into(), login.expires_at);
    let program = Caller::system("login", found.organiser, caller.request, caller.now);
    let insert = move |tx: &mut Tx<'_>, scope: &skolhus_domain::access::Scope| {
        oidc_login::insert(tx, scope, &login).map_err(Problem::from)
    };
    state.database.write(&program, insert).await?;
    Ok(document)
}

/// The login, for whoever holds its secret. A wrong secret is answered as if there were no such login; it is random and too
/// long to be guessed, so that nobody has to be slowed down who asks in vain.
pub(super) async fn presented(
    state: &State,
    caller: &Caller,
    id: OidcLoginId,
    account: Option<AccountId>,
    secret: &str,
) -> Result<OidcLogin, Problem> {
    let program = Caller::system("login", Caller::every_organiser(), caller.request, caller.now);
    let found = state
        .database
        .read(&program, move |connection, scope| {
            oidc_login::find(connection, scope, id).map_err(Problem::from)
        })
        .await?;
    let hash = hash_of(secret);
    found
        .filter(|login| login.account == account)
        .filter(|login| bool::from(hash.as_bytes().ct_eq(login.secret_hash.as_bytes())))
        .ok_or_else(Problem::not_found)
}

/// What a login that waits needs to go on.
pub(super) fn opened(
    state: &State,
    login: &OidcLogin,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<Known, Problem> {
    if login.state != OidcLoginState::Pending || login.expires_at <= now {
        return Err(Problem::new(Code::OidcLoginOver));
    }
    let text = Sealer::open(state.keyring.as_ref(), &login.sealed, &binding(login.id));
    let known = text.and_then(|text| serde_json::from_str(&text).ok());
    // With other keys it cannot be opened any more.
    known.ok_or_else(|| Problem::new(Code::OidcLoginOver))
}

/// Refuses what a browser has brought that is of another login, or of another provider. Nothing is used up by it.
pub(super) fn belongs(
    known: &Known,
    sent: &str,
    issuer: (&str, Option<&str>),
    names_itself: bool,
) -> Result<(), Refusal> {
    if !bool::from(sent.as_bytes().ct_eq(known.state.as_bytes())) {
        let detail = "is not what this login was begun with: somebody else's answer was opened here";
        return Err(Refusal::new(Rule::Conflict, detail).at("/state"));
    }
    match issuer {
        (of, Some(said)) if said != of => {
            Err(Refusal::new(Rule::Conflict, "the code comes from another provider").at("/issuer"))
        }
        (_, None) if names_itself => {
            let detail = "this provider says with each code who it is: send the parameter `iss` along";
            Err(Refusal::new(Rule::Required, detail).at("/issuer"))
        }
        _ => Ok(()),
    }
}

/// A step of a login that is taken alone.
#[derive(Clone, Copy)]
pub(super) enum Step {
    /// The provider is asked by us, and by nobody else.
    Take,
    /// It waits again.
    PutBack,
    /// It is over, and nothing came of it.
    End,
}

/// Takes a step; false where another request was faster.
pub(super) async fn step(
    state: &State,
    caller: &Caller,
    login: &OidcLogin,
    step: Step,
) -> Result<bool, Problem> {
    let (id, none) = (login.id, None::<SessionId>);
    let program = Caller::system("login", login.organiser, caller.request, caller.now);
    state
        .database
        .write(&program, move |tx, scope| {
            match step {
                Step::Take => oidc_login::take(tx, scope, id),
                Step::PutBack => oidc_login::put_back(tx, scope, id).map(|()| true),
                Step::End => oidc_login::end(tx, scope, id, none),
            }
            .map_err(Problem::from)
        })
        .await
}

/// What a provider's secret is sealed to.
pub(crate) fn secret_binding(provider: Uuid) -> Vec<u8> {
    format!("identity-provider-secret:{provider}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_of_another_login_is_refused() {
        let text = |text: &str| text.to_owned();
        let known = Known {
            state: text("s"),
            nonce: text("n"),
            code_verifier: text("v"),
            redirect_address: text("r"),
        };
        let at = |sent: &str, said: Option<&str>, names_itself| {
            let refused = belongs(&known, sent, ("https://idp.exempel.se", said), names_itself);
            refused.err().map(|refusal| refusal.pointer)
        };
        assert_eq!(at("s", None, false), None);
        assert_eq!(at("s", Some("https://idp.exempel.se"), true), None);
        for wrong in ["", "S", "ss"] {
            assert_eq!(at(wrong, None, false).as_deref(), Some("/state"));
        }
        assert_eq!(at("s", Some("https://elak.exempel.se"), false).as_deref(), Some("/issuer"));
        assert_eq!(at("s", None, true).as_deref(), Some("/issuer"));
    }
}
