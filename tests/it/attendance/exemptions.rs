//! Single persons who are not expected in a lesson.

use serde_json::{Value, json};
use skolhus_domain::access::Role;
use skolhus_tests::on_both;

use super::home::Home;
use crate::{group::register::id, schedule::staff::Mathematics};

const REASON: &str = "Övar med kören till avslutningen.";

on_both! {
    async fn an_exempted_pupil_leaves_the_lesson_and_comes_back(server: TestServer) {
        let home = Home::enter(&server).await;
        let family = &home.family;
        let child = &family.child.id;
        let lesson = home.lesson(&server, 17, "13:00", "14:00").await;
        let other = home.lesson(&server, 17, "14:10", "15:00").await;
        let registrar = family.staff(&server, Role::Registrar).await;
        let mother = family.guardian(&server, &family.mother).await;
        let of = format!("/v1/lessons/{lesson}/exemptions/{child}");
        let put = |etag: &str, reason: &str| server.put(&of, etag, &json!({ "reason": reason })).token(&registrar).send();
        let expected = async || -> Vec<Value> {
            let sheet = home.sheet(&server, &lesson).await;
            sheet.body["participants"].as_array().unwrap().iter().map(|of| of["personId"].clone()).collect()
        };
        let today = async || -> Vec<Value> {
            let today = server.get("/v1/today").token(&mother).send().await.expect(200);
            today.body["persons"][0]["lessons"].as_array().unwrap().iter().map(|of| of["lesson"]["id"].clone()).collect()
        };
        let listed = async || -> usize {
            let path = format!("/v1/lessons?participantId={child}&from=2026-08-17&to=2026-08-17");
            let list = server.get(&path).token(&registrar).send().await.expect(200);
            list.body["data"].as_array().unwrap().len()
        };
        assert!(expected().await.contains(&json!(child)));
        assert_eq!((today().await, listed().await), (vec![json!(lesson), json!(other)], 2));
        server.get(&of).token(&registrar).send().await.expect(404);

        let (saved, statements) = server.statements(put("\"0\"", REASON)).await;
        assert!(statements <= 9, "{statements}");
        let saved = saved.expect(200);
        assert_eq!((saved.etag().as_str(), &saved.body["reason"]), ("\"1\"", &json!(REASON)));
        assert_eq!((&saved.body["personId"], &saved.body["lessonId"]), (&json!(child), &json!(lesson)));
        assert_eq!(server.get(&of).token(&registrar).send().await.expect(200).text, saved.text);
        let list = server.get(&format!("/v1/lessons/{lesson}/exemptions")).token(&registrar).send().await.expect(200);
        assert_eq!(list.body["exemptions"], json!([saved.body]));
        assert!(!expected().await.contains(&json!(child)));
        assert_eq!((today().await, listed().await), (vec![json!(other)], 1));
        // Of this lesson they cannot be reported absent, and nothing is registered of them.
        let report = json!({ "personIds": [child], "extent": "lessons", "lessonIds": [lesson] });
        let refused = server.post("/v1/absence-reports", &report).token(&mother).send().await.expect(422);
        assert!(!refused.refused().is_empty(), "{}", refused.text);
        let marks = json!({ "marks": [{ "personId": child, "kind": "present" }] });
        let refused = home.save(&server, &lesson, &marks).await.expect(422);
        assert_eq!(refused.refused(), ["/marks/0/personId"]);

        // Again the same; another reason; a stale mark; what is no reason.
        assert_eq!(put("\"0\"", REASON).await.expect(200).etag(), "\"1\"");
        put("\"0\"", "Läkarbesök").await.expect(412);
        assert_eq!(put("\"1\"", "Läkarbesök").await.expect(200).etag(), "\"2\"");
        assert_eq!(put("\"2\"", "").await.expect(422).refused(), ["/reason"]);
        // The family does not read why, nor does it exempt.
        server.get(&of).token(&mother).send().await.expect(403);
        server.put(&of, "\"2\"", &json!({ "reason": REASON })).token(&mother).send().await.expect(403);

        // A closed register says who was there: nobody is expected in it anew.
        let rest = json!({ "marks": [{ "personId": family.neighbours_child.id, "kind": "present" }] });
        home.save(&server, &lesson, &rest).await.expect(200);
        server.clock.set("2026-08-17T12:30:00Z".parse().unwrap());
        let registrar = family.staff(&server, Role::Registrar).await;
        let close = format!("/v1/lessons/{lesson}/attendance/closure");
        server.post(&close, &json!({})).header("if-match", "*").token(&registrar).send().await.expect(200);
        server.delete(&of, "\"2\"").token(&registrar).send().await.expect(409);
        home.reopen(&server, &lesson).await;
        server.delete(&of, "\"1\"").token(&registrar).send().await.expect(412);
        server.delete(&of, "\"2\"").token(&registrar).send().await.expect(204);
        server.delete(&of, "\"2\"").token(&registrar).send().await.expect(404);
        assert_eq!(home.of_child(&server, &lesson).await["isExpected"], json!(true));

        // What is registered is not taken back by an exemption.
        home.register(&server, &lesson, "absent", false).await;
        let put = server.put(&of, "\"0\"", &json!({ "reason": REASON })).token(&registrar).send();
        let refused = put.await.expect(409);
        assert!(refused.text.contains("registered"), "{}", refused.text);
        let mark = format!("/v1/lessons/{lesson}/attendance/{child}");
        server.delete(&mark, "*").token(&registrar).send().await.expect(204);
        let again = server.put(&of, "\"0\"", &json!({ "reason": REASON })).token(&registrar).send().await.expect(200);
        assert_eq!(again.etag(), "\"4\"", "the same row, after it was withdrawn");
        // Somebody who is not in the lesson.
        let stranger = format!("/v1/lessons/{lesson}/exemptions/{}", family.mother.id);
        server.put(&stranger, "\"0\"", &json!({ "reason": REASON })).token(&registrar).send().await.expect(404);
        server.stop().await;
    }
}

on_both! {
    async fn an_exemption_counts_in_no_figure_and_no_clash(server: TestServer) {
        let mathematics = Mathematics::enter(&server, 2).await;
        let [one, two] = [mathematics.pupils[0], mathematics.pupils[1]];
        let first = mathematics.lesson(&server, "2026-08-17T08:10:00+02:00", "2026-08-17T09:00:00+02:00").await;
        let second = mathematics.lesson(&server, "2026-08-17T08:30:00+02:00", "2026-08-17T09:20:00+02:00").await;
        let teacher = &mathematics.teachers_token;
        let clashes = async || -> usize {
            let path = "/v1/lesson-clashes?kind=participant&from=2026-08-17&to=2026-08-17";
            let found = mathematics.autumn.get(&server, path).await.expect(200);
            found.body["data"].as_array().unwrap().len()
        };
        assert_eq!(clashes().await, 2, "both pupils are in both");
        for (pupil, lesson) in [(one, &first), (two, &second)] {
            let path = format!("/v1/lessons/{}/exemptions/{pupil}", id(lesson));
            server.put(&path, "\"0\"", &json!({ "reason": "Delad klass" })).token(teacher).send().await.expect(200);
        }
        assert_eq!(clashes().await, 0);
        server.clock.set("2026-08-17T07:19:00Z".parse().unwrap());
        let pupil = mathematics.autumn.token_of(&server, Role::Participant, one).await;
        let figure = server.get("/v1/attendance-statistics?from=2026-08-17&to=2026-08-17").token(&pupil).send().await.expect(200);
        assert_eq!(figure.body["data"][0]["figure"]["planned"], json!(1.0), "{}", figure.text);
        server.stop().await;
    }
}

on_both! {
    async fn a_protected_pupil_is_exempted_by_those_who_meet_them_alone(server: TestServer) {
        let mathematics = Mathematics::enter(&server, 2).await;
        let autumn = &mathematics.autumn;
        let hidden = mathematics.pupils[1];
        autumn.protect(&server, hidden).await;
        let lesson = mathematics.lesson(&server, "2026-08-17T08:10:00+02:00", "2026-08-17T09:00:00+02:00").await;
        let list = format!("/v1/lessons/{}/exemptions", id(&lesson));
        let path = format!("{list}/{hidden}");
        let put = |etag: &str, token: &str| server.put(&path, etag, &json!({ "reason": REASON })).token(token).send();
        put("\"0\"", &autumn.registrar).await.expect(404);
        let met = put("\"0\"", &mathematics.teachers_token).await.expect(200);
        assert!(!met.text.contains("Hemlig"), "{}", met.text);
        assert_eq!(mathematics.get(&server, &list).await.expect(200).body["exemptions"], json!([met.body]));
        // Those who do not meet the pupil learn nothing of it, and cannot change it.
        assert_eq!(autumn.get(&server, &list).await.expect(200).body["exemptions"], json!([]));
        autumn.get(&server, &path).await.expect(404);
        put("\"1\"", &autumn.registrar).await.expect(404);
        server.delete(&path, "\"1\"").token(&autumn.registrar).send().await.expect(404);
        let (_, other) = mathematics.colleague(&server, "Örjan", "Åberg").await;
        server.get(&list).token(&other).send().await.expect(404);
        server.stop().await;
    }
}
