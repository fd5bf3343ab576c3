//! A write transaction: the only place where rows change, and where each change is noted.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use skolhus_domain::{
    access::{Identity, Scope},
    id::{Id, PersonId},
    person::Grant,
    text::Text,
};
use uuid::Uuid;

use super::{
    connection::DatabaseConnection,
    error::Error,
    person_columns::{OnMerge, PersonColumn},
    record::Record,
    rows::{Cell, MOST_IDS, OnConflict, execute, load, write_rows},
    types::{Guid, Ts, Uid},
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
    reason: Option<String>,
    pub(crate) outgoing: Vec<Outgoing>,
}

/// Which of a person's rows.
#[derive(Clone, Copy)]
pub(crate) enum Rows<'a> {
    /// These.
    Only(&'a [Uid]),
    /// All but these.
    AllBut(&'a [Uid]),
}

/// Nonces for the details of changes: derived from one secret per transaction, so that
/// a use-case that runs again writes the same bytes.
struct Nonces {
    seed: [u8; 32],
    given: u64,
}

impl Nonces {
    fn next(&mut self) -> String {
        hex::encode(self.bytes(b"").get(..16).unwrap_or_default())
    }

    /// Ids are published and nonces are not: the label keeps the two apart.
    fn id(&mut self, now: Ts) -> Uuid {
        let mut chance = [0; 10];
        for (to, from) in chance.iter_mut().zip(self.bytes(b"id")) {
            *to = from;
        }
        let milliseconds = u64::try_from(now.0.timestamp_millis()).unwrap_or_default();
        uuid::Builder::from_unix_timestamp_millis(milliseconds, &chance).into_uuid()
    }

    fn bytes(&mut self, label: &[u8]) -> [u8; 32] {
        self.given += 1;
        let mut hash = Sha256::new();
        hash.update(self.seed);
        hash.update(self.given.to_be_bytes());
        hash.update(label);
        hash.finalize().into()
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
            reason: None,
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

    /// A fresh id for a part of what is saved, the same when the use-case runs again.
    pub(crate) fn fresh(&mut self) -> Uid {
        let now = self.now();
        Uid(self.nonces.id(now))
    }

    /// A fresh id for a record whose number the use-case only knows inside the transaction, the same when
    /// it runs again.
    pub fn fresh_id<I: Id>(&mut self) -> I {
        self.fresh().to()
    }

    /// Holds these records until the transaction ends, so that a rule over what belongs to
    /// them is checked by one transaction at a time: a use-case's first statement. SQLite has
    /// one writer, and needs none. Foreign keys onto the records do not wait for it.
    pub(crate) fn lock<R: Record>(&mut self, ids: &[Uid]) -> Result<(), Error> {
        self.lock_in(R::TABLE, ids)
    }

    /// As [`Tx::lock`], for records of another capability, named by their table. Rows are taken
    /// in the order of their ids, so that two transactions never wait for each other.
    pub(crate) fn lock_in(&mut self, table: &'static str, ids: &[Uid]) -> Result<(), Error> {
        self.hold(table, ids, "FOR NO KEY UPDATE")
    }

    /// As [`Tx::lock_in`], and foreign keys onto the records wait for it too: a transaction that
    /// has made one is waited for, and what it made is seen.
    pub(crate) fn lock_with_references(&mut self, table: &'static str, ids: &[Uid]) -> Result<(), Error> {
        self.hold(table, ids, "FOR UPDATE")
    }

    /// As [`Tx::lock_in`], the rows that name one of the persons in one of the columns.
    pub(crate) fn lock_naming(
        &mut self,
        table: &'static str,
        columns: &[&'static str],
        persons: &[Uid],
    ) -> Result<(), Error> {
        if persons.is_empty() || !self.connection.is_postgres() {
            return Ok(());
        }
        let places: Vec<String> = (0..persons.len()).map(|number| format!("${}", number + 2)).collect();
        let places = places.join(", ");
        let any: Vec<String> = columns.iter().map(|column| format!("{column} IN ({places})")).collect();
        let text = format!(
            "SELECT 1 FROM {table} WHERE organiser_id = $1 AND ({}) ORDER BY id FOR NO KEY UPDATE",
            any.join(" OR ")
        );
        let organiser = Uid::of(self.scope.organiser());
        let cells = std::iter::once(organiser).chain(persons.iter().copied()).map(Cell::from).collect();
        execute(self.connection, text, cells)?;
        Ok(())
    }

    fn hold(&mut self, table: &'static str, ids: &[Uid], how: &'static str) -> Result<(), Error> {
        if ids.is_empty() || !self.connection.is_postgres() {
            return Ok(());
        }
        let places: Vec<String> = (0..ids.len()).map(|number| format!("${}", number + 2)).collect();
        let text = format!(
            "SELECT 1 FROM {table} WHERE organiser_id = $1 AND id IN ({}) ORDER BY id {how}",
            places.join(", ")
        );
        let organiser = Uid::of(self.scope.organiser());
        let cells = std::iter::once(organiser).chain(ids.iter().copied()).map(Cell::from).collect();
        execute(self.connection, text, cells)?;
        Ok(())
    }

    /// From here on the changes noted say why they were made: a correction, in the words of
    /// whoever makes it. The words lie with the details of the change and go with them.
    pub(crate) fn because(&mut self, reason: &str) {
        self.reason = Some(reason.to_owned());
    }

    /// Records that these persons' records are opened, and why. The grant opens what protection
    /// closes, in this transaction: if it does not commit, nothing may be shown. This is the only
    /// place that makes one.
    pub fn record_access(&mut self, reason: &Text, persons: &[PersonId]) -> Grant {
        let organiser = Uid::of(self.scope.organiser());
        for person in persons {
            let mut details = Map::new();
            details.insert("reason".to_owned(), reason.as_str().into());
            // An access is to the person, not to one version of the record.
            self.note_access("person", organiser, Uid::of(*person), 0, details);
        }
        #[expect(clippy::disallowed_methods, reason = "the access has just been noted in this transaction")]
        Grant::issued_by_access_record(persons.iter().copied())
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
        let rows: Vec<Taken> = load(self.connection, text, vec![lock.into()])?;
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

    /// Enters new records and saves new states of others, all in one statement; see [`Tx::insert`] and
    /// [`Tx::update_many`].
    ///
    /// # Errors
    /// [`Error::Stale`] when one of them has another version by now, or is there although it was to be new.
    pub(crate) fn save<R: Record>(&mut self, new: &[R], pairs: Vec<(R, R)>) -> Result<(), Error> {
        let now = self.now();
        let mut cells: Vec<Vec<Cell>> = new.iter().map(Record::cells).collect();
        let mut changed = Vec::new();
        for (before, mut after) in pairs {
            let (old, new) = difference(before.document(), after.document());
            if old.is_empty() && new.is_empty() {
                continue;
            }
            after.advance(before.version() + 1, now);
            cells.push(after.cells());
            changed.push((before, after, old, new));
        }
        if cells.is_empty() {
            return Ok(());
        }
        let count = cells.len();
        let only_if = format!("{0}.version = excluded.version - 1", R::TABLE);
        let replace = OnConflict::Replace { key: &["organiser_id", "id"], only_if: &only_if };
        if write_rows(self.connection, R::TABLE, R::COLUMNS, cells, replace)? != count {
            return Err(Error::Stale { entity: R::ENTITY });
        }
        for row in new {
            self.note(row, Action::Insert, Map::new(), row.document());
        }
        for (before, after, old, new) in changed {
            let action = if after.is_withdrawn() && !before.is_withdrawn() {
                Action::Withdraw
            } else {
                Action::Update
            };
            self.note(&after, action, old, new);
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
        self.write_states(pairs.into_iter().map(|(before, after)| (before, after, false)).collect())
    }

    /// As [`Tx::update_many`]; where the third value says so, the record becomes a new
    /// version even if its own fields stay: its parts, in another table, are changing.
    pub(crate) fn write_states<R: Record>(&mut self, states: Vec<(R, R, bool)>) -> Result<Vec<R>, Error> {
        let now = self.now();
        let mut saved = Vec::with_capacity(states.len());
        let mut changed = Vec::new();
        for (before, mut after, parts_change) in states {
            let (old, new) = difference(before.document(), after.document());
            if old.is_empty() && new.is_empty() && !parts_change {
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

    /// Moves a record on to its next version because something that is part of it changed in
    /// another table: whoever read the earlier version has read something else.
    ///
    /// # Errors
    /// [`Error::Stale`] when it has another version by now.
    pub(crate) fn advance<R: Record>(&mut self, before: &R) -> Result<R, Error> {
        let mut saved = self.write_states(vec![(before.clone(), before.clone(), true)])?;
        saved.pop().ok_or(Error::Stale { entity: R::ENTITY })
    }

    /// Lets rows that name one person name another, each as its next version, in one statement,
    /// and notes each change. Returns the rows with their new versions.
    pub(crate) fn repoint(
        &mut self,
        column: &PersonColumn,
        from: Uid,
        to: Uid,
        rows: Rows<'_>,
    ) -> Result<Vec<(Uid, i64)>, Error> {
        #[derive(diesel::QueryableByName)]
        struct Moved {
            #[diesel(sql_type = Guid)]
            id: Uid,
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            version: i64,
        }
        let PersonColumn { table, column, entity, on_merge } = *column;
        let only = match on_merge {
            OnMerge::Moves(how) => how.only,
            OnMerge::Stays(_) => return Ok(Vec::new()),
        };
        let (ids, within) = match rows {
            Rows::Only([]) => return Ok(Vec::new()),
            Rows::Only(ids) => (ids, "IN"),
            Rows::AllBut(ids) => (ids, "NOT IN"),
        };
        let organiser = Uid::of(self.scope.organiser());
        let mut text = format!(
            "UPDATE {table} AS t SET {column} = $1, version = version + 1, modified_at = $2 \
             WHERE t.organiser_id = $3 AND t.{column} = $4"
        );
        if let Some(only) = only {
            text.push_str(&format!(" AND {only}"));
        }
        if !ids.is_empty() {
            let places: Vec<String> = (0..ids.len()).map(|number| format!("${}", number + 5)).collect();
            text.push_str(&format!(" AND t.id {within} ({})", places.join(", ")));
        }
        text.push_str(" RETURNING id, version");
        let mut cells: Vec<Cell> = vec![to.into(), self.now().into(), organiser.into(), from.into()];
        cells.extend(ids.iter().copied().map(Cell::from));
        let mut moved: Vec<Moved> = load(self.connection, text, cells)?;
        // The databases answer in no certain order, and the log's is kept.
        moved.sort_by_key(|row| row.id);
        for row in &moved {
            let named =
                |person: Uid| Map::from_iter([(column.to_owned(), Value::from(person.0.to_string()))]);
            self.note_document(
                entity,
                organiser,
                row.id,
                row.version,
                Action::Update,
                named(from),
                named(to),
            );
        }
        Ok(moved.into_iter().map(|row| (row.id, row.version)).collect())
    }

    /// Withdraws rows, each named with the version it has, in one statement for each portion, and notes
    /// each change.
    ///
    /// # Errors
    /// [`Error::Stale`] when one of them has another version by now, or is withdrawn.
    pub(crate) fn withdraw_rows(
        &mut self,
        table: &'static str,
        entity: &'static str,
        rows: &[(Uid, i64)],
    ) -> Result<(), Error> {
        #[derive(diesel::QueryableByName)]
        struct Withdrawn {
            #[diesel(sql_type = Guid)]
            id: Uid,
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            version: i64,
        }
        let (organiser, now) = (Uid::of(self.scope.organiser()), self.now());
        let withdrawn_at = |when: Value| Map::from_iter([("withdrawn_at".to_owned(), when)]);
        for portion in rows.chunks(MOST_IDS) {
            let places: Vec<String> = (0..portion.len()).map(|number| format!("${}", number + 3)).collect();
            let text = format!(
                "UPDATE {table} SET withdrawn_at = $1, modified_at = $1, version = version + 1 \
                 WHERE organiser_id = $2 AND withdrawn_at IS NULL AND id IN ({}) RETURNING id, version",
                places.join(", ")
            );
            let mut cells: Vec<Cell> = vec![now.into(), organiser.into()];
            cells.extend(portion.iter().map(|(id, _)| Cell::from(*id)));
            let done: Vec<Withdrawn> = load(self.connection, text, cells)?;
            let done: BTreeMap<Uid, i64> = done.into_iter().map(|row| (row.id, row.version)).collect();
            for (id, version) in portion {
                if done.get(id) != Some(&(version + 1)) {
                    return Err(Error::Stale { entity });
                }
                let after = serde_json::to_value(now).unwrap_or_default();
                self.note_document(
                    entity,
                    organiser,
                    *id,
                    version + 1,
                    Action::Withdraw,
                    withdrawn_at(Value::Null),
                    withdrawn_at(after),
                );
            }
        }
        Ok(())
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
        if let Some(reason) = &self.reason {
            document.insert("reason".to_owned(), reason.clone().into());
        }
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
            write_rows(
                connection,
                "outbox_messages",
                crate::core::outbox::COLUMNS,
                cells,
                OnConflict::Refuse,
            )?;
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
