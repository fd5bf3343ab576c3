use std::{path::Path, time::Duration};

use actix_web::{
    FromRequest, HttpRequest, HttpResponse,
    dev::Payload,
    http::{StatusCode, header},
    post, web,
};
use futures_util::StreamExt;
use serde::Deserialize;
use serde_json::json;
use skolhus_domain::{
    access::{Reach, Scope, declared::RunImports},
    code::Code as TypeCode,
    id::JobId,
    integration::{JobKind, JobState},
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{
    Tx,
    integration::job::{self, Job},
};
use tokio::io::AsyncWriteExt;
use utoipa::{
    IntoParams, PartialSchema, ToSchema,
    openapi::{KnownFormat, ObjectBuilder, RefOr, Schema, SchemaFormat, Type},
};
use uuid::Uuid;

use super::plan::MAY_END_PERCENT;
use crate::{
    http::{catalogue::Code, permit::Permit, problem::Problem, resource::created, state::State},
    integration::jobs::JobDocument,
};

/// The largest upload, in bytes: 256 MiB. Packed, that is more than a million enrolments.
pub const LARGEST_UPLOAD: u64 = 256 << 20;
/// How long an upload may take.
const LONGEST_UPLOAD: Duration = Duration::from_secs(15 * 60);
/// The school type of new school units, if nothing else is said: grundskola.
pub const SCHOOL_TYPE: &str = "GR";

/// How the import is to be done.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
#[into_params(parameter_in = Query)]
pub struct ImportSettings {
    /// Only say what would be added, changed and ended.
    #[param(default = false, example = true)]
    pub dry_run: bool,
    /// Go on without the rows that are refused. Unless said, one refused row stops everything.
    #[param(default = false)]
    pub partial: bool,
    /// Which share of a kind may end without a person's word, in percent.
    #[param(default = 5, example = 10, minimum = 0, maximum = 100)]
    pub ends_percent: u8,
    /// The school type that new school units get, as a code of SS 12000: the set does not say.
    #[param(default = "GR", example = "FHS", min_length = 1, max_length = 40, pattern = "^[A-Za-z0-9-]+$")]
    pub school_type: String,
}

impl Default for ImportSettings {
    fn default() -> Self {
        Self {
            dry_run: false,
            partial: false,
            ends_percent: MAY_END_PERCENT,
            school_type: SCHOOL_TYPE.to_owned(),
        }
    }
}

impl FromRequest for ImportSettings {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let read = serde_urlencoded::from_str::<Self>(request.query_string()).map_err(|error| {
            let refusal = Refusal::new(Rule::Format, error.to_string()).at("/query");
            Problem::new(Code::MalformedParameter).errors(vec![refusal])
        });
        std::future::ready(read.and_then(|settings| settings.check().map(|_| settings)))
    }
}

impl ImportSettings {
    /// Checks the settings; gives the school type as a code.
    ///
    /// # Errors
    /// [`Code::MalformedParameter`].
    pub fn check(&self) -> Result<TypeCode, Problem> {
        let refused = |refusal: Refusal| Problem::new(Code::MalformedParameter).errors(vec![refusal]);
        if self.ends_percent > 100 {
            let refusal = Refusal::new(Rule::OutOfRange, "it must be 0 to 100");
            return Err(refused(refusal.at("/query/endsPercent")));
        }
        TypeCode::new(&self.school_type).map_err(|refusal| refused(refusal.at("/query/schoolType")))
    }
}

/// The bytes of a zip archive.
pub struct RosterArchive;

impl PartialSchema for RosterArchive {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary)))
            .description(Some("A zip archive with `manifest.csv` and the files it declares."))
            .build()
            .into()
    }
}
impl ToSchema for RosterArchive {}

/// Import a OneRoster set
///
/// Takes a OneRoster 1.2 CSV set as a zip and answers at once with a job, which checks the set,
/// compares it with the register, and saves what differs. Follow it at `GET /v1/jobs/{id}`; its
/// report is at `GET /v1/jobs/{id}/rows`. Only those who work for the whole organiser may.
///
/// Nothing is saved if a row is refused, unless `partial` is set. What a whole (bulk) file leaves
/// out ends, and is never deleted; a run that would end more than `endsPercent` of a kind stops and
/// waits for `POST /v1/jobs/{id}/approval`. The same set a second time changes nothing. Accounts are never
/// made, and protection is never lifted.
///
/// Relatives (`agentSourcedIds`, and the roles guardian, parent, relative and aide) become persons with
/// relations of the kind `not-stated`, which wait and carry nothing whatever the organiser has set, until
/// people decide at `POST /v1/relation-decision-batches`. What they have decided stands: a relation that was
/// rejected, ended or withdrawn is not raised again, and one that was confirmed does not end because the set
/// no longer names it; the report tells. Nor does a set change the date of birth of somebody over whom a
/// relation has been confirmed. `families` in the results of a dry run, and the report's rows of the
/// kind `relation`, say what would change for families.
///
/// Text is UTF-8, columns stand between commas. Besides the size of the upload there are limits on what
/// it holds: 200 entries, 1 GiB in one file and 2 GiB in all once unpacked, at most 200 times the size of
/// the zip, 64 KiB in a line, 2,000,000 rows in a file. The zip has the files at its top or in one folder;
/// links, names that lead elsewhere, locked entries and other packings than deflate are refused.
#[utoipa::path(
    operation_id = "startOnerosterImport", tag = "integration",
    extensions(("x-permission" = json!("import:run"))),
    params(ImportSettings),
    request_body(content = RosterArchive, content_type = "application/zip", description = "The set as a zip archive. At most 268435456 bytes (256 MiB)."),
    responses((status = 202, description = "It is received and will be worked on.", body = JobDocument,
        headers(("ETag" = String, description = "The job's version."), ("Location" = String, description = "The job's address."))))
)]
#[post("/v1/imports/oneroster")]
pub async fn handle(
    permit: Permit<RunImports>,
    state: web::Data<State>,
    settings: ImportSettings,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let media_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if media_type.is_none_or(|media_type| !media_type.eq_ignore_ascii_case("application/zip")) {
        return Err(Problem::new(Code::UnsupportedMediaType).detail("send application/zip"));
    }
    let length = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    if length.and_then(|length| length.parse::<u64>().ok()).is_some_and(|length| length > LARGEST_UPLOAD) {
        return Err(too_large());
    }
    // Before anything is stored for them.
    state.database.read(permit.caller(), |_, scope| whole_organiser(scope)).await?;
    let id: JobId = state.fresh();
    let runner = state.jobs.runner(state.fresh_uuid()).map_err(|error| storage(&error))?;
    let path = state.jobs.upload(id);
    if let Err(problem) = receive(&path, payload).await {
        discard(&path).await;
        return Err(problem);
    }
    let queued =
        state.database.write(permit.caller(), move |tx, scope| queue(tx, scope, id, runner, &settings)).await;
    match queued {
        Ok(job) => {
            state.jobs.wake();
            Ok(created(StatusCode::ACCEPTED, format!("/v1/jobs/{}", job.id), job.version, &job))
        }
        Err(problem) => {
            discard(&path).await;
            Err(problem)
        }
    }
}

/// Writes the body to a file as it comes, so that its size costs no memory.
async fn receive(path: &Path, mut payload: web::Payload) -> Result<(), Problem> {
    let store = async {
        let mut file = tokio::fs::File::create(path).await.map_err(|error| storage(&error))?;
        let mut bytes: u64 = 0;
        while let Some(part) = payload.next().await {
            let part = part.map_err(|_| Problem::new(Code::MalformedBody).detail("the upload broke off"))?;
            bytes += u64::try_from(part.len()).unwrap_or(u64::MAX);
            if bytes > LARGEST_UPLOAD {
                return Err(too_large());
            }
            file.write_all(&part).await.map_err(|error| storage(&error))?;
        }
        if bytes == 0 {
            return Err(Problem::new(Code::MalformedBody).detail("the body is empty; send a zip archive"));
        }
        file.sync_all().await.map_err(|error| storage(&error))
    };
    tokio::time::timeout(LONGEST_UPLOAD, store).await.unwrap_or_else(|_| {
        Err(Problem::new(Code::MalformedBody).detail("the upload took longer than 15 minutes"))
    })
}

fn too_large() -> Problem {
    Problem::new(Code::TooLarge).detail(format!("an upload may have at most {LARGEST_UPLOAD} bytes"))
}

async fn discard(path: &Path) {
    if let Err(error) = tokio::fs::remove_file(path).await
        && error.kind() != std::io::ErrorKind::NotFound
    {
        tracing::warn!(%error, "an upload could not be removed");
    }
}

fn storage(error: &std::io::Error) -> Problem {
    tracing::error!(%error, "an upload could not be stored");
    Problem::new(Code::StorageFailed)
}

/// An import works on the whole organiser, so only those who do may run one.
///
/// # Errors
/// [`Code::NotPermitted`].
pub fn whole_organiser(scope: &Scope) -> Result<(), Problem> {
    if scope.reach() == &Reach::Organiser { Ok(()) } else { Err(Problem::new(Code::NotPermitted)) }
}

/// The use-case: queues an import.
///
/// # Errors
/// [`Code::NotPermitted`]; [`Code::MalformedParameter`]; a failure of the database.
pub fn queue(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: JobId,
    runner: Uuid,
    settings: &ImportSettings,
) -> Result<JobDocument, Problem> {
    whole_organiser(scope)?;
    let new = Job {
        kind: JobKind::OnerosterImport,
        state: JobState::Queued,
        dry_run: settings.dry_run,
        partial: settings.partial,
        ends_percent: settings.ends_percent,
        school_type: settings.check()?,
        runner,
        account: scope.account(),
        system: None,
        fingerprint: None,
        progress: json!([]),
        results: json!({}),
        resume_at: json!({}),
        failure: None,
        started_at: None,
        ended_at: None,
        approval: None,
    };
    Ok(JobDocument::of(job::insert(tx, scope, id, &new)?))
}
