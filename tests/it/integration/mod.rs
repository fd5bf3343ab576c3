//! Imports and jobs, over HTTP.

mod oneroster;
