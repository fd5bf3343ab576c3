//! Standards that others speak to us: one folder each, with its own words, errors and paging.

pub mod oneroster;
