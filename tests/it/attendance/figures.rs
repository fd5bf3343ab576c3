use serde_json::{Value, json};
use skolhus_domain::{
    access::{Level, Role},
    id::PersonId,
    person::ProtectionReport,
};
use skolhus_tests::{family::morning, on_both, server::TestServer};

use crate::{group::register::id, schedule::staff::Mathematics};

/// A term of two lessons a week, with the first three saved: of the first pupil one present, one ten minutes late, and
/// one absent.
struct Term {
    mathematics: Mathematics,
    lessons: Vec<String>,
}

impl Term {
    async fn enter(server: &TestServer, pupils: usize) -> Self {
        let mut mathematics = Mathematics::enter(server, pupils).await;
        let pattern = json!({
            "offeringId": mathematics.offering.to_string(), "period": { "from": "2026-08-17", "to": "2026-12-18" },
            "slots": [
                { "number": 0, "weekday": "monday", "startsAt": "08:10", "endsAt": "09:00" },
                { "number": 1, "weekday": "wednesday", "startsAt": "13:00", "endsAt": "14:20" },
            ]
        });
        let made = mathematics.post(server, "/v1/lesson-series", &pattern).await.expect(201);
        let lessons = mathematics
            .lessons(server, &mathematics.teachers_token, &format!("seriesId={}", id(&made.body)))
            .await
            .iter()
            .map(id)
            .collect();
        let term = Self {
            lessons,
            mathematics: {
                // The fourth lesson is over.
                server.clock.set(morning("2026-08-27"));
                mathematics.teachers_token =
                    mathematics.autumn.token_of(server, Role::Teacher, mathematics.teacher).await;
                mathematics.autumn.registrar = mathematics.autumn.school.token(server, Role::Registrar).await;
                mathematics
            },
        };
        for (number, first) in [
            json!({ "kind": "present" }),
            json!({ "kind": "present", "lateMinutes": 8 }),
            json!({ "kind": "absent" }),
        ]
        .iter()
        .enumerate()
        {
            term.save(server, number, first).await;
        }
        term
    }

    async fn save(&self, server: &TestServer, number: usize, first: &Value) {
        let marks: Vec<Value> = self
            .mathematics
            .pupils
            .iter()
            .enumerate()
            .map(|(place, pupil)| {
                let mut mark = if place == 0 { first.clone() } else { json!({ "kind": "present" }) };
                mark["personId"] = json!(pupil.to_string());
                mark
            })
            .collect();
        let path = format!("/v1/lessons/{}/attendance", self.lessons[number]);
        server
            .put(&path, "\"0\"", &json!({ "marks": marks }))
            .token(&self.mathematics.teachers_token)
            .send()
            .await
            .expect(200);
    }

    fn pupil(&self) -> PersonId {
        self.mathematics.pupils[0]
    }

    /// A guardian of the first pupil, confirmed by a second registrar.
    async fn guardian(&self, server: &TestServer) -> String {
        let autumn = &self.mathematics.autumn;
        let pupil = format!("/v1/persons/{}", self.pupil());
        let etag = autumn.get(server, &pupil).await.expect(200).etag();
        autumn.patch(server, &pupil, &etag, &json!({ "birthDate": "2013-03-03" })).await.expect(200);
        let guardian = autumn.persons(server, &[("Måns", "Öhman")], ProtectionReport::Unmarked).await[0];
        let relation = json!({
            "personId": self.pupil().to_string(), "relativeId": guardian.to_string(), "kind": "guardian",
            "source": "population-register", "period": { "from": "2013-03-03" }, "reason": "Enligt folkbokföringen",
        });
        let made = autumn.post(server, "/v1/relations", &relation).await.expect(201);
        if made.body["state"] == "waiting" {
            let second = autumn.school.token(server, Role::Registrar).await;
            let path = format!("/v1/relations/{}/confirmation", id(&made.body));
            server
                .post(&path, &json!({ "version": made.body["version"] }))
                .token(&second)
                .send()
                .await
                .expect(200);
        }
        autumn.school.token_of(server, Role::Guardian, None, Some(guardian), Level::High).await
    }
}

async fn figure(server: &TestServer, token: &str, query: &str) -> Value {
    let answer =
        server.get(&format!("/v1/attendance-statistics?{query}")).token(token).send().await.expect(200);
    assert_eq!(answer.body["data"].as_array().unwrap().len(), 1, "{}", answer.text);
    answer.body["data"][0]["figure"].clone()
}

on_both! {
    async fn teacher_pupil_and_guardian_read_the_same_numbers(server: TestServer) {
        let term = Term::enter(&server, 3).await;
        let pupil = term.mathematics.autumn.token_of(&server, Role::Participant, term.pupil()).await;
        let guardian = term.guardian(&server).await;
        let teacher = &term.mathematics.teachers_token;
        let of_pupil = format!("personId={}", term.pupil());
        for unit in ["lessons", "hours"] {
            let query = format!("unit={unit}&{of_pupil}");
            let (answer, statements) = server.statements(server.get(&format!("/v1/attendance-statistics?{query}&by=participant")).token(teacher).send()).await;
            assert!(statements <= 4, "{statements}");
            let seen = answer.expect(200).body["data"][0]["figure"].clone();
            assert_eq!(figure(&server, &pupil, &format!("unit={unit}")).await, seen);
            assert_eq!(figure(&server, &guardian, &query).await, seen);
            assert_eq!(figure(&server, &term.mathematics.autumn.registrar, &query).await, seen);
            assert_eq!(figure(&server, &guardian, &format!("unit={unit}&by=offering")).await, seen);
            let of = |name: &str| seen[name].as_f64().unwrap();
            // 50, 80, 50 and 80 minutes; the last is not reported.
            let (planned, reported, present, absent) = match unit {
                "lessons" => (4.0, 3.0, 2.0, 1.0),
                _ => (4.33, 3.0, 2.03, 0.97),
            };
            assert_eq!((of("planned"), of("reported"), of("present"), of("absent")), (planned, reported, present, absent));
            assert_eq!((of("base"), &seen["unit"]), (of("reported"), &json!(unit)));
        }
        let seen = figure(&server, &pupil, "").await;
        assert_eq!((&seen["presentPerMille"], &seen["unreportedPerMille"]), (&json!(667), &json!(250)));

        // Not of others, and only of what has begun.
        let other = format!("personId={}", term.mathematics.pupils[1]);
        for token in [&pupil, &guardian] {
            assert_eq!(figure(&server, token, &other).await, Value::Null);
        }
        let weeks = server.get("/v1/attendance-statistics?by=week").token(&pupil).send().await.expect(200);
        let weeks: Vec<&Value> = weeks.body["data"].as_array().unwrap().iter().map(|row| &row["figure"]["planned"]).collect();
        assert_eq!(weeks, [&json!(2.0), &json!(2.0)]);

        // The list and the chart keep to the same.
        let list = server.get("/v1/attendances").token(&guardian).send().await.expect(200);
        assert_eq!(list.body["data"].as_array().unwrap().len(), 3);
        assert_eq!((&list.body["data"][0]["registeredById"], &list.body["data"][2]["mark"]["kind"]), (&Value::Null, &json!("absent-unauthorised")));
        let (list, statements) = server.statements(term.mathematics.get(&server, "/v1/attendances?sort=-modifiedAt")).await;
        let list = list.expect(200);
        assert!(statements <= 3, "{statements}");
        assert_eq!(list.body["data"].as_array().unwrap().len(), 9);
        assert_ne!(list.body["data"][0]["registeredById"], Value::Null);
        let path = format!("/v1/attendance-charts/weekly.svg?{of_pupil}");
        let chart = server.get(&path).token(&guardian).send().await.expect(200);
        assert_eq!(chart.headers["content-type"], "image/svg+xml");
        assert!(chart.text.contains("vecka 34") && chart.text.contains("ogiltig frånvaro 100,0 %"), "{}", chart.text);
        assert_eq!(server.get(&path).token(teacher).send().await.expect(200).text, chart.text);
        server.get("/v1/attendance-charts/weekly.svg").token(teacher).send().await.expect(400);
        server.stop().await;
    }
}

on_both! {
    async fn history_stays_right_and_a_cancelled_lesson_counts_in_nothing(server: TestServer) {
        let term = Term::enter(&server, 2).await;
        let mathematics = &term.mathematics;
        let autumn = &mathematics.autumn;
        let before = figure(&server, &autumn.registrar, &format!("personId={}", term.pupil())).await;
        // The pupil leaves the class from the day after the third lesson: the fourth is no longer theirs.
        let memberships = autumn.get(&server, &format!("/v1/group-memberships?personId={}", term.pupil())).await.expect(200);
        let membership = memberships.body["data"][0].clone();
        let path = format!("/v1/group-memberships/{}", id(&membership));
        let left = json!({ "period": { "from": membership["period"]["from"], "to": "2026-08-25" } });
        autumn.patch(&server, &path, "\"1\"", &left).await.expect(200);
        let after = figure(&server, &autumn.registrar, &format!("personId={}", term.pupil())).await;
        assert_eq!((&before["planned"], &after["planned"]), (&json!(4.0), &json!(3.0)));
        assert_eq!((&before["reported"], &after["reported"]), (&json!(3.0), &json!(3.0)));
        // And from before the third: its mark is a mark of somebody no longer expected, and still counts.
        let left = json!({ "period": { "from": membership["period"]["from"], "to": "2026-08-20" } });
        autumn.patch(&server, &path, "\"2\"", &left).await.expect(200);
        let after = figure(&server, &autumn.registrar, &format!("personId={}", term.pupil())).await;
        assert_eq!((&after["planned"], &after["unauthorised"]), (&json!(3.0), &json!(1.0)));

        let lesson = format!("/v1/lessons/{}/cancellation", term.lessons[2]);
        server.post(&lesson, &json!({ "reason": "Läraren är sjuk" })).header("if-match", "*").token(&mathematics.teachers_token).send().await.expect(200);
        let after = figure(&server, &autumn.registrar, &format!("personId={}", term.pupil())).await;
        assert_eq!((&after["planned"], &after["unauthorised"], &after["cancelled"]), (&json!(2.0), &json!(0.0), &json!(1.0)));

        // An offering without lessons has none: that is not 0 per cent.
        let distance = autumn.offering(&server, "Svenska på distans", None, None).await;
        let rows = autumn.get(&server, "/v1/attendance-statistics?by=offering").await.expect(200);
        let row = rows.body["data"].as_array().unwrap().iter().find(|row| row["id"] == json!(distance.to_string())).unwrap().clone();
        assert_eq!((&row["figure"], &row["hasNoLessons"]), (&Value::Null, &json!(true)));
        server.stop().await;
    }
}

on_both! {
    async fn days_of_a_study_break_are_nobodys_absence(server: TestServer) {
        let term = Term::enter(&server, 1).await;
        let autumn = &term.mathematics.autumn;
        let participation = autumn.participations(&server, term.mathematics.offering).await[0].clone();
        let path = format!("/v1/participations/{}/study-break", id(&participation));
        let body = json!({ "from": "2026-08-26", "to": "2026-09-30" });
        server.post(&path, &body).header("if-match", "*").token(&autumn.registrar).send().await.expect(200);
        let figure = figure(&server, &autumn.registrar, &format!("personId={}", term.pupil())).await;
        assert_eq!((&figure["planned"], &figure["unreported"]), (&json!(3.0), &json!(0.0)));
        let fourth = format!("/v1/lessons/{}/attendance", term.lessons[3]);
        let sheet = term.mathematics.get(&server, &fourth).await.expect(200);
        assert_eq!(sheet.body["participants"], json!([]));
        server.stop().await;
    }
}

on_both! {
    async fn protected_pupils_are_counted_and_not_named(server: TestServer) {
        let term = Term::enter(&server, 3).await;
        let mathematics = &term.mathematics;
        let autumn = &mathematics.autumn;
        autumn.protect(&server, term.pupil()).await;
        let offering = format!("offeringId={}", mathematics.offering);
        let named = async |token: &str| {
            server.get(&format!("/v1/attendance-statistics?by=participant&{offering}")).token(token).send().await.expect(200)
        };
        let whole = figure(&server, &autumn.registrar, &offering).await;
        assert_eq!((&whole["planned"], &whole["unauthorised"]), (&json!(12.0), &json!(1.0)));
        let rows = named(&autumn.registrar).await;
        assert_eq!(rows.body["data"].as_array().unwrap().len(), 2);
        assert!(!rows.text.contains(&term.pupil().to_string()), "{}", rows.text);
        let of_them = format!("personId={}", term.pupil());
        assert_eq!(figure(&server, &autumn.registrar, &of_them).await, Value::Null);
        let list = autumn.get(&server, &format!("/v1/attendances?{of_them}")).await.expect(200);
        assert_eq!(list.body["data"], json!([]));

        // Their own teacher meets them under the name that the plan shows.
        let rows = named(&mathematics.teachers_token).await;
        assert_eq!(rows.body["data"].as_array().unwrap().len(), 3);
        assert!(!rows.text.contains("Hemlig"), "{}", rows.text);
        server.stop().await;
    }
}

on_both! {
    async fn who_is_absent_much_is_seen(server: TestServer) {
        let term = Term::enter(&server, 3).await;
        term.save(&server, 3, &json!({ "kind": "absent" })).await;
        let offering = format!("offeringId={}", term.mathematics.offering);
        let watch = async |query: &str| {
            let path = format!("/v1/attendance-watch-list?{offering}&{query}");
            term.mathematics.get(&server, &path).await
        };
        let list = watch("overPercent=10").await.expect(200);
        let of: Vec<&Value> = list.body["data"].as_array().unwrap().iter().map(|row| &row["personId"]).collect();
        assert_eq!(of, [&json!(term.pupil().to_string())]);
        assert_eq!(list.body["data"][0]["figure"]["absentPerMille"], json!(500));
        assert_eq!(watch("overPercent=50").await.expect(200).body["data"], json!([]));
        assert_eq!(watch("days=0&overPercent=100").await.expect(400).refused(), ["/query/overPercent", "/query/days"]);
        assert_eq!(watch("reason=sjuk").await.status, 400, "why somebody was absent is no condition");

        // CSN: four hours on at least two days of a month, of those who can have studiehjälp.
        let autumn = &term.mathematics.autumn;
        let pupil = format!("/v1/persons/{}", term.pupil());
        autumn.patch(&server, &pupil, "\"1\"", &json!({ "birthDate": "2008-03-03" })).await.expect(200);
        let candidates = "/v1/csn-absence-candidates?month=2026-08";
        assert_eq!(autumn.get(&server, candidates).await.expect(200).body["data"], json!([]));
        for hours in ["2026-08-25", "2026-08-27"] {
            let lesson = term.mathematics.lesson(&server, &format!("{hours}T08:00:00+02:00"), &format!("{hours}T10:00:00+02:00")).await;
            let path = format!("/v1/lessons/{}/attendance/{}", id(&lesson), term.pupil());
            server.put(&path, "\"0\"", &json!({ "kind": "absent" })).token(&term.mathematics.teachers_token).send().await.expect(200);
        }
        let (found, statements) = server.statements(autumn.get(&server, candidates)).await;
        assert!(statements <= 4, "{statements}");
        let found = found.expect(200);
        // Eight minutes late, and four lessons.
        assert_eq!(found.body["data"][0]["minutes"], json!(8 + 50 + 80 + 120 + 120));
        assert_eq!(found.body["data"][0]["occasions"], json!(5));
        assert_eq!(autumn.get(&server, "/v1/csn-absence-candidates?month=2026-13").await.expect(400).refused(), ["/query/month"]);
        server.stop().await;
    }
}

on_both! {
    async fn the_organiser_decides_how_everybody_counts(server: TestServer) {
        let term = Term::enter(&server, 2).await;
        let autumn = &term.mathematics.autumn;
        let principal = autumn.school.token(&server, Role::Principal).await;
        let own = autumn.token_of(&server, Role::Participant, term.pupil()).await;
        let settings = |counting: Value| {
            let mut all = json!({ "reportDaysAhead": 14, "reportDaysLong": 14, "mentorLeaveDays": 10 });
            all.as_object_mut().unwrap().extend(counting.as_object().unwrap().clone());
            all
        };
        let save = |body: Value| server.put("/v1/attendance-settings", "*", &body).token(&principal).send();
        let of_pupil = format!("personId={}", term.pupil());
        let figure_of = async |token: &str| figure(&server, token, &of_pupil).await;
        let before = figure_of(&own).await;
        assert_eq!((&before["unit"], &before["base"]), (&json!("lessons"), &before["reported"]));

        let counting = json!({ "countedIn": "hours", "denominator": "planned", "lateCounts": "as-absent-from", "absentFromMinutes": 5 });
        let saved = save(settings(counting)).await.expect(200);
        assert_eq!((&saved.body["countedIn"], &saved.body["absentFromMinutes"]), (&json!("hours"), &json!(5)));
        let hours = figure_of(&own).await;
        assert_eq!(figure_of(&term.mathematics.teachers_token).await, hours);
        assert_eq!((&hours["unit"], &hours["base"]), (&json!("hours"), &hours["planned"]));
        // Eight minutes late is a lesson missed now; in hours it is eight minutes, as ever.
        let in_lessons = figure(&server, &own, &format!("{of_pupil}&unit=lessons")).await;
        assert_ne!(in_lessons["unauthorised"], before["unauthorised"]);
        assert_eq!(in_lessons["reported"], before["reported"]);

        let refused = [
            (json!({ "countedIn": "veckor", "denominator": "planned", "lateCounts": "as-present" }), "/countedIn"),
            (json!({ "countedIn": "hours", "denominator": "alla", "lateCounts": "as-present" }), "/denominator"),
            (json!({ "countedIn": "hours", "denominator": "planned", "lateCounts": "as-absent-from" }), "/absentFromMinutes"),
            (json!({ "countedIn": "hours", "denominator": "planned", "lateCounts": "by-share", "absentFromMinutes": 9 }), "/absentFromMinutes"),
        ];
        for (counting, pointer) in refused {
            assert_eq!(save(settings(counting)).await.expect(422).refused(), [pointer]);
        }
        assert_eq!(figure_of(&own).await, hours);
        server.stop().await;
    }
}
