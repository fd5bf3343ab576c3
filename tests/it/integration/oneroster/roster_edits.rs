//! Importing a changed roster never changes what any guardian may see until a person confirms: whatever
//! is edited, and in whatever order whole sets and deltas come.
//!
//! What may be seen: over whom a guardian has which rights; which persons each list shows them; which
//! records open to them, and which fields of each; and what the staff's contact sheet says of each child.
//! What a shown field says may follow the roster; whether it is shown may not.
//! `SKOLHUS_FULL=1` asks for more rounds.

use std::collections::{BTreeMap, BTreeSet};

use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use serde_json::{Value, json};
use skolhus_tests::{on_both, server::TestServer};

use super::village::{Somebody, Town, Village};

/// Rosters that are imported one after another, on each database.
fn rounds() -> usize {
    if std::env::var("SKOLHUS_FULL").is_ok_and(|value| value == "1") { 200 } else { 18 }
}

/// One edit of a roster.
#[derive(Clone, Debug)]
enum Edit {
    AddAgent(usize, usize),
    RemoveAgents(usize),
    SwapAgents(usize, usize),
    Rename(usize, &'static str),
    Email(usize),
    Role(usize, &'static str),
    Leave(usize),
    NewIdentifier(usize),
    MoveSchool(usize),
    BirthDate(usize, &'static str),
    /// Everybody who ever left is back.
    Return,
    NewFamily,
}

/// How a changed roster is sent.
#[derive(Clone, Copy, Debug)]
enum Sent {
    Whole,
    Delta,
    /// The delta before last once more, after this one.
    DeltasOutOfOrder,
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let who = 0..16usize;
    let name = prop::sample::select(&["Tyra", "Måns", "Hjördis", "Käthe"][..]);
    let role = prop::sample::select(&["parent", "guardian", "relative", "aide", "teacher", "student"][..]);
    let birth = prop::sample::select(&["2014-03-04", "1999-12-31", "2020-02-29", ""][..]);
    let edit = prop_oneof![
        4 => (who.clone(), who.clone()).prop_map(|(child, adult)| Edit::AddAgent(child, adult)),
        2 => who.clone().prop_map(Edit::RemoveAgents),
        2 => (who.clone(), who.clone()).prop_map(|(one, other)| Edit::SwapAgents(one, other)),
        1 => (who.clone(), name).prop_map(|(who, name)| Edit::Rename(who, name)),
        1 => who.clone().prop_map(Edit::Email),
        2 => (who.clone(), role).prop_map(|(who, role)| Edit::Role(who, role)),
        2 => who.clone().prop_map(Edit::Leave),
        1 => who.clone().prop_map(Edit::NewIdentifier),
        1 => who.clone().prop_map(Edit::MoveSchool),
        2 => (who, birth).prop_map(|(who, birth)| Edit::BirthDate(who, birth)),
        1 => Just(Edit::Return),
        1 => Just(Edit::NewFamily),
    ];
    prop::collection::vec(edit, 1..5)
}

fn sent() -> impl Strategy<Value = Sent> {
    prop_oneof![Just(Sent::Whole), Just(Sent::Delta), Just(Sent::DeltasOutOfOrder)]
}

struct Editor {
    village: Village,
    gone: BTreeMap<String, Somebody>,
    made: usize,
}

impl Editor {
    fn children(&self) -> Vec<String> {
        self.village.0.iter().filter(|(_, it)| it.role == "student").map(|(id, _)| id.clone()).collect()
    }

    fn anybody(&self, number: usize) -> String {
        let ids: Vec<&String> = self.village.0.keys().collect();
        ids[number % ids.len()].clone()
    }

    fn child(&self, number: usize) -> String {
        let children = self.children();
        children[number % children.len()].clone()
    }

    fn of(&mut self, id: &str) -> &mut Somebody {
        self.village.0.get_mut(id).unwrap()
    }

    fn leave(&mut self, id: &str) -> Option<Somebody> {
        let last_child = self.children().len() == 1 && self.village.0[id].role == "student";
        if last_child {
            return None;
        }
        let somebody = self.village.0.remove(id)?;
        for other in self.village.0.values_mut() {
            other.agents.remove(id);
        }
        Some(somebody)
    }

    fn apply(&mut self, edit: &Edit) {
        self.made += 1;
        match edit {
            Edit::AddAgent(child, adult) => {
                let (child, adult) = (self.child(*child), self.anybody(*adult));
                if child != adult {
                    self.of(&child).agents.insert(adult);
                }
            }
            Edit::RemoveAgents(child) => {
                let child = self.child(*child);
                self.of(&child).agents.clear();
            }
            Edit::SwapAgents(one, other) => {
                let (one, other) = (self.child(*one), self.child(*other));
                let mine = std::mem::take(&mut self.of(&one).agents);
                let theirs = std::mem::replace(&mut self.of(&other).agents, mine);
                self.of(&one).agents = theirs;
                for id in [one, other] {
                    self.of(&id).agents.remove(&id);
                }
            }
            Edit::Rename(who, name) => {
                let who = self.anybody(*who);
                self.of(&who).given = (*name).to_owned();
            }
            Edit::Email(who) => {
                let (who, made) = (self.anybody(*who), self.made);
                self.of(&who).email = format!("ny-{made}@exempel.se");
            }
            Edit::Role(who, role) => {
                let who = self.anybody(*who);
                if *role == "student" || self.children().len() > 1 || self.village.0[&who].role != "student" {
                    self.of(&who).role = role;
                }
            }
            Edit::Leave(who) => {
                let who = self.anybody(*who);
                if let Some(somebody) = self.leave(&who) {
                    self.gone.insert(who, somebody);
                }
            }
            Edit::NewIdentifier(who) => {
                let who = self.anybody(*who);
                let named: Vec<String> = self
                    .village
                    .0
                    .iter()
                    .filter(|(_, it)| it.agents.contains(&who))
                    .map(|(id, _)| id.clone())
                    .collect();
                if let Some(somebody) = self.leave(&who) {
                    let new = format!("{who}-{}", self.made);
                    self.village.0.insert(new.clone(), somebody);
                    for id in named {
                        self.of(&id).agents.insert(new.clone());
                    }
                }
            }
            Edit::MoveSchool(who) => {
                let who = self.anybody(*who);
                let somebody = self.of(&who);
                somebody.school = 3 - somebody.school;
            }
            Edit::BirthDate(who, birth) => {
                let who = self.anybody(*who);
                self.of(&who).birth_date = birth;
            }
            Edit::Return => {
                for (id, mut somebody) in std::mem::take(&mut self.gone) {
                    somebody.agents.retain(|agent| self.village.0.contains_key(agent));
                    self.village.0.insert(id, somebody);
                }
            }
            Edit::NewFamily => {
                let (child, adult) = (format!("nytt-barn-{}", self.made), format!("ny-vuxen-{}", self.made));
                self.village.enter(&child, "Ragnhild", "Ny", "student", "2016-05-05");
                self.village.enter(&adult, "Ivar", "Ny", "guardian", "");
                self.of(&child).agents.insert(adult);
            }
        }
    }
}

/// What a guardian may see of others, without what the shown fields say.
#[derive(PartialEq, Eq, Debug, Clone)]
struct Reach {
    /// Over whom, with which rights.
    wards: BTreeMap<String, Value>,
    /// The persons of each list, and for whom it is.
    lists: BTreeMap<&'static str, BTreeSet<String>>,
    /// Each record that opens, with the names of its fields.
    records: BTreeMap<String, BTreeSet<String>>,
}

/// An adult who asks as a guardian.
struct Asking {
    user: &'static str,
    person: String,
    token: String,
}

async fn reach_of(server: &TestServer, asking: &Asking, everybody: &[String]) -> Reach {
    let Asking { user: _, person: own, token } = asking;
    let get = |path: String| {
        let request = server.get(&path).token(token);
        async move { request.send().await }
    };
    let wards = get("/v1/me/wards?limit=500".to_owned()).await.expect(200);
    let wards = wards.body["data"].as_array().unwrap().iter();
    let wards = wards.map(|ward| (text(&ward["id"]), ward["rights"].clone())).collect();
    let mut lists = BTreeMap::new();
    for (path, key) in
        [("/v1/persons", "id"), ("/v1/enrolments", "personId"), ("/v1/participations", "personId")]
    {
        let answer = get(format!("{path}?limit=500")).await.expect(200);
        let rows = answer.body["data"].as_array().unwrap().iter();
        lists.insert(path, rows.map(|row| text(&row[key])).filter(|person| person != own).collect());
    }
    let mut records = BTreeMap::new();
    for person in everybody.iter().filter(|person| *person != own) {
        let answer = get(format!("/v1/persons/{person}")).await;
        if answer.status.as_u16() == 200 {
            let fields = answer.body.as_object().unwrap().keys().cloned().collect();
            records.insert(person.clone(), fields);
        }
    }
    Reach { wards, lists, records }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn everybody(server: &TestServer) -> Vec<String> {
    let mut raw = server.raw();
    let id = raw.either("id::text", "lower(hex(id))");
    let ids = raw.texts(&format!("SELECT {id} AS value FROM persons ORDER BY 1"));
    ids.iter().map(|id| uuid::Uuid::parse_str(id).unwrap().to_string()).collect()
}

/// Whom staff are told to reach about a child, with which rights, and who may collect.
async fn sheets(server: &TestServer, town: &Town, of: &[String]) -> BTreeMap<String, Value> {
    let mut sheets = BTreeMap::new();
    for child in of {
        let path = format!("/v1/persons/{child}/contact-sheet");
        let sheet = server.get(&path).token(&town.registrar).send().await.expect(200).body;
        let of = |key: &str| -> Vec<Value> {
            let rows = sheet[key].as_array().unwrap().iter();
            rows.map(|row| json!([row["personId"], row["kind"], row["rights"]])).collect()
        };
        sheets.insert(child.clone(), json!([of("guardians"), of("others"), sheet["mayCollectIds"]]));
    }
    sheets
}

on_both! {
    async fn no_edit_of_a_roster_changes_what_a_guardian_may_see(server: TestServer) {
        let town = Town::enter(&server).await;
        let mut editor = Editor { village: Village::new(), gone: BTreeMap::new(), made: 0 };
        assert_eq!(town.import(&server, &editor.village.whole()).await["state"], "done");
        // One is confirmed, one rejected, one withdrawn by staff, one waits; and nobody needs a second person.
        let waits = |child: &'static str, adult: &'static str| town.between(&server, child, adult);
        let [first, second] = &town.deciders;
        town.confirm(&server, &waits("barn-1", "vuxen-1").await.unwrap()).await;
        let no = waits("barn-2", "vuxen-3").await.unwrap();
        let reject = json!({ "version": 1, "note": "Har ingen vårdnad" });
        server.post(&format!("/v1/relations/{}/rejection", text(&no["id"])), &reject).token(second).send().await.expect(200);
        let mistaken = waits("barn-4", "vuxen-4").await.unwrap();
        server.delete(&format!("/v1/relations/{}", text(&mistaken["id"])), "\"1\"").token(first).send().await.expect(204);
        let administrator = town.school.token_of(&server, skolhus_domain::access::Role::Administrator, None, None, skolhus_domain::access::Level::High).await;
        let off = json!({ "secondPersonConfirms": false, "reason": "Sommaren" });
        server.put("/v1/relation-setting", "*", &off).token(&administrator).send().await.expect(200);

        let adults = ["vuxen-1", "vuxen-2", "vuxen-3", "vuxen-4"];
        let mut guardians = Vec::new();
        for user in adults {
            let (person, token) = (town.person(&server, user).unwrap(), town.guardian(&server, user).await);
            guardians.push(Asking { user, person, token });
        }
        let people = everybody(&server);
        let mut reaches = Vec::new();
        for asking in &guardians {
            reaches.push(reach_of(&server, asking, &people).await);
        }
        assert_eq!(reaches.iter().map(|reach| reach.wards.len()).collect::<Vec<_>>(), [1, 0, 0, 0]);
        let sheet = sheets(&server, &town, &people).await;

        let seed = TestRng::from_seed(RngAlgorithm::ChaCha, &[27; 32]);
        let mut runner = TestRunner::new_with_rng(Config::default(), seed);
        let mut deltas: Vec<BTreeMap<String, String>> = Vec::new();
        let mut imported = 0;
        for round in 0..rounds() {
            let (edits, sent) = (edits(), sent()).new_tree(&mut runner).unwrap().current();
            let before = editor.village.clone();
            for edit in &edits {
                editor.apply(edit);
            }
            let delta = editor.village.since(&before);
            let sets = match sent {
                Sent::Whole => vec![editor.village.whole()],
                Sent::Delta => vec![delta.clone()],
                Sent::DeltasOutOfOrder => std::iter::once(delta.clone()).chain(deltas.last().cloned()).collect(),
            };
            deltas.push(delta);
            for set in &sets {
                let job = town.import(&server, set).await;
                imported += u32::from(job["state"] == "done");
                // Every record there is, for one of them in turn; the lists for each.
                let people = everybody(&server);
                for (place, (asking, before)) in guardians.iter().zip(&reaches).enumerate() {
                    let whole = place == round % guardians.len();
                    let known: Vec<String> = before.records.keys().cloned().collect();
                    let now = reach_of(&server, asking, if whole { &people } else { &known }).await;
                    assert_eq!(
                        now, *before,
                        "{} in round {round}: {edits:?}, {sent:?}\n{set:#?}\n{job:#}", asking.user
                    );
                }
                let now = sheets(&server, &town, &sheet.keys().cloned().collect::<Vec<_>>()).await;
                assert_eq!(now, sheet, "round {round}: {edits:?}, {sent:?}\n{set:#?}");
                // What people have said no to is not raised again.
                for (child, adult) in [("barn-2", "vuxen-3"), ("barn-4", "vuxen-4"), ("barn-1", "vuxen-1")] {
                    assert!(town.between(&server, child, adult).await.is_none(), "{child} {adult}: {edits:?}");
                }
            }
        }
        assert!(usize::try_from(imported).unwrap() >= rounds(), "{imported} imports came to their end");

        // The edits have met the rule they are to prove: relatives were named all along.
        let named = server.raw().text("SELECT CAST(count(*) AS TEXT) AS value FROM relations");
        assert!(named.parse::<u32>().unwrap() > 12, "{named} relations");

        // A person confirms: exactly what was previewed is gained, by that one guardian.
        let mut whole = Village::new();
        whole.0.get_mut("barn-3").unwrap().agents.insert("vuxen-2".to_owned());
        assert_eq!(town.import(&server, &whole.whole()).await["state"], "done");
        let waiting = town.between(&server, "barn-3", "vuxen-2").await.unwrap();
        let item = json!({ "action": "confirmation", "relationId": waiting["id"], "version": waiting["version"], "kind": "guardian" });
        let items = json!({ "items": [item] });
        let preview = server.post("/v1/relation-decision-batch-previews", &items).token(first).send().await.expect(200);
        let gain = preview.body["data"][0]["preview"]["spans"][0]["gains"].clone();
        assert_ne!(gain, json!([]));
        server.post("/v1/relation-decision-batches", &items).token(first).send().await.expect(200);
        let people = everybody(&server);
        let child = town.person(&server, "barn-3").unwrap();
        for (asking, before) in guardians.iter().zip(&reaches) {
            let mut now = reach_of(&server, asking, &people).await;
            if asking.user == "vuxen-2" {
                assert_eq!(now.wards.remove(&child), Some(gain.clone()));
                assert!(now.lists["/v1/persons"].contains(&child) && now.records.contains_key(&child));
                now.records.remove(&child);
                for list in now.lists.values_mut() {
                    list.remove(&child);
                }
            }
            assert_eq!(now, *before, "{}", asking.user);
        }
    }
}
