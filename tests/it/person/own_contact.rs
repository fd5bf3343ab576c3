//! People change their own phone.

use chrono::Duration;
use serde_json::{Value, json};
use skolhus_domain::{
    access::{Level, Role},
    id::{Id, PersonId},
};
use skolhus_tests::{
    on_both,
    register::School,
    server::{Answer, TestServer},
    texts::{another, code},
};

const CHANGES: &str = "/v1/me/contact-changes";
const OLD: &str = "070-174 06 05";
const NEW: &str = "070-174 06 06";

struct Owner<'s> {
    server: &'s TestServer,
    school: School,
    person: PersonId,
    token: String,
}

impl<'s> Owner<'s> {
    async fn enter(server: &'s TestServer) -> Self {
        let school = School::enter(server).await;
        let registrar = school.token(server, Role::Registrar).await;
        let person = json!({ "name": { "givenName": "Åsa", "familyName": "Öberg" },
            "contact": { "phones": [{ "number": OLD, "verifiedAt": "2020-01-01T00:00:00Z" }] } });
        let made = server.post("/v1/persons", &person).token(&registrar).send().await.expect(201);
        let person = PersonId::from_uuid(made.body["id"].as_str().unwrap().parse().unwrap());
        let mut owner = Self { server, school, person, token: String::new() };
        owner.token = owner.at(Level::Substantial).await;
        owner
    }

    async fn at(&self, level: Level) -> String {
        self.school.token_of(self.server, Role::Guardian, None, Some(self.person), level).await
    }

    async fn begin(&self, body: Value) -> Answer {
        self.server.post(CHANGES, &body).token(&self.token).send().await
    }

    /// Begins a change; the code that was sent.
    async fn begun(&self, body: Value) -> (Answer, String) {
        let begun = self.begin(body).await.expect(201);
        let sent = self.server.texts().await;
        assert_eq!(sent.len(), 1);
        (begun, code(&sent[0]))
    }

    async fn confirm_as(&self, token: &str, begun: &Answer, code: &str) -> Answer {
        let path = format!("{CHANGES}/{}/confirmation", begun.body["id"].as_str().unwrap());
        self.server.post(&path, &json!({ "code": code })).token(token).send().await
    }

    async fn confirm(&self, begun: &Answer, code: &str) -> Answer {
        self.confirm_as(&self.token, begun, code).await
    }

    /// The numbers in the register, each with when it was shown to be the owner's.
    async fn phones(&self) -> Vec<(Value, Value, Value)> {
        let own = self.server.get("/v1/me/person").token(&self.token).send().await.expect(200);
        let phones = own.body["contact"]["phones"].as_array().unwrap().clone();
        phones
            .iter()
            .map(|phone| (phone["number"].clone(), phone["source"].clone(), phone["verifiedAt"].clone()))
            .collect()
    }
}

on_both! {
    async fn a_number_counts_when_its_code_was_given_back(server: TestServer) {
        let owner = Owner::enter(&server).await;
        // What somebody enters is not shown to be anybody's.
        let before = [(json!(OLD), json!("staff"), Value::Null)];
        assert_eq!(owner.phones().await, before);
        let weak = owner.at(Level::Basic).await;
        let refused = server.post(CHANGES, &json!({ "phone": { "number": NEW } })).token(&weak).send().await.expect(401);
        assert_eq!(refused.body["code"], "level-too-low");
        for (body, place) in [
            (json!({ "phone": { "number": "SKOLA" } }), "/phone/number"),
            (json!({ "phone": { "number": "465 004" } }), "/phone/number"),
            (json!({ "phone": { "number": "+47 22 22 55 55" } }), "/phone/number"),
            (json!({ "phone": { "number": NEW }, "replaces": "x+1" }), "/replaces"),
        ] {
            assert_eq!(owner.begin(body).await.expect(422).refused(), [place]);
        }
        let (begun, right) = owner.begun(json!({ "phone": { "number": NEW, "kind": "work" } })).await;
        assert_eq!(begun.body["expiresAt"], "2026-08-17T06:20:00Z");
        assert_eq!(owner.confirm(&begun, &another(&right)).await.expect(422).refused(), ["/code"]);
        assert_eq!(owner.phones().await, before, "nothing has changed yet");
        // Nobody else has it.
        let neighbour = owner.school.token(&server, Role::Teacher).await;
        owner.confirm_as(&neighbour, &begun, &right).await.expect(404);
        let made = owner.confirm(&begun, &right).await.expect(200);
        let shown = json!("2026-08-17T06:10:00Z");
        assert_eq!(made.body["phones"][1], json!({ "number": NEW, "kind": "work", "source": "person", "verifiedAt": shown }));
        assert_eq!(owner.phones().await, [before[0].clone(), (json!(NEW), json!("person"), shown.clone())]);
        assert_eq!(owner.confirm(&begun, &right).await.expect(409).body["code"], "conflict");

        // In place of the old one and first; too late; too often.
        server.clock.advance(Duration::minutes(9));
        let (begun, right) = owner.begun(json!({ "phone": { "number": "070-174 06 07" }, "replaces": OLD, "isPreferred": true })).await;
        owner.confirm(&begun, &right).await.expect(200);
        let numbers: Vec<Value> = owner.phones().await.into_iter().map(|(number, ..)| number).collect();
        assert_eq!(numbers, [json!("070-174 06 07"), json!(NEW)]);
        let (begun, right) = owner.begun(json!({ "phone": { "number": OLD } })).await;
        for _ in 0..5 {
            owner.confirm(&begun, &another(&right)).await.expect(422);
        }
        owner.confirm(&begun, &right).await.expect(409);
        // Three an hour.
        assert_eq!(owner.begin(json!({ "phone": { "number": OLD } })).await.expect(429).body["code"], "too-many-attempts");

        // A registrar who enters the same list anew takes the mark away from nothing, and gives none.
        let registrar = owner.school.token(&server, Role::Registrar).await;
        let path = format!("/v1/persons/{}", owner.person.uuid());
        let mut phones = server.get(&path).token(&registrar).send().await.expect(200).body["contact"]["phones"].clone();
        let same = server.patch(&path, "*", &json!({ "contact": { "phones": phones } })).token(&registrar).send().await.expect(200);
        assert_eq!(same.body["contact"]["phones"], phones);
        phones[0]["number"] = json!("070-174 06 08");
        let other = server.patch(&path, "*", &json!({ "contact": { "phones": phones } })).token(&registrar).send().await.expect(200);
        assert_eq!((&other.body["contact"]["phones"][0]["verifiedAt"], &other.body["contact"]["phones"][1]["verifiedAt"]), (&Value::Null, &shown));
        server.stop().await;
    }
}

on_both! {
    async fn a_protected_person_is_sent_nothing_unless_that_is_opened(server: TestServer) {
        let owner = Owner::enter(&server).await;
        let officer = owner.school.token_of(&server, Role::ProtectionOfficer, None, None, Level::High).await;
        let marked = json!({ "protection": "marked", "confirmed": true, "reason": "Beslut från Skatteverket" });
        server.put(&format!("/v1/persons/{}/protection", owner.person.uuid()), "*", &marked).token(&officer).send().await.expect(200);
        let change = json!({ "phone": { "number": NEW } });
        assert_eq!(owner.begin(change.clone()).await.expect(409).body["code"], "conflict");
        assert!(server.texts().await.is_empty());
        let administrator = owner.school.token_of(&server, Role::Administrator, None, None, Level::High).await;
        let opened = json!({ "smsCodes": false, "smsCodesForProtected": true });
        server.put("/v1/login-settings", "*", &opened).token(&administrator).send().await.expect(200);
        let (begun, right) = owner.begun(change).await;
        owner.confirm(&begun, &right).await.expect(200);
        assert_eq!(owner.phones().await.len(), 2);
        server.stop().await;
    }
}

on_both! {
    async fn who_is_no_person_and_where_nothing_is_sent_has_nothing_to_change(server: TestServer) {
        let school = School::enter(&server).await;
        let token = school.token(&server, Role::Registrar).await;
        let change = json!({ "phone": { "number": NEW } });
        server.post(CHANGES, &change).token(&token).send().await.expect(404);
        let server = server.with_gateway(None).await;
        let token = school.token(&server, Role::Registrar).await;
        let off = server.post(CHANGES, &change).token(&token).send().await.expect(409);
        assert_eq!(off.body["code"], "text-messages-off");
        server.stop().await;
    }
}
