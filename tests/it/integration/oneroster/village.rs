//! A small roster that tests edit: children, adults, and who is named as whose relative.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use skolhus_domain::{
    access::{Level, Role},
    id::{Id, PersonId},
};
use skolhus_tests::{register::School, server::TestServer};

use super::{import, rows};

pub const SYSTEM: &str = "oneroster:byn";

/// Somebody of the roster.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Somebody {
    pub given: String,
    pub family: String,
    pub email: String,
    pub role: &'static str,
    pub school: u8,
    pub birth_date: &'static str,
    pub agents: BTreeSet<String>,
}

/// The roster: everybody by identifier.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Village(pub BTreeMap<String, Somebody>);

const USERS: &str = "sourcedId,status,dateLastModified,enabledUser,username,givenName,familyName,email,agentSourcedIds,primaryOrgSourcedId";
const ROLES: &str =
    "sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId";
const DEMOGRAPHICS: &str = "sourcedId,status,dateLastModified,birthDate,sex";

impl Village {
    /// Four children and five adults.
    pub fn new() -> Self {
        let mut village = Self::default();
        for (id, given, family, birth_date, agents) in [
            ("barn-1", "Elsa", "Häggmark", "2014-03-03", &["vuxen-1", "vuxen-2"][..]),
            ("barn-2", "Örjan", "Ängelsberg", "2013-10-10", &["vuxen-3"]),
            ("barn-3", "Åsa", "Lövenskiöld", "2012-06-06", &[]),
            ("barn-4", "Vidar", "Sjöå", "2015-01-21", &["vuxen-4"]),
        ] {
            village.enter(id, given, family, "student", birth_date);
            let agents = agents.iter().map(|agent| (*agent).to_owned());
            village.0.get_mut(id).unwrap().agents = agents.collect();
        }
        for (number, given, role) in [
            (1, "Märta", "parent"),
            (2, "Göran", "parent"),
            (3, "Åke", "guardian"),
            (4, "Ylva", "relative"),
            (5, "Björn", "aide"),
        ] {
            village.enter(&format!("vuxen-{number}"), given, "Håkansbo", role, "");
        }
        village
    }

    pub fn enter(
        &mut self,
        id: &str,
        given: &str,
        family: &str,
        role: &'static str,
        birth_date: &'static str,
    ) {
        let somebody = Somebody {
            given: given.to_owned(),
            family: family.to_owned(),
            email: format!("{id}@exempel.se"),
            role,
            school: 1,
            birth_date,
            agents: BTreeSet::new(),
        };
        self.0.insert(id.to_owned(), somebody);
    }

    /// The whole set.
    pub fn whole(&self) -> BTreeMap<String, String> {
        let everybody: Vec<(&String, Option<&Somebody>)> =
            self.0.iter().map(|(id, somebody)| (id, Some(somebody))).collect();
        let mut files = tables(&everybody, false);
        let orgs = "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId\n\
            byn,,,Byns kommun,district,,\nskola-1,,,Ängskolan,school,90000001,byn\nskola-2,,,Åskolan,school,90000002,byn\n";
        files.insert("orgs.csv".to_owned(), orgs.to_owned());
        files.insert("manifest.csv".to_owned(), manifest("bulk", true));
        files
    }

    /// What has changed since, as a delta; those who are gone as ended.
    pub fn since(&self, before: &Self) -> BTreeMap<String, String> {
        let changed = self.0.iter().filter(|(id, somebody)| before.0.get(*id) != Some(somebody));
        let gone = before.0.keys().filter(|id| !self.0.contains_key(*id));
        let rows: Vec<(&String, Option<&Somebody>)> =
            changed.map(|(id, somebody)| (id, Some(somebody))).chain(gone.map(|id| (id, None))).collect();
        let mut files = tables(&rows, true);
        files.insert("manifest.csv".to_owned(), manifest("delta", false));
        files
    }
}

fn tables(rows: &[(&String, Option<&Somebody>)], delta: bool) -> BTreeMap<String, String> {
    let (mut users, mut roles, mut demographics) =
        (format!("{USERS}\n"), format!("{ROLES}\n"), format!("{DEMOGRAPHICS}\n"));
    for (id, somebody) in rows {
        let status = if somebody.is_some() { "active" } else { "tobedeleted" };
        let head = if delta { format!("{status},2026-08-17T06:00:00Z") } else { ",".to_owned() };
        let Some(Somebody { given, family, email, role, school, birth_date, agents }) = somebody else {
            users.push_str(&format!("{id},{head},true,{id},Nn,Nn,,,\n"));
            roles.push_str(&format!("roll-{id},{head},{id},primary,student,,,skola-1\n"));
            continue;
        };
        let agents: Vec<&str> = agents.iter().map(String::as_str).collect();
        let agents = agents.join(",");
        users.push_str(&format!(
            "{id},{head},true,{id},{given},{family},{email},\"{agents}\",skola-{school}\n"
        ));
        roles.push_str(&format!("roll-{id},{head},{id},primary,{role},2026-08-17,,skola-{school}\n"));
        if !birth_date.is_empty() {
            demographics.push_str(&format!("{id},{head},{birth_date},\n"));
        }
    }
    [("users.csv", users), ("roles.csv", roles), ("demographics.csv", demographics)]
        .map(|(name, text)| (name.to_owned(), text))
        .into()
}

fn manifest(mode: &str, orgs: bool) -> String {
    let mut text = "propertyName,value\nmanifest.version,1.0\noneroster.version,1.2\n".to_owned();
    for file in ["users", "roles", "demographics"] {
        text.push_str(&format!("file.{file},{mode}\n"));
    }
    text.push_str(&format!("file.orgs,{}\n", if orgs { mode } else { "absent" }));
    for file in ["academicSessions", "classes", "courses", "enrollments"] {
        text.push_str(&format!("file.{file},absent\n"));
    }
    text + "source.systemName,Byn\nsource.systemCode,byn\n"
}

/// A register with the village in it, and those who decide.
pub struct Town {
    pub school: School,
    /// Who imports.
    pub registrar: String,
    /// Who states kinds, and another who confirms.
    pub deciders: [String; 2],
}

impl Town {
    pub async fn enter(server: &TestServer) -> Self {
        let school = School::enter(server).await;
        let staff = |role| school.token_of(server, role, None, None, Level::High);
        let registrar = staff(Role::Registrar).await;
        let deciders = [staff(Role::Registrar).await, staff(Role::Principal).await];
        Self { school, registrar, deciders }
    }

    /// Imports a set to its end; gives the job.
    pub async fn import(&self, server: &TestServer, files: &BTreeMap<String, String>) -> Value {
        import(server, &self.registrar, "?endsPercent=100&partial=true", files).await
    }

    /// The news about families in a job's report, in English.
    pub async fn news(&self, server: &TestServer, job: &Value) -> Vec<Value> {
        rows(server, &self.registrar, job, "notice").await
    }

    /// Who the source means.
    pub fn person(&self, server: &TestServer, user: &str) -> Option<String> {
        let mut raw = server.raw();
        let id = raw.either("entity_id::text", "lower(hex(entity_id))");
        let sql = format!(
            "SELECT {id} AS value FROM external_identifiers WHERE entity = 'person' \
             AND system = '{SYSTEM}' AND value = '{user}' AND withdrawn_at IS NULL"
        );
        raw.texts(&sql).first().map(|id| uuid::Uuid::parse_str(id).unwrap().to_string())
    }

    /// A token of an adult as a guardian.
    pub async fn guardian(&self, server: &TestServer, user: &str) -> String {
        let person = PersonId::from_uuid(self.person(server, user).unwrap().parse().unwrap());
        self.school.token_of(server, Role::Guardian, None, Some(person), Level::High).await
    }

    /// What waits because an import has named it.
    pub async fn waiting(&self, server: &TestServer) -> Vec<Value> {
        let path = "/v1/relations?state=waiting&source=import&limit=500";
        let answer = server.get(path).token(&self.registrar).send().await.expect(200);
        answer.body["data"].as_array().unwrap().clone()
    }

    /// The one between two, among those that wait.
    pub async fn between(&self, server: &TestServer, child: &str, relative: &str) -> Option<Value> {
        let (child, relative) = (self.person(server, child)?, self.person(server, relative)?);
        let waiting = self.waiting(server).await;
        waiting.into_iter().find(|row| row["personId"] == *child && row["relativeId"] == *relative)
    }

    /// Two persons confirm what waits, as a guardian's.
    pub async fn confirm(&self, server: &TestServer, waiting: &Value) -> Value {
        let [first, second] = &self.deciders;
        let item = |relation: &Value| json!({ "action": "confirmation", "relationId": relation["id"], "version": relation["version"] });
        let mut stated = item(waiting);
        stated["kind"] = json!("guardian");
        let stated = decide(server, first, &[stated]).await.expect(200).body["data"][0].clone();
        assert_eq!((&stated["state"], &stated["rightsToday"]), (&json!("waiting"), &json!([])), "{stated:#}");
        decide(server, second, &[item(&stated)]).await.expect(200).body["data"][0].clone()
    }
}

/// Decides about relations in one call.
pub async fn decide(server: &TestServer, token: &str, items: &[Value]) -> skolhus_tests::server::Answer {
    server.post("/v1/relation-decision-batches", &json!({ "items": items })).token(token).send().await
}
