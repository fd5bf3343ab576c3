use std::collections::BTreeMap;

use actix_web::{get, web};
use chrono::{Datelike, Days, Months, NaiveDate};
use serde::{Deserialize, Serialize};
use skolhus_domain::{
    access::{Reach, Scope, declared::ReadAttendance},
    attendance::{Counted, FigureBy as By, Setting},
    id::Id,
    period::Period,
    refusal::Rule,
};
use skolhus_persistence::{
    DatabaseConnection,
    attendance::figures::{self, FactFilter, Key},
};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{
    asked::{Asked, figure, malformed, monday, unit},
    figure_document::{BasisDocument, FigureDocument, UnitWord},
};
use crate::{
    enrolment::ListedName,
    http::{
        listing::Several,
        permit::Permit,
        problem::Problem,
        query::Query,
        state::State,
        words::{codes, words},
    },
};

/// The most rows of an answer.
const MOST_ROWS: usize = 2000;

words! {
    /// By what figures are told apart.
    ByWord("AttendanceStatisticsBy") = codes!(By);
}

/// What is counted, and how.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct StatisticsAsked {
    /// A row for each of these; everything in one row unless given.
    #[param(value_type = Option<ByWord>, example = "participant")]
    by: Option<String>,
    /// In what is counted; as the organiser has decided (`lessons` unless they have) where it is not given.
    #[param(value_type = Option<UnitWord>, example = "lessons")]
    unit: Option<String>,
    /// Only lessons of these offerings, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000d1")]
    offering_id: Option<Several<Uuid>>,
    /// Only those who belong to one of these groups on the day of the lesson, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-000000000071")]
    group_id: Option<Several<Uuid>>,
    /// Only these persons, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    person_id: Option<Several<Uuid>>,
    /// Only lessons at these school units, separated by commas.
    #[param(value_type = Option<Vec<Uuid>>, example = "0199a3f0-7c00-7000-8000-0000000000a1")]
    school_unit_id: Option<Several<Uuid>>,
    /// Only the days of this term; goes with neither `from` nor `to`.
    #[param(example = "0199a3f0-7c00-7000-8000-0000000000b1")]
    term_id: Option<Uuid>,
    /// From this day; 1 July before the last day unless given.
    #[param(example = "2026-08-17")]
    from: Option<NaiveDate>,
    /// To this day; today unless given. At most 366 days are counted.
    #[param(example = "2026-12-18")]
    to: Option<NaiveDate>,
}

/// Attendance in numbers.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AttendanceStatistics)]
pub struct StatisticsDocument {
    /// What the numbers are, and of when: the same for every viewer.
    pub basis: BasisDocument,
    /// By what the rows are; null where there is one row of everything.
    #[schema(required, value_type = Option<ByWord>, example = "participant")]
    pub by: Option<&'static str>,
    /// The rows: persons, offerings, groups and school units by name in Swedish order, weeks and months by time.
    pub data: Vec<StatisticsRow>,
}

/// Attendance of a person, an offering, a group, a school unit, a week, a month, or of everything.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AttendanceStatisticsRow)]
pub struct StatisticsRow {
    /// The participant, the offering, the group or the school unit; null for weeks, months and everything.
    #[schema(required, example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub id: Option<Uuid>,
    /// What the offering, the group or the school unit is called; null otherwise.
    #[schema(required, example = "Matematik 7B")]
    pub title: Option<String>,
    /// The participant's name, of a protected person the name that their handling plan shows; null otherwise.
    #[schema(required)]
    pub name: Option<ListedName>,
    /// The numbers; null where there are no lessons, which is not an attendance of 0 per cent.
    #[schema(required)]
    pub figure: Option<FigureDocument>,
    /// Whether there are no lessons in the period, as in an offering at a distance.
    #[schema(example = false)]
    pub has_no_lessons: bool,
}

/// Count attendance
///
/// What was planned, what was reported, and in it presence, authorised and unauthorised absence and other activities; in
/// lessons or in hours. Only lessons that have begun are counted, and those who took part in the offering on the lesson's
/// day, without days of a study break; whoever changed group counts where they were. What is registered of somebody who is
/// no longer expected still counts. Of what shares are shares, and how late arrivals count, is the same for all viewers. What
/// lies within the caller's reach is counted: teachers count what they teach and the members of the groups they answer for,
/// participants themselves, guardians those whom they may see. Protected persons are counted among the others, and have a
/// row of their own only for those who meet them under a name.
#[utoipa::path(
    operation_id = "getAttendanceStatistics", tag = "attendance",
    extensions(("x-permission" = json!("attendance:read"))),
    params(StatisticsAsked),
    responses((status = 200, description = "The numbers.", body = StatisticsDocument))
)]
#[get("/v1/attendance-statistics")]
pub async fn handle(
    permit: Permit<ReadAttendance>,
    state: web::Data<State>,
    asked: Query<StatisticsAsked>,
) -> Result<web::Json<StatisticsDocument>, Problem> {
    let document = state
        .database
        .read(permit.caller(), move |connection, scope| get_statistics(connection, scope, &asked.0))
        .await?;
    Ok(web::Json(document))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::MalformedParameter`]; a failure of the database.
pub fn get_statistics(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    asked: &StatisticsAsked,
) -> Result<StatisticsDocument, Problem> {
    let StatisticsAsked {
        by,
        unit: in_unit,
        offering_id,
        group_id,
        person_id,
        school_unit_id,
        term_id,
        from,
        to,
    } = asked.clone();
    let by = by.as_deref().map(By::from_code).transpose();
    let by = by.map_err(|refusal| malformed("by", refusal.rule, refusal.detail))?;
    let unit = unit(in_unit.as_deref())?;
    let asked = Asked { offering_id, group_id, person_id, school_unit_id, term_id, from, to };
    let (filter, period) = asked.read(connection, scope)?;
    let is_wide = filter.persons.is_empty()
        && filter.offerings.is_empty()
        && filter.groups.is_empty()
        && filter.school_units.is_empty();
    if by == Some(By::Participant) && is_wide && matches!(scope.reach(), Reach::Organiser) {
        let detail = "say whose: personId, offeringId, groupId or schoolUnitId";
        return Err(malformed("by", Rule::Required, detail));
    }
    let setting = figures::setting(connection, scope, unit)?;
    let counting = Counting { scope, filter, period, setting };
    let data = match by {
        None => counting.whole(connection)?,
        Some(By::Participant) => counting.participants(connection)?,
        Some(By::Offering) => counting.offerings(connection)?,
        Some(By::Group) => counting.groups(connection)?,
        Some(By::SchoolUnit) => counting.school_units(connection)?,
        Some(By::Week) => counting.spans(connection, week)?,
        Some(By::Month) => counting.spans(connection, month)?,
    };
    if data.len() > MOST_ROWS {
        let detail = format!("more than {MOST_ROWS} rows: ask for less");
        return Err(malformed("by", Rule::OutOfRange, detail));
    }
    let FactFilter { from, to, begun_by, .. } = counting.filter;
    let basis = BasisDocument::of(&setting, from, to, begun_by);
    Ok(StatisticsDocument { basis, by: by.map(By::code), data })
}

/// What is counted, for whom and how.
struct Counting<'a> {
    scope: &'a Scope,
    filter: FactFilter,
    period: Period,
    setting: Setting,
}

type ByKey = BTreeMap<Uuid, Vec<Counted>>;

impl Counting<'_> {
    fn row(&self, counted: &[Counted], period: Period) -> StatisticsRow {
        let (figure, cancelled) = figure(counted, self.setting, period);
        let has_no_lessons = figure.sums.planned() == 0;
        let is_empty = has_no_lessons && cancelled == 0;
        StatisticsRow {
            id: None,
            title: None,
            name: None,
            figure: (!is_empty).then(|| FigureDocument::of(&figure, cancelled)),
            has_no_lessons,
        }
    }

    fn titled(&self, rows: &ByKey, id: Uuid, title: String) -> StatisticsRow {
        let counted = rows.get(&id).map(Vec::as_slice).unwrap_or_default();
        StatisticsRow { id: Some(id), title: Some(title), ..self.row(counted, self.period) }
    }

    fn by_key(&self, connection: &mut DatabaseConnection, key: Key) -> Result<ByKey, Problem> {
        let mut rows = ByKey::new();
        for of in figures::count(connection, self.scope, &self.filter, key)? {
            rows.entry(of.key.unwrap_or_default()).or_default().push(of.counted);
        }
        Ok(rows)
    }

    fn whole(&self, connection: &mut DatabaseConnection) -> Result<Vec<StatisticsRow>, Problem> {
        let rows = self.by_key(connection, Key::Whole)?;
        let counted: Vec<Counted> = rows.into_values().flatten().collect();
        Ok(vec![self.row(&counted, self.period)])
    }

    fn participants(&self, connection: &mut DatabaseConnection) -> Result<Vec<StatisticsRow>, Problem> {
        let rows = self.by_key(connection, Key::Person)?;
        let ids: Vec<_> = rows.keys().map(|id| Id::from_uuid(*id)).collect();
        let names = figures::names(connection, self.scope, &ids)?;
        let row = |(person, name): (skolhus_domain::id::PersonId, _)| {
            let counted = rows.get(&person.uuid()).map(Vec::as_slice).unwrap_or_default();
            let name = Some(ListedName::of(&name));
            StatisticsRow { id: Some(person.uuid()), name, ..self.row(counted, self.period) }
        };
        Ok(names.into_iter().map(row).collect())
    }

    fn offerings(&self, connection: &mut DatabaseConnection) -> Result<Vec<StatisticsRow>, Problem> {
        let rows = self.by_key(connection, Key::Offering)?;
        let ids: Vec<_> = rows.keys().map(|id| Id::from_uuid(*id)).collect();
        let most = i64::try_from(MOST_ROWS).unwrap_or(i64::MAX);
        let titles = figures::offerings(connection, self.scope, &self.filter, &ids, most)?;
        Ok(titles.into_iter().map(|(id, title)| self.titled(&rows, id.uuid(), title)).collect())
    }

    fn groups(&self, connection: &mut DatabaseConnection) -> Result<Vec<StatisticsRow>, Problem> {
        let rows = self.by_key(connection, Key::Group)?;
        let ids: Vec<_> = rows.keys().map(|id| Id::from_uuid(*id)).collect();
        let names = figures::groups_named(connection, self.scope, &ids)?;
        Ok(names.into_iter().map(|(id, name)| self.titled(&rows, id.uuid(), name)).collect())
    }

    fn school_units(&self, connection: &mut DatabaseConnection) -> Result<Vec<StatisticsRow>, Problem> {
        let rows = self.by_key(connection, Key::SchoolUnit)?;
        let ids: Vec<_> = rows.keys().map(|id| Id::from_uuid(*id)).collect();
        let names = figures::school_units_named(connection, self.scope, &ids)?;
        Ok(names.into_iter().map(|(id, name)| self.titled(&rows, id.uuid(), name)).collect())
    }

    /// Weeks or months, each cut to the days that are asked for.
    fn spans(
        &self,
        connection: &mut DatabaseConnection,
        span: fn(NaiveDate) -> (NaiveDate, NaiveDate),
    ) -> Result<Vec<StatisticsRow>, Problem> {
        let mut rows: BTreeMap<(NaiveDate, NaiveDate), Vec<Counted>> = BTreeMap::new();
        for of in figures::count(connection, self.scope, &self.filter, Key::Day)? {
            let (first, last) = span(of.day.unwrap_or(self.filter.from));
            let days = (first.max(self.filter.from), last.min(self.filter.to));
            rows.entry(days).or_default().push(of.counted);
        }
        let row = |((first, last), counted): ((NaiveDate, NaiveDate), Vec<Counted>)| {
            let period = Period::new(first, Some(last)).unwrap_or(self.period);
            self.row(&counted, period)
        };
        Ok(rows.into_iter().map(row).collect())
    }
}

fn week(day: NaiveDate) -> (NaiveDate, NaiveDate) {
    let first = monday(day);
    (first, first.checked_add_days(Days::new(6)).unwrap_or(day))
}

fn month(day: NaiveDate) -> (NaiveDate, NaiveDate) {
    let first = day.with_day(1).unwrap_or(day);
    let next = first.checked_add_months(Months::new(1));
    (first, next.and_then(|next| next.pred_opt()).unwrap_or(day))
}
