//! Who belongs to groups, and when.

use chrono::NaiveDate;
use diesel::prelude::*;
use skolhus_domain::{
    access::Scope,
    group::Membership,
    id::{GroupId, MembershipId, PersonId, SchoolUnitId},
    period::Period,
    person::{NameDraft, PersonName},
};

use crate::{
    Saved,
    core::{
        connection::{DatabaseConnection, MultiBackend},
        error::Error,
        feed::modified_after,
        page::{Cursor, Page, PageRequest, date, instant, instant_key, keyset, text},
        reach,
        record::record,
        shown_name,
        tx::Tx,
        types::{Json, Ts, Uid},
    },
    schema::{group_memberships, groups, persons},
};

record! {
    /// A membership's row.
    pub(crate) struct MembershipRow in group_memberships as "group membership" {
        group_id: Uid,
        person_id: Uid,
        valid_from: NaiveDate,
        valid_to: Option<NaiveDate>,
    }
}

/// What a list of memberships is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum MembershipSort {
    /// The name that is shown, in Swedish order.
    #[default]
    Name,
    /// The first day.
    PeriodFrom,
    /// When it was changed last.
    ModifiedAt,
}

/// Which memberships are asked for. An empty list asks for all.
#[derive(Clone, Debug, Default)]
pub struct MembershipFilter {
    /// In these groups.
    pub groups: Vec<GroupId>,
    /// Of these persons.
    pub persons: Vec<PersonId>,
    /// In groups of these school units.
    pub school_units: Vec<SchoolUnitId>,
    /// In force on this day, and the group existing.
    pub valid_on: Option<NaiveDate>,
}

/// A membership with the name of its person.
#[derive(Clone, Debug)]
pub struct NamedMembership {
    /// The membership.
    pub saved: Saved<MembershipId, Membership>,
    /// Whose it is: the person's name, or the one under which the caller meets them.
    pub name: PersonName,
}

/// Memberships with their persons and groups.
#[diesel::dsl::auto_type]
fn joined() -> _ {
    let with_person = group_memberships::organiser_id
        .eq(persons::organiser_id)
        .and(group_memberships::person_id.eq(persons::id));
    let with_group = group_memberships::organiser_id
        .eq(groups::organiser_id)
        .and(group_memberships::group_id.eq(groups::id));
    group_memberships::table
        .inner_join(persons::table.on(with_person))
        .inner_join(groups::table.on(with_group))
}

type Joined<'a> = diesel::dsl::IntoBoxed<'a, joined, MultiBackend>;

/// The memberships that a scope reaches.
fn reachable<'a>(scope: &Scope) -> Joined<'a> {
    joined().into_boxed().filter(reach::group_memberships(scope))
}

type NamedRow = (MembershipRow, (String, Option<String>, String, Option<String>), Option<Json>, String);

fn load(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    query: Joined<'_>,
) -> Result<Vec<NamedRow>, Error> {
    let columns = (
        MembershipRow::as_select(),
        (persons::given_name, persons::middle_name, persons::family_name, persons::preferred_given_name),
        shown_name::column(connection.is_postgres()),
        shown_name::sort_key(scope),
    );
    Ok(query.select(columns).load(connection)?)
}

impl NamedMembership {
    fn of(scope: &Scope, row: NamedRow) -> Result<Self, Error> {
        let (row, (given, middle, family, preferred_given), plan, _) = row;
        let id = row.person_id;
        let name = PersonName::new(&NameDraft { given, middle, family, preferred_given }).map_err(|_| {
            Error::Inconsistent {
                table: "persons",
                id: id.0.to_string(),
                detail: "the name cannot be read".to_owned(),
            }
        })?;
        let name = shown_name::met(scope, id.to(), name, plan)?;
        Ok(Self { saved: row.into_saved()?, name })
    }
}

/// Those of the memberships that there are within reach, with their persons' names, in no order.
///
/// # Errors
/// A failure of the database.
pub fn find_named(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    ids: &[MembershipId],
) -> Result<Vec<NamedMembership>, Error> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<Uid> = ids.iter().copied().map(Uid::of).collect();
    let rows = load(connection, scope, reachable(scope).filter(group_memberships::id.eq_any(ids)))?;
    rows.into_iter().map(|row| NamedMembership::of(scope, row)).collect()
}

/// One page of the memberships, in one statement.
///
/// # Errors
/// A failure of the database.
pub fn list(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filter: &MembershipFilter,
    request: &PageRequest<MembershipSort>,
) -> Result<Page<NamedMembership>, Error> {
    let MembershipFilter { groups: in_groups, persons: people, school_units, valid_on } = filter;
    let mut query = reachable(scope);
    if !in_groups.is_empty() {
        let in_groups: Vec<Uid> = in_groups.iter().copied().map(Uid::of).collect();
        query = query.filter(group_memberships::group_id.eq_any(in_groups));
    }
    if !people.is_empty() {
        let people: Vec<Uid> = people.iter().copied().map(Uid::of).collect();
        query = query.filter(group_memberships::person_id.eq_any(people));
    }
    if !school_units.is_empty() {
        let units: Vec<Uid> = school_units.iter().copied().map(Uid::of).collect();
        query = query.filter(groups::school_unit_id.eq_any(units));
    }
    if let Some(day) = *valid_on {
        query = query
            .filter(group_memberships::valid_from.le(day))
            .filter(group_memberships::valid_to.is_null().or(group_memberships::valid_to.ge(day)))
            .filter(groups::valid_from.le(day))
            .filter(groups::valid_to.is_null().or(groups::valid_to.ge(day)));
    }
    let query = modified_after!(query, request, scope, group_memberships, "group membership");
    let query = match request.sort {
        MembershipSort::Name => {
            keyset!(query, request, shown_name::sort_key(scope), group_memberships::id, text)
        }
        MembershipSort::PeriodFrom => {
            keyset!(query, request, group_memberships::valid_from, group_memberships::id, date)
        }
        MembershipSort::ModifiedAt => {
            keyset!(query, request, group_memberships::modified_at, group_memberships::id, instant)
        }
    };
    let rows = load(connection, scope, query)?;
    let cursor = |(row, .., sort_key): &NamedRow| Cursor {
        key: match request.sort {
            MembershipSort::Name => sort_key.clone(),
            MembershipSort::PeriodFrom => row.valid_from.to_string(),
            MembershipSort::ModifiedAt => instant_key(row.modified_at),
        },
        id: row.id.0,
    };
    Page::cut(rows, request.limit, cursor)
        .followed(connection, "group membership", scope, request)?
        .try_map(|row| NamedMembership::of(scope, row))
}

/// What memberships are checked against: those that the persons have in the groups, and which of the
/// ids are in use, also by one out of reach or withdrawn. One statement. Whether the caller reaches the
/// persons and the groups is decided before.
///
/// # Errors
/// A failure of the database.
pub fn beside(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    persons: &[PersonId],
    groups: &[GroupId],
    ids: &[MembershipId],
) -> Result<Beside, Error> {
    let persons: Vec<Uid> = persons.iter().copied().map(Uid::of).collect();
    let groups: Vec<Uid> = groups.iter().copied().map(Uid::of).collect();
    let wanted: Vec<Uid> = ids.iter().copied().map(Uid::of).collect();
    let theirs = group_memberships::withdrawn_at
        .is_null()
        .and(group_memberships::person_id.eq_any(&persons))
        .and(group_memberships::group_id.eq_any(&groups));
    let rows: Vec<MembershipRow> = group_memberships::table
        .filter(group_memberships::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(theirs.or(group_memberships::id.eq_any(&wanted)))
        .select(MembershipRow::as_select())
        .load(connection)?;
    let mut found = Beside { others: Vec::new(), taken: Vec::new() };
    for row in rows {
        if wanted.contains(&row.id) {
            found.taken.push(row.id.to());
        }
        let theirs = persons.contains(&row.person_id) && groups.contains(&row.group_id);
        if theirs && row.withdrawn_at.is_none() {
            found.others.push(row.into_saved()?);
        }
    }
    Ok(found)
}

/// See [`beside`].
#[derive(Clone, Debug)]
pub struct Beside {
    /// Memberships of the persons in the groups, in no order.
    pub others: Vec<Saved<MembershipId, Membership>>,
    /// Ids that are in use.
    pub taken: Vec<MembershipId>,
}

/// Every membership of a group, also those of persons out of reach: what a change of the group's days
/// is checked against.
///
/// # Errors
/// A failure of the database.
pub fn of_group(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    group: GroupId,
) -> Result<Vec<Membership>, Error> {
    let rows: Vec<MembershipRow> = group_memberships::table
        .filter(group_memberships::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(group_memberships::group_id.eq(Uid::of(group)))
        .filter(group_memberships::withdrawn_at.is_null())
        .select(MembershipRow::as_select())
        .load(connection)?;
    rows.into_iter().map(|row| row.into_saved().map(|saved| saved.value)).collect()
}

/// Every membership of the groups, also those of persons out of reach, in no order.
///
/// # Errors
/// A failure of the database.
pub fn of_groups(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    groups: &[GroupId],
) -> Result<Vec<Saved<MembershipId, Membership>>, Error> {
    let groups: Vec<Uid> = groups.iter().copied().map(Uid::of).collect();
    let rows: Vec<MembershipRow> = group_memberships::table
        .filter(group_memberships::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(group_memberships::group_id.eq_any(groups))
        .filter(group_memberships::withdrawn_at.is_null())
        .select(MembershipRow::as_select())
        .load(connection)?;
    rows.into_iter().map(MembershipRow::into_saved).collect()
}

/// Enters memberships in one statement. That no two of a person in a group overlap is checked before,
/// with the group locked.
///
/// # Errors
/// A failure of the database.
pub fn insert_many(
    tx: &mut Tx<'_>,
    scope: &Scope,
    new: &[(MembershipId, Membership)],
) -> Result<Vec<Saved<MembershipId, Membership>>, Error> {
    let (organiser, now) = (Uid::of(scope.organiser()), tx.now());
    let rows: Vec<MembershipRow> =
        new.iter().map(|(id, new)| MembershipRow::of(organiser, Uid::of(*id), now, new)).collect();
    tx.insert(&rows)?;
    rows.into_iter().map(MembershipRow::into_saved).collect()
}

/// Saves new states of memberships in one statement, each as the next version after the one it was
/// made from; without a new state it is withdrawn.
///
/// # Errors
/// [`Error::Stale`] when one of them has changed meanwhile; a failure of the database.
pub fn update_many(
    tx: &mut Tx<'_>,
    scope: &Scope,
    changes: &[(Saved<MembershipId, Membership>, Option<Membership>)],
) -> Result<Vec<Saved<MembershipId, Membership>>, Error> {
    let now = tx.now();
    let pairs = changes.iter().map(|(before, after)| {
        let old = MembershipRow::before(scope, before);
        let new = match after {
            Some(after) => MembershipRow::of(old.organiser_id, old.id, old.created_at, after),
            None => MembershipRow { withdrawn_at: Some(now), ..old.clone() },
        };
        (old, new)
    });
    let saved = tx.update_many(pairs.collect())?;
    saved.into_iter().map(MembershipRow::into_saved).collect()
}

impl MembershipRow {
    /// The first version of a row.
    fn of(organiser_id: Uid, id: Uid, now: Ts, membership: &Membership) -> Self {
        let Membership { person, group, period } = membership;
        Self {
            organiser_id,
            id,
            version: 1,
            created_at: now,
            modified_at: now,
            withdrawn_at: None,
            group_id: Uid::of(*group),
            person_id: Uid::of(*person),
            valid_from: period.from(),
            valid_to: period.to(),
        }
    }

    fn before(scope: &Scope, before: &Saved<MembershipId, Membership>) -> Self {
        let Saved { id, version, created_at, modified_at, value } = before;
        let row = Self::of(Uid::of(scope.organiser()), Uid::of(*id), Ts::of(*created_at), value);
        Self { version: *version, modified_at: Ts::of(*modified_at), ..row }
    }

    fn into_saved(self) -> Result<Saved<MembershipId, Membership>, Error> {
        let Self {
            organiser_id: _,
            id,
            version,
            created_at,
            modified_at,
            withdrawn_at: _,
            group_id,
            person_id,
            valid_from,
            valid_to,
        } = self;
        let period = Period::new(valid_from, valid_to).map_err(|refusal| Error::Inconsistent {
            table: "group_memberships",
            id: id.0.to_string(),
            detail: format!("{:?}", refusal.rule),
        })?;
        let value = Membership { person: person_id.to(), group: group_id.to(), period };
        Ok(Saved { id: id.to(), version, created_at: created_at.0, modified_at: modified_at.0, value })
    }
}
