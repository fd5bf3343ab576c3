use std::collections::BTreeMap;

use serde_json::{Value, json};
use skolhus_domain::{
    access::{Level, Role},
    id::{Id, PersonId},
    person::ProtectionReport,
};
use skolhus_persistence::{Clash, Kept, OnMerge, PERSON_COLUMNS, TABLES, Tenancy};
use skolhus_tests::{
    on_both,
    proof::ChangeProof,
    raw::{Column, Raw},
    register::School,
    server::{Answer, TestServer},
};

use super::*;
use crate::course::register::{Autumn, other_unit, person, protect};

/// An official coordination number of the same month of birth as [`ÅSA`].
const ÅSA_BEFORE: &str = "198507912387";
/// Another official test number.
const OTHER: &str = "198507012394";

/// A school in autumn with one who may merge.
struct Merging {
    autumn: Autumn,
    clerk: String,
}

impl Merging {
    async fn enter(server: &TestServer) -> Self {
        let autumn = Autumn::enter(server).await;
        let clerk = autumn.school.token_of(server, Role::Registrar, None, None, Level::High).await;
        Self { autumn, clerk }
    }

    async fn create(&self, server: &TestServer, body: &Value) -> String {
        let made = server.post("/v1/persons", body).token(&self.clerk).send().await.expect(201);
        made.body["id"].as_str().unwrap().to_owned()
    }

    async fn post(&self, server: &TestServer, path: &str, body: &Value) -> Answer {
        server.post(path, body).token(&self.clerk).send().await
    }

    async fn get(&self, server: &TestServer, path: &str) -> Answer {
        server.get(path).token(&self.clerk).send().await
    }

    async fn merge(&self, server: &TestServer, keep: &str, merge: &str) -> Answer {
        let version = async |id: &str| {
            let read = self.get(server, &format!("/v1/persons/{id}")).await;
            read.body["version"].as_i64().unwrap_or(1)
        };
        let body = json!({
            "keepId": keep, "keepVersion": version(keep).await, "mergeId": merge, "mergeVersion": version(merge).await,
            "reason": "Samma person, inskriven två gånger",
        });
        self.post(server, "/v1/person-merges", &body).await
    }

    async fn preview(&self, server: &TestServer, keep: &str, merge: &str) -> Answer {
        self.post(server, "/v1/person-merges/preview", &json!({ "keepId": keep, "mergeId": merge })).await
    }

    async fn undo(&self, server: &TestServer, merge: &Answer) -> Answer {
        let path = format!("/v1/person-merges/{}/reversal", merge.body["id"].as_str().unwrap());
        self.post(server, &path, &json!({ "reason": "Två kusiner med samma namn" })).await
    }

    /// A body for an enrolment.
    fn enrolment(&self, person: &str, from: &str) -> Value {
        json!({ "personId": person, "schoolUnitId": self.autumn.school.unit.to_string(), "schoolTypeCode": "FHS", "period": { "from": from, "to": "2026-12-18" } })
    }
}

/// What a problem says was in the way.
fn details(answer: &Answer) -> Vec<String> {
    let errors = answer.body["errors"].as_array().cloned().unwrap_or_default();
    errors.iter().map(|error| error["detail"].as_str().unwrap().to_owned()).collect()
}

fn literal(raw: &Raw, id: &str) -> String {
    if raw.is_postgres() { format!("'{id}'") } else { format!("x'{}'", id.replace('-', "")) }
}

/// Every row of every table of the organiser, by table: all but what every write changes.
fn register(raw: &mut Raw) -> BTreeMap<&'static str, Vec<String>> {
    let mut all = BTreeMap::new();
    for entry in TABLES {
        // What was merged and undone stays on record; the log grows.
        if entry.tenancy != Tenancy::Organiser || entry.kept == Kept::Log || entry.table == "person_merges" {
            continue;
        }
        let columns: Vec<String> = raw
            .columns(entry.table)
            .into_iter()
            .filter(|column| !["version", "modified_at"].contains(&column.name.as_str()))
            .map(|Column { name, kind, .. }| {
                let text =
                    if kind == "blob" { format!("hex({name})") } else { format!("CAST({name} AS TEXT)") };
                format!("'{name}=' || coalesce({text}, 'null')")
            })
            .collect();
        let rows = raw.texts(&format!(
            "SELECT {} AS value FROM {} ORDER BY 1",
            columns.join(" || ' ' || "),
            entry.table
        ));
        all.insert(entry.table, rows);
    }
    all
}

/// How many rows name a person in a column.
fn naming(raw: &mut Raw, table: &str, column: &str, person: &str) -> usize {
    let person = literal(raw, person);
    let text =
        raw.text(&format!("SELECT CAST(count(*) AS TEXT) AS value FROM {table} WHERE {column} = {person}"));
    text.parse().unwrap()
}

/// Puts a row of made-up values that names the person into a table, past the program.
fn make_up(raw: &mut Raw, school: &School, place: usize, column: &str, person: &str) {
    let table = PERSON_COLUMNS[place].table;
    let postgres = raw.is_postgres();
    let columns = raw.columns(table);
    let values: Vec<String> = columns
        .iter()
        .enumerate()
        .map(|(number, there)| {
            let id = |id: &str| literal(raw, id);
            match there.name.as_str() {
                "organiser_id" => return id(&school.organiser.to_string()),
                "version" => return "1".to_owned(),
                name if name == column => return id(person),
                _ if there.nullable => return "NULL".to_owned(),
                _ => {}
            }
            match there.kind.as_str() {
                "uuid" | "blob" => id(&format!("00000000-0000-7000-80{place:02}-{number:012}")),
                "boolean" => "false".to_owned(),
                "date" => "'2026-08-17'".to_owned(),
                "jsonb" => "'[]'".to_owned(),
                kind if kind.starts_with("timestamp") => "now()".to_owned(),
                "integer" | "bigint" | "smallint" => "1".to_owned(),
                _ if !postgres && (there.name.ends_with("_from") || there.name.ends_with("_to")) => {
                    "'2026-08-17'".to_owned()
                }
                _ => "'[]'".to_owned(),
            }
        })
        .collect();
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    let past_the_rules =
        if postgres { "SET session_replication_role = replica" } else { "PRAGMA foreign_keys = OFF" };
    raw.execute(past_the_rules);
    raw.execute(&format!("INSERT INTO {table} ({}) VALUES ({})", names.join(", "), values.join(", ")));
}

on_both! {
    async fn merge_and_undo_bring_back_every_row_of_every_registered_table(server: TestServer) {
        let merging = Merging::enter(&server).await;
        let autumn = &merging.autumn;
        let keep = merging.create(&server, &numbered("Åsa Märta", "Öberg", ÅSA)).await;
        let mut double = named("Åsa", "Öberg");
        double["notDuplicateOf"] = json!([keep]);
        double["identityNumbers"] = json!([{ "value": ÅSA_BEFORE, "kind": "coordination-number", "period": { "from": "2019-01-01", "to": "2019-12-31" } }]);
        double["externalIdentifiers"] = json!([{ "system": "rexnet", "value": "P-4711" }]);
        double["birthDate"] = json!("1985-07-13");
        double["schoolUnitId"] = json!(autumn.school.unit.to_string());
        double["contact"] = json!({ "emails": [{ "address": "asa@exempel.se" }], "phones": [{ "number": "070-174 06 05" }] });
        double["addresses"] = json!([{ "kind": "registered", "streetLines": ["Ängsgatan 4 A"], "postalCode": "70210", "city": "Örebro", "period": { "from": "2020-01-01" } }]);
        let merge = merging.create(&server, &double).await;
        let merge_id = PersonId::from_uuid(merge.parse().unwrap());
        // Data in every table that names a person.
        merging.post(&server, "/v1/enrolments", &merging.enrolment(&merge, "2026-08-17")).await.expect(201);
        autumn.duty(&server, merge_id).await;
        let offering = autumn.offering(&server, "Skrivarlinjen").await;
        let place = json!({ "personId": merge, "offeringId": offering["id"] });
        merging.post(&server, "/v1/participations", &place).await.expect(201);
        autumn.token_of(&server, Role::Participant, None, Some(merge_id)).await;
        let mut raw = server.raw();
        for (place, column) in PERSON_COLUMNS.iter().enumerate() {
            let OnMerge::Moves(how) = column.on_merge else { continue };
            // What stands in the way of every merge has a test of its own.
            if how.clash == Clash::Always { continue }
            if naming(&mut raw, column.table, column.column, &merge) == 0 {
                make_up(&mut raw, &autumn.school, place, column.column, &merge);
            }
            assert!(naming(&mut raw, column.table, column.column, &merge) > 0, "enter data into {}", column.table);
        }
        let before = register(&mut raw);
        let proof = ChangeProof::watch(&server);

        let preview = merging.preview(&server, &keep, &merge).await.expect(200);
        assert_eq!(preview.body["possible"], true, "{}", preview.text);
        assert_eq!(preview.body["added"], json!(["schoolUnitId", "contact.emails", "contact.phones"]));
        for entity in ["identity number", "external identifier", "account", "duty", "enrolment", "participation", "address"] {
            let moves = preview.body["moves"].as_array().unwrap();
            assert!(moves.contains(&json!({ "entity": entity, "records": 1 })), "{entity}: {}", preview.text);
        }
        assert!(!preview.text.contains("review"), "what waits for review is told to nobody: {}", preview.text);
        assert_eq!(register(&mut raw), before, "a preview changes nothing");

        let merged = merging.merge(&server, &keep, &merge).await.expect(201);
        assert_eq!((&merged.body["state"], &merged.body["keptId"]), (&json!("merged"), &json!(keep)));
        for column in PERSON_COLUMNS {
            let OnMerge::Moves(how) = column.on_merge else { continue };
            if how.clash == Clash::Always { continue }
            assert_eq!(naming(&mut raw, column.table, column.column, &merge), 0, "{}.{}", column.table, column.column);
            assert!(naming(&mut raw, column.table, column.column, &keep) > 0, "{}.{}", column.table, column.column);
        }
        let kept = merging.get(&server, &format!("/v1/persons/{keep}")).await.expect(200);
        assert_eq!(kept.body["contact"]["emails"], json!([{ "address": "asa@exempel.se", "kind": "other", "source": "staff" }]));
        assert_eq!(kept.body["identityNumbers"].as_array().unwrap().len(), 2);
        assert_ne!(register(&mut raw), before);

        let undone = merging.undo(&server, &merged).await.expect(200);
        assert_eq!((&undone.body["state"], undone.etag()), (&json!("reversed"), "\"2\"".to_owned()));
        assert_eq!(register(&mut raw), before);
        assert!(proof.check() > 10);
        let again = merging.undo(&server, &merged).await.expect(409);
        assert_eq!(again.body["code"], "conflict");
        // What was undone may be merged again.
        merging.merge(&server, &keep, &merge).await.expect(201);
        drop(raw);
        server.stop().await;
    }
}

on_both! {
    async fn a_merged_record_leads_on_to_the_kept_one_for_those_who_reach_it(server: TestServer) {
        let merging = Merging::enter(&server).await;
        let autumn = &merging.autumn;
        let [first, second, third] = [("Åsa", "Öberg"), ("Åsa M", "Öberg"), ("Åsa Märta", "Öberg")];
        let (first, second, third) = (
            person(&server, &autumn.school, first.0, first.1, ProtectionReport::Unmarked).await.to_string(),
            person(&server, &autumn.school, second.0, second.1, ProtectionReport::Unmarked).await.to_string(),
            person(&server, &autumn.school, third.0, third.1, ProtectionReport::Unmarked).await.to_string(),
        );
        let one = merging.merge(&server, &second, &first).await.expect(201);
        let two = merging.merge(&server, &third, &second).await.expect(201);
        // The client follows: through both merges, to the record that stands.
        let found = merging.get(&server, &format!("/v1/persons/{first}")).await.expect(200);
        assert_eq!(found.body["id"], third.as_str());
        let list = merging.get(&server, "/v1/persons").await.expect(200);
        assert_eq!(list.body["data"].as_array().unwrap().len(), 1);
        let merges = merging.get(&server, &format!("/v1/person-merges?state=merged&personId={second}")).await.expect(200);
        assert_eq!(merges.body["data"].as_array().unwrap().len(), 2);

        let elsewhere = other_unit(&server, &autumn.school).await;
        let stranger = autumn.token_of(&server, Role::Registrar, Some(elsewhere), None).await;
        let unknown = server.get("/v1/persons/0199a3f0-7c00-7000-8000-00000000dead").token(&stranger).send().await.expect(404);
        let hidden = server.get(&format!("/v1/persons/{first}")).token(&stranger).send().await.expect(404);
        assert_eq!(hidden.body["code"], unknown.body["code"]);

        // Undone from the last to the first.
        let refused = merging.undo(&server, &one).await.expect(409);
        assert!(details(&refused)[0].contains("merged in turn"), "{}", refused.text);
        merging.undo(&server, &two).await.expect(200);
        merging.undo(&server, &one).await.expect(200);
        for id in [&first, &second, &third] {
            let found = merging.get(&server, &format!("/v1/persons/{id}")).await.expect(200);
            assert_eq!(found.body["id"], id.as_str());
        }
        server.stop().await;
    }
}

on_both! {
    async fn what_cannot_be_one_person_is_refused_and_named(server: TestServer) {
        let merging = Merging::enter(&server).await;
        let autumn = &merging.autumn;
        let keep = merging.create(&server, &numbered("Åsa", "Öberg", ÅSA)).await;
        let other = merging.create(&server, &numbered("Åsa", "Öberg", OTHER)).await;
        let refused = merging.merge(&server, &keep, &other).await.expect(409);
        assert!(details(&refused)[0].contains("personnummer"), "{}", refused.text);
        // Not even when one of the numbers has ended: that is what a new identity looks like.
        let ended = json!({ "identityNumbers": [{ "value": OTHER, "period": { "from": "1985-07-01", "to": "2020-01-01" } }], "birthDate": null });
        server.patch(&format!("/v1/persons/{other}"), "*", &ended).token(&merging.clerk).send().await.expect(200);
        merging.merge(&server, &keep, &other).await.expect(409);

        let double = merging.create(&server, &named("Åsa", "Öberg")).await;
        let offering = autumn.offering(&server, "Skrivarlinjen").await;
        for id in [&keep, &double] {
            merging.post(&server, "/v1/participations", &json!({ "personId": id, "offeringId": offering["id"] })).await.expect(201);
            merging.post(&server, "/v1/enrolments", &merging.enrolment(id, "2026-08-17")).await.expect(201);
        }
        let preview = merging.preview(&server, &keep, &double).await.expect(200);
        assert_eq!(preview.body["possible"], false);
        let refused = merging.merge(&server, &keep, &double).await.expect(409);
        assert_eq!(json!(refused.body["errors"]), preview.body["obstacles"]);
        let said = details(&refused).join("\n");
        assert!(said.contains("participation") && said.contains("enrolment"), "{said}");
        assert_eq!(refused.refused(), ["/mergeId", "/mergeId"]);

        // One record twice, an old version, a weak login, one unit only.
        let body = |keep: &str, merge: &str, version: i64| json!({ "keepId": keep, "keepVersion": version, "mergeId": merge, "mergeVersion": 1, "reason": "Samma person" });
        assert_eq!(merging.post(&server, "/v1/person-merges", &body(&keep, &keep, 1)).await.expect(422).refused(), ["/mergeId"]);
        let third = merging.create(&server, &named("Örjan", "Ek")).await;
        merging.post(&server, "/v1/person-merges", &body(&keep, &third, 9)).await.expect(412);
        server.post("/v1/person-merges", &body(&keep, &third, 1)).token(&autumn.registrar).send().await.expect(401);
        let local = autumn.school.token_of(&server, Role::Registrar, Some(autumn.school.unit), None, Level::High).await;
        server.post("/v1/person-merges", &body(&keep, &third, 1)).token(&local).send().await.expect(403);
        server.stop().await;
    }
}

on_both! {
    async fn a_protected_person_and_nobody_are_one_answer(server: TestServer) {
        let merging = Merging::enter(&server).await;
        let autumn = &merging.autumn;
        let keep = merging.create(&server, &named("Åsa", "Öberg")).await;
        let hidden = person(&server, &autumn.school, "Östen", "Hemlig", ProtectionReport::Marked).await.to_string();
        let stranger = School::enter(&server).await;
        let foreign = person(&server, &stranger, "Åsa", "Öberg", ProtectionReport::Unmarked).await.to_string();
        let nobody = "0199a3f0-7c00-7000-8000-00000000dead";
        for path in ["/v1/person-merges", "/v1/person-merges/preview"] {
            let mut answers = Vec::new();
            for id in [nobody, &hidden, &foreign] {
                for (keep, merge) in [(keep.as_str(), id), (id, keep.as_str())] {
                    let mut body = json!({ "keepId": keep, "mergeId": merge });
                    if !path.ends_with("preview") {
                        body = json!({ "keepId": keep, "keepVersion": 1, "mergeId": merge, "mergeVersion": 1, "reason": "Samma person" });
                    }
                    let answer = merging.post(&server, path, &body).await.expect(422);
                    let mut said = answer.body.clone();
                    said["requestId"] = Value::Null;
                    answers.push(said);
                }
            }
            assert!(answers.iter().step_by(2).all(|said| *said == answers[0]), "{answers:?}");
            assert!(answers.iter().skip(1).step_by(2).all(|said| *said == answers[1]), "{answers:?}");
        }

        // Somebody becomes protected after the merge: the withdrawn record with them, and the merge is not told of.
        let (keep, merge) = (
            person(&server, &autumn.school, "Älva", "Ärlig", ProtectionReport::Unmarked).await,
            person(&server, &autumn.school, "Elva", "Ärlig", ProtectionReport::Unmarked).await,
        );
        let merged = merging.merge(&server, &keep.to_string(), &merge.to_string()).await.expect(201);
        let mut raw = server.raw();
        raw.execute("UPDATE persons SET version = 1 WHERE withdrawn_at IS NULL");
        protect(&server, &autumn.school, keep).await;
        let both = raw.texts(&format!(
            "SELECT protection AS value FROM persons WHERE id IN ({}, {}) ORDER BY 1",
            literal(&raw, &keep.to_string()), literal(&raw, &merge.to_string())
        ));
        assert_eq!(both, ["marked", "marked"]);
        let path = format!("/v1/person-merges/{}", merged.body["id"].as_str().unwrap());
        merging.get(&server, &path).await.expect(404);
        merging.undo(&server, &merged).await.expect(404);
        assert_eq!(merging.get(&server, "/v1/person-merges").await.expect(200).body["data"], json!([]));
        merging.get(&server, &format!("/v1/persons/{merge}")).await.expect(404);
        drop(raw);
        server.stop().await;
    }
}

on_both! {
    async fn what_was_changed_since_goes_back_unless_nobody_can_tell_whose_it_is(server: TestServer) {
        let merging = Merging::enter(&server).await;
        let keep = merging.create(&server, &named("Åsa", "Öberg")).await;
        let merge = merging.create(&server, &numbered("Åsa", "Öberg", ÅSA)).await;
        let enrolled = merging.post(&server, "/v1/enrolments", &merging.enrolment(&merge, "2026-08-17")).await.expect(201);
        let merged = merging.merge(&server, &keep, &merge).await.expect(201);
        let enrolment = format!("/v1/enrolments/{}", enrolled.body["id"].as_str().unwrap());
        // Changed after the merge: it goes back as it is now; what is new stays with the kept record.
        let moved = merging.get(&server, &enrolment).await.expect(200);
        assert_eq!((&moved.body["personId"], moved.etag()), (&json!(keep), "\"2\"".to_owned()));
        let shorter = json!({ "period": { "from": "2026-08-17", "to": "2026-10-31" } });
        server.patch(&enrolment, "\"2\"", &shorter).token(&merging.clerk).send().await.expect(200);
        let later = merging.enrolment(&keep, "2026-11-01");
        let new = merging.post(&server, "/v1/enrolments", &later).await.expect(201);
        let name = json!({ "name": { "familyName": "Ängström" } });
        server.patch(&format!("/v1/persons/{keep}"), "*", &name).token(&merging.clerk).send().await.expect(200);
        merging.undo(&server, &merged).await.expect(200);
        let back = merging.get(&server, &enrolment).await.expect(200);
        assert_eq!((&back.body["personId"], &back.body["period"]["to"]), (&json!(merge), &json!("2026-10-31")));
        let new = merging.get(&server, &format!("/v1/enrolments/{}", new.body["id"].as_str().unwrap())).await.expect(200);
        assert_eq!(new.body["personId"], keep.as_str());
        let kept = merging.get(&server, &format!("/v1/persons/{keep}")).await.expect(200);
        assert_eq!((&kept.body["name"]["familyName"], &kept.body["birthDate"], &kept.body["identityNumbers"]), (&json!("Ängström"), &Value::Null, &json!([])));

        // A number changed after the merge belongs to neither for certain.
        let merged = merging.merge(&server, &keep, &merge).await.expect(201);
        let other = json!({ "identityNumbers": [{ "value": ÅSA, "period": { "from": "1985-07-13" } }] });
        server.patch(&format!("/v1/persons/{keep}"), "*", &other).token(&merging.clerk).send().await.expect(200);
        let before = register(&mut server.raw());
        let refused = merging.undo(&server, &merged).await.expect(409);
        assert!(details(&refused)[0].starts_with("the identity number"), "{}", refused.text);
        assert_eq!(register(&mut server.raw()), before, "a refusal changes nothing");
        server.stop().await;
    }
}

on_both! {
    async fn of_many_merges_at_once_one_is_made_and_an_edit_loses_nothing(server: TestServer) {
        let merging = Merging::enter(&server).await;
        let autumn = &merging.autumn;
        let (one, two) = (
            person(&server, &autumn.school, "Åsa", "Öberg", ProtectionReport::Unmarked).await.to_string(),
            person(&server, &autumn.school, "Åsa", "Öberg", ProtectionReport::Unmarked).await.to_string(),
        );
        let body = |keep: &str, merge: &str| json!({ "keepId": keep, "keepVersion": 1, "mergeId": merge, "mergeVersion": 1, "reason": "Samma person" });
        let bodies = [body(&one, &two), body(&two, &one)];
        let answers = futures_util::future::join_all(
            (0..12).map(|number| merging.post(&server, "/v1/person-merges", &bodies[number % 2])),
        ).await;
        let made = answers.iter().filter(|answer| answer.status == 201).count();
        assert_eq!(made, 1, "{answers:?}");
        assert!(answers.iter().all(|answer| [201, 412, 422].contains(&answer.status.as_u16())), "{answers:?}");

        // Places, enrolments, duties and edits of the one while it is merged: none names the withdrawn record after.
        let offering = autumn.offering(&server, "Skrivarlinjen").await;
        for _ in 0..2 {
            let (keep, merge) = (
                person(&server, &autumn.school, "Örjan", "Ek", ProtectionReport::Unmarked).await.to_string(),
                person(&server, &autumn.school, "Örjan", "Ek", ProtectionReport::Unmarked).await.to_string(),
            );
            let place = json!({ "personId": merge, "offeringId": offering["id"] });
            let duty = json!({ "personId": merge, "schoolUnitId": autumn.school.unit.to_string(), "role": "mentor", "period": { "from": "2026-08-01" } });
            let (enrolment, merge_body) = (merging.enrolment(&merge, "2026-08-17"), body(&keep, &merge));
            let path = format!("/v1/persons/{merge}");
            let edit = json!({ "name": { "givenName": "Örjan Nils" } });
            let edit = server.patch(&path, "\"1\"", &edit).token(&merging.clerk).send();
            let (placed, worked, enrolled, edited, merged) = tokio::join!(
                merging.post(&server, "/v1/participations", &place),
                merging.post(&server, "/v1/duties", &duty),
                merging.post(&server, "/v1/enrolments", &enrolment),
                edit,
                merging.post(&server, "/v1/person-merges", &merge_body),
            );
            for answer in [&placed, &worked, &enrolled, &edited, &merged] {
                assert!(answer.status.as_u16() < 500, "{answer:?}");
            }
            assert!(edited.status == 200 || merged.status == 201, "{edited:?} {merged:?}");
            assert!(!(edited.status == 200 && merged.status == 201), "the merge was made for another version");
            let mut raw = server.raw();
            for table in ["participations", "duties", "enrolments"] {
                let of_merged = naming(&mut raw, table, "person_id", &merge);
                assert!(merged.status != 201 || of_merged == 0, "{table} still names the withdrawn record");
            }
        }
        server.stop().await;
    }
}

on_both! {
    async fn the_statements_of_a_merge_do_not_grow_with_what_moves(server: TestServer) {
        let merging = Merging::enter(&server).await;
        let autumn = &merging.autumn;
        let mut counts = Vec::new();
        for records in [1, 12] {
            let keep = merging.create(&server, &named("Åsa", "Öberg")).await;
            let merge = merging.create(&server, &named("Åsa", "Öberg")).await;
            for number in 0..records {
                let offering = autumn.offering(&server, &format!("Linje {number}")).await;
                let place = json!({ "personId": merge, "offeringId": offering["id"] });
                merging.post(&server, "/v1/participations", &place).await.expect(201);
            }
            let body = json!({ "keepId": keep, "keepVersion": 1, "mergeId": merge, "mergeVersion": 1, "reason": "Samma person" });
            let (preview, previewed) = server.statements(merging.preview(&server, &keep, &merge)).await;
            assert_eq!(preview.expect(200).body["moves"], json!([{ "entity": "participation", "records": records }]));
            let (merged, merging_takes) = server.statements(merging.post(&server, "/v1/person-merges", &body)).await;
            let (undone, undoing_takes) = server.statements(merging.undo(&server, &merged)).await;
            undone.expect(200);
            merged.expect(201);
            counts.push((previewed, merging_takes, undoing_takes));
        }
        assert_eq!(counts[0], counts[1]);
        assert!(counts[0].0 <= 4, "{counts:?}");
        server.stop().await;
    }
}

on_both! {
    // A merge would give the kept person's account the other's rights over a child without a second person.
    async fn a_relation_is_entered_anew_and_never_moved(server: TestServer) {
        let merging = Merging::enter(&server).await;
        let keep = merging.create(&server, &numbered("Åsa Märta", "Öberg", ÅSA)).await;
        let child = merging.create(&server, &named("Älva", "Öberg")).await;
        let mut double = named("Åsa", "Öberg");
        double["notDuplicateOf"] = json!([keep]);
        let merge = merging.create(&server, &double).await;
        let custody = json!({ "personId": child, "relativeId": merge, "kind": "guardian", "period": { "from": "2011-03-03" }, "reason": "Enligt folkbokföringen" });
        let made = merging.post(&server, "/v1/relations", &custody).await.expect(201);
        let relation = made.body["id"].as_str().unwrap().to_owned();
        let preview = merging.preview(&server, &keep, &merge).await.expect(200);
        assert_eq!(preview.body["possible"], false);
        assert!(preview.body["obstacles"].to_string().contains(&relation), "{}", preview.text);
        let refused = merging.merge(&server, &keep, &merge).await;
        assert_eq!((refused.status.as_u16(), refused.refused()), (409, vec!["/mergeId".to_owned()]), "{}", refused.text);
        server.stop().await;
    }
}

on_both! {
    async fn where_both_say_where_they_live_the_kept_persons_word_stands(server: TestServer) {
        let merging = Merging::enter(&server).await;
        let registered = |street: &str, from: &str, to: Option<&str>| json!({
            "kind": "registered", "streetLines": [street], "postalCode": "70210", "city": "Örebro", "period": { "from": from, "to": to },
        });
        let mut kept = numbered("Åsa", "Öberg", ÅSA);
        kept["addresses"] = json!([registered("Ängsgatan 4", "2020-01-01", None)]);
        let kept = merging.create(&server, &kept).await;
        let mut double = named("Åsa", "Öberg");
        double["notDuplicateOf"] = json!([kept]);
        double["addresses"] = json!([registered("Åsvägen 3", "2021-01-01", None), registered("Kyrkbacken 1", "2010-01-01", Some("2019-12-31"))]);
        let double = merging.create(&server, &double).await;
        let streets = async |person: &str| -> Vec<String> {
            let list = merging.get(&server, &format!("/v1/addresses?personId={person}")).await.expect(200);
            list.body["data"].as_array().unwrap().iter().map(|row| row["streetLines"][0].as_str().unwrap().to_owned()).collect()
        };
        let preview = merging.preview(&server, &kept, &double).await.expect(200);
        assert_eq!(preview.body["possible"], true, "{}", preview.text);
        let merged = merging.merge(&server, &kept, &double).await.expect(201);
        assert_eq!(streets(&kept).await, ["Kyrkbacken 1", "Ängsgatan 4"]);
        merging.undo(&server, &merged).await.expect(200);
        assert_eq!(streets(&kept).await, ["Ängsgatan 4"]);
        assert_eq!(streets(&double).await, ["Kyrkbacken 1", "Åsvägen 3"]);
        server.stop().await;
    }
}
