//! Attendance (närvaro) and absence (frånvaro).
//!
//! What is registered of one person in one lesson is a [`Mark`]; with the lesson's length it is a [`Ledger`] of
//! minutes, and everything that is counted is counted from ledgers. Absence is **authorised** (giltig) or
//! **unauthorised** (ogiltig). Which persons are expected in a lesson follows from the participations of its day and
//! is told to these rules by the caller.
//!
//! Nothing here decides about a person: figures, candidates and watch lists are proposals with their evidence.

mod absence_notice;
mod absence_reason;
mod absence_report;
mod activity;
mod chart;
mod csn;
mod exemption;
mod leave_request;
mod mark;
mod register;
mod same_day_duty;
mod statistics;
mod watch;

pub use absence_notice::{
    AbsenceCase, AbsenceNotice, CaseHow, CaseState, CaseStateCode, HomeFacts, HomeSteps, NoticeState,
    home_steps,
};
pub use absence_reason::{AbsenceReason, ReasonAbout, ReasonRule};
pub use absence_report::{
    AbsenceReport, Ender, Extent, ExtentCode, NewAbsenceReport, ReportLimits, ReportedBy, ReportedByCode,
    Reporter,
};
pub use activity::{
    ActivityBasis, ActivityDay, ActivityFigure, ActivityOccasion, AttendanceFigure, Seen, count_activity,
};
pub use chart::{Week, weekly_chart};
pub use csn::{
    CSN_RULES, CsnCandidate, CsnRule, CsnRuleSeed, Month, UnauthorisedTime, candidates, has_study_aid,
};
pub use exemption::Exemption;
pub use leave_request::{
    Deciding, LeaveBasis, LeaveDecider, LeaveDecision, LeaveRequest, LeaveRule, LeaveState, LeaveStateCode,
    MOST_DELEGATED_DAYS, NewLeaveRequest,
};
pub use mark::{Entry, EntryCode, Ledger, Mark, MarkCode, Missed, NewMark};
pub use register::{
    Excuse, Excuser, Ground, OPENS_DAYS_BEFORE, Occasion, Register, RegisterState, Registered,
};
pub use same_day_duty::{
    CaseWhy, DutyOf, DutyRow, DutySeed, Outcome, PupilDay, SAME_DAY_DUTIES, Told, Unexcused, correction,
    deadline, has_duty, missed, outcome,
};
pub use statistics::{
    Category, Counted, Denominator, Fact, Figure, FigureBy, LateCounts, LateCountsCode, NewSetting,
    PARTS_PER_LESSON, Setting, Sums, Unit, figure, figure_of_counted,
};
pub use watch::{AbsenceCounted, WatchCondition, Watched};
