use actix_web::{get, web};
use chrono::NaiveDate;
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ReadCourses},
    course::CourseKind,
    text::Text,
};
use skolhus_persistence::{
    DatabaseConnection, Page, PageRequest,
    course::course::{self, CourseFilter, CourseSort},
};
use utoipa::IntoParams;

use super::course::{CourseDocument, CourseKindWord};
use crate::http::{
    listing::{List, Listing, Several, SortKey, day, values},
    permit::Permit,
    problem::Problem,
    state::State,
};

/// Which courses.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filters {
    /// Only with these codes, separated by commas.
    #[param(value_type = Option<Vec<String>>, example = "AK")]
    code: Option<Several<String>>,
    /// Words of the title, each by its beginning; upper and lower case are the same.
    #[param(example = "allm", max_length = 200)]
    title: Option<String>,
    /// Only of these kinds, separated by commas.
    #[param(value_type = Option<Vec<CourseKindWord>>, example = "course")]
    kind: Option<Several<String>>,
    /// Only of these subjects, by code, separated by commas.
    #[param(value_type = Option<Vec<String>>, example = "MAT")]
    subject_code: Option<Several<String>>,
    /// Only those that may be offered on this day.
    #[param(example = "2026-08-17")]
    valid_on: Option<NaiveDate>,
}

impl Filters {
    fn read(self) -> Result<CourseFilter, Problem> {
        let Self { code, title, kind, subject_code, valid_on } = self;
        let code_text = |raw: &String| Text::line(raw, 40).map(Text::into_string);
        Ok(CourseFilter {
            codes: values("code", code, code_text)?,
            title,
            kinds: values("kind", kind, |raw| CourseKind::from_code(raw))?,
            subject_codes: values("subjectCode", subject_code, code_text)?,
            valid_on: day("validOn", valid_on)?,
        })
    }
}

impl SortKey for CourseSort {
    const KEYS: &'static [(&'static str, Self)] =
        &[("title", Self::Title), ("code", Self::Code), ("modifiedAt", Self::ModifiedAt)];
}

/// List courses
///
/// The organiser's catalogue of courses and subjects, by title in Swedish order unless asked otherwise.
#[utoipa::path(
    operation_id = "listCourses", tag = "course",
    extensions(("x-permission" = json!("course:read"))),
    params(Listing<Filters, CourseSort>),
    responses((status = 200, description = "One page of courses.", body = List<CourseDocument>))
)]
#[get("/v1/courses")]
pub async fn handle(
    permit: Permit<ReadCourses>,
    state: web::Data<State>,
    listing: Listing<Filters, CourseSort>,
) -> Result<web::Json<List<CourseDocument>>, Problem> {
    let (filters, request, walker) = listing.request(&state, &permit)?;
    let filter = filters.read()?;
    let page = state
        .database
        .read(permit.caller(), move |connection, scope| list_courses(connection, scope, &filter, &request))
        .await?;
    walker.list(page, &state, &permit).map(web::Json)
}

/// The use-case.
///
/// # Errors
/// A failure of the database.
pub fn list_courses(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filter: &CourseFilter,
    request: &PageRequest<CourseSort>,
) -> Result<Page<CourseDocument>, Problem> {
    let page = course::list(connection, scope, filter, request)?;
    page.try_map(|saved| Ok(CourseDocument::of(saved)))
}
