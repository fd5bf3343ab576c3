//! Merges of two records of one person. Which rows name a person stands in
//! [`crate::PERSON_COLUMNS`]; no table is named here.

use std::fmt::Write as _;

use chrono::NaiveDate;
use diesel::{
    prelude::*,
    sql_types::{BigInt, Bool},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use skolhus_domain::{
    access::{InformationClass, Reach, Scope},
    id::{PersonId, PersonMergeId},
    person::{
        Added, MergeState, PersonFacts, PersonMerge, Sex,
        relation::{Carrying, Opens, SecondPerson},
    },
    text::Text,
};
use uuid::Uuid;

use super::{carried, contact, person::PersonRow};

pub use super::carried::{Around, Carry};
use crate::{
    Saved,
    core::{
        connection::{DatabaseConnection, MultiBackend},
        error::Error,
        page::{Cursor, Page, PageRequest, instant, instant_key, keyset},
        person_columns::{Changed, Clash, Move, OnMerge, PERSON_COLUMNS, PersonColumn},
        record::record,
        registry::{InformationOf, TABLES},
        rows::{Cell, load},
        tx::{Rows, Tx},
        types::{Guid, Json, Ts, Uid},
    },
    schema::{person_merges, persons},
};

record! {
    /// A merge's row.
    pub(crate) struct PersonMergeRow in person_merges as "person merge" {
        kept_id: Uid,
        merged_id: Uid,
        state: String,
        reason: String,
        reversal_reason: Option<String>,
        reversed_at: Option<Ts>,
        moved: Json,
        added: Json,
        carried: Option<Json>,
    }
}

/// What a list of merges is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum MergeSort {
    /// When they were made.
    #[default]
    CreatedAt,
    /// When they were changed last.
    ModifiedAt,
}

/// Which merges are asked for. An empty list asks for all.
#[derive(Clone, Debug, Default)]
pub struct MergeFilter {
    /// In these states.
    pub states: Vec<MergeState>,
    /// That kept or withdrew one of these persons.
    pub persons: Vec<PersonId>,
}

/// How many records of a kind name a person.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Moves {
    /// The change log's word for them.
    pub entity: &'static str,
    /// How many.
    pub records: i64,
}

/// Two records that cannot be one person's, or one that is between the two persons.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Clashing {
    /// The change log's word for them.
    pub entity: &'static str,
    /// The kept person's record.
    pub kept: Uuid,
    /// The other person's record; the same one where it is between the two.
    pub merged: Uuid,
}

/// What a merge would find.
#[derive(Clone, Debug)]
pub struct Survey {
    /// What would move, of what the caller may know of.
    pub moves: Vec<Moves>,
    /// What stands in the way.
    pub clashes: Vec<Clashing>,
    /// What becomes of relations, clearings and bans.
    pub carry: Carry,
    /// Rows of the other person that would clash and stay with the withdrawn record: nobody may be
    /// told of them, since they concern a protected person, or the kept person's word stands. By column.
    left: Vec<(usize, Uid)>,
}

/// Rows that moved, as the merge keeps them.
#[derive(Serialize, Deserialize)]
struct MovedRows {
    table: String,
    column: String,
    rows: Vec<(Uuid, i64)>,
}

/// What was added, as the merge keeps it.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoredAdded {
    birth_date: Option<NaiveDate>,
    sex: Option<String>,
    registered_at_id: Option<Uuid>,
    contact: Value,
}

/// What an undoing cannot take apart.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entangled {
    /// The change log's word for the record.
    pub entity: &'static str,
    /// Which one.
    pub id: Uuid,
    /// Whether it waits for a second person; else it was changed.
    pub waits: bool,
}

/// The columns whose rows move.
fn moving() -> impl Iterator<Item = (usize, &'static PersonColumn, Move)> {
    PERSON_COLUMNS.iter().enumerate().filter_map(|(place, column)| match column.on_merge {
        OnMerge::Moves(how) => Some((place, column, how)),
        OnMerge::Stays(_) => None,
    })
}

/// The other columns of a table that name a person.
fn other_columns(column: &'static PersonColumn) -> impl Iterator<Item = &'static PersonColumn> {
    PERSON_COLUMNS.iter().filter(|other| other.table == column.table && other.column != column.column)
}

/// Whether nobody may be told of a row: its table says so, or it concerns a protected person in
/// another column. As SQL.
fn untold(column: &'static PersonColumn) -> String {
    let secret = TABLES.iter().any(|entry| {
        entry.table == column.table
            && matches!(entry.information, InformationOf::Person(InformationClass::Protected, _))
    });
    if secret {
        return "(1 = 1)".to_owned();
    }
    let mut text = "(1 = 0".to_owned();
    for other in other_columns(column) {
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            " OR EXISTS (SELECT 1 FROM persons p WHERE p.organiser_id = t.organiser_id AND p.id = t.{} AND p.is_protected)",
            other.column
        );
    }
    text.push(')');
    text
}

/// Holds both records, and whatever begins to name them, until the end of the transaction.
///
/// # Errors
/// A failure of the database.
pub fn lock(tx: &mut Tx<'_>, persons: [PersonId; 2]) -> Result<(), Error> {
    let persons = persons.map(Uid::of);
    tx.lock_with_references("persons", &persons)?;
    carried::lock(tx, persons)
}

/// Looks at what a merge would move and what stands in its way, in five statements. Whether the kept record
/// would get a date of birth is for the domain to say.
///
/// # Errors
/// A failure of the database.
pub fn survey(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    [kept, merged]: [PersonId; 2],
    gets_birth_date: bool,
    second_person: SecondPerson,
) -> Result<Survey, Error> {
    let moves = count_moves(connection, scope, merged)?;
    let carrying = Carrying {
        from: merged,
        to: kept,
        opens: Opens {
            to_accounts: moves.iter().any(|moves| moves.entity == "account"),
            birth_date: gets_birth_date,
        },
        today: scope.today(),
        by: scope.account(),
        second_person,
    };
    let carry = carried::carry(connection, scope, carrying)?;
    let mut survey = Survey { moves, clashes: Vec::new(), carry, left: Vec::new() };
    for clash in find_clashes(connection, scope, kept, merged)? {
        let Some(column) = usize::try_from(clash.place).ok().and_then(|place| PERSON_COLUMNS.get(place))
        else {
            continue;
        };
        let stays = matches!(column.on_merge, OnMerge::Moves(Move { clash: Clash::StaysBehind(..), .. }));
        if clash.hidden || stays {
            survey.left.push((usize::try_from(clash.place).unwrap_or_default(), clash.merged));
        } else {
            let found = Clashing { entity: column.entity, kept: clash.kept.0, merged: clash.merged.0 };
            if !survey.clashes.contains(&found) {
                survey.clashes.push(found);
            }
        }
    }
    Ok(survey)
}

#[derive(QueryableByName)]
struct Counted {
    #[diesel(sql_type = BigInt)]
    place: i64,
    #[diesel(sql_type = BigInt)]
    records: i64,
}

fn count_moves(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    merged: PersonId,
) -> Result<Vec<Moves>, Error> {
    let parts: Vec<String> = moving()
        .map(|(place, column, how)| {
            let PersonColumn { table, column: name, .. } = column;
            format!(
                "SELECT CAST({place} AS BIGINT) AS place, count(*) AS records FROM {table} AS t \
                 WHERE t.organiser_id = $1 AND t.{name} = $2 AND t.withdrawn_at IS NULL AND {} AND NOT {}",
                how.only.unwrap_or("1 = 1"),
                untold(column)
            )
        })
        .collect();
    let cells = vec![Uid::of(scope.organiser()).into(), Uid::of(merged).into()];
    let mut counted: Vec<Counted> = load(connection, parts.join(" UNION ALL "), cells)?;
    counted.sort_by_key(|row| row.place);
    let mut moves: Vec<Moves> = Vec::new();
    for row in counted.into_iter().filter(|row| row.records > 0) {
        let Some(column) = usize::try_from(row.place).ok().and_then(|place| PERSON_COLUMNS.get(place)) else {
            continue;
        };
        match moves.iter_mut().find(|moves| moves.entity == column.entity) {
            Some(moves) => moves.records += row.records,
            None => moves.push(Moves { entity: column.entity, records: row.records }),
        }
    }
    Ok(moves)
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = BigInt)]
    place: i64,
    #[diesel(sql_type = Guid)]
    kept: Uid,
    #[diesel(sql_type = Guid)]
    merged: Uid,
    #[diesel(sql_type = Bool)]
    hidden: bool,
}

fn find_clashes(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    kept: PersonId,
    merged: PersonId,
) -> Result<Vec<Found>, Error> {
    let mut parts = Vec::new();
    for (place, column, how) in moving() {
        let PersonColumn { table, column: name, .. } = column;
        let hidden = untold(column);
        let (same, days) = match how.clash {
            Clash::None => (None, None),
            Clash::Same(same) => (Some(same), None),
            Clash::StaysBehind(same, from, to) | Clash::SameDays(same, from, to) => {
                (Some(same), Some((from, to)))
            }
        };
        if let Some(same) = same {
            let mut text = format!(
                "SELECT CAST({place} AS BIGINT) AS place, k.id AS kept, t.id AS merged, {hidden} AS hidden \
                 FROM {table} AS t JOIN {table} AS k ON k.organiser_id = t.organiser_id AND k.{name} = $2 \
                 AND k.withdrawn_at IS NULL"
            );
            for column in same {
                // Null is the same as null here, on both databases.
                let _ = write!(
                    text,
                    " AND (k.{column} = t.{column} OR (k.{column} IS NULL AND t.{column} IS NULL))"
                );
            }
            if let Some((from, to)) = days {
                let _ = write!(
                    text,
                    " AND (k.{to} IS NULL OR t.{from} <= k.{to}) AND (t.{to} IS NULL OR k.{from} <= t.{to})"
                );
            }
            let only = how.only.unwrap_or("1 = 1");
            let _ = write!(
                text,
                " WHERE t.organiser_id = $1 AND t.{name} = $3 AND t.withdrawn_at IS NULL AND {only}"
            );
            parts.push(text);
        }
        for other in other_columns(column) {
            parts.push(format!(
                "SELECT CAST({place} AS BIGINT) AS place, t.id AS kept, t.id AS merged, {hidden} AS hidden \
                 FROM {table} AS t WHERE t.organiser_id = $1 AND t.{} = $2 AND t.{name} = $3 \
                 AND t.withdrawn_at IS NULL",
                other.column
            ));
        }
    }
    // The parameters appear in their order whatever the first part names.
    let text =
        format!("WITH asked(organiser, kept, merged) AS (SELECT $1, $2, $3) {}", parts.join(" UNION ALL "));
    let cells =
        vec![Cell::from(Uid::of(scope.organiser())), Cell::from(Uid::of(kept)), Cell::from(Uid::of(merged))];
    let mut found: Vec<Found> = load(connection, text, cells)?;
    found.sort_by_key(|clash| (clash.place, clash.kept, clash.merged));
    Ok(found)
}

/// Merges: everything that names the one person names the other from now on, the kept record
/// becomes `after`, the other is withdrawn. Both are locked, and have the versions named.
///
/// # Errors
/// [`Error::Stale`] when one of the records has changed meanwhile; a failure of the database.
#[allow(clippy::too_many_arguments, reason = "the act's own facts, each named once")]
pub fn carry_out(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: PersonMergeId,
    merge: &PersonMerge,
    versions: [i64; 2],
    survey: &Survey,
    after: &PersonFacts,
    added: &Added,
) -> Result<Saved<PersonMergeId, PersonMerge>, Error> {
    let (kept, merged) = (Uid::of(merge.kept), Uid::of(merge.merged));
    let [kept_version, merged_version] = versions;
    let kept_before = PersonRow::standing(tx, scope, merge.kept, kept_version)?;
    let merged_before = PersonRow::standing(tx, scope, merge.merged, merged_version)?;
    tx.because(merge.reason.as_str());
    let carried = survey.carry.apply(tx, scope)?;
    let mut moved = Vec::new();
    for (place, column, _) in moving() {
        let left: Vec<Uid> = survey
            .left
            .iter()
            .filter(|(other, _)| *other == place)
            .map(|(_, id)| *id)
            .chain(carried.left(column.table))
            .collect();
        let rows = tx.repoint(column, merged, kept, Rows::AllBut(&left))?;
        carried.check(column.table, &rows)?;
        if !rows.is_empty() {
            let rows = rows.into_iter().map(|(id, version)| (id.0, version)).collect();
            moved.push(MovedRows { table: column.table.to_owned(), column: column.column.to_owned(), rows });
        }
    }
    let kept_after = PersonRow::of(kept_before.organiser_id, kept, kept_before.created_at, after);
    let merged_after = PersonRow { withdrawn_at: Some(tx.now()), ..merged_before.clone() };
    // Its numbers and identifiers are part of the kept record, which is another from now on.
    tx.write_states(vec![(kept_before, kept_after, true), (merged_before, merged_after, false)])?;
    let now = tx.now();
    let row = PersonMergeRow {
        organiser_id: Uid::of(scope.organiser()),
        id: Uid::of(id),
        version: 1,
        created_at: now,
        modified_at: now,
        withdrawn_at: None,
        kept_id: kept,
        merged_id: merged,
        state: merge.state().code().to_owned(),
        reason: merge.reason.as_str().to_owned(),
        reversal_reason: None,
        reversed_at: None,
        moved: Json(serde_json::to_value(&moved).map_err(|_| Error::Internal("moved rows".to_owned()))?),
        added: Json(stored(added)?),
        carried: Some(carried.document()?),
    };
    tx.insert(std::slice::from_ref(&row)).map_err(|error| error.raced("person_merges_once_key"))?;
    row.into_saved()
}

/// What was added to the kept record of a merge.
///
/// # Errors
/// [`Error::Inconsistent`]; a failure of the database.
pub fn added(connection: &mut DatabaseConnection, scope: &Scope, id: PersonMergeId) -> Result<Added, Error> {
    let row = one(connection, scope, id)?;
    read_added(&row)
}

/// Undoes a merge: what moved names its person again, what was made to wait or withdrawn is what it was, the
/// withdrawn record comes back, the kept one becomes `after`. Both are locked. What cannot be taken apart is
/// answered; then nothing of what was done may be kept.
///
/// # Errors
/// [`Error::Stale`] when a record has changed meanwhile; a failure of the database.
pub fn reverse(
    tx: &mut Tx<'_>,
    scope: &Scope,
    before: &Saved<PersonMergeId, PersonMerge>,
    merge: &PersonMerge,
    kept_version: i64,
    after: &PersonFacts,
    second_person: SecondPerson,
) -> Result<Result<Saved<PersonMergeId, PersonMerge>, Vec<Entangled>>, Error> {
    let row = one(tx.connection(), scope, before.id)?;
    if row.version != before.version {
        return Err(Error::Stale { entity: "person merge" });
    }
    let moved: Vec<MovedRows> = serde_json::from_value(row.moved.0.clone())
        .map_err(|_| inconsistent(&row, "what moved cannot be read"))?;
    let kept_before = PersonRow::standing(tx, scope, merge.kept, kept_version)?;
    let merged_before = PersonRow::withdrawn(tx, scope, merge.merged)?;
    if let Some((reason, _)) = &merge.reversal {
        tx.because(reason.as_str());
    }
    let reversed = PersonMergeRow {
        state: merge.state().code().to_owned(),
        reversal_reason: merge.reversal.as_ref().map(|(reason, _)| reason.as_str().to_owned()),
        reversed_at: merge.reversal.as_ref().map(|(_, when)| Ts::of(*when)),
        ..row.clone()
    };
    // First of all: while the merge holds, nothing may begin to name the withdrawn person.
    let reversed = tx.update(&row, reversed)?;
    let mut entangled = Vec::new();
    for MovedRows { table, column, rows } in &moved {
        let found = moving().find(|(_, other, _)| other.table == table && other.column == column);
        let (_, column, how) = found.ok_or_else(|| inconsistent(&row, "a table whose rows moved is gone"))?;
        let ids: Vec<Uid> = rows.iter().map(|(id, _)| Uid(*id)).collect();
        let back = tx.repoint(column, row.kept_id, row.merged_id, Rows::Only(&ids))?;
        for (id, version) in rows {
            let stands = back.iter().find(|(other, _)| other.0 == *id);
            let untouched = stands.is_some_and(|(_, now)| *now == version + 1);
            if stands.is_none() || (how.changed == Changed::Refuses && !untouched) {
                entangled.push(Entangled { entity: column.entity, id: *id, waits: false });
            }
        }
    }
    let gone_back: Vec<(String, Uuid, i64)> = moved
        .iter()
        .flat_map(|moved| moved.rows.iter().map(|(id, version)| (moved.table.clone(), *id, *version)))
        .collect();
    let carrying = Carrying {
        from: merge.kept,
        to: merge.merged,
        opens: Opens::default(),
        today: scope.today(),
        by: scope.account(),
        second_person,
    };
    let waiting = carried::put_back(tx, scope, row.carried.as_ref(), &gone_back, carrying)?;
    entangled.extend(waiting);
    if !entangled.is_empty() {
        return Ok(Err(entangled));
    }
    let kept_after = PersonRow::of(kept_before.organiser_id, kept_before.id, kept_before.created_at, after);
    let merged_after = PersonRow { withdrawn_at: None, ..merged_before.clone() };
    tx.write_states(vec![(kept_before, kept_after, true), (merged_before, merged_after, false)])?;
    reversed.into_saved().map(Ok)
}

/// Who has the record into which this one was merged, through every merge in turn: none when it
/// was not merged, or when the scope does not reach them.
///
/// # Errors
/// A failure of the database.
pub fn merged_into(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: PersonId,
) -> Result<Option<PersonId>, Error> {
    #[derive(QueryableByName)]
    struct Next {
        #[diesel(sql_type = Guid)]
        id: Uid,
    }
    let text = "WITH RECURSIVE chain(organiser_id, id, step) AS ( \
        SELECT m.organiser_id, m.kept_id, 1 FROM person_merges m \
        WHERE m.organiser_id = $1 AND m.merged_id = $2 AND m.reversed_at IS NULL \
        UNION ALL SELECT m.organiser_id, m.kept_id, chain.step + 1 FROM person_merges m JOIN chain \
        ON m.organiser_id = chain.organiser_id AND m.merged_id = chain.id \
        WHERE m.reversed_at IS NULL AND chain.step < 100) SELECT id FROM chain ORDER BY step"
        .to_owned();
    let cells = vec![Uid::of(scope.organiser()).into(), Uid::of(id).into()];
    let chain: Vec<Next> = load(connection, text, cells)?;
    let Some(last) = chain.last() else { return Ok(None) };
    let last: PersonId = last.id.to();
    Ok(super::exists(connection, scope, last)?.then_some(last))
}

/// Those merged into this person, one after another's merge too: their records follow the
/// protection of the one that was kept.
///
/// # Errors
/// A failure of the database.
pub(super) fn protect_merged(
    tx: &mut Tx<'_>,
    scope: &Scope,
    kept: PersonId,
    facts: &PersonFacts,
) -> Result<(), Error> {
    #[derive(QueryableByName)]
    struct Below {
        #[diesel(sql_type = Guid)]
        id: Uid,
    }
    let text = "WITH RECURSIVE below(organiser_id, id, step) AS ( \
        SELECT m.organiser_id, m.merged_id, 1 FROM person_merges m \
        WHERE m.organiser_id = $1 AND m.kept_id = $2 AND m.reversed_at IS NULL \
        UNION ALL SELECT m.organiser_id, m.merged_id, below.step + 1 FROM person_merges m JOIN below \
        ON m.organiser_id = below.organiser_id AND m.kept_id = below.id \
        WHERE m.reversed_at IS NULL AND below.step < 100) SELECT id FROM below"
        .to_owned();
    let cells = vec![Uid::of(scope.organiser()).into(), Uid::of(kept).into()];
    let below: Vec<Below> = load(tx.connection(), text, cells)?;
    if below.is_empty() {
        return Ok(());
    }
    let rows: Vec<PersonRow> = persons::table
        .filter(persons::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(persons::id.eq_any(below.iter().map(|row| row.id).collect::<Vec<_>>()))
        .filter(persons::withdrawn_at.is_not_null())
        .select(PersonRow::as_select())
        .load(tx.connection())?;
    let pairs = rows.into_iter().map(|before| {
        let after = PersonRow {
            protection: facts.protection.code().to_owned(),
            is_protected: facts.protection.is_protected(),
            ..before.clone()
        };
        (before, after)
    });
    tx.update_many(pairs.collect()).map(drop)
}

/// The merges that a scope reaches: for the whole organiser, between persons none of whom is
/// protected now.
fn reachable<'a>(scope: &Scope) -> person_merges::BoxedQuery<'a, MultiBackend> {
    let protected = persons::table
        .filter(persons::organiser_id.eq(person_merges::organiser_id))
        .filter(persons::id.eq(person_merges::kept_id).or(persons::id.eq(person_merges::merged_id)))
        .filter(persons::is_protected.eq(true));
    let merges = person_merges::table
        .filter(person_merges::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(diesel::dsl::not(diesel::dsl::exists(protected)))
        .into_boxed();
    match scope.reach() {
        Reach::Organiser => merges,
        Reach::Parts(_) => merges.filter(diesel::dsl::sql::<Bool>("FALSE")),
    }
}

fn one(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: PersonMergeId,
) -> Result<PersonMergeRow, Error> {
    reachable(scope)
        .filter(person_merges::id.eq(Uid::of(id)))
        .select(PersonMergeRow::as_select())
        .first(connection)
        .optional()?
        .ok_or(Error::Stale { entity: "person merge" })
}

/// One merge.
///
/// # Errors
/// A failure of the database.
pub fn find(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: PersonMergeId,
) -> Result<Option<Saved<PersonMergeId, PersonMerge>>, Error> {
    let row = reachable(scope)
        .filter(person_merges::id.eq(Uid::of(id)))
        .select(PersonMergeRow::as_select())
        .first(connection)
        .optional()?;
    row.map(PersonMergeRow::into_saved).transpose()
}

/// Whether the id is in use.
///
/// # Errors
/// A failure of the database.
pub fn is_taken(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: PersonMergeId,
) -> Result<bool, Error> {
    let key = (Uid::of(scope.organiser()), Uid::of(id));
    Ok(diesel::select(diesel::dsl::exists(person_merges::table.find(key))).get_result(connection)?)
}

/// One page of the merges.
///
/// # Errors
/// A failure of the database.
pub fn list(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filter: &MergeFilter,
    request: &PageRequest<MergeSort>,
) -> Result<Page<Saved<PersonMergeId, PersonMerge>>, Error> {
    let MergeFilter { states, persons: people } = filter;
    let mut query = reachable(scope);
    if !states.is_empty() {
        let codes: Vec<&str> = states.iter().map(|state| state.code()).collect();
        query = query.filter(person_merges::state.eq_any(codes));
    }
    if !people.is_empty() {
        let people: Vec<Uid> = people.iter().copied().map(Uid::of).collect();
        query = query.filter(
            person_merges::kept_id.eq_any(people.clone()).or(person_merges::merged_id.eq_any(people)),
        );
    }
    if let Some(after) = request.modified_after {
        query = query.filter(person_merges::modified_at.gt(Ts::of(after)));
    }
    let query = match request.sort {
        MergeSort::CreatedAt => {
            keyset!(query, request, person_merges::created_at, person_merges::id, instant)
        }
        MergeSort::ModifiedAt => {
            keyset!(query, request, person_merges::modified_at, person_merges::id, instant)
        }
    };
    let rows = query.select(PersonMergeRow::as_select()).load(connection)?;
    let cursor = |row: &PersonMergeRow| Cursor {
        key: instant_key(match request.sort {
            MergeSort::CreatedAt => row.created_at,
            MergeSort::ModifiedAt => row.modified_at,
        }),
        id: row.id.0,
    };
    Page::cut(rows, request.limit, cursor).try_map(PersonMergeRow::into_saved)
}

fn stored(added: &Added) -> Result<Value, Error> {
    let Added { birth_date, sex, registered_at, contact } = added;
    let stored = StoredAdded {
        birth_date: *birth_date,
        sex: sex.map(|sex| sex.code().to_owned()),
        registered_at_id: registered_at.map(|unit| Uid::of(unit).0),
        contact: contact::document(contact),
    };
    serde_json::to_value(stored).map_err(|_| Error::Internal("what was added".to_owned()))
}

fn read_added(row: &PersonMergeRow) -> Result<Added, Error> {
    let unreadable = || inconsistent(row, "what was added cannot be read");
    let StoredAdded { birth_date, sex, registered_at_id, contact } =
        serde_json::from_value(row.added.0.clone()).map_err(|_| unreadable())?;
    Ok(Added {
        birth_date,
        sex: sex.map(|code| Sex::from_code(&code).ok_or_else(unreadable)).transpose()?,
        registered_at: registered_at_id.map(|unit| Uid(unit).to()),
        contact: contact::read(contact).ok_or_else(unreadable)?,
    })
}

fn inconsistent(row: &PersonMergeRow, detail: &str) -> Error {
    Error::Inconsistent { table: "person_merges", id: row.id.0.to_string(), detail: detail.to_owned() }
}

impl PersonMergeRow {
    fn into_saved(self) -> Result<Saved<PersonMergeId, PersonMerge>, Error> {
        let unreadable = |what: &str| inconsistent(&self, what);
        MergeState::from_code(&self.state).ok_or_else(|| unreadable("an unknown state"))?;
        let text = |raw: &str| Text::lines(raw, 500).map_err(|_| unreadable("a reason cannot be read"));
        let reversal = match (&self.reversal_reason, self.reversed_at) {
            (Some(reason), Some(when)) => Some((text(reason)?, when.0)),
            _ => None,
        };
        let reason = text(&self.reason)?;
        let Self {
            organiser_id: _,
            id,
            version,
            created_at,
            modified_at,
            withdrawn_at: _,
            kept_id,
            merged_id,
            state: _,
            reason: _,
            reversal_reason: _,
            reversed_at: _,
            moved: _,
            added: _,
            carried: _,
        } = self;
        let value = PersonMerge { kept: kept_id.to(), merged: merged_id.to(), reason, reversal };
        Ok(Saved { id: id.to(), version, created_at: created_at.0, modified_at: modified_at.0, value })
    }
}
