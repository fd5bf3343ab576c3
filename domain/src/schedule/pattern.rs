//! A weekly pattern: on which weekdays, at which times, in which weeks.

use chrono::{Datelike, Days, NaiveDate, NaiveTime, TimeDelta};

use super::{LONGEST_LESSON, LessonTime, SHORTEST_LESSON, lesson::each_once};
use crate::code::coded;
use crate::course::Offering;
use crate::id::RoomId;
use crate::instant::swedish_time;
use crate::period::Period;
use crate::refusal::{Refusal, Refusals, Rule};

/// The most slots in a pattern.
const MOST_SLOTS: usize = 20;
/// The most lessons that a pattern makes.
pub const MOST_LESSONS: usize = 1_000;
/// The most weeks from one lesson of a slot to the next.
const RAREST: u8 = 8;

coded! {
    /// A day of the week.
    Weekday("day of the week") {
        /// Måndag.
        Monday = "monday",
        /// Tisdag.
        Tuesday = "tuesday",
        /// Onsdag.
        Wednesday = "wednesday",
        /// Torsdag.
        Thursday = "thursday",
        /// Fredag.
        Friday = "friday",
        /// Lördag.
        Saturday = "saturday",
        /// Söndag.
        Sunday = "sunday",
    }
}

impl Weekday {
    fn days_after_monday(self) -> u64 {
        match self {
            Self::Monday => 0,
            Self::Tuesday => 1,
            Self::Wednesday => 2,
            Self::Thursday => 3,
            Self::Friday => 4,
            Self::Saturday => 5,
            Self::Sunday => 6,
        }
    }
}

/// One lesson a week.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Slot {
    /// Its number, by which its lessons are known when the pattern changes; no two of a pattern have the same.
    pub number: u8,
    /// On which day.
    pub weekday: Weekday,
    /// When it begins, on the wall clock in Europe/Stockholm; whole minutes.
    pub from: NaiveTime,
    /// When it ends; not after `from` means on the next day.
    pub to: NaiveTime,
    /// Where, each once, in the order of their ids.
    pub rooms: Vec<RoomId>,
}

impl Slot {
    /// How long it is by the wall clock.
    fn length(&self) -> TimeDelta {
        let length = self.to.signed_duration_since(self.from);
        if length > TimeDelta::zero() { length } else { length + TimeDelta::days(1) }
    }

    /// When it is in the week that begins on that Monday. Where the clock is changed in the middle it begins and
    /// ends when the wall clock says so.
    fn in_week(&self, monday: NaiveDate) -> Option<LessonTime> {
        let day = monday.checked_add_days(Days::new(self.weekday.days_after_monday()))?;
        let last = if self.to > self.from { day } else { day.succ_opt()? };
        let from = swedish_time(day, self.from);
        LessonTime::new(from, swedish_time(last, self.to))
            .or_else(|_| LessonTime::new(from, from + self.length()))
            .ok()
    }
}

/// On which weekdays, at which times, from which day to which.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WeeklyPattern {
    /// From the first day to the last; it has both.
    pub period: Period,
    /// 1: every week; 2: every second, counted from the week of the first day; up to 8.
    pub every_weeks: u8,
    /// 1 to 20, in the order of their numbers.
    pub slots: Vec<Slot>,
}

/// One lesson that a pattern asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Planned {
    /// The Monday of its week.
    pub week: NaiveDate,
    /// The number of its slot.
    pub slot: u8,
    /// When.
    pub time: LessonTime,
    /// Where.
    pub rooms: Vec<RoomId>,
}

impl Planned {
    /// Which one of the pattern it is.
    #[must_use]
    pub fn key(&self) -> (NaiveDate, u8) {
        (self.week, self.slot)
    }
}

impl WeeklyPattern {
    /// The lessons, by day and time. Those that would begin on a day off are left out.
    #[must_use]
    pub fn lessons(&self, days_off: &[Period]) -> Vec<Planned> {
        let Some(last) = self.period.to() else { return Vec::new() };
        let first = self.period.from();
        let monday = first - Days::new(u64::from(first.weekday().num_days_from_monday()));
        let weeks = monday.iter_weeks().step_by(usize::from(self.every_weeks.max(1)));
        let mut planned: Vec<Planned> = weeks
            .take_while(|monday| *monday <= last)
            .flat_map(|week| self.slots.iter().map(move |slot| (week, slot)))
            .filter_map(|(week, slot)| {
                let time = slot.in_week(week)?;
                let is_on =
                    self.period.contains(time.day()) && !days_off.iter().any(|off| off.contains(time.day()));
                is_on.then(|| Planned { week, slot: slot.number, time, rooms: slot.rooms.clone() })
            })
            .collect();
        planned.sort_by_key(|planned| (planned.time, planned.slot));
        planned
    }
}

/// A slot as someone enters it.
#[derive(Clone, Debug)]
pub struct NewSlot<'a> {
    /// 0 to 255.
    pub number: u8,
    /// A code of [`Weekday`].
    pub weekday: &'a str,
    /// See [`Slot::from`].
    pub from: NaiveTime,
    /// See [`Slot::to`].
    pub to: NaiveTime,
    /// Where.
    pub rooms: &'a [RoomId],
}

/// A pattern as someone enters it.
#[derive(Clone, Debug)]
pub struct NewWeeklyPattern<'a> {
    /// First day and last day.
    pub period: (NaiveDate, NaiveDate),
    /// 1 to 8.
    pub every_weeks: u8,
    /// 1 to 20.
    pub slots: &'a [NewSlot<'a>],
}

impl NewWeeklyPattern<'_> {
    /// Checks every field against the offering. That the rooms exist is checked before.
    ///
    /// # Errors
    /// At `/period/…`, `/everyWeeks`, `/slots` and `/slots/N/…`; [`Rule::OutOfRange`] at `/slots` where it would be
    /// more than 1,000 lessons.
    pub fn validate(self, offering: &Offering) -> Result<WeeklyPattern, Refusals> {
        let Self { period: (from, to), every_weeks, slots: new } = self;
        let mut refusals = Refusals::default();
        let period = Period::new(from, Some(to)).and_then(|period| {
            offering.period.admit("the offering", from).map_err(|refusal| refusal.at("/from"))?;
            offering.period.admit("the offering", to).map_err(|refusal| refusal.at("/to"))?;
            Ok(period)
        });
        let period = refusals.note("/period", period);
        if !(1..=RAREST).contains(&every_weeks) {
            let detail = format!("it is 1 (every week) to {RAREST}");
            refusals.0.push(Refusal::new(Rule::OutOfRange, detail).at("/everyWeeks"));
        }
        if !(1..=MOST_SLOTS).contains(&new.len()) {
            let detail = format!("a pattern has 1 to {MOST_SLOTS} lessons a week");
            refusals.0.push(Refusal::new(Rule::OutOfRange, detail).at("/slots"));
        }
        let mut slots: Vec<Slot> = Vec::with_capacity(new.len());
        for (place, new) in new.iter().enumerate() {
            let at = format!("/slots/{place}");
            if let Some(slot) = read_slot(new, &at, &mut refusals) {
                if slots.iter().any(|other| other.number == slot.number) {
                    let refusal = Refusal::new(Rule::Duplicate, "another slot has this number");
                    refusals.0.push(refusal.at(&format!("{at}/number")));
                }
                slots.push(slot);
            }
        }
        slots.sort_by_key(|slot| slot.number);
        let (Some(period), Ok(())) = (period, refusals.clone().finish()) else { return Err(refusals) };
        let pattern = WeeklyPattern { period, every_weeks, slots };
        let count = pattern.lessons(&[]).len();
        if count > MOST_LESSONS {
            let detail = format!("it would be {count} lessons; a series has {MOST_LESSONS} at most");
            return Err(Refusal::new(Rule::OutOfRange, detail).at("/slots").into());
        }
        Ok(pattern)
    }
}

fn read_slot(new: &NewSlot<'_>, at: &str, refusals: &mut Refusals) -> Option<Slot> {
    let NewSlot { number, weekday, from, to, rooms } = new;
    let weekday = refusals.note(&format!("{at}/weekday"), Weekday::from_code(weekday));
    let rooms = each_once(rooms, &format!("{at}/roomIds"), refusals);
    let whole_minute =
        |time: &NaiveTime| time.signed_duration_since(NaiveTime::MIN).num_milliseconds() % 60_000 == 0;
    for (place, time) in [("startsAt", from), ("endsAt", to)] {
        if !whole_minute(time) {
            let refusal = Refusal::new(Rule::Format, "a lesson begins and ends at whole minutes");
            refusals.0.push(refusal.at(&format!("{at}/{place}")));
        }
    }
    let slot = Slot { number: *number, weekday: weekday?, from: *from, to: *to, rooms };
    let minutes = slot.length().num_minutes();
    if !(SHORTEST_LESSON..=LONGEST_LESSON).contains(&minutes) {
        let detail = format!("a lesson has {SHORTEST_LESSON} to {LONGEST_LESSON} minutes, not {minutes}");
        refusals.0.push(Refusal::new(Rule::OutOfRange, detail).at(&format!("{at}/endsAt")));
    }
    Some(slot)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::course::offering_tests::{day, general_course_offering};
    use proptest::prelude::*;

    pub(in crate::schedule) fn slot(number: u8, weekday: Weekday, from: (u32, u32), to: (u32, u32)) -> Slot {
        let time = |(hour, minute)| NaiveTime::from_hms_opt(hour, minute, 0).unwrap();
        Slot { number, weekday, from: time(from), to: time(to), rooms: Vec::new() }
    }

    pub(in crate::schedule) fn pattern(from: NaiveDate, to: NaiveDate, slots: Vec<Slot>) -> WeeklyPattern {
        WeeklyPattern { period: Period::new(from, Some(to)).unwrap(), every_weeks: 1, slots }
    }

    #[test]
    fn a_term_skips_its_days_off_and_keeps_to_the_wall_clock() {
        let slots =
            vec![slot(0, Weekday::Monday, (8, 10), (9, 0)), slot(1, Weekday::Thursday, (13, 0), (14, 20))];
        let off = [
            Period::new(day(2026, 10, 26), Some(day(2026, 10, 30))).unwrap(),
            Period::new(day(2026, 9, 24), Some(day(2026, 9, 24))).unwrap(),
        ];
        let lessons = pattern(day(2026, 8, 18), day(2026, 12, 17), slots).lessons(&off);
        // 18 weeks, without the first Monday; five days of them off, of which three would have had a lesson.
        assert_eq!(lessons.len(), 18 * 2 - 1 - 3);
        assert!(lessons.iter().all(|lesson| !off.iter().any(|off| off.contains(lesson.time.day()))));
        let begins: std::collections::BTreeSet<String> = lessons
            .iter()
            .filter(|l| l.slot == 0)
            .map(|l| l.time.from().format("%H:%M").to_string())
            .collect();
        assert_eq!(
            begins.into_iter().collect::<Vec<_>>(),
            ["06:10", "07:10"],
            "summer time, and winter time"
        );
    }

    #[test]
    fn a_night_with_a_change_of_the_clock_is_shorter_or_longer() {
        let slots = vec![slot(0, Weekday::Saturday, (22, 0), (6, 0))];
        let lessons = pattern(day(2026, 10, 17), day(2027, 3, 28), slots).lessons(&[]);
        let minutes = |day: NaiveDate| lessons.iter().find(|l| l.time.day() == day).unwrap().time.minutes();
        assert_eq!(minutes(day(2026, 10, 17)), 480);
        assert_eq!(minutes(day(2026, 10, 24)), 540);
        assert_eq!(minutes(day(2027, 3, 27)), 420);
    }

    #[test]
    fn every_second_week_counts_from_the_first() {
        let mut pattern =
            pattern(day(2026, 8, 19), day(2026, 9, 30), vec![slot(0, Weekday::Friday, (9, 0), (9, 40))]);
        pattern.every_weeks = 2;
        let days: Vec<NaiveDate> = pattern.lessons(&[]).iter().map(|lesson| lesson.time.day()).collect();
        assert_eq!(days, [day(2026, 8, 21), day(2026, 9, 4), day(2026, 9, 18)]);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let time = |hour, minute, second| NaiveTime::from_hms_opt(hour, minute, second).unwrap();
        let good =
            NewSlot { number: 1, weekday: "monday", from: time(8, 0, 0), to: time(9, 0, 0), rooms: &[] };
        let slots = [
            good.clone(),
            NewSlot { weekday: "måndag", from: time(8, 0, 30), ..good.clone() },
            NewSlot { to: time(8, 4, 0), ..good },
        ];
        let new =
            NewWeeklyPattern { period: (day(2026, 8, 17), day(2028, 1, 1)), every_weeks: 0, slots: &slots };
        let refusals = new.validate(&general_course_offering()).unwrap_err();
        let pointers: Vec<&str> = refusals.0.iter().map(|refusal| refusal.pointer.as_str()).collect();
        assert_eq!(
            pointers,
            [
                "/period/to",
                "/everyWeeks",
                "/slots/1/weekday",
                "/slots/1/startsAt",
                "/slots/2/endsAt",
                "/slots/2/number"
            ]
        );
    }

    proptest! {
        #[test]
        fn no_lesson_leaves_the_period_and_each_is_there_once(
            first in 0_u64..400, length in 0_u64..200, every in 1_u8..=8,
            slots in proptest::collection::vec((0_usize..7, 0_u32..24 * 60, 5_u32..24 * 60), 1..6),
        ) {
            let from = day(2026, 1, 1) + Days::new(first);
            let slots: Vec<Slot> = slots.into_iter().zip(0_u8..).map(|((weekday, begin, minutes), number)| {
                let end = (begin + minutes) % (24 * 60);
                slot(number, Weekday::ALL[weekday], (begin / 60, begin % 60), (end / 60, end % 60))
            }).collect();
            let pattern = WeeklyPattern { every_weeks: every, ..pattern(from, from + Days::new(length), slots) };
            let lessons = pattern.lessons(&[]);
            let keys: std::collections::BTreeSet<_> = lessons.iter().map(Planned::key).collect();
            prop_assert_eq!(keys.len(), lessons.len());
            for lesson in &lessons {
                prop_assert!(pattern.period.contains(lesson.time.day()));
                let slot = &pattern.slots[usize::from(lesson.slot)];
                // It begins at the wall clock's time, save for the hour that is left out in March.
                let local = lesson.time.from().with_timezone(&chrono_tz::Europe::Stockholm).time();
                prop_assert!(local == slot.from || local == slot.from + TimeDelta::hours(1));
            }
        }
    }
}
