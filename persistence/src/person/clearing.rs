//! Relatives who are cleared to know of protected persons.

use diesel::prelude::*;
use skolhus_domain::{
    access::Scope,
    id::{ClearingId, PersonId},
    person::{
        Grant,
        relation::{Clearing, ClearingState},
    },
    text::Text,
};

use crate::{
    Saved,
    core::{
        error::Error,
        reach,
        record::{Record, record},
        tx::Tx,
        types::{Ts, Uid},
        value_row::{self, ValueRow},
    },
    schema::{clearings, persons},
};

record! {
    /// A clearing's row.
    pub(crate) struct ClearingRow in clearings as "clearing" {
        person_id: Uid,
        relative_id: Uid,
        state: String,
        reason: String,
        entered_by_id: Option<Uid>,
        decided_by_id: Option<Uid>,
        decision_note: Option<String>,
    }
}

/// A clearing as it is saved.
pub type SavedClearing = Saved<ClearingId, Clearing>;

impl ValueRow for ClearingRow {
    type Id = ClearingId;
    type Value = Clearing;

    fn of(organiser_id: Uid, id: Uid, now: Ts, clearing: &Clearing) -> Self {
        let Clearing { person, relative, state, reason, entered_by, decided_by, decision_note } = clearing;
        Self {
            organiser_id,
            id,
            version: 1,
            created_at: now,
            modified_at: now,
            withdrawn_at: None,
            person_id: Uid::of(*person),
            relative_id: Uid::of(*relative),
            state: state.code().to_owned(),
            reason: reason.as_str().to_owned(),
            entered_by_id: entered_by.map(Uid::of),
            decided_by_id: decided_by.map(Uid::of),
            decision_note: decision_note.as_ref().map(|note| note.as_str().to_owned()),
        }
    }

    fn into_value(self) -> Result<Clearing, Error> {
        let Self {
            organiser_id: _,
            id,
            version: _,
            created_at: _,
            modified_at: _,
            withdrawn_at: _,
            person_id,
            relative_id,
            state,
            reason,
            entered_by_id,
            decided_by_id,
            decision_note,
        } = self;
        let refused = value_row::inconsistent::<Self>(id);
        Ok(Clearing {
            person: person_id.to(),
            relative: relative_id.to(),
            state: ClearingState::from_code(&state).map_err(refused)?,
            reason: Text::lines(&reason, 500).map_err(refused)?,
            entered_by: entered_by_id.map(Uid::to),
            decided_by: decided_by_id.map(Uid::to),
            decision_note: decision_note.map(|note| Text::lines(&note, 500)).transpose().map_err(refused)?,
        })
    }
}

/// Whom a clearing concerns, if they are protected and within reach: for whom access is to be recorded before
/// it is opened.
///
/// # Errors
/// A failure of the database.
pub fn person_of(tx: &mut Tx<'_>, scope: &Scope, id: ClearingId) -> Result<Option<PersonId>, Error> {
    let with_person =
        clearings::organiser_id.eq(persons::organiser_id).and(clearings::person_id.eq(persons::id));
    let person: Option<Uid> = clearings::table
        .inner_join(persons::table.on(with_person))
        .filter(reach::protected_persons_too(scope))
        .filter(persons::is_protected.eq(true))
        .filter(clearings::withdrawn_at.is_null())
        .filter(clearings::id.eq(Uid::of(id)))
        .select(clearings::person_id)
        .first(tx.connection())
        .optional()?;
    Ok(person.map(Uid::to))
}

/// The clearings of a person for whom access has been recorded in this transaction, in the order in which they
/// were entered.
///
/// # Errors
/// A failure of the database.
pub fn of_person(
    tx: &mut Tx<'_>,
    scope: &Scope,
    person: PersonId,
    grant: &Grant,
) -> Result<Vec<SavedClearing>, Error> {
    if !grant.covers(person) {
        return Ok(Vec::new());
    }
    let rows: Vec<ClearingRow> = clearings::table
        .filter(clearings::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(clearings::person_id.eq(Uid::of(person)))
        .filter(clearings::withdrawn_at.is_null())
        .order((clearings::created_at, clearings::id))
        .select(ClearingRow::as_select())
        .load(tx.connection())?;
    value_row::all_saved(rows)
}

/// Whether the id is in use, also by one out of reach or withdrawn.
///
/// # Errors
/// A failure of the database.
pub fn is_taken(tx: &mut Tx<'_>, scope: &Scope, id: ClearingId) -> Result<bool, Error> {
    let key = (Uid::of(scope.organiser()), Uid::of(id));
    Ok(diesel::select(diesel::dsl::exists(clearings::table.find(key))).get_result(tx.connection())?)
}

/// Enters a clearing. The reason stands in the log too.
///
/// # Errors
/// A failure of the database.
pub fn insert(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: ClearingId,
    clearing: &Clearing,
) -> Result<SavedClearing, Error> {
    tx.because(clearing.reason.as_str());
    value_row::insert::<ClearingRow>(tx, scope, id, clearing)
}

/// Saves what was decided about a clearing.
///
/// # Errors
/// [`Error::Stale`] when it has changed meanwhile; a failure of the database.
pub fn update(
    tx: &mut Tx<'_>,
    scope: &Scope,
    before: &SavedClearing,
    after: &Clearing,
    why: &str,
) -> Result<SavedClearing, Error> {
    tx.because(why);
    value_row::update::<ClearingRow>(tx, scope, before, after)
}

/// Takes a clearing away: at once.
///
/// # Errors
/// As [`update`].
pub fn withdraw(tx: &mut Tx<'_>, scope: &Scope, before: &SavedClearing) -> Result<(), Error> {
    value_row::withdraw_many::<ClearingRow>(tx, scope, std::slice::from_ref(before))
}

/// Takes every clearing of the persons away.
pub(super) fn withdraw_of(tx: &mut Tx<'_>, organiser: Uid, of: &[Uid]) -> Result<(), Error> {
    let now = tx.now();
    let rows: Vec<ClearingRow> = clearings::table
        .filter(clearings::organiser_id.eq(organiser))
        .filter(clearings::person_id.eq_any(of))
        .filter(clearings::withdrawn_at.is_null())
        .select(ClearingRow::as_select())
        .load(tx.connection())?;
    let pairs = rows.into_iter().map(|before| {
        let mut after = before.clone();
        after.withdraw(now);
        (before, after)
    });
    tx.update_many(pairs.collect()).map(drop)
}
