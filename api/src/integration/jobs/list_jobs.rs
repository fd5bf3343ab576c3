use actix_web::{get, web};
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::RunImports},
    integration::{JobKind, JobState},
    refusal::Refusal,
};
use skolhus_persistence::{
    DatabaseConnection, Page, PageRequest,
    integration::job::{self, JobFilter, JobSort},
};
use utoipa::IntoParams;

use super::document::{JobDocument, JobKindWord, JobStateWord};
use crate::http::{
    catalogue::Code,
    listing::{List, Listing, Several, SortKey},
    permit::Permit,
    problem::Problem,
    state::State,
};

/// Which jobs.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filters {
    /// Only of these kinds, separated by commas.
    #[param(value_type = Option<Vec<JobKindWord>>, example = "oneroster-import")]
    kind: Option<Several<String>>,
    /// Only in these states, separated by commas.
    #[param(value_type = Option<Vec<JobStateWord>>, example = "queued,running,waiting")]
    state: Option<Several<String>>,
}

impl SortKey for JobSort {
    const KEYS: &'static [(&'static str, Self)] =
        &[("createdAt", Self::CreatedAt), ("modifiedAt", Self::ModifiedAt)];
}

/// List jobs
///
/// The organiser's jobs, the oldest first unless asked otherwise (`sort=-createdAt` for the newest).
#[utoipa::path(
    operation_id = "listJobs", tag = "integration",
    extensions(("x-permission" = json!("import:run"))),
    params(Listing<Filters, JobSort>),
    responses((status = 200, description = "One page of jobs.", body = List<JobDocument>))
)]
#[get("/v1/jobs")]
pub async fn handle(
    permit: Permit<RunImports>,
    state: web::Data<State>,
    listing: Listing<Filters, JobSort>,
) -> Result<web::Json<List<JobDocument>>, Problem> {
    let (filters, request, walker) = listing.request(&state, &permit)?;
    let filter = JobFilter {
        kinds: codes(filters.kind, "/query/kind", JobKind::from_code)?,
        states: codes(filters.state, "/query/state", JobState::from_code)?,
    };
    let page = state
        .database
        .read(permit.caller(), move |connection, scope| list_jobs(connection, scope, &filter, &request))
        .await?;
    walker.list(page, &state, &permit).map(web::Json)
}

fn codes<T>(
    given: Option<Several<String>>,
    at: &str,
    parse: impl Fn(&str) -> Result<T, Refusal>,
) -> Result<Vec<T>, Problem> {
    given
        .map_or_else(Vec::new, |several| several.0)
        .iter()
        .map(|code| {
            parse(code).map_err(|refusal| Problem::new(Code::MalformedParameter).errors(vec![refusal.at(at)]))
        })
        .collect()
}

/// The use-case.
///
/// # Errors
/// A failure of the database.
pub fn list_jobs(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filter: &JobFilter,
    request: &PageRequest<JobSort>,
) -> Result<Page<JobDocument>, Problem> {
    job::list(connection, scope, filter, request)?.try_map(|saved| Ok(JobDocument::of(saved)))
}
