//! Duties (tjänster): persons who work at school units (duty).

use chrono::NaiveDate;
use diesel::prelude::*;
use skolhus_domain::{
    access::{Part, Reach, Scope},
    duty::{Duty, DutyRole, signature_key},
    id::{DutyId, GroupId, OfferingId, PersonId, SchoolUnitId},
    period::Period,
    text::Text,
};

use crate::{
    Saved,
    core::{
        connection::{DatabaseConnection, MultiBackend},
        error::Error,
        feed::modified_after,
        page::{Cursor, Page, PageRequest, date, instant, instant_key, keyset},
        record::record,
        rows::MOST_IDS,
        tx::Tx,
        types::{Ts, Uid},
        value_row::{self, ValueRow, all_saved, inconsistent, saved},
    },
    schema::{duties, group_assignments, offering_teachers, persons},
};

record! {
    /// A duty's row.
    pub(crate) struct DutyRow in duties as "duty" {
        person_id: Uid,
        school_unit_id: Uid,
        role: String,
        signature: Option<String>,
        signature_key: Option<String>,
        valid_from: NaiveDate,
        valid_to: Option<NaiveDate>,
    }
}

/// What a list of duties is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum DutySort {
    /// The first day.
    #[default]
    FirstDay,
    /// When it was changed last.
    ModifiedAt,
}

/// Which duties are asked for.
#[derive(Clone, Debug, Default)]
pub struct DutyFilter {
    /// At these school units.
    pub school_units: Vec<SchoolUnitId>,
    /// Of these persons.
    pub persons: Vec<PersonId>,
    /// In these roles.
    pub roles: Vec<DutyRole>,
    /// With one of these signatures, upper and lower case alike.
    pub signatures: Vec<Text>,
    /// In force on this day.
    pub valid_on: Option<NaiveDate>,
}

/// The duties of the organiser that are not withdrawn. Those of protected persons are left out
/// for all but themselves and the program's own work.
fn standing<'a>(scope: &Scope) -> duties::BoxedQuery<'a, MultiBackend> {
    let query = duties::table
        .filter(duties::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(duties::withdrawn_at.is_null())
        .into_boxed();
    if scope.is_system() {
        return query;
    }
    let own = scope.person().map_or(Uid(uuid::Uuid::nil()), Uid::of);
    let open = persons::table
        .filter(persons::organiser_id.eq(duties::organiser_id))
        .filter(persons::id.eq(duties::person_id))
        .filter(persons::is_protected.eq(false))
        .filter(persons::withdrawn_at.is_null());
    query.filter(duties::person_id.eq(own).or(diesel::dsl::exists(open)))
}

/// The duties that a scope reaches: of its school units; for a teacher their own, and those of
/// the colleagues in the offerings they teach.
fn reachable<'a>(scope: &Scope) -> duties::BoxedQuery<'a, MultiBackend> {
    let query = standing(scope);
    let Reach::Parts(parts) = scope.reach() else { return query };
    let (mut units, mut own) = (Vec::new(), Vec::new());
    for part in parts {
        match part {
            Part::Unit(unit) => units.push(Uid::of(*unit)),
            // A duty is the person's own at any unit; the limit is on what they do there.
            Part::Taught(person, _) | Part::Own(person) => own.push(Uid::of(*person)),
            // Where a relative works is nobody's concern.
            Part::Ward(_) => {}
        }
    }
    let today = scope.today();
    let (mine, mine_at) = diesel::alias!(offering_teachers as mine, duties as mine_at);
    let taught = mine
        .inner_join(
            mine_at.on(mine_at
                .field(duties::organiser_id)
                .eq(mine.field(offering_teachers::organiser_id))
                .and(mine_at.field(duties::id).eq(mine.field(offering_teachers::duty_id)))),
        )
        .filter(mine.field(offering_teachers::organiser_id).eq(Uid::of(scope.organiser())))
        .filter(mine.field(offering_teachers::withdrawn_at).is_null())
        .filter(mine.field(offering_teachers::valid_from).le(today))
        .filter(
            mine.field(offering_teachers::valid_to)
                .is_null()
                .or(mine.field(offering_teachers::valid_to).ge(today)),
        )
        .filter(mine_at.field(duties::person_id).eq_any(own.clone()))
        .filter(mine_at.field(duties::withdrawn_at).is_null())
        .filter(mine_at.field(duties::valid_from).le(today))
        .filter(mine_at.field(duties::valid_to).is_null().or(mine_at.field(duties::valid_to).ge(today)))
        .select(mine.field(offering_teachers::offering_id));
    let colleagues = offering_teachers::table
        .filter(offering_teachers::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(offering_teachers::withdrawn_at.is_null())
        .filter(offering_teachers::offering_id.eq_any(taught))
        .select(offering_teachers::duty_id);
    query.filter(
        duties::school_unit_id
            .eq_any(units)
            .or(duties::person_id.eq_any(own))
            .or(duties::id.eq_any(colleagues)),
    )
}

/// One duty.
///
/// # Errors
/// A failure of the database.
pub fn find(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: DutyId,
) -> Result<Option<Saved<DutyId, Duty>>, Error> {
    Ok(find_many(connection, scope, &[id])?.pop())
}

/// Those of the duties that there are within reach, in no order.
///
/// # Errors
/// A failure of the database.
pub fn find_many(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    ids: &[DutyId],
) -> Result<Vec<Saved<DutyId, Duty>>, Error> {
    let mut found = Vec::with_capacity(ids.len());
    for ids in ids.chunks(MOST_IDS) {
        let ids: Vec<Uid> = ids.iter().copied().map(Uid::of).collect();
        let rows: Vec<DutyRow> =
            reachable(scope).filter(duties::id.eq_any(ids)).select(DutyRow::as_select()).load(connection)?;
        for row in rows {
            found.push(saved(row)?);
        }
    }
    Ok(found)
}

/// The duties that stand in an offering already, also those of protected persons: whoever saves
/// the offering's teachers anew must be able to leave them there.
///
/// # Errors
/// A failure of the database.
pub fn of_offering(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    offering: OfferingId,
) -> Result<Vec<Saved<DutyId, Duty>>, Error> {
    let standing = offering_teachers::table
        .filter(offering_teachers::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(offering_teachers::offering_id.eq(Uid::of(offering)))
        .filter(offering_teachers::withdrawn_at.is_null())
        .select(offering_teachers::duty_id);
    let rows: Vec<DutyRow> = duties::table
        .filter(duties::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(duties::withdrawn_at.is_null())
        .filter(duties::id.eq_any(standing))
        .select(DutyRow::as_select())
        .load(connection)?;
    all_saved(rows)
}

/// The duties that stand in these offerings or groups, also those of protected persons: who goes on there
/// is decided for all of them.
///
/// # Errors
/// A failure of the database.
pub fn working_in(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    offerings: &[OfferingId],
    groups: &[GroupId],
) -> Result<Vec<Saved<DutyId, Duty>>, Error> {
    let organiser = Uid::of(scope.organiser());
    let offerings: Vec<Uid> = offerings.iter().copied().map(Uid::of).collect();
    let groups: Vec<Uid> = groups.iter().copied().map(Uid::of).collect();
    let teaching = offering_teachers::table
        .filter(offering_teachers::organiser_id.eq(organiser))
        .filter(offering_teachers::offering_id.eq_any(offerings))
        .filter(offering_teachers::withdrawn_at.is_null())
        .select(offering_teachers::duty_id);
    let assigned = group_assignments::table
        .filter(group_assignments::organiser_id.eq(organiser))
        .filter(group_assignments::group_id.eq_any(groups))
        .filter(group_assignments::withdrawn_at.is_null())
        .select(group_assignments::duty_id);
    let rows: Vec<DutyRow> = duties::table
        .filter(duties::organiser_id.eq(organiser))
        .filter(duties::withdrawn_at.is_null())
        .filter(duties::id.eq_any(teaching).or(duties::id.eq_any(assigned)))
        .select(DutyRow::as_select())
        .load(connection)?;
    all_saved(rows)
}

/// The other duties with the same signature at the school unit, on any day, also those out of
/// reach: what the rule of unique signatures is checked against.
///
/// # Errors
/// A failure of the database.
pub fn with_same_signature(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: DutyId,
    duty: &Duty,
) -> Result<Vec<Duty>, Error> {
    let Some(signature) = &duty.signature else { return Ok(Vec::new()) };
    let rows: Vec<DutyRow> = duties::table
        .filter(duties::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(duties::school_unit_id.eq(Uid::of(duty.school_unit)))
        .filter(duties::signature_key.eq(signature_key(signature)))
        .filter(duties::id.ne(Uid::of(id)))
        .filter(duties::withdrawn_at.is_null())
        .select(DutyRow::as_select())
        .load(connection)?;
    rows.into_iter().map(|row| saved(row).map(|saved| saved.value)).collect()
}

/// The first and the last day on which the duty has work in offerings or groups; none if it has none.
/// A last day of none: as long as they.
///
/// # Errors
/// A failure of the database.
pub fn days_of_work(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: DutyId,
) -> Result<Option<Period>, Error> {
    let mut days: Vec<(NaiveDate, Option<NaiveDate>)> = offering_teachers::table
        .filter(offering_teachers::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(offering_teachers::duty_id.eq(Uid::of(id)))
        .filter(offering_teachers::withdrawn_at.is_null())
        .select((offering_teachers::valid_from, offering_teachers::valid_to))
        .load(connection)?;
    let in_groups: Vec<(NaiveDate, Option<NaiveDate>)> = group_assignments::table
        .filter(group_assignments::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(group_assignments::duty_id.eq(Uid::of(id)))
        .filter(group_assignments::withdrawn_at.is_null())
        .select((group_assignments::valid_from, group_assignments::valid_to))
        .load(connection)?;
    // An open assignment ends with the duty, whenever that is: its first day is what must fit.
    days.extend(in_groups.into_iter().map(|(from, to)| (from, Some(to.unwrap_or(from)))));
    let Some(first) = days.iter().map(|(from, _)| *from).min() else { return Ok(None) };
    let last = if days.iter().any(|(_, to)| to.is_none()) {
        None
    } else {
        days.iter().filter_map(|(_, to)| *to).max()
    };
    let period = Period::new(first, last).map_err(inconsistent::<DutyRow>(Uid::of(id)))?;
    Ok(Some(period))
}

/// Whether the id is in use, also by a duty out of reach or withdrawn.
///
/// # Errors
/// A failure of the database.
pub fn is_taken(connection: &mut DatabaseConnection, scope: &Scope, id: DutyId) -> Result<bool, Error> {
    let key = (Uid::of(scope.organiser()), Uid::of(id));
    Ok(diesel::select(diesel::dsl::exists(duties::table.find(key))).get_result(connection)?)
}

/// One page of the duties.
///
/// # Errors
/// A failure of the database.
pub fn list(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filter: &DutyFilter,
    request: &PageRequest<DutySort>,
) -> Result<Page<Saved<DutyId, Duty>>, Error> {
    let DutyFilter { school_units, persons: people, roles, signatures, valid_on } = filter;
    let mut query = reachable(scope);
    if !school_units.is_empty() {
        let units: Vec<Uid> = school_units.iter().copied().map(Uid::of).collect();
        query = query.filter(duties::school_unit_id.eq_any(units));
    }
    if !people.is_empty() {
        let people: Vec<Uid> = people.iter().copied().map(Uid::of).collect();
        query = query.filter(duties::person_id.eq_any(people));
    }
    if !roles.is_empty() {
        query = query.filter(duties::role.eq_any(roles.iter().map(|role| role.code()).collect::<Vec<_>>()));
    }
    if !signatures.is_empty() {
        let keys: Vec<String> = signatures.iter().map(signature_key).collect();
        query = query.filter(duties::signature_key.eq_any(keys));
    }
    if let Some(day) = *valid_on {
        query = query
            .filter(duties::valid_from.le(day))
            .filter(duties::valid_to.is_null().or(duties::valid_to.ge(day)));
    }
    let query = modified_after!(query, request, scope, duties, "duty");
    let query = match request.sort {
        DutySort::FirstDay => keyset!(query, request, duties::valid_from, duties::id, date),
        DutySort::ModifiedAt => keyset!(query, request, duties::modified_at, duties::id, instant),
    };
    let rows = query.select(DutyRow::as_select()).load(connection)?;
    let cursor = |row: &DutyRow| Cursor {
        key: match request.sort {
            DutySort::FirstDay => row.valid_from.to_string(),
            DutySort::ModifiedAt => instant_key(row.modified_at),
        },
        id: row.id.0,
    };
    Page::cut(rows, request.limit, cursor).followed(connection, "duty", scope, request)?.try_map(saved)
}

/// Holds the school unit until the end of the transaction: a signature is one person's at a time
/// there, and a duty covers its work.
///
/// # Errors
/// A failure of the database.
pub fn lock_unit(tx: &mut Tx<'_>, _scope: &Scope, id: SchoolUnitId) -> Result<(), Error> {
    tx.lock_in("school_units", &[Uid::of(id)])
}

/// Enters duties.
///
/// # Errors
/// A failure of the database.
pub fn insert_many(
    tx: &mut Tx<'_>,
    scope: &Scope,
    new: &[(DutyId, Duty)],
) -> Result<Vec<Saved<DutyId, Duty>>, Error> {
    value_row::insert_many::<DutyRow>(tx, scope, new)
}

/// Saves new states of duties, each as the next version after the state it was made from.
///
/// # Errors
/// [`Error::Stale`] when one has changed meanwhile; a failure of the database.
pub fn update_many(
    tx: &mut Tx<'_>,
    scope: &Scope,
    changes: &[(Saved<DutyId, Duty>, Duty)],
) -> Result<Vec<Saved<DutyId, Duty>>, Error> {
    value_row::update_many::<DutyRow>(tx, scope, changes)
}

/// Withdraws a duty as a mistaken entry.
///
/// # Errors
/// As [`update_many`].
pub fn withdraw(tx: &mut Tx<'_>, scope: &Scope, before: &Saved<DutyId, Duty>) -> Result<(), Error> {
    value_row::withdraw_many::<DutyRow>(tx, scope, std::slice::from_ref(before))
}

impl ValueRow for DutyRow {
    type Id = DutyId;
    type Value = Duty;

    fn of(organiser_id: Uid, id: Uid, now: Ts, duty: &Duty) -> Self {
        let Duty { person, school_unit, role, signature, period } = duty;
        Self {
            organiser_id,
            id,
            version: 1,
            created_at: now,
            modified_at: now,
            withdrawn_at: None,
            person_id: Uid::of(*person),
            school_unit_id: Uid::of(*school_unit),
            role: role.code().to_owned(),
            signature: signature.as_ref().map(|signature| signature.as_str().to_owned()),
            signature_key: signature.as_ref().map(signature_key),
            valid_from: period.from(),
            valid_to: period.to(),
        }
    }

    fn into_value(self) -> Result<Duty, Error> {
        let Self {
            organiser_id: _,
            id,
            version: _,
            created_at: _,
            modified_at: _,
            withdrawn_at: _,
            person_id,
            school_unit_id,
            role,
            signature,
            signature_key: _,
            valid_from,
            valid_to,
        } = self;
        let refused = inconsistent::<DutyRow>(id);
        Ok(Duty {
            person: person_id.to(),
            school_unit: school_unit_id.to(),
            role: DutyRole::from_code(&role).map_err(refused)?,
            signature: signature.map(|signature| Text::line(&signature, 10)).transpose().map_err(refused)?,
            period: Period::new(valid_from, valid_to).map_err(refused)?,
        })
    }
}
