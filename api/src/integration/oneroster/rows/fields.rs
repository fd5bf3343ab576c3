//! The fields of one row, each read by its column's name.

use std::borrow::Cow;

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use csv::ByteRecord;
use skolhus_domain::period::{FIRST_DATE, LAST_DATE};
use skolhus_domain::refusal::{Refusal, Rule};
use skolhus_domain::text::Text;

use super::super::problem::RowProblem;
use super::super::source::{Mode, RosterFile};
use super::NAME;
use super::words::{Dates, RoleType, SourcedId, UserId, Vocabulary};

/// The fields of one row, each read by its column's name. A problem is noted and gives `None`.
pub struct Fields<'a> {
    pub(super) file: RosterFile,
    pub(super) line: u64,
    pub(super) columns: &'a Columns,
    pub(super) record: &'a ByteRecord,
    pub(super) problems: Vec<RowProblem>,
    pub(super) warnings: Vec<RowProblem>,
}

impl<'a> Fields<'a> {
    pub(super) fn refuse(&mut self, field: &str, rule: Rule, detail: impl Into<String>) {
        self.problems.push(RowProblem::new(self.file, self.line, Some(field), rule, detail));
    }

    pub(super) fn note<T>(&mut self, field: &str, result: Result<T, Refusal>) -> Option<T> {
        result.map_err(|refusal| self.refuse(field, refusal.rule, refusal.detail)).ok()
    }

    /// The field's text: empty when blank or when the column is missing.
    pub(super) fn raw(&mut self, field: &'static str) -> Option<&'a str> {
        let Some(bytes) = self.columns.position(field).and_then(|position| self.record.get(position)) else {
            return Some("");
        };
        match std::str::from_utf8(bytes) {
            Ok(text) if text.trim().is_empty() => Some(""),
            Ok(text) => Some(text),
            Err(_) => {
                self.refuse(
                    field,
                    Rule::Format,
                    "is not UTF-8 (Windows-1252, perhaps); export the set as UTF-8",
                );
                None
            }
        }
    }

    /// Notes a problem when the field is blank.
    pub(super) fn required(&mut self, field: &'static str) {
        if self.raw(field) == Some("") {
            self.refuse(field, Rule::Required, "may not be blank");
        }
    }

    /// `Some(None)` when blank.
    pub(super) fn optional<T>(
        &mut self,
        field: &'static str,
        read: impl FnOnce(&mut Self, &'a str) -> Option<T>,
    ) -> Option<Option<T>> {
        match self.raw(field)? {
            "" => Some(None),
            raw => read(self, raw).map(Some),
        }
    }

    pub(super) fn text(&mut self, field: &'static str, longest: usize) -> Option<Text> {
        let raw = self.raw(field)?;
        self.note(field, Text::line(raw, longest))
    }

    pub(super) fn optional_text(&mut self, field: &'static str, longest: usize) -> Option<Option<Text>> {
        self.optional(field, |fields, raw| fields.note(field, Text::line(raw, longest)))
    }

    pub(super) fn id(&mut self, field: &'static str) -> Option<SourcedId> {
        let raw = self.raw(field)?;
        self.note(field, SourcedId::new(raw))
    }

    pub(super) fn optional_id(&mut self, field: &'static str) -> Option<Option<SourcedId>> {
        self.optional(field, |fields, raw| fields.note(field, SourcedId::new(raw)))
    }

    pub(super) fn list<T>(
        &mut self,
        field: &'static str,
        read: impl Fn(&str) -> Result<T, Refusal>,
    ) -> Option<Vec<T>> {
        let raw = self.raw(field)?;
        let items = self.note(field, split_list(raw))?;
        let read: Result<Vec<T>, Refusal> = items.iter().map(|item| read(item)).collect();
        self.note(field, read)
    }

    pub(super) fn texts(&mut self, field: &'static str) -> Option<Vec<Text>> {
        self.list(field, |item| Text::line(item, NAME))
    }

    pub(super) fn ids(&mut self, field: &'static str) -> Option<Vec<SourcedId>> {
        let ids = self.list(field, SourcedId::new)?;
        for (position, id) in ids.iter().enumerate() {
            if ids.iter().take(position).any(|earlier| earlier == id) {
                self.refuse(field, Rule::Duplicate, "one identifier stands there twice");
                return None;
            }
        }
        Some(ids)
    }

    pub(super) fn user_ids(&mut self, field: &'static str) -> Option<Vec<UserId>> {
        let raw = self.raw(field)?;
        self.note(field, split_user_ids(raw))
    }

    pub(super) fn optional_word<V: Vocabulary>(&mut self, field: &'static str) -> Option<Option<V>> {
        self.optional(field, |fields, raw| {
            if let Some(word) = V::of(raw) {
                return Some(word);
            }
            let extension = raw
                .strip_prefix("ext:")
                .is_some_and(|name| !name.is_empty() && name.chars().all(is_word_character));
            if !extension {
                let detail = format!("must be one of {}, or begin with ext:", V::WORDS.join(", "));
                fields.refuse(field, Rule::UnknownCode, detail);
                return None;
            }
            let word = fields.note(field, Text::line(raw, NAME))?;
            fields.warnings.push(RowProblem::new(
                fields.file,
                fields.line,
                Some(field),
                Rule::UnknownCode,
                "a word of the sender's own (ext:), of which only its sender knows the meaning",
            ));
            Some(V::extension(word))
        })
    }

    pub(super) fn word<V: Vocabulary>(&mut self, field: &'static str) -> Option<V> {
        self.required(field);
        self.optional_word(field)?
    }

    pub(super) fn role_type(&mut self, field: &'static str) -> Option<RoleType> {
        self.required(field);
        self.optional(field, |fields, raw| match raw {
            "primary" => Some(RoleType::Primary),
            "secondary" => Some(RoleType::Secondary),
            _ => {
                fields.refuse(field, Rule::UnknownCode, "must be primary or secondary");
                None
            }
        })?
    }

    pub(super) fn optional_truth(&mut self, field: &'static str) -> Option<Option<bool>> {
        self.optional(field, |fields, raw| match raw {
            "true" => Some(true),
            "false" => Some(false),
            _ => {
                fields.refuse(field, Rule::UnknownCode, "must be true or false");
                None
            }
        })
    }

    pub(super) fn date(&mut self, field: &'static str) -> Option<Option<NaiveDate>> {
        self.optional(field, |fields, raw| match parse_date(raw) {
            None => {
                fields.refuse(field, Rule::Format, "must be a date of the calendar, YYYY-MM-DD");
                None
            }
            Some(date) if (FIRST_DATE..=LAST_DATE).contains(&date) => Some(date),
            Some(_) => {
                let detail = format!("must lie between {FIRST_DATE} and {LAST_DATE}");
                fields.refuse(field, Rule::OutOfRange, detail);
                None
            }
        })
    }

    pub(super) fn dates(&mut self, begin_field: &'static str, end_field: &'static str) -> Option<Dates> {
        let begin = self.date(begin_field);
        let end = self.date(end_field);
        let (begin, end) = (begin?, end?);
        if let (Some(first), Some(last)) = (begin, end)
            && last < first
        {
            self.refuse(end_field, Rule::PeriodReversed, format!("may not come before {begin_field}"));
            return None;
        }
        Some(Dates { begin, end })
    }

    pub(super) fn year(&mut self, field: &'static str) -> Option<u16> {
        self.required(field);
        self.optional(field, |fields, raw| {
            let year = (raw.len() == 4 && raw.bytes().all(|byte| byte.is_ascii_digit()))
                .then(|| raw.parse::<u16>().ok())
                .flatten()
                .filter(|year| (FIRST_DATE.year()..=LAST_DATE.year()).contains(&i32::from(*year)));
            if year.is_none() {
                fields.refuse(field, Rule::Format, "must be a year of four digits");
            }
            year
        })?
    }

    pub(super) fn modified(&mut self) -> Option<Option<DateTime<Utc>>> {
        const FIELD: &str = "dateLastModified";
        self.optional(FIELD, |fields, raw| {
            let instant = DateTime::parse_from_rfc3339(raw).ok().map(|instant| instant.to_utc());
            let Some(instant) = instant else {
                let detail = "must be an instant with its offset, such as 2026-08-17T09:30:00Z";
                fields.refuse(FIELD, Rule::Format, detail);
                return None;
            };
            if !(FIRST_DATE..=LAST_DATE).contains(&instant.date_naive()) {
                let detail = format!("must lie between {FIRST_DATE} and {LAST_DATE}");
                fields.refuse(FIELD, Rule::OutOfRange, detail);
                return None;
            }
            Some(instant)
        })
    }

    /// Whether the row ends its subject.
    pub(super) fn ends(&mut self, mode: Mode) -> Option<bool> {
        const FIELD: &str = "status";
        if mode == Mode::Delta {
            self.required(FIELD);
            self.required("dateLastModified");
        }
        let ends = self.optional(FIELD, |fields, raw| match raw {
            "active" => Some(false),
            "tobedeleted" => Some(true),
            _ => {
                fields.refuse(FIELD, Rule::UnknownCode, "must be active or tobedeleted");
                None
            }
        })?;
        if ends == Some(true) && mode == Mode::Bulk {
            self.warnings.push(RowProblem::new(
                self.file,
                self.line,
                Some(FIELD),
                Rule::Conflict,
                "a bulk file leaves out what has ended; the row is taken as ended",
            ));
        }
        Some(ends.unwrap_or(false))
    }
}

/// Where each column of the header stands.
#[derive(Debug, Default)]
pub(super) struct Columns {
    pub(super) known: Vec<(&'static str, usize)>,
    pub(super) width: usize,
}

impl Columns {
    pub(super) fn position(&self, name: &str) -> Option<usize> {
        self.known.iter().find(|(known, _)| *known == name).map(|(_, position)| *position)
    }
}

fn is_word_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '.' | '-' | '_')
}

fn parse_date(raw: &str) -> Option<NaiveDate> {
    let shape = raw.len() == 10
        && raw.bytes().enumerate().all(|(position, byte)| match position {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    if shape { NaiveDate::parse_from_str(raw, "%Y-%m-%d").ok() } else { None }
}

/// Items between commas, without the spaces around them; an item that holds a comma is quoted.
fn split_list(raw: &str) -> Result<Vec<Cow<'_, str>>, Refusal> {
    if raw.is_empty() {
        return Ok(Vec::new());
    }
    if !raw.contains('"') {
        let items: Vec<Cow<'_, str>> = raw.split(',').map(|item| Cow::Borrowed(item.trim())).collect();
        return if items.iter().any(|item| item.is_empty()) {
            Err(Refusal::new(Rule::Format, "an item of the list is blank"))
        } else {
            Ok(items)
        };
    }
    let malformed = || Refusal::new(Rule::Format, "must be items between commas, each plain or in quotes");
    let mut items = Vec::new();
    let mut characters = raw.chars().peekable();
    loop {
        while characters.next_if_eq(&' ').is_some() {}
        let mut item = String::new();
        if characters.next_if_eq(&'"').is_some() {
            loop {
                match characters.next().ok_or_else(malformed)? {
                    '"' if characters.next_if_eq(&'"').is_none() => break,
                    character => item.push(character),
                }
            }
            while characters.next_if_eq(&' ').is_some() {}
        } else {
            while let Some(character) = characters.next_if(|character| *character != ',') {
                if character == '"' {
                    return Err(malformed());
                }
                item.push(character);
            }
            item.truncate(item.trim_end().len());
        }
        if item.is_empty() {
            return Err(Refusal::new(Rule::Format, "an item of the list is blank"));
        }
        items.push(Cow::Owned(item));
        match characters.next() {
            None => return Ok(items),
            Some(',') => {}
            Some(_) => return Err(malformed()),
        }
    }
}

/// `{type:id},{type:id}`.
fn split_user_ids(raw: &str) -> Result<Vec<UserId>, Refusal> {
    let malformed = || Refusal::new(Rule::Format, "must be a list of {type:id}");
    let mut ids = Vec::new();
    let mut rest = raw.trim();
    while !rest.is_empty() {
        let (inside, after) =
            rest.strip_prefix('{').and_then(|rest| rest.split_once('}')).ok_or_else(malformed)?;
        let (kind, id) = inside.split_once(':').ok_or_else(malformed)?;
        let kind = Text::line(kind, NAME)?.into_string();
        let id = SourcedId::new(id.trim())?.0;
        ids.push(UserId { kind, id });
        rest = after.trim_start();
        if !rest.is_empty() {
            rest = rest
                .strip_prefix(',')
                .map(str::trim_start)
                .filter(|rest| !rest.is_empty())
                .ok_or_else(malformed)?;
        }
    }
    Ok(ids)
}
