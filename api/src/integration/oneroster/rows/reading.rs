//! A file, read row by row as it is asked for.

use std::io::{BufReader, Read};
use std::marker::PhantomData;

use csv::ByteRecord;
use skolhus_domain::refusal::Rule;

use super::super::lines::{Line, Lines};
use super::super::problem::RowProblem;
use super::super::source::{Mode, Roster, SourceProblem};
use super::fields::{Columns, Fields};
use super::words::SourcedId;
use super::{Content, Record, Row};

/// One line read: the row, or what is wrong with it.
#[derive(Debug)]
pub struct Parsed<T> {
    /// The line.
    pub line: u64,
    /// The identifier, when at least that could be read.
    pub id: Option<SourcedId>,
    /// The row, or its problems.
    pub row: Result<Row<T>, Vec<RowProblem>>,
    /// What to look at even if the row is taken.
    pub warnings: Vec<RowProblem>,
}

/// The rows of one file, read as they are asked for.
pub struct Rows<'a, T> {
    lines: Lines<BufReader<&'a mut dyn Read>>,
    record: ByteRecord,
    columns: Columns,
    mode: Mode,
    left: u64,
    problems: Vec<RowProblem>,
    warnings: Vec<RowProblem>,
    ended: bool,
    rows: PhantomData<T>,
}

impl Roster {
    /// Lets `read` have the rows of the file of `T`. A file that is absent has none.
    ///
    /// # Errors
    /// When the file cannot be opened any more.
    pub fn rows<T: Record, R>(&self, read: impl FnOnce(&mut Rows<'_, T>) -> R) -> Result<R, SourceProblem> {
        let mode = self.mode(T::FILE);
        if mode == Mode::Absent {
            let mut nothing = std::io::empty();
            let mut rows = Rows::over(&mut nothing, mode, self);
            rows.ended = true;
            return Ok(read(&mut rows));
        }
        self.with_bytes(T::FILE.name(), |bytes| {
            let mut rows = Rows::over(bytes, mode, self);
            rows.read_header()?;
            Ok(read(&mut rows))
        })?
    }
}

impl<'a, T: Record> Rows<'a, T> {
    fn over(bytes: &'a mut dyn Read, mode: Mode, roster: &Roster) -> Self {
        let limits = roster.limits();
        Self {
            lines: Lines::new(BufReader::with_capacity(64 << 10, bytes), limits.line_bytes),
            record: ByteRecord::new(),
            columns: Columns::default(),
            mode,
            left: limits.rows,
            problems: Vec::new(),
            warnings: Vec::new(),
            ended: false,
            rows: PhantomData,
        }
    }

    /// What is wrong with the header. If anything is, there are no rows.
    #[must_use]
    pub fn header_problems(&self) -> &[RowProblem] {
        &self.problems
    }

    /// Columns that are passed over.
    #[must_use]
    pub fn header_warnings(&self) -> &[RowProblem] {
        &self.warnings
    }

    /// Passes over every line up to and with `line`, so that a resumed run goes on after it.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn skip_through(&mut self, line: u64) -> Result<(), SourceProblem> {
        while !self.ended && self.lines.number() < line {
            self.ended = self.lines.next(&mut self.record)?.is_none();
        }
        Ok(())
    }

    fn read_header(&mut self) -> Result<(), SourceProblem> {
        const COMMON: [&str; 3] = ["sourcedId", "status", "dateLastModified"];
        let mut problems = Vec::new();
        let mut warnings = Vec::new();
        let mut refuse = |field: Option<&str>, rule, detail: &str| {
            problems.push(RowProblem::new(T::FILE, 1, field, rule, detail));
        };
        match self.lines.next(&mut self.record)? {
            None => refuse(None, Rule::Required, "the file is empty; it must begin with a header"),
            Some(Line::Malformed(why)) => refuse(None, Rule::Format, why),
            Some(Line::Record) if self.record.len() == 1 && self.record.as_slice().contains(&b';') => {
                refuse(None, Rule::Format, "semicolons stand between the columns; export with commas");
            }
            Some(Line::Record) => {
                self.columns.width = self.record.len();
                for (position, name) in self.record.iter().enumerate() {
                    let name = std::str::from_utf8(name).unwrap_or("\u{FFFD}");
                    let known = COMMON
                        .iter()
                        .chain(T::REQUIRED)
                        .chain(T::OPTIONAL)
                        .copied()
                        .find(|known| *known == name);
                    match known {
                        Some(known) if self.columns.position(known).is_some() => {
                            refuse(Some(known), Rule::Duplicate, "this column stands there twice");
                        }
                        Some(known) => self.columns.known.push((known, position)),
                        None if name.starts_with("metadata.") => {}
                        // Its name is the sender's text: only its place is told.
                        None => warnings.push(RowProblem::new(
                            T::FILE,
                            1,
                            None,
                            Rule::UnknownField,
                            format!(
                                "column {} is not one of OneRoster 1.2; it is passed over (extensions begin with metadata.)",
                                position + 1
                            ),
                        )),
                    }
                }
                let mut required = vec!["sourcedId"];
                if self.mode == Mode::Delta {
                    required.extend(["status", "dateLastModified"]);
                }
                required.extend(T::REQUIRED);
                for column in required {
                    if self.columns.position(column).is_none() {
                        refuse(Some(column), Rule::Required, "the header must have this column");
                    }
                }
            }
        }
        self.ended = !problems.is_empty();
        self.problems = problems;
        self.warnings = warnings;
        Ok(())
    }

    fn parse(&mut self) -> Parsed<T> {
        let line = self.lines.number();
        let mut fields = Fields {
            file: T::FILE,
            line,
            columns: &self.columns,
            record: &self.record,
            problems: Vec::new(),
            warnings: Vec::new(),
        };
        if self.record.len() != self.columns.width {
            let detail = format!("has {} fields; the header has {}", self.record.len(), self.columns.width);
            let problem = RowProblem::new(T::FILE, line, None, Rule::Format, detail);
            return Parsed { line, id: None, row: Err(vec![problem]), warnings: Vec::new() };
        }
        let id = fields.id("sourcedId");
        let ends = fields.ends(self.mode);
        let modified = fields.modified();
        let content = match ends {
            Some(true) => Some(Content::ToBeDeleted),
            Some(false) | None => T::read(&mut fields).map(Content::Active),
        };
        let row = match (&id, ends, modified, content) {
            (Some(id), Some(_), Some(modified), Some(content)) if fields.problems.is_empty() => {
                Ok(Row { line, id: id.clone(), modified, content })
            }
            _ => Err(fields.problems),
        };
        Parsed { line, id, row, warnings: fields.warnings }
    }
}

impl<T: Record> Iterator for Rows<'_, T> {
    type Item = Result<Parsed<T>, SourceProblem>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        match self.lines.next(&mut self.record) {
            Ok(None) => {
                self.ended = true;
                None
            }
            Ok(Some(_)) if self.left == 0 => {
                self.ended = true;
                Some(Err(SourceProblem::TooLarge("too many rows in one file")))
            }
            Ok(Some(Line::Malformed(why))) => {
                self.left -= 1;
                let line = self.lines.number();
                let problem = RowProblem::new(T::FILE, line, None, Rule::Format, why);
                Some(Ok(Parsed { line, id: None, row: Err(vec![problem]), warnings: Vec::new() }))
            }
            Ok(Some(Line::Record)) => {
                self.left -= 1;
                Some(Ok(self.parse()))
            }
            Err(error) => {
                self.ended = true;
                Some(Err(error.into()))
            }
        }
    }
}
