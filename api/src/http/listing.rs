//! Lists: one extractor for all of them, documenting itself.

use std::{fmt::Write as _, marker::PhantomData};

use actix_web::{FromRequest, HttpRequest, dev::Payload, web};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};
use serde_json::Value;
use skolhus_domain::{
    access::Caller,
    period::plausible_date,
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{Cursor, Direction, Page, PageRequest};
use utoipa::{
    IntoParams, ToSchema,
    openapi::{
        Object, ObjectBuilder, Required, Type,
        path::{Parameter, ParameterBuilder, ParameterIn},
    },
};

use super::{catalogue::Code, page_token::Walk, problem::Problem, state::State};

/// How many rows a page has unless `limit` says otherwise.
pub const DEFAULT_LIMIT: u32 = 100;
/// The most rows on a page.
pub const LARGEST_LIMIT: u32 = 500;

/// The most values of one filter.
pub const MOST_VALUES: usize = 100;

/// What a list can be sorted by.
pub trait SortKey: Copy + Default + Send + Sync + 'static {
    /// Every key with its name in `sort`.
    const KEYS: &'static [(&'static str, Self)];
}

/// The query of a list: its own filters `F`, its sort keys `S`, and what all lists share.
pub struct Listing<F, S> {
    /// The list's own filters.
    pub filters: F,
    limit: u32,
    sort: S,
    direction: Direction,
    modified_after: Option<DateTime<Utc>>,
    token: Option<String>,
    operation: String,
    query: Vec<(String, String)>,
    reparse: Reparse<F, S>,
}

/// Parses the query that a page token carries.
type Reparse<F, S> = fn(&[(String, String)]) -> Result<Parsed<F, S>, Problem>;

/// The filters and the order, as parsed from a query.
type Parsed<F, S> = (F, S, Direction, Option<DateTime<Utc>>);

impl<F: DeserializeOwned + 'static, S: SortKey> Listing<F, S> {
    /// The page asked for. With a token, filters and order are those of the first page.
    ///
    /// # Errors
    /// [`Code::PageToken`] for a token of another list or organiser, or together with
    /// other filters.
    pub fn request(mut self, state: &State, caller: &Caller) -> Result<(F, PageRequest<S>, Walker), Problem> {
        let mut after: Option<Cursor> = None;
        let mut as_of = None;
        if let Some(token) = &self.token {
            let walk = Walk::open(token, &state.keyring, &self.operation, caller.organiser)?;
            if !self.query.is_empty() && self.query != walk.query {
                return Err(Problem::new(Code::PageToken));
            }
            after = Some(walk.cursor());
            as_of = walk.as_of;
            (self.filters, self.sort, self.direction, self.modified_after) = (self.reparse)(&walk.query)?;
            self.query = walk.query;
        }
        let request = PageRequest {
            limit: self.limit,
            sort: self.sort,
            direction: self.direction,
            after,
            modified_after: self.modified_after,
        };
        let walker = Walker { operation: self.operation, query: self.query, as_of };
        Ok((self.filters, request, walker))
    }
}

/// Makes the token of the next page.
pub struct Walker {
    operation: String,
    query: Vec<(String, String)>,
    /// What the first page of the walk said: later pages say the same.
    as_of: Option<DateTime<Utc>>,
}

impl Walker {
    /// The page as it is answered.
    ///
    /// # Errors
    /// [`Code::Internal`] when the token cannot be made.
    pub fn list<T>(self, page: Page<T>, state: &State, caller: &Caller) -> Result<List<T>, Problem> {
        let as_of = self.as_of.or(page.as_of);
        let page_token = match page.next {
            None => None,
            Some(cursor) => {
                let walk = Walk { query: self.query, key: cursor.key, id: cursor.id, as_of };
                Some(walk.seal(&state.keyring, &self.operation, caller.organiser)?)
            }
        };
        Ok(List { data: page.items, page_token, as_of })
    }
}

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct List<T> {
    /// The rows of this page.
    pub data: Vec<T>,
    /// Send it as `pageToken` for the next page; null at the end.
    #[schema(required, example = json!(null))]
    pub page_token: Option<String>,
    /// Only where changes were asked for: every page of the walk tells what was settled up to this
    /// instant. Send it as `modifiedAfter` the next time, and nothing is missed. It is absent where the
    /// caller's reach follows the day, as a teacher's does, or the rows cannot be followed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "2026-08-17T06:10:00.000001Z")]
    pub as_of: Option<DateTime<Utc>>,
}

impl<F: DeserializeOwned + 'static, S: SortKey> FromRequest for Listing<F, S> {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        std::future::ready(parse(request))
    }
}

fn refused(name: &str, rule: Rule, detail: impl Into<String>) -> Problem {
    Problem::new(Code::MalformedParameter)
        .errors(vec![Refusal::new(rule, detail).at(&format!("/query/{name}"))])
}

fn parse<F: DeserializeOwned + 'static, S: SortKey>(request: &HttpRequest) -> Result<Listing<F, S>, Problem> {
    let pairs: Vec<(String, String)> =
        web::Query::<Vec<(String, String)>>::from_query(request.query_string())
            .map_err(|_| refused("", Rule::Format, "the query cannot be read"))?
            .into_inner();
    let mut limit = DEFAULT_LIMIT;
    let mut token = None;
    let mut query = Vec::new();
    for (name, value) in pairs {
        match name.as_str() {
            "limit" => {
                limit = value.parse().ok().filter(|limit| (1..=LARGEST_LIMIT).contains(limit)).ok_or_else(
                    || refused("limit", Rule::OutOfRange, format!("must be 1 to {LARGEST_LIMIT}")),
                )?;
            }
            "pageToken" if !value.is_empty() => token = Some(value),
            "pageToken" => return Err(Problem::new(Code::PageToken)),
            _ if query.iter().any(|(other, _)| *other == name) => {
                return Err(refused(
                    &name,
                    Rule::Duplicate,
                    "stands twice; separate several values by commas",
                ));
            }
            _ => query.push((name, value)),
        }
    }
    query.sort();
    let (filters, sort, direction, modified_after) = shared(&query)?;
    let operation = format!("{} {}", request.method(), request.match_pattern().unwrap_or_default());
    Ok(Listing { filters, limit, sort, direction, modified_after, token, operation, query, reparse: shared })
}

fn shared<F: DeserializeOwned, S: SortKey>(query: &[(String, String)]) -> Result<Parsed<F, S>, Problem> {
    let mut sort = (S::default(), Direction::default());
    let mut modified_after = None;
    let mut own = Vec::new();
    for (name, value) in query {
        match name.as_str() {
            "sort" => sort = sort_of::<S>(value)?,
            "modifiedAfter" => {
                let instant = DateTime::parse_from_rfc3339(value).map_err(|_| {
                    refused(
                        "modifiedAfter",
                        Rule::Format,
                        "must be an instant with offset, such as 2026-08-17T08:10:00+02:00",
                    )
                })?;
                modified_after = Some(instant.with_timezone(&Utc));
            }
            _ => own.push((name.as_str(), value.as_str())),
        }
    }
    let own = serde_urlencoded::to_string(own).unwrap_or_default();
    let filters =
        serde_urlencoded::from_str(&own).map_err(|error| refused("", Rule::Format, error.to_string()))?;
    Ok((filters, sort.0, sort.1, modified_after))
}

fn sort_of<S: SortKey>(value: &str) -> Result<(S, Direction), Problem> {
    let (name, direction) = match value.strip_prefix('-') {
        Some(name) => (name, Direction::Descending),
        None => (value, Direction::Ascending),
    };
    S::KEYS.iter().find(|(key, _)| *key == name).map(|(_, key)| (*key, direction)).ok_or_else(|| {
        let keys: Vec<&str> = S::KEYS.iter().map(|(key, _)| *key).collect();
        refused(
            "sort",
            Rule::UnknownCode,
            format!("must be one of {}, with - before it for the other way", keys.join(", ")),
        )
    })
}

/// Several values of one filter, separated by commas.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Several<T>(pub Vec<T>);

impl<'de, T: DeserializeOwned> Deserialize<'de> for Several<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::{Error, IntoDeserializer};
        let text = String::deserialize(deserializer)?;
        let values: Result<Vec<T>, D::Error> = text
            .split(',')
            .map(|part| {
                T::deserialize(IntoDeserializer::<serde::de::value::Error>::into_deserializer(part))
                    .map_err(|error| D::Error::custom(error.to_string()))
            })
            .collect();
        match values {
            Ok(values) if values.len() > MOST_VALUES => {
                Err(D::Error::custom(format!("at most {MOST_VALUES} values")))
            }
            other => other.map(Self),
        }
    }
}

impl<F: IntoParams, S: SortKey> IntoParams for Listing<F, S> {
    fn into_params(parameter_in: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let mut parameters = F::into_params(|| parameter_in().or(Some(ParameterIn::Query)));
        let keys: Vec<&str> = S::KEYS.iter().map(|(key, _)| *key).collect();
        let values: Vec<String> =
            keys.iter().flat_map(|key| [(*key).to_owned(), format!("-{key}")]).collect();
        let mut sort_help = "What the list is sorted by; `-` before it turns the order round.".to_owned();
        if let Some(first) = keys.first() {
            // Writing to a String cannot fail.
            let _ = write!(sort_help, " Unless given: `{first}`.");
        }
        parameters.extend([
            query(
                "sort",
                &sort_help,
                ObjectBuilder::new().schema_type(Type::String).enum_values(Some(values.clone())).build(),
                values.last().cloned().unwrap_or_default().into(),
            ),
            query(
                "modifiedAfter",
                "Only what was changed, or came within the caller's reach, after this instant (RFC 3339, with \
                 offset). To follow a list: begin with 1970-01-01T00:00:00Z, keep what the pages show, and go \
                 on from the `asOf` they say; what leaves the reach is told by `GET /v1/deleted-entities`.",
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .format(Some(utoipa::openapi::SchemaFormat::KnownFormat(
                        utoipa::openapi::KnownFormat::DateTime,
                    )))
                    .build(),
                "2026-08-17T08:10:00+02:00".into(),
            ),
            query(
                "limit",
                "Rows on a page.",
                ObjectBuilder::new()
                    .schema_type(Type::Integer)
                    .minimum(Some(1))
                    .maximum(Some(LARGEST_LIMIT))
                    .default(Some(DEFAULT_LIMIT.into()))
                    .build(),
                50.into(),
            ),
            query(
                "pageToken",
                "The `pageToken` of the page before; carries its filters and order.",
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .min_length(Some(1))
                    .max_length(Some(4000))
                    .pattern(Some("^[A-Za-z0-9_-]+$"))
                    .build(),
                "vJ2m0dQyq3Jb8m1yq0sYt4pS9cF1oTz7XkUuB5nLr2g".into(),
            ),
        ]);
        parameters
    }
}

fn query(name: &str, description: &str, schema: Object, example: Value) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(schema))
        .example(Some(example))
        .build()
}

/// The values of a filter, each read by a rule of the domain.
///
/// # Errors
/// [`Code::MalformedParameter`], naming the filter and the place of the value.
pub fn values<T, U>(
    name: &str,
    filter: Option<Several<T>>,
    read: impl Fn(&T) -> Result<U, Refusal>,
) -> Result<Vec<U>, Problem> {
    let raw = filter.map(|several| several.0).unwrap_or_default();
    raw.iter()
        .map(read)
        .collect::<Result<_, _>>()
        .map_err(|refusal| refused(name, refusal.rule, refusal.detail))
}

/// A filter's day, if it is one that the register can hold.
///
/// # Errors
/// [`Code::MalformedParameter`].
pub fn day(name: &str, filter: Option<NaiveDate>) -> Result<Option<NaiveDate>, Problem> {
    filter.map(plausible_date).transpose().map_err(|refusal| refused(name, refusal.rule, refusal.detail))
}

/// A list without filters of its own.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoFilters {
    #[serde(skip)]
    _none: PhantomData<()>,
}

impl IntoParams for NoFilters {
    fn into_params(_parameter_in: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        Vec::new()
    }
}
