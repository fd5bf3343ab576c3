use std::collections::BTreeSet;

use skolhus_domain::access::Caller;
use skolhus_persistence::{
    Clash, Error, InformationOf, Kept, OnMerge, PERSON_COLUMNS, TABLES, Tenancy,
    change::{ABOUT_PERSONS, FREE_OF_PERSONS},
    declared, read_one_of_each,
};
use skolhus_tests::{
    database::{Kind, TestDatabase},
    on_both,
    raw::Raw,
};

/// Both databases; none where PostgreSQL is not installed.
fn both() -> Option<(TestDatabase, TestDatabase)> {
    Some((TestDatabase::fresh(Kind::Postgres)?, TestDatabase::fresh(Kind::Sqlite)?))
}

/// Diesel's own table is not ours to declare.
const FOREIGN: &str = "__diesel_schema_migrations";

on_both! {
    async fn every_table_is_registered_and_declared(server: TestServer) {
        let mut raw = Raw::open(server.state.database.address());
        let there: BTreeSet<String> = raw.tables().into_iter().collect();
        let registered: BTreeSet<String> = TABLES.iter().map(|entry| entry.table.to_owned()).collect();
        assert_eq!(there, registered);
        assert_eq!(registered.len(), TABLES.len(), "each once");
        let mut known: BTreeSet<String> = declared().iter().map(|table| table.table.to_owned()).collect();
        known.insert(FOREIGN.to_owned());
        assert_eq!(known, registered, "persistence/src/schema/mod.rs lists every table");
        drop(raw);
        server.stop().await;
    }
}

on_both! {
    async fn followed_tables_are_built_alike(server: TestServer) {
        let mut raw = Raw::open(server.state.database.address());
        for entry in TABLES {
            let columns = raw.columns(entry.table);
            let named = |name: &str| columns.iter().find(|column| column.name == name);
            match entry.information {
                InformationOf::Person(_, column) | InformationOf::Account(column) => {
                    assert!(named(column).is_some(), "{}.{column}", entry.table);
                }
                InformationOf::Nobody => {}
            }
            if entry.tenancy == Tenancy::Organiser {
                assert!(named("organiser_id").is_some_and(|column| !column.nullable), "{}", entry.table);
            }
            if entry.kept != Kept::Followed {
                continue;
            }
            let six: Vec<&str> = columns.iter().take(6).map(|column| column.name.as_str()).collect();
            assert_eq!(six, ["organiser_id", "id", "version", "created_at", "modified_at", "withdrawn_at"], "{}", entry.table);
            let nullable: Vec<bool> = columns.iter().take(6).map(|column| column.nullable).collect();
            assert_eq!(nullable, [false, false, false, false, false, true], "{}", entry.table);
            let key = raw.unique_rules(entry.table).remove(0);
            assert_eq!(key.columns, ["organiser_id", "id"], "{}", entry.table);
        }
        drop(raw);
        server.stop().await;
    }
}

/// A table's foreign keys: columns, and the table they lead to.
fn foreign_keys(raw: &mut Raw, table: &str) -> Vec<(String, String)> {
    let sql = if raw.is_postgres() {
        format!(
            "SELECT (SELECT string_agg(a.attname, ',' ORDER BY k.place) FROM unnest(c.conkey) WITH ORDINALITY k(number, place) \
               JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.number) || '|' || c.confrelid::regclass AS value \
             FROM pg_constraint c WHERE c.contype = 'f' AND c.conrelid = 'public.{table}'::regclass ORDER BY 1"
        )
    } else {
        format!(
            "SELECT group_concat(\"from\", ',') || '|' || \"table\" AS value FROM \
               (SELECT * FROM pragma_foreign_key_list('{table}') ORDER BY id, seq) GROUP BY id, \"table\" ORDER BY 1"
        )
    };
    let keys = raw.texts(&sql);
    keys.iter()
        .filter_map(|key| key.split_once('|'))
        .map(|(from, to)| (from.to_owned(), to.to_owned()))
        .collect()
}

/// The columns of each of a table's indexes.
fn indexes(raw: &mut Raw, table: &str) -> Vec<String> {
    let sql = if raw.is_postgres() {
        format!(
            "SELECT string_agg(a.attname, ',' ORDER BY k.place) || ',' AS value FROM pg_index i \
             CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY k(number, place) \
             JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number \
             WHERE i.indrelid = 'public.{table}'::regclass GROUP BY i.indexrelid ORDER BY 1"
        )
    } else {
        format!(
            "SELECT (SELECT group_concat(name, ',') FROM (SELECT name FROM pragma_index_info(l.name) ORDER BY seqno)) || ',' AS value \
             FROM pragma_index_list('{table}') l ORDER BY 1"
        )
    };
    raw.texts(&sql)
}

#[test]
fn no_reference_crosses_tenants_and_each_has_an_index() {
    let Some((postgres, sqlite)) = both() else { return };
    let (mut postgres, mut sqlite) = (Raw::open(&postgres.address), Raw::open(&sqlite.address));
    for entry in TABLES {
        let keys = foreign_keys(&mut postgres, entry.table);
        assert_eq!(keys, foreign_keys(&mut sqlite, entry.table), "{}", entry.table);
        for raw in [&mut postgres, &mut sqlite] {
            let indexes = indexes(raw, entry.table);
            for (columns, to) in &keys {
                // The organiser alone leads to organisers; its column begins the primary key.
                if to != "organisers" {
                    assert!(columns.starts_with("organiser_id,"), "{} to {to}", entry.table);
                }
                let found = indexes.iter().any(|index| index.starts_with(&format!("{columns},")));
                assert!(
                    found || to == "organisers",
                    "{}: no index for {columns} among {indexes:?}",
                    entry.table
                );
            }
        }
    }
}

/// The type on SQLite that stands for one on PostgreSQL.
fn counterpart(postgres: &str) -> &str {
    match postgres {
        "uuid" => "blob",
        "bigint" | "integer" | "smallint" | "boolean" | "timestamp with time zone" => "integer",
        "text" | "jsonb" | "date" => "text",
        other => other,
    }
}

#[test]
fn the_two_schemas_are_the_same_column_by_column() {
    let Some((postgres, sqlite)) = both() else { return };
    let (mut postgres, mut sqlite) = (Raw::open(&postgres.address), Raw::open(&sqlite.address));
    assert_eq!(postgres.tables(), sqlite.tables());
    for table in postgres.tables().into_iter().filter(|table| table != FOREIGN) {
        let expected: Vec<(String, String, bool)> = postgres
            .columns(&table)
            .into_iter()
            .map(|column| (column.name, counterpart(&column.kind).to_owned(), column.nullable))
            .collect();
        let there: Vec<(String, String, bool)> = sqlite
            .columns(&table)
            .into_iter()
            .map(|column| (column.name, column.kind, column.nullable))
            .collect();
        assert_eq!(there, expected, "{table}");
        let names = |raw: &mut Raw| -> BTreeSet<String> { indexes(raw, &table).into_iter().collect() };
        let mut expected = names(&mut postgres);
        // The row number is SQLite's key there, and has no index.
        if table == "changes" {
            expected.remove("arrival,");
        }
        let mut there = names(&mut sqlite);
        if table == "changes" {
            there.remove("arrival,");
            expected.remove("arrival,");
        }
        assert_eq!(there, expected, "{table}");
    }
}

#[test]
fn the_program_declares_the_columns_that_are_there() {
    let Some((postgres, _)) = both() else { return };
    let mut raw = Raw::open(&postgres.address);
    for table in declared() {
        let there: Vec<(String, String)> = raw
            .columns(table.table)
            .into_iter()
            .map(|column| {
                let kind = match column.kind.as_str() {
                    "uuid" => "Guid",
                    "timestamp with time zone" => "Instant",
                    "jsonb" => "JsonDoc",
                    "bigint" => "BigInt",
                    "integer" => "Integer",
                    "smallint" => "SmallInt",
                    "boolean" => "Bool",
                    "date" => "Date",
                    "text" => "Text",
                    other => other,
                };
                let kind = if column.nullable { format!("Nullable<{kind}>") } else { kind.to_owned() };
                (column.name, kind)
            })
            .collect();
        let short = |kind: &str| -> String {
            let parts: Vec<&str> =
                kind.split('<').map(|part| part.rsplit("::").next().unwrap_or_default()).collect();
            parts.join("<")
        };
        let said: Vec<(String, String)> =
            table.columns.iter().map(|(name, kind)| (name.clone(), short(kind))).collect();
        assert_eq!(said, there, "{}", table.table);
    }
}

on_both! {
    async fn every_table_is_read_with_all_its_columns(server: TestServer) {
        let state = &server.state;
        let caller = Caller::system("test", Caller::every_organiser(), state.fresh_uuid(), state.clock.now());
        let read = state.database.read(&caller, |connection, _| Ok::<_, Error>(read_one_of_each(connection))).await.unwrap();
        for (table, result) in read {
            assert!(result.is_ok(), "{table}: {result:?}");
        }
        server.stop().await;
    }
}

on_both! {
    // A merge re-points what this list says: a column that is missing would be forgotten.
    async fn every_column_that_names_a_person_is_known_to_merges(server: TestServer) {
        let mut raw = Raw::open(server.state.database.address());
        let known = |table: &str, column: &str| PERSON_COLUMNS.iter().any(|entry| (entry.table, entry.column) == (table, column));
        for entry in TABLES {
            let mut naming: BTreeSet<String> = foreign_keys(&mut raw, entry.table)
                .into_iter()
                .filter(|(_, to)| to == "persons")
                .flat_map(|(columns, _)| columns.split(',').map(str::to_owned).collect::<Vec<_>>())
                .filter(|column| column != "organiser_id")
                .collect();
            let referring: Vec<String> = naming.iter().cloned().collect();
            naming.extend(raw.columns(entry.table).into_iter().map(|column| column.name).filter(|name| name.ends_with("person_id")));
            if let InformationOf::Person(_, column) = entry.information {
                naming.insert(column.to_owned());
            }
            for column in naming {
                assert!(known(entry.table, &column), "persistence/src/core/person_columns.rs does not say what a merge does with {}.{column}", entry.table);
            }
            // Nothing begins to name a person while they are merged.
            for column in referring.iter().filter(|_| raw.is_postgres() && entry.table != "person_merges").cloned().collect::<Vec<_>>() {
                let trigger = format!("{}_{column}_merged", entry.table);
                let there = raw.text(&format!("SELECT tgname::text AS value FROM pg_trigger WHERE tgrelid = 'public.{}'::regclass AND tgname = '{trigger}'", entry.table));
                assert_eq!(there, trigger, "a migration gives each foreign key onto persons the trigger refuse_merged_person");
            }
        }
        for entry in PERSON_COLUMNS {
            let columns: Vec<String> = raw.columns(entry.table).into_iter().map(|column| column.name).collect();
            let mut said = vec![entry.column];
            if let OnMerge::Moves(how) = entry.on_merge {
                match how.clash {
                    Clash::None => {}
                    Clash::Same(same) => said.extend(same),
                    Clash::SameDays(same, from, to) | Clash::StaysBehind(same, from, to) => said.extend(same.iter().copied().chain([from, to])),
                }
            }
            for column in said {
                assert!(columns.contains(&column.to_owned()), "{}.{column}", entry.table);
            }
            let words: Vec<&str> = ABOUT_PERSONS.iter().filter(|(_, table, _)| *table == entry.table).map(|(word, ..)| *word).collect();
            assert!(words.contains(&entry.entity), "{}: {} is not among {words:?}", entry.table, entry.entity);
        }
        drop(raw);
        server.stop().await;
    }
}

#[test]
fn every_table_about_persons_is_known_to_the_readers_of_the_log() {
    for entry in TABLES.iter().filter(|entry| entry.kept == Kept::Followed) {
        let guarded = ABOUT_PERSONS.iter().any(|(_, table, _)| *table == entry.table);
        if entry.information != InformationOf::Nobody {
            assert!(
                guarded,
                "persistence/src/change/visible.rs does not say how {} leads to a person",
                entry.table
            );
        }
    }
    for (word, ..) in ABOUT_PERSONS {
        assert!(!FREE_OF_PERSONS.contains(word), "{word}");
    }
}
