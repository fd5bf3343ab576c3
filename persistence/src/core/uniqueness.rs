//! The names of SQLite's unique rules. SQLite reports which columns collided
//! (`terms.organiser_id, terms.id`), PostgreSQL which index (`terms_pkey`); a rule has one
//! name in the program, PostgreSQL's.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
};

use diesel::{QueryResult, RunQueryDsl, SqliteConnection, sql_query, sql_types::Text};

/// Columns as SQLite reports them → the rule's name. Every database of a process has the
/// same schema, so one map serves them all.
static NAMES: RwLock<Option<HashMap<String, String>>> = RwLock::new(None);

#[derive(diesel::QueryableByName)]
struct Rule {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    index_name: String,
    #[diesel(sql_type = Text)]
    origin: String,
    #[diesel(sql_type = Text)]
    columns: String,
}

/// Unique indexes, and the primary keys that are the row number itself and have no index.
const RULES: &str = "\
    SELECT table_name, index_name, origin, group_concat(column_name, ',') AS columns FROM (
        SELECT m.name AS table_name, l.name AS index_name, l.origin AS origin, i.name AS column_name
        FROM sqlite_schema m, pragma_index_list(m.name) l, pragma_index_info(l.name) i
        WHERE m.type = 'table' AND l.\"unique\" = 1 AND i.name IS NOT NULL
        ORDER BY m.name, l.name, i.seqno)
    GROUP BY table_name, index_name, origin
    UNION ALL
    SELECT m.name, '', 'pk', c.name FROM sqlite_schema m, pragma_table_info(m.name) c
    WHERE m.type = 'table' AND c.pk = 1 AND NOT EXISTS (
        SELECT 1 FROM pragma_index_list(m.name) l WHERE l.origin = 'pk')";

/// Reads the names off the schema.
pub(crate) fn learn(connection: &mut SqliteConnection) -> QueryResult<()> {
    let rules: Vec<Rule> = sql_query(RULES).load(connection)?;
    let mut names = NAMES.write().unwrap_or_else(PoisonError::into_inner);
    names.get_or_insert_default().extend(rules.into_iter().map(|rule| {
        let Rule { table_name, index_name, origin, columns } = rule;
        let reported: Vec<String> =
            columns.split(',').map(|column| format!("{table_name}.{column}")).collect();
        let name = match origin.as_str() {
            "pk" => format!("{table_name}_pkey"),
            "u" => format!("{table_name}_{}_key", columns.replace(',', "_")),
            _ => index_name,
        };
        (reported.join(", "), name)
    }));
    Ok(())
}

/// The name of the rule whose columns SQLite reports; the columns themselves if it is unknown.
pub(crate) fn name_of(reported: &str) -> String {
    // An index on an expression is reported by its name.
    if let Some(index) = reported.strip_prefix("index '").and_then(|rest| rest.strip_suffix('\'')) {
        return index.to_owned();
    }
    let names = NAMES.read().unwrap_or_else(PoisonError::into_inner);
    names.as_ref().and_then(|names| names.get(reported)).map_or_else(|| reported.to_owned(), Clone::clone)
}
