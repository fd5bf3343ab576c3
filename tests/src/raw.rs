//! A connection past the program: to look at a database, or to damage it as a fault would.

use diesel::{
    Connection, PgConnection, RunQueryDsl, SqliteConnection, connection::SimpleConnection, result::Error,
    sql_query, sql_types::Text,
};
use skolhus_persistence::Address;

/// A raw connection to either database.
pub enum Raw {
    /// PostgreSQL.
    Postgres(PgConnection),
    /// SQLite.
    Sqlite(SqliteConnection),
}

#[derive(diesel::QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    value: String,
}

impl Raw {
    /// Opens one.
    ///
    /// # Panics
    /// When the database cannot be opened.
    #[must_use]
    #[allow(clippy::expect_used, reason = "a test without its database has failed")]
    pub fn open(address: &Address) -> Self {
        match address {
            Address::Postgres(url) => {
                Self::Postgres(PgConnection::establish(url).expect("PostgreSQL answers"))
            }
            Address::Sqlite(path) => {
                let mut connection =
                    SqliteConnection::establish(&path.to_string_lossy()).expect("the file opens");
                connection.batch_execute("PRAGMA busy_timeout = 5000").expect("SQLite answers");
                Self::Sqlite(connection)
            }
        }
    }

    /// Whether it speaks to PostgreSQL.
    #[must_use]
    pub fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    /// One of two texts, by database.
    #[must_use]
    pub fn either<'a>(&self, postgres: &'a str, sqlite: &'a str) -> &'a str {
        if self.is_postgres() { postgres } else { sqlite }
    }

    /// Runs statements, and says what the database says.
    ///
    /// # Errors
    /// The database's.
    pub fn attempt(&mut self, sql: &str) -> Result<(), Error> {
        match self {
            Self::Postgres(inner) => inner.batch_execute(sql),
            Self::Sqlite(inner) => inner.batch_execute(sql),
        }
    }

    /// Runs statements.
    ///
    /// # Panics
    /// When the database refuses one.
    #[track_caller]
    #[allow(clippy::panic, reason = "a test's own statement must run")]
    pub fn execute(&mut self, sql: &str) {
        if let Err(error) = self.attempt(sql) {
            panic!("{error}: {sql}");
        }
    }

    /// The rows of a query whose one column is text and called `value`.
    ///
    /// # Panics
    /// When the database refuses it.
    #[track_caller]
    #[allow(clippy::panic, reason = "a test's own statement must run")]
    pub fn texts(&mut self, sql: &str) -> Vec<String> {
        let lines: Result<Vec<Line>, Error> = match self {
            Self::Postgres(inner) => sql_query(sql).load(inner),
            Self::Sqlite(inner) => sql_query(sql).load(inner),
        };
        match lines {
            Ok(lines) => lines.into_iter().map(|line| line.value).collect(),
            Err(error) => panic!("{error}: {sql}"),
        }
    }

    /// The steps by which SQLite would run a statement, whatever its values are.
    ///
    /// # Panics
    /// When the database refuses it, or is not SQLite.
    #[track_caller]
    #[allow(clippy::panic, reason = "a test's own statement must run")]
    pub fn plan(&mut self, sql: &str) -> Vec<String> {
        #[derive(diesel::QueryableByName)]
        struct Step {
            #[diesel(sql_type = diesel::sql_types::Text)]
            detail: String,
        }
        let Self::Sqlite(inner) = self else { panic!("PostgreSQL tells its plans otherwise") };
        let steps: Result<Vec<Step>, Error> = sql_query(format!("EXPLAIN QUERY PLAN {sql}")).load(inner);
        match steps {
            Ok(steps) => steps.into_iter().map(|step| step.detail).collect(),
            Err(error) => panic!("{error}: {sql}"),
        }
    }

    /// The one text of a query; empty when there is no row.
    #[track_caller]
    pub fn text(&mut self, sql: &str) -> String {
        self.texts(sql).pop().unwrap_or_default()
    }

    /// Every table of the schema, by name.
    #[must_use]
    pub fn tables(&mut self) -> Vec<String> {
        let sql = self.either(
            "SELECT tablename::text AS value FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename COLLATE \"C\"",
            "SELECT name AS value FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
        );
        self.texts(sql)
    }

    /// A table's columns, in order: name, declared type in lower case, and whether null is permitted.
    #[must_use]
    pub fn columns(&mut self, table: &str) -> Vec<Column> {
        let sql = if self.is_postgres() {
            format!(
                "SELECT a.attname || '|' || format_type(a.atttypid, a.atttypmod) || '|' || (NOT a.attnotnull)::int \
                 || '|' || (a.attidentity <> '' OR a.atthasdef)::int AS value \
                 FROM pg_attribute a WHERE a.attrelid = 'public.{table}'::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum"
            )
        } else {
            format!(
                "SELECT name || '|' || lower(type) || '|' || (\"notnull\" = 0 AND pk = 0) || '|' || (dflt_value IS NOT NULL) AS value \
                 FROM pragma_table_info('{table}') ORDER BY cid"
            )
        };
        self.texts(&sql)
            .iter()
            .map(|line| {
                let mut parts = line.split('|').map(str::to_owned);
                let mut next = || parts.next().unwrap_or_default();
                Column { name: next(), kind: next(), nullable: next() == "1", given: next() == "1" }
            })
            .collect()
    }

    /// A table's unique rules, the primary key first: name, columns, and the rows it is
    /// limited to (empty for all).
    #[must_use]
    pub fn unique_rules(&mut self, table: &str) -> Vec<Unique> {
        let sql = if self.is_postgres() {
            format!(
                "SELECT c.relname || '|' || (SELECT string_agg(a.attname, ',' ORDER BY k.place) FROM unnest(i.indkey) WITH ORDINALITY k(number, place) \
                   JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number) || '|' || coalesce(pg_get_expr(i.indpred, i.indrelid), '') AS value \
                 FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = 'public.{table}'::regclass AND i.indisunique \
                 ORDER BY i.indisprimary DESC, c.relname COLLATE \"C\""
            )
        } else {
            format!(
                "SELECT CASE l.origin WHEN 'pk' THEN '{table}_pkey' ELSE l.name END || '|' || \
                   (SELECT group_concat(name, ',') FROM (SELECT name FROM pragma_index_info(l.name) ORDER BY seqno)) || '|' || \
                   coalesce((SELECT substr(sql, instr(sql, ' WHERE ') + 7) FROM sqlite_schema s WHERE s.name = l.name AND instr(sql, ' WHERE ') > 0), '') AS value \
                 FROM pragma_index_list('{table}') l WHERE l.\"unique\" = 1 ORDER BY l.origin <> 'pk', l.name"
            )
        };
        let mut rules: Vec<Unique> = self
            .texts(&sql)
            .iter()
            .map(|line| {
                let mut parts = line.split('|').map(str::to_owned);
                let mut next = || parts.next().unwrap_or_default();
                let name = next();
                let columns = next().split(',').map(str::to_owned).collect();
                Unique { name, columns, only: next().trim_matches(['(', ')']).to_owned() }
            })
            .collect();
        if !self.is_postgres() && !rules.iter().any(|rule| rule.name == format!("{table}_pkey")) {
            let key =
                format!("SELECT name AS value FROM pragma_table_info('{table}') WHERE pk > 0 ORDER BY pk");
            let columns = self.texts(&key);
            rules.insert(0, Unique { name: format!("{table}_pkey"), columns, only: String::new() });
        }
        rules
    }
}

/// A column of a table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type as the database declares it, in lower case.
    pub kind: String,
    /// Whether it may be null.
    pub nullable: bool,
    /// Whether the database gives it a value when none is given.
    pub given: bool,
}

/// A unique rule of a table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unique {
    /// Its name in the program.
    pub name: String,
    /// Its columns, in order.
    pub columns: Vec<String>,
    /// The rows it is limited to.
    pub only: String,
}
