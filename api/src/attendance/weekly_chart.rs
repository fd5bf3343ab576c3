use std::collections::BTreeMap;

use actix_web::{HttpResponse, get, http::header, web};
use chrono::NaiveDate;
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ReadAttendance},
    attendance::{Counted, Week, weekly_chart},
    refusal::Rule,
    terminology::Language,
};
use skolhus_persistence::{
    DatabaseConnection,
    attendance::figures::{self, Key},
};
use utoipa::IntoParams;
use uuid::Uuid;

use super::{
    asked::{Asked, figure, malformed, monday, unit},
    figure_document::UnitWord,
};
use crate::http::{
    language::Asked as AskedLanguage, listing::Several, permit::Permit, problem::Problem, query::Query,
    state::State,
};

/// Whose attendance is drawn, and how it is counted.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ChartAsked {
    /// Of this person; this or `offeringId` must be given, or both.
    #[param(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    person_id: Option<Uuid>,
    /// In this offering.
    #[param(example = "0199a3f0-7c00-7000-8000-0000000000d1")]
    offering_id: Option<Uuid>,
    /// In what is counted; as the organiser has decided (`lessons` unless they have) where it is not given.
    #[param(value_type = Option<UnitWord>, example = "lessons")]
    unit: Option<String>,
    /// Only the days of this term; goes with neither `from` nor `to`.
    #[param(example = "0199a3f0-7c00-7000-8000-0000000000b1")]
    term_id: Option<Uuid>,
    /// From this day; 1 July before the last day unless given.
    #[param(example = "2026-08-17")]
    from: Option<NaiveDate>,
    /// To this day; today unless given. At most 366 days are drawn.
    #[param(example = "2026-12-18")]
    to: Option<NaiveDate>,
}

/// Draw attendance week by week
///
/// The figures of `GET /v1/attendance-statistics?by=week` as a picture: a small SVG with a title and a description in words,
/// in the language that `Accept-Language` asks for, without scripts, and the same each time. It names nobody. Shares are
/// of what was reported; a week without reports has no bar.
#[utoipa::path(
    operation_id = "getWeeklyAttendanceChart", tag = "attendance",
    extensions(("x-permission" = json!("attendance:read"))),
    params(ChartAsked, ("Accept-Language" = Option<String>, Header, description = "The language of the words: sv or en.", example = "sv")),
    responses((status = 200, description = "The picture.", body = String, content_type = "image/svg+xml",
        headers(("Content-Language" = String, description = "The language of the words."))))
)]
#[get("/v1/attendance-charts/weekly.svg")]
pub async fn handle(
    permit: Permit<ReadAttendance>,
    state: web::Data<State>,
    AskedLanguage(language): AskedLanguage,
    asked: Query<ChartAsked>,
) -> Result<HttpResponse, Problem> {
    let svg = state
        .database
        .read(permit.caller(), move |connection, scope| draw(connection, scope, &asked.0, language))
        .await?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "image/svg+xml"))
        .insert_header((header::CONTENT_LANGUAGE, language.tag()))
        .insert_header((header::VARY, header::ACCEPT_LANGUAGE.as_str()))
        .body(svg))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::MalformedParameter`]; a failure of the database.
pub fn draw(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    asked: &ChartAsked,
    language: Language,
) -> Result<String, Problem> {
    let ChartAsked { person_id, offering_id, unit: in_unit, term_id, from, to } = asked;
    if person_id.is_none() && offering_id.is_none() {
        return Err(malformed("personId", Rule::Required, "say of whom or of what: personId or offeringId"));
    }
    let unit = unit(in_unit.as_deref())?;
    let one = |id: Option<Uuid>| id.map(|id| Several(vec![id]));
    let asked = Asked {
        person_id: one(*person_id),
        offering_id: one(*offering_id),
        term_id: *term_id,
        from: *from,
        to: *to,
        ..Asked::default()
    };
    let (filter, period) = asked.read(connection, scope)?;
    let setting = figures::setting(connection, scope, unit)?;
    let mut weeks: BTreeMap<NaiveDate, Vec<Counted>> = BTreeMap::new();
    for of in figures::count(connection, scope, &filter, Key::Day)? {
        weeks.entry(monday(of.day.unwrap_or(filter.from))).or_default().push(of.counted);
    }
    let weeks: Vec<Week> = weeks
        .into_iter()
        .map(|(monday, counted)| Week { monday, figure: figure(&counted, setting, period).0 })
        .collect();
    Ok(weekly_chart(&weeks, language))
}
