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
    schema::{accounts, changes, clients, feed_clock},
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

/// One pass; returns how many changes it read. None when another server is at it.
///
/// # Errors
/// A failure of the database.
pub fn pass(tx: &mut Tx<'_>) -> Result<usize, Error> {
    if !tx.alone(LOCK)? {
        return Ok(0);
    }
    let from = position(tx.connection())?;
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
        .load(tx.connection())?;
    let Some(to) = read.last().and_then(|(position, ..)| *position) else { return Ok(0) };
    let last = settled(tx.connection())?;
    let now = tx.now().max(Ts(last.0 + TimeDelta::microseconds(1)));
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
    let mut rows = Vec::new();
    for (organiser, changed) in organisers {
        Pass { connection: tx.connection(), organiser, now, rows: &mut rows }.see_to(&changed)?;
    }
    write_rows(
        tx.connection(),
        "feed_presences",
        &["organiser_id", "entity", "entity_id", "unit_id", "present", "settled_at"],
        rows,
        OnConflict::Replace {
            key: &["organiser_id", "entity", "entity_id", "unit_id"],
            only_if: "feed_presences.settled_at < excluded.settled_at",
        },
    )?;
    let row = vec![CLOCK.to_owned().into(), to.into(), now.into()];
    let forward = OnConflict::Replace { key: &["name"], only_if: "feed_clock.position < excluded.position" };
    write_rows(tx.connection(), "feed_clock", &["name", "position", "settled_at"], vec![row], forward)?;
    Ok(count)
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
    #[diesel(sql_type = diesel::sql_types::Bool)]
    present: bool,
}

/// One pass over the records of one organiser.
struct Pass<'a> {
    connection: &'a mut DatabaseConnection,
    organiser: Uid,
    now: Ts,
    rows: &'a mut Vec<Vec<Cell>>,
}

impl Pass<'_> {
    fn see_to(&mut self, changed: &Ids) -> Result<(), Error> {
        let mut touched = changed.clone();
        for draws in DRAWS {
            self.draw(draws, &mut touched)?;
        }
        let mut changed = changed.clone();
        let mut moved: Ids = BTreeMap::new();
        // Records that show another inside them come last: they follow it when it leaves or comes.
        let shows = |followed: &Followed| SHOWN_IN.iter().any(|shown| shown.to == followed.entity);
        let mut kinds: Vec<&Followed> = FOLLOWED.iter().collect();
        kinds.sort_by_key(|followed| shows(followed));
        for followed in kinds {
            for shown in SHOWN_IN.iter().filter(|shown| shown.to == followed.entity) {
                let mut with = moved.clone();
                self.draw(shown, &mut with)?;
                let drawn = with.remove(shown.to).unwrap_or_default();
                touched.entry(shown.to).or_default().extend(&drawn);
                changed.entry(shown.to).or_default().extend(drawn);
            }
            let Some(ids) = touched.get(followed.entity) else { continue };
            let ids: Vec<Uid> = ids.iter().copied().collect();
            let own = changed.get(followed.entity).cloned().unwrap_or_default();
            for ids in ids.chunks(MOST_IDS) {
                let moved_now = self.compare(followed, ids, &own)?;
                moved.entry(followed.entity).or_default().extend(moved_now);
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

    /// Compares who can see the records with who could, and notes the difference; returns those
    /// that came or left.
    fn compare(
        &mut self,
        followed: &Followed,
        ids: &[Uid],
        changed: &BTreeSet<Uid>,
    ) -> Result<Vec<Uid>, Error> {
        let shown: Vec<ShownRow> = self.load(followed.shown, ids)?;
        let shown: BTreeSet<(Uid, Uid)> =
            shown.into_iter().map(|row| (row.id, row.unit.unwrap_or(WHOLE))).collect();
        let text = format!(
            "SELECT entity_id, unit_id, present FROM feed_presences \
             WHERE organiser_id = $1 AND entity = '{}' AND entity_id IN ({{ids}})",
            followed.entity
        );
        let known: Vec<PresenceRow> = self.load(&text, ids)?;
        let known: BTreeMap<(Uid, Uid), bool> =
            known.into_iter().map(|row| ((row.entity_id, row.unit_id), row.present)).collect();
        let mut moved = Vec::new();
        for (id, unit) in &shown {
            let came = known.get(&(*id, *unit)) != Some(&true);
            if came {
                moved.push(*id);
            }
            if came || changed.contains(id) {
                self.note(followed, *id, *unit, true);
            }
        }
        for ((id, unit), present) in known {
            if present && !shown.contains(&(id, unit)) {
                moved.push(id);
                self.note(followed, id, unit, false);
            }
        }
        Ok(moved)
    }

    fn note(&mut self, followed: &Followed, id: Uid, unit: Uid, present: bool) {
        self.rows.push(vec![
            self.organiser.into(),
            followed.entity.to_owned().into(),
            id.into(),
            unit.into(),
            present.into(),
            self.now.into(),
        ]);
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
    #[diesel(sql_type = diesel::sql_types::Text)]
    entity: String,
    #[diesel(sql_type = Guid)]
    entity_id: Uid,
    #[diesel(sql_type = Instant)]
    settled_at: Ts,
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

/// When the caller came to be: what left before that they cannot have seen.
fn began(connection: &mut DatabaseConnection, caller: &Caller) -> Result<Option<Ts>, Error> {
    let organiser = Uid::of(caller.organiser);
    Ok(match caller.identity {
        Identity::Account(account, _) => accounts::table
            .find((organiser, Uid::of(account)))
            .select(accounts::created_at)
            .first(connection)
            .optional()?,
        Identity::Client(client) => clients::table
            .find((organiser, Uid::of(client)))
            .select(clients::created_at)
            .first(connection)
            .optional()?,
        Identity::System(_) => None,
    })
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
    let as_of = settled(connection)?;
    if views.is_empty() {
        return Ok(Page { items: Vec::new(), next: None, as_of: Some(as_of.0) });
    }
    let asked_after = request.modified_after.map_or(Ts(DateTime::UNIX_EPOCH), Ts::of);
    let after = began(connection, caller)?.map_or(asked_after, |began| began.max(asked_after));
    let mut cells: Vec<Cell> = vec![Uid::of(caller.organiser).into(), after.into()];
    let mut text = "SELECT p.entity AS entity, p.entity_id AS entity_id, p.settled_at AS settled_at \
         FROM feed_presences p WHERE p.organiser_id = $1 AND p.present = FALSE AND p.settled_at > $2"
        .to_owned();
    let (beyond, way) = match request.direction {
        Direction::Ascending => (">", "ASC"),
        Direction::Descending => ("<", "DESC"),
    };
    if let Some(cursor) = &request.after {
        let (at, entity) = cursor.key.split_once(' ').unwrap_or((cursor.key.as_str(), ""));
        text.push_str(&format!(" AND (p.settled_at, p.entity, p.entity_id) {beyond} ($3, $4, $5)"));
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
    let rows: Vec<DepartureRow> = load(connection, text, cells)?;
    let cursor = |row: &DepartureRow| Cursor {
        key: format!("{} {}", instant_key(row.settled_at), row.entity),
        id: row.entity_id.0,
    };
    let page = Page::cut(rows, request.limit, cursor).try_map(|row| {
        let DepartureRow { entity, entity_id, settled_at } = row;
        Ok::<_, Error>(Departure { entity, id: entity_id.0, deleted_at: settled_at.0 })
    })?;
    Ok(Page { as_of: Some(as_of.0), ..page })
}
