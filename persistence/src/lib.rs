//! Rows, queries, the [`Database`] handle and the change log, on SQLite and PostgreSQL.
//!
//! A use-case is one closure handed to [`Database::read`] or [`Database::write`]. Inside
//! it, finders take a [`DatabaseConnection`] and a scope; what changes a row takes a [`Tx`].

mod core;
#[allow(missing_docs, reason = "diesel's table! makes public items without documentation")]
mod schema;

pub mod attendance;
pub mod change;
pub mod course;
pub mod duty;
pub mod education_background;
pub mod enrolment;
pub mod export;
pub mod group;
pub mod idempotency;
pub mod identity;
pub mod integration;
pub mod organisation;

pub mod participation;
pub mod person;
pub mod schedule;
pub mod terminology;

pub use crate::core::{
    address::{Address, AddressError},
    backup::BackupError,
    connection::DatabaseConnection,
    database::{Database, OpenError, Options, reachable},
    error::{Error, Failure},
    instrument::Statements,
    migration::{MigrationError, SchemaState, migrate, revert_all, schema_state},
    page::{Cursor, Direction, Page, PageRequest},
    person_columns::{Changed, Clash, Move, OnMerge, PERSON_COLUMNS, PersonColumn},
    registry::{InformationOf, Kept, Registered, TABLES, Tenancy},
    saved::Saved,
    turned::{DEPENDENTS, Dependent, TURNED},
    tx::{Action, Tx},
};
pub use crate::core::{housekeeping, outbox};
pub use crate::schema::{Declared, declared, read_one_of_each};
