//! A rule has one name on both databases, whichever of them refuses a row.

use skolhus_persistence::Error;
use skolhus_tests::{
    on_both,
    raw::{Column, Raw, Unique},
};

/// A value that suits a column and differs from those made with other numbers.
fn value(column: &Column, number: u32, postgres: bool) -> String {
    match column.kind.as_str() {
        "uuid" => format!("'00000000-0000-7000-8000-{number:012}'"),
        "blob" => format!("x'{number:032x}'"),
        "boolean" => "false".to_owned(),
        "date" => format!("DATE '2026-01-01' + {number}"),
        "jsonb" => format!("'[{number}]'"),
        kind if postgres && kind.starts_with("timestamp") => format!("to_timestamp({number})"),
        // In SQLite a boolean is an integer too; a small number serves as either.
        "integer" | "bigint" | "smallint" => number.to_string(),
        _ if postgres => format!("'text {number}'"),
        _ => format!("'[{number}]'"),
    }
}

fn row(columns: &[Column], rule: &Unique, number: impl Fn(&Column) -> u32, postgres: bool) -> String {
    let values: Vec<String> = columns
        .iter()
        .map(|column| {
            let wanted = rule.columns.contains(&column.name)
                || rule.only.contains(&format!("{} IS NOT NULL", column.name));
            if column.nullable && !wanted {
                "NULL".to_owned()
            } else {
                value(column, number(column), postgres)
            }
        })
        .collect();
    format!("({})", values.join(", "))
}

/// Makes a row collide with another in a rule's columns only; what refuses it?
fn refused_by(raw: &mut Raw, table: &str, columns: &[Column], rule: &Unique) -> String {
    let postgres = raw.is_postgres();
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    let first = row(columns, rule, |_| 1, postgres);
    let other = |column: &Column| if rule.columns.contains(&column.name) { 1 } else { 2 };
    let second = row(columns, rule, other, postgres);
    raw.execute("BEGIN");
    raw.execute(&format!("INSERT INTO {table} ({}) VALUES {first}", names.join(", ")));
    let refused = raw.attempt(&format!("INSERT INTO {table} ({}) VALUES {second}", names.join(", ")));
    raw.execute("ROLLBACK");
    match refused.map_err(Error::from) {
        Err(Error::Constraint { constraint }) => constraint,
        other => format!("{other:?}"),
    }
}

on_both! {
    async fn a_unique_rule_is_reported_by_its_name(server: TestServer) {
        // A write opens SQLite's writer, which learns the names.
        skolhus_tests::register::School::enter(&server).await;
        let mut raw = Raw::open(server.state.database.address());
        // Only unique rules are at issue: foreign keys, checks and triggers step aside.
        if raw.is_postgres() {
            let drops = raw.texts(
                "SELECT format('ALTER TABLE %s DROP CONSTRAINT %I CASCADE', conrelid::regclass, conname) AS value \
                 FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype IN ('f', 'c', 'x') \
                 UNION ALL SELECT format('DROP TRIGGER %I ON %s', tgname, tgrelid::regclass) FROM pg_trigger WHERE NOT tgisinternal",
            );
            drops.iter().for_each(|drop| raw.execute(drop));
        } else {
            raw.execute("PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON");
            let drops = raw.texts("SELECT 'DROP TRIGGER ' || name AS value FROM sqlite_schema WHERE type = 'trigger'");
            drops.iter().for_each(|drop| raw.execute(drop));
        }
        let mut seen = 0;
        for table in raw.tables() {
            let columns = raw.columns(&table);
            raw.execute(&format!("DELETE FROM {table}"));
            let rules = raw.unique_rules(&table);
            for rule in &rules {
                let refused = refused_by(&mut raw, &table, &columns, rule);
                // Where one rule's columns are part of another's, both refuse the row.
                let within = |other: &&Unique| other.columns.iter().all(|column| rule.columns.contains(column));
                let names: Vec<&str> = rules.iter().filter(within).map(|other| other.name.as_str()).collect();
                assert!(names.contains(&refused.as_str()), "{table}: {refused} instead of {names:?}");
                seen += 1;
            }
        }
        assert!(seen > 30, "every table has a primary key at least");
        drop(raw);
        server.stop().await;
    }
}

#[test]
fn both_databases_have_the_same_unique_rules() {
    use skolhus_tests::database::{Kind, TestDatabase};
    let Some(postgres) = TestDatabase::fresh(Kind::Postgres) else { return };
    let Some(sqlite) = TestDatabase::fresh(Kind::Sqlite) else { return };
    let (mut postgres, mut sqlite) = (Raw::open(&postgres.address), Raw::open(&sqlite.address));
    for table in postgres.tables() {
        let named = |rules: Vec<Unique>| -> Vec<(String, Vec<String>, bool)> {
            rules.into_iter().map(|rule| (rule.name, rule.columns, rule.only.is_empty())).collect()
        };
        assert_eq!(named(postgres.unique_rules(&table)), named(sqlite.unique_rules(&table)), "{table}");
    }
}
