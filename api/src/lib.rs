//! Skolhus.
