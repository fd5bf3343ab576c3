use serde_json::json;
use skolhus_domain::access::{Level, Role};
use skolhus_tests::on_both;

use super::*;

on_both! {
    async fn a_person_is_entered_changed_and_withdrawn(server: TestServer) {
        let staffed = Staffed::enter(&server).await;
        let token = &staffed.registrar;
        let mut body = numbered("Åsa Märta", "Öberg", "850713-2390");
        body["contact"] = json!({
            "emails": [{ "address": "asa@exempel.se", "kind": "private", "source": "person" }],
            "phones": [{ "number": "08-465 004 00", "kind": "work" }, { "number": "070-174 06 05" }],
        });
        body["addresses"] = json!([{ "kind": "registered", "streetLines": ["Ängsgatan 4 A"], "postalCode": "70210", "city": "Örebro",
                                     "municipalityCode": "1880", "period": { "from": "2020-01-01" } }]);
        body["externalIdentifiers"] = json!([{ "system": "rexnet", "value": "Pé-1" }]);
        body["schoolUnitId"] = json!(staffed.school.unit.to_string());
        let made = staffed.create(&server, &body).await.expect(201);
        let path = format!("/v1/persons/{}", made.body["id"].as_str().unwrap());
        assert_eq!(made.headers["location"], path.as_str());
        assert_eq!(made.body["birthDate"], "1985-07-13");
        assert_eq!(made.body["sex"], "man");
        assert_eq!(made.body["identityNumbers"][0]["value"], ÅSA);
        assert_eq!(made.body["contact"]["phones"], json!([
            { "number": "08-465 004 00", "kind": "work", "source": "staff", "verifiedAt": null },
            { "number": "070-174 06 05", "kind": "mobile", "source": "staff", "verifiedAt": null },
        ]), "in order of preference; a mobile number tells its kind");
        let addresses = server.get(&format!("/v1/addresses?personId={}", made.body["id"].as_str().unwrap())).token(token).send().await.expect(200);
        assert_eq!(addresses.body["data"][0]["postalCode"], "702 10");
        assert!(made.body.get("protection").is_none());
        let read = server.get(&path).token(token).send().await.expect(200);
        assert_eq!(read.text, made.text);

        let patch = json!({ "name": { "familyName": "Ängström" }, "contact": { "phones": [] } });
        let changed = server.patch(&path, "\"1\"", &patch).token(token).send().await.expect(200);
        assert_eq!(changed.etag(), "\"2\"");
        assert_eq!(changed.body["name"], json!({ "givenName": "Åsa Märta", "middleName": null, "familyName": "Ängström", "preferredGivenName": null }));
        assert_eq!(changed.body["contact"]["emails"], json!([{ "address": "asa@exempel.se", "kind": "private", "source": "person", "verifiedAt": null }]));
        assert_eq!(changed.body["contact"]["phones"], json!([]));
        let again = server.patch(&path, "\"1\"", &patch).token(token).send().await.expect(200);
        assert_eq!(again.etag(), "\"2\"");
        server.patch(&path, "\"1\"", &json!({ "name": { "familyName": "Alm" } })).token(token).send().await.expect(412);

        // A set of numbers alone makes a new version, and the period of one may change.
        let numbers = json!({ "identityNumbers": [{ "value": ÅSA, "period": { "from": "1985-07-13" } }] });
        let changed = server.patch(&path, "\"2\"", &numbers).token(token).send().await.expect(200);
        assert_eq!(changed.etag(), "\"3\"");
        assert_eq!(changed.body["identityNumbers"][0]["period"]["from"], "1985-07-13");
        let none = json!({ "identityNumbers": [], "externalIdentifiers": [] });
        let changed = server.patch(&path, "\"3\"", &none).token(token).send().await.expect(200);
        assert_eq!((&changed.body["identityNumbers"], changed.etag()), (&json!([]), "\"4\"".to_owned()));
        // A number that was corrected away is free.
        staffed.create(&server, &numbered("Örjan", "Ek", ÅSA)).await.expect(201);

        server.delete(&path, "\"3\"").token(token).send().await.expect(412);
        server.delete(&path, "\"4\"").token(token).send().await.expect(204);
        server.get(&path).token(token).send().await.expect(404);
        server.stop().await;
    }
}

on_both! {
    async fn every_refused_value_is_named(server: TestServer) {
        let staffed = Staffed::enter(&server).await;
        let mut body = numbered("Åsa", "Öberg", "198507132391");
        body["contact"] = json!({ "emails": [{ "address": "åsa" }] });
        body["addresses"] = json!([{ "kind": "other", "city": "Åmål", "period": { "from": "2024-01-01", "to": "2023-01-01" } }]);
        body["externalIdentifiers"] = json!([{ "system": "Rex Net", "value": "1" }]);
        let refused = staffed.create(&server, &body).await.expect(422);
        assert_eq!(refused.refused(), [
            "/identityNumbers/0/value", "/contact/emails/0/address", "/addresses/0/postalCode",
            "/addresses/0/period/to", "/externalIdentifiers/0/system",
        ]);
        assert!(!refused.text.contains("198507132391"), "no refusal repeats a number");
        let long = named(&"Å".repeat(101), "Öberg");
        assert_eq!(staffed.create(&server, &long).await.expect(422).refused(), ["/name/givenName"]);
        let mut odd = named("Åsa", "Öberg");
        odd["schoolUnitId"] = json!("0199a3f0-7c00-7000-8000-00000000dead");
        assert_eq!(staffed.create(&server, &odd).await.expect(422).refused(), ["/schoolUnitId"]);
        staffed.create(&server, &json!({ "name": { "givenName": "Åsa", "familyName": "Öberg", "nickname": "Åsis" } })).await.expect(400);
        let list = server.get("/v1/persons").token(&staffed.registrar).send().await.expect(200);
        assert_eq!(list.body["data"], json!([]));
        server.stop().await;
    }
}

on_both! {
    async fn what_belongs_to_somebody_within_reach_is_named(server: TestServer) {
        let staffed = Staffed::enter(&server).await;
        let mut åsa = numbered("Åsa", "Öberg", ÅSA);
        åsa["externalIdentifiers"] = json!([{ "system": "rexnet", "value": "7" }]);
        let id = staffed.create(&server, &åsa).await.expect(201).body["id"].clone();
        let mut other = numbered("Örjan", "Ek", ÅSA);
        other["id"] = id;
        other["externalIdentifiers"] = json!([{ "system": "other", "value": "7" }, { "system": "rexnet", "value": "7" }]);
        let refused = staffed.create(&server, &other).await.expect(422);
        assert_eq!(refused.refused(), ["/id", "/identityNumbers/0/value", "/externalIdentifiers/1/value"]);

        let made = staffed.create(&server, &named("Örjan", "Ek")).await.expect(201);
        let path = format!("/v1/persons/{}", made.body["id"].as_str().unwrap());
        let patch = json!({ "identityNumbers": [{ "value": ÅSA, "period": { "from": "2020-01-01" } }] });
        let refused = server.patch(&path, "\"1\"", &patch).token(&staffed.registrar).send().await.expect(422);
        assert_eq!(refused.refused(), ["/identityNumbers/0/value"]);
        server.stop().await;
    }
}

on_both! {
    async fn a_number_entered_by_twenty_at_once_makes_one_person(server: TestServer) {
        let staffed = Staffed::enter(&server).await;
        let body = numbered("Åsa", "Öberg", ÅSA);
        let answers = futures_util::future::join_all((0..20).map(|_| staffed.create(&server, &body))).await;
        let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
        statuses.sort_unstable();
        let mut expected = vec![422; 19];
        expected.insert(0, 201);
        assert_eq!(statuses, expected);
        assert!(answers.iter().filter(|answer| answer.status == 422).all(|answer| answer.refused() == ["/identityNumbers/0/value"]));
        let found = server.post("/v1/persons/search", &json!({ "value": "850713-2390" })).token(&staffed.registrar).send().await.expect(200);
        assert_eq!(found.body["data"].as_array().unwrap().len(), 1);

        // An external identifier, and an id, the same.
        let mut named_elsewhere = named("Älva", "Ärlig");
        named_elsewhere["externalIdentifiers"] = json!([{ "system": "rexnet", "value": "7" }]);
        named_elsewhere["id"] = json!("0199a3f0-7c00-7000-8000-0000000000c1");
        let answers = futures_util::future::join_all((0..20).map(|_| staffed.create(&server, &named_elsewhere))).await;
        let made = answers.iter().filter(|answer| answer.status == 201).count();
        let refused = answers.iter().filter(|answer| answer.status == 422).count();
        assert_eq!((made, refused), (1, 19));
        server.stop().await;
    }
}

on_both! {
    async fn a_registrar_of_one_unit_enters_persons_there(server: TestServer) {
        let staffed = Staffed::enter(&server).await;
        let unit = staffed.school.unit;
        let local = staffed.school.token_of(&server, Role::Registrar, Some(unit), None, Level::Substantial).await;
        let post = |body: &Value| server.post("/v1/persons", body).token(&local).send();
        assert_eq!(post(&named("Åsa", "Öberg")).await.expect(422).refused(), ["/schoolUnitId"]);
        let mut here = named("Åsa", "Öberg");
        here["schoolUnitId"] = json!(unit.to_string());
        let made = post(&here).await.expect(201);
        let path = format!("/v1/persons/{}", made.body["id"].as_str().unwrap());
        let away = server.patch(&path, "\"1\"", &json!({ "schoolUnitId": null })).token(&local).send().await.expect(422);
        assert_eq!(away.refused(), ["/schoolUnitId"]);
        server.patch(&path, "\"1\"", &json!({ "name": { "givenName": "Åsa Lin" } })).token(&local).send().await.expect(200);

        // Somebody of another unit is not found, and their number waits instead of telling.
        let elsewhere = staffed.create(&server, &numbered("Örjan", "Ek", ÖRJAN)).await.expect(201);
        let path = format!("/v1/persons/{}", elsewhere.body["id"].as_str().unwrap());
        server.get(&path).token(&local).send().await.expect(404);
        let mut again = numbered("Örjan", "Ek", ÖRJAN);
        again["schoolUnitId"] = json!(unit.to_string());
        post(&again).await.expect(202);
        let list = server.get("/v1/persons").token(&local).send().await.expect(200);
        assert_eq!(families(&list), ["Öberg"]);
        server.stop().await;
    }
}

on_both! {
    async fn a_repeated_entry_makes_one_person(server: TestServer) {
        let staffed = Staffed::enter(&server).await;
        let body = numbered("Åsa", "Öberg", ÅSA);
        let once = || server.post("/v1/persons", &body).token(&staffed.registrar).header("idempotency-key", "nyckel-1").send();
        let first = once().await.expect(201);
        assert_eq!(once().await.expect(201).body["id"], first.body["id"]);
        server.stop().await;
    }
}
