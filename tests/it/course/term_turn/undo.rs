use serde_json::{Value, json};
use skolhus_persistence::{DEPENDENTS, TABLES, TURNED};
use skolhus_tests::{
    on_both,
    raw::Raw,
    server::{Answer, TestServer},
};

use super::school::{SMALL, Spring, register};

/// Whether a refusal tells of one thing that was built upon.
type Expectation = Box<dyn Fn(&str) -> bool>;

/// What stood in the way.
fn details(answer: &Answer) -> Vec<String> {
    let errors = answer.body["errors"].as_array().cloned().unwrap_or_default();
    errors.iter().map(|error| error["detail"].as_str().unwrap().to_owned()).collect()
}

async fn turned(server: &TestServer, spring: &Spring) -> (Answer, Vec<Value>) {
    let body = spring.body();
    let preview = spring.preview(server, &body).await.expect(200);
    let turn = spring.turn(server, &body, &preview).await.expect(201);
    let path = format!("/v1/term-turns/{}/records?limit=500", turn.body["id"].as_str().unwrap());
    let records = spring.list(server, &path).await;
    (turn, records)
}

fn made(records: &[Value], entity: &str, place: usize) -> String {
    let those: Vec<&Value> =
        records.iter().filter(|record| record["entity"] == entity && record["action"] == "made").collect();
    those[place]["recordId"].as_str().unwrap().to_owned()
}

on_both! {
    async fn what_depends_on_a_turn_stands_in_the_way_of_undoing_it(server: TestServer) {
        let spring = Spring::enter(&server, SMALL).await;
        let (turn, records) = turned(&server, &spring).await;
        let offering = made(&records, "course offering", 0);
        let class = made(&records, "group", 0);
        let newcomer = spring.pupils["9A"][0];

        let mut expected: Vec<Expectation> = Vec::new();
        // Somebody joins a class.
        let joins = json!({ "personId": newcomer.to_string(), "groupId": class, "period": { "from": "2027-08-16" } });
        spring.post(&server, "/v1/group-memberships", &joins).await.expect(201);
        let of_class = class.clone();
        expected.push(Box::new(move |detail| detail.contains(&of_class) && detail.contains("group memberships")));
        // A title is corrected; a part is added to another copy.
        let path = format!("/v1/course-offerings/{offering}");
        let etag = spring.get(&server, &path).await.expect(200).etag();
        server.patch(&path, &etag, &json!({ "title": "Matematik, ny titel" })).token(&spring.registrar).send().await.expect(200);
        let of_offering = offering.clone();
        expected.push(Box::new(move |detail| detail.contains(&of_offering) && detail.contains("changed")));
        // Somebody leaves before it begins.
        let going = records.iter().find(|record| record["entity"] == "participation" && !record["sourceId"].is_null()).unwrap();
        let going = going["recordId"].as_str().unwrap().to_owned();
        let path = format!("/v1/participations/{going}/cancellation");
        server.post(&path, &json!({ "on": "2027-06-01", "reason": "Valde annat" })).header("if-match", "\"1\"").token(&spring.registrar).send().await;
        let changed = spring.get(&server, &format!("/v1/participations/{going}")).await.expect(200).body["version"].as_i64().unwrap();
        if changed > 1 {
            expected.push(Box::new(move |detail| detail.contains(&going)));
        }

        let mut raw = server.raw();
        let before = register(&mut raw);
        let refused = spring.undo(&server, &turn).await.expect(409);
        let found = details(&refused);
        for (number, is_said) in expected.iter().enumerate() {
            assert!(found.iter().any(|detail| is_said(detail)), "{number} of {found:?}");
        }
        assert_eq!(register(&mut raw), before);
        let read = spring.get(&server, &format!("/v1/term-turns/{}", turn.body["id"].as_str().unwrap())).await.expect(200);
        assert_eq!(read.body["state"], "done");
        server.stop().await;
    }
}

on_both! {
    async fn what_depended_and_is_gone_stands_in_the_way_no_more(server: TestServer) {
        let spring = Spring::enter(&server, SMALL).await;
        let mut raw = server.raw();
        let before = register(&mut raw);
        let (turn, records) = turned(&server, &spring).await;
        let class = made(&records, "group", 0);
        let joins = json!({ "personId": spring.pupils["9A"][0].to_string(), "groupId": class, "period": { "from": "2027-08-16" } });
        let joined = spring.post(&server, "/v1/group-memberships", &joins).await.expect(201);
        spring.undo(&server, &turn).await.expect(409);
        let path = joined.headers["location"].to_str().unwrap();
        server.delete(path, "\"1\"").token(&spring.registrar).send().await.expect(204);
        let undone = spring.undo(&server, &turn).await.expect(200);
        assert_eq!(undone.body["state"], "reversed");
        assert_eq!(register(&mut raw), before);
        server.stop().await;
    }
}

on_both! {
    // A class without a last day is ended by the turn; what it drives beyond that is cut, and grows back.
    async fn a_class_that_was_ended_exists_as_long_as_before(server: TestServer) {
        let spring = Spring::enter(&server, SMALL).await;
        let class = spring.classes["7A"];
        let path = format!("/v1/groups/{class}");
        let etag = spring.get(&server, &path).await.expect(200).etag();
        server.patch(&path, &etag, &json!({ "period": { "from": "2026-08-17" } })).token(&spring.registrar).send().await.expect(200);
        // It reads something that goes on all year.
        let elsewhere = json!({
            "courseId": spring.get(&server, &format!("/v1/course-offerings/{}", spring.offerings["Keramik"])).await.body["courseId"],
            "schoolUnitId": spring.unit.to_string(), "title": "Friluftsliv", "termIds": [spring.spring.to_string(), spring.autumn.to_string()],
            "firstDay": "2027-01-11", "lastDay": "2027-12-17", "form": "on-site", "pacePercent": 5,
        });
        let lasting = spring.post(&server, "/v1/course-offerings", &elsewhere).await.expect(201);
        let id = lasting.body["id"].as_str().unwrap();
        let drives = json!({ "groups": [{ "groupId": class.to_string() }] });
        server.put(&format!("/v1/course-offerings/{id}/groups"), "*", &drives).token(&spring.registrar).send().await.expect(200);
        let days = async || {
            let mut days: Vec<Value> = spring.list(&server, &format!("/v1/participations?offeringId={id}")).await.iter().map(|there| there["period"].clone()).collect();
            days.dedup();
            days
        };
        assert_eq!(days().await, [json!({ "from": "2027-01-11", "to": "2027-12-17" })]);
        let mut raw = server.raw();
        let before = register(&mut raw);
        let (turn, records) = turned(&server, &spring).await;
        assert!(records.iter().any(|record| record["entity"] == "group" && record["action"] == "ended" && record["formerLastDay"].is_null()));
        assert_eq!(days().await, [json!({ "from": "2027-01-11", "to": "2027-08-15" })]);
        spring.undo(&server, &turn).await.expect(200);
        assert_eq!(days().await, [json!({ "from": "2027-01-11", "to": "2027-12-17" })]);
        assert_eq!(register(&mut raw), before);
        server.stop().await;
    }
}

on_both! {
    // An undoing would leave hanging what it does not know to depend on what it withdraws.
    async fn every_reference_onto_what_a_turn_makes_is_known(server: TestServer) {
        let mut raw = Raw::open(server.state.database.address());
        let mut known = 0;
        for entry in TABLES {
            let keys = if raw.is_postgres() {
                raw.texts(&format!(
                    "SELECT (SELECT string_agg(a.attname, ',' ORDER BY k.place) FROM unnest(c.conkey) WITH ORDINALITY k(number, place) \
                       JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.number) || '|' || c.confrelid::regclass AS value \
                     FROM pg_constraint c WHERE c.contype = 'f' AND c.conrelid = 'public.{}'::regclass", entry.table
                ))
            } else {
                raw.texts(&format!(
                    "SELECT group_concat(\"from\", ',') || '|' || \"table\" AS value FROM \
                       (SELECT * FROM pragma_foreign_key_list('{}') ORDER BY id, seq) GROUP BY id, \"table\"", entry.table
                ))
            };
            for key in keys {
                let (columns, to) = key.split_once('|').unwrap();
                let Some(turned) = TURNED.iter().find(|turned| turned.table == to) else { continue };
                let column = columns.split(',').next_back().unwrap();
                let said = DEPENDENTS.iter().any(|one| (one.table, one.column, one.on) == (entry.table, column, turned.entity));
                assert!(said, "persistence/src/core/turned.rs does not say that {}.{column} depends on {to}", entry.table);
                known += 1;
            }
        }
        assert_eq!(known, DEPENDENTS.len());
        drop(raw);
        server.stop().await;
    }
}
