//! Who answers for groups, and when.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel::prelude::*;
use skolhus_domain::{
    access::Scope,
    duty::{Duty, DutyRole},
    group::{AssignmentRole, GroupAssignment},
    id::{DutyId, GroupId, PersonId},
    period::Period,
    refusal::Refusal,
};

use crate::{
    core::{
        connection::DatabaseConnection,
        error::Error,
        record::record,
        shown_name,
        tx::Tx,
        types::{Json, Ts, Uid},
    },
    schema::{duties, group_assignments, persons},
};

record! {
    /// A row of an assignment to a group.
    pub(crate) struct AssignmentRow in group_assignments as "group assignment" {
        group_id: Uid,
        duty_id: Uid,
        role: String,
        valid_from: NaiveDate,
        valid_to: Option<NaiveDate>,
    }
}

/// An assignment with who it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AssignmentView {
    /// Duty, role and days.
    pub assignment: GroupAssignment,
    /// Who it is; none when the person is withdrawn, or protected and not to be named to the caller.
    pub person: Option<AssignedPerson>,
}

/// Who is assigned.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AssignedPerson {
    /// The person; none for one who is protected, and named as their plan says.
    pub id: Option<PersonId>,
    /// The given name in daily use.
    pub given_name: String,
    /// The family name.
    pub family_name: String,
}

/// The person of a duty: id, given name, preferred given name, family name.
type PersonColumns = (Option<Uid>, Option<String>, Option<String>, Option<String>);

/// The assignments of each of the groups with who it is, by first day: one statement.
///
/// # Errors
/// A failure of the database.
pub fn views(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    groups: &[GroupId],
) -> Result<BTreeMap<GroupId, Vec<AssignmentView>>, Error> {
    let mut found: BTreeMap<GroupId, Vec<AssignmentView>> = BTreeMap::new();
    if groups.is_empty() {
        return Ok(found);
    }
    let ids: Vec<Uid> = groups.iter().copied().map(Uid::of).collect();
    let plan = shown_name::column(connection.is_postgres());
    let rows: Vec<(AssignmentRow, PersonColumns, Option<Json>)> = group_assignments::table
        .inner_join(
            duties::table.on(duties::organiser_id
                .eq(group_assignments::organiser_id)
                .and(duties::id.eq(group_assignments::duty_id))),
        )
        .left_join(
            persons::table.on(persons::organiser_id
                .eq(duties::organiser_id)
                .and(persons::id.eq(duties::person_id))
                .and(persons::withdrawn_at.is_null())),
        )
        .filter(group_assignments::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(group_assignments::group_id.eq_any(ids))
        .filter(group_assignments::withdrawn_at.is_null())
        .order((group_assignments::valid_from, group_assignments::id))
        .select((
            AssignmentRow::as_select(),
            (
                persons::id.nullable(),
                persons::given_name.nullable(),
                persons::preferred_given_name.nullable(),
                persons::family_name.nullable(),
            ),
            plan,
        ))
        .load(connection)?;
    for (row, (id, given, preferred, family), plan) in rows {
        let person = shown_name::of_staff(scope, id, (preferred.or(given), family), plan)
            .map(|(id, given_name, family_name)| AssignedPerson { id, given_name, family_name });
        let (group, assignment) = row.into_assignment()?;
        found.entry(group).or_default().push(AssignmentView { assignment, person });
    }
    Ok(found)
}

/// The assignments of each of the groups, by first day, whoever is assigned: one statement.
///
/// # Errors
/// A failure of the database.
pub fn of_groups(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    groups: &[GroupId],
) -> Result<BTreeMap<GroupId, Vec<GroupAssignment>>, Error> {
    let groups: Vec<Uid> = groups.iter().copied().map(Uid::of).collect();
    let rows: Vec<AssignmentRow> = group_assignments::table
        .filter(group_assignments::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(group_assignments::group_id.eq_any(groups))
        .filter(group_assignments::withdrawn_at.is_null())
        .order((group_assignments::valid_from, group_assignments::id))
        .select(AssignmentRow::as_select())
        .load(connection)?;
    let mut found: BTreeMap<GroupId, Vec<GroupAssignment>> = BTreeMap::new();
    for row in rows {
        let (group, assignment) = row.into_assignment()?;
        found.entry(group).or_default().push(assignment);
    }
    Ok(found)
}

/// Enters assignments to groups that are new and have none; answers with the rows' ids.
///
/// # Errors
/// A failure of the database.
pub fn insert_many(
    tx: &mut Tx<'_>,
    scope: &Scope,
    new: &[(GroupId, GroupAssignment)],
) -> Result<Vec<uuid::Uuid>, Error> {
    let (now, organiser) = (tx.now(), Uid::of(scope.organiser()));
    let rows: Vec<AssignmentRow> = new
        .iter()
        .map(|(group, assignment)| AssignmentRow::of(organiser, Uid::of(*group), now, assignment))
        .collect();
    tx.insert(&rows)?;
    Ok(rows.into_iter().map(|row| row.id.0).collect())
}

/// The duties that stand in a group already, also those of protected persons: whoever saves the group's
/// staff anew must be able to leave them there.
///
/// # Errors
/// A failure of the database.
pub fn duties_of(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    group: GroupId,
) -> Result<Vec<(DutyId, Duty)>, Error> {
    let standing = group_assignments::table
        .filter(group_assignments::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(group_assignments::group_id.eq(Uid::of(group)))
        .filter(group_assignments::withdrawn_at.is_null())
        .select(group_assignments::duty_id);
    let rows: Vec<(Uid, Uid, Uid, String, NaiveDate, Option<NaiveDate>)> = duties::table
        .filter(duties::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(duties::withdrawn_at.is_null())
        .filter(duties::id.eq_any(standing))
        .select((
            duties::id,
            duties::person_id,
            duties::school_unit_id,
            duties::role,
            duties::valid_from,
            duties::valid_to,
        ))
        .load(connection)?;
    rows.into_iter()
        .map(|(id, person, school_unit, role, from, to)| {
            let refused = |refusal: Refusal| inconsistent("duties", id, &refusal);
            let duty = Duty {
                person: person.to(),
                school_unit: school_unit.to(),
                role: DutyRole::from_code(&role).map_err(refused)?,
                signature: None,
                period: Period::new(from, to).map_err(refused)?,
            };
            Ok((id.to(), duty))
        })
        .collect()
}

/// Saves the whole set of assignments of a group: what is not among them is withdrawn.
///
/// # Errors
/// [`Error::Stale`] when the set has changed meanwhile; a failure of the database.
pub fn save_set(
    tx: &mut Tx<'_>,
    scope: &Scope,
    group: GroupId,
    wanted: &[GroupAssignment],
) -> Result<(), Error> {
    let (now, organiser) = (tx.now(), Uid::of(scope.organiser()));
    let rows: Vec<AssignmentRow> = group_assignments::table
        .filter(group_assignments::organiser_id.eq(organiser))
        .filter(group_assignments::group_id.eq(Uid::of(group)))
        .select(AssignmentRow::as_select())
        .load(tx.connection())?;
    let mut present: BTreeMap<Uid, AssignmentRow> = rows.into_iter().map(|row| (row.id, row)).collect();
    let (mut new, mut changed) = (Vec::new(), Vec::new());
    for assignment in wanted {
        let row = AssignmentRow::of(organiser, Uid::of(group), now, assignment);
        match present.remove(&row.id) {
            Some(before) => changed.push((before, row)),
            None => new.push(row),
        }
    }
    for before in present.into_values().filter(|row| row.withdrawn_at.is_none()) {
        let after = AssignmentRow { withdrawn_at: Some(now), ..before.clone() };
        changed.push((before, after));
    }
    tx.insert(&new)?;
    tx.update_many(changed)?;
    Ok(())
}

fn inconsistent(table: &'static str, id: Uid, refusal: &Refusal) -> Error {
    Error::Inconsistent { table, id: id.0.to_string(), detail: format!("{:?}", refusal.rule) }
}

impl AssignmentRow {
    fn of(organiser_id: Uid, group_id: Uid, now: Ts, assignment: &GroupAssignment) -> Self {
        let GroupAssignment { duty, role, period } = assignment;
        let duty_id = Uid::of(*duty);
        let first = period.from().to_string();
        let words: [&[u8]; 3] = [duty_id.0.as_bytes(), role.code().as_bytes(), first.as_bytes()];
        Self {
            organiser_id,
            id: Uid::derived("group_assignments", group_id, &words),
            version: 1,
            created_at: now,
            modified_at: now,
            withdrawn_at: None,
            group_id,
            duty_id,
            role: role.code().to_owned(),
            valid_from: period.from(),
            valid_to: period.to(),
        }
    }

    fn into_assignment(self) -> Result<(GroupId, GroupAssignment), Error> {
        let id = self.id;
        let refused = |refusal: Refusal| inconsistent("group_assignments", id, &refusal);
        let assignment = GroupAssignment {
            duty: self.duty_id.to(),
            role: AssignmentRole::from_code(&self.role).map_err(refused)?,
            period: Period::new(self.valid_from, self.valid_to).map_err(refused)?,
        };
        Ok((self.group_id.to(), assignment))
    }
}
