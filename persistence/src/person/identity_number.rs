//! The identity numbers that persons hold over time.

use chrono::NaiveDate;
use diesel::prelude::*;
use skolhus_domain::{access::Scope, id::PersonId, person::HeldIdentityNumber};
use uuid::Uuid;

use crate::{
    core::{
        connection::DatabaseConnection,
        error::Error,
        reach,
        record::record,
        tx::Tx,
        types::{Ts, Uid},
    },
    schema::{identity_numbers, persons},
};

record! {
    /// An identity number's row.
    pub(crate) struct IdentityNumberRow in identity_numbers as "identity number" {
        person_id: Uid,
        kind: String,
        number: String,
        valid_from: NaiveDate,
        valid_to: Option<NaiveDate>,
        source: String,
        identity_level: Option<String>,
        dormant: bool,
        issued_by_id: Uid,
    }
}

/// Somebody who holds, or held before the entry was withdrawn, one of the numbers asked about.
#[derive(Clone)]
pub struct NumberHolder {
    /// Which of the numbers, by its place.
    pub place: usize,
    /// Who.
    pub person: PersonId,
    /// Whether the caller reaches the person.
    pub reached: bool,
    /// Whether the person is a withdrawn entry.
    pub withdrawn: bool,
}

/// Who holds these numbers in the whole organiser, protected persons and withdrawn entries
/// among them: for the check of what is entered, never to be told as it is.
///
/// # Errors
/// A failure of the database.
pub fn holders_of_numbers(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    numbers: &[HeldIdentityNumber],
) -> Result<Vec<NumberHolder>, Error> {
    if numbers.is_empty() {
        return Ok(Vec::new());
    }
    let canonical: Vec<&str> = numbers.iter().map(|held| held.number.canonical()).collect();
    type Found = (String, String, Uid, Option<Ts>, Uid, Option<Ts>, bool);
    let found: Vec<Found> = identity_numbers::table
        .inner_join(
            persons::table.on(persons::organiser_id
                .eq(identity_numbers::organiser_id)
                .and(persons::id.eq(identity_numbers::person_id))),
        )
        .filter(identity_numbers::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(identity_numbers::number.eq_any(canonical))
        .select((
            identity_numbers::kind,
            identity_numbers::number,
            identity_numbers::issued_by_id,
            identity_numbers::withdrawn_at,
            identity_numbers::person_id,
            persons::withdrawn_at,
            reach::persons(scope),
        ))
        .load(connection)?;
    let holders = found.into_iter().filter_map(|(kind, number, issuer, gone, person, withdrawn, reached)| {
        // A number corrected away from a person who is still there says nothing about anybody.
        if gone.is_some() && withdrawn.is_none() {
            return None;
        }
        let place = numbers.iter().position(|held| {
            held.number.kind().code() == kind
                && held.number.canonical() == number
                && issuer_of(held) == issuer
        })?;
        Some(NumberHolder { place, person: person.to(), reached, withdrawn: withdrawn.is_some() })
    });
    Ok(holders.collect())
}

/// Numbers of all kinds but T and TF have no issuer of ours: the nil UUID stands for it, so
/// that one unique index holds for both.
fn issuer_of(held: &HeldIdentityNumber) -> Uid {
    held.issued_by.map_or(Uid(Uuid::nil()), Uid::of)
}

/// New rows for the numbers of a person.
pub(super) fn rows_of(
    tx: &mut Tx<'_>,
    organiser: Uid,
    person: Uid,
    numbers: &[HeldIdentityNumber],
) -> Vec<IdentityNumberRow> {
    let now = tx.now();
    numbers
        .iter()
        .map(|held| {
            let HeldIdentityNumber { number, period, source, coordination, issued_by: _ } = held;
            IdentityNumberRow {
                organiser_id: organiser,
                id: tx.fresh(),
                version: 1,
                created_at: now,
                modified_at: now,
                withdrawn_at: None,
                person_id: person,
                kind: number.kind().code().to_owned(),
                number: number.canonical().to_owned(),
                valid_from: period.from(),
                valid_to: period.to(),
                source: source.code().to_owned(),
                identity_level: coordination.map(|standing| standing.level.code().to_owned()),
                dormant: coordination.is_some_and(|standing| standing.dormant),
                issued_by_id: issuer_of(held),
            }
        })
        .collect()
}

pub(super) fn insert_rows(tx: &mut Tx<'_>, rows: &[IdentityNumberRow]) -> Result<(), Error> {
    tx.insert(rows).map_err(|error| error.raced("identity_numbers_number_key"))
}

/// Makes these the numbers of a person: one that stays is updated, one no longer among them
/// is withdrawn. Returns whether anything changed.
pub(super) fn replace(
    tx: &mut Tx<'_>,
    organiser: Uid,
    person: Uid,
    numbers: &[HeldIdentityNumber],
) -> Result<bool, Error> {
    let mut before: Vec<IdentityNumberRow> = identity_numbers::table
        .filter(identity_numbers::organiser_id.eq(organiser))
        .filter(identity_numbers::person_id.eq(person))
        .filter(identity_numbers::withdrawn_at.is_null())
        .select(IdentityNumberRow::as_select())
        .load(tx.connection())?;
    let mut pairs = Vec::new();
    let mut new = Vec::new();
    for row in rows_of(tx, organiser, person, numbers) {
        let same = before.iter().position(|old| {
            old.kind == row.kind && old.number == row.number && old.issued_by_id == row.issued_by_id
        });
        match same {
            Some(place) => {
                let old = before.swap_remove(place);
                let after = IdentityNumberRow { id: old.id, created_at: old.created_at, ..row };
                pairs.push((old, after));
            }
            None => new.push(row),
        }
    }
    let now = tx.now();
    for old in before {
        let gone = IdentityNumberRow { withdrawn_at: Some(now), ..old.clone() };
        pairs.push((old, gone));
    }
    let versions: i64 = pairs.iter().map(|(old, _)| old.version).sum();
    let after: i64 = tx.update_many(pairs)?.iter().map(|row| row.version).sum();
    insert_rows(tx, &new)?;
    Ok(versions != after || !new.is_empty())
}
