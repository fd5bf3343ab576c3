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
