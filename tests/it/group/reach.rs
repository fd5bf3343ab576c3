use serde_json::json;
use skolhus_domain::{access::Role, person::ProtectionReport};
use skolhus_tests::on_both;

use super::register::{Autumn, day, membership};

on_both! {
    async fn a_mentor_reaches_the_members_of_the_group(server: TestServer) {
        let autumn = Autumn::enter(&server).await;
        let group = autumn.group(&server, "mentor", "7B").await;
        let other = autumn.group(&server, "mentor", "7C").await;
        let offering = autumn.offering(&server, "Matematik 7", None, None).await;
        let class = autumn.group(&server, "class", "7").await;
        autumn.drive(&server, offering, &json!([{ "groupId": class }])).await.expect(200);
        let pupils = autumn.pupils(&server, 5).await;
        for pupil in &pupils {
            autumn.join(&server, &class, *pupil, day(0), None).await;
        }
        autumn.join(&server, &group, pupils[0], day(0), None).await;
        autumn.join(&server, &group, pupils[1], day(30), None).await;
        autumn.join(&server, &other, pupils[2], day(0), None).await;
        autumn.join(&server, &group, pupils[3], day(0), None).await;
        autumn.protect(&server, pupils[3]).await;
        let enrolment = json!({ "personId": pupils[0].to_string(), "schoolUnitId": autumn.school.unit.to_string(), "schoolTypeCode": "FHS", "period": { "from": day(0) } });
        autumn.post(&server, "/v1/enrolments", &enrolment).await.expect(201);

        let mentor = autumn.persons(&server, &[("Åke", "Öman")], ProtectionReport::Unmarked).await[0];
        let duty = autumn.duty(&server, mentor).await;
        let token = autumn.token_of(&server, Role::Teacher, mentor).await;
        let reached = |path: &'static str| {
            let request = server.get(path).token(&token);
            async move { request.send().await.expect(200).body["data"].as_array().unwrap().len() }
        };
        assert_eq!(reached("/v1/persons").await, 0);
        let assign = |period: serde_json::Value| {
            let set = json!({ "assignments": [{ "dutyId": duty, "role": "mentor", "period": period }] });
            let request = server.put(&format!("/v1/groups/{group}/assignments"), "*", &set).token(&autumn.registrar);
            async move { request.send().await.expect(200) }
        };
        assign(json!({ "from": day(0) })).await;
        assert_eq!(reached("/v1/persons").await, 2, "members today and from a later day, none protected");
        server.get(&format!("/v1/persons/{}", pupils[1])).token(&token).send().await.expect(200);
        for unreached in [pupils[2], pupils[3], pupils[4]] {
            server.get(&format!("/v1/persons/{unreached}")).token(&token).send().await.expect(404);
        }
        assert_eq!(reached("/v1/enrolments").await, 1);
        // In rosters the protected one stands too, under an alias.
        assert_eq!(reached("/v1/participations").await, 3);
        assert_eq!(reached("/v1/course-offerings").await, 1);
        assert_eq!(reached("/v1/groups").await, 1);
        assert_eq!(reached("/v1/group-memberships").await, 3);
        let roster = server.get("/v1/group-memberships").token(&token).send().await.expect(200);
        assert!(!roster.text.contains("Hemlig"), "{}", roster.text);
        server.get(&format!("/v1/groups/{other}")).token(&token).send().await.expect(404);

        // Whoever teaches the offering reaches its groups, and in them those who take part.
        let teacher = autumn.persons(&server, &[("Åsa", "Ek")], ProtectionReport::Unmarked).await[0];
        let teaching = autumn.duty(&server, teacher).await;
        let set = json!({ "teachers": [{ "dutyId": teaching, "role": "teacher", "period": { "from": day(0) } }] });
        server.put(&format!("/v1/course-offerings/{offering}/teachers"), "*", &set).token(&autumn.registrar).send().await.expect(200);
        let theirs = autumn.token_of(&server, Role::Teacher, teacher).await;
        let groups = server.get("/v1/groups").token(&theirs).send().await.expect(200);
        assert_eq!((groups.body["data"].as_array().unwrap().len(), &groups.body["data"][0]["name"]), (1, &json!("7")));
        let members = server.get(&format!("/v1/groups/{class}/members")).token(&theirs).send().await.expect(200);
        assert_eq!(members.body["data"].as_array().unwrap().len(), 5);
        assert!(!members.text.contains("Hemlig"), "{}", members.text);

        // A mentor whose time is over reaches nobody.
        server.clock.advance(chrono::Duration::days(40));
        let token = autumn.token_of(&server, Role::Teacher, mentor).await;
        let registrar = autumn.school.token(&server, Role::Registrar).await;
        let set = json!({ "assignments": [{ "dutyId": duty, "role": "mentor", "period": { "from": day(0), "to": day(39) } }] });
        server.put(&format!("/v1/groups/{group}/assignments"), "*", &set).token(&registrar).send().await.expect(200);
        let persons = server.get("/v1/persons").token(&token).send().await.expect(200);
        assert_eq!(persons.body["data"], json!([]));
        server.stop().await;
    }
}

on_both! {
    async fn a_pupil_sees_the_groups_and_memberships_of_their_own(server: TestServer) {
        let autumn = Autumn::enter(&server).await;
        let group = autumn.group(&server, "class", "7B").await;
        autumn.group(&server, "class", "7C").await;
        let pupils = autumn.pupils(&server, 2).await;
        for pupil in &pupils {
            autumn.join(&server, &group, *pupil, day(0), None).await;
        }
        let token = autumn.token_of(&server, Role::Participant, pupils[0]).await;
        let groups = server.get("/v1/groups").token(&token).send().await.expect(200);
        assert_eq!(groups.body["data"].as_array().unwrap().len(), 1);
        let members = server.get(&format!("/v1/groups/{group}/members")).token(&token).send().await.expect(200);
        let people: Vec<_> = members.body["data"].as_array().unwrap().iter().map(|row| row["personId"].clone()).collect();
        assert_eq!(people, [json!(pupils[0].to_string())]);
        let body = membership(&group, pupils[0], day(0), None);
        server.post("/v1/group-memberships", &body).token(&token).send().await.expect(403);
        server.stop().await;
    }
}
