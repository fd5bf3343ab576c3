//! Attendance: the registers of lessons, and what stands in them of each person.

pub mod register;
mod register_row;
