//! The protected persons of the demonstration, asked for in every way: the answers are those about
//! somebody who does not exist.

use std::collections::BTreeMap;

use serde_json::Value;
use skolhus_api::http::document::document;
use skolhus_domain::access::{Permission, Role};
use skolhus_tests::{
    demo::Demo,
    on_both,
    server::{Answer, TestServer, fill},
};

use super::{
    bounds::{example, media_type},
    caller_walk::permission,
    document::operations,
};

/// What an answer says, but for what every answer has of its own and for the id that was asked for.
fn essence(answer: &Answer, id: &str) -> (u16, Vec<(String, String)>, String) {
    // A connection is closed where a body that no operation reads has not come in yet, which is chance; the next one may
    // lead to another worker, each of which has an order of its own for the headers that browsers may read.
    let own = ["x-request-id", "date", "connection", "access-control-expose-headers"];
    let mut headers: Vec<_> = answer
        .headers
        .iter()
        .filter(|(name, _)| !own.contains(&name.as_str()))
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().replace(id, "…")))
        .collect();
    headers.sort();
    let mut body = answer.body.clone();
    if let Some(fields) = body.as_object_mut() {
        fields.remove("requestId");
    }
    let body = if body.is_null() { answer.text.clone() } else { body.to_string() };
    (answer.status.as_u16(), headers, body.replace(id, "…"))
}

const ABSENT: &str = "0199a3f0-7c00-7000-8000-00000000dead";
/// An address where nothing stands, told apart from the id that a body names.
const NOWHERE: &str = "0199a3f0-7c00-7000-8000-00000000beef";

/// A protected participant and a protected teacher with everything that hangs on them: what must be
/// answered as if it did not exist, by the collection it belongs to.
async fn protected(server: &TestServer, demo: &Demo) -> BTreeMap<&'static str, Vec<String>> {
    use skolhus_api::{http::problem::Problem, program::demo_data::plan};
    use skolhus_domain::{
        access::Caller,
        id::{AccountId, PersonId, RoleAssignmentId},
        person::EmailAddress,
    };
    use skolhus_persistence::identity::account;

    let registrar = demo.token(server, Role::Registrar).await;
    let officer = demo.token(server, Role::ProtectionOfficer).await;
    let teacher = plan::staff_id(7).to_string();
    let duties =
        server.get(&format!("/v1/duties?personId={teacher}")).token(&registrar).send().await.expect(200);
    let duties: Vec<String> = duties.body["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|duty| duty["id"].as_str().unwrap().to_owned())
        .collect();
    assert!(!duties.is_empty());
    let path = format!("/v1/persons/{teacher}/protection");
    server
        .put(&path, "*", &serde_json::json!({ "protection": "marked" }))
        .token(&officer)
        .send()
        .await
        .expect(200);

    let state = &server.state;
    let (mut accounts, mut assignments) = (Vec::new(), Vec::new());
    for (number, person) in [plan::participant_id(plan::PROTECTED), plan::staff_id(7)].into_iter().enumerate()
    {
        let (id, assignment): (AccountId, RoleAssignmentId) = (state.fresh(), state.fresh());
        let role = if number == 0 { Role::Participant } else { Role::Teacher };
        let person: PersonId = person;
        let caller = Caller::system("test", demo.school().organiser, state.fresh_uuid(), state.clock.now());
        let entered = state.database.write(&caller, move |tx, scope| {
            let email = EmailAddress::new(&format!("dold{number}@exempel.se")).map_err(Problem::from)?;
            account::insert(tx, scope, id, Some(person), &email)?;
            account::assign_role(tx, scope, assignment, id, role, None).map_err(Problem::from)
        });
        entered.await.unwrap();
        accounts.push(id.to_string());
        assignments.push(assignment.to_string());
    }
    server.settle_log().await;
    BTreeMap::from([
        ("/v1/persons", vec![plan::participant_id(plan::PROTECTED).to_string(), teacher]),
        ("/v1/enrolments", vec![plan::protected_enrolment_id().to_string()]),
        ("/v1/participations", vec![plan::protected_participation_id().to_string()]),
        ("/v1/duties", duties),
        ("/v1/accounts", accounts),
        ("/v1/role-assignments", assignments),
    ])
}

/// Whether the rows of the collection are there for the role: the teacher of the demonstration teaches the protected
/// participant, and meets them in the roster under another name.
fn meets(role: Role, path: &str) -> bool {
    role == Role::Teacher && (path == "/v1/participations" || path == "/v1/participations/{id}")
}

/// Whether the role may open the protected by this operation.
fn may_open(role: Role, permission: Permission) -> bool {
    let opening = [
        Permission::DisclosePersons,
        Permission::ManageProtection,
        Permission::OpenInEmergency,
        Permission::ReadPersonChanges,
        Permission::ReadPersonReaders,
    ];
    opening.contains(&permission) && permission.roles().contains(&role)
}

on_both! {
    // By id: whatever is done, the protected are as those who are not there.
    async fn a_protected_id_is_answered_as_one_that_does_not_exist(server: TestServer) {
        let demo = Demo::fill(&server).await;
        let hidden = protected(&server, &demo).await;
        let document = document();
        let mut compared = 0;
        for role in Role::ALL {
            let token = demo.token(&server, role).await;
            for (method, path, operation) in operations(&document) {
                let permission = permission(operation);
                if !path.contains("{id}") || !permission.roles().contains(&role) || may_open(role, permission) || meets(role, &path) {
                    continue;
                }
                let collection = path.split("/{id}").next().unwrap();
                let Some(ids) = hidden.get(collection) else { continue };
                for etag in ["*", "\"1\"", "\"2\""] {
                    if method == "GET" && etag != "*" { continue }
                    let ask = async |id: &str| {
                        let address = fill(&path, id);
                        let mut request = server.request(method.parse().unwrap(), &address).token(&token);
                        request = request.header(if method == "GET" { "if-none-match" } else { "if-match" }, etag);
                        match (example(operation), media_type(operation)) {
                            (Some(body), Some(media_type)) => request = request.body(&media_type, body.to_string()),
                            _ if method == "POST" => request = request.json(&serde_json::json!({})),
                            _ => {}
                        }
                        essence(&request.send().await, id)
                    };
                    let absent = ask(ABSENT).await;
                    for id in ids {
                        assert_eq!(ask(id).await, absent, "{method} {path} of {id} as {role:?}");
                        compared += 1;
                    }
                }
            }
        }
        assert!(compared > 60, "only {compared} answers were compared");
        server.stop().await;
    }
}

on_both! {
    // As a filter: a list about the protected is as a list about nobody.
    async fn a_filter_by_a_protected_id_finds_what_one_by_no_id_finds(server: TestServer) {
        let demo = Demo::fill(&server).await;
        let hidden = protected(&server, &demo).await;
        let document = document();
        let mut compared = 0;
        for role in Role::ALL {
            let token = demo.token(&server, role).await;
            for (method, path, operation) in operations(&document) {
                if method != "GET" || path.contains('{') || !permission(operation).roles().contains(&role) || meets(role, &path) { continue }
                let names = operation["parameters"].as_array().into_iter().flatten().filter_map(|parameter| {
                    let name = parameter["name"].as_str()?;
                    (parameter["in"] == "query" && name.ends_with("Id")).then_some(name)
                });
                for name in names {
                    // Who did something stands in the log, by the id of an account that cannot be opened.
                    if name == "actorId" { continue }
                    let ask = async |id: &str| {
                        let answer = server.get(&format!("{path}?{name}={id}&limit=500")).token(&token).send().await;
                        essence(&answer, id)
                    };
                    let absent = ask(ABSENT).await;
                    for id in hidden.values().flatten() {
                        assert_eq!(ask(id).await, absent, "{path}?{name}={id} as {role:?}");
                        compared += 1;
                    }
                }
            }
        }
        assert!(compared > 60, "only {compared} answers were compared");
        server.stop().await;
    }
}

/// Puts ids that exist where a body names others, and one id under test in the place of one of them:
/// a body for each such place.
fn with_each_id(body: &Value, known: &BTreeMap<&str, String>, id: &str) -> Vec<Value> {
    fn places(value: &Value, at: &str, found: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                for (name, inner) in fields {
                    places(inner, &format!("{at}/{name}"), found);
                }
            }
            Value::Array(items) => {
                for (number, inner) in items.iter().enumerate() {
                    places(inner, &format!("{at}/{number}"), found);
                }
            }
            Value::String(text) if text.parse::<uuid::Uuid>().is_ok() => found.push(at.to_owned()),
            _ => {}
        }
    }
    let mut found = Vec::new();
    places(body, "", &mut found);
    let word = |place: &str| {
        place
            .rsplit('/')
            .find(|part| part.parse::<usize>().is_err())
            .unwrap_or_default()
            .trim_end_matches('s')
            .to_owned()
    };
    let mut usual = body.clone();
    for place in &found {
        if let (Some(known), Some(value)) = (known.get(word(place).as_str()), usual.pointer_mut(place)) {
            *value = known.as_str().into();
        }
    }
    // An id that a caller brings for something new is not a question about what is there.
    let asked = found.iter().filter(|place| word(place) != "id");
    asked
        .map(|place| {
            let mut body = usual.clone();
            *body.pointer_mut(place).unwrap() = id.into();
            body
        })
        .collect()
}

on_both! {
    // In a body: what refers to the protected is refused as what refers to nobody.
    async fn a_body_that_names_a_protected_id_is_refused_as_one_that_names_none(server: TestServer) {
        let demo = Demo::fill(&server).await;
        let hidden = protected(&server, &demo).await;
        let ids = demo.every_id(&server).await;
        let first = |collection: &str| ids.for_path(&format!("{collection}/{{id}}")).remove(0);
        let known: BTreeMap<&str, String> = BTreeMap::from([
            ("schoolUnitId", first("/v1/school-units")), ("controllerId", first("/v1/controllers")),
            ("courseId", first("/v1/courses")), ("offeringId", first("/v1/course-offerings")),
            ("termId", first("/v1/terms")), ("personId", first("/v1/persons")), ("dutyId", first("/v1/duties")),
            ("accountId", first("/v1/accounts")), ("participationId", first("/v1/participations")),
        ]);
        let document = document();
        let before = demo.snapshot(&server).await;
        let mut compared = 0;
        for role in Role::ALL {
            let token = demo.token(&server, role).await;
            for (method, path, operation) in operations(&document) {
                if !permission(operation).roles().contains(&role) || may_open(role, permission(operation)) { continue }
                let (Some(mut body), Some(media_type)) = (example(operation), media_type(operation)) else { continue };
                // Some bodies may name a person though their example does not.
                if path.starts_with("/v1/accounts") && body.get("email").is_some() {
                    body["personId"] = ABSENT.into();
                }
                // One that exists, where the demo has any of its kind. A protected teacher stands in their
                // own offering without a name, and may be left there; whoever takes a lesson meets a protected
                // pupil in its register under another name. Another one is asked about them.
                let mut there = NOWHERE.to_owned();
                for id in ids.for_path(&path) {
                    let collection = path.split("/{id}").next().unwrap();
                    let mut shown = server.get(&format!("{collection}/{id}")).token(&token).send().await.text;
                    if path.starts_with("/v1/lessons/{id}/attendance") {
                        shown.push_str(&server.get(&format!("/v1/lessons/{id}/attendance")).token(&token).send().await.text);
                    }
                    let known = hidden["/v1/duties"].iter().chain(&hidden["/v1/persons"]);
                    if !known.into_iter().any(|known| shown.contains(known)) {
                        there = id;
                        break;
                    }
                }
                let address = fill(&path, &there);
                for place in 0..with_each_id(&body, &known, ABSENT).len() {
                    let ask = async |id: &str| {
                        let body = with_each_id(&body, &known, id).remove(place);
                        let request = server.request(method.parse().unwrap(), &address).token(&token).header("if-match", "*");
                        essence(&request.body(&media_type, body.to_string()).send().await, id)
                    };
                    let absent = ask(ABSENT).await;
                    for id in hidden.values().flatten() {
                        assert_eq!(ask(id).await, absent, "{method} {path} naming {id} in place {place} as {role:?}");
                        compared += 1;
                    }
                }
            }
        }
        assert!(compared > 60, "only {compared} answers were compared");
        assert_eq!(demo.snapshot(&server).await, before, "a refused body changed something");
        server.stop().await;
    }
}

on_both! {
    // A page that is cut where a protected person would stand is as full as the others, and none is empty.
    async fn the_ends_of_pages_tell_of_nobody(server: TestServer) {
        let demo = Demo::fill(&server).await;
        let hidden = protected(&server, &demo).await;
        for role in [Role::Registrar, Role::Principal, Role::Teacher] {
            let token = demo.token(&server, role).await;
            for collection in ["/v1/persons", "/v1/enrolments", "/v1/participations", "/v1/duties"] {
                let all = server.get(&format!("{collection}?limit=500")).token(&token).send().await.expect(200);
                let all: Vec<Value> = all.body["data"].as_array().unwrap().clone();
                for limit in [7, all.len().max(1)] {
                    let (mut seen, mut address) = (Vec::new(), format!("{collection}?limit={limit}"));
                    loop {
                        let page = server.get(&address).token(&token).send().await.expect(200);
                        let rows = page.body["data"].as_array().unwrap();
                        seen.extend(rows.iter().cloned());
                        let Some(next) = page.body["pageToken"].as_str() else { break };
                        assert_eq!(rows.len(), limit, "{collection} as {role:?}: a page that another follows is full");
                        assert!(seen.len() < all.len(), "{collection} as {role:?}: another page follows the last row");
                        address = format!("{collection}?limit={limit}&pageToken={next}");
                    }
                    assert_eq!(seen, all, "{collection} as {role:?}");
                }
                if meets(role, collection) {
                    continue;
                }
                for id in hidden.values().flatten() {
                    assert!(!Value::Array(all.clone()).to_string().contains(id.as_str()), "{collection} as {role:?} shows {id}");
                }
            }
        }
        server.stop().await;
    }
}
