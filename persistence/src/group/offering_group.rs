//! Which groups drive which offerings, and when.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel::prelude::*;
use skolhus_domain::{
    access::Scope,
    id::{GroupId, OfferingId},
    period::Period,
};

use crate::{
    core::{
        connection::DatabaseConnection,
        error::Error,
        record::record,
        tx::Tx,
        types::{Ts, Uid},
    },
    schema::{groups, offering_groups},
};

record! {
    /// A row of a group that drives an offering.
    pub(crate) struct OfferingGroupRow in offering_groups as "offering group" {
        offering_id: Uid,
        group_id: Uid,
        valid_from: NaiveDate,
        valid_to: Option<NaiveDate>,
    }
}

/// A group that drives an offering.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Driver {
    /// The group.
    pub group: GroupId,
    /// The first day on which it does.
    pub from: NaiveDate,
    /// The last day; none: as long as the offering and the group.
    pub to: Option<NaiveDate>,
}

/// The groups that drive an offering, with their names, by first day.
///
/// # Errors
/// A failure of the database.
pub fn of_offering(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    offering: OfferingId,
) -> Result<Vec<(Driver, String)>, Error> {
    let rows: Vec<(OfferingGroupRow, String)> = offering_groups::table
        .inner_join(
            groups::table.on(groups::organiser_id
                .eq(offering_groups::organiser_id)
                .and(groups::id.eq(offering_groups::group_id))),
        )
        .filter(offering_groups::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(offering_groups::offering_id.eq(Uid::of(offering)))
        .filter(offering_groups::withdrawn_at.is_null())
        .order((offering_groups::valid_from, groups::name_sort_key, groups::id))
        .select((OfferingGroupRow::as_select(), groups::name))
        .load(connection)?;
    Ok(rows
        .into_iter()
        .map(|(row, name)| {
            (Driver { group: row.group_id.to(), from: row.valid_from, to: row.valid_to }, name)
        })
        .collect())
}

/// Which groups drive these offerings, and which offerings these groups drive: one statement.
///
/// # Errors
/// A failure of the database.
pub fn between(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    offerings: &[OfferingId],
    groups: &[GroupId],
) -> Result<Vec<(OfferingId, GroupId, Period)>, Error> {
    let offerings: Vec<Uid> = offerings.iter().copied().map(Uid::of).collect();
    let groups: Vec<Uid> = groups.iter().copied().map(Uid::of).collect();
    let rows: Vec<OfferingGroupRow> = offering_groups::table
        .filter(offering_groups::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(offering_groups::offering_id.eq_any(offerings).or(offering_groups::group_id.eq_any(groups)))
        .filter(offering_groups::withdrawn_at.is_null())
        .order((offering_groups::valid_from, offering_groups::id))
        .select(OfferingGroupRow::as_select())
        .load(connection)?;
    rows.into_iter().map(|row| Ok((row.offering_id.to(), row.group_id.to(), row.days()?))).collect()
}

/// Lets groups drive offerings that are new and driven by none; answers with the rows' ids.
///
/// # Errors
/// A failure of the database.
pub fn insert_many(
    tx: &mut Tx<'_>,
    scope: &Scope,
    new: &[(OfferingId, Driver)],
) -> Result<Vec<uuid::Uuid>, Error> {
    let (now, organiser) = (tx.now(), Uid::of(scope.organiser()));
    let rows: Vec<OfferingGroupRow> = new
        .iter()
        .map(|(offering, driver)| OfferingGroupRow::of(organiser, Uid::of(*offering), now, driver))
        .collect();
    tx.insert(&rows)?;
    Ok(rows.into_iter().map(|row| row.id.0).collect())
}

/// The days on which a group drives offerings: from the first of the first to the last that is told.
///
/// # Errors
/// A failure of the database.
pub fn days_of_group(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    group: GroupId,
) -> Result<Vec<Period>, Error> {
    let rows: Vec<OfferingGroupRow> = offering_groups::table
        .filter(offering_groups::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(offering_groups::group_id.eq(Uid::of(group)))
        .filter(offering_groups::withdrawn_at.is_null())
        .select(OfferingGroupRow::as_select())
        .load(connection)?;
    rows.into_iter().map(|row| row.days()).collect()
}

/// Saves the whole set of groups that drive an offering: what is not among them is withdrawn.
///
/// # Errors
/// [`Error::Stale`] when the set has changed meanwhile; a failure of the database.
pub fn save_set(
    tx: &mut Tx<'_>,
    scope: &Scope,
    offering: OfferingId,
    wanted: &[Driver],
) -> Result<(), Error> {
    let (now, organiser) = (tx.now(), Uid::of(scope.organiser()));
    let rows: Vec<OfferingGroupRow> = offering_groups::table
        .filter(offering_groups::organiser_id.eq(organiser))
        .filter(offering_groups::offering_id.eq(Uid::of(offering)))
        .select(OfferingGroupRow::as_select())
        .load(tx.connection())?;
    let mut present: BTreeMap<Uid, OfferingGroupRow> = rows.into_iter().map(|row| (row.id, row)).collect();
    let (mut new, mut changed) = (Vec::new(), Vec::new());
    for driver in wanted {
        let row = OfferingGroupRow::of(organiser, Uid::of(offering), now, driver);
        match present.remove(&row.id) {
            Some(before) => changed.push((before, row)),
            None => new.push(row),
        }
    }
    for before in present.into_values().filter(|row| row.withdrawn_at.is_none()) {
        let after = OfferingGroupRow { withdrawn_at: Some(now), ..before.clone() };
        changed.push((before, after));
    }
    tx.insert(&new)?;
    tx.update_many(changed)?;
    Ok(())
}

impl OfferingGroupRow {
    fn days(&self) -> Result<Period, Error> {
        Period::new(self.valid_from, self.valid_to).map_err(|refusal| Error::Inconsistent {
            table: "offering_groups",
            id: self.id.0.to_string(),
            detail: format!("{:?}", refusal.rule),
        })
    }

    fn of(organiser_id: Uid, offering_id: Uid, now: Ts, driver: &Driver) -> Self {
        let Driver { group, from, to } = driver;
        let group_id = Uid::of(*group);
        let first = from.to_string();
        let words: [&[u8]; 2] = [group_id.0.as_bytes(), first.as_bytes()];
        Self {
            organiser_id,
            id: Uid::derived("offering_groups", offering_id, &words),
            version: 1,
            created_at: now,
            modified_at: now,
            withdrawn_at: None,
            offering_id,
            group_id,
            valid_from: *from,
            valid_to: *to,
        }
    }
}
