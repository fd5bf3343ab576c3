//! Skolhus.

pub mod integration;
