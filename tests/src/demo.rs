//! The demonstration's register in a test's database: a school with everything in it.

use std::collections::BTreeMap;

use serde_json::Value;
use skolhus_api::program::demo_data::{self, plan};
use skolhus_domain::{
    access::{Level, Role},
    id::{ControllerId, Id},
};

use crate::{register::School, server::TestServer};

/// The demonstration in a test.
pub struct Demo {
    school: School,
}

/// Ids by the collection they belong to.
pub struct Ids(BTreeMap<String, Vec<String>>);

/// The most ids of one collection that a walk tries.
const TRIED: usize = 4;

impl Ids {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.values().map(Vec::len).sum()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Some ids of the collection that a path with `{id}` leads into.
    #[must_use]
    pub fn for_path(&self, path: &str) -> Vec<String> {
        let collection = path.split("/{id}").next().unwrap_or_default();
        let ids = self.0.get(collection).map(Vec::as_slice).unwrap_or_default();
        ids.iter().take(TRIED).cloned().collect()
    }
}

impl Demo {
    /// Fills the server's database.
    ///
    /// # Panics
    /// When it cannot be filled.
    #[allow(clippy::expect_used, reason = "a test without its register has failed")]
    pub async fn fill(server: &TestServer) -> Self {
        let state = &server.state;
        demo_data::fill(state).await.expect("the register is filled");
        let school = School {
            organiser: plan::organiser_id(),
            controller: ControllerId::from_uuid(plan::controller_id().uuid()),
            unit: plan::unit_id(),
        };
        Self { school }
    }

    /// The school, for accounts of its own.
    #[must_use]
    pub fn school(&self) -> &School {
        &self.school
    }

    /// A token of the highest level for a role: teachers and participants are persons of the register.
    pub async fn token(&self, server: &TestServer, role: Role) -> String {
        let person = match role {
            Role::Teacher => Some(plan::staff_id(4)),
            Role::Participant => Some(plan::participant_id(0)),
            _ => None,
        };
        self.school.token_of(server, role, None, person, Level::High).await
    }

    /// Every id that the lists show.
    pub async fn every_id(&self, server: &TestServer) -> Ids {
        let mut ids = BTreeMap::new();
        for (path, rows) in self.lists(server).await {
            let found: Vec<String> =
                rows.iter().filter_map(|row| row["id"].as_str().map(str::to_owned)).collect();
            ids.insert(path, found);
        }
        Ids(ids)
    }

    /// Everything the lists show, to see later that nothing has changed. What tokens and
    /// accounts a test makes itself is left out, and so are the log and what alarms tell of the test.
    pub async fn snapshot(&self, server: &TestServer) -> Vec<(String, Vec<Value>)> {
        let mut lists = self.lists(server).await;
        lists.retain(|(path, _)| {
            let own = ["/v1/accounts", "/v1/alarms", "/v1/changes", "/v1/role-assignments", "/v1/sessions"];
            !own.contains(&path.as_str())
        });
        lists
    }

    async fn lists(&self, server: &TestServer) -> Vec<(String, Vec<Value>)> {
        let document = skolhus_api::http::document::document();
        let mut lists = Vec::new();
        let registrar = self.token(server, Role::Registrar).await;
        let administrator = self.token(server, Role::Administrator).await;
        let officer = self.token(server, Role::ProtectionOfficer).await;
        for (path, item) in document["paths"].as_object().into_iter().flatten() {
            if item["get"].is_null() || path.contains('{') || !path.starts_with("/v1/") {
                continue;
            }
            for token in [&registrar, &administrator, &officer] {
                let answer = server.get(&format!("{path}?limit=500")).token(token).send().await;
                if let Some(rows) = answer.body["data"].as_array() {
                    lists.push((path.clone(), rows.clone()));
                    break;
                }
            }
        }
        lists
    }

    /// Words that occur in this register and nowhere else.
    #[must_use]
    pub fn markers(&self) -> Vec<String> {
        ["Skrivarlinjen", "Musiklinjen", "person4@exempel.se", "person25@exempel.se", "Åkerö kursgård"]
            .map(str::to_owned)
            .to_vec()
    }

    /// What would give the protected participant away.
    #[must_use]
    pub fn protected_markers(&self) -> Vec<String> {
        vec![
            plan::participant_id(plan::PROTECTED).to_string(),
            format!("person{}@exempel.se", plan::STAFF + plan::PROTECTED),
            plan::protected_number().to_owned(),
        ]
    }

    /// The ids that stand for the protected participant.
    #[must_use]
    pub fn protected_ids(&self) -> Vec<String> {
        vec![
            plan::participant_id(plan::PROTECTED).to_string(),
            plan::protected_enrolment_id().to_string(),
            plan::protected_participation_id().to_string(),
        ]
    }
}
