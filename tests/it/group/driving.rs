use serde_json::{Value, json};
use skolhus_tests::on_both;

use super::register::{Autumn, day, days, id, membership};

on_both! {
    async fn participations_follow_memberships_and_keep_their_ids(server: TestServer) {
        let autumn = Autumn::enter(&server).await;
        let group = autumn.group(&server, "class", "7B").await;
        let offering = autumn.offering(&server, "Matematik 7", None, None).await;
        let pupil = autumn.pupils(&server, 1).await[0];
        let joined = autumn.join(&server, &group, pupil, day(0), None).await;
        assert!(autumn.participations(&server, offering).await.is_empty());

        let driven = autumn.drive(&server, offering, &json!([{ "groupId": group }])).await.expect(200);
        assert_eq!((&driven.body["groups"][0]["name"], &driven.body["groups"][0]["from"]), (&json!("7B"), &json!("2026-08-17")));
        let made = autumn.participations(&server, offering).await.remove(0);
        assert_eq!((days(&made), &made["origin"], &made["state"]["code"]), (("2026-08-17", "2026-12-18"), &json!("groups"), &json!("active")));
        assert_eq!(made["pacePercent"], 60);

        // A correction in the past, one in the future, and the offering's own days.
        let path = format!("/v1/group-memberships/{}", id(&joined));
        autumn.patch(&server, &path, "\"1\"", &json!({ "period": { "from": day(7), "to": day(60) } })).await.expect(200);
        let moved = autumn.participations(&server, offering).await;
        assert_eq!((moved.len(), days(&moved[0]), &moved[0]["id"]), (1, ("2026-08-24", "2026-10-16"), &made["id"]));
        let course = format!("/v1/course-offerings/{offering}");
        let etag = autumn.get(&server, &course).await.expect(200).etag();
        let term = json!({ "kind": "ht", "firstDay": "2026-08-17", "lastDay": "2026-12-18", "name": "HT 2026" });
        let term = autumn.post(&server, "/v1/terms", &term).await.expect(201);
        autumn.patch(&server, &course, &etag, &json!({ "lastDay": day(40), "termIds": [term.body["id"]] })).await.expect(200);
        let moved = autumn.participations(&server, offering).await;
        assert_eq!((days(&moved[0]), &moved[0]["id"]), (("2026-08-24", "2026-09-26"), &made["id"]));

        // Its dates are the groups'; it goes with them.
        let participation = format!("/v1/participations/{}", id(&made));
        let etag = autumn.get(&server, &participation).await.expect(200).etag();
        let by_hand = json!({ "period": { "from": day(7), "to": day(20) } });
        autumn.patch(&server, &participation, &etag, &by_hand).await.expect(409);
        autumn.delete(&server, &participation, &etag).await.expect(409);
        autumn.drive(&server, offering, &json!([])).await.expect(200);
        assert!(autumn.participations(&server, offering).await.is_empty());
        autumn.get(&server, &participation).await.expect(404);
        server.stop().await;
    }
}

on_both! {
    async fn what_was_interrupted_stays_so_until_a_readmission(server: TestServer) {
        let autumn = Autumn::enter(&server).await;
        let group = autumn.group(&server, "class", "7B").await;
        let offering = autumn.offering(&server, "Matematik 7", None, None).await;
        autumn.drive(&server, offering, &json!([{ "groupId": group }])).await.expect(200);
        let pupil = autumn.pupils(&server, 1).await[0];
        let joined = autumn.join(&server, &group, pupil, day(0), Some(day(60))).await;
        let made = autumn.participations(&server, offering).await.remove(0);
        let path = format!("/v1/participations/{}", id(&made));
        let act = |noun: &str, etag: &str, body: Value| {
            server.post(&format!("{path}/{noun}"), &body).header("if-match", etag).token(&autumn.registrar).send()
        };
        act("interruption", "\"1\"", json!({ "on": day(20), "reason": "Flyttat" })).await.expect(200);
        let longer = json!({ "period": { "from": day(0), "to": day(90) } });
        let membership = format!("/v1/group-memberships/{}", id(&joined));
        autumn.patch(&server, &membership, "\"1\"", &longer).await.expect(200);
        let now = autumn.participations(&server, offering).await;
        assert_eq!((now.len(), &now[0]["held"]["to"], &now[0]["state"]["code"]), (1, &json!("2026-09-06"), &json!("interrupted")));

        let back = json!({ "period": { "from": day(30) }, "pacePercent": 40 });
        let back = server.post(&format!("{path}/readmission"), &back).token(&autumn.registrar).send().await.expect(201);
        assert_eq!((days(&back.body), &back.body["origin"], &back.body["state"]["code"]), (("2026-09-16", "2026-11-15"), &json!("groups"), &json!("active")));
        assert_eq!(back.body["pace"][0]["pacePercent"], 40);
        autumn.patch(&server, &membership, "\"2\"", &json!({ "period": { "from": day(0), "to": day(50) } })).await.expect(200);
        let now = autumn.participations(&server, offering).await;
        assert_eq!((now.len(), days(&now[1]), &now[1]["id"]), (2, ("2026-09-16", "2026-10-06"), &back.body["id"]));

        // A study break that would be lost is in the way, and says so.
        let path = format!("/v1/participations/{}", id(&back.body));
        let etag = autumn.get(&server, &path).await.expect(200).etag();
        let pause = json!({ "from": day(45) });
        server.post(&format!("{path}/study-break"), &pause).header("if-match", &etag).token(&autumn.registrar).send().await.expect(200);
        let refused = autumn.patch(&server, &membership, "\"3\"", &json!({ "period": { "from": day(0), "to": day(40) } })).await.expect(409);
        assert!(refused.text.contains("study break") && refused.text.contains("Matematik 7"), "{}", refused.text);
        server.stop().await;
    }
}

on_both! {
    async fn exceptions_go_before_groups(server: TestServer) {
        let autumn = Autumn::enter(&server).await;
        let group = autumn.group(&server, "class", "7B").await;
        let offering = autumn.offering(&server, "Svenska 7", None, None).await;
        autumn.drive(&server, offering, &json!([{ "groupId": group }])).await.expect(200);
        let pupils = autumn.pupils(&server, 2).await;
        autumn.join(&server, &group, pupils[0], day(0), None).await;
        let left_out = json!({ "personId": pupils[0].to_string(), "offeringId": offering.to_string(), "kind": "excluded",
            "period": { "from": day(10), "to": day(19) }, "reason": "Läser svenska som andraspråk" });
        let mut silent = left_out.clone();
        silent["reason"] = Value::Null;
        assert_eq!(autumn.post(&server, "/v1/participation-exceptions", &silent).await.expect(422).refused(), ["/reason"]);
        let excluded = autumn.post(&server, "/v1/participation-exceptions", &left_out).await.expect(201);
        assert_eq!(excluded.body["reason"], json!(null), "a registrar does not see reasons of absence");
        let now = autumn.participations(&server, offering).await;
        let all: Vec<_> = now.iter().map(days).collect();
        assert_eq!(all, [("2026-08-17", "2026-08-26"), ("2026-09-06", "2026-12-18")]);
        assert_eq!(autumn.post(&server, "/v1/participation-exceptions", &left_out).await.expect(422).refused(), ["/period"]);

        let taken_in = json!({ "personId": pupils[1].to_string(), "offeringId": offering.to_string(), "kind": "included", "period": { "from": day(50) } });
        autumn.post(&server, "/v1/participation-exceptions", &taken_in).await.expect(201);
        assert_eq!(autumn.participations(&server, offering).await.len(), 3);
        let list = autumn.get(&server, &format!("/v1/participation-exceptions?offeringId={offering}&kind=included")).await.expect(200);
        assert_eq!(list.body["data"].as_array().unwrap().len(), 1);

        let path = excluded.headers["location"].to_str().unwrap().to_owned();
        autumn.patch(&server, &path, "\"1\"", &json!({ "period": { "from": day(0), "to": day(19) } })).await.expect(200);
        autumn.delete(&server, &path, "\"1\"").await.expect(412);
        autumn.delete(&server, &path, "\"2\"").await.expect(204);
        let own = autumn.get(&server, &format!("/v1/participations?personId={}", pupils[0])).await.expect(200);
        assert_eq!((own.body["data"].as_array().unwrap().len(), days(&own.body["data"][0])), (1, ("2026-08-17", "2026-12-18")));
        server.stop().await;
    }
}

on_both! {
    async fn direct_participations_are_left_alone_and_places_are_counted(server: TestServer) {
        let autumn = Autumn::enter(&server).await;
        let group = autumn.group(&server, "teaching", "Slöjd A").await;
        let offering = autumn.offering(&server, "Slöjd 7", Some(3), None).await;
        let pupils = autumn.pupils(&server, 5).await;
        let direct = json!({ "personId": pupils[0].to_string(), "offeringId": offering.to_string(), "period": { "from": day(20), "to": day(40) } });
        let direct = autumn.post(&server, "/v1/participations", &direct).await.expect(201);
        autumn.drive(&server, offering, &json!([{ "groupId": group }])).await.expect(200);
        let item = |pupil: usize, to: Option<u64>| {
            let mut item = membership(&group, pupils[pupil], day(0), to.map(day));
            item["action"] = json!("creation");
            item
        };
        let clash = autumn.batch(&server, &json!([item(1, None), item(0, None)])).await.expect(422);
        assert_eq!(clash.refused(), ["/items/1/period"]);
        let full = autumn.batch(&server, &json!([item(1, None), item(2, None), item(3, None)])).await.expect(409);
        assert_eq!((full.refused(), &full.body["errors"][0]["code"]), (vec!["/items/2".to_owned()], &json!("capacity")));
        autumn.batch(&server, &json!([item(1, None), item(0, Some(19))])).await.expect(200);
        let now = autumn.participations(&server, offering).await;
        assert_eq!((now.len(), now.iter().find(|row| row["id"] == direct.body["id"]).unwrap()), (3, &direct.body));
        // The group off again: only what followed it goes.
        autumn.drive(&server, offering, &json!([])).await.expect(200);
        assert_eq!(autumn.participations(&server, offering).await, [direct.body]);
        // And on again: the person who stands in the way is named.
        autumn.join(&server, &group, pupils[0], day(20), None).await;
        let refused = autumn.drive(&server, offering, &json!([{ "groupId": group }])).await.expect(422);
        assert!(refused.refused() == ["/groups"] && refused.text.contains(&pupils[0].to_string()), "{}", refused.text);
        server.stop().await;
    }
}

on_both! {
    // What stands in the way of a protected person is told to nobody.
    async fn a_protected_member_follows_unseen(server: TestServer) {
        let autumn = Autumn::enter(&server).await;
        let group = autumn.group(&server, "class", "7B").await;
        let offering = autumn.offering(&server, "Matematik 7", None, None).await;
        let clashing = autumn.offering(&server, "Slöjd 7", None, None).await;
        let pupil = autumn.pupils(&server, 1).await[0];
        autumn.join(&server, &group, pupil, day(0), None).await;
        let direct = json!({ "personId": pupil.to_string(), "offeringId": clashing.to_string() });
        autumn.post(&server, "/v1/participations", &direct).await.expect(201);
        autumn.protect(&server, pupil).await;
        for id in [offering, clashing] {
            let driven = autumn.drive(&server, id, &json!([{ "groupId": group }])).await.expect(200);
            assert!(!driven.text.contains(&pupil.to_string()));
            assert!(autumn.participations(&server, id).await.is_empty());
            let shown = autumn.get(&server, &format!("/v1/course-offerings/{id}")).await.expect(200);
            assert_eq!(shown.body["placesTaken"], 1, "everybody counts");
        }
        server.stop().await;
    }
}

on_both! {
    // A class that drives twelve offerings: the statements do not grow with pupils or offerings.
    async fn a_class_moves_in_a_bounded_number_of_statements(server: TestServer) {
        let autumn = Autumn::enter(&server).await;
        let (small, large) = (autumn.group(&server, "class", "7A").await, autumn.group(&server, "class", "7B").await);
        for number in 0..12 {
            let offering = autumn.offering(&server, "Ämne 7", None, None).await;
            let mut groups = vec![json!({ "groupId": large })];
            if number == 0 {
                groups.push(json!({ "groupId": small }));
            }
            autumn.drive(&server, offering, &json!(groups)).await.expect(200);
        }
        let pupils = autumn.pupils(&server, 31).await;
        let items = |group: &str, range: std::ops::Range<usize>| -> Value {
            pupils[range].iter().map(|pupil| {
                let mut item = membership(group, *pupil, day(0), None);
                item["action"] = json!("creation");
                item
            }).collect()
        };
        let (one, few) = server.statements(autumn.batch(&server, &items(&small, 0..1))).await;
        one.expect(200);
        let (all, many) = server.statements(autumn.batch(&server, &items(&large, 1..31))).await;
        let all = all.expect(200);
        assert_eq!(few, many, "the statements do not grow");
        assert!(many <= 22, "{many}");
        let followers = autumn.get(&server, "/v1/participations?origin=groups&limit=500").await.expect(200);
        assert_eq!(followers.body["data"].as_array().unwrap().len(), 361);

        // All of them leave in October.
        let items: Value = all.body["data"].as_array().unwrap().iter().map(|row| json!({
            "action": "change", "membershipId": row["id"], "version": 1, "period": { "from": day(0), "to": day(60) }
        })).collect();
        let (left, statements) = server.statements(autumn.batch(&server, &items)).await;
        left.expect(200);
        assert!(statements <= 22, "{statements}");
        let later = autumn.get(&server, "/v1/participations?activeOn=2026-12-01").await.expect(200);
        assert_eq!(later.body["data"].as_array().unwrap().len(), 1);
        server.stop().await;
    }
}

/// Chance that is the same every time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }

    fn days(&mut self) -> (u64, u64) {
        let (one, other) = (self.below(60), self.below(60));
        (one.min(other), one.max(other))
    }
}

/// A membership or an exception as the account by days has it.
struct Entered {
    path: String,
    version: u32,
    group: usize,
    days: (u64, u64),
}

on_both! {
    // Memberships, exceptions, corrections and withdrawals over the interface, in any order: who takes
    // part is what an account by days says.
    async fn participations_are_what_an_account_by_days_says(server: TestServer) {
        let autumn = Autumn::enter(&server).await;
        let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
        let groups = [autumn.group(&server, "class", "7B").await, autumn.group(&server, "teaching", "7B sv").await];
        let offering = autumn.offering(&server, "Svenska 7", None, None).await;
        let drives = [(0, 123), (20, 40)];
        let both = json!([{ "groupId": groups[0] }, { "groupId": groups[1], "from": day(20), "to": day(40) }]);
        autumn.drive(&server, offering, &both).await.expect(200);
        let pupil = autumn.pupils(&server, 1).await[0];
        let (mut memberships, mut exceptions): (Vec<Entered>, Vec<(Entered, bool)>) = (Vec::new(), Vec::new());
        let mut done = 0;
        for _ in 0..50 {
            let days = chance.days();
            let period = json!({ "from": day(days.0), "to": day(days.1) });
            let place = usize::try_from(chance.below(4)).unwrap();
            let group = usize::try_from(chance.below(2)).unwrap();
            let answer = match chance.below(5) {
                0 | 1 => {
                    let made = autumn.post(&server, "/v1/group-memberships", &membership(&groups[group], pupil, day(days.0), Some(day(days.1)))).await;
                    if made.status == 201 {
                        memberships.push(Entered { path: made.headers["location"].to_str().unwrap().to_owned(), version: 1, group, days });
                    }
                    made
                }
                2 if place < memberships.len() => {
                    let known = &mut memberships[place];
                    let etag = format!("\"{}\"", known.version);
                    let moved = autumn.patch(&server, &known.path, &etag, &json!({ "period": period })).await;
                    if moved.status == 200 {
                        known.version = u32::try_from(moved.body["version"].as_u64().unwrap()).unwrap();
                        known.days = days;
                    }
                    moved
                }
                3 if place < memberships.len() => {
                    let known = memberships.remove(place);
                    autumn.delete(&server, &known.path, &format!("\"{}\"", known.version)).await.expect(204)
                }
                _ if place < exceptions.len() => {
                    let (known, _) = exceptions.remove(place);
                    autumn.delete(&server, &known.path, "\"1\"").await.expect(204)
                }
                _ => {
                    let excluded = chance.below(3) > 0;
                    let body = json!({ "personId": pupil.to_string(), "offeringId": offering.to_string(),
                        "kind": if excluded { "excluded" } else { "included" }, "period": period, "reason": "Läser svenska som andraspråk" });
                    let made = autumn.post(&server, "/v1/participation-exceptions", &body).await;
                    if made.status == 201 {
                        let path = made.headers["location"].to_str().unwrap().to_owned();
                        exceptions.push((Entered { path, version: 1, group: 0, days }, excluded));
                    }
                    made
                }
            };
            if answer.status == 422 {
                assert_eq!(answer.refused(), ["/period"], "only overlaps are refused: {}", answer.text);
                continue;
            }
            done += 1;
            let rows = autumn.participations(&server, offering).await;
            for number in 0..124 {
                let on = |(from, to): (u64, u64)| (from..=to).contains(&number);
                let excepted = |kind| exceptions.iter().any(|(known, excluded)| *excluded == kind && on(known.days));
                let member = memberships.iter().any(|known| on(known.days) && on(drives[known.group]));
                let expected = excepted(false) || (member && !excepted(true));
                let date = day(number).to_string();
                let held = rows.iter().filter(|row| days_of(row).is_some_and(|(from, to)| from <= date.as_str() && date.as_str() <= to)).count();
                assert_eq!(held, usize::from(expected), "{date} after {done} steps");
            }
        }
        assert!(done >= 20, "{done}");
        server.stop().await;
    }
}

fn days_of(participation: &Value) -> Option<(&str, &str)> {
    Some((participation["held"]["from"].as_str()?, participation["held"]["to"].as_str()?))
}
