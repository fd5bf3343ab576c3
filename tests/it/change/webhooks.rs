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
