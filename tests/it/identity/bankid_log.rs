//! What the log of a server tells of logins with BankID: why they do not work, and nothing of anybody.

use std::{fs::File, path::Path, process::Stdio};

use serde_json::{Value, json};
use skolhus_tests::bankid::{Papers, Shown, Simulator, Step};

use crate::program::running::{Running, client, free_port, printed, program};

/// An official test number of the Swedish Tax Agency.
const NUMBER: &str = "198507132390";

/// A server whose settings say where BankID is, and the file of its log.
fn serving(folder: &Path, simulator: &Simulator, papers: &Papers, log: &Path) -> Running {
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let port = free_port();
    let mut command = program(folder, "sqlite:skola.sqlite");
    command.args(["serve", "--listen", &format!("127.0.0.1:{port}")]);
    command.env("SKOLHUS_LOG_FORMAT", "json").env("SKOLHUS_LOG_FILTER", "debug");
    command.env("SKOLHUS_BANKID_ADDRESS", &simulator.address);
    command.env("SKOLHUS_BANKID_CERTIFICATE", write("certificate.pem", &papers.certificate));
    command.env("SKOLHUS_BANKID_KEY", write("key.pem", &papers.key));
    command.env("SKOLHUS_BANKID_AUTHORITY", write("authority.pem", &simulator.authority));
    command.env("SKOLHUS_BANKID_RETURN_TO", "https://app.example");
    Running::logging_to(Stdio::from(File::create(log).unwrap()), command, port)
}

async fn post(url: &str, token: &str, path: &str, body: &Value) -> (u16, Value) {
    let request = client().post(format!("{url}{path}")).bearer_auth(token).header("user-agent", "Väggarp");
    let answer = request.json(body).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap_or_default())
}

#[actix_web::test]
async fn the_log_tells_why_bankid_is_away_and_nothing_of_who_logs_in() {
    let folder = tempfile::tempdir().unwrap();
    let (folder, log) = (folder.path(), folder.path().join("log"));
    let simulator = Simulator::start().await;
    let server = serving(folder, &simulator, &simulator.papers, &log);
    let database = "sqlite:skola.sqlite";
    printed(folder, database, &["organiser", "create", "Väggarps folkhögskoleförening"]);
    let mut tokens = Vec::new();
    for role in ["registrar", "administrator"] {
        let email = format!("{role}@exempel.se");
        let mut command = program(folder, database);
        command.args(["account", "create", &email, "--role", role, "--password-stdin"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), "nio gröna päron\n".as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
        tokens.push(printed(folder, database, &["account", "token", &email, "--level", "3"]));
    }
    let person = json!({ "name": { "givenName": "Åsa", "familyName": "Öberg" },
        "identityNumbers": [{ "value": NUMBER, "period": { "from": "2020-01-01" } }] });
    let (status, person) = post(&server.url, &tokens[0], "/v1/persons", &person).await;
    assert_eq!(status, 201, "{person}");
    let account = json!({ "email": "åsa@exempel.se", "personId": person["id"] });
    let (status, account) = post(&server.url, &tokens[1], "/v1/accounts", &account).await;
    assert_eq!(status, 201, "{account}");

    simulator.next_order(&[Step::Pending("userSign"), Shown::number(NUMBER)]);
    let begin = json!({ "returnUrl": "https://app.example/in?n=hemlig-nonce" });
    let (status, login) = post(&server.url, "", "/v1/bankid-logins", &begin).await;
    assert_eq!(status, 201, "{login}");
    let path = format!("/v1/bankid-logins/{}/collection", login["id"].as_str().unwrap());
    let ask = json!({ "secret": login["secret"] });
    let mut session = Value::Null;
    for _ in 0..100 {
        let (status, answer) = post(&server.url, "", &path, &ask).await;
        assert_eq!(status, 200, "{answer}");
        session = answer["session"].clone();
        if session.is_object() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert_eq!(session["level"], "high");
    // BankID being closed, and answering nonsense, is told; the words of others are not.
    simulator.instead(skolhus_tests::bankid::Instead::Refusal(503, "maintenance", ""));
    assert_eq!(post(&server.url, "", "/v1/bankid-logins", &json!({})).await.0, 503);
    assert!(server.stop());
    let text = std::fs::read_to_string(&log).unwrap();
    assert!(text.contains("BankID is closed for maintenance"));
    let known = &simulator.known()[0];
    let secrets = [
        known.order_ref.as_str(),
        &known.auto_start_token,
        &known.qr_start_token,
        &known.qr_start_secret,
        NUMBER,
        "850713",
        "198.51.100.7",
        "OZvYM9",
        "hemlig-nonce",
        login["secret"].as_str().unwrap(),
        session["accessToken"].as_str().unwrap(),
        session["refreshToken"].as_str().unwrap(),
        "Åsa",
        "PRIVATE KEY",
    ];
    for secret in secrets {
        assert!(!text.contains(secret), "the log holds {secret}");
    }

    // With a certificate that BankID does not know it says so, once for each call, and the server goes on.
    let log = folder.join("log of a stranger");
    let server = serving(folder, &simulator, &simulator.strangers, &log);
    let (status, problem) = post(&server.url, "", "/v1/bankid-logins", &json!({})).await;
    assert_eq!((status, &problem["code"]), (503, &json!("bankid-unavailable")));
    assert!(server.stop());
    let text = std::fs::read_to_string(&log).unwrap();
    let told: Vec<&str> = text.lines().filter(|line| line.contains("BankID did not answer")).collect();
    assert_eq!(told.len(), 1, "{text}");
    assert!(told[0].contains("alert"), "{}", told[0]);
    assert!(!text.contains("PRIVATE KEY"));
}
