use std::collections::BTreeMap;

use actix_web::{get, web};
use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};
use skolhus_domain::{
    access::{Scope, declared::ReadAttendance},
    attendance::{ActivityBasis, ActivityFigure, Seen, count_activity},
    id::{Id, OfferingId, PersonId},
    period::Period,
    refusal::Rule,
};
use skolhus_persistence::{DatabaseConnection, attendance::activity, course::offering};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{
    attendance::asked::{MOST_DAYS, malformed},
    enrolment::ListedName,
    http::{
        listing::day,
        permit::Permit,
        problem::Problem,
        query::Query,
        resource::{IdPath, PathId},
        state::State,
        words::{codes, words},
    },
};

words! {
    /// By what activity is counted: by the `day` on which somebody looked, Monday to Friday, or by the `week`.
    ActivityBasisWord("ActivityBasis") = codes!(ActivityBasis);
}

/// By what and over which days.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ActivityFiguresAsked {
    /// By the day or by the week; `week` unless given.
    #[param(value_type = Option<ActivityBasisWord>, example = "week")]
    basis: Option<String>,
    /// From this day; the offering's first unless given.
    #[param(example = "2026-08-17")]
    from: Option<NaiveDate>,
    /// To this day; today, or the offering's last day, unless given. At most 366 days are counted.
    #[param(example = "2026-12-18")]
    to: Option<NaiveDate>,
}

/// How active the participants of an offering were.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ActivityFigures)]
pub struct ActivityFiguresDocument {
    /// Of which offering.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000d1")]
    pub offering_id: Uuid,
    /// What is counted: days or weeks.
    #[schema(value_type = ActivityBasisWord, example = "week")]
    pub basis: &'static str,
    /// The first day that is counted.
    #[schema(example = "2026-08-17")]
    pub from: NaiveDate,
    /// The last.
    #[schema(example = "2026-12-18")]
    pub to: NaiveDate,
    /// Of all participants together whom the caller meets.
    pub figure: ActivityFigureDocument,
    /// Of each of them, by name.
    pub participants: Vec<ActivityOfParticipant>,
}

/// The figure of one participant.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ActivityOfParticipant {
    /// Who.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub person_id: Uuid,
    /// Their name, of a protected person the name that their handling plan shows.
    pub name: ListedName,
    /// Their days or weeks.
    pub figure: ActivityFigureDocument,
}

/// How many days or weeks; active and inactive ones are reported.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ActivityFigure)]
pub struct ActivityFigureDocument {
    /// In which they were seen active.
    #[schema(example = 11, minimum = 0)]
    pub active: u64,
    /// In which somebody looked, and they were not.
    #[schema(example = 1, minimum = 0)]
    pub inactive: u64,
    /// In which nobody looked.
    #[schema(example = 2, minimum = 0)]
    pub unreported: u64,
    /// The share of active ones among those reported, in per mille; null where nobody looked.
    #[schema(required, example = 917, minimum = 0, maximum = 1000)]
    pub active_per_mille: Option<u16>,
}

impl ActivityFigureDocument {
    fn of(figure: &ActivityFigure) -> Self {
        let ActivityFigure { basis: _, period: _, active, inactive, unreported } = figure;
        Self {
            active: *active,
            inactive: *inactive,
            unreported: *unreported,
            active_per_mille: figure.per_mille(),
        }
    }
}

/// Read how active participants were
///
/// The figures of an offering without lessons: in how many days or weeks of their participation somebody was seen active.
/// They are no attendance: nobody is absent in them. Teachers read those of what they teach, participants their own,
/// guardians those of whom they may see.
#[utoipa::path(
    operation_id = "getOfferingActivityFigures", tag = "attendance",
    extensions(("x-permission" = json!("attendance:read"))),
    params(IdPath, ActivityFiguresAsked),
    responses((status = 200, description = "The figures.", body = ActivityFiguresDocument))
)]
#[get("/v1/course-offerings/{id}/activity-figures")]
pub async fn handle(
    permit: Permit<ReadAttendance>,
    state: web::Data<State>,
    id: PathId<OfferingId>,
    asked: Query<ActivityFiguresAsked>,
) -> Result<web::Json<ActivityFiguresDocument>, Problem> {
    let found = state
        .database
        .read(permit.caller(), move |connection, scope| get_figures(connection, scope, id.0, &asked.0))
        .await?;
    Ok(web::Json(found))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `MalformedParameter`; a failure of the database.
pub fn get_figures(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: OfferingId,
    asked: &ActivityFiguresAsked,
) -> Result<ActivityFiguresDocument, Problem> {
    let basis = asked.basis.as_deref().unwrap_or(ActivityBasis::Week.code());
    let basis = ActivityBasis::from_code(basis)
        .map_err(|refusal| malformed("basis", refusal.rule, refusal.detail))?;
    let offering = offering::find(connection, scope, id)?.ok_or_else(Problem::not_found)?.value;
    let from = day("from", asked.from)?.unwrap_or(offering.period.from());
    let until_today = offering.last_day().min(scope.today()).max(from);
    let to = day("to", asked.to)?.unwrap_or(until_today);
    let period =
        Period::new(from, Some(to)).map_err(|refusal| malformed("to", refusal.rule, refusal.detail))?;
    let most = u64::try_from(MOST_DAYS).unwrap_or_default();
    if from.checked_add_days(Days::new(most)).is_some_and(|end| to >= end) {
        return Err(malformed("to", Rule::OutOfRange, format!("at most {MOST_DAYS} days are counted")));
    }
    let counted = activity::counted(connection, scope, id, (from, to))?;
    let seen = activity::seen(connection, scope, id, (from, to), &counted)?;
    let mut seen_of: BTreeMap<PersonId, Vec<Seen>> = BTreeMap::new();
    for one in seen {
        seen_of.entry(one.person).or_default().push(one);
    }
    let mut participants = Vec::with_capacity(counted.len());
    let mut whole = ActivityFigure { basis, period, active: 0, inactive: 0, unreported: 0 };
    for of in &counted {
        let days: Vec<(PersonId, Period)> = of.days.iter().map(|days| (of.person, *days)).collect();
        let seen = seen_of.remove(&of.person).unwrap_or_default();
        let theirs = count_activity(basis, period, &days, &seen)?;
        whole.active += theirs.active;
        whole.inactive += theirs.inactive;
        whole.unreported += theirs.unreported;
        participants.push(ActivityOfParticipant {
            person_id: of.person.uuid(),
            name: ListedName::of(&of.name),
            figure: ActivityFigureDocument::of(&theirs),
        });
    }
    Ok(ActivityFiguresDocument {
        offering_id: id.uuid(),
        basis: basis.code(),
        from,
        to,
        figure: ActivityFigureDocument::of(&whole),
        participants,
    })
}
