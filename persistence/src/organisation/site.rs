//! Sites (filialer): where school units teach.

use chrono::NaiveDate;
use diesel::prelude::*;
use skolhus_domain::{
    access::{Part, Permission, Reach, Scope},
    id::{SchoolUnitId, SiteId},
    organisation::{MunicipalityCode, Site},
    period::Period,
    person::{search_key_of_query, search_key_of_text, sort_key_of_text},
    text::Text,
};

use crate::{
    Saved,
    core::{
        connection::{DatabaseConnection, MultiBackend},
        error::Error,
        feed::modified_after,
        page::{Cursor, Page, PageRequest, instant, instant_key, keyset, text},
        record::record,
        tx::Tx,
        types::{Ts, Uid},
        value_row::{self, ValueRow, all_saved, inconsistent, saved},
    },
    schema::{course_offerings, sites},
};

record! {
    /// A site's row.
    pub(crate) struct SiteRow in sites as "site" {
        school_unit_id: Uid,
        name: String,
        name_sort_key: String,
        municipality_code: String,
        address: Option<String>,
        valid_from: NaiveDate,
        valid_to: Option<NaiveDate>,
        name_search_key: String,
    }
}

/// What a list of sites is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum SiteSort {
    /// Name, in Swedish order.
    #[default]
    Name,
    /// When it was changed last.
    ModifiedAt,
}

/// Which sites are asked for.
#[derive(Clone, Debug, Default)]
pub struct SiteFilter {
    /// Words of the name, each by its beginning.
    pub name: Option<String>,
    /// Of these school units.
    pub school_units: Vec<SchoolUnitId>,
    /// In these municipalities.
    pub municipalities: Vec<MunicipalityCode>,
    /// In use on this day.
    pub valid_on: Option<NaiveDate>,
}

/// The sites that a scope reaches. Where there is school is no secret within the organiser;
/// who works for one unit changes only the sites of that unit.
fn reachable<'a>(scope: &Scope) -> sites::BoxedQuery<'a, MultiBackend> {
    let found = sites::table
        .filter(sites::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(sites::withdrawn_at.is_null())
        .into_boxed();
    match scope.reach() {
        Reach::Parts(parts) if scope.permission() == Permission::ManageOrganisation => {
            let units = parts.iter().filter_map(|part| match part {
                Part::Unit(unit) => Some(Uid::of(*unit)),
                Part::Taught(..) | Part::Own(_) | Part::Ward(_) => None,
            });
            found.filter(sites::school_unit_id.eq_any(units.collect::<Vec<_>>()))
        }
        Reach::Organiser | Reach::Parts(_) => found,
    }
}

/// One site.
///
/// # Errors
/// A failure of the database.
pub fn find(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: SiteId,
) -> Result<Option<Saved<SiteId, Site>>, Error> {
    Ok(find_many(connection, scope, &[id])?.pop())
}

/// Those of these sites that there are.
///
/// # Errors
/// A failure of the database.
pub fn find_many(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    ids: &[SiteId],
) -> Result<Vec<Saved<SiteId, Site>>, Error> {
    let ids: Vec<Uid> = ids.iter().copied().map(Uid::of).collect();
    let rows: Vec<SiteRow> =
        reachable(scope).filter(sites::id.eq_any(ids)).select(SiteRow::as_select()).load(connection)?;
    all_saved(rows)
}

/// Whether the id is in use, also by one out of reach or withdrawn.
///
/// # Errors
/// A failure of the database.
pub fn is_taken(connection: &mut DatabaseConnection, scope: &Scope, id: SiteId) -> Result<bool, Error> {
    let key = (Uid::of(scope.organiser()), Uid::of(id));
    Ok(diesel::select(diesel::dsl::exists(sites::table.find(key))).get_result(connection)?)
}

/// Whether a course offering is held at the site.
///
/// # Errors
/// A failure of the database.
pub fn is_used(connection: &mut DatabaseConnection, scope: &Scope, id: SiteId) -> Result<bool, Error> {
    let used = course_offerings::table
        .filter(course_offerings::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(course_offerings::site_id.eq(Uid::of(id)))
        .filter(course_offerings::withdrawn_at.is_null());
    Ok(diesel::select(diesel::dsl::exists(used)).get_result(connection)?)
}

/// One page of the sites.
///
/// # Errors
/// A failure of the database.
pub fn list(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filter: &SiteFilter,
    request: &PageRequest<SiteSort>,
) -> Result<Page<Saved<SiteId, Site>>, Error> {
    let SiteFilter { name, school_units, municipalities, valid_on } = filter;
    let mut query = reachable(scope);
    for word in search_key_of_query(name.as_deref().unwrap_or_default()).split_whitespace() {
        query = query.filter(sites::name_search_key.like(format!("% {word}%")));
    }
    if !school_units.is_empty() {
        let units: Vec<Uid> = school_units.iter().copied().map(Uid::of).collect();
        query = query.filter(sites::school_unit_id.eq_any(units));
    }
    if !municipalities.is_empty() {
        let codes: Vec<String> = municipalities.iter().map(|code| code.as_str().to_owned()).collect();
        query = query.filter(sites::municipality_code.eq_any(codes));
    }
    if let Some(day) = valid_on {
        query = query
            .filter(sites::valid_from.le(*day))
            .filter(sites::valid_to.is_null().or(sites::valid_to.ge(*day)));
    }
    let query = modified_after!(query, request, scope, sites, "site");
    let query = match request.sort {
        SiteSort::Name => keyset!(query, request, sites::name_sort_key, sites::id, text),
        SiteSort::ModifiedAt => keyset!(query, request, sites::modified_at, sites::id, instant),
    };
    let rows = query.select(SiteRow::as_select()).load(connection)?;
    let cursor = |row: &SiteRow| Cursor {
        key: match request.sort {
            SiteSort::Name => row.name_sort_key.clone(),
            SiteSort::ModifiedAt => instant_key(row.modified_at),
        },
        id: row.id.0,
    };
    Page::cut(rows, request.limit, cursor).followed(connection, "site", scope, request)?.try_map(saved)
}

/// Enters a site.
///
/// # Errors
/// A failure of the database.
pub fn insert(tx: &mut Tx<'_>, scope: &Scope, id: SiteId, site: &Site) -> Result<Saved<SiteId, Site>, Error> {
    value_row::insert::<SiteRow>(tx, scope, id, site)
}

/// Saves a new state of a site, as the next version after `before`.
///
/// # Errors
/// [`Error::Stale`] when it has changed meanwhile; a failure of the database.
pub fn update(
    tx: &mut Tx<'_>,
    scope: &Scope,
    before: &Saved<SiteId, Site>,
    site: &Site,
) -> Result<Saved<SiteId, Site>, Error> {
    value_row::update::<SiteRow>(tx, scope, before, site)
}

/// Withdraws a site as a mistaken entry.
///
/// # Errors
/// As [`update`].
pub fn withdraw(tx: &mut Tx<'_>, scope: &Scope, before: &Saved<SiteId, Site>) -> Result<(), Error> {
    value_row::withdraw_many::<SiteRow>(tx, scope, std::slice::from_ref(before))
}

impl ValueRow for SiteRow {
    type Id = SiteId;
    type Value = Site;

    fn of(organiser_id: Uid, id: Uid, now: Ts, site: &Site) -> Self {
        let Site { school_unit, name, municipality, address, valid } = site;
        Self {
            organiser_id,
            id,
            version: 1,
            created_at: now,
            modified_at: now,
            withdrawn_at: None,
            school_unit_id: Uid::of(*school_unit),
            name: name.as_str().to_owned(),
            name_sort_key: sort_key_of_text(name.as_str()),
            municipality_code: municipality.as_str().to_owned(),
            address: address.as_ref().map(|address| address.as_str().to_owned()),
            valid_from: valid.from(),
            valid_to: valid.to(),
            name_search_key: search_key_of_text(name.as_str()),
        }
    }

    fn into_value(self) -> Result<Site, Error> {
        let Self {
            organiser_id: _,
            id,
            version: _,
            created_at: _,
            modified_at: _,
            withdrawn_at: _,
            school_unit_id,
            name,
            name_sort_key: _,
            municipality_code,
            address,
            valid_from,
            valid_to,
            name_search_key: _,
        } = self;
        let refused = inconsistent::<SiteRow>(id);
        Ok(Site {
            school_unit: school_unit_id.to(),
            name: Text::line(&name, 200).map_err(refused)?,
            municipality: MunicipalityCode::new(&municipality_code).map_err(refused)?,
            address: address.map(|address| Text::lines(&address, 500)).transpose().map_err(refused)?,
            valid: Period::new(valid_from, valid_to).map_err(refused)?,
        })
    }
}
