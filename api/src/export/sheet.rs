//! A list as a file: separated text, or a workbook.

use chrono::{DateTime, Utc};
use rust_xlsxwriter::{DocProperties, Format, Workbook, XlsxError};
use serde::{Deserialize, Serialize};
use skolhus_domain::export::harmless;
use utoipa::ToSchema;

/// What kind of file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum FileFormat {
    /// Separated text (RFC 4180), UTF-8.
    Csv,
    /// An Excel workbook of one sheet.
    Xlsx,
}

impl FileFormat {
    /// The word in requests, file names and the log.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
        }
    }

    /// The media type.
    pub(super) fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }
}

/// What stands between two cells.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Separator {
    /// `,`
    #[default]
    Comma,
    /// `;`, which Excel expects on a Swedish computer.
    Semicolon,
}

/// A list: headings, and rows of as many cells.
pub(super) struct Sheet {
    pub(super) headings: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
}

/// The byte order mark, by which Excel knows UTF-8.
const MARK: &[u8] = "\u{feff}".as_bytes();
/// The widest column that a workbook gets, in characters.
const WIDEST: usize = 40;

impl Sheet {
    /// As separated text; every cell is harmless to spreadsheets.
    pub(super) fn csv(&self, separator: Separator, mark: bool) -> Result<Vec<u8>, csv::Error> {
        let delimiter = match separator {
            Separator::Comma => b',',
            Separator::Semicolon => b';',
        };
        let file = if mark { MARK.to_vec() } else { Vec::new() };
        let mut writer = csv::WriterBuilder::new()
            .delimiter(delimiter)
            .terminator(csv::Terminator::CRLF)
            .from_writer(file);
        for row in std::iter::once(&self.headings).chain(&self.rows) {
            writer.write_record(row.iter().map(|cell| harmless(cell).into_owned()))?;
        }
        writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))
    }

    /// As a workbook. Each cell is stored as text, so none of them can be a formula.
    pub(super) fn xlsx(&self, made: DateTime<Utc>) -> Result<Vec<u8>, XlsxError> {
        let mut workbook = Workbook::new();
        let made = rust_xlsxwriter::ExcelDateTime::from_timestamp(made.timestamp())?;
        workbook.set_properties(&DocProperties::new().set_creation_datetime(&made));
        let sheet = workbook.add_worksheet();
        let bold = Format::new().set_bold();
        for (column, heading) in (0_u16..).zip(&self.headings) {
            sheet.write_string_with_format(0, column, heading, &bold)?;
            let cells = self.rows.iter().filter_map(|row| row.get(usize::from(column)));
            let longest = cells.chain([heading]).map(|cell| cell.chars().count()).max().unwrap_or_default();
            let width = u32::try_from(longest.min(WIDEST)).unwrap_or_default();
            sheet.set_column_width(column, f64::from(width) + 2.0)?;
        }
        for (number, row) in (1_u32..).zip(&self.rows) {
            for (column, cell) in (0_u16..).zip(row) {
                sheet.write_string(number, column, cell)?;
            }
        }
        sheet.set_freeze_panes(1, 0)?;
        workbook.save_to_buffer()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet() -> Sheet {
        Sheet {
            headings: vec!["Efternamn".to_owned(), "Telefon".to_owned()],
            rows: vec![vec!["Öst; \"Åsa\"".to_owned(), "+46701234567".to_owned()]],
        }
    }

    #[test]
    fn separated_text_is_quoted_and_harmless() {
        let file = sheet().csv(Separator::Semicolon, true).unwrap();
        let text = String::from_utf8(file).unwrap();
        assert_eq!(text, "\u{feff}Efternamn;Telefon\r\n\"Öst; \"\"Åsa\"\"\";'+46701234567\r\n");
        let text = String::from_utf8(sheet().csv(Separator::Comma, false).unwrap()).unwrap();
        assert!(text.starts_with("Efternamn,Telefon\r\n"));
    }

    #[test]
    fn a_workbook_is_the_same_each_time() {
        let made = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        let file = sheet().xlsx(made).unwrap();
        assert!(file.starts_with(b"PK"));
        assert_eq!(file, sheet().xlsx(made).unwrap());
    }
}
