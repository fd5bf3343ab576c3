//! iCalendar (RFC 5545 with RFC 7986): calendars as text, for programs that read them from an address.
//!
//! Our own writer, since what there is writes more than it is told: the well-kept crate gives each component without an
//! instant the present one and a random id, time zones among them, so that no calendar would be the same twice.

mod calendar;
mod content_line;
mod stockholm;

pub use calendar::{Calendar, Event};

/// The media type.
pub const MEDIA_TYPE: &str = "text/calendar; charset=utf-8";
