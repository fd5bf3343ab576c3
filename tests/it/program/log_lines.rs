//! The log at its most talkative: it tells of every request, and nothing of anybody or of any secret.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{Cursor, Write},
    path::Path,
    process::Stdio,
};

use reqwest::Method;
use serde_json::{Value, json};
use skolhus_persistence::Address;
use skolhus_tests::{cluster::Cluster, raw::Raw};

use super::running::{Running, client, free_port, printed, program};

/// Official test numbers of the Swedish Tax Agency.
const PROTECTED: &str = "200001012384";
const OTHER: &str = "198507132390";
const PASSWORD: &str = "Sju blåa hästar på Öland";
const WRONG: &str = "Fel häst i hagen";

/// What must stand in no line, whatever was done. Secrets that the server makes are added as they come.
const SILENT: [&str; 17] = [
    "Älva",
    "Ärlig",
    "Ärlighetsson",
    PROTECTED,
    "000101-2384",
    OTHER,
    "Åsa",
    "Öberg",
    "@exempel.se",
    PASSWORD,
    WRONG,
    "rexnet-4711",
    "Hemliga gatan",
    "070-1740605",
    "Kallelse till Älva",
    "gissat-hemligt",
    "192.0.2.0",
];

struct Talk {
    server: Running,
    client: reqwest::Client,
    secrets: Vec<String>,
    /// The request of a client that called from outside its networks.
    outside: Value,
}

impl Talk {
    async fn ask(&self, method: &str, path: &str, token: &str, body: &Value) -> (u16, Value) {
        self.ask_with(method, path, token, &[("if-match", "*")], body.to_string(), "application/json").await
    }

    async fn ask_with(
        &self,
        method: &str,
        path: &str,
        token: &str,
        headers: &[(&str, &str)],
        body: impl Into<reqwest::Body>,
        media_type: &str,
    ) -> (u16, Value) {
        let url = format!("{}{path}", self.server.url);
        let mut request = self.client.request(method.parse::<Method>().unwrap(), url).bearer_auth(token);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.header("content-type", media_type).body(body).send().await.unwrap();
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or_default())
    }

    /// Notes the secrets in an answer.
    fn keep_secrets(&mut self, answer: &Value) {
        for field in ["accessToken", "refreshToken", "access_token", "clientSecret", "secret"] {
            self.secrets.extend(answer[field].as_str().map(str::to_owned));
        }
    }
}

#[actix_web::test]
async fn the_log_of_a_server_on_sqlite_names_nobody_and_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let address = Address::Sqlite(folder.path().join("skola.sqlite"));
    named_nobody(folder.path(), "sqlite:skola.sqlite", &address).await;
}

#[actix_web::test]
async fn the_log_of_a_server_on_postgres_names_nobody_and_no_secret() {
    let Some(cluster) = Cluster::start_private(false) else { return };
    cluster.create_database("skola").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let database = cluster.url("skola");
    printed(folder.path(), &database, &["migrate"]);
    named_nobody(folder.path(), &database, &Address::Postgres(database.clone())).await;
}

/// Opens an account with the password.
fn open_account(folder: &Path, database: &str, email: &str, role: &str) {
    let mut command = program(folder, database);
    command.args(["account", "create", email, "--role", role, "--password-stdin"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(format!("{PASSWORD}\n").as_bytes()).unwrap();
    assert!(child.wait().unwrap().success(), "{email}");
}

async fn named_nobody(folder: &Path, database: &str, address: &Address) {
    let log = folder.join("log");
    let port = free_port();
    let mut command = program(folder, database);
    command.args(["serve", "--listen", &format!("127.0.0.1:{port}")]);
    command.env("SKOLHUS_LOG_FORMAT", "json").env("SKOLHUS_LOG_FILTER", "debug").env("RUST_BACKTRACE", "1");
    let server = Running::logging_to(File::create(&log).unwrap().into(), command, port);
    let mut talk = Talk { server, client: client(), secrets: Vec::new(), outside: Value::Null };

    printed(folder, database, &["organiser", "create", "Väggarps folkhögskoleförening"]);
    let mut tokens = BTreeMap::new();
    for role in ["registrar", "protection-officer", "administrator", "teacher"] {
        let email = format!("åsa.{role}@exempel.se");
        open_account(folder, database, &email, role);
        let token = printed(folder, database, &["account", "token", &email, "--level", "3"]);
        talk.secrets.push(token.clone());
        tokens.insert(role, token);
    }
    let [registrar, officer, administrator, teacher] =
        ["registrar", "protection-officer", "administrator", "teacher"].map(|role| tokens[role].clone());

    log_in(&mut talk, &administrator).await;
    subscribe(&mut talk, &registrar).await;
    let person = meet_the_protected(&talk, &registrar, &officer, &teacher).await;
    import_naming_them(&talk, &registrar, &administrator).await;
    fail_inside(&talk, &registrar, address).await;
    wrong_addresses(&talk, &registrar, &person).await;

    assert!(talk.server.stop());
    let log = std::fs::read_to_string(&log).unwrap();
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let answered = lines.iter().filter(|line| line["message"] == "answered").count();
    assert!(answered > 50, "{answered} requests were told of");
    assert!(log.contains("\"level\":\"DEBUG\"") && log.contains(&person), "it is as talkative as it can be");
    assert!(lines.iter().any(|line| line["message"] == "failed"), "a failure of ours is told of");
    let warned = |line: &Value| line["level"] == "WARN" && line["request"] == talk.outside;
    assert!(lines.iter().any(warned), "a client from elsewhere is told of");
    assert!(talk.secrets.len() > 8);
    let small = log.to_lowercase();
    for silent in SILENT.iter().copied().chain(talk.secrets.iter().map(String::as_str)) {
        for spelt in [silent.to_owned(), percent_encoded(silent), escaped(silent)] {
            let spelt = spelt.to_lowercase();
            let around = small.lines().find(|line| line.contains(&spelt));
            assert_eq!(around, None, "the log holds {spelt}");
        }
    }
}

/// As in an address.
fn percent_encoded(text: &str) -> String {
    text.bytes()
        .map(
            |byte| {
                if byte.is_ascii_alphanumeric() {
                    char::from(byte).to_string()
                } else {
                    format!("%{byte:02X}")
                }
            },
        )
        .collect()
}

/// As a JSON text without other letters than ASCII's.
fn escaped(text: &str) -> String {
    text.encode_utf16()
        .map(|unit| match u8::try_from(unit) {
            Ok(byte) if byte.is_ascii() => char::from(byte).to_string(),
            _ => format!("\\u{unit:04x}"),
        })
        .collect()
}

async fn log_in(talk: &mut Talk, administrator: &str) {
    let email = "åsa.registrar@exempel.se";
    for password in [WRONG, WRONG, PASSWORD] {
        let body = json!({ "email": email, "password": password });
        let (status, session) = talk.ask("POST", "/v1/sessions", "", &body).await;
        assert_eq!(status, if password == WRONG { 401 } else { 201 }, "{session}");
        talk.keep_secrets(&session);
        if status == 201 {
            let body = json!({ "refreshToken": session["refreshToken"] });
            let (status, next) = talk.ask("POST", "/v1/sessions/refresh", "", &body).await;
            assert_eq!(status, 200, "{next}");
            talk.keep_secrets(&next);
        }
    }
    // Broken ones: their text must not come back in a reason.
    for body in [
        format!("{{\"email\":\"{email}\",\"password\":\"{PASSWORD}\""),
        format!("{{\"email\":\"{email}\",\"password\":[\"{PASSWORD}\"]}}"),
        format!("{{\"email\":\"{email}\",\"password\":\"{PASSWORD}\",\"{WRONG}\":1}}"),
    ] {
        let (status, _) = talk.ask_with("POST", "/v1/sessions", "", &[], body, "application/json").await;
        assert!((400..500).contains(&status));
    }
    let client = json!({ "name": "Schemaprogrammet", "scopes": ["course:read"], "schoolUnitIds": [] });
    let (status, made) = talk.ask("POST", "/v1/clients", administrator, &client).await;
    assert_eq!(status, 201, "{made}");
    talk.keep_secrets(&made);
    let id = made["id"].as_str().unwrap();
    let path = format!("/v1/clients/{id}/secret");
    let (status, secret) = talk.ask("POST", &path, administrator, &json!({})).await;
    assert_eq!(status, 201, "{secret}");
    talk.keep_secrets(&secret);
    let secret = secret["clientSecret"].as_str().unwrap().to_owned();
    for (secret, expected) in [("gissat-hemligt", 401), (secret.as_str(), 200)] {
        let form = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
        let form_type = "application/x-www-form-urlencoded";
        let (status, token) = talk.ask_with("POST", "/v1/tokens", "", &[], form, form_type).await;
        assert_eq!(status, expected, "{token}");
        talk.keep_secrets(&token);
    }
    // Its token from a place where it may not be: that is told of, by the request alone.
    let elsewhere = json!({ "allowedNetworks": ["192.0.2.0/24"] });
    let (status, _) = talk.ask("PATCH", &format!("/v1/clients/{id}"), administrator, &elsewhere).await;
    assert_eq!(status, 200);
    let token = talk.secrets.last().cloned().unwrap_or_default();
    let (status, refused) = talk.ask("GET", "/v1/courses", &token, &Value::Null).await;
    assert_eq!((status, &refused["code"]), (403, &json!("client-network")));
    talk.outside = refused["requestId"].clone();
    let hook = json!({ "name": "Mottagare", "url": "https://mottagare.exempel.se/krok" });
    let (_, hook) = talk.ask("POST", "/v1/webhook-subscriptions", administrator, &hook).await;
    talk.keep_secrets(&hook);
    let (status, _) =
        talk.ask("POST", "/v1/accounts", administrator, &json!({ "email": "örjan@exempel.se" })).await;
    assert_eq!(status, 201);
    let (status, _) =
        talk.ask("POST", "/v1/accounts/search", administrator, &json!({ "email": "örjan@exempel.se" })).await;
    assert_eq!(status, 200);
}

/// Makes a calendar feed and asks for its calendar in every way; its address is as good as a password.
async fn subscribe(talk: &mut Talk, registrar: &str) {
    let person = json!({ "name": { "givenName": "Åsa", "familyName": "Öberg" } });
    let (status, person) = talk.ask("POST", "/v1/persons", registrar, &person).await;
    assert_eq!(status, 201, "{person}");
    let feed = json!({ "personId": person["id"], "name": "Åsa Öbergs schema" });
    let (status, feed) = talk.ask("POST", "/v1/calendar-feeds", registrar, &feed).await;
    assert_eq!(status, 201, "{feed}");
    let (_, last) = feed["address"].as_str().unwrap().split_once("/v1/calendars/").unwrap();
    let (address, secret) = (format!("/v1/calendars/{last}"), last.trim_end_matches(".ics").to_owned());
    for (method, path, expected) in [
        ("GET", address.clone(), 200),
        ("GET", format!("/v1/calendars/{secret}"), 200),
        ("POST", address.clone(), 405),
        ("GET", format!("{address}/mer"), 404),
        ("GET", format!("/v1/calendar-feeds/{secret}"), 401),
        ("GET", format!("/v1/calendars/{secret}%00"), 400),
    ] {
        let (status, answer) = talk.ask(method, &path, "", &Value::Null).await;
        assert_eq!(status, expected, "{method} {answer}");
    }
    let path = format!("/v1/calendar-feeds/{}", feed["id"].as_str().unwrap());
    let (status, _) = talk.ask("DELETE", &path, registrar, &Value::Null).await;
    assert_eq!(status, 204);
    let (status, _) = talk.ask("GET", &address, "", &Value::Null).await;
    assert_eq!(status, 404);
    talk.secrets.push(secret);
}

/// Does everything that can be done with a protected person; returns their id.
async fn meet_the_protected(talk: &Talk, registrar: &str, officer: &str, teacher: &str) -> String {
    let numbered = |given: &str, family: &str, number: &str| {
        json!({ "name": { "givenName": given, "familyName": family },
            "identityNumbers": [{ "value": number, "period": { "from": "2020-01-01" } }],
            "externalIdentifiers": [{ "system": "rexnet", "value": format!("rexnet-4711-{number}") }] })
    };
    let secret = numbered("Älva", "Ärlig", PROTECTED);
    let (status, made) = talk.ask("POST", "/v1/persons", registrar, &secret).await;
    assert_eq!(status, 201, "{made}");
    let id = made["id"].as_str().unwrap().to_owned();
    let there = format!("/v1/persons/{id}");
    let contact = json!({ "name": { "familyName": "Ärlighetsson" },
        "contacts": [{ "kind": "phone", "value": "070-1740605" }], "address": "Hemliga gatan 1" });
    talk.ask("PATCH", &there, registrar, &contact).await;
    talk.ask("PATCH", &there, registrar, &json!({ "name": { "familyName": "Ärlighetsson" } })).await;
    let (status, _) =
        talk.ask("PUT", &format!("{there}/protection"), officer, &json!({ "protection": "marked" })).await;
    assert_eq!(status, 200);
    for token in [registrar, officer, teacher, ""] {
        for (method, path, body) in [
            ("GET", there.as_str(), Value::Null),
            ("PATCH", there.as_str(), json!({ "name": { "familyName": "Ärlig" } })),
            ("PATCH", there.as_str(), json!({ "name": { "familyName": "Ärlig\u{0000}" }, "Ärlig": 1 })),
            ("DELETE", there.as_str(), Value::Null),
            ("POST", "/v1/persons", secret.clone()),
            ("POST", "/v1/persons", numbered("Åsa", "Öberg", "198507132391")),
            ("POST", "/v1/persons", json!({ "name": "Älva Ärlig", "identityNumbers": PROTECTED })),
            ("POST", "/v1/persons/search", json!({ "value": PROTECTED })),
            ("POST", "/v1/persons/search", json!({ "value": OTHER })),
            ("GET", "/v1/persons?name=%C3%84rlig&nameContains=lig", Value::Null),
            ("GET", "/v1/persons?externalSystem=rexnet&externalValue=rexnet-4711-200001012384", Value::Null),
            ("GET", "/v1/persons?sort=%C3%84rlig", Value::Null),
            ("POST", "/v1/protected-persons/search", json!({ "reason": "Kallelse till Älva" })),
        ] {
            let (status, answer) = talk.ask(method, path, token, &body).await;
            assert!(status < 500, "{method} {path}: {answer}");
        }
        let path = format!("{there}/disclosure");
        talk.ask("POST", &path, token, &json!({ "reason": "Kallelse till Älva Ärlig" })).await;
    }
    let (_, waiting) = talk.ask("GET", "/v1/person-reviews?state=waiting", officer, &Value::Null).await;
    let review = waiting["data"][0]["id"].as_str().unwrap();
    let decision = json!({ "decision": "reject", "note": "Älva Ärlig finns redan" });
    let path = format!("/v1/person-reviews/{review}/decision");
    let (status, decided) = talk.ask("POST", &path, officer, &decision).await;
    assert!(status < 300, "{decided}");
    id
}

/// A roster that names the protected person, with rows that are refused, and one that is no roster.
async fn import_naming_them(talk: &Talk, registrar: &str, administrator: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/oneroster/contoso");
    let mut zipped = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "csv") {
            continue;
        }
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let mut text = std::fs::read_to_string(&path).unwrap();
        if name == "users.csv" {
            let (head, rows) = text.split_once('\n').unwrap();
            let columns = head.split(',').count();
            // Every column of these rows says something that must not be told, and that no column takes.
            let row = |words: &str| vec![format!("\"{words}\""); columns].join(",");
            text = format!("{head}\n{}\n{}\n{rows}", row("Älva Ärlig"), row(PROTECTED));
        }
        zipped.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        zipped.write_all(text.as_bytes()).unwrap();
    }
    let set = zipped.finish().unwrap().into_inner();
    for (set, expected) in [(set, 202), ("Älva Ärlig".as_bytes().to_vec(), 0)] {
        for token in [registrar, administrator] {
            let path = "/v1/imports/oneroster";
            let (status, job) = talk.ask_with("POST", path, token, &[], set.clone(), "application/zip").await;
            assert!(status == expected || expected == 0 || token == administrator, "{status}: {job}");
            let Some(id) = job["id"].as_str() else { continue };
            for _ in 0..600 {
                let (_, job) = talk.ask("GET", &format!("/v1/jobs/{id}"), token, &Value::Null).await;
                if !matches!(job["state"].as_str(), Some("waiting" | "running" | "checking" | "queued")) {
                    break;
                }
                actix_web::rt::time::sleep(std::time::Duration::from_millis(100)).await;
            }
            talk.ask("GET", &format!("/v1/jobs/{id}/rows?limit=500"), token, &Value::Null).await;
        }
    }
}

/// The database refuses a statement with words that quote what it was given: a failure of ours.
async fn fail_inside(talk: &Talk, registrar: &str, address: &Address) {
    let mut raw = Raw::open(address);
    let sql = raw
        .either(
            "CREATE FUNCTION quote_it() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
               RAISE EXCEPTION 'invalid input syntax for a name: \"%\"', NEW.name; END $$; \
             CREATE TRIGGER quote_it BEFORE INSERT ON school_units FOR EACH ROW \
               WHEN (NEW.name LIKE 'Ärlig%') EXECUTE FUNCTION quote_it()",
            "CREATE TRIGGER quote_it BEFORE INSERT ON school_units WHEN NEW.name LIKE 'Ärlig%' \
             BEGIN SELECT RAISE(ABORT, 'invalid input syntax for a name: \"' || NEW.name || '\"'); END",
        )
        .to_owned();
    raw.execute(&sql);
    let (_, controllers) = talk.ask("GET", "/v1/controllers", registrar, &Value::Null).await;
    let unit = json!({ "name": "Ärlighetsson skola", "controllerId": controllers["data"][0]["id"],
        "schoolTypes": ["FHS"], "valid": { "from": "2001-07-01" } });
    let (status, problem) = talk.ask("POST", "/v1/school-units", registrar, &unit).await;
    assert_eq!((status, problem["code"].as_str()), (500, Some("internal")), "{problem}");
    assert!(!problem.to_string().contains("Ärlig"));
}

/// Addresses into which somebody writes what belongs in none.
async fn wrong_addresses(talk: &Talk, registrar: &str, person: &str) {
    for path in [
        format!("/v1/persons/{PROTECTED}"),
        format!("/v1/persons/{OTHER}/disclosure"),
        "/v1/persons/%C3%84lva".to_owned(),
        "/v1/accounts/%C3%A5sa.registrar@exempel.se".to_owned(),
        "/v1/code-tables/%C3%84rlig".to_owned(),
        format!("/v2/{PROTECTED}/%C3%84rlig"),
        format!("/{OTHER}"),
        format!("/v1/persons/{person}?reason=%C3%84rlig"),
        "/v1/persons/%00".to_owned(),
        "/docs/%C3%84rlig".to_owned(),
        "/problems/%C3%84rlig".to_owned(),
    ] {
        for method in ["GET", "DELETE", "POST"] {
            let (status, _) = talk.ask(method, &path, registrar, &Value::Null).await;
            assert!((400..500).contains(&status), "{method} {path}: {status}");
        }
    }
}
