//! What lies in another school unit of the same organiser, under another controller: every operation with every kind of
//! record there, as everybody whose role is limited to a unit.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use skolhus_api::{http::document::document, identity::keyring::Bearer, program::demo_data::plan};
use skolhus_domain::{
    access::{Identity, Level, Permission, Role},
    id::{ClientId, Id},
};
use skolhus_tests::{
    demo::Demo,
    on_both,
    server::{TestServer, fill},
};

use super::{
    caller_walk::{call, permission},
    document::operations,
};

/// A record: where it is listed, its id, and the ids that stand in it.
struct Record {
    collection: String,
    id: String,
    names: BTreeSet<String>,
}

/// What is every unit's: the organiser itself, its units and terms, and what they are described by.
const SHARED: &[&str] = &[
    "/v1/controllers",
    "/v1/courses",
    "/v1/days-off",
    "/v1/organisers",
    "/v1/rooms",
    "/v1/school-units",
    "/v1/sites",
    "/v1/terms",
];

fn ids_in(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => fields.values().for_each(|value| ids_in(value, found)),
        Value::Array(items) => items.iter().for_each(|value| ids_in(value, found)),
        Value::String(text) if text.parse::<uuid::Uuid>().is_ok() => drop(found.insert(text.clone())),
        _ => {}
    }
}

fn records(lists: &[(String, Vec<Value>)]) -> Vec<Record> {
    let of = |(collection, rows): &(String, Vec<Value>)| -> Vec<Record> {
        let record = |row: &Value| {
            let id = row["id"].as_str()?.to_owned();
            let mut names = BTreeSet::new();
            ids_in(row, &mut names);
            names.remove(&id);
            Some(Record { collection: collection.clone(), id, names })
        };
        rows.iter().filter_map(record).collect()
    };
    lists.iter().filter(|(collection, _)| !SHARED.contains(&collection.as_str())).flat_map(of).collect()
}

/// The units that each record belongs to. A record that names one belongs there; else to where the records belong that it
/// names. A person belongs to where the records belong in which they stand.
fn units_of(records: &[Record], units: &[&str]) -> BTreeMap<String, BTreeSet<String>> {
    let mut of: BTreeMap<String, BTreeSet<String>> =
        units.iter().map(|unit| ((*unit).to_owned(), BTreeSet::from([(*unit).to_owned()]))).collect();
    let persons: BTreeSet<&str> = records
        .iter()
        .filter(|record| record.collection == "/v1/persons")
        .map(|record| record.id.as_str())
        .collect();
    loop {
        let before = of.clone();
        for record in records {
            let (people, things): (Vec<_>, Vec<_>) =
                record.names.iter().partition(|name| persons.contains(name.as_str()));
            let of_names = |names: &[&String]| -> BTreeSet<String> {
                names.iter().filter_map(|name| of.get(*name)).flatten().cloned().collect()
            };
            let by_things = of_names(&things);
            let own = if by_things.is_empty() { of_names(&people) } else { by_things };
            for person in people {
                of.entry(person.clone()).or_default().extend(own.iter().cloned());
            }
            of.entry(record.id.clone()).or_default().extend(own);
        }
        if of == before {
            return of;
        }
    }
}

/// A token of everybody whose role can be limited to the unit, by what they are.
async fn tokens(
    server: &TestServer,
    demo: &Demo,
    unit: skolhus_domain::id::SchoolUnitId,
) -> Vec<(Role, String)> {
    let mut tokens = Vec::new();
    for role in
        [Role::Principal, Role::Registrar, Role::Teacher, Role::ProtectionOfficer, Role::Administrator]
    {
        let person = (role == Role::Teacher).then(|| plan::staff_id(4));
        tokens.push((role, demo.school().token_of(server, role, Some(unit), person, Level::High).await));
    }
    let administrator = demo.token(server, Role::Administrator).await;
    // What clients are granted are the permissions of theirs to read.
    let of_clients =
        Permission::ALL.iter().filter(|permission| permission.roles().contains(&Role::Integrator));
    let scopes: Vec<&str> =
        of_clients.map(|permission| permission.code()).filter(|code| code.ends_with(":read")).collect();
    let client = json!({ "name": "Schemahämtaren", "scopes": scopes, "schoolUnitIds": [unit] });
    let client = server.post("/v1/clients", &client).token(&administrator).send().await.expect(201);
    let client = ClientId::from_uuid(client.body["id"].as_str().unwrap().parse().unwrap());
    let bearer = Bearer {
        organiser: plan::organiser_id(),
        identity: Identity::Client(client),
        level: Level::Substantial,
    };
    tokens.push((Role::Integrator, server.token(&bearer)));
    tokens
}

on_both! {
    // Knowing every id of the other unit, whoever belongs to one sees nothing of the other and changes nothing in it.
    async fn a_unit_is_closed_to_those_of_another(server: TestServer) {
        let demo = Demo::fill(&server).await;
        let registrar = demo.token(&server, Role::Registrar).await;
        let administrator = demo.token(&server, Role::Administrator).await;
        let units = server.get("/v1/school-units").token(&registrar).send().await.expect(200);
        let theirs = units.body["data"].as_array().unwrap().iter().map(|unit| unit["id"].as_str().unwrap())
            .find(|id| *id != plan::unit_id().to_string()).unwrap().to_owned();
        let controller = json!({ "name": "Sjöboda kommun", "kind": "public" });
        let controller = server.post("/v1/controllers", &controller).token(&administrator).send().await.expect(201);
        let moved = json!({ "controllerId": controller.body["id"] });
        server.patch(&format!("/v1/school-units/{theirs}"), "*", &moved).token(&administrator).send().await.expect(200);

        let tokens = tokens(&server, &demo, plan::unit_id()).await;
        let before = demo.snapshot(&server).await;
        let records = records(&before);
        let units = units_of(&records, &[&theirs, &plan::unit_id().to_string()]);
        let only_there = BTreeSet::from([theirs.clone()]);
        let mut closed: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for record in records.iter().filter(|record| units.get(&record.id) == Some(&only_there)) {
            closed.entry(&record.collection).or_default().push(&record.id);
        }
        assert!(closed.len() > 8 && closed.values().map(Vec::len).sum::<usize>() > 100, "{:?}", closed.keys());

        let document = document();
        let (mut refused, mut leaks) = (0, BTreeSet::new());
        for (role, token) in &tokens {
            for (method, path, operation) in operations(&document) {
                let permission = permission(operation);
                if matches!(permission, Permission::Public | Permission::OwnAccount) || !permission.roles().contains(role) {
                    continue;
                }
                let collection = path.split("/{id}").next().unwrap();
                let ids: Vec<&str> = if path.contains("{id}") {
                    closed.get(collection).into_iter().flatten().copied().take(2).collect()
                } else if method == "GET" {
                    vec![""]
                } else {
                    continue;
                };
                for id in ids {
                    let address = if id.is_empty() { format!("{}?limit=500", fill(&path, id)) } else { fill(&path, id) };
                    let answer = call(&server, &method, &address, operation, Some(token)).await;
                    if !id.is_empty() {
                        let status = answer.status.as_u16();
                        if !matches!(status, 400 | 403 | 404 | 422) {
                            leaks.insert(format!("{method} {path} as {role:?}: {status} {}", answer.text));
                        }
                        refused += 1;
                    }
                    let said = answer.text.replace(&format!("\"instance\":\"{address}\""), "");
                    for (collection, ids) in &closed {
                        if ids.iter().any(|id| said.contains(*id)) {
                            leaks.insert(format!("{method} {path} as {role:?} shows one of {collection}: {said}"));
                        }
                    }
                }
            }
        }
        assert!(leaks.is_empty(), "{leaks:#?}");
        assert!(refused > 200, "only {refused} were refused");
        assert_eq!(demo.snapshot(&server).await, before, "somebody changed something");
        server.stop().await;
    }
}
