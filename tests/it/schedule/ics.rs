//! Reads calendars as strictly as their standard (RFC 5545) is written: what a tolerant program would forgive fails here.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDateTime, Utc};
use skolhus_domain::instant::swedish_time;

/// A lesson in a calendar.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Event {
    pub(crate) uid: String,
    pub(crate) sequence: i64,
    pub(crate) begins: DateTime<Utc>,
    pub(crate) ends: DateTime<Utc>,
    pub(crate) status: String,
    pub(crate) summary: String,
    pub(crate) location: Option<String>,
}

/// The properties of a component, by name with parameters; each once.
type Properties = BTreeMap<String, String>;

/// The lessons of a calendar, in their order.
pub(crate) fn events(text: &str) -> Vec<Event> {
    let parsed = ical::tree::cst::IcalCst::parse(text).unwrap();
    if let Err(faults) = parsed.decode().validate() {
        panic!("{faults:?} in {text}");
    }
    let components = components(text);
    let (kind, calendar) = components.first().unwrap();
    assert_eq!(kind, "VCALENDAR");
    assert_eq!((calendar["VERSION"].as_str(), calendar["METHOD"].as_str()), ("2.0", "PUBLISH"));
    assert!(calendar["PRODID"].starts_with("-//") && !calendar["X-WR-CALNAME"].is_empty());
    let zones: Vec<&Properties> = of_kind(&components, "VTIMEZONE").collect();
    assert_eq!((zones.len(), zones[0]["TZID"].as_str()), (1, "Europe/Stockholm"));
    assert_eq!((of_kind(&components, "STANDARD").count(), of_kind(&components, "DAYLIGHT").count()), (1, 1));
    of_kind(&components, "VEVENT").map(event).collect()
}

/// What a calendar is called.
pub(crate) fn name(text: &str) -> String {
    unescaped(&components(text)[0].1["X-WR-CALNAME"])
}

fn of_kind<'a>(
    components: &'a [(String, Properties)],
    kind: &'a str,
) -> impl Iterator<Item = &'a Properties> {
    components.iter().filter(move |(of, _)| of == kind).map(|(_, properties)| properties)
}

fn event(properties: &Properties) -> Event {
    let time = |name: &str| {
        let local = properties.get(&format!("{name};TZID=Europe/Stockholm")).map(|value| {
            let at = NaiveDateTime::parse_from_str(value, "%Y%m%dT%H%M%S").unwrap();
            swedish_time(at.date(), at.time())
        });
        local.unwrap_or_else(|| utc(&properties[name]))
    };
    let modified = utc(&properties["LAST-MODIFIED"]);
    assert_eq!(utc(&properties["DTSTAMP"]), modified, "a calendar is the same however often it is read");
    Event {
        uid: properties["UID"].clone(),
        sequence: properties["SEQUENCE"].parse().unwrap(),
        begins: time("DTSTART"),
        ends: time("DTEND"),
        status: properties["STATUS"].clone(),
        summary: unescaped(&properties["SUMMARY"]),
        location: properties.get("LOCATION").map(|location| unescaped(location)),
    }
}

fn utc(value: &str) -> DateTime<Utc> {
    NaiveDateTime::parse_from_str(value, "%Y%m%dT%H%M%SZ").unwrap().and_utc()
}

/// Every component with its properties, those within others after them.
fn components(text: &str) -> Vec<(String, Properties)> {
    let mut found: Vec<(String, Properties)> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    for line in content_lines(text) {
        let (name, value) = split(&line);
        match name.as_str() {
            "BEGIN" => {
                assert!(open.is_empty() == found.is_empty(), "{value} stands beside the calendar");
                open.push(found.len());
                found.push((value, Properties::new()));
            }
            "END" => assert_eq!(found[open.pop().unwrap()].0, value),
            _ => {
                let (kind, properties) = &mut found[*open.last().unwrap()];
                assert_eq!(properties.insert(name.clone(), value), None, "{name} stands twice in {kind}");
            }
        }
    }
    assert!(open.is_empty());
    found
}

/// The lines as they were before they were folded.
fn content_lines(text: &str) -> Vec<String> {
    assert!(text.ends_with("\r\n"));
    let mut lines: Vec<String> = Vec::new();
    for line in text.split_terminator("\r\n") {
        assert!(!line.is_empty() && line.len() <= 75 && !line.contains(|c: char| c.is_control()), "{line:?}");
        match line.strip_prefix(' ') {
            Some(rest) => lines.last_mut().unwrap().push_str(rest),
            None => lines.push(line.to_owned()),
        }
    }
    lines
}

/// The name with its parameters, and the value.
fn split(line: &str) -> (String, String) {
    let (name, value) = line.split_once(':').unwrap();
    for (place, part) in name.split(';').enumerate() {
        let word = if place == 0 { part } else { part.split_once('=').unwrap().0 };
        assert!(word.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'-'), "{line}");
    }
    (name.to_owned(), value.to_owned())
}

fn unescaped(value: &str) -> String {
    let mut characters = value.chars();
    let mut text = String::new();
    while let Some(character) = characters.next() {
        text.push(match character {
            '\\' => match characters.next() {
                Some('n') => '\n',
                Some(character @ ('\\' | ';' | ',')) => character,
                other => panic!("{other:?} needs no escape in {value:?}"),
            },
            ';' | ',' => panic!("{character} is not escaped in {value:?}"),
            other => other,
        });
    }
    text
}
