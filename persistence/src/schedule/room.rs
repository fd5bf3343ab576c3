//! Rooms (lokaler) of school units, and other things that lessons take up.

use diesel::prelude::*;
use skolhus_domain::{
    access::{Part, Permission, Reach, Scope},
    id::{RoomId, SchoolUnitId},
    person::{search_key_of_query, search_key_of_text, sort_key_of_text},
    schedule::{Room, RoomKind},
    text::Text,
};

use crate::{
    Saved,
    core::{
        connection::{DatabaseConnection, MultiBackend},
        error::Error,
        feed::modified_after,
        page::{Cursor, Page, PageRequest, instant, instant_key, keyset, text},
        record::record,
        tx::Tx,
        types::{Ts, Uid},
        value_row::{self, ValueRow, all_saved, inconsistent, saved},
    },
    schema::{lesson_rooms, lessons, rooms},
};

record! {
    /// A room's row.
    pub(crate) struct RoomRow in rooms as "room" {
        school_unit_id: Uid,
        kind: String,
        name: String,
        name_sort_key: String,
        name_search_key: String,
        seats: Option<i32>,
        is_shared: bool,
    }
}

/// What a list of rooms is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum RoomSort {
    /// Name, in Swedish order.
    #[default]
    Name,
    /// When it was changed last.
    ModifiedAt,
}

/// Which rooms are asked for.
#[derive(Clone, Debug, Default)]
pub struct RoomFilter {
    /// Words of the name, each by its beginning.
    pub name: Option<String>,
    /// Of these school units.
    pub school_units: Vec<SchoolUnitId>,
    /// Of these kinds.
    pub kinds: Vec<RoomKind>,
    /// With at least so many seats.
    pub seats_at_least: Option<u16>,
}

/// The rooms that a scope reaches. Which rooms there are is no secret within the organiser;
/// who works for one unit changes only the rooms of that unit.
fn reachable<'a>(scope: &Scope) -> rooms::BoxedQuery<'a, MultiBackend> {
    let found = rooms::table
        .filter(rooms::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(rooms::withdrawn_at.is_null())
        .into_boxed();
    match scope.reach() {
        Reach::Parts(parts) if scope.permission() == Permission::ManageOrganisation => {
            let units = parts.iter().filter_map(|part| match part {
                Part::Unit(unit) => Some(Uid::of(*unit)),
                Part::Taught(..) | Part::Own(_) | Part::Ward(_) => None,
            });
            found.filter(rooms::school_unit_id.eq_any(units.collect::<Vec<_>>()))
        }
        Reach::Organiser | Reach::Parts(_) => found,
    }
}

/// One room.
///
/// # Errors
/// A failure of the database.
pub fn find(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: RoomId,
) -> Result<Option<Saved<RoomId, Room>>, Error> {
    Ok(find_many(connection, scope, &[id])?.pop())
}

/// Those of these rooms that there are.
///
/// # Errors
/// A failure of the database.
pub fn find_many(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    ids: &[RoomId],
) -> Result<Vec<Saved<RoomId, Room>>, Error> {
    let ids: Vec<Uid> = ids.iter().copied().map(Uid::of).collect();
    let rows: Vec<RoomRow> =
        reachable(scope).filter(rooms::id.eq_any(ids)).select(RoomRow::as_select()).load(connection)?;
    all_saved(rows)
}

/// Whether the id is in use, also by one out of reach or withdrawn.
///
/// # Errors
/// A failure of the database.
pub fn is_taken(connection: &mut DatabaseConnection, scope: &Scope, id: RoomId) -> Result<bool, Error> {
    let key = (Uid::of(scope.organiser()), Uid::of(id));
    Ok(diesel::select(diesel::dsl::exists(rooms::table.find(key))).get_result(connection)?)
}

/// Whether a lesson takes place in the room.
///
/// # Errors
/// A failure of the database.
pub fn is_used(connection: &mut DatabaseConnection, scope: &Scope, id: RoomId) -> Result<bool, Error> {
    let used = lesson_rooms::table
        .inner_join(lessons::table.on(
            lessons::organiser_id.eq(lesson_rooms::organiser_id).and(lessons::id.eq(lesson_rooms::lesson_id)),
        ))
        .filter(lesson_rooms::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(lesson_rooms::room_id.eq(Uid::of(id)))
        .filter(lesson_rooms::withdrawn_at.is_null())
        .filter(lessons::withdrawn_at.is_null());
    Ok(diesel::select(diesel::dsl::exists(used)).get_result(connection)?)
}

/// Whether another room of the school unit has the name.
///
/// # Errors
/// A failure of the database.
pub fn has_namesake(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: RoomId,
    room: &Room,
) -> Result<bool, Error> {
    let namesake = rooms::table
        .filter(rooms::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(rooms::school_unit_id.eq(Uid::of(room.school_unit)))
        .filter(rooms::name_sort_key.eq(sort_key_of_text(room.name.as_str())))
        .filter(rooms::id.ne(Uid::of(id)))
        .filter(rooms::withdrawn_at.is_null());
    Ok(diesel::select(diesel::dsl::exists(namesake)).get_result(connection)?)
}

/// Holds the school unit until the end of the transaction: a name is one room's at a time there.
///
/// # Errors
/// A failure of the database.
pub fn lock_unit(tx: &mut Tx<'_>, id: SchoolUnitId) -> Result<(), Error> {
    tx.lock_in("school_units", &[Uid::of(id)])
}

/// One page of the rooms.
///
/// # Errors
/// A failure of the database.
pub fn list(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filter: &RoomFilter,
    request: &PageRequest<RoomSort>,
) -> Result<Page<Saved<RoomId, Room>>, Error> {
    let RoomFilter { name, school_units, kinds, seats_at_least } = filter;
    let mut query = reachable(scope);
    for word in search_key_of_query(name.as_deref().unwrap_or_default()).split_whitespace() {
        query = query.filter(rooms::name_search_key.like(format!("% {word}%")));
    }
    if !school_units.is_empty() {
        let units: Vec<Uid> = school_units.iter().copied().map(Uid::of).collect();
        query = query.filter(rooms::school_unit_id.eq_any(units));
    }
    if !kinds.is_empty() {
        query = query.filter(rooms::kind.eq_any(kinds.iter().map(|kind| kind.code()).collect::<Vec<_>>()));
    }
    if let Some(seats) = *seats_at_least {
        query = query.filter(rooms::seats.ge(i32::from(seats)));
    }
    let query = modified_after!(query, request, scope, rooms, "room");
    let query = match request.sort {
        RoomSort::Name => keyset!(query, request, rooms::name_sort_key, rooms::id, text),
        RoomSort::ModifiedAt => keyset!(query, request, rooms::modified_at, rooms::id, instant),
    };
    let rows = query.select(RoomRow::as_select()).load(connection)?;
    let cursor = |row: &RoomRow| Cursor {
        key: match request.sort {
            RoomSort::Name => row.name_sort_key.clone(),
            RoomSort::ModifiedAt => instant_key(row.modified_at),
        },
        id: row.id.0,
    };
    Page::cut(rows, request.limit, cursor).followed(connection, "room", scope, request)?.try_map(saved)
}

/// Enters a room.
///
/// # Errors
/// A failure of the database.
pub fn insert(tx: &mut Tx<'_>, scope: &Scope, id: RoomId, room: &Room) -> Result<Saved<RoomId, Room>, Error> {
    value_row::insert::<RoomRow>(tx, scope, id, room)
}

/// Saves a new state of a room, as the next version after `before`.
///
/// # Errors
/// [`Error::Stale`] when it has changed meanwhile; a failure of the database.
pub fn update(
    tx: &mut Tx<'_>,
    scope: &Scope,
    before: &Saved<RoomId, Room>,
    room: &Room,
) -> Result<Saved<RoomId, Room>, Error> {
    value_row::update::<RoomRow>(tx, scope, before, room)
}

/// Withdraws a room as a mistaken entry.
///
/// # Errors
/// As [`update`].
pub fn withdraw(tx: &mut Tx<'_>, scope: &Scope, before: &Saved<RoomId, Room>) -> Result<(), Error> {
    value_row::withdraw_many::<RoomRow>(tx, scope, std::slice::from_ref(before))
}

impl ValueRow for RoomRow {
    type Id = RoomId;
    type Value = Room;

    fn of(organiser_id: Uid, id: Uid, now: Ts, room: &Room) -> Self {
        let Room { school_unit, kind, name, seats, is_shared } = room;
        Self {
            organiser_id,
            id,
            version: 1,
            created_at: now,
            modified_at: now,
            withdrawn_at: None,
            school_unit_id: Uid::of(*school_unit),
            kind: kind.code().to_owned(),
            name: name.as_str().to_owned(),
            name_sort_key: sort_key_of_text(name.as_str()),
            name_search_key: search_key_of_text(name.as_str()),
            seats: seats.map(i32::from),
            is_shared: *is_shared,
        }
    }

    fn into_value(self) -> Result<Room, Error> {
        let Self {
            organiser_id: _,
            id,
            version: _,
            created_at: _,
            modified_at: _,
            withdrawn_at: _,
            school_unit_id,
            kind,
            name,
            name_sort_key: _,
            name_search_key: _,
            seats,
            is_shared,
        } = self;
        let refused = inconsistent::<RoomRow>(id);
        Ok(Room {
            school_unit: school_unit_id.to(),
            kind: RoomKind::from_code(&kind).map_err(refused)?,
            name: Text::line(&name, 100).map_err(refused)?,
            seats: seats.and_then(|seats| u16::try_from(seats).ok()),
            is_shared,
        })
    }
}
