use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde::Deserialize;
use skolhus_domain::{
    access::{Caller, Level, Scope, declared::Public},
    id::{AccountId, OidcLoginId},
    identity::{AccountName, ClientKind, Said, Unnamed},
};
use skolhus_persistence::{
    DatabaseConnection,
    identity::{
        account, external_identity,
        identity_provider::{self, ProviderInUse},
        oidc_login::{self, OidcLogin},
        second_factor,
        throttle::{self, Counter},
    },
    person::reached,
};
use utoipa::ToSchema;
use validator::Validate;

use super::{
    super::{
        client_kind::{ClientKindWord, client_kind_of},
        create_session::{SessionDocument, answer},
        logins::{Device, Origin},
        session_start::{Begun, SessionStart},
    },
    ask::{Brought, ask},
    counters_of_starts,
    login::{Step, presented, step},
};
use crate::http::{
    body::Body,
    catalogue::Code,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId},
    state::State,
};

/// What the browser has brought back from the identity provider.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CompleteOidcLogin {
    /// The secret that was told when the login was begun.
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
    /// What the owner calls the device, for the list of their sessions; unless given, what the `User-Agent` tells.
    #[serde(default)]
    #[validate(length(min = 1, max = 100))]
    #[schema(example = "Åsas telefon", min_length = 1, max_length = 100, nullable = false)]
    pub device: Option<String>,
    /// What somebody logs in with: a `web` page, unless said otherwise, or an `app`, which the account's owner must have let in.
    #[serde(default)]
    #[schema(value_type = Option<ClientKindWord>, nullable = false, example = "app")]
    pub client_kind: Option<String>,
}

/// Complete a login with an identity provider
///
/// Gives the session, as `POST /v1/sessions` does, at the level that the organiser has decided for the provider, once: of any
/// number of requests one gets it. A `state` or an `issuer` of another login is refused (422) and uses nothing up; nor does a
/// provider that is away (503 `oidc-unavailable`). Else the login is over whatever comes of it, and is begun anew: 401
/// `oidc-login-over` where that was so before, `oidc-refused` where the provider knows the code no more, `oidc-untrusted` where what
/// it signed does not hold, `oidc-email-unverified` where it has not verified the address that names the account. The answer is the
/// same whether there is no such account, it is disabled, protected personal data close this way, or a second factor does
/// (`oidc-no-account`). An app that the account's owner has not let in is answered with 403 `app-access-off`. Without the right
/// secret there is nothing here.
#[utoipa::path(
    operation_id = "completeOidcLogin", tag = "identity",
    extensions(("x-permission" = json!("public"))),
    params(IdPath),
    request_body(content = CompleteOidcLogin, example = json!({ "secret": "Zx3Jm0v1Gq5v5v3bq3v7mWq0V9l0F3m1c2k8Yt0a1bE", "code": "SplxlOBeZQQYbYS6WxSbIA", "state": "k8Yt0a1bEZx3Jm0v1Gq5v5v3bq3v7mWq0V9l0F3m1c2" })),
    responses((status = 201, description = "The session.", body = SessionDocument))
)]
#[post("/v1/oidc-logins/{id}/completion")]
pub async fn handle(
    permit: Permit<Public>,
    state: web::Data<State>,
    id: PathId<OidcLoginId>,
    origin: Origin,
    told: Device,
    body: Body<CompleteOidcLogin>,
) -> Result<HttpResponse, Problem> {
    let CompleteOidcLogin { secret, code, state: sent, issuer, device, client_kind } = body.into_inner();
    let with = (client_kind_of(client_kind.as_deref())?, told.named(device)?);
    let login = presented(&state, permit.caller(), id.0, None, &secret).await?;
    let brought = Brought { code: &code, state: &sent, issuer: issuer.as_deref() };
    let (found, said) = ask(&state, permit.caller(), &login, &brought).await?;
    let counters = counters_of_starts(&state, &origin);
    let logged_in = log_in(&state, &permit, &login, (&found, &said), (with, counters)).await;
    match logged_in {
        Ok(document) => Ok(answer(StatusCode::CREATED, &document)),
        Err(problem) => {
            // The code is spent, and so is the login.
            step(&state, permit.caller(), &login, Step::End).await?;
            Err(problem)
        }
    }
}

/// Lets in whom the provider has named, and uses the login up in the same transaction.
async fn log_in(
    state: &web::Data<State>,
    permit: &Permit<Public>,
    login: &OidcLogin,
    (found, said): (&ProviderInUse, &Said),
    (with, counters): ((ClientKind, Option<String>), Vec<Counter>),
) -> Result<SessionDocument, Problem> {
    let name = found.provider.value.account_name(said).map_err(|unnamed| match unnamed {
        Unnamed::EmailUnverified => Problem::new(Code::OidcEmailUnverified),
        Unnamed::Nobody => Problem::new(Code::OidcNoAccount),
    })?;
    let naming = Naming { login: login.clone(), name, acr: said.acr.clone() };
    let caller = Caller::system("login", login.organiser, permit.request, permit.now);
    let (starting, now) = (state.clone(), permit.now);
    let started: Option<(SessionStart, Begun)> = state
        .database
        .write(&caller, move |tx, scope| {
            let Some((account, _)) = naming.admitted(tx.connection(), scope)? else { return Ok(None) };
            account::lock(tx, account)?;
            // What let it in may have changed before it was held.
            let Some((held, level)) = naming.admitted(tx.connection(), scope)? else { return Ok(None) };
            if held != account {
                return Ok(None);
            }
            let start = SessionStart::new(&starting, account, level, with.clone(), now);
            throttle::succeeded(tx, &counters)?;
            let begun = start.save(tx, scope)?;
            if !oidc_login::end(tx, scope, naming.login.id, Some(begun.0.id))? {
                return Err(Problem::new(Code::OidcLoginOver));
            }
            Ok::<_, Problem>(Some((start, begun)))
        })
        .await?;
    let (start, begun) = started.ok_or_else(|| Problem::new(Code::OidcNoAccount))?;
    start.document(state, login.organiser, begun)
}

/// What a provider has said, and of which login.
struct Naming {
    login: OidcLogin,
    name: AccountName,
    acr: Option<String>,
}

impl Naming {
    /// The account that is let in, and how sure it is; none for whatever reason.
    fn admitted(
        &self,
        connection: &mut DatabaseConnection,
        scope: &Scope,
    ) -> Result<Option<(AccountId, Level)>, Problem> {
        let Some(provider) = identity_provider::find(connection, scope, self.login.provider)? else {
            return Ok(None);
        };
        let provider = provider.provider;
        let level = provider.value.level_of(self.acr.as_deref());
        let (id, level) = match &self.name {
            AccountName::Email(email) => match account::find_by_email(connection, scope, email)? {
                Some((organiser, account)) if organiser == scope.organiser() => (account.id, level),
                _ => return Ok(None),
            },
            AccountName::Subject(subject) => {
                let bound = external_identity::find_by_subject(connection, scope, provider.id, subject)?;
                let Some(bound) = bound else { return Ok(None) };
                (bound.value.account, bound.value.level_of(level))
            }
        };
        let present = account::find(connection, scope, id)?;
        let Some(present) = present.filter(|account| account.value.disabled_at.is_none()) else {
            return Ok(None);
        };
        let is_protected = match present.value.person {
            None => false,
            Some(person) => {
                let Some(reached) = reached::by_text(connection, scope, person)? else { return Ok(None) };
                reached.is_protected
            }
        };
        let factor = second_factor::find(connection, scope, id)?;
        let has_second_factor = factor.is_some_and(|factor| factor.value.in_force().is_some());
        Ok(provider.value.lets_in(level, is_protected, has_second_factor).then_some((id, level)))
    }
}
