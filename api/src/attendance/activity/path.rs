//! A day of an offering, as a path names it.

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use chrono::NaiveDate;
use serde::Deserialize;
use skolhus_domain::{
    id::{Id, OfferingId},
    period::plausible_date,
    refusal::{Refusal, Refusals, Rule},
};
use utoipa::IntoParams;
use uuid::Uuid;

use crate::http::{catalogue::Code, problem::Problem};

/// Which offering, which day.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Path)]
pub struct ActivityPath {
    /// The id of the offering.
    #[param(example = "0199a3f0-7c00-7000-8000-0000000000d1")]
    pub id: Uuid,
    /// The day.
    #[param(example = "2026-11-19")]
    pub date: NaiveDate,
}

/// The two parts of the path, as an extractor that refuses anything but a UUID and a date.
#[derive(Clone, Copy, Debug)]
pub struct ActivityOf {
    /// The offering.
    pub offering: OfferingId,
    /// The day.
    pub day: NaiveDate,
}

impl ActivityOf {
    fn of(path: ActivityPath) -> Self {
        let ActivityPath { id, date } = path;
        Self { offering: Id::from_uuid(id), day: date }
    }
}

impl FromRequest for ActivityOf {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let mut refusals = Refusals::default();
        let part = |name: &str| request.match_info().get(name).unwrap_or_default();
        let id = Uuid::try_parse(part("id")).map_err(|_| Refusal::new(Rule::Format, "must be a UUID"));
        let id = refusals.note("/path/id", id);
        let day = part("date").parse::<NaiveDate>().map_err(|_| Refusal::new(Rule::Format, "must be a date"));
        let day = refusals.note("/path/date", day.and_then(plausible_date));
        std::future::ready(match (id, day) {
            (Some(id), Some(date)) => Ok(Self::of(ActivityPath { id, date })),
            _ => Err(Problem::new(Code::MalformedParameter).errors(refusals.0)),
        })
    }
}
