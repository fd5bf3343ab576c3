//! What the databases plan by: how large their tables are, while something fills them, and what is compiled.

use std::time::{Duration, Instant};

use skolhus_domain::access::Caller;
use skolhus_tests::{on_both, raw::Raw};

const ROWS: &str = "1000";

on_both! {
    // PostgreSQL counts what has grown when it is told to; SQLite's plans are the same for every size, and stay.
    async fn a_table_that_has_grown_is_counted(server: TestServer) {
        let address = server.state.database.address().clone();
        let mut raw = Raw::open(&address);
        let postgres = raw.is_postgres();
        let known = raw.either(
            "SELECT reltuples::bigint::text AS value FROM pg_class WHERE oid = 'throttles'::regclass",
            "SELECT group_concat(coalesce(idx, tbl) || ' ' || stat, ',') AS value FROM sqlite_stat1",
        ).to_owned();
        let before = raw.text(&known);
        assert_ne!(before, ROWS);
        raw.execute(raw.either(
            "INSERT INTO throttles (throttle_key, window_started_at, attempts) \
             SELECT 'räknare ' || number, now(), 0 FROM generate_series(1, 1000) AS number",
            "WITH RECURSIVE numbers (number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM numbers WHERE number < 1000) \
             INSERT INTO throttles (throttle_key, window_started_at, attempts) SELECT 'räknare ' || number, 0, 0 FROM numbers",
        ).to_owned().as_str());
        // PostgreSQL hears of what a connection wrote when it ends, a moment later.
        drop(raw);
        let wanted = if postgres { ROWS } else { before.as_str() };
        let begun = Instant::now();
        loop {
            let caller = Caller::system("test", Caller::every_organiser(), server.state.fresh_uuid(), server.state.clock.now());
            server.state.database.count_grown_tables(&caller).await.unwrap();
            let present = Raw::open(&address).text(&known);
            if present == wanted { break }
            assert!(begun.elapsed() < Duration::from_secs(20), "{present} instead of {wanted}");
            actix_web::rt::time::sleep(Duration::from_millis(50)).await;
        }
        server.stop().await;
    }
}
