//! What makes somebody's absence from a lesson authorised before anybody registers it, as columns of the statement that
//! reads them.

use diesel::sql_types::Nullable;
use skolhus_domain::attendance::Ground;

use crate::core::{
    fixed_sql::FixedSql,
    types::{Guid, Uid},
};

/// The report that covers the lesson of the row of `lessons` for the row of `persons`, as
/// [`skolhus_domain::attendance::AbsenceReport::covers`] says it; the earliest where there are several.
const REPORT: &str = "(SELECT reported.id FROM absence_reports AS reported \
    WHERE reported.organiser_id = lessons.organiser_id AND reported.person_id = persons.id \
    AND reported.withdrawn_at IS NULL AND reported.reported_at < lessons.starts_at \
    AND (reported.ended_at IS NULL OR lessons.starts_at < reported.ended_at) \
    AND ((reported.first_day <= lessons.day AND reported.last_day >= lessons.day) \
    OR (lessons.starts_at < reported.ends_at AND reported.starts_at < lessons.ends_at) \
    OR EXISTS (SELECT 1 FROM absence_report_lessons AS single \
    WHERE single.organiser_id = reported.organiser_id AND single.report_id = reported.id \
    AND single.lesson_id = lessons.id AND single.withdrawn_at IS NULL)) \
    ORDER BY reported.reported_at, reported.id LIMIT 1)";
/// The leave granted for the day, as [`skolhus_domain::attendance::LeaveRequest::covers`] says it; the earliest where there
/// are several. (By their ids alone SQLite would go through those of everybody.)
const LEAVE: &str = "(SELECT granted.id FROM leave_requests AS granted \
    WHERE granted.organiser_id = lessons.organiser_id AND granted.person_id = persons.id \
    AND granted.withdrawn_at IS NULL AND granted.state = 'granted' \
    AND granted.first_day <= lessons.day AND granted.last_day >= lessons.day \
    ORDER BY granted.first_day, granted.id LIMIT 1)";

/// The report and the leave, as columns of the statement that reads the persons.
pub(super) fn grounds() -> (FixedSql<Nullable<Guid>>, FixedSql<Nullable<Guid>>) {
    (FixedSql::new(REPORT), FixedSql::new(LEAVE))
}

/// What [`grounds`] reads.
pub(super) type Grounds = (Option<Uid>, Option<Uid>);

/// The ground of the two: a report comes before a leave.
pub(super) fn ground((report, leave): Grounds) -> Option<Ground> {
    match (report, leave) {
        (Some(report), _) => Some(Ground::Report(report.to())),
        (None, Some(leave)) => Some(Ground::Leave(leave.to())),
        (None, None) => None,
    }
}
