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
    assert_eq!(schema_state(&database.address).unwrap(), SchemaState::Empty);
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

/// The names of the migrations of a database, in order.
fn names(of: &str) -> Vec<String> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations").join(of);
    let entries =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = entries.collect();
    names.sort();
    names
}

/// Of two migrations with one version the second is silently left out.
#[test]
fn migrations_are_pairs_and_no_two_have_one_version() {
    let pairs = names("sqlite");
    assert_eq!(pairs, names("postgres"));
    let version = |name: &String| name.split('_').next().unwrap_or_default().to_owned();
    let versions: std::collections::BTreeSet<String> = pairs.iter().map(version).collect();
    assert_eq!(versions.len(), pairs.len(), "{pairs:?}");
}

#[test]
fn every_migration_goes_there_and_back_on_sqlite() {
    there_and_back(Kind::Sqlite);
}

#[test]
fn every_migration_goes_there_and_back_on_postgres() {
    there_and_back(Kind::Postgres);
}

/// A migration's way there and back, by database.
macro_rules! way {
    ($name:literal) => {
        [
            (
                Kind::Postgres,
                include_str!(concat!("../../../migrations/postgres/", $name, "/up.sql")),
                include_str!(concat!("../../../migrations/postgres/", $name, "/down.sql")),
            ),
            (
                Kind::Sqlite,
                include_str!(concat!("../../../migrations/sqlite/", $name, "/up.sql")),
                include_str!(concat!("../../../migrations/sqlite/", $name, "/down.sql")),
            ),
        ]
    };
}

#[test]
fn addresses_and_contact_details_are_carried_over_and_back() {
    for (kind, up, down) in way!("2026-11-27-000110_person_addresses") {
        let Some(database) = TestDatabase::fresh(kind) else { continue };
        let mut raw = Raw::open(&database.address);
        raw.execute(down);
        let (now, no) = (raw.either("now()", "7").to_owned(), raw.either("false", "0").to_owned());
        let id = |number: u8, raw: &Raw| {
            let plain = format!("0199a3f07c0070008000{number:012}");
            if raw.is_postgres() { format!("'{plain}'") } else { format!("x'{plain}'") }
        };
        let [organiser, person, entry] = [1, 2, 3].map(|number| id(number, &raw));
        let contact = r#"{"emails":["åsa@exempel.se","asa@exempel.se"],"phones":["08-465 004 00","070-174 06 05","+46 (0)70 174 06 06"],
            "addresses":[{"kind":"registered","careOf":null,"streetLines":["Ängsgatan 4 A","lgh 1102"],"postalCode":"702 10","city":"Örebro",
            "country":"SE","municipalityCode":"1880","from":"2020-01-01","to":null,"source":"staff"}]}"#;
        let waits = r#"{"name":{"givenName":"Älva","familyName":"Ek"},"contact":{"emails":["alva@exempel.se"],
            "addresses":[{"kind":"other","city":"Oslo","country":"NO","period":{"from":"2024-01-01"}}]}}"#;
        raw.execute(&format!(
            "INSERT INTO organisers (organiser_id, id, version, created_at, modified_at, name) VALUES ({organiser}, {organiser}, 1, {now}, {now}, 'Väggarp'); \
             INSERT INTO persons (organiser_id, id, version, created_at, modified_at, given_name, family_name, name_sort_key, name_search_key, sex, contact, protection, is_protected) \
             VALUES ({organiser}, {person}, 1, {now}, {now}, 'Åsa', 'Öberg', '', '', 'woman', '{contact}', 'none', {no}); \
             INSERT INTO external_identifiers (organiser_id, id, version, created_at, modified_at, entity, entity_id, system, value) \
             VALUES ({organiser}, {entry}, 1, {now}, {now}, 'person', {person}, 'rexnet', '1'); \
             INSERT INTO person_reviews (organiser_id, id, version, created_at, modified_at, kind, state, reasons, met_ids, entry) \
             VALUES ({organiser}, {entry}, 1, {now}, {now}, 'create', 'waiting', '[]', '[]', '{waits}')",
        ));
        let stored = |raw: &mut Raw, column: &str, table: &str| -> serde_json::Value {
            let value = raw.either("::text", "").to_owned();
            serde_json::from_str(&raw.text(&format!("SELECT {column}{value} AS value FROM {table}"))).unwrap()
        };
        let (before, waiting) =
            (stored(&mut raw, "contact", "persons"), stored(&mut raw, "entry", "person_reviews"));

        raw.execute(up);
        let after = stored(&mut raw, "contact", "persons");
        let kinds: Vec<_> =
            after["phones"].as_array().unwrap().iter().map(|phone| phone["kind"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["other", "mobile", "mobile"]);
        assert_eq!(
            after["emails"][0],
            serde_json::json!({ "address": "åsa@exempel.se", "kind": "other", "source": "import" })
        );
        assert!(after.get("addresses").is_none());
        let parts = raw
            .either(
                "street_lines::text || valid_from::text || length(id::text)",
                "street_lines || valid_from || (length(hex(id)) + 4)",
            )
            .to_owned();
        let address = raw.texts(&format!(
            "SELECT kind || city || municipality_code || source || {parts} AS value FROM person_addresses"
        ));
        assert_eq!(address.len(), 1);
        let told = address[0].replace("\", \"", "\",\"");
        assert_eq!(told, "registeredÖrebro1880staff[\"Ängsgatan 4 A\",\"lgh 1102\"]2020-01-0136");
        let entered = stored(&mut raw, "entry", "person_reviews");
        assert_eq!(entered["addresses"][0]["city"], "Oslo");
        assert_eq!(
            entered["contact"],
            serde_json::json!({ "emails": [{ "address": "alva@exempel.se", "kind": "other", "source": "staff" }] })
        );

        raw.execute(down);
        assert_eq!(stored(&mut raw, "contact", "persons"), before);
        assert_eq!(stored(&mut raw, "entry", "person_reviews"), waiting);
        raw.execute(up);
        assert_eq!(stored(&mut raw, "contact", "persons"), after);
    }
}
