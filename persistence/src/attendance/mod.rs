//! Attendance: the registers of lessons, and what stands in them of each person; absence that is reported or granted
//! beforehand; and who is told at home.

pub mod absence_case;
pub mod absence_notice;
pub mod absence_report;
pub mod home;
pub mod leave_request;
mod named;
pub mod register;
mod register_row;
pub mod setting;
pub mod unclosed;
