//! What is noted of a list that leaves.

use serde_json::{Map, Value, json};
use skolhus_domain::{access::Scope, text::Text};
use uuid::Uuid;

use crate::core::{tx::Tx, types::Uid};

/// A list that leaves: how much of what, and why; never what stands in it.
#[derive(Clone, Debug)]
pub struct Exported<'a> {
    /// Which list, for example `participant-list`.
    pub list: &'static str,
    /// The offering, the group or the school unit that it is of.
    pub of: Uuid,
    /// Its columns.
    pub columns: &'a [&'a str],
    /// How many rows it has.
    pub rows: usize,
    /// The format: `csv` or `xlsx`.
    pub format: &'static str,
    /// What it is for, in the words of who takes it.
    pub purpose: &'a Text,
}

/// Notes that a list leaves. If the transaction does not commit, nothing may be handed out.
pub fn record(tx: &mut Tx<'_>, scope: &Scope, exported: &Exported<'_>) {
    let Exported { list, of, columns, rows, format, purpose } = exported;
    let mut details = Map::new();
    details.insert("list".to_owned(), Value::from(*list));
    details.insert("of".to_owned(), json!(of));
    details.insert("columns".to_owned(), json!(columns));
    details.insert("rows".to_owned(), json!(rows));
    details.insert("format".to_owned(), Value::from(*format));
    details.insert("reason".to_owned(), Value::from(purpose.as_str()));
    let id = tx.fresh();
    tx.note_access("export", Uid::of(scope.organiser()), id, 0, details);
}
