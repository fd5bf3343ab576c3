//! The query of an operation that is no list: unknown parameters are refused.

use actix_web::{FromRequest, HttpRequest, dev::Payload, web};
use serde::de::DeserializeOwned;
use skolhus_domain::refusal::{Refusal, Rule};

use super::{catalogue::Code, problem::Problem};

/// The parameters of a query. The type refuses unknown ones (`deny_unknown_fields`).
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequest for Query<T> {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let parsed = web::Query::<T>::from_query(request.query_string());
        std::future::ready(parsed.map(|query| Self(query.into_inner())).map_err(|error| {
            Problem::new(Code::MalformedParameter)
                .errors(vec![Refusal::new(Rule::Format, error.to_string()).at("/query")])
        }))
    }
}
