use std::collections::BTreeMap;

use actix_web::{get, web};
use chrono::{Months, NaiveDate};
use serde::{Deserialize, Serialize};
use skolhus_domain::{
    access::{Scope, declared::ReadCsnCandidates},
    attendance::{CSN_RULES, CsnCandidate, CsnRule, Month, UnauthorisedTime, candidates},
    id::{Id, PersonId},
    refusal::Rule,
};
use skolhus_persistence::{
    DatabaseConnection,
    attendance::figures::{self, FactFilter, Key},
};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::asked::malformed;
use crate::{
    enrolment::ListedName,
    http::{
        catalogue::Code,
        listing::{Several, values},
        permit::Permit,
        problem::Problem,
        query::Query,
        state::State,
    },
};

/// Of which month, and where.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CandidatesAsked {
    /// The calendar month; the present one unless said.
    #[param(example = "2026-10", pattern = "^[0-9]{4}-(0[1-9]|1[0-2])$")]
    month: Option<String>,
    /// Only in lessons at these school units, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000a1")]
    school_unit_id: Option<Several<Uuid>>,
}

/// Whom the school may have to report to CSN for a month.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CsnCandidates {
    /// The month.
    #[schema(example = "2026-10")]
    pub month: String,
    /// From how many minutes of unauthorised absence in the month somebody is a candidate; clock time.
    #[schema(example = 240, minimum = 1)]
    pub from_minutes: u32,
    /// On how many days at least.
    #[schema(example = 2, minimum = 1)]
    pub from_occasions: u8,
    /// The candidates, by name in Swedish order.
    pub data: Vec<CandidateDocument>,
}

/// Somebody whom the school may have to report, with the evidence.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CsnCandidate)]
pub struct CandidateDocument {
    /// Who.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub person_id: Uuid,
    /// Their name.
    pub name: ListedName,
    /// Unauthorised minutes in the month: of whole lessons as of coming late and leaving early.
    #[schema(example = 250, minimum = 1)]
    pub minutes: u32,
    /// On how many days.
    #[schema(example = 4, minimum = 1)]
    pub occasions: usize,
    /// The days, in their order; the first is the first day of the unauthorised absence in the month.
    pub days: Vec<CandidateDay>,
}

/// A day with unauthorised absence.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CsnCandidateDay)]
pub struct CandidateDay {
    /// The day.
    #[schema(example = "2026-10-05")]
    pub on: NaiveDate,
    /// Unauthorised minutes.
    #[schema(example = 60, minimum = 1)]
    pub minutes: u32,
}

/// Read the candidates for a report to CSN
///
/// Who has studiehjälp and was absent without authorisation so much in a month that the school may have to report it,
/// with the days and the minutes. Nothing is reported: whether, and from which day, somebody at the school decides. Only
/// lessons that have begun are counted. Protected persons are not among them; whoever opens their records looks there.
#[utoipa::path(
    operation_id = "getCsnAbsenceCandidates", tag = "attendance",
    extensions(("x-permission" = json!("csn-candidate:read"))),
    params(CandidatesAsked),
    responses((status = 200, description = "The candidates.", body = CsnCandidates))
)]
#[get("/v1/csn-absence-candidates")]
pub async fn handle(
    permit: Permit<ReadCsnCandidates>,
    state: web::Data<State>,
    asked: Query<CandidatesAsked>,
) -> Result<web::Json<CsnCandidates>, Problem> {
    let document = state
        .database
        .read(permit.caller(), move |connection, scope| get_candidates(connection, scope, &asked.0))
        .await?;
    Ok(web::Json(document))
}

/// The use-case.
///
/// # Errors
/// [`Code::MalformedParameter`]; a failure of the database.
pub fn get_candidates(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    asked: &CandidatesAsked,
) -> Result<CsnCandidates, Problem> {
    let CandidatesAsked { month: asked_month, school_unit_id } = asked.clone();
    let asked_month = asked_month.unwrap_or_else(|| scope.today().format("%Y-%m").to_string());
    let month = month(&asked_month)?;
    let first = month.first_day();
    let next = first.checked_add_months(Months::new(1)).and_then(|next| next.pred_opt());
    let rules: Result<Vec<CsnRule>, _> = CSN_RULES.iter().map(|seed| seed.rule()).collect();
    let rules = rules.map_err(|_| Problem::new(Code::Internal).detail("the rules for CSN cannot be read"))?;
    let filter = FactFilter {
        persons: Vec::new(),
        offerings: Vec::new(),
        groups: Vec::new(),
        school_units: values("schoolUnitId", school_unit_id, |id| Ok(Id::from_uuid(*id)))?,
        from: first,
        to: next.unwrap_or(first),
        begun_by: scope.now(),
    };
    let mut absences: BTreeMap<(PersonId, NaiveDate), u32> = BTreeMap::new();
    for of in figures::count(connection, scope, &filter, Key::PersonAndDay)? {
        let (Some(person), Some(day), Some(mark)) = (of.key, of.day, of.counted.fact.mark) else { continue };
        let minutes = mark.ledger(of.counted.fact.length).unauthorised();
        if of.counted.fact.is_held && minutes > 0 {
            let times = u32::try_from(of.counted.times).unwrap_or(u32::MAX);
            let of_day = absences.entry((Id::from_uuid(person), day)).or_default();
            *of_day = of_day.saturating_add(minutes.saturating_mul(times));
        }
    }
    let mut ids: Vec<PersonId> = absences.keys().map(|(person, _)| *person).collect();
    ids.dedup();
    let born: BTreeMap<PersonId, Option<NaiveDate>> =
        figures::birth_dates(connection, scope, &ids)?.into_iter().collect();
    let absences: Vec<UnauthorisedTime> = absences
        .into_iter()
        .map(|((person, day), minutes)| UnauthorisedTime {
            person,
            birth_date: born.get(&person).copied().flatten(),
            day,
            minutes,
        })
        .collect();
    let found = candidates(month, &rules, &absences)
        .map_err(|refusal| malformed("month", refusal.rule, refusal.detail))?;
    let rule = rules.iter().find(|rule| rule.valid.contains(first));
    let ids: Vec<PersonId> = found.iter().map(|of| of.person).collect();
    let mut found: BTreeMap<PersonId, CsnCandidate> = found.into_iter().map(|of| (of.person, of)).collect();
    let names = figures::names(connection, scope, &ids)?;
    let data = names.into_iter().filter_map(|(person, name)| {
        let of = found.remove(&person)?;
        Some(CandidateDocument {
            person_id: person.uuid(),
            name: ListedName::of(&name),
            minutes: of.minutes,
            occasions: of.occasions(),
            days: of.days.iter().map(|(on, minutes)| CandidateDay { on: *on, minutes: *minutes }).collect(),
        })
    });
    Ok(CsnCandidates {
        month: asked_month,
        from_minutes: rule.map_or(0, CsnRule::minutes),
        from_occasions: rule.map_or(0, CsnRule::occasions),
        data: data.collect(),
    })
}

fn month(asked: &str) -> Result<Month, Problem> {
    let read = || {
        let digits =
            |text: &str, count| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
        let (year, month) = asked.split_once('-')?;
        let is_written = digits(year, 4) && digits(month, 2);
        is_written.then(|| Month::new(year.parse().ok()?, month.parse().ok()?).ok())?
    };
    read().ok_or_else(|| malformed("month", Rule::Format, "is a month such as 2026-10"))
}
