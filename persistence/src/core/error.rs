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
            return Self::Internal(match error {
                // Their words quote what was being read or written.
                DieselError::DeserializationError(_) => "a column cannot be read".to_owned(),
                DieselError::SerializationError(_) => "a value cannot be bound".to_owned(),
                other => other.to_string(),
            });
        };
        let message = without_values(information.message());
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

/// What an error of COMMIT on PostgreSQL says about the transaction.
pub(crate) fn of_commit(error: Error) -> Error {
    match error {
        // The server said no: nothing was kept.
        Error::Constraint { .. } | Error::Collision(_) | Error::Storage(_) => error,
        // It may have committed before the connection was lost, however that was put in words.
        _ => Error::OutcomeUnknown,
    }
}

/// A message of the database without the value that it quotes at its end, as in
/// `invalid input syntax for type date: "…"`: it may be personal, and messages go to the log.
fn without_values(message: &str) -> &str {
    message.split_once(": \"").map_or(message, |(words, _)| words)
}

fn after_failed(message: &str) -> &str {
    message.split_once("failed: ").map_or(message, |(_, detail)| detail)
}

/// SQLSTATEs and result codes that diesel does not tell apart.
fn by_message(message: &str) -> Error {
    let any = |needles: &[&str]| needles.iter().any(|needle| message.contains(needle));
    if any(&["deadlock detected"]) {
        Error::Collision(message.to_owned())
    } else if any(&[
        "database or disk is full",
        "disk I/O error",
        // A file system that failed is often mounted anew, to be read only.
        "attempt to write a readonly database",
        "unable to open database file",
        "could not extend file",
        "No space left",
    ]) {
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
        "connection not open",
        "Connection refused",
        "Connection reset",
        "Connection timed out",
        "SSL SYSCALL error",
        "unexpected EOF",
        // A server that lost its part as the one that takes writes.
        "in a read-only transaction",
    ]) {
        Error::Unavailable("the connection was lost")
    } else {
        Error::Internal(message.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn internal(kind: DatabaseErrorKind, message: &str) -> String {
        Error::from(DieselError::DatabaseError(kind, Box::new(message.to_owned()))).to_string()
    }

    #[test]
    fn what_the_log_gets_quotes_no_value() {
        let unknown = || DatabaseErrorKind::Unknown;
        let text = internal(unknown(), "invalid input syntax for type date: \"Ärlig\"");
        assert!(text.contains("invalid input syntax for type date") && !text.contains("Ärlig"), "{text}");
        let text = internal(unknown(), "relation \"persons\" does not exist");
        assert!(text.contains("persons"), "a name of ours is no value: {text}");
        let quoting = DieselError::DeserializationError("invalid type: string \"Ärlig\"".into());
        assert!(!Error::from(quoting).to_string().contains("Ärlig"));
    }

    #[test]
    fn failures_are_told_apart() {
        let of = |message: &str| {
            let information = Box::new(message.to_owned());
            Error::from(DieselError::DatabaseError(DatabaseErrorKind::Unknown, information))
        };
        for message in ["database or disk is full", "attempt to write a readonly database"] {
            assert!(matches!(of(message), Error::Storage(_)), "{message}");
        }
        for message in [
            "connection to server at \"127.0.0.1\", port 5432 failed: Connection refused",
            "FATAL:  terminating connection due to administrator command\nSSL connection has been closed",
            "could not receive data from server: Connection reset by peer",
            "cannot execute INSERT in a read-only transaction",
        ] {
            assert!(matches!(of(message), Error::Unavailable(_)), "{message}");
        }
        assert!(matches!(of_commit(of("something new")), Error::OutcomeUnknown));
        let refused = Error::Constraint { constraint: "terms_name_key".to_owned() };
        assert!(matches!(of_commit(refused), Error::Constraint { .. }));
    }
}
