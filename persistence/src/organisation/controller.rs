//! Controllers (personuppgiftsansvariga): who answers for personal data.

use diesel::prelude::*;
use skolhus_domain::{
    access::Scope,
    id::ControllerId,
    organisation::{Controller, ControllerKind},
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
    schema::{controllers, school_units},
};

record! {
    /// A controller's row.
    pub(crate) struct ControllerRow in controllers as "controller" {
        name: String,
        kind: String,
        name_sort_key: String,
        name_search_key: String,
    }
}

/// What a list of controllers is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ControllerSort {
    /// Name, in Swedish order.
    #[default]
    Name,
    /// When it was changed last.
    ModifiedAt,
}

/// Which controllers are asked for.
#[derive(Clone, Debug, Default)]
pub struct ControllerFilter {
    /// Words of the name, each by its beginning.
    pub name: Option<String>,
    /// Of these kinds.
    pub kinds: Vec<ControllerKind>,
}

/// The controllers that a scope reaches: who answers for personal data is public.
fn reachable<'a>(scope: &Scope) -> controllers::BoxedQuery<'a, MultiBackend> {
    controllers::table
        .filter(controllers::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(controllers::withdrawn_at.is_null())
        .into_boxed()
}

/// One controller.
///
/// # Errors
/// A failure of the database.
pub fn find(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: ControllerId,
) -> Result<Option<Saved<ControllerId, Controller>>, Error> {
    Ok(find_many(connection, scope, &[id])?.pop())
}

/// Those of these controllers that there are.
///
/// # Errors
/// A failure of the database.
pub fn find_many(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    ids: &[ControllerId],
) -> Result<Vec<Saved<ControllerId, Controller>>, Error> {
    let ids: Vec<Uid> = ids.iter().copied().map(Uid::of).collect();
    let rows: Vec<ControllerRow> = reachable(scope)
        .filter(controllers::id.eq_any(ids))
        .select(ControllerRow::as_select())
        .load(connection)?;
    all_saved(rows)
}

/// Whether the id is in use, also by one out of reach or withdrawn.
///
/// # Errors
/// A failure of the database.
pub fn is_taken(connection: &mut DatabaseConnection, scope: &Scope, id: ControllerId) -> Result<bool, Error> {
    let key = (Uid::of(scope.organiser()), Uid::of(id));
    Ok(diesel::select(diesel::dsl::exists(controllers::table.find(key))).get_result(connection)?)
}

/// Whether there is such a controller.
///
/// # Errors
/// A failure of the database.
pub fn exists(connection: &mut DatabaseConnection, scope: &Scope, id: ControllerId) -> Result<bool, Error> {
    let found = controllers::table
        .find((Uid::of(scope.organiser()), Uid::of(id)))
        .filter(controllers::withdrawn_at.is_null());
    Ok(diesel::select(diesel::dsl::exists(found)).get_result(connection)?)
}

/// Whether a school unit belongs to the controller.
///
/// # Errors
/// A failure of the database.
pub fn is_used(connection: &mut DatabaseConnection, scope: &Scope, id: ControllerId) -> Result<bool, Error> {
    let units = school_units::table
        .filter(school_units::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(school_units::controller_id.eq(Uid::of(id)))
        .filter(school_units::withdrawn_at.is_null());
    Ok(diesel::select(diesel::dsl::exists(units)).get_result(connection)?)
}

/// One page of the controllers.
///
/// # Errors
/// A failure of the database.
pub fn list(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filter: &ControllerFilter,
    request: &PageRequest<ControllerSort>,
) -> Result<Page<Saved<ControllerId, Controller>>, Error> {
    let ControllerFilter { name, kinds } = filter;
    let mut query = reachable(scope);
    for word in search_key_of_query(name.as_deref().unwrap_or_default()).split_whitespace() {
        query = query.filter(controllers::name_search_key.like(format!("% {word}%")));
    }
    if !kinds.is_empty() {
        query = query.filter(controllers::kind.eq_any(kinds.iter().map(|kind| kind.code())));
    }
    let query = modified_after!(query, request, scope, controllers, "controller");
    let query = match request.sort {
        ControllerSort::Name => keyset!(query, request, controllers::name_sort_key, controllers::id, text),
        ControllerSort::ModifiedAt => {
            keyset!(query, request, controllers::modified_at, controllers::id, instant)
        }
    };
    let rows = query.select(ControllerRow::as_select()).load(connection)?;
    let cursor = |row: &ControllerRow| Cursor {
        key: match request.sort {
            ControllerSort::Name => row.name_sort_key.clone(),
            ControllerSort::ModifiedAt => instant_key(row.modified_at),
        },
        id: row.id.0,
    };
    Page::cut(rows, request.limit, cursor).followed(connection, "controller", scope, request)?.try_map(saved)
}

/// Enters a controller.
///
/// # Errors
/// `controllers_name_key` when another has the name; a failure of the database.
pub fn insert(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: ControllerId,
    controller: &Controller,
) -> Result<Saved<ControllerId, Controller>, Error> {
    value_row::insert::<ControllerRow>(tx, scope, id, controller)
}

/// Saves a new state of a controller, as the next version after `before`.
///
/// # Errors
/// [`Error::Stale`] when it has changed meanwhile; `controllers_name_key` when another has the
/// name; a failure of the database.
pub fn update(
    tx: &mut Tx<'_>,
    scope: &Scope,
    before: &Saved<ControllerId, Controller>,
    controller: &Controller,
) -> Result<Saved<ControllerId, Controller>, Error> {
    value_row::update::<ControllerRow>(tx, scope, before, controller)
}

/// Withdraws a controller as a mistaken entry.
///
/// # Errors
/// As [`update`].
pub fn withdraw(
    tx: &mut Tx<'_>,
    scope: &Scope,
    before: &Saved<ControllerId, Controller>,
) -> Result<(), Error> {
    value_row::withdraw_many::<ControllerRow>(tx, scope, std::slice::from_ref(before))
}

impl ValueRow for ControllerRow {
    type Id = ControllerId;
    type Value = Controller;

    fn of(organiser_id: Uid, id: Uid, now: Ts, controller: &Controller) -> Self {
        let Controller { name, kind } = controller;
        Self {
            organiser_id,
            id,
            version: 1,
            created_at: now,
            modified_at: now,
            withdrawn_at: None,
            name: name.as_str().to_owned(),
            kind: kind.code().to_owned(),
            name_sort_key: sort_key_of_text(name.as_str()),
            name_search_key: search_key_of_text(name.as_str()),
        }
    }

    fn into_value(self) -> Result<Controller, Error> {
        let Self {
            organiser_id: _,
            id,
            version: _,
            created_at: _,
            modified_at: _,
            withdrawn_at: _,
            name,
            kind,
            name_sort_key: _,
            name_search_key: _,
        } = self;
        let refused = inconsistent::<ControllerRow>(id);
        Ok(Controller {
            name: Text::line(&name, 200).map_err(refused)?,
            kind: ControllerKind::from_code(&kind).map_err(refused)?,
        })
    }
}
