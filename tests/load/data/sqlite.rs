//! Filling a SQLite file: one transaction, many rows in a statement.

use rusqlite::{Connection, ToSql, params_from_iter, types::ToSqlOutput};

use super::{
    plan::Plan,
    rows::{Row, TABLES, Table, Value},
};
use crate::Failure;

/// Rows in a statement: as many as fit into SQLite's 32,766 parameters for the widest table.
const ROWS: usize = 500;

/// Fills the file.
pub fn fill(path: &str, plan: &Plan) -> Result<(), Failure> {
    let mut connection = Connection::open(path)?;
    // A file that is lost in a power cut is made again.
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA foreign_keys = ON; PRAGMA cache_size = -200000",
    )?;
    let transaction = connection.transaction()?;
    for table in TABLES {
        insert(&transaction, table, plan)?;
    }
    transaction.commit()?;
    // Without ANALYZE: the server does not run it either, and is measured as it is.
    connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)")?;
    Ok(())
}

fn insert(connection: &Connection, table: &Table, plan: &Plan) -> Result<(), Failure> {
    let mut rows: Vec<Row> = Vec::with_capacity(ROWS);
    for row in table.rows(plan) {
        rows.push(row?);
        if rows.len() == ROWS {
            write(connection, table, &rows)?;
            rows.clear();
        }
    }
    write(connection, table, &rows)
}

fn write(connection: &Connection, table: &Table, rows: &[Row]) -> Result<(), Failure> {
    let Some(first) = rows.first() else { return Ok(()) };
    let row = format!("({})", vec!["?"; first.len()].join(", "));
    let sql = format!(
        "INSERT INTO {} ({}) VALUES {}",
        table.name,
        table.columns(),
        vec![row; rows.len()].join(", ")
    );
    connection.prepare_cached(&sql)?.execute(params_from_iter(rows.iter().flatten()))?;
    Ok(())
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            Self::Id(id) => Ok(ToSqlOutput::from(id.as_bytes().as_slice())),
            Self::Number(number) | Self::Instant(number) => Ok(ToSqlOutput::from(*number)),
            Self::Truth(truth) => truth.to_sql(),
            Self::Text(text) => text.to_sql(),
            Self::Day(day) => Ok(ToSqlOutput::from(day.to_string())),
            Self::Null => Ok(ToSqlOutput::from(rusqlite::types::Null)),
        }
    }
}
