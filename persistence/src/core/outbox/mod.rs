//! Messages on their way out: written in the transaction they belong to, sent after it, at
//! least once. The id lets the receiver drop a double.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::{prelude::*, sql_types::BigInt};
use skolhus_domain::{access::Scope, id::OrganiserId};
use uuid::Uuid;

use crate::{
    core::{
        connection::DatabaseConnection,
        error::Error,
        housekeeping::forget,
        page::{Cursor, Direction, Page, PageRequest, instant, instant_key, keyset},
        rows::{Cell, execute, load},
        tx::{Outgoing, Tx},
        types::{Guid, Instant, Ts, Uid},
    },
    schema::outbox_messages as table,
};

/// The columns of a new message, in the order a transaction writes them.
pub(crate) const COLUMNS: &[&str] =
    &["id", "organiser_id", "kind", "target_id", "payload", "created_at", "next_attempt_at", "attempts"];

/// A message to be sent.
#[derive(Clone, Debug)]
pub struct Message {
    /// Its id.
    pub id: Uuid,
    /// The tenant.
    pub organiser: OrganiserId,
    /// Which sender takes it.
    pub kind: &'static str,
    /// To whom: for a webhook, the subscription.
    pub target: Uuid,
    /// What is sent.
    pub payload: String,
}

/// Sends a message after the transaction, if it commits.
pub fn enqueue(tx: &mut Tx<'_>, message: Message) {
    enqueue_for(tx, message, TimeDelta::zero());
}

/// Sends a message a while after the transaction, if it commits: until it is taken, more may be put
/// into it.
pub fn enqueue_for(tx: &mut Tx<'_>, message: Message, rests: TimeDelta) {
    let Message { id, organiser, kind, target, payload } = message;
    let now = tx.now();
    let cells = vec![
        Uid(id).into(),
        Uid::of(organiser).into(),
        kind.to_owned().into(),
        Uid(target).into(),
        payload.into(),
        now.into(),
        Ts(now.0 + rests).into(),
        0_i32.into(),
    ];
    tx.outgoing.push(Outgoing { cells });
}

/// A message that a sender has taken.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// Its id.
    pub id: Uuid,
    /// The tenant.
    pub organiser: OrganiserId,
    /// To whom.
    pub target: Uuid,
    /// What is sent.
    pub payload: String,
    /// How often it was tried, this time included.
    pub attempts: u32,
    /// When it was written.
    pub created_at: DateTime<Utc>,
}

#[derive(QueryableByName)]
#[diesel(table_name = table)]
struct ClaimedRow {
    id: Uid,
    organiser_id: Uid,
    target_id: Uid,
    payload: String,
    attempts: i32,
    created_at: Ts,
}

/// Whether a message of the kind is due.
///
/// # Errors
/// A failure of the database.
pub fn is_due(connection: &mut DatabaseConnection, kind: &str, now: DateTime<Utc>) -> Result<bool, Error> {
    let due = table::table
        .filter(table::kind.eq(kind))
        .filter(table::sent_at.is_null())
        .filter(table::given_up_at.is_null())
        .filter(table::next_attempt_at.le(Ts::of(now)));
    Ok(diesel::select(diesel::dsl::exists(due)).get_result(connection)?)
}

/// Takes messages that are due, except those to `busy` targets, until `until`: whoever
/// took them and died loses them then to the next.
///
/// # Errors
/// A failure of the database.
pub fn claim(
    tx: &mut Tx<'_>,
    kind: &str,
    busy: &[Uuid],
    most: u32,
    until: DateTime<Utc>,
) -> Result<Vec<Claimed>, Error> {
    let now = tx.now();
    let mut cells: Vec<Cell> = vec![Ts::of(until).into(), now.into(), kind.to_owned().into()];
    let mut others = String::new();
    if !busy.is_empty() {
        let places: Vec<String> = (4..4 + busy.len()).map(|place| format!("${place}")).collect();
        others = format!("AND target_id NOT IN ({})", places.join(", "));
        cells.extend(busy.iter().map(|target| Cell::from(Uid(*target))));
    }
    // SQLite has one writer, so there is nobody to pass by.
    let pass_by = if tx.connection().is_postgres() { "FOR UPDATE SKIP LOCKED" } else { "" };
    let text = format!(
        "UPDATE outbox_messages SET next_attempt_at = $1, attempts = attempts + 1 WHERE id IN (\
            SELECT id FROM outbox_messages WHERE sent_at IS NULL AND given_up_at IS NULL \
            AND next_attempt_at <= $2 AND kind = $3 {others} ORDER BY next_attempt_at LIMIT {most} {pass_by}) \
         RETURNING id, organiser_id, target_id, payload, attempts, created_at"
    );
    let rows: Vec<ClaimedRow> = load(tx.connection(), text, cells)?;
    let claimed = rows.into_iter().map(|row| Claimed {
        id: row.id.0,
        organiser: row.organiser_id.to(),
        target: row.target_id.0,
        payload: row.payload,
        attempts: u32::try_from(row.attempts).unwrap_or(u32::MAX),
        created_at: row.created_at.0,
    });
    Ok(claimed.collect())
}

/// How an attempt to send ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// The receiver took it.
    Sent,
    /// It is tried again at this time.
    Again {
        /// When.
        at: DateTime<Utc>,
        /// Why it failed; never personal content.
        error: String,
    },
    /// It is not tried again.
    GivenUp {
        /// Why.
        error: String,
    },
}

/// Notes how attempts ended.
///
/// # Errors
/// A failure of the database.
pub fn settle(tx: &mut Tx<'_>, outcomes: &[(Uuid, Outcome)]) -> Result<(), Error> {
    let now = tx.now();
    let sent = outcomes.iter().filter(|(_, outcome)| *outcome == Outcome::Sent);
    let sent: Vec<Uid> = sent.map(|(id, _)| Uid(*id)).collect();
    if !sent.is_empty() {
        diesel::update(table::table.filter(table::id.eq_any(sent)))
            .set(table::sent_at.eq(Some(now)))
            .execute(tx.connection())?;
    }
    // Each has its own time and reason; failures are few, or wait for hours.
    for (id, outcome) in outcomes {
        let (column, at, error) = match outcome {
            Outcome::Sent => continue,
            Outcome::Again { at, error } => ("next_attempt_at", Ts::of(*at), error),
            Outcome::GivenUp { error } => ("given_up_at", now, error),
        };
        let text = format!(
            "UPDATE outbox_messages SET {column} = $1, last_error = $2 WHERE id = $3 AND sent_at IS NULL"
        );
        let error: String = error.chars().take(500).collect();
        execute(tx.connection(), text, vec![at.into(), error.into(), Uid(*id).into()])?;
    }
    Ok(())
}

/// How the messages to one target stand.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Standing {
    /// Messages not yet sent.
    pub waiting: i64,
    /// Messages given up.
    pub given_up: i64,
    /// When one was sent last.
    pub last_sent_at: Option<DateTime<Utc>>,
}

#[derive(QueryableByName)]
struct StandingRow {
    #[diesel(sql_type = Guid)]
    target_id: Uid,
    #[diesel(sql_type = BigInt)]
    waiting: i64,
    #[diesel(sql_type = BigInt)]
    given_up: i64,
    #[diesel(sql_type = diesel::sql_types::Nullable<Instant>)]
    last_sent_at: Option<Ts>,
}

/// How the messages to these targets stand; a target without messages is left out.
///
/// # Errors
/// A failure of the database.
pub fn standing(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    targets: &[Uuid],
) -> Result<std::collections::HashMap<Uuid, Standing>, Error> {
    if targets.is_empty() {
        return Ok(std::collections::HashMap::new());
    }
    let places: Vec<String> = (2..2 + targets.len()).map(|place| format!("${place}")).collect();
    let text = format!(
        "SELECT target_id, \
            count(CASE WHEN sent_at IS NULL AND given_up_at IS NULL THEN 1 END) AS waiting, \
            count(given_up_at) AS given_up, max(sent_at) AS last_sent_at \
         FROM outbox_messages WHERE organiser_id = $1 AND target_id IN ({}) GROUP BY target_id",
        places.join(", ")
    );
    let organiser = Cell::from(Uid::of(scope.organiser()));
    let cells = std::iter::once(organiser).chain(targets.iter().map(|target| Uid(*target).into())).collect();
    let rows: Vec<StandingRow> = load(connection, text, cells)?;
    let standing = rows.into_iter().map(|row| {
        let standing = Standing {
            waiting: row.waiting,
            given_up: row.given_up,
            last_sent_at: row.last_sent_at.map(|at| at.0),
        };
        (row.target_id.0, standing)
    });
    Ok(standing.collect())
}

/// The newest message to a target that nobody has tried to send yet, held until the transaction ends:
/// its id and what it says.
///
/// # Errors
/// A failure of the database.
pub fn find_untried(
    connection: &mut DatabaseConnection,
    organiser: OrganiserId,
    target: Uuid,
) -> Result<Option<(Uuid, String)>, Error> {
    #[derive(QueryableByName)]
    #[diesel(table_name = table)]
    struct Row {
        id: Uid,
        payload: String,
    }
    // On SQLite there is one writer, which nobody passes by.
    let hold = if connection.is_postgres() { "FOR UPDATE SKIP LOCKED" } else { "" };
    let text = format!(
        "SELECT id, payload FROM outbox_messages WHERE organiser_id = $1 AND target_id = $2 AND attempts = 0 \
         AND sent_at IS NULL AND given_up_at IS NULL ORDER BY created_at DESC, id DESC LIMIT 1 {hold}"
    );
    let rows: Vec<Row> = load(connection, text, vec![Uid::of(organiser).into(), Uid(target).into()])?;
    Ok(rows.into_iter().next().map(|row| (row.id.0, row.payload)))
}

/// Lets a message that nobody has tried to send say something else.
///
/// # Errors
/// A failure of the database.
pub fn rewrite(tx: &mut Tx<'_>, id: Uuid, payload: String) -> Result<(), Error> {
    let text = "UPDATE outbox_messages SET payload = $1 WHERE id = $2 AND attempts = 0".to_owned();
    execute(tx.connection(), text, vec![payload.into(), Uid(id).into()])?;
    Ok(())
}

/// Gives up everything that waits for a target; returns what the messages said.
///
/// # Errors
/// A failure of the database.
pub fn give_up_waiting(
    tx: &mut Tx<'_>,
    organiser: OrganiserId,
    target: Uuid,
    error: &str,
) -> Result<Vec<String>, Error> {
    #[derive(QueryableByName)]
    #[diesel(table_name = table)]
    struct Row {
        payload: String,
    }
    let now = tx.now();
    // What was given up in this transaction already is among what was not told.
    let text = "UPDATE outbox_messages SET given_up_at = $1, last_error = $2 WHERE organiser_id = $3 \
                AND target_id = $4 AND sent_at IS NULL AND (given_up_at IS NULL OR given_up_at = $1) RETURNING payload";
    let cells = vec![now.into(), error.to_owned().into(), Uid::of(organiser).into(), Uid(target).into()];
    let rows: Vec<Row> = load(tx.connection(), text.to_owned(), cells)?;
    Ok(rows.into_iter().map(|row| row.payload).collect())
}

/// What a list of deliveries is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum DeliverySort {
    /// The newest message first.
    #[default]
    Newest,
}

/// How the delivery of one message stands; never what it says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Delivery {
    /// The message.
    pub id: Uuid,
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried next, if it waits.
    pub next_attempt_at: Option<DateTime<Utc>>,
    /// When the receiver took it.
    pub sent_at: Option<DateTime<Utc>>,
    /// When it was given up.
    pub given_up_at: Option<DateTime<Utc>>,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
}

type DeliveryRow = (Uid, Ts, i32, Ts, Option<Ts>, Option<Ts>, Option<String>);

/// One page of the messages to a target, as far as they are remembered.
///
/// # Errors
/// A failure of the database.
pub fn deliveries(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    target: Uuid,
    request: &PageRequest<DeliverySort>,
) -> Result<Page<Delivery>, Error> {
    let mut query = table::table
        .filter(table::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(table::target_id.eq(Uid(target)))
        .into_boxed();
    if let Some(after) = request.modified_after.map(Ts::of) {
        query = query.filter(
            table::created_at.gt(after).or(table::sent_at.gt(after)).or(table::given_up_at.gt(after)),
        );
    }
    let DeliverySort::Newest = request.sort;
    let direction = match request.direction {
        Direction::Ascending => Direction::Descending,
        Direction::Descending => Direction::Ascending,
    };
    let turned = PageRequest { direction, ..request.clone() };
    let query = keyset!(query, turned, table::created_at, table::id, instant);
    let rows: Vec<DeliveryRow> = query
        .select((
            table::id,
            table::created_at,
            table::attempts,
            table::next_attempt_at,
            table::sent_at,
            table::given_up_at,
            table::last_error,
        ))
        .load(connection)?;
    let cursor = |row: &DeliveryRow| Cursor { key: instant_key(row.1), id: row.0.0 };
    Page::cut(rows, request.limit, cursor).try_map(|row| {
        let (id, created_at, attempts, next, sent_at, given_up_at, last_error) = row;
        let waits = sent_at.is_none() && given_up_at.is_none();
        Ok(Delivery {
            id: id.0,
            created_at: created_at.0,
            attempts: u32::try_from(attempts).unwrap_or_default(),
            next_attempt_at: waits.then_some(next.0),
            sent_at: sent_at.map(|at| at.0),
            given_up_at: given_up_at.map(|at| at.0),
            last_error,
        })
    })
}

/// Forgets messages that were sent before an instant, at most `most` of them; returns how many.
/// The latest to each target stays: it tells when one was sent last.
///
/// # Errors
/// A failure of the database.
pub fn forget_sent(tx: &mut Tx<'_>, before: DateTime<Utc>, most: u32) -> Result<usize, Error> {
    let condition = "sent_at < $1 AND EXISTS (SELECT 1 FROM outbox_messages later \
                     WHERE later.target_id = outbox_messages.target_id AND later.sent_at > outbox_messages.sent_at)";
    forget(tx, "outbox_messages", "id", condition, vec![Ts::of(before).into()], most)
}

/// Forgets messages that were given up before an instant, at most `most` of them; returns how many.
///
/// # Errors
/// A failure of the database.
pub fn forget_given_up(tx: &mut Tx<'_>, before: DateTime<Utc>, most: u32) -> Result<usize, Error> {
    forget(tx, "outbox_messages", "id", "given_up_at < $1", vec![Ts::of(before).into()], most)
}
