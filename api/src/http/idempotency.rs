//! `Idempotency-Key`: a repeated POST is answered with what the first one made.

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::StatusCode};
use serde_json::Value;
use sha2::{Digest, Sha256};
use skolhus_domain::access::{Caller, Scope};
use skolhus_persistence::{Tx, idempotency};

use super::{catalogue::Code, permit::caller_key, problem::Problem};

/// The key of a request, if it brought one: 1 to 200 printable ASCII characters.
#[derive(Clone, Debug)]
pub struct IdempotencyKey {
    key: Option<String>,
    operation: String,
}

impl FromRequest for IdempotencyKey {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        std::future::ready(read(request))
    }
}

fn read(request: &HttpRequest) -> Result<IdempotencyKey, Problem> {
    let operation = format!("{} {}", request.method(), request.path());
    let Some(header) = request.headers().get("idempotency-key") else {
        return Ok(IdempotencyKey { key: None, operation });
    };
    let key = header.to_str().unwrap_or_default();
    if key.is_empty() || key.len() > 200 || !key.chars().all(|character| character.is_ascii_graphic()) {
        return Err(Problem::new(Code::MalformedHeader)
            .detail("Idempotency-Key must be 1 to 200 printable ASCII characters"));
    }
    Ok(IdempotencyKey { key: Some(key.to_owned()), operation })
}

/// What a creation answers with, and how to find it again.
#[derive(Clone, Debug)]
pub struct Made<T> {
    /// The status of the answer.
    pub status: StatusCode,
    /// The answer.
    pub answer: T,
    /// Enough to find it again, without personal content: usually the id.
    pub handle: Value,
}

impl IdempotencyKey {
    /// Runs `make`, unless the same request was answered before: then `read_again` finds
    /// what it made, in the caller's present scope.
    ///
    /// # Errors
    /// [`Code::KeyReused`] for another body; what `make` and `read_again` refuse.
    pub fn once<T>(
        &self,
        tx: &mut Tx<'_>,
        scope: &Scope,
        caller: &Caller,
        body: &[u8],
        make: impl FnOnce(&mut Tx<'_>, &Scope) -> Result<Made<T>, Problem>,
        read_again: impl FnOnce(&mut Tx<'_>, &Scope, &Value) -> Result<T, Problem>,
    ) -> Result<Made<T>, Problem> {
        let Some(key) = &self.key else {
            return make(tx, scope);
        };
        let record = idempotency::Key {
            caller: caller_key(caller),
            operation: self.operation.clone(),
            key: key.clone(),
            body_hash: hex::encode(Sha256::digest(body)),
        };
        match idempotency::find(tx, &record)? {
            Some(earlier) if earlier.body_hash != record.body_hash => Err(Problem::new(Code::KeyReused)),
            Some(earlier) => {
                let answer = read_again(tx, scope, &earlier.made)?;
                let status = StatusCode::from_u16(earlier.status).unwrap_or(StatusCode::OK);
                Ok(Made { status, answer, handle: earlier.made })
            }
            None => {
                let made = make(tx, scope)?;
                idempotency::remember(tx, &record, made.status.as_u16(), &made.handle)?;
                Ok(made)
            }
        }
    }
}
