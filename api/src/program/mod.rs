//! The program around the server: the composition root.

pub mod chance;
