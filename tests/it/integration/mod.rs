//! Imports and jobs, over HTTP.

pub(crate) mod oneroster;
