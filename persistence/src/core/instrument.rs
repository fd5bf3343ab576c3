//! What a connection tells about its work: how many statements it ran, and
//! whether one failed. Both are kept per [`super::database::Database`].

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use diesel::connection::{Instrumentation, InstrumentationEvent};

/// Statements run since start. Transaction control does not count as a statement,
/// but as a round trip.
#[derive(Debug, Default)]
pub struct Statements {
    round_trips: AtomicU64,
    control: AtomicU64,
    kept: AtomicU64,
    /// In microseconds.
    longest_write: AtomicU64,
    is_watched: AtomicBool,
    watched: Mutex<Vec<String>>,
}

impl Statements {
    /// Statements that read or wrote tables.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.round_trips().saturating_sub(self.control.load(Ordering::Relaxed))
    }

    /// Statements and transaction control together.
    #[must_use]
    pub fn round_trips(&self) -> u64 {
        self.round_trips.load(Ordering::Relaxed)
    }

    /// How many prepared statements the connections have kept since start, to use them again: what is asked for all day
    /// long is among them, and as no connection forgets one they must stay few.
    #[must_use]
    pub fn kept(&self) -> u64 {
        self.kept.load(Ordering::Relaxed)
    }

    /// How long the longest write transaction took from BEGIN to COMMIT, since start or since
    /// [`Statements::forget_longest_write`]: on SQLite nobody else writes meanwhile.
    #[must_use]
    pub fn longest_write(&self) -> Duration {
        Duration::from_micros(self.longest_write.load(Ordering::Relaxed))
    }

    /// Begins to look for the longest write transaction anew.
    pub fn forget_longest_write(&self) {
        self.longest_write.store(0, Ordering::Relaxed);
    }

    /// From now on the texts of statements are gathered, for whoever asks the database how it goes about them. Their values
    /// may be persons' data: nothing but a test does this.
    pub fn watch(&self) {
        self.is_watched.store(true, Ordering::Relaxed);
    }

    /// The texts of the statements since [`Statements::watch`], which is over.
    pub fn watched(&self) -> Vec<String> {
        self.is_watched.store(false, Ordering::Relaxed);
        std::mem::take(&mut *self.watched.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn started(&self, query: &dyn std::fmt::Display) {
        self.round_trips.fetch_add(1, Ordering::Relaxed);
        if self.is_watched.load(Ordering::Relaxed) {
            self.watched.lock().unwrap_or_else(PoisonError::into_inner).push(query.to_string());
        }
    }

    /// Notes that a write transaction has ended.
    pub(crate) fn wrote(&self, held: Duration) {
        self.longest_write.fetch_max(u64::try_from(held.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Notes that the statement about to run is transaction control.
    pub(crate) fn control(&self) {
        self.control.fetch_add(1, Ordering::Relaxed);
    }
}

/// Remembers that a statement failed, so that a use-case that swallows the error is still caught.
#[derive(Clone, Debug, Default)]
pub(crate) struct Witness(Arc<WitnessState>);

#[derive(Debug, Default)]
struct WitnessState {
    failed: AtomicBool,
    faulted: AtomicBool,
}

impl Witness {
    /// Forgets what was seen before.
    pub(crate) fn reset(&self) {
        self.0.failed.store(false, Ordering::Relaxed);
        self.0.faulted.store(false, Ordering::Relaxed);
    }

    /// Whether any statement failed since the last reset.
    pub(crate) fn failed(&self) -> bool {
        self.0.failed.load(Ordering::Relaxed)
    }

    /// Whether one failed with anything but a refusal by a constraint.
    pub(crate) fn faulted(&self) -> bool {
        self.0.faulted.load(Ordering::Relaxed)
    }
}

/// The instrumentation put on each connection.
pub(crate) struct Meter {
    pub(crate) statements: Arc<Statements>,
    pub(crate) witness: Witness,
}

impl Instrumentation for Meter {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        match event {
            InstrumentationEvent::StartQuery { query, .. } => self.statements.started(&query),
            InstrumentationEvent::CacheQuery { .. } => {
                self.statements.kept.fetch_add(1, Ordering::Relaxed);
            }
            InstrumentationEvent::FinishQuery { error: Some(error), .. } => {
                self.witness.0.failed.store(true, Ordering::Relaxed);
                if is_fault(error) {
                    self.witness.0.faulted.store(true, Ordering::Relaxed);
                }
            }
            _ => {}
        }
    }
}

fn is_fault(error: &diesel::result::Error) -> bool {
    use diesel::result::{DatabaseErrorKind as Kind, Error as DieselError};
    match error {
        DieselError::NotFound => false,
        DieselError::DatabaseError(kind, information) => {
            !matches!(
                kind,
                Kind::UniqueViolation
                    | Kind::ForeignKeyViolation
                    | Kind::CheckViolation
                    | Kind::NotNullViolation
            ) && information.constraint_name().is_none()
                && !information.message().starts_with("constraint:")
        }
        _ => true,
    }
}
