use futures_util::future::join_all;
use serde_json::{Value, json};
use skolhus_domain::{
    access::{Level, Role},
    id::OfferingId,
    person::ProtectionReport,
};
use skolhus_tests::{
    on_both,
    server::{Answer, TestServer},
};

use super::staff::Mathematics;
use crate::group::register::id;

/// Mathematics with Åsa Ek and Swedish with Örjan Åberg, both for class 7B.
struct Two {
    mathematics: Mathematics,
    swedish: OfferingId,
    duty: String,
    token: String,
}

impl Two {
    async fn enter(server: &TestServer, pupils: usize) -> Self {
        let mathematics = Mathematics::enter(server, pupils).await;
        let swedish = mathematics.autumn.offering(server, "Svenska 7B", None, None).await;
        let groups = json!([{ "groupId": mathematics.group }]);
        mathematics.autumn.drive(server, swedish, &groups).await.expect(200);
        let (duty, token) = mathematics.colleague(server, "Örjan", "Åberg").await;
        let two = Self { mathematics, swedish, duty, token };
        two.taught_by(server, two.swedish, &two.duty).await;
        two
    }

    async fn taught_by(&self, server: &TestServer, offering: OfferingId, duty: &str) {
        let set = json!({ "teachers": [{ "dutyId": duty, "role": "responsible", "period": { "from": "2026-08-17" } }] });
        let path = format!("/v1/course-offerings/{offering}/teachers");
        server.put(&path, "*", &set).token(&self.mathematics.autumn.registrar).send().await.expect(200);
    }

    /// Decides about teachers, rooms and participants.
    async fn decide(&self, server: &TestServer, [teachers, rooms, participants]: [&str; 3]) {
        let administrator = self.mathematics.autumn.school.token(server, Role::Administrator).await;
        let body =
            json!({ "teacherClashes": teachers, "roomClashes": rooms, "participantClashes": participants });
        server.put("/v1/schedule-settings", "*", &body).token(&administrator).send().await.expect(200);
    }

    /// Enters a lesson as the registrar.
    async fn lesson(
        &self,
        server: &TestServer,
        offering: OfferingId,
        (from, to): (&str, &str),
        with: Value,
    ) -> Answer {
        self.mathematics.autumn.post(server, "/v1/lessons", &lesson(offering, (from, to), with)).await
    }

    /// The clashes that somebody sees.
    async fn listed(&self, server: &TestServer, token: &str, query: &str) -> Vec<Value> {
        let path = format!("/v1/lesson-clashes?{query}");
        let list = server.get(&path).token(token).send().await.expect(200);
        list.body["data"].as_array().unwrap().clone()
    }
}

fn lesson(offering: OfferingId, (from, to): (&str, &str), with: Value) -> Value {
    let mut body = json!({ "offeringId": offering.to_string(), "startsAt": from, "endsAt": to });
    body.as_object_mut().unwrap().extend(with.as_object().unwrap().clone());
    body
}

/// Times of 18 August 2026 on the wall clock.
fn at(from: &str, to: &str) -> (String, String) {
    (format!("2026-08-18T{from}:00+02:00"), format!("2026-08-18T{to}:00+02:00"))
}

fn times((from, to): &(String, String)) -> (&str, &str) {
    (from, to)
}

fn kinds(clashes: &Value) -> Vec<&str> {
    let mut kinds: Vec<&str> =
        clashes.as_array().unwrap().iter().map(|clash| clash["kind"].as_str().unwrap()).collect();
    kinds.sort_unstable();
    kinds
}

on_both! {
    async fn what_two_lessons_share_is_told_and_listed(server: TestServer) {
        let two = Two::enter(&server, 2).await;
        let (mathematics, registrar) = (&two.mathematics, &two.mathematics.autumn.registrar);
        let room = mathematics.room(&server, "Sal 114").await;
        let first = two.lesson(&server, mathematics.offering, times(&at("08:10", "09:00")), json!({ "roomIds": [room] })).await.expect(201);
        assert_eq!((&first.body["clashes"], &first.body["clashCount"]), (&json!([]), &json!(0)));
        let second = two.lesson(&server, two.swedish, times(&at("08:30", "09:20")), json!({ "roomIds": [room] })).await.expect(201);
        assert_eq!((kinds(&second.body["clashes"]), &second.body["clashCount"]), (vec!["participant", "participant", "room"], &json!(3)));
        let clash = second.body["clashes"].as_array().unwrap().iter().find(|of| of["kind"] == "room").unwrap();
        assert_eq!((&clash["startsAt"], &clash["endsAt"]), (&json!("2026-08-18T06:30:00Z"), &json!("2026-08-18T07:00:00Z")));
        assert_eq!((&clash["earlier"]["lessonId"], &clash["later"]["offeringTitle"]), (&first.body["id"], &json!("Svenska 7B")));
        assert_eq!((&clash["room"]["name"], &clash["teacher"]), (&json!("Sal 114"), &Value::Null));
        // Only the answer to a change tells.
        let read = mathematics.autumn.get(&server, &format!("/v1/lessons/{}", id(&second.body))).await.expect(200);
        assert!(read.body.get("clashes").is_none() && read.body.get("clashCount").is_none());

        // Åsa Ek also teaches class 7C, at the end of her lesson and when it is over.
        let other = mathematics.autumn.offering(&server, "Matematik 7C", None, None).await;
        two.taught_by(&server, other, &mathematics.duty).await;
        let third = two.lesson(&server, other, times(&at("08:55", "09:30")), json!({})).await.expect(201);
        let teacher = &third.body["clashes"][0]["teacher"];
        assert_eq!((kinds(&third.body["clashes"]), &teacher["name"], &teacher["dutyId"]), (vec!["teacher"], &json!("Åsa Ek"), &json!(mathematics.duty)));
        let after = two.lesson(&server, mathematics.offering, times(&at("09:30", "10:20")), json!({ "roomIds": [room] })).await.expect(201);
        assert_eq!(after.body["clashes"], json!([]), "one may end when the next begins");

        let day = "from=2026-08-18&to=2026-08-18";
        let all = two.listed(&server, registrar, day).await;
        assert_eq!(all.len(), 4);
        let count = async |filter: &str| two.listed(&server, registrar, &format!("{day}&{filter}")).await.len();
        assert_eq!(count("kind=room,teacher").await, 2);
        assert_eq!(count(&format!("roomId={room}")).await, 1);
        assert_eq!(count(&format!("teacherId={}", mathematics.teacher)).await, 1);
        assert_eq!(count(&format!("participantId={}", mathematics.pupils[1])).await, 1);
        assert_eq!(count(&format!("offeringId={other}")).await, 1);
        assert_eq!(count(&format!("schoolUnitId={}", mathematics.autumn.school.unit)).await, 4);
        assert_eq!(count(&format!("schoolUnitId={}", mathematics.group)).await, 0);
        assert_eq!(two.listed(&server, registrar, "from=2026-08-19&to=2026-08-31").await.len(), 0);
        // Page by page, in both directions.
        for sort in ["startsAt", "-startsAt"] {
            let mut expected = all.clone();
            if sort.starts_with('-') { expected.reverse() }
            let (mut seen, mut path) = (Vec::new(), format!("/v1/lesson-clashes?{day}&sort={sort}&limit=3"));
            loop {
                let page = mathematics.autumn.get(&server, &path).await.expect(200);
                seen.extend(page.body["data"].as_array().unwrap().clone());
                let Some(next) = page.body["pageToken"].as_str() else { break };
                path = format!("/v1/lesson-clashes?limit=3&pageToken={next}");
            }
            assert_eq!(seen, expected, "{sort}");
        }
        for wrong in ["from=2026-08-18&to=2026-09-18", "from=2026-08-18&to=2026-08-17", "kind=krock"] {
            mathematics.autumn.get(&server, &format!("/v1/lesson-clashes?{wrong}")).await.expect(400);
        }
        server.stop().await;
    }
}

on_both! {
    async fn the_organiser_decides_what_is_done(server: TestServer) {
        let two = Two::enter(&server, 3).await;
        let (mathematics, autumn) = (&two.mathematics, &two.mathematics.autumn);
        let principal = autumn.school.token(&server, Role::Principal).await;
        let settings = "/v1/schedule-settings";
        let before = mathematics.get(&server, settings).await.expect(200);
        assert_eq!((before.etag().as_str(), &before.body["roomClashes"]), ("\"0\"", &json!("warned")));
        let body = json!({ "teacherClashes": "refused", "roomClashes": "refused", "participantClashes": "refused" });
        server.put(settings, "\"0\"", &body).token(&mathematics.teachers_token).send().await.expect(403);
        server.put(settings, "\"1\"", &body).token(&principal).send().await.expect(412);
        for saved in join_all((0..6).map(|_| server.put(settings, "\"0\"", &body).token(&principal).send())).await {
            assert_eq!(saved.expect(200).etag(), "\"1\"", "the same again changes nothing");
        }
        let wrong = json!({ "teacherClashes": "refused", "roomClashes": "förbjudet", "participantClashes": "" });
        let refused = server.put(settings, "\"1\"", &wrong).token(&principal).send().await.expect(422);
        assert_eq!(refused.refused(), ["/roomClashes", "/participantClashes"]);

        let (room, tablets) = (mathematics.room(&server, "Sal 114").await, mathematics.room(&server, "Surfplattorna").await);
        let first = two.lesson(&server, mathematics.offering, times(&at("08:10", "09:00")), json!({ "roomIds": [tablets] })).await.expect(201);
        assert_eq!(first.body["clashes"], json!([]));
        // A room, a substitute who has the lesson already, and the class: each in its place, and nothing of it is saved.
        let with = json!({ "roomIds": [room, tablets], "staff": [{ "dutyId": two.duty, "part": "away" }, { "dutyId": mathematics.duty, "part": "substitute" }] });
        let answer = two.lesson(&server, two.swedish, times(&at("08:30", "09:20")), with).await.expect(409);
        assert_eq!(answer.body["code"], "lesson-clash");
        let mut places = answer.refused();
        places.sort_unstable();
        assert_eq!(places, ["/roomIds/1", "/staff/1/dutyId", "/startsAt"]);
        let detail = |pointer: &str| {
            let errors = answer.body["errors"].as_array().unwrap();
            errors.iter().find(|error| error["pointer"] == pointer).unwrap()["detail"].as_str().unwrap().to_owned()
        };
        let other = "Matematik 7B, from 2026-08-18 08:10 to 2026-08-18 09:00";
        assert_eq!(detail("/roomIds/1"), format!("Surfplattorna is taken: {other}"));
        assert_eq!(detail("/startsAt"), format!("3 participants are expected elsewhere: {other}"));
        assert_eq!(mathematics.lessons(&server, &autumn.registrar, "").await.len(), 1);

        // What nobody wants to know of is not told.
        two.decide(&server, ["ignored", "ignored", "ignored"]).await;
        let taken = two.lesson(&server, two.swedish, times(&at("08:30", "09:20")), json!({ "roomIds": [tablets] })).await.expect(201);
        assert_eq!((&taken.body["clashes"], &taken.body["clashCount"]), (&json!([]), &json!(0)));
        two.decide(&server, ["warned", "refused", "ignored"]).await;
        // What clashes already may stay, with another title and at another time, as long as nothing new comes to it.
        let path = format!("/v1/lessons/{}", id(&taken.body));
        let patch = async |etag: &str, body: Value| autumn.patch(&server, &path, etag, &body).await;
        let titled = patch("\"1\"", json!({ "title": "Dikter" })).await.expect(200);
        assert_eq!(titled.body["clashes"], json!([]));
        patch("\"2\"", json!({ "startsAt": "2026-08-18T08:40:00+02:00" })).await.expect(200);
        let later = two.lesson(&server, mathematics.offering, times(&at("10:00", "10:50")), json!({ "roomIds": [room, tablets] })).await.expect(201);
        assert_eq!(later.body["clashes"], json!([]));
        let moved = patch("\"3\"", json!({ "startsAt": "2026-08-18T10:00:00+02:00" })).await.expect(409);
        assert_eq!(moved.refused(), ["/roomIds/0"]);
        patch("\"3\"", json!({ "startsAt": "2026-08-18T10:00:00+02:00", "roomIds": [] })).await.expect(200);
        let again = patch("\"4\"", json!({ "roomIds": [room] })).await.expect(409);
        assert_eq!(again.refused(), ["/roomIds/0"]);
        let kept = autumn.get(&server, &path).await.expect(200);
        assert_eq!((kept.etag().as_str(), &kept.body["rooms"]), ("\"4\"", &json!([])));
        server.stop().await;
    }
}

on_both! {
    async fn rooms_that_lessons_share_do_not_clash(server: TestServer) {
        let two = Two::enter(&server, 0).await;
        two.decide(&server, ["warned", "refused", "warned"]).await;
        let autumn = &two.mathematics.autumn;
        let hall = json!({ "schoolUnitId": autumn.school.unit.to_string(), "kind": "room", "name": "Idrottshallen", "isShared": true });
        let hall = autumn.post(&server, "/v1/rooms", &hall).await.expect(201);
        assert_eq!(hall.body["isShared"], true);
        let with = json!({ "roomIds": [id(&hall.body)] });
        for offering in [two.mathematics.offering, two.swedish] {
            let made = two.lesson(&server, offering, times(&at("08:10", "09:00")), with.clone()).await.expect(201);
            assert_eq!(made.body["clashes"], json!([]));
        }
        let path = format!("/v1/rooms/{}", id(&hall.body));
        assert_eq!(autumn.patch(&server, &path, "\"1\"", &json!({ "isShared": null })).await.expect(422).refused(), ["/isShared"]);
        autumn.patch(&server, &path, "\"1\"", &json!({ "isShared": false })).await.expect(200);
        let listed = two.listed(&server, &autumn.registrar, "from=2026-08-18").await;
        assert_eq!((listed.len(), &listed[0]["room"]["name"]), (1, &json!("Idrottshallen")));
        server.stop().await;
    }
}

on_both! {
    async fn lessons_clash_by_instants(server: TestServer) {
        let two = Two::enter(&server, 0).await;
        let (mathematics, autumn) = (&two.mathematics, &two.mathematics.autumn);
        let room = mathematics.room(&server, "Aulan").await;
        let enter = async |offering, from, to| {
            let answer = two.lesson(&server, offering, (from, to), json!({ "roomIds": [room] })).await.expect(201);
            (id(&answer.body), answer.body["clashCount"].as_u64().unwrap())
        };
        let (maths, swedish) = (mathematics.offering, two.swedish);
        // Over midnight, and on the day after.
        assert_eq!(enter(maths, "2026-12-12T22:00:00+01:00", "2026-12-13T02:00:00+01:00").await.1, 0);
        assert_eq!(enter(swedish, "2026-12-13T02:00:00+01:00", "2026-12-13T03:00:00+01:00").await.1, 0);
        assert_eq!(enter(swedish, "2026-12-13T01:00:00+01:00", "2026-12-13T02:00:00+01:00").await.1, 1);
        assert_eq!(two.listed(&server, &autumn.registrar, "from=2026-12-13&to=2026-12-13").await.len(), 1);
        assert_eq!(two.listed(&server, &autumn.registrar, "from=2026-12-12&to=2026-12-12").await.len(), 1);
        // The night in which half past two comes twice.
        assert_eq!(enter(maths, "2026-10-25T02:30:00+02:00", "2026-10-25T03:00:00+02:00").await.1, 0);
        assert_eq!(enter(swedish, "2026-10-25T02:30:00+01:00", "2026-10-25T03:00:00+01:00").await.1, 0);
        assert_eq!(enter(swedish, "2026-10-25T02:55:00+02:00", "2026-10-25T02:15:00+01:00").await.1, 1);

        // A cancelled lesson leaves its room to another, and comes back only where it is free.
        let (off, _) = enter(maths, "2026-09-01T08:10:00+02:00", "2026-09-01T09:00:00+02:00").await;
        let act = async |noun: &str, body: Value| {
            let path = format!("/v1/lessons/{off}/{noun}");
            server.post(&path, &body).header("if-match", "*").token(&autumn.registrar).send().await
        };
        let cancelled = act("cancellation", json!({ "reason": "Läraren är sjuk" })).await.expect(200);
        assert_eq!(cancelled.body["clashes"], json!([]));
        let (instead, clashes) = enter(swedish, "2026-09-01T08:30:00+02:00", "2026-09-01T09:20:00+02:00").await;
        assert_eq!(clashes, 0);
        two.decide(&server, ["warned", "refused", "warned"]).await;
        assert_eq!(act("reinstatement", json!({})).await.expect(409).refused(), [""]);
        two.decide(&server, ["warned", "warned", "warned"]).await;
        let back = act("reinstatement", json!({})).await.expect(200);
        assert_eq!(kinds(&back.body["clashes"]), ["room"]);
        // One that is withdrawn is in nobody's way.
        autumn.delete(&server, &format!("/v1/lessons/{instead}"), "\"1\"").await.expect(204);
        assert_eq!(two.listed(&server, &autumn.registrar, "from=2026-09-01").await.len(), 0);
        server.stop().await;
    }
}

on_both! {
    async fn who_takes_a_lesson_and_who_is_expected_is_asked_of_its_day(server: TestServer) {
        let two = Two::enter(&server, 1).await;
        let (mathematics, autumn) = (&two.mathematics, &two.mathematics.autumn);
        // On a study break nobody is expected.
        let participation = autumn.participations(&server, two.swedish).await[0].clone();
        let path = format!("/v1/participations/{}/study-break", id(&participation));
        let away = json!({ "from": "2026-09-01", "to": "2026-09-30" });
        server.post(&path, &away).header("if-match", "*").token(&autumn.registrar).send().await.expect(200);
        for (day, expected) in [("2026-08-31", 1), ("2026-09-01", 0), ("2026-09-30", 0), ("2026-10-01", 1)] {
            let time = (format!("{day}T08:10:00+02:00"), format!("{day}T09:00:00+02:00"));
            two.lesson(&server, mathematics.offering, times(&time), json!({})).await.expect(201);
            let second = two.lesson(&server, two.swedish, times(&time), json!({})).await.expect(201);
            assert_eq!(second.body["clashCount"], expected, "{day}");
            let listed = two.listed(&server, &autumn.registrar, &format!("from={day}&to={day}&kind=participant")).await;
            assert_eq!(listed.len(), usize::try_from(expected).unwrap(), "{day}");
        }

        // Åsa Ek is away from her lesson, and Örjan Åberg takes it while he has one of his own.
        two.decide(&server, ["refused", "warned", "ignored"]).await;
        let time = at("10:00", "11:00");
        let own = two.lesson(&server, mathematics.offering, times(&time), json!({})).await.expect(201);
        two.lesson(&server, two.swedish, times(&time), json!({})).await.expect(201);
        let path = format!("/v1/lessons/{}", id(&own.body));
        let staff = |parts: &[(&str, &str)]| {
            let staff: Vec<Value> = parts.iter().map(|(duty, part)| json!({ "dutyId": duty, "part": part })).collect();
            json!({ "staff": staff })
        };
        let both = staff(&[(&mathematics.duty, "away"), (&two.duty, "substitute")]);
        assert_eq!(autumn.patch(&server, &path, "\"1\"", &both).await.expect(409).refused(), ["/staff/1/dutyId"]);
        let third = autumn.offering(&server, "Slöjd 7B", None, None).await;
        two.taught_by(&server, third, &mathematics.duty).await;
        assert_eq!(two.lesson(&server, third, times(&time), json!({})).await.expect(409).refused(), ["/startsAt"]);
        autumn.patch(&server, &path, "\"1\"", &staff(&[(&mathematics.duty, "away")])).await.expect(200);
        two.lesson(&server, third, times(&time), json!({})).await.expect(201);
        server.stop().await;
    }
}

on_both! {
    // Nobody learns of them: no list, no answer, and no refusal that would tell that somebody is there.
    async fn protected_persons_clash_with_nothing_that_is_told(server: TestServer) {
        let two = Two::enter(&server, 2).await;
        let (mathematics, autumn) = (&two.mathematics, &two.mathematics.autumn);
        autumn.protect(&server, mathematics.pupils[0]).await;
        let time = at("08:10", "09:00");
        two.lesson(&server, mathematics.offering, times(&time), json!({})).await.expect(201);
        let second = two.lesson(&server, two.swedish, times(&time), json!({})).await.expect(201);
        assert_eq!(second.body["clashCount"], 1);
        assert_eq!(second.body["clashes"][0]["participant"]["personId"], mathematics.pupils[1].to_string());
        // A teacher of both meets them in the rosters, and not here.
        two.taught_by(&server, two.swedish, &mathematics.duty).await;
        let day = "from=2026-08-18&to=2026-08-18&kind=participant";
        for token in [&autumn.registrar, &mathematics.teachers_token] {
            let listed = two.listed(&server, token, day).await;
            assert_eq!((listed.len(), &listed[0]["participant"]["personId"]), (1, &json!(mathematics.pupils[1].to_string())));
            let theirs = format!("{day}&participantId={}", mathematics.pupils[0]);
            assert_eq!(two.listed(&server, token, &theirs).await.len(), 0);
        }
        let roles = [(Role::ProtectionOfficer, None), (Role::Registrar, None)];
        let officer = autumn.school.token_with(&server, &roles, None, Level::High).await;
        assert_eq!(two.listed(&server, &officer, day).await.len(), 1);
        let officer = autumn.school.token(&server, Role::ProtectionOfficer).await;
        server.get(&format!("/v1/lesson-clashes?{day}")).token(&officer).send().await.expect(403);

        // The other pupil leaves the class; only the protected one is in both.
        let members = autumn.get(&server, &format!("/v1/group-memberships?personId={}", mathematics.pupils[1])).await.expect(200);
        let membership = format!("/v1/group-memberships/{}", id(&members.body["data"][0]));
        autumn.delete(&server, &membership, "\"1\"").await.expect(204);
        two.decide(&server, ["ignored", "refused", "refused"]).await;
        let third = two.lesson(&server, two.swedish, times(&at("08:30", "09:20")), json!({})).await.expect(201);
        assert_eq!(third.body["clashes"], json!([]));

        // A protected teacher stands in the lessons, by the duty and the name that the plan shows.
        autumn.protect(&server, mathematics.teacher).await;
        two.decide(&server, ["refused", "ignored", "ignored"]).await;
        let listed = two.listed(&server, &autumn.registrar, "from=2026-08-18&kind=teacher").await;
        assert!(!listed.is_empty());
        for clash in &listed {
            assert_eq!((&clash["teacher"]["dutyId"], &clash["teacher"]["personId"]), (&json!(mathematics.duty), &Value::Null));
            assert!(!clash.to_string().contains("Östen") && !clash.to_string().contains("Hemlig") && !clash.to_string().contains("Åsa"));
        }
        let theirs = format!("from=2026-08-18&teacherId={}", mathematics.teacher);
        assert_eq!(two.listed(&server, &autumn.registrar, &theirs).await.len(), 0);
        server.stop().await;
    }
}

on_both! {
    // Of a lesson out of reach nothing is told but that a room is taken, and when.
    async fn a_room_is_taken_by_a_lesson_out_of_reach(server: TestServer) {
        let two = Two::enter(&server, 1).await;
        let (mathematics, autumn) = (&two.mathematics, &two.mathematics.autumn);
        let room = mathematics.room(&server, "Sal Örnen").await;
        let time = at("08:10", "09:00");
        two.lesson(&server, mathematics.offering, times(&time), json!({ "roomIds": [room] })).await.expect(201);
        // Örjan Åberg teaches Swedish alone: he reaches no lesson of mathematics, though the class is the same.
        let body = lesson(two.swedish, times(&time), json!({ "roomIds": [room] }));
        let made = server.post("/v1/lessons", &body).token(&two.token).send().await.expect(201);
        assert_eq!(kinds(&made.body["clashes"]), ["room"]);
        let clash = &made.body["clashes"][0];
        let (mine, other) = if clash["earlier"]["lessonId"] == made.body["id"] { ("earlier", "later") } else { ("later", "earlier") };
        assert_eq!(clash[mine]["offeringTitle"], "Svenska 7B");
        let nothing = json!({ "lessonId": null, "offeringId": null, "offeringTitle": null, "startsAt": "2026-08-18T06:10:00Z", "endsAt": "2026-08-18T07:00:00Z" });
        assert_eq!(clash[other], nothing);
        let listed = two.listed(&server, &two.token, "from=2026-08-18").await;
        assert_eq!((listed.len(), &listed[0][other]), (1, &nothing));
        // Who plans both sees the class in both.
        assert_eq!(two.listed(&server, &autumn.registrar, "from=2026-08-18").await.len(), 2);

        two.decide(&server, ["refused", "refused", "refused"]).await;
        let body = lesson(two.swedish, times(&at("08:30", "08:50")), json!({ "roomIds": [room] }));
        let refused = server.post("/v1/lessons", &body).token(&two.token).send().await.expect(409);
        let of_mathematics: Vec<&Value> = refused.body["errors"].as_array().unwrap().iter()
            .filter(|error| error["detail"].as_str().unwrap().contains("08:10 to")).collect();
        assert!(!refused.text.contains("Matematik"), "{}", refused.text);
        assert!(of_mathematics.iter().any(|error| error["detail"] == "Sal Örnen is taken: from 2026-08-18 08:10 to 2026-08-18 09:00"), "{}", refused.text);
        // Without the room he would be alone in what he reaches, but for his own lesson.
        let elsewhere = lesson(two.swedish, times(&at("09:00", "09:20")), json!({}));
        let free = server.post("/v1/lessons", &elsewhere).token(&two.token).send().await.expect(201);
        assert_eq!(free.body["clashes"], json!([]));
        server.stop().await;
    }
}

on_both! {
    async fn a_series_tells_all_its_clashes_or_is_refused_for_them(server: TestServer) {
        let two = Two::enter(&server, 1).await;
        let (mathematics, autumn) = (&two.mathematics, &two.mathematics.autumn);
        let room = mathematics.room(&server, "Sal 114").await;
        let series = |offering: OfferingId, slots: Value| {
            json!({ "offeringId": offering.to_string(), "period": { "from": "2026-08-17", "to": "2026-12-18" }, "slots": slots })
        };
        let tuesdays = json!([{ "number": 3, "weekday": "tuesday", "startsAt": "08:10", "endsAt": "09:00", "roomIds": [room] }]);
        let made = autumn.post(&server, "/v1/lesson-series", &series(mathematics.offering, tuesdays)).await.expect(201);
        assert_eq!((&made.body["clashes"], &made.body["clashCount"]), (&json!([]), &json!(0)));
        let both = json!([
            { "number": 0, "weekday": "monday", "startsAt": "08:10", "endsAt": "09:00", "roomIds": [room] },
            { "number": 7, "weekday": "tuesday", "startsAt": "08:40", "endsAt": "09:30", "roomIds": [room] },
        ]);
        let (told, statements) = server.statements(autumn.post(&server, "/v1/lesson-series", &series(two.swedish, both.clone()))).await;
        let told = told.expect(201);
        // Eighteen Tuesdays, the room and the pupil in each.
        assert_eq!((told.body["clashes"].as_array().unwrap().len(), &told.body["clashCount"]), (20, &json!(36)));
        assert!(statements <= 18, "{statements}");
        let read = autumn.get(&server, &format!("/v1/lesson-series/{}", id(&told.body))).await.expect(200);
        assert!(read.body.get("clashes").is_none());

        two.decide(&server, ["refused", "refused", "refused"]).await;
        let path = format!("/v1/lesson-series/{}", id(&told.body));
        // Its own lessons clash as before: another title changes nothing of that, nor does a move of the Monday.
        let titled = autumn.patch(&server, &path, "\"1\"", &json!({ "title": "Sagor" })).await.expect(200);
        assert_eq!((&titled.body["clashes"], &titled.body["clashCount"]), (&json!([]), &json!(0)));
        let mut moved = both.clone();
        moved[0]["startsAt"] = json!("08:20");
        autumn.patch(&server, &path, "\"2\"", &json!({ "slots": moved })).await.expect(200);
        moved[0]["weekday"] = json!("tuesday");
        let refused = autumn.patch(&server, &path, "\"3\"", &json!({ "slots": moved })).await.expect(409);
        let places: std::collections::BTreeSet<String> = refused.refused().into_iter().collect();
        let expected = ["/slots/0/roomIds/0", "/slots/0/startsAt", "/slots/1/roomIds/0", "/slots/1/startsAt"];
        assert!(places.iter().all(|place| expected.contains(&place.as_str())) && places.contains("/slots/0/roomIds/0"), "{places:?}");
        assert_eq!(refused.refused().len(), 20);
        assert!(refused.body["detail"].as_str().unwrap().contains("more are not named"), "{}", refused.text);
        assert_eq!(autumn.get(&server, &path).await.expect(200).etag(), "\"3\"");
        let new = autumn.post(&server, "/v1/lesson-series", &series(two.swedish, both)).await.expect(409);
        assert_eq!(new.refused().len(), 20);
        server.stop().await;
    }
}

on_both! {
    // Two planners take one room, one teacher and one class at the same moment.
    async fn of_two_who_take_a_room_at_once_one_wins(server: TestServer) {
        let two = Two::enter(&server, 1).await;
        let (mathematics, autumn) = (&two.mathematics, &two.mathematics.autumn);
        let room = mathematics.room(&server, "Sal 114").await;
        let (by_room, by_class) = (json!({ "roomIds": [room] }), json!({}));
        for (day, rules, with) in [
            ("2026-08-18", ["warned", "refused", "warned"], &by_room),
            ("2026-08-19", ["warned", "warned", "refused"], &by_class),
        ] {
            two.decide(&server, rules).await;
            let time = (format!("{day}T08:10:00+02:00"), format!("{day}T09:00:00+02:00"));
            let enter = |number: usize| {
                let offering = if number.is_multiple_of(2) { mathematics.offering } else { two.swedish };
                let body = lesson(offering, times(&time), with.clone());
                let request = server.post("/v1/lessons", &body).token(&autumn.registrar);
                async move { request.send().await }
            };
            let answers = join_all((0..8).map(enter)).await;
            let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status.as_u16()).collect();
            statuses.sort_unstable();
            assert_eq!(statuses, [201, 409, 409, 409, 409, 409, 409, 409], "{day}");
            let there = mathematics.lessons(&server, &autumn.registrar, &format!("from={day}&to={day}")).await;
            assert_eq!(there.len(), 1, "{day}");
        }
        server.stop().await;
    }
}

on_both! {
    async fn looking_costs_the_same_however_many_there_are(server: TestServer) {
        let two = Two::enter(&server, 6).await;
        let (mathematics, autumn) = (&two.mathematics, &two.mathematics.autumn);
        let room = mathematics.room(&server, "Sal 114").await;
        let with = json!({ "roomIds": [room] });
        let mut costs = Vec::new();
        for number in 0..6 {
            let offering = if number % 2 == 0 { mathematics.offering } else { two.swedish };
            let (made, cost) = server.statements(two.lesson(&server, offering, times(&at("08:10", "09:00")), with.clone())).await;
            made.expect(201);
            costs.push(cost);
            let (list, cost) = server.statements(autumn.get(&server, "/v1/lesson-clashes?from=2026-08-18&limit=500")).await;
            list.expect(200);
            assert!(cost <= 3, "{cost}");
        }
        // Alone it need not be asked who is expected.
        assert!(costs[1..].iter().all(|cost| *cost == costs[1]) && costs[0] < costs[1], "{costs:?}");
        assert!(costs[1] <= 13, "{costs:?}");
        // Where it is refused the organiser's schedule is held beside.
        two.decide(&server, ["refused", "refused", "refused"]).await;
        let (refused, _) = server.statements(two.lesson(&server, two.swedish, times(&at("08:10", "09:00")), with.clone())).await;
        refused.expect(409);
        let (made, cost) = server.statements(two.lesson(&server, two.swedish, times(&at("10:10", "11:00")), with)).await;
        made.expect(201);
        assert!(cost <= 14, "{cost}");
        server.stop().await;
    }
}

on_both! {
    async fn a_person_with_two_duties_is_one_teacher(server: TestServer) {
        let two = Two::enter(&server, 0).await;
        let (mathematics, autumn) = (&two.mathematics, &two.mathematics.autumn);
        let person = autumn.persons(&server, &[("Märta", "Öhrn")], ProtectionReport::Unmarked).await[0];
        let (one, other) = (autumn.duty(&server, person).await, {
            let body = json!({ "personId": person.to_string(), "schoolUnitId": autumn.school.unit.to_string(), "role": "other", "period": { "from": "2026-08-01" } });
            id(&autumn.post(&server, "/v1/duties", &body).await.expect(201).body)
        });
        let time = at("08:10", "09:00");
        let also = |duty: &str| json!({ "staff": [{ "dutyId": duty, "part": "additional" }] });
        two.lesson(&server, mathematics.offering, times(&time), also(&one)).await.expect(201);
        let second = two.lesson(&server, two.swedish, times(&time), also(&other)).await.expect(201);
        assert_eq!((kinds(&second.body["clashes"]), &second.body["clashes"][0]["teacher"]["name"]), (vec!["teacher"], &json!("Märta Öhrn")));
        server.stop().await;
    }
}
