//! Answering with one resource: its ETag, 304 for what the caller knows, 201 with a Location.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, http::header};
use serde::{Deserialize, Serialize};
use skolhus_domain::refusal::{Refusal, Refusals, Rule};
use utoipa::IntoParams;
use uuid::Uuid;

use super::{
    catalogue::Code,
    etag::{etag, is_known},
    problem::Problem,
};

/// The id in a path.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct IdPath {
    /// The id of the resource.
    #[param(example = "0199a3f0-7c00-7000-8000-0000000000a1")]
    pub id: Uuid,
}

/// The id of the path, as an extractor that refuses anything but a UUID.
pub struct PathId<I>(pub I);

impl<I: skolhus_domain::id::Id> actix_web::FromRequest for PathId<I> {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut actix_web::dev::Payload) -> Self::Future {
        let id = request.match_info().get("id").and_then(|id| Uuid::try_parse(id).ok());
        std::future::ready(id.map(|id| Self(I::from_uuid(id))).ok_or_else(|| {
            Problem::new(Code::MalformedParameter)
                .errors(vec![Refusal::new(Rule::Format, "must be a UUID").at("/path/id")])
        }))
    }
}

/// The ids of a path that holds two: `{id}`, and the one of that name.
///
/// # Errors
/// [`Code::MalformedParameter`], naming each that is no UUID.
pub fn two_ids(request: &HttpRequest, second: &str) -> Result<(Uuid, Uuid), Problem> {
    let mut refusals = Refusals::default();
    let mut part = |name: &str| {
        let id = request.match_info().get(name).and_then(|id| Uuid::try_parse(id).ok());
        let id = id.ok_or_else(|| Refusal::new(Rule::Format, "must be a UUID"));
        refusals.note(&format!("/path/{name}"), id)
    };
    match (part("id"), part(second)) {
        (Some(first), Some(second)) => Ok((first, second)),
        _ => Err(Problem::new(Code::MalformedParameter).errors(refusals.0)),
    }
}

/// Answers a GET: 304 if the caller knows this version.
#[must_use]
pub fn show<T: Serialize>(request: &HttpRequest, version: i64, document: &T) -> HttpResponse {
    if is_known(request, version) {
        return HttpResponse::NotModified().insert_header((header::ETAG, etag(version))).finish();
    }
    saved(version, document)
}

/// Answers a change with the present state.
#[must_use]
pub fn saved<T: Serialize>(version: i64, document: &T) -> HttpResponse {
    HttpResponse::Ok().insert_header((header::ETAG, etag(version))).json(document)
}

/// Answers a creation.
#[must_use]
pub fn created<T: Serialize>(
    status: StatusCode,
    location: String,
    version: i64,
    document: &T,
) -> HttpResponse {
    HttpResponse::build(status)
        .insert_header((header::LOCATION, location))
        .insert_header((header::ETAG, etag(version)))
        .json(document)
}
