use std::collections::BTreeMap;

use actix_web::{HttpResponse, http::StatusCode, post, web};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;
use serde_json::json;
use skolhus_domain::{
    access::{Scope, declared::ReportAbsence},
    attendance::{AbsenceReason, AbsenceReport, NewAbsenceReport, ReasonAbout, ReasonRule, Reporter},
    code::Table,
    id::{AbsenceReportId, Id, LessonId, PersonId},
    person::relation::{Right, adulthood},
    refusal::{Refusal, Refusals, Rule},
    schedule::LessonTime,
};
use skolhus_persistence::{
    DatabaseConnection, Tx,
    attendance::{
        absence_reason,
        absence_report::{self, Reportable},
        setting,
    },
    organisation::code,
};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::document::{AbsenceReportDocument, AbsenceReports, ExtentWord};
use crate::attendance::reason::last_day;
use crate::http::{
    body::Body,
    idempotency::{IdempotencyKey, Made},
    permit::Permit,
    problem::Problem,
    state::State,
};

/// Absence to report. Which fields it has follows from `extent`.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = CreateAbsenceReports)]
pub struct CreateReports {
    /// Whose absence: several children are reported in one call.
    #[validate(length(min = 1, max = 20))]
    #[schema(example = json!(["0199a3f0-7c00-7000-8000-0000000000c1"]), min_items = 1, max_items = 20)]
    pub person_ids: Vec<Uuid>,
    /// What it is about.
    #[schema(value_type = ExtentWord, example = "day")]
    pub extent: String,
    /// `day`: which, today at the earliest; `days`: the first.
    #[schema(example = "2026-08-18")]
    pub first_day: Option<NaiveDate>,
    /// `days`: the last.
    #[schema(example = "2026-08-19")]
    pub last_day: Option<NaiveDate>,
    /// `span`: from when.
    #[schema(example = "2026-08-18T09:00:00+02:00")]
    pub starts_at: Option<DateTime<Utc>>,
    /// `span`: until when.
    #[schema(example = "2026-08-18T11:00:00+02:00")]
    pub ends_at: Option<DateTime<Utc>>,
    /// `lessons`: which; each of the persons is expected in all of them, and none has begun.
    #[serde(default)]
    #[validate(length(max = 50))]
    #[schema(example = json!(["0199a3f0-7c00-7000-8000-000000000311"]), max_items = 50)]
    pub lesson_ids: Vec<Uuid>,
    /// Why, as a code of the table of reasons for absence: only where the organiser asks for it (see the settings of
    /// attendance). It is the same for all the persons, is kept apart from the reports and forgotten after some days.
    #[validate(length(min = 1, max = 40))]
    #[schema(example = "illness", min_length = 1, max_length = 40)]
    pub reason_code: Option<String>,
}

/// Report absence
///
/// Sjukanmälan, frånvaroanmälan: by a guardian with the right to report absence, for one child or several; by somebody of
/// age for themselves; by staff who take a call, which the record then says. It makes the absence from lessons that have
/// not begun an authorised one. Nothing is said of why, unless the organiser asks for it. It changes nothing that a teacher
/// has registered. How far ahead and for how long is a setting of the organiser. All or nothing: who is refused is named by
/// pointer.
#[utoipa::path(
    operation_id = "createAbsenceReports", tag = "attendance",
    extensions(("x-permission" = json!("absence:report")), ("x-idempotent" = json!(true))),
    request_body(content = CreateReports, example = json!({
        "personIds": ["0199a3f0-7c00-7000-8000-0000000000c1"], "extent": "day", "firstDay": "2026-08-18"
    })),
    responses((status = 201, description = "It is reported.", body = AbsenceReports))
)]
#[post("/v1/absence-reports")]
pub async fn handle(
    permit: Permit<ReportAbsence>,
    state: web::Data<State>,
    key: IdempotencyKey,
    body: Body<CreateReports>,
) -> Result<HttpResponse, Problem> {
    let caller = permit.caller().clone();
    let made = state
        .database
        .write(permit.caller(), move |tx, scope| {
            key.once(
                tx,
                scope,
                &caller,
                &body.bytes,
                |tx, scope| {
                    let ids = create_reports(tx, scope, &body)?;
                    let answer = read(tx.connection(), scope, &ids)?;
                    let handle = json!(ids.iter().map(|id| id.uuid()).collect::<Vec<_>>());
                    Ok(Made { status: StatusCode::CREATED, handle, answer })
                },
                |tx, scope, handle| {
                    let ids: Vec<Uuid> =
                        serde_json::from_value(handle.clone()).map_err(|_| Problem::not_found())?;
                    let ids: Vec<AbsenceReportId> = ids.into_iter().map(Id::from_uuid).collect();
                    read(tx.connection(), scope, &ids)
                },
            )
        })
        .await?;
    Ok(HttpResponse::build(made.status).json(&made.answer))
}

/// The reports as they are answered.
fn read(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    ids: &[AbsenceReportId],
) -> Result<AbsenceReports, Problem> {
    let views = absence_report::find_many(connection, scope, ids)?;
    let in_order = ids.iter().map(|id| {
        let view = views.iter().find(|view| view.saved.id == *id).ok_or_else(Problem::not_found)?;
        Ok(AbsenceReportDocument::of(view, scope))
    });
    Ok(AbsenceReports { reports: in_order.collect::<Result<_, Problem>>()? })
}

/// In what capacity the caller reports the absence of somebody. Who is related to the person, or is them, reports as
/// such, whatever they work as: nobody meets their own family by the school's eyes.
pub(in crate::attendance) fn reporter(scope: &Scope, of: &Reportable) -> Reporter {
    let me = scope.person();
    match (me, scope.wards().iter().find(|ward| ward.person == of.person)) {
        (Some(me), Some(ward)) => Reporter::Relative(me, ward.rights),
        (Some(me), None) if me == of.person => Reporter::Themselves(adulthood(of.birth_date, scope.today())),
        _ => Reporter::Staff,
    }
}

/// The use-case; returns the reports' ids, one for each person in their order.
///
/// # Errors
/// [`crate::http::catalogue::Code::InvalidFields`], `NotPermitted`, `Conflict`; a failure of the database.
pub fn create_reports(
    tx: &mut Tx<'_>,
    scope: &Scope,
    request: &CreateReports,
) -> Result<Vec<AbsenceReportId>, Problem> {
    let CreateReports {
        person_ids,
        extent,
        first_day,
        last_day,
        starts_at,
        ends_at,
        lesson_ids,
        reason_code,
    } = request;
    let persons: Vec<PersonId> = person_ids.iter().copied().map(Id::from_uuid).collect();
    let lessons: Vec<LessonId> = lesson_ids.iter().copied().map(Id::from_uuid).collect();
    let setting = setting::in_force(tx.connection(), scope)?;
    let reachable = absence_report::reportable(tx.connection(), scope, &persons, Right::ReportAbsence)?;
    let times = absence_report::expected_in(tx.connection(), scope, &persons, &lessons)?;
    let mut refusals = Refusals::default();
    let mut new = Vec::with_capacity(persons.len());
    for (place, person) in persons.iter().enumerate() {
        let at = format!("/personIds/{place}");
        if persons.iter().take(place).any(|earlier| earlier == person) {
            refusals.0.push(Refusal::new(Rule::Duplicate, "the person is named twice").at(&at));
            continue;
        }
        let Some(of) = reachable.iter().find(|of| of.person == *person) else {
            let detail = "there is no such person whose absence you report";
            refusals.0.push(Refusal::new(Rule::UnknownReference, detail).at(&at));
            continue;
        };
        let of_person: Vec<_> =
            lessons.iter().map(|lesson| (*lesson, times.get(&(*person, *lesson)).copied())).collect();
        let report = NewAbsenceReport {
            person: *person,
            extent,
            first_day: *first_day,
            last_day: *last_day,
            from: *starts_at,
            to: *ends_at,
            lessons: &of_person,
        };
        match report.validate(reporter(scope, of), setting.limits, scope.now()) {
            Ok(report) => new.push((tx.fresh_id(), report)),
            Err(refused) => {
                for refusal in refused.0 {
                    // Who may not report stands at the person; what is wrong with the rest is wrong for all of them.
                    let refusal = if refusal.pointer.is_empty() { refusal.at(&at) } else { refusal };
                    if !refusals.0.contains(&refusal) {
                        refusals.0.push(refusal);
                    }
                }
            }
        }
    }
    refusals.finish()?;
    let reasons = match reason_code {
        None => Vec::new(),
        Some(code) => reasons(tx.connection(), scope, setting.reasons, code, &new, &times)?,
    };
    absence_report::insert_many(tx, scope, &new)?;
    absence_reason::insert_many(tx, scope, &reasons)?;
    Ok(new.into_iter().map(|(id, _)| id).collect())
}

/// The same reason for each of the reports.
fn reasons(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    rule: ReasonRule,
    code: &str,
    reports: &[(AbsenceReportId, AbsenceReport)],
    times: &BTreeMap<(PersonId, LessonId), LessonTime>,
) -> Result<Vec<AbsenceReason>, Problem> {
    let table = code::entries(connection, Table::AbsenceReason)?;
    let each = reports.iter().map(|(id, report)| {
        let day = last_day(report, times);
        let code = rule.admit(code, &table, day, scope.today()).map_err(Refusals::from)?;
        Ok(AbsenceReason { person: report.person, about: ReasonAbout::Report(*id), day, code })
    });
    each.collect()
}
