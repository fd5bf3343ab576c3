//! Groups (klasser, undervisningsgrupper, mentorsgrupper, avdelningar).

use chrono::NaiveDate;
use diesel::prelude::*;
use skolhus_domain::{
    access::Scope,
    code::Code,
    group::{Group, GroupKind, name_key},
    id::{GroupId, OfferingId, PersonId, SchoolUnitId},
    period::Period,
    person::{search_key_of_query, search_key_of_text, sort_key_of_text},
    refusal::Refusal,
    text::Text,
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
        rows::MOST_IDS,
        tx::Tx,
        types::{Ts, Uid},
    },
    schema::{duties, group_assignments, group_memberships, groups, offering_groups, persons},
};

record! {
    /// A group's row.
    pub(crate) struct GroupRow in groups as "group" {
        school_unit_id: Uid,
        kind: String,
        name: String,
        name_key: String,
        name_sort_key: String,
        name_search_key: String,
        school_type: Option<String>,
        school_year: Option<i32>,
        valid_from: NaiveDate,
        valid_to: Option<NaiveDate>,
    }
}

/// What a list of groups is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum GroupSort {
    /// The name, in Swedish order.
    #[default]
    Name,
    /// The first day.
    FirstDay,
    /// When it was changed last.
    ModifiedAt,
}

/// Which groups are asked for. An empty list asks for all.
#[derive(Clone, Debug, Default)]
pub struct GroupFilter {
    /// At these school units.
    pub school_units: Vec<SchoolUnitId>,
    /// Of these kinds.
    pub kinds: Vec<GroupKind>,
    /// Of these school types.
    pub school_types: Vec<String>,
    /// Of these school years.
    pub school_years: Vec<i32>,
    /// Existing on this day.
    pub valid_on: Option<NaiveDate>,
    /// To which one of these persons belongs, at some time or on the day asked for.
    pub members: Vec<PersonId>,
    /// To which one of these persons is assigned, at some time or on the day asked for.
    pub assigned: Vec<PersonId>,
    /// Driving one of these offerings.
    pub offerings: Vec<OfferingId>,
    /// Words of the name, each by its beginning.
    pub name: Option<String>,
}

/// The groups that a scope reaches.
fn reachable<'a>(scope: &Scope) -> groups::BoxedQuery<'a, MultiBackend> {
    groups::table.filter(reach::groups(scope)).into_boxed()
}

/// One group.
///
/// # Errors
/// A failure of the database.
pub fn find(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: GroupId,
) -> Result<Option<Saved<GroupId, Group>>, Error> {
    Ok(find_many(connection, scope, &[id])?.pop())
}

/// Those of the groups that there are within reach, in no order.
///
/// # Errors
/// A failure of the database.
pub fn find_many(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    ids: &[GroupId],
) -> Result<Vec<Saved<GroupId, Group>>, Error> {
    let mut found = Vec::with_capacity(ids.len());
    for ids in ids.chunks(MOST_IDS) {
        let ids: Vec<Uid> = ids.iter().copied().map(Uid::of).collect();
        let rows: Vec<GroupRow> =
            reachable(scope).filter(groups::id.eq_any(ids)).select(GroupRow::as_select()).load(connection)?;
        for row in rows {
            found.push(row.into_saved()?);
        }
    }
    Ok(found)
}

/// The groups of a school unit that exist on a day or later, within reach, in no order.
///
/// # Errors
/// A failure of the database.
pub fn of_unit_since(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    unit: SchoolUnitId,
    day: NaiveDate,
) -> Result<Vec<Saved<GroupId, Group>>, Error> {
    let rows: Vec<GroupRow> = reachable(scope)
        .filter(groups::school_unit_id.eq(Uid::of(unit)))
        .filter(groups::valid_to.is_null().or(groups::valid_to.ge(day)))
        .select(GroupRow::as_select())
        .load(connection)?;
    rows.into_iter().map(GroupRow::into_saved).collect()
}

/// The other groups of the kind with the same name at the school unit, on any day: what the rule of
/// unique names is checked against.
///
/// # Errors
/// A failure of the database.
pub fn with_same_name(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: GroupId,
    group: &Group,
) -> Result<Vec<Group>, Error> {
    let rows: Vec<GroupRow> = groups::table
        .filter(groups::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(groups::school_unit_id.eq(Uid::of(group.school_unit)))
        .filter(groups::kind.eq(group.kind.code()))
        .filter(groups::name_key.eq(name_key(&group.name)))
        .filter(groups::id.ne(Uid::of(id)))
        .filter(groups::withdrawn_at.is_null())
        .select(GroupRow::as_select())
        .load(connection)?;
    rows.into_iter().map(|row| row.into_saved().map(|saved| saved.value)).collect()
}

/// Whether the id is in use, also by a group out of reach or withdrawn.
///
/// # Errors
/// A failure of the database.
pub fn is_taken(connection: &mut DatabaseConnection, scope: &Scope, id: GroupId) -> Result<bool, Error> {
    let key = (Uid::of(scope.organiser()), Uid::of(id));
    Ok(diesel::select(diesel::dsl::exists(groups::table.find(key))).get_result(connection)?)
}

/// One page of the groups.
///
/// # Errors
/// A failure of the database.
pub fn list(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filter: &GroupFilter,
    request: &PageRequest<GroupSort>,
) -> Result<Page<Saved<GroupId, Group>>, Error> {
    let query = modified_after!(filtered(scope, filter), request, scope, groups, "group");
    let query = match request.sort {
        GroupSort::Name => keyset!(query, request, groups::name_sort_key, groups::id, text),
        GroupSort::FirstDay => keyset!(query, request, groups::valid_from, groups::id, date),
        GroupSort::ModifiedAt => keyset!(query, request, groups::modified_at, groups::id, instant),
    };
    let rows = query.select(GroupRow::as_select()).load(connection)?;
    let cursor = |row: &GroupRow| Cursor {
        key: match request.sort {
            GroupSort::Name => row.name_sort_key.clone(),
            GroupSort::FirstDay => row.valid_from.to_string(),
            GroupSort::ModifiedAt => instant_key(row.modified_at),
        },
        id: row.id.0,
    };
    Page::cut(rows, request.limit, cursor)
        .followed(connection, "group", scope, request)?
        .try_map(GroupRow::into_saved)
}

fn filtered<'a>(scope: &Scope, filter: &GroupFilter) -> groups::BoxedQuery<'a, MultiBackend> {
    let GroupFilter {
        school_units,
        kinds,
        school_types,
        school_years,
        valid_on,
        members,
        assigned,
        offerings,
        name,
    } = filter;
    let organiser = Uid::of(scope.organiser());
    let mut query = reachable(scope);
    if !school_units.is_empty() {
        query = query.filter(groups::school_unit_id.eq_any(Uid::all(school_units)));
    }
    if !kinds.is_empty() {
        query = query.filter(groups::kind.eq_any(kinds.iter().map(|kind| kind.code()).collect::<Vec<_>>()));
    }
    if !school_types.is_empty() {
        query = query.filter(groups::school_type.eq_any(school_types.clone()));
    }
    if !school_years.is_empty() {
        query = query.filter(groups::school_year.eq_any(school_years.clone()));
    }
    if let Some(day) = *valid_on {
        query = query
            .filter(groups::valid_from.le(day))
            .filter(groups::valid_to.is_null().or(groups::valid_to.ge(day)));
    }
    // Whoever is out of reach is found by nobody, not even through their groups.
    if !members.is_empty() {
        let theirs = group_memberships::table
            .inner_join(
                persons::table.on(persons::organiser_id
                    .eq(group_memberships::organiser_id)
                    .and(persons::id.eq(group_memberships::person_id))),
            )
            .filter(group_memberships::organiser_id.eq(organiser))
            .filter(group_memberships::withdrawn_at.is_null())
            .filter(group_memberships::person_id.eq_any(Uid::all(members)))
            .filter(reach::persons(scope));
        query = match *valid_on {
            None => query.filter(groups::id.eq_any(theirs.select(group_memberships::group_id))),
            Some(day) => query.filter(
                groups::id.eq_any(
                    theirs
                        .filter(group_memberships::valid_from.le(day))
                        .filter(group_memberships::valid_to.is_null().or(group_memberships::valid_to.ge(day)))
                        .select(group_memberships::group_id),
                ),
            ),
        };
    }
    if !assigned.is_empty() {
        let theirs =
            group_assignments::table
                .inner_join(
                    duties::table.on(duties::organiser_id
                        .eq(group_assignments::organiser_id)
                        .and(duties::id.eq(group_assignments::duty_id))),
                )
                .inner_join(persons::table.on(
                    persons::organiser_id.eq(duties::organiser_id).and(persons::id.eq(duties::person_id)),
                ))
                .filter(group_assignments::organiser_id.eq(organiser))
                .filter(group_assignments::withdrawn_at.is_null())
                .filter(duties::withdrawn_at.is_null())
                .filter(persons::id.eq_any(Uid::all(assigned)))
                .filter(persons::is_protected.eq(false))
                .filter(persons::withdrawn_at.is_null());
        query = match *valid_on {
            None => query.filter(groups::id.eq_any(theirs.select(group_assignments::group_id))),
            Some(day) => query.filter(
                groups::id.eq_any(
                    theirs
                        .filter(group_assignments::valid_from.le(day))
                        .filter(group_assignments::valid_to.is_null().or(group_assignments::valid_to.ge(day)))
                        .select(group_assignments::group_id),
                ),
            ),
        };
    }
    if !offerings.is_empty() {
        let driving = offering_groups::table
            .filter(offering_groups::organiser_id.eq(organiser))
            .filter(offering_groups::withdrawn_at.is_null())
            .filter(offering_groups::offering_id.eq_any(Uid::all(offerings)))
            .select(offering_groups::group_id);
        query = query.filter(groups::id.eq_any(driving));
    }
    for word in search_key_of_query(name.as_deref().unwrap_or_default()).split_whitespace() {
        query = query.filter(groups::name_search_key.like(format!("% {word}%")));
    }
    query
}

/// Holds groups until the end of the transaction, all of them in one statement: their members, their
/// days and what they drive change one at a time. Comes after the school unit and before offerings.
///
/// # Errors
/// A failure of the database.
pub fn lock(tx: &mut Tx<'_>, ids: &[GroupId]) -> Result<(), Error> {
    let ids: Vec<Uid> = ids.iter().copied().map(Uid::of).collect();
    tx.lock::<GroupRow>(&ids)
}

/// Holds the school unit until the end of the transaction: a name is one group's at a time there.
///
/// # Errors
/// A failure of the database.
pub fn lock_unit(tx: &mut Tx<'_>, id: SchoolUnitId) -> Result<(), Error> {
    tx.lock_in("school_units", &[Uid::of(id)])
}

/// Enters groups.
///
/// # Errors
/// A failure of the database.
pub fn insert_many(
    tx: &mut Tx<'_>,
    scope: &Scope,
    new: &[(GroupId, Group)],
) -> Result<Vec<Saved<GroupId, Group>>, Error> {
    let (now, organiser) = (tx.now(), Uid::of(scope.organiser()));
    let rows: Vec<GroupRow> =
        new.iter().map(|(id, group)| GroupRow::of(organiser, Uid::of(*id), now, group)).collect();
    tx.insert(&rows)?;
    rows.into_iter().map(GroupRow::into_saved).collect()
}

/// Saves new states of groups, each as the next version after the state it was made from.
///
/// # Errors
/// [`Error::Stale`] when one has changed meanwhile; a failure of the database.
pub fn update_many(
    tx: &mut Tx<'_>,
    scope: &Scope,
    changes: &[(Saved<GroupId, Group>, Group)],
) -> Result<Vec<Saved<GroupId, Group>>, Error> {
    let pairs = changes
        .iter()
        .map(|(before, after)| {
            let old = GroupRow::before(scope, before);
            let new = GroupRow::of(old.organiser_id, old.id, old.created_at, after);
            (old, new)
        })
        .collect();
    tx.update_many(pairs)?.into_iter().map(GroupRow::into_saved).collect()
}

/// Makes the group a new version because its parts (its staff) change.
///
/// # Errors
/// As [`update_many`].
pub fn touch(tx: &mut Tx<'_>, scope: &Scope, before: &Saved<GroupId, Group>) -> Result<(), Error> {
    tx.advance(&GroupRow::before(scope, before)).map(drop)
}

/// Withdraws a group as a mistaken entry.
///
/// # Errors
/// As [`update_many`].
pub fn withdraw(tx: &mut Tx<'_>, scope: &Scope, before: &Saved<GroupId, Group>) -> Result<(), Error> {
    let old = GroupRow::before(scope, before);
    let new = GroupRow { withdrawn_at: Some(tx.now()), ..old.clone() };
    tx.update(&old, new).map(drop)
}

fn inconsistent(id: Uid, refusal: &Refusal) -> Error {
    Error::Inconsistent { table: "groups", id: id.0.to_string(), detail: format!("{:?}", refusal.rule) }
}

impl GroupRow {
    /// The first version of a row.
    fn of(organiser_id: Uid, id: Uid, now: Ts, group: &Group) -> Self {
        let Group { school_unit, kind, name, school_type, school_year, period } = group;
        Self {
            organiser_id,
            id,
            version: 1,
            created_at: now,
            modified_at: now,
            withdrawn_at: None,
            school_unit_id: Uid::of(*school_unit),
            kind: kind.code().to_owned(),
            name: name.as_str().to_owned(),
            name_key: name_key(name),
            name_sort_key: sort_key_of_text(name.as_str()),
            name_search_key: search_key_of_text(name.as_str()),
            school_type: school_type.as_ref().map(|code| code.as_str().to_owned()),
            school_year: school_year.map(i32::from),
            valid_from: period.from(),
            valid_to: period.to(),
        }
    }

    fn before(scope: &Scope, before: &Saved<GroupId, Group>) -> Self {
        let Saved { id, version, created_at, modified_at, value } = before;
        let row = Self::of(Uid::of(scope.organiser()), Uid::of(*id), Ts::of(*created_at), value);
        Self { version: *version, modified_at: Ts::of(*modified_at), ..row }
    }

    fn into_saved(self) -> Result<Saved<GroupId, Group>, Error> {
        let Self {
            organiser_id: _,
            id,
            version,
            created_at,
            modified_at,
            withdrawn_at: _,
            school_unit_id,
            kind,
            name,
            name_key: _,
            name_sort_key: _,
            name_search_key: _,
            school_type,
            school_year,
            valid_from,
            valid_to,
        } = self;
        let refused = |refusal: Refusal| inconsistent(id, &refusal);
        let value = Group {
            school_unit: school_unit_id.to(),
            kind: GroupKind::from_code(&kind).map_err(refused)?,
            name: Text::line(&name, 100).map_err(refused)?,
            school_type: school_type.map(|code| Code::new(&code)).transpose().map_err(refused)?,
            school_year: school_year.and_then(|year| u8::try_from(year).ok()),
            period: Period::new(valid_from, valid_to).map_err(refused)?,
        };
        Ok(Saved { id: id.to(), version, created_at: created_at.0, modified_at: modified_at.0, value })
    }
}
