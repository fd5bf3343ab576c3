//! Attendance: the registers of lessons, what stands in them of each person, and the figures made of it.

pub mod figures;
pub mod mark;
mod named;
pub mod register;
mod register_row;
