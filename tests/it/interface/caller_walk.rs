//! Every operation of the document, called as everybody who should not get through.

use std::collections::BTreeMap;

use serde_json::Value;
use skolhus_api::http::document::document;
use skolhus_domain::access::{Level, Permission, Role};
use skolhus_tests::{
    demo::Demo,
    family::{Family, Member},
    on_both,
    register::School,
    server::{Answer, TestServer, fill},
};

use super::{
    bounds::{example, media_type},
    document::operations,
};

/// Calls an operation with its example body, at an address.
pub(super) async fn call(
    server: &TestServer,
    method: &str,
    path: &str,
    operation: &Value,
    token: Option<&str>,
) -> Answer {
    let mut request = server.request(method.parse().unwrap(), path).header("if-match", "*");
    if let Some(token) = token {
        request = request.token(token);
    }
    if let (Some(body), Some(media_type)) = (example(operation), media_type(operation)) {
        request = request.body(&media_type, body.to_string());
    } else if let Some(media_type) =
        operation["requestBody"]["content"].as_object().and_then(|content| content.keys().next())
    {
        request = request.body(media_type, "x");
    }
    request.send().await
}

pub(super) fn permission(operation: &Value) -> Permission {
    operation["x-permission"].as_str().and_then(Permission::from_code).unwrap()
}

/// The address with something that is not there.
fn somewhere(path: &str) -> String {
    fill(path, "0199a3f0-7c00-7000-8000-0000000000ff").replace("{table}", "school-type")
}

on_both! {
    async fn nobody_gets_nothing(server: TestServer) {
        School::enter(&server).await;
        let document = document();
        for (method, path, operation) in operations(&document) {
            if permission(operation) == Permission::Public { continue }
            for token in [None, Some("x.y.z")] {
                let answer = call(&server, &method, &somewhere(&path), operation, token).await;
                assert_eq!(answer.status, 401, "{method} {path}: {}", answer.text);
            }
        }
        server.stop().await;
    }
}

on_both! {
    async fn a_role_without_the_permission_is_refused_everywhere(server: TestServer) {
        let school = School::enter(&server).await;
        let mut tokens = BTreeMap::new();
        for role in Role::ALL {
            tokens.insert(role, school.token_of(&server, role, None, None, Level::High).await);
        }
        let document = document();
        for (method, path, operation) in operations(&document) {
            let permission = permission(operation);
            if matches!(permission, Permission::Public | Permission::OwnAccount) { continue }
            for (role, token) in &tokens {
                if permission.roles().contains(role) { continue }
                let answer = call(&server, &method, &somewhere(&path), operation, Some(token)).await;
                assert_eq!(answer.status, 403, "{method} {path} as {role:?}: {}", answer.text);
            }
        }
        server.stop().await;
    }
}

on_both! {
    async fn a_login_too_weak_is_told_which_would_do(server: TestServer) {
        let school = School::enter(&server).await;
        let document = document();
        for (method, path, operation) in operations(&document) {
            let permission = permission(operation);
            let Some(role) = permission.roles().first().filter(|_| permission.level() > Level::Basic) else { continue };
            let weak = school.token_of(&server, *role, None, None, Level::Basic).await;
            let answer = call(&server, &method, &somewhere(&path), operation, Some(&weak)).await;
            assert_eq!(answer.status, 401, "{method} {path}: {}", answer.text);
            let challenge = answer.headers["www-authenticate"].to_str().unwrap();
            assert!(challenge.contains(permission.level().acr()), "{method} {path}: {challenge}");
        }
        server.stop().await;
    }
}

on_both! {
    // Strangers with every role in another organiser, knowing every id, see nothing of the school and change nothing in it:
    // one with the roles that reach all of their organiser, one with those that reach parts of it, and a client.
    async fn a_stranger_from_another_organiser_sees_and_changes_nothing(server: TestServer) {
        let demo = Demo::fill(&server).await;
        let elsewhere = School::enter(&server).await;
        let ids = demo.every_id(&server).await;
        assert!(ids.len() > 100, "the demo register has {} ids", ids.len());
        let before = demo.snapshot(&server).await;
        let document = document();
        let parts = [Role::Teacher, Role::Participant, Role::Guardian];
        let whole: Vec<Role> =
            Role::ALL.into_iter().filter(|role| !parts.contains(role) && *role != Role::Integrator).collect();
        for role in [whole.as_slice(), &parts, &[Role::Integrator]] {
            let all: Vec<_> = role.iter().map(|role| (*role, None)).collect();
            let stranger = elsewhere.token_with(&server, &all, None, Level::High).await;
            for (method, path, operation) in operations(&document) {
                if permission(operation) == Permission::Public { continue }
                if !path.contains("{id}") {
                    if method == "GET" {
                        let answer = call(&server, &method, &somewhere(&path), operation, Some(&stranger)).await;
                        for marker in demo.markers() {
                            assert!(!answer.text.contains(&marker), "{method} {path} as {role:?} shows {marker}");
                        }
                    }
                    continue;
                }
                // A few of each kind: all of them would only be slower.
                for id in ids.for_path(&path) {
                    let answer = call(&server, &method, &fill(&path, &id), operation, Some(&stranger)).await;
                    assert!(
                        matches!(answer.status.as_u16(), 400 | 401 | 403 | 404 | 422),
                        "{method} {path} as {role:?}: {} {}", answer.status, answer.text
                    );
                    for marker in demo.markers() {
                        assert!(!answer.text.contains(&marker), "{method} {path} as {role:?} shows {marker}");
                    }
                }
            }
        }
        assert_eq!(demo.snapshot(&server).await, before, "the stranger changed something");
        server.stop().await;
    }
}

on_both! {
    // The protected participant of the demo is found by nobody without the permission.
    async fn the_protected_person_appears_nowhere(server: TestServer) {
        let demo = Demo::fill(&server).await;
        let document = document();
        let hidden = demo.protected_markers();
        for role in Role::ALL {
            let token = demo.token(&server, role).await;
            for (method, path, operation) in operations(&document) {
                if method != "GET" || permission(operation) == Permission::Public { continue }
                let mut addresses = vec![somewhere(&path)];
                addresses.extend(demo.protected_ids().iter().map(|id| fill(&path, id)));
                for address in addresses {
                    for query in ["", "?limit=500"] {
                        if query.len() > 1 && path.contains('{') { continue }
                        let answer = call(&server, &method, &format!("{address}{query}"), operation, Some(&token)).await;
                        // A problem repeats the path it was asked for; that is the asker's own knowledge.
                        let said = answer.text.replace(&format!("\"instance\":\"{address}\""), "");
                        // Their own teacher meets them in the roster under another name, with the id that
                        // attendance is taken for.
                        let id = skolhus_api::program::demo_data::plan::participant_id(skolhus_api::program::demo_data::plan::PROTECTED).to_string();
                        let taught = role == Role::Teacher && path.starts_with("/v1/participations");
                        for marker in hidden.iter().filter(|marker| !(taught && **marker == id)) {
                            assert!(!said.contains(marker), "{method} {address} as {role:?} shows {marker}");
                        }
                    }
                }
            }
        }
        server.stop().await;
    }
}

on_both! {
    // Those who stand nearest to a child and may not know of them: every operation, with every id.
    async fn a_family_is_closed_to_those_without_a_right(server: TestServer) {
        let family = Family::enter(&server).await;
        let shared = family.relate(&server, &family.custody(&family.mother, "2011-03-03")).await;
        let barred = family.relate(&server, &family.custody(&family.father, "2011-03-03")).await;
        let registrar = family.staff(&server, Role::Registrar).await;
        let ban = server.post("/v1/contact-bans", &family.ban(&family.father, "2026-08-17")).token(&registrar).send().await.expect(201);
        let other = serde_json::json!({
            "personId": family.neighbours_child.id, "relativeId": family.neighbour.id, "kind": "guardian",
            "period": { "from": "2011-10-10" }, "reason": "Enligt folkbokföringen",
        });
        let theirs = family.relate(&server, &other).await;
        let last = |path: &str| path.rsplit('/').next().unwrap().to_owned();
        let mut ids: Vec<String> = family.members().iter().map(|(_, member)| member.id.clone()).collect();
        ids.extend([family.offering.clone(), family.enrolment.clone(), family.participation.clone()]);
        ids.extend(family.neighbours.clone());
        ids.extend([last(&shared), last(&barred), last(&theirs), ban.body["id"].as_str().unwrap().to_owned()]);

        let everybody = [&family.child, &family.mother, &family.father, &family.neighbour, &family.neighbours_child];
        let but = |known: &[&Member]| -> Vec<Member> {
            everybody.iter().filter(|member| known.iter().all(|known| known.id != member.id)).map(|member| (*member).clone()).collect()
        };
        let walk = async |who: &str, token: &str, hidden: &[Member]| {
            for (method, path, operation) in operations(&document()) {
                if permission(operation) == Permission::Public || path == "/v1/me/password" { continue }
                let addresses: Vec<String> = if path.contains("{id}") {
                    ids.iter().map(|id| fill(&path, id)).collect()
                } else {
                    vec![somewhere(&path)]
                };
                for address in addresses {
                    let answer = call(&server, &method, &address, operation, Some(token)).await;
                    let said = answer.text.replace(&format!("\"instance\":\"{address}\""), "");
                    for member in hidden {
                        assert!(!member.is_in(&said), "{method} {address} as {who}: {said}");
                    }
                }
            }
        };
        let token = family.guardian(&server, &family.neighbour).await;
        walk("another family's guardian", &token, &but(&[&family.neighbour, &family.neighbours_child])).await;
        let token = family.guardian(&server, &family.mother).await;
        walk("one guardian of the child", &token, &but(&[&family.mother, &family.child])).await;
        let token = family.guardian(&server, &family.father).await;
        walk("the barred relative", &token, &but(&[&family.father])).await;
        family.on(&server, "2029-03-03");
        let token = family.guardian(&server, &family.mother).await;
        walk("a guardian after the birthday", &token, &but(&[&family.mother])).await;
        let token = family.participant(&server, &family.child).await;
        // A grown pupil knows the names of those who were their guardians.
        walk("a grown pupil", &token, &but(&[&family.child, &family.mother, &family.father])).await;
        server.stop().await;
    }
}
