//! Attendance: the registers of lessons, what stands in them of each person, and the figures made of it; absence that is
//! reported or granted beforehand; and who is told at home.

pub mod absence_case;
pub mod absence_notice;
pub mod absence_reason;
pub mod absence_report;
pub mod activity;
pub mod day;
pub mod exemption;
mod expected;
pub mod figures;
mod grounds;
pub mod home;
pub mod leave_request;
pub mod mark;
mod named;
pub mod register;
mod register_row;
pub mod setting;
pub mod unclosed;
