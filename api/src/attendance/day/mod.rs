//! A day in one request: of a family or a participant (today), and of a teacher.

mod get_teachers_day;
mod get_today;

use chrono::NaiveDate;
use skolhus_domain::access::Scope;

use crate::http::operations::Operations;
use crate::http::{listing::day, problem::Problem};

/// Mounts the operations.
pub fn mount(operations: &mut Operations<'_>) {
    operations.service(get_today::handle).service(get_teachers_day::handle);
}

/// The day that was asked for, or the school's today.
fn asked_day(asked: Option<NaiveDate>, scope: &Scope) -> Result<NaiveDate, Problem> {
    Ok(day("date", asked)?.unwrap_or_else(|| scope.today()))
}
