//! A write transaction: the only place where rows change, and where each change is noted.

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use skolhus_domain::access::{Identity, Scope};
use uuid::Uuid;

use super::{
    connection::DatabaseConnection,
    error::Error,
    record::Record,
    rows::{Cell, OnConflict, query, write_rows},
    types::{Ts, Uid},
};

/// What was done to a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Action {
    /// It is new.
    Insert,
    /// Some of its fields changed.
    Update,
    /// It was withdrawn as a mistaken entry.
    Withdraw,
    /// A protected record was opened, or data was exported.
    Access,
}

impl Action {
    /// As it stands in the log.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Insert => "insert",
            Self::Update => "update",
            Self::Withdraw => "withdraw",
            Self::Access => "access",
        }
    }
}

/// One change, waiting for the end of the transaction.
struct Noted {
    organiser: Uid,
    action: Action,
    entity: &'static str,
    entity_id: Uid,
    version: i64,
    details: String,
}

/// A message that leaves after commit, waiting for the end of the transaction.
pub(crate) struct Outgoing {
    pub(crate) cells: Vec<Cell>,
}

/// A write transaction. It exists only inside [`crate::Database::write`]; every
/// function that changes a row takes `&mut Tx`.
pub struct Tx<'c> {
    connection: &'c mut DatabaseConnection,
    scope: Scope,
    transaction: Uuid,
    nonces: Nonces,
    noted: Vec<Noted>,
    pub(crate) outgoing: Vec<Outgoing>,
}

/// Nonces for the details of changes: derived from one secret per transaction, so that
/// a use-case that runs again writes the same bytes.
struct Nonces {
    seed: [u8; 32],
    given: u64,
}

impl Nonces {
    fn next(&mut self) -> String {
        self.given += 1;
        let mut hash = Sha256::new();
        hash.update(self.seed);
        hash.update(self.given.to_be_bytes());
        hex::encode(hash.finalize().get(..16).unwrap_or_default())
    }
}

/// Chance for one transaction, made before it begins.
#[derive(Clone, Copy)]
pub(crate) struct TransactionSeed {
    pub(crate) transaction: Uuid,
    pub(crate) nonce_seed: [u8; 32],
}

impl<'c> Tx<'c> {
    pub(crate) fn new(connection: &'c mut DatabaseConnection, scope: Scope, seed: TransactionSeed) -> Self {
        Self {
            connection,
            scope,
            transaction: seed.transaction,
            nonces: Nonces { seed: seed.nonce_seed, given: 0 },
            noted: Vec::new(),
            outgoing: Vec::new(),
        }
    }

    /// The connection, for finders.
    pub fn connection(&mut self) -> &mut DatabaseConnection {
        self.connection
    }

    /// The scope the transaction runs in.
    #[must_use]
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// The instant of the transaction, as rows hold it.
    pub(crate) fn now(&self) -> Ts {
        Ts::of(self.scope.now())
    }

    /// Takes a lock until the transaction ends, so that of all servers on a database one
    /// does a certain work at a time; false when another holds it. SQLite has one writer,
    /// which is the lock. One of the named seams.
    pub(crate) fn alone(&mut self, lock: i64) -> Result<bool, Error> {
        #[derive(diesel::QueryableByName)]
        struct Taken {
            #[diesel(sql_type = diesel::sql_types::Bool)]
            taken: bool,
        }
        if !self.connection.is_postgres() {
            return Ok(true);
        }
        let text = "SELECT pg_try_advisory_xact_lock($1) AS taken".to_owned();
        let rows: Vec<Taken> = query(self.connection, text, vec![lock.into()])?;
        Ok(rows.first().is_some_and(|row| row.taken))
    }

    /// Inserts new records in one statement and notes each.
    pub(crate) fn insert<R: Record>(&mut self, rows: &[R]) -> Result<(), Error> {
        if rows.is_empty() {
            return Ok(());
        }
        let cells = rows.iter().map(Record::cells).collect();
        write_rows(self.connection, R::TABLE, R::COLUMNS, cells, OnConflict::Refuse)?;
        for row in rows {
            self.note(row, Action::Insert, Map::new(), row.document());
        }
        Ok(())
    }

    /// Writes the new state of one record; see [`Tx::update_many`].
    pub(crate) fn update<R: Record>(&mut self, before: &R, after: R) -> Result<R, Error> {
        let mut saved = self.update_many(vec![(before.clone(), after)])?;
        saved.pop().ok_or(Error::Stale { entity: R::ENTITY })
    }

    /// Writes the new states of records in one statement, each as the next version of
    /// the state it was made from, and notes what changed. A pair without a difference
    /// is left alone: its version stays.
    ///
    /// # Errors
    /// [`Error::Stale`] when one of them has another version by now.
    pub(crate) fn update_many<R: Record>(&mut self, pairs: Vec<(R, R)>) -> Result<Vec<R>, Error> {
        let now = self.now();
        let mut saved = Vec::with_capacity(pairs.len());
        let mut changed = Vec::new();
        for (before, mut after) in pairs {
            let (old, new) = difference(before.document(), after.document());
            if old.is_empty() && new.is_empty() {
                saved.push(before);
                continue;
            }
            after.advance(before.version() + 1, now);
            let action = if after.is_withdrawn() && !before.is_withdrawn() {
                Action::Withdraw
            } else {
                Action::Update
            };
            changed.push((after.clone(), action, old, new));
            saved.push(after);
        }
        if changed.is_empty() {
            return Ok(saved);
        }
        let cells = changed.iter().map(|(after, ..)| after.cells()).collect();
        let only_if = format!("{0}.version = excluded.version - 1", R::TABLE);
        let replace = OnConflict::Replace { key: &["organiser_id", "id"], only_if: &only_if };
        let written = write_rows(self.connection, R::TABLE, R::COLUMNS, cells, replace)?;
        if written != changed.len() {
            return Err(Error::Stale { entity: R::ENTITY });
        }
        for (after, action, old, new) in changed {
            self.note(&after, action, old, new);
        }
        Ok(saved)
    }

    /// Records that somebody opened data about a protected person, or exported data.
    /// `details` says why and how much, never the data itself.
    pub(crate) fn note_access(
        &mut self,
        entity: &'static str,
        organiser: Uid,
        entity_id: Uid,
        version: i64,
        details: Map<String, Value>,
    ) {
        self.note_document(entity, organiser, entity_id, version, Action::Access, Map::new(), details);
    }

    fn note<R: Record>(
        &mut self,
        row: &R,
        action: Action,
        before: Map<String, Value>,
        after: Map<String, Value>,
    ) {
        let (organiser, id) = row.key();
        self.note_document(R::ENTITY, organiser, id, row.version(), action, before, after);
    }

    #[allow(clippy::too_many_arguments, reason = "the seven facts of a change, named at the two calls above")]
    fn note_document(
        &mut self,
        entity: &'static str,
        organiser: Uid,
        entity_id: Uid,
        version: i64,
        action: Action,
        before: Map<String, Value>,
        after: Map<String, Value>,
    ) {
        let mut document = Map::new();
        document.insert("before".to_owned(), Value::Object(before));
        document.insert("after".to_owned(), Value::Object(after));
        let details = format!("{}{}", self.nonces.next(), Value::Object(document));
        self.noted.push(Noted { organiser, action, entity, entity_id, version, details });
    }

    /// Writes what was noted: the last statements of the transaction.
    pub(crate) fn flush(self) -> Result<(), Error> {
        let Self { connection, scope, transaction, noted, outgoing, .. } = self;
        if !noted.is_empty() {
            let transaction = Uid(transaction);
            let actor = Actor::of(&scope);
            let mut facts = Vec::with_capacity(noted.len());
            let mut contents = Vec::with_capacity(noted.len());
            for (ordinal, change) in (0_i32..).zip(noted) {
                facts.push(vec![
                    change.organiser.into(),
                    transaction.into(),
                    ordinal.into(),
                    Ts::of(scope.now()).into(),
                    actor.kind.to_owned().into(),
                    Cell::Guid(actor.id),
                    actor.session.into(),
                    actor.name.to_owned().into(),
                    scope.permission().code().to_owned().into(),
                    Uid(scope.request()).into(),
                    change.action.code().to_owned().into(),
                    change.entity.to_owned().into(),
                    change.entity_id.into(),
                    change.version.into(),
                    hex::encode(Sha256::digest(change.details.as_bytes())).into(),
                ]);
                contents.push(vec![
                    change.organiser.into(),
                    transaction.into(),
                    ordinal.into(),
                    change.details.into(),
                ]);
            }
            write_rows(connection, "changes", CHANGE_COLUMNS, facts, OnConflict::Refuse)?;
            let details = ["organiser_id", "transaction_id", "ordinal", "details"];
            write_rows(connection, "change_details", &details, contents, OnConflict::Refuse)?;
        }
        if !outgoing.is_empty() {
            let cells = outgoing.into_iter().map(|message| message.cells).collect();
            write_rows(connection, "outbox_messages", crate::outbox::COLUMNS, cells, OnConflict::Refuse)?;
        }
        Ok(())
    }
}

const CHANGE_COLUMNS: &[&str] = &[
    "organiser_id",
    "transaction_id",
    "ordinal",
    "recorded_at",
    "actor_kind",
    "actor_id",
    "session_id",
    "actor_name",
    "permission",
    "request_id",
    "action",
    "entity",
    "entity_id",
    "version",
    "details_hash",
];

/// Who did it, as the log keeps it.
struct Actor {
    kind: &'static str,
    id: Option<Uid>,
    session: Option<Uid>,
    /// The roles that permitted it, or the name of the program's own work.
    name: String,
}

impl Actor {
    fn of(scope: &Scope) -> Self {
        match scope.identity() {
            Identity::Account(account, session) => Self {
                kind: "account",
                id: Some(Uid::of(account)),
                session: session.map(Uid::of),
                name: scope.roles(),
            },
            Identity::Client(client) => {
                Self { kind: "client", id: Some(Uid::of(client)), session: None, name: scope.roles() }
            }
            Identity::System(what) => Self { kind: "system", id: None, session: None, name: what.to_owned() },
        }
    }
}

/// The fields that differ, before and after.
fn difference(
    mut before: Map<String, Value>,
    mut after: Map<String, Value>,
) -> (Map<String, Value>, Map<String, Value>) {
    before.retain(|field, old| {
        let same = after.get(field) == Some(old);
        if same {
            after.remove(field);
        }
        !same
    });
    (before, after)
}
