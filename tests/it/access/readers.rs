//! Who may read a person's record is answered as it is: those who are named can, and nobody else.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use skolhus_api::{identity::keyring::Bearer, program::demo_data::plan};
use skolhus_domain::{
    access::{Identity, Level, Role},
    id::{ClientId, Id, PersonId, SchoolUnitId},
};
use skolhus_tests::{
    demo::Demo,
    family::id_of,
    on_both,
    server::{Answer, TestServer},
};

const REASON: &str = "Fråga från vårdnadshavare, ärende 2026-140";

async fn readers(server: &TestServer, token: &str, person: &str) -> Answer {
    let path = format!("/v1/persons/{person}/readers/search");
    server.post(&path, &json!({ "reason": REASON })).token(token).send().await
}

/// Those who are named, by their person or as a client, with why.
fn named(answer: &Answer) -> BTreeMap<String, BTreeSet<String>> {
    let mut named: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for reader in answer.body["readers"].as_array().unwrap_or_else(|| panic!("{}", answer.text)) {
        let who = if reader["kind"] == "client" { &reader["id"] } else { &reader["personId"] };
        let grounds = reader["grounds"].as_array().unwrap();
        assert!(!grounds.is_empty(), "{reader}");
        let whys = grounds.iter().map(|ground| ground["why"].as_str().unwrap().to_owned());
        named.entry(who.as_str().unwrap_or_default().to_owned()).or_default().extend(whys);
    }
    named
}

fn person(id: &str) -> PersonId {
    PersonId::from_uuid(id.parse().unwrap())
}

/// A caller of each kind, by person or as a client, with a token.
async fn callers(
    server: &TestServer,
    demo: &Demo,
    units: &[SchoolUnitId],
    relatives: &[String],
) -> Vec<(String, String)> {
    let school = demo.school();
    let mut callers = Vec::new();
    let all = [(Role::Teacher, None), (Role::Guardian, None), (Role::Participant, None)];
    let staff = (5..9).map(plan::staff_id);
    let pupils = (1..5).chain([plan::PROTECTED]).map(plan::participant_id);
    for who in staff.chain(pupils).chain(relatives.iter().map(|id| person(id))) {
        callers.push((who.to_string(), school.token_with(server, &all, Some(who), Level::High).await));
    }
    let mut number = 9;
    for role in [
        Role::Principal,
        Role::Registrar,
        Role::ProtectionOfficer,
        Role::Administrator,
        Role::DataProtectionOfficer,
    ] {
        let only: Vec<Option<SchoolUnitId>> = match role {
            Role::Administrator | Role::DataProtectionOfficer => vec![None],
            _ => std::iter::once(None).chain(units.iter().copied().map(Some)).collect(),
        };
        for unit in only {
            let who = plan::staff_id(number);
            number += 1;
            callers
                .push((who.to_string(), school.token_of(server, role, unit, Some(who), Level::High).await));
        }
    }
    let administrator = demo.token(server, Role::Administrator).await;
    for (scope, unit) in [("person:read", None), ("person:read", Some(units[0])), ("course:read", None)] {
        let mut client = json!({ "name": "Schemahämtaren", "scopes": [scope] });
        if let Some(unit) = unit {
            client["schoolUnitIds"] = json!([unit]);
        }
        let made = server.post("/v1/clients", &client).token(&administrator).send().await.expect(201);
        let identity = Identity::Client(ClientId::from_uuid(id_of(&made).parse().unwrap()));
        let bearer = Bearer { organiser: plan::organiser_id(), identity, level: Level::Substantial };
        callers.push((id_of(&made), server.token(&bearer)));
    }
    callers
}

on_both! {
    async fn those_who_are_named_can_read_and_nobody_else(server: TestServer) {
        let demo = Demo::fill(&server).await;
        let registrar = demo.token(&server, Role::Registrar).await;
        let officer = demo.token(&server, Role::DataProtectionOfficer).await;
        let units = server.get("/v1/school-units").token(&registrar).send().await.expect(200);
        let units: Vec<SchoolUnitId> = units.body["data"].as_array().unwrap().iter()
            .map(|unit| SchoolUnitId::from_uuid(unit["id"].as_str().unwrap().parse().unwrap())).collect();
        let relations = server.get("/v1/relations?limit=500").token(&registrar).send().await.expect(200);
        let of = |name: &str| -> Vec<String> {
            let mut ids: Vec<String> = relations.body["data"].as_array().unwrap().iter()
                .map(|relation: &Value| relation[name].as_str().unwrap().to_owned()).collect();
            ids.sort();
            ids.dedup();
            ids
        };
        let (relatives, children) = (of("relativeId"), of("personId"));
        let callers = callers(&server, &demo, &units, &relatives[..16]).await;

        let mut asked: Vec<String> = children.iter().take(8).cloned().collect();
        asked.extend([plan::participant_id(2), plan::participant_id(40), plan::staff_id(4)].map(|id| id.to_string()));
        asked.extend(relatives.iter().take(2).cloned());
        let mut whys: BTreeSet<String> = BTreeSet::new();
        for person in &asked {
            let told = readers(&server, &officer, person).await.expect(200);
            assert_eq!(told.body["isProtected"], false);
            let named = named(&told);
            for (who, token) in &callers {
                let answer = server.get(&format!("/v1/persons/{person}")).token(token).send().await;
                assert_eq!(answer.status == 200, named.contains_key(who), "{who} reads {person}: {}, told {:?}", answer.text, named.get(who));
                whys.extend(named.get(who).into_iter().flatten().cloned());
            }
        }
        let every = ["relative", "school-unit", "taught", "themselves", "whole-organiser"];
        assert_eq!(whys, every.map(str::to_owned).into(), "each kind of ground was met");
        server.stop().await;
    }
}

on_both! {
    // Of somebody protected: who may open, who meets them under another name, who is cleared.
    async fn of_the_protected_it_is_told_who_may_open_or_meet_them(server: TestServer) {
        let demo = Demo::fill(&server).await;
        let officer = demo.token(&server, Role::DataProtectionOfficer).await;
        let keeper = demo.token(&server, Role::ProtectionOfficer).await;
        let registrar = demo.token(&server, Role::Registrar).await;
        let units = server.get("/v1/school-units").token(&registrar).send().await.expect(200);
        let units: Vec<SchoolUnitId> = units.body["data"].as_array().unwrap().iter()
            .map(|unit| SchoolUnitId::from_uuid(unit["id"].as_str().unwrap().parse().unwrap())).collect();
        let protected = server.post("/v1/protected-persons/search?limit=10", &json!({ "reason": REASON })).token(&keeper).send().await.expect(200);
        let protected: Vec<String> = protected.body["data"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect();
        let callers = callers(&server, &demo, &units, &[]).await;
        let mut whys: BTreeSet<String> = BTreeSet::new();
        assert!(!protected.is_empty());
        for person in &protected {
            let told = readers(&server, &officer, person).await.expect(200);
            assert_eq!(told.body["isProtected"], true);
            let named = named(&told);
            whys.extend(named.values().flatten().cloned());
            let has = |who: &str, why: &str| named.get(who).is_some_and(|whys| whys.contains(why));
            for (who, token) in &callers {
                let read = server.get(&format!("/v1/persons/{person}")).token(token).send().await;
                assert!(matches!(read.status.as_u16(), 403 | 404), "{who} reads {person}: {}", read.text);
                let opened = server.post(&format!("/v1/persons/{person}/disclosure"), &json!({ "reason": REASON })).token(token).send().await;
                assert_eq!(opened.status == 200, has(who, "opens-with-reason"), "{who} opens {person}: {}", opened.text);
                if who == person { continue }
                let met = server.get(&format!("/v1/participations?personId={person}")).token(token).send().await;
                let meets = met.body["data"].as_array().is_some_and(|rows| !rows.is_empty());
                assert!(!meets || has(who, "under-another-name"), "{who} meets {person}: {}", met.text);
            }
        }
        for why in ["opens-with-reason", "under-another-name", "themselves"] {
            assert!(whys.contains(why), "{why}: {whys:?}");
        }
        // Whoever looked is in the log; others may not look, and nobody is told whether there is such a person.
        readers(&server, &registrar, &protected[0]).await.expect(403);
        readers(&server, &officer, "0199a3f0-7c00-7000-8000-00000000dead").await.expect(404);
        server.settle_log().await;
        let path = format!("/v1/persons/{}/changes/search?action=access", protected[0]);
        let looks = server.post(&path, &json!({ "reason": REASON })).token(&officer).send().await.expect(200);
        let by = |permission: &str| looks.body["data"].as_array().unwrap().iter().any(|row| row["permission"] == permission && row["reason"] == REASON);
        assert!(by("person-reader:read"), "{}", looks.text);
        server.stop().await;
    }
}
