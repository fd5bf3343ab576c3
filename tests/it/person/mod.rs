//! Persons: entering, finding, changing; what protection hides, and what waits for review;
//! relations, and what families see.

mod addresses;
mod cleared;
mod duplicates;
mod emergency_openings;
mod entering;
mod handling_plans;
mod identity_change;
mod merge;
mod own_contact;
mod protected_contact_bans;
mod protected_relations;
mod protection;
mod reading;
mod relations;
mod review;
mod shared_homes;
mod wards;
mod who_sees;

use serde_json::{Value, json};
use skolhus_domain::access::{Level, Role};
use skolhus_tests::{
    register::School,
    server::{Answer, TestServer},
};

/// Official test numbers of the Swedish Tax Agency.
pub const ÅSA: &str = "198507132390";
pub const ÖRJAN: &str = "199001122390";
pub const ÄLVA: &str = "200001012384";

/// A school with those who work in it.
pub struct Staffed {
    pub school: School,
    pub registrar: String,
    pub officer: String,
}

impl Staffed {
    pub async fn enter(server: &TestServer) -> Self {
        let school = School::enter(server).await;
        let registrar = school.token(server, Role::Registrar).await;
        let officer = school.token_of(server, Role::ProtectionOfficer, None, None, Level::High).await;
        Self { school, registrar, officer }
    }

    /// Enters a person as the registrar; the answer, whatever it is.
    pub async fn create(&self, server: &TestServer, body: &Value) -> Answer {
        server.post("/v1/persons", body).token(&self.registrar).send().await
    }

    /// Enters a person and marks them; their id and the version after.
    pub async fn protected(&self, server: &TestServer, body: &Value) -> String {
        let made = self.create(server, body).await.expect(201);
        let id = made.body["id"].as_str().unwrap().to_owned();
        let path = format!("/v1/persons/{id}/protection");
        server
            .put(&path, "\"1\"", &json!({ "protection": "marked" }))
            .token(&self.officer)
            .send()
            .await
            .expect(200);
        id
    }
}

/// A person to enter.
pub fn named(given: &str, family: &str) -> Value {
    json!({ "name": { "givenName": given, "familyName": family } })
}

/// A person to enter, with a number.
pub fn numbered(given: &str, family: &str, number: &str) -> Value {
    let mut person = named(given, family);
    person["identityNumbers"] = json!([{ "value": number, "period": { "from": "2020-01-01" } }]);
    person
}

/// The family names of a list.
pub fn families(list: &Answer) -> Vec<String> {
    let rows = list.body["data"].as_array().unwrap();
    rows.iter().map(|row| row["name"]["familyName"].as_str().unwrap().to_owned()).collect()
}
