//! What is true in a school: pure rules with no input or output, no SQL, no
//! HTTP and no clock of its own. Time and chance come in as arguments.

pub mod access;
pub mod application;
pub mod attendance;
pub mod change;
pub mod code;
pub mod course;
pub mod duty;
pub mod education_background;
pub mod enrolment;
pub mod export;
pub mod fraction;
pub mod group;
pub mod id;
pub mod identity;
pub mod instant;
pub mod integration;
pub mod mobility_support;
pub mod organisation;
pub mod participation;
pub mod period;
pub mod person;
pub mod refusal;
pub mod report;
pub mod rule_set;
pub mod schedule;
pub mod terminology;
pub mod text;
