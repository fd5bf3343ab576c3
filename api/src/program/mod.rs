//! The program around the server: the composition root.

pub mod chance;
pub mod demo_data;
pub mod import;
