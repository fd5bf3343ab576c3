//! School units (skolenheter).

use diesel::prelude::*;
use serde_json::{Value, json};
use skolhus_domain::{
    access::{Part, Permission, Reach, Scope},
    code::Code,
    id::{ControllerId, SchoolUnitId},
    organisation::{SchoolUnit, UnitCode},
    period::{LAST_DATE, Period},
    person::{search_key_of_query, search_key_of_text, sort_key_of_text},
    refusal::Refusal,
    text::Text,
};

use crate::{
    Saved,
    core::{
        connection::DatabaseConnection,
        error::Error,
        feed::modified_after,
        page::{Cursor, Page, PageRequest, instant, instant_key, keyset, text},
        record::record,
        tx::Tx,
        types::{Json, Ts, Uid},
    },
    schema::school_units,
};

record! {
    /// A school unit's row.
    pub(crate) struct SchoolUnitRow in school_units as "school unit" {
        controller_id: Uid,
        name: String,
        name_sort_key: String,
        name_search_key: String,
        school_types: Json,
        codes: Json,
        active: bool,
        valid_from: chrono::NaiveDate,
        valid_to: Option<chrono::NaiveDate>,
        code_search_key: String,
    }
}

/// What a list of school units is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum SchoolUnitSort {
    /// Name, in Swedish order.
    #[default]
    Name,
    /// When it was changed last.
    ModifiedAt,
}

/// Which school units are asked for.
#[derive(Clone, Debug, Default)]
pub struct SchoolUnitFilter {
    /// Words of the name, each by its beginning.
    pub name: Option<String>,
    /// With one of these codes, of whatever kind, now or ever.
    pub codes: Vec<String>,
    /// Of these controllers.
    pub controllers: Vec<ControllerId>,
    /// In use or not.
    pub active: Option<bool>,
}

type Condition = Box<
    dyn BoxableExpression<
            school_units::table,
            crate::core::connection::MultiBackend,
            SqlType = diesel::sql_types::Bool,
        >,
>;

/// The school units that a scope reaches. Which units an organiser has is no secret among
/// those who may read its organisation at all; what is done to them stays within the unit.
fn reachable<'a>(scope: &Scope) -> school_units::BoxedQuery<'a, crate::core::connection::MultiBackend> {
    let units = school_units::table
        .filter(school_units::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(school_units::withdrawn_at.is_null())
        .into_boxed();
    match scope.reach() {
        Reach::Organiser => units,
        Reach::Parts(_) if scope.permission() == Permission::ReadOrganisation => units,
        Reach::Parts(parts) => {
            let own = parts.iter().filter_map(|part| match part {
                Part::Unit(unit) => Some(Uid::of(*unit)),
                Part::Taught(..) | Part::Own(_) | Part::Ward(_) => None,
            });
            units.filter(school_units::id.eq_any(own.collect::<Vec<_>>()))
        }
    }
}

/// One school unit.
///
/// # Errors
/// A failure of the database.
pub fn find(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: SchoolUnitId,
) -> Result<Option<Saved<SchoolUnitId, SchoolUnit>>, Error> {
    let row = find_row(connection, scope, id)?;
    row.map(SchoolUnitRow::into_saved).transpose()
}

/// Those of these school units that the scope reaches, in one statement and no order.
///
/// # Errors
/// A failure of the database.
pub fn find_many(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    ids: &[SchoolUnitId],
) -> Result<Vec<Saved<SchoolUnitId, SchoolUnit>>, Error> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<Uid> = ids.iter().copied().map(Uid::of).collect();
    let rows: Vec<SchoolUnitRow> = reachable(scope)
        .filter(school_units::id.eq_any(ids))
        .select(SchoolUnitRow::as_select())
        .load(connection)?;
    rows.into_iter().map(SchoolUnitRow::into_saved).collect()
}

/// The school unit that something within the scope's reach belongs to, whatever the permission: which
/// units an organiser has is no secret within it.
///
/// # Errors
/// A failure of the database.
pub fn find_holder(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: SchoolUnitId,
) -> Result<Option<Saved<SchoolUnitId, SchoolUnit>>, Error> {
    let row = school_units::table
        .find((Uid::of(scope.organiser()), Uid::of(id)))
        .filter(school_units::withdrawn_at.is_null())
        .select(SchoolUnitRow::as_select())
        .first(connection)
        .optional()?;
    row.map(SchoolUnitRow::into_saved).transpose()
}

fn find_row(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: SchoolUnitId,
) -> Result<Option<SchoolUnitRow>, Error> {
    Ok(reachable(scope)
        .filter(school_units::id.eq(Uid::of(id)))
        .select(SchoolUnitRow::as_select())
        .first(connection)
        .optional()?)
}

/// Whether the id is in use, also by one out of reach or withdrawn.
///
/// # Errors
/// A failure of the database.
pub fn is_taken(connection: &mut DatabaseConnection, scope: &Scope, id: SchoolUnitId) -> Result<bool, Error> {
    let key = (Uid::of(scope.organiser()), Uid::of(id));
    Ok(diesel::select(diesel::dsl::exists(school_units::table.find(key))).get_result(connection)?)
}

/// Holds the unit, for a rule over what belongs to it.
///
/// # Errors
/// A failure of the database.
pub fn lock(tx: &mut Tx<'_>, id: SchoolUnitId) -> Result<(), Error> {
    tx.lock::<SchoolUnitRow>(&[Uid::of(id)])
}

/// What of the register belongs to the unit, as a word for people; none when nothing does.
///
/// # Errors
/// A failure of the database.
pub fn used_by(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: SchoolUnitId,
) -> Result<Option<&'static str>, Error> {
    use crate::schema::{course_offerings, duties, enrolments, sites, terms};
    let (organiser, unit) = (Uid::of(scope.organiser()), Uid::of(id));
    macro_rules! any {
        ($table:ident) => {
            diesel::dsl::exists(
                $table::table
                    .filter($table::organiser_id.eq(organiser))
                    .filter($table::school_unit_id.eq(unit))
                    .filter($table::withdrawn_at.is_null()),
            )
        };
    }
    let found: (bool, bool, bool, bool, bool) =
        diesel::select((any!(sites), any!(terms), any!(course_offerings), any!(duties), any!(enrolments)))
            .get_result(connection)?;
    Ok(match found {
        (true, ..) => Some("sites"),
        (_, true, ..) => Some("terms"),
        (_, _, true, ..) => Some("course offerings"),
        (_, _, _, true, _) => Some("duties"),
        (.., true) => Some("enrolments"),
        _ => None,
    })
}

/// A site or term of the unit that would lie outside the days on which the unit is to exist:
/// its name and period. A site may stay open beyond the unit's last day.
///
/// # Errors
/// A failure of the database.
pub fn left_outside(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: SchoolUnitId,
    valid: &Period,
) -> Result<Option<(String, Period)>, Error> {
    use crate::schema::{sites, terms};
    type Found = Option<(String, chrono::NaiveDate, Option<chrono::NaiveDate>)>;
    let (organiser, unit) = (Uid::of(scope.organiser()), Uid::of(id));
    let last = valid.to().unwrap_or(LAST_DATE);
    let mut found: Found = terms::table
        .filter(terms::organiser_id.eq(organiser))
        .filter(terms::school_unit_id.eq(unit))
        .filter(terms::withdrawn_at.is_null())
        .filter(terms::first_day.lt(valid.from()).or(terms::last_day.gt(last)))
        .order((terms::first_day.asc(), terms::id.asc()))
        .select((terms::name, terms::first_day, terms::last_day.nullable()))
        .first(connection)
        .optional()?;
    if found.is_none() {
        found = sites::table
            .filter(sites::organiser_id.eq(organiser))
            .filter(sites::school_unit_id.eq(unit))
            .filter(sites::withdrawn_at.is_null())
            .filter(
                sites::valid_from
                    .lt(valid.from())
                    .or(sites::valid_from.gt(last))
                    .or(sites::valid_to.is_not_null().and(sites::valid_to.gt(last))),
            )
            .order((sites::valid_from.asc(), sites::id.asc()))
            .select((sites::name, sites::valid_from, sites::valid_to))
            .first(connection)
            .optional()?;
    }
    let Some((name, from, to)) = found else { return Ok(None) };
    let period = Period::new(from, to).map_err(|refusal| Error::Inconsistent {
        table: "school_units",
        id: id.to_string(),
        detail: format!("what belongs to it: {:?}", refusal.rule),
    })?;
    Ok(Some((name, period)))
}

/// One page of the school units.
///
/// # Errors
/// A failure of the database.
pub fn list(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filter: &SchoolUnitFilter,
    request: &PageRequest<SchoolUnitSort>,
) -> Result<Page<Saved<SchoolUnitId, SchoolUnit>>, Error> {
    let mut query = reachable(scope);
    for word in search_key_of_query(filter.name.as_deref().unwrap_or_default()).split_whitespace() {
        query = query.filter(school_units::name_search_key.like(format!("% {word}%")));
    }
    if let Some((first, others)) = filter.codes.split_first() {
        let column = school_units::code_search_key;
        let mut having: Condition = Box::new(column.like(code_pattern(first)).escape('\\'));
        for code in others {
            having = Box::new(having.or(column.like(code_pattern(code)).escape('\\')));
        }
        query = query.filter(having);
    }
    if !filter.controllers.is_empty() {
        let controllers: Vec<Uid> = filter.controllers.iter().copied().map(Uid::of).collect();
        query = query.filter(school_units::controller_id.eq_any(controllers));
    }
    if let Some(active) = filter.active {
        query = query.filter(school_units::active.eq(active));
    }
    let query = modified_after!(query, request, scope, school_units, "school unit");
    let query = match request.sort {
        SchoolUnitSort::Name => {
            keyset!(query, request, school_units::name_sort_key, school_units::id, text)
        }
        SchoolUnitSort::ModifiedAt => {
            keyset!(query, request, school_units::modified_at, school_units::id, instant)
        }
    };
    let rows = query.select(SchoolUnitRow::as_select()).load(connection)?;
    let cursor = |row: &SchoolUnitRow| Cursor {
        key: match request.sort {
            SchoolUnitSort::Name => row.name_sort_key.clone(),
            SchoolUnitSort::ModifiedAt => instant_key(row.modified_at),
        },
        id: row.id.0,
    };
    Page::cut(rows, request.limit, cursor)
        .followed(connection, "school unit", scope, request)?
        .try_map(SchoolUnitRow::into_saved)
}

/// Enters a school unit.
///
/// # Errors
/// A failure of the database.
pub fn insert(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: SchoolUnitId,
    unit: SchoolUnit,
) -> Result<Saved<SchoolUnitId, SchoolUnit>, Error> {
    let now = tx.now();
    let row = SchoolUnitRow::of(Uid::of(scope.organiser()), Uid::of(id), now, &unit);
    tx.insert(std::slice::from_ref(&row))?;
    row.into_saved()
}

/// Enters several school units in one statement.
///
/// # Errors
/// A failure of the database.
pub fn insert_many(
    tx: &mut Tx<'_>,
    scope: &Scope,
    units: &[(SchoolUnitId, SchoolUnit)],
) -> Result<(), Error> {
    let (organiser, now) = (Uid::of(scope.organiser()), tx.now());
    let rows: Vec<SchoolUnitRow> =
        units.iter().map(|(id, unit)| SchoolUnitRow::of(organiser, Uid::of(*id), now, unit)).collect();
    tx.insert(&rows)
}

/// Saves a new state of a school unit, as the next version after `before`.
///
/// # Errors
/// [`Error::Stale`] when it has changed meanwhile; a failure of the database.
pub fn update(
    tx: &mut Tx<'_>,
    scope: &Scope,
    before: &Saved<SchoolUnitId, SchoolUnit>,
    unit: &SchoolUnit,
) -> Result<Saved<SchoolUnitId, SchoolUnit>, Error> {
    let old = before_row(scope, before);
    let new = SchoolUnitRow::of(old.organiser_id, old.id, old.created_at, unit);
    tx.update(&old, new)?.into_saved()
}

/// Saves new states of several school units in one statement.
///
/// # Errors
/// As [`update`], when any one of them has changed.
pub fn update_many(
    tx: &mut Tx<'_>,
    scope: &Scope,
    changes: &[(Saved<SchoolUnitId, SchoolUnit>, SchoolUnit)],
) -> Result<(), Error> {
    let pairs = changes.iter().map(|(before, unit)| {
        let old = before_row(scope, before);
        let new = SchoolUnitRow::of(old.organiser_id, old.id, old.created_at, unit);
        (old, new)
    });
    tx.update_many(pairs.collect()).map(drop)
}

/// Withdraws a school unit as a mistaken entry.
///
/// # Errors
/// As [`update`].
pub fn withdraw(
    tx: &mut Tx<'_>,
    scope: &Scope,
    before: &Saved<SchoolUnitId, SchoolUnit>,
) -> Result<(), Error> {
    let old = before_row(scope, before);
    let new = SchoolUnitRow { withdrawn_at: Some(tx.now()), ..old.clone() };
    tx.update(&old, new).map(drop)
}

fn before_row(scope: &Scope, before: &Saved<SchoolUnitId, SchoolUnit>) -> SchoolUnitRow {
    let row = SchoolUnitRow::of(
        Uid::of(scope.organiser()),
        Uid::of(before.id),
        Ts::of(before.created_at),
        &before.value,
    );
    SchoolUnitRow { version: before.version, modified_at: Ts::of(before.modified_at), ..row }
}

impl SchoolUnitRow {
    /// The first version of a row.
    fn of(organiser_id: Uid, id: Uid, now: Ts, unit: &SchoolUnit) -> Self {
        let SchoolUnit { name, school_types, controller, codes, valid, active } = unit;
        Self {
            organiser_id,
            id,
            version: 1,
            created_at: now,
            modified_at: now,
            withdrawn_at: None,
            controller_id: Uid::of(*controller),
            name: name.as_str().to_owned(),
            name_sort_key: sort_key_of_text(name.as_str()),
            name_search_key: search_key_of_text(name.as_str()),
            school_types: Json(school_types.iter().map(Code::as_str).collect()),
            codes: Json(codes.iter().map(code_document).collect()),
            active: *active,
            valid_from: valid.from(),
            valid_to: valid.to(),
            code_search_key: code_search_key(codes.iter().map(|code| code.value.as_str())),
        }
    }

    fn into_saved(self) -> Result<Saved<SchoolUnitId, SchoolUnit>, Error> {
        let Self {
            organiser_id: _,
            id,
            version,
            created_at,
            modified_at,
            withdrawn_at: _,
            controller_id,
            name,
            name_sort_key: _,
            name_search_key: _,
            school_types,
            codes,
            active,
            valid_from,
            valid_to,
            code_search_key: _,
        } = self;
        let inconsistent = |detail: &str| Error::Inconsistent {
            table: "school_units",
            id: id.0.to_string(),
            detail: detail.to_owned(),
        };
        let refused = |refusal: Refusal| inconsistent(&format!("{:?}", refusal.rule));
        let school_types: Vec<String> =
            serde_json::from_value(school_types.0).map_err(|_| inconsistent("school_types is no list"))?;
        let value = SchoolUnit {
            name: Text::line(&name, 200).map_err(refused)?,
            school_types: school_types
                .iter()
                .map(|code| Code::new(code))
                .collect::<Result<_, _>>()
                .map_err(refused)?,
            controller: controller_id.to(),
            codes: codes
                .0
                .as_array()
                .ok_or_else(|| inconsistent("codes is no list"))?
                .iter()
                .map(|code| unit_code(code).ok_or_else(|| inconsistent("a code cannot be read")))
                .collect::<Result<_, _>>()?,
            valid: Period::new(valid_from, valid_to).map_err(refused)?,
            active,
        };
        Ok(Saved { id: id.to(), version, created_at: created_at.0, modified_at: modified_at.0, value })
    }
}

/// Codes, each on a line of its own with a line break on either side, so that a whole code is
/// found and not a part of one; A to Z as a to z, as both databases compare them.
fn code_search_key<'a>(codes: impl Iterator<Item = &'a str>) -> String {
    let mut key = String::new();
    for code in codes {
        if key.is_empty() {
            key.push('\n');
        }
        key.push_str(&code.to_ascii_lowercase());
        key.push('\n');
    }
    key
}

/// A code as a pattern that finds it in a search key.
fn code_pattern(code: &str) -> String {
    let code = code.trim().to_ascii_lowercase();
    let escaped = code.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%\n{escaped}\n%")
}

fn code_document(code: &UnitCode) -> Value {
    let UnitCode { kind, value, valid } = code;
    json!({ "kind": kind.as_str(), "value": value.as_str(), "from": valid.from(), "to": valid.to() })
}

fn unit_code(document: &Value) -> Option<UnitCode> {
    let from = serde_json::from_value(document.get("from")?.clone()).ok()?;
    let to = serde_json::from_value(document.get("to")?.clone()).ok()?;
    Some(UnitCode {
        kind: Code::new(document.get("kind")?.as_str()?).ok()?,
        value: Text::line(document.get("value")?.as_str()?, 40).ok()?,
        valid: Period::new(from, to).ok()?,
    })
}
