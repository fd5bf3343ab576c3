use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde::Deserialize;
use serde_json::json;
use skolhus_domain::{
    access::{Reach, Scope, declared::ManageIdentityProviders},
    id::{Id, IdentityProviderId},
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{Tx, identity::identity_provider};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{
    super::{create_session::LevelName, oidc::secret_binding},
    document::{AccountClaimWord, AcrLevelDocument, Fields, IdentityProviderDocument, client_secret},
    get_provider::get_provider,
};
use crate::{
    change::{Policy, Sealer},
    http::{
        body::Body,
        catalogue::Code,
        idempotency::{IdempotencyKey, Made},
        permit::Permit,
        problem::Problem,
        resource::created,
        state::State,
    },
};

/// A provider to register.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateIdentityProvider {
    /// Its id, if the caller brings one; else a fresh one is given.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000b3")]
    pub id: Option<Uuid>,
    /// What people call it.
    #[validate(length(min = 1, max = 200))]
    #[schema(example = "Kommunens inloggning", min_length = 1, max_length = 200)]
    pub name: String,
    /// Who it says that it is (`iss`), letter by letter; its description lies below, at `/.well-known/openid-configuration`. It cannot
    /// be changed: another issuer would know others by the same names.
    #[validate(length(min = 1, max = 500))]
    #[schema(
        example = "https://idp.exempel.se",
        min_length = 1,
        max_length = 500,
        format = "uri",
        pattern = "^https://"
    )]
    pub issuer: String,
    /// What it calls us.
    #[validate(length(min = 1, max = 200))]
    #[schema(example = "skolhus", min_length = 1, max_length = 200, pattern = "^[!-~]+$")]
    pub client_id: String,
    /// The secret that it has given us; none where it goes by PKCE alone. It is kept sealed and never shown.
    #[serde(default)]
    #[validate(length(min = 1, max = 500))]
    #[schema(example = "Zx3Jm0v1Gq5v5v3bq3v7mWq0V9l0F3m1c2k8Yt0a1bE", min_length = 1, max_length = 500, format = Password, pattern = "^[ -~]+$", nullable = false)]
    pub client_secret: Option<String>,
    /// Where browsers may come back to from it: by `https`, or by `http` to the device itself.
    #[validate(length(min = 1, max = 20))]
    #[schema(example = json!(["https://app.exempel.se/inloggad"]), min_items = 1, max_items = 20)]
    pub redirect_addresses: Vec<String>,
    /// What is asked for besides `openid`.
    #[serde(default)]
    #[validate(length(max = 20))]
    #[schema(example = json!(["email"]), max_items = 20)]
    pub scopes: Vec<String>,
    /// What names the account.
    #[schema(value_type = AccountClaimWord, example = "email")]
    pub account_claim: String,
    /// The domains of e-mail addresses that it answers for. Of others nobody is let in, whatever it says; `email` needs one.
    #[serde(default)]
    #[validate(length(max = 20))]
    #[schema(example = json!(["skola.exempel.se"]), max_items = 20)]
    pub email_domains: Vec<String>,
    /// What a login is worth whose `acr` is not among the others.
    #[schema(example = "substantial")]
    pub level: LevelName,
    /// What a login is worth by its `acr`; the values are asked for (`acr_values`), in this order.
    #[serde(default)]
    #[validate(length(max = 20))]
    #[schema(max_items = 20, example = json!([{ "acr": "http://id.elegnamnden.se/loa/1.0/loa3", "level": "high" }]))]
    pub acr_levels: Vec<AcrLevelDocument>,
    /// Whether persons with protected personal data may log in with it. It learns when they do.
    #[serde(default)]
    #[schema(default = false, example = false)]
    pub protected_persons: bool,
    /// Whether anybody may from now on. True unless said otherwise.
    #[serde(default = "yes")]
    #[schema(default = true, example = true)]
    pub enabled: bool,
}

fn yes() -> bool {
    true
}

/// Register an identity provider
///
/// By whom the organiser's people log in at `POST /v1/oidc-logins`. Whatever it says, it lets nobody in but to accounts of this
/// organiser, and at no other level than is decided here.
#[utoipa::path(
    operation_id = "createIdentityProvider", tag = "identity",
    extensions(("x-permission" = json!("identity-provider:manage")), ("x-idempotent" = json!(true))),
    request_body(content = CreateIdentityProvider, example = json!({
        "name": "Kommunens inloggning", "issuer": "https://idp.exempel.se", "clientId": "skolhus",
        "redirectAddresses": ["https://app.exempel.se/inloggad"], "scopes": ["email"],
        "accountClaim": "email", "emailDomains": ["skola.exempel.se"], "level": "substantial",
    })),
    responses((status = 201, description = "It is registered.", body = IdentityProviderDocument,
        headers(("ETag" = String, description = "Its version."), ("Location" = String, description = "Its address."))))
)]
#[post("/v1/identity-providers")]
pub async fn handle(
    permit: Permit<ManageIdentityProviders>,
    state: web::Data<State>,
    key: IdempotencyKey,
    body: Body<CreateIdentityProvider>,
) -> Result<HttpResponse, Problem> {
    let caller = permit.caller().clone();
    let id: IdentityProviderId = body.id.map_or_else(|| state.fresh(), Id::from_uuid);
    let sealed = match &body.client_secret {
        None => None,
        Some(secret) => {
            client_secret(secret)?;
            let sealed = Sealer::seal(state.keyring.as_ref(), secret, &secret_binding(id.uuid()));
            Some(sealed.ok_or_else(|| Problem::new(Code::Internal))?)
        }
    };
    let policy = state.providers.policy();
    let made = state
        .database
        .write(permit.caller(), move |tx, scope| {
            key.once(
                tx,
                scope,
                &caller,
                &body.bytes,
                |tx, scope| {
                    let answer = create_provider(tx, scope, id, &body, sealed.clone(), policy)?;
                    Ok(Made { status: StatusCode::CREATED, handle: json!(answer.id), answer })
                },
                |tx, scope, handle| {
                    let id = handle
                        .as_str()
                        .and_then(|id| Uuid::try_parse(id).ok())
                        .ok_or_else(Problem::not_found)?;
                    get_provider(tx.connection(), scope, Id::from_uuid(id))
                },
            )
        })
        .await?;
    let location = format!("/v1/identity-providers/{}", made.answer.id);
    Ok(created(made.status, location, made.answer.version, &made.answer))
}

/// The use-case. `sealed` is sealed to the id.
///
/// # Errors
/// [`Code::NotPermitted`] for those whose reach is a part of the organiser; [`Code::InvalidFields`]; a failure of the database.
fn create_provider(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: IdentityProviderId,
    request: &CreateIdentityProvider,
    sealed: Option<String>,
    policy: Policy,
) -> Result<IdentityProviderDocument, Problem> {
    if scope.reach() != &Reach::Organiser {
        return Err(Problem::new(Code::NotPermitted));
    }
    let CreateIdentityProvider {
        id: _,
        name,
        issuer,
        client_id,
        client_secret: _,
        redirect_addresses,
        scopes,
        account_claim,
        email_domains,
        level,
        acr_levels,
        protected_persons,
        enabled,
    } = request.clone();
    let fields = Fields {
        name,
        issuer,
        client_id,
        redirect_addresses,
        scopes,
        account_claim,
        email_domains,
        level,
        acr_levels,
        protected_persons,
        enabled,
    };
    let provider = fields.validate(policy)?;
    if identity_provider::is_taken(tx.connection(), id)? {
        return Err(Refusal::new(Rule::Duplicate, "the id is in use").at("/id").into());
    }
    Ok(IdentityProviderDocument::of(&identity_provider::insert(tx, scope, id, &provider, sealed)?))
}
