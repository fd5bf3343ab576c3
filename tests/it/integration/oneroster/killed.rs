//! A run whose process is killed goes on where it was, under the same job, with nothing done twice.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    process::{Child, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;
use skolhus_persistence::Address;
use skolhus_tests::{cluster::Cluster, raw::Raw};

use super::{contoso, zip};
use crate::program::running::{Running, client, printed, program};

/// How often each process is killed.
const KILLS: u64 = 3;
/// How long a run may take on a machine that runs other tests beside it.
const PATIENCE: Duration = Duration::from_secs(300);

#[actix_web::test]
async fn sqlite_server() {
    let folder = tempfile::tempdir().unwrap();
    server(folder.path(), "sqlite:skola.sqlite").await;
}

#[actix_web::test]
async fn postgres_server() {
    let Some(cluster) = Cluster::start_private(true) else { return };
    cluster.create_database("skola").unwrap();
    let folder = tempfile::tempdir().unwrap();
    printed(folder.path(), &cluster.url("skola"), &["migrate"]);
    server(folder.path(), &cluster.url("skola")).await;
}

#[test]
fn sqlite_command_line() {
    let folder = tempfile::tempdir().unwrap();
    printed(folder.path(), "sqlite:skola.sqlite", &["migrate"]);
    let address = Address::Sqlite(folder.path().join("skola.sqlite"));
    command_line(folder.path(), "sqlite:skola.sqlite", &address);
}

#[test]
fn postgres_command_line() {
    let Some(cluster) = Cluster::start_private(true) else { return };
    cluster.create_database("skola").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let url = cluster.url("skola");
    printed(folder.path(), &url, &["migrate"]);
    command_line(folder.path(), &url, &Address::Postgres(url.clone()));
}

/// A server that is killed in the middle of an upload's job, again and again.
async fn server(folder: &Path, database: &str) {
    let client = client();
    let get = async |url: &str, path: &str, token: &str| -> Value {
        let request = client.get(format!("{url}{path}")).bearer_auth(token);
        request.send().await.unwrap().json().await.unwrap()
    };
    let mut job = None;
    let mut saved = 0;
    for kill in 0..KILLS {
        let server = Running::serve(folder, database);
        if job.is_none() {
            printed(folder, database, &["organiser", "create", "Väggarps folkhögskoleförening"]);
            printed(folder, database, &["account", "create", "åsa@exempel.se", "--role", "registrar"]);
        }
        let token = printed(folder, database, &["account", "token", "åsa@exempel.se"]);
        if job.is_none() {
            let request = client.post(format!("{}/v1/imports/oneroster", server.url)).bearer_auth(&token);
            let request = request.header("content-type", "application/zip").body(zip(&contoso()));
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), 202);
            job = Some(answer.headers()["location"].to_str().unwrap().to_owned());
        }
        let path = job.as_deref().unwrap();
        let begun = Instant::now();
        // Each round brings the run further, and ends a little later after the last save seen.
        let state = loop {
            assert!(begun.elapsed() < PATIENCE, "round {kill} brings the run no further");
            let seen = get(&server.url, path, &token).await;
            let now = applied(&seen);
            if now > saved || seen["state"] == "done" {
                saved = now;
                break seen["state"].clone();
            }
            actix_web::rt::time::sleep(Duration::from_millis(5)).await;
        };
        actix_web::rt::time::sleep(Duration::from_millis(kill * 37 % 90)).await;
        server.kill();
        assert!(kill > 1 || state == "running", "it was killed at work");
    }
    let server = Running::serve(folder, database);
    let token = printed(folder, database, &["account", "token", "åsa@exempel.se"]);
    let path = job.unwrap();
    let begun = Instant::now();
    let done = loop {
        let seen = get(&server.url, &path, &token).await;
        if seen["state"] != "running" && seen["state"] != "queued" {
            break seen;
        }
        assert!(begun.elapsed() < PATIENCE, "{seen:#}");
        actix_web::rt::time::sleep(Duration::from_millis(50)).await;
    };
    assert_eq!(done["state"], "done", "{done:#}");
    let added = |which: &str| -> BTreeMap<String, u64> {
        let kinds = done["results"][which].as_object().unwrap();
        kinds.iter().map(|(kind, counts)| (kind.clone(), counts["add"].as_u64().unwrap())).collect()
    };
    for (kind, count) in added("planned") {
        assert_eq!(added("applied").get(&kind).copied().unwrap_or_default(), count, "{kind}");
    }
    assert_eq!(added("applied")["participation"], 3_600);
    let mut participations = 0;
    let mut next = "/v1/participations?limit=500".to_owned();
    loop {
        let page = get(&server.url, &next, &token).await;
        participations += page["data"].as_array().unwrap().len();
        match page["pageToken"].as_str() {
            Some(token) => next = format!("/v1/participations?limit=500&pageToken={token}"),
            None => break,
        }
    }
    assert_eq!(participations, 3_600);
    let jobs = get(&server.url, "/v1/jobs", &token).await;
    assert_eq!(jobs["data"].as_array().unwrap().len(), 1);
    assert!(printed(folder, database, &["audit", "verify"]).contains("whole"));
    assert!(server.stop());
}

/// How much the job says it has done.
fn applied(job: &Value) -> u64 {
    let kinds = job["results"]["applied"].as_object().unwrap().values();
    kinds.map(|counts| counts["add"].as_u64().unwrap()).sum()
}

/// `skolhus import oneroster`, killed and called again.
fn command_line(folder: &Path, database: &str, address: &Address) {
    let set = folder.join("contoso");
    fs::create_dir(&set).unwrap();
    for (name, text) in contoso() {
        fs::write(set.join(name), text).unwrap();
    }
    let words = ["import", "oneroster", set.to_str().unwrap()];
    let mut raw = Raw::open(address);
    let mut saved = 0;
    for kill in 0..KILLS {
        let mut child: Child = program(folder, database)
            .args(words)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let begun = Instant::now();
        loop {
            let now = identifiers(&mut raw);
            if now > saved || child.try_wait().unwrap().is_some() {
                saved = now;
                break;
            }
            assert!(begun.elapsed() < PATIENCE, "round {kill} brings the run no further");
            std::thread::sleep(Duration::from_millis(5));
        }
        std::thread::sleep(Duration::from_millis(kill * 37 % 90));
        let ended = child.try_wait().unwrap().is_some();
        assert!(!ended || kill > 1, "it was killed at work");
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let told = printed(folder, database, &words);
    assert!(told.starts_with("job ") && told.lines().next().unwrap().ends_with(": done"), "{told}");
    let line = |text: &str, kind: &str| -> Vec<u64> {
        let line = text.lines().find(|line| line.split_whitespace().next() == Some(kind)).unwrap_or_default();
        line.split_whitespace().skip(1).map(|count| count.parse().unwrap()).collect()
    };
    assert_eq!(
        raw.text("SELECT CAST(count(*) AS TEXT) AS value FROM jobs"),
        "1",
        "one job, taken up each time"
    );
    assert_eq!(line(&told, "participation"), [3_600, 0, 0, 0], "{told}");
    assert_eq!(line(&told, "person"), [640, 0, 0, 0], "{told}");
    let distinct = "SELECT CAST(count(*) AS TEXT) || ' ' || CAST(count(DISTINCT value) AS TEXT) AS value \
        FROM external_identifiers WHERE entity = 'participation'";
    assert_eq!(raw.text(distinct), "3600 3600");
    assert_eq!(raw.text("SELECT CAST(count(*) AS TEXT) AS value FROM participations"), "3600");
    let again = printed(folder, database, &words);
    assert_eq!(line(&again, "participation"), [0, 0, 0, 3_600], "{again}");
    assert_eq!(line(&again, "person"), [0, 0, 0, 640], "{again}");
    assert!(printed(folder, database, &["audit", "verify"]).contains("whole"));
}

/// How many things have come in. While the schema is being made there are none.
fn identifiers(raw: &mut Raw) -> u64 {
    raw.text("SELECT CAST(count(*) AS TEXT) AS value FROM external_identifiers").parse().unwrap()
}
