//! Who is calling, and what the operation requires: both stand in a handler's signature.

use std::{marker::PhantomData, ops::Deref};

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload, http::header, web};
use skolhus_domain::access::{Caller, Declared, Identity, Permission};
use uuid::Uuid;

use super::{catalogue::Code, document::Routes, problem::Problem, state::State};

/// A verified caller who asks to use the permission `P`. Whether they hold it, and how far
/// it reaches, is decided inside the transaction by what the register says then.
pub struct Permit<P: Declared> {
    caller: Caller,
    permission: PhantomData<P>,
}

impl<P: Declared> Permit<P> {
    /// The caller, to be handed to the database.
    #[must_use]
    pub fn caller(&self) -> &Caller {
        &self.caller
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
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        std::future::ready(
            caller(request, P::PERMISSION).map(|caller| Self { caller, permission: PhantomData }),
        )
    }
}

fn caller(request: &HttpRequest, permission: Permission) -> Result<Caller, Problem> {
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
        return Ok(Caller::system("public", Caller::every_organiser(), request_id, now));
    }
    let token = bearer(request)?;
    let claims = state.keyring.verify(token, now).ok_or_else(|| Problem::new(Code::Unauthenticated))?;
    Ok(Caller {
        organiser: claims.organiser,
        identity: claims.identity,
        level: claims.level,
        permission,
        request: request_id,
        now,
    })
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
