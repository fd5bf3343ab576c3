//! What the databases are told of the sizes of tables, so that they look for what a statement asks for instead of going
//! through all that an organiser has.
//!
//! Without statistics SQLite takes "all rows of an organiser" for ten, as little as "all rows of an organiser about a person"
//! for nine, and chooses between the two by chance. Real statistics (`ANALYZE`) would have to be gathered again and again,
//! and plans would change with them; these are the same for every database: those of a large organiser. To a small
//! one no plan matters.
//!
//! PostgreSQL counts by itself within a minute or two, and keeps the plans of statements until then. Whoever fills tables
//! faster ([`count_grown`]) has it count at once.

use diesel::{
    PgConnection, QueryResult, QueryableByName, RunQueryDsl, SqliteConnection,
    connection::SimpleConnection,
    sql_query,
    sql_types::{Bool, Text},
};

/// Rows of an organiser in a table that grows with its persons or days.
const MANY: u32 = 200_000;
/// Rows of an organiser in one that does not.
const FEW: u32 = 200;
const SMALL_TABLES: [&str; 21] = [
    "organisers",
    "controllers",
    "school_units",
    "sites",
    "terms",
    "days_off",
    "rooms",
    "attendance_settings",
    "schedule_settings",
    "relation_settings",
    "handling_plan_settings",
    "login_settings",
    "identity_providers",
    "token_issuers",
    "clients",
    "client_keys",
    "certificate_authorities",
    "client_certificates",
    "term_turns",
    "webhook_subscriptions",
    "code_entries",
];

#[derive(QueryableByName)]
struct Index {
    #[diesel(sql_type = Text)]
    of_table: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Bool)]
    is_unique: bool,
    #[diesel(sql_type = Text)]
    columns: String,
}

impl Index {
    /// The line of `sqlite_stat1`: the rows of the table, and how many have the same values in the first column, the
    /// first two, and so on.
    fn line(&self) -> String {
        let whole = if SMALL_TABLES.contains(&self.of_table.as_str()) { FEW } else { MANY };
        let columns: Vec<&str> = self.columns.split(',').collect();
        let last = columns.len().saturating_sub(1);
        let mut alike = whole;
        let mut line = whole.to_string();
        for (place, column) in columns.into_iter().enumerate() {
            alike = if place == last && self.is_unique { 1 } else { alike.min(alike_in(column, alike)) };
            line.push_str(&format!(" {alike}"));
        }
        line
    }
}

/// How many of so many rows have the same value in a column.
fn alike_in(column: &str, of: u32) -> u32 {
    match column {
        "organiser_id" => of,
        // One thing.
        "id" | "version" | "position" | "secret" => 1,
        // What many share: a place, a state.
        "school_unit_id" | "registered_at_id" | "controller_id" | "site_id" | "term_id" | "course_id" => {
            of / 50
        }
        "state" | "kind" | "entity" | "present" | "country" | "role" => of / 4,
        _ if column.ends_with("_id") => 30,
        // Days and instants, names, numbers.
        "day" | "birth_date" | "first_day" | "valid_from" | "review_due" => of / 200,
        _ => 4,
    }
    .max(1)
}

/// Tells them, for every index that there is.
///
/// # Errors
/// A failure of the database.
pub(super) fn tell(connection: &mut SqliteConnection) -> QueryResult<()> {
    // Of this table there is nothing to count, but the statistics' own table is made by it.
    connection.batch_execute("ANALYZE sqlite_schema")?;
    let indices: Vec<Index> = sql_query(
        "SELECT t.name AS of_table, l.name AS name, l.\"unique\" AS is_unique, \
         (SELECT group_concat(coalesce(c.name, '?'), ',') FROM pragma_index_info(l.name) AS c) AS columns \
         FROM sqlite_schema AS t, pragma_index_list(t.name) AS l \
         WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY l.name",
    )
    .load(connection)?;
    let mut lines = String::from("BEGIN IMMEDIATE; DELETE FROM sqlite_stat1;");
    for index in &indices {
        let Index { of_table, name, .. } = index;
        let line = index.line();
        lines.push_str(&format!(
            "INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('{of_table}', '{name}', '{line}');"
        ));
    }
    lines.push_str("COMMIT; ANALYZE sqlite_schema");
    connection.batch_execute(&lines)
}

/// Takes away what was told, and the tables it was told in.
///
/// # Errors
/// A failure of the database.
pub(super) fn forget(connection: &mut SqliteConnection) -> QueryResult<()> {
    connection.batch_execute("DROP TABLE IF EXISTS sqlite_stat1; DROP TABLE IF EXISTS sqlite_stat4")
}

#[derive(QueryableByName)]
struct Grown {
    #[diesel(sql_type = Text)]
    name: String,
}

/// Has PostgreSQL count the tables in which much was written since it last did: 500 rows and a tenth of the table, which is
/// when it would by itself. Plans that were made for what the tables were are made anew.
///
/// # Errors
/// A failure of the database.
pub(super) fn count_grown(connection: &mut PgConnection) -> QueryResult<()> {
    let grown: Vec<Grown> = sql_query(
        "SELECT quote_ident(relname) AS name FROM pg_stat_user_tables \
         WHERE schemaname = current_schema() AND n_mod_since_analyze > 500 + n_live_tup / 10 ORDER BY relname",
    )
    .load(connection)?;
    if grown.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = grown.into_iter().map(|table| table.name).collect();
    connection.batch_execute(&format!("ANALYZE {}", names.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(of_table: &str, columns: &str, is_unique: bool) -> String {
        Index { of_table: of_table.to_owned(), name: String::new(), is_unique, columns: columns.to_owned() }
            .line()
    }

    #[test]
    fn a_person_is_fewer_than_an_organiser() {
        assert_eq!(line("participations", "organiser_id,id", true), "200000 200000 1");
        assert_eq!(line("participations", "organiser_id,person_id", false), "200000 200000 30");
        assert_eq!(line("lessons", "organiser_id,day,id", false), "200000 200000 1000 1");
        assert_eq!(line("terms", "organiser_id,first_day", false), "200 200 1");
    }
}
