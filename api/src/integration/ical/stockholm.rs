//! The time zone of Swedish schools, and times in it.

use chrono::{DateTime, LocalResult, TimeZone as _, Utc};
use chrono_tz::Europe::Stockholm;

/// Its name, in `TZID`.
pub(super) const NAME: &str = "Europe/Stockholm";

/// Its rules, since 1996: summer time from the last Sunday of March to the last Sunday of October.
pub(super) const ZONE: [&str; 17] = [
    "BEGIN:VTIMEZONE",
    "TZID:Europe/Stockholm",
    "BEGIN:DAYLIGHT",
    "DTSTART:19960331T020000",
    "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
    "TZOFFSETFROM:+0100",
    "TZOFFSETTO:+0200",
    "TZNAME:CEST",
    "END:DAYLIGHT",
    "BEGIN:STANDARD",
    "DTSTART:19961027T030000",
    "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU",
    "TZOFFSETFROM:+0200",
    "TZOFFSETTO:+0100",
    "TZNAME:CET",
    "END:STANDARD",
    "END:VTIMEZONE",
];

/// An instant in UTC.
pub(super) fn utc(at: DateTime<Utc>) -> String {
    at.format("%Y%m%dT%H%M%SZ").to_string()
}

/// What the clocks on the wall show at an instant.
pub(super) fn local(at: DateTime<Utc>) -> String {
    at.with_timezone(&Stockholm).format("%Y%m%dT%H%M%S").to_string()
}

/// Whether the clocks on the wall show this time twice, as they do for an hour in a night of October: then only UTC
/// tells which is meant.
pub(super) fn comes_twice(at: DateTime<Utc>) -> bool {
    let shown = at.with_timezone(&Stockholm).naive_local();
    matches!(Stockholm.from_local_datetime(&shown), LocalResult::Ambiguous(..))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{Datelike as _, Duration, NaiveDate, Offset as _, Weekday};

    fn last_sunday(year: i32, month: u32) -> NaiveDate {
        let end = NaiveDate::from_ymd_opt(year, month, 31).unwrap();
        end - Duration::days(i64::from(end.weekday().days_since(Weekday::Sun)))
    }

    #[test]
    fn the_rules_are_those_of_the_time_zone() {
        let summer = |at: DateTime<Utc>| {
            let seconds = at.with_timezone(&Stockholm).offset().fix().local_minus_utc();
            assert!(seconds == 3600 || seconds == 7200);
            seconds == 7200
        };
        for year in 1997..2100 {
            // Both changes come at one o'clock, UTC: at two and at three by the clocks before them.
            let [spring, autumn] =
                [3, 10].map(|month| last_sunday(year, month).and_hms_opt(1, 0, 0).unwrap().and_utc());
            let second = Duration::seconds(1);
            assert!(!summer(spring - second) && summer(spring), "{spring}");
            assert!(summer(autumn - second) && !summer(autumn), "{autumn}");
            let middle = NaiveDate::from_ymd_opt(year, 7, 1).unwrap().and_hms_opt(0, 0, 0).unwrap().and_utc();
            assert!(summer(middle));
        }
        assert_eq!(last_sunday(1996, 3), NaiveDate::from_ymd_opt(1996, 3, 31).unwrap());
        assert_eq!(last_sunday(1996, 10), NaiveDate::from_ymd_opt(1996, 10, 27).unwrap());
    }

    #[test]
    fn one_hour_of_the_year_comes_twice() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let twice =
            ["2026-10-25T00:00:00Z", "2026-10-25T00:59:00Z", "2026-10-25T01:00:00Z", "2026-10-25T01:59:00Z"];
        assert!(twice.iter().all(|text| comes_twice(at(text))));
        let once =
            ["2026-10-24T23:59:00Z", "2026-10-25T02:00:00Z", "2027-03-28T00:59:00Z", "2027-03-28T01:00:00Z"];
        assert!(!once.iter().any(|text| comes_twice(at(text))));
    }
}
