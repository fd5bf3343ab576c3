//! A connection to either database, behind one type.

use diesel::{PgConnection, SqliteConnection};

/// A connection to PostgreSQL or SQLite. Finders take one; only the transactions
/// in this crate open one.
#[derive(diesel::MultiConnection)]
pub enum DatabaseConnection {
    /// PostgreSQL.
    Postgres(PgConnection),
    /// SQLite.
    Sqlite(SqliteConnection),
}

/// Runs the same diesel expression on whichever database it is: for the few
/// things that do not compile through the common type. One of the named seams.
macro_rules! on_backend {
    ($connection:expr, |$inner:ident| $body:expr) => {
        match $connection {
            $crate::core::connection::DatabaseConnection::Postgres($inner) => $body,
            $crate::core::connection::DatabaseConnection::Sqlite($inner) => $body,
        }
    };
}
pub(crate) use on_backend;

impl DatabaseConnection {
    /// Runs statements that return nothing, such as transaction control.
    pub(crate) fn batch(&mut self, sql: &str) -> diesel::QueryResult<()> {
        use diesel::connection::SimpleConnection;
        on_backend!(self, |inner| inner.batch_execute(sql))
    }

    /// Whether it speaks to PostgreSQL.
    #[must_use]
    pub fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }
}
