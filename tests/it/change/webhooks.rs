use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::{Value, json};
use skolhus_domain::access::Role;
use skolhus_tests::{on_both, raw::Raw, register::School, server::TestServer};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

/// A message as it came: its signature and its body.
type Received = (String, String);

/// A receiver in the test's process. It answers as `answers` says, then 200, each after a wait.
struct Receiver {
    url: String,
    received: Arc<Mutex<Vec<(u16, Received)>>>,
}

impl Receiver {
    async fn start(answers: &[u16], wait: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/krok", listener.local_addr().unwrap());
        let received: Arc<Mutex<Vec<(u16, Received)>>> = Arc::default();
        let (shared, mut answers) = (Arc::clone(&received), answers.to_vec());
        answers.reverse();
        let answers = Arc::new(Mutex::new(answers));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (shared, answers) = (Arc::clone(&shared), Arc::clone(&answers));
                tokio::spawn(async move {
                    let mut bytes = Vec::new();
                    let mut buffer = [0; 4096];
                    let (head, body) = loop {
                        let read = stream.read(&mut buffer).await.unwrap();
                        if read == 0 {
                            return;
                        }
                        bytes.extend_from_slice(&buffer[..read]);
                        let text = String::from_utf8_lossy(&bytes).into_owned();
                        if let Some((head, body)) = text.split_once("\r\n\r\n")
                            && header(head, "content-length").parse::<usize>().unwrap_or(0) <= body.len()
                        {
                            break (head.to_owned(), body.to_owned());
                        }
                    };
                    tokio::time::sleep(wait).await;
                    let status = answers.lock().unwrap().pop().unwrap_or(200);
                    shared.lock().unwrap().push((status, (header(&head, "skolhus-signature"), body)));
                    let answer = format!(
                        "HTTP/1.1 {status} X\r\nlocation: {}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
                        "http://127.0.0.1:1/"
                    );
                    let _ = stream.write_all(answer.as_bytes()).await;
                });
            }
        });
        Self { url, received }
    }

    fn received(&self) -> Vec<(u16, Received)> {
        self.received.lock().unwrap().clone()
    }

    /// The bodies that it accepted, in the order they came.
    fn accepted(&self) -> Vec<Value> {
        let taken = self.received().into_iter().filter(|(status, _)| *status == 200);
        taken.map(|(_, (_, body))| serde_json::from_str(&body).unwrap()).collect()
    }
}

fn header(head: &str, name: &str) -> String {
    let lines = head.lines().filter_map(|line| line.split_once(": "));
    lines
        .filter(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.to_owned())
        .next()
        .unwrap_or_default()
}

/// Waits until something is so, for at most ten seconds.
async fn until(what: &str, mut so: impl FnMut() -> bool) {
    for _ in 0..500 {
        if so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it did not come about: {what}");
}

async fn subscribe(server: &TestServer, token: &str, url: &str, entities: &[&str]) -> (String, String) {
    let body = json!({ "url": url, "entities": entities });
    let made = server.post("/v1/webhook-subscriptions", &body).token(token).send().await.expect(201);
    (made.body["id"].as_str().unwrap().to_owned(), made.body["secret"].as_str().unwrap().to_owned())
}

async fn rename(server: &TestServer, school: &School, token: &str, name: &str) {
    let path = format!("/v1/school-units/{}", school.unit);
    let request = server.request(reqwest::Method::PATCH, &path).header("if-match", "*");
    request.json(&json!({ "name": name })).token(token).send().await.expect(200);
}

on_both! {
    async fn a_receiver_that_fails_twice_is_told_once_it_accepts(server: TestServer) {
        let school = School::enter(&server).await;
        let (administrator, registrar) =
            (school.token(&server, Role::Administrator).await, school.token(&server, Role::Registrar).await);
        let receiver = Receiver::start(&[500, 302], Duration::ZERO).await;
        let (id, secret) = subscribe(&server, &administrator, &receiver.url, &["school unit"]).await;
        let workers = server.work();
        rename(&server, &school, &registrar, "Ängarps folkhögskola").await;
        until("the first attempt", || receiver.received().len() == 1).await;
        // Each wait is longer than the one before.
        tokio::time::sleep(Duration::from_millis(700)).await;
        assert_eq!(receiver.received().len(), 1, "not before its time");
        server.clock.advance(chrono::Duration::seconds(7));
        until("the second attempt", || receiver.received().len() == 2).await;
        tokio::time::sleep(Duration::from_millis(700)).await;
        server.clock.advance(chrono::Duration::seconds(13));
        until("the third attempt", || receiver.accepted().len() == 1).await;
        tokio::time::sleep(Duration::from_millis(700)).await;
        server.clock.advance(chrono::Duration::days(1));
        tokio::time::sleep(Duration::from_millis(700)).await;
        assert_eq!(receiver.received().len(), 3, "once accepted it is not sent again");

        let received = receiver.received();
        assert!(received.iter().all(|(_, (_, body))| *body == received[0].1.1), "the same message each time");
        let message = &receiver.accepted()[0];
        assert!(!received[0].1.1.contains("Ängarp"));
        assert_eq!(
            (&message["entity"], &message["entityId"], &message["version"], &message["action"], &message["organiserId"]),
            (&json!("school unit"), &json!(school.unit.to_string()), &json!(2), &json!("update"), &json!(school.organiser.to_string()))
        );
        let keys: Vec<&String> = message.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["id", "organiserId", "position", "entity", "entityId", "version", "action", "occurredAt"]);
        for (_, (signature, body)) in &received {
            let time = signature.split_once(',').unwrap().0.strip_prefix("t=").unwrap().parse().unwrap();
            let time = chrono::DateTime::from_timestamp(time, 0).unwrap();
            assert_eq!(*signature, skolhus_api::change::signature(&secret, time, body));
        }
        let administrator = school.token(&server, Role::Administrator).await;
        let shown = server.get(&format!("/v1/webhook-subscriptions/{id}")).token(&administrator).send().await.expect(200);
        assert_eq!((&shown.body["waitingMessages"], &shown.body["givenUpMessages"]), (&json!(0), &json!(0)));
        assert!(shown.body["lastSentAt"].is_string() && shown.body.get("secret").is_none(), "{}", shown.text);
        workers.stop().await;
        server.stop().await;
    }
}

on_both! {
    async fn nothing_is_lost_over_a_restart(server: TestServer) {
        let school = School::enter(&server).await;
        let (administrator, registrar) =
            (school.token(&server, Role::Administrator).await, school.token(&server, Role::Registrar).await);
        let receiver = Receiver::start(&[], Duration::from_millis(100)).await;
        subscribe(&server, &administrator, &receiver.url, &["school unit"]).await;
        let workers = server.work();
        for number in 0..10 {
            rename(&server, &school, &registrar, &format!("Åkerö {number}")).await;
        }
        until("a message", || !receiver.received().is_empty()).await;
        workers.stop().await;
        let server = server.restart().await;
        for number in 10..15 {
            rename(&server, &school, &registrar, &format!("Åkerö {number}")).await;
        }
        let workers = server.work();
        until("all messages", || {
            // What had been taken and not sent is free again after a while.
            server.clock.advance(chrono::Duration::seconds(1));
            let mut versions: Vec<i64> = receiver.accepted().iter().map(|message| message["version"].as_i64().unwrap()).collect();
            versions.sort_unstable();
            versions.dedup();
            versions == (2..=16).collect::<Vec<_>>()
        }).await;
        workers.stop().await;
        server.stop().await;
    }
}

on_both! {
    async fn a_slow_receiver_holds_up_nobody(server: TestServer) {
        let school = School::enter(&server).await;
        let (administrator, registrar) =
            (school.token(&server, Role::Administrator).await, school.token(&server, Role::Registrar).await);
        let slow = Receiver::start(&[], Duration::from_secs(60)).await;
        let quick = Receiver::start(&[], Duration::ZERO).await;
        let (slow_id, _) = subscribe(&server, &administrator, &slow.url, &[]).await;
        subscribe(&server, &administrator, &quick.url, &["school unit"]).await;
        let workers = server.work();
        let begun = std::time::Instant::now();
        for number in 0..40 {
            rename(&server, &school, &registrar, &format!("Öland {number}")).await;
        }
        until("all messages to the quick one", || quick.accepted().len() == 40).await;
        assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
        assert!(slow.received().is_empty());
        // The slow one is given up in the end, and that can be seen.
        server.clock.advance(chrono::Duration::days(4));
        let administrator = school.token(&server, Role::Administrator).await;
        let path = format!("/v1/webhook-subscriptions/{slow_id}");
        let mut given_up = 0;
        for _ in 0..40 {
            tokio::time::sleep(Duration::from_millis(250)).await;
            let shown = server.get(&path).token(&administrator).send().await.expect(200);
            given_up = shown.body["givenUpMessages"].as_i64().unwrap();
            if given_up > 0 {
                break;
            }
        }
        assert!(given_up > 0);
        workers.stop().await;
        server.stop().await;
    }
}

on_both! {
    async fn subscriptions_are_managed_by_administrators(server: TestServer) {
        let school = School::enter(&server).await;
        let administrator = school.token(&server, Role::Administrator).await;
        for url in ["http://receiver.example/", "https://10.0.0.1/", "https://169.254.169.254/", "nowhere"] {
            let body = json!({ "url": url });
            let refused = server.post("/v1/webhook-subscriptions", &body).token(&administrator).send().await.expect(422);
            assert_eq!(refused.refused(), ["/url"], "{url}");
        }
        let body = json!({ "url": "https://receiver.example/", "entities": ["term", "betyg"] });
        let refused = server.post("/v1/webhook-subscriptions", &body).token(&administrator).send().await.expect(422);
        assert_eq!(refused.refused(), ["/entities/1"]);

        let body = json!({ "url": "https://receiver.example/", "entities": ["term"] });
        let once = || server.post("/v1/webhook-subscriptions", &body).token(&administrator).header("idempotency-key", "krok").send();
        let (first, again) = (once().await.expect(201), once().await.expect(201));
        assert_eq!(first.body["id"], again.body["id"]);
        assert!(first.body["secret"].is_string() && again.body.get("secret").is_none());
        let path = format!("/v1/webhook-subscriptions/{}", first.body["id"].as_str().unwrap());
        let mut raw = Raw::open(server.state.database.address());
        let secret = first.body["secret"].as_str().unwrap();
        let kept = raw.text("SELECT sealed_secret AS value FROM webhook_subscriptions");
        let noted = raw.texts("SELECT details AS value FROM change_details").concat();
        assert!(!kept.contains(secret) && !noted.contains(secret) && !noted.contains(&kept));
        drop(raw);

        let rested = server.patch(&path, "\"1\"", &json!({ "active": false })).token(&administrator).send().await.expect(200);
        assert_eq!((rested.etag().as_str(), &rested.body["active"]), ("\"2\"", &json!(false)));
        server.patch(&path, "\"1\"", &json!({ "url": "https://other.example/" })).token(&administrator).send().await.expect(412);
        server.patch(&path, "\"2\"", &json!({ "url": null })).token(&administrator).send().await.expect(422);
        let list = server.get("/v1/webhook-subscriptions?active=false").token(&administrator).send().await.expect(200);
        assert_eq!(list.body["data"].as_array().unwrap().len(), 1);
        let registrar = school.token(&server, Role::Registrar).await;
        server.get(&path).token(&registrar).send().await.expect(403);
        let elsewhere = School::enter(&server).await;
        let stranger = elsewhere.token(&server, Role::Administrator).await;
        server.get(&path).token(&stranger).send().await.expect(404);
        server.delete(&path, "\"2\"").token(&administrator).send().await.expect(204);
        server.get(&path).token(&administrator).send().await.expect(404);
        server.stop().await;
    }
}

/// A subscription as it is shown.
async fn shown(server: &TestServer, school: &School, id: &str) -> Value {
    let administrator = school.token(server, Role::Administrator).await;
    server.get(&format!("/v1/webhook-subscriptions/{id}")).token(&administrator).send().await.expect(200).body
}

on_both! {
    async fn many_changes_are_gathered_into_one_message(server: TestServer) {
        let school = School::enter(&server).await;
        let (administrator, registrar) =
            (school.token(&server, Role::Administrator).await, school.token(&server, Role::Registrar).await);
        let receiver = Receiver::start(&[], Duration::ZERO).await;
        let body = json!({ "url": receiver.url, "entities": ["school unit", "term"], "gathered": true });
        let made = server.post("/v1/webhook-subscriptions", &body).token(&administrator).send().await.expect(201);
        assert_eq!(made.body["gathered"], true);
        for number in 0..20 {
            rename(&server, &school, &registrar, &format!("Ekerö {number}")).await;
            if number % 7 == 0 {
                server.settle_log().await;
            }
        }
        server.settle_log().await;
        let workers = server.work();
        tokio::time::sleep(Duration::from_millis(700)).await;
        assert!(receiver.received().is_empty(), "it waits for more");
        server.clock.advance(chrono::Duration::seconds(6));
        until("the message", || !receiver.received().is_empty()).await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        let messages = receiver.accepted();
        assert_eq!(messages.len(), 1, "{messages:?}");
        let message = &messages[0];
        assert_eq!((&message["gathered"], &message["changes"], &message["entities"]), (&json!(true), &json!(20), &json!(["school unit"])));
        assert!(message["fromPosition"].as_i64().unwrap() + 19 <= message["position"].as_i64().unwrap());
        let keys: Vec<&String> = message.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["id", "organiserId", "gathered", "entities", "changes", "fromPosition", "position", "occurredAt"]);
        assert!(!receiver.received()[0].1.1.contains(&school.unit.to_string()), "no record is named");
        // What comes after it was sent begins another message.
        rename(&server, &school, &registrar, "Färingsö").await;
        until("the second message", || {
            server.clock.advance(chrono::Duration::seconds(1));
            receiver.accepted().len() == 2
        }).await;
        workers.stop().await;
        server.stop().await;
    }
}

on_both! {
    async fn a_receiver_that_fails_for_long_is_left_in_peace_until_somebody_resumes(server: TestServer) {
        let school = School::enter(&server).await;
        let registrar = school.token(&server, Role::Registrar).await;
        let receiver = Receiver::start(&[500, 500], Duration::ZERO).await;
        let administrator = school.token(&server, Role::Administrator).await;
        let (id, _) = subscribe(&server, &administrator, &receiver.url, &["school unit"]).await;
        let workers = server.work();
        rename(&server, &school, &registrar, "Gräsö").await;
        until("the first attempt", || receiver.received().len() == 1).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        server.clock.advance(chrono::Duration::days(4));
        let mut now = Value::Null;
        for _ in 0..100 {
            now = shown(&server, &school, &id).await;
            if now["pausedAt"].is_string() { break }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert_eq!((&now["active"], &now["pauseReason"], &now["waitingMessages"]), (&json!(false), &json!("the receiver answered 500"), &json!(0)), "{now}");
        let from = now["missed"]["fromPosition"].as_i64().unwrap();
        assert_eq!(now["missed"]["toPosition"], Value::Null);
        // While it rests nothing is sent, and nothing gathers.
        let registrar = school.token(&server, Role::Registrar).await;
        rename(&server, &school, &registrar, "Husarö").await;
        server.settle_log().await;
        tokio::time::sleep(Duration::from_millis(700)).await;
        assert_eq!(receiver.received().len(), 2);
        assert_eq!(shown(&server, &school, &id).await["waitingMessages"], 0);

        let administrator = school.token(&server, Role::Administrator).await;
        let path = format!("/v1/webhook-subscriptions/{id}");
        server.post(&format!("{path}/test-message"), &json!({})).token(&administrator).send().await.expect(409);
        let resumed = server.patch(&path, "*", &json!({ "active": true })).token(&administrator).send().await.expect(200).body;
        assert_eq!((&resumed["pausedAt"], &resumed["active"], resumed["missed"]["fromPosition"].as_i64()), (&Value::Null, &json!(true), Some(from)));
        assert!(resumed["missed"]["toPosition"].as_i64().unwrap() > from);
        rename(&server, &school, &registrar, "Ingarö").await;
        until("it is told again", || receiver.accepted().len() == 1).await;
        workers.stop().await;
        let log = server.get("/v1/changes?entity=webhook+subscription&sort=position").token(&administrator).send().await.expect(200);
        let actions: Vec<&str> = log.body["data"].as_array().unwrap().iter().map(|change| change["actorKind"].as_str().unwrap()).collect();
        assert_eq!(actions, ["account", "system", "account"], "that it was paused stands in the log");
        server.stop().await;
    }
}

on_both! {
    async fn a_subscription_ends_unless_it_is_renewed(server: TestServer) {
        let school = School::enter(&server).await;
        let administrator = school.token(&server, Role::Administrator).await;
        let receiver = Receiver::start(&[], Duration::ZERO).await;
        let (id, _) = subscribe(&server, &administrator, &receiver.url, &["school unit"]).await;
        let path = format!("/v1/webhook-subscriptions/{id}");
        let now = shown(&server, &school, &id).await;
        assert_eq!((&now["expiresAt"], &now["renewalDue"]), (&json!("2026-11-15T06:10:00Z"), &json!(false)));
        server.clock.advance(chrono::Duration::days(80));
        assert_eq!(shown(&server, &school, &id).await["renewalDue"], true);
        server.clock.advance(chrono::Duration::days(20));
        let registrar = school.token(&server, Role::Registrar).await;
        rename(&server, &school, &registrar, "Järna").await;
        server.settle_log().await;
        assert_eq!(shown(&server, &school, &id).await["waitingMessages"], 0, "it has ended");
        let administrator = school.token(&server, Role::Administrator).await;
        server.post(&format!("{path}/test-message"), &json!({})).token(&administrator).send().await.expect(409);
        let renewed = server.request(reqwest::Method::POST, &format!("{path}/renewal")).token(&administrator).send().await.expect(200);
        assert_eq!((renewed.etag().as_str(), &renewed.body["renewalDue"]), ("\"2\"", &json!(false)));
        rename(&server, &school, &registrar, "Kolbäck").await;
        server.settle_log().await;
        assert_eq!(shown(&server, &school, &id).await["waitingMessages"], 1);
        let elsewhere = School::enter(&server).await;
        let stranger = elsewhere.token(&server, Role::Administrator).await;
        for part in ["renewal", "secret", "test-message"] {
            server.request(reqwest::Method::POST, &format!("{path}/{part}")).token(&stranger).send().await.expect(404);
        }
        server.get(&format!("{path}/deliveries")).token(&stranger).send().await.expect(404);
        server.stop().await;
    }
}

on_both! {
    async fn a_test_message_shows_that_both_secrets_hold(server: TestServer) {
        let school = School::enter(&server).await;
        let administrator = school.token(&server, Role::Administrator).await;
        let receiver = Receiver::start(&[500], Duration::ZERO).await;
        let (id, old) = subscribe(&server, &administrator, &receiver.url, &["term"]).await;
        let path = format!("/v1/webhook-subscriptions/{id}");
        let post = |part: &str| server.request(reqwest::Method::POST, &format!("{path}/{part}")).token(&administrator).send();
        let changed = post("secret").await.expect(200).body;
        let new = changed["secret"].as_str().unwrap().to_owned();
        assert_ne!(new, old);
        assert_eq!(changed["previousSecretUntil"], "2026-08-18T06:10:00Z");
        let sent = post("test-message").await.expect(202).body;
        let workers = server.work();
        until("the first attempt", || receiver.received().len() == 1).await;
        let deliveries = async || server.get(&format!("{path}/deliveries")).token(&administrator).send().await.expect(200).body["data"].clone();
        let mut waiting = Value::Null;
        for _ in 0..50 {
            waiting = deliveries().await;
            if waiting[0]["lastError"].is_string() { break }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!((&waiting[0]["id"], &waiting[0]["state"], &waiting[0]["attempts"], &waiting[0]["lastError"]), (&sent["deliveryId"], &json!("waiting"), &json!(1), &json!("the receiver answered 500")), "{waiting}");
        server.clock.advance(chrono::Duration::seconds(7));
        until("it is taken", || receiver.accepted().len() == 1).await;
        let (_, (signature, body)) = receiver.received()[1].clone();
        assert_eq!(receiver.accepted()[0]["test"], true);
        let parts: Vec<&str> = signature.split(',').collect();
        let time = chrono::DateTime::from_timestamp(parts[0].strip_prefix("t=").unwrap().parse().unwrap(), 0).unwrap();
        for (part, secret) in parts[1..].iter().zip([&new, &old]) {
            assert_eq!(format!("{},{part}", parts[0]), skolhus_api::change::signature(secret, time, &body));
        }
        assert_eq!(parts.len(), 3);
        workers.stop().await;
        let log = deliveries().await;
        assert_eq!((&log[0]["state"], &log[0]["attempts"]), (&json!("sent"), &json!(2)));
        assert!(log[0].get("payload").is_none());
        let noted = server.raw().texts("SELECT details AS value FROM change_details").concat();
        assert!(!noted.contains(&new) && !noted.contains(&old));
        server.stop().await;
    }
}
