//! The proof that nothing changes past the change log: triggers on every followed table
//! note each `(table, id, version)` that is written, in the same transaction; afterwards each
//! must have its change, in that transaction's log.

use skolhus_persistence::{Address, Kept, TABLES};

use crate::{raw::Raw, server::TestServer};

/// The watch over a server's database. Set it up before the calls and [`ChangeProof::check`]
/// after them; any test may.
pub struct ChangeProof {
    address: Address,
}

/// The tables that the log follows.
fn followed() -> impl Iterator<Item = &'static str> {
    TABLES.iter().filter(|entry| entry.kept == Kept::Followed).map(|entry| entry.table)
}

impl ChangeProof {
    /// Begins to watch.
    ///
    /// # Panics
    /// When the triggers cannot be made.
    #[must_use]
    pub fn watch(server: &TestServer) -> Self {
        let address = server.state.database.address().clone();
        let mut raw = Raw::open(&address);
        let columns = raw.either(
            "table_name TEXT, organiser_id UUID, id UUID, version BIGINT",
            "table_name TEXT, organiser_id BLOB, id BLOB, version INTEGER",
        );
        let side = format!("CREATE TABLE proof_of_changes ({columns}, gone INTEGER)");
        raw.execute(&side);
        if raw.is_postgres() {
            raw.execute(
                "CREATE FUNCTION prove_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
                   IF TG_OP = 'DELETE' THEN INSERT INTO proof_of_changes VALUES (TG_TABLE_NAME, OLD.organiser_id, OLD.id, OLD.version, 1); \
                   ELSE INSERT INTO proof_of_changes VALUES (TG_TABLE_NAME, NEW.organiser_id, NEW.id, NEW.version, 0); END IF; \
                   RETURN NULL; END $$",
            );
        }
        for table in followed() {
            if raw.is_postgres() {
                raw.execute(&format!(
                    "CREATE TRIGGER prove_{table} AFTER INSERT OR UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION prove_change()"
                ));
            } else {
                for (when, row, gone) in [("INSERT", "NEW", 0), ("UPDATE", "NEW", 0), ("DELETE", "OLD", 1)] {
                    raw.execute(&format!(
                        "CREATE TRIGGER prove_{table}_{when} AFTER {when} ON {table} BEGIN \
                         INSERT INTO proof_of_changes VALUES ('{table}', {row}.organiser_id, {row}.id, {row}.version, {gone}); END"
                    ));
                }
            }
        }
        Self { address }
    }

    /// The written rows that the log does not speak of: no change of that record and version,
    /// or a row that was removed.
    #[must_use]
    pub fn missing(&self) -> Vec<String> {
        let mut raw = Raw::open(&self.address);
        let id = raw.either("p.id::text", "hex(p.id)").to_owned();
        raw.texts(&format!(
            "SELECT DISTINCT p.table_name || ' ' || {id} || CASE p.gone WHEN 1 THEN ' removed at' ELSE '' END \
               || ' version ' || CAST(p.version AS TEXT) AS value \
             FROM proof_of_changes p WHERE p.gone = 1 OR NOT EXISTS (SELECT 1 FROM changes c \
               WHERE c.organiser_id = p.organiser_id AND c.entity_id = p.id AND c.version = p.version AND c.action <> 'access') ORDER BY 1"
        ))
    }

    /// Checks that each written row has its change, that no version was written twice, and that
    /// one word of the log stands for one table; returns how many rows were written.
    ///
    /// # Panics
    /// When one has not, naming it.
    #[track_caller]
    #[allow(clippy::must_use_candidate, reason = "the check itself is the point")]
    pub fn check(&self) -> usize {
        let missing = self.missing();
        assert!(missing.is_empty(), "changed past the log: {missing:?}");
        let mut raw = Raw::open(&self.address);
        let twice = raw.texts(
            "SELECT table_name || ' version ' || CAST(version AS TEXT) AS value FROM proof_of_changes \
             GROUP BY table_name, organiser_id, id, version HAVING count(*) > 1",
        );
        assert!(twice.is_empty(), "one version written twice: {twice:?}");
        // An organiser's id may be a record's id in another table only by mistake.
        let words = raw.texts(
            "SELECT DISTINCT c.entity || ' in ' || p.table_name AS value FROM proof_of_changes p JOIN changes c \
             ON c.organiser_id = p.organiser_id AND c.entity_id = p.id AND c.version = p.version ORDER BY 1",
        );
        let mut tables: Vec<&str> =
            words.iter().filter_map(|word| word.split_once(" in ")).map(|(_, table)| table).collect();
        let all = tables.len();
        tables.sort_unstable();
        tables.dedup();
        assert_eq!(tables.len(), all, "a table under several words: {words:?}");
        raw.text("SELECT CAST(count(*) AS TEXT) AS value FROM proof_of_changes").parse().unwrap_or_default()
    }
}
