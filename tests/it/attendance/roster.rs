//! A teacher of an imported class: a term of lessons, a class saved, and one figure for everybody.

use serde_json::{Value, json};
use skolhus_domain::{
    access::{Level, Role},
    id::{Id, PersonId},
};
use skolhus_tests::{on_both, register::School, server::TestServer};
use uuid::Uuid;

use crate::{
    group::register::id,
    integration::oneroster::{contoso, import},
};

const OF_CLASS: usize = 20;

/// The imported school on the first of February, in a term that goes over the change of the clock in March.
struct Roster {
    school: School,
    registrar: String,
    offering: Value,
    pupils: Vec<String>,
    teacher: String,
}

fn person(id: &str) -> PersonId {
    PersonId::from_uuid(Uuid::parse_str(id).unwrap())
}

impl Roster {
    async fn import(server: &TestServer) -> Self {
        server.clock.set("2022-02-01T07:00:00Z".parse().unwrap());
        let school = School::enter(server).await;
        let registrar = school.token(server, Role::Registrar).await;
        assert_eq!(import(server, &registrar, "", &contoso()).await["state"], "done");
        let list = async |path: &str| {
            let answer = server.get(path).token(&registrar).send().await.expect(200);
            answer.body["data"].as_array().unwrap().clone()
        };
        let offering = list("/v1/course-offerings?limit=500")
            .await
            .into_iter()
            .find(|offering| offering["placesTaken"].as_u64().is_some_and(|taken| taken >= OF_CLASS as u64))
            .unwrap();
        let pupils = list(&format!("/v1/participations?limit=500&offeringId={}", id(&offering))).await;
        let pupils = pupils.iter().map(|row| row["personId"].as_str().unwrap().to_owned()).collect();
        let teacher = offering["teachers"][0]["personId"].as_str().unwrap();
        let teacher =
            school.token_of(server, Role::Teacher, None, Some(person(teacher)), Level::Substantial).await;
        Self { school, registrar, offering, pupils, teacher }
    }

    /// A guardian of a pupil, whom a second registrar confirms.
    async fn guardian(&self, server: &TestServer, pupil: &str) -> String {
        let new =
            json!({ "name": { "givenName": "Göran", "familyName": "Åkerström" }, "protection": "none" });
        let made = server.post("/v1/persons", &new).token(&self.registrar).send().await.expect(201);
        let relation = json!({
            "personId": pupil, "relativeId": made.body["id"], "kind": "guardian", "source": "population-register",
            "period": { "from": "2020-01-01" }, "reason": "Enligt folkbokföringen",
        });
        let waits = server.post("/v1/relations", &relation).token(&self.registrar).send().await.expect(201);
        let second = self.school.token(server, Role::Registrar).await;
        let path = format!("/v1/relations/{}/confirmation", id(&waits.body));
        server
            .post(&path, &json!({ "version": waits.body["version"] }))
            .token(&second)
            .send()
            .await
            .expect(200);
        let guardian = person(made.body["id"].as_str().unwrap());
        self.school.token_of(server, Role::Guardian, None, Some(guardian), Level::Substantial).await
    }
}

on_both! {
    async fn a_teacher_of_an_imported_class_plans_a_term_and_takes_attendance(server: TestServer) {
        let roster = Roster::import(&server).await;
        let pattern = json!({
            "offeringId": id(&roster.offering),
            "period": { "from": roster.offering["firstDay"], "to": roster.offering["lastDay"] },
            "slots": [
                { "number": 0, "weekday": "monday", "startsAt": "08:10", "endsAt": "09:10" },
                { "number": 1, "weekday": "thursday", "startsAt": "13:00", "endsAt": "14:00" },
            ],
        });
        let series = server.post("/v1/lesson-series", &pattern).token(&roster.teacher).send().await.expect(201);
        let path = format!("/v1/lessons?limit=500&seriesId={}", id(&series.body));
        let lessons = server.get(&path).token(&roster.teacher).send().await.expect(200).body["data"].as_array().unwrap().clone();
        // From 3 January to 3 June, at ten past eight by the wall clock all the time.
        assert_eq!(lessons.len(), 44);
        let mondays = lessons.iter().filter(|lesson| {
            ["T07:10:00Z", "T06:10:00Z"].iter().any(|time| lesson["startsAt"].as_str().unwrap().ends_with(time))
        });
        assert_eq!(mondays.count(), 22);

        // One late, one absent, one elsewhere; saved twelve times at once.
        let marks: Vec<Value> = roster.pupils.iter().enumerate().map(|(place, pupil)| match place {
            0 => json!({ "personId": pupil, "kind": "present", "lateMinutes": 15 }),
            1 => json!({ "personId": pupil, "kind": "absent" }),
            2 => json!({ "personId": pupil, "kind": "other" }),
            _ => json!({ "personId": pupil, "kind": "present" }),
        }).collect();
        let register = |lesson: &Value| format!("/v1/lessons/{}/attendance", id(lesson));
        let body = json!({ "marks": marks, "close": true });
        let first = register(&lessons[0]);
        let saves = (0..12).map(|_| server.put(&first, "\"0\"", &body).token(&roster.teacher).send());
        for answer in futures_util::future::join_all(saves).await {
            assert_eq!(answer.expect(200).etag(), "\"1\"");
        }
        let mut other = body.clone();
        other["marks"][3]["kind"] = json!("absent");
        server.put(&first, "\"0\"", &other).token(&roster.teacher).send().await.expect(412);
        server.put(&register(&lessons[1]), "\"0\"", &other).token(&roster.teacher).send().await.expect(200);

        // Everybody reads one number, in lessons and in hours.
        let guardian = roster.guardian(&server, &roster.pupils[0]).await;
        let own = roster.school.token_of(&server, Role::Participant, None, Some(person(&roster.pupils[0])), Level::Substantial).await;
        for unit in ["lessons", "hours"] {
            let path = format!("/v1/attendance-statistics?unit={unit}&personId={}&offeringId={}", roster.pupils[0], id(&roster.offering));
            let mut seen: Vec<Value> = Vec::new();
            for token in [&roster.teacher, &own, &guardian, &roster.registrar] {
                seen.push(server.get(&path).token(token).send().await.expect(200).body["data"].clone());
            }
            assert!(seen.iter().all(|figure| *figure == seen[0]), "{seen:#?}");
            let of = |word: &str| seen[0][0]["figure"][word].as_f64().unwrap();
            // Nine lessons have begun, of an hour each; two are reported, and a quarter of an hour is missing.
            assert_eq!((of("planned"), of("reported"), of("unreported")), (9.0, 2.0, 7.0));
            let unauthorised = if unit == "hours" { 0.5 } else { 0.0 };
            assert_eq!((of("present"), of("unauthorised"), of("absent")), (2.0 - unauthorised, unauthorised, unauthorised));
        }
        let path = format!("/v1/attendance-statistics?by=participant&offeringId={}", id(&roster.offering));
        let (all, statements) = server.statements(server.get(&path).token(&roster.teacher).send()).await;
        assert!(statements <= 5, "{statements}");
        for row in all.expect(200).body["data"].as_array().unwrap() {
            let of = |word: &str| row["figure"][word].as_f64().unwrap();
            assert_eq!(of("present") + of("authorised") + of("unauthorised") + of("other"), of("reported"));
            assert_eq!(of("reported") + of("unreported"), of("planned"));
        }
        server.stop().await;
    }
}
