//! The demonstration's schedule: rooms, and a weekly pattern for whatever is taught on site.

use chrono::NaiveTime;
use skolhus_domain::{
    course::{Offering, StudyForm},
    id::{LessonId, LessonSeriesId, OfferingId, RoomId, SchoolUnitId},
    organisation::DayOff,
    period::Period,
    refusal::Refusals,
    schedule::{Lesson, LessonSeries, NewRoom, NewSlot, NewWeeklyPattern, Room},
};

use super::plan::id;

/// Kind, name and seats, for the folk high school and for the small school.
const ROOMS: [&[(&str, &str, Option<u16>)]; 2] = [
    &[
        ("room", "Björken", Some(48)),
        ("room", "Eken", Some(30)),
        ("room", "Vävsalen", Some(20)),
        ("resource", "Minibussen", None),
    ],
    &[
        ("room", "Sal 101", Some(28)),
        ("room", "Sal 114", Some(28)),
        ("room", "Idrottshallen", Some(60)),
        ("resource", "Surfplattorna", None),
    ],
];

/// When lessons begin and end; each offering has two of them a week.
const TIMES: [((u32, u32), (u32, u32)); 5] =
    [((8, 10), (9, 0)), ((9, 20), (10, 20)), ((10, 40), (11, 30)), ((12, 40), (13, 40)), ((14, 0), (14, 50))];
const WEEKDAYS: [&str; 5] = ["monday", "tuesday", "wednesday", "thursday", "friday"];

/// The schedule.
pub struct Schedule {
    /// Rooms and resources of both schools.
    pub rooms: Vec<(RoomId, Room)>,
    /// One pattern for each offering that is taught on site.
    pub series: Vec<(LessonSeriesId, LessonSeries)>,
    /// The lessons they make.
    pub lessons: Vec<(LessonId, Lesson)>,
}

/// Makes the schedule.
///
/// # Errors
/// What a rule of the domain refuses, which is a mistake in these figures.
pub(super) fn schedule(
    units: [SchoolUnitId; 2],
    offerings: &[(OfferingId, Offering)],
    days_off: &[Period],
) -> Result<Schedule, Refusals> {
    let rooms = rooms(units)?;
    let (mut series, mut lessons) = (Vec::new(), Vec::new());
    let on_site = offerings.iter().filter(|(_, offering)| offering.form == StudyForm::OnSite);
    for (number, (offering_id, offering)) in on_site.enumerate() {
        let theirs: Vec<RoomId> = rooms
            .iter()
            .filter(|(_, room)| room.school_unit == offering.school_unit && room.seats.is_some())
            .map(|(id, _)| *id)
            .collect();
        let room: Vec<RoomId> = theirs.iter().copied().cycle().skip(number % 3).take(1).collect();
        let pattern = pattern(number, *offering_id, offering, &room)?;
        let series_id = id(24, number);
        for (place, planned) in pattern.pattern.lessons(days_off).iter().enumerate() {
            lessons.push((id(25, number * 1_000 + place), pattern.lesson(series_id, planned)));
        }
        series.push((series_id, pattern));
    }
    Ok(Schedule { rooms, series, lessons })
}

fn rooms(units: [SchoolUnitId; 2]) -> Result<Vec<(RoomId, Room)>, Refusals> {
    let mut rooms = Vec::new();
    for (school_unit, named) in units.into_iter().zip(ROOMS) {
        for (kind, name, seats) in named {
            let new = NewRoom { school_unit, kind, name, seats: *seats, is_shared: false };
            rooms.push((id(23, rooms.len()), new.validate()?));
        }
    }
    Ok(rooms)
}

/// Two lessons a week; whoever meets for a weekend meets on each of its days.
fn pattern(
    number: usize,
    offering_id: OfferingId,
    offering: &Offering,
    rooms: &[RoomId],
) -> Result<LessonSeries, Refusals> {
    let first = offering.period.from();
    let last = offering.period.to().unwrap_or(first);
    let weekdays: Vec<&str> = if (last - first).num_days() < 7 {
        vec!["friday", "saturday", "sunday"]
    } else {
        [number, number + 2]
            .into_iter()
            .filter_map(|day| WEEKDAYS.get(day % WEEKDAYS.len()).copied())
            .collect()
    };
    let slots: Vec<NewSlot<'_>> = (0_u8..)
        .zip(weekdays)
        .map(|(slot, weekday)| {
            let (from, to) = time(number + usize::from(slot));
            NewSlot { number: slot, weekday, from, to, rooms }
        })
        .collect();
    let new = NewWeeklyPattern { period: (first, last), every_weeks: 1, slots: &slots };
    Ok(LessonSeries { offering: offering_id, pattern: new.validate(offering)?, title: None })
}

fn time(number: usize) -> (NaiveTime, NaiveTime) {
    let ((from_hour, from_minute), (to_hour, to_minute)) =
        TIMES.get(number % TIMES.len()).copied().unwrap_or_default();
    let at = |hour, minute| NaiveTime::from_hms_opt(hour, minute, 0).unwrap_or_default();
    (at(from_hour, from_minute), at(to_hour, to_minute))
}

/// The days off as days.
pub(super) fn days(days_off: &[(skolhus_domain::id::DayOffId, DayOff)]) -> Vec<Period> {
    days_off.iter().map(|(_, off)| off.period).collect()
}

#[cfg(test)]
mod tests {
    use super::super::plan::register;
    use chrono::Datelike;

    #[test]
    fn there_are_lessons_on_every_school_day_and_none_on_a_day_off() {
        let register = register().unwrap();
        let schedule = &register.schedule;
        assert_eq!((schedule.rooms.len(), schedule.series.len()), (8, 16));
        let off = super::days(&register.days_off);
        let days: std::collections::BTreeSet<chrono::NaiveDate> =
            schedule.lessons.iter().map(|(_, lesson)| lesson.time.day()).collect();
        assert!(days.iter().all(|day| !off.iter().any(|off| off.contains(*day))));
        let (first, last) = super::super::plan::autumn();
        let missing = skolhus_domain::organisation::weekdays(first, last)
            .filter(|day| !days.contains(day) && !off.iter().any(|off| off.contains(*day)));
        assert_eq!(missing.map(|day| day.day()).collect::<Vec<_>>(), Vec::<u32>::new());
    }
}
