//! The searchable audit trail: facts, never details.

use chrono::{DateTime, Utc};
use diesel::{dsl::sql, prelude::*, sql_types::Bool};
use skolhus_domain::access::Scope;
use uuid::Uuid;

use super::{
    fact::{Fact, FactRow},
    visible::visible,
};
use crate::{
    core::{
        connection::DatabaseConnection,
        error::Error,
        page::{Cursor, Direction, Page, PageRequest},
        types::{Ts, Uid},
    },
    schema::changes,
};

/// What a list of changes is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ChangeSort {
    /// The newest first.
    #[default]
    Newest,
    /// Position: the oldest first.
    Position,
}

/// Which changes are asked for.
#[derive(Clone, Debug, Default)]
pub struct ChangeFilter {
    /// Of things of these words.
    pub entities: Vec<String>,
    /// Of these things.
    pub entity_ids: Vec<Uuid>,
    /// By these accounts or clients.
    pub actors: Vec<Uuid>,
    /// These actions.
    pub actions: Vec<String>,
    /// Recorded at this instant or later.
    pub from: Option<DateTime<Utc>>,
    /// Recorded before this instant.
    pub to: Option<DateTime<Utc>>,
    /// After this position.
    pub after_position: Option<i64>,
}

/// One page of the organiser's changes. Those not yet sequenced (a moment after commit),
/// and those about protected persons' records, are not among them.
///
/// # Errors
/// A failure of the database.
pub fn list(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filter: &ChangeFilter,
    request: &PageRequest<ChangeSort>,
) -> Result<Page<Fact>, Error> {
    let mut query = changes::table
        .filter(changes::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(changes::position.is_not_null())
        .filter(sql::<Bool>(&visible()))
        .select(FactRow::as_select())
        .into_boxed();
    if !filter.entities.is_empty() {
        query = query.filter(changes::entity.eq_any(&filter.entities));
    }
    if !filter.entity_ids.is_empty() {
        query = query.filter(changes::entity_id.eq_any(uids(&filter.entity_ids)));
    }
    if !filter.actors.is_empty() {
        query = query.filter(changes::actor_id.eq_any(uids(&filter.actors)));
    }
    if !filter.actions.is_empty() {
        query = query.filter(changes::action.eq_any(&filter.actions));
    }
    if let Some(from) = filter.from {
        query = query.filter(changes::recorded_at.ge(Ts::of(from)));
    }
    if let Some(to) = filter.to {
        query = query.filter(changes::recorded_at.lt(Ts::of(to)));
    }
    if let Some(after) = request.modified_after {
        query = query.filter(changes::recorded_at.gt(Ts::of(after)));
    }
    if let Some(after) = filter.after_position {
        query = query.filter(changes::position.gt(after));
    }
    let ascending = match (request.sort, request.direction) {
        (ChangeSort::Position, Direction::Ascending) | (ChangeSort::Newest, Direction::Descending) => true,
        (ChangeSort::Position, Direction::Descending) | (ChangeSort::Newest, Direction::Ascending) => false,
    };
    let cursor = request.after.as_ref().map(|cursor| cursor.key.parse::<i64>().unwrap_or_default());
    query = match (ascending, cursor) {
        (true, Some(after)) => query.filter(changes::position.gt(after)),
        (false, Some(before)) => query.filter(changes::position.lt(before)),
        (_, None) => query,
    };
    query =
        if ascending { query.order(changes::position.asc()) } else { query.order(changes::position.desc()) };
    let rows: Vec<FactRow> = query.limit(i64::from(request.limit) + 1).load(connection)?;
    let facts: Vec<Fact> = rows.into_iter().filter_map(FactRow::into_fact).collect();
    Ok(Page::cut(facts, request.limit, |fact| Cursor { key: fact.position.to_string(), id: fact.entity_id }))
}

fn uids(ids: &[Uuid]) -> Vec<Uid> {
    ids.iter().copied().map(Uid).collect()
}
