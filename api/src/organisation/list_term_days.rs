use actix_web::{get, web};
use chrono::{Datelike, NaiveDate};
use serde::Serialize;
use skolhus_domain::{
    access::{Scope, declared::ReadOrganisation},
    id::{Id, TermId},
    organisation::{DayOff, Term, weekdays},
};
use skolhus_persistence::{
    DatabaseConnection, Saved,
    organisation::{day_off, term},
};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::{
    listing::List,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId},
    state::State,
};

/// A day of a term, Monday to Friday.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TermDay)]
pub struct TermDayDocument {
    /// The day.
    #[schema(example = "2026-10-26")]
    pub date: NaiveDate,
    /// Its ISO week, as Swedish schools number weeks.
    #[schema(example = 44, minimum = 1, maximum = 53)]
    pub week: u32,
    /// Whether there is school.
    #[schema(example = false)]
    pub is_school_day: bool,
    /// The days off that it falls on.
    #[schema(example = json!(["0199a3f0-7c00-7000-8000-0000000000d7"]))]
    pub day_off_ids: Vec<Uuid>,
}

/// List the days of a term
///
/// Every Monday to Friday of the term in order, and whether there is school; all on one page. Those with school are
/// as many as the term's `termDays`.
#[utoipa::path(
    operation_id = "listTermDays", tag = "organisation",
    extensions(("x-permission" = json!("organisation:read"))),
    params(IdPath),
    responses((status = 200, description = "The days of the term.", body = List<TermDayDocument>))
)]
#[get("/v1/terms/{id}/days")]
pub async fn handle(
    permit: Permit<ReadOrganisation>,
    state: web::Data<State>,
    id: PathId<TermId>,
) -> Result<web::Json<List<TermDayDocument>>, Problem> {
    let data = state
        .database
        .read(permit.caller(), move |connection, scope| list_term_days(connection, scope, id.0))
        .await?;
    Ok(web::Json(List { data, page_token: None, as_of: None }))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; a failure of the database.
pub fn list_term_days(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: TermId,
) -> Result<Vec<TermDayDocument>, Problem> {
    let term = term::find(connection, scope, id)?.ok_or_else(Problem::not_found)?;
    let days_off = day_off::of_terms(connection, scope, &[id])?;
    Ok(days(&term.value, &days_off))
}

fn days(term: &Term, days_off: &[Saved<skolhus_domain::id::DayOffId, DayOff>]) -> Vec<TermDayDocument> {
    weekdays(term.first_day(), term.last_day())
        .map(|date| {
            let off = days_off.iter().filter(|off| off.value.period.contains(date));
            let day_off_ids: Vec<Uuid> = off.map(|off| off.id.uuid()).collect();
            TermDayDocument {
                date,
                week: date.iso_week().week(),
                is_school_day: day_off_ids.is_empty(),
                day_off_ids,
            }
        })
        .collect()
}
