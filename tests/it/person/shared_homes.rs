//! What a guardian is shown of where a child lives: the home that they share, and no trace of another.

use serde_json::{Value, json};
use skolhus_domain::access::{Level, Role};
use skolhus_tests::{
    family::{Family, Member, id_of},
    on_both,
    server::TestServer,
};

use super::{addresses::home, named};

/// A family with shared custody; the guardians live apart. Some days into the school year, so that they can move.
async fn enter(server: &TestServer) -> Family {
    let family = Family::enter(server).await;
    family.relate(server, &family.custody(&family.mother, "2020-01-01")).await;
    family.relate(server, &family.custody(&family.father, "2020-01-01")).await;
    family.on(server, "2026-10-15");
    family
}

/// Enters an address as a registrar.
async fn moves(
    server: &TestServer,
    family: &Family,
    who: &Member,
    kind: &str,
    street: &str,
    from: &str,
) -> String {
    let registrar = family.staff(server, Role::Registrar).await;
    id_of(
        &server
            .post("/v1/addresses", &home(&who.id, kind, street, from))
            .token(&registrar)
            .send()
            .await
            .expect(201),
    )
}

/// The text of what a guardian is shown.
async fn shown(server: &TestServer, family: &Family, guardian: &Member) -> Value {
    let token = family.guardian(server, guardian).await;
    let path = format!("/v1/me/wards/{}/addresses", family.child.id);
    server.get(&path).token(&token).send().await.expect(200).body["addresses"].clone()
}

fn stretches(addresses: &Value) -> Vec<(String, String, Option<String>)> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let rows = addresses.as_array().unwrap();
    rows.iter()
        .map(|row| (text(&row["streetLines"][0]).unwrap(), text(&row["from"]).unwrap(), text(&row["to"])))
        .collect()
}

fn home_of(street: &str, from: &str, to: Option<&str>) -> (String, String, Option<String>) {
    (street.to_owned(), from.to_owned(), to.map(str::to_owned))
}

/// Everything a guardian reads about the child, with versions, instants and entity tags.
async fn whole_view(server: &TestServer, family: &Family, guardian: &Member) -> Vec<(String, String)> {
    let token = family.guardian(server, guardian).await;
    let child = &family.child.id;
    let mut view = Vec::new();
    for path in [
        "/v1/me/wards".to_owned(),
        "/v1/persons".to_owned(),
        "/v1/persons?sort=modifiedAt".to_owned(),
        format!("/v1/persons/{child}"),
        format!("/v1/me/wards/{child}/addresses"),
        format!("/v1/me/wards/{child}/addresses?validOn=2026-09-15"),
        format!("/v1/addresses?personId={child}"),
        format!("/v1/enrolments/{}", family.enrolment),
        format!("/v1/participations/{}", family.participation),
    ] {
        let answer = server.get(&path).token(&token).send().await.expect(200);
        let tag = answer.headers.get("etag").map(|tag| tag.to_str().unwrap().to_owned());
        view.push((answer.text.clone(), tag.unwrap_or_default()));
    }
    view
}

on_both! {
    async fn two_guardians_who_live_apart_each_see_their_own_home_with_the_child(server: TestServer) {
        let family = enter(&server).await;
        assert_eq!(shown(&server, &family, &family.mother).await, json!([]), "they live at three addresses");
        // The child is registered with the mother and lives every other week with the father.
        moves(&server, &family, &family.mother, "registered", "Ängsgatan 4 A, lgh 1102", "2026-07-01").await;
        moves(&server, &family, &family.father, "registered", "Åsvägen 3", "2026-07-01").await;
        moves(&server, &family, &family.child, "registered", "ÄNGSGATAN 4A LGH 1102", "2026-08-01").await;
        let before = whole_view(&server, &family, &family.mother).await;
        let mothers = vec![home_of("Ängsgatan 4 A, lgh 1102", "2026-08-01", None)];
        assert_eq!(stretches(&shown(&server, &family, &family.mother).await), mothers);
        assert_eq!(shown(&server, &family, &family.father).await, json!([]));

        // That there is another home changes nothing at all in what the mother reads.
        let second = moves(&server, &family, &family.child, "other", "Åsvägen 3", "2026-08-15").await;
        assert_eq!(whole_view(&server, &family, &family.mother).await, before);
        let fathers = shown(&server, &family, &family.father).await;
        assert_eq!(stretches(&fathers), [home_of("Åsvägen 3", "2026-08-15", None)]);
        // Neither is told of what kind it is, whence it is known, or which record says so.
        assert_eq!(
            fathers[0],
            json!({ "careOf": null, "streetLines": ["Åsvägen 3"], "postalCode": "702 10", "city": "Örebro", "country": "SE", "from": "2026-08-15", "to": null }),
        );
        let registrar = family.staff(&server, Role::Registrar).await;
        let path = format!("/v1/addresses/{second}");
        let patch = json!({ "source": "person", "careOf": "Håkansbo", "streetLines": ["åsvägen 3"] });
        server.patch(&path, "*", &patch).token(&registrar).send().await.expect(200);
        assert_eq!(shown(&server, &family, &family.father).await, fathers);
        server.delete(&path, "*").token(&registrar).send().await.expect(204);
        assert_eq!(shown(&server, &family, &family.father).await, json!([]));
        assert_eq!(whole_view(&server, &family, &family.mother).await, before);

        // Nobody else's guardian, and no guardian without the right to see.
        let neighbour = family.guardian(&server, &family.neighbour).await;
        let there = format!("/v1/me/wards/{}/addresses", family.child.id);
        server.get(&there).token(&neighbour).send().await.expect(404);
        let mother = family.guardian(&server, &family.mother).await;
        for address in [format!("/v1/addresses?personId={}", family.father.id), format!("/v1/addresses?personId={}", family.child.id)] {
            assert_eq!(server.get(&address).token(&mother).send().await.expect(200).body["data"], json!([]));
        }
        let own = server.get("/v1/addresses").token(&mother).send().await.expect(200);
        assert!(own.body["data"].as_array().unwrap().iter().all(|row| row["personId"] == json!(family.mother.id)));
        server.stop().await;
    }
}

on_both! {
    async fn a_guardian_who_moves_in_and_out_is_shown_the_days_between(server: TestServer) {
        let family = enter(&server).await;
        moves(&server, &family, &family.child, "registered", "Ängsgatan 4", "2026-07-01").await;
        moves(&server, &family, &family.mother, "registered", "Ängsgatan 4", "2026-08-01").await;
        moves(&server, &family, &family.mother, "registered", "Åsvägen 3", "2026-09-01").await;
        moves(&server, &family, &family.mother, "registered", "Ängsgatan 4", "2026-10-01").await;
        let homes = [home_of("Ängsgatan 4", "2026-08-01", Some("2026-08-31")), home_of("Ängsgatan 4", "2026-10-01", None)];
        assert_eq!(stretches(&shown(&server, &family, &family.mother).await), homes);
        // A move that is to come is not told before it has come.
        moves(&server, &family, &family.child, "registered", "Kyrkbacken 1", "2026-11-01").await;
        assert_eq!(stretches(&shown(&server, &family, &family.mother).await), homes);
        let token = family.guardian(&server, &family.mother).await;
        let path = format!("/v1/me/wards/{}/addresses", family.child.id);
        for (day, there) in [("2026-08-31", 1), ("2026-09-01", 0), ("2026-10-15", 1), ("2026-12-01", 1)] {
            let on = server.get(&format!("{path}?validOn={day}")).token(&token).send().await.expect(200);
            assert_eq!(on.body["addresses"].as_array().unwrap().len(), there, "{day}");
        }
        server.get(&format!("{path}?validOn=1500-01-01")).token(&token).send().await.expect(400);
        family.on(&server, "2026-11-02");
        let homes = [home_of("Ängsgatan 4", "2026-08-01", Some("2026-08-31")), home_of("Ängsgatan 4", "2026-10-01", Some("2026-10-31"))];
        assert_eq!(stretches(&shown(&server, &family, &family.mother).await), homes);
        // Where the guardian only has a room is not their home.
        moves(&server, &family, &family.mother, "other", "Kyrkbacken 1", "2026-11-01").await;
        assert_eq!(stretches(&shown(&server, &family, &family.mother).await), homes);

        // The cost does not grow with the moves.
        let token = family.guardian(&server, &family.mother).await;
        let (_, count) = server.statements(server.get(&path).token(&token).send()).await;
        assert_eq!(count, 5, "scope, wards, family, addresses, those who live there");
        server.stop().await;
    }
}

on_both! {
    async fn where_anybody_in_the_household_is_protected_nothing_is_shown(server: TestServer) {
        let family = enter(&server).await;
        moves(&server, &family, &family.mother, "registered", "Ängsgatan 4", "2026-07-01").await;
        moves(&server, &family, &family.child, "registered", "Ängsgatan 4", "2026-08-01").await;
        let registrar = family.staff(&server, Role::Registrar).await;
        let person = async |given: &str, street: &str, from: &str| {
            let mut body = named(given, "Häggmark");
            body["schoolUnitId"] = json!(family.school.unit.to_string());
            body["birthDate"] = json!("2014-05-05");
            body["addresses"] = json!([home("", "registered", street, from)]);
            body["addresses"][0].as_object_mut().unwrap().remove("personId");
            id_of(&server.post("/v1/persons", &body).token(&registrar).send().await.expect(201))
        };
        let sibling = person("Nils", "Kyrkbacken 1", "2020-01-01").await;
        let custody = json!({
            "personId": sibling, "relativeId": family.father.id, "kind": "guardian", "source": "population-register",
            "period": { "from": "2020-01-01" }, "reason": "Vårdnadshavare enligt folkbokföringen",
        });
        family.relate(&server, &custody).await;
        let lodger = person("Ebba", "ängsgatan 4", "2026-09-01").await;
        let before_them = person("Måns", "Ängsgatan 4", "2010-01-01").await;
        let list = server.get(&format!("/v1/addresses?personId={before_them}")).token(&registrar).send().await.expect(200);
        let path = format!("/v1/addresses/{}", list.body["data"][0]["id"].as_str().unwrap());
        let until = json!({ "period": { "from": "2010-01-01", "to": "2026-07-31" } });
        server.patch(&path, "*", &until).token(&registrar).send().await.expect(200);

        let homes = [home_of("Ängsgatan 4", "2026-08-01", None)];
        assert_eq!(stretches(&shown(&server, &family, &family.mother).await), homes);
        let officer = family.staff(&server, Role::ProtectionOfficer).await;
        // Of a sibling at another home, of the other guardian, of somebody who lives there, of the guardian who asks: the
        // answer is that of a home nobody has entered. Who lived there before the child says nothing of the child.
        for (who, protected) in [(&sibling, true), (&family.father.id, true), (&lodger, true), (&family.mother.id, true), (&before_them, false)] {
            let path = format!("/v1/persons/{who}/protection");
            server.put(&path, "*", &json!({ "protection": "marked" })).token(&officer).send().await.expect(200);
            let now = shown(&server, &family, &family.mother).await;
            assert_eq!(now == json!([]), protected, "{who}: {now}");
            let body = json!({ "protection": "none", "confirmed": true, "reason": "Markeringen har hävts" });
            server.put(&path, "*", &body).token(&officer).send().await.expect(200);
            assert_eq!(stretches(&shown(&server, &family, &family.mother).await), homes);
        }
        // A protected child is no ward of anybody's.
        let path = format!("/v1/persons/{}/protection", family.child.id);
        server.put(&path, "*", &json!({ "protection": "marked" })).token(&officer).send().await.expect(200);
        let token = family.guardian(&server, &family.mother).await;
        server.get(&format!("/v1/me/wards/{}/addresses", family.child.id)).token(&token).send().await.expect(404);
        server.stop().await;
    }
}

on_both! {
    async fn who_may_only_collect_is_shown_no_home(server: TestServer) {
        let family = Family::enter(&server).await;
        let mut contact = family.custody(&family.mother, "2020-01-01");
        (contact["kind"], contact["rights"]) = (json!("contact-only"), json!(["see", "collect"]));
        family.relate(&server, &contact).await;
        moves(&server, &family, &family.mother, "registered", "Ängsgatan 4", "2026-07-01").await;
        moves(&server, &family, &family.child, "registered", "Ängsgatan 4", "2026-07-01").await;
        let token = family.school.token_of(&server, Role::Guardian, None, Some(family.mother.person()), Level::High).await;
        server.get(&format!("/v1/persons/{}", family.child.id)).token(&token).send().await.expect(200);
        server.get(&format!("/v1/me/wards/{}/addresses", family.child.id)).token(&token).send().await.expect(404);
        server.stop().await;
    }
}
