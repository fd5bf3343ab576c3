//! Writing rows: many in one statement, the same on both databases but for how parameters are written.
//! (SQLite knows the same `ON CONFLICT … DO UPDATE … WHERE`.)

use chrono::NaiveDate;
use diesel::{
    QueryResult, QueryableByName, RunQueryDsl,
    pg::Pg,
    query_builder::{AstPass, QueryFragment, QueryId},
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
        let insert = Insert { table, columns, rows: chunk, on_conflict };
        written += on_backend!(connection, |inner| insert.execute(inner))?;
    }
    Ok(written)
}

/// One statement that inserts rows, or saves new states of them.
struct Insert<'a> {
    table: &'a str,
    columns: &'a [&'a str],
    rows: Vec<Vec<Cell>>,
    on_conflict: OnConflict<'a>,
}

/// What a class saved writes: as many rows as the class has pupils, all morning long.
const WRITTEN_BY_CLASSES: [&str; 3] = ["attendances", "changes", "change_details"];
/// The largest class whose statements are kept.
const CLASS: usize = 40;

impl Insert<'_> {
    /// Whether a connection keeps the statement when it has prepared it. It forgets none, and the text is another one for
    /// each number of rows: so single rows, and what classes write.
    fn is_kept(&self) -> bool {
        let rows = self.rows.len();
        rows == 1 || (rows <= CLASS && WRITTEN_BY_CLASSES.contains(&self.table))
    }

    fn end(&self) -> String {
        match self.on_conflict {
            OnConflict::Refuse => String::new(),
            OnConflict::Keep(key) => format!(" ON CONFLICT ({}) DO NOTHING", key.join(", ")),
            OnConflict::Replace { key, only_if } => {
                let changed = self.columns.iter().filter(|column| !key.contains(column));
                let set: Vec<String> =
                    changed.map(|column| format!("{column} = excluded.{column}")).collect();
                let set = set.join(", ");
                format!(" ON CONFLICT ({}) DO UPDATE SET {set} WHERE {only_if}", key.join(", "))
            }
        }
    }
}

impl QueryId for Insert<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<C> RunQueryDsl<C> for Insert<'_> {}

macro_rules! written_for {
    ($($backend:ty),+) => {$(
        impl QueryFragment<$backend> for Insert<'_> {
            fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, $backend>) -> QueryResult<()> {
                if !self.is_kept() {
                    out.unsafe_to_cache_prepared();
                }
                out.push_sql("INSERT INTO ");
                out.push_sql(self.table);
                out.push_sql(" (");
                out.push_sql(&self.columns.join(", "));
                out.push_sql(") VALUES ");
                for (row, cells) in self.rows.iter().enumerate() {
                    out.push_sql(if row == 0 { "(" } else { ", (" });
                    for (column, cell) in cells.iter().enumerate() {
                        if column > 0 {
                            out.push_sql(", ");
                        }
                        match cell {
                            Cell::Guid(value) => out.push_bind_param::<Nullable<Guid>, _>(value)?,
                            Cell::Instant(value) => out.push_bind_param::<Nullable<Instant>, _>(value)?,
                            Cell::Json(value) => out.push_bind_param::<Nullable<JsonDoc>, _>(value)?,
                            Cell::Text(value) => out.push_bind_param::<Nullable<Text>, _>(value)?,
                            Cell::BigInt(value) => out.push_bind_param::<Nullable<BigInt>, _>(value)?,
                            Cell::Integer(value) => out.push_bind_param::<Nullable<Integer>, _>(value)?,
                            Cell::Bool(value) => out.push_bind_param::<Nullable<Bool>, _>(value)?,
                            Cell::Date(value) => out.push_bind_param::<Nullable<Date>, _>(value)?,
                        }
                    }
                    out.push_sql(")");
                }
                out.push_sql(&self.end());
                Ok(())
            }
        }
    )+};
}
written_for!(Pg, Sqlite);

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
    use diesel::debug_query;

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
        let replace = OnConflict::Replace { key: &["id"], only_if: "terms.version = excluded.version - 1" };
        let row = || vec![Cell::from(1_i64), Cell::from("Höstterminen".to_owned())];
        let insert = |rows| Insert { table: "terms", columns: &["id", "name"], rows, on_conflict: replace };
        let two = insert(vec![row(), row()]);
        let text = debug_query::<Pg, _>(&two).to_string();
        let text = text.split(" -- binds").next().unwrap_or_default();
        assert_eq!(
            text,
            "INSERT INTO terms (id, name) VALUES ($1, $2), ($3, $4) ON CONFLICT (id) DO UPDATE SET \
             name = excluded.name WHERE terms.version = excluded.version - 1"
        );
        assert!(insert(vec![row()]).is_kept() && !two.is_kept());
    }
}
