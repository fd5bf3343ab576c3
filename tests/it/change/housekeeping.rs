//! Technical rows are forgotten when nobody needs them any more, and not before.

use chrono::Duration;
use serde_json::json;
use skolhus_api::change::housekeeping;
use skolhus_domain::{access::Role, id::Id};
use skolhus_tests::{on_both, raw::Raw, register::School, server::TestServer};

fn count(raw: &mut Raw, rows: &str) -> u32 {
    raw.text(&format!("SELECT cast(count(*) AS text) AS value FROM {rows}")).parse().unwrap()
}

async fn keep_house(server: &TestServer) {
    while housekeeping::pass(&server.state, 2).await.unwrap() {}
}

on_both! {
    async fn what_is_needed_no_longer_is_forgotten(server: TestServer) {
        let school = School::enter(&server).await;
        let token = school.token(&server, Role::Registrar).await;
        let unit = |number: u32| json!({ "name": format!("Åkerö {number}"), "schoolTypes": ["FHS"],
            "controllerId": school.controller.to_string(), "valid": { "from": "2001-07-01" } });
        let post = |number: u32| {
            let request = server.post("/v1/school-units", &unit(number)).token(&token);
            request.header("idempotency-key", &format!("n-{number}")).send()
        };
        for number in 0..5 {
            post(number).await.expect(201);
        }
        let wrong = json!({ "email": "gissa@exempel.se", "password": "alldeles fel lösenord" });
        for _ in 0..6 {
            server.post("/v1/sessions", &wrong).send().await;
        }
        let mut raw = server.raw();
        let waiting = count(&mut raw, "throttles");
        assert!(waiting >= 2, "one for the address and one for where it came from");

        keep_house(&server).await;
        assert_eq!((count(&mut raw, "idempotency_keys"), count(&mut raw, "throttles")), (5, waiting));
        server.clock.advance(Duration::minutes(61));
        keep_house(&server).await;
        assert_eq!((count(&mut raw, "idempotency_keys"), count(&mut raw, "throttles")), (5, 0));
        server.clock.advance(Duration::hours(24));
        // No more than so many at a time, and it says that there are more.
        assert!(housekeeping::pass(&server.state, 2).await.unwrap());
        assert_eq!(count(&mut raw, "idempotency_keys"), 3);
        keep_house(&server).await;
        assert_eq!(count(&mut raw, "idempotency_keys"), 0);
        // A key that was forgotten is as one that was never used.
        let token = school.token(&server, Role::Registrar).await;
        let again = server.post("/v1/school-units", &unit(9)).token(&token).header("idempotency-key", "n-1").send();
        assert_eq!(again.await.expect(201).body["name"], "Åkerö 9");
        server.stop().await;
    }
}

on_both! {
    async fn sent_messages_and_expired_tokens_are_kept_for_a_while(server: TestServer) {
        let school = School::enter(&server).await;
        let mut raw = server.raw();
        let id = |raw: &Raw, number: u32| {
            let hex = format!("{number:032x}");
            raw.either(&format!("'{hex}'::uuid"), &format!("x'{hex}'")).to_owned()
        };
        let instant = |raw: &Raw, days: i64| {
            let at = server.state.clock.now() - Duration::days(days);
            let (text, number) = (format!("'{}'", at.to_rfc3339()), at.timestamp_micros().to_string());
            raw.either(&text, &number).to_owned()
        };
        let organiser = raw.either(&format!("'{}'", school.organiser), &format!("x'{}'", school.organiser.uuid().simple())).to_owned();
        // Number, receiver, days since it was sent or given up.
        for (number, target, sent, given_up) in [
            (1, 1, Some(40), None), (2, 1, Some(35), None), (3, 1, Some(29), None),
            (4, 2, Some(50), None), (5, 2, Some(45), None),
            (6, 2, None, Some(91)), (7, 2, None, Some(89)), (8, 2, None, None),
        ] {
            let at = |days: Option<i64>| days.map_or("NULL".to_owned(), |days| instant(&raw, days));
            let sql = format!(
                "INSERT INTO outbox_messages (id, organiser_id, kind, target_id, payload, created_at, next_attempt_at, attempts, sent_at, given_up_at) \
                 VALUES ({}, {organiser}, 'webhook', {}, '{{}}', {created}, {created}, 1, {}, {})",
                id(&raw, number), id(&raw, target), at(sent), at(given_up), created = instant(&raw, 100),
            );
            raw.execute(&sql);
        }
        let session = id(&raw, 77);
        let account = id(&raw, 78);
        let (now, long_ago, lately) = (instant(&raw, 0), instant(&raw, 31), instant(&raw, 29));
        raw.execute(&format!(
            "INSERT INTO accounts (organiser_id, id, version, created_at, modified_at, email, email_key) \
             VALUES ({organiser}, {account}, 1, {now}, {now}, 'åsa@exempel.se', 'åsa@exempel.se'); \
             INSERT INTO sessions (organiser_id, id, version, created_at, modified_at, account_id, level, started_at, expires_at) \
             VALUES ({organiser}, {session}, 1, {now}, {now}, {account}, 'x', {now}, {now}); \
             INSERT INTO refresh_tokens (token_hash, organiser_id, session_id, issued_at, expires_at) \
             VALUES ('gammal', {organiser}, {session}, {long_ago}, {long_ago}), ('ny', {organiser}, {session}, {lately}, {lately})"
        ));
        keep_house(&server).await;
        // The latest to each receiver stays, however old it is.
        let numbers = if raw.is_postgres() {
            "SELECT right(id::text, 1) AS value FROM outbox_messages ORDER BY id"
        } else {
            "SELECT substr(hex(id), 32) AS value FROM outbox_messages ORDER BY id"
        };
        assert_eq!(raw.texts(numbers), ["3", "5", "7", "8"]);
        assert_eq!(raw.texts("SELECT token_hash AS value FROM refresh_tokens"), ["ny"]);
        server.stop().await;
    }
}

on_both! {
    async fn retired_keys_go_when_nothing_made_with_them_is_good_any_more(server: TestServer) {
        use skolhus_api::{identity::{keys::{load_or_create_keys, rotate}, master_key::MasterKey}, program::chance::OsRandomness};
        let master = MasterKey::new([7; 32]);
        let state = &server.state;
        load_or_create_keys(&state.database, &master, state.clock.now(), std::sync::Arc::new(OsRandomness)).await.unwrap();
        rotate(&state.database, &master, state.clock.now(), &OsRandomness).await.unwrap();
        let mut raw = server.raw();
        assert_eq!(count(&mut raw, "signing_keys"), 4);
        server.clock.advance(Duration::hours(24));
        keep_house(&server).await;
        assert_eq!(count(&mut raw, "signing_keys"), 4, "a page token may still be good");
        server.clock.advance(Duration::hours(1));
        keep_house(&server).await;
        assert_eq!(count(&mut raw, "signing_keys WHERE retired_at IS NULL"), 2);
        assert_eq!(count(&mut raw, "signing_keys"), 2);
        server.stop().await;
    }
}

on_both! {
    async fn one_server_at_a_time_keeps_house(server: TestServer) {
        let _school = School::enter(&server).await;
        let wrong = json!({ "email": "gissa@exempel.se", "password": "alldeles fel lösenord" });
        server.post("/v1/sessions", &wrong).send().await;
        server.clock.advance(Duration::hours(2));
        let mut raw = server.raw();
        let before = count(&mut raw, "throttles");
        assert!(before > 0);
        if raw.is_postgres() {
            // As another server would in the middle of its pass.
            raw.execute(&format!("SELECT pg_advisory_lock({})", skolhus_persistence::housekeeping::LOCK));
            assert!(!housekeeping::pass(&server.state, 2).await.unwrap());
            assert_eq!(count(&mut raw, "throttles"), before);
            raw.execute(&format!("SELECT pg_advisory_unlock({})", skolhus_persistence::housekeeping::LOCK));
        }
        keep_house(&server).await;
        assert_eq!(count(&mut raw, "throttles"), 0);
        server.stop().await;
    }
}
