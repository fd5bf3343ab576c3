//! Access to the app, and from the app to the web: a guardian is refused, switches it on, comes in, and goes on on the web.

use chrono::Duration;
use futures_util::future::join_all;
use serde_json::{Value, json};
use skolhus_api::identity::{
    bankid::Bankid,
    operator::{NewAccount, create_account},
};
use skolhus_domain::{
    access::{Level, Role},
    id::{Id, PersonId},
    identity::Password,
    person::EmailAddress,
};
use skolhus_tests::{
    bankid::{Shown, Simulator},
    family::Family,
    on_both,
    register::School,
    server::{Answer, TestServer},
    texts::code,
};

const EMAIL: &str = "marta.lovenskiold@exempel.se";
const PASSWORD: &str = "åtta röda äpplen";
const ACCESS: &str = "/v1/me/app-access";

async fn account(server: &TestServer, school: &School, person: Option<PersonId>) {
    let new = NewAccount {
        organiser: school.organiser,
        email: EmailAddress::new(EMAIL).unwrap(),
        person,
        roles: vec![(Role::Guardian, None)],
        password: Some(Password::new(PASSWORD).unwrap()),
    };
    let state = &server.state;
    create_account(&state.database, &state.logins.passwords, state.ids.as_ref(), new, state.clock.now())
        .await
        .unwrap();
}

async fn login(server: &TestServer, kind: &str, device: &str) -> Answer {
    let body = json!({ "email": EMAIL, "password": PASSWORD, "clientKind": kind, "device": device });
    server.post("/v1/sessions", &body).send().await
}

fn token(session: &Value) -> &str {
    session["accessToken"].as_str().unwrap()
}

async fn switch_on(server: &TestServer, session: &Answer) -> Answer {
    server.request("POST".parse().unwrap(), ACCESS).token(token(&session.body)).send().await
}

async fn me(server: &TestServer, session: &Value) -> u16 {
    server.get("/v1/me").token(token(session)).send().await.status.as_u16()
}

fn is_off(answer: &Answer) {
    assert_eq!(
        (answer.status.as_u16(), &answer.body["code"]),
        (403, &json!("app-access-off")),
        "{}",
        answer.text
    );
    assert_eq!(answer.body["title"], "Åtkomst till appen är inte påslagen");
}

on_both! {
    async fn an_app_logs_in_when_it_has_been_let_in_on_the_web(server: TestServer) {
        let school = School::enter(&server).await;
        account(&server, &school, None).await;
        // Off until somebody decides; the password was right each time, and nobody has to wait.
        for _ in 0..7 {
            is_off(&login(&server, "app", "Märtas telefon").await);
        }
        assert_eq!(login(&server, "tv", "x").await.expect(422).refused(), ["/clientKind"]);
        assert!(server.get("/problems/app-access-off").send().await.expect(200).text.contains("Access to the app is not switched on"));
        let web = login(&server, "web", "Märtas dator").await.expect(201);
        let state = async || server.get(ACCESS).token(token(&web.body)).send().await.expect(200).body;
        assert_eq!(state().await, json!({ "isOn": false, "since": null }));

        // A login that only lives on will not do.
        let weak = school.token_of(&server, Role::Guardian, None, None, Level::Basic).await;
        let refused = server.request("POST".parse().unwrap(), ACCESS).token(&weak).send().await.expect(401);
        assert_eq!(refused.body["code"], "level-too-low");
        let on = json!({ "isOn": true, "since": "2026-08-17T06:10:00Z" });
        let at_once = join_all((0..4).map(|_| switch_on(&server, &web))).await;
        assert!(at_once.iter().all(|answer| answer.status == 200 && answer.body == on), "{at_once:?}");
        assert_eq!(state().await, on);

        let phone = login(&server, "app", "Märtas telefon").await.expect(201);
        let tablet = login(&server, "app", "Läsplattan").await.expect(201);
        let listed = async |query: &str| {
            let list = server.get(&format!("/v1/me/sessions{query}")).token(token(&web.body)).send().await.expect(200);
            let rows = list.body["data"].as_array().unwrap().clone();
            rows.iter().map(|row| (row["device"].clone(), row["clientKind"].clone())).collect::<Vec<_>>()
        };
        let apps = [(json!("Märtas telefon"), json!("app")), (json!("Läsplattan"), json!("app"))];
        assert_eq!(listed("?clientKind=app").await, apps);
        assert_eq!(listed("").await.len(), 3);
        server.get("/v1/me/sessions?clientKind=tv").token(token(&web.body)).send().await.expect(400);
        // An app cannot let itself in again, and one device is logged out alone.
        let refused = switch_on(&server, &phone).await.expect(409);
        assert_eq!(refused.body["code"], "conflict");
        let one = format!("/v1/me/sessions/{}", tablet.body["id"].as_str().unwrap());
        server.delete(&one, "*").token(token(&web.body)).send().await.expect(204);
        assert_eq!((me(&server, &tablet.body).await, me(&server, &phone.body).await), (401, 200));

        // Off again: every app is out at once, and the web stays.
        server.delete(ACCESS, "*").token(token(&web.body)).send().await.expect(204);
        assert_eq!((me(&server, &phone.body).await, me(&server, &web.body).await), (401, 200));
        let refresh = json!({ "refreshToken": phone.body["refreshToken"] });
        server.post("/v1/sessions/refresh", &refresh).send().await.expect(401);
        is_off(&login(&server, "app", "Märtas telefon").await);
        server.delete(ACCESS, "*").token(token(&web.body)).send().await.expect(204);
        let log = server.raw().texts("SELECT action || ' ' || entity AS value FROM changes WHERE entity = 'app access'");
        assert_eq!(log, ["insert app access", "withdraw app access"]);
        server.stop().await;
    }
}

on_both! {
    async fn every_way_in_asks_whether_an_app_is_let_in(server: TestServer) {
        let bankid = Simulator::start().await;
        let server = server.with_bankid(Bankid::new(bankid.settings(&bankid.papers)).unwrap()).await;
        let school = School::enter(&server).await;
        let registrar = school.token(&server, Role::Registrar).await;
        let administrator = school.token_of(&server, Role::Administrator, None, None, Level::High).await;
        let person = json!({ "name": { "givenName": "Åsa", "familyName": "Öberg" }, "contact": { "phones": [{ "number": "070-174 06 05" }] },
            "identityNumbers": [{ "value": "198507132390", "period": { "from": "2020-01-01" } }] });
        let made = server.post("/v1/persons", &person).token(&registrar).send().await.expect(201);
        account(&server, &school, Some(PersonId::from_uuid(made.body["id"].as_str().unwrap().parse().unwrap()))).await;
        let opened = json!({ "smsCodes": true, "smsCodesForProtected": false });
        server.put("/v1/login-settings", "*", &opened).token(&administrator).send().await.expect(200);

        // The code, and the order, are as good as before for the web.
        let begun = server.post("/v1/sms-logins", &json!({ "email": EMAIL })).send().await.expect(201);
        let right = code(&server.texts().await[0]);
        let give = async |kind: &str| {
            let body = json!({ "secret": begun.body["secret"], "code": right, "clientKind": kind });
            server.post(&format!("/v1/sms-logins/{}/session", begun.body["id"].as_str().unwrap()), &body).send().await
        };
        is_off(&give("app").await);
        give("web").await.expect(201);
        bankid.next_order(&[Shown::number("198507132390")]);
        let order = server.post("/v1/bankid-logins", &json!({})).send().await.expect(201);
        let collect = async |kind: &str| {
            server.clock.advance(Duration::seconds(1));
            let body = json!({ "secret": order.body["secret"], "clientKind": kind });
            server.post(&format!("/v1/bankid-logins/{}/collection", order.body["id"].as_str().unwrap()), &body).send().await
        };
        is_off(&collect("app").await);
        let web = collect("web").await.expect(200);
        assert_eq!(web.body["session"]["level"], "high");
        server.request("POST".parse().unwrap(), ACCESS).token(token(&web.body["session"])).send().await.expect(200);
        server.post("/v1/sms-logins", &json!({ "email": EMAIL })).send().await.expect(201);
        login(&server, "app", "Åsas telefon").await.expect(201);
        server.stop().await;
    }
}

async fn hand_over(server: &TestServer, session: &Value, body: &Value) -> Answer {
    server.post("/v1/me/web-handovers", body).token(token(session)).send().await
}

async fn bring(server: &TestServer, code: &Value) -> Answer {
    server.post("/v1/web-handovers/session", &json!({ "code": code, "device": "Webbläsaren" })).send().await
}

on_both! {
    async fn a_guardian_goes_on_on_the_web_at_the_same_child(server: TestServer) {
        let family = Family::enter(&server).await;
        family.relate(&server, &family.custody(&family.mother, "2011-03-03")).await;
        account(&server, &family.school, Some(family.mother.person())).await;
        let target = json!({ "path": "/barn/narvaro?vecka=36", "personId": family.child.id, "level": "substantial" });
        is_off(&login(&server, "app", "Märtas telefon").await);
        let first = login(&server, "web", "Märtas dator").await.expect(201);
        // Only an app hands over.
        hand_over(&server, &first.body, &target).await.expect(409);
        let minted = json!({ "accessToken": family.guardian(&server, &family.mother).await });
        hand_over(&server, &minted, &target).await.expect(409);
        switch_on(&server, &first).await.expect(200);
        let app = login(&server, "app", "Märtas telefon").await.expect(201);
        for path in ["//elsewhere.example", "https://elsewhere.example/", "/a/../b", "/\\x"] {
            let wrong = json!({ "path": path });
            assert_eq!(hand_over(&server, &app.body, &wrong).await.expect(422).refused(), ["/path"], "{path}");
        }
        let made = hand_over(&server, &app.body, &target).await.expect(201);
        assert_eq!((&made.body["expiresAt"], made.headers["cache-control"].to_str().unwrap()), (&json!("2026-08-17T06:11:00Z"), "no-store"));

        // Once, at the same time too.
        let at_once = join_all((0..8).map(|_| bring(&server, &made.body["code"]))).await;
        let (came, refused): (Vec<&Answer>, Vec<&Answer>) = at_once.iter().partition(|answer| answer.status == 201);
        assert_eq!((came.len(), refused.len()), (1, 7));
        assert!(refused.iter().all(|answer| answer.status == 401 && answer.body["code"] == "code-over"));
        let there = came[0];
        assert_eq!(there.body["target"], json!({ "path": "/barn/narvaro?vecka=36", "personId": family.child.id }));
        assert_eq!((&there.body["loginNeeded"], &there.body["session"]["level"]), (&Value::Null, &json!("substantial")));
        assert_eq!(there.body["session"]["account"], app.body["account"]);
        let web = &there.body["session"];
        let child = server.get(&format!("/v1/persons/{}", family.child.id)).token(token(web)).send().await.expect(200);
        assert_eq!(child.body["name"]["givenName"], "Elsa");
        let rows = server.get("/v1/me/sessions?clientKind=web").token(token(web)).send().await.expect(200).body["data"].as_array().unwrap().clone();
        assert!(rows.iter().any(|row| row["device"] == "Webbläsaren" && row["isCurrent"] == true));

        // Within a minute.
        let late = hand_over(&server, &app.body, &target).await.expect(201);
        server.clock.advance(Duration::seconds(60));
        assert_eq!(bring(&server, &late.body["code"]).await.expect(401).body["code"], "code-over");
        assert_eq!(bring(&server, &json!("påhittad")).await.expect(401).body["code"], "code-over");
        let kept = server.raw().texts("SELECT code_hash || sealed AS value FROM web_handovers").join("\n");
        assert!(!kept.contains(made.body["code"].as_str().unwrap()) && !kept.contains("narvaro"));

        // Half a day after the login the app is of the lowest level; the web begins no higher, and is as old as the app.
        let renew = async |session: &Value| {
            server.post("/v1/sessions/refresh", &json!({ "refreshToken": session["refreshToken"] })).send().await
        };
        server.clock.advance(Duration::hours(11));
        let app = renew(&app.body).await.expect(200);
        server.clock.advance(Duration::hours(2));
        let app = renew(&app.body).await.expect(200);
        assert_eq!(app.body["level"], "basic");
        let made = hand_over(&server, &app.body, &target).await.expect(201);
        let there = bring(&server, &made.body["code"]).await.expect(201);
        assert_eq!((&there.body["session"]["level"], &there.body["loginNeeded"]), (&json!("basic"), &json!("substantial")));
        let web = there.body["session"].clone();
        let grown = renew(&web).await.expect(200);
        assert_eq!(grown.body["level"], "basic");
        // What was handed over ends with the app's session, and a code of an app that is out opens nothing.
        let made = hand_over(&server, &app.body, &target).await.expect(201);
        server.delete("/v1/sessions/current", "*").token(token(&app.body)).send().await.expect(204);
        assert_eq!((me(&server, &grown.body).await, me(&server, &app.body).await), (401, 401));
        assert_eq!(bring(&server, &made.body["code"]).await.expect(401).body["code"], "code-over");

        // So does all when access to the app is switched off; a web that was logged in to by itself goes on.
        let app = login(&server, "app", "Märtas telefon").await.expect(201);
        let made = hand_over(&server, &app.body, &json!({ "path": "/" })).await.expect(201);
        let there = bring(&server, &made.body["code"]).await.expect(201);
        assert_eq!((&there.body["target"]["personId"], &there.body["loginNeeded"]), (&Value::Null, &Value::Null));
        let own = login(&server, "web", "Märtas dator").await.expect(201);
        server.delete(ACCESS, "*").token(token(&app.body)).send().await.expect(204);
        assert_eq!((me(&server, &there.body["session"]).await, me(&server, &own.body).await), (401, 200));
        server.stop().await;
    }
}
