//! The log's consumer that keeps who can see which record, and what has left their reach.
//!
//! It reads on from its position and looks at how the changed records stand *now*, with all those
//! that they draw with them: a person who becomes protected takes their enrolments along. What it
//! finds it stamps with its own clock, which only goes forward; so a reader who was told that the
//! clock stands at an instant has been told everything up to it, however long a transaction took.
//! A record that came and went between two passes was never told of by a list that asks for what
//! changed, and therefore is no departure.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use diesel::{prelude::*, sql_types::Nullable};
use skolhus_domain::access::{Caller, Denial, Identity, Permission, Scope};
use uuid::Uuid;

use crate::{
    core::{
        connection::DatabaseConnection,
        error::Error,
        feed::{CLOCK, DRAWS, Draws, SHOWN_IN, WHOLE, settled},
        page::{Cursor, Direction, Page, PageRequest, instant, instant_key},
        rows::{Cell, OnConflict, load, write_rows},
        scope,
        tx::{Action, Tx},
        types::{Guid, Instant, Ts, Uid},
    },
    schema::{changes, feed_clock},
};

pub use crate::core::feed::{FOLLOWED, Followed};

/// The most changes in one pass.
const LARGEST_PASS: i64 = 500;
/// The most ids in one statement.
const MOST_IDS: usize = 2_000;
/// The lock that lets one server do this at a time.
const LOCK: i64 = 0x736b_6f6c_6875_7304;

/// How far the consumer has read.
fn position(connection: &mut DatabaseConnection) -> Result<i64, Error> {
    let position: Option<i64> =
        feed_clock::table.find(CLOCK).select(feed_clock::position).first(connection).optional()?;
    Ok(position.unwrap_or(0))
}

/// Whether there are changes that it has not read.
///
/// # Errors
/// A failure of the database.
pub fn is_behind(connection: &mut DatabaseConnection) -> Result<bool, Error> {
    let position = position(connection)?;
    let unread = changes::table.filter(changes::position.gt(position));
    Ok(diesel::select(diesel::dsl::exists(unread)).get_result(connection)?)
}

/// Ids by the word of their records.
type Ids = BTreeMap<&'static str, BTreeSet<Uid>>;

/// What the consumer has seen of the changes after its position: who can see what they touch.
#[derive(Clone, Debug)]
pub struct Sighting {
    from: i64,
    to: i64,
    changes: usize,
    seen: Vec<Seen>,
}

/// Whether somebody can see a record.
#[derive(Clone, Copy, Debug)]
struct Seen {
    organiser: Uid,
    entity: &'static str,
    id: Uid,
    unit: Uid,
    present: bool,
}

/// Looks at the records that the next changes touch. None when everything is read.
///
/// It only reads, so that nobody who writes waits for it. What is changed meanwhile comes with a change of its own,
/// and is looked at again.
///
/// # Errors
/// A failure of the database.
pub fn look(connection: &mut DatabaseConnection) -> Result<Option<Sighting>, Error> {
    let from = position(connection)?;
    let read: Vec<(Option<i64>, Uid, String, String, Uid)> = changes::table
        .filter(changes::position.gt(from))
        .order(changes::position.asc())
        .limit(LARGEST_PASS)
        .select((
            changes::position,
            changes::organiser_id,
            changes::entity,
            changes::action,
            changes::entity_id,
        ))
        .load(connection)?;
    let Some(to) = read.last().and_then(|(position, ..)| *position) else { return Ok(None) };
    let count = read.len();

    let mut organisers: BTreeMap<Uid, Ids> = BTreeMap::new();
    for (_, organiser, entity, action, id) in read {
        if action == Action::Access.code() {
            continue;
        }
        if let Some(followed) = Followed::of(&entity) {
            organisers.entry(organiser).or_default().entry(followed.entity).or_default().insert(id);
        }
    }
    let mut seen = Vec::new();
    for (organiser, changed) in organisers {
        Pass { connection, organiser, seen: &mut seen }.see_to(changed)?;
    }
    Ok(Some(Sighting { from, to, changes: count, seen }))
}

/// Stamps what was seen with the clock, and moves the consumer on; returns how many changes it has moved by. None when
/// another server has moved it meanwhile: what was seen may then be older than what that one has noted.
///
/// # Errors
/// A failure of the database.
pub fn note(tx: &mut Tx<'_>, sighting: &Sighting) -> Result<usize, Error> {
    let Sighting { from, to, changes, seen } = sighting;
    if !tx.alone(LOCK)? || position(tx.connection())? != *from {
        return Ok(0);
    }
    let last = settled(tx.connection())?;
    let now = tx.now().max(Ts(last.0 + TimeDelta::microseconds(1)));
    let rows = seen.iter().map(|seen| {
        let Seen { organiser, entity, id, unit, present } = *seen;
        vec![organiser.into(), entity.to_owned().into(), id.into(), unit.into(), present.into(), now.into()]
    });
    write_rows(
        tx.connection(),
        "feed_presences",
        &["organiser_id", "entity", "entity_id", "unit_id", "present", "settled_at"],
        rows.collect(),
        OnConflict::Replace {
            key: &["organiser_id", "entity", "entity_id", "unit_id"],
            only_if: "feed_presences.settled_at < excluded.settled_at",
        },
    )?;
    let row = vec![CLOCK.to_owned().into(), (*to).into(), now.into()];
    let forward = OnConflict::Replace { key: &["name"], only_if: "feed_clock.position < excluded.position" };
    write_rows(tx.connection(), "feed_clock", &["name", "position", "settled_at"], vec![row], forward)?;
    Ok(*changes)
}

#[derive(QueryableByName)]
struct IdRow {
    #[diesel(sql_type = Guid)]
    id: Uid,
}

#[derive(QueryableByName)]
struct ShownRow {
    #[diesel(sql_type = Guid)]
    id: Uid,
    #[diesel(sql_type = Nullable<Guid>)]
    unit: Option<Uid>,
}

#[derive(QueryableByName)]
struct PresenceRow {
    #[diesel(sql_type = Guid)]
    entity_id: Uid,
    #[diesel(sql_type = Guid)]
    unit_id: Uid,
}

/// One pass over the records of one organiser.
struct Pass<'a> {
    connection: &'a mut DatabaseConnection,
    organiser: Uid,
    seen: &'a mut Vec<Seen>,
}

impl Pass<'_> {
    /// Everything that a change touches is told anew, also where it can be seen now as before: between
    /// the change and another one that undid it, a list may have left it out.
    fn see_to(&mut self, changed: Ids) -> Result<(), Error> {
        let mut touched = changed;
        for draws in DRAWS.iter().chain(SHOWN_IN) {
            self.draw(draws, &mut touched)?;
        }
        for followed in FOLLOWED {
            let ids: Vec<Uid> = touched.get(followed.entity).into_iter().flatten().copied().collect();
            for ids in ids.chunks(MOST_IDS) {
                self.compare(followed, ids)?;
            }
        }
        Ok(())
    }

    /// Adds those that `draws` says to the touched.
    fn draw(&mut self, draws: &Draws, touched: &mut Ids) -> Result<(), Error> {
        let from: Vec<Uid> = touched.get(draws.from).into_iter().flatten().copied().collect();
        for ids in from.chunks(MOST_IDS) {
            let drawn: Vec<IdRow> = self.load(draws.which, ids)?;
            touched.entry(draws.to).or_default().extend(drawn.into_iter().map(|row| row.id));
        }
        Ok(())
    }

    /// Compares who can see the records with who could, and keeps both.
    fn compare(&mut self, followed: &Followed, ids: &[Uid]) -> Result<(), Error> {
        let shown: Vec<ShownRow> = self.load(followed.shown, ids)?;
        let shown: BTreeSet<(Uid, Uid)> =
            shown.into_iter().map(|row| (row.id, row.unit.unwrap_or(WHOLE))).collect();
        let text = format!(
            "SELECT entity_id, unit_id FROM feed_presences \
             WHERE organiser_id = $1 AND entity = '{}' AND entity_id IN ({{ids}}) AND present",
            followed.entity
        );
        let known: Vec<PresenceRow> = self.load(&text, ids)?;
        for (id, unit) in &shown {
            self.note(followed, *id, *unit, true);
        }
        for PresenceRow { entity_id, unit_id } in known {
            if !shown.contains(&(entity_id, unit_id)) {
                self.note(followed, entity_id, unit_id, false);
            }
        }
        Ok(())
    }

    fn note(&mut self, followed: &Followed, id: Uid, unit: Uid, present: bool) {
        let organiser = self.organiser;
        self.seen.push(Seen { organiser, entity: followed.entity, id, unit, present });
    }

    fn load<T>(&mut self, text: &str, ids: &[Uid]) -> Result<Vec<T>, Error>
    where
        T: QueryableByName<diesel::pg::Pg> + QueryableByName<diesel::sqlite::Sqlite> + 'static,
    {
        let places: Vec<String> = (2..2 + ids.len()).map(|place| format!("${place}")).collect();
        let text = text.replace("{ids}", &places.join(", "));
        let cells = std::iter::once(self.organiser).chain(ids.iter().copied()).map(Cell::from).collect();
        Ok(load(self.connection, text, cells)?)
    }
}

/// What a list of departures is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum DepartureSort {
    /// When it left.
    #[default]
    DeletedAt,
}

/// A record that has left the caller's reach.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Departure {
    /// The word of the change log.
    pub entity: String,
    /// Which one.
    pub id: Uuid,
    /// When it left, on the consumer's clock.
    pub deleted_at: DateTime<Utc>,
}

#[derive(QueryableByName)]
struct DepartureRow {
    #[diesel(sql_type = Nullable<Instant>)]
    as_of: Option<Ts>,
    #[diesel(sql_type = Nullable<diesel::sql_types::Text>)]
    entity: Option<String>,
    #[diesel(sql_type = Nullable<Guid>)]
    entity_id: Option<Uid>,
    #[diesel(sql_type = Nullable<Instant>)]
    settled_at: Option<Ts>,
}

/// Entities that the caller sees alike, with whose view they have of them.
type Views = BTreeMap<Vec<Uid>, Vec<&'static str>>;

/// Whose view the caller has of each of the records asked for, or of all that they may follow.
fn views(
    connection: &mut DatabaseConnection,
    caller: &Caller,
    limited_to: Option<&[Permission]>,
    asked: &[&'static Followed],
) -> Result<Views, Error> {
    let wanted =
        |followed: &Followed| asked.is_empty() || asked.iter().any(|other| other.entity == followed.entity);
    let permissions: BTreeSet<Permission> =
        FOLLOWED.iter().filter(|followed| wanted(followed)).map(|followed| followed.permission).collect();
    let mut scopes: BTreeMap<Permission, Scope> = BTreeMap::new();
    for (permission, scope) in scope::load_each(connection, caller, permissions)? {
        match scope {
            Ok(scope) if limited_to.is_none_or(|only| only.contains(&permission)) => {
                scopes.insert(permission, scope);
            }
            Ok(_) => {}
            // Who asks for a certain kind is told what is missing.
            Err(denial @ Denial::LevelTooLow(_)) if !asked.is_empty() => return Err(Error::Denied(denial)),
            Err(_) => {}
        }
    }
    let mut views: Views = BTreeMap::new();
    for followed in FOLLOWED.iter().filter(|followed| wanted(followed)) {
        match scopes.get(&followed.permission).and_then(|scope| followed.views(scope)) {
            Some(view) => views.entry(view).or_default().push(followed.entity),
            None if asked.is_empty() => {}
            None => return Err(Error::Denied(Denial::NotPermitted(followed.permission))),
        }
    }
    Ok(views)
}

/// When the caller came to be, as SQL with its id as the parameter of that number: what left before
/// that they cannot have seen.
fn began(caller: &Caller, number: usize) -> Option<(String, Cell)> {
    let (table, id) = match caller.identity {
        Identity::Account(account, _) => ("accounts", Uid::of(account)),
        Identity::Client(client) => ("clients", Uid::of(client)),
        Identity::System(_) => return None,
    };
    let text = format!("(SELECT created_at FROM {table} WHERE organiser_id = $1 AND id = ${number})");
    Some((text, id.into()))
}

/// One page of what has left the caller's reach after an instant, in the order in which it left. A
/// record that has come back is not among it. `asked` names kinds; none for all that the caller may
/// follow. `limited_to` are the only permissions the caller's token is good for, if it was narrowed.
///
/// # Errors
/// [`Error::Denied`] when a kind is asked for that the caller may not follow; a failure of the
/// database.
pub fn departures(
    connection: &mut DatabaseConnection,
    caller: &Caller,
    limited_to: Option<&[Permission]>,
    asked: &[&'static Followed],
    request: &PageRequest<DepartureSort>,
) -> Result<Page<Departure>, Error> {
    let views = views(connection, caller, limited_to, asked)?;
    if views.is_empty() {
        return Ok(Page { items: Vec::new(), next: None, as_of: Some(settled(connection)?.0) });
    }
    let after = request.modified_after.map_or(Ts(DateTime::UNIX_EPOCH), Ts::of);
    let mut cells: Vec<Cell> = vec![Uid::of(caller.organiser).into(), after.into()];
    let mut text = "SELECT p.entity AS entity, p.entity_id AS entity_id, p.settled_at AS settled_at \
         FROM feed_presences p WHERE p.organiser_id = $1 AND p.present = FALSE AND p.settled_at > $2"
        .to_owned();
    if let Some((began, id)) = began(caller, cells.len() + 1) {
        text.push_str(&format!(" AND p.settled_at > {began}"));
        cells.push(id);
    }
    let (beyond, way) = match request.direction {
        Direction::Ascending => (">", "ASC"),
        Direction::Descending => ("<", "DESC"),
    };
    if let Some(cursor) = &request.after {
        let (at, entity) = cursor.key.split_once(' ').unwrap_or((cursor.key.as_str(), ""));
        let [at_place, entity_place, id_place] = [1, 2, 3].map(|place| cells.len() + place);
        text.push_str(&format!(
            " AND (p.settled_at, p.entity, p.entity_id) {beyond} (${at_place}, ${entity_place}, ${id_place})"
        ));
        cells.extend([instant(at).into(), entity.to_owned().into(), Uid(cursor.id).into()]);
    }
    let mut any = Vec::with_capacity(views.len());
    for (view, entities) in views {
        let words: Vec<String> = entities.iter().map(|word| format!("'{word}'")).collect();
        let places: Vec<String> =
            (cells.len() + 1..=cells.len() + view.len()).map(|place| format!("${place}")).collect();
        cells.extend(view.into_iter().map(Cell::from));
        let (words, units) = (words.join(", "), places.join(", "));
        // Of several units the last one that it left counts, if it is in none of them now.
        any.push(format!(
            "(p.entity IN ({words}) AND p.unit_id IN ({units}) AND NOT EXISTS (SELECT 1 FROM feed_presences q \
             WHERE q.organiser_id = p.organiser_id AND q.entity = p.entity AND q.entity_id = p.entity_id \
             AND q.unit_id IN ({units}) AND (q.present OR q.settled_at > p.settled_at \
             OR (q.settled_at = p.settled_at AND q.unit_id > p.unit_id))))"
        ));
    }
    text.push_str(&format!(
        " AND ({}) ORDER BY p.settled_at {way}, p.entity {way}, p.entity_id {way} LIMIT {}",
        any.join(" OR "),
        u64::from(request.limit) + 1
    ));
    // The clock stands beside each row, and alone where there is none: one statement, one snapshot.
    let text = format!(
        "SELECT clock.at AS as_of, d.entity, d.entity_id, d.settled_at \
         FROM (SELECT (SELECT settled_at FROM feed_clock WHERE name = '{CLOCK}') AS at) clock \
         LEFT JOIN ({text}) d ON TRUE ORDER BY d.settled_at {way}, d.entity {way}, d.entity_id {way}"
    );
    let rows: Vec<DepartureRow> = load(connection, text, cells)?;
    let as_of = rows.first().and_then(|row| row.as_of).map_or(DateTime::UNIX_EPOCH, |at| at.0);
    let departures = rows.into_iter().filter_map(|row| {
        let DepartureRow { as_of: _, entity, entity_id, settled_at } = row;
        Some(Departure { entity: entity?, id: entity_id?.0, deleted_at: settled_at?.0 })
    });
    let cursor = |departure: &Departure| Cursor {
        key: format!("{} {}", instant_key(Ts::of(departure.deleted_at)), departure.entity),
        id: departure.id,
    };
    Ok(Page { as_of: Some(as_of), ..Page::cut(departures.collect(), request.limit, cursor) })
}
