//! Where persons live, over time: what staff keep of it.

use futures_util::future::join_all;
use serde_json::{Value, json};
use skolhus_domain::access::{Level, Role};
use skolhus_tests::{
    family::{Family, id_of},
    on_both,
    server::Answer,
};

use super::{Staffed, named, numbered, ÅSA};

/// An address in Örebro to enter.
pub fn home(person: &str, kind: &str, street: &str, from: &str) -> Value {
    json!({
        "personId": person, "kind": kind, "streetLines": [street], "postalCode": "702 10", "city": "Örebro",
        "municipalityCode": "1880", "period": { "from": from }, "source": "population-register",
    })
}

fn streets(list: &Answer) -> Vec<(String, Value)> {
    let rows = list.body["data"].as_array().unwrap();
    let street = |row: &Value| row["streetLines"][0].as_str().unwrap().to_owned();
    rows.iter().map(|row| (street(row), row["period"]["to"].clone())).collect()
}

on_both! {
    async fn a_new_address_ends_the_former_and_the_history_stays(server: TestServer) {
        let staffed = Staffed::enter(&server).await;
        let token = &staffed.registrar;
        let person = id_of(&staffed.create(&server, &numbered("Åsa", "Öberg", ÅSA)).await.expect(201));
        let enter = |body: Value| server.post("/v1/addresses", &body).token(token).send();
        let first = enter(home(&person, "registered", "Ängsgatan 4 A", "2020-01-01")).await.expect(201);
        let path = format!("/v1/addresses/{}", id_of(&first));
        assert_eq!(first.headers["location"], path.as_str());
        assert_eq!((&first.body["regionCode"], &first.body["municipalityCode"]), (&json!("18"), &json!("1880")));
        assert_eq!(server.get(&path).token(token).send().await.expect(200).text, first.text);
        enter(home(&person, "other", "Internatet", "2026-08-17")).await.expect(201);
        let mut kumla = home(&person, "registered", "Åsvägen 3", "2026-09-01");
        (kumla["city"], kumla["municipalityCode"]) = (json!("Kumla"), json!("1881"));
        let second = enter(kumla).await.expect(201);

        let list = format!("/v1/addresses?personId={person}");
        let all = server.get(&list).token(token).send().await.expect(200);
        assert_eq!(streets(&all), [
            ("Ängsgatan 4 A".to_owned(), json!("2026-08-31")),
            ("Internatet".to_owned(), json!(null)),
            ("Åsvägen 3".to_owned(), json!(null)),
        ]);
        // The home municipality on a reference date is one question for however many persons.
        for (day, municipality) in [("2026-06-01", "1880"), ("2026-11-01", "1881")] {
            let on = server.get(&format!("/v1/addresses?kind=registered&validOn={day}")).token(token).send().await.expect(200);
            assert_eq!(on.body["data"][0]["municipalityCode"], municipality);
            assert_eq!(on.body["data"].as_array().unwrap().len(), 1);
        }
        let there = server.get("/v1/addresses?municipalityCode=1881,0180&sort=-modifiedAt").token(token).send().await.expect(200);
        assert_eq!(streets(&there).len(), 1);
        assert_eq!(streets(&server.get("/v1/addresses?regionCode=18").token(token).send().await.expect(200)).len(), 3);
        assert_eq!(streets(&server.get("/v1/addresses?regionCode=01").token(token).send().await.expect(200)).len(), 0);
        server.get("/v1/addresses?municipalityCode=18800").token(token).send().await.expect(400);
        server.get("/v1/addresses?regionCode=%00%00").token(token).send().await.expect(400);

        // Corrected, ended, withdrawn; the person's own record is as it was.
        let path = format!("/v1/addresses/{}", id_of(&second));
        let patch = json!({ "streetLines": ["Åsvägen 3 B"], "careOf": "Ek" });
        let changed = server.patch(&path, "\"1\"", &patch).token(token).send().await.expect(200);
        assert_eq!((changed.etag().as_str(), &changed.body["careOf"]), ("\"2\"", &json!("Ek")));
        assert_eq!(server.patch(&path, "\"1\"", &patch).token(token).send().await.expect(200).etag(), "\"2\"");
        server.patch(&path, "\"1\"", &json!({ "careOf": null })).token(token).send().await.expect(412);
        let end = json!({ "period": { "from": "2026-09-01", "to": "2026-10-31" } });
        server.patch(&path, "\"2\"", &end).token(token).send().await.expect(200);
        server.delete(&path, "\"2\"").token(token).send().await.expect(412);
        server.delete(&path, "\"3\"").token(token).send().await.expect(204);
        server.get(&path).token(token).send().await.expect(404);
        assert_eq!(streets(&server.get(&list).token(token).send().await.expect(200)).len(), 2);
        assert_eq!(server.get(&format!("/v1/persons/{person}")).token(token).send().await.expect(200).etag(), "\"1\"");
        server.stop().await;
    }
}

on_both! {
    async fn what_is_refused_is_named_and_changes_nothing(server: TestServer) {
        let staffed = Staffed::enter(&server).await;
        let token = &staffed.registrar;
        let person = id_of(&staffed.create(&server, &named("Älva", "Ek")).await.expect(201));
        let first = server.post("/v1/addresses", &home(&person, "registered", "Ängsgatan 4", "2020-01-01")).token(token).send().await.expect(201);
        let later = server.post("/v1/addresses", &home(&person, "registered", "Åsvägen 3", "2026-01-01")).token(token).send().await.expect(201);
        let with = |change: Value| {
            let mut body = home(&person, "registered", "Kyrkbacken 1", "2026-08-01");
            for (name, value) in change.as_object().unwrap() {
                body[name] = value.clone();
            }
            body
        };
        for (body, pointers) in [
            (with(json!({ "municipalityCode": "9999" })), vec!["/municipalityCode"]),
            (with(json!({ "municipalityCode": "0114", "country": "NO" })), vec!["/municipalityCode"]),
            (with(json!({ "postalCode": "7021", "city": " " })), vec!["/city", "/postalCode"]),
            (with(json!({ "period": { "from": "2026-08-01", "to": "2026-07-01" } })), vec!["/period/to"]),
            // It would lose days of the one that stands.
            (with(json!({ "period": { "from": "2026-08-01", "to": "2026-12-31" } })), vec!["/period"]),
            (with(json!({ "period": { "from": "2026-01-01" } })), vec!["/period"]),
            (with(json!({ "personId": "0199a3f0-7c00-7000-8000-00000000dead" })), vec!["/personId"]),
            (with(json!({ "id": first.body["id"] })), vec!["/id"]),
        ] {
            let refused = server.post("/v1/addresses", &body).token(token).send().await.expect(422);
            assert_eq!(refused.refused(), pointers, "{}", refused.text);
        }
        let path = format!("/v1/addresses/{}", id_of(&later));
        let earlier = json!({ "period": { "from": "2025-12-31" } });
        assert_eq!(server.patch(&path, "\"1\"", &earlier).token(token).send().await.expect(422).refused(), ["/period"]);
        assert_eq!(server.patch(&path, "\"1\"", &json!({ "city": null })).token(token).send().await.expect(422).refused(), ["/city"]);
        let unknown = json!({ "municipalityCode": "1492x" });
        server.patch(&path, "\"1\"", &unknown).token(token).send().await.expect(422);
        server.patch(&path, "\"1\"", &json!({ "kind": "other" })).token(token).send().await.expect(400);
        server.request(reqwest::Method::PATCH, &path).json(&json!({ "careOf": "Ek" })).token(token).send().await.expect(428);
        let mut entered = named("Nils", "Ek");
        entered["addresses"] = json!([
            { "kind": "registered", "postalCode": "70210", "city": "Örebro", "municipalityCode": "1899", "period": { "from": "2020-01-01" } },
        ]);
        assert_eq!(staffed.create(&server, &entered).await.expect(422).refused(), ["/addresses/0/municipalityCode"]);
        let list = server.get(&format!("/v1/addresses?personId={person}")).token(token).send().await.expect(200);
        assert_eq!(streets(&list), [("Ängsgatan 4".to_owned(), json!("2025-12-31")), ("Åsvägen 3".to_owned(), json!(null))]);
        server.stop().await;
    }
}

on_both! {
    async fn the_same_address_entered_at_once_stands_once(server: TestServer) {
        let staffed = Staffed::enter(&server).await;
        let person = id_of(&staffed.create(&server, &named("Älva", "Ek")).await.expect(201));
        let body = home(&person, "registered", "Ängsgatan 4", "2026-08-01");
        let answers = join_all((0..6).map(|_| server.post("/v1/addresses", &body).token(&staffed.registrar).send())).await;
        let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 422, 422, 422, 422, 422]);
        let list = server.get(&format!("/v1/addresses?personId={person}")).token(&staffed.registrar).send().await.expect(200);
        assert_eq!(streets(&list).len(), 1);
        server.stop().await;
    }
}

on_both! {
    async fn who_sees_addresses_sees_them_by_reach_and_class(server: TestServer) {
        let family = Family::enter(&server).await;
        let all = "/v1/addresses?kind=registered";
        let registrar = family.staff(&server, Role::Registrar).await;
        assert_eq!(streets(&server.get(all).token(&registrar).send().await.expect(200)).len(), 5);
        let mine = format!("/v1/addresses?personId={}", family.mother.id);
        let one = server.get(&mine).token(&registrar).send().await.expect(200);
        let path = format!("/v1/addresses/{}", one.body["data"][0]["id"].as_str().unwrap());

        // Who reaches nobody sees nothing; a participant themselves; roles without persons nothing at all.
        let teacher = family.school.token_of(&server, Role::Teacher, None, Some(family.neighbour.person()), Level::High).await;
        assert_eq!(streets(&server.get(all).token(&teacher).send().await.expect(200)).len(), 0);
        server.get(&path).token(&teacher).send().await.expect(404);
        let own = family.participant(&server, &family.mother).await;
        assert_eq!(streets(&server.get(all).token(&own).send().await.expect(200)).len(), 1);
        assert_eq!(server.get(&path).token(&own).send().await.expect(200).body["personId"], json!(family.mother.id));
        let administrator = family.staff(&server, Role::Administrator).await;
        server.get(all).token(&administrator).send().await.expect(403);
        let stranger = skolhus_tests::register::School::enter(&server).await.token(&server, Role::Registrar).await;
        server.get(&path).token(&stranger).send().await.expect(404);
        server.delete(&path, "\"1\"").token(&own).send().await.expect(403);

        // Protected: gone for everybody; whole for themselves and where the access is recorded.
        let officer = family.staff(&server, Role::ProtectionOfficer).await;
        let marked = json!({ "protection": "marked" });
        server.put(&format!("/v1/persons/{}/protection", family.mother.id), "*", &marked).token(&officer).send().await.expect(200);
        for token in [&registrar, &own, &officer] {
            server.get(&path).token(token).send().await.expect(404);
            assert_eq!(streets(&server.get(&mine).token(token).send().await.expect(200)).len(), 0);
        }
        let body = home(&family.mother.id, "other", "Kyrkbacken 1", "2026-08-01");
        assert_eq!(server.post("/v1/addresses", &body).token(&registrar).send().await.expect(422).refused(), ["/personId"]);
        server.patch(&path, "*", &json!({ "careOf": "Ek" })).token(&registrar).send().await.expect(404);
        server.delete(&path, "*").token(&registrar).send().await.expect(404);
        let whole = server.get("/v1/me/addresses").token(&own).send().await.expect(200);
        assert_eq!(whole.body["addresses"][0]["personId"], json!(family.mother.id));
        let reason = json!({ "reason": "Kallelse till utvecklingssamtal" });
        let opened = server.post(&format!("/v1/persons/{}/disclosure", family.mother.id), &reason).token(&officer).send().await.expect(200);
        assert_eq!(opened.body["addresses"], whole.body["addresses"]);
        assert_eq!(opened.body["contact"]["phones"][0]["kind"], "mobile");
        server.stop().await;
    }
}

on_both! {
    async fn nobody_sees_their_own_family_by_the_schools_eyes(server: TestServer) {
        let family = Family::enter(&server).await;
        family.relate(&server, &family.custody(&family.mother, "2020-01-01")).await;
        family.relate(&server, &family.custody(&family.father, "2020-01-01")).await;
        // The mother keeps the register at her child's unit, and is a guardian.
        let mother = family.mother.person();
        let both = family.school.token_with(&server, &[(Role::Registrar, Some(family.school.unit)), (Role::Guardian, None)], Some(mother), Level::High).await;
        let of = |member: &skolhus_tests::family::Member| format!("/v1/addresses?personId={}", member.id);
        assert_eq!(streets(&server.get(&of(&family.neighbours_child)).token(&both).send().await.expect(200)).len(), 1);
        assert_eq!(streets(&server.get(&of(&family.child)).token(&both).send().await.expect(200)).len(), 0);
        let sheet = server.get(&format!("/v1/persons/{}/contact-sheet", family.child.id)).token(&both).send().await.expect(200);
        let guardians = sheet.body["guardians"].as_array().unwrap();
        assert_eq!((guardians[0]["personId"].as_str(), guardians[0].get("phones")), (Some(family.father.id.as_str()), None));
        assert_eq!(guardians[1]["phones"][0]["number"], "070-174 06 02", "her own");
        server.stop().await;
    }
}

on_both! {
    async fn lists_cost_the_same_whatever_their_length(server: TestServer) {
        let staffed = Staffed::enter(&server).await;
        let mut counts = Vec::new();
        for (round, people) in [1, 12].into_iter().enumerate() {
            for number in 0..people {
                let mut person = named(&format!("Åsa{}", "aeiouåäöyabc".chars().nth(number).unwrap()), &format!("Öberg{round}"));
                person["addresses"] = json!([
                    { "kind": "registered", "streetLines": [format!("Ängsgatan {number}")], "postalCode": "70210", "city": "Örebro", "period": { "from": "2020-01-01" } },
                ]);
                person["birthDate"] = json!(format!("19{}-05-1{}", 50 + number * 4, round));
                staffed.create(&server, &person).await.expect(201);
            }
            let list = server.get("/v1/addresses?kind=registered&validOn=2026-06-01").token(&staffed.registrar).send();
            let (list, count) = server.statements(list).await;
            assert!(streets(&list.expect(200)).len() >= people);
            counts.push(count);
        }
        assert_eq!(counts, [2, 2], "the scope and the list");
        server.stop().await;
    }
}
