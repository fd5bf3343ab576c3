//! Logging in with BankID, from its start to the session, with a stand-in that speaks BankID's interface.

use std::time::{Duration as Real, Instant};

use chrono::Duration;
use futures_util::future::{join, join_all};
use serde_json::{Value, json};
use skolhus_api::{
    change::housekeeping,
    identity::bankid::{Bankid, Settings, qr_code},
};
use skolhus_domain::{
    access::{Level, Role},
    identity::bankid::{Hint, Progress},
    terminology::Language,
};
use skolhus_tests::{
    bankid::{Instead, Known, Shown, Simulator, Step},
    on_both,
    register::School,
    server::{Answer, TestServer},
};

/// Official test numbers of the Swedish Tax Agency; the last is a coordination number.
const ASA: &str = "198507132390";
const MANS: &str = "200001012384";
const ELIN: &str = "199001012385";
const ORJAN: &str = "198001662397";

const AGENT: &str = "Mozilla/5.0 (Väggarp)";

/// A server that logs in with a stand-in for BankID, and a school in its register.
struct Stage {
    server: TestServer,
    bankid: Simulator,
    school: School,
    administrator: String,
    registrar: String,
}

/// A login that somebody has begun.
struct Login {
    id: String,
    secret: String,
}

impl Stage {
    async fn set(server: TestServer, settings: impl FnOnce(Settings) -> Settings) -> Self {
        let bankid = Simulator::start().await;
        let settings = settings(bankid.settings(&bankid.papers));
        let server = server.with_bankid(Bankid::new(settings).unwrap()).await;
        let school = School::enter(&server).await;
        let mut stage =
            Self { server, bankid, school, administrator: String::new(), registrar: String::new() };
        stage.anew().await;
        stage
    }

    /// Tokens of those who keep the register: they live ten minutes.
    async fn anew(&mut self) {
        self.administrator = self.school.token(&self.server, Role::Administrator).await;
        self.registrar = self.school.token(&self.server, Role::Registrar).await;
    }

    async fn person(&self, given: &str, number: &str, valid: Value) -> String {
        let person = json!({ "name": { "givenName": given, "familyName": "Öberg" },
            "identityNumbers": [{ "value": number, "period": valid }] });
        let made = self.server.post("/v1/persons", &person).token(&self.registrar).send().await.expect(201);
        made.body["id"].as_str().unwrap().to_owned()
    }

    /// An account with a role, of a person.
    async fn account(&self, email: &str, person: &str, role: &str) -> String {
        let new = json!({ "email": email, "personId": person });
        let made = self.server.post("/v1/accounts", &new).token(&self.administrator).send().await.expect(201);
        let id = made.body["id"].as_str().unwrap().to_owned();
        let role = json!({ "accountId": id, "role": role, "valid": { "from": "2026-08-17" } });
        self.server.post("/v1/role-assignments", &role).token(&self.administrator).send().await.expect(201);
        id
    }

    /// Somebody who can log in.
    async fn known(&self, given: &str, number: &str, role: &str) -> String {
        let person = self.person(given, number, json!({ "from": "2020-01-01" })).await;
        self.account(&format!("{given}@exempel.se"), &person, role).await
    }

    async fn start(&self, body: Value) -> Answer {
        self.server.post("/v1/bankid-logins", &body).header("user-agent", AGENT).send().await
    }

    /// Begins a login of which this is said.
    async fn begin(&self, steps: &[Step]) -> Login {
        self.bankid.next_order(steps);
        Login::of(&self.start(json!({})).await.expect(201))
    }

    async fn ask(&self, login: &Login, body: &Value) -> Answer {
        let path = format!("/v1/bankid-logins/{}/collection", login.id);
        self.server.post(&path, body).send().await
    }

    /// Asks how it goes, a second later.
    async fn collect(&self, login: &Login) -> Answer {
        self.server.clock.advance(Duration::seconds(1));
        self.ask(login, &json!({ "secret": login.secret })).await
    }

    async fn choose(&self, login: &Login, account: &str) -> Answer {
        self.ask(login, &json!({ "secret": login.secret, "accountId": account })).await
    }

    async fn cancel(&self, login: &Login, secret: &str) -> Answer {
        let path = format!("/v1/bankid-logins/{}/cancellation", login.id);
        self.server.post(&path, &json!({ "secret": secret })).send().await
    }

    /// Begins a login that is completed at once, and what comes of it.
    async fn shown(&self, number: &str) -> Value {
        let login = self.begin(&[Shown::number(number)]).await;
        self.collect(&login).await.expect(200).body
    }
}

impl Login {
    fn of(started: &Answer) -> Self {
        let field = |name: &str| started.body[name].as_str().unwrap().to_owned();
        Self { id: field("id"), secret: field("secret") }
    }
}

#[track_caller]
fn stands(answer: &Value, hint: Hint) {
    assert_eq!(
        (answer["status"].as_str(), answer["hint"].as_str(), answer["message"].as_str()),
        (Some(hint.progress().code()), Some(hint.code()), Some(hint.message(Language::Swedish))),
        "{answer}"
    );
}

on_both! {
    async fn somebody_logs_in_with_the_app_on_another_device_and_on_the_same(server: TestServer) {
        let stage = Stage::set(server, |settings| settings).await;
        let account = stage.known("Åsa", ASA, "registrar").await;
        let mut said = Vec::new();
        let waits = Step::Pending("outstandingTransaction");
        stage.bankid.next_order(&[waits.clone(), waits, Step::Pending("userSign"), Shown::number(ASA)]);
        let begun = stage.start(json!({ "returnUrl": "https://app.example/in?n=7" })).await.expect(201);
        let Known { order_ref, auto_start_token, qr_start_token, qr_start_secret } = stage.bankid.known()[0].clone();
        let code = |seconds| json!(qr_code(&qr_start_token, &qr_start_secret, seconds));
        assert_eq!(begun.headers["cache-control"], "no-store");
        assert_eq!(begun.body["autoStartToken"], json!(auto_start_token));
        assert_eq!(
            begun.body["startAddress"],
            format!("bankid:///?autostarttoken={auto_start_token}&redirect=https%3A%2F%2Fapp.example%2Fin%3Fn%3D7")
        );
        assert_eq!((&begun.body["qrCode"], &begun.body["expiresAt"]), (&code(0), &json!("2026-08-17T06:15:00Z")));
        let asked = stage.bankid.calls("auth").remove(0);
        assert_eq!(
            (&asked["endUserIp"], &asked["returnRisk"], &asked["returnUrl"]),
            (&json!("127.0.0.1"), &json!(true), &json!("https://app.example/in?n=7"))
        );
        assert_eq!((&asked["web"]["referringDomain"], &asked["web"]["userAgent"]), (&json!("app.example"), &json!(AGENT)));
        assert!(asked.get("requirement").is_none(), "nobody says who they are");

        let login = Login::of(&begun);
        let first = stage.collect(&login).await.expect(200);
        stands(&first.body, Hint::OutstandingTransaction);
        assert_eq!((&first.body["qrCode"], &first.headers["content-language"]), (&code(1), &"sv".parse().unwrap()));
        // However often it is asked, BankID is asked once a second; the code follows the time.
        for _ in 0..5 {
            said.push(stage.ask(&login, &json!({ "secret": login.secret })).await.expect(200).text);
        }
        assert_eq!(stage.bankid.calls("collect").len(), 1);
        stage.server.clock.advance(Duration::seconds(6));
        let later = stage.collect(&login).await.expect(200);
        assert_eq!(later.body["qrCode"], code(8));
        let signing = stage.collect(&login).await.expect(200);
        stands(&signing.body, Hint::UserSign);
        assert_eq!((&signing.body["qrCode"], &signing.body["session"]), (&Value::Null, &Value::Null));
        stage.server.clock.advance(Duration::seconds(1));
        let path = format!("/v1/bankid-logins/{}/collection", login.id);
        let done = stage.server.post(&path, &json!({ "secret": login.secret })).header("accept-language", "en").send().await.expect(200);
        assert_eq!((&done.body["status"], &done.body["message"]), (&json!("complete"), &json!("You are logged in.")));
        assert_eq!(done.headers["cache-control"], "no-store");
        let session = done.body["session"].clone();
        assert_eq!(session["level"], "high");
        assert_eq!(session["account"], json!({ "id": account, "roles": ["registrar"] }));
        let me = stage.server.get("/v1/me").token(session["accessToken"].as_str().unwrap()).send().await.expect(200);
        assert_eq!((&me.body["sessionId"], &me.body["level"]), (&session["id"], &json!("high")));
        let renewed = stage.server.post("/v1/sessions/refresh", &json!({ "refreshToken": session["refreshToken"] })).send().await.expect(200);
        assert_eq!(renewed.body["level"], "high");
        let keys = |body: &Value| body.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(&renewed.body), keys(&session), "the same document as other logins give");

        // It is given out once.
        let again = stage.collect(&login).await.expect(200);
        stands(&again.body, Hint::AlreadyUsed);
        assert_eq!(again.body["session"], Value::Null);
        // An id alone is worth nothing, and tells nothing.
        let nobody = Login { id: stage.server.state.fresh_uuid().to_string(), secret: login.secret.clone() };
        let wrong = stage.ask(&login, &json!({ "secret": "fel" })).await.expect(404);
        let unknown = stage.ask(&nobody, &json!({ "secret": login.secret })).await.expect(404);
        assert_eq!((&wrong.body["detail"], &wrong.body["code"]), (&unknown.body["detail"], &unknown.body["code"]));

        // On the same device nothing is asked in between; what is known of the browser is enough.
        stage.bankid.next_order(&[Shown::number(ASA)]);
        let begun_here = stage.start(json!({ "deviceIdentifier": "6f1d0b7e2c" })).await.expect(201);
        assert!(begun_here.body["startAddress"].as_str().unwrap().ends_with("&redirect=null"));
        let asked = stage.bankid.calls("auth").remove(1);
        assert_eq!((&asked["web"]["referringDomain"], &asked["web"]["deviceIdentifier"]), (&json!("skola.example"), &json!("6f1d0b7e2c")));
        let here = stage.collect(&Login::of(&begun_here)).await.expect(200);
        stands(&here.body, Hint::LoggedIn);

        // Nothing of it stands in an answer, nor in what is kept.
        said.extend([begun, first, later, signing, done, again, wrong, unknown, begun_here, here].map(|answer| answer.text));
        let mut raw = stage.server.raw();
        let kept = raw.texts("SELECT secret_hash || ' ' || state || ' ' || hint || ' ' || sealed AS value FROM bankid_orders");
        assert_eq!(kept.len(), 2);
        let from = raw.texts("SELECT risk || ' ' || ip_address || ' ' || device AS value FROM bankid_logins");
        assert_eq!(from, vec!["low 198.51.100.7 OZvYM9VvyiAmG7NA5jU5zqGcVpo="; 2]);
        let log = raw.texts("SELECT details AS value FROM change_details");
        for text in said.iter().chain(&kept).chain(&log) {
            for secret in [&order_ref, &qr_start_secret] {
                assert!(!text.contains(secret.as_str()), "{text}");
            }
        }
        for text in said.iter().chain(&kept) {
            assert!(!text.contains(ASA) && !text.contains("850713") && !text.contains("198.51.100.7"), "{text}");
        }
        assert!(!log.iter().any(|details| details.contains("198.51.100.7") || details.contains("OZvYM9")));

        // What is over is forgotten, and what it told of a device later.
        stage.server.clock.advance(Duration::hours(2));
        while housekeeping::pass(&stage.server.state, 100).await.unwrap() {}
        stage.ask(&login, &json!({ "secret": login.secret })).await.expect(404);
        assert_eq!(raw.texts("SELECT risk AS value FROM bankid_logins").len(), 2);
        stage.server.clock.advance(Duration::days(90));
        while housekeeping::pass(&stage.server.state, 100).await.unwrap() {}
        assert!(raw.texts("SELECT risk AS value FROM bankid_logins").is_empty());
        drop(raw);
        stage.server.stop().await;
    }
}

on_both! {
    async fn each_way_to_fail_has_its_own_words_and_nothing_comes_of_it(server: TestServer) {
        let stage = Stage::set(server, |settings| settings).await;
        stage.known("Åsa", ASA, "teacher").await;
        for hint in Hint::ALL.iter().filter(|hint| hint.progress() != Progress::Complete) {
            let Some(word) = hint.word() else { continue };
            let step = if hint.progress() == Progress::Failed { Step::Failed(word) } else { Step::Pending(word) };
            let login = stage.begin(&[step, Shown::number(ASA)]).await;
            stands(&stage.collect(&login).await.expect(200).body, *hint);
            if hint.progress() == Progress::Failed {
                // It stays so, and BankID is not asked again.
                let asked = stage.bankid.calls("collect").len();
                stands(&stage.collect(&login).await.expect(200).body, *hint);
                assert_eq!(stage.bankid.calls("collect").len(), asked);
            }
        }
        let login = stage.begin(&[Step::Pending("somethingNew"), Step::Failed("somethingElse")]).await;
        stands(&stage.collect(&login).await.expect(200).body, Hint::PendingOther);
        stands(&stage.collect(&login).await.expect(200).body, Hint::FailedOther);

        // Taken back: whoever has the secret may, and the app is told.
        let login = stage.begin(&[Shown::number(ASA)]).await;
        stage.cancel(&login, "fel").await.expect(404);
        assert!(stage.bankid.calls("cancel").is_empty());
        stage.cancel(&login, &login.secret).await.expect(204);
        stage.cancel(&login, &login.secret).await.expect(204);
        assert_eq!(stage.bankid.calls("cancel").len(), 1);
        stands(&stage.collect(&login).await.expect(200).body, Hint::Cancelled);
        let login = stage.begin(&[Shown::number(ASA)]).await;
        stage.bankid.instead(Instead::Refusal(503, "maintenance", ""));
        stage.cancel(&login, &login.secret).await.expect(204);
        stands(&stage.collect(&login).await.expect(200).body, Hint::Cancelled);

        // Out of time: by BankID, which knows it no more, and by ourselves.
        let login = stage.begin(&[Shown::number(ASA)]).await;
        stage.bankid.instead(Instead::Refusal(404, "notFound", ""));
        stands(&stage.collect(&login).await.expect(200).body, Hint::ExpiredTransaction);
        let login = stage.begin(&[Shown::number(ASA)]).await;
        stage.server.clock.advance(Duration::minutes(5));
        let asked = stage.bankid.calls("collect").len();
        stands(&stage.collect(&login).await.expect(200).body, Hint::ExpiredTransaction);
        assert_eq!(stage.bankid.calls("collect").len(), asked);
        let mut raw = stage.server.raw();
        assert!(raw.texts("SELECT level AS value FROM sessions").is_empty());
        assert!(raw.texts("SELECT state AS value FROM bankid_orders WHERE sealed <> '' AND state <> 'pending'").is_empty());
        drop(raw);
        stage.server.stop().await;
    }
}

on_both! {
    async fn the_number_alone_says_who_is_let_in(server: TestServer) {
        let mut stage = Stage::set(server, |settings| settings).await;
        let asa = stage.known("Åsa", ASA, "teacher").await;
        let nobody = stage.shown(ELIN).await;
        stands(&nobody, Hint::NoAccount);
        // Somebody without an account, and somebody whose account is disabled, are told the same.
        let elin = stage.person("Elin", ELIN, json!({ "from": "2020-01-01" })).await;
        let disabled = stage.account("elin@exempel.se", &elin, "teacher").await;
        let path = format!("/v1/accounts/{disabled}");
        stage.server.patch(&path, "*", &json!({ "disabled": true })).token(&stage.administrator).send().await.expect(200);
        let mut told = stage.shown(ELIN).await;
        told["expiresAt"] = nobody["expiresAt"].clone();
        assert_eq!(told, nobody);
        stands(&stage.shown("191212121212").await, Hint::NoAccount);
        stands(&stage.shown("inget nummer").await, Hint::NoAccount);
        // A number that somebody held before is nobody's now.
        let person = stage.person("Örjan", ORJAN, json!({ "from": "2020-01-01", "to": "2026-08-16" })).await;
        stage.account("orjan@exempel.se", &person, "teacher").await;
        stands(&stage.shown(ORJAN).await, Hint::NoAccount);
        let now = json!({ "identityNumbers": [{ "value": ORJAN, "period": { "from": "2020-01-01" } }] });
        stage.server.patch(&format!("/v1/persons/{person}"), "*", &now).token(&stage.registrar).send().await.expect(200);
        stands(&stage.shown(ORJAN).await, Hint::LoggedIn);

        // Who is protected may log in; the answer tells no more of them than of others.
        let officer = stage.school.token_of(&stage.server, Role::ProtectionOfficer, None, None, Level::High).await;
        let mans = stage.person("Måns", MANS, json!({ "from": "2020-01-01" })).await;
        let account = stage.account("mans@exempel.se", &mans, "participant").await;
        let protection = json!({ "protection": "marked" });
        stage.server.put(&format!("/v1/persons/{mans}/protection"), "*", &protection).token(&officer).send().await.expect(200);
        let protected = stage.shown(MANS).await;
        assert_eq!(protected["session"]["account"], json!({ "id": account, "roles": ["participant"] }));

        // What BankID finds too risky is not taken, whoever it is.
        let risky = |number: &str, risk| Step::Complete(Shown { number: number.to_owned(), risk });
        for number in [ASA, "191212121212"] {
            let login = stage.begin(&[risky(number, Some("high"))]).await;
            stands(&stage.collect(&login).await.expect(200).body, Hint::RiskTooHigh);
        }
        for risk in [Some("moderate"), None] {
            let login = stage.begin(&[risky(ASA, risk)]).await;
            stands(&stage.collect(&login).await.expect(200).body, Hint::LoggedIn);
        }

        // The same person at two organisers chooses.
        let elsewhere = School::enter(&stage.server).await;
        let here = std::mem::replace(&mut stage.school, elsewhere);
        stage.anew().await;
        let other = stage.known("Åsa-Annan", ASA, "registrar").await;
        let login = stage.begin(&[Shown::number(ASA)]).await;
        let several = stage.collect(&login).await.expect(200).body;
        stands(&several, Hint::ChooseAccount);
        let choice = |account: &str, email: &str, school: &School, role: &str| json!({ "accountId": account, "email": email,
            "organiserId": school.organiser.to_string(), "organiserName": "Väggarps folkhögskoleförening", "roles": [role] });
        let mut choices = vec![choice(&asa, "Åsa@exempel.se", &here, "teacher"), choice(&other, "Åsa-Annan@exempel.se", &stage.school, "registrar")];
        choices.sort_by_key(|choice| choice["organiserId"].as_str().unwrap().to_owned());
        assert_eq!((&several["choices"], &several["session"]), (&json!(choices), &Value::Null));
        // Whoever asks again is told the same; nobody else's account can be chosen.
        assert_eq!(stage.collect(&login).await.expect(200).body, several);
        assert_eq!(stage.choose(&login, &account).await.expect(422).refused(), ["/accountId"]);
        let answers = join_all((0..8).map(|_| stage.choose(&login, &other))).await;
        assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
        let sessions: Vec<&Answer> = answers.iter().filter(|answer| answer.body["session"].is_object()).collect();
        assert_eq!(sessions.len(), 1, "one of them gets the session");
        assert_eq!(sessions[0].body["session"]["account"], json!({ "id": other, "roles": ["registrar"] }));
        stands(&stage.choose(&login, &asa).await.expect(200).body, Hint::AlreadyUsed);
        // A choice waits for five minutes.
        let login = stage.begin(&[Shown::number(ASA)]).await;
        stands(&stage.collect(&login).await.expect(200).body, Hint::ChooseAccount);
        stage.server.clock.advance(Duration::minutes(5));
        stands(&stage.choose(&login, &asa).await.expect(200).body, Hint::ExpiredTransaction);
        stage.server.stop().await;
    }
}

on_both! {
    async fn of_many_requests_at_once_one_gets_the_session(server: TestServer) {
        let stage = Stage::set(server, |settings| settings).await;
        stage.known("Åsa", ASA, "teacher").await;
        let login = stage.begin(&[Shown::number(ASA)]).await;
        let body = json!({ "secret": login.secret });
        // In the same second BankID is asked once.
        stage.server.clock.advance(Duration::seconds(1));
        let answers = join_all((0..8).map(|_| stage.ask(&login, &body))).await;
        assert!(answers.iter().all(|answer| answer.status == 200), "{answers:?}");
        assert_eq!(answers.iter().filter(|answer| answer.body["session"].is_object()).count(), 1);
        assert_eq!(stage.bankid.calls("collect").len(), 1);
        // Two that BankID takes its time to answer both learn that it is complete.
        let login = stage.begin(&[Shown::number(ASA)]).await;
        let body = json!({ "secret": login.secret });
        stage.bankid.slow_down(Real::from_millis(300));
        let second = async {
            tokio::time::sleep(Real::from_millis(100)).await;
            stage.server.clock.advance(Duration::seconds(1));
            stage.ask(&login, &body).await
        };
        let (one, two) = join(stage.ask(&login, &body), second).await;
        assert_eq!(stage.bankid.calls("collect").len(), 3);
        let mut hints = [one, two].map(|answer| answer.expect(200).body["hint"].as_str().unwrap().to_owned());
        hints.sort();
        assert_eq!(hints, ["already-used", "logged-in"]);
        let mut raw = stage.server.raw();
        assert_eq!(raw.texts("SELECT level AS value FROM sessions").len(), 2);
        drop(raw);
        stage.server.stop().await;
    }
}

on_both! {
    async fn bankid_being_in_trouble_is_no_trouble_of_ours(server: TestServer) {
        let off = server.post("/v1/bankid-logins", &json!({})).send().await.expect(409);
        assert_eq!(off.body["code"], "bankid-off");
        let stage = Stage::set(server, |settings| Settings { free_starts: 20, ..settings }).await;
        stage.known("Åsa", ASA, "teacher").await;
        for foreign in ["https://app.example.elak.example/", "http://app.example/", "skola"] {
            assert_eq!(stage.start(json!({ "returnUrl": foreign })).await.expect(422).refused(), ["/returnUrl"]);
        }
        assert!(stage.bankid.calls("auth").is_empty());
        let refusals = [
            (Instead::Refusal(400, "alreadyInProgress", ""), 409, "bankid-in-progress", ""),
            (Instead::Refusal(400, "invalidParameters", ""), 503, "bankid-unavailable", "60"),
            (Instead::Refusal(401, "unauthorized", ""), 503, "bankid-unavailable", "60"),
            (Instead::Refusal(404, "notFound", ""), 503, "bankid-unavailable", "60"),
            (Instead::Refusal(408, "requestTimeout", ""), 503, "bankid-unavailable", "5"),
            (Instead::Refusal(429, "tooManyRequests", "RateLimit-Reset: 17\r\n"), 503, "bankid-unavailable", "17"),
            (Instead::Refusal(500, "internalError", ""), 503, "bankid-unavailable", "5"),
            (Instead::Refusal(503, "maintenance", ""), 503, "bankid-unavailable", "60"),
            (Instead::Nonsense, 503, "bankid-unavailable", "5"),
            (Instead::Silence, 503, "bankid-unavailable", "5"),
        ];
        for (instead, status, code, after) in &refusals {
            let begun = Instant::now();
            stage.bankid.instead(instead.clone());
            let refused = stage.start(json!({})).await.expect(*status);
            assert_eq!(refused.body["code"], *code, "{instead:?}");
            let told = refused.headers.get("retry-after").map_or("", |value| value.to_str().unwrap());
            assert_eq!(told, *after, "{instead:?}");
            assert!(begun.elapsed() < Real::from_secs(4), "{instead:?}");
        }
        // What was begun goes on when BankID is back.
        let login = stage.begin(&[Step::Pending("userSign"), Shown::number(ASA)]).await;
        stands(&stage.collect(&login).await.expect(200).body, Hint::UserSign);
        for (instead, ..) in refusals.iter().filter(|(instead, ..)| {
            !matches!(instead, Instead::Refusal(_, "notFound" | "invalidParameters" | "alreadyInProgress", _))
        }) {
            stage.bankid.instead(instead.clone());
            let refused = stage.collect(&login).await.expect(503);
            assert_eq!(refused.body["code"], "bankid-unavailable");
            // In the same second nobody is kept waiting.
            stands(&stage.ask(&login, &json!({ "secret": login.secret })).await.expect(200).body, Hint::UserSign);
        }
        stands(&stage.collect(&login).await.expect(200).body, Hint::LoggedIn);
        // That took back what was counted; from one address no more are begun than that.
        let mut free = 0;
        while free < 30 && stage.start(json!({})).await.status == 201 {
            free += 1;
        }
        assert_eq!(free, 20);
        let slower = stage.start(json!({})).await.expect(429);
        assert_eq!(slower.body["code"], "too-many-attempts");

        // A certificate that BankID does not know, and a BankID that is not there.
        let Stage { server, bankid, .. } = stage;
        let stranger = Bankid::new(bankid.settings(&bankid.strangers)).unwrap();
        // The clock of a server that starts again is set back.
        let again = async |server: TestServer, bankid| {
            let server = server.with_bankid(bankid).await;
            server.clock.advance(Duration::hours(2));
            server
        };
        let server = again(server, stranger).await;
        let calls = bankid.calls("auth").len();
        let refused = server.post("/v1/bankid-logins", &json!({})).send().await.expect(503);
        assert_eq!((&refused.body["code"], bankid.calls("auth").len()), (&json!("bankid-unavailable"), calls));
        assert!(!refused.text.to_lowercase().contains("certificate"), "{}", refused.text);
        let trusted = bankid.trusted();
        let other = Settings { authority: Simulator::start().await.authority.clone().into_bytes(), ..bankid.settings(&bankid.papers) };
        let server = again(server, Bankid::new(other).unwrap()).await;
        server.post("/v1/bankid-logins", &json!({})).send().await.expect(503);
        assert_eq!(bankid.calls("auth").len(), calls, "a BankID that another authority vouches for is none");
        drop(bankid);
        let server = again(server, trusted).await;
        server.post("/v1/bankid-logins", &json!({})).send().await.expect(503);
        server.get("/health/ready").send().await.expect(200);
        server.stop().await;
    }
}
