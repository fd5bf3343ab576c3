//! Leave: asked for, decided, taken back.

use serde_json::{Value, json};
use skolhus_domain::access::{Level, Role};
use skolhus_tests::on_both;

use super::home::Home;

fn asked(home: &Home, first: &str, last: &str) -> Value {
    json!({ "personId": home.family.child.id, "firstDay": first, "lastDay": last, "reason": "Kusinens bröllop i Kiruna" })
}

on_both! {
    async fn what_is_granted_makes_absence_authorised(server: TestServer) {
        let home = Home::enter(&server).await;
        let family = &home.family;
        let mother = family.guardian(&server, &family.mother).await;
        let lesson = home.lesson(&server, 18, "09:00", "10:00").await;
        let made = server.post("/v1/leave-requests", &asked(&home, "2026-08-18", "2026-08-19")).token(&mother).send().await.expect(201);
        assert_eq!((&made.body["state"], &made.body["isOwn"]), (&json!("waiting"), &json!(true)));
        let path = format!("/v1/leave-requests/{}", made.body["id"].as_str().unwrap());
        assert_eq!(home.of_child(&server, &lesson).await["proposed"], Value::Null);
        let registrar = server.get(&path).token(&home.registrar).send().await.expect(200);
        assert_eq!(registrar.body["reason"], Value::Null, "who does not decide does not read why");
        let principal = family.staff(&server, Role::Principal).await;
        assert_eq!(server.get(&path).token(&principal).send().await.expect(200).body["reason"], json!("Kusinens bröllop i Kiruna"));
        let neighbour = family.guardian(&server, &family.neighbour).await;
        server.get(&path).token(&neighbour).send().await.expect(404);

        let decide = |token: &str, body: Value| server.post(&format!("{path}/decision"), &body).token(token).send();
        decide(&mother, json!({ "granted": true })).await.expect(403);
        let silent = decide(&principal, json!({ "granted": false })).await.expect(422);
        assert_eq!(silent.refused(), ["/motivation"]);
        let granted = decide(&principal, json!({ "granted": true })).await.expect(200);
        assert_eq!((&granted.body["state"], &granted.body["decidedAs"], &granted.body["decidedOn"]), (&json!("granted"), &json!("principal"), &json!("2026-08-17")));
        decide(&principal, json!({ "granted": true })).await.expect(409);
        assert_eq!(home.of_child(&server, &lesson).await["proposed"], json!("absent-authorised"));
        let waiting = server.get("/v1/leave-requests?state=waiting").token(&principal).send().await.expect(200);
        assert_eq!(waiting.body["data"], json!([]));

        // Before it begins it is taken back by the one who asked.
        let father = family.guardian(&server, &family.father).await;
        let withdraw = |token: &str| server.request(reqwest::Method::POST, &format!("{path}/withdrawal")).token(token).send();
        withdraw(&father).await.expect(403);
        assert_eq!(withdraw(&mother).await.expect(200).body["state"], json!("withdrawn"));
        withdraw(&mother).await.expect(409);
        assert_eq!(home.of_child(&server, &lesson).await["proposed"], Value::Null);
        server.stop().await;
    }
}

on_both! {
    async fn mentors_decide_about_ten_days_and_the_principal_about_more(server: TestServer) {
        let home = Home::enter(&server).await;
        let family = &home.family;
        let mother = family.guardian(&server, &family.mother).await;
        // Åke Ängelsberg is the mentor of a group to which the child belongs.
        let unit = family.school.unit.to_string();
        let made = async |path: &str, body: Value| server.post(path, &body).token(&home.registrar).send().await.expect(201).body["id"].as_str().unwrap().to_owned();
        let duty = made("/v1/duties", json!({ "personId": family.neighbour.id, "schoolUnitId": unit, "role": "teacher", "period": { "from": "2026-08-01" } })).await;
        let group = made("/v1/groups", json!({ "schoolUnitId": unit, "kind": "mentor", "name": "Mentorsgrupp Å", "period": { "from": "2026-08-17" } })).await;
        made("/v1/group-memberships", json!({ "personId": family.child.id, "groupId": group, "period": { "from": "2026-08-17" } })).await;
        let level = Level::High;
        let mentor = family.school.token_of(&server, Role::Teacher, None, Some(family.neighbour.person()), level).await;
        let ask = async |first: &str, last: &str| {
            let answer = server.post("/v1/leave-requests", &asked(&home, first, last)).token(&mother).send().await.expect(201);
            format!("/v1/leave-requests/{}/decision", answer.body["id"].as_str().unwrap())
        };
        let ten = ask("2026-09-01", "2026-09-10").await;
        let eleven = ask("2026-10-01", "2026-10-11").await;
        let yes = json!({ "granted": true });
        server.post(&ten, &yes).token(&mentor).send().await.expect(404);
        let assigned = json!({ "assignments": [{ "dutyId": duty, "role": "mentor", "period": { "from": "2026-08-17" } }] });
        server.put(&format!("/v1/groups/{group}/assignments"), "*", &assigned).token(&home.registrar).send().await.expect(200);
        assert_eq!(server.post(&ten, &yes).token(&mentor).send().await.expect(200).body["decidedAs"], json!("mentor"));
        server.post(&eleven, &yes).token(&mentor).send().await.expect(403);
        let principal = family.staff(&server, Role::Principal).await;
        let refused = json!({ "granted": false, "motivation": "Nationella prov" });
        assert_eq!(server.post(&eleven, &refused).token(&principal).send().await.expect(200).body["state"], json!("refused"));
        server.stop().await;
    }
}

on_both! {
    async fn who_may_ask(server: TestServer) {
        let home = Home::enter(&server).await;
        let family = &home.family;
        let ask = |token: &str, body: Value| server.post("/v1/leave-requests", &body).token(token).send();
        let soon = asked(&home, "2026-08-20", "2026-08-21");
        let neighbour = family.guardian(&server, &family.neighbour).await;
        assert_eq!(ask(&neighbour, soon.clone()).await.expect(422).refused(), ["/personId"]);
        let child = family.participant(&server, &family.child).await;
        ask(&child, soon).await.expect(403);
        let mother = family.guardian(&server, &family.mother).await;
        let early = ask(&mother, asked(&home, "2026-08-16", "2028-08-21")).await.expect(422);
        assert_eq!(early.refused(), ["/firstDay", "/lastDay"]);
        let adult = family.participant(&server, &family.mother).await;
        let own = json!({ "personId": family.mother.id, "firstDay": "2026-08-20", "lastDay": "2026-08-21", "reason": "Flytt" });
        ask(&adult, own).await.expect(201);
        server.stop().await;
    }
}
