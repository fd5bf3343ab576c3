//! Writing rows: many in one statement, the same text on both databases but for the parameters.
//! (SQLite knows the same `ON CONFLICT … DO UPDATE … WHERE`.)

use std::fmt::Write as _;

use chrono::NaiveDate;
use diesel::{
    QueryResult, QueryableByName, RunQueryDsl,
    pg::Pg,
    sql_query,
    sql_types::{BigInt, Bool, Date, Integer, Nullable, Text},
    sqlite::Sqlite,
};

use super::{
    connection::{DatabaseConnection, on_backend},
    types::{Guid, Instant, Json, JsonDoc, Ts, Uid},
};

/// The most parameters in one statement; PostgreSQL's protocol allows 65,535, SQLite 32,766.
const MOST_PARAMETERS: usize = 30_000;

/// The most ids in one `IN` list; finders of many take them in portions of this size.
pub(crate) const MOST_IDS: usize = 10_000;

/// One cell of a row to be written.
#[derive(Clone, Debug)]
pub(crate) enum Cell {
    Guid(Option<Uid>),
    Instant(Option<Ts>),
    Json(Option<Json>),
    Text(Option<String>),
    BigInt(Option<i64>),
    Integer(Option<i32>),
    Bool(Option<bool>),
    Date(Option<NaiveDate>),
}

macro_rules! cells {
    ($($rust:ty => $variant:ident;)*) => {$(
        impl From<$rust> for Cell {
            fn from(value: $rust) -> Self { Self::$variant(Some(value)) }
        }
        impl From<Option<$rust>> for Cell {
            fn from(value: Option<$rust>) -> Self { Self::$variant(value) }
        }
    )*};
}
cells! {
    Uid => Guid;
    Ts => Instant;
    Json => Json;
    String => Text;
    i64 => BigInt;
    i32 => Integer;
    bool => Bool;
    NaiveDate => Date;
}

/// What to do when a row of that key is there already.
#[derive(Clone, Copy)]
pub(crate) enum OnConflict<'a> {
    /// An error.
    Refuse,
    /// Leave it as it is.
    Keep(&'a [&'a str]),
    /// Replace it, if the condition (which may name `excluded`) holds.
    Replace { key: &'a [&'a str], only_if: &'a str },
}

/// Inserts rows in as few statements as the parameter limit allows; returns how many
/// rows were written. Every row has one cell for each column.
pub(crate) fn write_rows(
    connection: &mut DatabaseConnection,
    table: &str,
    columns: &[&str],
    rows: Vec<Vec<Cell>>,
    on_conflict: OnConflict<'_>,
) -> QueryResult<usize> {
    let per_statement = (MOST_PARAMETERS / columns.len().max(1)).max(1);
    let mut written = 0;
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        let chunk: Vec<Vec<Cell>> = rows.by_ref().take(per_statement).collect();
        let text = statement(table, columns, chunk.len(), on_conflict);
        written += execute(connection, text, chunk.into_iter().flatten().collect())?;
    }
    Ok(written)
}

fn statement(table: &str, columns: &[&str], rows: usize, on_conflict: OnConflict<'_>) -> String {
    let mut text = format!("INSERT INTO {table} ({}) VALUES ", columns.join(", "));
    let mut parameter = 0;
    for row in 0..rows {
        text.push_str(if row == 0 { "(" } else { ", (" });
        for column in 0..columns.len() {
            parameter += 1;
            let comma = if column == 0 { "" } else { ", " };
            // Writing to a String cannot fail.
            let _ = write!(text, "{comma}${parameter}");
        }
        text.push(')');
    }
    match on_conflict {
        OnConflict::Refuse => {}
        OnConflict::Keep(key) => {
            let _ = write!(text, " ON CONFLICT ({}) DO NOTHING", key.join(", "));
        }
        OnConflict::Replace { key, only_if } => {
            let set: Vec<String> = columns
                .iter()
                .filter(|column| !key.contains(column))
                .map(|column| format!("{column} = excluded.{column}"))
                .collect();
            let _ = write!(
                text,
                " ON CONFLICT ({}) DO UPDATE SET {} WHERE {only_if}",
                key.join(", "),
                set.join(", ")
            );
        }
    }
    text
}

/// The text as the database reads it. SQLite gets `?1` for `$1`: it would take that too, but as a name, which it
/// compares with all those before. Of ten thousand parameters that is a tenth of a second in which nobody else writes.
fn as_read_by(connection: &DatabaseConnection, text: String) -> String {
    match connection {
        DatabaseConnection::Postgres(_) => text,
        DatabaseConnection::Sqlite(_) => numbers_not_names(&text),
    }
}

fn numbers_not_names(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut parts = text.split('$');
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        out.push(if part.starts_with(|first: char| first.is_ascii_digit()) { '?' } else { '$' });
        out.push_str(part);
    }
    out
}

/// A statement with parameters in the order of their numbers.
macro_rules! bound {
    ($text:expr, $cells:expr) => {{
        let mut query = sql_query($text).into_boxed();
        for cell in $cells {
            query = match cell {
                Cell::Guid(value) => query.bind::<Nullable<Guid>, _>(value),
                Cell::Instant(value) => query.bind::<Nullable<Instant>, _>(value),
                Cell::Json(value) => query.bind::<Nullable<JsonDoc>, _>(value),
                Cell::Text(value) => query.bind::<Nullable<Text>, _>(value),
                Cell::BigInt(value) => query.bind::<Nullable<BigInt>, _>(value),
                Cell::Integer(value) => query.bind::<Nullable<Integer>, _>(value),
                Cell::Bool(value) => query.bind::<Nullable<Bool>, _>(value),
                Cell::Date(value) => query.bind::<Nullable<Date>, _>(value),
            };
        }
        query
    }};
}

/// Runs one statement with parameters in the order of their numbers.
pub(crate) fn execute(
    connection: &mut DatabaseConnection,
    text: String,
    cells: Vec<Cell>,
) -> QueryResult<usize> {
    let text = as_read_by(connection, text);
    on_backend!(connection, |inner| bound!(text, cells).execute(inner))
}

/// Reads with one statement, parameters in the order of their numbers: for what the
/// common query type cannot say (UNION).
pub(crate) fn load<T>(
    connection: &mut DatabaseConnection,
    text: String,
    cells: Vec<Cell>,
) -> QueryResult<Vec<T>>
where
    T: QueryableByName<Pg> + QueryableByName<Sqlite> + 'static,
{
    let text = as_read_by(connection, text);
    on_backend!(connection, |inner| bound!(text, cells).load(inner))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sqlite_gets_numbers_and_no_names() {
        assert_eq!(
            numbers_not_names("SELECT '$' || $1, name -> '$.a', $12 FROM terms"),
            "SELECT '$' || ?1, name -> '$.a', ?12 FROM terms"
        );
    }

    #[test]
    fn parameters_are_numbered_in_order() {
        let text = statement(
            "terms",
            &["id", "name"],
            2,
            OnConflict::Replace { key: &["id"], only_if: "terms.version = excluded.version - 1" },
        );
        assert_eq!(
            text,
            "INSERT INTO terms (id, name) VALUES ($1, $2), ($3, $4) ON CONFLICT (id) DO UPDATE SET \
             name = excluded.name WHERE terms.version = excluded.version - 1"
        );
    }
}
