//! Refusals and failures as RFC 9457 problem documents.

use actix_web::{
    HttpResponse, HttpResponseBuilder, ResponseError,
    http::{
        StatusCode,
        header::{self, HeaderValue},
    },
};
use serde::Serialize;
use skolhus_domain::{
    access::{Denial, Level},
    refusal::{Refusal, Refusals, Rule},
};
use skolhus_persistence::{Error, Failure};
use utoipa::ToSchema;

use super::{catalogue::Code, language::Language};

/// A problem on its way to the caller. Cheap to move.
#[derive(Debug)]
pub struct Problem(Box<Inner>);

#[derive(Debug)]
struct Inner {
    code: Code,
    detail: Option<String>,
    errors: Vec<Refusal>,
    level: Option<Level>,
    retry_after: Option<u32>,
    allow: Option<String>,
    /// For the log, never for the caller.
    cause: Option<Error>,
}

impl Problem {
    /// A problem of that code.
    #[must_use]
    pub fn new(code: Code) -> Self {
        Self(Box::new(Inner {
            code,
            detail: None,
            errors: Vec::new(),
            level: None,
            retry_after: None,
            allow: None,
            cause: None,
        }))
    }

    /// There is nothing the caller may see.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(Code::NotFound)
    }

    /// With words for this occurrence. They never repeat another person's data.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.0.detail = Some(detail.into());
        self
    }

    /// With the values that were refused.
    #[must_use]
    pub fn errors(mut self, errors: Vec<Refusal>) -> Self {
        self.0.errors = errors;
        self
    }

    /// With the seconds after which to try again.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.0.retry_after = Some(seconds);
        self
    }

    /// With the methods that the address offers.
    #[must_use]
    pub fn allow(mut self, methods: String) -> Self {
        self.0.allow = Some(methods);
        self
    }

    /// Its code.
    #[must_use]
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// The refused values.
    #[must_use]
    pub fn refused(&self) -> &[Refusal] {
        &self.0.errors
    }

    /// Words for this occurrence, if it has any of its own.
    #[must_use]
    pub fn occurrence(&self) -> Option<&str> {
        self.0.detail.as_deref()
    }

    /// What the log should know and the caller should not.
    #[must_use]
    pub fn cause(&self) -> Option<&Error> {
        self.0.cause.as_ref()
    }

    /// The document, in the caller's language.
    #[must_use]
    pub fn document(
        &self,
        language: Language,
        base: &str,
        instance: Option<String>,
        request_id: Option<String>,
    ) -> ProblemDocument {
        let code = self.0.code;
        ProblemDocument {
            r#type: format!("{base}/problems/{}", code.name()),
            title: match language {
                Language::Swedish => code.title_sv(),
                Language::English => code.title_en(),
            }
            .to_owned(),
            status: code.status().as_u16(),
            detail: self.0.detail.clone().unwrap_or_else(|| code.help().to_owned()),
            instance,
            code: code.name().to_owned(),
            request_id,
            errors: self.0.errors.iter().map(RefusedValue::of).collect(),
        }
    }

    /// The response with that document.
    #[must_use]
    pub fn response(&self, document: &ProblemDocument) -> HttpResponse {
        let mut response = HttpResponseBuilder::new(self.0.code.status());
        response.insert_header((header::CACHE_CONTROL, "no-store"));
        if let Some(seconds) = self.0.retry_after {
            response.insert_header((header::RETRY_AFTER, seconds));
        }
        if let Some(methods) = &self.0.allow {
            response.insert_header((header::ALLOW, methods.as_str()));
        }
        if let Some(challenge) = self.challenge() {
            response.insert_header((header::WWW_AUTHENTICATE, challenge));
        }
        response.content_type("application/problem+json");
        response.body(serde_json::to_string(document).unwrap_or_default())
    }

    fn challenge(&self) -> Option<HeaderValue> {
        match (self.0.code, self.0.level) {
            (Code::LevelTooLow, Some(level)) => HeaderValue::from_str(&format!(
                "Bearer error=\"insufficient_user_authentication\", error_description=\"a stronger login is needed\", acr_values=\"{}\"",
                level.acr()
            ))
            .ok(),
            (Code::Unauthenticated, _) => Some(HeaderValue::from_static("Bearer realm=\"skolhus\"")),
            _ => None,
        }
    }
}

/// A problem document (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Problem)]
pub struct ProblemDocument {
    /// The address of a page about this kind of problem, served by Skolhus itself.
    #[schema(example = "/problems/invalid-fields")]
    pub r#type: String,
    /// What kind of problem, in the language asked for.
    #[schema(example = "Uppgifter som inte godtas")]
    pub title: String,
    /// The HTTP status.
    #[schema(example = 422, minimum = 400, maximum = 599)]
    pub status: u16,
    /// What happened this time, or what to do.
    #[schema(example = "Each entry of errors names a value and the rule it breaks.")]
    pub detail: String,
    /// The path of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "/v1/school-units")]
    pub instance: Option<String>,
    /// The stable code of the problem, for programs.
    #[schema(example = "invalid-fields")]
    pub code: String,
    /// The id of the request, as in the logs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "0199a3f0-7c00-7000-8000-000000000001")]
    pub request_id: Option<String>,
    /// The values that were refused, if that is the problem.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<RefusedValue>,
}

/// One refused value.
#[derive(Debug, Serialize, ToSchema)]
pub struct RefusedValue {
    /// Where, as a JSON Pointer (RFC 6901) into the body, or `/query/…`, `/path/…`, `/header/…`.
    #[schema(example = "/name")]
    pub pointer: String,
    /// The rule it breaks.
    #[schema(example = "too-long")]
    pub code: String,
    /// What is wrong and what would be right.
    #[schema(example = "has 300 characters; at most 200 are allowed")]
    pub detail: String,
}

impl RefusedValue {
    /// As the interface shows it.
    #[must_use]
    pub fn of(refusal: &Refusal) -> Self {
        let code = serde_json::to_value(refusal.rule).ok();
        Self {
            pointer: refusal.pointer.clone(),
            code: code.and_then(|code| code.as_str().map(str::to_owned)).unwrap_or_default(),
            detail: refusal.detail.clone(),
        }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.code.name())
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.0.code.status()
    }

    /// Only the bare form: the middleware puts in the language, the path and the request id.
    fn error_response(&self) -> HttpResponse {
        self.response(&self.document(Language::default(), "", None, None))
    }
}

impl Failure for Problem {
    fn database(&self) -> Option<&Error> {
        self.0.cause.as_ref()
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let mut problem = match &error {
            Error::Unavailable(_) | Error::Collision(_) => Self::new(Code::Unavailable).retry_after(1),
            Error::OutcomeUnknown => Self::new(Code::OutcomeUnknown),
            Error::Stale { .. } => Self::new(Code::Stale),
            Error::Denied(Denial::Ended) => Self::new(Code::Unauthenticated),
            Error::Denied(Denial::OutsideNetworks) => Self::new(Code::ClientNetwork),
            Error::Denied(Denial::NotPermitted(_)) => Self::new(Code::NotPermitted),
            Error::Denied(Denial::LevelTooLow(level)) => {
                let mut problem = Self::new(Code::LevelTooLow);
                problem.0.level = Some(*level);
                problem
            }
            Error::Storage(_) => Self::new(Code::StorageFailed),
            Error::Constraint { constraint } => refused_by(constraint),
            Error::Inconsistent { .. } | Error::Internal(_) => Self::new(Code::Internal),
        };
        problem.0.cause = Some(error);
        problem
    }
}

/// What a constraint's refusal means to the caller. A constraint missing here is a mistake
/// in the program: its rule should have been checked before.
fn refused_by(constraint: &str) -> Problem {
    let found = CONSTRAINTS.iter().find(|(name, ..)| *name == constraint);
    match found {
        Some((_, rule, pointer, detail)) => {
            Problem::new(Code::InvalidFields).errors(vec![Refusal::new(*rule, *detail).at(pointer)])
        }
        // Use-cases look whether an id that a caller brings is free; this is who comes second.
        None if constraint.ends_with("_pkey") => {
            let taken = Refusal::new(Rule::Duplicate, "the id is in use").at("/id");
            Problem::new(Code::InvalidFields).errors(vec![taken])
        }
        None => Problem::new(Code::Internal),
    }
}

/// Constraints that hold a rule over several rows, under races too.
const CONSTRAINTS: &[(&str, Rule, &str, &str)] = &[
    ("controllers_name_key", Rule::Duplicate, "/name", "another controller has this name"),
    ("client_keys_kid_key", Rule::Duplicate, "/jwk/kid", "another key of the client has this name"),
    ("identity_providers_id_key", Rule::Duplicate, "/id", "the id is in use"),
    (
        "external_identities_subject_key",
        Rule::Duplicate,
        "/subject",
        "what the provider calls somebody is bound to an account already",
    ),
    (
        "external_identities_account_key",
        Rule::Duplicate,
        "/accountId",
        "the account is known by another name at the provider",
    ),
    ("accounts_email_key_key", Rule::Duplicate, "/email", "another account has this e-mail address"),
];

impl From<Refusals> for Problem {
    fn from(refusals: Refusals) -> Self {
        // What is closed to the caller comes before what is wrong.
        let closed = refusals.0.iter().any(|refusal| refusal.rule == Rule::NotPermitted);
        let code = match refusals.0.as_slice() {
            _ if closed => Code::NotPermitted,
            [only] => code_of(only),
            _ => Code::InvalidFields,
        };
        Self::new(code).errors(refusals.0)
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Self::from(Refusals::from(refusal))
    }
}

/// What is well written and cannot be done as things are is a conflict.
fn code_of(refusal: &Refusal) -> Code {
    match refusal.rule {
        Rule::State | Rule::Capacity => Code::Conflict,
        _ => Code::InvalidFields,
    }
}
