//! What can go wrong with the database, told apart by what the caller can do about it.

use diesel::result::{DatabaseErrorKind, Error as DieselError};
use skolhus_domain::access::Denial;

use super::uniqueness;

/// A failure of the database or of a transaction.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nothing was begun, or nothing of it was kept: try again later. The word tells the log why.
    #[error("the database is not available: {0}")]
    Unavailable(&'static str),
    /// The connection was lost while the transaction was being committed: it may have been kept.
    #[error("the connection was lost during commit")]
    OutcomeUnknown,
    /// A constraint refused the change.
    #[error("the constraint {constraint} refused the change")]
    Constraint {
        /// The constraint's name, the same on both databases.
        constraint: String,
    },
    /// The row has another version than the one the change was made for.
    #[error("the {entity} has changed meanwhile")]
    Stale {
        /// The table's word for the thing.
        entity: &'static str,
    },
    /// The scope does not permit it.
    #[error("not permitted: {0:?}")]
    Denied(Denial),
    /// The disk is full or the storage failed.
    #[error("the storage failed: {0}")]
    Storage(String),
    /// A row says something that cannot be true.
    #[error("the row {id} of {table} is inconsistent: {detail}")]
    Inconsistent {
        /// The table.
        table: &'static str,
        /// The row's id.
        id: String,
        /// What is wrong; never personal content.
        detail: String,
    },
    /// A deadlock or serialization failure: the transaction may run again.
    #[error("the transaction met another: {0}")]
    Collision(String),
    /// Anything else: a mistake in the program.
    #[error("the database refused a statement: {0}")]
    Internal(String),
}

/// The error of a use-case: it can hold a failure of the database, which the
/// transaction must recognise to decide what to do with the batch it runs in.
pub trait Failure: From<Error> + Send + 'static {
    /// The database failure inside, if that is what it is.
    fn database(&self) -> Option<&Error>;
}

impl Failure for Error {
    fn database(&self) -> Option<&Error> {
        Some(self)
    }
}

impl Error {
    /// Whether running the same use-case again may succeed.
    pub(crate) fn may_run_again(&self) -> bool {
        matches!(self, Self::Stale { .. } | Self::Collision(_))
    }

    /// The same error, or a collision where the constraint of that name refused the change:
    /// somebody else was faster since it was checked, and the use-case that runs again finds them.
    pub(crate) fn raced(self, name: &str) -> Self {
        if self.violates(name) { Self::Collision(name.to_owned()) } else { self }
    }

    /// Whether the constraint of that name refused the change.
    #[must_use]
    pub fn violates(&self, name: &str) -> bool {
        matches!(self, Self::Constraint { constraint } if constraint == name)
    }
}

impl From<DieselError> for Error {
    fn from(error: DieselError) -> Self {
        let DieselError::DatabaseError(kind, information) = &error else {
            return Self::Internal(error.to_string());
        };
        let message = information.message();
        // SQLite does not say which foreign key, so nothing may rest on its name.
        if matches!(kind, DatabaseErrorKind::ForeignKeyViolation) {
            return Self::Constraint { constraint: "foreign_key".to_owned() };
        }
        if let Some(name) = information.constraint_name() {
            return Self::Constraint { constraint: name.to_owned() };
        }
        // On SQLite a trigger states such a rule: it raises `constraint:<name>`.
        if let Some(name) = message.strip_prefix("constraint:") {
            return Self::Constraint { constraint: name.trim().to_owned() };
        }
        match kind {
            // SQLite: "UNIQUE constraint failed: t.a, t.b".
            DatabaseErrorKind::UniqueViolation => {
                Self::Constraint { constraint: uniqueness::name_of(after_failed(message)) }
            }
            // SQLite: "CHECK constraint failed: name".
            DatabaseErrorKind::CheckViolation => {
                Self::Constraint { constraint: after_failed(message).to_owned() }
            }
            DatabaseErrorKind::NotNullViolation => Self::Constraint { constraint: "not_null".to_owned() },
            DatabaseErrorKind::SerializationFailure => Self::Collision(message.to_owned()),
            DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand => {
                Self::Unavailable("the connection is closed")
            }
            _ => by_message(message),
        }
    }
}

fn after_failed(message: &str) -> &str {
    message.split_once("failed: ").map_or(message, |(_, detail)| detail)
}

/// SQLSTATEs and result codes that diesel does not tell apart.
fn by_message(message: &str) -> Error {
    let any = |needles: &[&str]| needles.iter().any(|needle| message.contains(needle));
    if any(&["deadlock detected"]) {
        Error::Collision(message.to_owned())
    } else if any(&["database or disk is full", "disk I/O error", "could not extend file", "No space left"]) {
        Error::Storage(message.to_owned())
    } else if any(&["canceling statement due to", "lock timeout", "database is locked"]) {
        Error::Unavailable("the deadline passed")
    } else if any(&[
        "server closed the connection",
        "terminating connection",
        "connection to server",
        "the database system is",
        "no connection to the server",
        "could not connect",
        "SSL connection has been closed",
        "could not receive data",
        "could not send data",
        "DatabaseConnection refused",
    ]) {
        Error::Unavailable("the connection was lost")
    } else {
        Error::Internal(message.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::index_name;

    #[test]
    fn an_index_has_one_name_on_both_databases() {
        assert_eq!(index_name("accounts.email_key"), "accounts_email_key_key");
        let credentials = "credentials.organiser_id, credentials.account_id, credentials.kind";
        assert_eq!(index_name(credentials), "credentials_account_kind_key");
        assert_eq!(index_name("controllers.organiser_id, controllers.name"), "controllers_name_key");
        assert_eq!(index_name("terms_dates_check"), "terms_dates_check");
    }
}
