//! The duty to tell those at home the same day: exactly the right people are told, once.

use serde_json::{Value, json};
use skolhus_api::attendance::home::deadline;
use skolhus_domain::access::Role;
use skolhus_tests::{family::Member, on_both, server::TestServer};

use super::home::Home;

const NOBODY: [&str; 0] = [];

async fn born(server: &TestServer, home: &Home, child: &Member, birth_date: &str) {
    let path = format!("/v1/persons/{}", child.id);
    let body = json!({ "birthDate": birth_date });
    server.patch(&path, "*", &body).token(&home.registrar).send().await.expect(200);
}

on_both! {
    async fn both_guardians_are_told_once_a_day(server: TestServer) {
        let home = Home::enter(&server).await;
        let family = &home.family;
        let [first, second] = [home.lesson(&server, 17, "08:00", "08:10").await, home.lesson(&server, 17, "08:05", "08:10").await];
        home.register(&server, &first, "absent", false).await;
        assert_eq!(home.told(&server, &family.mother).await, NOBODY, "the teacher may still be writing");
        home.register(&server, &first, "absent", true).await;
        home.register(&server, &second, "absent", true).await;
        for guardian in [&family.mother, &family.father] {
            let notices = home.notices(&server, guardian).await;
            assert_eq!(notices.len(), 1);
            assert_eq!((&notices[0]["personId"], &notices[0]["day"], &notices[0]["state"]), (&json!(family.child.id), &json!("2026-08-17"), &json!("told")));
        }
        assert_eq!(home.told(&server, &family.neighbour).await, NOBODY);
        assert_eq!(home.cases(&server, Role::Principal).await.body["data"], json!([]));

        // What is sent names the notice and nothing else.
        let sent = home.sent(&server);
        assert_eq!(sent.len(), 2);
        for message in &sent {
            let payload = message.splitn(3, ' ').last().unwrap();
            let payload: Value = serde_json::from_str(payload).unwrap();
            assert_eq!(payload.as_object().unwrap().keys().collect::<Vec<_>>(), ["noticeId"]);
        }

        // Each says for themselves that they have read it, and the first time stands.
        let mine = home.notices(&server, &family.mother).await[0]["id"].as_str().unwrap().to_owned();
        let path = format!("/v1/me/absence-notices/{mine}/receipt");
        let receive = async |member: &Member| server.request(reqwest::Method::POST, &path).token(&family.guardian(&server, member).await).send().await;
        receive(&family.father).await.expect(404);
        receive(&family.neighbour).await.expect(404);
        let read = receive(&family.mother).await.expect(200);
        assert_eq!(read.body["receiptAt"], json!("2026-08-17T06:10:00Z"));
        server.clock.advance(chrono::Duration::minutes(5));
        assert_eq!(receive(&family.mother).await.expect(200).text, read.text);
        assert_eq!(home.notices(&server, &family.father).await[0]["receiptAt"], Value::Null);
        server.stop().await;
    }
}

on_both! {
    async fn a_barred_relative_and_one_without_the_right_are_not_told(server: TestServer) {
        let home = Home::enter(&server).await;
        let family = &home.family;
        server.post("/v1/contact-bans", &family.ban(&family.father, "2026-08-01")).token(&home.registrar).send().await.expect(201);
        let mut custody = family.custody(&family.neighbour, "2020-01-01");
        custody["rights"] = json!(["see", "report-absence"]);
        family.relate(&server, &custody).await;
        let lesson = home.lesson(&server, 17, "08:00", "08:10").await;
        home.register(&server, &lesson, "absent", true).await;
        assert_eq!(home.told(&server, &family.mother).await, ["told"]);
        assert_eq!(home.told(&server, &family.father).await, NOBODY);
        assert_eq!(home.told(&server, &family.neighbour).await, NOBODY);
        assert_eq!(home.counted(&server), (1, 0));
        server.stop().await;
    }
}

on_both! {
    async fn of_a_protected_child_nobody_is_told_and_somebody_sees_to_it(server: TestServer) {
        let home = Home::enter(&server).await;
        let family = &home.family;
        let officer = family.staff(&server, Role::ProtectionOfficer).await;
        let lesson = home.lesson(&server, 17, "08:00", "08:10").await;
        let body = json!({ "protection": "marked", "confirmed": true, "reason": "Beslut från Skatteverket" });
        server.put(&format!("/v1/persons/{}/protection", family.child.id), "*", &body).token(&officer).send().await.expect(200);
        // The teacher of the offering meets the child under another name, and takes attendance.
        let duty = json!({ "personId": family.neighbour.id, "schoolUnitId": family.school.unit.to_string(), "role": "teacher", "period": { "from": "2026-08-01" } });
        let duty = server.post("/v1/duties", &duty).token(&home.registrar).send().await.expect(201).body["id"].clone();
        let teachers = json!({ "teachers": [{ "dutyId": duty, "role": "responsible", "period": { "from": "2026-08-17" } }] });
        server.put(&format!("/v1/course-offerings/{}/teachers", family.offering), "*", &teachers).token(&home.registrar).send().await.expect(200);
        let teacher = family.school.token_of(&server, Role::Teacher, None, Some(family.neighbour.person()), skolhus_domain::access::Level::High).await;
        let marks = json!({ "close": true, "marks": [
            { "personId": family.child.id, "kind": "absent" }, { "personId": family.neighbours_child.id, "kind": "present" },
        ] });
        server.put(&format!("/v1/lessons/{lesson}/attendance"), "*", &marks).token(&teacher).send().await.expect(200);

        assert_eq!(home.counted(&server), (0, 0));
        for guardian in [&family.mother, &family.father] {
            assert_eq!(home.told(&server, guardian).await, NOBODY);
        }
        for role in [Role::Principal, Role::Registrar] {
            assert_eq!(home.cases(&server, role).await.body["data"], json!([]));
        }
        let case = home.cases(&server, Role::ProtectionOfficer).await;
        let theirs = server.get("/v1/absence-cases").token(&teacher).send().await.expect(200);
        for list in [&case, &theirs] {
            assert!(!list.text.contains("Häggmark") && !list.text.contains("Elsa"), "{}", list.text);
            assert_eq!((&list.body["data"][0]["why"], &list.body["data"][0]["state"]), (&json!("protected"), &json!("open")));
        }
        let path = format!("/v1/absence-cases/{}/ending", case.body["data"][0]["id"].as_str().unwrap());
        let how = json!({ "how": "told-by-other-means" });
        // Who only teaches the child does not end it; the registrar does not know of it.
        server.post(&path, &how).token(&teacher).send().await.expect(403);
        server.post(&path, &how).token(&home.registrar).send().await.expect(404);
        server.post(&path, &json!({ "how": "glömt" })).token(&officer).send().await.expect(422);
        let ended = server.post(&path, &how).token(&officer).send().await.expect(200);
        assert_eq!((&ended.body["state"], &ended.body["endedHow"], &ended.body["endedAt"]), (&json!("ended"), &json!("told-by-other-means"), &json!("2026-08-17T06:10:00Z")));
        assert!(ended.body["endedById"].is_string());
        server.post(&path, &how).token(&officer).send().await.expect(409);
        server.stop().await;
    }
}

on_both! {
    async fn a_correction_is_sent_once_to_those_who_were_told(server: TestServer) {
        let home = Home::enter(&server).await;
        let family = &home.family;
        let [first, second] = [home.lesson(&server, 17, "08:00", "08:10").await, home.lesson(&server, 17, "08:05", "08:10").await];
        home.register(&server, &first, "absent", true).await;
        home.register(&server, &second, "absent", true).await;
        // One of two lessons was a mistake: there was absence all the same.
        home.reopen(&server, &first).await;
        home.register(&server, &first, "present", true).await;
        assert_eq!(home.told(&server, &family.mother).await, ["told"]);
        assert_eq!(home.counted(&server), (2, 0));
        // So was the other. The father has been barred meanwhile and is not told that either.
        server.post("/v1/contact-bans", &family.ban(&family.father, "2026-08-17")).token(&home.registrar).send().await.expect(201);
        home.reopen(&server, &second).await;
        home.register(&server, &second, "present", true).await;
        home.reopen(&server, &second).await;
        home.register(&server, &second, "other", true).await;
        assert_eq!(home.told(&server, &family.mother).await, ["corrected"]);
        assert_eq!(home.told(&server, &family.father).await, NOBODY);
        assert_eq!(home.counted(&server), (2, 1));
        // And then it was none: that is for a person to explain.
        home.reopen(&server, &second).await;
        home.register(&server, &second, "absent-unauthorised", true).await;
        assert_eq!(home.counted(&server), (2, 1));
        let cases = home.cases(&server, Role::Registrar).await;
        assert_eq!(cases.body["data"][0]["why"], json!("after-correction"));
        server.stop().await;
    }
}

on_both! {
    async fn from_the_eighteenth_birthday_and_in_a_folk_high_school_nobody_is_told(server: TestServer) {
        // A folk high school's participant: the guardians have all rights, and are told nothing.
        let home = Home::without_duty(&server).await;
        let family = &home.family;
        family.relate(&server, &family.custody(&family.mother, "2011-03-03")).await;
        let lesson = home.lesson(&server, 17, "08:00", "08:10").await;
        home.register(&server, &lesson, "absent", true).await;
        assert_eq!((home.told(&server, &family.mother).await, home.counted(&server)), (vec![], (0, 0)));

        // A pupil of the compulsory school on the day before the 18th birthday, and on it.
        let other = &family.neighbours_child;
        born(&server, &home, other, "2008-08-18").await;
        home.enrol(&server, other).await;
        let mut custody = family.custody(&family.neighbour, "2011-10-10");
        custody["personId"] = json!(other.id);
        family.relate(&server, &custody).await;
        let away = |lesson: String| {
            let marks = json!({ "close": true, "marks": [
                { "personId": family.child.id, "kind": "present" }, { "personId": other.id, "kind": "absent" },
            ] });
            let home = &home;
            let server = &server;
            async move { home.save(server, &lesson, &marks).await.expect(200) }
        };
        away(home.lesson(&server, 17, "08:05", "08:10").await).await;
        assert_eq!(home.told(&server, &family.neighbour).await, ["told"]);
        server.clock.set("2026-08-18T08:00:00Z".parse().unwrap());
        away(home.lesson(&server, 18, "08:00", "09:00").await).await;
        assert_eq!(home.counted(&server), (1, 0));
        // From that day on the parent has no rights over them, and what was told is read no more.
        assert_eq!(home.told(&server, &family.neighbour).await, NOBODY);
        assert_eq!(home.cases(&server, Role::Registrar).await.body["data"], json!([]));
        server.stop().await;
    }
}

on_both! {
    async fn where_the_register_knows_nobody_it_is_a_case_that_lapses(server: TestServer) {
        let home = Home::without_duty(&server).await;
        home.enrol(&server, &home.family.child).await;
        let lesson = home.lesson(&server, 17, "08:00", "08:10").await;
        home.register(&server, &lesson, "absent", true).await;
        let state = async || {
            let cases = home.cases(&server, Role::Principal).await.body["data"].clone();
            assert_eq!(cases.as_array().unwrap().len(), 1);
            (cases[0]["state"].clone(), cases[0]["why"].clone(), cases[0]["mayEnd"].clone())
        };
        assert_eq!(state().await, (json!("open"), json!("nobody-to-tell"), json!(true)));
        home.reopen(&server, &lesson).await;
        home.register(&server, &lesson, "present", true).await;
        assert_eq!(state().await, (json!("lapsed"), json!("nobody-to-tell"), json!(false)));
        home.reopen(&server, &lesson).await;
        home.register(&server, &lesson, "absent", true).await;
        assert_eq!(state().await, (json!("open"), json!("nobody-to-tell"), json!(true)));
        server.stop().await;
    }
}

on_both! {
    async fn what_was_missed_is_found_and_what_nobody_closed_is_listed(server: TestServer) {
        let home = Home::without_duty(&server).await;
        let family = &home.family;
        let lesson = home.lesson(&server, 17, "08:00", "08:10").await;
        let open = home.lesson(&server, 17, "08:05", "08:15").await;
        home.lesson(&server, 17, "09:00", "10:00").await;
        home.register(&server, &lesson, "absent", true).await;
        let list = server.get("/v1/unclosed-attendance-registers").token(&home.registrar).send().await.expect(200);
        let ids: Vec<&Value> = list.body["data"].as_array().unwrap().iter().map(|of| &of["lessonId"]).collect();
        assert_eq!(ids, [&json!(open)], "it has begun and is not closed");
        assert_eq!(deadline::pass(&server.state).await.unwrap(), 0);
        // The enrolment and the custody are entered after the register was closed.
        home.enrol(&server, &family.child).await;
        family.relate(&server, &family.custody(&family.mother, "2011-03-03")).await;
        assert_eq!(deadline::pass(&server.state).await.unwrap(), 1);
        assert_eq!(deadline::pass(&server.state).await.unwrap(), 0);
        assert_eq!((home.told(&server, &family.mother).await, home.counted(&server)), (vec!["told".to_owned()], (1, 0)));
        server.stop().await;
    }
}

on_both! {
    async fn lessons_closed_at_once_tell_once(server: TestServer) {
        let home = Home::enter(&server).await;
        let mut lessons = Vec::new();
        for _ in 0..6 {
            lessons.push(home.lesson(&server, 17, "08:00", "08:10").await);
        }
        futures_util::future::join_all(lessons.iter().map(|lesson| home.register(&server, lesson, "absent", true))).await;
        assert_eq!(home.counted(&server), (2, 0));
        assert_eq!(home.told(&server, &home.family.mother).await, ["told"]);
        server.stop().await;
    }
}
