use std::io::{BufRead, BufReader};

use serde_json::{Value, json};
use skolhus_tests::certificates::{Authority, Papers, server_papers, write};

use super::running::{Running, client, free_port, printed, program, refusal};

const DATABASE: &str = "sqlite:skola.sqlite";

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// An organiser and a registrar's account.
fn enter(folder: &std::path::Path, database: &str) {
    printed(folder, database, &["organiser", "create", "Väggarps folkhögskoleförening"]);
    printed(folder, database, &["account", "create", "åsa@exempel.se", "--role", "registrar"]);
}

async fn units(url: &str, token: &str) -> reqwest::StatusCode {
    let client = client();
    client.get(format!("{url}/v1/school-units")).bearer_auth(token).send().await.unwrap().status()
}

#[actix_web::test]
async fn tokens_are_minted_by_the_server_and_without_it() {
    let folder = folder();
    let folder = folder.path();
    assert!(refusal(folder, DATABASE, &["account", "list"]).contains("no database"));
    let server = Running::serve(folder, DATABASE);
    enter(folder, DATABASE);
    let token = printed(folder, DATABASE, &["account", "token", "åsa@exempel.se"]);
    assert_eq!(units(&server.url, &token).await, 200);
    assert!(refusal(folder, DATABASE, &["account", "token", "ingen@exempel.se"]).contains("no account"));
    printed(folder, DATABASE, &["backup", "kopia.sqlite"]);
    assert!(refusal(folder, DATABASE, &["backup", "kopia.sqlite"]).contains("never overwrites"));
    assert!(printed(folder, DATABASE, &["audit", "verify"]).contains("whole"));
    assert!(refusal(folder, DATABASE, &["serve", "--listen", "127.0.0.1:0"]).contains("in use"));
    assert!(refusal(folder, DATABASE, &["migrate"]).contains("in use"));
    assert!(server.stop());
    assert!(!folder.join("skola.sqlite.operator").exists());

    let token = printed(folder, DATABASE, &["account", "token", "åsa@exempel.se"]);
    assert!(printed(folder, "sqlite:kopia.sqlite", &["audit", "verify"]).contains("whole"));
    let server = Running::serve(folder, DATABASE);
    assert_eq!(units(&server.url, &token).await, 200);
    assert!(server.stop());
}

#[actix_web::test]
async fn an_account_is_shut_out_by_the_operator_and_let_in_again() {
    let folder = folder();
    let folder = folder.path();
    let server = Running::serve(folder, DATABASE);
    enter(folder, DATABASE);
    let token = printed(folder, DATABASE, &["account", "token", "åsa@exempel.se"]);
    assert_eq!(units(&server.url, &token).await, 200);
    let disable = |word| printed(folder, DATABASE, &["account", word, "åsa@exempel.se"]);
    assert!(disable("disable").contains("is disabled"));
    assert_eq!(units(&server.url, &token).await, 401, "a token that was given out is void at once");
    assert!(disable("disable").contains("already"));
    assert!(printed(folder, DATABASE, &["account", "list"]).contains("disabled"));
    assert!(refusal(folder, DATABASE, &["account", "token", "åsa@exempel.se"]).contains("disabled"));
    assert!(disable("enable").contains("in use again"));
    assert!(disable("enable").contains("already"));
    assert_eq!(units(&server.url, &token).await, 200);
    assert!(refusal(folder, DATABASE, &["account", "disable", "ingen@exempel.se"]).contains("no account"));
    // A code to hand over, and its end.
    let factor = |word| printed(folder, DATABASE, &["account", word, "åsa@exempel.se"]);
    assert_eq!(factor("second-factor-invitation").len(), "7Q2M-4KTD-9ZRA-XC3V".len());
    assert!(factor("second-factor-removal").contains("is removed"));
    assert!(factor("second-factor-removal").contains("had no"));
    let unknown = ["account", "second-factor-invitation", "ingen@exempel.se"];
    assert!(refusal(folder, DATABASE, &unknown).contains("no account"));
    assert!(server.stop());
    // Without a server the command line does it by itself.
    assert!(disable("disable").contains("is disabled"));
    let path = skolhus_persistence::Address::Sqlite(folder.join("skola.sqlite"));
    let entries = "SELECT actor_name AS value FROM changes WHERE entity = 'account' AND action = 'update' ORDER BY recorded_at, ordinal";
    let logged = skolhus_tests::raw::Raw::open(&path).texts(entries);
    assert_eq!(logged, ["account disable", "account enable", "account disable"]);
}

#[actix_web::test]
async fn tls_ends_at_the_server_and_authorities_are_the_operators() {
    let folder = folder();
    let folder = folder.path();
    let (first, second) = (server_papers(), server_papers());
    write(folder, &first);
    let port = free_port();
    let mut command = program(folder, DATABASE);
    let secure = |command: &mut std::process::Command| {
        command.env("SKOLHUS_LISTEN", format!("127.0.0.1:{port}"));
        command.env("SKOLHUS_TLS_CERTIFICATE", "server.pem").env("SKOLHUS_TLS_KEY", "server.key");
    };
    secure(&mut command);
    let log = std::fs::File::create(folder.join("log")).unwrap();
    let server = Ends(command.arg("serve").stderr(log).spawn().unwrap());
    let healthy = || {
        let mut asking = program(folder, DATABASE);
        secure(&mut asking);
        asking.arg("health").output().unwrap().status.success()
    };
    until("the server answers", healthy).await;

    printed(folder, DATABASE, &["organiser", "create", "Väggarps folkhögskoleförening"]);
    let authority = Authority::new("Klienter");
    std::fs::write(folder.join("klienter.pem"), authority.certificate()).unwrap();
    std::fs::write(folder.join("klienter.key"), authority.key()).unwrap();
    let authorities =
        |words: &[&'static str]| -> Vec<&'static str> { [&["certificate-authority"], words].concat() };
    let wrong = refusal(folder, DATABASE, &authorities(&["load", "klienter.pem", "server.key"]));
    assert!(wrong.contains("does not belong") && !wrong.contains("PRIVATE"), "{wrong}");
    let id = printed(folder, DATABASE, &authorities(&["load", "klienter.pem", "klienter.key"]));
    let listed = printed(folder, DATABASE, &authorities(&["list"]));
    assert!(
        listed.starts_with(&id) && listed.contains("organiser") && listed.contains("CN=Klienter"),
        "{listed}"
    );

    // A new certificate is used when the server is told so, and the former no longer.
    let connects = async |papers: &Papers| {
        let believed = reqwest::Certificate::from_der(&papers.der).unwrap();
        let client = reqwest::Client::builder().tls_certs_only([believed]).build().unwrap();
        client.get(format!("https://127.0.0.1:{port}/health/ready")).send().await.is_ok()
    };
    let _ = client();
    assert!(connects(&first).await && !connects(&second).await);
    write(folder, &second);
    let hangup = std::process::Command::new("kill").args(["-HUP", &server.0.id().to_string()]).status();
    assert!(hangup.unwrap().success());
    let log = || std::fs::read_to_string(folder.join("log")).unwrap();
    until("the certificate has changed", || log().contains("certificate has changed")).await;
    assert!(connects(&second).await && !connects(&first).await);

    let withdraw = ["certificate-authority", "withdraw", &id];
    let withdrawn = printed(folder, DATABASE, &withdraw);
    assert!(withdrawn.contains("is withdrawn"));
    assert!(refusal(folder, DATABASE, &withdraw).contains("no authority"));
}

/// A process that ends with the test.
struct Ends(std::process::Child);

impl Drop for Ends {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Waits until something is so, for at most twenty seconds.
async fn until(what: &str, mut so: impl FnMut() -> bool) {
    for _ in 0..400 {
        if so() {
            return;
        }
        actix_web::rt::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("it did not come about: {what}");
}

#[test]
fn what_is_wrong_with_the_settings_is_named() {
    let folder = folder();
    let folder = folder.path();
    assert!(refusal(folder, "mysql://db/skola", &["serve"]).contains("database_url"));
    assert!(!folder.join("mysql:").exists());
    assert!(refusal(folder, DATABASE, &["config", "--set", "colour=red"]).contains("colour"));
    let shown = printed(folder, "postgres://skola:hemligt@127.0.0.1/skola", &["config"]);
    assert!(
        shown.contains("skola:(hidden)@") && !shown.contains("hemligt") && !shown.contains("1111"),
        "{shown}"
    );
    std::fs::write(folder.join("skolhus.toml"), "listn = 1\n").unwrap();
    assert!(refusal(folder, DATABASE, &["config"]).contains("listn"));
}

#[test]
fn the_document_is_written_and_checked() {
    let folder = folder();
    let folder = folder.path();
    printed(folder, DATABASE, &["openapi"]);
    printed(folder, DATABASE, &["openapi", "--check"]);
    let path = folder.join("openapi/skolhus.json");
    let text = std::fs::read_to_string(&path).unwrap().replace("Skolhus", "Skolhuset");
    std::fs::write(&path, text).unwrap();
    assert!(refusal(folder, DATABASE, &["openapi", "--check"]).contains("openapi` writes it anew"));
}

#[actix_web::test]
async fn the_demo_says_how_to_begin_and_that_works() {
    let folder = folder();
    let port = free_port();
    let mut command = program(folder.path(), DATABASE);
    command.env("DATABASE_URL", "").args(["demo", "--json", "--listen", &format!("127.0.0.1:{port}")]);
    command.stdout(std::process::Stdio::piped());
    let mut child = command.stderr(std::process::Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let demo: Value = serde_json::from_str(&line).unwrap();
    assert!(folder.path().join("skolhus-demo.sqlite").exists());
    let client = client();
    let mut tokens = std::collections::BTreeMap::new();
    for account in demo["accounts"].as_array().unwrap() {
        let login = json!({ "email": account["email"], "password": account["password"] });
        let url = format!("{}/v1/sessions", demo["baseUrl"].as_str().unwrap());
        let answer = client.post(url).json(&login).send().await.unwrap();
        assert!(answer.status().is_success(), "{account}");
        let session: Value = answer.json().await.unwrap();
        tokens.insert(
            account["role"].as_str().unwrap().to_owned(),
            session["accessToken"].as_str().unwrap().to_owned(),
        );
    }
    let lines: Vec<&str> =
        demo["curl"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
    let output = std::process::Command::new("sh").args(["-c", &lines.join("\n")]).output().unwrap();
    let list: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(list["data"].as_array().unwrap().len(), 2, "{list}");
    // A mother of two sees both, and what they read.
    let get = async |role: &str, path: &str| -> Value {
        let url = format!("{}{path}", demo["baseUrl"].as_str().unwrap());
        client.get(url).bearer_auth(&tokens[role]).send().await.unwrap().json().await.unwrap()
    };
    let wards = get("guardian", "/v1/me/wards").await;
    let mut of = Vec::new();
    for ward in wards["data"].as_array().unwrap() {
        let person = ward["id"].as_str().unwrap();
        let places = get("guardian", &format!("/v1/participations?personId={person}")).await;
        of.push((
            ward["name"]["givenName"].as_str().unwrap().to_owned(),
            places["data"].as_array().unwrap().len(),
        ));
    }
    of.sort();
    assert_eq!(of, [("Alva".to_owned(), 4), ("Hugo".to_owned(), 2)]);
    child.kill().unwrap();
    child.wait().unwrap();
}
