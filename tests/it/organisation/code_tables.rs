use skolhus_api::http::problem::Problem;
use skolhus_domain::{
    access::{Caller, Role},
    code::{CodeEntry, CourseType, Table, seed},
};
use skolhus_persistence::organisation::code;
use skolhus_tests::{on_both, register::School};

/// By code and first day, as the database gives them.
fn sorted<T: AsRef<CodeEntry>>(mut entries: Vec<T>) -> Vec<T> {
    entries.sort_by(|one, other| {
        let key = |row: &T| (row.as_ref().code.clone(), row.as_ref().valid.from());
        key(one).cmp(&key(other))
    });
    entries
}

on_both! {
    async fn the_tables_hold_what_the_rules_begin_with(server: TestServer) {
        let school = School::enter(&server).await;
        let caller = Caller::system("test", school.organiser, server.state.fresh_uuid(), server.state.clock.now());
        let (tables, course_types) = server.state.database.read(&caller, |connection, _| {
            let tables = Table::ALL.map(|table| code::entries(connection, table));
            Ok::<_, Problem>((tables, code::course_types(connection)?))
        }).await.unwrap();
        for (table, entries) in Table::ALL.into_iter().zip(tables) {
            let seeds = table.seeds().into_iter().map(|row| row.entry().unwrap()).collect();
            assert_eq!(entries.unwrap(), sorted::<CodeEntry>(seeds), "{}", table.word());
        }
        assert_eq!(course_types, sorted::<CourseType>(seed::course_types().unwrap()));
        server.stop().await;
    }
}

on_both! {
    async fn codes_are_read_with_names_validity_and_verification(server: TestServer) {
        let school = School::enter(&server).await;
        let token = school.token(&server, Role::Participant).await;
        let (all, statements) = server.statements(server.get("/v1/code-tables").token(&token).send()).await;
        let all = all.expect(200);
        assert_eq!(statements, 2, "the scope and the tables");
        let words: Vec<&str> = all.body["data"].as_array().unwrap().iter().map(|table| table["table"].as_str().unwrap()).collect();
        assert_eq!(words, Table::ALL.map(Table::word));

        let types = server.get("/v1/code-tables/course-type").token(&token).send().await.expect(200);
        let codes = |answer: &skolhus_tests::server::Answer| -> Vec<String> {
            answer.body["entries"].as_array().unwrap().iter().map(|entry| entry["code"].as_str().unwrap().to_owned()).collect()
        };
        assert!(codes(&types).contains(&"4".to_owned()));
        let entry = types.body["entries"].as_array().unwrap().iter().find(|entry| entry["code"] == "24").unwrap();
        assert_eq!((&entry["verified"], &entry["nameSv"]), (&false.into(), &"Introduktionsprogram, gymnasieskolan".into()));
        let general = types.body["entries"].as_array().unwrap().iter().find(|entry| entry["code"] == "1").unwrap();
        assert_eq!(general["leastCourseDays"], 15);

        // "Extra platser" ended with 2017.
        let now = server.get("/v1/code-tables/course-type?validOn=2026-08-17").token(&token).send().await.expect(200);
        assert!(!codes(&now).contains(&"4".to_owned()) && codes(&now).contains(&"1".to_owned()));
        let then = server.get("/v1/code-tables/course-type?validOn=2017-12-31").token(&token).send().await.expect(200);
        assert_eq!(codes(&then), ["22", "4"]);

        server.get("/v1/code-tables/ämnen").token(&token).send().await.expect(404);
        server.get("/v1/code-tables?validOn=igår").token(&token).send().await.expect(400);
        server.get("/v1/code-tables/course-type?colour=red").token(&token).send().await.expect(400);
        server.get("/v1/code-tables").send().await.expect(401);
        server.stop().await;
    }
}

on_both! {
    async fn a_code_used_outside_its_period_names_the_period(server: TestServer) {
        let school = School::enter(&server).await;
        let token = school.token(&server, Role::Registrar).await;
        let unit = serde_json::json!({
            "name": "Anpassade skolan i Åkerö", "controllerId": school.controller.to_string(), "schoolTypes": ["GRAN"],
            "valid": { "from": "2001-07-01", "to": "2010-06-30" },
        });
        let refused = server.post("/v1/school-units", &unit).token(&token).send().await.expect(422);
        assert_eq!(refused.refused(), ["/schoolTypes/0"]);
        assert_eq!(refused.body["errors"][0]["code"], "outside-period");
        assert!(refused.text.contains("from 2023-07-02"), "{}", refused.text);
        server.stop().await;
    }
}
