use actix_web::{HttpRequest, HttpResponse, http::StatusCode, http::header, post, web};
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use skolhus_domain::{
    access::{Caller, Identity, Level, Permission, Scope, declared::Public},
    id::{ClientId, Id, OrganiserId},
    identity::{
        Alarm, AlarmKind, AlarmSubject, CertificateRefusal, Client, ClientCertificate, ClientKey,
        may_call_from,
    },
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{
    Saved,
    identity::{
        client,
        client_certificate::{self, SavedCertificate},
        client_key, throttle,
    },
};
use subtle::ConstantTimeEq;
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{
    alarm::raise,
    client_assertion::{self, ASSERTION_TYPE, Asserted},
    client_certificate::shown,
    create_session::answer,
    keyring::{ACCESS_TOKEN_LIFE, Bearer, Limits, scope_text},
    logins::{Origin, count, counters, hash_of},
};
use crate::http::{
    body::Form,
    catalogue::Code,
    client_address::ClientAddress,
    peer_certificate::{PeerCertificate, Shown},
    permit::Permit,
    problem::Problem,
    state::State,
    words::words,
};

words! {
    /// The only way for a client; people log in at `/v1/sessions`.
    GrantTypeWord("GrantType") = vec!["client_credentials"];
    /// The only kind of assertion.
    ClientAssertionTypeWord("ClientAssertionType") = vec![ASSERTION_TYPE];
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
    /// Instead of a secret: that the client has signed who it is (RFC 7523, 2.2).
    #[validate(length(max = 100))]
    #[schema(value_type = Option<ClientAssertionTypeWord>, nullable = false)]
    pub client_assertion_type: Option<String>,
    /// What it has signed with a key of its own: a JWT with `iss` and `sub` its id, `aud` the address of this operation or of
    /// the server, `exp` at most ten minutes ahead, and a `jti` that it uses once; `kid` names the key in its head.
    #[validate(length(max = 4000))]
    #[schema(
        example = "eyJhbGciOiJFZERTQSIsImtpZCI6IjIwMjYtMDgifQ.eyJpc3MiOiIwMTk5YTNmMCJ9.Zx3Jm0v1Gq5v5v3bq3v7mWq0V9l0F3m1c2k8Yt0a1bE",
        max_length = 4000,
        pattern = "^[A-Za-z0-9_.-]*$",
        nullable = false
    )]
    pub client_assertion: Option<String>,
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
/// in it or in `Authorization: Basic`, or with an assertion that the client has signed with a registered key (RFC 7523,
/// `private_key_jwt`), each good for one token; or with the client's id alone and, on the connection, a certificate that
/// was issued for it here (RFC 8705, `tls_client_auth`): then the token is bound to that certificate (`cnf`, `x5t#S256`), and
/// is refused without it. The token's answer is that of RFC 6749, 5.1; refusals are problem documents
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
    responses(
        (status = 200, description = "The token.", body = TokenDocument),
        (status = 403, description = "The client may not call from here.",
            body = crate::http::problem::ProblemDocument, content_type = "application/problem+json"),
    )
)]
#[post("/v1/tokens")]
pub async fn handle(
    permit: Permit<Public>,
    state: web::Data<State>,
    origin: Origin,
    address: ClientAddress,
    certificate: PeerCertificate,
    request: HttpRequest,
    form: Form<CreateToken>,
) -> Result<HttpResponse, Problem> {
    let form = form.0;
    if form.grant_type != "client_credentials" {
        let detail = "must be client_credentials; people log in at /v1/sessions";
        return Err(Refusal::new(Rule::UnknownCode, detail).at("/grant_type").into());
    }
    let scope = form.scope.clone();
    let (id, proof) = presented(basic(&request), certificate.0, form)?;
    let wrong = || Problem::new(Code::WrongCredentials);
    // What names no client is counted too, all of it together.
    let tried = id.map_or_else(|| "client".to_owned(), |id| format!("client {id}"));
    let counters = counters(&state, &tried, &origin);
    count(&state, permit.caller(), &counters).await?;
    let id = ClientId::from_uuid(id.ok_or_else(wrong)?);
    let by_keys = matches!(proof, Proof::Assertion(_));
    let by_certificate = match &proof {
        Proof::Certificate(shown) => Some(shown.fingerprint),
        Proof::Secret(_) | Proof::Assertion(_) => None,
    };
    let found = state
        .database
        .read(permit.caller(), move |connection, scope| {
            let Some((organiser, client, secret)) = client::find_with_secret(connection, scope, id)? else {
                return Ok(None);
            };
            let scope = Scope::system(&Caller::system("login", organiser, scope.request(), scope.now()));
            let keys = if by_keys { client_key::of_client(connection, &scope, id)? } else { Vec::new() };
            let keys: Vec<ClientKey> = keys.into_iter().map(|key| key.value).collect();
            let certificate = match by_certificate {
                Some(known_by) => client_certificate::find_by_fingerprint(connection, &scope, known_by)?,
                None => None,
            };
            Ok::<_, Problem>(Some(Found { organiser, client, secret, keys, certificate }))
        })
        .await?;
    let mut bound_to = None;
    let asserted = match &proof {
        Proof::Secret(secret) => {
            // Compared also where there is none, so that it takes as long.
            let kept = found.as_ref().map_or("", |found| found.secret.as_str());
            let fits = bool::from(hash_of(secret).as_bytes().ct_eq(kept.as_bytes()));
            if !fits {
                return Err(wrong());
            }
            None
        }
        Proof::Assertion(assertion) => {
            let keys = found.as_ref().map_or(&[][..], |found| found.keys.as_slice());
            let asserted = client_assertion::verify(assertion, id, keys, &state.base_url, permit.now);
            Some(asserted.map_err(|why| refused(&permit, why))?)
        }
        Proof::Certificate(shown) => {
            let kept = found.as_ref().and_then(|found| found.certificate.as_ref());
            bound_to =
                Some(judged(shown, id, kept, permit.now).map_err(|why| refused(&permit, why.words()))?);
            None
        }
    };
    let Found { organiser, client, .. } = found.ok_or_else(wrong)?;
    let expired = client.value.expires_at.is_some_and(|expires| expires <= permit.now);
    if client.value.disabled_at.is_some() || expired {
        return Err(wrong());
    }
    let caller = Caller::system("login", organiser, permit.request, permit.now);
    let is_first = state
        .database
        .write(&caller, move |tx, scope| {
            if let Some(Asserted { hash, expires_at }) = &asserted
                && !client_key::use_assertion(tx, scope, hash, *expires_at)?
            {
                return Ok(false);
            }
            throttle::succeeded(tx, &counters)?;
            Ok::<_, Problem>(true)
        })
        .await?;
    if !is_first {
        return Err(refused(&permit, "it was used before"));
    }
    let narrower = bound_to.as_ref().map_or(&[][..], |bound| bound.allowed_networks.as_slice());
    if !may_call_from(&client.value.allowed_networks, address.0) || !may_call_from(narrower, address.0) {
        let subject = AlarmSubject::Client(client.id);
        raise(
            &state,
            organiser,
            Alarm { kind: AlarmKind::OutsideNetworks, subject, count: 1, settlement: None },
        );
        return Err(Problem::new(Code::ClientNetwork));
    }

    let scopes = narrowed(&client.value.scopes, scope.as_deref())?;
    let bearer = Bearer { organiser, identity: Identity::Client(client.id), level: Level::Substantial };
    let limits = Limits {
        permissions: Some(&scopes),
        certificate: bound_to.map(|certificate| certificate.fingerprint),
    };
    let access_token = state
        .keyring
        .issue_limited(&bearer, &limits, state.fresh_uuid(), permit.now)
        .ok_or_else(|| Problem::new(Code::Internal))?;
    let document = TokenDocument {
        access_token,
        token_type: "Bearer",
        expires_in: ACCESS_TOKEN_LIFE.num_seconds(),
        scope: scope_text(&scopes),
    };
    Ok(answer(StatusCode::OK, &document))
}

/// What is kept of a client that asks.
struct Found {
    organiser: OrganiserId,
    client: Saved<ClientId, Client>,
    secret: String,
    keys: Vec<ClientKey>,
    certificate: Option<Kept>,
}

/// A certificate that was issued here, and that of its authority, in DER, where it is still believed.
type Kept = (SavedCertificate, Option<Vec<u8>>);

/// How a client shows who it is.
enum Proof {
    Secret(String),
    Assertion(String),
    Certificate(Shown),
}

/// The certificate that is kept, if what is shown is that one and shows the client today.
fn judged(
    shown: &Shown,
    client: ClientId,
    kept: Option<&Kept>,
    now: DateTime<Utc>,
) -> Result<ClientCertificate, CertificateRefusal> {
    let unknown = CertificateRefusal::Unknown;
    let (saved, authority) = kept.ok_or(unknown)?;
    let presented = shown::read(shown, authority.as_deref(), now).ok_or(unknown)?;
    presented.judge(client, Some(&saved.value), now)?;
    Ok(saved.value.clone())
}

/// Who a client says it is, if that is an id at all, and what it shows for it: one way, and not several.
fn presented(
    basic: Option<(String, String)>,
    certificate: Option<Shown>,
    form: CreateToken,
) -> Result<(Option<Uuid>, Proof), Problem> {
    let CreateToken { client_id, client_secret, client_assertion_type, client_assertion, .. } = form;
    let malformed = |detail: &str| Err(Problem::new(Code::MalformedBody).detail(detail));
    if let Some(kind) = &client_assertion_type
        && kind != ASSERTION_TYPE
    {
        let refusal = Refusal::new(Rule::UnknownCode, format!("must be {ASSERTION_TYPE}"));
        return Err(refusal.at("/client_assertion_type").into());
    }
    if client_assertion_type.is_some() != client_assertion.is_some() {
        return malformed("client_assertion_type and client_assertion belong together");
    }
    match (basic, client_id, client_secret, client_assertion) {
        (None, named, None, Some(assertion)) => {
            let id = client_assertion::claimed_by(&assertion);
            let is_same = |named: String| id.is_some() && Uuid::try_parse(&named).ok() == id;
            Ok((id.filter(|_| named.is_none_or(is_same)), Proof::Assertion(assertion)))
        }
        (.., Some(_)) => malformed("send a secret or an assertion, and one of them only"),
        (Some((id, secret)), same, None, None) if same.as_ref().is_none_or(|same| *same == id) => {
            Ok((Uuid::try_parse(&id).ok(), Proof::Secret(secret)))
        }
        (Some(_), ..) => {
            malformed("send the client's id and secret in the form or in the header, not in both")
        }
        (None, Some(id), Some(secret), None) => Ok((Uuid::try_parse(&id).ok(), Proof::Secret(secret))),
        // A certificate may be there for other reasons; where nothing else is shown, it is what is shown.
        (None, Some(id), None, None) => match certificate {
            Some(shown) => Ok((Uuid::try_parse(&id).ok(), Proof::Certificate(shown))),
            None => Err(Problem::new(Code::WrongCredentials)),
        },
        (None, None, ..) => Err(Problem::new(Code::WrongCredentials)),
    }
}

/// An assertion or a certificate that is not accepted. Why is told to the log alone, and nothing that the client wrote.
fn refused(permit: &Permit<Public>, why: &'static str) -> Problem {
    tracing::info!(request = %permit.request, why, "what a client showed was refused");
    Problem::new(Code::WrongCredentials)
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
