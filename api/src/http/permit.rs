//! Who is calling, and what the operation requires: both stand in a handler's signature.

use std::{marker::PhantomData, ops::Deref};

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload, http::header, web};
use chrono::Duration;
use futures_util::{FutureExt, future::LocalBoxFuture};
use skolhus_domain::access::{Caller, Declared, Identity, Permission};
use uuid::Uuid;

use super::{
    catalogue::Code, client_address::ClientAddress, document::Routes, peer_certificate::PeerCertificate,
    problem::Problem, state::State,
};
use crate::identity::{
    alarm::Known,
    keyring::{Bearer, NotAccepted},
};

/// A verified caller who asks to use the permission `P`. Whether they hold it, and how far
/// it reaches, is decided inside the transaction by what the register says then.
pub struct Permit<P: Declared> {
    caller: Caller,
    limited_to: Option<Vec<Permission>>,
    permission: PhantomData<P>,
}

impl<P: Declared> Permit<P> {
    /// The caller, to be handed to the database.
    #[must_use]
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// The only permissions that the token is good for, where it was narrowed to some.
    #[must_use]
    pub fn limited_to(&self) -> Option<&[Permission]> {
        self.limited_to.as_deref()
    }
}

impl<P: Declared> Deref for Permit<P> {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.caller
    }
}

/// The id of a request, put there by the middleware.
#[derive(Clone, Copy, Debug)]
pub struct RequestId(pub Uuid);

impl<P: Declared> FromRequest for Permit<P> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        async move {
            let (caller, limited_to) = caller(&request, P::PERMISSION).await?;
            Ok(Self { caller, limited_to, permission: PhantomData })
        }
        .boxed_local()
    }
}

/// The caller, and what their token is limited to.
type Verified = (Caller, Option<Vec<Permission>>);

async fn caller(request: &HttpRequest, permission: Permission) -> Result<Verified, Problem> {
    let internal = |what: &str| {
        tracing::error!(what, "an operation cannot be permitted");
        Problem::new(Code::Internal)
    };
    let state = request.app_data::<web::Data<State>>().ok_or_else(|| internal("no state"))?;
    let routes = request.app_data::<web::Data<Routes>>().ok_or_else(|| internal("no routes"))?;
    // The document says what each operation requires; the signature must say the same.
    if routes.permission(request.method().as_str(), request.match_pattern().as_deref()) != Some(permission) {
        return Err(internal("the document and the signature declare different permissions"));
    }
    let request_id = request.extensions().get::<RequestId>().map_or_else(|| state.fresh_uuid(), |id| id.0);
    let now = state.clock.now();
    if permission == Permission::Public {
        return Ok((Caller::system("public", Caller::every_organiser(), request_id, now), None));
    }
    let token = bearer(request)?;
    let mut verified = state.keyring.read(token, now);
    if verified == Err(NotAccepted::UnknownKey) {
        // Another server may have made the key a moment ago.
        if let Err(error) = state.keyring.refresh(now, Duration::seconds(5)).await {
            tracing::warn!(%error, "the keys could not be read anew");
        }
        verified = state.keyring.read(token, now);
    }
    let verified = match verified {
        Ok(verified) => verified,
        // It is not ours: somebody's, perhaps, whose tokens stand for clients.
        Err(_) => {
            let foreign = state.issuers.read(state, token, now, request_id).await?;
            foreign.ok_or_else(|| Problem::new(Code::Unauthenticated))?
        }
    };
    let limited_to = verified.limited_to;
    // A token that is bound to a certificate is nobody's without it; whether that is in force is asked in the transaction.
    let certificate = verified.bound_to;
    if certificate.is_some() && PeerCertificate::of(request).fingerprint() != certificate {
        return Err(Problem::new(Code::Unauthenticated));
    }
    if permission != Permission::OwnAccount
        && limited_to.as_ref().is_some_and(|permissions| !permissions.contains(&permission))
    {
        return Err(Problem::new(Code::NotPermitted));
    }
    let Bearer { organiser, identity, level } = verified.bearer;
    let address = match identity {
        Identity::Client(_) => ClientAddress::of(request).0,
        Identity::Account(..) | Identity::System(_) => None,
    };
    let caller =
        Caller { organiser, identity, level, permission, address, certificate, request: request_id, now };
    if let Some(known) = Known::of(&caller) {
        request.extensions_mut().insert(known);
    }
    Ok((caller, limited_to))
}

fn bearer(request: &HttpRequest) -> Result<&str, Problem> {
    let value = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let (scheme, token) =
        value.and_then(|value| value.split_once(' ')).ok_or_else(|| Problem::new(Code::Unauthenticated))?;
    if scheme.eq_ignore_ascii_case("bearer") {
        Ok(token.trim())
    } else {
        Err(Problem::new(Code::Unauthenticated))
    }
}

/// Who a caller is, as a word for idempotency keys: accounts and clients never share them.
#[must_use]
pub fn caller_key(caller: &Caller) -> String {
    match caller.identity {
        Identity::Account(account, _) => format!("account:{account}"),
        Identity::Client(client) => format!("client:{client}"),
        Identity::System(what) => format!("system:{what}"),
    }
}
