//! The relations, clearings and bans around two records that are merged: what the merge makes of them, and how
//! that is undone. The rule stands in [`skolhus_domain::person::relation::Carrying`]; whom a row names is
//! changed with all other tables, see [`super::merge`].

use std::collections::{BTreeMap, HashMap, HashSet};

use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use skolhus_domain::{
    access::Scope,
    id::{AccountId, ClearingId, ContactBanId, Id, PersonId, RelationId},
    person::relation::{Before, Carried, Carries, Carrying, Clearing, ContactBan, Relation},
};
use uuid::Uuid;

use super::{
    clearing::{ClearingRow, SavedClearing},
    contact_ban,
    merge::Entangled,
    relation::{self, RelationRow, RelationView},
};
use crate::{
    Saved,
    core::{
        connection::DatabaseConnection,
        error::Error,
        record::Record,
        tx::Tx,
        types::{Json, Uid},
        value_row::{self, ValueRow},
    },
    schema::clearings,
};

/// The columns that name the two whom a row is between.
const ENDS: [&str; 2] = ["person_id", "relative_id"];
/// The tables whose rows give somebody something over somebody else.
const TABLES: [&str; 2] = [RelationRow::TABLE, ClearingRow::TABLE];

/// A relation that names one of two records that are merged.
#[derive(Clone, Debug)]
pub struct Around {
    /// The relation.
    pub view: RelationView,
    /// Whether the caller may be told of it: neither of the two is protected.
    pub told: bool,
    /// What the merge makes of it.
    pub carried: Carried<RelationId>,
}

/// What a merge makes of everything around two records.
#[derive(Clone, Debug)]
pub struct Carry {
    carrying: Carrying,
    /// The relations that stand, protected persons' among them; by id.
    pub relations: Vec<Around>,
    clearings: Vec<(SavedClearing, Carried<ClearingId>)>,
    /// The bans that stand against persons of the register; by id.
    pub bans: Vec<Saved<ContactBanId, ContactBan>>,
}

/// What the merge keeps of it, so that it can be undone.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Stored {
    relations: Vec<StoredRow>,
    clearings: Vec<StoredRow>,
    /// The bans that named the kept person before.
    bans: Vec<Uuid>,
}

/// A row that the merge made wait or withdrew.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct StoredRow {
    id: Uuid,
    /// Its version after the merge.
    version: i64,
    was: StoredBefore,
    /// The row that it doubled, with its version after the merge.
    same: Option<(Uuid, i64)>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum StoredBefore {
    Confirmed(Option<Uuid>),
    Standing,
}

impl StoredBefore {
    fn of(before: Before) -> Self {
        match before {
            Before::Confirmed(by) => Self::Confirmed(by.map(AccountId::uuid)),
            Before::Standing => Self::Standing,
        }
    }

    fn value(self) -> Before {
        match self {
            Self::Confirmed(by) => Before::Confirmed(by.map(AccountId::from_uuid)),
            Self::Standing => Before::Standing,
        }
    }
}

/// Holds the rows around both records: nobody confirms one while it is carried.
pub(super) fn lock(tx: &mut Tx<'_>, persons: [Uid; 2]) -> Result<(), Error> {
    TABLES.into_iter().try_for_each(|table| tx.lock_naming(table, &ENDS, &persons))
}

/// What a merge makes of what is around both records, in three statements.
///
/// # Errors
/// A failure of the database.
pub(super) fn carry(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    carrying: Carrying,
) -> Result<Carry, Error> {
    let both = [carrying.from, carrying.to];
    let found = relation::naming(connection, scope, &both)?;
    let kept: Vec<(RelationId, Relation)> = found
        .iter()
        .filter(|(view, _)| !names(&view.saved.value, carrying.from))
        .map(|(view, _)| (view.saved.id, view.saved.value.clone()))
        .collect();
    let relations = found.into_iter().map(|(view, told)| {
        let kept = kept.iter().map(|(id, relation)| (*id, relation));
        let carried = carrying.relation(&view.saved.value, kept);
        Around { view, told, carried }
    });
    let relations = relations.collect();
    let uids = both.map(Uid::of);
    let rows: Vec<ClearingRow> = clearings::table
        .filter(clearings::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(clearings::withdrawn_at.is_null())
        .filter(clearings::person_id.eq_any(uids).or(clearings::relative_id.eq_any(uids)))
        .order(clearings::id)
        .select(ClearingRow::as_select())
        .load(connection)?;
    let found = value_row::all_saved(rows)?;
    let of_kept = |clearing: &Clearing| ![clearing.person, clearing.relative].contains(&carrying.from);
    let carried: Vec<Carried<ClearingId>> = found
        .iter()
        .map(|saved| {
            let kept = found.iter().filter(|other| of_kept(&other.value));
            carrying.clearing(&saved.value, kept.map(|other| (other.id, &other.value)))
        })
        .collect();
    let clearings = found.into_iter().zip(carried).collect();
    let bans = contact_ban::naming(connection, scope, &both)?;
    Ok(Carry { carrying, relations, clearings, bans })
}

fn names(relation: &Relation, person: PersonId) -> bool {
    [relation.person, relation.relative].contains(&person)
}

impl Carry {
    /// The relations that wait for a second person, and are to be decided about before; of those that the
    /// caller may be told of.
    pub fn undecided(&self) -> impl Iterator<Item = RelationId> + '_ {
        self.relations
            .iter()
            .filter(|around| around.told && around.carried == Carried::Undecided)
            .map(|around| around.view.saved.id)
    }

    /// Makes wait what waits, and withdraws what is withdrawn, where it stands: whom they name is changed after it.
    pub(super) fn apply(&self, tx: &mut Tx<'_>, scope: &Scope) -> Result<Applied, Error> {
        let by = self.carrying.by;
        let mut applied = Applied::default();
        let mut relations = Vec::new();
        let mut rows = Vec::new();
        for Around { view, carried, .. } in &self.relations {
            let RelationView { saved, .. } = view;
            let moves = names(&saved.value, self.carrying.from);
            let (id, version) = (Uid::of(saved.id), saved.version);
            let same = match carried {
                Carried::Doubles(same) => Some(Uid::of(*same)),
                Carried::AsItIs | Carried::Waits | Carried::Undecided => None,
            };
            match carried {
                Carried::AsItIs => applied.note(RelationRow::TABLE, id, version, moves),
                Carried::Waits => {
                    let (after, was) = saved.value.waiting(by);
                    relations.push((saved.clone(), after));
                    rows.push((id, was, None));
                    applied.note(RelationRow::TABLE, id, version + 1, moves);
                }
                // Nobody may be told that one of these waits: it is withdrawn like one that is there already.
                Carried::Doubles(_) | Carried::Undecided => {
                    relations.push((saved.clone(), Relation { withdrawn: true, ..saved.value.clone() }));
                    rows.push((id, Before::Standing, same));
                    applied.note(RelationRow::TABLE, id, version + 1, false);
                    applied.left.push((RelationRow::TABLE, id));
                }
            }
        }
        relation::update_many(tx, scope, &relations, None)?;
        applied.stored.relations = applied.rows(RelationRow::TABLE, rows);

        let (mut waiting, mut withdrawn, mut rows) = (Vec::new(), Vec::new(), Vec::new());
        for (saved, carried) in &self.clearings {
            let moves = [saved.value.person, saved.value.relative].contains(&self.carrying.from);
            let (id, version) = (Uid::of(saved.id), saved.version);
            match carried {
                Carried::AsItIs => applied.note(ClearingRow::TABLE, id, version, moves),
                Carried::Waits => {
                    let (after, was) = saved.value.waiting(by);
                    waiting.push((saved.clone(), after));
                    rows.push((id, was, None));
                    applied.note(ClearingRow::TABLE, id, version + 1, moves);
                }
                Carried::Doubles(_) | Carried::Undecided => {
                    let same = if let Carried::Doubles(same) = carried { Some(Uid::of(*same)) } else { None };
                    withdrawn.push(saved.clone());
                    rows.push((id, Before::Standing, same));
                    applied.note(ClearingRow::TABLE, id, version + 1, false);
                    applied.left.push((ClearingRow::TABLE, id));
                }
            }
        }
        value_row::update_many::<ClearingRow>(tx, scope, &waiting)?;
        value_row::withdraw_many::<ClearingRow>(tx, scope, &withdrawn)?;
        applied.stored.clearings = applied.rows(ClearingRow::TABLE, rows);
        let of_kept = |ban: &ContactBan| concerns(ban, self.carrying.to);
        applied.stored.bans =
            self.bans.iter().filter(|ban| of_kept(&ban.value)).map(|ban| ban.id.uuid()).collect();
        Ok(applied)
    }
}

fn concerns(ban: &ContactBan, person: PersonId) -> bool {
    ban.person == person || ban.against_person() == Some(person)
}

/// What a merge has done to relations and clearings.
#[derive(Default)]
pub(super) struct Applied {
    /// By table and row, the version that it has after the merge, and whether it will name the kept person.
    versions: HashMap<(&'static str, Uid), (i64, bool)>,
    left: Vec<(&'static str, Uid)>,
    stored: Stored,
}

impl Applied {
    fn note(&mut self, table: &'static str, id: Uid, version: i64, moves: bool) {
        // To name another makes one more version.
        self.versions.insert((table, id), (version + i64::from(moves), moves));
    }

    fn rows(&self, table: &'static str, rows: Vec<(Uid, Before, Option<Uid>)>) -> Vec<StoredRow> {
        let version = |id: Uid| self.versions.get(&(table, id)).map_or(0, |(version, _)| *version);
        rows.into_iter()
            .map(|(id, was, same)| StoredRow {
                id: id.0,
                version: version(id),
                was: StoredBefore::of(was),
                same: same.map(|same| (same.0, version(same))),
            })
            .collect()
    }

    /// The rows of a table that go on naming the person they name.
    pub(super) fn left<'a>(&'a self, table: &'a str) -> impl Iterator<Item = Uid> + 'a {
        self.left.iter().filter(move |(other, _)| *other == table).map(|(_, id)| *id)
    }

    /// Checks that the rows that have moved are those that were looked at, as they were then.
    ///
    /// # Errors
    /// [`Error::Stale`].
    pub(super) fn check(&self, table: &str, moved: &[(Uid, i64)]) -> Result<(), Error> {
        let as_planned = moved.iter().all(|(id, version)| {
            let planned = self.versions.iter().find(|((other, row), _)| *other == table && row == id);
            planned.is_none_or(|(_, (then, _))| then == version)
        });
        if as_planned { Ok(()) } else { Err(Error::Stale { entity: "relation" }) }
    }

    /// What the merge keeps of it.
    pub(super) fn document(&self) -> Result<Json, Error> {
        let stored = serde_json::to_value(&self.stored);
        Ok(Json(stored.map_err(|_| Error::Internal("what was carried".to_owned()))?))
    }
}

/// What an undoing makes of a relation.
struct Undoing {
    /// As it was before the merge, where nothing has moved on since; else as it is.
    then: Relation,
    /// Whether something has moved on: it is carried back by the rule.
    moved_on: bool,
}

/// Undoes what a merge made of relations and clearings, once they name their persons again: each is what it
/// was. What has moved on since (the row itself, the one that it doubled, a ban) is carried back as it is
/// now, by the rule of a merge, so that it opens nothing alone. `moved` are the rows that went back, by
/// table, with the versions that they had after the merge. Told are those that cannot go back.
pub(super) fn put_back(
    tx: &mut Tx<'_>,
    scope: &Scope,
    document: Option<&Json>,
    moved: &[(String, Uuid, i64)],
    carrying: Carrying,
) -> Result<Vec<Entangled>, Error> {
    let Some(Json(document)) = document else { return Ok(Vec::new()) };
    let stored: Stored = serde_json::from_value(document.clone())
        .map_err(|_| Error::Internal("what a merge carried cannot be read".to_owned()))?;
    let new_bans = new_bans(tx.connection(), scope, &stored.bans, carrying)?;
    let entangled = put_relations_back(tx, scope, &stored.relations, moved, &new_bans, carrying)?;
    put_clearings_back(tx, scope, &stored.clearings, moved, &new_bans, carrying)?;
    Ok(entangled)
}

/// The pairs, as the returning record's, between whom a ban has been entered since.
fn new_bans(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    known: &[Uuid],
    carrying: Carrying,
) -> Result<HashSet<(PersonId, PersonId)>, Error> {
    let bans = contact_ban::naming(connection, scope, &[carrying.from])?;
    let pairs = bans.into_iter().filter(|ban| !known.contains(&ban.id.uuid())).filter_map(|ban| {
        let against = ban.value.against_person()?;
        Some((carrying.name_of(ban.value.person), carrying.name_of(against)))
    });
    Ok(pairs.collect())
}

/// The versions that rows of a table are expected to have after they have gone back.
struct Expected<'a> {
    stored: HashMap<Uuid, &'a StoredRow>,
    moved: HashMap<Uuid, i64>,
}

impl<'a> Expected<'a> {
    fn of(table: &str, stored: &'a [StoredRow], moved: &[(String, Uuid, i64)]) -> Self {
        let moved = moved.iter().filter(|(other, ..)| other == table).map(|(_, id, version)| (*id, *version));
        Self { stored: stored.iter().map(|row| (row.id, row)).collect(), moved: moved.collect() }
    }

    fn ids(&self) -> Vec<Uid> {
        let same = self.stored.values().filter_map(|row| row.same.map(|(id, _)| id));
        let ids: HashSet<Uuid> =
            self.stored.keys().copied().chain(self.moved.keys().copied()).chain(same).collect();
        ids.into_iter().map(Uid).collect()
    }

    /// What the row was, if the merge changed it; and whether it, or the one that it doubled, has moved on.
    fn look(&self, id: Uuid, version: i64, now: &HashMap<Uuid, i64>) -> Option<(Option<Before>, bool)> {
        let stored = self.stored.get(&id);
        let expected = match (self.moved.get(&id), stored) {
            (Some(version), _) => version + 1,
            (None, Some(stored)) => stored.version,
            (None, None) => return None,
        };
        let untouched = version == expected;
        let alone = stored
            .and_then(|stored| stored.same)
            .is_none_or(|(same, version)| now.get(&same) == Some(&version));
        let was = stored.filter(|_| untouched).map(|stored| stored.was.value());
        Some((was, !untouched || !alone))
    }
}

fn put_relations_back(
    tx: &mut Tx<'_>,
    scope: &Scope,
    stored: &[StoredRow],
    moved: &[(String, Uuid, i64)],
    new_bans: &HashSet<(PersonId, PersonId)>,
    carrying: Carrying,
) -> Result<Vec<Entangled>, Error> {
    let expected = Expected::of(RelationRow::TABLE, stored, moved);
    let rows = relation::rows(tx.connection(), scope, &expected.ids())?;
    let versions: HashMap<Uuid, i64> = rows.iter().map(|(row, _)| (row.id.0, row.version)).collect();
    let mut looked = BTreeMap::new();
    for (row, told) in rows {
        let Some((was, moved_on)) = expected.look(row.id.0, row.version, &versions) else { continue };
        let now = row.clone().into_saved()?.value;
        let then = was.map_or_else(|| now.clone(), |was| now.put_back(was));
        let banned = new_bans.contains(&(now.person, now.relative));
        // What the kept record has itself stays as it has become.
        let returns = names(&now, carrying.to);
        let moved_on = returns && (moved_on || banned);
        looked.insert(row.id, (row, told, Undoing { then, moved_on }));
    }
    let settled: Vec<(RelationId, Relation)> = looked
        .iter()
        .filter(|(_, (.., undoing))| !undoing.moved_on && names(&undoing.then, carrying.to))
        .map(|(id, (.., undoing))| (id.to(), undoing.then.clone()))
        .collect();
    let mut entangled = Vec::new();
    let mut pairs = Vec::new();
    let now = tx.now();
    let away = Carrying { from: carrying.to, to: carrying.from, ..carrying };
    for (id, (row, told, undoing)) in looked {
        let Undoing { then, moved_on } = undoing;
        let after = if moved_on {
            let others = settled.iter().map(|(id, relation)| (*id, relation));
            match carrying.relation(&away.renamed(&then), others) {
                Carried::AsItIs => then,
                Carried::Waits => then.waiting(carrying.by).0,
                Carried::Undecided if told => {
                    entangled.push(Entangled { entity: RelationRow::ENTITY, id: id.0, waits: true });
                    continue;
                }
                Carried::Doubles(_) | Carried::Undecided => Relation { withdrawn: true, ..then },
            }
        } else {
            then
        };
        let mut new = RelationRow::of(row.organiser_id, row.id, row.created_at, now, &after);
        if row.is_withdrawn() && new.is_withdrawn() {
            new.withdrawn_at = row.withdrawn_at;
        }
        pairs.push((row, new));
    }
    tx.update_many(pairs)?;
    Ok(entangled)
}

fn put_clearings_back(
    tx: &mut Tx<'_>,
    scope: &Scope,
    stored: &[StoredRow],
    moved: &[(String, Uuid, i64)],
    new_bans: &HashSet<(PersonId, PersonId)>,
    carrying: Carrying,
) -> Result<(), Error> {
    let expected = Expected::of(ClearingRow::TABLE, stored, moved);
    let rows: Vec<ClearingRow> = clearings::table
        .filter(clearings::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(clearings::id.eq_any(expected.ids()))
        .order(clearings::id)
        .select(ClearingRow::as_select())
        .load(tx.connection())?;
    let versions: HashMap<Uuid, i64> = rows.iter().map(|row| (row.id.0, row.version)).collect();
    let away = Carrying { from: carrying.to, to: carrying.from, ..carrying };
    let now = tx.now();
    let mut pairs = Vec::new();
    for row in rows {
        let Some((was, moved_on)) = expected.look(row.id.0, row.version, &versions) else { continue };
        let clearing = row.clone().into_value()?;
        let pair = (clearing.person, clearing.relative);
        let moved_on = (moved_on || new_bans.contains(&pair)) && [pair.0, pair.1].contains(&carrying.to);
        let mut withdrawn = row.withdrawn_at.filter(|_| was.is_none());
        let mut after = was.map_or_else(|| clearing.clone(), |was| clearing.put_back(was));
        if moved_on && withdrawn.is_none() {
            let outer =
                Clearing { person: away.name_of(pair.0), relative: away.name_of(pair.1), ..after.clone() };
            match carrying.clearing::<ClearingId>(&outer, []) {
                Carried::AsItIs => {}
                Carried::Waits => after = after.waiting(carrying.by).0,
                // Who is cleared is told to nobody else: it is entered anew.
                Carried::Doubles(_) | Carried::Undecided => withdrawn = Some(now),
            }
        }
        let mut new = ClearingRow::of(row.organiser_id, row.id, row.created_at, &after);
        new.withdrawn_at = withdrawn;
        pairs.push((row, new));
    }
    tx.update_many(pairs).map(drop)
}
