use serde_json::json;
use skolhus_domain::{access::Role, person::ProtectionReport};
use skolhus_tests::{on_both, register::School};

use crate::course::register::{Autumn, other_unit, person};

on_both! {
    async fn a_signature_is_one_persons_at_a_time_also_under_races(server: TestServer) {
        let autumn = Autumn::enter(&server).await;
        let mut bodies = Vec::new();
        for number in 0..10 {
            let someone = person(&server, &autumn.school, &format!("Åsa {number}"), "Ö", ProtectionReport::Unmarked).await;
            bodies.push(json!({
                "personId": someone.to_string(), "schoolUnitId": autumn.school.unit.to_string(), "role": "teacher",
                "signature": if number % 2 == 0 { "ÅsÖ" } else { "åsö" }, "period": { "from": "2026-08-01" }
            }));
        }
        let answers = futures_util::future::join_all(
            bodies.iter().map(|body| server.post("/v1/duties", body).token(&autumn.registrar).send()),
        ).await;
        let made: Vec<_> = answers.iter().filter(|answer| answer.status == 201).collect();
        assert_eq!(made.len(), 1, "{answers:?}");
        assert!(answers.iter().filter(|answer| answer.status != 201).all(|answer| answer.refused() == ["/signature"]));

        let path = format!("/v1/duties/{}", made[0].body["id"].as_str().unwrap());
        let ended = json!({ "period": { "from": "2026-08-01", "to": "2026-12-31" } });
        server.patch(&path, "\"1\"", &ended).token(&autumn.registrar).send().await.expect(200);
        let mut next = bodies.iter().find(|body| body["personId"] != made[0].body["personId"]).unwrap().clone();
        next["period"] = json!({ "from": "2027-01-01" });
        server.post("/v1/duties", &next).token(&autumn.registrar).send().await.expect(201);

        let list = format!("/v1/duties?role=teacher&signature=%C3%85S%C3%96&validOn=2026-09-01&schoolUnitId={}", autumn.school.unit);
        let (found, statements) = server.statements(server.get(&list).token(&autumn.registrar).send()).await;
        assert_eq!((found.expect(200).body["data"].as_array().unwrap().len(), statements), (1, 2));
        server.delete(&path, "\"2\"").token(&autumn.registrar).send().await.expect(204);
        server.get(&path).token(&autumn.registrar).send().await.expect(404);
        server.stop().await;
    }
}

on_both! {
    async fn duties_stay_within_reach_and_bad_input_is_named(server: TestServer) {
        let autumn = Autumn::enter(&server).await;
        let ake = person(&server, &autumn.school, "Åke", "Öman", ProtectionReport::Unmarked).await;
        let hidden = person(&server, &autumn.school, "Östen", "Hemlig", ProtectionReport::Marked).await;
        let duty = autumn.duty(&server, ake).await;
        let path = format!("/v1/duties/{duty}");
        let wrong = json!({
            "personId": hidden.to_string(), "schoolUnitId": uuid::Uuid::from_u128(3), "role": "vaktmästare",
            "period": { "from": "2026-08-01", "to": "2026-07-01" }
        });
        let refused = server.post("/v1/duties", &wrong).token(&autumn.registrar).send().await.expect(422);
        assert_eq!(refused.refused(), ["/personId", "/schoolUnitId", "/role", "/period/to"]);

        let second = other_unit(&server, &autumn.school).await;
        let elsewhere = autumn.token_of(&server, Role::Registrar, Some(second), None).await;
        server.get(&path).token(&elsewhere).send().await.expect(404);
        server.patch(&path, "\"1\"", &json!({ "role": "mentor" })).token(&elsewhere).send().await.expect(404);
        let own = autumn.token_of(&server, Role::Teacher, None, Some(ake)).await;
        server.get(&path).token(&own).send().await.expect(200);
        server.patch(&path, "\"1\"", &json!({ "role": "mentor" })).token(&own).send().await.expect(403);
        let stranger = School::enter(&server).await.token(&server, Role::Registrar).await;
        server.get(&path).token(&stranger).send().await.expect(404);

        let same = json!({ "role": "mentor" });
        let answers = futures_util::future::join_all((0..20).map(|_| server.patch(&path, "\"1\"", &same).token(&autumn.registrar).send())).await;
        assert!(answers.iter().all(|answer| answer.status == 200 && answer.etag() == "\"2\""), "{answers:?}");
        server.stop().await;
    }
}
