use skolhus_persistence::{SchemaState, migrate, revert_all, schema_state};
use skolhus_tests::{
    database::{Kind, TestDatabase},
    raw::Raw,
};

/// All that a schema holds, as text.
fn described(database: &TestDatabase) -> Vec<String> {
    let mut raw = Raw::open(&database.address);
    let sql = raw.either(
        "SELECT c.relkind::text || ' ' || c.relname || coalesce(' ' || pg_get_indexdef(i.indexrelid), '') AS value \
         FROM pg_class c LEFT JOIN pg_index i ON i.indexrelid = c.oid WHERE c.relnamespace = 'public'::regnamespace \
         UNION ALL SELECT 'trigger ' || pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal \
         UNION ALL SELECT 'constraint ' || conrelid::regclass || ' ' || pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace \
         UNION ALL SELECT 'function ' || pg_get_functiondef(p.oid) FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prokind = 'f' \
         UNION ALL SELECT 'column ' || attrelid::regclass || ' ' || attname || ' ' || format_type(atttypid, atttypmod) || attnotnull::text \
           FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid WHERE relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped ORDER BY 1",
        "SELECT type || ' ' || name || ' ' || coalesce(sql, '') AS value FROM sqlite_schema ORDER BY 1",
    ).to_owned();
    raw.texts(&sql)
}

fn there_and_back(kind: Kind) {
    let Some(database) = TestDatabase::fresh(kind) else { return };
    let before = described(&database);
    revert_all(&database.address).unwrap();
    assert!(matches!(schema_state(&database.address).unwrap(), SchemaState::Empty));
    let left: Vec<String> = described(&database)
        .into_iter()
        .filter(|thing| !thing.contains("__diesel_schema_migrations") && !thing.contains("sqlite_sequence"))
        .collect();
    assert_eq!(left, Vec::<String>::new(), "the way back leaves nothing behind");
    let ran = migrate(&database.address).unwrap();
    assert!(!ran.is_empty());
    assert_eq!(schema_state(&database.address).unwrap(), SchemaState::Current);
    assert_eq!(described(&database), before);
    assert_eq!(migrate(&database.address).unwrap(), Vec::<String>::new());
}

#[test]
fn every_migration_goes_there_and_back_on_sqlite() {
    there_and_back(Kind::Sqlite);
}

#[test]
fn every_migration_goes_there_and_back_on_postgres() {
    there_and_back(Kind::Postgres);
}
