//! The load program still runs, on both databases: what it measures here is looked at by nobody, but what it
//! checks on its way (the same answers as by hand, each row met once, no failure) holds.

use std::{collections::BTreeSet, process::Command};

use serde_json::Value;
use skolhus_tests::cluster::Cluster;

/// A short run of everything; which cases it measured.
fn run(database: &str, postgres: Option<&str>) -> BTreeSet<String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_load"));
    command.args(["all", "--database", database, "--persons", "1000", "--sizes", "1000", "--seconds", "0.1"]);
    command.args(["--rounds", "1", "--connections", "4", "--overload-connections", "200", "--json"]);
    command.args(["--single-saves", "100", "--logins", "5"]);
    command.args(["--server", env!("CARGO_BIN_EXE_skolhus-under-test")]);
    if let Some(url) = postgres {
        command.env("SKOLHUS_TEST_POSTGRES", url);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    for target in report["targets"].as_array().unwrap() {
        // The only ones that do not depend on the machine.
        let is_count = target["what"].as_str().unwrap().starts_with("statements per ");
        assert!(!is_count || target["met"] == true, "{target}");
    }
    let lines = report["lines"].as_array().unwrap();
    lines.iter().map(|line| line["case"].as_str().unwrap().to_owned()).collect()
}

/// What is measured on each database.
const CASES: [&str; 12] = [
    "authority",
    "class",
    "day",
    "growth",
    "morning",
    "overload",
    "roster",
    "single",
    "start",
    "statistics",
    "today",
    "walk",
];

#[test]
fn sqlite() {
    let mut cases = run("sqlite", None);
    // A demo is on SQLite.
    assert!(cases.remove("idle") && cases.remove("logins"));
    assert_eq!(cases, CASES.map(str::to_owned).into());
}

#[test]
fn postgres() {
    // Where PostgreSQL is missing the cluster says so loudly, or fails.
    let Some(cluster) = Cluster::shared() else { return };
    let cases = run("postgres", Some(&cluster.url("postgres")));
    assert_eq!(cases, CASES.map(str::to_owned).into());
}
