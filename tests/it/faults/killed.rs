use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use skolhus_tests::cluster::Cluster;

use crate::program::running::{Running, client, printed};

/// Rounds on each database; `SKOLHUS_FULL=1` asks for more.
fn rounds() -> u64 {
    if std::env::var("SKOLHUS_FULL").is_ok_and(|value| value == "1") { 150 } else { 30 }
}

#[actix_web::test]
async fn sqlite_killed_at_any_moment_keeps_what_it_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    killed(folder.path(), "sqlite:skola.sqlite").await;
}

#[actix_web::test]
async fn postgres_keeps_what_a_killed_server_acknowledged() {
    let Some(cluster) = Cluster::start_private(true) else { return };
    cluster.create_database("skola").unwrap();
    let folder = tempfile::tempdir().unwrap();
    printed(folder.path(), &cluster.url("skola"), &["migrate"]);
    killed(folder.path(), &cluster.url("skola")).await;
}

async fn killed(folder: &std::path::Path, database: &str) {
    let client = client();
    // Names by number: what was asked for, and whether it was acknowledged.
    let asked: Arc<Mutex<BTreeMap<u64, bool>>> = Arc::default();
    let numbers = Arc::new(AtomicU64::new(0));
    let mut controller = None;
    let mut token = String::new();
    let mut made = Instant::now();
    for round in 0..rounds() {
        let server = Running::serve(folder, database);
        if controller.is_none() {
            printed(folder, database, &["organiser", "create", "Väggarps folkhögskoleförening"]);
            printed(folder, database, &["account", "create", "åsa@exempel.se", "--role", "registrar"]);
        }
        // It holds for ten minutes.
        if controller.is_none() || made.elapsed() > Duration::from_secs(240) {
            token = printed(folder, database, &["account", "token", "åsa@exempel.se"]);
            made = Instant::now();
        }
        if controller.is_none() {
            let list = get(&client, &format!("{}/v1/controllers", server.url), &token).await;
            controller = list["data"][0]["id"].as_str().map(str::to_owned);
        }
        let unit = |number: u64| {
            json!({ "name": format!("Åkerö {number}"), "controllerId": controller, "schoolTypes": ["FHS"],
                    "valid": { "from": "2001-07-01" } })
        };
        // What was in flight is asked for again with its key: once in the end, never twice.
        let open: Vec<u64> =
            asked.lock().unwrap().iter().filter(|(_, done)| !**done).map(|(n, _)| *n).collect();
        for number in open {
            let status = post(&client, &server.url, &token, number, &unit(number)).await;
            assert_eq!(status, Some(201), "unit {number} in round {round}");
            asked.lock().unwrap().insert(number, true);
        }
        let writers: Vec<_> = (0..8)
            .map(|_| {
                let (client, url, token) = (client.clone(), server.url.clone(), token.clone());
                let (asked, numbers) = (Arc::clone(&asked), Arc::clone(&numbers));
                let controller = controller.clone();
                actix_web::rt::spawn(async move {
                    loop {
                        let number = numbers.fetch_add(1, Ordering::Relaxed);
                        let unit = json!({ "name": format!("Åkerö {number}"), "controllerId": controller,
                            "schoolTypes": ["FHS"], "valid": { "from": "2001-07-01" } });
                        asked.lock().unwrap().insert(number, false);
                        match post(&client, &url, &token, number, &unit).await {
                            Some(201) => drop(asked.lock().unwrap().insert(number, true)),
                            Some(status) => panic!("unit {number}: {status}"),
                            None => break,
                        }
                    }
                })
            })
            .collect();
        // Spread over the first moments of the load, another one in each round.
        let moment = 20 + (round * 7919) % 331;
        actix_web::rt::time::sleep(Duration::from_millis(moment)).await;
        server.kill();
        for writer in writers {
            writer.await.unwrap();
        }
    }
    let server = Running::serve(folder, database);
    let token = printed(folder, database, &["account", "token", "åsa@exempel.se"]);
    let mut found: BTreeMap<String, u64> = BTreeMap::new();
    let mut path = "/v1/school-units?limit=500".to_owned();
    loop {
        let page = get(&client, &format!("{}{path}", server.url), &token).await;
        for unit in page["data"].as_array().unwrap() {
            *found.entry(unit["name"].as_str().unwrap().to_owned()).or_default() += 1;
        }
        match page["pageToken"].as_str() {
            Some(next) => path = format!("/v1/school-units?limit=500&pageToken={next}"),
            None => break,
        }
    }
    assert!(found.values().all(|count| *count == 1), "nothing is there twice");
    let asked = asked.lock().unwrap();
    assert!(asked.values().filter(|done| **done).count() > 50, "there was a load");
    for (number, _) in asked.iter().filter(|(_, done)| **done) {
        assert!(found.contains_key(&format!("Åkerö {number}")), "unit {number} was acknowledged");
    }
    assert!(printed(folder, database, &["audit", "verify"]).contains("whole"));
    assert!(server.stop());
}

/// The status; none when the server went away.
async fn post(client: &reqwest::Client, url: &str, token: &str, number: u64, unit: &Value) -> Option<u16> {
    let request = client.post(format!("{url}/v1/school-units")).bearer_auth(token);
    let answer = request.header("idempotency-key", format!("n-{number}")).json(unit).send().await.ok()?;
    Some(answer.status().as_u16())
}

async fn get(client: &reqwest::Client, url: &str, token: &str) -> Value {
    client.get(url).bearer_auth(token).send().await.unwrap().json().await.unwrap()
}
