use actix_web::{get, web};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use skolhus_domain::{
    access::{InformationClass, Scope, declared::ReadAttendance},
    id::Id,
};
use skolhus_persistence::{
    DatabaseConnection, Page, PageRequest,
    attendance::mark::{self, MarkFilter, MarkSort, MarkView},
};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::register_document::MarkDocument;
use crate::{
    enrolment::ListedName,
    http::{
        listing::{List, Listing, Several, SortKey, day, values},
        permit::Permit,
        problem::Problem,
        state::State,
    },
};

/// Which attendance.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filters {
    /// Only of these persons, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    person_id: Option<Several<Uuid>>,
    /// Only in lessons of these offerings, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000d1")]
    offering_id: Option<Several<Uuid>>,
    /// Only of those who belong to one of these groups on the day of the lesson, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-000000000071")]
    group_id: Option<Several<Uuid>>,
    /// Only in lessons at these school units, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000a1")]
    school_unit_id: Option<Several<Uuid>>,
    /// Only in lessons on this day or later.
    #[param(example = "2026-08-17")]
    from: Option<NaiveDate>,
    /// Only in lessons on this day or earlier.
    #[param(example = "2026-08-21")]
    to: Option<NaiveDate>,
}

impl Filters {
    fn read(self) -> Result<MarkFilter, Problem> {
        let Self { person_id, offering_id, group_id, school_unit_id, from, to } = self;
        Ok(MarkFilter {
            persons: values("personId", person_id, |id| Ok(Id::from_uuid(*id)))?,
            offerings: values("offeringId", offering_id, |id| Ok(Id::from_uuid(*id)))?,
            groups: values("groupId", group_id, |id| Ok(Id::from_uuid(*id)))?,
            school_units: values("schoolUnitId", school_unit_id, |id| Ok(Id::from_uuid(*id)))?,
            from: day("from", from)?,
            to: day("to", to)?,
        })
    }
}

impl SortKey for MarkSort {
    const KEYS: &'static [(&'static str, Self)] =
        &[("startsAt", Self::StartsAt), ("modifiedAt", Self::ModifiedAt)];
}

/// What is registered of somebody in a lesson, with the lesson's times.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ListedAttendance)]
pub struct ListedAttendance {
    /// Its id.
    #[schema(example = "0199a3f0-7c00-7000-8000-000000000331")]
    pub id: Uuid,
    /// Its version, as in the `ETag` of the person in the register.
    #[schema(example = 1, minimum = 1)]
    pub version: i64,
    /// When it was first entered.
    #[schema(example = "2026-08-18T06:15:00Z")]
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    #[schema(example = "2026-08-18T06:15:00Z")]
    pub modified_at: DateTime<Utc>,
    /// Of whom.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub person_id: Uuid,
    /// Their name, of a protected person the name that their handling plan shows.
    pub name: ListedName,
    /// In which lesson.
    #[schema(example = "0199a3f0-7c00-7000-8000-000000000311")]
    pub lesson_id: Uuid,
    /// When the lesson begins.
    #[schema(example = "2026-08-18T06:10:00Z")]
    pub starts_at: DateTime<Utc>,
    /// When it ends.
    #[schema(example = "2026-08-18T07:00:00Z")]
    pub ends_at: DateTime<Utc>,
    /// Whether the lesson is cancelled: then this counts in nothing.
    #[schema(example = false)]
    pub lesson_cancelled: bool,
    /// The lesson's offering.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000d1")]
    pub offering_id: Uuid,
    /// What the offering is called.
    #[schema(example = "Matematik 7B")]
    pub offering_title: String,
    /// Where.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000a1")]
    pub school_unit_id: Uuid,
    /// What is registered.
    pub mark: MarkDocument,
    /// Why somebody decided afterwards what the absence was; null where nobody has, and for those to whom reasons of
    /// absence are not told.
    #[schema(required, example = "Läkarbesök, intyg visat")]
    pub decided_reason: Option<String>,
    /// By which account it was registered; null where the program itself did, and for participants and guardians.
    #[schema(required, example = "0199a3f0-7c00-7000-8000-000000000011")]
    pub registered_by_id: Option<Uuid>,
}

impl ListedAttendance {
    fn of(view: MarkView, scope: &Scope) -> Self {
        let length = (view.ends_at - view.starts_at).num_minutes();
        let mark = MarkDocument::of(&view.registered, u32::try_from(length).unwrap_or(0));
        let tells = scope.classes_about(view.person).has(InformationClass::AbsenceReason);
        let decided = view.registered.decided.filter(|_| tells);
        let by = view.registered_by.filter(|_| !scope.is_own_or_ward(view.person));
        Self {
            id: view.id,
            version: view.version,
            created_at: view.created_at,
            modified_at: view.modified_at,
            person_id: view.person.uuid(),
            name: ListedName::of(&view.name),
            lesson_id: view.lesson.uuid(),
            starts_at: view.starts_at,
            ends_at: view.ends_at,
            lesson_cancelled: view.is_cancelled,
            offering_id: view.offering.uuid(),
            offering_title: view.offering_title,
            school_unit_id: view.school_unit.uuid(),
            mark,
            decided_reason: decided.map(|reason| reason.as_str().to_owned()),
            registered_by_id: by.map(Id::uuid),
        }
    }
}

/// List attendance
///
/// What is registered of persons in lessons, by the time at which the lessons begin. Teachers see what is registered in the
/// lessons that they take and, of the members of the groups they answer for, in all lessons at the group's school unit;
/// participants what is registered of themselves; guardians that of those whom they have the right to see.
#[utoipa::path(
    operation_id = "listAttendances", tag = "attendance",
    extensions(("x-permission" = json!("attendance:read"))),
    params(Listing<Filters, MarkSort>),
    responses((status = 200, description = "One page of attendance.", body = List<ListedAttendance>))
)]
#[get("/v1/attendances")]
pub async fn handle(
    permit: Permit<ReadAttendance>,
    state: web::Data<State>,
    listing: Listing<Filters, MarkSort>,
) -> Result<web::Json<List<ListedAttendance>>, Problem> {
    let (filters, request, walker) = listing.request(&state, &permit)?;
    let filter = filters.read()?;
    let page = state
        .database
        .read(permit.caller(), move |connection, scope| {
            list_attendances(connection, scope, &filter, &request)
        })
        .await?;
    walker.list(page, &state, &permit).map(web::Json)
}

/// The use-case.
///
/// # Errors
/// A failure of the database.
pub fn list_attendances(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filter: &MarkFilter,
    request: &PageRequest<MarkSort>,
) -> Result<Page<ListedAttendance>, Problem> {
    let page = mark::list(connection, scope, filter, request)?;
    page.try_map(|view| Ok(ListedAttendance::of(view, scope)))
}
