use serde_json::json;
use skolhus_domain::access::Role;
use skolhus_tests::{on_both, register::School};

use super::register::Autumn;

on_both! {
    async fn a_code_is_one_courses_at_a_time_also_under_races(server: TestServer) {
        let school = School::enter(&server).await;
        let token = school.token(&server, Role::Registrar).await;
        let body = json!({ "code": "SÅNG", "title": "Sång och körledning", "kind": "course", "valid": { "from": "2020-07-01", "to": "2025-06-30" } });
        let answers = futures_util::future::join_all((0..20).map(|_| server.post("/v1/courses", &body).token(&token).send())).await;
        let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
        statuses.sort_unstable();
        let mut expected = vec![422; 19];
        expected.insert(0, 201);
        assert_eq!(statuses, expected);
        let refused = answers.iter().find(|answer| answer.status == 422).unwrap();
        assert_eq!(refused.refused(), ["/code"]);
        assert!(refused.text.contains("from 2020-07-01 to 2025-06-30"), "{}", refused.text);

        let later = json!({ "code": "SÅNG", "title": "Sång", "kind": "course", "points": 100, "valid": { "from": "2025-07-01" } });
        server.post("/v1/courses", &later).token(&token).send().await.expect(201);
        let found = server.get("/v1/courses?code=S%C3%85NG&validOn=2026-08-17").token(&token).send().await.expect(200);
        assert_eq!(found.body["data"].as_array().unwrap().len(), 1);
        let found = server.get("/v1/courses?title=K%C3%96R&kind=course,subject").token(&token).send().await.expect(200);
        assert_eq!(found.body["data"][0]["title"], "Sång och körledning");
        let refused = server.get("/v1/courses?kind=kurs").token(&token).send().await.expect(400);
        assert_eq!(refused.refused(), ["/query/kind"]);
        server.stop().await;
    }
}

on_both! {
    async fn a_course_that_is_offered_stays_and_stays_valid(server: TestServer) {
        let autumn = Autumn::enter(&server).await;
        autumn.offering(&server, "Allmän kurs").await;
        let path = format!("/v1/courses/{}", autumn.course);
        server.delete(&path, "\"1\"").token(&autumn.registrar).send().await.expect(409);
        let ended = json!({ "valid": { "from": "2020-07-01", "to": "2026-06-30" } });
        let refused = server.patch(&path, "\"1\"", &ended).token(&autumn.registrar).send().await.expect(422);
        assert_eq!(refused.refused(), ["/valid"]);
        let ended = json!({ "valid": { "from": "2020-07-01", "to": "2026-08-31" }, "points": 500 });
        server.patch(&path, "\"1\"", &ended).token(&autumn.registrar).send().await.expect(200);
        server.patch(&path, "\"1\"", &ended).token(&autumn.registrar).send().await.expect(200);
        server.patch(&path, "\"1\"", &json!({ "points": null })).token(&autumn.registrar).send().await.expect(412);

        let limited = autumn.token_of(&server, Role::Registrar, Some(autumn.school.unit), None).await;
        server.patch(&path, "\"2\"", &json!({ "title": "Egen" })).token(&limited).send().await.expect(403);
        let stranger = School::enter(&server).await.token(&server, Role::Registrar).await;
        server.get(&path).token(&stranger).send().await.expect(404);
        server.stop().await;
    }
}
