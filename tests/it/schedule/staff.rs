//! What the tests of the schedule begin with: an offering with its teacher and its pupils.

use serde_json::{Value, json};
use skolhus_domain::{
    access::Role,
    id::{OfferingId, PersonId},
    person::ProtectionReport,
};
use skolhus_tests::server::{Answer, TestServer};

use crate::group::register::{Autumn, day, id};

/// Mathematics for class 7B, from 17 August to 18 December, with a teacher and pupils.
pub(crate) struct Mathematics {
    pub(crate) autumn: Autumn,
    pub(crate) offering: OfferingId,
    pub(crate) group: String,
    pub(crate) pupils: Vec<PersonId>,
    pub(crate) teacher: PersonId,
    pub(crate) duty: String,
    pub(crate) teachers_token: String,
}

impl Mathematics {
    pub(crate) async fn enter(server: &TestServer, pupils: usize) -> Self {
        let autumn = Autumn::enter(server).await;
        let offering = autumn.offering(server, "Matematik 7B", None, None).await;
        let group = autumn.group(server, "class", "7B").await;
        autumn.drive(server, offering, &json!([{ "groupId": group }])).await.expect(200);
        let pupils = autumn.pupils(server, pupils).await;
        for pupil in &pupils {
            autumn.join(server, &group, *pupil, day(0), None).await;
        }
        let teacher = autumn.persons(server, &[("Åsa", "Ek")], ProtectionReport::Unmarked).await[0];
        let duty = autumn.duty(server, teacher).await;
        let set =
            json!({ "teachers": [{ "dutyId": duty, "role": "responsible", "period": { "from": day(0) } }] });
        let path = format!("/v1/course-offerings/{offering}/teachers");
        server.put(&path, "*", &set).token(&autumn.registrar).send().await.expect(200);
        let teachers_token = autumn.token_of(server, Role::Teacher, teacher).await;
        Self { autumn, offering, group, pupils, teacher, duty, teachers_token }
    }

    /// Asks as the teacher.
    pub(crate) async fn get(&self, server: &TestServer, path: &str) -> Answer {
        server.get(path).token(&self.teachers_token).send().await
    }

    /// Sends as the teacher.
    pub(crate) async fn post(&self, server: &TestServer, path: &str, body: &Value) -> Answer {
        server.post(path, body).token(&self.teachers_token).send().await
    }

    /// Enters a lesson as the teacher.
    pub(crate) async fn lesson(&self, server: &TestServer, from: &str, to: &str) -> Value {
        let body = json!({ "offeringId": self.offering.to_string(), "startsAt": from, "endsAt": to });
        self.post(server, "/v1/lessons", &body).await.expect(201).body
    }

    /// The lessons that somebody sees, with this in the address.
    pub(crate) async fn lessons(&self, server: &TestServer, token: &str, filter: &str) -> Vec<Value> {
        let path = format!("/v1/lessons?limit=500&{filter}");
        let list = server.get(&path).token(token).send().await.expect(200);
        list.body["data"].as_array().unwrap().clone()
    }

    /// A colleague with a duty, and a token as teacher.
    pub(crate) async fn colleague(&self, server: &TestServer, given: &str, family: &str) -> (String, String) {
        let person = self.autumn.persons(server, &[(given, family)], ProtectionReport::Unmarked).await[0];
        let duty = self.autumn.duty(server, person).await;
        (duty, self.autumn.token_of(server, Role::Teacher, person).await)
    }

    /// A room of the school.
    pub(crate) async fn room(&self, server: &TestServer, name: &str) -> String {
        let room = json!({ "schoolUnitId": self.autumn.school.unit.to_string(), "kind": "room", "name": name, "seats": 28 });
        id(&self.autumn.post(server, "/v1/rooms", &room).await.expect(201).body)
    }
}
