//! Calendar feeds: what is in a calendar, when it changes, and for whom there is none.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use skolhus_domain::{
    access::{Level, Role},
    id::{Id, PersonId},
};
use skolhus_tests::{
    family::{Family, Member, id_of, morning},
    on_both,
    server::{Answer, TestServer},
};

use super::{
    ics::{Event, events, name},
    staff::Mathematics,
};
use crate::group::register::{day, id};

/// A feed that was made.
struct Feed {
    /// Where it is as a resource.
    path: String,
    /// Where its calendar is.
    address: String,
}

impl Feed {
    async fn of_person(server: &TestServer, token: &str, person: impl ToString) -> Self {
        Self::make(server, token, &json!({ "personId": person.to_string(), "name": "Elsas lektioner" })).await
    }

    async fn of_group(server: &TestServer, token: &str, group: &str) -> Self {
        Self::make(server, token, &json!({ "groupId": group, "name": "7B, schema; våren" })).await
    }

    async fn make(server: &TestServer, token: &str, body: &Value) -> Self {
        let made = server.post("/v1/calendar-feeds", body).token(token).send().await.expect(201);
        assert_eq!(made.headers["cache-control"], "no-store");
        let address = made.body["address"].as_str().unwrap().to_owned();
        Self { path: format!("/v1/calendar-feeds/{}", id_of(&made)), address }
    }

    async fn read(&self, server: &TestServer) -> Answer {
        server.get(&self.address).send().await
    }

    /// What is in the calendar.
    async fn events(&self, server: &TestServer) -> Vec<Event> {
        let answer = self.read(server).await.expect(200);
        assert_eq!(answer.headers["content-type"], "text/calendar; charset=utf-8");
        assert_eq!(answer.headers["cache-control"], "private, max-age=300");
        events(&answer.text)
    }

    /// The answer is that of an address at which there never was anything.
    async fn leads_nowhere(&self, server: &TestServer) {
        let (unknown, own) =
            (server.get("/v1/calendars/finns-inte.ics").send().await, self.read(server).await);
        let without_id = |answer: Answer| {
            let mut body = answer.expect(404).body;
            body.as_object_mut().unwrap().remove("requestId");
            body
        };
        assert_eq!(without_id(own), without_id(unknown));
    }
}

/// What somebody sees in the list of lessons with one of the filters, as a calendar would show it.
async fn listed(
    server: &TestServer,
    mathematics: &Mathematics,
    token: &str,
    filters: &[String],
) -> Vec<(String, DateTime<Utc>, String)> {
    let mut found = BTreeMap::new();
    for filter in filters {
        for lesson in
            mathematics.lessons(server, token, &format!("from=2026-07-18&to=2027-08-17&{filter}")).await
        {
            let begins: DateTime<Utc> = lesson["startsAt"].as_str().unwrap().parse().unwrap();
            let status = if lesson["state"] == "cancelled" { "CANCELLED" } else { "CONFIRMED" };
            found.insert((begins, id(&lesson)), status.to_owned());
        }
    }
    found.into_iter().map(|((begins, id), status)| (id, begins, status)).collect()
}

fn shown(events: &[Event]) -> Vec<(String, DateTime<Utc>, String)> {
    events.iter().map(|event| (event.uid.clone(), event.begins, event.status.clone())).collect()
}

on_both! {
    async fn a_calendar_shows_what_the_interface_lists(server: TestServer) {
        let mathematics = Mathematics::enter(&server, 2).await;
        let autumn = &mathematics.autumn;
        let own = mathematics.lesson(&server, "2026-08-18T08:10:00+02:00", "2026-08-18T09:00:00+02:00").await;
        let away = mathematics.lesson(&server, "2026-08-19T08:10:00+02:00", "2026-08-19T09:00:00+02:00").await;
        let off = mathematics.lesson(&server, "2026-08-20T08:10:00+02:00", "2026-08-20T09:00:00+02:00").await;
        let reason = json!({ "reason": "Åsa är sjuk" });
        server.post(&format!("/v1/lessons/{}/cancellation", id(&off)), &reason).header("if-match", "*")
            .token(&mathematics.teachers_token).send().await.expect(200);
        // In another offering the teacher stands in once, and one of the pupils takes part for a week.
        let other = autumn.offering(&server, "Svenska 7C", None, None).await;
        let (duty, substitute) = mathematics.colleague(&server, "Örjan", "Åberg").await;
        for (from, to) in [("2026-08-21T10:00:00+02:00", "2026-08-21T11:00:00+02:00"), ("2026-09-04T10:00:00+02:00", "2026-09-04T11:00:00+02:00")] {
            let lesson = json!({ "offeringId": other.to_string(), "startsAt": from, "endsAt": to });
            autumn.post(&server, "/v1/lessons", &lesson).await.expect(201);
        }
        let there = mathematics.lessons(&server, &autumn.registrar, &format!("offeringId={other}")).await;
        let stands_in = json!({ "staff": [{ "dutyId": mathematics.duty, "part": "substitute" }] });
        autumn.patch(&server, &format!("/v1/lessons/{}", id(&there[1])), "*", &stands_in).await.expect(200);
        let swapped = json!({ "staff": [{ "dutyId": mathematics.duty, "part": "away" }, { "dutyId": duty, "part": "substitute" }] });
        autumn.patch(&server, &format!("/v1/lessons/{}", id(&away)), "*", &swapped).await.expect(200);
        let weeks = autumn.group(&server, "teaching", "Sv 7C").await;
        autumn.drive(&server, other, &json!([{ "groupId": weeks }])).await.expect(200);
        autumn.join(&server, &weeks, mathematics.pupils[0], day(0), Some(day(7))).await;

        let pupil = autumn.token_of(&server, Role::Participant, mathematics.pupils[0]).await;
        let expected = |person: PersonId| vec![format!("participantId={person}"), format!("teacherId={person}")];
        let of_group = vec![format!("groupId={}", mathematics.group)];
        let [first, second] = [mathematics.pupils[0], mathematics.pupils[1]];
        for (who, token, subject, filters, count) in [
            ("a pupil", &pupil, json!({ "personId": first.to_string() }), expected(first), 4),
            ("a teacher", &mathematics.teachers_token, json!({ "personId": mathematics.teacher.to_string() }), expected(mathematics.teacher), 3),
            ("a teacher of a pupil", &mathematics.teachers_token, json!({ "personId": second.to_string() }), expected(second), 3),
            ("a registrar of a pupil", &autumn.registrar, json!({ "personId": first.to_string() }), expected(first), 4),
            ("a registrar of the teacher", &autumn.registrar, json!({ "personId": mathematics.teacher.to_string() }), expected(mathematics.teacher), 3),
            ("a registrar of the class", &autumn.registrar, json!({ "groupId": mathematics.group }), of_group.clone(), 3),
            ("a pupil of the class", &pupil, json!({ "groupId": mathematics.group }), of_group.clone(), 3),
            ("a teacher of the class", &mathematics.teachers_token, json!({ "groupId": mathematics.group }), of_group.clone(), 3),
        ] {
            let mut body = subject;
            body["name"] = json!("Mitt schema");
            let feed = Feed::make(&server, token, &body).await;
            let (events, statements) = server.statements(feed.events(&server)).await;
            assert_eq!(shown(&events), listed(&server, &mathematics, token, &filters).await, "{who}");
            assert_eq!(events.len(), count, "{who}");
            assert!(statements <= 4, "{who}: {statements}");
            // The same address without an ending.
            server.get(feed.address.strip_suffix(".ics").unwrap()).send().await.expect(200);
        }
        // Whoever stands in has that lesson.
        let me = server.get("/v1/me").token(&substitute).send().await.expect(200);
        let feed = Feed::of_person(&server, &substitute, me.body["personId"].as_str().unwrap()).await;
        let events = feed.events(&server).await;
        assert_eq!(events.iter().map(|event| event.uid.clone()).collect::<Vec<_>>(), [id(&away)]);
        // Nobody is named, and nothing is said of anybody's illness.
        let text = Feed::of_person(&server, &pupil, first).await.read(&server).await.expect(200).text;
        for silent in ["Åsa", "Ek", "Öhman", "Örjan", "Åberg", "sjuk"] {
            assert!(!text.contains(silent), "{silent}: {text}");
        }
        assert!(text.contains(&id(&own)) && text.contains("STATUS:CANCELLED"));
        server.stop().await;
    }
}

on_both! {
    async fn a_reading_costs_the_same_however_many_lessons_there_are(server: TestServer) {
        let mathematics = Mathematics::enter(&server, 1).await;
        let pupil = mathematics.autumn.token_of(&server, Role::Participant, mathematics.pupils[0]).await;
        let feed = Feed::of_person(&server, &pupil, mathematics.pupils[0]).await;
        let (none, least) = server.statements(feed.events(&server)).await;
        let weekdays = ["monday", "tuesday", "wednesday", "thursday", "friday"];
        let slots: Vec<Value> = weekdays.iter().enumerate().map(|(number, weekday)| json!({ "number": number, "weekday": weekday, "startsAt": "08:10", "endsAt": "09:00" })).collect();
        let series = json!({ "offeringId": mathematics.offering.to_string(), "period": { "from": "2026-08-17", "to": "2026-12-18" }, "slots": slots });
        mathematics.post(&server, "/v1/lesson-series", &series).await.expect(201);
        let (all, most) = server.statements(feed.events(&server)).await;
        assert_eq!((none.len(), all.len(), most), (0, 90, least));
        server.stop().await;
    }
}

on_both! {
    async fn a_lesson_is_the_same_event_however_often_it_changes(server: TestServer) {
        let mathematics = Mathematics::enter(&server, 1).await;
        let room = mathematics.room(&server, "Sal Örnen").await;
        let bus = json!({ "schoolUnitId": mathematics.autumn.school.unit.to_string(), "kind": "resource", "name": "Minibussen" });
        let bus = id(&mathematics.autumn.post(&server, "/v1/rooms", &bus).await.expect(201).body);
        let lesson = mathematics.lesson(&server, "2026-08-18T08:10:00+02:00", "2026-08-18T09:00:00+02:00").await;
        let pupil = mathematics.autumn.token_of(&server, Role::Participant, mathematics.pupils[0]).await;
        let feed = Feed::of_group(&server, &pupil, &mathematics.group).await;
        let first = feed.read(&server).await.expect(200);
        assert_eq!(name(&first.text), "7B, schema; våren");
        assert_eq!(first.headers["last-modified"], "Mon, 17 Aug 2026 06:10:00 GMT");
        let [before]: [Event; 1] = events(&first.text).try_into().unwrap();
        assert_eq!((before.uid.clone(), before.sequence, before.status.as_str()), (id(&lesson), 0, "CONFIRMED"));
        assert_eq!((before.summary.as_str(), &before.location), ("Matematik 7B", &None));

        // Read again later it is the same, and need not be sent.
        server.clock.advance(chrono::Duration::hours(3));
        let again = |tag: String| server.get(&feed.address).header("if-none-match", &tag).send();
        let known = again(first.etag()).await.expect(304);
        assert_eq!((known.etag(), known.text.as_str()), (first.etag(), ""));
        again(format!("\"annat\", W/{}", first.etag())).await.expect(304);
        assert_eq!(again("\"annat\"".to_owned()).await.expect(200).text, first.text);

        let token = mathematics.autumn.token_of(&server, Role::Teacher, mathematics.teacher).await;
        let path = format!("/v1/lessons/{}", id(&lesson));
        let moved = json!({ "startsAt": "2026-08-19T13:00:00+02:00", "roomIds": [room, bus], "title": "Bråk; procent, och \\ annat" });
        server.patch(&path, "*", &moved).token(&token).send().await.expect(200);
        let second = again(first.etag()).await.expect(200);
        assert_eq!(second.headers["last-modified"], "Mon, 17 Aug 2026 09:10:00 GMT");
        let [after]: [Event; 1] = events(&second.text).try_into().unwrap();
        assert_eq!((&after.uid, after.begins), (&before.uid, "2026-08-19T11:00:00Z".parse().unwrap()));
        assert_eq!((after.summary.as_str(), after.location.as_deref()), ("Matematik 7B: Bråk; procent, och \\ annat", Some("Sal Örnen")));
        assert!(after.sequence > before.sequence);

        let mut last = after.sequence;
        let acts = [("cancellation", json!({ "reason": "Läraren är sjuk" }), "CANCELLED"), ("reinstatement", json!({}), "CONFIRMED")];
        for (act, body, status) in acts {
            server.post(&format!("{path}/{act}"), &body).header("if-match", "*").token(&token).send().await.expect(200);
            let text = feed.read(&server).await.expect(200).text;
            let [now]: [Event; 1] = events(&text).try_into().unwrap();
            assert_eq!((&now.uid, now.status.as_str()), (&before.uid, status));
            assert!(now.sequence > last && !text.contains("sjuk"));
            last = now.sequence;
        }
        server.delete(&path, "*").token(&token).send().await.expect(204);
        assert_eq!(feed.events(&server).await, []);
        server.stop().await;
    }
}

on_both! {
    async fn times_are_right_through_both_changes_of_the_clock_and_over_midnight(server: TestServer) {
        let mathematics = Mathematics::enter(&server, 0).await;
        let autumn = &mathematics.autumn;
        let offering = format!("/v1/course-offerings/{}", mathematics.offering);
        let mut terms: Vec<Value> = Vec::new();
        for (kind, name, first, last) in
            [("ht", "HT 2026", "2026-08-17", "2026-12-18"), ("vt", "VT 2027", "2027-01-11", "2027-06-11")]
        {
            let term = json!({ "kind": kind, "name": name, "firstDay": first, "lastDay": last });
            terms.push(autumn.post(&server, "/v1/terms", &term).await.expect(201).body["id"].clone());
        }
        let longer = json!({ "lastDay": "2027-06-11", "termIds": terms });
        autumn.patch(&server, &offering, "*", &longer).await.expect(200);
        let teaches = json!({ "teachers": [{ "dutyId": mathematics.duty, "role": "responsible",
            "period": { "from": "2026-08-17", "to": "2027-06-11" } }] });
        server.put(&format!("{offering}/teachers"), "*", &teaches).token(&autumn.registrar).send().await.expect(200);
        let lessons = [
            ("2026-10-23T08:10:00+02:00", "2026-10-23T09:00:00+02:00", ";TZID=Europe/Stockholm:20261023T081000"),
            ("2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00", ":20261025T003000Z"),
            ("2026-10-26T08:10:00+01:00", "2026-10-26T09:00:00+01:00", ";TZID=Europe/Stockholm:20261026T081000"),
            ("2026-12-12T22:00:00+01:00", "2026-12-13T03:00:00+01:00", ";TZID=Europe/Stockholm:20261212T220000"),
            ("2027-03-26T08:10:00+01:00", "2027-03-26T09:00:00+01:00", ";TZID=Europe/Stockholm:20270326T081000"),
            ("2027-03-28T01:30:00+01:00", "2027-03-28T03:30:00+02:00", ";TZID=Europe/Stockholm:20270328T013000"),
            ("2027-03-29T08:10:00+02:00", "2027-03-29T09:00:00+02:00", ";TZID=Europe/Stockholm:20270329T081000"),
        ];
        let feed = Feed::of_person(&server, &mathematics.teachers_token, mathematics.teacher).await;
        for (from, to, _) in lessons {
            mathematics.lesson(&server, from, to).await;
        }
        let text = feed.read(&server).await.expect(200).text;
        let events = events(&text);
        assert_eq!(events.len(), lessons.len());
        for (event, (from, to, written)) in events.iter().zip(lessons) {
            let instant = |text: &str| DateTime::parse_from_rfc3339(text).unwrap().to_utc();
            assert_eq!((event.begins, event.ends), (instant(from), instant(to)), "{from}");
            assert!(text.contains(&format!("\r\nDTSTART{written}\r\n")), "{written}");
        }
        assert!(text.contains("\r\nDTEND:20261025T013000Z\r\n"));

        // A month back and a year ahead of the day on which it is read.
        server.clock.set(morning("2026-11-25"));
        assert_eq!(feed.events(&server).await.len(), lessons.len() - 2);
        server.stop().await;
    }
}

on_both! {
    async fn a_feed_is_one_accounts_own_and_ends_at_once(server: TestServer) {
        let mathematics = Mathematics::enter(&server, 2).await;
        let autumn = &mathematics.autumn;
        let token = autumn.token_of(&server, Role::Participant, mathematics.pupils[0]).await;
        let person = mathematics.pupils[0].to_string();
        let post = |body: Value| server.post("/v1/calendar-feeds", &body).token(&token).send();
        let refused = [
            (json!({ "name": "Mitt schema" }), "/personId"),
            (json!({ "name": "Mitt schema", "personId": person, "groupId": mathematics.group }), "/groupId"),
            (json!({ "name": "", "personId": person }), "/name"),
            (json!({ "name": "Mitt schema", "personId": mathematics.pupils[1].to_string() }), "/personId"),
            (json!({ "name": "Mitt schema", "groupId": "0199a3f0-7c00-7000-8000-00000000dead" }), "/groupId"),
        ];
        for (body, pointer) in refused {
            assert_eq!(post(body).await.expect(422).refused(), [pointer]);
        }
        // A repeated request makes nothing, and tells the address nobody a second time.
        let body = json!({ "name": "Mitt schema", "personId": person });
        let once = || server.post("/v1/calendar-feeds", &body).header("idempotency-key", "nyckel").token(&token).send();
        let made = once().await.expect(201);
        let again = once().await.expect(201);
        assert_eq!((&again.body["id"], again.body.get("address")), (&made.body["id"], None));
        let path = format!("/v1/calendar-feeds/{}", id_of(&made));
        let feed = Feed { path, address: made.body["address"].as_str().unwrap().to_owned() };
        let found = server.get(&feed.path).token(&token).send().await.expect(200);
        assert_eq!((found.etag().as_str(), found.body.get("address"), &found.body["personId"]), ("\"1\"", None, &json!(person)));
        let list = server.get("/v1/calendar-feeds").token(&token).send().await.expect(200);
        assert_eq!(list.body["data"], json!([found.body]));

        // Nobody else has it in their hands, whatever they reach.
        for other in [&autumn.registrar, &mathematics.teachers_token, &autumn.token_of(&server, Role::Participant, mathematics.pupils[0]).await] {
            server.get(&feed.path).token(other).send().await.expect(404);
            server.delete(&feed.path, "*").token(other).send().await.expect(404);
            let theirs = server.get("/v1/calendar-feeds").token(other).send().await.expect(200);
            assert_eq!(theirs.body["data"], json!([]));
        }

        // The secret is nowhere but in the answer that gave it.
        let secret = feed.address.rsplit('/').next().unwrap().strip_suffix(".ics").unwrap();
        assert!(secret.len() >= 43, "256 bits");
        let mut raw = server.raw();
        let cast = raw.either("::text", "").to_owned();
        for (column, table) in [("details", "change_details"), ("secret", "calendar_feeds"), ("made", "idempotency_keys"), ("body_hash", "idempotency_keys")] {
            let texts = raw.texts(&format!("SELECT {column}{cast} AS value FROM {table}"));
            assert!(!texts.is_empty() && texts.iter().all(|text| !text.contains(secret)), "{table}.{column}");
        }
        let noted = raw.texts("SELECT details AS value FROM change_details").into_iter().find(|text| text.contains("Mitt schema")).unwrap();
        let hash = raw.text("SELECT secret AS value FROM calendar_feeds");
        assert!(noted.contains("concealed") && !noted.contains(&hash), "{noted}");
        drop(raw);
        feed.read(&server).await.expect(200);
        let wrong = server.post(&feed.address, &json!({})).send().await.expect(405);
        let beside = server.get(&format!("{}/mer", feed.address)).send().await.expect(404);
        assert!([wrong, beside].iter().all(|problem| !problem.text.contains(secret)));
        let figures = server.get("/metrics").send().await.expect(200);
        assert!(figures.text.contains("readCalendar") && !figures.text.contains(secret));

        server.delete(&feed.path, "\"2\"").token(&token).send().await.expect(412);
        feed.read(&server).await.expect(200);
        server.delete(&feed.path, "\"1\"").token(&token).send().await.expect(204);
        feed.leads_nowhere(&server).await;
        server.get(&feed.path).token(&token).send().await.expect(404);
        assert!(!feed.read(&server).await.text.contains(secret));
        server.stop().await;
    }
}

on_both! {
    async fn an_account_has_twenty_feeds_also_when_it_asks_for_many_at_once(server: TestServer) {
        let mathematics = Mathematics::enter(&server, 1).await;
        let body = json!({ "name": "Mitt schema", "personId": mathematics.teacher.to_string() });
        let token = &mathematics.teachers_token;
        let many = (0..26).map(|_| server.post("/v1/calendar-feeds", &body).token(token).send());
        let answers = futures_util::future::join_all(many).await;
        let made: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 201).collect();
        assert_eq!(made.len(), 20);
        assert!(answers.iter().all(|answer| [201, 409].contains(&answer.status.as_u16())), "{answers:?}");
        let addresses: BTreeSet<&str> = made.iter().map(|answer| answer.body["address"].as_str().unwrap()).collect();
        assert_eq!(addresses.len(), 20);
        server.delete(&format!("/v1/calendar-feeds/{}", id_of(made[0])), "\"1\"").token(token).send().await.expect(204);
        server.post("/v1/calendar-feeds", &body).token(token).send().await.expect(201);
        server.post("/v1/calendar-feeds", &body).token(token).send().await.expect(409);
        server.stop().await;
    }
}

on_both! {
    async fn a_duty_that_ends_takes_the_calendars_with_it(server: TestServer) {
        let mathematics = Mathematics::enter(&server, 1).await;
        let token = &mathematics.teachers_token;
        let feeds = [
            Feed::of_person(&server, token, mathematics.teacher).await,
            Feed::of_person(&server, token, mathematics.pupils[0]).await,
            Feed::of_group(&server, token, &mathematics.group).await,
        ];
        // They teach as long as they work.
        let teaches = json!({ "teachers": [{ "dutyId": mathematics.duty, "role": "responsible",
            "period": { "from": "2026-08-17", "to": "2026-09-30" } }] });
        let teachers = format!("/v1/course-offerings/{}/teachers", mathematics.offering);
        server.put(&teachers, "*", &teaches).token(&mathematics.autumn.registrar).send().await.expect(200);
        let path = format!("/v1/duties/{}", mathematics.duty);
        let ends = json!({ "period": { "from": "2026-08-01", "to": "2026-09-30" } });
        mathematics.autumn.patch(&server, &path, "*", &ends).await.expect(200);
        for (on, there) in [("2026-09-30", true), ("2026-10-01", false)] {
            server.clock.set(morning(on));
            for feed in &feeds {
                if there {
                    feed.read(&server).await.expect(200);
                } else {
                    feed.leads_nowhere(&server).await;
                }
            }
        }
        let now = mathematics.autumn.token_of(&server, Role::Teacher, mathematics.teacher).await;
        let list = server.get("/v1/calendar-feeds").token(&now).send().await.expect(200);
        assert_eq!(list.body["data"], json!([]));
        server.stop().await;
    }
}

/// A family in which the mother sees the child, with a lesson of the child.
async fn at_home(server: &TestServer) -> (Family, String) {
    let family = Family::enter(server).await;
    family.relate(server, &family.custody(&family.mother, "2011-03-03")).await;
    let registrar = family.staff(server, Role::Registrar).await;
    let lesson = json!({ "offeringId": family.offering, "startsAt": "2026-08-20T08:10:00+02:00", "endsAt": "2026-08-20T09:00:00+02:00" });
    server.post("/v1/lessons", &lesson).token(&registrar).send().await.expect(201);
    let mother = family.guardian(server, &family.mother).await;
    (family, mother)
}

async fn mark(server: &TestServer, family: &Family, person: &Member, how: &str) {
    let officer = family.staff(server, Role::ProtectionOfficer).await;
    let body = json!({ "protection": how, "confirmed": true, "reason": "Beslut från Skatteverket" });
    let path = format!("/v1/persons/{}/protection", person.id);
    server.put(&path, "*", &body).token(&officer).send().await.expect(200);
}

on_both! {
    async fn a_guardians_calendar_is_theirs_for_as_long_as_they_may_see(server: TestServer) {
        let (family, mother) = at_home(&server).await;
        let feed = Feed::of_person(&server, &mother, &family.child.id).await;
        let (events, statements) = server.statements(feed.events(&server)).await;
        assert_eq!((events.len(), events[0].summary.as_str(), statements), (1, "Slöjd, halvgrupp", 4));
        for somebody in [&family.neighbours_child, &family.father] {
            let body = json!({ "name": "Schema", "personId": somebody.id });
            assert_eq!(server.post("/v1/calendar-feeds", &body).token(&mother).send().await.expect(422).refused(), ["/personId"]);
        }
        // Until the child comes of age.
        family.on(&server, "2029-03-02");
        assert_eq!(feed.events(&server).await, []);
        family.on(&server, "2029-03-03");
        feed.leads_nowhere(&server).await;
        server.stop().await;
    }
}

on_both! {
    async fn a_ban_and_a_closed_account_end_a_calendar_at_once(server: TestServer) {
        let (family, mother) = at_home(&server).await;
        family.relate(&server, &family.custody(&family.father, "2011-03-03")).await;
        let father = family.guardian(&server, &family.father).await;
        let feeds = [Feed::of_person(&server, &mother, &family.child.id).await, Feed::of_person(&server, &father, &family.child.id).await];
        assert_eq!(feeds[1].events(&server).await.len(), 1);

        let registrar = family.staff(&server, Role::Registrar).await;
        server.post("/v1/contact-bans", &family.ban(&family.father, "2026-08-17")).token(&registrar).send().await.expect(201);
        feeds[1].leads_nowhere(&server).await;
        // Neither is it told that there was one.
        let list = server.get("/v1/calendar-feeds").token(&father).send().await.expect(200);
        assert_eq!(list.body["data"], json!([]));
        server.get(&feeds[1].path).token(&father).send().await.expect(404);
        assert_eq!(feeds[0].events(&server).await.len(), 1);

        let administrator = family.staff(&server, Role::Administrator).await;
        let me = server.get("/v1/me").token(&mother).send().await.expect(200);
        let account = format!("/v1/accounts/{}", me.body["accountId"].as_str().unwrap());
        let disable = |disabled: bool| server.patch(&account, "*", &json!({ "disabled": disabled })).token(&administrator).send();
        disable(true).await.expect(200);
        feeds[0].leads_nowhere(&server).await;
        disable(false).await.expect(200);
        assert_eq!(feeds[0].events(&server).await.len(), 1);
        // Nor is there anything for whoever has no role any longer.
        let roles = server.get(&format!("/v1/role-assignments?accountId={}", me.body["accountId"].as_str().unwrap())).token(&administrator).send().await.expect(200);
        server.delete(&format!("/v1/role-assignments/{}", id(&roles.body["data"][0])), "*").token(&administrator).send().await.expect(204);
        feeds[0].leads_nowhere(&server).await;
        server.stop().await;
    }
}

on_both! {
    async fn nobody_who_is_protected_is_in_a_calendar_or_has_one(server: TestServer) {
        let (family, mother) = at_home(&server).await;
        let registrar = family.staff(&server, Role::Registrar).await;
        let group = json!({ "schoolUnitId": family.school.unit.to_string(), "kind": "class", "name": "7B", "period": { "from": "2026-08-17", "to": "2027-06-11" } });
        let group = id_of(&server.post("/v1/groups", &group).token(&registrar).send().await.expect(201));
        let member = json!({ "personId": family.child.id, "groupId": group, "period": { "from": "2026-08-17" } });
        server.post("/v1/group-memberships", &member).token(&registrar).send().await.expect(201);
        let pupil = family.participant(&server, &family.child).await;
        let feeds = [
            Feed::of_person(&server, &mother, &family.child.id).await,
            Feed::of_group(&server, &mother, &group).await,
            Feed::of_person(&server, &registrar, &family.child.id).await,
            Feed::of_person(&server, &pupil, &family.child.id).await,
            Feed::of_group(&server, &pupil, &group).await,
        ];
        for feed in &feeds {
            feed.read(&server).await.expect(200);
        }

        mark(&server, &family, &family.child, "marked").await;
        for feed in &feeds {
            feed.leads_nowhere(&server).await;
        }
        // Also where a guardian is cleared to know of the child: a calendar is read by whoever has its address.
        let clearing = json!({ "personId": family.child.id, "relativeId": family.mother.id, "reason": "Enligt samtal med polisen" });
        let officer = family.staff(&server, Role::ProtectionOfficer).await;
        let made = server.post("/v1/clearings", &clearing).token(&officer).send().await.expect(201);
        let second = family.staff(&server, Role::ProtectionOfficer).await;
        server.post(&format!("/v1/clearings/{}/confirmation", id_of(&made)), &json!({ "version": 1 })).token(&second).send().await.expect(200);
        server.get(&format!("/v1/persons/{}", family.child.id)).token(&mother).send().await.expect(200);
        for feed in &feeds {
            feed.leads_nowhere(&server).await;
        }
        let lists = server.get("/v1/calendar-feeds").token(&mother).send().await.expect(200);
        assert_eq!(lists.body["data"], json!([]));

        // What is asked for is not there, as nobody is; only the protected themselves are told why.
        let ask = |token: String, subject: Value| {
            let mut body = subject;
            body["name"] = json!("Schema");
            let request = server.post("/v1/calendar-feeds", &body).token(&token);
            async move { request.send().await }
        };
        let nobody = "0199a3f0-7c00-7000-8000-00000000dead";
        for token in [&mother, &registrar] {
            for person in [family.child.id.as_str(), nobody] {
                assert_eq!(ask(token.clone(), json!({ "personId": person })).await.expect(422).refused(), ["/personId"]);
            }
        }
        ask(mother.clone(), json!({ "groupId": group })).await.expect(422);
        ask(pupil.clone(), json!({ "personId": family.child.id })).await.expect(409);

        // A guardian who is protected has none either, of nobody.
        let theirs = json!({ "personId": family.neighbours_child.id, "relativeId": family.neighbour.id, "kind": "guardian",
            "period": { "from": "2011-10-10" }, "reason": "Enligt folkbokföringen" });
        family.relate(&server, &theirs).await;
        let neighbour = family.guardian(&server, &family.neighbour).await;
        let feed = Feed::of_person(&server, &neighbour, &family.neighbours_child.id).await;
        assert_eq!(feed.events(&server).await.len(), 1);
        mark(&server, &family, &family.neighbour, "marked").await;
        feed.leads_nowhere(&server).await;
        ask(neighbour, json!({ "personId": family.neighbours_child.id })).await.expect(409);
        server.stop().await;
    }
}

on_both! {
    async fn what_is_withdrawn_or_elsewhere_has_no_calendar(server: TestServer) {
        let mathematics = Mathematics::enter(&server, 1).await;
        let autumn = &mathematics.autumn;
        let group = autumn.group(&server, "teaching", "Extra").await;
        let feed = Feed::of_group(&server, &autumn.registrar, &group).await;
        assert_eq!(feed.events(&server).await, []);
        autumn.delete(&server, &format!("/v1/groups/{group}"), "*").await.expect(204);
        feed.leads_nowhere(&server).await;
        // A caller of another organiser finds nothing under the same ids.
        let elsewhere = skolhus_tests::register::School::enter(&server).await;
        let stranger = elsewhere.token_of(&server, Role::Registrar, None, None, Level::Basic).await;
        for (field, id) in [("personId", mathematics.pupils[0].uuid().to_string()), ("groupId", mathematics.group.clone())] {
            let body = json!({ field: id, "name": "Schema" });
            assert_eq!(server.post("/v1/calendar-feeds", &body).token(&stranger).send().await.expect(422).refused(), [format!("/{field}")]);
        }
        server.stop().await;
    }
}
