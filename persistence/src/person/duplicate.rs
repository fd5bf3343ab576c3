//! Records that may be one person's: those like a draft, and the pairs that a pass over changed
//! persons finds. Only those are compared who share a date of birth, a name, or a value in
//! another system; never everybody with everybody.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDate;
use diesel::{
    dsl::{exists, max, not},
    prelude::*,
};
use serde_json::Value;
use skolhus_domain::{
    access::Scope,
    id::{DuplicateCandidateId, PersonId, SchoolUnitId},
    person::{
        DuplicateCandidate, DuplicateClass, Evidence, ExternalIdentifier, HeldIdentityNumber, Likeness,
        Person, PersonFacts, compare,
    },
    text::Text,
};

use super::{
    identity_number::holders_of_numbers,
    person::{PersonRow, facts_by_id, find_many, load_saved, within},
};
use crate::{
    Saved,
    core::{
        connection::{DatabaseConnection, MultiBackend},
        error::Error,
        page::{Cursor, Page, PageRequest, instant, instant_key, keyset},
        reach,
        record::{Record, record},
        rows::{OnConflict, write_rows},
        tx::Tx,
        types::{Json, Ts, Uid},
    },
    schema::{changes, duplicate_candidates, external_identifiers, log_consumers, persons},
};

record! {
    /// A pair's row.
    pub(crate) struct DuplicateCandidateRow in duplicate_candidates as "duplicate candidate" {
        first_id: Uid,
        second_id: Uid,
        class: String,
        score: i32,
        evidence: Json,
        dismissal_reason: Option<String>,
    }
}

/// The name of the log's consumer.
const CONSUMER: &str = "duplicates";
/// The most changes in one pass.
const LARGEST_PASS: i64 = 5_000;
/// The most persons in one pass: in a large register each of them shares their day of birth with many.
const MOST_PERSONS: usize = 100;
/// The lock that lets one server do this at a time.
const LOCK: i64 = 0x736b_6f6c_6875_7306;
/// The most records that drafts are compared with.
const MOST_COMPARED: i64 = 5_000;

/// What a list of pairs is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum CandidateSort {
    /// When they were found.
    #[default]
    CreatedAt,
    /// When they were changed last.
    ModifiedAt,
    /// The score.
    Score,
}

/// Which pairs are asked for. An empty list asks for all.
#[derive(Clone, Debug, Default)]
pub struct CandidateFilter {
    /// Of these classes.
    pub classes: Vec<DuplicateClass>,
    /// Dismissed or not.
    pub dismissed: Option<bool>,
    /// Of which one belongs to one of these school units.
    pub school_units: Vec<SchoolUnitId>,
}

/// The records within reach that share a date of birth, a name, a number or another system's
/// value with one of the drafts: those that are worth comparing with them, in at most three
/// statements however many drafts there are. Protected persons are not among them.
///
/// # Errors
/// A failure of the database.
pub fn comparable(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    drafts: &[&PersonFacts],
) -> Result<Vec<Saved<PersonId, Person>>, Error> {
    let numbers: Vec<HeldIdentityNumber> =
        drafts.iter().flat_map(|draft| draft.identity_numbers.iter().cloned()).collect();
    let values: Vec<&str> = drafts
        .iter()
        .flat_map(|draft| draft.external_identifiers.iter().map(ExternalIdentifier::value))
        .collect();
    let mut ids: Vec<Uid> = holders_of_numbers(connection, scope, &numbers)?
        .into_iter()
        .filter(|holder| holder.reached && !holder.withdrawn)
        .map(|holder| Uid::of(holder.person))
        .collect();
    if !values.is_empty() {
        let called: Vec<Uid> = external_identifiers::table
            .filter(external_identifiers::organiser_id.eq(Uid::of(scope.organiser())))
            .filter(external_identifiers::entity.eq("person"))
            .filter(external_identifiers::value.eq_any(values))
            .filter(external_identifiers::withdrawn_at.is_null())
            .select(external_identifiers::entity_id)
            .limit(MOST_COMPARED)
            .load(connection)?;
        ids.extend(called);
    }
    let names: Vec<String> = drafts.iter().map(|draft| draft.name.sort_key()).collect();
    let days: Vec<Option<NaiveDate>> = drafts.iter().filter_map(|draft| draft.birth_date).map(Some).collect();
    let query = within(reach::persons(scope))
        .filter(sharing(names, ids, days))
        .order(persons::id)
        .limit(MOST_COMPARED);
    load_saved(connection, query)
}

/// One of these names, of these persons, or of these days of birth.
#[diesel::dsl::auto_type]
fn sharing(names: Vec<String>, ids: Vec<Uid>, days: Vec<Option<NaiveDate>>) -> _ {
    let born = persons::birth_date.is_not_null().and(persons::birth_date.eq_any(days).assume_not_null());
    persons::name_sort_key.eq_any(names).or(persons::id.eq_any(ids)).or(born)
}

/// Whether there are changes that the pass has not looked at.
///
/// # Errors
/// A failure of the database.
pub fn is_behind(connection: &mut DatabaseConnection) -> Result<bool, Error> {
    let position = position(connection)?;
    let unread = changes::table.filter(changes::position.gt(position));
    Ok(diesel::select(exists(unread)).get_result(connection)?)
}

fn position(connection: &mut DatabaseConnection) -> Result<i64, Error> {
    let position: Option<i64> =
        log_consumers::table.find(CONSUMER).select(log_consumers::position).first(connection).optional()?;
    Ok(position.unwrap_or(0))
}

/// What a look at the log found: whom the persons of so many changes are like.
pub struct Sighting {
    /// Where the consumer stood.
    from: i64,
    /// Where it stands once this is noted.
    to: i64,
    organisers: BTreeMap<Uid, (BTreeSet<Uid>, Pairs)>,
}

/// Looks at the persons who were changed since the last pass, and compares them with those who share something
/// with them; none when there was no change. For the program itself, across organisers; its statements grow with
/// neither the persons nor the pairs.
///
/// It only reads, so that nobody who writes waits for it. Whoever is changed meanwhile is looked at again.
///
/// # Errors
/// A failure of the database.
pub fn look(connection: &mut DatabaseConnection) -> Result<Option<Sighting>, Error> {
    let from = position(connection)?;
    let last: Option<i64> = changes::table
        .filter(changes::position.gt(from))
        .filter(changes::position.le(from.saturating_add(LARGEST_PASS)))
        .select(max(changes::position))
        .first(connection)?;
    let Some(last) = last else { return Ok(None) };
    let persons: Vec<(Option<i64>, Uid, Uid)> = changes::table
        .filter(changes::position.gt(from))
        .filter(changes::position.le(last))
        .filter(changes::entity.eq(PersonRow::ENTITY))
        .order(changes::position.asc())
        .limit(i64::try_from(MOST_PERSONS).unwrap_or(i64::MAX))
        .select((changes::position, changes::organiser_id, changes::entity_id))
        .load(connection)?;
    let to = match persons.last() {
        Some((Some(position), ..)) if persons.len() == MOST_PERSONS => *position,
        _ => last,
    };
    let mut changed: BTreeMap<Uid, BTreeSet<Uid>> = BTreeMap::new();
    for (_, organiser, id) in persons {
        changed.entry(organiser).or_default().insert(id);
    }
    let mut organisers = BTreeMap::new();
    for (organiser, ids) in changed {
        let pairs = likenesses(connection, organiser, &ids)?;
        organisers.insert(organiser, (ids, pairs));
    }
    Ok(Some(Sighting { from, to, organisers }))
}

/// Notes what was found, and moves the consumer on. Returns how many positions it has moved; none when another
/// server was at it.
///
/// # Errors
/// A failure of the database.
pub fn note(tx: &mut Tx<'_>, sighting: &Sighting) -> Result<usize, Error> {
    let Sighting { from, to, organisers } = sighting;
    if !tx.alone(LOCK)? || position(tx.connection())? != *from {
        return Ok(0);
    }
    for (organiser, (ids, pairs)) in organisers {
        note_pairs(tx, *organiser, ids, pairs)?;
    }
    let row = vec![CONSUMER.to_owned().into(), (*to).into()];
    let forward =
        OnConflict::Replace { key: &["name"], only_if: "log_consumers.position < excluded.position" };
    write_rows(tx.connection(), "log_consumers", &["name", "position"], vec![row], forward)?;
    Ok(usize::try_from(to - from).unwrap_or_default())
}

/// Notes whom some persons of one organiser are like.
fn note_pairs(tx: &mut Tx<'_>, organiser: Uid, ids: &BTreeSet<Uid>, wanted: &Pairs) -> Result<(), Error> {
    let listed: Vec<Uid> = ids.iter().copied().collect();
    let rows: Vec<DuplicateCandidateRow> = duplicate_candidates::table
        .filter(duplicate_candidates::organiser_id.eq(organiser))
        .filter(
            duplicate_candidates::first_id
                .eq_any(listed.clone())
                .or(duplicate_candidates::second_id.eq_any(listed)),
        )
        .select(DuplicateCandidateRow::as_select())
        .load(tx.connection())?;
    let now = tx.now();
    let known: BTreeSet<(Uid, Uid)> = rows.iter().map(|row| (row.first_id, row.second_id)).collect();
    let mut pairs = Vec::with_capacity(rows.len());
    for before in rows {
        let after = match wanted.get(&(before.first_id, before.second_id)) {
            Some((likeness, class)) => {
                let present = before.clone().into_saved()?.value;
                DuplicateCandidateRow {
                    withdrawn_at: None,
                    ..DuplicateCandidateRow::saying(before.clone(), &present.with(likeness, *class))
                }
            }
            None => {
                DuplicateCandidateRow { withdrawn_at: before.withdrawn_at.or(Some(now)), ..before.clone() }
            }
        };
        pairs.push((before, after));
    }
    tx.update_many(pairs)?;
    let mut new = Vec::new();
    for ((first, second), (likeness, class)) in wanted.iter().filter(|(pair, _)| !known.contains(pair)) {
        let Likeness { evidence, score, class: _ } = likeness;
        let candidate = DuplicateCandidate {
            first: first.to(),
            second: second.to(),
            evidence: evidence.clone(),
            score: *score,
            class: *class,
            dismissal: None,
        };
        let blank = DuplicateCandidateRow {
            organiser_id: organiser,
            id: tx.fresh(),
            version: 1,
            created_at: now,
            modified_at: now,
            withdrawn_at: None,
            first_id: *first,
            second_id: *second,
            class: String::new(),
            score: 0,
            evidence: Json(Value::Null),
            dismissal_reason: None,
        };
        new.push(DuplicateCandidateRow::saying(blank, &candidate));
    }
    tx.insert(&new)
}

type Pairs = BTreeMap<(Uid, Uid), (Likeness, DuplicateClass)>;

/// Whom some persons are like, in the whole organiser. Protected persons are compared with nobody.
fn likenesses(
    connection: &mut DatabaseConnection,
    organiser: Uid,
    ids: &BTreeSet<Uid>,
) -> Result<Pairs, Error> {
    let standing = || {
        persons::table
            .filter(persons::organiser_id.eq(organiser))
            .filter(persons::withdrawn_at.is_null())
            .filter(persons::is_protected.eq(false))
            .into_boxed()
    };
    let listed: Vec<Uid> = ids.iter().copied().collect();
    let mut all = facts_by_id(connection, standing().filter(persons::id.eq_any(listed)))?;
    let days: BTreeSet<NaiveDate> = all.values().filter_map(|facts| facts.birth_date).collect();
    let names: BTreeSet<String> = all.values().map(|facts| facts.name.sort_key()).collect();
    let values: BTreeSet<&str> = all
        .values()
        .flat_map(|facts| facts.external_identifiers.iter().map(ExternalIdentifier::value))
        .collect();
    let called: Vec<Uid> = external_identifiers::table
        .filter(external_identifiers::organiser_id.eq(organiser))
        .filter(external_identifiers::entity.eq("person"))
        .filter(external_identifiers::value.eq_any(values.into_iter().collect::<Vec<_>>()))
        .filter(external_identifiers::withdrawn_at.is_null())
        .select(external_identifiers::entity_id)
        .load(connection)?;
    let days: Vec<Option<NaiveDate>> = days.into_iter().map(Some).collect();
    let mates = standing().filter(sharing(names.into_iter().collect(), called, days));
    all.extend(facts_by_id(connection, mates)?);

    // Who shares what.
    let mut blocks: HashMap<String, Vec<Uid>> = HashMap::new();
    for (id, facts) in &all {
        for key in keys(facts) {
            blocks.entry(key).or_default().push(*id);
        }
    }
    let mut pairs = Pairs::new();
    let mut compared: BTreeSet<(Uid, Uid)> = BTreeSet::new();
    for (id, facts) in all.iter().filter(|(id, _)| ids.contains(id)) {
        for mate in keys(facts).iter().filter_map(|key| blocks.get(key)).flatten() {
            let pair = if id < mate { (*id, *mate) } else { (*mate, *id) };
            let Some(other) = all.get(mate).filter(|_| id != mate) else { continue };
            if !compared.insert(pair) {
                continue;
            }
            let likeness = compare(facts, other);
            if let Some(class) = likeness.class {
                pairs.insert(pair, (likeness, class));
            }
        }
    }
    Ok(pairs)
}

/// What two records must share to be compared.
fn keys(facts: &PersonFacts) -> Vec<String> {
    let mut keys = vec![format!("n{}", facts.name.sort_key())];
    keys.extend(facts.birth_date.map(|day| format!("b{day}")));
    keys.extend(facts.external_identifiers.iter().map(|identifier| format!("x{}", identifier.value())));
    keys
}

/// The pairs that a scope reaches: both of them, and neither protected.
fn reachable<'a>(scope: &Scope) -> duplicate_candidates::BoxedQuery<'a, MultiBackend> {
    let first =
        persons::table.filter(reach::persons(scope)).filter(persons::id.eq(duplicate_candidates::first_id));
    let second =
        persons::table.filter(reach::persons(scope)).filter(persons::id.eq(duplicate_candidates::second_id));
    duplicate_candidates::table
        .filter(duplicate_candidates::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(duplicate_candidates::withdrawn_at.is_null())
        .filter(exists(first))
        .filter(exists(second))
        .into_boxed()
}

/// One pair.
///
/// # Errors
/// A failure of the database.
pub fn find(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: DuplicateCandidateId,
) -> Result<Option<Saved<DuplicateCandidateId, DuplicateCandidate>>, Error> {
    let row = reachable(scope)
        .filter(duplicate_candidates::id.eq(Uid::of(id)))
        .select(DuplicateCandidateRow::as_select())
        .first(connection)
        .optional()?;
    row.map(DuplicateCandidateRow::into_saved).transpose()
}

/// One page of the pairs.
///
/// # Errors
/// A failure of the database.
pub fn list(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filter: &CandidateFilter,
    request: &PageRequest<CandidateSort>,
) -> Result<Page<Saved<DuplicateCandidateId, DuplicateCandidate>>, Error> {
    let CandidateFilter { classes, dismissed, school_units } = filter;
    let mut query = reachable(scope);
    if !classes.is_empty() {
        let codes: Vec<&str> = classes.iter().map(|class| class.code()).collect();
        query = query.filter(duplicate_candidates::class.eq_any(codes));
    }
    match dismissed {
        Some(true) => query = query.filter(duplicate_candidates::dismissal_reason.is_not_null()),
        Some(false) => query = query.filter(duplicate_candidates::dismissal_reason.is_null()),
        None => {}
    }
    if !school_units.is_empty() {
        let there = persons::table
            .filter(persons::organiser_id.eq(duplicate_candidates::organiser_id))
            .filter(
                persons::id
                    .eq(duplicate_candidates::first_id)
                    .or(persons::id.eq(duplicate_candidates::second_id)),
            )
            .filter(reach::persons_of_units(school_units, scope));
        query = query.filter(exists(there));
    }
    if let Some(after) = request.modified_after {
        query = query.filter(duplicate_candidates::modified_at.gt(Ts::of(after)));
    }
    let number = |key: &str| key.parse::<i32>().unwrap_or_default();
    let query = match request.sort {
        CandidateSort::CreatedAt => {
            keyset!(query, request, duplicate_candidates::created_at, duplicate_candidates::id, instant)
        }
        CandidateSort::ModifiedAt => {
            keyset!(query, request, duplicate_candidates::modified_at, duplicate_candidates::id, instant)
        }
        CandidateSort::Score => {
            keyset!(query, request, duplicate_candidates::score, duplicate_candidates::id, number)
        }
    };
    let rows = query.select(DuplicateCandidateRow::as_select()).load(connection)?;
    let cursor = |row: &DuplicateCandidateRow| Cursor {
        key: match request.sort {
            CandidateSort::CreatedAt => instant_key(row.created_at),
            CandidateSort::ModifiedAt => instant_key(row.modified_at),
            CandidateSort::Score => row.score.to_string(),
        },
        id: row.id.0,
    };
    Page::cut(rows, request.limit, cursor).try_map(DuplicateCandidateRow::into_saved)
}

/// The persons of pairs, in one statement.
///
/// # Errors
/// A failure of the database.
pub fn persons_of(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    pairs: &[Saved<DuplicateCandidateId, DuplicateCandidate>],
) -> Result<HashMap<PersonId, Saved<PersonId, Person>>, Error> {
    let ids: BTreeSet<PersonId> =
        pairs.iter().flat_map(|pair| [pair.value.first, pair.value.second]).collect();
    let found = find_many(connection, scope, &ids.into_iter().collect::<Vec<_>>())?;
    Ok(found.into_iter().map(|saved| (saved.id, saved)).collect())
}

/// Saves a pair as it was decided.
///
/// # Errors
/// [`Error::Stale`] when it has changed meanwhile; a failure of the database.
pub fn update(
    tx: &mut Tx<'_>,
    scope: &Scope,
    before: &Saved<DuplicateCandidateId, DuplicateCandidate>,
    after: &DuplicateCandidate,
) -> Result<Saved<DuplicateCandidateId, DuplicateCandidate>, Error> {
    let row: DuplicateCandidateRow = duplicate_candidates::table
        .find((Uid::of(scope.organiser()), Uid::of(before.id)))
        .filter(duplicate_candidates::version.eq(before.version))
        .filter(not(duplicate_candidates::withdrawn_at.is_not_null()))
        .select(DuplicateCandidateRow::as_select())
        .first(tx.connection())
        .optional()?
        .ok_or(Error::Stale { entity: DuplicateCandidateRow::ENTITY })?;
    let after = DuplicateCandidateRow::saying(row.clone(), after);
    tx.update(&row, after)?.into_saved()
}

impl DuplicateCandidateRow {
    /// The same row, saying this of its pair.
    fn saying(row: Self, candidate: &DuplicateCandidate) -> Self {
        let DuplicateCandidate { first: _, second: _, evidence, score, class, dismissal } = candidate;
        Self {
            class: class.code().to_owned(),
            score: *score,
            evidence: Json(evidence.iter().map(|kind| Value::from(kind.code())).collect()),
            dismissal_reason: dismissal.as_ref().map(|reason| reason.as_str().to_owned()),
            ..row
        }
    }

    fn into_saved(self) -> Result<Saved<DuplicateCandidateId, DuplicateCandidate>, Error> {
        let Self {
            organiser_id: _,
            id,
            version,
            created_at,
            modified_at,
            withdrawn_at: _,
            first_id,
            second_id,
            class,
            score,
            evidence,
            dismissal_reason,
        } = self;
        let inconsistent = |detail: &str| Error::Inconsistent {
            table: "duplicate_candidates",
            id: id.0.to_string(),
            detail: detail.to_owned(),
        };
        let codes: Vec<String> =
            serde_json::from_value(evidence.0).map_err(|_| inconsistent("the evidence is no list"))?;
        let value = DuplicateCandidate {
            first: first_id.to(),
            second: second_id.to(),
            evidence: codes.iter().filter_map(|code| Evidence::from_code(code)).collect(),
            score,
            class: DuplicateClass::from_code(&class).ok_or_else(|| inconsistent("an unknown class"))?,
            dismissal: dismissal_reason
                .map(|reason| Text::lines(&reason, 500))
                .transpose()
                .map_err(|_| inconsistent("the reason cannot be read"))?,
        };
        Ok(Saved { id: id.to(), version, created_at: created_at.0, modified_at: modified_at.0, value })
    }
}
