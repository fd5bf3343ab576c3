use serde_json::json;
use skolhus_tests::on_both;

use super::staff::Mathematics;
use crate::group::register::day;

on_both! {
    #[ignore]
    async fn a_week_of_a_school(server: TestServer) {
        let mathematics = Mathematics::enter(&server, 0).await;
        let autumn = &mathematics.autumn;
        let pupils = autumn.pupils(&server, 800).await;
        let mut rooms = Vec::new();
        for number in 0..50 { rooms.push(mathematics.room(&server, &format!("Sal {number}")).await); }
        let begun = std::time::Instant::now();
        for class in 0..28 {
            let group = autumn.group(&server, "class", &format!("K{class}")).await;
            let (duty, _) = mathematics.colleague(&server, "Örjan", &format!("Åberg{class}")).await;
            let mut offerings = Vec::new();
            for _ in 0..11 {
                let offering = autumn.offering(&server, "Ämne", None, None).await;
                autumn.drive(&server, offering, &json!([{ "groupId": group }])).await.expect(200);
                let set = json!({ "teachers": [{ "dutyId": duty, "role": "responsible", "period": { "from": day(0) } }] });
                server.put(&format!("/v1/course-offerings/{offering}/teachers"), "*", &set).token(&autumn.registrar).send().await.expect(200);
                offerings.push(offering);
            }
            let items: Vec<_> = pupils.iter().skip(class * 28).take(29).map(|person| crate::group::register::membership(&group, *person, day(0), None)).collect();
            autumn.batch(&server, &json!(items)).await;
            let weekdays = ["monday", "tuesday", "wednesday", "thursday", "friday"];
            for (number, offering) in offerings.iter().enumerate() {
                let slots: Vec<_> = weekdays.iter().enumerate().map(|(slot, weekday)| {
                    let hour = 8 + (number + slot) % 9;
                    json!({ "number": slot, "weekday": weekday, "startsAt": format!("{hour:02}:10"), "endsAt": format!("{hour:02}:50"), "roomIds": [rooms[(class * 3 + number) % 50]] })
                }).collect();
                let body = json!({ "offeringId": offering.to_string(), "period": { "from": "2026-08-17", "to": "2026-12-18" }, "slots": slots });
                let start = std::time::Instant::now();
                let made = autumn.post(&server, "/v1/lesson-series", &body).await.expect(201);
                if class % 9 == 0 && number == 5 { println!("series {class}: {:?} {}", start.elapsed(), made.body["clashCount"]); }
            }
        }
        println!("filled in {:?}", begun.elapsed());
        for query in ["from=2026-09-07&to=2026-09-11&limit=100", "from=2026-09-07&to=2026-09-11&limit=100&kind=room", "from=2026-09-07&to=2026-09-07&limit=100",
            &format!("from=2026-09-07&to=2026-09-11&schoolUnitId={}", autumn.school.unit), "from=2026-09-01&to=2026-09-30&limit=500"] {
            for _ in 0..3 {
                let start = std::time::Instant::now();
                let page = autumn.get(&server, &format!("/v1/lesson-clashes?{query}")).await.expect(200);
                println!("{query}: {:?}, {} rows", start.elapsed(), page.body["data"].as_array().unwrap().len());
            }
        }
        let offering = mathematics.offering;
        autumn.drive(&server, offering, &json!([])).await;
        for _ in 0..4 {
            let body = json!({ "offeringId": offering.to_string(), "startsAt": "2026-09-08T08:10:00+02:00", "endsAt": "2026-09-08T09:00:00+02:00", "roomIds": [rooms[0]] });
            let start = std::time::Instant::now();
            let made = autumn.post(&server, "/v1/lessons", &body).await.expect(201);
            println!("lesson: {:?} {}", start.elapsed(), made.body["clashCount"]);
        }
        server.stop().await;
    }
}
