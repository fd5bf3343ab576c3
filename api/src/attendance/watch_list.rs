use std::collections::BTreeMap;

use actix_web::{get, web};
use serde::{Deserialize, Serialize};
use skolhus_domain::{
    access::{Reach, Scope, declared::ReadWatchList},
    attendance::{AbsenceCounted, Counted, Figure, WatchCondition, Watched},
    id::{Id, PersonId},
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{
    DatabaseConnection,
    attendance::figures::{self, FactFilter, Key},
};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{
    asked::{figure, malformed, unit},
    figure_document::{BasisDocument, FigureDocument, UnitWord},
};
use crate::{
    enrolment::ListedName,
    http::{
        catalogue::Code,
        listing::{Several, values},
        permit::Permit,
        problem::Problem,
        query::Query,
        state::State,
        words::{codes, words},
    },
};

words! {
    /// Which absence counts: all, or only unauthorised.
    CountedWord("CountedAbsence") = codes!(AbsenceCounted);
}

/// Over how much absence, in how many days, and of whom.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WatchAsked {
    /// Over so many per cent absence; 10 unless given. Exactly so much is not over it.
    #[param(minimum = 0, maximum = 99, example = 10)]
    over_percent: Option<u8>,
    /// In so many days, of which the last is today; 30 unless given.
    #[param(minimum = 1, maximum = 366, example = 30)]
    days: Option<u16>,
    /// Which absence counts; `all` unless given.
    #[param(value_type = Option<CountedWord>, example = "all")]
    counted: Option<String>,
    /// In what is counted; as the organiser has decided (`lessons` unless they have) where it is not given.
    #[param(value_type = Option<UnitWord>, example = "lessons")]
    unit: Option<String>,
    /// Only in lessons of these offerings, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000d1")]
    offering_id: Option<Several<Uuid>>,
    /// Only those who belong to one of these groups on the day of the lesson, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-000000000071")]
    group_id: Option<Several<Uuid>>,
    /// Only in lessons at these school units, separated by commas. Who reaches the whole organiser names a unit, a group or
    /// an offering.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000a1")]
    school_unit_id: Option<Several<Uuid>>,
}

/// Who has been absent more than was asked for.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AttendanceWatchList)]
pub struct WatchListDocument {
    /// What the numbers are, and of when.
    pub basis: BasisDocument,
    /// Over how many per cent.
    #[schema(example = 10, minimum = 0, maximum = 99)]
    pub over_percent: u8,
    /// Which absence counts.
    #[schema(value_type = CountedWord, example = "all")]
    pub counted: &'static str,
    /// Those over it, by name in Swedish order.
    pub data: Vec<WatchedDocument>,
}

/// Somebody on the watch list, with the evidence.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = WatchedPerson)]
pub struct WatchedDocument {
    /// Who.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub person_id: Uuid,
    /// Their name, of a protected person the name that their handling plan shows.
    pub name: ListedName,
    /// How much they were absent.
    pub figure: FigureDocument,
}

/// Read the attendance watch list
///
/// Who has been absent more than the school wants to know of, with the figures. The law gives no number for repeated or long
/// absence; the school chooses it. Why somebody was absent is no condition. It is a proposal to look: whether anything
/// follows from it a person decides. Who has no lessons, or none that was reported, is not on it.
#[utoipa::path(
    operation_id = "getAttendanceWatchList", tag = "attendance",
    extensions(("x-permission" = json!("attendance-watch-list:read"))),
    params(WatchAsked),
    responses((status = 200, description = "The watch list.", body = WatchListDocument))
)]
#[get("/v1/attendance-watch-list")]
pub async fn handle(
    permit: Permit<ReadWatchList>,
    state: web::Data<State>,
    asked: Query<WatchAsked>,
) -> Result<web::Json<WatchListDocument>, Problem> {
    let document = state
        .database
        .read(permit.caller(), move |connection, scope| get_watch_list(connection, scope, &asked.0))
        .await?;
    Ok(web::Json(document))
}

/// The use-case.
///
/// # Errors
/// [`Code::MalformedParameter`]; a failure of the database.
pub fn get_watch_list(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    asked: &WatchAsked,
) -> Result<WatchListDocument, Problem> {
    let WatchAsked { over_percent, days, counted, unit: in_unit, offering_id, group_id, school_unit_id } =
        asked.clone();
    let setting = figures::setting(connection, scope, unit(in_unit.as_deref())?)?;
    let counted = counted.as_deref().unwrap_or(AbsenceCounted::All.code());
    let condition = WatchCondition::new(over_percent.unwrap_or(10), days.unwrap_or(30), counted, setting)
        .map_err(|refusals| {
            Problem::new(Code::MalformedParameter).errors(refusals.0.into_iter().map(named).collect())
        })?;
    let Some(window) = condition.window(scope.today()) else {
        return Err(malformed("days", Rule::OutOfRange, "the days begin before there are any"));
    };
    let filter = FactFilter {
        persons: Vec::new(),
        offerings: values("offeringId", offering_id, |id| Ok(Id::from_uuid(*id)))?,
        groups: values("groupId", group_id, |id| Ok(Id::from_uuid(*id)))?,
        school_units: values("schoolUnitId", school_unit_id, |id| Ok(Id::from_uuid(*id)))?,
        from: window.from(),
        to: scope.today(),
        begun_by: scope.now(),
    };
    let is_wide = filter.offerings.is_empty() && filter.groups.is_empty() && filter.school_units.is_empty();
    if is_wide && matches!(scope.reach(), Reach::Organiser) {
        let detail = "say whose: schoolUnitId, groupId or offeringId";
        return Err(malformed("schoolUnitId", Rule::Required, detail));
    }
    let mut by_person: BTreeMap<PersonId, Vec<Counted>> = BTreeMap::new();
    for of in figures::count(connection, scope, &filter, Key::Person)? {
        by_person.entry(Id::from_uuid(of.key.unwrap_or_default())).or_default().push(of.counted);
    }
    let judged = by_person.iter().filter_map(|(person, counted)| {
        let (figure, cancelled) = figure(counted, setting, window);
        match condition.judge(figure) {
            Watched::Over(figure) => Some((*person, (figure, cancelled))),
            Watched::Within(_) | Watched::NothingToSay => None,
        }
    });
    let over: BTreeMap<PersonId, (Figure, u64)> = judged.collect();
    let ids: Vec<PersonId> = over.keys().copied().collect();
    let named = figures::names(connection, scope, &ids)?;
    let data = named.into_iter().filter_map(|(person, name)| {
        let (figure, cancelled) = over.get(&person)?;
        Some(WatchedDocument {
            person_id: person.uuid(),
            name: ListedName::of(&name),
            figure: FigureDocument::of(figure, *cancelled),
        })
    });
    Ok(WatchListDocument {
        basis: BasisDocument::of(&setting, filter.from, filter.to, filter.begun_by),
        over_percent: condition.percent(),
        counted: condition.counted().code(),
        data: data.collect(),
    })
}

/// Where the parameter stands that the condition refuses.
fn named(mut refusal: Refusal) -> Refusal {
    if refusal.pointer == "/percent" {
        refusal.pointer = "/overPercent".to_owned();
    }
    refusal.at("/query")
}
