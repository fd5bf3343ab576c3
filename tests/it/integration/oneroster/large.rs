//! A large set goes in while others work: bounded memory, a writer that is never held for long, and
//! answers that do not wait for it.
//!
//! Every run of the tests imports a small set and then one of four times its size, and bounds the growth. The
//! whole, a hundred thousand users within 200 MiB, takes an optimised program and some minutes:
//! `SKOLHUS_FULL=1 cargo test --release -p skolhus-tests --test it oneroster::large -- --nocapture --test-threads=1`.

#![cfg(target_os = "linux")]

use std::{
    fs::{self, File},
    io,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::Value;
use skolhus_tests::cluster::Cluster;

use super::generate::{Size, write_set};
use crate::program::running::{Running, client, printed};

fn is_full() -> bool {
    std::env::var("SKOLHUS_FULL").is_ok_and(|value| value == "1")
}

#[actix_web::test]
async fn sqlite() {
    let folder = tempfile::tempdir().unwrap();
    large(folder.path(), "sqlite:skola.sqlite").await;
}

#[actix_web::test]
async fn postgres() {
    let Some(cluster) = Cluster::start_private(true) else { return };
    cluster.create_database("skola").unwrap();
    let folder = tempfile::tempdir().unwrap();
    printed(folder.path(), &cluster.url("skola"), &["migrate"]);
    large(folder.path(), &cluster.url("skola")).await;
}

/// What an import of a set cost.
#[derive(Debug)]
struct Cost {
    #[allow(dead_code, reason = "printed")]
    seconds: f64,
    /// The most memory of the server so far.
    peak_mib: u64,
    /// The longest that the import held the writer.
    longest_write: Duration,
    /// Of rosters read meanwhile, the time within which 99 of 100 were answered.
    p99: Duration,
    /// How many.
    reads: usize,
}

async fn large(folder: &Path, database: &str) {
    let server = Running::serve(folder, database);
    printed(folder, database, &["organiser", "create", "Påhittade kommunen"]);
    printed(folder, database, &["account", "create", "åsa@exempel.se", "--role", "registrar"]);
    let sizes: &[u32] = if is_full() { &[1_000, 100_000] } else { &[200, 800] };
    let mut costs = Vec::new();
    for users in sizes {
        let cost = import(folder, database, &server, *users).await;
        println!("{users} users on {}: {cost:?}", database.split(':').next().unwrap());
        assert!(cost.reads > 20, "others were answered meanwhile");
        costs.push(cost);
    }
    let (small, whole) = (&costs[0], &costs[1]);
    if is_full() {
        assert!(whole.peak_mib <= 200, "{whole:?}");
        assert!(whole.longest_write <= Duration::from_millis(200), "{whole:?}");
        assert!(whole.p99 <= Duration::from_millis(500), "{whole:?}");
    } else {
        // 4,500 rows more. What is kept of a row is some fifty bytes; were the rows themselves kept, or the
        // plan's differences, this would not suffice.
        assert!(whole.peak_mib <= small.peak_mib + 24, "{small:?} {whole:?}");
        assert!(whole.peak_mib <= 160, "{whole:?}");
        // Beside other tests, on few cores, any thread may stand still for a while.
        assert!(whole.longest_write <= Duration::from_secs(2), "{whole:?}");
        assert!(whole.p99 <= Duration::from_secs(3), "{whole:?}");
    }
    assert!(server.stop());
}

/// Imports a generated set of so many users over HTTP, and reads rosters meanwhile.
async fn import(folder: &Path, database: &str, server: &Running, users: u32) -> Cost {
    let set = folder.join(format!("set-{users}"));
    write_set(&set, &Size::users(users)).unwrap();
    // Another source each time, so that each set is new.
    let manifest = fs::read_to_string(set.join("manifest.csv")).unwrap();
    fs::write(set.join("manifest.csv"), manifest.replace(",generated", &format!(",generated-{users}")))
        .unwrap();
    let packed = pack(&set);
    let token = || printed(folder, database, &["account", "token", "åsa@exempel.se"]);
    let client = client();
    let body = fs::read(&packed).unwrap();
    let post =
        client.post(format!("{}/v1/imports/oneroster?endsPercent=100", server.url)).bearer_auth(token());
    let begun = Instant::now();
    let answer = post.header("content-type", "application/zip").body(body).send().await.unwrap();
    assert_eq!(answer.status(), 202);
    let job = format!("{}{}", server.url, answer.headers()["location"].to_str().unwrap());

    // A token lasts ten minutes, and a large import may last longer.
    let access = Arc::new(std::sync::Mutex::new(token()));
    let ended = Arc::new(AtomicBool::new(false));
    let (over, bearer, url, reader) =
        (Arc::clone(&ended), Arc::clone(&access), server.url.clone(), client.clone());
    let reading = actix_web::rt::spawn(async move {
        let mut times = Vec::new();
        while !over.load(Ordering::Relaxed) {
            let get = |path: String| {
                let token = bearer.lock().unwrap().clone();
                reader.get(format!("{url}{path}")).bearer_auth(token).send()
            };
            let offerings: Value =
                get("/v1/course-offerings?limit=20".to_owned()).await.unwrap().json().await.unwrap();
            for offering in offerings["data"].as_array().unwrap() {
                let begun = Instant::now();
                let id = offering["id"].as_str().unwrap();
                let roster = get(format!("/v1/participations?offeringId={id}&limit=100")).await.unwrap();
                assert_eq!(roster.status(), 200);
                roster.bytes().await.unwrap();
                times.push(begun.elapsed());
                actix_web::rt::time::sleep(Duration::from_millis(10)).await;
            }
            actix_web::rt::time::sleep(Duration::from_millis(20)).await;
        }
        times
    });
    let mut renewed = Instant::now();
    let done: Value = loop {
        if renewed.elapsed() > Duration::from_secs(300) {
            *access.lock().unwrap() = token();
            renewed = Instant::now();
        }
        let bearer = access.lock().unwrap().clone();
        let seen: Value = client.get(&job).bearer_auth(bearer).send().await.unwrap().json().await.unwrap();
        if !["queued", "running"].contains(&seen["state"].as_str().unwrap_or_default()) {
            break seen;
        }
        assert!(begun.elapsed() < Duration::from_secs(3_600), "{seen:#}");
        actix_web::rt::time::sleep(Duration::from_millis(100)).await;
    };
    let seconds = begun.elapsed().as_secs_f64();
    ended.store(true, Ordering::Relaxed);
    let mut times = reading.await.unwrap();
    times.sort_unstable();
    assert_eq!(done["state"], "done", "{done:#}");
    let applied = &done["results"]["applied"];
    let seen: u64 = ["participation", "teacher-assignment"]
        .iter()
        .map(|kind| applied[kind]["add"].as_u64().unwrap())
        .sum();
    let rows = u64::from(Size::users(users).enrollments());
    assert_eq!(seen, rows, "{done:#}");
    Cost {
        seconds,
        peak_mib: server.peak_memory() / 1024,
        longest_write: Duration::from_millis(done["results"]["longestWriteMilliseconds"].as_u64().unwrap()),
        p99: times.get(times.len() * 99 / 100).copied().unwrap_or_default(),
        reads: times.len(),
    }
}

/// The folder as a zip beside it.
fn pack(set: &Path) -> std::path::PathBuf {
    let path = set.with_extension("zip");
    let mut writer = zip::ZipWriter::new(File::create(&path).unwrap());
    for entry in fs::read_dir(set).unwrap() {
        let file = entry.unwrap().path();
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        writer.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        io::copy(&mut File::open(&file).unwrap(), &mut writer).unwrap();
    }
    writer.finish().unwrap();
    path
}
