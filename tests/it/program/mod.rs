//! The program as its operator meets it: the thin binary, from outside.

mod commands;
pub mod running;
