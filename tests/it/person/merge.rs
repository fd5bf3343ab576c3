use std::collections::BTreeMap;

use serde_json::{Value, json};
use skolhus_domain::{
    access::{Level, Role},
    id::{Id, PersonId},
    person::ProtectionReport,
};
use skolhus_persistence::{Kept, OnMerge, PERSON_COLUMNS, TABLES, Tenancy};
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

    /// Somebody else at the office.
    async fn another(&self, server: &TestServer, role: Role) -> String {
        self.autumn.school.token_of(server, role, None, None, Level::High).await
    }

    /// Enters a relation and has another confirm it; its id.
    async fn relate(
        &self,
        server: &TestServer,
        person: &str,
        relative: &str,
        kind: &str,
        rights: &[&str],
    ) -> String {
        let body = relation(person, relative, kind, rights);
        let made = self.post(server, "/v1/relations", &body).await.expect(201);
        let id = made.body["id"].as_str().unwrap().to_owned();
        if made.body["state"] == "waiting" {
            let second = self.another(server, Role::Registrar).await;
            let path = format!("/v1/relations/{id}/confirmation");
            server.post(&path, &json!({ "version": 1 })).token(&second).send().await.expect(200);
        }
        id
    }

    async fn relation(&self, server: &TestServer, id: &str) -> Value {
        self.get(server, &format!("/v1/relations/{id}")).await.expect(200).body
    }

    async fn ban(&self, server: &TestServer, person: &str, against: &str) -> String {
        let body = json!({ "personId": person, "againstId": against, "kind": "contact-ban", "period": { "from": "2026-08-14" }, "reason": "Kontaktförbud, åklagarens beslut" });
        let made = self.post(server, "/v1/contact-bans", &body).await.expect(201);
        made.body["id"].as_str().unwrap().to_owned()
    }

    /// Over whom somebody has rights.
    async fn wards(&self, server: &TestServer, guardian: &str) -> Vec<String> {
        let list = server.get("/v1/me/wards").token(guardian).send().await.expect(200);
        list.body["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|ward| ward["id"].as_str().unwrap_or_default().to_owned())
            .collect()
    }

    async fn guardian(&self, server: &TestServer, person: &str) -> String {
        let person = PersonId::from_uuid(person.parse().unwrap());
        self.autumn.school.token_of(server, Role::Guardian, None, Some(person), Level::High).await
    }

    /// A child born on 3 March 2016.
    async fn child(&self, server: &TestServer, given: &str) -> String {
        let mut child = named(given, "Öberg");
        child["birthDate"] = json!("2016-03-03");
        self.create(server, &child).await
    }

    /// A body for an enrolment.
    fn enrolment(&self, person: &str, from: &str) -> Value {
        json!({ "personId": person, "schoolUnitId": self.autumn.school.unit.to_string(), "schoolTypeCode": "FHS", "period": { "from": from, "to": "2026-12-18" } })
    }
}

fn relation(person: &str, relative: &str, kind: &str, rights: &[&str]) -> Value {
    json!({ "personId": person, "relativeId": relative, "kind": kind, "rights": rights, "period": { "from": "2016-03-03" }, "reason": "Enligt folkbokföringen" })
}

/// All of them.
const EVERYTHING: &[&str] = &["see", "report-absence", "decide", "receive-notices", "collect"];

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
        // Relations, clearings and bans at both ends; what both have; and what waits, is rejected and is withdrawn.
        let (child, other) = (merging.child(&server, "Älva").await, merging.child(&server, "Örjan").await);
        let godman = merging.create(&server, &named("Åke", "Ängelsberg")).await;
        let custody = merging.relate(&server, &child, &merge, "guardian", EVERYTHING).await;
        let same = merging.relate(&server, &other, &keep, "guardian", EVERYTHING).await;
        let double = merging.relate(&server, &other, &merge, "guardian", &["see"]).await;
        let order = merging.relate(&server, &merge, &godman, "adult-god-man", &["see"]).await;
        merging.relate(&server, &child, &merge, "contact-only", &[]).await;
        let rejected = merging.post(&server, "/v1/relations", &relation(&other, &merge, "foster-home", &["see"])).await.expect(201);
        let path = format!("/v1/relations/{}/rejection", rejected.body["id"].as_str().unwrap());
        merging.post(&server, &path, &json!({ "version": 1, "note": "Placeringen är avslutad" })).await.expect(200);
        let mistaken = merging.relate(&server, &child, &merge, "foster-home", &["see"]).await;
        server.delete(&format!("/v1/relations/{mistaken}"), "*").token(&merging.clerk).send().await.expect(204);
        merging.ban(&server, &other, &merge).await;
        merging.ban(&server, &merge, &godman).await;
        let hidden = PersonId::from_uuid(merging.child(&server, "Östen").await.parse().unwrap());
        protect(&server, &autumn.school, hidden).await;
        let hidden = hidden.to_string();
        let (officer, second) = (merging.another(&server, Role::ProtectionOfficer).await, merging.another(&server, Role::ProtectionOfficer).await);
        let mut cleared = Vec::new();
        for (path, body) in [
            ("/v1/protected-relations", relation(&hidden, &merge, "guardian", EVERYTHING)),
            ("/v1/clearings", json!({ "personId": hidden, "relativeId": merge, "reason": "Ensam vårdnad enligt domen" })),
        ] {
            let made = server.post(path, &body).token(&officer).send().await.expect(201);
            let id = made.body["id"].as_str().unwrap().to_owned();
            server.post(&format!("{path}/{id}/confirmation"), &json!({ "version": 1 })).token(&second).send().await.expect(200);
            cleared.push(id);
        }
        let mut raw = server.raw();
        // Of the time when the departing person was protected.
        let id = literal(&raw, "0199a3f0-7c00-7000-8000-00000000c1ea");
        let (of, relative) = (literal(&raw, &merge), literal(&raw, &godman));
        raw.execute(&format!(
            "INSERT INTO clearings (organiser_id, id, version, created_at, modified_at, person_id, relative_id, state, reason, entered_by_id) \
             SELECT organiser_id, {id}, 1, created_at, modified_at, {of}, {relative}, state, reason, entered_by_id FROM clearings"
        ));
        for (place, column) in PERSON_COLUMNS.iter().enumerate() {
            if !matches!(column.on_merge, OnMerge::Moves(_)) { continue }
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
        let becomes: BTreeMap<&str, &str> = preview.body["relations"].as_array().unwrap().iter().map(|row| (row["relationId"].as_str().unwrap(), row["becomes"].as_str().unwrap())).collect();
        for (id, what) in [(&custody, "waiting"), (&order, "waiting"), (&double, "withdrawn"), (&same, "waiting")] {
            assert_eq!(becomes.get(id.as_str()), Some(&what), "{}", preview.text);
        }
        for id in cleared.iter().chain([&hidden]) {
            assert!(!preview.text.contains(id.as_str()), "who is protected is told of to nobody: {}", preview.text);
        }
        assert_eq!(register(&mut raw), before, "a preview changes nothing");

        let merged = merging.merge(&server, &keep, &merge).await.expect(201);
        assert_eq!((&merged.body["state"], &merged.body["keptId"]), (&json!("merged"), &json!(keep)));
        for column in PERSON_COLUMNS {
            if !matches!(column.on_merge, OnMerge::Moves(_)) { continue }
            // What both had stays, withdrawn.
            let stays = usize::from((column.table, column.column) == ("relations", "relative_id"));
            assert_eq!(naming(&mut raw, column.table, column.column, &merge), stays, "{}.{}", column.table, column.column);
            assert!(naming(&mut raw, column.table, column.column, &keep) > 0, "{}.{}", column.table, column.column);
        }
        let kept = merging.get(&server, &format!("/v1/persons/{keep}")).await.expect(200);
        assert_eq!(kept.body["contact"]["emails"], json!([{ "address": "asa@exempel.se", "kind": "other", "source": "staff", "verifiedAt": null }]));
        assert_eq!(kept.body["identityNumbers"].as_array().unwrap().len(), 2);
        assert_ne!(register(&mut raw), before);
        for id in [&custody, &order, &same] {
            let waits = merging.relation(&server, id).await;
            assert_eq!((&waits["state"], &waits["rightsToday"]), (&json!("waiting"), &json!([])), "{waits:#}");
        }
        merging.get(&server, &format!("/v1/relations/{double}")).await.expect(404);
        for (table, id) in ["relations", "clearings"].into_iter().zip(&cleared) {
            let state = raw.text(&format!("SELECT state AS value FROM {table} WHERE id = {}", literal(&raw, id)));
            assert_eq!(state, "waiting", "{table}");
        }

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
                let given = ["Älva", "Örjan", "Ebba", "Måns", "Nils", "Tyra", "Hjördis", "Käthe", "Östen", "Märta", "Göran", "Åke", "Ylva"][number + records / 12];
                let child = merging.child(&server, given).await;
                merging.relate(&server, &child, &merge, "guardian", EVERYTHING).await;
            }
            let body = json!({ "keepId": keep, "keepVersion": 1, "mergeId": merge, "mergeVersion": 1, "reason": "Samma person" });
            let (preview, previewed) = server.statements(merging.preview(&server, &keep, &merge)).await;
            assert_eq!(preview.expect(200).body["moves"], json!([{ "entity": "participation", "records": records }, { "entity": "relation", "records": records }]));
            let (merged, merging_takes) = server.statements(merging.post(&server, "/v1/person-merges", &body)).await;
            let (undone, undoing_takes) = server.statements(merging.undo(&server, &merged)).await;
            undone.expect(200);
            merged.expect(201);
            counts.push((previewed, merging_takes, undoing_takes));
        }
        assert_eq!(counts[0], counts[1]);
        assert!(counts[0].0 <= 8, "{counts:?}");
        server.stop().await;
    }
}

on_both! {
    // Neither the kept person's account nor the departing one's reaches a child more by it.
    async fn nobody_gains_a_right_by_a_merge_before_a_second_person_has_confirmed_it(server: TestServer) {
        let merging = Merging::enter(&server).await;
        let keep = merging.create(&server, &numbered("Åsa Märta", "Öberg", ÅSA)).await;
        let mut double = named("Åsa", "Öberg");
        double["notDuplicateOf"] = json!([keep]);
        let merge = merging.create(&server, &double).await;
        let (mine, theirs) = (merging.child(&server, "Älva").await, merging.child(&server, "Örjan").await);
        let (kept, moved) = (
            merging.relate(&server, &mine, &keep, "guardian", EVERYTHING).await,
            merging.relate(&server, &theirs, &merge, "guardian", EVERYTHING).await,
        );
        let (one, two) = (merging.guardian(&server, &keep).await, merging.guardian(&server, &merge).await);
        let seen = async || (merging.wards(&server, &one).await, merging.wards(&server, &two).await);
        assert_eq!(seen().await, (vec![mine.clone()], vec![theirs.clone()]));

        let preview = merging.preview(&server, &keep, &merge).await.expect(200);
        assert_eq!(preview.body["possible"], true, "{}", preview.text);
        let gained = preview.body["rights"].as_array().unwrap().iter().find(|pair| pair["personId"] == theirs.as_str()).unwrap();
        assert_eq!((&gained["relativeId"], &gained["spans"][0]["atOnce"], &gained["spans"][0]["gains"]), (&json!(keep), &json!([]), &json!(EVERYTHING)));
        let merged = merging.merge(&server, &keep, &merge).await.expect(201);
        assert_eq!(seen().await, (vec![], vec![]));
        // Whoever merged has entered them.
        for id in [&kept, &moved] {
            let waits = merging.relation(&server, id).await;
            let confirmation = json!({ "version": waits["version"] });
            let path = format!("/v1/relations/{id}/confirmation");
            merging.post(&server, &path, &confirmation).await.expect(422);
        }
        let second = merging.another(&server, Role::Registrar).await;
        let version = merging.relation(&server, &moved).await["version"].clone();
        let path = format!("/v1/relations/{moved}/confirmation");
        server.post(&path, &json!({ "version": version })).token(&second).send().await.expect(200);
        assert_eq!(seen().await, (vec![theirs.clone()], vec![theirs.clone()]));

        // The one has moved on, and goes back as it is: it was not confirmed for this record. The other is as it was.
        merging.undo(&server, &merged).await.expect(200);
        assert_eq!(seen().await, (vec![mine.clone()], vec![]));
        let back = merging.relation(&server, &moved).await;
        assert_eq!((&back["state"], &back["relativeId"]), (&json!("waiting"), &json!(merge)));
        server.stop().await;
    }
}

on_both! {
    async fn what_waits_is_decided_first_and_a_ban_holds_at_once(server: TestServer) {
        let merging = Merging::enter(&server).await;
        // Two records of a child, and those around them.
        let (keep, merge) = (merging.child(&server, "Älva").await, merging.child(&server, "Elva").await);
        let (mother, father) = (
            merging.create(&server, &named("Märta", "Lövenskiöld")).await,
            merging.create(&server, &named("Göran", "Håkansbo")).await,
        );
        merging.relate(&server, &keep, &father, "guardian", EVERYTHING).await;
        let waits = merging.post(&server, "/v1/relations", &relation(&merge, &mother, "guardian", EVERYTHING)).await.expect(201);
        let id = waits.body["id"].as_str().unwrap().to_owned();
        let preview = merging.preview(&server, &keep, &merge).await.expect(200);
        assert_eq!((&preview.body["possible"], &preview.body["relations"][0]["becomes"]), (&json!(false), &json!("undecided")), "{}", preview.text);
        let refused = merging.merge(&server, &keep, &merge).await.expect(409);
        assert_eq!(refused.refused(), ["/mergeId"]);
        assert!(details(&refused)[0].contains(&id), "{}", refused.text);
        let second = merging.another(&server, Role::Registrar).await;
        server.post(&format!("/v1/relations/{id}/confirmation"), &json!({ "version": 1 })).token(&second).send().await.expect(200);

        merging.ban(&server, &merge, &father).await;
        let (one, two) = (merging.guardian(&server, &mother).await, merging.guardian(&server, &father).await);
        assert_eq!((merging.wards(&server, &one).await, merging.wards(&server, &two).await), (vec![merge.clone()], vec![keep.clone()]));
        let preview = merging.preview(&server, &keep, &merge).await.expect(200);
        let lost = preview.body["rights"].as_array().unwrap().iter().find(|pair| pair["relativeId"] == father.as_str()).unwrap();
        assert_eq!(lost["spans"][0]["loses"], json!(EVERYTHING), "{}", preview.text);
        let merged = merging.merge(&server, &keep, &merge).await.expect(201);
        assert_eq!((merging.wards(&server, &one).await, merging.wards(&server, &two).await), (vec![], vec![]));
        // A ban that is entered while they are one holds for both: what it was against waits when they are two again.
        merging.ban(&server, &keep, &mother).await;
        merging.undo(&server, &merged).await.expect(200);
        assert_eq!((merging.wards(&server, &one).await, merging.wards(&server, &two).await), (vec![], vec![keep.clone()]));
        assert_eq!(merging.relation(&server, &id).await["state"], "waiting");
        server.stop().await;
    }
}

on_both! {
    async fn where_no_second_person_is_needed_relations_move_as_they_are(server: TestServer) {
        let merging = Merging::enter(&server).await;
        let administrator = merging.another(&server, Role::Administrator).await;
        let off = json!({ "secondPersonConfirms": false, "reason": "Bara en registrator i sommar" });
        server.put("/v1/relation-setting", "\"0\"", &off).token(&administrator).send().await.expect(200);
        let (keep, merge) = (merging.create(&server, &named("Åsa", "Öberg")).await, merging.create(&server, &named("Åsa", "Öberg")).await);
        let child = merging.child(&server, "Älva").await;
        let custody = merging.relate(&server, &child, &merge, "guardian", EVERYTHING).await;
        let before = register(&mut server.raw());
        let merged = merging.merge(&server, &keep, &merge).await.expect(201);
        let moved = merging.relation(&server, &custody).await;
        assert_eq!((&moved["state"], &moved["relativeId"]), (&json!("confirmed"), &json!(keep)));
        merging.undo(&server, &merged).await.expect(200);
        assert_eq!(register(&mut server.raw()), before);
        server.stop().await;
    }
}

on_both! {
    // As long as nobody knows when somebody was born, nobody has any right over them.
    async fn a_date_of_birth_that_a_merge_brings_opens_nothing(server: TestServer) {
        let merging = Merging::enter(&server).await;
        let (keep, merge) = (merging.create(&server, &named("Älva", "Öberg")).await, merging.child(&server, "Älva").await);
        let mother = merging.create(&server, &named("Märta", "Lövenskiöld")).await;
        let custody = merging.relate(&server, &keep, &mother, "guardian", EVERYTHING).await;
        let token = merging.guardian(&server, &mother).await;
        assert_eq!(merging.wards(&server, &token).await, [] as [&str; 0]);
        let merged = merging.merge(&server, &keep, &merge).await.expect(201);
        assert_eq!(merging.wards(&server, &token).await, [] as [&str; 0]);
        assert_eq!(merging.relation(&server, &custody).await["state"], "waiting");
        merging.undo(&server, &merged).await.expect(200);
        assert_eq!(merging.relation(&server, &custody).await["state"], "confirmed");
        assert_eq!(merging.wards(&server, &token).await, [] as [&str; 0]);
        server.stop().await;
    }
}

on_both! {
    // Confirmations that come while two records become one: none lets anybody past the second person.
    async fn a_confirmation_at_the_same_time_opens_nothing_for_the_kept_record(server: TestServer) {
        let merging = Merging::enter(&server).await;
        let second = merging.another(&server, Role::Registrar).await;
        for given in ["Älva", "Måns", "Östen"] {
            let (keep, merge) = (merging.create(&server, &named("Åsa", "Öberg")).await, merging.create(&server, &named("Åsa", "Öberg")).await);
            let child = merging.child(&server, given).await;
            let made = merging.post(&server, "/v1/relations", &relation(&child, &merge, "guardian", EVERYTHING)).await.expect(201);
            let path = format!("/v1/relations/{}", made.body["id"].as_str().unwrap());
            let (confirmation, path_of) = (json!({ "version": 1 }), format!("{path}/confirmation"));
            let token = merging.guardian(&server, &keep).await;
            let confirm = server.post(&path_of, &confirmation).token(&second).send();
            let (confirmed, merged) = tokio::join!(confirm, merging.merge(&server, &keep, &merge));
            assert!(confirmed.status.as_u16() < 500 && merged.status.as_u16() < 500, "{confirmed:?} {merged:?}");
            assert_eq!(merging.wards(&server, &token).await, [] as [&str; 0], "{confirmed:?} {merged:?}");
        }
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
