//! A OneRoster set goes in, and comes out over HTTP.

mod cost;
mod families;
mod killed;
mod large;
mod refused;
mod rights;
mod roster_edits;
mod runs;
mod sets;
mod village;

use std::{
    collections::BTreeMap,
    fs,
    io::{Cursor, Write},
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicBool},
};

use serde_json::Value;
use skolhus_api::integration::{jobs::Progress, worker};
use skolhus_tests::server::TestServer;

#[path = "../../../fixtures/oneroster/generate.rs"]
mod generate;

pub(crate) fn contoso() -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/oneroster/contoso");
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "csv"))
        .map(|path: PathBuf| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect()
}

fn zip<T: AsRef<[u8]>>(files: &BTreeMap<String, T>) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        writer.start_file(name.as_str(), zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(text.as_ref()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// Uploads a set; gives the job's path.
async fn upload<T: AsRef<[u8]>>(
    server: &TestServer,
    token: &str,
    query: &str,
    files: &BTreeMap<String, T>,
) -> String {
    upload_bytes(server, token, query, zip(files)).await
}

/// Uploads whatever it is; gives the job's path.
async fn upload_bytes(server: &TestServer, token: &str, query: &str, bytes: Vec<u8>) -> String {
    let path = format!("/v1/imports/oneroster{query}");
    let answer = server
        .request(reqwest::Method::POST, &path)
        .token(token)
        .body("application/zip", bytes)
        .send()
        .await
        .expect(202);
    answer.headers["location"].to_str().unwrap().to_owned()
}

/// Lets the worker work until it has nothing to do.
async fn work(server: &TestServer) {
    let stop = Arc::new(AtomicBool::new(false));
    worker::work(&server.state, stop, Arc::new(|_: &Progress| {})).await.unwrap();
}

/// Imports a set; gives the job.
pub(crate) async fn import<T: AsRef<[u8]>>(
    server: &TestServer,
    token: &str,
    query: &str,
    files: &BTreeMap<String, T>,
) -> Value {
    let job = upload(server, token, query, files).await;
    work(server).await;
    server.get(&job).token(token).send().await.expect(200).body
}

async fn rows(server: &TestServer, token: &str, job: &Value, severity: &str) -> Vec<Value> {
    let path = format!("/v1/jobs/{}/rows?limit=500&severity={severity}", job["id"].as_str().unwrap());
    let answer = server.get(&path).token(token).send().await.expect(200);
    answer.body["data"].as_array().unwrap().clone()
}

fn added(job: &Value, which: &str) -> BTreeMap<String, u64> {
    job["results"][which]
        .as_object()
        .unwrap()
        .iter()
        .map(|(kind, counts)| (kind.clone(), counts["add"].as_u64().unwrap()))
        .filter(|(_, count)| *count > 0)
        .collect()
}

fn differences(job: &Value, which: &str) -> u64 {
    let kinds = job["results"][which].as_object().unwrap().values();
    kinds
        .map(|counts| ["add", "change", "end"].iter().map(|of| counts[of].as_u64().unwrap()).sum::<u64>())
        .sum()
}

/// Every page of a list.
async fn all(server: &TestServer, token: &str, path: &str) -> Vec<Value> {
    let mut rows = Vec::new();
    let mut page = String::new();
    loop {
        let answer = server.get(&format!("{path}?limit=500{page}")).token(token).send().await.expect(200);
        rows.extend(answer.body["data"].as_array().unwrap().iter().cloned());
        match answer.body["pageToken"].as_str() {
            Some(token) => page = format!("&pageToken={token}"),
            None => return rows,
        }
    }
}

/// What a list shows on its first page.
async fn all_of(server: &TestServer, token: &str, path: &str) -> Vec<Value> {
    server.get(path).token(token).send().await.expect(200).body["data"].as_array().unwrap().clone()
}

/// Edits a field of the first rows of a file, and notes their identifiers.
fn edit(
    files: &mut BTreeMap<String, String>,
    file: &str,
    field: usize,
    to: &str,
    edited: &mut Vec<String>,
    count: usize,
) {
    let text = files.get_mut(file).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for line in lines.iter_mut().skip(1).take(count) {
        let mut fields: Vec<&str> = line.split(',').collect();
        edited.push(fields[0].to_owned());
        fields[field] = to;
        *line = fields.join(",");
    }
    *text = lines.join("\n") + "\n";
}

/// A generated set, as an upload has it.
fn generated(size: &generate::Size) -> BTreeMap<String, String> {
    let folder = tempfile::tempdir().unwrap();
    generate::write_set(folder.path(), size).unwrap();
    let files = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
    files
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect()
}
