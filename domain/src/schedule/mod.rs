//! The schedule (schema): lessons, one by one or from a weekly pattern, with their rooms and staff, and the calendars
//! that others make of them.
//!
//! A lesson belongs to an offering; who is expected in it follows from the participations of its day. Times are
//! instants; a pattern is in the times of the wall clock in Europe/Stockholm, so that a lesson at ten past eight is at
//! ten past eight in every week of the year.

mod calendar_feed;
mod clash;
mod lesson;
mod lesson_time;
mod next;
mod pattern;
mod room;
mod series;

pub use calendar_feed::{
    CalendarFeed, CalendarSubject, MOST_CALENDAR_FEEDS, MOST_CALENDAR_LESSONS, NewCalendarFeed,
    calendar_days, room_for_calendar_feed,
};
pub use clash::{Claim, Clash, ClashKind, ClashRule, ClashRules, Expected, Occupied, Taker, clashes};
pub use lesson::{
    Known, Lesson, LessonState, LessonStateCode, NewLesson, NewStand, Occurrence, Stand, StandIn,
    no_doubled_duty,
};
pub use lesson_time::{LONGEST_LESSON, LessonTime, SHORTEST_LESSON};
pub use next::next_lesson;
pub use pattern::{MOST_LESSONS, NewSlot, NewWeeklyPattern, Planned, Slot, Weekday, WeeklyPattern};
pub use room::{NewRoom, Room, RoomKind};
pub use series::{Existing, LessonSeries, SeriesStep, step_series};
