//! Logging in with a code in a text message, from its start to the session.

use std::sync::Arc;

use chrono::Duration;
use futures_util::future::join_all;
use serde_json::{Value, json};
use skolhus_api::{
    change::housekeeping,
    http::problem::Problem,
    message::{Authentication, FileGateway, Format, HttpGateway, HttpSettings, Template, TextMessage},
};
use skolhus_domain::{
    access::{Caller, Level, Role},
    id::Id,
    identity::{SecondFactor, Stage as Factor},
};
use skolhus_persistence::identity::second_factor;
use skolhus_tests::{
    on_both,
    register::School,
    server::{Answer, TestServer},
    texts::{another, code},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

const EMAIL: &str = "åsa.öberg@exempel.se";
/// A number that PTS keeps for films and books.
const MOBILE: &str = "070-174 06 05";

/// A school that lets people in with codes.
struct Stage {
    server: TestServer,
    school: School,
    administrator: String,
    registrar: String,
}

impl Stage {
    async fn set(server: TestServer) -> Self {
        let school = School::enter(&server).await;
        let administrator = school.token_of(&server, Role::Administrator, None, None, Level::High).await;
        let registrar = school.token(&server, Role::Registrar).await;
        let stage = Self { server, school, administrator, registrar };
        stage.open(json!({ "smsCodes": true, "smsCodesForProtected": false })).await;
        stage
    }

    async fn open(&self, settings: Value) -> Value {
        let path = "/v1/login-settings";
        self.server.put(path, "*", &settings).token(&self.administrator).send().await.expect(200).body
    }

    /// A guardian with these phones: their person and their account.
    async fn guardian(&self, given: &str, email: &str, phones: Value) -> (String, String) {
        let person =
            json!({ "name": { "givenName": given, "familyName": "Öberg" }, "contact": { "phones": phones } });
        let made = self.server.post("/v1/persons", &person).token(&self.registrar).send().await.expect(201);
        let person = made.body["id"].as_str().unwrap().to_owned();
        let account = self.account(email, json!(person)).await;
        (person, account)
    }

    async fn account(&self, email: &str, person: Value) -> String {
        let new = json!({ "email": email, "personId": person });
        let made = self.server.post("/v1/accounts", &new).token(&self.administrator).send().await.expect(201);
        let id = made.body["id"].as_str().unwrap().to_owned();
        let role = json!({ "accountId": id, "role": "guardian", "valid": { "from": "2026-08-17" } });
        self.server.post("/v1/role-assignments", &role).token(&self.administrator).send().await.expect(201);
        id
    }

    async fn begin(&self, email: &str) -> Answer {
        self.server.post("/v1/sms-logins", &json!({ "email": email })).send().await
    }

    /// Begins a login; the message that was sent, if one was.
    async fn begun(&self, email: &str) -> (Answer, Option<TextMessage>) {
        let begun = self.begin(email).await.expect(201);
        let mut sent = self.server.texts().await;
        assert!(sent.len() <= 1);
        (begun, sent.pop())
    }

    async fn give(&self, begun: &Answer, code: &str) -> Answer {
        self.give_with(begun, &json!({ "secret": begun.body["secret"], "code": code })).await
    }

    async fn give_with(&self, begun: &Answer, body: &Value) -> Answer {
        let path = format!("/v1/sms-logins/{}/session", begun.body["id"].as_str().unwrap());
        self.server.post(&path, body).send().await
    }

    /// An hour later nobody has to wait any more.
    fn later(&self) {
        self.server.clock.advance(Duration::minutes(61));
    }
}

fn problem(answer: &Answer) -> &str {
    answer.body["code"].as_str().unwrap_or_default()
}

on_both! {
    async fn somebody_logs_in_with_the_code_that_came(server: TestServer) {
        let stage = Stage::set(server).await;
        let phones = json!([{ "number": "08-465 004 00", "kind": "home" }, { "number": MOBILE }, { "number": "070-174 06 06" }]);
        let (_, account) = stage.guardian("Åsa", EMAIL, phones).await;
        let (begun, sent) = stage.begun(" Åsa.Öberg@EXEMPEL.se").await;
        assert_eq!((begun.headers["cache-control"].to_str().unwrap(), &begun.body["expiresAt"]), ("no-store", &json!("2026-08-17T06:20:00Z")));
        let sent = sent.unwrap();
        assert_eq!(sent.to, "+46701740605");
        assert!(sent.text.contains("din kod") && code(&sent).len() == 6, "{}", sent.text);

        assert_eq!(stage.give(&begun, "12345").await.expect(422).refused(), ["/code"]);
        let wrong = stage.give(&begun, &another(&code(&sent))).await.expect(401);
        assert_eq!((problem(&wrong), &wrong.body["title"]), ("wrong-code", &json!("Koden stämmer inte")));
        let body = json!({ "secret": "fel", "code": code(&sent) });
        stage.give_with(&begun, &body).await.expect(404);
        let digits = code(&sent);
        let (one, other) = digits.split_at(3);
        let body = json!({ "secret": begun.body["secret"], "code": format!("{one} {other}"), "device": "Åsas telefon" });
        let session = stage.give_with(&begun, &body).await.expect(201);
        assert_eq!(session.body["level"], "basic");
        assert_eq!(session.body["account"], json!({ "id": account, "roles": ["guardian"] }));
        let token = session.body["accessToken"].as_str().unwrap();
        let seen = stage.server.get("/v1/me/sessions").token(token).send().await.expect(200);
        assert_eq!(seen.body["data"][0]["device"], "Åsas telefon");
        let renewed = json!({ "refreshToken": session.body["refreshToken"] });
        assert_eq!(stage.server.post("/v1/sessions/refresh", &renewed).send().await.expect(200).body["level"], "basic");

        // Once.
        let again = stage.give(&begun, &code(&sent)).await.expect(401);
        assert_eq!((problem(&again), &again.body["title"]), ("code-over", &json!("Koden gäller inte längre")));
        // In time: the last second of ten minutes, and the next.
        let (first, sent_first) = stage.begun(EMAIL).await;
        stage.server.clock.advance(Duration::seconds(1));
        let (second, sent_second) = stage.begun(EMAIL).await;
        stage.server.clock.advance(Duration::seconds(599));
        assert_eq!(problem(&stage.give(&first, &code(&sent_first.unwrap())).await.expect(401)), "code-over");
        stage.give(&second, &code(&sent_second.unwrap())).await.expect(201);
        // In the language that is asked for.
        stage.server.post("/v1/sms-logins", &json!({ "email": EMAIL })).header("accept-language", "en").send().await.expect(201);
        assert!(stage.server.texts().await[0].text.contains("your code"));

        let figures = stage.server.get("/metrics").send().await.expect(200).text;
        assert!(figures.contains("skolhus_text_messages_total{outcome=\"sent\"} 4"), "{figures}");
        let mut raw = stage.server.raw();
        let kept = raw.texts("SELECT secret_hash || code_hash || sealed AS value FROM sent_codes").join("\n");
        let log = raw.texts("SELECT details AS value FROM change_details").join("\n");
        for text in [&kept, &log] {
            assert!(!text.contains(&code(&sent)) && !text.contains(begun.body["secret"].as_str().unwrap()));
        }
        assert!(!kept.contains("46701740605"));
        stage.server.clock.advance(Duration::hours(2));
        while housekeeping::pass(&stage.server.state, 100).await.unwrap() {}
        assert!(raw.texts("SELECT purpose AS value FROM sent_codes").is_empty());
        drop(raw);
        stage.server.stop().await;
    }
}

on_both! {
    async fn nobody_learns_whom_a_code_was_sent_to(server: TestServer) {
        let stage = Stage::set(server).await;
        let mobile = json!([{ "number": MOBILE }]);
        stage.guardian("Åsa", EMAIL, mobile.clone()).await;
        let (_, disabled) = stage.guardian("Måns", "mans@exempel.se", mobile.clone()).await;
        let path = format!("/v1/accounts/{disabled}");
        stage.server.patch(&path, "*", &json!({ "disabled": true })).token(&stage.administrator).send().await.expect(200);
        stage.account("utan.person@exempel.se", Value::Null).await;
        stage.guardian("Elin", "hemma@exempel.se", json!([{ "number": "08-465 004 00", "kind": "home" }])).await;
        stage.guardian("Nils", "utomlands@exempel.se", json!([{ "number": "+47 22 22 55 55", "kind": "mobile" }])).await;
        let (protected, _) = stage.guardian("Örjan", "orjan@exempel.se", json!([{ "number": "070-174 06 09" }])).await;
        let officer = stage.school.token_of(&stage.server, Role::ProtectionOfficer, None, None, Level::High).await;
        let marked = json!({ "protection": "marked", "confirmed": true, "reason": "Beslut från Skatteverket" });
        stage.server.put(&format!("/v1/persons/{protected}/protection"), "*", &marked).token(&officer).send().await.expect(200);
        let (_, two) = stage.guardian("Ebba", "ebba@exempel.se", json!([{ "number": "070-174 06 08" }])).await;
        let factor = SecondFactor {
            account: Id::from_uuid(two.parse().unwrap()),
            stage: Factor::InForce { since: stage.server.state.clock.now(), secret: "förseglad".to_owned() },
        };
        let state = &stage.server.state;
        let caller = Caller::system("test", stage.school.organiser, state.fresh_uuid(), state.clock.now());
        let id = state.fresh();
        state.database.write(&caller, move |tx, scope| second_factor::insert(tx, scope, id, &factor).map_err(Problem::from)).await.unwrap();
        let elsewhere = Stage { school: School::enter(&stage.server).await, ..stage };
        let stage = Stage { administrator: elsewhere.school.token_of(&elsewhere.server, Role::Administrator, None, None, Level::High).await, ..elsewhere };
        let stage = Stage { registrar: stage.school.token(&stage.server, Role::Registrar).await, ..stage };
        stage.guardian("Göran", "annanstans@exempel.se", json!([{ "number": "070-174 06 07" }])).await;

        let shape = |answer: &Answer| {
            let headers: Vec<String> = answer.headers.keys().map(ToString::to_string).filter(|name| name != "connection").collect();
            (answer.status, headers, answer.body.as_object().unwrap().keys().cloned().collect::<Vec<_>>(), answer.text.len())
        };
        let ((known, message), work) = stage.server.statements(stage.begun(EMAIL)).await;
        let right = code(&message.unwrap());
        let tries = async |begun: &Answer, codes: &[&str]| {
            let mut said = Vec::new();
            for code in codes {
                let answer = stage.give(begun, code).await;
                said.push((answer.status.as_u16(), answer.body["code"].clone(), answer.body["detail"].clone()));
            }
            said
        };
        let (one, other) = (another(&right), "222222".to_owned());
        let codes = [one.as_str(), &other, &one, &other, &one, &other];
        let said_to_known = tries(&known, &codes).await;
        assert_eq!(said_to_known.iter().map(|(_, code, _)| code.as_str().unwrap()).collect::<Vec<_>>(),
            ["wrong-code", "wrong-code", "wrong-code", "wrong-code", "wrong-code", "code-over"]);
        for nobody in [
            "ingen.alls@exempel.se", "mans@exempel.se", "utan.person@exempel.se", "hemma@exempel.se", "utomlands@exempel.se",
            "orjan@exempel.se", "ebba@exempel.se", "annanstans@exempel.se", "inte ens en adress \u{0}",
        ] {
            let ((begun, message), done) = stage.server.statements(stage.begun(nobody)).await;
            assert!(message.is_none(), "{nobody}");
            assert_eq!((shape(&begun), done), (shape(&known), work), "{nobody}");
            assert_eq!(tries(&begun, &codes).await, said_to_known, "{nobody}");
        }
        stage.server.stop().await;
    }
}

on_both! {
    async fn a_code_is_tried_five_times_and_works_once_at_the_same_time_too(server: TestServer) {
        let stage = Stage::set(server).await;
        let (person, account) = stage.guardian("Åsa", EMAIL, json!([{ "number": MOBILE }])).await;
        let (begun, sent) = stage.begun(EMAIL).await;
        let right = code(&sent.unwrap());
        let at_once = join_all((0..8).map(|_| stage.give(&begun, &right))).await;
        let mut said: Vec<(u16, &str)> = at_once.iter().map(|answer| (answer.status.as_u16(), problem(answer))).collect();
        said.sort_unstable();
        assert_eq!(said[0], (201, ""));
        assert!(said[1..].iter().all(|said| *said == (401, "code-over")), "{said:?}");

        let (begun, sent) = stage.begun(EMAIL).await;
        let right = code(&sent.unwrap());
        let wrong = another(&right);
        let at_once = join_all((0..12).map(|_| stage.give(&begun, &wrong))).await;
        assert_eq!(at_once.iter().filter(|answer| problem(answer) == "wrong-code").count(), 5);
        assert_eq!(problem(&stage.give(&begun, &right).await.expect(401)), "code-over");

        // What has changed since a code was sent closes it.
        stage.later();
        let stage = Stage { administrator: stage.school.token_of(&stage.server, Role::Administrator, None, None, Level::High).await, ..stage };
        let registrar = stage.school.token(&stage.server, Role::Registrar).await;
        let (begun, sent) = stage.begun(EMAIL).await;
        let path = format!("/v1/persons/{person}");
        let lost = json!({ "contact": { "phones": [{ "number": "070-174 06 06" }] } });
        stage.server.patch(&path, "*", &lost).token(&registrar).send().await.expect(200);
        assert_eq!(problem(&stage.give(&begun, &code(&sent.unwrap())).await.expect(401)), "code-over");
        let (begun, sent) = stage.begun(EMAIL).await;
        let closed = stage.open(json!({ "smsCodes": false, "smsCodesForProtected": false })).await;
        assert_eq!((&closed["version"], &closed["textMessagesSent"]), (&json!(2), &json!(true)));
        assert_eq!(problem(&stage.give(&begun, &code(&sent.unwrap())).await.expect(401)), "code-over");
        stage.open(json!({ "smsCodes": true, "smsCodesForProtected": false })).await;
        let (begun, sent) = stage.begun(EMAIL).await;
        let account = format!("/v1/accounts/{account}");
        stage.server.patch(&account, "*", &json!({ "disabled": true })).token(&stage.administrator).send().await.expect(200);
        assert_eq!(problem(&stage.give(&begun, &code(&sent.unwrap())).await.expect(401)), "code-over");
        stage.server.stop().await;
    }
}

on_both! {
    async fn protected_persons_are_sent_codes_where_that_is_opened(server: TestServer) {
        let stage = Stage::set(server).await;
        let (person, _) = stage.guardian("Örjan", "orjan@exempel.se", json!([{ "number": MOBILE }])).await;
        let officer = stage.school.token_of(&stage.server, Role::ProtectionOfficer, None, None, Level::High).await;
        let marked = json!({ "protection": "marked", "confirmed": true, "reason": "Beslut från Skatteverket" });
        stage.server.put(&format!("/v1/persons/{person}/protection"), "*", &marked).token(&officer).send().await.expect(200);
        assert!(stage.begun("orjan@exempel.se").await.1.is_none());
        stage.open(json!({ "smsCodes": true, "smsCodesForProtected": true })).await;
        let (begun, sent) = stage.begun("orjan@exempel.se").await;
        stage.give(&begun, &code(&sent.unwrap())).await.expect(201);
        stage.open(json!({ "smsCodes": false, "smsCodesForProtected": true })).await;
        assert!(stage.begun("orjan@exempel.se").await.1.is_none());
        stage.server.stop().await;
    }
}

on_both! {
    async fn messages_are_few_for_an_account_a_phone_and_an_address(server: TestServer) {
        let stage = Stage::set(server).await;
        for number in 0..4 {
            let email = format!("{number}@exempel.se");
            stage.guardian(&format!("Åsa{number}"), &email, json!([{ "number": MOBILE }])).await;
        }
        // For an account, known or not: three, then one waits.
        for email in ["0@exempel.se", "ingen@exempel.se"] {
            for _ in 0..3 {
                stage.begin(email).await.expect(201);
            }
            let waits = stage.begin(email).await.expect(429);
            assert_eq!((problem(&waits), waits.headers["retry-after"].to_str().unwrap()), ("too-many-attempts", "31"));
        }
        assert_eq!(stage.server.texts().await.len(), 3);
        // To a phone, whose accounts look like any others: five.
        for email in ["1@exempel.se", "2@exempel.se", "3@exempel.se"] {
            stage.begin(email).await.expect(201);
        }
        assert_eq!(stage.server.texts().await.len(), 2);
        // A login in good order gives the account's back.
        stage.later();
        let (begun, sent) = stage.begun("0@exempel.se").await;
        stage.give(&begun, &code(&sent.unwrap())).await.expect(201);
        for _ in 0..3 {
            stage.begin("0@exempel.se").await.expect(201);
        }
        // From an address: as many as the settings say (40 here), counted for whomever.
        let emails: Vec<String> = (0..50).map(|number| format!("någon{number}@exempel.se")).collect();
        let answers = join_all(emails.iter().map(|email| stage.begin(email))).await;
        let taken = answers.iter().filter(|answer| answer.status == 201).count();
        assert_eq!((taken, answers.iter().filter(|answer| answer.status == 429).count()), (37, 13));
        stage.server.stop().await;
    }
}

/// A gateway in the test's process: it answers with these statuses, one after the other, and tells what it was asked.
async fn gateway(statuses: Vec<u16>) -> (String, tokio::task::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/sms", listener.local_addr().unwrap());
    let task = tokio::spawn(async move {
        let mut asked = Vec::new();
        for status in statuses {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut bytes = Vec::new();
            let text = loop {
                let mut buffer = [0; 4096];
                let read = stream.read(&mut buffer).await.unwrap();
                bytes.extend_from_slice(&buffer[..read]);
                let text = String::from_utf8_lossy(&bytes).into_owned();
                let whole = text.split_once("\r\n\r\n").is_some_and(|(head, body)| {
                    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
                    length.is_some_and(|length| length.parse::<usize>().unwrap() <= body.len())
                });
                if whole || read == 0 {
                    break text;
                }
            };
            asked.push(text);
            let answer = format!(
                "HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\nlocation: http://127.0.0.1:9/\r\n\r\n"
            );
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
        asked
    });
    (address, task)
}

#[actix_web::test]
async fn a_gateway_is_asked_as_the_settings_say() {
    let Some(server) = TestServer::start(skolhus_tests::database::Kind::Sqlite).await else { return };
    let (address, task) = gateway(vec![200, 500, 302]).await;
    let settings = |authentication| HttpSettings {
        address: address.clone(),
        method: "POST".to_owned(),
        authentication,
        template: Template::new(
            Format::Form,
            r#"{"to": "{to}", "from": "{sender}", "message": "{text}"}"#,
            "Väggarp",
        )
        .unwrap(),
        patience: std::time::Duration::from_secs(5),
    };
    assert!(HttpGateway::new(settings(Some((Authentication::Bearer, "två\nrader".to_owned())))).is_err());
    assert!(HttpGateway::new(HttpSettings { method: "GET".to_owned(), ..settings(None) }).is_err());
    let basic = (Authentication::Basic, "user:secret\n".to_owned());
    let gateway = HttpGateway::new(settings(Some(basic))).unwrap();
    let stage = Stage::set(server.with_gateway(Some(Arc::new(gateway))).await).await;
    stage.guardian("Åsa", EMAIL, json!([{ "number": MOBILE }])).await;
    // Whatever the gateway does, the answer is the same.
    for _ in 0..3 {
        stage.begin(EMAIL).await.expect(201);
        stage.server.state.messages.settled().await;
    }
    let asked = task.await.unwrap();
    let (head, body) = asked[0].split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /sms HTTP/1.1\r\n"), "{head}");
    assert!(head.contains("authorization: Basic dXNlcjpzZWNyZXQ="), "{head}");
    assert!(head.contains("content-type: application/x-www-form-urlencoded"), "{head}");
    assert!(body.starts_with("to=%2B46701740605&from=V%C3%A4ggarp&message="), "{body}");
    let figures = stage.server.get("/metrics").send().await.expect(200).text;
    for line in ["{outcome=\"sent\"} 1", "{outcome=\"failed\"} 2", "{outcome=\"refused\"} 0"] {
        assert!(figures.contains(&format!("skolhus_text_messages_total{line}")), "{figures}");
    }

    // Into a file, one line each; and not at all.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("messages");
    let file = FileGateway::new(path.clone());
    let stage = Stage { server: stage.server.with_gateway(Some(Arc::new(file))).await, ..stage };
    stage.later();
    stage.begin(EMAIL).await.expect(201);
    stage.server.state.messages.settled().await;
    let line: Value = serde_json::from_str(std::fs::read_to_string(&path).unwrap().trim()).unwrap();
    assert_eq!(line["to"], "+46701740605");
    let server = stage.server.with_gateway(None).await;
    let off = server.post("/v1/sms-logins", &json!({ "email": EMAIL })).send().await.expect(409);
    assert_eq!(
        (problem(&off), &off.body["title"]),
        ("text-messages-off", &json!("Sms skickas inte härifrån"))
    );
    server.stop().await;
}
