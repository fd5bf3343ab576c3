//! Everything that was done with the records about one person: entered, changed, opened, taken out; with what stood there
//! before and after.

use chrono::{DateTime, Utc};
use diesel::{
    prelude::*,
    sql_types::{Nullable, Text},
};
use serde_json::{Map, Value};
use skolhus_domain::{
    access::{Permission, Scope},
    id::PersonId,
};
use uuid::Uuid;

use super::{
    fact::{FACT_COLUMNS, Fact, FactRow},
    visible::{ABOUT_PERSONS, Way},
};
use crate::core::{
    connection::DatabaseConnection,
    error::Error,
    page::{Cursor, Direction, Page, PageRequest},
    person_columns::{OnMerge, PERSON_COLUMNS},
    rows::{Cell, load},
    tx::Action,
    types::{Guid, Ts, Uid},
};

/// What is sorted by: when it was done.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum PersonChangeSort {
    /// The newest first.
    #[default]
    Newest,
}

/// Which of them are asked for.
#[derive(Clone, Debug, Default)]
pub struct PersonChangeFilter {
    /// Of things of these words.
    pub entities: Vec<String>,
    /// These actions.
    pub actions: Vec<String>,
    /// By use of these permissions.
    pub permissions: Vec<Permission>,
    /// By these accounts or clients.
    pub actors: Vec<Uuid>,
    /// Done at this instant or later.
    pub from: Option<DateTime<Utc>>,
    /// Done before this instant.
    pub to: Option<DateTime<Utc>>,
}

/// One thing that was done.
#[derive(Clone, Debug)]
pub struct PersonChange {
    /// Who did what, and when.
    pub fact: Fact,
    /// What stood there before and after; none once the details have been purged.
    pub details: Option<Details>,
    /// Who it was, in words: the address of an account that nobody protected has, or the name of a client.
    pub actor_label: Option<String>,
    /// The person behind the account, unless they are protected.
    pub actor_person: Option<PersonId>,
    /// What they were logged in on.
    pub device: Option<String>,
}

/// What a change says: the fields by their columns' names.
#[derive(Clone, PartialEq, Debug)]
pub struct Details {
    /// As they were.
    pub before: Map<String, Value>,
    /// As they are since.
    pub after: Map<String, Value>,
    /// Why, in the words of whoever did it.
    pub reason: Option<String>,
}

#[derive(QueryableByName)]
struct PersonChangeRow {
    #[diesel(embed)]
    fact: FactRow,
    #[diesel(sql_type = Nullable<Text>)]
    details: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    actor_label: Option<String>,
    #[diesel(sql_type = Nullable<Guid>)]
    actor_person_id: Option<Uid>,
    #[diesel(sql_type = Nullable<Text>)]
    device: Option<String>,
}

/// The records about the person `$2` of the organiser `$1`, as pairs of word and id; withdrawn ones too. A pair stands there
/// once however often its record names the person.
fn concerned() -> String {
    let by_columns = PERSON_COLUMNS.iter().map(|named| {
        let only = match named.on_merge {
            OnMerge::Moves(moves) => moves.only.map(|only| format!(" AND {only}")).unwrap_or_default(),
            OnMerge::Stays(_) => String::new(),
        };
        format!(
            "SELECT '{}' AS entity, t.id AS entity_id FROM {} t WHERE t.organiser_id = $1 AND t.{} = $2{only}",
            named.entity, named.table, named.column
        )
    });
    let by_way = ABOUT_PERSONS.iter().filter_map(|(entity, table, way)| {
        let (through, column) = match way {
            Way::Duty(column) => ("duties", column),
            Way::Account(column) if *entity != "account" => ("accounts", column),
            _ => return None,
        };
        Some(format!(
            "SELECT '{entity}', t.id FROM {table} t JOIN {through} w ON w.organiser_id = t.organiser_id AND w.id = t.{column} \
             WHERE w.organiser_id = $1 AND w.person_id = $2"
        ))
    });
    by_columns.chain(by_way).collect::<Vec<_>>().join(" UNION ")
}

/// One page of what was done with the records about a person, whoever they are: the caller has recorded that they look, and
/// why. Nothing where there is no such person. What was done a moment ago may not be among it yet.
///
/// # Errors
/// A failure of the database.
pub fn list(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    person: PersonId,
    filter: &PersonChangeFilter,
    request: &PageRequest<PersonChangeSort>,
) -> Result<Page<PersonChange>, Error> {
    let mut cells: Vec<Cell> = vec![Uid::of(scope.organiser()).into(), Uid::of(person).into()];
    let mut conditions = String::new();
    let mut bind = |cell: Cell| {
        cells.push(cell);
        format!("${}", cells.len())
    };
    let permissions: Vec<String> =
        filter.permissions.iter().map(|permission| permission.code().to_owned()).collect();
    let words = [("entity", &filter.entities), ("action", &filter.actions), ("permission", &permissions)];
    for (column, words) in words.into_iter().filter(|(_, words)| !words.is_empty()) {
        let places: Vec<String> = words.iter().map(|word| bind(word.clone().into())).collect();
        conditions.push_str(&format!(" AND changes.{column} IN ({})", places.join(", ")));
    }
    if !filter.actors.is_empty() {
        let places: Vec<String> = filter.actors.iter().map(|id| bind(Uid(*id).into())).collect();
        conditions.push_str(&format!(" AND changes.actor_id IN ({})", places.join(", ")));
    }
    for (compared, instant) in [(">=", filter.from), ("<", filter.to)] {
        if let Some(instant) = instant {
            conditions
                .push_str(&format!(" AND changes.recorded_at {compared} {}", bind(Ts::of(instant).into())));
        }
    }
    let ascending = request.direction == Direction::Descending;
    if let Some(cursor) = &request.after {
        let position = bind(cursor.key.parse::<i64>().unwrap_or_default().into());
        conditions
            .push_str(&format!(" AND changes.position {} {position}", if ascending { ">" } else { "<" }));
    }
    let limit = bind((i64::from(request.limit) + 1).into());
    let order = if ascending { "ASC" } else { "DESC" };
    let concerned = concerned();
    let text = format!(
        "SELECT {FACT_COLUMNS}, d.details AS details, \
         CASE WHEN ap.is_protected THEN NULL ELSE COALESCE(a.email, c.name) END AS actor_label, \
         CASE WHEN ap.is_protected THEN NULL ELSE a.person_id END AS actor_person_id, s.device AS device \
         FROM changes \
         LEFT JOIN change_details d ON d.transaction_id = changes.transaction_id AND d.ordinal = changes.ordinal \
         LEFT JOIN accounts a ON a.organiser_id = changes.organiser_id AND a.id = changes.actor_id \
         LEFT JOIN persons ap ON ap.organiser_id = a.organiser_id AND ap.id = a.person_id \
         LEFT JOIN clients c ON c.organiser_id = changes.organiser_id AND c.id = changes.actor_id \
         LEFT JOIN sessions s ON s.organiser_id = changes.organiser_id AND s.id = changes.session_id \
         WHERE changes.organiser_id = $1 AND changes.position IS NOT NULL \
         AND (changes.entity, changes.entity_id) IN ({concerned}){conditions} \
         ORDER BY changes.position {order} LIMIT {limit}"
    );
    let rows: Vec<PersonChangeRow> = load(connection, text, cells)?;
    let changes = rows.into_iter().filter_map(PersonChangeRow::into_change).collect();
    Ok(Page::cut(changes, request.limit, |change: &PersonChange| Cursor {
        key: change.fact.position.to_string(),
        id: change.fact.entity_id,
    }))
}

impl PersonChangeRow {
    fn into_change(self) -> Option<PersonChange> {
        let Self { fact, details, actor_label, actor_person_id, device } = self;
        let fact = fact.into_fact()?;
        let is_access = fact.action == Action::Access.code();
        Some(PersonChange {
            fact,
            details: details.as_deref().and_then(|details| read(details, is_access)),
            actor_label,
            actor_person: actor_person_id.map(Uid::to),
            device,
        })
    }
}

/// Details as they are kept: a nonce, and behind it a document.
fn read(details: &str, is_access: bool) -> Option<Details> {
    let document = details.find('{').and_then(|start| details.get(start..))?;
    let mut document: Map<String, Value> = serde_json::from_str(document).ok()?;
    let mut fields = |name: &str| match document.remove(name) {
        Some(Value::Object(fields)) => fields,
        _ => Map::new(),
    };
    let (before, mut after) = (fields("before"), fields("after"));
    // Of an access the reason stands among what it says; elsewhere a field may be called so.
    let reason = document.remove("reason").or_else(|| is_access.then(|| after.remove("reason")).flatten());
    Some(Details { before, after, reason: reason.and_then(|reason| reason.as_str().map(str::to_owned)) })
}
