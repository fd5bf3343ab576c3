//! Who teaches an offering, and when.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel::prelude::*;
use skolhus_domain::{
    access::Scope,
    course::{OfferingTeacher, TeacherRole},
    id::{DutyId, OfferingId},
    period::Period,
    refusal::Refusal,
};

use crate::{
    core::{
        connection::DatabaseConnection,
        error::Error,
        record::record,
        rows::MOST_IDS,
        tx::Tx,
        types::{Ts, Uid},
    },
    schema::offering_teachers,
};

record! {
    /// A row of a teacher in an offering.
    pub(crate) struct OfferingTeacherRow in offering_teachers as "offering teacher" {
        offering_id: Uid,
        duty_id: Uid,
        role: String,
        valid_from: NaiveDate,
        valid_to: Option<NaiveDate>,
    }
}

/// Enters teachers of offerings. A duty stands in an offering once with one role and first day;
/// what stands there already is made as asked for ([`save_sets`] also takes away).
///
/// # Errors
/// A failure of the database.
pub fn insert_many(
    tx: &mut Tx<'_>,
    scope: &Scope,
    new: &[(OfferingId, OfferingTeacher)],
) -> Result<(), Error> {
    write(tx, scope, &sets(new.iter().cloned()), false)
}

/// Saves the whole set of teachers of each of the offerings: what is not among them is withdrawn.
///
/// # Errors
/// [`Error::Stale`] when one of the sets has changed meanwhile; a failure of the database.
pub fn save_sets(
    tx: &mut Tx<'_>,
    scope: &Scope,
    sets: &BTreeMap<OfferingId, Vec<OfferingTeacher>>,
) -> Result<(), Error> {
    write(tx, scope, sets, true)
}

/// The id of the row in which a teacher stands: it follows from offering, duty, role and first day.
#[must_use]
pub fn row_id(scope: &Scope, offering: OfferingId, teacher: &OfferingTeacher) -> uuid::Uuid {
    let now = Ts::of(scope.now());
    OfferingTeacherRow::of(Uid::of(scope.organiser()), Uid::of(offering), now, teacher).id.0
}

/// The teachers in these rows, with the offering and the id of the row; withdrawn ones are left out.
///
/// # Errors
/// A failure of the database.
pub fn find_rows(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    ids: &[uuid::Uuid],
) -> Result<Vec<(uuid::Uuid, OfferingId, OfferingTeacher)>, Error> {
    let ids: Vec<Uid> = ids.iter().copied().map(Uid).collect();
    let rows: Vec<OfferingTeacherRow> = offering_teachers::table
        .filter(offering_teachers::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(offering_teachers::id.eq_any(ids))
        .filter(offering_teachers::withdrawn_at.is_null())
        .select(OfferingTeacherRow::as_select())
        .load(connection)?;
    rows.into_iter()
        .map(|row| {
            let id = row.id.0;
            row.into_teacher().map(|(offering, teacher)| (id, offering, teacher))
        })
        .collect()
}

fn sets(
    teachers: impl Iterator<Item = (OfferingId, OfferingTeacher)>,
) -> BTreeMap<OfferingId, Vec<OfferingTeacher>> {
    let mut sets: BTreeMap<OfferingId, Vec<OfferingTeacher>> = BTreeMap::new();
    for (offering, teacher) in teachers {
        sets.entry(offering).or_default().push(teacher);
    }
    sets
}

/// The teachers of each of the offerings, in the order of their first days.
///
/// # Errors
/// A failure of the database.
pub fn of_offerings(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    offerings: &[OfferingId],
) -> Result<BTreeMap<OfferingId, Vec<OfferingTeacher>>, Error> {
    let mut rows: Vec<OfferingTeacherRow> = rows(connection, Uid::of(scope.organiser()), offerings)?;
    rows.retain(|row| row.withdrawn_at.is_none());
    rows.sort_by_key(|row| (row.valid_from, row.id));
    let mut teachers = Vec::with_capacity(rows.len());
    for row in rows {
        teachers.push(row.into_teacher()?);
    }
    Ok(sets(teachers.into_iter()))
}

/// Rows of the offerings, the withdrawn ones too.
fn rows(
    connection: &mut DatabaseConnection,
    organiser: Uid,
    offerings: &[OfferingId],
) -> Result<Vec<OfferingTeacherRow>, Error> {
    let mut found = Vec::new();
    for offerings in offerings.chunks(MOST_IDS) {
        let ids: Vec<Uid> = offerings.iter().copied().map(Uid::of).collect();
        found.extend(
            offering_teachers::table
                .filter(offering_teachers::organiser_id.eq(organiser))
                .filter(offering_teachers::offering_id.eq_any(ids))
                .select(OfferingTeacherRow::as_select())
                .load::<OfferingTeacherRow>(connection)?,
        );
    }
    Ok(found)
}

fn write(
    tx: &mut Tx<'_>,
    scope: &Scope,
    sets: &BTreeMap<OfferingId, Vec<OfferingTeacher>>,
    whole: bool,
) -> Result<(), Error> {
    let (now, organiser) = (tx.now(), Uid::of(scope.organiser()));
    let offerings: Vec<OfferingId> = sets.keys().copied().collect();
    let mut present: BTreeMap<Uid, OfferingTeacherRow> =
        rows(tx.connection(), organiser, &offerings)?.into_iter().map(|row| (row.id, row)).collect();
    let (mut new, mut changed) = (BTreeMap::new(), Vec::new());
    for (offering, teachers) in sets {
        for teacher in teachers {
            let wanted = OfferingTeacherRow::of(organiser, Uid::of(*offering), now, teacher);
            match present.remove(&wanted.id) {
                Some(before) => changed.push((before, wanted)),
                None => {
                    new.insert(wanted.id, wanted);
                }
            }
        }
    }
    if whole {
        for before in present.into_values().filter(|row| row.withdrawn_at.is_none()) {
            let after = OfferingTeacherRow { withdrawn_at: Some(now), ..before.clone() };
            changed.push((before, after));
        }
    }
    tx.insert(&new.into_values().collect::<Vec<_>>())?;
    tx.update_many(changed)?;
    Ok(())
}

impl OfferingTeacherRow {
    fn of(organiser_id: Uid, offering_id: Uid, now: Ts, teacher: &OfferingTeacher) -> Self {
        let OfferingTeacher { duty, period, role } = teacher;
        let duty_id = Uid::of(*duty);
        let first = period.from().to_string();
        let words: [&[u8]; 3] = [duty_id.0.as_bytes(), role.code().as_bytes(), first.as_bytes()];
        Self {
            organiser_id,
            id: Uid::derived("offering_teachers", offering_id, &words),
            version: 1,
            created_at: now,
            modified_at: now,
            withdrawn_at: None,
            offering_id,
            duty_id,
            role: role.code().to_owned(),
            valid_from: period.from(),
            valid_to: period.to(),
        }
    }

    fn into_teacher(self) -> Result<(OfferingId, OfferingTeacher), Error> {
        let teacher = teacher(self.id, self.duty_id, &self.role, self.valid_from, self.valid_to)?;
        Ok((self.offering_id.to(), teacher))
    }
}

/// A teacher as the domain knows it, from a row's cells.
pub(super) fn teacher(
    id: Uid,
    duty: Uid,
    role: &str,
    from: NaiveDate,
    to: Option<NaiveDate>,
) -> Result<OfferingTeacher, Error> {
    let refused = |refusal: Refusal| Error::Inconsistent {
        table: "offering_teachers",
        id: id.0.to_string(),
        detail: format!("{:?}", refusal.rule),
    };
    Ok(OfferingTeacher {
        duty: duty.to::<DutyId>(),
        period: Period::new(from, to).map_err(refused)?,
        role: TeacherRole::from_code(role).map_err(refused)?,
    })
}
