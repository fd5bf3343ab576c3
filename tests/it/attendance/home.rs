//! What the tests of absence begin with: a family whose child is a pupil, and lessons in which the child is expected.

use serde_json::{Value, json};
use skolhus_api::http::problem::Problem;
use skolhus_domain::{
    access::{Caller, Role},
    attendance::{Register, RegisterState},
    id::{Id, LessonId},
};
use skolhus_persistence::attendance::register;
use skolhus_tests::{
    family::{Family, Member, id_of},
    server::{Answer, TestServer},
};
use uuid::Uuid;

/// A family, a registrar who registers, and the days of August 2026.
pub(super) struct Home {
    pub(super) family: Family,
    /// A token of the first ten minutes.
    pub(super) registrar: String,
}

impl Home {
    /// The child is a pupil of the compulsory school, its mother and father have custody.
    pub(super) async fn enter(server: &TestServer) -> Self {
        let home = Self::without_duty(server).await;
        home.enrol(server, &home.family.child).await;
        for guardian in [&home.family.mother, &home.family.father] {
            home.family.relate(server, &home.family.custody(guardian, "2011-03-03")).await;
        }
        home
    }

    /// The child is a participant of a folk high school, and nobody is related to it.
    pub(super) async fn without_duty(server: &TestServer) -> Self {
        let family = Family::enter(server).await;
        let registrar = family.staff(server, Role::Registrar).await;
        Self { family, registrar }
    }

    /// Enrols a child in the compulsory school at the same unit.
    pub(super) async fn enrol(&self, server: &TestServer, child: &Member) {
        let unit = format!("/v1/school-units/{}", self.family.school.unit);
        let both = json!({ "schoolTypes": ["FHS", "GR"] });
        server.patch(&unit, "*", &both).token(&self.registrar).send().await.expect(200);
        let body = json!({
            "personId": child.id, "schoolUnitId": self.family.school.unit.to_string(), "schoolTypeCode": "GR",
            "period": { "from": "2026-08-17" },
        });
        server.post("/v1/enrolments", &body).token(&self.registrar).send().await.expect(201);
    }

    /// Enters a lesson on a day of August, from one hour to another in Swedish time; its id.
    pub(super) async fn lesson(&self, server: &TestServer, day: u32, from: &str, to: &str) -> String {
        let body = json!({
            "offeringId": self.family.offering,
            "startsAt": format!("2026-08-{day:02}T{from}:00+02:00"), "endsAt": format!("2026-08-{day:02}T{to}:00+02:00"),
        });
        let registrar = self.family.staff(server, Role::Registrar).await;
        id_of(&server.post("/v1/lessons", &body).token(&registrar).send().await.expect(201))
    }

    /// What the register of a lesson says.
    pub(super) async fn sheet(&self, server: &TestServer, lesson: &str) -> Answer {
        let path = format!("/v1/lessons/{lesson}/attendance");
        let registrar = self.family.staff(server, Role::Registrar).await;
        server.get(&path).token(&registrar).send().await.expect(200)
    }

    /// What stands in the register of the child.
    pub(super) async fn of_child(&self, server: &TestServer, lesson: &str) -> Value {
        let sheet = self.sheet(server, lesson).await;
        let all = sheet.body["participants"].as_array().unwrap();
        all.iter().find(|of| of["personId"] == json!(self.family.child.id)).unwrap().clone()
    }

    /// Registers the child as this and the neighbour's child as present.
    pub(super) async fn register(
        &self,
        server: &TestServer,
        lesson: &str,
        kind: &str,
        close: bool,
    ) -> Answer {
        let marks = json!([
            { "personId": self.family.child.id, "kind": kind },
            { "personId": self.family.neighbours_child.id, "kind": "present" },
        ]);
        self.save(server, lesson, &json!({ "marks": marks, "close": close })).await.expect(200)
    }

    pub(super) async fn save(&self, server: &TestServer, lesson: &str, body: &Value) -> Answer {
        let path = format!("/v1/lessons/{lesson}/attendance");
        let registrar = self.family.staff(server, Role::Registrar).await;
        server.put(&path, "*", body).token(&registrar).send().await
    }

    /// Opens a closed register again.
    pub(super) async fn reopen(&self, server: &TestServer, lesson: &str) {
        let id = LessonId::from_uuid(Uuid::parse_str(lesson).unwrap());
        let state = &server.state;
        let organiser = self.family.school.organiser;
        let caller = Caller::system("test", organiser, state.fresh_uuid(), state.clock.now());
        let write = move |tx: &mut skolhus_persistence::Tx<'_>, scope: &_| {
            let sheet = register::find(tx.connection(), scope, id)?.unwrap();
            let open = Register { state: RegisterState::Open, ..sheet.register.clone() };
            register::save(tx, scope, &sheet, &open).map_err(Problem::from)
        };
        state.database.write(&caller, write).await.unwrap();
    }

    /// The notices that a guardian has: the person, the day and the state of each.
    pub(super) async fn notices(&self, server: &TestServer, guardian: &Member) -> Vec<Value> {
        let token = self.family.guardian(server, guardian).await;
        let list = server.get("/v1/me/absence-notices").token(&token).send().await.expect(200);
        list.body["data"].as_array().unwrap().clone()
    }

    /// The states of the notices that a guardian has.
    pub(super) async fn told(&self, server: &TestServer, guardian: &Member) -> Vec<String> {
        let notices = self.notices(server, guardian).await;
        notices.iter().map(|notice| notice["state"].as_str().unwrap().to_owned()).collect()
    }

    /// The cases that a role for the whole organiser sees.
    pub(super) async fn cases(&self, server: &TestServer, role: Role) -> Answer {
        let token = self.family.staff(server, role).await;
        server.get("/v1/absence-cases").token(&token).send().await.expect(200)
    }

    /// The messages that wait to be sent, by kind and receiver.
    pub(super) fn sent(&self, server: &TestServer) -> Vec<String> {
        let mut raw = server.raw();
        let sql = raw.either(
            "SELECT kind || ' ' || target_id::text || ' ' || payload AS value FROM outbox_messages WHERE kind LIKE 'absence%' ORDER BY 1",
            "SELECT kind || ' ' || lower(hex(target_id)) || ' ' || payload AS value FROM outbox_messages WHERE kind LIKE 'absence%' ORDER BY 1",
        );
        let sql = sql.to_owned();
        raw.texts(&sql)
    }

    /// How many messages of each kind wait to be sent.
    pub(super) fn counted(&self, server: &TestServer) -> (usize, usize) {
        let sent = self.sent(server);
        let of = |kind: &str| sent.iter().filter(|message| message.starts_with(kind)).count();
        (of("absence-notice "), of("absence-correction "))
    }
}
