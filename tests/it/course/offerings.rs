use serde_json::json;
use skolhus_domain::{access::Role, person::ProtectionReport};
use skolhus_tests::{on_both, register::School};

use super::register::{Autumn, other_unit, path, person, place};

on_both! {
    async fn an_offering_is_entered_changed_and_withdrawn(server: TestServer) {
        let autumn = Autumn::enter(&server).await;
        let made = autumn.offering(&server, "Allmän kurs, Åkerö").await;
        assert_eq!(made["termIds"], json!([autumn.term.to_string()]));
        assert_eq!((&made["plannedHours"], &made["courseNumbers"]), (&json!(380.25), &json!({ "2026ht": "101" })));
        assert_eq!((&made["placesTaken"], &made["placesLeft"]), (&json!(0), &json!(2)));
        let path = path(&made);
        let token = &autumn.registrar;

        let changed = json!({ "title": "Allmän kurs, Ö", "capacity": null, "siteId": null });
        let changed = server.patch(&path, "\"1\"", &changed).token(token).send().await.expect(200);
        assert_eq!((changed.etag().as_str(), &changed.body["placesLeft"]), ("\"2\"", &json!(null)));
        server.patch(&path, "\"1\"", &json!({ "title": "Någon annans" })).token(token).send().await.expect(412);

        let wrong = json!({ "lastDay": "2026-08-01", "courseTypeCode": "XX", "siteId": uuid::Uuid::from_u128(7), "form": "hemma" });
        let refused = server.patch(&path, "\"2\"", &wrong).token(token).send().await.expect(422);
        assert_eq!(refused.refused(), ["/lastDay", "/courseTypeCode", "/form", "/siteId"]);
        let outside = json!({ "firstDay": "2027-01-11", "lastDay": "2027-06-11", "courseNumbers": {} });
        let refused = server.patch(&path, "\"2\"", &outside).token(token).send().await.expect(422);
        assert_eq!(refused.refused(), ["/termIds/0"]);
        assert!(refused.text.contains("2026-12-18"), "{}", refused.text);

        server.delete(&path, "\"2\"").token(token).send().await.expect(204);
        server.get(&path).token(token).send().await.expect(404);
        server.stop().await;
    }
}

on_both! {
    async fn parts_lie_within_and_never_in_themselves(server: TestServer) {
        let autumn = Autumn::enter(&server).await;
        let outer = autumn.offering(&server, "Ytterst").await;
        let mut part = autumn.body("Svenska");
        part["capacity"] = json!(null);
        part["partOfId"] = outer["id"].clone();
        let inner = server.post("/v1/course-offerings", &part).token(&autumn.registrar).send().await.expect(201).body;
        let circle = json!({ "partOfId": inner["id"], "capacity": null });
        let refused = server.patch(&path(&outer), "\"1\"", &circle).token(&autumn.registrar).send().await.expect(422);
        assert_eq!(refused.refused(), ["/partOfId"]);
        let shorter = json!({ "lastDay": "2026-11-30" });
        let refused = server.patch(&path(&outer), "\"1\"", &shorter).token(&autumn.registrar).send().await.expect(422);
        assert_eq!(refused.refused(), ["/lastDay"]);
        server.delete(&path(&outer), "\"1\"").token(&autumn.registrar).send().await.expect(409);
        server.stop().await;
    }
}

on_both! {
    async fn places_count_everyone_and_capacity_stays_above_them(server: TestServer) {
        let autumn = Autumn::enter(&server).await;
        let made = autumn.offering(&server, "Allmän kurs").await;
        for (given, protection) in [("Åsa", ProtectionReport::Unmarked), ("Örjan", ProtectionReport::Marked)] {
            let someone = person(&server, &autumn.school, given, "Ek", protection).await;
            place(&server, &autumn.school, someone, &made).await;
        }
        let found = server.get(&path(&made)).token(&autumn.registrar).send().await.expect(200).body;
        assert_eq!((&found["placesTaken"], &found["placesLeft"]), (&json!(2), &json!(0)));
        let refused = server.patch(&path(&made), "\"1\"", &json!({ "capacity": 1 })).token(&autumn.registrar).send().await.expect(409);
        assert_eq!(refused.refused(), ["/capacity"]);
        let shorter = json!({ "firstDay": "2026-08-24" });
        let refused = server.patch(&path(&made), "\"1\"", &shorter).token(&autumn.registrar).send().await.expect(422);
        assert_eq!(refused.refused(), ["/firstDay"]);
        server.delete(&path(&made), "\"1\"").token(&autumn.registrar).send().await.expect(409);
        server.stop().await;
    }
}

on_both! {
    async fn a_page_takes_three_statements_however_long(server: TestServer) {
        let autumn = Autumn::enter(&server).await;
        let teacher = person(&server, &autumn.school, "Åke", "Öman", ProtectionReport::Unmarked).await;
        let duty = autumn.duty(&server, teacher).await;
        for number in 0..12 {
            let made = autumn.offering(&server, &format!("Kurs {number:02}")).await;
            let set = json!({ "teachers": [{ "dutyId": duty, "role": "teacher", "period": { "from": "2026-08-17" } }] });
            server.request(reqwest::Method::PUT, &format!("{}/teachers", path(&made))).header("if-match", "\"1\"")
                .json(&set).token(&autumn.registrar).send().await.expect(200);
        }
        let filters = format!(
            "termId={}&teacherId={teacher}&runsOn=2026-09-01&form=mixed&courseTypeCode=1&title=kurs&schoolUnitId={}&courseId={}",
            autumn.term, autumn.school.unit, autumn.course
        );
        for limit in [1, 5, 500] {
            let url = format!("/v1/course-offerings?limit={limit}&{filters}");
            let (page, statements) = server.statements(server.get(&url).token(&autumn.registrar).send()).await;
            let page = page.expect(200);
            assert_eq!(page.body["data"].as_array().unwrap().len(), limit.min(12));
            assert_eq!(page.body["data"][0]["teachers"][0]["name"], "Åke Öman");
            assert_eq!(page.body["data"][0]["termIds"], json!([autumn.term.to_string()]));
            assert!(statements <= 3, "{statements} statements");
        }
        let mut seen = Vec::new();
        let mut url = "/v1/course-offerings?limit=5&sort=-firstDay".to_owned();
        loop {
            let page = server.get(&url).token(&autumn.registrar).send().await.expect(200);
            seen.extend(page.body["data"].as_array().unwrap().iter().map(|row| row["id"].to_string()));
            match page.body["pageToken"].as_str() {
                Some(next) => url = format!("/v1/course-offerings?limit=5&pageToken={next}"),
                None => break,
            }
        }
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 12);
        server.stop().await;
    }
}

on_both! {
    async fn twenty_writers_at_once_lose_nothing(server: TestServer) {
        let autumn = Autumn::enter(&server).await;
        let made = path(&autumn.offering(&server, "Allmän kurs").await);
        let bodies: Vec<_> = (0..20).map(|number| json!({ "title": format!("Kurs {number}") })).collect();
        let answers = futures_util::future::join_all(
            bodies.iter().map(|body| server.patch(&made, "\"1\"", body).token(&autumn.registrar).send()),
        ).await;
        let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
        statuses.sort_unstable();
        let mut expected = vec![412; 19];
        expected.insert(0, 200);
        assert_eq!(statuses, expected);
        let same = json!({ "title": "Kursen", "pacePercent": 50 });
        let answers = futures_util::future::join_all(
            (0..20).map(|_| server.patch(&made, "\"2\"", &same).token(&autumn.registrar).send()),
        ).await;
        assert!(answers.iter().all(|answer| answer.status == 200 && answer.etag() == "\"3\""), "{answers:?}");
        server.stop().await;
    }
}

on_both! {
    async fn each_sees_and_touches_only_what_is_theirs(server: TestServer) {
        let autumn = Autumn::enter(&server).await;
        let taught = autumn.offering(&server, "Svenska").await;
        let other = autumn.offering(&server, "Engelska").await;
        let teacher = person(&server, &autumn.school, "Åke", "Öman", ProtectionReport::Unmarked).await;
        let duty = autumn.duty(&server, teacher).await;
        let set = json!({ "teachers": [{ "dutyId": duty, "role": "teacher", "period": { "from": "2026-08-17" } }] });
        server.request(reqwest::Method::PUT, &format!("{}/teachers", path(&taught))).header("if-match", "\"1\"")
            .json(&set).token(&autumn.registrar).send().await.expect(200);

        let titles = async |token: &str| -> Vec<String> {
            let list = server.get("/v1/course-offerings").token(token).send().await.expect(200);
            list.body["data"].as_array().unwrap().iter().map(|row| row["title"].as_str().unwrap().to_owned()).collect()
        };
        let token = autumn.token_of(&server, Role::Teacher, None, Some(teacher)).await;
        assert_eq!(titles(&token).await, ["Svenska"]);
        server.get(&path(&other)).token(&token).send().await.expect(404);

        let second = other_unit(&server, &autumn.school).await;
        let elsewhere = autumn.token_of(&server, Role::Registrar, Some(second), None).await;
        assert!(titles(&elsewhere).await.is_empty());
        server.patch(&path(&other), "\"1\"", &json!({ "title": "Kapad" })).token(&elsewhere).send().await.expect(404);
        server.delete(&path(&other), "\"1\"").token(&elsewhere).send().await.expect(404);
        let refused = server.post("/v1/course-offerings", &autumn.body("Kapad")).token(&elsewhere).send().await.expect(422);
        assert_eq!(refused.refused(), ["/schoolUnitId"]);

        let stranger = School::enter(&server).await.token(&server, Role::Registrar).await;
        assert!(titles(&stranger).await.is_empty());
        server.get(&path(&other)).token(&stranger).send().await.expect(404);
        server.stop().await;
    }
}
