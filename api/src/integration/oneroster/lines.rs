//! Lines of CSV with exact numbers and bounded length.
//!
//! RFC 4180 with OneRoster's restriction that a field holds no line break, so that a line is a
//! record. That restriction is why the lines are cut here and not by the csv crate: for it an
//! unclosed quote makes the rest of the file one field, whatever its size, and the line numbers
//! after it are lost. Here it costs one line.

use std::io::{self, BufRead, Read};

use csv::ByteRecord;

/// A line as it was found.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum Line {
    /// Its fields are in the record.
    Record,
    /// It cannot be split into fields; why, for a person.
    Malformed(&'static str),
}

/// Reads one line at a time into one record.
pub(super) struct Lines<R> {
    reader: R,
    longest: usize,
    number: u64,
    line: Vec<u8>,
    field: Vec<u8>,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(reader: R, longest: usize) -> Self {
        Self { reader, longest, number: 0, line: Vec::new(), field: Vec::new() }
    }

    /// The number of the line last read, from 1.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// The next line that is not blank, or none at the end.
    pub(super) fn next(&mut self, record: &mut ByteRecord) -> io::Result<Option<Line>> {
        loop {
            self.line.clear();
            let most = u64::try_from(self.longest).unwrap_or(u64::MAX).saturating_add(2);
            let read = Read::by_ref(&mut self.reader).take(most).read_until(b'\n', &mut self.line)?;
            if read == 0 {
                return Ok(None);
            }
            self.number += 1;
            let ended = self.line.pop_if(|byte| *byte == b'\n').is_some();
            if ended || self.line.len() <= self.longest {
                self.line.pop_if(|byte| *byte == b'\r');
            }
            if self.line.len() > self.longest {
                if !ended {
                    self.skip_to_line_end()?;
                }
                return Ok(Some(Line::Malformed("the line is longer than a line may be")));
            }
            let mut text = self.line.as_slice();
            if self.number == 1 {
                if text.starts_with(b"\xFF\xFE") || text.starts_with(b"\xFE\xFF") {
                    return Ok(Some(Line::Malformed("the file is UTF-16; export it as UTF-8")));
                }
                text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
            }
            if text.is_empty() {
                continue;
            }
            return Ok(Some(match split(text, record, &mut self.field) {
                Ok(()) => Line::Record,
                Err(why) => Line::Malformed(why),
            }));
        }
    }

    fn skip_to_line_end(&mut self) -> io::Result<()> {
        loop {
            let buffer = self.reader.fill_buf()?;
            if buffer.is_empty() {
                return Ok(());
            }
            let (length, found) = match buffer.iter().position(|byte| *byte == b'\n') {
                Some(position) => (position + 1, true),
                None => (buffer.len(), false),
            };
            self.reader.consume(length);
            if found {
                return Ok(());
            }
        }
    }
}

/// Splits one line, without its line break, into the record's fields.
fn split(line: &[u8], record: &mut ByteRecord, field: &mut Vec<u8>) -> Result<(), &'static str> {
    const LINE_BREAK: &str = "a carriage return stands inside the line; fields hold no line breaks";
    record.clear();
    let mut bytes = line.iter().copied().peekable();
    loop {
        field.clear();
        let more = if bytes.next_if_eq(&b'"').is_some() {
            loop {
                match bytes.next() {
                    None => return Err("a quoted field is not closed on its line"),
                    Some(b'\r') => return Err(LINE_BREAK),
                    Some(b'"') if bytes.next_if_eq(&b'"').is_none() => break,
                    Some(byte) => field.push(byte),
                }
            }
            match bytes.next() {
                None => false,
                Some(b',') => true,
                Some(_) => return Err("text follows the closing quote of a field"),
            }
        } else {
            loop {
                match bytes.next() {
                    None => break false,
                    Some(b',') => break true,
                    Some(b'\r') => return Err(LINE_BREAK),
                    Some(b'"') => return Err("a field that holds a double quote must be quoted"),
                    Some(byte) => field.push(byte),
                }
            }
        };
        record.push_field(field);
        if !more {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(bytes: &[u8], longest: usize) -> Vec<(u64, Result<Vec<String>, &'static str>)> {
        let mut lines = Lines::new(bytes, longest);
        let mut record = ByteRecord::new();
        let mut all = Vec::new();
        while let Some(line) = lines.next(&mut record).unwrap() {
            all.push((
                lines.number(),
                match line {
                    Line::Record => {
                        Ok(record.iter().map(|field| String::from_utf8_lossy(field).into_owned()).collect())
                    }
                    Line::Malformed(why) => Err(why),
                },
            ));
        }
        all
    }

    fn fields(list: &[&str]) -> Result<Vec<String>, &'static str> {
        Ok(list.iter().map(|field| (*field).to_owned()).collect())
    }

    #[test]
    fn bom_crlf_blank_lines_and_quotes() {
        let text = b"\xEF\xBB\xBFa,b\r\n\r\n\n\"x, y\",\"say \"\"hej\"\"\"\r\n,\nlast,";
        assert_eq!(
            read(text, 100),
            [
                (1, fields(&["a", "b"])),
                (4, fields(&["x, y", "say \"hej\""])),
                (5, fields(&["", ""])),
                (6, fields(&["last", ""])),
            ]
        );
    }

    #[test]
    fn another_encoding_is_said_to_be_one() {
        let utf16: Vec<u8> = "\u{FEFF}a,b\n1,2\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(read(&utf16, 100)[0], (1, Err("the file is UTF-16; export it as UTF-8")));
    }

    #[test]
    fn a_malformed_line_costs_itself_only() {
        let read = read(b"a\n\"open,b\n\"x\"y,z\na\"b\na\rb\n0123456789\n0123456789A\r\nb", 10);
        let bad: Vec<u64> =
            read.iter().filter(|(_, fields)| fields.is_err()).map(|(line, _)| *line).collect();
        assert_eq!(bad, [2, 3, 4, 5, 7]);
        assert_eq!(read.last(), Some(&(8, fields(&["b"]))));
    }

    proptest! {
        #[test]
        fn what_the_csv_crate_writes_is_read_back(
            rows in proptest::collection::vec(proptest::collection::vec("[a-zåäö \",;]{0,12}", 2..5), 1..8)
        ) {
            let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
            for row in &rows {
                writer.write_record(row).unwrap();
            }
            let bytes = writer.into_inner().unwrap();
            let back: Vec<Vec<String>> =
                read(&bytes, 1000).into_iter().map(|(_, fields)| fields.unwrap()).collect();
            prop_assert_eq!(back, rows);
        }

        #[test]
        fn any_bytes_are_lines(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let last = read(&bytes, 20).last().map_or(0, |(line, _)| *line);
            prop_assert!(usize::try_from(last).unwrap() <= bytes.len());
        }
    }
}
