//! Proving that the log is whole: every change against its seal, every seal against the
//! one before it, every position against the next. A [`Verification`] goes part by part, each
//! in a transaction of its own, and reads a seal at a time: neither the time a request may
//! take nor memory sets a bound to how long the log is.

use std::collections::{BTreeMap, HashMap};

use diesel::{
    dsl::{count_star, max},
    prelude::*,
};
use sha2::{Digest, Sha256};
use skolhus_domain::{
    access::{Caller, Denial, Scope},
    id::OrganiserId,
};
use uuid::Uuid;

use super::{
    fact::FactRow,
    purge,
    seal::{Anchor, hash_of, seal_of},
};
use crate::{
    core::{
        connection::DatabaseConnection,
        error::Error,
        types::{Json, Ts, Uid},
    },
    schema::{change_details, change_seals, changes},
};

/// Positions read at a time when looking for gaps.
const POSITIONS_AT_A_TIME: i64 = 10_000;
/// Changes read at a time with their details.
const CHANGES_AT_A_TIME: i64 = 250;
/// Changes and seals after which a part ends, if the caller has no other wish: far less than
/// what can be checked within a request's deadline.
pub const PART: u64 = 4_000;

/// Something wrong with the log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// Whose chain; none for the order of all changes.
    pub organiser: Option<OrganiserId>,
    /// The seal that shows it, if one does.
    pub seal: Option<i64>,
    /// The position of the change, if it is about one.
    pub position: Option<i64>,
    /// The last of several in a row, where that many seals or positions are missing.
    pub through: Option<i64>,
    /// What is wrong.
    pub fault: Fault,
}

/// What is wrong.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Fault {
    /// The change says something else than when it was sealed.
    ChangeAltered,
    /// The change was sealed and is gone.
    ChangeMissing,
    /// A change with a position that no seal covers: put in from outside.
    ChangeNotSealed,
    /// The details are not those that the change was recorded with.
    DetailsAltered,
    /// The details are gone, and no purge of them is recorded.
    DetailsMissing,
    /// The seal does not fit what it says it covers.
    SealAltered,
    /// A seal of the chain is gone.
    SealMissing,
    /// The seal does not continue the one before it.
    ChainBroken,
    /// The seal is not the one that was anchored.
    AnchorDiffers,
    /// The anchored seal is gone, with everything after it.
    AnchorMissing,
    /// No change has this position.
    Gap,
}

impl Fault {
    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::ChangeAltered => "the change was altered",
            Self::ChangeMissing => "the change is missing",
            Self::ChangeNotSealed => "the change is in no seal",
            Self::DetailsAltered => "the details were altered",
            Self::DetailsMissing => "the details are missing without a recorded purge",
            Self::SealAltered => "the seal was altered",
            Self::SealMissing => "the seal is missing",
            Self::ChainBroken => "the seal does not continue the one before",
            Self::AnchorDiffers => "the seal is not the anchored one",
            Self::AnchorMissing => "the anchored seal is missing",
            Self::Gap => "no change has this position",
        }
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(organiser) = self.organiser {
            write!(f, "organiser {organiser}, ")?;
        }
        let through = self.through.map(|last| format!(" to {last}")).unwrap_or_default();
        if let Some(seal) = self.seal {
            write!(f, "seal {seal}")?;
            if self.position.is_none() {
                f.write_str(&through)?;
            }
            f.write_str(", ")?;
        }
        if let Some(position) = self.position {
            write!(f, "position {position}{through}: ")?;
        }
        f.write_str(self.fault.words())
    }
}

/// What was looked through.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Report {
    /// Chains, one for each organiser.
    pub organisers: u64,
    /// Seals that were checked.
    pub seals: u64,
    /// Changes that were checked against their seals.
    pub changes: u64,
    /// Changes whose details were purged under a recorded decision.
    pub purged: u64,
    /// Changes not yet sealed, so not provable yet.
    pub unsealed: u64,
    /// How many findings were told.
    pub findings: u64,
}

/// The latest seal of each organiser, to be kept elsewhere.
///
/// # Errors
/// [`Error::Denied`] for all but the program itself; a failure of the database.
pub fn anchors(connection: &mut DatabaseConnection, scope: &Scope) -> Result<Vec<Anchor>, Error> {
    for_the_system(scope)?;
    let mut anchors = Vec::new();
    for organiser in organisers(connection, scope)? {
        let last: Option<(i64, String)> = change_seals::table
            .filter(change_seals::organiser_id.eq(organiser))
            .order(change_seals::number.desc())
            .select((change_seals::number, change_seals::seal))
            .first(connection)
            .optional()?;
        if let Some((number, seal)) = last {
            anchors.push(Anchor { organiser: organiser.to(), number, seal });
        }
    }
    Ok(anchors)
}

/// A check of the log under way: of the scope's organiser, or of all of them for
/// [`Caller::every_organiser`]; with an anchor only of its organiser's chain, up to and
/// including the anchored seal. What is written meanwhile is checked too.
#[derive(Clone, Debug)]
pub struct Verification {
    up_to: Option<Anchor>,
    stage: Stage,
    report: Report,
}

#[derive(Clone, Debug)]
enum Stage {
    /// Chains, in the order of their organisers.
    Chains {
        /// The organiser whose chain was checked last.
        after: Uid,
        /// Where in a chain the last part ended.
        at: Option<Place>,
    },
    /// Positions without a change.
    Gaps {
        /// The next position there should be.
        expected: i64,
    },
    Done,
}

/// A place in a chain: behind a seal.
#[derive(Clone, Debug)]
struct Place {
    organiser: Uid,
    /// The seal's number, and the seal.
    number: i64,
    previous: String,
    /// Changes up to here were compared with their seals.
    read_to: i64,
}

impl Verification {
    /// A check that is about to begin.
    #[must_use]
    pub fn new(up_to: Option<Anchor>) -> Self {
        let stage = Stage::Chains { after: Uid(Uuid::nil()), at: None };
        Self { up_to, stage, report: Report::default() }
    }

    /// Whether nothing is left to check.
    #[must_use]
    pub fn is_done(&self) -> bool {
        matches!(self.stage, Stage::Done)
    }

    /// What was looked through so far.
    #[must_use]
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// The next part: about `most` changes. Returns the check as it stands then, and what was found.
    ///
    /// # Errors
    /// [`Error::Denied`] for all but the program itself; a failure of the database.
    pub fn next_part(
        &self,
        connection: &mut DatabaseConnection,
        scope: &Scope,
        most: u64,
    ) -> Result<(Self, Vec<Finding>), Error> {
        for_the_system(scope)?;
        let mut next = self.clone();
        let mut findings = Vec::new();
        let enough = next.report.seals + next.report.changes + most.max(1);
        loop {
            next.stage = match next.stage {
                Stage::Chains { after, at } => {
                    let place = match at {
                        Some(place) => Some(place),
                        None => {
                            next_organiser(connection, scope, next.up_to.as_ref(), after)?.map(|organiser| {
                                next.report.organisers += 1;
                                Place { organiser, number: 0, previous: String::new(), read_to: 0 }
                            })
                        }
                    };
                    match place {
                        Some(place) => {
                            let (organiser, report) = (place.organiser, &mut next.report);
                            let up_to = next.up_to.as_ref();
                            let tell = &mut |finding| findings.push(finding);
                            let at =
                                Chain { connection, organiser, up_to, report, tell }.verify(place, enough)?;
                            let after = if at.is_some() { after } else { organiser };
                            Stage::Chains { after, at }
                        }
                        None if next.up_to.is_none() && scope.organiser() == Caller::every_organiser() => {
                            Stage::Gaps { expected: 1 }
                        }
                        None => Stage::Done,
                    }
                }
                Stage::Gaps { expected } => match gaps(connection, expected, &mut |f| findings.push(f))? {
                    Some(expected) => Stage::Gaps { expected },
                    None => Stage::Done,
                },
                Stage::Done => Stage::Done,
            };
            let stop = match next.stage {
                Stage::Chains { .. } => next.report.seals + next.report.changes >= enough,
                // A read of many positions is a part.
                Stage::Gaps { .. } | Stage::Done => true,
            };
            if stop {
                break;
            }
        }
        if next.is_done() {
            next.report.unsealed = unsealed(connection, scope)?;
        }
        next.report.findings += findings.len() as u64;
        Ok((next, findings))
    }
}

/// How many changes wait for their position and seal.
fn unsealed(connection: &mut DatabaseConnection, scope: &Scope) -> Result<u64, Error> {
    let mut waiting = changes::table.filter(changes::position.is_null()).select(count_star()).into_boxed();
    if scope.organiser() != Caller::every_organiser() {
        waiting = waiting.filter(changes::organiser_id.eq(Uid::of(scope.organiser())));
    }
    let waiting: i64 = waiting.first(connection)?;
    Ok(u64::try_from(waiting).unwrap_or_default())
}

/// How many changes there are to check, for whoever shows progress: the last position.
///
/// # Errors
/// [`Error::Denied`] for all but the program itself; a failure of the database.
pub fn last_position(connection: &mut DatabaseConnection, scope: &Scope) -> Result<u64, Error> {
    for_the_system(scope)?;
    let last: Option<i64> = changes::table.select(max(changes::position)).first(connection)?;
    Ok(last.and_then(|last| u64::try_from(last).ok()).unwrap_or_default())
}

fn for_the_system(scope: &Scope) -> Result<(), Error> {
    if scope.is_system() { Ok(()) } else { Err(Error::Denied(Denial::NotPermitted(scope.permission()))) }
}

/// Every organiser that has a seal or a sequenced change.
fn organisers(connection: &mut DatabaseConnection, scope: &Scope) -> Result<Vec<Uid>, Error> {
    let (mut all, mut after) = (Vec::new(), Uid(Uuid::nil()));
    while let Some(next) = next_organiser(connection, scope, None, after)? {
        all.push(next);
        after = next;
    }
    Ok(all)
}

/// The organiser whose chain comes after another's, of those that are to be checked.
fn next_organiser(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    up_to: Option<&Anchor>,
    after: Uid,
) -> Result<Option<Uid>, Error> {
    let only = match up_to {
        Some(anchor) => Some(Uid::of(anchor.organiser)),
        None if scope.organiser() != Caller::every_organiser() => Some(Uid::of(scope.organiser())),
        None => None,
    };
    if let Some(only) = only {
        return Ok((only > after).then_some(only));
    }
    // From one to the next by the index: the log is long, the organisers are few.
    let sealed: Option<Uid> = change_seals::table
        .filter(change_seals::organiser_id.gt(after))
        .order(change_seals::organiser_id.asc())
        .select(change_seals::organiser_id)
        .first(connection)
        .optional()?;
    let noted: Option<Uid> = changes::table
        .filter(changes::organiser_id.gt(after))
        .filter(changes::position.is_not_null())
        .order(changes::organiser_id.asc())
        .select(changes::organiser_id)
        .first(connection)
        .optional()?;
    Ok(sealed.into_iter().chain(noted).min())
}

/// Looks for positions that no change has, among the next many; returns where to go on, or
/// none at the end.
fn gaps(
    connection: &mut DatabaseConnection,
    mut expected: i64,
    tell: &mut dyn FnMut(Finding),
) -> Result<Option<i64>, Error> {
    let positions: Vec<Option<i64>> = changes::table
        .filter(changes::position.ge(expected))
        .order(changes::position.asc())
        .limit(POSITIONS_AT_A_TIME)
        .select(changes::position)
        .load(connection)?;
    if positions.is_empty() {
        return Ok(None);
    }
    for position in positions.into_iter().flatten() {
        if position > expected {
            let through = (position - 1 > expected).then_some(position - 1);
            let missing = Some(expected);
            tell(Finding { organiser: None, seal: None, position: missing, through, fault: Fault::Gap });
        }
        expected = position.saturating_add(1);
    }
    Ok(Some(expected))
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = change_seals)]
struct SealRow {
    number: i64,
    sealed_at: Ts,
    positions: Json,
    hashes: Json,
    previous_seal: String,
    seal: String,
}

/// Positions (both included) whose details were purged.
type Purged = Vec<(i64, i64)>;

struct Chain<'a> {
    connection: &'a mut DatabaseConnection,
    organiser: Uid,
    up_to: Option<&'a Anchor>,
    report: &'a mut Report,
    tell: &'a mut dyn FnMut(Finding),
}

impl Chain<'_> {
    fn found(&mut self, seal: Option<i64>, position: Option<i64>, fault: Fault) {
        (self.tell)(Finding { organiser: Some(self.organiser.to()), seal, position, through: None, fault });
    }

    /// Goes on from a place until `enough` was checked; returns the place reached, or none at
    /// the chain's end.
    fn verify(&mut self, from: Place, enough: u64) -> Result<Option<Place>, Error> {
        // Read anew for each part: details may be purged between two of them.
        let purged = self.purged()?;
        let Place { organiser, mut number, mut previous, mut read_to } = from;
        while let Some(row) = self.next_seal(number)? {
            if self.report.seals + self.report.changes >= enough {
                return Ok(Some(Place { organiser, number, previous, read_to }));
            }
            if row.number > number + 1 {
                (self.tell)(Finding {
                    organiser: Some(self.organiser.to()),
                    seal: Some(number + 1),
                    position: None,
                    through: (row.number > number + 2).then_some(row.number - 1),
                    fault: Fault::SealMissing,
                });
            }
            if row.previous_seal != previous && row.number == number + 1 {
                self.found(Some(row.number), None, Fault::ChainBroken);
            }
            let (last, seal) = self.verify_seal(&row, read_to, &purged)?;
            number = row.number;
            read_to = last.max(read_to);
            if let Some(anchor) = self.up_to.filter(|anchor| anchor.number == number) {
                if anchor.seal != seal {
                    self.found(Some(number), None, Fault::AnchorDiffers);
                }
                return Ok(None);
            }
            previous = row.seal;
        }
        if let Some(anchor) = self.up_to {
            self.found(Some(anchor.number), None, Fault::AnchorMissing);
        }
        // In the snapshot that shows no further seal: what is sequenced is sealed with it.
        self.not_sealed(read_to)?;
        Ok(None)
    }

    fn next_seal(&mut self, after: i64) -> Result<Option<SealRow>, Error> {
        Ok(change_seals::table
            .filter(change_seals::organiser_id.eq(self.organiser))
            .filter(change_seals::number.gt(after))
            .order(change_seals::number.asc())
            .select(SealRow::as_select())
            .first(self.connection)
            .optional()?)
    }

    /// Checks one seal and the changes after `read_to` up to its last; returns the last
    /// position and the seal as it follows from what it says it covers.
    fn verify_seal(&mut self, row: &SealRow, read_to: i64, purged: &Purged) -> Result<(i64, String), Error> {
        self.report.seals += 1;
        let number = Some(row.number);
        let lists = (
            serde_json::from_value::<Vec<i64>>(row.positions.0.clone()),
            serde_json::from_value::<Vec<String>>(row.hashes.0.clone()),
        );
        let (Ok(positions), Ok(hashes)) = lists else {
            self.found(number, None, Fault::SealAltered);
            return Ok((read_to, String::new()));
        };
        let seal =
            seal_of(&row.previous_seal, row.number, self.organiser.0, row.sealed_at, &positions, &hashes);
        if seal != row.seal || positions.len() != hashes.len() {
            self.found(number, None, Fault::SealAltered);
        }
        let mut sealed: BTreeMap<i64, String> = positions.into_iter().zip(hashes).collect();
        // A seal that was altered may name any position: read no further than is plausible.
        let last = sealed.last_key_value().map_or(read_to, |(position, _)| *position);
        let mut after = sealed.first_key_value().map_or(read_to, |(first, _)| read_to.min(first - 1));
        loop {
            let facts = self.facts(after, last)?;
            let Some(reached) = facts.last().and_then(|fact| fact.position) else { break };
            let details = self.details(after, reached)?;
            for fact in &facts {
                let Some(position) = fact.position else { continue };
                match sealed.remove(&position) {
                    None => self.found(number, Some(position), Fault::ChangeNotSealed),
                    Some(hash) => {
                        self.report.changes += 1;
                        self.verify_change(row.number, fact, position, &hash, &details, purged);
                    }
                }
            }
            after = reached;
        }
        for position in sealed.into_keys() {
            self.found(number, Some(position), Fault::ChangeMissing);
        }
        Ok((last, seal))
    }

    fn verify_change(
        &mut self,
        seal: i64,
        fact: &FactRow,
        position: i64,
        hash: &str,
        details: &HashMap<(Uuid, i32), String>,
        purged: &Purged,
    ) {
        if hash_of(fact) != hash {
            self.found(Some(seal), Some(position), Fault::ChangeAltered);
        }
        match details.get(&(fact.transaction_id.0, fact.ordinal)) {
            Some(hash) if *hash == fact.details_hash => {}
            Some(_) => self.found(Some(seal), Some(position), Fault::DetailsAltered),
            None if purged.iter().any(|(first, last)| (*first..=*last).contains(&position))
                && fact.entity != purge::ENTITY =>
            {
                self.report.purged += 1;
            }
            None => self.found(Some(seal), Some(position), Fault::DetailsMissing),
        }
    }

    fn facts(&mut self, after: i64, last: i64) -> Result<Vec<FactRow>, Error> {
        Ok(changes::table
            .filter(changes::organiser_id.eq(self.organiser))
            .filter(changes::position.gt(after))
            .filter(changes::position.le(last))
            .order(changes::position.asc())
            .limit(CHANGES_AT_A_TIME)
            .select(FactRow::as_select())
            .load(self.connection)?)
    }

    /// The hashes of the details of the changes at these positions.
    fn details(&mut self, after: i64, last: i64) -> Result<HashMap<(Uuid, i32), String>, Error> {
        let rows: Vec<(Uid, i32, String)> = change_details::table
            .inner_join(
                changes::table.on(changes::transaction_id
                    .eq(change_details::transaction_id)
                    .and(changes::ordinal.eq(change_details::ordinal))),
            )
            .filter(changes::organiser_id.eq(self.organiser))
            .filter(changes::position.gt(after))
            .filter(changes::position.le(last))
            .select((change_details::transaction_id, change_details::ordinal, change_details::details))
            .load(self.connection)?;
        let hashed = rows.into_iter().map(|(transaction, ordinal, details)| {
            ((transaction.0, ordinal), hex::encode(Sha256::digest(details.as_bytes())))
        });
        Ok(hashed.collect())
    }

    /// The purges that the log records. Each counts only as far as its own entry in the log
    /// has details that fit their sealed hash; a row put in elsewhere counts for nothing.
    fn purged(&mut self) -> Result<Purged, Error> {
        let rows: Vec<(String, String)> = changes::table
            .inner_join(
                change_details::table.on(changes::transaction_id
                    .eq(change_details::transaction_id)
                    .and(changes::ordinal.eq(change_details::ordinal))),
            )
            .filter(changes::organiser_id.eq(self.organiser))
            .filter(changes::entity.eq(purge::ENTITY))
            .filter(changes::action.eq("insert"))
            .filter(changes::position.is_not_null())
            .select((changes::details_hash, change_details::details))
            .load(self.connection)?;
        let ranges = rows.into_iter().filter_map(|(hash, details)| {
            if hex::encode(Sha256::digest(details.as_bytes())) != hash {
                return None;
            }
            // The nonce stands before the document.
            let document: serde_json::Value = serde_json::from_str(details.get(32..)?).ok()?;
            let position = |field: &str| document.get("after")?.get(field)?.as_i64();
            Some((position("first_position")?, position("last_position")?))
        });
        Ok(ranges.collect())
    }

    /// Changes with a position after the last sealed one.
    fn not_sealed(&mut self, read_to: i64) -> Result<(), Error> {
        let last: Option<i64> = changes::table
            .filter(changes::organiser_id.eq(self.organiser))
            .select(max(changes::position))
            .first(self.connection)?;
        let mut after = read_to;
        while last.is_some_and(|last| last > after) {
            let facts = self.facts(after, i64::MAX)?;
            let Some(reached) = facts.last().and_then(|fact| fact.position) else { break };
            for position in facts.iter().filter_map(|fact| fact.position) {
                self.found(None, Some(position), Fault::ChangeNotSealed);
            }
            after = reached;
        }
        Ok(())
    }
}
