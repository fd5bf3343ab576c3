//! Filling a PostgreSQL database by COPY.

use std::{fmt::Write, pin::pin};

use futures_util::SinkExt;
use hyper::body::Bytes;
use tokio_postgres::CopyInSink;

use super::{
    plan::Plan,
    rows::{Row, TABLES, Table, Value},
};
use crate::{Failure, database::connect};

/// Bytes that are sent at once.
const PORTION: usize = 64 * 1024;

/// Fills the database.
pub async fn fill(url: &str, plan: &Plan) -> Result<(), Failure> {
    let mut client = connect(url).await?;
    let transaction = client.transaction().await?;
    for table in TABLES {
        let copy = format!("COPY {} ({}) FROM STDIN", table.name, table.columns());
        let sink = transaction.copy_in(&copy).await?;
        send(sink, table, plan).await?;
    }
    transaction.commit().await?;
    // Outside a transaction: it leaves the pages as they are after years, and the planner with figures.
    client.batch_execute("VACUUM (ANALYZE)").await?;
    Ok(())
}

async fn send(sink: CopyInSink<Bytes>, table: &Table, plan: &Plan) -> Result<(), Failure> {
    let mut sink = pin!(sink);
    let mut portion = String::new();
    for row in table.rows(plan) {
        line(&mut portion, &row?)?;
        if portion.len() >= PORTION {
            sink.send(Bytes::from(std::mem::take(&mut portion))).await?;
        }
    }
    sink.send(Bytes::from(portion)).await?;
    sink.finish().await?;
    Ok(())
}

/// A row as a line of COPY's text format.
fn line(text: &mut String, row: &Row) -> Result<(), Failure> {
    for (place, value) in row.iter().enumerate() {
        if place > 0 {
            text.push('\t');
        }
        match value {
            Value::Id(id) => write!(text, "{id}")?,
            Value::Number(number) => write!(text, "{number}")?,
            Value::Truth(truth) => write!(text, "{truth}")?,
            Value::Text(value) => {
                text.push_str(&value.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n"));
            }
            Value::Day(day) => write!(text, "{day}")?,
            Value::Instant(micros) => {
                let instant =
                    chrono::DateTime::from_timestamp_micros(*micros).ok_or("an instant is too far")?;
                write!(text, "{}", instant.to_rfc3339())?;
            }
            Value::Null => text.push_str("\\N"),
        }
    }
    text.push('\n');
    Ok(())
}
