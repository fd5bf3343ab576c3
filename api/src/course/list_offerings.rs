use actix_web::{get, web};
use chrono::NaiveDate;
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ReadCourses},
    code::Code,
    course::StudyForm,
    id::Id,
};
use skolhus_persistence::{
    DatabaseConnection, Page, PageRequest,
    course::offering::{self, OfferingFilter, OfferingSort},
};
use utoipa::IntoParams;
use uuid::Uuid;

use super::offering::{OfferingDocument, StudyFormWord};
use crate::http::{
    listing::{List, Listing, Several, SortKey, day, values},
    permit::Permit,
    problem::Problem,
    state::State,
};

/// Which course offerings.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filters {
    /// Only at these school units, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000a1")]
    school_unit_id: Option<Several<Uuid>>,
    /// Only of these courses, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    course_id: Option<Several<Uuid>>,
    /// Only those that cover one of these terms, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000d1")]
    term_id: Option<Several<Uuid>>,
    /// Only of these course types (kurstyper), separated by commas.
    #[param(value_type = Option<Vec<String>>, example = "1")]
    course_type_code: Option<Several<String>>,
    /// Only in these forms of study, separated by commas.
    #[param(value_type = Option<Vec<StudyFormWord>>, example = "distance,mixed")]
    form: Option<Several<String>>,
    /// Only those that one of these persons teaches at some time, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000e1")]
    teacher_id: Option<Several<Uuid>>,
    /// Only parts of one of these offerings, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000c9")]
    part_of_id: Option<Several<Uuid>>,
    /// Only those that run on this day.
    #[param(example = "2026-08-17")]
    runs_on: Option<NaiveDate>,
    /// Words of the title, each by its beginning; upper and lower case are the same.
    #[param(example = "allm", max_length = 200)]
    title: Option<String>,
}

impl Filters {
    fn read(self) -> Result<OfferingFilter, Problem> {
        let Self {
            school_unit_id,
            course_id,
            term_id,
            course_type_code,
            form,
            teacher_id,
            part_of_id,
            runs_on,
            title,
        } = self;
        Ok(OfferingFilter {
            school_units: values("schoolUnitId", school_unit_id, |id| Ok(Id::from_uuid(*id)))?,
            courses: values("courseId", course_id, |id| Ok(Id::from_uuid(*id)))?,
            terms: values("termId", term_id, |id| Ok(Id::from_uuid(*id)))?,
            course_types: values("courseTypeCode", course_type_code, |raw| {
                Code::new(raw).map(|code| code.as_str().to_owned())
            })?,
            forms: values("form", form, |raw| StudyForm::from_code(raw))?,
            teachers: values("teacherId", teacher_id, |id| Ok(Id::from_uuid(*id)))?,
            part_of: values("partOfId", part_of_id, |id| Ok(Id::from_uuid(*id)))?,
            runs_on: day("runsOn", runs_on)?,
            title,
        })
    }
}

impl SortKey for OfferingSort {
    const KEYS: &'static [(&'static str, Self)] =
        &[("title", Self::Title), ("firstDay", Self::FirstDay), ("modifiedAt", Self::ModifiedAt)];
}

/// List course offerings
///
/// The course offerings (kurstillfällen) within reach, by title in Swedish order unless asked
/// otherwise. A teacher sees what they teach today. Places count everyone; names of protected
/// persons are left out.
#[utoipa::path(
    operation_id = "listCourseOfferings", tag = "course",
    extensions(("x-permission" = json!("course:read"))),
    params(Listing<Filters, OfferingSort>),
    responses((status = 200, description = "One page of course offerings.", body = List<OfferingDocument>))
)]
#[get("/v1/course-offerings")]
pub async fn handle(
    permit: Permit<ReadCourses>,
    state: web::Data<State>,
    listing: Listing<Filters, OfferingSort>,
) -> Result<web::Json<List<OfferingDocument>>, Problem> {
    let (filters, request, walker) = listing.request(&state, &permit)?;
    let filter = filters.read()?;
    let page = state
        .database
        .read(permit.caller(), move |connection, scope| list_offerings(connection, scope, &filter, &request))
        .await?;
    walker.list(page, &state, &permit).map(web::Json)
}

/// The use-case.
///
/// # Errors
/// A failure of the database.
pub fn list_offerings(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filter: &OfferingFilter,
    request: &PageRequest<OfferingSort>,
) -> Result<Page<OfferingDocument>, Problem> {
    let page = offering::list(connection, scope, filter, request)?;
    page.try_map(|view| Ok(OfferingDocument::of(view, scope)))
}
