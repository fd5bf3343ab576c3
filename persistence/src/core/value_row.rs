//! Rows that hold one value of the domain each: how such rows are entered, changed and
//! withdrawn is the same for all of them, and stands here.

use skolhus_domain::{access::Scope, id::Id, refusal::Refusal};

use super::{
    error::Error,
    record::Record,
    saved::Saved,
    tx::Tx,
    types::{Ts, Uid},
};

/// A row that one value of the domain becomes, and is read from.
pub(crate) trait ValueRow: Record {
    /// What its id is called.
    type Id: Id;
    /// The value.
    type Value;
    /// The first version of a row.
    fn of(organiser_id: Uid, id: Uid, now: Ts, value: &Self::Value) -> Self;
    /// The value it holds.
    ///
    /// # Errors
    /// [`Error::Inconsistent`].
    fn into_value(self) -> Result<Self::Value, Error>;
}

/// What a row says, as the capability hands it out.
pub(crate) type SavedRow<R> = Saved<<R as ValueRow>::Id, <R as ValueRow>::Value>;

/// The value of a row, with what every resource carries.
pub(crate) fn saved<R: ValueRow>(row: R) -> Result<SavedRow<R>, Error> {
    let (created_at, modified_at) = row.instants();
    let (id, version) = (row.key().1.to(), row.version());
    Ok(Saved { id, version, created_at: created_at.0, modified_at: modified_at.0, value: row.into_value()? })
}

/// The values of rows.
pub(crate) fn all_saved<R: ValueRow>(rows: Vec<R>) -> Result<Vec<SavedRow<R>>, Error> {
    rows.into_iter().map(saved).collect()
}

/// What a row holds that no constructor of the domain accepts.
pub(crate) fn inconsistent<R: Record>(id: Uid) -> impl Fn(Refusal) -> Error + Copy {
    move |refusal| Error::Inconsistent {
        table: R::TABLE,
        id: id.0.to_string(),
        detail: format!("{:?}", refusal.rule),
    }
}

/// Enters values in one statement.
pub(crate) fn insert_many<R: ValueRow>(
    tx: &mut Tx<'_>,
    scope: &Scope,
    new: &[(R::Id, R::Value)],
) -> Result<Vec<SavedRow<R>>, Error> {
    let (organiser, now) = (Uid::of(scope.organiser()), tx.now());
    let rows: Vec<R> = new.iter().map(|(id, value)| R::of(organiser, Uid::of(*id), now, value)).collect();
    tx.insert(&rows)?;
    all_saved(rows)
}

/// Enters one value.
pub(crate) fn insert<R: ValueRow>(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: R::Id,
    value: &R::Value,
) -> Result<SavedRow<R>, Error> {
    let row = R::of(Uid::of(scope.organiser()), Uid::of(id), tx.now(), value);
    tx.insert(std::slice::from_ref(&row))?;
    saved(row)
}

/// Saves new states in one statement, each as the next version after the state it was made from.
///
/// # Errors
/// [`Error::Stale`] when one has changed meanwhile; a failure of the database.
pub(crate) fn update_many<R: ValueRow>(
    tx: &mut Tx<'_>,
    scope: &Scope,
    changes: &[(SavedRow<R>, R::Value)],
) -> Result<Vec<SavedRow<R>>, Error> {
    let pairs = changes.iter().map(|(before, value)| next::<R>(scope, before, value)).collect();
    all_saved(tx.update_many(pairs)?)
}

/// As [`update_many`], for one.
pub(crate) fn update<R: ValueRow>(
    tx: &mut Tx<'_>,
    scope: &Scope,
    before: &SavedRow<R>,
    value: &R::Value,
) -> Result<SavedRow<R>, Error> {
    let (old, new) = next::<R>(scope, before, value);
    saved(tx.update(&old, new)?)
}

/// Saves the one row that an organiser has of such a table (its settings), as the next version after `before`, or as the
/// first one: then its id is the organiser's.
///
/// # Errors
/// As [`update_many`]; a collision where somebody else has saved it first meanwhile.
pub(crate) fn save_only<R: ValueRow>(
    tx: &mut Tx<'_>,
    scope: &Scope,
    before: Option<&SavedRow<R>>,
    value: &R::Value,
) -> Result<SavedRow<R>, Error> {
    match before {
        Some(before) => update::<R>(tx, scope, before, value),
        None => {
            let id = Uid::of(scope.organiser()).to();
            insert::<R>(tx, scope, id, value).map_err(|error| error.raced(&format!("{}_pkey", R::TABLE)))
        }
    }
}

/// Withdraws mistaken entries in one statement.
///
/// # Errors
/// As [`update_many`].
pub(crate) fn withdraw_many<R: ValueRow>(
    tx: &mut Tx<'_>,
    scope: &Scope,
    before: &[SavedRow<R>],
) -> Result<(), Error> {
    let now = tx.now();
    let pairs = before.iter().map(|before| {
        let old: R = row_of(scope, before);
        let mut new = old.clone();
        new.withdraw(now);
        (old, new)
    });
    tx.update_many(pairs.collect()).map(drop)
}

/// The row as it was when the value was read.
fn row_of<R: ValueRow>(scope: &Scope, before: &SavedRow<R>) -> R {
    let Saved { id, version, created_at, modified_at, value } = before;
    let mut row = R::of(Uid::of(scope.organiser()), Uid::of(*id), Ts::of(*created_at), value);
    row.advance(*version, Ts::of(*modified_at));
    row
}

fn next<R: ValueRow>(scope: &Scope, before: &SavedRow<R>, value: &R::Value) -> (R, R) {
    let old: R = row_of(scope, before);
    let (organiser, id) = old.key();
    let new = R::of(organiser, id, old.instants().0, value);
    (old, new)
}
