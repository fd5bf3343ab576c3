//! What things are called, and are found by.

use serde_json::{Value, json};
use skolhus_domain::access::{Level, Role};
use skolhus_tests::{on_both, register::School, server::Answer};

fn keys(list: &Answer) -> Vec<String> {
    let rows = list.body["data"].as_array().unwrap();
    rows.iter().map(|row| row["key"].as_str().unwrap().to_owned()).collect()
}

on_both! {
    async fn old_words_find_what_took_their_place(server: TestServer) {
        let school = School::enter(&server).await;
        let token = school.token(&server, Role::Teacher).await;
        let search = |word: &str| server.get(&format!("/v1/terminology?search={word}")).token(&token).send();
        assert_eq!(keys(&search("landstingsbidrag").await.expect(200)), ["mobility-support"]);
        assert_eq!(keys(&search("s%C3%A4rskola").await.expect(200)), ["adapted-compulsory-school", "adapted-upper-secondary-school"]);
        let all = server.get("/v1/terminology").token(&token).send().await.expect(200);
        assert!(keys(&all).len() > 30);
        assert_eq!(all.headers["content-language"], "sv");
        assert!(all.headers.get_all("vary").iter().any(|vary| vary.to_str().unwrap().contains("accept-language")));
        let english = server.get("/v1/terminology/mobility-support").header("accept-language", "en-GB, sv;q=0.5").token(&token).send().await.expect(200);
        assert_eq!((english.body["label"].as_str().unwrap(), &english.headers["content-language"]), ("Mobility support", &"en".parse().unwrap()));
        assert_eq!(english.body["sv"]["label"], "Mobilitetsstöd");
        server.get("/v1/terminology/landstingsbidrag").token(&token).send().await.expect(404);
        server.get("/v1/terminology?sok=x").token(&token).send().await.expect(400);
        server.stop().await;
    }
}

on_both! {
    async fn an_organiser_uses_words_of_its_own(server: TestServer) {
        let school = School::enter(&server).await;
        let elsewhere = School::enter(&server).await;
        let registrar = school.token(&server, Role::Registrar).await;
        let path = "/v1/terminology/mobility-support";
        let own = json!({ "sv": { "label": "Resestöd", "aliases": ["mobilitetsstöd", "regionpeng"] } });
        let put = |etag: &'static str, body: &Value| server.put(path, etag, body).token(&registrar).send();
        server.request(reqwest::Method::PUT, path).json(&own).token(&registrar).send().await.expect(428);
        put("\"1\"", &own).await.expect(412);
        let saved = put("\"0\"", &own).await.expect(200);
        assert_eq!((saved.etag().as_str(), saved.body["label"].as_str().unwrap(), saved.body["own"].as_bool()), ("\"1\"", "Resestöd", Some(true)));
        assert_eq!(saved.body["en"]["label"], "Mobility support", "a language left out keeps the shared words");
        assert_eq!(put("\"0\"", &own).await.expect(200).etag(), "\"1\"", "saving what is so changes nothing");

        let search = |token: &str, word: &str| server.get(&format!("/v1/terminology?search={word}")).token(token).send();
        assert_eq!(keys(&search(&registrar, "regionpeng").await), ["mobility-support"]);
        assert_eq!(keys(&search(&registrar, "landstingsbidrag").await), Vec::<String>::new(), "its aliases are its own");
        let stranger = elsewhere.token(&server, Role::Registrar).await;
        assert!(keys(&search(&stranger, "regionpeng").await).is_empty());
        assert_eq!(server.get(path).token(&stranger).send().await.body["version"], 0);

        let wrong = json!({ "sv": { "label": " ", "aliases": ["Stöd", "stöd"] }, "en": { "label": "x", "plural": "\u{7}" } });
        let refused = put("\"1\"", &wrong).await.expect(422).refused();
        assert_eq!(refused, ["/sv/label", "/sv/aliases/1", "/en/plural"]);
        // Words are the organiser's as a whole.
        let part = school.token_of(&server, Role::Registrar, Some(school.unit), None, Level::Substantial).await;
        server.put(path, "\"1\"", &own).token(&part).send().await.expect(403);
        server.delete(path, "\"1\"").token(&part).send().await.expect(403);

        server.delete(path, "\"7\"").token(&registrar).send().await.expect(412);
        server.delete(path, "\"1\"").token(&registrar).send().await.expect(204);
        server.delete(path, "\"1\"").token(&registrar).send().await.expect(204);
        let shared = server.get(path).token(&registrar).send().await.expect(200);
        assert_eq!((shared.body["label"].as_str().unwrap(), shared.body["own"].as_bool(), shared.body["version"].as_i64()), ("Mobilitetsstöd", Some(false), Some(2)));
        put("\"0\"", &own).await.expect(412);
        assert_eq!(put("\"2\"", &own).await.expect(200).etag(), "\"3\"");
        server.stop().await;
    }
}

on_both! {
    async fn own_words_saved_at_the_same_time_leave_one_state(server: TestServer) {
        let school = School::enter(&server).await;
        let registrar = school.token(&server, Role::Registrar).await;
        let save = |number: usize| {
            let body = json!({ "sv": { "label": format!("Frånvaro {number}") } });
            server.put("/v1/terminology/study-break", "\"0\"", &body).token(&registrar).send()
        };
        let answers = futures_util::future::join_all((0..8).map(save)).await;
        let won = answers.iter().filter(|answer| answer.status == 200).count();
        assert_eq!(won, 1, "{:?}", answers.iter().map(|answer| answer.status).collect::<Vec<_>>());
        assert!(answers.iter().all(|answer| matches!(answer.status.as_u16(), 200 | 412 | 503)));
        let now = server.get("/v1/terminology/study-break").token(&registrar).send().await.expect(200);
        assert_eq!(now.body["version"], 1);
        server.stop().await;
    }
}

on_both! {
    async fn code_tables_are_searched_by_old_and_own_words(server: TestServer) {
        let school = School::enter(&server).await;
        let token = school.token(&server, Role::Registrar).await;
        let codes = async |path: &str, word: &str| -> Vec<String> {
            let list = server.get(&format!("{path}?search={word}")).token(&token).send().await.expect(200);
            let entries = list.body["entries"].as_array().unwrap();
            entries.iter().map(|entry| entry["code"].as_str().unwrap().to_owned()).collect()
        };
        let table = "/v1/code-tables/school-type";
        assert_eq!(codes(table, "s%C3%A4rskola").await, ["GRAN", "GRS", "GYAN", "GYS"]);
        assert_eq!(codes(table, "anpassad+grundskola").await, ["GRAN", "GRS", "GYS"]);
        assert_eq!(codes(table, "folkh%C3%B6g").await, ["FHS"]);
        assert!(codes(table, "ubåt").await.is_empty());
        let own = json!({ "sv": { "label": "Anpassad grundskola", "aliases": ["lilla skolan"] } });
        server.put("/v1/terminology/adapted-compulsory-school", "\"0\"", &own).token(&token).send().await.expect(200);
        // Names of the other language are still the shared ones, and find what was called so before.
        assert_eq!(codes(table, "lilla").await, ["GRAN", "GRS"]);
        let list = server.get("/v1/code-tables?search=folkh%C3%B6gskola&validOn=2026-09-15").token(&token).send().await.expect(200);
        let all: Vec<usize> = list.body["data"].as_array().unwrap().iter().map(|table| table["entries"].as_array().unwrap().len()).collect();
        assert_eq!(all.first(), Some(&1));
        let (list, count) = server.statements(server.get("/v1/terminology").token(&token).send()).await;
        list.expect(200);
        assert!(count <= 2, "{count}");
        server.stop().await;
    }
}

on_both! {
    async fn problems_say_their_language(server: TestServer) {
        let wrong = server.get("/v1/terminology").header("accept-language", "en").send().await.expect(401);
        assert_eq!(wrong.headers["content-language"], "en");
        assert_eq!(wrong.body["title"], "A login is needed");
        let wrong = server.get("/v1/terminology").header("accept-language", "en;q=0.1, sv").send().await.expect(401);
        assert_eq!(wrong.headers["content-language"], "sv");
        server.stop().await;
    }
}
