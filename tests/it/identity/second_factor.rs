use base32ct::{Base32UpperUnpadded, Encoding};
use chrono::Duration;
use serde_json::{Value, json};
use skolhus_api::identity::{
    operator::{NewAccount, create_account, invite_to_second_factor, remove_second_factor},
    second_factor::totp,
};
use skolhus_domain::{
    access::{Level, Role},
    identity::{Password, TimeStep},
    person::EmailAddress,
};
use skolhus_tests::{
    on_both,
    register::School,
    server::{Answer, TestServer},
};

const PASSWORD: &str = "åtta röda äpplen";
const MINE: &str = "/v1/me/second-factor";
const CONFIRMATION: &str = "/v1/me/second-factor/confirmation";
const CODES: &str = "/v1/me/second-factor/recovery-codes";

/// Somebody with an account.
struct Owner {
    id: String,
    email: EmailAddress,
}

impl Owner {
    async fn enter(server: &TestServer, school: &School, email: &str, role: Role) -> Self {
        let email = EmailAddress::new(email).unwrap();
        let new = NewAccount {
            organiser: school.organiser,
            email: email.clone(),
            person: None,
            roles: vec![(role, None)],
            password: Some(Password::new(PASSWORD).unwrap()),
        };
        let state = &server.state;
        let passwords = &state.logins.passwords;
        let id = create_account(&state.database, passwords, state.ids.as_ref(), new, state.clock.now()).await;
        Self { id: id.unwrap().to_string(), email }
    }

    async fn login(&self, server: &TestServer, more: Value) -> Answer {
        self.login_with(server, PASSWORD, more).await
    }

    async fn login_with(&self, server: &TestServer, password: &str, more: Value) -> Answer {
        let mut body = json!({ "email": self.email.as_str(), "password": password });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        server.post("/v1/sessions", &body).send().await
    }

    fn of(&self, rest: &str) -> String {
        format!("/v1/accounts/{}/{rest}", self.id)
    }

    /// Invites the owner as the operator does, and lets them begin and confirm; the secret and the recovery codes.
    async fn enrol(&self, server: &TestServer) -> (Vec<u8>, Vec<Value>) {
        let state = &server.state;
        let invited = invite_to_second_factor(
            &state.database,
            state.randomness.as_ref(),
            &self.email,
            state.clock.now(),
        );
        let code = invited.await.unwrap().shown();
        let session = self.login(server, json!({})).await.expect(201);
        let begun = post(server, token(&session), MINE, json!({ "invitationCode": code })).await.expect(201);
        let secret = secret(&begun);
        let confirmed =
            post(server, token(&session), CONFIRMATION, json!({ "code": shown(server, &secret) })).await;
        let codes = confirmed.expect(201).body["recoveryCodes"].as_array().unwrap().clone();
        // The code that was shown is used up.
        server.clock.advance(Duration::seconds(30));
        (secret, codes)
    }
}

async fn post(server: &TestServer, token: &str, path: &str, body: Value) -> Answer {
    server.post(path, &body).token(token).send().await
}

async fn state(server: &TestServer, session: &Answer) -> Value {
    server.get(MINE).token(token(session)).send().await.expect(200).body
}

fn token(session: &Answer) -> &str {
    session.body["accessToken"].as_str().unwrap()
}

fn secret(begun: &Answer) -> Vec<u8> {
    let written = begun.body["secret"].as_str().unwrap();
    assert!(begun.body["otpauthUri"].as_str().unwrap().contains(written));
    Base32UpperUnpadded::decode_vec(written).unwrap()
}

/// What the authenticator app shows now.
fn shown(server: &TestServer, secret: &[u8]) -> String {
    let number = totp::number(secret, TimeStep::of(server.state.clock.now())).unwrap();
    format!("{number:06}")
}

/// A code that it does not show.
fn another(server: &TestServer, secret: &[u8]) -> String {
    let now = server.state.clock.now();
    let taken: Vec<u32> =
        TimeStep::taken_at(now).into_iter().filter_map(|step| totp::number(secret, step)).collect();
    format!("{:06}", (0..).find(|number| !taken.contains(number)).unwrap())
}

fn code(answer: &Answer) -> &str {
    answer.body["code"].as_str().unwrap_or_default()
}

fn invited(answer: &Answer) -> String {
    answer.body["invitationCode"].as_str().unwrap().to_owned()
}

on_both! {
    async fn it_begins_with_an_invitation_and_logins_need_it_then(server: TestServer) {
        let school = School::enter(&server).await;
        let asa = Owner::enter(&server, &school, "Åsa@exempel.se", Role::ProtectionOfficer).await;
        let orjan = Owner::enter(&server, &school, "örjan@exempel.se", Role::Teacher).await;
        let admin = school.token_of(&server, Role::Administrator, None, None, Level::High).await;
        let invite = async |token: &str, who: &Owner| post(&server, token, &who.of("second-factor-invitation"), Value::Null).await;
        let begin = async |session: &Answer, code: &str| post(&server, token(session), MINE, json!({ "invitationCode": code })).await;

        // Whoever has a password alone comes no further, an administrator neither.
        let session = asa.login(&server, json!({})).await.expect(201);
        assert_eq!(state(&server, &session).await, json!({ "state": "none", "invitationExpiresAt": null, "inForceSince": null, "recoveryCodesLeft": 0 }));
        assert_eq!(begin(&session, "7Q2M-4KTD-9ZRA-XC3V").await.expect(422).refused(), ["/invitationCode"]);
        assert_eq!(begin(&session, "7Q2M-4KTD-9ZRA-XC3å").await.expect(422).body["errors"][0]["code"], "format");
        assert_eq!(post(&server, token(&session), CONFIRMATION, json!({ "code": "123456" })).await.expect(409).body["errors"][0]["detail"], "no second factor has been begun");
        let weak = school.token(&server, Role::Administrator).await;
        assert_eq!(code(&invite(&weak, &asa).await.expect(401)), "level-too-low");
        let me = server.get("/v1/me").token(&admin).send().await.expect(200).body["accountId"].as_str().unwrap().to_owned();
        let own = post(&server, &admin, &format!("/v1/accounts/{me}/second-factor-invitation"), Value::Null).await.expect(409);
        assert!(own.text.contains("another administrator"));
        let elsewhere = School::enter(&server).await.token_of(&server, Role::Administrator, None, None, Level::High).await;
        invite(&elsewhere, &asa).await.expect(404);

        // Replaced, another's, expired.
        let first = invited(&invite(&admin, &asa).await.expect(201));
        let second = invited(&invite(&admin, &asa).await.expect(201));
        assert_eq!(begin(&session, &first).await.expect(422).refused(), ["/invitationCode"]);
        let his = orjan.login(&server, json!({})).await.expect(201);
        assert_eq!(begin(&his, &second).await.expect(422).refused(), ["/invitationCode"]);
        assert_eq!(state(&server, &session).await["state"], "invited");
        server.clock.advance(Duration::days(7));
        let session = asa.login(&server, json!({})).await.expect(201);
        assert!(begin(&session, &second).await.expect(409).text.contains("has expired"));
        assert_eq!(state(&server, &session).await["state"], "none");

        // Begun, and begun again after the secret was lost; the last one counts.
        let admin = school.token_of(&server, Role::Administrator, None, None, Level::High).await;
        let third = invited(&invite(&admin, &asa).await.expect(201));
        let lost = secret(&begin(&session, &third).await.expect(201));
        let begun = begin(&session, &third.to_lowercase()).await.expect(201);
        assert_eq!(begun.headers["cache-control"], "no-store");
        let kept = secret(&begun);
        assert_ne!(lost, kept);
        assert_eq!(state(&server, &session).await["state"], "begun");
        let there = asa.login(&server, json!({ "code": "123456" })).await.expect(201);
        let confirm = async |code: &str| post(&server, token(&session), CONFIRMATION, json!({ "code": code })).await;
        assert_eq!(confirm(&shown(&server, &lost)).await.expect(422).refused(), ["/code"]);
        assert_eq!(confirm("12345å").await.expect(422).body["errors"][0]["code"], "format");
        let used = shown(&server, &kept);
        let codes = confirm(&used).await.expect(201).body["recoveryCodes"].as_array().unwrap().clone();
        assert_eq!(codes.len(), 10);
        server.get("/v1/me").token(token(&there)).send().await.expect(401);
        let now = state(&server, &session).await;
        assert_eq!((&now["state"], &now["recoveryCodesLeft"], now["inForceSince"].is_string()), (&json!("in-force"), &json!(10), true));
        for refused in [begin(&session, &third).await, confirm(&used).await, invite(&admin, &asa).await] {
            assert!(refused.expect(409).text.contains("is in force"));
        }

        // From now on a password is not enough, and a code counts once.
        let required = asa.login(&server, json!({})).await.expect(401);
        assert_eq!(code(&required), "second-factor-required");
        assert_eq!(code(&asa.login_with(&server, "fel fel fel fel", json!({ "code": used })).await.expect(401)), "wrong-credentials");
        assert_eq!(code(&asa.login(&server, json!({ "code": used })).await.expect(401)), "wrong-credentials");
        assert_eq!(asa.login(&server, json!({ "code": "12345" })).await.expect(422).refused(), ["/code"]);
        assert_eq!(asa.login(&server, json!({ "code": used, "recoveryCode": codes[0] })).await.expect(422).refused(), ["/recoveryCode"]);
        server.clock.advance(Duration::seconds(30));
        let next = shown(&server, &kept);
        let high = asa.login(&server, json!({ "code": next })).await.expect(201);
        assert_eq!(high.body["level"], "high");
        let who = server.get("/v1/me").token(token(&high)).send().await.expect(200);
        assert!(who.body["permissions"].as_array().unwrap().contains(&json!("person:disclose")));
        assert_eq!(code(&asa.login(&server, json!({ "code": next })).await.expect(401)), "wrong-credentials");

        // Recovery codes: each once, of a weaker login, and until there are new ones.
        let weak = asa.login(&server, json!({ "recoveryCode": codes[0] })).await.expect(201);
        assert_eq!(weak.body["level"], "substantial");
        asa.login(&server, json!({ "recoveryCode": codes[0] })).await.expect(401);
        assert_eq!(state(&server, &weak).await["recoveryCodesLeft"], 9);
        assert_eq!(code(&post(&server, token(&weak), CODES, Value::Null).await.expect(401)), "level-too-low");
        let anew = post(&server, token(&high), CODES, Value::Null).await.expect(201).body["recoveryCodes"].as_array().unwrap().clone();
        asa.login(&server, json!({ "recoveryCode": codes[1] })).await.expect(401);
        asa.login(&server, json!({ "recoveryCode": anew[0].as_str().unwrap().to_lowercase() })).await.expect(201);

        // A new password leaves it in force; only the strongest login removes it.
        let change = json!({ "current": PASSWORD, "new": "nio gröna päron" });
        post(&server, token(&high), "/v1/me/password", change).await.expect(204);
        server.get("/v1/me").token(token(&weak)).send().await.expect(401);
        assert_eq!(code(&asa.login_with(&server, "nio gröna päron", json!({})).await.expect(401)), "second-factor-required");
        let weak = asa.login_with(&server, "nio gröna päron", json!({ "recoveryCode": anew[1] })).await.expect(201);
        assert_eq!(code(&server.delete(MINE, "*").token(token(&weak)).send().await.expect(401)), "level-too-low");
        server.delete(MINE, "*").token(token(&high)).send().await.expect(204);
        server.delete(MINE, "*").token(token(&high)).send().await.expect(404);
        assert!(post(&server, token(&high), CODES, Value::Null).await.expect(409).text.contains("no second factor"));
        let plain = asa.login_with(&server, "nio gröna päron", json!({})).await.expect(201);
        assert_eq!((&plain.body["level"], &state(&server, &plain).await["state"]), (&json!("substantial"), &json!("none")));

        // The log tells that it came and went, and nothing of what is secret.
        let mut raw = server.raw();
        let details = raw.texts("SELECT details AS value FROM change_details").join("\n");
        assert!(details.contains("in_force_since") && details.contains("concealed "));
        let written = begun.body["secret"].as_str().unwrap().to_owned();
        let mut secrets = raw.texts("SELECT secret AS value FROM recovery_codes");
        secrets.extend(raw.texts("SELECT secret AS value FROM second_factors WHERE secret IS NOT NULL"));
        assert_eq!(secrets.len(), 21);
        assert!(!secrets.iter().any(|kept| kept.contains(&written)));
        secrets.extend([written, third.replace('-', ""), third]);
        assert!(!secrets.iter().any(|secret| details.contains(secret)));
        drop(raw);
        server.stop().await;
    }
}

on_both! {
    async fn parallel_uses_of_one_code_are_one_login(server: TestServer) {
        let school = School::enter(&server).await;
        let asa = Owner::enter(&server, &school, "åsa@exempel.se", Role::Registrar).await;
        let (secret, codes) = asa.enrol(&server).await;
        for proof in [json!({ "code": shown(&server, &secret) }), json!({ "recoveryCode": codes[0] })] {
            let answers = futures_util::future::join_all((0..4).map(|_| asa.login(&server, proof.clone()))).await;
            let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
            statuses.sort_unstable();
            assert_eq!(statuses, [201, 401, 401, 401], "{answers:?}");
            assert!(answers.iter().all(|answer| answer.status == 201 || code(answer) == "wrong-credentials"));
            // The failures are forgotten.
            server.clock.advance(Duration::minutes(61));
        }
        // A clock that is half a minute late or early, and not a minute.
        for (seconds, status) in [(-60, 401), (-30, 201), (60, 401), (30, 201)] {
            let at = server.state.clock.now() + Duration::seconds(seconds);
            let number = totp::number(&secret, TimeStep::of(at)).unwrap();
            asa.login(&server, json!({ "code": format!("{number:06}") })).await.expect(status);
        }
        // What was taken is not taken again, and nothing before it.
        asa.login(&server, json!({ "code": shown(&server, &secret) })).await.expect(401);

        // Begun and confirmed by many at once: one secret counts, with its ten codes.
        let orjan = Owner::enter(&server, &school, "örjan@exempel.se", Role::Registrar).await;
        let state = &server.state;
        let code = invite_to_second_factor(&state.database, state.randomness.as_ref(), &orjan.email, state.clock.now()).await.unwrap().shown();
        let session = orjan.login(&server, json!({})).await.expect(201);
        let at_once = async |path: &str, body: Value| futures_util::future::join_all((0..4).map(|_| post(&server, token(&session), path, body.clone()))).await;
        let begun = at_once(MINE, json!({ "invitationCode": code })).await;
        assert!(begun.iter().all(|answer| answer.status == 201), "{begun:?}");
        let last = post(&server, token(&session), MINE, json!({ "invitationCode": code })).await.expect(201);
        let secret = self::secret(&last);
        let confirmed = at_once(CONFIRMATION, json!({ "code": shown(&server, &secret) })).await;
        let mut statuses: Vec<u16> = confirmed.iter().map(|answer| answer.status.as_u16()).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409, 409, 409], "{confirmed:?}");
        assert_eq!(self::state(&server, &session).await["recoveryCodesLeft"], 10);
        server.stop().await;
    }
}

on_both! {
    async fn guessing_codes_is_slowed_down_as_guessing_passwords(server: TestServer) {
        let school = School::enter(&server).await;
        let asa = Owner::enter(&server, &school, "åsa@exempel.se", Role::Registrar).await;
        let (secret, _) = asa.enrol(&server).await;
        let wrong = another(&server, &secret);
        for _ in 0..4 {
            assert_eq!(code(&asa.login(&server, json!({ "code": wrong })).await.expect(401)), "wrong-credentials");
        }
        // The right password alone neither counts nor makes the failures forgotten.
        for _ in 0..3 {
            assert_eq!(code(&asa.login(&server, json!({})).await.expect(401)), "second-factor-required");
        }
        asa.login(&server, json!({ "code": wrong })).await.expect(401);
        asa.login(&server, json!({})).await.expect(429);
        asa.login(&server, json!({ "code": shown(&server, &secret) })).await.expect(429);
        server.clock.advance(Duration::seconds(31));
        asa.login(&server, json!({})).await.expect(401);
        asa.login(&server, json!({ "code": shown(&server, &secret) })).await.expect(201);
        server.stop().await;
    }
}

on_both! {
    async fn a_lost_one_is_removed_by_others(server: TestServer) {
        let school = School::enter(&server).await;
        let admin = Owner::enter(&server, &school, "administratör@exempel.se", Role::Administrator).await;
        let asa = Owner::enter(&server, &school, "åsa@exempel.se", Role::Registrar).await;
        // The operator invites the first administrator, who invites the others.
        let (secret, _) = admin.enrol(&server).await;
        let session = admin.login(&server, json!({ "code": shown(&server, &secret) })).await.expect(201);
        let invitation = post(&server, token(&session), &asa.of("second-factor-invitation"), Value::Null).await.expect(201);
        // What was not used can be taken back, which logs nobody out.
        let hers = asa.login(&server, json!({})).await.expect(201);
        server.delete(&asa.of("second-factor"), "*").token(token(&session)).send().await.expect(204);
        let taken = post(&server, token(&hers), MINE, json!({ "invitationCode": invited(&invitation) })).await;
        assert_eq!(taken.expect(422).refused(), ["/invitationCode"]);

        let (hers_secret, codes) = asa.enrol(&server).await;
        let hers = asa.login(&server, json!({ "code": shown(&server, &hers_secret) })).await.expect(201);
        server.delete(&admin.of("second-factor"), "*").token(token(&session)).send().await.expect(409);
        let weak = school.token(&server, Role::Administrator).await;
        assert_eq!(code(&server.delete(&asa.of("second-factor"), "*").token(&weak).send().await.expect(401)), "level-too-low");
        server.delete(&asa.of("second-factor"), "*").token(token(&session)).send().await.expect(204);
        server.delete(&asa.of("second-factor"), "*").token(token(&session)).send().await.expect(404);
        server.get("/v1/me").token(token(&hers)).send().await.expect(401);
        let plain = asa.login(&server, json!({})).await.expect(201);
        assert_eq!(state(&server, &plain).await["recoveryCodesLeft"], 0);
        // What is worth nothing any more is not looked at.
        assert_eq!(asa.login(&server, json!({ "recoveryCode": codes[0] })).await.expect(201).body["level"], "substantial");

        let now = server.state.clock.now();
        assert!(remove_second_factor(&server.state.database, &admin.email, now).await.unwrap());
        server.get("/v1/me").token(token(&session)).send().await.expect(401);
        assert!(!remove_second_factor(&server.state.database, &admin.email, now).await.unwrap());
        admin.login(&server, json!({})).await.expect(201);
        server.stop().await;
    }
}
