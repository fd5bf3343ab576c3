//! Reading a JSON body: its shape, then its bounds; every refusal names the place.

use std::ops::Deref;

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header, web};
use futures_util::{FutureExt, future::LocalBoxFuture};
use serde::de::DeserializeOwned;
use skolhus_domain::refusal::{Refusal, Rule};
use validator::{Validate, ValidationErrors, ValidationErrorsKind};

use super::{catalogue::Code, problem::Problem};

/// The largest JSON body, in bytes: 1 MiB.
pub const LARGEST_BODY: usize = 1 << 20;

/// A body that has the documented shape and keeps the documented bounds.
pub struct Body<T> {
    value: T,
    /// The bytes as they came, for the comparison of repeated requests.
    pub bytes: web::Bytes,
}

impl<T> Body<T> {
    /// The value.
    pub fn into_inner(self) -> T {
        self.value
    }
}

impl<T> Deref for Body<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: DeserializeOwned + Validate + 'static> FromRequest for Body<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let media_type = check_media_type(request, &["application/json", "application/merge-patch+json"]);
        let bytes = web::Bytes::from_request(request, payload);
        async move {
            media_type?;
            let bytes = bytes.await.map_err(|_| {
                Problem::new(Code::TooLarge).detail(format!("a body may have at most {LARGEST_BODY} bytes"))
            })?;
            let value: T = parse(&bytes)?;
            check_bounds(&value)?;
            Ok(Self { value, bytes })
        }
        .boxed_local()
    }
}

/// A form (`application/x-www-form-urlencoded`), where a standard asks for one.
pub struct Form<T>(pub T);

impl<T: DeserializeOwned + Validate + 'static> FromRequest for Form<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let media_type = check_media_type(request, &["application/x-www-form-urlencoded"]);
        let bytes = web::Bytes::from_request(request, payload);
        async move {
            media_type?;
            let bytes = bytes.await.map_err(|_| {
                Problem::new(Code::TooLarge).detail(format!("a body may have at most {LARGEST_BODY} bytes"))
            })?;
            if bytes.contains(&0) || bytes.windows(3).any(|three| three == b"%00") {
                return Err(
                    Problem::new(Code::MalformedBody).detail("the character U+0000 may not stand in text")
                );
            }
            let value: T = serde_urlencoded::from_bytes(&bytes).map_err(|_| {
                let detail = "the form cannot be read, or holds a field that is not known";
                Problem::new(Code::MalformedBody).errors(vec![Refusal::new(Rule::Format, detail)])
            })?;
            value.validate().map_err(|errors| bounds(&errors))?;
            Ok(Self(value))
        }
        .boxed_local()
    }
}

/// Refuses another media type than those named.
fn check_media_type(request: &HttpRequest, accepted: &[&str]) -> Result<(), Problem> {
    let value =
        request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = value.split(';').next().unwrap_or_default().trim();
    if accepted.iter().any(|media_type| media_type.eq_ignore_ascii_case(essence)) {
        Ok(())
    } else {
        Err(Problem::new(Code::UnsupportedMediaType).detail(format!("send one of: {}", accepted.join(", "))))
    }
}

/// Parses JSON and names the place where it goes wrong.
///
/// # Errors
/// [`Code::MalformedBody`].
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut source = serde_json::Deserializer::from_slice(bytes);
    let malformed = |pointer: String, detail: String| {
        Problem::new(Code::MalformedBody).errors(vec![Refusal::new(Rule::Format, detail).at(&pointer)])
    };
    let value = serde_path_to_error::deserialize(&mut source)
        .map_err(|error| malformed(pointer(error.path()), without_value(error.inner())))?;
    source
        .end()
        .map_err(|_| malformed(String::new(), "there is something after the JSON value".to_owned()))?;
    Ok(value)
}

/// serde's message without the value that was sent, which may be personal.
fn without_value(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let expected = message.split_once("expected ").map(|(_, expected)| expected);
    match (message.split_once('`'), expected) {
        _ if message.starts_with("unknown field")
            || message.starts_with("missing field")
            || message.starts_with("unknown variant") =>
        {
            message
        }
        (_, Some(expected)) => format!("expected {expected}"),
        _ => format!("not valid here (line {}, column {})", error.line(), error.column()),
    }
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter()
        .map(|segment| match segment {
            Segment::Seq { index } => format!("/{index}"),
            Segment::Map { key } => format!("/{}", escape(key)),
            Segment::Enum { variant } => format!("/{}", escape(variant)),
            Segment::Unknown => String::new(),
        })
        .collect()
}

/// A key as a token of a JSON Pointer.
fn escape(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

/// Checks the documented bounds, for what is put together from a body and the present state.
///
/// # Errors
/// [`Code::InvalidFields`].
pub fn check_bounds(value: &impl Validate) -> Result<(), Problem> {
    value.validate().map_err(|errors| bounds(&errors))
}

/// The bounds that a value breaks, as refusals.
fn bounds(errors: &ValidationErrors) -> Problem {
    let mut refusals = Vec::new();
    collect(errors, "", &mut refusals);
    Problem::new(Code::InvalidFields).errors(refusals)
}

fn collect(errors: &ValidationErrors, prefix: &str, refusals: &mut Vec<Refusal>) {
    for (field, kind) in errors.errors() {
        let place = format!("{prefix}/{}", camel_case(field));
        match kind {
            ValidationErrorsKind::Field(errors) => {
                refusals.extend(errors.iter().map(|error| refusal(error).at(&place)));
            }
            ValidationErrorsKind::Struct(inner) => collect(inner, &place, refusals),
            ValidationErrorsKind::List(items) => {
                for (index, inner) in items {
                    collect(inner, &format!("{place}/{index}"), refusals);
                }
            }
        }
    }
}

fn refusal(error: &validator::ValidationError) -> Refusal {
    let bound = |name: &str| error.params.get(name).map(ToString::to_string);
    let wanted = match (bound("min"), bound("max")) {
        (Some(least), Some(most)) => format!("{least} to {most}"),
        (Some(least), None) => format!("at least {least}"),
        (None, Some(most)) => format!("at most {most}"),
        (None, None) => String::new(),
    };
    match error.code.as_ref() {
        "length" => Refusal::new(Rule::TooLong, format!("its length must be {wanted}")),
        "range" => Refusal::new(Rule::OutOfRange, format!("it must be {wanted}")),
        "email" => Refusal::new(Rule::Format, "it must be an e-mail address"),
        "url" => Refusal::new(Rule::Format, "it must be a URL"),
        _ => Refusal::new(
            Rule::Format,
            error.message.as_deref().unwrap_or("it is not written as it should be").to_owned(),
        ),
    }
}

pub(crate) fn camel_case(field: &str) -> String {
    let mut out = String::with_capacity(field.len());
    let mut upper = false;
    for character in field.chars() {
        match character {
            '_' => upper = true,
            other if upper => {
                out.extend(other.to_uppercase());
                upper = false;
            }
            other => out.push(other),
        }
    }
    out
}
