use actix_web::{get, web};
use serde::{Deserialize, Serialize};
use skolhus_domain::{
    access::{Scope, declared::RunImports},
    id::JobId,
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{
    DatabaseConnection, Page, PageRequest,
    integration::{
        job,
        job_row::{self, ReportRow, ReportSort},
    },
};
use utoipa::{IntoParams, ToSchema};

use super::document::{ReportKindWord, SEVERITIES, SeverityWord, report_kinds};
use crate::integration::oneroster::families::Family;

use crate::http::{
    language::{Asked, Language},
    listing::{List, Listing, Several, SortKey, values},
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId},
    state::State,
};

/// Which rows of the report.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filters {
    /// Only of these severities, separated by commas.
    #[param(value_type = Option<Vec<SeverityWord>>, example = "problem,change")]
    severity: Option<Several<String>>,
    /// Only about these kinds of things, separated by commas; `relation` is what an import changes for families.
    #[param(inline, value_type = Option<Vec<ReportKindWord>>, example = "relation")]
    kind: Option<Several<String>>,
}

impl SortKey for ReportSort {
    const KEYS: &'static [(&'static str, Self)] = &[("number", Self::Number)];
}

/// One row of a job's report.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = JobRow)]
pub struct JobRowDocument {
    /// Its number in the report, from 1.
    #[schema(example = 1, minimum = 1)]
    pub number: i64,
    /// What the row says.
    #[schema(value_type = SeverityWord, example = "problem")]
    pub severity: String,
    /// What kind of thing it is about.
    #[schema(required, example = "participation")]
    pub kind: Option<String>,
    /// The file.
    #[schema(required, example = "enrollments.csv")]
    pub file: Option<String>,
    /// The line in the file; the header is line 1.
    #[schema(required, example = 17)]
    pub line: Option<i64>,
    /// The column, or the fields that differ, separated by commas.
    #[schema(required, example = "endDate")]
    pub field: Option<String>,
    /// The rule that is broken.
    #[schema(required, example = "period-reversed")]
    pub code: Option<String>,
    /// The source's identifier; never that of a protected person.
    #[schema(required, example = "63420dd3-53d1-4d04-b025-82d506cdb862")]
    pub source_id: Option<String>,
    /// In words; what an import changes for families in Swedish or English, as `Accept-Language` asks.
    #[schema(example = "may not come before beginDate")]
    pub detail: String,
}

/// List the rows of a job's report
///
/// What was refused, warned of, and found to do, each with its file and line. No row holds the
/// value of a field, and none names a person whose identity is protected.
#[utoipa::path(
    operation_id = "listJobRows", tag = "integration",
    extensions(("x-permission" = json!("import:run"))),
    params(IdPath, Listing<Filters, ReportSort>, ("Accept-Language" = Option<String>, Header, description = "The language of what is told about families: sv or en.", example = "sv")),
    responses((status = 200, description = "One page of the report.", body = List<JobRowDocument>))
)]
#[get("/v1/jobs/{id}/rows")]
pub async fn handle(
    permit: Permit<RunImports>,
    state: web::Data<State>,
    id: PathId<JobId>,
    listing: Listing<Filters, ReportSort>,
    Asked(language): Asked,
) -> Result<web::Json<List<JobRowDocument>>, Problem> {
    let (filters, request, walker) = listing.request(&state, &permit)?;
    let severities = values("severity", filters.severity, |raw| {
        let known = SEVERITIES.iter().find(|severity| *severity == raw);
        known.map(|severity| (*severity).to_owned()).ok_or_else(|| {
            Refusal::new(Rule::UnknownCode, format!("must be one of {}", SEVERITIES.join(", ")))
        })
    })?;
    let kinds = values("kind", filters.kind, |raw| {
        let known = report_kinds().into_iter().find(|kind| *kind == raw);
        known.map(str::to_owned).ok_or_else(|| {
            Refusal::new(Rule::UnknownCode, format!("must be one of {}", report_kinds().join(", ")))
        })
    })?;
    let page = state
        .database
        .read(permit.caller(), move |connection, scope| {
            list_job_rows(connection, scope, id.0, (&severities, &kinds), &request, language)
        })
        .await?;
    walker.list(page, &state, &permit).map(web::Json)
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; a failure of the database.
pub fn list_job_rows(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: JobId,
    (severities, kinds): (&[String], &[String]),
    request: &PageRequest<ReportSort>,
    language: Language,
) -> Result<Page<JobRowDocument>, Problem> {
    job::find(connection, scope, id)?.ok_or_else(Problem::not_found)?;
    let page = job_row::list(connection, scope, id, severities, kinds, request)?;
    page.try_map(|row| {
        let ReportRow {
            number,
            noted_at: _,
            severity,
            kind,
            file,
            line,
            field,
            code,
            source_id,
            detail,
            facts,
        } = row;
        let family: Option<Family> = facts.and_then(|facts| serde_json::from_value(facts).ok());
        let detail = family.map_or(detail, |family| family.words(language, &str::to_owned));
        Ok(JobRowDocument { number, severity, kind, file, line, field, code, source_id, detail })
    })
}
