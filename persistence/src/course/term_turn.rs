//! Turns of term, and what each made and ended. Which tables that concerns stands in [`crate::TURNED`].

use chrono::NaiveDate;
use diesel::{
    prelude::*,
    sql_types::{BigInt, Bool, Text as SqlText},
};
use skolhus_domain::{
    access::{Part, Reach, Scope},
    course::term_turn::{TermTurn, TermTurnState, TurnedAction},
    id::{SchoolUnitId, TermId, TermTurnId},
    refusal::Refusal,
    text::Text,
};
use uuid::Uuid;

use crate::{
    Saved,
    core::{
        connection::{DatabaseConnection, MultiBackend},
        error::Error,
        page::{Cursor, Page, PageRequest, instant, instant_key, keyset, text},
        record::record,
        rows::{Cell, OnConflict, load, write_rows},
        turned::{DEPENDENTS, TURNED, Turned},
        tx::Tx,
        types::{Guid, Ts, Uid},
        value_row::{self, ValueRow, inconsistent, saved},
    },
    schema::{term_turn_records, term_turns},
};

record! {
    /// A turn's row.
    pub(crate) struct TermTurnRow in term_turns as "term turn" {
        school_unit_id: Uid,
        from_term_id: Uid,
        to_term_id: Uid,
        state: String,
        reversal_reason: Option<String>,
        reversed_at: Option<Ts>,
    }
}

/// What a list of turns is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum TermTurnSort {
    /// When they were made.
    #[default]
    CreatedAt,
    /// When they were changed last.
    ModifiedAt,
}

/// Which turns are asked for. An empty list asks for all.
#[derive(Clone, Debug, Default)]
pub struct TermTurnFilter {
    /// Of these school units.
    pub school_units: Vec<SchoolUnitId>,
    /// From or to one of these terms.
    pub terms: Vec<TermId>,
    /// In these states.
    pub states: Vec<TermTurnState>,
}

/// What a list of a turn's records is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum TurnedSort {
    /// The change log's word.
    #[default]
    Entity,
}

/// Which records of a turn are asked for. An empty list asks for all.
#[derive(Clone, Debug, Default)]
pub struct TurnedFilter {
    /// Of these kinds, by the change log's words.
    pub entities: Vec<String>,
    /// That were made, or ended.
    pub actions: Vec<TurnedAction>,
}

/// A record that a turn made or ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TurnedRecord {
    /// The change log's word for it.
    pub entity: &'static str,
    /// Which one.
    pub record: Uuid,
    /// What was done to it.
    pub action: TurnedAction,
    /// What it was made from, where there is one.
    pub source: Option<Uuid>,
    /// Its version after the turn.
    pub version: i64,
    /// Of what was ended: the last day it had, if it had one.
    pub former_last_day: Option<NaiveDate>,
}

/// How many records of a kind a turn made or ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TurnedCount {
    /// The change log's word for them.
    pub entity: &'static str,
    /// What was done to them.
    pub action: TurnedAction,
    /// How many.
    pub records: i64,
}

/// What an undoing cannot take back.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Entangled {
    /// Records of a kind that were changed after the turn; which, as far as that may be told.
    Changed {
        /// The change log's word for them.
        entity: &'static str,
        /// Which.
        records: Vec<Uuid>,
    },
    /// Records that came to depend on one that the turn made.
    Depends {
        /// The word for what it made.
        on: &'static str,
        /// Which one.
        id: Uuid,
        /// What depends on it.
        says: &'static str,
    },
}

fn kind(entity: &str) -> Option<&'static Turned> {
    TURNED.iter().find(|turned| turned.entity == entity)
}

/// The turns that a scope reaches: those of its school units.
fn reachable<'a>(scope: &Scope) -> term_turns::BoxedQuery<'a, MultiBackend> {
    let turns =
        term_turns::table.filter(term_turns::organiser_id.eq(Uid::of(scope.organiser()))).into_boxed();
    match scope.reach() {
        Reach::Organiser => turns,
        Reach::Parts(parts) => {
            let units = parts.iter().filter_map(|part| match part {
                Part::Unit(unit) => Some(Uid::of(*unit)),
                Part::Taught(..) | Part::Own(_) | Part::Ward(_) => None,
            });
            turns.filter(term_turns::school_unit_id.eq_any(units.collect::<Vec<_>>()))
        }
    }
}

/// One turn.
///
/// # Errors
/// A failure of the database.
pub fn find(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: TermTurnId,
) -> Result<Option<Saved<TermTurnId, TermTurn>>, Error> {
    let row = reachable(scope)
        .filter(term_turns::id.eq(Uid::of(id)))
        .select(TermTurnRow::as_select())
        .first(connection)
        .optional()?;
    row.map(saved).transpose()
}

/// Whether the id is in use, also by one out of reach.
///
/// # Errors
/// A failure of the database.
pub fn is_taken(connection: &mut DatabaseConnection, scope: &Scope, id: TermTurnId) -> Result<bool, Error> {
    let key = (Uid::of(scope.organiser()), Uid::of(id));
    Ok(diesel::select(diesel::dsl::exists(term_turns::table.find(key))).get_result(connection)?)
}

/// One page of the turns.
///
/// # Errors
/// A failure of the database.
pub fn list(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filter: &TermTurnFilter,
    request: &PageRequest<TermTurnSort>,
) -> Result<Page<Saved<TermTurnId, TermTurn>>, Error> {
    let TermTurnFilter { school_units, terms, states } = filter;
    let mut query = reachable(scope);
    if !school_units.is_empty() {
        let units: Vec<Uid> = school_units.iter().copied().map(Uid::of).collect();
        query = query.filter(term_turns::school_unit_id.eq_any(units));
    }
    if !terms.is_empty() {
        let terms: Vec<Uid> = terms.iter().copied().map(Uid::of).collect();
        query = query
            .filter(term_turns::from_term_id.eq_any(terms.clone()).or(term_turns::to_term_id.eq_any(terms)));
    }
    if !states.is_empty() {
        let codes: Vec<&str> = states.iter().map(|state| state.code()).collect();
        query = query.filter(term_turns::state.eq_any(codes));
    }
    if let Some(after) = request.modified_after {
        query = query.filter(term_turns::modified_at.gt(Ts::of(after)));
    }
    let query = match request.sort {
        TermTurnSort::CreatedAt => keyset!(query, request, term_turns::created_at, term_turns::id, instant),
        TermTurnSort::ModifiedAt => keyset!(query, request, term_turns::modified_at, term_turns::id, instant),
    };
    let rows = query.select(TermTurnRow::as_select()).load(connection)?;
    let cursor = |row: &TermTurnRow| Cursor {
        key: instant_key(match request.sort {
            TermTurnSort::CreatedAt => row.created_at,
            TermTurnSort::ModifiedAt => row.modified_at,
        }),
        id: row.id.0,
    };
    Page::cut(rows, request.limit, cursor).try_map(saved)
}

/// Enters a turn.
///
/// # Errors
/// A failure of the database.
pub fn insert(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: TermTurnId,
    turn: &TermTurn,
) -> Result<Saved<TermTurnId, TermTurn>, Error> {
    value_row::insert::<TermTurnRow>(tx, scope, id, turn)
}

/// Saves a turn's new state. Changes noted from then on say why it was undone.
///
/// # Errors
/// [`Error::Stale`] when it has changed meanwhile; a failure of the database.
pub fn update(
    tx: &mut Tx<'_>,
    scope: &Scope,
    before: &Saved<TermTurnId, TermTurn>,
    turn: &TermTurn,
) -> Result<Saved<TermTurnId, TermTurn>, Error> {
    if let Some((reason, _)) = &turn.reversal {
        tx.because(reason.as_str());
    }
    value_row::update::<TermTurnRow>(tx, scope, before, turn)
}

/// Keeps what a turn made and ended.
///
/// # Errors
/// A failure of the database.
pub fn keep(tx: &mut Tx<'_>, scope: &Scope, turn: TermTurnId, records: &[TurnedRecord]) -> Result<(), Error> {
    const COLUMNS: [&str; 8] = [
        "organiser_id",
        "turn_id",
        "entity",
        "record_id",
        "action",
        "source_id",
        "record_version",
        "former_last_day",
    ];
    let cells = records.iter().map(|record| {
        let TurnedRecord { entity, record, action, source, version, former_last_day } = record;
        vec![
            Uid::of(scope.organiser()).into(),
            Uid::of(turn).into(),
            Cell::from((*entity).to_owned()),
            Uid(*record).into(),
            action.code().to_owned().into(),
            source.map(Uid).into(),
            (*version).into(),
            (*former_last_day).into(),
        ]
    });
    write_rows(tx.connection(), "term_turn_records", &COLUMNS, cells.collect(), OnConflict::Refuse)?;
    Ok(())
}

type Columns = (String, Uid, String, Option<Uid>, i64, Option<NaiveDate>);

const COLUMNS: (
    term_turn_records::entity,
    term_turn_records::record_id,
    term_turn_records::action,
    term_turn_records::source_id,
    term_turn_records::record_version,
    term_turn_records::former_last_day,
) = (
    term_turn_records::entity,
    term_turn_records::record_id,
    term_turn_records::action,
    term_turn_records::source_id,
    term_turn_records::record_version,
    term_turn_records::former_last_day,
);

fn record_of(row: Columns) -> Result<TurnedRecord, Error> {
    let (entity, record, action, source, version, former_last_day) = row;
    let unreadable = |detail: &str| Error::Inconsistent {
        table: "term_turn_records",
        id: record.0.to_string(),
        detail: detail.to_owned(),
    };
    Ok(TurnedRecord {
        entity: kind(&entity).ok_or_else(|| unreadable("an unknown kind of record"))?.entity,
        record: record.0,
        action: TurnedAction::from_code(&action).map_err(|_| unreadable("an unknown action"))?,
        source: source.map(|source| source.0),
        version,
        former_last_day,
    })
}

/// Everything that a turn made and ended. The turn is found before.
///
/// # Errors
/// A failure of the database.
pub fn records(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    turn: TermTurnId,
) -> Result<Vec<TurnedRecord>, Error> {
    let rows: Vec<Columns> = term_turn_records::table
        .filter(term_turn_records::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(term_turn_records::turn_id.eq(Uid::of(turn)))
        .select(COLUMNS)
        .load(connection)?;
    rows.into_iter().map(record_of).collect()
}

/// One page of what a turn made and ended, but for records of persons with protected identity. The turn
/// is found before.
///
/// # Errors
/// A failure of the database.
pub fn list_records(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    turn: TermTurnId,
    filter: &TurnedFilter,
    request: &PageRequest<TurnedSort>,
) -> Result<Page<TurnedRecord>, Error> {
    let TurnedFilter { entities, actions } = filter;
    let open: Vec<String> = TURNED
        .iter()
        .map(|Turned { entity, table, open }| {
            format!(
                "(term_turn_records.entity = '{entity}' AND EXISTS (SELECT 1 FROM {table} t \
                 WHERE t.organiser_id = term_turn_records.organiser_id AND t.id = term_turn_records.record_id \
                 AND {open}))"
            )
        })
        .collect();
    let mut query = term_turn_records::table
        .filter(term_turn_records::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(term_turn_records::turn_id.eq(Uid::of(turn)))
        .filter(diesel::dsl::sql::<Bool>(&format!("({})", open.join(" OR "))))
        .into_boxed::<MultiBackend>();
    if !entities.is_empty() {
        query = query.filter(term_turn_records::entity.eq_any(entities.clone()));
    }
    if !actions.is_empty() {
        let codes: Vec<&str> = actions.iter().map(|action| action.code()).collect();
        query = query.filter(term_turn_records::action.eq_any(codes));
    }
    let query = match request.sort {
        TurnedSort::Entity => {
            keyset!(query, request, term_turn_records::entity, term_turn_records::record_id, text)
        }
    };
    let rows: Vec<Columns> = query.select(COLUMNS).load(connection)?;
    let cursor = |row: &Columns| Cursor { key: row.0.clone(), id: row.1.0 };
    Page::cut(rows, request.limit, cursor).try_map(record_of)
}

/// How much each of the turns made and ended, everybody counted: one statement.
///
/// # Errors
/// A failure of the database.
pub fn counts(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    turns: &[TermTurnId],
) -> Result<Vec<(TermTurnId, TurnedCount)>, Error> {
    let turns: Vec<Uid> = turns.iter().copied().map(Uid::of).collect();
    let rows: Vec<(Uid, String, String, i64)> = term_turn_records::table
        .filter(term_turn_records::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(term_turn_records::turn_id.eq_any(turns))
        .group_by((term_turn_records::turn_id, term_turn_records::entity, term_turn_records::action))
        .select((
            term_turn_records::turn_id,
            term_turn_records::entity,
            term_turn_records::action,
            diesel::dsl::count_star(),
        ))
        .order((term_turn_records::entity, term_turn_records::action))
        .load(connection)?;
    let counts = rows.into_iter().filter_map(|(turn, entity, action, records)| {
        let action = TurnedAction::from_code(&action).ok()?;
        Some((turn.to(), TurnedCount { entity: kind(&entity)?.entity, action, records }))
    });
    Ok(counts.collect())
}

/// What turns of the unit to the term have made and not undone, by what it was made from, where that is
/// known. The unit is within reach.
///
/// # Errors
/// A failure of the database.
pub fn made_before(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    unit: SchoolUnitId,
    to: TermId,
    entities: &[&'static str],
) -> Result<Vec<TurnedRecord>, Error> {
    let rows: Vec<Columns> = term_turn_records::table
        .inner_join(
            term_turns::table.on(term_turns::organiser_id
                .eq(term_turn_records::organiser_id)
                .and(term_turns::id.eq(term_turn_records::turn_id))),
        )
        .filter(term_turns::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(term_turns::school_unit_id.eq(Uid::of(unit)))
        .filter(term_turns::to_term_id.eq(Uid::of(to)))
        .filter(term_turns::reversed_at.is_null())
        .filter(term_turn_records::action.eq(TurnedAction::Made.code()))
        .filter(term_turn_records::source_id.is_not_null())
        .filter(term_turn_records::entity.eq_any(entities.to_vec()))
        .select(COLUMNS)
        .load(connection)?;
    rows.into_iter().map(record_of).collect()
}

#[derive(QueryableByName)]
struct ChangedRow {
    #[diesel(sql_type = SqlText)]
    entity: String,
    #[diesel(sql_type = Guid)]
    record_id: Uid,
    #[diesel(sql_type = Bool)]
    open: bool,
}

#[derive(QueryableByName)]
struct DependentRow {
    #[diesel(sql_type = BigInt)]
    place: i64,
    #[diesel(sql_type = Guid)]
    made_id: Uid,
}

/// What stands in the way of undoing a turn: records that were changed after it, and records that have
/// come to depend on what it made. Two statements.
///
/// # Errors
/// A failure of the database.
pub fn entangled(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    turn: TermTurnId,
) -> Result<Vec<Entangled>, Error> {
    let cells = || vec![Cell::from(Uid::of(scope.organiser())), Cell::from(Uid::of(turn))];
    let changed: Vec<String> = TURNED
        .iter()
        .map(|Turned { entity, table, open }| {
            format!(
                "SELECT r.entity, r.record_id, {open} AS open FROM term_turn_records r \
                 JOIN {table} t ON t.organiser_id = r.organiser_id AND t.id = r.record_id \
                 WHERE r.organiser_id = $1 AND r.turn_id = $2 AND r.entity = '{entity}' \
                 AND t.version <> r.record_version"
            )
        })
        .collect();
    let rows: Vec<ChangedRow> = load(connection, changed.join(" UNION ALL "), cells())?;
    let mut found: Vec<Entangled> = Vec::new();
    for Turned { entity, .. } in TURNED {
        let of_kind = || rows.iter().filter(|row| row.entity == *entity);
        if of_kind().next().is_some() {
            let mut records: Vec<Uuid> =
                of_kind().filter(|row| row.open).map(|row| row.record_id.0).collect();
            records.sort_unstable();
            found.push(Entangled::Changed { entity, records });
        }
    }
    let depends: Vec<String> = DEPENDENTS
        .iter()
        .enumerate()
        .map(|(place, dependent)| {
            let (table, column, on) = (dependent.table, dependent.column, dependent.on);
            // What the turn made itself does not stand in the way: one list, made once, and no search for each row.
            let own = TURNED.iter().find(|turned| turned.table == table).map_or("", |turned| turned.entity);
            format!(
                "SELECT DISTINCT CAST({place} AS BIGINT) AS place, r.record_id AS made_id \
                 FROM term_turn_records r JOIN {table} t ON t.organiser_id = r.organiser_id \
                 AND t.{column} = r.record_id AND t.withdrawn_at IS NULL \
                 WHERE r.organiser_id = $1 AND r.turn_id = $2 AND r.entity = '{on}' AND r.action = 'made' \
                 AND t.id NOT IN (SELECT m.record_id FROM term_turn_records m WHERE m.organiser_id = $1 \
                 AND m.turn_id = $2 AND m.entity = '{own}')"
            )
        })
        .collect();
    let rows: Vec<DependentRow> = load(connection, depends.join(" UNION ALL "), cells())?;
    let mut depends: Vec<Entangled> = rows
        .into_iter()
        .filter_map(|row| {
            let dependent = DEPENDENTS.get(usize::try_from(row.place).ok()?)?;
            Some(Entangled::Depends { on: dependent.on, id: row.made_id.0, says: dependent.says })
        })
        .collect();
    depends.sort();
    found.extend(depends);
    Ok(found)
}

/// Withdraws what a turn made of these kinds, in one statement for each.
///
/// # Errors
/// [`Error::Stale`] when one was changed after the turn; a failure of the database.
pub fn withdraw_made(
    tx: &mut Tx<'_>,
    records: &[TurnedRecord],
    entities: &[&'static str],
) -> Result<(), Error> {
    for Turned { entity, table, .. } in TURNED.iter().rev().filter(|turned| entities.contains(&turned.entity))
    {
        let rows: Vec<(Uid, i64)> = records
            .iter()
            .filter(|record| record.entity == *entity && record.action == TurnedAction::Made)
            .map(|record| (Uid(record.record), record.version))
            .collect();
        tx.withdraw_rows(table, entity, &rows)?;
    }
    Ok(())
}

impl ValueRow for TermTurnRow {
    type Id = TermTurnId;
    type Value = TermTurn;

    fn of(organiser_id: Uid, id: Uid, now: Ts, turn: &TermTurn) -> Self {
        let TermTurn { school_unit, from, to, reversal } = turn;
        Self {
            organiser_id,
            id,
            version: 1,
            created_at: now,
            modified_at: now,
            withdrawn_at: None,
            school_unit_id: Uid::of(*school_unit),
            from_term_id: Uid::of(*from),
            to_term_id: Uid::of(*to),
            state: turn.state().code().to_owned(),
            reversal_reason: reversal.as_ref().map(|(reason, _)| reason.as_str().to_owned()),
            reversed_at: reversal.as_ref().map(|(_, when)| Ts::of(*when)),
        }
    }

    fn into_value(self) -> Result<TermTurn, Error> {
        let refused = inconsistent::<Self>(self.id);
        TermTurnState::from_code(&self.state).map_err(refused)?;
        let text = |raw: &str| -> Result<Text, Refusal> { Text::lines(raw, 500) };
        let reversal = match (&self.reversal_reason, self.reversed_at) {
            (Some(reason), Some(when)) => Some((text(reason).map_err(refused)?, when.0)),
            _ => None,
        };
        Ok(TermTurn {
            school_unit: self.school_unit_id.to(),
            from: self.from_term_id.to(),
            to: self.to_term_id.to(),
            reversal,
        })
    }
}
