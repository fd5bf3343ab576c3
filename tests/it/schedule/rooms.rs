use serde_json::json;
use skolhus_domain::access::Role;
use skolhus_tests::on_both;

use super::staff::Mathematics;

on_both! {
    async fn a_room_has_a_name_of_its_own_and_stays_while_there_are_lessons_in_it(server: TestServer) {
        let mathematics = Mathematics::enter(&server, 0).await;
        let autumn = &mathematics.autumn;
        let room = mathematics.room(&server, "Sal Örnen").await;
        let unit = autumn.school.unit.to_string();
        let again = json!({ "schoolUnitId": unit, "kind": "room", "name": "sal örnen" });
        assert_eq!(autumn.post(&server, "/v1/rooms", &again).await.expect(422).refused(), ["/name"]);
        let bus = json!({ "schoolUnitId": unit, "kind": "resource", "name": "Minibussen", "seats": 9 });
        assert_eq!(autumn.post(&server, "/v1/rooms", &bus).await.expect(422).refused(), ["/seats"]);
        let bus = json!({ "schoolUnitId": unit, "kind": "resource", "name": "Minibussen" });
        autumn.post(&server, "/v1/rooms", &bus).await.expect(201);
        let large = autumn.get(&server, "/v1/rooms?kind=room&seatsAtLeast=20&name=örn").await.expect(200);
        assert_eq!((large.body["data"].as_array().unwrap().len(), &large.body["data"][0]["name"]), (1, &json!("Sal Örnen")));
        let path = format!("/v1/rooms/{room}");
        autumn.patch(&server, &path, "\"1\"", &json!({ "name": "Sal Örnen", "seats": 30 })).await.expect(200);
        assert_eq!(autumn.patch(&server, &path, "\"2\"", &json!({ "name": "MINIBUSSEN" })).await.expect(422).refused(), ["/name"]);

        let lesson = json!({ "offeringId": mathematics.offering.to_string(), "startsAt": "2026-08-18T08:10:00+02:00",
            "endsAt": "2026-08-18T09:00:00+02:00", "roomIds": [room] });
        let lesson = mathematics.post(&server, "/v1/lessons", &lesson).await.expect(201);
        autumn.delete(&server, &path, "\"2\"").await.expect(409);
        let lesson = format!("/v1/lessons/{}", lesson.body["id"].as_str().unwrap());
        server.delete(&lesson, "\"1\"").token(&mathematics.teachers_token).send().await.expect(204);
        autumn.delete(&server, &path, "\"2\"").await.expect(204);
        let administrator = autumn.school.token(&server, Role::Administrator).await;
        server.get(&path).token(&administrator).send().await.expect(404);
        server.stop().await;
    }
}
