//! What figures are asked of: the parameters that they share, and what they come to.

use chrono::{Datelike, Days, NaiveDate};
use skolhus_domain::{
    access::Scope,
    attendance::{Counted, Fact, Figure, Mark, Setting, Sums, Unit, figure_of_counted},
    id::{Id, TermId},
    period::Period,
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{DatabaseConnection, attendance::figures::FactFilter, organisation::term};
use uuid::Uuid;

use crate::http::{
    catalogue::Code,
    listing::{Several, day, values},
    problem::Problem,
};

/// The most days of a figure: a school year, or a leap year.
pub(super) const MOST_DAYS: i64 = 366;

/// The selection as it stands in a query.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked {
    pub(super) offering_id: Option<Several<Uuid>>,
    pub(super) group_id: Option<Several<Uuid>>,
    pub(super) person_id: Option<Several<Uuid>>,
    pub(super) school_unit_id: Option<Several<Uuid>>,
    pub(super) term_id: Option<Uuid>,
    pub(super) from: Option<NaiveDate>,
    pub(super) to: Option<NaiveDate>,
}

/// A refusal of a parameter, as it came.
pub(super) fn malformed(name: &str, rule: Rule, detail: impl Into<String>) -> Problem {
    Problem::new(Code::MalformedParameter)
        .errors(vec![Refusal::new(rule, detail).at(&format!("/query/{name}"))])
}

impl Asked {
    /// The filter and its period: the term's days, or from a day to another one. Without a last day it is today; without a
    /// first day the school year that the last day lies in, from 1 July.
    ///
    /// # Errors
    /// [`Code::MalformedParameter`], naming the parameter; a failure of the database.
    pub(super) fn read(
        self,
        connection: &mut DatabaseConnection,
        scope: &Scope,
    ) -> Result<(FactFilter, Period), Problem> {
        let Self { offering_id, group_id, person_id, school_unit_id, term_id, from, to } = self;
        let (from, to) = (day("from", from)?, day("to", to)?);
        let (from, to) = match term_id {
            Some(_) if from.is_some() || to.is_some() => {
                return Err(malformed("termId", Rule::Conflict, "a term goes with neither from nor to"));
            }
            Some(id) => {
                let id: TermId = Id::from_uuid(id);
                let found = term::find(connection, scope, id)?;
                let term = found
                    .ok_or_else(|| malformed("termId", Rule::UnknownReference, "there is no such term"))?;
                let period = term.value.period;
                (period.from(), period.to().unwrap_or(period.from()))
            }
            None => {
                let to = to.unwrap_or(scope.today());
                (from.unwrap_or_else(|| school_year_of(to)), to)
            }
        };
        let period =
            Period::new(from, Some(to)).map_err(|refusal| malformed("to", refusal.rule, refusal.detail))?;
        if (to - from).num_days() >= MOST_DAYS {
            return Err(malformed("to", Rule::OutOfRange, format!("at most {MOST_DAYS} days are counted")));
        }
        let filter = FactFilter {
            persons: values("personId", person_id, |id| Ok(Id::from_uuid(*id)))?,
            offerings: values("offeringId", offering_id, |id| Ok(Id::from_uuid(*id)))?,
            groups: values("groupId", group_id, |id| Ok(Id::from_uuid(*id)))?,
            school_units: values("schoolUnitId", school_unit_id, |id| Ok(Id::from_uuid(*id)))?,
            from,
            to,
            begun_by: scope.now(),
        };
        Ok((filter, period))
    }
}

/// The first day of the school year of a day: 1 July.
fn school_year_of(day: NaiveDate) -> NaiveDate {
    let year = if day.month() >= 7 { day.year() } else { day.year() - 1 };
    NaiveDate::from_ymd_opt(year, 7, 1).unwrap_or(day)
}

/// In what is counted, where that is said.
pub(super) fn unit(asked: Option<&str>) -> Result<Option<Unit>, Problem> {
    let unit = asked.map(Unit::from_code).transpose();
    unit.map_err(|refusal| malformed("unit", refusal.rule, refusal.detail))
}

/// The figure of what was counted, and how much of it was cancelled.
pub(super) fn figure(counted: &[Counted], setting: Setting, period: Period) -> (Figure, u64) {
    let cancelled = counted.iter().filter(|of| !of.fact.is_held).map(|of| {
        let as_if = Fact { is_held: true, mark: None::<Mark>, ..of.fact };
        Sums::of(&as_if, setting.unit, setting.late).times(of.times).planned()
    });
    (figure_of_counted(counted, setting, period), cancelled.sum())
}

/// The Monday of a day's week.
pub(super) fn monday(day: NaiveDate) -> NaiveDate {
    day.checked_sub_days(Days::new(day.weekday().num_days_from_monday().into())).unwrap_or(day)
}
