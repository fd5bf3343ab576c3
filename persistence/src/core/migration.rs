//! The schema's history: pairs of migrations with the same name for both databases.

use diesel::{Connection as _, PgConnection, RunQueryDsl, SqliteConnection, connection::SimpleConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{address::Address, connection::DatabaseConnection, database::own, table_sizes};

const POSTGRES: EmbeddedMigrations = embed_migrations!("../migrations/postgres");
const SQLITE: EmbeddedMigrations = embed_migrations!("../migrations/sqlite");

/// Taken while migrating PostgreSQL, so that servers started together do not collide.
const LOCK: i64 = 0x736b_6f6c_6875_7301;

/// How a database's schema stands to the program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SchemaState {
    /// They fit.
    Current,
    /// Nothing was ever migrated: a fresh database.
    Empty,
    /// These migrations are yet to run.
    Older(Vec<String>),
    /// These migrations are unknown to this program: it is too old for the database.
    Newer(Vec<String>),
}

/// Why a migration did not run.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// The database could not be reached or opened, or another process owns it.
    #[error("the database cannot be opened: {0}")]
    Open(String),
    /// A migration failed; those before it stand.
    #[error("a migration failed: {0}")]
    Failed(String),
}

fn failed(error: impl std::fmt::Display) -> MigrationError {
    MigrationError::Failed(error.to_string())
}

fn connect(address: &Address) -> Result<DatabaseConnection, MigrationError> {
    let opened = match address {
        Address::Sqlite(path) => {
            SqliteConnection::establish(&path.to_string_lossy()).and_then(|mut connection| {
                connection
                    .batch_execute(
                        "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA foreign_keys = ON",
                    )
                    .map_err(diesel::ConnectionError::CouldntSetupConfiguration)?;
                Ok(DatabaseConnection::Sqlite(connection))
            })
        }
        Address::Postgres(url) => PgConnection::establish(url).map(DatabaseConnection::Postgres),
    };
    opened.map_err(|error| MigrationError::Open(error.to_string()))
}

/// How the schema stands.
///
/// # Errors
/// See [`MigrationError`].
pub fn schema_state(address: &Address) -> Result<SchemaState, MigrationError> {
    let mut connection = connect(address)?;
    let (applied, known): (Vec<String>, Vec<String>) = match &mut connection {
        DatabaseConnection::Postgres(inner) => (applied(inner)?, names::<diesel::pg::Pg>(&POSTGRES)?),
        DatabaseConnection::Sqlite(inner) => (applied(inner)?, names::<diesel::sqlite::Sqlite>(&SQLITE)?),
    };
    let unknown: Vec<String> = applied.iter().filter(|name| !known.contains(name)).cloned().collect();
    if !unknown.is_empty() {
        return Ok(SchemaState::Newer(unknown));
    }
    let pending: Vec<String> = known.into_iter().filter(|name| !applied.contains(name)).collect();
    Ok(match () {
        () if pending.is_empty() => SchemaState::Current,
        () if applied.is_empty() => SchemaState::Empty,
        () => SchemaState::Older(pending),
    })
}

fn applied<C, DB>(connection: &mut C) -> Result<Vec<String>, MigrationError>
where
    C: MigrationHarness<DB>,
    DB: diesel::backend::Backend,
{
    let versions = connection.applied_migrations().map_err(failed)?;
    Ok(versions.iter().map(ToString::to_string).collect())
}

fn names<DB: diesel::backend::Backend>(source: &EmbeddedMigrations) -> Result<Vec<String>, MigrationError>
where
    EmbeddedMigrations: diesel::migration::MigrationSource<DB>,
{
    let migrations = diesel::migration::MigrationSource::<DB>::migrations(source).map_err(failed)?;
    let mut names: Vec<String> =
        migrations.iter().map(|migration| migration.name().version().to_string()).collect();
    names.sort();
    Ok(names)
}

/// Runs what is pending, in order; returns the names of what ran. A SQLite file is owned
/// meanwhile, a PostgreSQL database locked against others that migrate it.
///
/// # Errors
/// See [`MigrationError`].
pub fn migrate(address: &Address) -> Result<Vec<String>, MigrationError> {
    let _owned = match address {
        Address::Sqlite(path) => Some(own(path).map_err(|error| MigrationError::Open(error.to_string()))?),
        Address::Postgres(_) => None,
    };
    let mut connection = connect(address)?;
    match &mut connection {
        DatabaseConnection::Postgres(inner) => {
            diesel::sql_query(format!("SELECT pg_advisory_lock({LOCK})")).execute(inner).map_err(failed)?;
            // The lock goes with the connection.
            run(inner.run_pending_migrations(POSTGRES))
        }
        DatabaseConnection::Sqlite(inner) => {
            let ran = run(inner.run_pending_migrations(SQLITE))?;
            table_sizes::tell(inner).map_err(failed)?;
            Ok(ran)
        }
    }
}

fn run<E: std::fmt::Display>(
    result: Result<Vec<diesel::migration::MigrationVersion<'_>>, E>,
) -> Result<Vec<String>, MigrationError> {
    Ok(result.map_err(failed)?.iter().map(ToString::to_string).collect())
}

/// Undoes every migration: for tests of the way back.
///
/// # Errors
/// See [`MigrationError`].
pub fn revert_all(address: &Address) -> Result<(), MigrationError> {
    let mut connection = connect(address)?;
    match &mut connection {
        DatabaseConnection::Postgres(inner) => {
            inner.revert_all_migrations(POSTGRES).map(drop).map_err(failed)
        }
        DatabaseConnection::Sqlite(inner) => {
            inner.revert_all_migrations(SQLITE).map_err(failed)?;
            table_sizes::forget(inner).map_err(failed)
        }
    }
}
