//! Reported absence that can be explained.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use skolhus_domain::{
    access::Scope,
    attendance::{AbsenceReport, Extent, ReasonAbout},
    id::{AbsenceReportId, LessonId, PersonId},
    instant::school_day,
    schedule::LessonTime,
};
use skolhus_persistence::{Tx, attendance::absence_report};

use super::{
    super::absence_report::{ender, find},
    stated::Absence,
};
use crate::http::problem::Problem;

/// The report, of which the caller may say why. It is held.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `NotPermitted`; a failure of the database.
pub fn absence(tx: &mut Tx<'_>, scope: &Scope, id: AbsenceReportId) -> Result<Absence, Problem> {
    absence_report::lock(tx, id)?;
    let view = find(tx.connection(), scope, id)?;
    let report = &view.saved.value;
    report.admit_reason(ender(scope, report))?;
    let times = match &report.extent {
        Extent::Lessons(lessons) => {
            absence_report::expected_in(tx.connection(), scope, &[report.person], lessons)?
        }
        Extent::Day(_) | Extent::Days { .. } | Extent::Span { .. } => BTreeMap::new(),
    };
    let day = last_day(report, &times);
    Ok(Absence { person: report.person, about: ReasonAbout::Report(id), day, name: view.name })
}

/// The last day that a report is about, with the times of the lessons that it names. Where none of them is held any
/// more it is the day of the report.
pub fn last_day(report: &AbsenceReport, times: &BTreeMap<(PersonId, LessonId), LessonTime>) -> NaiveDate {
    match &report.extent {
        Extent::Day(day) | Extent::Days { last: day, .. } => *day,
        Extent::Span { to, .. } => school_day(*to),
        Extent::Lessons(lessons) => {
            let days =
                lessons.iter().filter_map(|lesson| times.get(&(report.person, *lesson))).map(LessonTime::day);
            days.max().unwrap_or_else(|| school_day(report.reported_at))
        }
    }
}
