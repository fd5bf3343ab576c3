use serde_json::{Value, json};
use skolhus_tests::on_both;

use crate::group::register::{Autumn, day, id};

on_both! {
    async fn a_class_is_enrolled_and_ended_in_one_call_each(server: TestServer) {
        let autumn = Autumn::enter(&server).await;
        let group = autumn.group(&server, "class", "7B").await;
        let pupils = autumn.pupils(&server, 8).await;
        for pupil in &pupils {
            autumn.join(&server, &group, *pupil, day(0), None).await;
        }
        let unit = autumn.school.unit.to_string();
        let creation = |period: Value| json!({
            "selection": { "groupIds": [group], "on": day(0), "limit": 30 },
            "change": { "action": "creation", "schoolUnitId": unit, "schoolTypeCode": "FHS", "programme": "Allmän kurs, år 2", "period": period },
        });
        let seen = autumn.post(&server, "/v1/enrolment-batches/preview", &creation(json!({ "from": "2026-08-17" }))).await.expect(200);
        assert_eq!((&seen.body["possible"], seen.body["items"].as_array().unwrap().len()), (&json!(true), 8));
        let none = autumn.get(&server, "/v1/enrolments").await.expect(200);
        assert_eq!(none.body["data"], json!([]), "a preview changes nothing");
        let one = json!({ "items": [seen.body["items"][0]] });
        let (made, few) = server.statements(autumn.post(&server, "/v1/enrolment-batches", &one)).await;
        made.expect(200);
        let rest: Vec<Value> = seen.body["items"].as_array().unwrap()[1..].to_vec();
        let send = |items: Value| {
            let body = json!({ "items": items });
            let request = server.post("/v1/enrolment-batches", &body).token(&autumn.registrar).header("idempotency-key", "inskrivning-7b");
            request.send()
        };
        let made = send(json!(rest)).await.expect(200);
        assert_eq!(made.body["data"].as_array().unwrap().len(), 7);
        assert_eq!(send(json!(rest)).await.expect(200).body, made.body, "once");

        // Entered twice: each is named.
        let again = autumn.post(&server, "/v1/enrolment-batches", &json!({ "items": rest })).await.expect(422);
        assert_eq!(again.refused(), (0..7).map(|place| format!("/items/{place}/period")).collect::<Vec<_>>());
        let seen = autumn.post(&server, "/v1/enrolment-batches/preview", &creation(json!({ "from": "2026-08-18" }))).await.expect(200);
        assert_eq!((&seen.body["possible"], seen.body["refusals"].as_array().unwrap().len()), (&json!(false), 8));

        let ends = |on: &str| json!({ "selection": { "schoolUnitIds": [unit], "limit": 30 }, "change": { "action": "end", "on": on } });
        let seen = autumn.post(&server, "/v1/enrolment-batches/preview", &ends("2026-12-18")).await.expect(200);
        let (ended, many) = server.statements(autumn.post(&server, "/v1/enrolment-batches", &json!({ "items": seen.body["items"] }))).await;
        let ended = ended.expect(200);
        assert!(ended.body["data"].as_array().unwrap().iter().all(|one| one["period"]["to"] == "2026-12-18"));
        assert!(few <= 14 && many <= 14, "{few} and {many}");
        let early = autumn.post(&server, "/v1/enrolment-batches/preview", &ends("2026-01-01")).await.expect(200);
        assert_eq!(early.body["refusals"][7]["pointer"], "/items/7/on");

        // All or nothing.
        let first = &ended.body["data"][0];
        let mixed = json!({ "items": [
            { "action": "withdrawal", "enrolmentId": first["id"], "version": 2 },
            { "action": "end", "enrolmentId": ended.body["data"][1]["id"], "version": 1, "on": "2026-11-30" },
            { "action": "end", "enrolmentId": first["id"], "version": 2, "on": "2026-11-30" },
            { "action": "creation", "personId": pupils[0].to_string(), "on": "2026-11-30" },
        ] });
        let refused = autumn.post(&server, "/v1/enrolment-batches", &mixed).await.expect(422).refused();
        for at in ["/items/1/version", "/items/2/enrolmentId", "/items/3/schoolUnitId", "/items/3/on"] {
            assert!(refused.contains(&at.to_owned()), "{at} of {refused:?}");
        }
        let withdrawal = json!({ "items": [{ "action": "withdrawal", "enrolmentId": first["id"], "version": 2 }] });
        let done = autumn.post(&server, "/v1/enrolment-batches", &withdrawal).await.expect(200);
        assert_eq!(done.body["data"], json!([]));
        autumn.get(&server, &format!("/v1/enrolments/{}", id(first))).await.expect(404);
        server.stop().await;
    }
}

on_both! {
    async fn the_protected_are_answered_as_if_they_were_not_there(server: TestServer) {
        let autumn = Autumn::enter(&server).await;
        let hidden = autumn.pupils(&server, 1).await[0];
        autumn.protect(&server, hidden).await;
        let item = |person: &str| json!({ "items": [{ "action": "creation", "personId": person, "schoolUnitId": autumn.school.unit.to_string(),
            "schoolTypeCode": "FHS", "period": { "from": "2026-08-17" } }] });
        for path in ["/v1/enrolment-batches", "/v1/enrolment-batches/preview"] {
            let absent = "0199a3f0-7c00-7000-8000-00000000dead";
            let (hers, nobody) = (autumn.post(&server, path, &item(&hidden.to_string())).await, autumn.post(&server, path, &item(absent)).await);
            assert_eq!(hers.status, nobody.status);
            let said = |mut body: Value, id: &str| {
                if let Some(fields) = body.as_object_mut() {
                    fields.remove("requestId");
                }
                body.to_string().replace(id, "…")
            };
            assert_eq!(said(hers.body, &hidden.to_string()), said(nobody.body, absent));
        }
        server.stop().await;
    }
}
