//! What every capability's rows and queries rest on: connections, portable
//! column types, transactions, the change buffer, and the one way to write rows.

pub(crate) mod address;
pub(crate) mod backup;
pub(crate) mod client_grant;
pub(crate) mod connection;
pub(crate) mod database;
pub(crate) mod error;
pub(crate) mod feed;
pub(crate) mod fixed_sql;
pub mod housekeeping;
pub(crate) mod instrument;
pub(crate) mod migration;
pub mod outbox;
pub(crate) mod page;
pub(crate) mod person_columns;
pub(crate) mod reach;
pub(crate) mod reader;
pub(crate) mod record;
pub(crate) mod registry;
pub(crate) mod rows;
pub(crate) mod saved;
pub(crate) mod scope;
pub(crate) mod shown_name;
pub(crate) mod statement;
pub(crate) mod study_breaks;
mod table_sizes;
pub(crate) mod transaction;
pub(crate) mod turned;
pub(crate) mod tx;
pub(crate) mod types;
pub(crate) mod uniqueness;
pub(crate) mod value_row;
pub(crate) mod writer;
