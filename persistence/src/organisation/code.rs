//! The dated code tables that others decide, shared by all organisers.

use diesel::prelude::*;
use skolhus_domain::{
    code::{CodeEntry, CourseDays, CourseType, NewCodeEntry, Table},
    refusal::Refusals,
};

use crate::{
    core::{connection::DatabaseConnection, error::Error},
    schema::code_entries,
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = code_entries)]
struct CodeEntryRow {
    table_name: String,
    code: String,
    valid_from: chrono::NaiveDate,
    valid_to: Option<chrono::NaiveDate>,
    name_sv: String,
    name_en: String,
    verified: bool,
    note: Option<String>,
    least_days: Option<i32>,
    most_days: Option<i32>,
}

/// The entries of a table, by code and first day.
///
/// # Errors
/// A failure of the database.
pub fn entries(connection: &mut DatabaseConnection, table: Table) -> Result<Vec<CodeEntry>, Error> {
    let [entries] = entries_of(connection, [table])?;
    Ok(entries)
}

/// The course types (kurstyper) with the bounds on their course days, by code and first day.
///
/// # Errors
/// A failure of the database.
pub fn course_types(connection: &mut DatabaseConnection) -> Result<Vec<CourseType>, Error> {
    let [rows] = rows_of(connection, [Table::CourseType])?;
    Ok(rows)
}

/// The entries of several tables in one statement, in the order of the tables asked for.
///
/// # Errors
/// A failure of the database.
pub fn entries_of<const N: usize>(
    connection: &mut DatabaseConnection,
    tables: [Table; N],
) -> Result<[Vec<CodeEntry>; N], Error> {
    let rows = rows_of(connection, tables)?;
    Ok(rows.map(|rows| rows.into_iter().map(|row| row.entry).collect()))
}

/// As [`entries_of`], with the bounds on course days, which only course types have.
///
/// # Errors
/// A failure of the database.
pub fn rows_of<const N: usize>(
    connection: &mut DatabaseConnection,
    tables: [Table; N],
) -> Result<[Vec<CourseType>; N], Error> {
    let mut sorted = tables.map(|_| Vec::new());
    for row in load(connection, &tables)? {
        let place = tables.iter().position(|table| table.word() == row.table_name);
        if let Some(rows) = place.and_then(|place| sorted.get_mut(place)) {
            rows.push(row.into_course_type()?);
        }
    }
    Ok(sorted)
}

fn load(connection: &mut DatabaseConnection, tables: &[Table]) -> Result<Vec<CodeEntryRow>, Error> {
    Ok(code_entries::table
        .filter(code_entries::table_name.eq_any(tables.iter().map(|table| table.word())))
        .order((code_entries::table_name.asc(), code_entries::code.asc(), code_entries::valid_from.asc()))
        .select(CodeEntryRow::as_select())
        .load(connection)?)
}

impl CodeEntryRow {
    fn into_course_type(self) -> Result<CourseType, Error> {
        let Self {
            table_name,
            code,
            valid_from,
            valid_to,
            name_sv,
            name_en,
            verified,
            note,
            least_days,
            most_days,
        } = self;
        let inconsistent = |detail: String| Error::Inconsistent {
            table: "code_entries",
            id: format!("{table_name} {code} {valid_from}"),
            detail,
        };
        let days = |days: Option<i32>| {
            days.map(|days| {
                u32::try_from(days).map_err(|_| inconsistent("a negative number of days".to_owned()))
            })
            .transpose()
        };
        let days = CourseDays { min: days(least_days)?, max: days(most_days)? };
        let entry = NewCodeEntry {
            code: &code,
            name_sv: &name_sv,
            name_en: &name_en,
            valid: (valid_from, valid_to),
            verified,
            note: note.as_deref(),
        }
        .validate()
        .map_err(|Refusals(refusals)| {
            inconsistent(refusals.first().map(ToString::to_string).unwrap_or_default())
        })?;
        Ok(CourseType { entry, days })
    }
}
