use actix_web::{HttpRequest, HttpResponse, http::StatusCode, http::header, post, web};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use skolhus_domain::{
    access::{Caller, Identity, Level, Permission, declared::Public},
    id::{ClientId, Id},
    refusal::{Refusal, Rule},
};
use skolhus_persistence::identity::{client, throttle};
use subtle::ConstantTimeEq;
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{
    create_session::answer,
    keyring::{ACCESS_TOKEN_LIFE, Bearer, scope_text},
    logins::{Origin, count, counters, hash_of},
};
use crate::http::{
    body::Form, catalogue::Code, permit::Permit, problem::Problem, state::State, words::words,
};

words! {
    /// The only way for a client; people log in at `/v1/sessions`.
    GrantTypeWord("GrantType") = vec!["client_credentials"];
}

/// A client that asks for a token (RFC 6749, 4.4).
#[derive(Deserialize, ToSchema, Validate)]
#[serde(deny_unknown_fields)]
pub struct CreateToken {
    /// How the client shows who it is.
    #[schema(value_type = GrantTypeWord, example = "client_credentials")]
    pub grant_type: String,
    /// The client's id, unless it stands in `Authorization: Basic`.
    #[validate(length(max = 100))]
    #[schema(
        example = "0199a3f0-7c00-7000-8000-0000000000f1",
        max_length = 100,
        pattern = "^[!-~]*$",
        nullable = false
    )]
    pub client_id: Option<String>,
    /// The client's secret, unless it stands in `Authorization: Basic`.
    #[validate(length(max = 200))]
    #[schema(
        example = "Zx3Jm0v1Gq5v5v3bq3v7mWq0V9l0F3m1c2k8Yt0a1bE",
        max_length = 200,
        pattern = "^[!-~]*$",
        nullable = false
    )]
    pub client_secret: Option<String>,
    /// Fewer scopes than the client has, separated by spaces; all of them unless given.
    #[validate(length(max = 1000))]
    #[schema(
        example = "person:read course:read",
        max_length = 1000,
        pattern = "^[a-z:-]*( [a-z:-]+)*$",
        nullable = false
    )]
    pub scope: Option<String>,
}

/// A client's token (RFC 6749, 5.1).
#[derive(Serialize, ToSchema)]
#[schema(as = Token)]
pub struct TokenDocument {
    /// Send it as `Authorization: Bearer …`.
    #[schema(example = "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFZERTQSJ9…")]
    pub access_token: String,
    /// `Bearer`.
    #[schema(example = "Bearer")]
    pub token_type: &'static str,
    /// For how many seconds it is accepted.
    #[schema(example = 600, minimum = 1, maximum = 600)]
    pub expires_in: i64,
    /// What it is good for, separated by spaces.
    #[schema(example = "person:read course:read")]
    pub scope: String,
}

/// Get a client's token
///
/// OAuth 2.0 client credentials (RFC 6749, 4.4) for an integrator's client: a form, with the client's id and secret
/// in it or in `Authorization: Basic`. The token's answer is that of RFC 6749, 5.1; refusals are problem documents
/// as everywhere in this interface, not those of RFC 6749, 5.2: 401 `wrong-credentials` stands for `invalid_client`,
/// 422 at `/grant_type` for `unsupported_grant_type` and at `/scope` for `invalid_scope`. Failures are
/// counted as at logins.
#[utoipa::path(
    operation_id = "createToken", tag = "identity",
    extensions(("x-permission" = json!("public"))),
    request_body(content = CreateToken, content_type = "application/x-www-form-urlencoded", example = json!({
        "grant_type": "client_credentials",
        "client_id": "0199a3f0-7c00-7000-8000-0000000000f1",
        "client_secret": "Zx3Jm0v1Gq5v5v3bq3v7mWq0V9l0F3m1c2k8Yt0a1bE",
        "scope": "person:read course:read",
    })),
    responses((status = 200, description = "The token.", body = TokenDocument))
)]
#[post("/v1/tokens")]
pub async fn handle(
    permit: Permit<Public>,
    state: web::Data<State>,
    origin: Origin,
    request: HttpRequest,
    form: Form<CreateToken>,
) -> Result<HttpResponse, Problem> {
    let CreateToken { grant_type, client_id, client_secret, scope } = form.0;
    if grant_type != "client_credentials" {
        let detail = "must be client_credentials; people log in at /v1/sessions";
        return Err(Refusal::new(Rule::UnknownCode, detail).at("/grant_type").into());
    }
    let wrong = || Problem::new(Code::WrongCredentials);
    let (id, secret) = match (basic(&request), client_id, client_secret) {
        (Some((id, secret)), same, None) if same.as_ref().is_none_or(|same| *same == id) => (id, secret),
        (Some(_), ..) => {
            return Err(Problem::new(Code::MalformedBody)
                .detail("send the client's id and secret in the form or in the header, not in both"));
        }
        (None, Some(id), Some(secret)) => (id, secret),
        (None, ..) => return Err(wrong()),
    };
    let id = Uuid::try_parse(&id).map_err(|_| wrong())?;
    let counters = counters(&state, &format!("client {id}"), &origin);
    count(&state, permit.caller(), &counters).await?;
    let found = state
        .database
        .read(permit.caller(), move |connection, scope| {
            client::find_with_secret(connection, scope, ClientId::from_uuid(id)).map_err(Problem::from)
        })
        .await?;
    // Compared also where there is none, so that it takes as long.
    let kept = found.as_ref().map_or("", |(.., kept)| kept.as_str());
    let fits = bool::from(hash_of(&secret).as_bytes().ct_eq(kept.as_bytes()));
    let (organiser, client, _) = found.filter(|_| fits).ok_or_else(wrong)?;
    let expired = client.value.expires_at.is_some_and(|expires| expires <= permit.now);
    if client.value.disabled_at.is_some() || expired {
        return Err(wrong());
    }
    let caller = Caller::system("login", organiser, permit.request, permit.now);
    state
        .database
        .write(&caller, move |tx, _| throttle::succeeded(tx, &counters).map_err(Problem::from))
        .await?;

    let scopes = narrowed(&client.value.scopes, scope.as_deref())?;
    let bearer = Bearer { organiser, identity: Identity::Client(client.id), level: Level::Substantial };
    let access_token = state
        .keyring
        .issue_limited(&bearer, Some(&scopes), state.fresh_uuid(), permit.now)
        .ok_or_else(|| Problem::new(Code::Internal))?;
    let document = TokenDocument {
        access_token,
        token_type: "Bearer",
        expires_in: ACCESS_TOKEN_LIFE.num_seconds(),
        scope: scope_text(&scopes),
    };
    Ok(answer(StatusCode::OK, &document))
}

/// Id and secret of `Authorization: Basic`. Ours hold no character that would be encoded.
fn basic(request: &HttpRequest) -> Option<(String, String)> {
    let value = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, credentials) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(credentials.trim()).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    Some((id.to_owned(), secret.to_owned()))
}

/// The scopes asked for, if the client has them all.
fn narrowed(held: &[Permission], asked: Option<&str>) -> Result<Vec<Permission>, Problem> {
    let Some(asked) = asked.map(str::trim).filter(|asked| !asked.is_empty()) else {
        return Ok(held.to_vec());
    };
    let mut scopes = Vec::new();
    for name in asked.split(' ') {
        let scope = held.iter().copied().find(|scope| scope.code() == name).ok_or_else(|| {
            let has = scope_text(held);
            Refusal::new(Rule::UnknownCode, format!("the client has the scopes {has} and no other"))
                .at("/scope")
        })?;
        if !scopes.contains(&scope) {
            scopes.push(scope);
        }
    }
    Ok(scopes)
}
