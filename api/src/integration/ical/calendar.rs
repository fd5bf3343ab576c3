//! A calendar, and how it is written.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{
    content_line::{escaped, push},
    stockholm::{NAME, ZONE, comes_twice, local, utc},
};

/// How often a program that shows the calendar should read it, as a duration: every hour.
const REFRESH: &str = "PT1H";

/// A calendar to be read again and again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Calendar {
    /// What it is called.
    pub name: String,
    /// What is in it.
    pub events: Vec<Event>,
}

/// Something at a time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Event {
    /// Which one it is, however often it is moved.
    pub id: Uuid,
    /// How often it was changed.
    pub sequence: i64,
    /// When it was changed last. It stands for the instant of writing too, so that the same calendar is the same text.
    pub modified_at: DateTime<Utc>,
    /// When it begins.
    pub from: DateTime<Utc>,
    /// When it ends.
    pub to: DateTime<Utc>,
    /// Whether it does not take place.
    pub is_cancelled: bool,
    /// What it is.
    pub summary: String,
    /// Where.
    pub location: Option<String>,
}

impl Calendar {
    /// The calendar as text.
    #[must_use]
    pub fn text(&self) -> String {
        let Self { name, events } = self;
        let name = escaped(name);
        let mut out = String::with_capacity(1_000 + 400 * events.len());
        for line in [
            "BEGIN:VCALENDAR",
            "VERSION:2.0",
            "PRODID:-//Skolhus//Skolhus//EN",
            "CALSCALE:GREGORIAN",
            "METHOD:PUBLISH",
            // The standard's word, and the one that came before it.
            &format!("NAME:{name}"),
            &format!("X-WR-CALNAME:{name}"),
            &format!("X-WR-TIMEZONE:{NAME}"),
            &format!("REFRESH-INTERVAL;VALUE=DURATION:{REFRESH}"),
            &format!("X-PUBLISHED-TTL:{REFRESH}"),
        ] {
            push(&mut out, line);
        }
        ZONE.iter().for_each(|line| push(&mut out, line));
        events.iter().for_each(|event| event.write(&mut out));
        push(&mut out, "END:VCALENDAR");
        out
    }
}

impl Event {
    fn write(&self, out: &mut String) {
        let Self { id, sequence, modified_at, from, to, is_cancelled, summary, location } = self;
        let time = |at: DateTime<Utc>| {
            if comes_twice(*from) || comes_twice(*to) {
                format!(":{}", utc(at))
            } else {
                format!(";TZID={NAME}:{}", local(at))
            }
        };
        push(out, "BEGIN:VEVENT");
        push(out, &format!("UID:{id}"));
        push(out, &format!("SEQUENCE:{sequence}"));
        push(out, &format!("DTSTAMP:{}", utc(*modified_at)));
        push(out, &format!("LAST-MODIFIED:{}", utc(*modified_at)));
        push(out, &format!("DTSTART{}", time(*from)));
        push(out, &format!("DTEND{}", time(*to)));
        push(out, if *is_cancelled { "STATUS:CANCELLED" } else { "STATUS:CONFIRMED" });
        push(out, &format!("SUMMARY:{}", escaped(summary)));
        if let Some(location) = location {
            push(out, &format!("LOCATION:{}", escaped(location)));
        }
        push(out, "END:VEVENT");
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::content_line::tests::{unescaped, unfolded},
        *,
    };
    use proptest::prelude::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn event(from: &str, to: &str) -> Event {
        Event {
            id: Uuid::from_u128(7),
            sequence: 2,
            modified_at: at("2026-08-12T06:10:00Z"),
            from: at(from),
            to: at(to),
            is_cancelled: false,
            summary: "Matematik 7B: Bråk, procent".to_owned(),
            location: Some("Sal 114".to_owned()),
        }
    }

    fn lines(event: Event) -> Vec<String> {
        unfolded(&Calendar { name: "Elsas lektioner".to_owned(), events: vec![event] }.text())
    }

    /// The value of a property, with its parameters.
    fn value(lines: &[String], property: &str) -> String {
        let found: Vec<&str> = lines.iter().filter_map(|line| line.strip_prefix(property)).collect();
        assert!(found.len() == 1 || property.starts_with("DTSTART"), "{property}: {found:?}");
        (*found.last().unwrap()).to_owned()
    }

    #[test]
    fn a_lesson_is_written_in_the_time_of_the_wall_clock() {
        let lines = lines(event("2026-08-18T06:10:00Z", "2026-08-18T07:00:00Z"));
        let begin = lines.iter().position(|line| line == "BEGIN:VEVENT").unwrap();
        assert_eq!(
            lines[begin..],
            [
                "BEGIN:VEVENT",
                "UID:00000000-0000-0000-0000-000000000007",
                "SEQUENCE:2",
                "DTSTAMP:20260812T061000Z",
                "LAST-MODIFIED:20260812T061000Z",
                "DTSTART;TZID=Europe/Stockholm:20260818T081000",
                "DTEND;TZID=Europe/Stockholm:20260818T090000",
                "STATUS:CONFIRMED",
                "SUMMARY:Matematik 7B: Bråk\\, procent",
                "LOCATION:Sal 114",
                "END:VEVENT",
                "END:VCALENDAR",
            ]
        );
        assert_eq!(value(&lines, "NAME:"), "Elsas lektioner");
        assert_eq!(lines.iter().filter(|line| *line == "BEGIN:VTIMEZONE").count(), 1);
    }

    #[test]
    fn times_are_right_through_both_changes_of_the_clock_and_over_midnight() {
        let times = |from, to| {
            let lines = lines(event(from, to));
            (value(&lines, "DTSTART"), value(&lines, "DTEND"))
        };
        let local = |from: &str, to: &str| {
            (format!(";TZID=Europe/Stockholm:{from}"), format!(";TZID=Europe/Stockholm:{to}"))
        };
        // Two hours of lesson in a night of March, in which an hour is left out.
        assert_eq!(
            times("2027-03-28T00:00:00Z", "2027-03-28T02:00:00Z"),
            local("20270328T010000", "20270328T040000")
        );
        // In the night of October an hour comes twice: its times are told in UTC, both of them.
        let twice = times("2026-10-25T00:30:00Z", "2026-10-25T02:30:00Z");
        assert_eq!(twice, (":20261025T003000Z".to_owned(), ":20261025T023000Z".to_owned()));
        assert_eq!(
            times("2026-10-24T20:00:00Z", "2026-10-25T04:00:00Z"),
            local("20261024T220000", "20261025T050000")
        );
        assert_eq!(
            times("2026-12-12T21:00:00Z", "2026-12-13T02:00:00Z"),
            local("20261212T220000", "20261213T030000")
        );
    }

    #[test]
    fn what_is_called_off_stays_and_is_marked() {
        let called_off = Event {
            is_cancelled: true,
            location: None,
            ..event("2026-08-18T06:10:00Z", "2026-08-18T07:00:00Z")
        };
        let lines = lines(called_off);
        assert_eq!(value(&lines, "STATUS:"), "CANCELLED");
        assert!(!lines.iter().any(|line| line.starts_with("LOCATION")));
    }

    proptest! {
        #[test]
        fn any_words_come_back(name in r"[\PC\n]{1,120}", summary in r"[\PC\n]{1,200}", location in r"[\PC\n]{1,120}") {
            let words = Event {
                summary: summary.clone(),
                location: Some(location.clone()),
                ..event("2026-08-18T06:10:00Z", "2026-08-18T07:00:00Z")
            };
            let text = Calendar { name: name.clone(), events: vec![words] }.text();
            prop_assert!(text.split_terminator("\r\n").all(|line| line.len() <= 75 && !line.contains('\n')));
            let lines = unfolded(&text);
            prop_assert_eq!(unescaped(&value(&lines, "X-WR-CALNAME:")), name);
            prop_assert_eq!(unescaped(&value(&lines, "SUMMARY:")), summary);
            prop_assert_eq!(unescaped(&value(&lines, "LOCATION:")), location);
        }
    }
}
