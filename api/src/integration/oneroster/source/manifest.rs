//! `manifest.csv`: which files a set holds, and how.

use std::collections::BTreeMap;
use std::io::BufReader;

use csv::ByteRecord;
use skolhus_domain::refusal::Rule;

use super::super::lines::{Line, Lines};
use super::super::problem::RowProblem;
use super::{Capped, MANIFEST, Mode, Roster, RosterFile, SourceProblem};

/// The manifest has some thirty short lines.
const MANIFEST_BYTES: u64 = 64 << 10;

impl Roster {
    pub(super) fn read_manifest(&mut self) -> Result<(), SourceProblem> {
        let mut properties = BTreeMap::new();
        self.with_bytes("manifest", |bytes| {
            let mut lines =
                Lines::new(BufReader::new(Capped { reader: bytes, left: MANIFEST_BYTES }), 4 << 10);
            let mut record = ByteRecord::new();
            let mut header = true;
            while let Some(line) = lines.next(&mut record)? {
                let line_problem = |detail: &str| SourceProblem::Manifest {
                    line: lines.number(),
                    detail: detail.to_owned(),
                };
                if let Line::Malformed(why) = line {
                    return Err(line_problem(why));
                }
                let field = |number| record.get(number).and_then(|field| std::str::from_utf8(field).ok());
                let (Some(name), Some(value)) = (field(0), field(1)) else {
                    return Err(line_problem(
                        "a line must have a property name and a value between commas, in UTF-8",
                    ));
                };
                if std::mem::take(&mut header) {
                    if (name, value) != ("propertyName", "value") {
                        return Err(line_problem("the header must be propertyName,value"));
                    }
                } else if properties.insert(name.to_owned(), (lines.number(), value.to_owned())).is_some() {
                    return Err(line_problem("this property stands there twice"));
                }
            }
            Ok(())
        })??;

        let mut take = |name: &str| properties.remove(name);
        for (property, supported) in [("manifest.version", "1.0"), ("oneroster.version", "1.2")] {
            match take(property) {
                Some((_, version)) if version == supported => {}
                Some((_, version)) if version.strip_prefix("1.2.").is_some() && supported == "1.2" => {}
                Some(_) => return Err(SourceProblem::Version { property, supported }),
                None => return Err(SourceProblem::Unsaid(property)),
            }
        }
        for file in RosterFile::ALL {
            let mode = match take(&format!("file.{}", file.name())) {
                None => Mode::Absent,
                Some((line, value)) => match value.as_str() {
                    "absent" => Mode::Absent,
                    "bulk" => Mode::Bulk,
                    "delta" => Mode::Delta,
                    _ => {
                        return Err(SourceProblem::Manifest {
                            line,
                            detail: format!("file.{} must be absent, bulk or delta", file.name()),
                        });
                    }
                },
            };
            self.modes.insert(*file, mode);
        }
        let plain = |value: Option<(u64, String)>| {
            value
                .and_then(|(_, value)| skolhus_domain::text::Text::line(&value, 200).ok())
                .map(skolhus_domain::text::Text::into_string)
        };
        self.system_name = plain(take("source.systemName"));
        self.system_code = plain(take("source.systemCode"));
        Ok(())
    }

    pub(super) fn compare_with_manifest(&mut self, present: &[String]) -> Result<(), SourceProblem> {
        for file in RosterFile::ALL {
            let is_present = present.iter().any(|name| name.strip_suffix(".csv") == Some(file.name()));
            match (self.mode(*file), is_present) {
                (Mode::Bulk | Mode::Delta, false) => return Err(SourceProblem::MissingFile(*file)),
                (Mode::Absent, true) => self.warnings.push(RowProblem::new(
                    *file,
                    0,
                    None,
                    Rule::Conflict,
                    format!("the file is there, but {MANIFEST} declares it absent; it is not read"),
                )),
                (Mode::Bulk | Mode::Delta, true) if !file.is_read() => self.warnings.push(RowProblem::new(
                    *file,
                    0,
                    None,
                    Rule::UnknownField,
                    "this import does not read the file; its content is left aside",
                )),
                _ => {}
            }
        }
        Ok(())
    }
}
