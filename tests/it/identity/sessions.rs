use chrono::Duration;
use serde_json::{Value, json};
use skolhus_api::identity::{
    keys::{SETTLING, load_or_create_keys, rotate},
    master_key::MasterKey,
    operator::{NewAccount, create_account, mint_operator_token, set_password},
};
use skolhus_domain::{
    access::{Level, Role},
    id::AccountId,
    identity::Password,
    person::EmailAddress,
};
use skolhus_tests::{
    on_both,
    register::School,
    server::{Answer, TestServer},
};

use super::alarms::alarms;

const EMAIL: &str = "Åsa.Öberg@exempel.se";
const PASSWORD: &str = "åtta röda äpplen";

async fn account(server: &TestServer, school: &School, role: Role) -> AccountId {
    let new = NewAccount {
        organiser: school.organiser,
        email: EmailAddress::new(EMAIL).unwrap(),
        person: None,
        roles: vec![(role, None)],
        password: Some(Password::new(PASSWORD).unwrap()),
    };
    let state = &server.state;
    create_account(&state.database, &state.logins.passwords, state.ids.as_ref(), new, state.clock.now())
        .await
        .unwrap()
}

async fn login(server: &TestServer, password: &str) -> Answer {
    let body = json!({ "email": "åsa.öberg@EXEMPEL.se", "password": password });
    server.post("/v1/sessions", &body).send().await
}

async fn refresh(server: &TestServer, token: &Value) -> Answer {
    server.post("/v1/sessions/refresh", &json!({ "refreshToken": token })).send().await
}

async fn me(server: &TestServer, session: &Answer) -> Answer {
    server.get("/v1/me").token(session.body["accessToken"].as_str().unwrap()).send().await
}

on_both! {
    async fn a_session_begins_goes_on_and_ends(server: TestServer) {
        let school = School::enter(&server).await;
        let account = account(&server, &school, Role::Registrar).await;
        let session = login(&server, PASSWORD).await.expect(201);
        assert_eq!(session.body["level"], "substantial");
        assert_eq!(session.body["account"], json!({ "id": account.to_string(), "roles": ["registrar"] }));
        let who = me(&server, &session).await.expect(200);
        assert_eq!(who.body["email"], EMAIL);
        assert_eq!(who.body["sessionId"], session.body["id"]);
        assert!(who.body["permissions"].as_array().unwrap().contains(&json!("person:manage")));

        server.clock.advance(Duration::minutes(11));
        me(&server, &session).await.expect(401);
        let next = refresh(&server, &session.body["refreshToken"]).await.expect(200);
        me(&server, &next).await.expect(200);

        // Idle for less than half a day: it goes on, but as something remembered.
        server.clock.advance(Duration::hours(11));
        let later = refresh(&server, &next.body["refreshToken"]).await.expect(200);
        server.clock.advance(Duration::hours(2));
        let later = refresh(&server, &later.body["refreshToken"]).await.expect(200);
        assert_eq!(later.body["level"], "basic");
        let token = later.body["accessToken"].as_str().unwrap().to_owned();
        server.delete("/v1/sessions/current", "*").token(&token).send().await.expect(204);
        me(&server, &later).await.expect(401);
        refresh(&server, &later.body["refreshToken"]).await.expect(401);
        server.stop().await;
    }
}

on_both! {
    async fn a_used_refresh_token_ends_the_session(server: TestServer) {
        let school = School::enter(&server).await;
        account(&server, &school, Role::Registrar).await;
        let first = login(&server, PASSWORD).await.expect(201);
        let answers = futures_util::future::join_all((0..8).map(|_| refresh(&server, &first.body["refreshToken"]))).await;
        let second = answers[0].body["refreshToken"].clone();
        // Parallel renewals get one and the same successor.
        assert!(answers.iter().all(|answer| answer.status == 200 && answer.body["refreshToken"] == second), "{answers:?}");
        let third = refresh(&server, &second).await.expect(200);
        server.clock.advance(Duration::seconds(11));
        refresh(&server, &first.body["refreshToken"]).await.expect(401);
        refresh(&server, &third.body["refreshToken"]).await.expect(401);
        me(&server, &third).await.expect(401);
        login(&server, PASSWORD).await.expect(201);
        let administrator = school.token(&server, Role::Administrator).await;
        let alarm = alarms(&server, &administrator, "?kind=reused-refresh-token", 1).await.remove(0);
        assert_eq!(alarm["subjectLabel"], EMAIL);
        server.stop().await;
    }
}

on_both! {
    async fn guessing_is_slowed_down_alike_for_known_and_unknown(server: TestServer) {
        let school = School::enter(&server).await;
        account(&server, &school, Role::Registrar).await;
        for email in [EMAIL, "ingen.alls@exempel.se"] {
            let body = json!({ "email": email, "password": "fel fel fel fel" });
            let answers = futures_util::future::join_all((0..12).map(|_| server.post("/v1/sessions", &body).send())).await;
            let wrong = answers.iter().filter(|answer| answer.status == 401).count();
            assert_eq!((wrong, answers.iter().filter(|answer| answer.status == 429).count()), (5, 7));
            assert!(answers.iter().all(|answer| answer.status == 401 || answer.headers["retry-after"] == "31" || answer.headers["retry-after"] == "30"));
        }
        login(&server, PASSWORD).await.expect(429);
        server.clock.advance(Duration::seconds(31));
        login(&server, "fel fel fel fel").await.expect(401);
        server.clock.advance(Duration::seconds(31));
        login(&server, PASSWORD).await.expect(429);
        server.clock.advance(Duration::seconds(30));
        login(&server, PASSWORD).await.expect(201);
        login(&server, "fel fel fel fel").await.expect(401);
        login(&server, PASSWORD).await.expect(201);
        server.stop().await;
    }
}

on_both! {
    async fn ones_password_is_changed_and_other_sessions_end(server: TestServer) {
        let school = School::enter(&server).await;
        account(&server, &school, Role::Teacher).await;
        let (here, there) = (login(&server, PASSWORD).await.expect(201), login(&server, PASSWORD).await.expect(201));
        let token = here.body["accessToken"].as_str().unwrap().to_owned();
        let change = |current: &str, new: &str| server.post("/v1/me/password", &json!({ "current": current, "new": new })).token(&token).send();
        assert_eq!(change("fel fel fel fel", "nio gröna päron").await.expect(422).refused(), ["/current"]);
        assert_eq!(change(PASSWORD, "kort").await.expect(422).refused(), ["/new"]);
        change(PASSWORD, "nio gröna päron").await.expect(204);
        me(&server, &here).await.expect(200);
        me(&server, &there).await.expect(401);
        login(&server, PASSWORD).await.expect(401);
        login(&server, "nio gröna päron").await.expect(201);
        server.stop().await;
    }
}

on_both! {
    async fn the_operator_makes_tokens_and_sets_passwords(server: TestServer) {
        let school = School::enter(&server).await;
        account(&server, &school, Role::ProtectionOfficer).await;
        let (state, email) = (&server.state, EmailAddress::new(EMAIL).unwrap());
        let token = mint_operator_token(&state.database, &state.keyring, &email, Level::High, state.clock.now()).await.unwrap();
        let who = server.get("/v1/me").token(&token).send().await.expect(200);
        assert_eq!(who.body["level"], "high");
        server.delete("/v1/sessions/current", "*").token(&token).send().await.expect(404);
        let session = login(&server, PASSWORD).await.expect(201);
        let password = Password::new("nio gröna päron").unwrap();
        set_password(&state.database, &state.logins.passwords, &email, password, state.clock.now()).await.unwrap();
        me(&server, &session).await.expect(401);
        login(&server, "nio gröna päron").await.expect(201);
        let unknown = EmailAddress::new("ingen@exempel.se").unwrap();
        assert!(mint_operator_token(&state.database, &state.keyring, &unknown, Level::High, state.clock.now()).await.is_err());
        server.stop().await;
    }
}

on_both! {
    async fn keys_are_made_once_rotated_and_sealed(server: TestServer) {
        let (state, master) = (&server.state, MasterKey::new([7; 32]));
        let now = state.clock.now();
        let load = |now| load_or_create_keys(&state.database, &master, now, state.randomness.clone());
        // Two servers that start at once end up with the same keys.
        let (one, two) = futures_util::future::join(load(now), load(now)).await;
        let (one, two) = (one.unwrap(), two.unwrap());
        assert_eq!(one.public_keys(), two.public_keys());
        let former = one.public_keys()[0].clone();
        let page = one.seal_page("efter Åkerö".as_bytes(), b"list").unwrap();

        rotate(&state.database, &master, now, state.randomness.as_ref()).await.unwrap();
        one.refresh(now + Duration::seconds(6), Duration::seconds(5)).await.unwrap();
        assert_eq!((one.public_keys().len(), &one.public_keys()[0]), (2, &former), "the new one is published, not used");
        two.refresh(now + SETTLING, Duration::seconds(5)).await.unwrap();
        assert_ne!(two.public_keys()[0], former);
        assert!(two.open_page(&page, b"list").is_some());
        two.refresh(now + SETTLING + Duration::minutes(11), Duration::seconds(5)).await.unwrap();
        assert_eq!(two.public_keys().len(), 1, "the last token of the former key has expired");
        two.refresh(now + Duration::hours(25), Duration::seconds(5)).await.unwrap();
        assert!(two.open_page(&page, b"list").is_none());

        let other = MasterKey::new([8; 32]);
        assert!(load_or_create_keys(&state.database, &other, now, state.randomness.clone()).await.is_err());
        let published = server.get("/.well-known/jwks.json").send().await.expect(200);
        assert_eq!(published.body["keys"][0]["crv"], "Ed25519");
        server.stop().await;
    }
}

async fn sessions(server: &TestServer, path: &str, token: &str) -> Vec<Value> {
    server.get(path).token(token).send().await.expect(200).body["data"].as_array().unwrap().clone()
}

on_both! {
    async fn sessions_are_seen_and_ended(server: TestServer) {
        let school = School::enter(&server).await;
        let asa = account(&server, &school, Role::Teacher).await;
        let body = |device: &str| json!({ "email": EMAIL, "password": PASSWORD, "device": device });
        let log_in = |body: Value| server.post("/v1/sessions", &body).send();
        assert_eq!(log_in(body("Åsas\u{7} telefon")).await.expect(422).refused(), ["/device"]);
        assert_eq!(log_in(body("   ")).await.expect(422).refused(), ["/device"]);
        let phone = log_in(body("Åsas telefon")).await.expect(201);
        server.clock.advance(Duration::minutes(5));
        let raw = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0";
        let plain = json!({ "email": EMAIL, "password": PASSWORD });
        let desk = server.post("/v1/sessions", &plain).header("user-agent", raw).send().await.expect(201);
        let long = server.post("/v1/sessions", &plain).header("user-agent", &"Skolappen".repeat(100)).send().await.expect(201);
        let token = |session: &Answer| session.body["accessToken"].as_str().unwrap().to_owned();

        server.clock.advance(Duration::minutes(4));
        let phone_later = refresh(&server, &phone.body["refreshToken"]).await.expect(200);
        let seen = sessions(&server, "/v1/me/sessions", &token(&desk)).await;
        assert_eq!(seen.len(), 3);
        assert_eq!(seen[0], json!({
            "id": phone.body["id"], "device": "Åsas telefon", "clientKind": "web", "level": "substantial", "startedAt": "2026-08-17T06:10:00Z",
            "lastUsedAt": "2026-08-17T06:19:00Z", "expiresAt": "2026-09-16T06:10:00Z", "isCurrent": false,
        }));
        let of = |session: &Answer| seen.iter().find(|row| row["id"] == session.body["id"]).unwrap().clone();
        assert_eq!((&of(&desk)["device"], &of(&desk)["isCurrent"]), (&json!("Firefox, Windows"), &json!(true)));
        assert_eq!(of(&long)["device"].as_str().unwrap().len(), 200);
        let latest = sessions(&server, "/v1/me/sessions?sort=-lastUsedAt&limit=1", &token(&desk)).await;
        assert_eq!(latest[0]["id"], phone.body["id"]);

        // One's own only; ended, its old access token is worth nothing.
        let orjan = school.token(&server, Role::Teacher).await;
        let one = |session: &Answer| format!("/v1/me/sessions/{}", session.body["id"].as_str().unwrap());
        server.delete(&one(&phone), "*").token(&orjan).send().await.expect(404);
        assert_eq!(sessions(&server, "/v1/me/sessions", &orjan).await, Vec::<Value>::new());
        let at_once = (0..4).map(|_| server.delete(&one(&phone), "*").token(&token(&desk)).send());
        let mut ended: Vec<u16> = futures_util::future::join_all(at_once).await.iter().map(|answer| answer.status.as_u16()).collect();
        ended.sort_unstable();
        assert_eq!(ended, [204, 404, 404, 404]);
        for old in [&phone, &phone_later] {
            me(&server, old).await.expect(401);
        }
        refresh(&server, &phone_later.body["refreshToken"]).await.expect(401);
        server.delete(&one(&phone), "*").token(&token(&desk)).send().await.expect(404);

        // All the others.
        server.delete("/v1/me/sessions", "*").token(&token(&desk)).send().await.expect(204);
        me(&server, &long).await.expect(401);
        me(&server, &desk).await.expect(200);

        // An administrator's view of them, in their own organiser.
        let path = format!("/v1/accounts/{asa}/sessions");
        let elsewhere = School::enter(&server).await.token(&server, Role::Administrator).await;
        server.get(&path).token(&elsewhere).send().await.expect(404);
        server.delete(&path, "*").token(&elsewhere).send().await.expect(404);
        server.get(&path).token(&orjan).send().await.expect(403);
        let admin = school.token(&server, Role::Administrator).await;
        let seen = sessions(&server, &path, &admin).await;
        assert_eq!((seen.len(), &seen[0]["id"], &seen[0]["isCurrent"]), (1, &desk.body["id"], &json!(false)));
        me(&server, &desk).await.expect(200);
        server.delete(&path, "*").token(&admin).send().await.expect(204);
        me(&server, &desk).await.expect(401);
        refresh(&server, &desk.body["refreshToken"]).await.expect(401);
        assert_eq!(sessions(&server, &path, &admin).await, Vec::<Value>::new());

        // One that was not used for too long cannot go on, and is not shown.
        log_in(body("Läsplattan")).await.expect(201);
        server.clock.advance(Duration::hours(13));
        let here = log_in(body("Datorn")).await.expect(201);
        let seen = sessions(&server, "/v1/me/sessions", &token(&here)).await;
        assert_eq!((seen.len(), &seen[0]["device"]), (1, &json!("Datorn")));
        // What somebody is logged in on is nobody else's business.
        let details = server.raw().texts("SELECT details AS value FROM change_details").join("\n");
        assert!(!details.contains("Läsplattan") && !details.contains("Firefox"));
        server.stop().await;
    }
}
