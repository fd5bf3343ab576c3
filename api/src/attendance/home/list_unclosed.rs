use actix_web::{get, web};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use skolhus_domain::{
    access::{Scope, declared::RegisterAttendance},
    id::Id,
};
use skolhus_persistence::{
    DatabaseConnection, Page, PageRequest,
    attendance::unclosed::{self, Unclosed, UnclosedSort},
};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::http::{
    listing::{List, Listing, SortKey, day as valid},
    permit::Permit,
    problem::Problem,
    state::State,
};

/// Which registers.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filters {
    /// Of lessons on this day; today unless given.
    #[param(example = "2026-08-18")]
    day: Option<NaiveDate>,
}

/// A lesson that has begun and whose register is not closed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = UnclosedAttendanceRegister)]
pub struct UnclosedDocument {
    /// The lesson.
    #[schema(example = "0199a3f0-7c00-7000-8000-000000000311")]
    pub lesson_id: Uuid,
    /// Of what.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000d1")]
    pub offering_id: Uuid,
    /// What that is called.
    #[schema(example = "Matematik 7B")]
    pub offering_title: String,
    /// Where.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000a1")]
    pub school_unit_id: Uuid,
    /// When it began.
    #[schema(example = "2026-08-18T06:10:00Z")]
    pub starts_at: DateTime<Utc>,
    /// When it ends.
    #[schema(example = "2026-08-18T07:00:00Z")]
    pub ends_at: DateTime<Utc>,
    /// Whether anything is registered.
    #[schema(example = false)]
    pub is_begun: bool,
}

impl SortKey for UnclosedSort {
    const KEYS: &'static [(&'static str, Self)] = &[("startsAt", Self::StartsAt)];
}

/// List the registers that nobody has closed
///
/// Lessons of a day that have begun, are held, and whose registers are not closed: of their absence nobody at home is
/// told before somebody closes them. Of the lessons that the caller takes, or that are at their school unit.
#[utoipa::path(
    operation_id = "listUnclosedAttendanceRegisters", tag = "attendance",
    extensions(("x-permission" = json!("attendance:register"))),
    params(Listing<Filters, UnclosedSort>),
    responses((status = 200, description = "One page of lessons.", body = List<UnclosedDocument>))
)]
#[get("/v1/unclosed-attendance-registers")]
pub async fn handle(
    permit: Permit<RegisterAttendance>,
    state: web::Data<State>,
    listing: Listing<Filters, UnclosedSort>,
) -> Result<web::Json<List<UnclosedDocument>>, Problem> {
    let (filters, request, walker) = listing.request(&state, &permit)?;
    let day = valid("day", filters.day)?;
    let page = state
        .database
        .read(permit.caller(), move |connection, scope| list_unclosed(connection, scope, day, &request))
        .await?;
    walker.list(page, &state, &permit).map(web::Json)
}

/// The use-case.
///
/// # Errors
/// A failure of the database.
pub fn list_unclosed(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    day: Option<NaiveDate>,
    request: &PageRequest<UnclosedSort>,
) -> Result<Page<UnclosedDocument>, Problem> {
    let page = unclosed::list(connection, scope, day.unwrap_or_else(|| scope.today()), request)?;
    page.try_map(|of| {
        let Unclosed { lesson, offering, offering_title, school_unit, starts_at, ends_at, is_begun } = of;
        Ok(UnclosedDocument {
            lesson_id: lesson.uuid(),
            offering_id: offering.uuid(),
            offering_title,
            school_unit_id: school_unit.uuid(),
            starts_at,
            ends_at,
            is_begun,
        })
    })
}
