//! PostgreSQL is copied and restored with the commands that README.md tells people, read from there.

use std::{
    path::Path,
    process::{Command, Output},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use skolhus_persistence::Address;
use skolhus_tests::{cluster::Cluster, raw::Raw};

use crate::program::running::{Running, client, printed, program};

/// How long PostgreSQL's own work is waited for, on a machine where everything else is tested at the same time.
const PATIENCE: Duration = Duration::from_secs(180);

/// The block of README.md that follows the marker.
fn block(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let readme = std::fs::read_to_string(path).unwrap();
    let marker = format!("<!-- test:{name} -->\n```sh\n");
    let (_, rest) = readme.split_once(&marker).unwrap_or_else(|| panic!("README.md has no block {name}"));
    let (block, _) = rest.split_once("```").unwrap();
    block.to_owned()
}

#[track_caller]
fn succeeded(output: Output) -> String {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
    out.into_owned()
}

/// A register with a school unit, and the token of an administrator and of a registrar.
async fn enter(folder: &Path, database: &str) {
    printed(folder, database, &["migrate"]);
    printed(folder, database, &["organiser", "create", "Väggarps folkhögskoleförening"]);
    printed(folder, database, &["account", "create", "åsa@exempel.se", "--role", "registrar"]);
    printed(folder, database, &["account", "create", "örjan@exempel.se", "--role", "administrator"]);
    let server = Running::serve(folder, database);
    add_unit(folder, database, &server, "Åkerö före").await;
    assert!(server.stop());
}

async fn add_unit(folder: &Path, database: &str, server: &Running, name: &str) {
    let token = printed(folder, database, &["account", "token", "åsa@exempel.se"]);
    let client = client();
    let controllers = get(server, &token, "/v1/controllers").await;
    let unit = json!({ "name": name, "controllerId": controllers["data"][0]["id"], "schoolTypes": ["FHS"],
        "valid": { "from": "2001-07-01" } });
    let request = client.post(format!("{}/v1/school-units", server.url)).bearer_auth(token);
    assert_eq!(request.json(&unit).send().await.unwrap().status(), 201);
}

async fn get(server: &Running, token: &str, path: &str) -> Value {
    let request = client().get(format!("{}{path}", server.url)).bearer_auth(token);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200, "{path}");
    answer.json().await.unwrap()
}

/// The names of the school units, and whether the log can be read, through a server on the database.
async fn looked_at(folder: &Path, database: &str) -> Vec<String> {
    assert!(printed(folder, database, &["audit", "verify"]).contains("whole"));
    let server = Running::serve(folder, database);
    let token = printed(folder, database, &["account", "token", "örjan@exempel.se"]);
    let log = get(&server, &token, "/v1/changes?limit=500").await;
    let entries = log["data"].as_array().unwrap();
    assert!(entries.len() > 4 && entries.iter().any(|entry| entry["entity"] == "school unit"), "{log}");
    let token = printed(folder, database, &["account", "token", "åsa@exempel.se"]);
    let units = get(&server, &token, "/v1/school-units").await;
    assert!(server.stop());
    let names = units["data"].as_array().unwrap().iter();
    names.map(|unit| unit["name"].as_str().unwrap().to_owned()).collect()
}

#[actix_web::test]
async fn a_copy_is_restored_as_the_readme_says() {
    let Some(cluster) = Cluster::start_private(false) else { return };
    cluster.create_database("skola").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let database = cluster.url("skola");
    enter(folder, &database).await;

    // The program by its name, and PostgreSQL's programs of this server's version.
    std::os::unix::fs::symlink(program(folder, &database).get_program(), folder.join("skolhus")).unwrap();
    let tools = cluster.program("pg_dump").unwrap();
    let path = format!(
        "{}:{}:{}",
        folder.display(),
        tools.parent().unwrap().display(),
        std::env::var("PATH").unwrap()
    );
    let mut command = Command::new("sh");
    command.args(["-euc", &block("copy")]).current_dir(folder).env("PATH", path);
    command.envs(program(folder, &database).get_envs().filter_map(|(name, value)| Some((name, value?))));
    assert!(succeeded(command.output().unwrap()).contains("whole"));

    assert_eq!(looked_at(folder, &cluster.url("skolhus_restored")).await, ["Åkerö före"]);
}

#[actix_web::test]
async fn the_time_is_turned_back_as_the_readme_says() {
    let Some(cluster) = Cluster::start_private(true) else { return };
    cluster.create_database("skola").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let database = cluster.url("skola");
    let root = cluster.directory().unwrap();
    let (data, backup) = (root.join("data"), root.join("backup"));
    let (data, backup) = (data.to_str().unwrap(), backup.to_str().unwrap());
    let variables = [("DATABASE_URL", database.as_str()), ("BACKUP", backup), ("DATA", data)];
    let shell = |name: &str, more: &[(&str, &str)]| {
        let variables: Vec<_> = variables.iter().chain(more).copied().collect();
        succeeded(cluster.shell(&block(name), &variables).unwrap())
    };
    shell("archive", &[]);
    cluster.stop_fast().unwrap();
    cluster.start_again().unwrap();
    enter(folder, &database).await;
    shell("base", &[]);
    let base = std::fs::read_dir(backup).unwrap().map(|entry| entry.unwrap().path());
    let base =
        base.filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("base-")));
    let base: Vec<_> = base.collect();
    assert_eq!(base.len(), 1);

    let server = Running::serve(folder, &database);
    add_unit(folder, &database, &server, "Öland i tid").await;
    let mut raw = Raw::open(&Address::Postgres(database.clone()));
    // A while on both sides, as what is said of a time goes to whole moments.
    std::thread::sleep(Duration::from_millis(300));
    let until = raw.text("SELECT clock_timestamp()::text AS value");
    std::thread::sleep(Duration::from_millis(300));
    add_unit(folder, &database, &server, "Ånge för sent").await;
    // The log up to here reaches the archive, not only the old disk.
    let segment = raw.text("SELECT pg_walfile_name(pg_switch_wal()) AS value");
    let begun = Instant::now();
    while !Path::new(backup).join("wal").join(&segment).exists() {
        assert!(begun.elapsed() < PATIENCE, "{segment} is not archived");
        std::thread::sleep(Duration::from_millis(50));
    }
    drop(raw);
    cluster.stop_immediate().unwrap();
    shell("recover", &[("BASE", base[0].to_str().unwrap()), ("UNTIL", &until)]);
    cluster.start_again().unwrap();
    let mut raw = Raw::open(&Address::Postgres(database.clone()));
    let begun = Instant::now();
    while raw.text("SELECT pg_is_in_recovery()::text AS value") != "false" {
        assert!(begun.elapsed() < PATIENCE, "it replays its log and does not end");
        std::thread::sleep(Duration::from_millis(50));
    }
    drop(raw);

    // The server that ran all the while goes on with what is there now.
    assert!(server.stop());
    assert_eq!(looked_at(folder, &database).await, ["Åkerö före", "Öland i tid"]);
    // It takes writes again, and they go on in the same log.
    let server = Running::serve(folder, &database);
    add_unit(folder, &database, &server, "Arboga efteråt").await;
    assert!(server.stop());
    let names = looked_at(folder, &database).await;
    assert_eq!(names, ["Arboga efteråt", "Åkerö före", "Öland i tid"]);
}
