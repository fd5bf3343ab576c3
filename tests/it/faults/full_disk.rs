//! The disk of an embedded database fills up under parallel writers, and has space again later: by a
//! file system that is full, by a limit on the size of files, and by a failure in the middle of a batch.

use std::{
    collections::{BTreeSet, HashSet},
    fs::File,
    io::Write,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use skolhus_domain::access::Role;
use skolhus_tests::{database::Kind, register::School, server::TestServer};

use crate::program::running::{Running, client, free_port, printed, program};

const DATABASE: &str = "sqlite:skola.sqlite";
/// Parallel writers: enough that several writes share a transaction.
const WRITERS: usize = 12;

/// A way to let writing fail for real, and to let it succeed again.
trait Disk {
    fn fill(&mut self, server: &Running);
    fn give_space(&mut self, server: &Running);
}

/// A file system of its own in memory, as large as a small register needs.
struct SmallFileSystem {
    folder: tempfile::TempDir,
}

impl SmallFileSystem {
    /// None where this user or this container may not mount.
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=24m,mode=0700", "skolhus-test"])
            .arg(folder.path())
            .output()
            .is_ok_and(|output| output.status.success());
        mounted.then_some(Self { folder })
    }

    fn filler(&self) -> PathBuf {
        self.folder.path().join("filler")
    }
}

impl Drop for SmallFileSystem {
    fn drop(&mut self) {
        // Lazily, as a server may just be ending.
        let _ = Command::new("umount").arg("-l").arg(self.folder.path()).status();
    }
}

impl Disk for SmallFileSystem {
    fn fill(&mut self, _: &Running) {
        let mut filler = File::create(self.filler()).unwrap();
        let block = [b'x'; 4096];
        let full = loop {
            if let Err(error) = filler.write_all(&block) {
                break error;
            }
        };
        assert_eq!(full.kind(), std::io::ErrorKind::StorageFull, "{full}");
    }

    fn give_space(&mut self, _: &Running) {
        std::fs::remove_file(self.filler()).unwrap();
    }
}

/// A limit on the size of every file that the server writes (as `ulimit -f` sets it): the kernel then
/// refuses its writes. Any user may set it, in any container.
struct SizeLimit {
    folder: tempfile::TempDir,
}

impl SizeLimit {
    fn set(server: &Running, limit: &str) {
        let process = server.id().to_string();
        let set = Command::new("prlimit").args(["--pid", &process, &format!("--fsize={limit}")]).status();
        assert!(set.unwrap().success(), "prlimit (util-linux) sets the limit of a process");
    }
}

impl Disk for SizeLimit {
    fn fill(&mut self, server: &Running) {
        let log = std::fs::metadata(self.folder.path().join("skola.sqlite-wal")).unwrap().len();
        // In the middle of a page that is yet to be written.
        Self::set(server, &format!("{}:", log + 6000));
    }

    fn give_space(&mut self, server: &Running) {
        Self::set(server, "unlimited:");
    }
}

#[actix_web::test]
async fn a_full_file_system_refuses_and_goes_on_when_space_returns() {
    let Some(mut disk) = SmallFileSystem::mount() else {
        let said = "\nFULL DISK: a small file system cannot be mounted here; the limit on the size of files \
                    stands for it in this run.\n";
        // Past the test runner, which keeps what passing tests say.
        std::io::stderr().write_all(said.as_bytes()).unwrap();
        return;
    };
    let folder = disk.folder.path().to_owned();
    fills_up(&folder, &mut disk).await;
}

#[actix_web::test]
async fn a_limit_on_files_refuses_and_goes_on_when_it_is_lifted() {
    let mut disk = SizeLimit { folder: tempfile::tempdir().unwrap() };
    let folder = disk.folder.path().to_owned();
    fills_up(&folder, &mut disk).await;
}

/// What the writers saw.
#[derive(Default)]
struct Seen {
    saved: BTreeSet<u64>,
    refused: BTreeSet<u64>,
}

async fn fills_up(folder: &Path, disk: &mut dyn Disk) {
    let port = free_port();
    let plain = program(folder, DATABASE);
    // The signal of a limit that is reached would end the program before the write is refused.
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' XFSZ && exec \"$0\" \"$@\""]).arg(plain.get_program());
    command.args(["serve", "--listen", &format!("127.0.0.1:{port}")]).current_dir(folder);
    command.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let mut server = Running::start(command, port);
    printed(folder, DATABASE, &["organiser", "create", "Väggarps folkhögskoleförening"]);
    printed(folder, DATABASE, &["account", "create", "åsa@exempel.se", "--role", "registrar"]);
    let token = printed(folder, DATABASE, &["account", "token", "åsa@exempel.se"]);
    let client = client();
    let controllers = get(&client, &format!("{}/v1/controllers", server.url), &token).await;
    let controller = controllers["data"][0]["id"].clone();

    let seen: Arc<Mutex<Seen>> = Arc::default();
    let (numbers, ended) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let writers: Vec<_> = (0..WRITERS)
        .map(|_| {
            let (client, url, token) = (client.clone(), server.url.clone(), token.clone());
            let (seen, numbers, ended) = (Arc::clone(&seen), Arc::clone(&numbers), Arc::clone(&ended));
            let controller = controller.clone();
            actix_web::rt::spawn(async move {
                while !ended.load(Ordering::Relaxed) {
                    let number = numbers.fetch_add(1, Ordering::Relaxed);
                    let unit = json!({ "name": format!("Åkerö {number}"), "controllerId": controller,
                        "schoolTypes": ["FHS"], "valid": { "from": "2001-07-01" } });
                    let request = client.post(format!("{url}/v1/school-units")).bearer_auth(&token);
                    let answer = request.json(&unit).send().await.unwrap();
                    let status = answer.status().as_u16();
                    if status == 201 {
                        seen.lock().unwrap().saved.insert(number);
                        continue;
                    }
                    assert_eq!(answer.headers()["content-type"], "application/problem+json");
                    let problem: Value = answer.json().await.unwrap();
                    let code = problem["code"].as_str().unwrap();
                    assert!(
                        matches!((status, code), (507, "storage-failed") | (503, "unavailable")),
                        "{problem}"
                    );
                    seen.lock().unwrap().refused.insert(number);
                    actix_web::rt::time::sleep(Duration::from_millis(5)).await;
                }
            })
        })
        .collect();

    let count = |seen: &Arc<Mutex<Seen>>| {
        let seen = seen.lock().unwrap();
        (seen.saved.len(), seen.refused.len())
    };
    until("writes are saved", || count(&seen).0 > 60).await;
    assert_eq!(count(&seen).1, 0, "nothing is refused while there is space");
    disk.fill(&server);
    until("writes are refused", || count(&seen).1 > 60).await;
    // What is there can still be read.
    for path in ["/health/live", "/health/ready", "/v1/school-units?limit=5"] {
        let answer = client.get(format!("{}{path}", server.url)).bearer_auth(&token).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path} on a full disk");
    }
    let (saved, refused) = count(&seen);
    until("refusals go on", || count(&seen).1 > refused + 30).await;
    assert!(count(&seen).0 <= saved + WRITERS, "a full disk takes at most what was on its way");
    disk.give_space(&server);
    let (saved, _) = count(&seen);
    until("writes are saved again, without a restart", || count(&seen).0 > saved + 60).await;
    ended.store(true, Ordering::Relaxed);
    for writer in writers {
        writer.await.unwrap();
    }
    assert!(server.runs(), "it is the same server");

    let mut found = BTreeSet::new();
    let mut path = "/v1/school-units?limit=500".to_owned();
    loop {
        let page = get(&client, &format!("{}{path}", server.url), &token).await;
        for unit in page["data"].as_array().unwrap() {
            let number = unit["name"].as_str().unwrap().trim_start_matches("Åkerö ").parse().unwrap();
            assert!(found.insert(number), "unit {number} is there once");
        }
        match page["pageToken"].as_str() {
            Some(next) => path = format!("/v1/school-units?limit=500&pageToken={next}"),
            None => break,
        }
    }
    assert_eq!(found, seen.lock().unwrap().saved, "what was acknowledged is there, and nothing else");
    assert!(printed(folder, DATABASE, &["audit", "verify"]).contains("whole"));
    assert!(server.stop());
    assert!(printed(folder, DATABASE, &["audit", "verify"]).contains("whole"));
    // A copy is made only of a database that is sound.
    printed(folder, DATABASE, &["backup", "kopia.sqlite"]);
}

/// Waits until something holds.
async fn until(what: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(60), "not within a minute: {what}");
        actix_web::rt::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn get(client: &reqwest::Client, url: &str, token: &str) -> Value {
    client.get(url).bearer_auth(token).send().await.unwrap().json().await.unwrap()
}

// The file system refuses when a batch commits, as its changes wait in memory until then. Where it
// refuses in the middle of a batch SQLite drops the whole transaction, and so does this trigger.
#[actix_web::test]
async fn a_failure_in_the_middle_of_a_batch_refuses_one_write_and_saves_the_others() {
    let Some(server) = TestServer::start(Kind::Sqlite).await else { return };
    let school = School::enter(&server).await;
    let token = school.token(&server, Role::Registrar).await;
    server.raw().execute(
        "CREATE TRIGGER full_disk BEFORE INSERT ON school_units WHEN NEW.name LIKE 'Fyller %' \
         BEGIN SELECT RAISE(ROLLBACK, 'database or disk is full'); END",
    );
    for round in 0..5 {
        let posts = (0..24).map(|number| {
            let word = if number % 6 == 5 { "Fyller" } else { "Åkerö" };
            let unit = json!({ "name": format!("{word} {round}.{number}"), "schoolTypes": ["FHS"],
                "controllerId": school.controller.to_string(), "valid": { "from": "2001-07-01" } });
            server.post("/v1/school-units", &unit).token(&token).send()
        });
        for (number, answer) in futures_util::future::join_all(posts).await.into_iter().enumerate() {
            let answer = answer.expect(if number % 6 == 5 { 507 } else { 201 });
            assert!(number % 6 != 5 || answer.body["code"] == "storage-failed", "{}", answer.text);
        }
    }
    let list = server.get("/v1/school-units?limit=500").token(&token).send().await.expect(200);
    let names: Vec<&str> =
        list.body["data"].as_array().unwrap().iter().map(|unit| unit["name"].as_str().unwrap()).collect();
    assert_eq!(names.iter().filter(|name| name.starts_with("Åkerö")).count(), 100);
    assert_eq!(names.iter().collect::<HashSet<_>>().len(), names.len(), "nothing is there twice");
    assert!(!names.iter().any(|name| name.starts_with("Fyller")));
    // One change for each, and none of what was refused.
    let entries = "SELECT cast(count(*) AS text) AS value FROM changes WHERE entity = 'school unit'";
    assert_eq!(server.raw().text(entries), names.len().to_string());
    server.raw().execute("DROP TRIGGER full_disk");
    let unit = json!({ "name": "Fyller i efterhand", "schoolTypes": ["FHS"],
        "controllerId": school.controller.to_string(), "valid": { "from": "2001-07-01" } });
    server.post("/v1/school-units", &unit).token(&token).send().await.expect(201);
    server.stop().await;
}
