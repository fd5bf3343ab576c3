//! Saving participations, many at a time.

use skolhus_domain::{
    access::Scope,
    id::{OfferingId, ParticipationId},
    participation::{Participation, Reason},
};

use super::row::ParticipationRow;
use crate::{
    Saved,
    core::{
        error::Error,
        tx::Tx,
        types::{Ts, Uid},
    },
};

/// Holds offerings until the transaction ends, all of them in one statement: their places and
/// their participants' days are given out by one transaction at a time.
///
/// # Errors
/// A failure of the database.
pub fn lock_offerings(tx: &mut Tx<'_>, offerings: &[OfferingId]) -> Result<(), Error> {
    let ids: Vec<Uid> = offerings.iter().copied().map(Uid::of).collect();
    tx.lock_in("course_offerings", &ids)
}

/// Enters participations in one statement. That places are left and that no two of a person
/// overlap is checked before, with the offerings locked.
///
/// # Errors
/// A failure of the database.
pub fn insert_many(
    tx: &mut Tx<'_>,
    scope: &Scope,
    participations: &[(ParticipationId, Participation)],
) -> Result<Vec<Saved<ParticipationId, Participation>>, Error> {
    let (organiser, now) = (Uid::of(scope.organiser()), tx.now());
    let rows: Vec<ParticipationRow> = participations
        .iter()
        .map(|(id, participation)| ParticipationRow::of(organiser, Uid::of(*id), now, participation))
        .collect();
    tx.insert(&rows)?;
    rows.into_iter().map(ParticipationRow::into_saved).collect()
}

/// Saves new states of participations in one statement, each as the next version after the one
/// it was made from. One without a difference keeps its version. The answer stands in the order
/// of the pairs.
///
/// # Errors
/// [`Error::Stale`] when one of them has changed meanwhile; a failure of the database.
pub fn update_many(
    tx: &mut Tx<'_>,
    scope: &Scope,
    pairs: &[(Saved<ParticipationId, Participation>, Participation)],
) -> Result<Vec<Saved<ParticipationId, Participation>>, Error> {
    let rows = pairs.iter().map(|(before, after)| {
        let old = before_row(scope, before);
        let new = ParticipationRow::of(old.organiser_id, old.id, old.created_at, after);
        (old, new)
    });
    let saved = tx.update_many(rows.collect())?;
    saved.into_iter().map(ParticipationRow::into_saved).collect()
}

/// Withdraws a participation as a mistaken entry.
///
/// # Errors
/// As [`update_many`].
pub fn withdraw(
    tx: &mut Tx<'_>,
    scope: &Scope,
    before: &Saved<ParticipationId, Participation>,
) -> Result<(), Error> {
    let old = before_row(scope, before);
    let new = ParticipationRow { withdrawn_at: Some(tx.now()), ..old.clone() };
    tx.update(&old, new).map(drop)
}

/// Lets the change log say why the changes that follow are made.
pub fn because(tx: &mut Tx<'_>, reason: &Reason) {
    tx.because(reason.as_str());
}

pub(super) fn before_row(scope: &Scope, before: &Saved<ParticipationId, Participation>) -> ParticipationRow {
    let row = ParticipationRow::of(
        Uid::of(scope.organiser()),
        Uid::of(before.id),
        Ts::of(before.created_at),
        &before.value,
    );
    ParticipationRow { version: before.version, modified_at: Ts::of(before.modified_at), ..row }
}
