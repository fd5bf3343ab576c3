use serde_json::json;
use skolhus_domain::access::{Level, Role};
use skolhus_tests::{on_both, raw::Raw, register::School};

on_both! {
    async fn who_did_what_is_listed_without_what_it_says(server: TestServer) {
        let school = School::enter(&server).await;
        let (registrar, principal) =
            (school.token(&server, Role::Registrar).await, school.token(&server, Role::Principal).await);
        let path = format!("/v1/school-units/{}", school.unit);
        server.patch(&path, "\"1\"", &json!({ "name": "Ängarps folkhögskola" })).token(&registrar).send().await.expect(200);
        let elsewhere = School::enter(&server).await;
        let list = server.get("/v1/changes").token(&principal).send().await.expect(200);
        assert_eq!(list.body["data"], json!([]), "nothing has its position yet");
        server.settle_log().await;

        let (list, statements) = server.statements(server.get("/v1/changes").token(&principal).send()).await;
        let list = list.expect(200);
        assert_eq!(statements, 2, "the scope and the page");
        assert!(!list.text.contains("Ängarp"));
        let newest = &list.body["data"][0];
        assert_eq!(
            (&newest["entity"], &newest["entityId"], &newest["version"], &newest["action"], &newest["actorName"]),
            (&json!("school unit"), &json!(school.unit.to_string()), &json!(2), &json!("update"), &json!("registrar"))
        );
        let organiser = json!(elsewhere.organiser.to_string());
        assert!(list.body["data"].as_array().unwrap().iter().all(|change| change["organiserId"] != organiser));

        let mut seen = Vec::new();
        let mut next = "/v1/changes?sort=position&limit=2".to_owned();
        loop {
            let page = server.get(&next).token(&principal).send().await.expect(200);
            seen.extend(page.body["data"].as_array().unwrap().iter().map(|change| change["position"].as_i64().unwrap()));
            let Some(token) = page.body["pageToken"].as_str() else { break };
            next = format!("/v1/changes?limit=2&pageToken={token}");
        }
        assert_eq!(seen, (1..=8).collect::<Vec<_>>());

        let count = async |query: &str| {
            let list = server.get(&format!("/v1/changes?{query}")).token(&principal).send().await.expect(200);
            list.body["data"].as_array().unwrap().len()
        };
        assert_eq!(count("entity=school%20unit").await, 2);
        assert_eq!(count("entity=school%20unit,account&action=insert").await, 3);
        assert_eq!(count(&format!("entityId={}", school.unit)).await, 2);
        assert_eq!(count(&format!("actorId={}", newest["actorId"].as_str().unwrap())).await, 1);
        assert_eq!(count("afterPosition=6").await, 2);
        assert_eq!(count("from=2026-08-17T06:10:00Z&to=2026-08-17T06:10:01Z").await, 8);
        assert_eq!(count("to=2026-08-17T06:10:00Z").await, 0);
        assert_eq!(count("actorId=00000000-0000-0000-0000-000000000000").await, 0);
        server.get("/v1/changes?action=destroy").token(&principal).send().await.expect(400);
        server.get("/v1/changes?afterPosition=many").token(&principal).send().await.expect(400);
        server.get("/v1/changes").token(&registrar).send().await.expect(403);
        let of_unit = school.token_of(&server, Role::Principal, Some(school.unit), None, Level::Substantial).await;
        server.get("/v1/changes").token(&of_unit).send().await.expect(403);
        server.stop().await;
    }
}

on_both! {
    async fn records_of_protected_persons_are_absent(server: TestServer) {
        let school = School::enter(&server).await;
        let principal = school.token(&server, Role::Principal).await;
        let mut raw = Raw::open(server.state.database.address());
        let (organiser, yes, no) = (school.organiser.to_string(), raw.either("true", "1").to_owned(), raw.either("false", "0").to_owned());
        let id = |id: &str, raw: &Raw| {
            if raw.is_postgres() { format!("'{id}'") } else { format!("x'{}'", id.replace('-', "")) }
        };
        let now = raw.either("now()", "0").to_owned();
        let (open, marked) = ("00000000-0000-7000-8000-00000000000a", "00000000-0000-7000-8000-00000000000b");
        for (person, is_protected) in [(open, &no), (marked, &yes)] {
            raw.execute(&format!(
                "INSERT INTO persons (organiser_id, id, version, created_at, modified_at, given_name, family_name, name_sort_key, name_search_key, sex, contact, protection, is_protected) \
                 VALUES ({0}, {1}, 1, {now}, {now}, 'Åsa', 'Öberg', '', '', 'unknown', '{{}}', 'none', {is_protected}); \
                 INSERT INTO external_identifiers (organiser_id, id, version, created_at, modified_at, entity, entity_id, system, value) \
                 VALUES ({0}, {1}, 1, {now}, {now}, 'person', {1}, 'elevsystem', '{person}'); \
                 INSERT INTO accounts (organiser_id, id, version, created_at, modified_at, person_id, email, email_key) \
                 VALUES ({0}, {1}, 1, {now}, {now}, {1}, '{person}@exempel.se', '{person}@exempel.se')",
                id(&organiser, &raw), id(person, &raw)
            ));
        }
        let words = ["person", "external identifier", "account", "enrolment", "something new"];
        for (ordinal, (word, person)) in words.iter().flat_map(|word| [(word, open), (word, marked)]).enumerate() {
            raw.execute(&format!(
                "INSERT INTO changes (organiser_id, transaction_id, ordinal, recorded_at, actor_kind, actor_name, permission, request_id, action, entity, entity_id, version, details_hash) \
                 VALUES ({0}, {1}, {ordinal}, {now}, 'system', 'test', 'public', {1}, 'insert', '{word}', {1}, 1, '')",
                id(&organiser, &raw), id(person, &raw)
            ));
        }
        server.settle_log().await;
        let list = server.get("/v1/changes").token(&principal).send().await.expect(200);
        assert!(!list.text.contains(marked), "{}", list.text);
        let mut of_open: Vec<&str> = list.body["data"].as_array().unwrap().iter()
            .filter(|change| change["entityId"] == open).map(|change| change["entity"].as_str().unwrap()).collect();
        of_open.sort_unstable();
        assert_eq!(of_open, ["account", "external identifier", "person"]);
        drop(raw);
        server.stop().await;
    }
}
