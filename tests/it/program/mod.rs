//! The program as its operator meets it: the thin binary, from outside.

mod commands;
mod log_lines;
pub mod running;
