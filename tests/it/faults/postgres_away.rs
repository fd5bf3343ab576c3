//! PostgreSQL goes away under load and comes back: 503 meanwhile, nothing acknowledged is lost, and no
//! restart is needed.

use std::{
    collections::BTreeSet,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use skolhus_domain::access::Role;
use skolhus_persistence::Address;
use skolhus_tests::{cluster::Cluster, database::Kind, raw::Raw, register::School, server::TestServer};

use crate::program::running::{Running, client, free_port, printed, program};

/// Connections of the server under test.
const CONNECTIONS: usize = 4;

/// A server on a private PostgreSQL, with a registrar.
struct Bench {
    cluster: Cluster,
    folder: tempfile::TempDir,
    server: Running,
    token: String,
    controller: Value,
    client: reqwest::Client,
}

impl Bench {
    /// None where PostgreSQL is not installed; then the cluster has said so.
    async fn start() -> Option<Self> {
        let cluster = Cluster::start_private(true)?;
        cluster.create_database("skola").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let database = cluster.url("skola");
        printed(folder.path(), &database, &["migrate"]);
        printed(folder.path(), &database, &["organiser", "create", "Väggarps folkhögskoleförening"]);
        printed(folder.path(), &database, &["account", "create", "åsa@exempel.se", "--role", "registrar"]);
        let server = Self::serve(folder.path(), &database);
        let token = printed(folder.path(), &database, &["account", "token", "åsa@exempel.se"]);
        let client = client();
        let mut bench = Self { cluster, folder, server, token, controller: Value::Null, client };
        let controllers: Value = bench.get("/v1/controllers").await.json().await.unwrap();
        bench.controller = controllers["data"][0]["id"].clone();
        Some(bench)
    }

    fn serve(folder: &Path, database: &str) -> Running {
        let port = free_port();
        let mut command = program(folder, database);
        command.args(["serve", "--listen", &format!("127.0.0.1:{port}")]);
        command.args(["--set", "deadline=2", "--set", &format!("connections={CONNECTIONS}")]);
        Running::start(command, port)
    }

    async fn get(&self, path: &str) -> reqwest::Response {
        let url = format!("{}{path}", self.server.url);
        self.client.get(url).bearer_auth(&self.token).send().await.unwrap()
    }

    /// As many parallel reads as there are connections, twice over.
    async fn reads(&self) -> Vec<u16> {
        let reads = (0..2 * CONNECTIONS).map(|_| self.get("/v1/school-units?limit=5"));
        let answers = futures_util::future::join_all(reads).await;
        answers.iter().map(|answer| answer.status().as_u16()).collect()
    }

    /// Ends every connection to the database but this one, as a firewall or an administrator does.
    fn end_connections(&self) {
        Raw::open(&Address::Postgres(self.cluster.url("postgres")))
            .execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = 'skola'");
    }

    fn raw(&self) -> Raw {
        Raw::open(&Address::Postgres(self.cluster.url("skola")))
    }
}

/// What the writers saw.
#[derive(Default)]
struct Seen {
    saved: BTreeSet<u64>,
    refused: BTreeSet<u64>,
    unknown: BTreeSet<u64>,
}

#[actix_web::test]
async fn a_server_that_crashes_is_waited_for_under_load() {
    let Some(mut bench) = Bench::start().await else { return };
    let seen: Arc<Mutex<Seen>> = Arc::default();
    let (numbers, ended) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let writers: Vec<_> = (0..8)
        .map(|_| {
            let (client, url, token) = (bench.client.clone(), bench.server.url.clone(), bench.token.clone());
            let (seen, numbers, ended) = (Arc::clone(&seen), Arc::clone(&numbers), Arc::clone(&ended));
            let controller = bench.controller.clone();
            actix_web::rt::spawn(async move {
                while !ended.load(Ordering::Relaxed) {
                    let number = numbers.fetch_add(1, Ordering::Relaxed);
                    let unit = json!({ "name": format!("Åkerö {number}"), "controllerId": controller,
                        "schoolTypes": ["FHS"], "valid": { "from": "2001-07-01" } });
                    let request = client.post(format!("{url}/v1/school-units")).bearer_auth(&token);
                    let answer = request.json(&unit).send().await.unwrap();
                    let status = answer.status().as_u16();
                    let again = answer.headers().contains_key("retry-after");
                    let body: Value = answer.json().await.unwrap();
                    let mut seen = seen.lock().unwrap();
                    match (status, body["code"].as_str()) {
                        (201, _) => drop(seen.saved.insert(number)),
                        (503, Some("unavailable")) => {
                            assert!(again, "a 503 says when to try again");
                            seen.refused.insert(number);
                        }
                        (500, Some("outcome-unknown")) => drop(seen.unknown.insert(number)),
                        _ => panic!("unit {number}: {status} {body}"),
                    }
                }
            })
        })
        .collect();
    let count = || {
        let seen = seen.lock().unwrap();
        (seen.saved.len(), seen.refused.len())
    };
    for round in 0..2 {
        let (saved, refused) = count();
        until("writes are saved", || count().0 > saved + 40).await;
        bench.cluster.stop_immediate().unwrap();
        until("writes are refused", || count().1 > refused + 10).await;
        assert_eq!(bench.get("/health/live").await.status(), 200, "round {round}");
        let ready = bench.get("/health/ready").await;
        assert_eq!((ready.status().as_u16(), ready.headers().contains_key("retry-after")), (503, true));
        assert_eq!(bench.get("/v1/school-units").await.status(), 503);
        bench.cluster.start_again().unwrap();
        let saved = count().0;
        until("writes are saved again", || count().0 > saved + 40).await;
        assert_eq!(bench.get("/health/ready").await.status(), 200);
    }
    ended.store(true, Ordering::Relaxed);
    for writer in writers {
        writer.await.unwrap();
    }
    assert!(bench.server.runs(), "it is the same server");

    let mut raw = bench.raw();
    // The workers came back by themselves, too: everything gets its position and its seal.
    let mut waiting = || raw.text("SELECT count(*)::text AS value FROM changes WHERE position IS NULL");
    let begun = Instant::now();
    while waiting() != "0" {
        assert!(begun.elapsed() < Duration::from_secs(30), "the sequencer did not come back");
        actix_web::rt::time::sleep(Duration::from_millis(100)).await;
    }
    let names = raw.texts("SELECT name AS value FROM school_units WHERE name LIKE 'Åkerö %'");
    let found: BTreeSet<u64> =
        names.iter().map(|name| name.trim_start_matches("Åkerö ").parse().unwrap()).collect();
    assert_eq!(found.len(), names.len(), "nothing is there twice");
    let seen = seen.lock().unwrap();
    assert!(seen.saved.is_subset(&found), "what was acknowledged is there");
    assert!(found.is_disjoint(&seen.refused), "what was refused is not");
    let told: BTreeSet<u64> = seen.saved.union(&seen.unknown).copied().collect();
    assert!(found.is_subset(&told));
    let database = bench.cluster.url("skola");
    assert!(printed(bench.folder.path(), &database, &["audit", "verify"]).contains("whole"));
    assert!(bench.server.stop());
}

#[actix_web::test]
async fn connections_that_died_while_idle_are_replaced_unseen() {
    let Some(bench) = Bench::start().await else { return };
    let unit = |name: &str| {
        json!({ "name": name, "controllerId": bench.controller, "schoolTypes": ["FHS"],
            "valid": { "from": "2001-07-01" } })
    };
    let post = async |name: &str| {
        let request = bench.client.post(format!("{}/v1/school-units", bench.server.url));
        request.bearer_auth(&bench.token).json(&unit(name)).send().await.unwrap().status().as_u16()
    };
    let well = vec![200; 2 * CONNECTIONS];
    assert_eq!(bench.reads().await, well);
    bench.end_connections();
    assert_eq!(bench.reads().await, well, "after the connections were ended");
    bench.end_connections();
    assert_eq!(post("Åkerö").await, 201, "a write had begun nothing on the lost connection either");
    assert_eq!(bench.reads().await, well);
    bench.cluster.stop_fast().unwrap();
    bench.cluster.start_again().unwrap();
    assert_eq!(bench.reads().await, well, "after PostgreSQL was restarted");
    bench.cluster.stop_immediate().unwrap();
    bench.cluster.start_again().unwrap();
    assert_eq!(post("Öland").await, 201, "after it crashed");
    assert_eq!(bench.reads().await, well);
    assert!(bench.server.stop());
}

// The connection is lost while the transaction commits: nobody can say whether it was kept, so the answer
// does not say it either.
#[actix_web::test]
async fn a_commit_without_an_answer_is_told_as_unknown() {
    let Some(server) = TestServer::start(Kind::Postgres).await else { return };
    let school = School::enter(&server).await;
    let token = school.token(&server, Role::Registrar).await;
    server.raw().execute(
        "CREATE FUNCTION vanish() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
           PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(5); RETURN NULL; END $$; \
         CREATE CONSTRAINT TRIGGER vanish AFTER INSERT ON school_units DEFERRABLE INITIALLY DEFERRED \
           FOR EACH ROW WHEN (NEW.name LIKE 'Försvinner%') EXECUTE FUNCTION vanish()",
    );
    let unit = |name: &str| {
        json!({ "name": name, "schoolTypes": ["FHS"], "controllerId": school.controller.to_string(),
            "valid": { "from": "2001-07-01" } })
    };
    let lost = server.post("/v1/school-units", &unit("Försvinner")).token(&token).send().await.expect(500);
    assert_eq!(lost.body["code"], "outcome-unknown");
    server.post("/v1/school-units", &unit("Åkerö")).token(&token).send().await.expect(201);
    server.stop().await;
}

/// Waits until something holds.
async fn until(what: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(60), "not within a minute: {what}");
        actix_web::rt::time::sleep(Duration::from_millis(10)).await;
    }
}
